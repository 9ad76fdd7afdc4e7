//! One integration binary: a module per topic.

mod acts;
mod architecture;
mod bad_input;
mod browser;
mod demo;
mod docs;
mod law;
mod situations;
mod status;
mod support;
