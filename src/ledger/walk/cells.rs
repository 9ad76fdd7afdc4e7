//! The cells of a version of a record, in short runs that versions share where nothing changed.

use std::sync::Arc;

use crate::ledger::ix::{KeyIx, ValueIx};
use crate::ledger::law::{ABSENT, Cell};

/// Cells of a run when it is made.
const RUN: usize = 4;

/// Cells by key.
#[derive(Debug, Clone, Default)]
pub(in crate::ledger) struct Cells {
    /// None is empty; the keys ascend within a run and from run to run.
    runs: Vec<Arc<[(KeyIx, Cell)]>>,
}

impl Cells {
    pub(in crate::ledger) fn get(&self, key: KeyIx) -> Option<&Cell> {
        let run = self.runs.partition_point(|run| run.last().is_some_and(|(last, _)| *last < key));
        let run = self.runs.get(run)?;
        run.binary_search_by_key(&key, |(key, _)| *key).ok().map(|found| &run[found].1)
    }

    /// In the order of the keys.
    pub(in crate::ledger) fn iter(&self) -> impl Iterator<Item = &(KeyIx, Cell)> {
        self.runs.iter().flat_map(|run| run.iter())
    }

    /// From cells in the order of their keys.
    pub(super) fn from_sorted(cells: &[(KeyIx, Cell)]) -> Self {
        Cells { runs: cells.chunks(RUN).map(Arc::from).collect() }
    }

    /// The cells after a commit that finds `states`, by key: those whose state is another are made by `made` from the
    /// new state and what was there. A state that is not given is an absent one.
    pub(super) fn after(
        &self,
        mut states: &[(KeyIx, ValueIx)],
        mut made: impl FnMut(KeyIx, ValueIx, Option<&Cell>) -> Cell,
    ) -> Self {
        let mut runs = Vec::with_capacity(self.runs.len().max(1));
        for (number, run) in self.runs.iter().enumerate() {
            let last = run.last().map_or(KeyIx::default(), |(last, _)| *last);
            let is_last = number + 1 == self.runs.len();
            let until = match is_last {
                true => states.len(),
                false => states.partition_point(|(key, _)| *key <= last),
            };
            let (of_run, rest) = states.split_at(until);
            states = rest;
            match agree(run, of_run) {
                true => runs.push(Arc::clone(run)),
                false => runs.extend(merged(run, of_run, &mut made).chunks(RUN).map(Arc::from)),
            }
        }
        runs.extend(merged(&[], states, &mut made).chunks(RUN).map(Arc::from));
        Cells { runs }
    }
}

/// Whether every cell is in its state, and no state has no cell.
fn agree(run: &[(KeyIx, Cell)], states: &[(KeyIx, ValueIx)]) -> bool {
    let mut states = states.iter().peekable();
    let cells = run.iter().all(|(key, cell)| {
        let state = states.next_if(|(of, _)| of == key).map_or(ABSENT, |(_, value)| *value);
        state == cell.value
    });
    cells && states.next().is_none()
}

fn merged(
    run: &[(KeyIx, Cell)],
    states: &[(KeyIx, ValueIx)],
    made: &mut impl FnMut(KeyIx, ValueIx, Option<&Cell>) -> Cell,
) -> Vec<(KeyIx, Cell)> {
    let mut cells = Vec::with_capacity(run.len().max(states.len()));
    let mut states = states.iter().copied().peekable();
    let mut olds = run.iter().peekable();
    loop {
        let key = match (states.peek(), olds.peek()) {
            (Some((new, _)), Some((old, _))) => *new.min(old),
            (Some((key, _)), None) | (None, Some((key, _))) => *key,
            (None, None) => return cells,
        };
        let value = states.next_if(|(new, _)| *new == key).map_or(ABSENT, |(_, value)| value);
        let old = olds.next_if(|(old, _)| *old == key).map(|(_, cell)| cell);
        cells.push(match old {
            Some(cell) if cell.value == value => (key, cell.clone()),
            _ => (key, made(key, value, old)),
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ledger::ix::Ix;

    /// Each step is the states that a commit finds, by key; the longer way says what must come out.
    fn check(steps: &[Vec<(KeyIx, ValueIx)>]) {
        let mut cells = Cells::default();
        let mut plain: Vec<(KeyIx, Cell)> = Vec::new();
        for (commit, states) in steps.iter().enumerate() {
            let commit = u32::try_from(commit).unwrap();
            cells = cells.after(states, |_, value, _| Cell::made(commit, value));
            plain = merged(&plain, states, &mut |_, value, _| Cell::made(commit, value));
            assert_eq!(cells.iter().cloned().collect::<Vec<_>>(), plain);
            for key in (0..60).map(KeyIx::new) {
                let found = plain.iter().find(|(of, _)| *of == key).map(|(_, cell)| cell);
                assert_eq!(cells.get(key), found, "{key:?}");
            }
            assert!(cells.runs.iter().all(|run| !run.is_empty()));
        }
    }

    fn states() -> impl Strategy<Value = Vec<(KeyIx, ValueIx)>> {
        prop::collection::btree_map(0..60_usize, 1..4_usize, 0..40).prop_map(|map| {
            map.into_iter().map(|(key, value)| (KeyIx::new(key), ValueIx::new(value))).collect()
        })
    }

    proptest! {
        #[test]
        fn runs_hold_what_a_plain_list_holds(steps in prop::collection::vec(states(), 1..8)) {
            check(&steps);
        }
    }

    #[test]
    fn what_did_not_change_is_shared() {
        let states: Vec<(KeyIx, ValueIx)> = (0..40).map(|key| (KeyIx::new(key), ValueIx::new(1))).collect();
        let before = Cells::default().after(&states, |_, value, _| Cell::made(0, value));
        let mut ticked = states.clone();
        ticked[20].1 = ValueIx::new(2);
        let after = before.after(&ticked, |_, value, _| Cell::made(1, value));
        let shared = before.runs.iter().zip(&after.runs).filter(|(a, b)| Arc::ptr_eq(a, b)).count();
        assert_eq!((shared, after.runs.len()), (40 / RUN - 1, 40 / RUN), "all but the run of the tick");
    }
}
