//! Who changed the policy: the law of items (design, section 3), held to the one file that all others are judged by.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::history::History;

/// Whose the policy of a commit is.
#[derive(Clone, Default)]
struct Line {
    owners: Arc<BTreeSet<usize>>,
    /// Owners of what some commit of the history has replaced.
    superseded: Arc<BTreeSet<usize>>,
}

/// Commits that own the policy that they have, parents before children: those with another than each of their
/// parents, and merges that bring back one that was replaced on another side.
pub(super) fn changes(history: &History) -> Vec<usize> {
    let mut lines: Vec<Line> = Vec::with_capacity(history.commits.len());
    let mut changes = Vec::new();
    for commit in 0..history.commits.len() {
        let line = line(history, &lines, commit);
        if line.owners.contains(&commit) {
            changes.push(commit);
        }
        lines.push(line);
    }
    changes
}

fn line(history: &History, lines: &[Line], commit: usize) -> Line {
    let policy = |commit: usize| history.commits[commit].policy;
    let parents = &history.commits[commit].parents;
    let Some((&first, others)) = parents.split_first() else {
        let owners = policy(commit).map(|_| commit).into_iter().collect();
        return Line { owners: Arc::new(owners), ..Line::default() };
    };
    let first_line = &lines[first];
    let is_first = |parent: &usize| {
        let line = &lines[*parent];
        Arc::ptr_eq(&line.owners, &first_line.owners) && Arc::ptr_eq(&line.superseded, &first_line.superseded)
    };
    if policy(commit) == policy(first) && others.iter().all(is_first) {
        return first_line.clone();
    }
    let mut superseded: BTreeSet<usize> =
        parents.iter().flat_map(|&parent| lines[parent].superseded.iter().copied()).collect();
    let holders = parents.iter().filter(|&&parent| policy(parent) == policy(commit));
    let mut owners: BTreeSet<usize> =
        holders.flat_map(|&parent| lines[parent].owners.iter().copied()).collect();
    owners.retain(|owner| !superseded.contains(owner));
    let never = policy(commit).is_none() && parents.iter().all(|&parent| policy(parent).is_none());
    if owners.is_empty() && !never {
        owners.insert(commit);
    }
    let all = parents.iter().flat_map(|&parent| lines[parent].owners.iter().copied());
    superseded.extend(all.filter(|owner| !owners.contains(owner)));
    Line { owners: Arc::new(owners), superseded: Arc::new(superseded) }
}
