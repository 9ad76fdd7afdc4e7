//! Where evidence comes from: files, folders, standard input, and folders at a revision of this repository.

use std::io::Read;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::error::CliError;
use crate::book::{Book, slashes};
use crate::history::Blob;

/// Largest file that is read, in bytes.
const MAX_FILE: u64 = 32 * 1024 * 1024;
/// What is read at most, in bytes.
const MAX_TOTAL: u64 = 256 * 1024 * 1024;
const MAX_FILES: usize = 20_000;

/// Paths and bytes.
pub(super) type Files = Vec<(String, Vec<u8>)>;

/// Files that somebody named.
#[derive(Debug, Clone)]
pub(super) struct FileSet {
    /// What the user wrote.
    pub(super) argument: String,
    /// Path below the folder (the name, for a file) and bytes, sorted.
    pub(super) files: Files,
    /// The folder as people name it: from the root of the work tree where it is inside.
    pub(super) folder: String,
    /// Where it stands.
    pub(super) origin: Origin,
}

/// Where a set of files stands.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    /// On disk.
    Disk(PathBuf),
    /// In a commit: the revision, and the path from the root of the work tree.
    Commit(String, String),
    /// Came by a pipe.
    Standard,
    /// Nothing at all: `/dev/null`.
    Nothing,
}

impl FileSet {
    /// Reads what an argument names. Links are not followed; hidden files are left out. Without a book there are no
    /// revisions to read from.
    pub(super) fn read(book: Option<&Book>, directory: &Path, argument: &str) -> Result<Self, CliError> {
        let set =
            |folder: String, files, origin| FileSet { argument: argument.to_owned(), files, folder, origin };
        if argument == "/dev/null" {
            return Ok(set(String::new(), Vec::new(), Origin::Nothing));
        }
        if argument == "-" {
            let mut bytes = Vec::new();
            std::io::stdin()
                .take(MAX_FILE + 1)
                .read_to_end(&mut bytes)
                .map_err(|error| unreadable("-", &error))?;
            within(argument, bytes.len() as u64, bytes.len() as u64, 1)?;
            return Ok(set(String::new(), vec![("standard input".to_owned(), bytes)], Origin::Standard));
        }
        let path = directory.join(argument);
        if path.exists() {
            let (files, folder) = on_disk(argument, &path)?;
            return Ok(set(shown_folder(book, &folder), files, Origin::Disk(path)));
        }
        if let Some((revision, inner)) = argument.split_once(':').filter(|(revision, _)| !revision.is_empty())
        {
            let inner = inner.trim_matches('/');
            let Some(book) = book else {
                return Err(CliError::failure(format!(
                    "`{argument}`: there is no book here, so no revision can be read"
                ))
                .with_hint("give files or folders, or run it inside the book's repository"));
            };
            let (files, folder) = in_commit(book, argument, revision, inner)?;
            return Ok(set(folder, files, Origin::Commit(revision.to_owned(), inner.to_owned())));
        }
        Err(CliError::failure(format!("there is no file or folder `{argument}`"))
            .with_hint("for a revision of this repository write `REVISION:PATH`, such as `main:k8s/api`"))
    }

    /// A file of the set as people name it.
    pub(super) fn shown(&self, path: &str) -> String {
        if self.folder.is_empty() { path.to_owned() } else { format!("{}/{path}", self.folder) }
    }
}

fn unreadable(what: &str, error: &dyn std::fmt::Display) -> CliError {
    CliError::failure(format!("`{what}` cannot be read: {error}"))
}

fn within(what: &str, size: u64, total: u64, n_files: usize) -> Result<(), CliError> {
    let mib = |bytes: u64| bytes / (1024 * 1024);
    if size > MAX_FILE {
        return Err(CliError::failure(format!(
            "`{what}` has a file larger than the limit of {} MiB",
            mib(MAX_FILE)
        )));
    }
    if total > MAX_TOTAL || n_files > MAX_FILES {
        let message = format!("`{what}` has more than {} MiB or {MAX_FILES} files", mib(MAX_TOTAL));
        return Err(CliError::failure(message).with_hint("give only the folder that changes"));
    }
    Ok(())
}

/// The files below a path, or the file itself, and the folder they stand in.
fn on_disk(argument: &str, path: &Path) -> Result<(Files, PathBuf), CliError> {
    if path.is_file() {
        let size = std::fs::metadata(path).map_err(|error| unreadable(argument, &error))?.len();
        within(argument, size, size, 1)?;
        let bytes = std::fs::read(path).map_err(|error| unreadable(argument, &error))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        return Ok((vec![(name, bytes)], path.parent().unwrap_or(Path::new("")).to_path_buf()));
    }
    let mut files = Vec::new();
    let mut total = 0;
    let visible =
        |entry: &walkdir::DirEntry| entry.depth() == 0 || !is_hidden(&entry.file_name().to_string_lossy());
    for entry in WalkDir::new(path).sort_by_file_name().into_iter().filter_entry(visible) {
        let entry = entry.map_err(|error| unreadable(argument, &error))?;
        if !entry.file_type().is_file() {
            continue;
        }
        let size = entry.metadata().map_err(|error| unreadable(argument, &error))?.len();
        total += size;
        within(argument, size, total, files.len() + 1)?;
        let bytes = std::fs::read(entry.path()).map_err(|error| unreadable(argument, &error))?;
        files.push((slashes(entry.path().strip_prefix(path).unwrap_or(entry.path())), bytes));
    }
    files.sort();
    Ok((files, path.to_path_buf()))
}

fn is_hidden(name: &str) -> bool {
    name.starts_with('.') && !matches!(name, "." | "..")
}

/// A folder from the root of the work tree where it is inside, else as it stands.
fn shown_folder(book: Option<&Book>, folder: &Path) -> String {
    let absolute = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    let work_tree = book.and_then(|book| book.repository.work_tree());
    let root = work_tree.and_then(|root| root.canonicalize().ok());
    match root.as_deref().and_then(|root| absolute.strip_prefix(root).ok()) {
        Some(inside) => slashes(inside),
        None => folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
    }
}

fn in_commit(book: &Book, argument: &str, revision: &str, path: &str) -> Result<(Files, String), CliError> {
    let commit = book.repository.resolve(revision)?;
    let (mut found, folder) = match book.repository.file(commit, path)? {
        Some(file) if file.is_regular() => {
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            (vec![(name.to_owned(), file)], folder)
        }
        _ => (book.repository.files(commit, path)?, path),
    };
    found.retain(|(path, file)| file.is_regular() && !path.split('/').any(is_hidden));
    if found.is_empty() {
        return Err(CliError::failure(format!("revision `{revision}` has no files at `{path}`"))
            .with_hint("paths are relative to the root of the work tree; `/dev/null` means no files"));
    }
    let inputs: Vec<_> = found.into_iter().map(|(path, file)| (file.blob, path)).collect();
    within(argument, 0, 0, inputs.len())?;
    let read = book.repository.map_blobs(&inputs, MAX_FILE as usize, |path, blob| (path.clone(), blob))?;
    let mut files = Vec::new();
    let mut total = 0;
    for (path, blob) in read {
        match blob {
            Blob::Bytes(bytes) => {
                total += bytes.len() as u64;
                within(argument, bytes.len() as u64, total, files.len())?;
                files.push((path, bytes));
            }
            Blob::TooLarge(size) => within(argument, size as u64, total, files.len())?,
        }
    }
    files.sort();
    Ok((files, folder.to_owned()))
}
