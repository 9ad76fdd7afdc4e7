//! Which branch a name means, and what git's configuration says.
//!
//! A name is looked for among branches alone, never among tags or revisions: whoever may push a reference would
//! otherwise choose what it means.

use super::read::commit_id;
use super::{CommitId, HistoryError, Repository};

/// Where local branches are.
const LOCAL: &str = "refs/heads/";
/// Where the branches of the remote `origin` are.
const TRACKED: &str = "refs/remotes/origin/";

/// A branch by its full name, and the commit that it is at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Below `refs/heads/` or `refs/remotes/origin/`.
    pub full: String,
    /// Its tip.
    pub tip: CommitId,
}

impl Branch {
    /// The name that means this branch and no other: `main`, `origin/main`; the full one of a local branch that
    /// is called like a remote-tracking one.
    pub fn name(&self) -> &str {
        match self.full.strip_prefix(LOCAL) {
            Some(local) if !looks_tracked(local) => local,
            Some(_) => &self.full,
            None => self.full.strip_prefix("refs/remotes/").unwrap_or(&self.full),
        }
    }
}

fn looks_tracked(name: &str) -> bool {
    name.starts_with("origin/") || name.starts_with("refs/")
}

impl Repository {
    /// The branch that a name means: a full reference as it is; `origin/NAME` below `refs/remotes/`; any other
    /// name as a branch of `origin` or a local one.
    ///
    /// Where both are there, the remote's counts: a local branch is behind it, or ahead with what nobody else has
    /// yet.
    ///
    /// # Errors
    /// [`HistoryError::UnknownBranch`], [`HistoryError::AmbiguousBranch`] and [`HistoryError::DivergedBranch`].
    pub fn named_branch(&self, name: &str) -> Result<Branch, HistoryError> {
        let unknown = || HistoryError::UnknownBranch { name: name.to_owned() };
        if name.starts_with("refs/") {
            let is_branch = name.starts_with(LOCAL) || name.starts_with(TRACKED);
            return self.branch_at(name).filter(|_| is_branch).ok_or_else(unknown);
        }
        let local = self.branch_at(&format!("{LOCAL}{name}"));
        if name.starts_with("origin/") {
            return match local {
                Some(_) => Err(HistoryError::AmbiguousBranch { name: name.to_owned() }),
                None => self.branch_at(&format!("refs/remotes/{name}")).ok_or_else(unknown),
            };
        }
        let tracked = self.tracks_origin().then(|| self.branch_at(&format!("{TRACKED}{name}"))).flatten();
        match (tracked, local) {
            (Some(tracked), Some(local)) if self.have_diverged(tracked.tip, local.tip)? => {
                let (local, remote) = (local.tip.short(), tracked.tip.short());
                Err(HistoryError::DivergedBranch { name: name.to_owned(), local, remote })
            }
            (Some(tracked), _) => Ok(tracked),
            (None, local) => local.ok_or_else(unknown),
        }
    }

    /// The branch that `refs/remotes/origin/HEAD` points to.
    pub fn origin_head(&self) -> Option<Branch> {
        // A push makes no symbolic references: one was made here, by `clone` or `remote set-head`.
        let reference = self.git.find_reference(&format!("{TRACKED}HEAD")).ok()?;
        let target = reference.symbolic_target().ok()??;
        self.branch_at(target).filter(|branch| branch.full.starts_with(TRACKED))
    }

    /// The branch that `HEAD` names.
    ///
    /// # Errors
    /// When `HEAD` cannot be read.
    pub fn head_branch(&self) -> Result<Option<Branch>, HistoryError> {
        let head = self.head()?;
        Ok(head.branch.and_then(|name| self.local_branch(&name)))
    }

    /// The local branch of exactly that name.
    pub fn local_branch(&self, name: &str) -> Option<Branch> {
        self.branch_at(&format!("{LOCAL}{name}"))
    }

    fn branch_at(&self, full: &str) -> Option<Branch> {
        let reference = self.git.find_reference(full).ok()?;
        let tip = commit_id(reference.peel_to_commit().ok()?.id());
        Some(Branch { full: full.to_owned(), tip })
    }

    /// Whether git's configuration fetches into `refs/remotes/origin/`. Elsewhere (on a server, in a mirror)
    /// whoever pushes may write there.
    fn tracks_origin(&self) -> bool {
        let Ok(origin) = self.git.find_remote("origin") else { return false };
        origin.refspecs().any(|refspec| {
            refspec.direction() == git2::Direction::Fetch
                && refspec.dst().is_ok_and(|into| into.starts_with(TRACKED))
        })
    }

    fn have_diverged(&self, one: CommitId, other: CommitId) -> Result<bool, HistoryError> {
        if one == other {
            return Ok(false);
        }
        let (one, other) = (super::repository::oid(&one)?, super::repository::oid(&other)?);
        match self.git.merge_base(one, other) {
            Ok(base) => Ok(base != one && base != other),
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(true),
            Err(error) => Err(HistoryError::git(error)),
        }
    }

    /// Whether there is any remote.
    pub fn has_remotes(&self) -> bool {
        self.git.remotes().is_ok_and(|remotes| !remotes.is_empty())
    }

    /// Whether it has no work tree of its own.
    pub fn is_bare(&self) -> bool {
        self.git.is_bare()
    }

    /// Whether the branch of that [name](Branch::name) follows what others push: a remote-tracking one, or any in a
    /// bare repository.
    pub fn is_moved_by_others(&self, name: &str) -> bool {
        self.git.is_bare() || name.starts_with("origin/")
    }

    /// What git's configuration says under a key (`changebook.trunk`); `None` where it says nothing. Reading it
    /// runs no program.
    ///
    /// # Errors
    /// When the configuration cannot be read, or the value is no UTF-8.
    pub fn config_string(&self, key: &str) -> Result<Option<String>, HistoryError> {
        let config = self.git.config().and_then(|mut config| config.snapshot()).map_err(HistoryError::git)?;
        match config.get_string(key) {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
            Err(error) => Err(HistoryError::git(error)),
        }
    }

    /// Short names of the local and remote-tracking branches and of the tags, as far as they can be read.
    pub fn reference_names(&self) -> Vec<String> {
        let Ok(references) = self.git.references() else { return Vec::new() };
        let name = |reference: git2::Reference<'_>| {
            let of_people = reference.is_branch() || reference.is_remote() || reference.is_tag();
            reference.shorthand().ok().filter(|_| of_people).map(str::to_owned)
        };
        references.filter_map(|reference| name(reference.ok()?)).collect()
    }
}
