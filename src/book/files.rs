//! The files of a book: those of a commit and those of the work tree.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};

use rayon::iter::Either;
use rayon::prelude::*;
use walkdir::WalkDir;

use super::{Book, BookError, slashes};
use crate::diagnostic::{Code, Diagnostic};
use crate::history::{Blob, CommitId, FileKind, TreeFile, blob_name};
use crate::record::{MAX_RECORD_BYTES, Record, RecordType};

/// A file that stands where records stand.
#[derive(Debug, Clone)]
pub struct RecordFile {
    /// Its type, by its folder.
    pub record_type: RecordType,
    /// In the book, with forward slashes.
    pub path: String,
    /// What it holds.
    pub content: FileContent,
}

/// What stands at a record's path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileContent {
    /// A regular file.
    Bytes(Vec<u8>),
    /// Something that is never read as a record, in words.
    Unusable(String),
}

impl RecordFile {
    /// Parses it; what cannot be a record becomes a broken one, so that it is shown and not lost.
    pub fn parse(&self) -> Record {
        match &self.content {
            FileContent::Bytes(bytes) => Record::parse(self.record_type, &self.path, bytes),
            FileContent::Unusable(why) => {
                let mut record = Record::parse(self.record_type, &self.path, b"");
                record.diagnostics = vec![
                    Diagnostic::error_at_file(Code::RecordBroken, &self.path, why.clone())
                        .with_help("put a regular Markdown file there"),
                ];
                record
            }
        }
    }
}

fn too_large(size: usize) -> FileContent {
    let limit = MAX_RECORD_BYTES / (1024 * 1024);
    FileContent::Unusable(format!("the file has {size} bytes; a record may have at most {limit} MiB"))
}

/// The record files of a commit, by path.
#[derive(Default)]
pub(super) struct CommittedFiles {
    /// Those of which the work tree has the very bytes.
    pub(super) unchanged: BTreeSet<String>,
    /// The others, read.
    pub(super) others: BTreeMap<String, RecordFile>,
}

/// The record files of a commit beside those of the work tree. To hash a file is less work than to read its object.
pub(super) fn committed(
    book: &Book,
    commit: CommitId,
    on_disk: &BTreeMap<String, RecordFile>,
) -> Result<CommittedFiles, BookError> {
    let is_unchanged = |path: &str, file: TreeFile| match on_disk.get(path).map(|file| &file.content) {
        Some(FileContent::Bytes(bytes)) => file.is_regular() && blob_name(bytes) == Some(file.blob),
        _ => false,
    };
    let listed = listed(book, commit)?;
    let (unchanged, others): (BTreeSet<String>, Vec<_>) =
        listed.into_par_iter().partition_map(|(record_type, path, file)| match is_unchanged(&path, file) {
            true => Either::Left(path),
            false => Either::Right((record_type, path, file)),
        });
    Ok(CommittedFiles { unchanged, others: record_files(book, others)? })
}

/// What stands in the folders of records of a commit.
fn listed(book: &Book, commit: CommitId) -> Result<Vec<(RecordType, String, TreeFile)>, BookError> {
    let mut listed = Vec::new();
    for record_type in RecordType::ALL {
        let folder = record_type.folder();
        let files = book.repository.files(commit, &book.path.join(folder))?;
        listed.extend(files.into_iter().map(|(path, file)| (record_type, format!("{folder}/{path}"), file)));
    }
    Ok(listed)
}

/// The record files among what stands in the folders of records.
pub(super) fn record_files(
    book: &Book,
    listed: Vec<(RecordType, String, TreeFile)>,
) -> Result<BTreeMap<String, RecordFile>, BookError> {
    let mut inputs = Vec::new();
    let mut files = BTreeMap::new();
    for (record_type, path, file) in listed {
        if let Some(directory) = directory_in_place_of_record(&path) {
            files.insert(directory.to_owned(), directory_file(record_type, directory));
            continue;
        }
        if !path.ends_with(".md") {
            continue;
        }
        match file.kind {
            FileKind::Regular => inputs.push((file.blob, (record_type, path))),
            FileKind::Symlink => {
                files.insert(path.clone(), unusable(record_type, path, "a symbolic link cannot be a record"));
            }
            FileKind::Submodule => {
                files.insert(path.clone(), unusable(record_type, path, "a submodule cannot be a record"));
            }
        }
    }
    let read =
        book.repository.map_blobs(&inputs, MAX_RECORD_BYTES, |(record_type, path), blob| RecordFile {
            record_type: *record_type,
            path: path.clone(),
            content: match blob {
                Blob::Bytes(bytes) => FileContent::Bytes(bytes),
                Blob::TooLarge(size) => too_large(size),
            },
        })?;
    files.extend(read.into_iter().map(|file| (file.path.clone(), file)));
    Ok(files)
}

fn unusable(record_type: RecordType, path: String, why: &str) -> RecordFile {
    RecordFile { record_type, path, content: FileContent::Unusable(why.to_owned()) }
}

fn directory_file(record_type: RecordType, path: &str) -> RecordFile {
    unusable(record_type, path.to_owned(), "a directory is where a record belongs")
}

/// The part of a path that is a directory named like a record.
fn directory_in_place_of_record(path: &str) -> Option<&str> {
    path.match_indices(".md/").next().map(|(at, _)| &path[..at + 3])
}

/// The record files of the work tree, by path. Links are not followed.
pub(super) fn work_tree(root: &Path) -> Result<BTreeMap<String, RecordFile>, BookError> {
    let entries = record_entries(root)?;
    let files: Vec<RecordFile> =
        entries.par_iter().filter_map(|(record_type, entry)| read_entry(root, *record_type, entry)).collect();
    Ok(files.into_iter().map(|file| (file.path.clone(), file)).collect())
}

/// What stands in the folders of records under the name of one.
fn record_entries(root: &Path) -> Result<Vec<(RecordType, walkdir::DirEntry)>, BookError> {
    let mut entries = Vec::new();
    for record_type in RecordType::ALL {
        let folder = root.join(record_type.folder());
        if !folder.is_dir() || folder.is_symlink() {
            continue;
        }
        let mut walk = WalkDir::new(&folder).min_depth(1).sort_by_file_name().into_iter();
        while let Some(entry) = walk.next() {
            let entry = entry.map_err(|error| {
                let path = error.path().unwrap_or(&folder).to_path_buf();
                BookError::read(&path, error.into())
            })?;
            if !entry.file_name().to_string_lossy().ends_with(".md") {
                continue;
            }
            if entry.file_type().is_dir() {
                walk.skip_current_dir();
            }
            entries.push((record_type, entry));
        }
    }
    Ok(entries)
}

/// A path below the book's root as one in the book. Thousands are asked for, and most are plain text.
fn path_in(root: &Path, path: &Path) -> String {
    let plain = root.to_str().zip(path.to_str()).filter(|_| std::path::MAIN_SEPARATOR == '/');
    match plain.and_then(|(root, path)| path.strip_prefix(root)?.strip_prefix('/')) {
        Some(path) => path.to_owned(),
        None => slashes(path.strip_prefix(root).unwrap_or(path)),
    }
}

fn read_regular(path: &Path) -> std::io::Result<FileContent> {
    let file = std::fs::File::open(path)?;
    let size = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    if size > MAX_RECORD_BYTES {
        return Ok(too_large(size));
    }
    let mut bytes = Vec::with_capacity(size);
    file.take(MAX_RECORD_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    // It may have grown since.
    if bytes.len() > MAX_RECORD_BYTES { Ok(too_large(bytes.len())) } else { Ok(FileContent::Bytes(bytes)) }
}

/// Reads one entry; `None` when it has gone since the folder was listed.
fn read_entry(root: &Path, record_type: RecordType, entry: &walkdir::DirEntry) -> Option<RecordFile> {
    let path = path_in(root, entry.path());
    let kind = entry.file_type();
    let content = if kind.is_dir() {
        return Some(directory_file(record_type, &path));
    } else if kind.is_symlink() {
        FileContent::Unusable("a symbolic link cannot be a record".to_owned())
    } else if !kind.is_file() {
        FileContent::Unusable("a device, pipe or socket cannot be a record".to_owned())
    } else {
        match read_regular(entry.path()) {
            Ok(content) => content,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            Err(error) => FileContent::Unusable(format!("the file cannot be read: {error}")),
        }
    };
    Some(RecordFile { record_type, path, content })
}

impl Book {
    /// Type and path of each record of the work tree, unread; without a work tree those of `HEAD`.
    ///
    /// # Errors
    /// When a folder or object cannot be read.
    pub fn record_paths(&self) -> Result<Vec<(RecordType, String)>, BookError> {
        if let Some(root) = &self.root {
            let entries = record_entries(root)?;
            return Ok(entries.iter().map(|(kind, entry)| (*kind, path_in(root, entry.path()))).collect());
        }
        let Some(head) = self.head()?.commit else { return Ok(Vec::new()) };
        let mut paths = Vec::new();
        for record_type in RecordType::ALL {
            let folder = record_type.folder();
            let files = self.repository.files(head, &self.path.join(folder))?;
            let records = files.into_iter().filter(|(path, _)| path.ends_with(".md"));
            paths.extend(records.map(|(path, _)| (record_type, format!("{folder}/{path}"))));
        }
        Ok(paths)
    }

    /// Every file below a folder of the book that is not a record, as path in the book and bytes: those of a
    /// commit, or of the work tree (`None`). Links are not followed; larger files than records may be are left
    /// out.
    ///
    /// # Errors
    /// When a file or object cannot be read.
    pub fn other_files(
        &self,
        commit: Option<CommitId>,
        folder: &str,
    ) -> Result<Vec<(String, Vec<u8>)>, BookError> {
        match (commit, &self.root) {
            (Some(commit), _) => self.other_committed(commit, folder),
            (None, Some(root)) => other_on_disk(root, folder),
            (None, None) => Ok(Vec::new()),
        }
    }

    /// The text of a file that a page includes, by its path from the root of the repository; else why it may not be
    /// had. Links are not followed.
    ///
    /// # Errors
    /// In words, for the page's author.
    pub fn text_for_page(&self, commit: Option<CommitId>, path: &str) -> Result<String, String> {
        let missing = || format!("`{path}` does not exist");
        if path.split('/').any(|part| part.eq_ignore_ascii_case(".git")) {
            return Err(format!("`{path}` is not a file in the repository"));
        }
        let bytes = match (commit, &self.root) {
            (Some(commit), _) => {
                let found = self.repository.file(commit, path).map_err(|error| error.to_string())?;
                let file = found.ok_or_else(missing)?;
                if !file.is_regular() {
                    return Err(format!("`{path}` is a link"));
                }
                match self.repository.blob(file.blob, MAX_RECORD_BYTES).map_err(|error| error.to_string())? {
                    Blob::Bytes(bytes) => bytes,
                    Blob::TooLarge(_) => return Err(format!("`{path}` is too large")),
                }
            }
            (None, Some(root)) => read_without_links(&self.top(root), path)?.ok_or_else(missing)?,
            (None, None) => return Err(missing()),
        };
        String::from_utf8(bytes).map_err(|_| format!("`{path}` is not a text file"))
    }

    /// The root of the work tree.
    fn top(&self, root: &Path) -> PathBuf {
        let depth = self.path.as_str().split('/').filter(|part| !part.is_empty()).count();
        root.ancestors().nth(depth).unwrap_or(root).to_path_buf()
    }

    fn other_committed(&self, commit: CommitId, folder: &str) -> Result<Vec<(String, Vec<u8>)>, BookError> {
        let files = self.repository.files(commit, &self.path.join(folder))?;
        let inputs: Vec<_> = files
            .into_iter()
            .filter(|(path, file)| file.is_regular() && is_other(folder, path))
            .map(|(path, file)| (file.blob, format!("{folder}/{path}")))
            .collect();
        let read = self.repository.map_blobs(&inputs, MAX_OTHER_BYTES, |path, blob| match blob {
            Blob::Bytes(bytes) => Some((path.clone(), bytes)),
            Blob::TooLarge(_) => None,
        })?;
        Ok(read.into_iter().flatten().collect())
    }
}

/// Largest image or page that goes into the site, in bytes.
const MAX_OTHER_BYTES: usize = 32 * 1024 * 1024;

/// Markdown in a record folder is a record.
fn is_other(folder: &str, path: &str) -> bool {
    let of_records = RecordType::ALL.iter().any(|record_type| record_type.folder() == folder);
    let hidden = path.split('/').any(|part| part.starts_with('.'));
    !(hidden || of_records && path.ends_with(".md"))
}

fn other_on_disk(root: &Path, folder: &str) -> Result<Vec<(String, Vec<u8>)>, BookError> {
    let top = root.join(folder);
    let mut files = Vec::new();
    if !top.is_dir() || top.is_symlink() {
        return Ok(files);
    }
    for entry in WalkDir::new(&top).min_depth(1).sort_by_file_name() {
        let entry = entry.map_err(|error| BookError::read(&top, error.into()))?;
        let path = slashes(entry.path().strip_prefix(&top).unwrap_or(entry.path()));
        let size = entry.metadata().map_or(u64::MAX, |metadata| metadata.len());
        if entry.file_type().is_file() && is_other(folder, &path) && size <= MAX_OTHER_BYTES as u64 {
            let bytes =
                std::fs::read(entry.path()).map_err(|source| BookError::read(entry.path(), source))?;
            files.push((format!("{folder}/{path}"), bytes));
        }
    }
    Ok(files)
}

/// The bytes of a regular file below `top`, no part of whose path is a link; `None` where there is none.
fn read_without_links(top: &Path, path: &str) -> Result<Option<Vec<u8>>, String> {
    let mut file = top.to_path_buf();
    for part in path.split('/') {
        file.push(part);
        match std::fs::symlink_metadata(&file) {
            Ok(found) if found.is_symlink() => return Err(format!("`{path}` is a link, or behind one")),
            Ok(_) => {}
            Err(_) => return Ok(None),
        }
    }
    match std::fs::metadata(&file) {
        Ok(found) if !found.is_file() => Err(format!("`{path}` is not a file")),
        Ok(found) if found.len() > MAX_RECORD_BYTES as u64 => Err(format!("`{path}` is too large")),
        _ => std::fs::read(&file).map(Some).map_err(|error| format!("`{path}` cannot be read: {error}")),
    }
}

/// The bytes of a file of the book in a commit.
pub(super) fn committed_bytes(
    book: &Book,
    commit: CommitId,
    name: &str,
) -> Result<Option<Vec<u8>>, BookError> {
    let Some(file) = book.repository.file(commit, &book.path.join(name))? else { return Ok(None) };
    if !file.is_regular() {
        return Err(BookError::Link { path: name.to_owned() });
    }
    match book.repository.blob(file.blob, MAX_RECORD_BYTES)? {
        Blob::Bytes(bytes) => Ok(Some(bytes)),
        Blob::TooLarge(_) => Err(BookError::TooLarge { path: name.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_named_like_a_record_is_found() {
        assert_eq!(directory_in_place_of_record("tasks/x.md/inner.md"), Some("tasks/x.md"));
        assert_eq!(directory_in_place_of_record("tasks/2026/x.md"), None);
    }
}
