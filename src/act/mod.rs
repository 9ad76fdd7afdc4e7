//! Makes the edit and the commit that a person could make by hand, with the user's own `git`.
//!
//! The commit holds `HEAD`'s version of one file plus one edit and nothing else. The same edit is applied to
//! what the index and the work tree hold of that file, so other changes stay as they are; where it cannot be
//! applied to each, nothing is done at all.

mod attach;
mod branch;
mod commit_files;
mod git;
mod hooks;
mod merge;
mod scratch;

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::book::Book;
use crate::history::{Blob, BlobId, CommitId, HistoryError};
use crate::record::MAX_RECORD_BYTES;
pub use attach::{bundle, commit_file, create_file, sign, write_file};
pub use branch::{BranchWorkTree, is_current_branch};
pub use commit_files::{NewFiles, commit_files, stage_files};
use git::Git;
pub use hooks::{Hook, add_trailer, install_hook};
pub use merge::{Texts, conflict_style, merge_by_lines, set_git_setting};
pub use scratch::Scratch;

/// Why an act was refused or failed. Nothing has been changed unless the variant says so.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// A bare repository.
    #[error("this repository has no work tree, so nothing can be committed here")]
    Bare,
    /// A merge, rebase or the like is under way.
    #[error("a {operation} is in progress")]
    InProgress {
        /// In git's words.
        operation: &'static str,
    },
    /// A name that cannot be a branch's.
    #[error("`{name}` cannot be the name of a branch")]
    NoBranch {
        /// As given.
        name: String,
    },
    /// Nothing says which key to sign with.
    #[error("there is no SSH key to sign with")]
    NoKey,
    /// `ssh-keygen` could not sign.
    #[error("`ssh-keygen -Y sign` failed: {message}")]
    Sign {
        /// What it said.
        message: String,
    },
    /// Another `git` is at work on the index, or was killed at it.
    #[error("`{}` is there: another `git` is at work in this repository, or one was killed", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// The file is not in `HEAD`.
    #[error("`{path}` is not committed yet")]
    NotCommitted {
        /// In the book.
        path: String,
    },
    /// One of the three versions does not take the edit.
    #[error("the edit cannot be applied to {version} of `{path}`: {reason}")]
    NotApplicable {
        /// `the committed version`, `the index` or `the work tree`.
        version: &'static str,
        /// In the book.
        path: String,
        /// Why.
        reason: String,
    },
    /// The commit would change nothing.
    #[error("`{path}` says so already in the last commit, so there is nothing to commit")]
    NoChange {
        /// In the book.
        path: String,
    },
    /// The file is gone from the work tree, or is no regular file there.
    #[error("`{path}` is not a regular file in the work tree")]
    NotInWorkTree {
        /// In the book.
        path: String,
    },
    /// `git` could not be started.
    #[error("`git` cannot be run")]
    NoGit(#[source] std::io::Error),
    /// `git` refused: a hook, a missing identity, a signature that cannot be made.
    #[error("`git {command}` failed:\n{message}")]
    Git {
        /// Its arguments.
        command: String,
        /// What it said.
        message: String,
    },
    /// A file cannot be read or written.
    #[error("`{}` cannot be {doing}", path.display())]
    Io {
        /// `read` or `written`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The commit was made; what came after failed.
    #[error("commit {commit} was made, but the work tree or index could not be brought along: {reason}")]
    HalfDone {
        /// The new commit.
        commit: String,
        /// Why.
        reason: String,
    },
    /// History cannot be read.
    #[error(transparent)]
    History(#[from] HistoryError),
}

impl ActError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            ActError::Bare => Some("work in a clone: `git clone REPOSITORY`".to_owned()),
            ActError::InProgress { operation } => {
                Some(format!("finish it or give it up first: `git {operation} --continue` or `--abort`"))
            }
            ActError::NotCommitted { path } => Some(format!(
                "commit the record first: `git add {path} && git commit`; `--no-commit` edits the file alone"
            )),
            ActError::NotApplicable { .. } => {
                Some("commit or stash your own change of this file, then try again".to_owned())
            }
            ActError::NotInWorkTree { path } => Some(format!(
                "`git restore {path}` brings it back; a sparse checkout: `git sparse-checkout add {}`",
                path.rsplit_once('/').map_or(".", |(folder, _)| folder)
            )),
            ActError::HalfDone { .. } => {
                Some("`git status` shows the rest; `git restore FILE` takes the commit's version".to_owned())
            }
            ActError::NoGit(_) => Some("install git, or put it on the PATH".to_owned()),
            ActError::NoKey => Some(
                "name one with `--key FILE`, or `git config gpg.format ssh` and `git config user.signingKey FILE`"
                    .to_owned(),
            ),
            ActError::Sign { .. } => {
                Some("nothing was changed; see that the key is there, or that the agent holds it".to_owned())
            }
            ActError::NoChange { path } => Some(format!("`git log -1 -- {path}` shows who said it")),
            ActError::NoBranch { .. } => Some("write it like `approve-INFRA-150`".to_owned()),
            ActError::Locked { path } => {
                Some(format!("wait for it; when nothing runs any more, remove {}", path.display()))
            }
            ActError::Git { message, .. } => Some(git_hint(message).to_owned()),
            ActError::Io { .. } => {
                Some("nothing was changed; see that the place is yours to write and not full".to_owned())
            }
            ActError::History(error) => error.hint(),
        }
    }
}

/// What to do about a refusal of git; the words are git's own in the language of the C locale or of the user.
fn git_hint(message: &str) -> &'static str {
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if says(&["user.email", "empty ident", "auto-detect"]) {
        "nothing was changed; `git config user.name \"…\"` and `git config user.email \"…\"` say who you are"
    } else if says(&["gpg", "sign", "key"]) {
        "nothing was changed; the signature could not be made: see `git config --get-regexp 'gpg|sign'`"
    } else if says(&["already used by worktree", "already checked out"]) {
        "nothing was changed; run it in that work tree, without `--branch`"
    } else {
        "nothing was changed; the words above are those of git or of a hook of this repository"
    }
}

/// An edit of a text: the new text, or why it cannot be made.
pub type Edit<'a> = dyn Fn(&str) -> Result<String, String> + 'a;

/// Applies `edit` to the file in the work tree and stops there.
///
/// # Errors
/// [`ActError::NotApplicable`] and [`ActError::Io`]; nothing is written then.
pub fn edit_only(book: &Book, path: &str, edit: &Edit<'_>) -> Result<(), ActError> {
    let root = book.root.as_deref().ok_or(ActError::Bare)?;
    let file = root.join(path);
    let text = read_text(&file, path)?;
    let edited = apply(edit, &text, "the work tree", path)?;
    write_atomically(&file, edited.as_bytes())
}

/// Commits `edit` of one file with `message`, and applies it to the index and the work tree as well.
///
/// # Errors
/// A refusal before anything is changed, or [`ActError::HalfDone`].
pub fn commit_edit(book: &Book, path: &str, edit: &Edit<'_>, message: &str) -> Result<CommitId, ActError> {
    let root = book.root.as_deref().ok_or(ActError::Bare)?;
    refuse_while_busy(book)?;
    let in_repository = book.path.join(path);
    let not_committed = || ActError::NotCommitted { path: path.to_owned() };
    let head = book.repository.head()?.commit.ok_or_else(not_committed)?;
    let committed = book.repository.file(head, &in_repository)?.filter(|file| file.is_regular());
    let committed = committed.ok_or_else(not_committed)?.blob;
    let staged = book.repository.index_blob(&in_repository)?;
    let file = root.join(path);
    let on_disk = read_text(&file, path)?;

    let text_at_head = blob_text(book, committed, path)?;
    let new_commit = apply(edit, &text_at_head, "the committed version", path)?;
    if new_commit == text_at_head {
        return Err(ActError::NoChange { path: path.to_owned() });
    }
    let new_index = match staged {
        Some(staged) if staged != committed => {
            Some(apply(edit, &blob_text(book, staged, path)?, "the index", path)?)
        }
        Some(_) => None,
        None => {
            let reason = "it is staged for removal".to_owned();
            return Err(ActError::NotApplicable { version: "the index", path: path.to_owned(), reason });
        }
    };
    let new_disk = apply(edit, &on_disk, "the work tree", path)?;

    let new = NewVersions { commit: &new_commit, index: new_index.as_deref(), disk: &new_disk };
    commit_versions(book, path, head, &new, message)
}

/// What is to stand in the commit, in the index (`None`: the same), and in the work tree.
struct NewVersions<'t> {
    commit: &'t str,
    index: Option<&'t str>,
    disk: &'t str,
}

/// Nothing is committed during a merge or the like, or while another `git` is at work.
fn refuse_while_busy(book: &Book) -> Result<(), ActError> {
    if let Some(operation) = book.repository.operation() {
        return Err(ActError::InProgress { operation });
    }
    let lock = book.repository.git_dir().join("index.lock");
    if lock.exists() {
        return Err(ActError::Locked { path: lock });
    }
    Ok(())
}

/// Commits one file on top of `head` and brings the index and the work tree along.
fn commit_versions(
    book: &Book,
    path: &str,
    head: CommitId,
    new: &NewVersions<'_>,
    message: &str,
) -> Result<CommitId, ActError> {
    let root = book.root.as_deref().ok_or(ActError::Bare)?;
    let (file, in_repository) = (root.join(path), book.path.join(path));
    // Tried before the commit, so that a full disk or a folder that is not ours refuses all of it; nothing of it
    // may lie there while a hook runs.
    let io = |source| ActError::Io { doing: "written", path: file.clone(), source };
    drop(written_beside(&file, new.disk.as_bytes()).map_err(io)?);
    let git = Git::new(root);
    let blob = git.write_blob(new.commit)?;
    let index_blob = new.index.map(|text| git.write_blob(text)).transpose()?.unwrap_or_else(|| blob.clone());
    git.commit_file(&in_repository, &blob, message)?;
    let commit = book.repository.head()?.commit.unwrap_or(head);
    let bring_along = || {
        git.stage(&in_repository, &index_blob)?;
        write_atomically(&file, new.disk.as_bytes())
    };
    bring_along()
        .map_err(|error| ActError::HalfDone { commit: commit.short(), reason: error.to_string() })?;
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
pub fn create_files(root: &Path, files: &[(String, String)]) -> Result<(), ActError> {
    let mut made: Vec<PathBuf> = Vec::new();
    for (path, text) in files {
        let file = root.join(path);
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
    let mut temporary = tempfile::Builder::new().prefix(".changebook-").tempfile_in(folder)?;
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
