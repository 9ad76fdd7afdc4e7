//! One commit of several files.

use std::path::Path;

use super::git::Git;
use super::{ActError, refuse_while_busy, write_atomically};
use crate::book::Book;
use crate::history::{Blob, CommitId};
use crate::record::MAX_RECORD_BYTES;

/// What a file is to become: its new text, or gone.
pub type NewFiles = [(String, Option<String>)];

/// Commits several files of the book at once, with `message`; what else is staged or changed stays as it is. Each
/// of the files must be as it is in `HEAD`, in the index and in the work tree.
///
/// # Errors
/// A refusal before anything is changed, or [`ActError::HalfDone`].
pub fn commit_files(book: &Book, files: &NewFiles, message: &str) -> Result<CommitId, ActError> {
    let root = book.root.as_deref().ok_or(ActError::Bare)?;
    refuse_while_busy(book)?;
    let head = book.repository.head()?.commit;
    let head = head.ok_or_else(|| ActError::NotCommitted { path: "HEAD".to_owned() })?;
    for (path, _) in files {
        refuse_unless_clean(book, head, root, path)?;
    }
    let git = Git::new(root);
    let mut entries = Vec::new();
    for (path, text) in files {
        let blob = text.as_deref().map(|text| git.write_blob(text)).transpose()?;
        entries.push((book.path.join(path), blob));
    }
    git.commit_entries(&entries, message)?;
    let commit = book.repository.head()?.commit.unwrap_or(head);
    let bring_along = || {
        git.update_index(&entries, None)?;
        write_files(root, files)
    };
    bring_along()
        .map_err(|error| ActError::HalfDone { commit: commit.short(), reason: error.to_string() })?;
    Ok(commit)
}

/// Writes several files into the work tree and the index, where a merge in progress will commit them.
///
/// # Errors
/// [`ActError::Io`], [`ActError::Git`].
pub fn stage_files(book: &Book, files: &NewFiles) -> Result<(), ActError> {
    let root = book.root.as_deref().ok_or(ActError::Bare)?;
    let git = Git::new(root);
    write_files(root, files)?;
    let mut entries = Vec::new();
    for (path, text) in files {
        let blob = text.as_deref().map(|text| git.write_blob(text)).transpose()?;
        entries.push((book.path.join(path), blob));
    }
    git.update_index(&entries, None)
}

fn write_files(root: &Path, files: &NewFiles) -> Result<(), ActError> {
    for (path, text) in files {
        let file = root.join(path);
        let io = |source| ActError::Io { doing: "written", path: file.clone(), source };
        match text {
            Some(text) => {
                std::fs::create_dir_all(file.parent().unwrap_or(root)).map_err(io)?;
                write_atomically(&file, text.as_bytes())?;
            }
            None => std::fs::remove_file(&file).map_err(io)?,
        }
    }
    Ok(())
}

fn refuse_unless_clean(book: &Book, head: CommitId, root: &Path, path: &str) -> Result<(), ActError> {
    let in_repository = book.path.join(path);
    let committed = book.repository.file(head, &in_repository)?.map(|file| file.blob);
    let refuse = |version: &'static str| ActError::NotApplicable {
        version,
        path: path.to_owned(),
        reason: "it holds something that is not committed".to_owned(),
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

impl Git {
    /// Commits `HEAD`'s tree with these entries, through an index of its own.
    fn commit_entries(&self, entries: &[(String, Option<String>)], message: &str) -> Result<(), ActError> {
        self.commit_with(&|git, index| git.update_index(entries, Some(index)), message)
    }

    /// Puts blobs into an index, or takes paths out of it.
    fn update_index(
        &self,
        entries: &[(String, Option<String>)],
        index: Option<&Path>,
    ) -> Result<(), ActError> {
        for (path, blob) in entries {
            match blob {
                Some(blob) => {
                    let entry = format!("100644,{blob},{path}");
                    self.run(&["update-index", "--add", "--cacheinfo", &entry], index, None)?;
                }
                None => {
                    let place = format!(":(top){path}");
                    self.run(&["rm", "-q", "--cached", "--ignore-unmatch", "--", &place], index, None)?;
                }
            }
        }
        Ok(())
    }
}
