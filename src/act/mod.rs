//! Makes the edit and the commit that a person could make by hand, with the user's own `git`.
//!
//! The commit holds `HEAD`'s version of one file plus one edit and nothing else. The same edit is applied to
//! what the index and the work tree hold of that file, so other changes stay as they are; where it cannot be
//! applied to each, nothing is done at all.

mod attach;
mod branch;
mod commit_files;
mod error;
mod git;
mod hold;
mod hooks;
mod journal;
mod leftovers;
mod merge;
mod rebase;
mod scratch;
mod step;
mod trial;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::book::Book;
use crate::history::{Blob, BlobId, CommitId, blob_of};
use crate::record::MAX_RECORD_BYTES;
pub use attach::{bundle, commit_file, create_file, sign, write_file};
pub use branch::{BranchWorkTree, is_current_branch, refuse_while_behind};
pub use commit_files::{NewFiles, commit_files, stage_files};
pub use error::ActError;
use git::Git;
pub use hold::Hold;
pub use hooks::{Hook, add_trailer, install_hook};
use journal::{Entry, FileWrite, Step};
pub use merge::{Texts, conflict_style, merge_by_lines, set_git_setting};
pub use rebase::{Carried, Moving, Pending, pending};
pub use scratch::Scratch;
pub use trial::{Change, Draft, try_commits};

/// How long another `git` is waited for before an act is refused.
const PATIENCE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(50);

/// What the names of files begin with that are to be renamed.
const TEMPORARY: &str = ".changebook-";

/// An edit of a text: the new text, or why it cannot be made.
pub type Edit<'a> = dyn Fn(&str) -> Result<String, String> + 'a;

/// Applies `edit` to the file in the work tree, writes the files `beside` it there, and stops.
///
/// # Errors
/// [`ActError::NotApplicable`] and [`ActError::Io`]; nothing of the edited file is written then.
pub fn edit_only(
    hold: &Hold,
    book: &Book,
    path: &str,
    edit: &Edit<'_>,
    beside: &NewFiles,
) -> Result<(), ActError> {
    let root = book.root.as_deref().ok_or(ActError::Bare)?;
    let file = root.join(path);
    let text = read_text(&file, path)?;
    let edited = apply(edit, &text, "the work tree", path)?;
    hold.note_folder(file.parent().unwrap_or(root))?;
    for (path, text) in beside {
        refuse_links(root, path)?;
        let file = root.join(path);
        match text {
            Some(text) => write_file(hold, book, path, text)?,
            None if file.exists() => std::fs::remove_file(&file).map_err(|source| ActError::Io {
                doing: "removed",
                path: file,
                source,
            })?,
            None => {}
        }
    }
    write_atomically(&file, edited.as_bytes())
}

/// Commits `edit` of one file with `message`, and applies it to the index and the work tree as well. The files `beside` it are
/// written by a tool: each becomes what is given, whatever it was.
///
/// # Errors
/// A refusal before anything is changed, or [`ActError::HalfDone`].
pub fn commit_edit(
    hold: &Hold,
    book: &Book,
    path: &str,
    edit: &Edit<'_>,
    beside: &NewFiles,
    message: &str,
) -> Result<CommitId, ActError> {
    let root = book.root.as_deref().ok_or(ActError::Bare)?;
    refuse_while_busy(book)?;
    let in_repository = book.path.join(path);
    let not_committed = || ActError::NotCommitted { path: path.to_owned() };
    let head = book.repository.head()?.commit.ok_or_else(not_committed)?;
    hold.refuse_unless_at(head)?;
    let committed = book.repository.file(head, &in_repository)?.filter(|file| file.is_regular());
    let committed = committed.ok_or_else(not_committed)?.blob;
    let staged = book.repository.index_blob(&in_repository)?;
    let file = root.join(path);
    let on_disk = read_text(&file, path)?;

    let text_at_head = blob_text(book, committed, path)?;
    let new_commit = apply(edit, &text_at_head, "the committed version", path)?;
    if new_commit == text_at_head && beside.is_empty() {
        return Err(ActError::NoChange { path: path.to_owned() });
    }
    let new_index = match staged {
        Some(staged) if staged != committed => {
            Some(apply(edit, &blob_text(book, staged, path)?, "the index", path)?)
        }
        Some(_) => None,
        None => {
            let reason = "it is staged for deletion".to_owned();
            return Err(ActError::NotApplicable { version: "the index", path: path.to_owned(), reason });
        }
    };
    let new_disk = apply(edit, &on_disk, "the work tree", path)?;

    let git = hold.git(root)?;
    let blob = git.write_blob(&new_commit)?;
    let write = FileWrite {
        mode: git.mode(head, &in_repository)?,
        index_before: Entry::of(staged.map(|blob| blob.hex())),
        index_after: Some(match &new_index {
            Some(text) => git.write_blob(text)?,
            None => blob.clone(),
        }),
        disk_before: Some(blob_of(on_disk.as_bytes())?.hex()),
        disk_after: Some(git.write_blob(&new_disk)?),
        committed: Some(blob),
        path: in_repository,
    };
    // Tried before the commit, so that a full disk or a folder that is not ours refuses all of it; nothing of it
    // may lie there while a hook runs.
    let io = |source| ActError::Io { doing: "written", path: file.clone(), source };
    hold.note_folder(file.parent().unwrap_or(root))?;
    drop(written_beside(&file, new_disk.as_bytes()).map_err(io)?);
    let mut files = commit_files::writes(hold, &git, book, head, beside)?;
    files.push(write);
    commit_writes(hold, &git, root, head, files, message)
}

/// Nothing is written through a link, which may lead out of the repository.
pub(super) fn refuse_links(root: &Path, path: &str) -> Result<(), ActError> {
    let parents = Path::new(path).ancestors().skip(1).filter(|part| !part.as_os_str().is_empty());
    match parents.into_iter().any(|part| root.join(part).is_symlink()) {
        false => Ok(()),
        true => Err(ActError::NotApplicable {
            version: "the work tree",
            path: path.to_owned(),
            reason: "its path goes through a symbolic link".to_owned(),
        }),
    }
}

/// Nothing is committed during a merge or the like, or while another `git` is at work.
fn refuse_while_busy(book: &Book) -> Result<(), ActError> {
    if let Some(operation) = book.repository.operation() {
        return Err(ActError::InProgress { operation });
    }
    let lock = book.repository.git_dir().join("index.lock");
    let mut waited = Duration::ZERO;
    while lock.exists() {
        if waited >= PATIENCE {
            return Err(ActError::Locked { path: lock });
        }
        std::thread::sleep(PAUSE);
        waited += PAUSE;
    }
    Ok(())
}

/// Commits files on top of `head` and brings the index and the work tree along.
fn commit_writes(
    hold: &Hold,
    git: &Git,
    directory: &Path,
    head: CommitId,
    files: Vec<FileWrite>,
    message: &str,
) -> Result<CommitId, ActError> {
    let (directory, top) = (directory.to_path_buf(), git.top()?);
    let step = Step { directory, top, head: head.hex(), commits: true, files, state: Vec::new() };
    hold.note_step(Some(step.clone()))?;
    let commit = match git.commit(hold, head, &step.files, message) {
        Ok(commit) => commit,
        Err(error) => {
            hold.note_step(None)?;
            return Err(error);
        }
    };
    hold.read_at(Some(commit));
    let half_done = |reason| ActError::HalfDone { commit: commit.short(), reason };
    match step.bring_along(git, hold.scratch()) {
        Ok(left) if left.is_empty() => {}
        Ok(left) => {
            let reason = format!("{} was changed by another process in the meantime", left.join(", "));
            return Err(half_done(reason));
        }
        Err(error) => {
            hold.leave_unfinished();
            return Err(half_done(error.to_string()));
        }
    }
    hold.note_step(None)?;
    Ok(commit)
}

fn apply(edit: &Edit<'_>, text: &str, version: &'static str, path: &str) -> Result<String, ActError> {
    edit(text).map_err(|reason| ActError::NotApplicable { version, path: path.to_owned(), reason })
}

fn blob_text(book: &Book, blob: BlobId, path: &str) -> Result<String, ActError> {
    let not_text = |reason: &str| ActError::NotApplicable {
        version: "the committed version",
        path: path.to_owned(),
        reason: reason.to_owned(),
    };
    match book.repository.blob(blob, MAX_RECORD_BYTES)? {
        Blob::Bytes(bytes) => String::from_utf8(bytes).map_err(|_| not_text("it is not UTF-8")),
        Blob::TooLarge(_) => Err(not_text("it is too large")),
    }
}

fn read_text(file: &Path, path: &str) -> Result<String, ActError> {
    let metadata =
        std::fs::symlink_metadata(file).map_err(|_| ActError::NotInWorkTree { path: path.to_owned() })?;
    if !metadata.is_file() {
        return Err(ActError::NotInWorkTree { path: path.to_owned() });
    }
    std::fs::read_to_string(file).map_err(|source| ActError::Io {
        doing: "read",
        path: file.to_path_buf(),
        source,
    })
}

/// Writes beside the file and renames over it, so that no reader ever sees half of it; permissions stay.
///
/// # Errors
/// [`ActError::Io`]; the file is as it was then.
pub fn write_atomically(file: &Path, bytes: &[u8]) -> Result<(), ActError> {
    let io = |source| ActError::Io { doing: "written", path: file.to_path_buf(), source };
    let temporary = written_beside(file, bytes).map_err(io)?;
    temporary.persist(file).map(drop).map_err(|error| io(error.error))
}

/// The same for a file that must not be there yet.
///
/// # Errors
/// [`std::io::ErrorKind::AlreadyExists`] when it is, and what the system says; nothing is left behind.
pub fn create_atomically(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    written_beside(file, bytes)?.persist_noclobber(file).map(drop).map_err(|error| error.error)
}

/// Creates several files of the book that must not be there yet: all of them, or none.
///
/// # Errors
/// [`ActError::Io`] with the file that is there or cannot be written; those that were made before it are gone.
pub fn create_files(hold: &Hold, root: &Path, files: &[(String, String)]) -> Result<(), ActError> {
    let mut made: Vec<PathBuf> = Vec::new();
    for (path, text) in files {
        let file = root.join(path);
        hold.note_folder(file.parent().unwrap_or(root))?;
        let create = || {
            std::fs::create_dir_all(file.parent().unwrap_or(root))?;
            create_atomically(&file, text.as_bytes())
        };
        if let Err(source) = create() {
            for file in &made {
                // What cannot be taken away is named by `git status` and by the next import.
                let _ = std::fs::remove_file(file);
            }
            return Err(ActError::Io { doing: "written", path: file, source });
        }
        made.push(file);
    }
    Ok(())
}

/// A finished file in the same folder, to be renamed; dropped, it is gone.
fn written_beside(file: &Path, bytes: &[u8]) -> std::io::Result<tempfile::NamedTempFile> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut temporary = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(folder)?;
    temporary.write_all(bytes)?;
    match std::fs::metadata(file) {
        Ok(metadata) => temporary.as_file().set_permissions(metadata.permissions())?,
        Err(_) => set_default_permissions(temporary.as_file())?,
    }
    temporary.as_file().sync_all()?;
    Ok(temporary)
}

/// A temporary file is the owner's alone; a new file of the book is everybody's to read.
#[cfg(unix)]
fn set_default_permissions(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn set_default_permissions(_: &std::fs::File) -> std::io::Result<()> {
    Ok(())
}

/// The e-mail under which the user's git would commit now.
///
/// # Errors
/// [`ActError::Git`] when git knows no identity.
pub fn author_email(book: &Book) -> Result<String, ActError> {
    let directory = book.root.as_deref().ok_or(ActError::Bare)?;
    let identity = Git::new(directory).identity()?;
    let email = identity.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(email, _)| email);
    Ok(email.unwrap_or_default().to_owned())
}
