//! The law of items (`docs/design.md#the-law-of-items`): which commits own the state of a thing after a commit.
//!
//! It holds alike for items, fields, the scope, the text and the existence of a record. The outcome depends
//! on the graph alone: not on the order of parents, of the walk, on clocks or on a cache.

use std::sync::Arc;

use super::trie::Trie;

/// The state that says "not there"; what was never there has no owners either.
pub(super) const ABSENT: u32 = 0;

/// The state of one thing after a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    /// The state, as an interned value; [`ABSENT`] for "not there".
    pub(super) value: u32,
    /// The commits that own it, ascending.
    pub(super) owners: Owners,
    /// What this history has superseded.
    pub(super) superseded: CommitSet,
}

/// One commit nearly always; so it stands inline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Owners {
    One(u32),
    /// Boxed, so that a cell stays small: there are many cells.
    Many(Arc<Box<[u32]>>),
}

impl Owners {
    pub(super) fn as_slice(&self) -> &[u32] {
        match self {
            Owners::One(commit) => std::slice::from_ref(commit),
            Owners::Many(commits) => commits,
        }
    }

    fn from_sorted(commits: Vec<u32>) -> Self {
        match commits[..] {
            [commit] => Owners::One(commit),
            _ => Owners::Many(Arc::new(commits.into())),
        }
    }
}

/// The cell of a thing after `commit`, given its `result` state and the cells of the parents (`None`:
/// never there). Holds for any number of parents.
pub(super) fn after_commit(commit: u32, result: u32, parents: &[Option<&Cell>]) -> Cell {
    let mut superseded = CommitSet::default();
    for cell in parents.iter().flatten() {
        superseded.absorb(&cell.superseded);
    }
    let mut owners: Vec<u32> = parents
        .iter()
        .flatten()
        .filter(|cell| cell.value == result)
        .flat_map(|cell| cell.owners.as_slice())
        .copied()
        .filter(|owner| !superseded.contains(*owner))
        .collect();
    owners.sort_unstable();
    owners.dedup();
    if owners.is_empty() {
        owners.push(commit);
    }
    for cell in parents.iter().flatten() {
        for &owner in cell.owners.as_slice() {
            if owners.binary_search(&owner).is_err() {
                superseded.insert(owner);
            }
        }
    }
    Cell { value: result, owners: Owners::from_sorted(owners), superseded }
}

/// A persistent set of commits: a short sorted list, and a trie beyond that.
#[derive(Debug, Clone)]
pub(super) enum CommitSet {
    Few(Option<Arc<Box<[u32]>>>),
    Many(Trie<()>),
}

/// Longest list, in commits.
const FEW: usize = 16;

impl Default for CommitSet {
    fn default() -> Self {
        CommitSet::Few(None)
    }
}

impl PartialEq for CommitSet {
    fn eq(&self, other: &Self) -> bool {
        self.to_vec() == other.to_vec()
    }
}

impl Eq for CommitSet {}

impl CommitSet {
    fn few(&self) -> &[u32] {
        match self {
            CommitSet::Few(Some(commits)) => commits,
            _ => &[],
        }
    }

    pub(super) fn contains(&self, commit: u32) -> bool {
        match self {
            CommitSet::Few(_) => self.few().binary_search(&commit).is_ok(),
            CommitSet::Many(trie) => trie.get(commit).is_some(),
        }
    }

    fn insert(&mut self, commit: u32) {
        if self.contains(commit) {
            return;
        }
        match self {
            CommitSet::Many(trie) => trie.insert(commit, ()),
            CommitSet::Few(_) if self.few().len() < FEW => {
                let mut commits = self.few().to_vec();
                commits.push(commit);
                commits.sort_unstable();
                *self = CommitSet::Few(Some(Arc::new(commits.into())));
            }
            CommitSet::Few(_) => {
                let mut trie = Trie::default();
                for &member in self.few() {
                    trie.insert(member, ());
                }
                trie.insert(commit, ());
                *self = CommitSet::Many(trie);
            }
        }
    }

    /// Adds every member of `other`; costs what the two differ in.
    fn absorb(&mut self, other: &Self) {
        match (&mut *self, other) {
            (CommitSet::Few(None), _) => *self = other.clone(),
            (CommitSet::Few(Some(a)), CommitSet::Few(Some(b))) if Arc::ptr_eq(a, b) => {}
            (CommitSet::Many(a), CommitSet::Many(b)) => {
                let mut missing = Vec::new();
                a.differences(b, &|(), ()| true, &mut |key| missing.push(key));
                for commit in missing {
                    a.insert(commit, ());
                }
            }
            (CommitSet::Few(_), CommitSet::Many(_)) => {
                let mine = self.few().to_vec();
                *self = other.clone();
                for commit in mine {
                    self.insert(commit);
                }
            }
            (_, CommitSet::Few(_)) => {
                for &commit in other.few() {
                    self.insert(commit);
                }
            }
        }
    }

    fn to_vec(&self) -> Vec<u32> {
        match self {
            CommitSet::Few(_) => self.few().to_vec(),
            CommitSet::Many(trie) => {
                let mut commits = Vec::new();
                trie.for_each(&mut |key, ()| commits.push(key));
                commits
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNTICKED: u32 = 1;
    const TICKED: u32 = 2;

    fn step(commit: u32, result: u32, parents: &[&Cell]) -> Cell {
        let parents: Vec<Option<&Cell>> = parents.iter().copied().map(Some).collect();
        after_commit(commit, result, &parents)
    }

    fn owners(cell: &Cell) -> &[u32] {
        cell.owners.as_slice()
    }

    // By hand:      0 created unticked
    //              / \
    //   1 ticks   1   2   2 ticks
    //              \ /
    //               3     both own the tick
    #[test]
    fn two_who_tick_on_two_branches_both_own_it() {
        let created = after_commit(0, UNTICKED, &[]);
        let (left, right) = (step(1, TICKED, &[&created]), step(2, TICKED, &[&created]));
        let merge = step(3, TICKED, &[&left, &right]);
        assert_eq!(owners(&merge), [1, 2]);
        assert_eq!(merge, Cell { ..step(3, TICKED, &[&right, &left]) }, "parents swapped");
        assert_eq!(merge.superseded.to_vec(), [0]);
    }

    #[test]
    fn a_merge_that_drops_an_untick_owns_what_it_brings_back() {
        let created = after_commit(0, UNTICKED, &[]);
        let ticked = step(1, TICKED, &[&created]);
        let unticked = step(2, UNTICKED, &[&ticked]);
        let merge = step(3, TICKED, &[&ticked, &unticked]);
        assert_eq!(owners(&merge), [3], "1 was superseded by 2, which the merge has in its history");
        let clean = step(4, UNTICKED, &[&ticked, &unticked]);
        assert_eq!(owners(&clean), [2]);
    }

    #[test]
    fn a_merge_with_a_state_of_its_own_owns_it() {
        let created = after_commit(0, UNTICKED, &[]);
        let (left, right) = (step(1, TICKED, &[&created]), step(2, TICKED, &[&created]));
        assert_eq!(owners(&step(3, UNTICKED, &[&left, &right])), [3]);
        let never: Option<&Cell> = None;
        assert_eq!(
            owners(&after_commit(4, ABSENT, &[Some(&created), never])),
            [4],
            "a merge that drops a record"
        );
        assert_eq!(owners(&after_commit(5, UNTICKED, &[never, Some(&created)])), [0]);
    }

    // Criss-cross: 1 ticks, 2 unticks nothing but merges both ways.
    #[test]
    fn criss_cross() {
        let created = after_commit(0, UNTICKED, &[]);
        let left = step(1, TICKED, &[&created]);
        let right = step(2, UNTICKED, &[&created]);
        assert_eq!(owners(&right), [0], "no change, no new owner");
        let merge_left = step(3, TICKED, &[&left, &right]);
        let merge_right = step(4, UNTICKED, &[&right, &left]);
        assert_eq!(owners(&merge_left), [1]);
        assert_eq!(owners(&merge_right), [4], "0 is superseded by 1, so the merge owns the untick");
        let last = step(5, TICKED, &[&merge_left, &merge_right]);
        assert_eq!(owners(&last), [5], "1 is superseded by 4");
    }

    #[test]
    fn long_histories_leave_the_short_list() {
        let mut cell = after_commit(0, UNTICKED, &[]);
        for commit in 1..100 {
            cell = step(commit, 1 + commit % 2, &[&cell]);
        }
        assert_eq!(owners(&cell), [99]);
        assert_eq!(cell.superseded.to_vec(), (0..99).collect::<Vec<_>>());
        let branch = step(200, 7, &[&cell]);
        let merge = step(201, 7, &[&cell, &branch]);
        assert_eq!(owners(&merge), [200]);
    }
}
