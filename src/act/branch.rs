//! A commit on another branch: made in a work tree of its own, which is gone afterwards. The user's work tree,
//! index and `HEAD` are never touched, and hooks, identity and signing are still those of the user's `git`.

use std::path::{Path, PathBuf};

use super::ActError;
use super::git::Git;
use crate::book::Book;

/// A temporary work tree with a branch checked out. Dropping it removes it; a branch that was made for it and
/// got no commit goes too.
pub struct BranchWorkTree {
    git: Git,
    folder: tempfile::TempDir,
    /// A branch that was made here, with the commit it began at.
    made: Option<(String, String)>,
}

impl BranchWorkTree {
    /// Checks out `branch`. One that exists at a remote only is made from there; one that is new, from `start`.
    ///
    /// # Errors
    /// [`ActError::Bare`], [`ActError::NoBranch`] for a name that git refuses, and what git says: the branch may
    /// be checked out elsewhere.
    pub fn open(book: &Book, branch: &str, start: Option<&str>) -> Result<Self, ActError> {
        let git = Git::new(book.root.as_deref().ok_or(ActError::Bare)?);
        let no_branch = || ActError::NoBranch { name: branch.to_owned() };
        git.check_branch_name(branch).map_err(|_| no_branch())?;
        let io = |source| ActError::Io { doing: "written", path: std::env::temp_dir(), source };
        let folder = tempfile::Builder::new().prefix("changebook-branch-").tempdir().map_err(io)?;
        let place = folder.path().join("tree");
        let made = match git.revision(&format!("refs/heads/{branch}")) {
            Ok(_) => {
                git.add_work_tree(&place, &[branch])?;
                None
            }
            Err(_) => {
                let remote = git.remote_branch(branch)?;
                let tracked = if remote.is_some() { "--track" } else { "--no-track" };
                let start = remote.as_deref().or(start).unwrap_or("HEAD");
                let tip = git.revision(start)?;
                git.add_work_tree(&place, &[tracked, "-b", branch, start])?;
                Some((branch.to_owned(), tip))
            }
        };
        Ok(BranchWorkTree { git, folder, made })
    }

    /// The book's directory in it, given where the book stands in the repository.
    pub fn root(&self, book: &Book) -> PathBuf {
        self.tree().join(book.path.as_str())
    }

    fn tree(&self) -> PathBuf {
        self.folder.path().join("tree")
    }
}

impl Drop for BranchWorkTree {
    fn drop(&mut self) {
        // What is left over is only rubbish: `git worktree prune` takes it too.
        let _ = self.git.remove_work_tree(&self.tree());
        if let Some((branch, start)) = &self.made
            && self.git.revision(&format!("refs/heads/{branch}")).is_ok_and(|tip| tip == *start)
        {
            let _ = self.git.delete_branch(branch);
        }
    }
}

/// Whether a branch is the one that is checked out here.
///
/// # Errors
/// History's errors.
pub fn is_current_branch(book: &Book, branch: &str) -> Result<bool, ActError> {
    Ok(book.repository.head()?.branch.as_deref() == Some(branch))
}

impl Git {
    fn check_branch_name(&self, name: &str) -> Result<(), ActError> {
        self.run(&["check-ref-format", &format!("refs/heads/{name}")], None, None)?;
        match name.starts_with('-') || name == "HEAD" {
            true => Err(ActError::NoBranch { name: name.to_owned() }),
            false => Ok(()),
        }
    }

    fn revision(&self, name: &str) -> Result<String, ActError> {
        self.run(&["rev-parse", "--verify", "--quiet", &format!("{name}^{{commit}}")], None, None)
    }

    /// The one remote-tracking branch of that name.
    fn remote_branch(&self, name: &str) -> Result<Option<String>, ActError> {
        let listed = self.run(
            &["for-each-ref", "--format=%(refname:short)", &format!("refs/remotes/*/{name}")],
            None,
            None,
        )?;
        let mut found = listed.lines().map(str::to_owned);
        Ok(found.next().filter(|_| found.next().is_none()))
    }

    fn add_work_tree(&self, place: &Path, arguments: &[&str]) -> Result<(), ActError> {
        let place = place.to_string_lossy();
        // `-b NAME` comes before the place, the commit-ish behind it.
        let (options, last) = arguments.split_at(arguments.len() - 1);
        let all = [&["worktree", "add", "--quiet"], options, &[&*place], last].concat();
        self.run(&all, None, None).map(drop)
    }

    fn remove_work_tree(&self, place: &Path) -> Result<(), ActError> {
        self.run(&["worktree", "remove", "--force", &place.to_string_lossy()], None, None).map(drop)
    }

    fn delete_branch(&self, name: &str) -> Result<(), ActError> {
        self.run(&["branch", "--quiet", "-D", "--", name], None, None).map(drop)
    }
}
