//! Which branch counts, and which commit a moment means.

use super::day_or_moment::DayOrMoment;
use super::{Book, BookError, Request};
use crate::history::{Branch, CommitId};
use crate::ledger;
use crate::policy::Policy;

/// The key of git's configuration that names the trunk.
pub(crate) const TRUNK_KEY: &str = "changebook.trunk";

impl Book {
    /// The trunk's name and tip. It is named from outside of what is judged: by `--trunk`, else by git's
    /// configuration, else by `origin/HEAD`, in a bare repository by its own `HEAD`. Only where there is no remote,
    /// so that all branches are one's own, the policy names it.
    ///
    /// `None` where nothing names one; [`needed_trunk`](Self::needed_trunk) is for questions that ask for it.
    ///
    /// # Errors
    /// When what names it names no branch, or could mean two.
    pub(crate) fn trunk(
        &self,
        request: &Request,
        policy: &Policy,
    ) -> Result<Option<(String, CommitId)>, BookError> {
        let repository = &self.repository;
        let named = match &request.trunk {
            Some(name) => Some(name.clone()),
            None => repository.config_string(TRUNK_KEY)?,
        };
        let found = match named {
            Some(name) => Some(repository.named_branch(&name)?),
            None => match repository.origin_head() {
                Some(branch) => Some(branch),
                None if repository.is_bare() => repository.head_branch()?,
                None if repository.has_remotes() => None,
                None => self.branch_of_policy(policy),
            },
        };
        Ok(found.map(|branch| (branch.name().to_owned(), branch.tip)))
    }

    /// The same, for a question that cannot be answered without it.
    ///
    /// # Errors
    /// As [`trunk`](Self::trunk), and [`BookError::NoTrunk`] or [`BookError::NoOriginHead`] where nothing names one.
    pub(crate) fn needed_trunk(
        &self,
        request: &Request,
        policy: &Policy,
    ) -> Result<(String, CommitId), BookError> {
        self.trunk(request, policy)?.ok_or_else(|| self.no_trunk())
    }

    /// Why there is no trunk where nothing names one: a policy that cannot be read names none.
    pub(crate) fn no_trunk(&self) -> BookError {
        if self.repository.has_remotes() && !self.repository.is_bare() {
            return BookError::NoOriginHead;
        }
        let head = self.repository.head().map(|head| head.commit);
        let named = head.map_err(BookError::from).and_then(|commit| self.policy(commit));
        named.err().unwrap_or(BookError::NoTrunk)
    }

    /// A branch that calls another one the trunk is none: whoever may push a branch could name it.
    fn branch_of_policy(&self, policy: &Policy) -> Option<Branch> {
        let branch = self.repository.local_branch(policy.trunk.as_ref()?)?;
        let agrees = self.policy_or_builtin(Some(branch.tip)).trunk == policy.trunk;
        agrees.then_some(branch)
    }

    /// The commit that `--at` names, and the moment: a revision with its committer's time, or the trunk as it was
    /// at a date or moment.
    pub(super) fn moment(&self, at: &str, request: &Request) -> Result<(CommitId, i64), BookError> {
        // What is shorter or longer and reads as a day may be the name of a commit.
        let is_named = |named: &DayOrMoment| matches!(named, DayOrMoment::Moment(_)) || at.len() == 10;
        let Some(named) = DayOrMoment::parse(at).filter(is_named) else {
            let commit = self.repository.resolve(at)?;
            return Ok((commit, self.repository.commit_time(commit)?.seconds));
        };
        let policy = self.policy_or_builtin(self.repository.head()?.commit);
        let problem = |problem: &str| BookError::Moment { text: at.to_owned(), problem: problem.to_owned() };
        let end = named.end(&ledger::board_zone(&policy)).map_err(problem)?;
        if end > request.now.saturating_add(24 * 3600) {
            return Err(problem("is in the future"));
        }
        let (_, tip) = self.needed_trunk(request, &policy)?;
        let history = self.repository.read(&[tip], &self.path)?;
        let line = history.first_parent_line(history.position(tip).ok_or_else(|| problem("has no history"))?);
        let before =
            line.iter().rev().take_while(|&&commit| history.commits[commit].committer.time.seconds < end);
        before
            .last()
            .map(|&commit| (history.commits[commit].id, (end - 1).min(request.now)))
            .ok_or_else(|| problem("is before the first commit"))
    }
}
