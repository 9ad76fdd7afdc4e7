//! A commit on another branch: made in a work tree of its own, which is gone afterwards. The user's work tree,
//! index and `HEAD` are never touched, and hooks, identity and signing are still those of the user's `git`.

use std::path::{Path, PathBuf};

use super::git::Git;
use super::journal::OwnTree;
use super::{ActError, Hold};
use crate::book::Book;

/// A temporary work tree with a branch checked out. Dropping it removes it; a branch that was made for it and
/// got no commit goes too.
pub struct BranchWorkTree {
    git: Git,
    folder: tempfile::TempDir,
    own: OwnTree,
}

impl BranchWorkTree {
    /// Checks out `branch`. One that exists at a remote only is made from there; one that is new, from `start`. One that
    /// lacks what the remote's has is brought up to it.
    ///
    /// # Errors
    /// [`ActError::Bare`], [`ActError::NoBranch`] for a name that git refuses, [`ActError::Diverged`], and what git says:
    /// the branch may be checked out elsewhere.
    pub fn open(hold: &Hold, book: &Book, branch: &str, start: Option<&str>) -> Result<Self, ActError> {
        let git = hold.git(book.root.as_deref().ok_or(ActError::Bare)?)?;
        let no_branch = || ActError::NoBranch { name: branch.to_owned() };
        git.check_branch_name(branch).map_err(|_| no_branch())?;
        let there = git.revision(&format!("refs/heads/{branch}")).ok();
        let remote = git.remote_branch(branch)?;
        let lag = match &there {
            Some(_) => git.lag(branch, remote.as_deref())?,
            None => None,
        };
        let full = remote.as_ref().map(|remote| format!("refs/remotes/{remote}"));
        let start = full.as_deref().or(start).unwrap_or("HEAD");
        let made_at = if there.is_none() { Some(git.revision(start)?) } else { None };

        let io = |source| ActError::Io { doing: "written", path: std::env::temp_dir(), source };
        let folder = tempfile::Builder::new().prefix("changebook-branch-").tempdir().map_err(io)?;
        // Git calls a work tree by its folder's name: by one of our own it is found again.
        let name = folder.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
        let own = OwnTree { folder: folder.path().to_path_buf(), name, branch: branch.to_owned(), made_at };
        hold.note_tree(Some(own.clone()))?;
        let tree = BranchWorkTree { git, folder, own };
        match &tree.own.made_at {
            None => tree.git.add_work_tree(&tree.tree(), &[branch])?,
            Some(_) => {
                let tracked = if remote.is_some() { "--track" } else { "--no-track" };
                tree.git.add_work_tree(&tree.tree(), &[tracked, "-b", branch, start])?;
            }
        }
        if let Some(remote) = lag {
            let there = hold.git(&tree.tree())?;
            there.run(&["merge", "--quiet", "--ff-only", &format!("refs/remotes/{remote}")], None, None)?;
        }
        Ok(tree)
    }

    /// The book's directory in it, given where the book stands in the repository.
    pub fn root(&self, book: &Book) -> PathBuf {
        self.tree().join(book.path.as_str())
    }

    fn tree(&self) -> PathBuf {
        self.folder.path().join(&self.own.name)
    }
}

impl Drop for BranchWorkTree {
    fn drop(&mut self) {
        // What is left over is only rubbish: `git worktree prune` takes it too.
        let _ = self.git.remove_work_tree(&self.tree());
        let branch = &self.own.branch;
        if let Some(start) = &self.own.made_at
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

/// Refuses to go on with the branch that is checked out here where it lacks what the remote's has: a commit would be
/// judged by what is out of date.
///
/// # Errors
/// [`ActError::Behind`], [`ActError::Diverged`].
pub fn refuse_while_behind(hold: &Hold, book: &Book, branch: &str) -> Result<(), ActError> {
    let git = hold.git(book.root.as_deref().ok_or(ActError::Bare)?)?;
    match git.lag(branch, git.remote_branch(branch)?.as_deref())? {
        Some(remote) => Err(ActError::Behind { branch: branch.to_owned(), remote }),
        None => Ok(()),
    }
}

impl Git {
    /// The remote-tracking branch that has all of a local branch and more.
    fn lag(&self, branch: &str, remote: Option<&str>) -> Result<Option<String>, ActError> {
        let Some(remote) = remote else { return Ok(None) };
        let local = self.revision(&format!("refs/heads/{branch}"))?;
        let theirs = self.revision(&format!("refs/remotes/{remote}"))?;
        if local == theirs {
            return Ok(None);
        }
        let bases = self.run(&["merge-base", "--all", &local, &theirs], None, None).unwrap_or_default();
        if bases == theirs {
            return Ok(None);
        }
        match bases == local {
            true => Ok(Some(remote.to_owned())),
            false => Err(ActError::Diverged { branch: branch.to_owned(), remote: remote.to_owned() }),
        }
    }

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

    /// The remote-tracking branch of that name, as `REMOTE/NAME`: that of `origin`, else the only one.
    fn remote_branch(&self, name: &str) -> Result<Option<String>, ActError> {
        let pattern = format!("refs/remotes/*/{name}");
        let listed = self.run(&["for-each-ref", "--format=%(refname)", &pattern], None, None)?;
        let found: Vec<&str> = listed.lines().filter_map(|full| full.strip_prefix("refs/remotes/")).collect();
        let of_origin = format!("origin/{name}");
        Ok(match found[..] {
            [only] => Some(only.to_owned()),
            _ => found.contains(&&*of_origin).then_some(of_origin),
        })
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
