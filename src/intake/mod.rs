//! Evidence from the tools people already run: files in, what the change does and how risky that is out.
//!
//! Pure: no files, no clock, no network, and no rule of its own about risk. Which change belongs to which
//! category is the policy's to say, and is passed in. No value that may be secret leaves this room.

mod block;
pub mod cost;
mod escape;
mod found;
mod fragment;
pub mod helm;
pub mod kubernetes;
mod listing;
mod phrase;
pub mod pull_request;
mod secret;
pub mod secret_scan;
mod stored;
pub mod terraform;
pub mod tree;
pub mod yaml;

#[cfg(test)]
mod leak_tests;

pub use block::{block_of, blocks_of, put_section, take_section};
pub use escape::escape;
pub use found::{Finding, Found, Match, Precision, most_precise};
pub use fragment::Fragment;
pub use listing::with_paths;
