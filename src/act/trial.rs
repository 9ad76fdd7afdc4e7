//! What an act would commit, as commits that no branch has: so that it can be told what they are worth before they are made.

use std::collections::BTreeMap;

use super::git::Git;
use super::{ActError, Edit, Hold, apply, blob_text, refuse_while_busy};
use crate::book::Book;
use crate::history::{CommitId, from_hex};

/// One commit that an act would make, of one file.
pub struct Draft<'a> {
    /// In the book.
    pub path: &'a str,
    /// What it does to the file.
    pub change: Change<'a>,
    /// The whole message.
    pub message: String,
}

/// What a commit does to a file.
#[derive(Clone, Copy)]
pub enum Change<'a> {
    /// An edit of what is committed.
    Edit(&'a Edit<'a>),
    /// The whole text of a file.
    Text(&'a str),
}

/// Makes the commits that would follow `HEAD`, one on the other, as objects alone: no branch, index or work tree is
/// touched, and no hook runs. Gives the last. They are signed where the user's `git` would sign with SSH: an OpenPGP
/// signature makes no difference to what a person's commit is worth.
///
/// # Errors
/// As the act itself, as far as the committed versions are concerned.
pub fn try_commits(hold: &Hold, book: &Book, drafts: &[Draft<'_>]) -> Result<CommitId, ActError> {
    let root = book.root.as_deref().ok_or(ActError::Bare)?;
    refuse_while_busy(book)?;
    let first = drafts.first().map_or("", |draft| draft.path);
    let not_committed = |path: &str| ActError::NotCommitted { path: path.to_owned() };
    let head = book.repository.head()?.commit.ok_or_else(|| not_committed(first))?;
    hold.refuse_unless_at(head)?;
    let git = hold.git(root)?;
    let index = hold.scratch().join("trial-index");
    git.run(&["read-tree", &head.hex()], Some(&index), None)?;
    let signs = git.signs_commits_with_ssh();
    let mut texts: BTreeMap<&str, String> = BTreeMap::new();
    let mut tip = head.hex();
    for draft in drafts {
        let in_repository = book.path.join(draft.path);
        let text = match draft.change {
            Change::Text(text) => text.to_owned(),
            Change::Edit(edit) => {
                let before = match texts.remove(draft.path) {
                    Some(text) => text,
                    None => {
                        let file =
                            book.repository.file(head, &in_repository)?.filter(|file| file.is_regular());
                        blob_text(book, file.ok_or_else(|| not_committed(draft.path))?.blob, draft.path)?
                    }
                };
                apply(edit, &before, "the committed version", draft.path)?
            }
        };
        let (blob, mode) = (git.write_blob(&text)?, git.mode(head, &in_repository)?);
        git.put_entries(std::iter::once((&*in_repository, &*mode, Some(&*blob))), &index)?;
        let tree = git.run(&["write-tree"], Some(&index), None)?;
        let mut arguments = vec!["commit-tree", &tree, "-p", &tip];
        arguments.extend(signs.then_some("-S"));
        tip = git.run(&arguments, None, Some(&draft.message))?;
        texts.insert(draft.path, text);
    }
    from_hex(&tip)
        .map(CommitId)
        .ok_or_else(|| ActError::Git { command: "commit-tree".to_owned(), message: tip })
}

impl Git {
    /// Whether `git commit` signs by itself, with an SSH key.
    fn signs_commits_with_ssh(&self) -> bool {
        let read = |arguments: &[&str]| self.run(arguments, None, None).unwrap_or_default();
        read(&["config", "--type=bool", "--get", "commit.gpgSign"]) == "true"
            && read(&["config", "--get", "gpg.format"]) == "ssh"
    }
}
