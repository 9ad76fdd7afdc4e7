//! Packed charts.

use std::collections::BTreeMap;
use std::io::Read;

use flate2::read::MultiGzDecoder;
use tar::{Archive, EntryType};

/// What a chart may hold once it is unpacked, in bytes.
const MAX_BYTES: u64 = 64 * 1024 * 1024;
/// The largest file in it.
const MAX_FILE: u64 = 8 * 1024 * 1024;
const MAX_ENTRIES: usize = 10_000;

/// Why a packed chart is not read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// No gzipped tar.
    #[error("it is not a packed chart (a gzipped tar): {0}")]
    Format(#[from] std::io::Error),
    /// More than a chart holds.
    #[error("it unpacks to {what}, more than a chart may contain ({limit})")]
    TooLarge {
        /// How much.
        what: String,
        /// The limit.
        limit: String,
    },
    /// A path that leads out.
    #[error("it contains `{path}`, a path that leads out of it")]
    Path {
        /// The path.
        path: String,
    },
    /// A path twice.
    #[error("it contains `{path}` twice")]
    Twice {
        /// The path.
        path: String,
    },
}

/// The files of a packed chart, by path below its one top folder. Nothing is written to disk; links and devices
/// are left out.
///
/// # Errors
/// When it is no gzipped tar, holds more than a chart may, or has paths that lead out of it.
pub fn unpack(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, ArchiveError> {
    // The reader gives no more than the limit, whatever the headers claim.
    let mut archive = Archive::new(MultiGzDecoder::new(bytes).take(MAX_BYTES + 1));
    let mut files = BTreeMap::new();
    let mut total = 0;
    for (number, entry) in archive.entries()?.enumerate() {
        if number >= MAX_ENTRIES {
            return Err(too_large(format!("over {MAX_ENTRIES} files"), format!("{MAX_ENTRIES} files")));
        }
        let entry = entry.map_err(|error| if total_is_spent(total) { size_error() } else { error.into() })?;
        if !matches!(entry.header().entry_type(), EntryType::Regular | EntryType::Continuous) {
            continue;
        }
        let path = String::from_utf8_lossy(&entry.path_bytes()).replace('\\', "/");
        let inner = inner_path(&path).ok_or_else(|| ArchiveError::Path { path: path.clone() })?;
        let size = entry.size();
        total += size;
        if size > MAX_FILE || total > MAX_BYTES {
            return Err(size_error());
        }
        let mut content = Vec::new();
        entry.take(MAX_FILE).read_to_end(&mut content)?;
        if files.insert(inner.clone(), content).is_some() {
            return Err(ArchiveError::Twice { path: inner });
        }
    }
    Ok(files.into_iter().collect())
}

fn total_is_spent(total: u64) -> bool {
    total + MAX_FILE >= MAX_BYTES
}

fn size_error() -> ArchiveError {
    let mib = |bytes: u64| format!("{} MiB", bytes / (1024 * 1024));
    too_large(format!("over {} or a file over {}", mib(MAX_BYTES), mib(MAX_FILE)), mib(MAX_BYTES))
}

fn too_large(what: String, limit: String) -> ArchiveError {
    ArchiveError::TooLarge { what, limit }
}

/// The path below the top folder; `None` when it leads out or has no folder.
fn inner_path(path: &str) -> Option<String> {
    let path = path.trim_start_matches("./");
    let parts: Vec<&str> = path.split('/').filter(|part| *part != ".").collect();
    let leads_out = path.starts_with('/')
        || parts.iter().any(|part| *part == ".." || part.is_empty() || part.contains('\0'))
        || parts.first().is_some_and(|part| part.ends_with(':'));
    if leads_out || parts.len() < 2 {
        return None;
    }
    Some(parts[1..].join("/"))
}
