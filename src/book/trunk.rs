//! Which branch counts, and which commit a moment means.

use super::load::Ask;
use super::{Book, BookError};
use crate::history::CommitId;
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
        let Some(end) = moment_end(at) else {
            let commit = self.repository.resolve(at)?;
            return Ok((commit, self.repository.commit_time(commit)?.seconds));
        };
        let problem = |problem: &str| BookError::Moment { text: at.to_owned(), problem: problem.to_owned() };
        if end > ask.now.saturating_add(24 * 3600) {
            return Err(problem("lies in the future"));
        }
        let head = self.repository.head()?.commit;
        let policy = self.policy(head)?;
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

/// The end of the day or the moment that a text names, as seconds since the epoch, exclusive.
fn moment_end(text: &str) -> Option<i64> {
    if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
        return Some(timestamp.as_second().saturating_add(1));
    }
    let date: jiff::civil::Date = (text.len() == 10).then(|| text.parse().ok()).flatten()?;
    let next = date.tomorrow().ok()?;
    Some(next.to_zoned_datetime(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_with_its_last_second() {
        assert_eq!(moment_end("1970-01-01"), Some(86_400));
        assert_eq!(moment_end("1970-01-01T02:00:00+02:00"), Some(1));
        assert_eq!(moment_end("main"), None);
    }
}
