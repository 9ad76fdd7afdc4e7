//! Several files at once: in one commit, or for a merge or rebase in progress.

use std::path::Path;

use super::git::Git;
use super::journal::{Entry, FileWrite, Step};
use super::rebase::Pending;
use super::{ActError, Hold, commit_writes, refuse_while_busy};
use crate::book::Book;
use crate::history::{Blob, CommitId, blob_of};
use crate::record::MAX_RECORD_BYTES;

/// What a file is to become: its new text, or gone.
pub type NewFiles = [(String, Option<String>)];

/// Commits several files of the book at once, with `message`; what else is staged or changed stays as it is. Each
/// of the files must be as it is in `HEAD`, in the index and in the work tree.
///
/// # Errors
/// A refusal before anything is changed, or [`ActError::HalfDone`].
pub fn commit_files(hold: &Hold, book: &Book, files: &NewFiles, message: &str) -> Result<CommitId, ActError> {
    let root = book.root.as_deref().ok_or(ActError::Bare)?;
    refuse_while_busy(book)?;
    let head = book.repository.head()?.commit;
    let head = head.ok_or_else(|| ActError::NotCommitted { path: "HEAD".to_owned() })?;
    hold.refuse_unless_at(head)?;
    for (path, _) in files {
        refuse_unless_clean(book, head, root, path)?;
    }
    let git = hold.git(root)?;
    let writes = writes(hold, &git, book, head, files)?;
    commit_writes(hold, &git, root, head, writes, message)
}

/// Writes several files into the work tree and the index, where a merge or rebase in progress will commit them, and
/// what is `pending` with it.
///
/// # Errors
/// [`ActError::Io`], [`ActError::Git`].
pub fn stage_files(hold: &Hold, book: &Book, files: &NewFiles, pending: &Pending) -> Result<(), ActError> {
    let root = book.root.as_deref().ok_or(ActError::Bare)?;
    let git = hold.git(root)?;
    let head = book.repository.head()?.commit;
    let head = head.ok_or_else(|| ActError::NotCommitted { path: "HEAD".to_owned() })?;
    let step = Step {
        directory: root.to_path_buf(),
        top: git.top()?,
        head: head.hex(),
        commits: false,
        files: writes(hold, &git, book, head, files)?,
        state: pending.writes(&git)?,
    };
    hold.note_step(Some(step.clone()))?;
    let left = step.bring_along(&git, hold.scratch())?;
    hold.note_step(None)?;
    match left.first() {
        None => Ok(()),
        Some(place) => Err(ActError::NotApplicable {
            version: "the work tree",
            path: place.clone(),
            reason: "another process is changing it".to_owned(),
        }),
    }
}

/// What each file is to become, in the commit, the index and the work tree.
pub(super) fn writes(
    hold: &Hold,
    git: &Git,
    book: &Book,
    head: CommitId,
    files: &NewFiles,
) -> Result<Vec<FileWrite>, ActError> {
    let root = book.root.as_deref().ok_or(ActError::Bare)?;
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let paths: Vec<String> = files.iter().map(|(path, _)| book.path.join(path)).collect();
    let mut entries = git.entries(&paths.iter().map(String::as_str).collect::<Vec<_>>(), None)?;
    let mut writes = Vec::new();
    for ((path, text), in_repository) in files.iter().zip(paths) {
        super::refuse_links(root, path)?;
        let file = root.join(path);
        let blob = text.as_deref().map(|text| git.write_blob(text)).transpose()?;
        let disk_before = match std::fs::read(&file) {
            Ok(bytes) => Some(blob_of(&bytes)?.hex()),
            Err(_) => None,
        };
        hold.note_folder(file.parent().unwrap_or(root))?;
        writes.push(FileWrite {
            mode: git.mode(head, &in_repository)?,
            index_before: entries.remove(&in_repository).unwrap_or(Entry::Absent),
            path: in_repository,
            committed: blob.clone(),
            index_after: blob.clone(),
            disk_before,
            disk_after: blob,
        });
    }
    Ok(writes)
}

fn refuse_unless_clean(book: &Book, head: CommitId, root: &Path, path: &str) -> Result<(), ActError> {
    let in_repository = book.path.join(path);
    let committed = book.repository.file(head, &in_repository)?.map(|file| file.blob);
    let refuse = |version: &'static str| ActError::NotApplicable {
        version,
        path: path.to_owned(),
        reason: "it has changes that are not committed".to_owned(),
    };
    if book.repository.index_blob(&in_repository)? != committed {
        return Err(refuse("the index"));
    }
    let on_disk = std::fs::read(root.join(path)).ok();
    let before = match committed.map(|blob| book.repository.blob(blob, MAX_RECORD_BYTES)).transpose()? {
        Some(Blob::Bytes(bytes)) => Some(bytes),
        _ => None,
    };
    // What a filter of git's makes of line ends is the same text.
    let lines =
        |bytes: Option<Vec<u8>>| bytes.map(|bytes| String::from_utf8_lossy(&bytes).replace("\r\n", "\n"));
    if lines(on_disk) == lines(before) { Ok(()) } else { Err(refuse("the work tree")) }
}
