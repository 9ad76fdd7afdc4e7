//! A whole book with a real history of several people, made by real `git` on fixed dates.
//!
//! The same version of the program makes the same commits: names, times and contents are fixed, and no
//! configuration of the user's is read. The people are roles in a fictitious team.

mod evidence;
mod files;
mod plan;
mod stage;
mod story;

use std::path::Path;

pub use stage::DemoError;
use stage::Stage;

/// The moment at which the demo ends, as seconds since the epoch: 30 May 2024, 09:00 in Berlin.
pub const NOW: i64 = 1_717_052_400;

/// Makes the demo's repository in `directory`, which must not exist or be empty.
///
/// # Errors
/// [`DemoError`]: the directory is in use, or `git` cannot be run.
pub fn make(directory: &Path) -> Result<(), DemoError> {
    let mut stage = Stage::set(directory)?;
    story::play(&mut stage)
}
