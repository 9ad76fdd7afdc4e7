//! Writes the files of a step: each only where it still is as it was when the step was noted.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::git::Git;
use super::journal::{Entry, FileWrite, Step};
use super::{ActError, write_atomically};
use crate::history::blob_of;

/// What an `index.lock` of ours holds; one of git's begins with `DIRC`, or is empty.
pub(super) const MARK: &[u8] = b"changebook\n";
/// How long another `git` is waited for that holds the index.
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(50);

impl Step {
    /// Brings the index and the work tree along; gives the places that somebody else has changed meanwhile, which stay
    /// as they are. What has been written already is written again without harm.
    pub(super) fn bring_along(&self, git: &Git, scratch: &Path) -> Result<Vec<String>, ActError> {
        let mut left = Vec::new();
        for write in &self.state {
            let now = hash_of(&write.file)?;
            if now == write.before {
                write_atomically(&write.file, &git.blob(&write.after)?)?;
            } else if now.as_deref() != Some(&write.after) {
                left.push(write.file.display().to_string());
            }
        }
        left.extend(git.write_index(&self.files, scratch)?);
        for write in &self.files {
            let file = self.top.join(&write.path);
            let now = hash_of(&file)?;
            if now == write.disk_after {
                continue;
            }
            if now != write.disk_before {
                left.push(write.path.clone());
                continue;
            }
            let io = |source| ActError::Io { doing: "written", path: file.clone(), source };
            match &write.disk_after {
                Some(blob) => {
                    std::fs::create_dir_all(file.parent().unwrap_or(&self.top)).map_err(io)?;
                    write_atomically(&file, &git.blob(blob)?)?;
                }
                None => std::fs::remove_file(&file).map_err(io)?,
            }
        }
        left.sort_unstable();
        left.dedup();
        Ok(left)
    }
}

/// The blob that a file's bytes make; `None` where there is no file.
fn hash_of(file: &Path) -> Result<Option<String>, ActError> {
    match std::fs::symlink_metadata(file) {
        Ok(metadata) if metadata.is_file() => {}
        _ => return Ok(None),
    }
    let io = |source| ActError::Io { doing: "read", path: file.to_path_buf(), source };
    Ok(Some(blob_of(&std::fs::read(file).map_err(io)?)?.hex()))
}

impl Git {
    /// A blob's bytes.
    fn blob(&self, blob: &str) -> Result<Vec<u8>, ActError> {
        let arguments = ["cat-file", "blob", blob];
        let output = self.output(&arguments.map(std::ffi::OsStr::new))?;
        match output.status.success() {
            true => Ok(output.stdout),
            false => Err(super::git::failed(&arguments, output)),
        }
    }

    /// What an index holds at these paths from the root of the work tree.
    pub(super) fn entries(
        &self,
        paths: &[&str],
        index: Option<&Path>,
    ) -> Result<BTreeMap<String, Entry>, ActError> {
        let places: Vec<String> = paths.iter().map(|path| format!(":(top,literal){path}")).collect();
        let places = places.iter().map(String::as_str);
        let arguments: Vec<&str> =
            ["ls-files", "-z", "--stage", "--full-name", "--"].into_iter().chain(places).collect();
        let listed = self.run(&arguments, index, None)?;
        let mut entries: BTreeMap<String, Entry> =
            paths.iter().map(|path| ((*path).to_owned(), Entry::Absent)).collect();
        for line in listed.split('\0') {
            let Some((facts, path)) = line.split_once('\t') else { continue };
            let mut facts = facts.split(' ').skip(1);
            let (Some(blob), Some(stage)) = (facts.next(), facts.next()) else { continue };
            let entry = if stage == "0" { Entry::Blob(blob.to_owned()) } else { Entry::Conflict };
            entries.insert(path.to_owned(), entry);
        }
        Ok(entries)
    }

    /// Puts what each file is to be into an index that nobody else uses.
    /// Each comes with its path from the root of the work tree, its mode and its blob.
    pub(super) fn put_entries<'w>(
        &self,
        entries: impl Iterator<Item = (&'w str, &'w str, Option<&'w str>)>,
        index: &Path,
    ) -> Result<(), ActError> {
        let mut lines = String::new();
        for (path, mode, blob) in entries {
            let (mode, blob) = match blob {
                Some(blob) => (mode, blob),
                None => ("0", "0000000000000000000000000000000000000000"),
            };
            lines.push_str(&format!("{mode} {blob}\t{path}\0"));
        }
        self.run(&["update-index", "-z", "--index-info"], Some(index), Some(&lines)).map(drop)
    }

    /// Puts what each file is to be into the index, under git's own lock; gives the paths at which it held something
    /// else than was expected, which stay.
    fn write_index(&self, files: &[FileWrite], scratch: &Path) -> Result<Vec<String>, ActError> {
        let index = self.git_path("index")?;
        let lock = IndexLock::take(&index)?;
        let copy = scratch.join("next-index");
        let io = |source| ActError::Io { doing: "written", path: index.clone(), source };
        match std::fs::copy(&index, &copy) {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let _ = std::fs::remove_file(&copy);
            }
            Err(error) => return Err(io(error)),
        }
        let paths: Vec<&str> = files.iter().map(|write| write.path.as_str()).collect();
        let now = self.entries(&paths, Some(&copy))?;
        let (mut left, mut writes) = (Vec::new(), Vec::new());
        for write in files {
            match now.get(&write.path) {
                Some(entry) if *entry == Entry::of(write.index_after.clone()) => {}
                Some(entry) if *entry == write.index_before => writes.push(write),
                _ => left.push(write.path.clone()),
            }
        }
        if !writes.is_empty() {
            let entries =
                writes.into_iter().map(|write| (&*write.path, &*write.mode, write.index_after.as_deref()));
            self.put_entries(entries, &copy)?;
            std::fs::rename(&copy, &index).map_err(io)?;
        }
        drop(lock);
        Ok(left)
    }
}

/// Git's lock on an index, made by us.
struct IndexLock(PathBuf);

impl IndexLock {
    fn take(index: &Path) -> Result<Self, ActError> {
        let path = index.with_extension("lock");
        let mut waited = Duration::ZERO;
        loop {
            // Made whole at once, so that whoever finds it knows whose it is.
            match super::create_atomically(&path, MARK) {
                Ok(()) => return Ok(IndexLock(path)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(ActError::Io { doing: "written", path, source }),
            }
            if waited >= PATIENCE {
                return Err(ActError::Locked { path });
            }
            std::thread::sleep(PAUSE);
            waited += PAUSE;
        }
    }
}

impl Drop for IndexLock {
    fn drop(&mut self) {
        // What cannot be taken away carries our mark, by which the next act knows it.
        let _ = std::fs::remove_file(&self.0);
    }
}
