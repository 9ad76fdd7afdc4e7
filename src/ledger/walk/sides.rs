//! Commits that the other parents of a merge have in their history and the first has not.

use std::collections::BinaryHeap;

use crate::history::Commit;

/// Reached from the first parent.
const FIRST: u8 = 1;
/// Reached from another parent.
const OTHER: u8 = 2;

/// Goes back from a merge, later commits first: parents stand before their children, so that whatever reaches a commit
/// has been seen when its turn comes.
pub(super) struct Sides {
    merge: u32,
    /// The merge that each commit was last reached from, and how.
    reached: Vec<(u32, u8)>,
    open: BinaryHeap<usize>,
    /// How many of those are reached from other parents alone.
    beside: usize,
}

impl Sides {
    pub(super) fn new(n_commits: usize) -> Self {
        Sides { merge: 0, reached: vec![(0, 0); n_commits], open: BinaryHeap::new(), beside: 0 }
    }

    /// Begins at a merge, which is never the first commit of a history.
    pub(super) fn begin(&mut self, merge: u32, parents: &[usize]) {
        (self.merge, self.beside) = (merge, 0);
        self.open.clear();
        for (number, &parent) in parents.iter().enumerate() {
            self.reach(parent, if number == 0 { FIRST } else { OTHER });
        }
    }

    /// The next one.
    pub(super) fn next_beside(&mut self, commits: &[Commit]) -> Option<usize> {
        while self.beside > 0 {
            let commit = self.open.pop()?;
            let (_, how) = self.reached[commit];
            for &parent in &commits[commit].parents {
                self.reach(parent, how);
            }
            if how == OTHER {
                self.beside -= 1;
                return Some(commit);
            }
        }
        None
    }

    fn reach(&mut self, commit: usize, how: u8) {
        let (merge, before) = self.reached[commit];
        let before = if merge == self.merge { before } else { 0 };
        let after = before | how;
        self.reached[commit] = (self.merge, after);
        if before == 0 {
            self.open.push(commit);
        }
        match (before == OTHER, after == OTHER) {
            (false, true) => self.beside += 1,
            (true, false) => self.beside -= 1,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::history::History;

    proptest! {
        #[test]
        fn they_are_the_difference_of_two_histories(
            choices in prop::collection::vec(prop::collection::btree_set(0_usize..40, 0..4), 2..40),
        ) {
            let pick = |(position, choice): (usize, &BTreeSet<usize>)| -> Vec<usize> {
                let picked: BTreeSet<usize> =
                    choice.iter().filter(|_| position > 0).map(|pick| pick % position.max(1)).collect();
                // Not always the oldest first.
                let mut picked: Vec<usize> = picked.into_iter().collect();
                let turn = position % picked.len().max(1);
                picked.rotate_left(turn);
                picked
            };
            let history = History::of_graph(choices.iter().enumerate().map(pick).collect());
            let mut sides = Sides::new(history.commits.len());
            for (position, commit) in history.commits.iter().enumerate() {
                let [first, others @ ..] = &commit.parents[..] else { continue };
                let ours = history.reachable(*first);
                let mut expected = BTreeSet::new();
                for other in others {
                    let theirs = history.reachable(*other);
                    expected.extend((0..position).filter(|&at| theirs[at] && !ours[at]));
                }
                sides.begin(u32::try_from(position).unwrap(), &commit.parents);
                let mut found = BTreeSet::new();
                while let Some(at) = sides.next_beside(&history.commits) {
                    prop_assert!(found.insert(at));
                }
                prop_assert_eq!(found, expected);
            }
        }
    }
}
