//! Which branch counts, and which commit a moment means.

use super::day_or_moment::DayOrMoment;
use super::load::Ask;
use super::{Book, BookError};
use crate::history::CommitId;
use crate::ledger;
use crate::policy::Policy;

impl Book {
    /// The trunk's name and tip: `--trunk`, else `origin/HEAD`, else the branch that the policy names
    /// (`origin/NAME` before `NAME`).
    ///
    /// # Errors
    /// When `--trunk` names no commit.
    pub(crate) fn trunk(&self, ask: &Ask, policy: &Policy) -> Result<Option<(String, CommitId)>, BookError> {
        if let Some(name) = &ask.trunk {
            let id = self.repository.branch(name).map_or_else(|| self.repository.resolve(name), Ok)?;
            return Ok(Some((name.clone(), id)));
        }
        if let Some(name) = self.repository.origin_head()
            && let Some(id) = self.repository.branch(&name)
        {
            return Ok(Some((name, id)));
        }
        let named = policy.trunk.iter().flat_map(|name| [format!("origin/{name}"), name.clone()]);
        for name in named {
            let Some(id) = self.repository.branch(&name) else { continue };
            // A branch that calls another one the trunk is none: whoever may push a branch could name it.
            let agrees = self.policy(Some(id)).is_ok_and(|own| own.trunk == policy.trunk);
            if agrees {
                return Ok(Some((name, id)));
            }
        }
        Ok(None)
    }

    /// The commit that `--at` names, and the moment: a revision with its committer's time, or the trunk as it was
    /// at a date or moment.
    pub(super) fn moment(&self, at: &str, ask: &Ask) -> Result<(CommitId, i64), BookError> {
        // What is shorter or longer and reads as a day may be the name of a commit.
        let is_named = |named: &DayOrMoment| matches!(named, DayOrMoment::Moment(_)) || at.len() == 10;
        let Some(named) = DayOrMoment::parse(at).filter(is_named) else {
            let commit = self.repository.resolve(at)?;
            return Ok((commit, self.repository.commit_time(commit)?.seconds));
        };
        let policy = self.policy(self.repository.head()?.commit)?;
        let problem = |problem: &str| BookError::Moment { text: at.to_owned(), problem: problem.to_owned() };
        let end = named.end(&ledger::board_zone(&policy)).map_err(problem)?;
        if end > ask.now.saturating_add(24 * 3600) {
            return Err(problem("lies in the future"));
        }
        let (_, tip) = self.trunk(ask, &policy)?.ok_or(BookError::NoTrunk)?;
        let history = self.repository.read(&[tip], &self.path)?;
        let line = history.first_parent_line(history.position(tip).ok_or_else(|| problem("has no history"))?);
        let before =
            line.iter().rev().take_while(|&&commit| history.commits[commit].committer.time.seconds < end);
        before
            .last()
            .map(|&commit| (history.commits[commit].id, (end - 1).min(ask.now)))
            .ok_or_else(|| problem("lies before the first commit"))
    }
}
