//! The edges: how the trunk is named, what is pushed, what lies on disk, what is printed.

mod objects;
mod printed;
mod push;
mod texts;
mod trunk;
