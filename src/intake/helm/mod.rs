//! Helm: two versions of a chart to what differs, what the changelog says of it, and findings of risk.
//!
//! Reads bytes that others gathered; a packed chart is read in memory and never unpacked to disk.

mod archive;
mod changelog;
mod chart;
mod compare;
mod evidence;
mod markup;
mod risk;
mod text;
mod upgrade_notes;
mod used;
mod version;

pub use archive::{ArchiveError, unpack};
pub use changelog::{Changelog, Entry, Kind};
pub use chart::{Chart, ChartError, Dependency, digest};
pub use compare::{Comparison, Used, compare};
pub use evidence::{DependencyChange, Evidence, Files, Named, Pair};
pub use used::ValuesFile;
pub use version::{Jump, jump, parse_version};

#[cfg(test)]
mod tests;
#[cfg(test)]
mod upgrade_tests;
