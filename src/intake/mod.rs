//! Evidence from the tools people already run: files in, what the change does and how risky that is out.
//!
//! Pure: no files, no clock, no network, and no rule of its own about risk. Which change belongs to which
//! category is the policy's to say, and is passed in. No value that may be secret leaves this room.

mod found;
pub mod terraform;

pub use found::{Finding, Found, Match, Precision, most_precise};
