//! Which task a commit belongs to, when its branch or its paths leave no doubt.

use std::collections::BTreeSet;

use crate::history::{named_in_lines, squashed_subjects, subject_words};
use crate::record::RecordId;

/// What is known of a commit that is about to be made.
pub struct Commit<'a> {
    /// The branch it is made on.
    pub branch: Option<&'a str>,
    /// Its message, comments included.
    pub message: &'a str,
    /// Whether it changes anything beside records: only such a commit is work on a task.
    pub touches_code: bool,
    /// All tasks.
    pub tasks: &'a BTreeSet<RecordId>,
    /// The tasks whose records it changes.
    pub changed: &'a BTreeSet<RecordId>,
}

/// The task that a `Change:` trailer should name; `None` when the message names one, or when it is not sure.
pub fn task_of(commit: &Commit<'_>) -> Option<RecordId> {
    let is_known = |word: &str| commit.tasks.iter().find(|id| id.as_str().eq_ignore_ascii_case(word));
    let subject = commit.message.lines().next().unwrap_or_default();
    // The rule by which history is read: a line that names nothing, such as prose behind `Change:`, does not count.
    let subjects = std::iter::once(subject).chain(squashed_subjects(commit.message));
    let names_one = subjects.flat_map(subject_words).any(|word| is_known(word).is_some());
    let mut lines = named_in_lines(commit.message, "change");
    // Another book's task is one all the same.
    let has_trailer = lines.any(|line| line.contains('/') || is_known(line).is_some());
    // Such a commit takes its message from the one that it is folded into.
    let is_folded = ["fixup!", "squash!", "amend!"].iter().any(|prefix| subject.starts_with(prefix));
    if !commit.touches_code || names_one || has_trailer || is_folded || subject.trim().is_empty() {
        return None;
    }
    let in_branch: BTreeSet<&RecordId> = tasks_in(commit.branch.unwrap_or_default(), commit.tasks);
    let changed: BTreeSet<&RecordId> = commit.changed.iter().collect();
    let mut candidates = match in_branch.is_empty() {
        true => changed.iter(),
        false => in_branch.iter(),
    };
    let only = candidates.next().filter(|_| candidates.next().is_none())?;
    // A branch that names one task and a commit that writes another's record do not agree.
    (changed.is_empty() || changed.contains(*only)).then(|| (*only).clone())
}

/// Tasks whose ID stands in a branch's name, between other signs than letters and digits.
fn tasks_in<'t>(branch: &str, tasks: &'t BTreeSet<RecordId>) -> BTreeSet<&'t RecordId> {
    let branch = branch.to_ascii_lowercase();
    let stands = |id: &&RecordId| {
        let id = id.as_str().to_ascii_lowercase();
        branch.match_indices(&id).any(|(start, _)| {
            let is_part = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
            !is_part(branch[..start].chars().next_back())
                && !is_part(branch[start + id.len()..].chars().next())
        })
    };
    let found: BTreeSet<&RecordId> = tasks.iter().filter(stands).collect();
    // `INFRA-1` stands in `INFRA-1-2` too, when both are there.
    let longer = |id: &&RecordId| {
        !found.iter().any(|other| {
            other != id && other.as_str().to_ascii_lowercase().starts_with(&id.as_str().to_ascii_lowercase())
        })
    };
    found.iter().copied().filter(longer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(branch: &str, message: &str, changed: &[&str], expected: Option<&str>) {
        let ids =
            |names: &[&str]| names.iter().map(|name| RecordId::parse(name).unwrap()).collect::<BTreeSet<_>>();
        let (tasks, changed) = (ids(&["INFRA-1", "INFRA-12", "INFRA-2", "INFRA-2-b"]), ids(changed));
        let commit =
            Commit { branch: Some(branch), message, touches_code: true, tasks: &tasks, changed: &changed };
        assert_eq!(task_of(&commit).map(|id| id.to_string()).as_deref(), expected, "{branch} {message}");
        assert_eq!(task_of(&Commit { touches_code: false, ..commit }), None);
    }

    #[test]
    fn only_when_it_is_sure() {
        check("infra-1-redis", "add redis", &[], Some("INFRA-1"));
        check("feature/INFRA-12_redis", "add redis", &[], Some("INFRA-12"));
        check("infra-123", "add redis", &[], None);
        check("infra-1-and-infra-2", "add redis", &[], None);
        check("infra-2-b", "add redis", &[], Some("INFRA-2-b"));
        check("main", "add redis", &["INFRA-2"], Some("INFRA-2"));
        check("main", "add redis", &["INFRA-2", "INFRA-1"], None);
        check("infra-1", "add redis", &["INFRA-2"], None);
        check("infra-1", "add redis", &["INFRA-1", "INFRA-2"], Some("INFRA-1"));
        check("infra-1", "INFRA-2: add redis", &[], None);
        check("infra-1", "add redis\n\nChange: INFRA-2\n", &[], None);
        check("infra-1", "add redis\n\n  - change: INFRA-2\n\nmore\n", &[], None);
        check("infra-1", "add redis (#7)\n\n* INFRA-2: code\n", &[], None);
        check("infra-1", "add redis\n\n* INFRA-2: code\n", &[], Some("INFRA-1"));
        check("infra-1", "add redis\n\nChange: the way it starts\n", &[], Some("INFRA-1"));
        check("infra-1", "add redis\n\nChange: other/NET-2\n", &[], None);
        check("infra-1", "fixup! add redis", &[], None);
        check("main", "add redis", &[], None);
    }
}
