//! Files that are whole or not there: written beside, then renamed; read only with the right stamp and checksum.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::FORMAT;
use crate::history::{BookPath, Repository};
use crate::record::hex;

const MAGIC: &[u8] = b"changebook cache\n";
/// What names of files begin with that are being written.
const UNFINISHED: &str = "tmp-";
/// When a file that is being written was left behind by a process that ended.
const LEFT_BEHIND: Duration = Duration::from_secs(3600);
const CHECKSUM: usize = 32;

/// What stands at a path.
pub(super) enum Found {
    /// What was written.
    Payload(Vec<u8>),
    /// Something that was not written so.
    Damaged,
    /// A whole file of another format, version or book.
    Foreign,
    /// No file, or one that cannot be read.
    Nothing,
}

/// A folder below the common git directory, for one book.
pub(super) struct Folder {
    path: PathBuf,
    stamp: Vec<u8>,
}

impl Folder {
    /// The folder for a book and a use. Nothing is made yet.
    pub(super) fn new(repository: &Repository, book: &BookPath, kind: &str) -> Self {
        let book_hash = Sha256::digest(book.as_str().as_bytes());
        let name = hex(&book_hash[..8]);
        let stamp = format!("{kind} {FORMAT} {} sha1 {}", env!("CARGO_PKG_VERSION"), book.as_str());
        let path = repository.common_dir().join("changebook").join("cache").join(name);
        Folder { path, stamp: stamp.into_bytes() }
    }

    /// The files whose names begin so, with their sizes, in the order of their names.
    pub(super) fn list(&self, prefix: &str) -> Vec<(PathBuf, u64)> {
        let entries = std::fs::read_dir(&self.path).into_iter().flatten().flatten();
        let mut files: Vec<(PathBuf, u64)> = entries
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
            .filter_map(|entry| Some((entry.path(), entry.metadata().ok().filter(|m| m.is_file())?.len())))
            .collect();
        files.sort();
        files
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub(super) fn read(&self, path: &Path) -> Found {
        let Ok(mut bytes) = std::fs::read(path) else { return Found::Nothing };
        let Some((body, checksum)) = bytes.split_last_chunk::<CHECKSUM>() else { return Found::Damaged };
        if Sha256::digest(body).as_slice() != checksum {
            return Found::Damaged;
        }
        let header = self.header();
        if !body.starts_with(&header) {
            return Found::Foreign;
        }
        bytes.truncate(bytes.len() - CHECKSUM);
        bytes.drain(..header.len());
        Found::Payload(bytes)
    }

    /// Writes a file that is named for its content, which is these parts one after the other.
    pub(super) fn write_named(&self, prefix: &str, parts: &[impl AsRef<[u8]>]) -> std::io::Result<PathBuf> {
        self.write(&name(prefix, &hash_of(&[], parts)), parts)
    }

    /// Puts a file there, over another of that name.
    pub(super) fn write(&self, name: &str, parts: &[impl AsRef<[u8]>]) -> std::io::Result<PathBuf> {
        std::fs::create_dir_all(&self.path)?;
        let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.path)?;
        let header = self.header();
        let checksum = hash_of(&header, parts);
        let mut buffered = std::io::BufWriter::with_capacity(64 * 1024, &mut file);
        buffered.write_all(&header)?;
        parts.iter().try_for_each(|part| buffered.write_all(part.as_ref()))?;
        buffered.write_all(&checksum)?;
        buffered.flush()?;
        drop(buffered);
        let path = self.path.join(name);
        let file = file.persist(&path).map_err(|error| error.error)?;
        if let Ok(now) = file.metadata().and_then(|metadata| metadata.modified()) {
            self.sweep(now);
        }
        Ok(path)
    }

    /// Removes what processes left behind that were ended as they wrote.
    fn sweep(&self, now: std::time::SystemTime) {
        for (path, _) in self.list(UNFINISHED) {
            let written = path.metadata().and_then(|metadata| metadata.modified());
            if written.is_ok_and(|written| now.duration_since(written).is_ok_and(|age| age > LEFT_BEHIND)) {
                self.remove(&path);
            }
        }
    }

    /// Removes a file; when that fails it stays, and is looked at again.
    pub(super) fn remove(&self, path: &Path) {
        let _ = std::fs::remove_file(path);
    }

    fn header(&self) -> Vec<u8> {
        let length = u32::try_from(self.stamp.len()).unwrap_or(u32::MAX);
        [MAGIC, &length.to_le_bytes(), &self.stamp].concat()
    }
}

fn hash_of(before: &[u8], parts: &[impl AsRef<[u8]>]) -> [u8; CHECKSUM] {
    let start = Sha256::new().chain_update(before);
    parts.iter().fold(start, |hash, part| hash.chain_update(part)).finalize().into()
}

/// The name of a file: what it begins with, and twelve bytes of a hash.
pub(super) fn name(prefix: &str, hash: &[u8]) -> String {
    format!("{prefix}{}", hex(hash.get(..12).unwrap_or(hash)))
}
