//! Puts a site on disk: every file in one step, nothing foreign touched.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::disk::{Look, Looks, OnDisk};
use super::memory::Key;
use super::page::Page;
use super::paths::is_safe;
use super::standing::hash;
use crate::history::from_hex;
use crate::record::hex;

/// Lists what a build made, with hashes, in the output directory.
const MANIFEST: &str = ".changebook-site";

/// First line of the manifest.
const HEADER: &str = "changebook-site 1";

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WriteReport {
    /// Files that are new or have other bytes than before.
    pub written: usize,
    /// Files that already had these bytes and were not touched.
    pub unchanged: usize,
    /// Files of an earlier build that are no longer made.
    pub removed: usize,
}

/// Why a site could not be written. Nothing has been written unless it is [`WriteError::Io`].
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The output directory holds files that no build made.
    #[error("`{}` is not empty and was not made by a build: `{found}` is in it; choose an empty directory", out.display())]
    NotOurs {
        /// The output directory.
        out: PathBuf,
        /// The first file that is not ours, relative to it.
        found: String,
    },
    /// A file stands where a page is to go, and no build made it.
    #[error("`{}` is in the way of a page, and was not created by a build", path.display())]
    InTheWay {
        /// The file or directory.
        path: PathBuf,
    },
    /// A symbolic link in the output directory could lead a page anywhere.
    #[error("`{}` is a symbolic link; the site is written to real directories only", path.display())]
    SymbolicLink {
        /// The link.
        path: PathBuf,
    },
    /// A page's path leaves the output directory, or is that of the manifest.
    #[error("`{path}` is not a valid path for a page")]
    UnsafePath {
        /// The path.
        path: String,
    },
    /// The system refused.
    #[error("cannot write `{}`", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Writes the pages below `out`. Only files whose bytes differ are written, each by a rename; files that
/// an earlier build made and this one does not are removed when nobody has changed them since.
///
/// # Errors
/// See [`WriteError`]; everything but a refusal of the system is found before the first write.
pub fn write_site(out: &Path, pages: &[Page]) -> Result<WriteReport, WriteError> {
    write_among(&OnDisk::new(out, Looks::default()), pages, &[])
}

/// The same where some pages stand there already byte for byte: their paths, each with its hash.
///
/// # Errors
/// As [`write_site`].
pub(super) fn write_among(
    disk: &OnDisk<'_>,
    pages: &[Page],
    standing: &[(&str, &Key)],
) -> Result<WriteReport, WriteError> {
    let out = disk.out;
    let before = read_manifest(out)?;
    let mut now: BTreeMap<&str, &Key> = pages.iter().map(|page| (page.path.as_str(), page.hash())).collect();
    now.extend(standing.iter().copied());
    check(out, pages, standing, before.as_ref())?;
    let before = before.unwrap_or_default();
    let mut both: BTreeMap<&str, &Key> = before.iter().map(|(path, hash)| (path.as_str(), hash)).collect();
    both.extend(now.iter().map(|(path, hash)| (*path, *hash)));
    let put_manifest = |text: Vec<u8>| put(disk, &Page::new(MANIFEST, text));
    put_manifest(manifest(both))?;
    let written = put_all(disk, pages)?;
    let unchanged = pages.len() - written + standing.len();
    let mut report = WriteReport { written, unchanged, ..WriteReport::default() };
    for (path, hash) in before.iter().filter(|(path, _)| !now.contains_key(path.as_str())) {
        report.removed += usize::from(remove(out, path, hash)?);
    }
    put_manifest(manifest(now))?;
    Ok(report)
}

/// Whether a site of so many pages is there, with all of its files as the earlier build left them.
pub(super) fn stands(disk: &OnDisk<'_>, n_pages: usize) -> bool {
    let files: Vec<&str> = disk.noted().collect();
    files.len() == n_pages + 1
        && files.contains(&MANIFEST)
        && check_folders(disk.out, files.iter().copied()).is_ok()
        && files.par_iter().all(|path| disk.is_as_noted(path))
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> WriteError {
    let path = path.to_owned();
    move |source| WriteError::Io { path, source }
}

fn manifest<'a>(entries: impl IntoIterator<Item = (&'a str, &'a Key)>) -> Vec<u8> {
    let mut text = format!("{HEADER}\n");
    for (path, hash) in entries {
        text.push_str(&hex(hash));
        text.push(' ');
        text.push_str(path);
        text.push('\n');
    }
    text.into_bytes()
}

/// Paths and hashes of the last build; `None` when there was none.
fn read_manifest(out: &Path) -> Result<Option<BTreeMap<String, Key>>, WriteError> {
    let path = out.join(MANIFEST);
    match metadata(&path)? {
        None => return Ok(None),
        Some(found) if found.is_symlink() => return Err(WriteError::SymbolicLink { path }),
        Some(_) => {}
    }
    let bytes = fs::read(&path).map_err(io_error(&path))?;
    let text = String::from_utf8_lossy(&bytes);
    let Some(lines) = text.strip_prefix(HEADER) else { return Err(WriteError::InTheWay { path }) };
    let entries = lines.lines().filter_map(|line| line.split_once(' ')).filter(|(_, path)| is_safe(path));
    // What somebody wrote there by hand is the hash of no file.
    let hash = |text: &str| from_hex(text).unwrap_or_default();
    Ok(Some(entries.map(|(text, path)| (path.to_owned(), hash(text))).collect()))
}

/// What stands at the path itself, links not followed.
fn metadata(path: &Path) -> Result<Option<Metadata>, WriteError> {
    match fs::symlink_metadata(path) {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(io_error(path)(error)),
    }
}

/// Looks at everything that could forbid the build before anything is written.
fn check(
    out: &Path,
    pages: &[Page],
    standing: &[(&str, &Key)],
    before: Option<&BTreeMap<String, Key>>,
) -> Result<(), WriteError> {
    let standing = standing.iter().map(|(path, _)| *path);
    let paths: BTreeSet<&str> = pages.iter().map(|page| page.path.as_str()).chain(standing).collect();
    if let Some(bad) = paths.iter().find(|path| !is_safe(path) || **path == MANIFEST) {
        return Err(WriteError::UnsafePath { path: (*bad).to_owned() });
    }
    if before.is_none() {
        check_foreign(out, out, &paths)?;
    }
    check_folders(out, paths.iter().copied())?;
    // The first in the order of the pages, however many there are.
    let wrong = pages.par_iter().find_map_first(|page| check_page(out, page, before).err());
    wrong.map_or(Ok(()), Err)
}

fn check_page(out: &Path, page: &Page, before: Option<&BTreeMap<String, Key>>) -> Result<(), WriteError> {
    let path = out.join(&page.path);
    let Some(found) = metadata(&path)? else { return Ok(()) };
    let ours = before.is_none_or(|before| before.contains_key(&page.path));
    if found.is_symlink() {
        Err(WriteError::SymbolicLink { path })
    } else if !found.is_file() || (!ours && !has_bytes(&path, &found, &bytes_of(page)?)?) {
        Err(WriteError::InTheWay { path })
    } else {
        Ok(())
    }
}

fn bytes_of(page: &Page) -> Result<Cow<'_, [u8]>, WriteError> {
    page.read().map_err(io_error(Path::new(&page.path)))
}

/// Whether a file that was found holds these bytes; it is read only where its size is theirs.
fn has_bytes(path: &Path, found: &Metadata, bytes: &[u8]) -> Result<bool, WriteError> {
    let same_size = u64::try_from(bytes.len()).is_ok_and(|size| size == found.len());
    Ok(same_size && fs::read(path).map_err(io_error(path))? == bytes)
}

/// Without a manifest, every file that is there must be one that is about to be made.
fn check_foreign(out: &Path, folder: &Path, pages: &BTreeSet<&str>) -> Result<(), WriteError> {
    match metadata(folder)? {
        None => return Ok(()),
        Some(found) if !found.is_dir() && !found.is_symlink() => {
            return Err(WriteError::InTheWay { path: folder.to_owned() });
        }
        Some(_) => {}
    }
    let mut entries = fs::read_dir(folder)
        .and_then(|entries| entries.collect::<io::Result<Vec<_>>>())
        .map_err(io_error(folder))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let kind = entry.file_type().map_err(io_error(&path))?;
        let inner = path.strip_prefix(out).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        if kind.is_symlink() {
            return Err(WriteError::SymbolicLink { path });
        }
        let within = format!("{inner}/");
        if kind.is_dir() && pages.iter().any(|page| page.starts_with(&within)) {
            check_foreign(out, &path, pages)?;
        } else if kind.is_dir() || !pages.contains(inner.as_str()) {
            return Err(WriteError::NotOurs { out: out.to_owned(), found: inner });
        }
    }
    Ok(())
}

/// Every folder on the way to these files must be a real one, or not there yet.
fn check_folders<'p>(out: &Path, paths: impl Iterator<Item = &'p str>) -> Result<(), WriteError> {
    // One page of each folder stands for its folders.
    let folders: BTreeMap<&str, &str> =
        paths.map(|path| (path.rsplit_once('/').map_or("", |(folder, _)| folder), path)).collect();
    folders.values().try_for_each(|path| check_parents(out, path))
}

/// Every folder on the way to the file must be a real one, or not there yet.
fn check_parents(out: &Path, path: &str) -> Result<(), WriteError> {
    let mut folder = out.to_owned();
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            break;
        }
        folder.push(part);
        match metadata(&folder)? {
            None => break,
            Some(found) if found.is_symlink() => return Err(WriteError::SymbolicLink { path: folder }),
            Some(found) if !found.is_dir() => return Err(WriteError::InTheWay { path: folder }),
            Some(_) => {}
        }
    }
    Ok(())
}

/// Writes what differs, on more threads than there are cores: most of the time a writer waits for the file system. Gives the
/// number of files written.
fn put_all(disk: &OnDisk<'_>, pages: &[Page]) -> Result<usize, WriteError> {
    let put_all = || {
        let written = pages.par_iter().map(|page| put(disk, page).map(usize::from));
        written.try_reduce(|| 0, |a, b| Ok(a + b))
    };
    match rayon::ThreadPoolBuilder::new().num_threads(2 * rayon::current_num_threads()).build() {
        Ok(writers) => writers.install(put_all),
        Err(_) => put_all(),
    }
}

/// Writes one file by a rename; false when it has these bytes already. It is not read to tell that where its look tells
/// what it holds.
fn put(disk: &OnDisk<'_>, page: &Page) -> Result<bool, WriteError> {
    let (out, path, hash) = (disk.out, page.path.as_str(), page.hash());
    let target = out.join(path);
    if let Some(found) = metadata(&target)?.filter(Metadata::is_file) {
        let same = match disk.held(path, &found) {
            Some(held) => held == hash,
            None => has_bytes(&target, &found, &bytes_of(page)?)?,
        };
        if same {
            disk.note(path, Look::of(&found), hash);
            return Ok(false);
        }
    }
    check_parents(out, path)?;
    let folder = target.parent().unwrap_or(out);
    let bytes = bytes_of(page)?;
    let file = temporary(folder).or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => fs::create_dir_all(folder).and_then(|()| temporary(folder)),
        _ => Err(error),
    });
    let mut file = file.map_err(io_error(folder))?;
    reserve(file.as_file(), bytes.len());
    file.write_all(&bytes).map_err(io_error(&target))?;
    // A file that is open outlives the rename; else the system frees it under the lock of the folder, one after another.
    let _replaced = cfg!(unix).then(|| fs::File::open(&target));
    let file = file.persist(&target).map_err(|error| io_error(&target)(error.error))?;
    disk.note(path, file.metadata().ok().as_ref().and_then(Look::of), hash);
    Ok(true)
}

/// Gives a file its room on the disk, where the system can: room that is found at the rename is found under the lock of the
/// folder. What it cannot do, the write does or tells.
#[cfg(target_os = "linux")]
fn reserve(file: &fs::File, n_bytes: usize) {
    use rustix::fs::{FallocateFlags, fallocate};
    let _ = fallocate(file, FallocateFlags::KEEP_SIZE, 0, n_bytes as u64);
}

#[cfg(not(target_os = "linux"))]
fn reserve(_: &fs::File, _: usize) {}

/// A temporary file that others may read once it is in place, as far as the umask lets them.
fn temporary(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".changebook-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666)).tempfile_in(folder)
    }
    #[cfg(not(unix))]
    builder.tempfile_in(folder)
}

/// Removes a file of an earlier build, and its folders when they are empty then. A file that was changed
/// since, or stands behind a link, stays.
fn remove(out: &Path, path: &str, expected: &Key) -> Result<bool, WriteError> {
    let target = out.join(path);
    if check_parents(out, path).is_err() || !metadata(&target)?.is_some_and(|found| found.is_file()) {
        return Ok(false);
    }
    if hash(&fs::read(&target).map_err(io_error(&target))?) != *expected {
        return Ok(false);
    }
    fs::remove_file(&target).map_err(io_error(&target))?;
    let mut folder = target.parent();
    while let Some(empty) = folder.filter(|folder| *folder != out) {
        if fs::remove_dir(empty).is_err() {
            break;
        }
        folder = empty.parent();
    }
    Ok(true)
}

#[cfg(test)]
mod tests;
