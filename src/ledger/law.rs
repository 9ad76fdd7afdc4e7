//! The law of items (`docs/design.md#the-law-of-items`): which commits own the state of a thing after a commit.
//!
//! It holds alike for items, fields, the scope, the text and the existence of a record. The outcome depends
//! on the graph alone: not on the order of parents, of the walk, on clocks or on a cache.

use std::hash::Hash;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::ix::ValueIx;
use crate::history::History;

/// The state that says "not there"; what was never there has no owners either.
pub(super) const ABSENT: ValueIx = ValueIx::FIRST;

/// The state of one thing after a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    /// The state, as an interned value; [`ABSENT`] for "not there".
    pub(super) value: ValueIx,
    /// The commits that own it, ascending.
    pub(super) owners: Owners,
}

#[cfg(test)]
impl Cell {
    /// A state that a commit made.
    pub(super) fn made(commit: u32, value: ValueIx) -> Self {
        Cell { value, owners: Owners::One(commit) }
    }
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

/// The law, held to things that `T` tells apart.
///
/// Whether a history has superseded an owner is not carried from commit to commit: it is noted once, at the commit that
/// does it, and a history has superseded what some commit in it has.
pub(super) struct Law<'h, T> {
    history: &'h History,
    /// By thing and owner, the commits that superseded that owner.
    superseded: FxHashMap<(T, u32), SmallVec<[u32; 1]>>,
}

impl<'h, T: Copy + Eq + Hash> Law<'h, T> {
    pub(super) fn new(history: &'h History) -> Self {
        Law { history, superseded: FxHashMap::default() }
    }

    /// The cell of a thing after `commit`, given its `result` state there and the cells that the commit's parents have, in
    /// their order (`None`: never there). To be asked of parents before their children.
    pub(super) fn after(
        &mut self,
        commit: u32,
        thing: T,
        result: ValueIx,
        parents: &[Option<&Cell>],
    ) -> Cell {
        let mut owners: Vec<u32> = parents
            .iter()
            .flatten()
            .filter(|cell| cell.value == result)
            .flat_map(|cell| cell.owners.as_slice())
            .copied()
            .filter(|&owner| !self.is_superseded_before(commit, thing, owner))
            .collect();
        owners.sort_unstable();
        owners.dedup();
        if owners.is_empty() {
            owners.push(commit);
        }
        for &owner in parents.iter().flatten().flat_map(|cell| cell.owners.as_slice()) {
            if owners.binary_search(&owner).is_err() {
                self.superseded.entry((thing, owner)).or_default().push(commit);
            }
        }
        Cell { value: result, owners: Owners::from_sorted(owners) }
    }

    /// Whether the history of one of a commit's parents has superseded an owner.
    fn is_superseded_before(&self, commit: u32, thing: T, owner: u32) -> bool {
        let parents = &self.history.commits[commit as usize].parents;
        // Its only parent's own owners are in force there.
        let by = self.superseded.get(&(thing, owner)).filter(|_| parents.len() > 1);
        by.into_iter()
            .flatten()
            .any(|&by| parents.iter().any(|&parent| self.history.is_in_history(by as usize, parent)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::ix::Ix;

    const UNTICKED: usize = 1;
    const TICKED: usize = 2;

    /// The cells of one thing after each commit of a graph, given the parents and the state of each.
    fn cells(graph: &[(&[usize], usize)]) -> Vec<Cell> {
        let history = History::of_graph(graph.iter().map(|(parents, _)| parents.to_vec()).collect());
        let mut law = Law::new(&history);
        let mut cells: Vec<Cell> = Vec::new();
        for (commit, (parents, state)) in (0..).zip(graph) {
            let before: Vec<Option<&Cell>> = parents.iter().map(|&parent| cells.get(parent)).collect();
            let cell = law.after(commit, (), ValueIx::new(*state), &before);
            cells.push(cell);
        }
        cells
    }

    fn owners(graph: &[(&[usize], usize)]) -> Vec<Vec<u32>> {
        cells(graph).iter().map(|cell| cell.owners.as_slice().to_vec()).collect()
    }

    // By hand:      0 created unticked
    //              / \
    //   1 ticks   1   2   2 ticks
    //              \ /
    //               3     both own the tick
    #[test]
    fn two_who_tick_on_two_branches_both_own_it() {
        let graph = |merge: &'static [usize]| {
            owners(&[(&[], UNTICKED), (&[0], TICKED), (&[0], TICKED), (merge, TICKED)])
        };
        assert_eq!(graph(&[1, 2])[3], [1, 2]);
        assert_eq!(graph(&[2, 1])[3], [1, 2], "parents swapped");
    }

    #[test]
    fn a_merge_that_drops_an_untick_owns_what_it_brings_back() {
        let own = owners(&[
            (&[], UNTICKED),
            (&[0], TICKED),
            (&[1], UNTICKED),
            (&[1, 2], TICKED),
            (&[1, 2], UNTICKED),
        ]);
        assert_eq!(own[3], [3], "1 was superseded by 2, which the merge has in its history");
        assert_eq!(own[4], [2]);
    }

    #[test]
    fn a_merge_with_a_state_of_its_own_owns_it() {
        let sides: [(&[usize], usize); 3] = [(&[], UNTICKED), (&[0], TICKED), (&[0], TICKED)];
        let own = owners(&[sides[0], sides[1], sides[2], (&[1, 2], UNTICKED)]);
        assert_eq!(own[3], [3]);
    }

    #[test]
    fn what_one_side_never_had() {
        let history = History::of_graph(vec![vec![], vec![], vec![0, 1], vec![1, 0]]);
        let mut law = Law::new(&history);
        let created = law.after(0, (), ValueIx::new(UNTICKED), &[]);
        let dropped = law.after(2, (), ABSENT, &[Some(&created), None]);
        assert_eq!(dropped.owners.as_slice(), [2], "a merge that drops a record");
        let kept = law.after(3, (), ValueIx::new(UNTICKED), &[None, Some(&created)]);
        assert_eq!(kept.owners.as_slice(), [0]);
    }

    // Criss-cross: 1 ticks, 2 unticks nothing but merges both ways.
    #[test]
    fn criss_cross() {
        let own = owners(&[
            (&[], UNTICKED),
            (&[0], TICKED),
            (&[0], UNTICKED),
            (&[1, 2], TICKED),
            (&[2, 1], UNTICKED),
            (&[3, 4], TICKED),
        ]);
        assert_eq!(own[2], [0], "no change, no new owner");
        assert_eq!(own[3], [1]);
        assert_eq!(own[4], [4], "0 is superseded by 1, so the merge owns the untick");
        assert_eq!(own[5], [5], "1 is superseded by 4");
    }

    #[test]
    fn long_histories() {
        let steps: Vec<Vec<usize>> =
            (0..100_usize).map(|commit| commit.checked_sub(1).into_iter().collect()).collect();
        let mut graph: Vec<(&[usize], usize)> =
            (0..).zip(&steps).map(|(commit, parents)| (parents.as_slice(), 1 + commit % 2)).collect();
        graph.push((&[99], 7));
        graph.push((&[99, 100], 7));
        let own = owners(&graph);
        assert_eq!(own[99], [99]);
        assert_eq!(own[101], [100]);
    }
}
