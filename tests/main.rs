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
mod calendar;
mod chart;
mod completions;
mod corners;
mod demo;
mod docs;
mod edited;
mod editors;
mod evidence;
mod gate;
mod hooks;
mod import;
mod law;
mod manifests;
mod mdbook;
mod merge_laws;
mod merges;
mod plans;
mod pull_request;
mod rebuild;
mod renumber;
mod renumber_sides;
mod rules;
mod schemas;
mod serve;
mod site;
mod situations;
mod standing;
mod status;
mod stories;
mod support;
mod theme;
mod threats;
mod weight;
mod windows;
mod year;
