//! One integration binary: a module per topic.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod acts;
mod architecture;
mod asking;
mod audit;
mod bad_input;
mod board;
mod browser;
mod cache;
mod chart;
mod corners;
mod demo;
mod docs;
mod evidence;
mod gate;
mod law;
mod manifests;
mod plans;
mod site;
mod situations;
mod status;
mod stories;
mod support;
mod threats;
mod windows;
