//! The cells of a version of a record, in short runs that versions share where nothing changed.

use std::sync::Arc;

use crate::ledger::law::{ABSENT, Cell};

/// Cells of a run when it is made.
const RUN: usize = 4;

/// Cells by key.
#[derive(Debug, Clone, Default)]
pub(in crate::ledger) struct Cells {
    /// None is empty; the keys ascend within a run and from run to run.
    runs: Vec<Arc<[(u32, Cell)]>>,
}

impl Cells {
    pub(in crate::ledger) fn get(&self, key: u32) -> Option<&Cell> {
        let run = self.runs.partition_point(|run| run.last().is_some_and(|(last, _)| *last < key));
        let run = self.runs.get(run)?;
        run.binary_search_by_key(&key, |(key, _)| *key).ok().map(|found| &run[found].1)
    }

    /// In the order of the keys.
    pub(in crate::ledger) fn iter(&self) -> impl Iterator<Item = &(u32, Cell)> {
        self.runs.iter().flat_map(|run| run.iter())
    }

    /// From cells in the order of their keys.
    pub(super) fn from_sorted(cells: &[(u32, Cell)]) -> Self {
        Cells { runs: cells.chunks(RUN).map(Arc::from).collect() }
    }

    /// The cells after a commit that finds `states`, by key: those whose state is another are made by `made` from the
    /// new state and what was there. A state that is not given is an absent one.
    pub(super) fn after(
        &self,
        mut states: &[(u32, u32)],
        mut made: impl FnMut(u32, u32, Option<&Cell>) -> Cell,
    ) -> Self {
        let mut runs = Vec::with_capacity(self.runs.len().max(1));
        for (number, run) in self.runs.iter().enumerate() {
            let last = run.last().map_or(0, |(last, _)| *last);
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
fn agree(run: &[(u32, Cell)], states: &[(u32, u32)]) -> bool {
    let mut states = states.iter().peekable();
    let cells = run.iter().all(|(key, cell)| {
        let state = states.next_if(|(of, _)| of == key).map_or(ABSENT, |(_, value)| *value);
        state == cell.value
    });
    cells && states.next().is_none()
}

fn merged(
    run: &[(u32, Cell)],
    states: &[(u32, u32)],
    made: &mut impl FnMut(u32, u32, Option<&Cell>) -> Cell,
) -> Vec<(u32, Cell)> {
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
    use crate::ledger::law::after_commit;

    /// Each step is the states that a commit finds, by key; the longer way says what must come out.
    fn check(steps: &[Vec<(u32, u32)>]) {
        let mut cells = Cells::default();
        let mut plain: Vec<(u32, Cell)> = Vec::new();
        for (commit, states) in steps.iter().enumerate() {
            let commit = u32::try_from(commit).unwrap();
            cells = cells.after(states, |_, value, old| after_commit(commit, value, &[old]));
            plain = merged(&plain, states, &mut |_, value, old| after_commit(commit, value, &[old]));
            assert_eq!(cells.iter().cloned().collect::<Vec<_>>(), plain);
            for key in 0..60 {
                let found = plain.iter().find(|(of, _)| *of == key).map(|(_, cell)| cell);
                assert_eq!(cells.get(key), found, "key {key}");
            }
            assert!(cells.runs.iter().all(|run| !run.is_empty()));
        }
    }

    fn states() -> impl Strategy<Value = Vec<(u32, u32)>> {
        prop::collection::btree_map(0..60_u32, 1..4_u32, 0..40).prop_map(|map| map.into_iter().collect())
    }

    proptest! {
        #[test]
        fn runs_hold_what_a_plain_list_holds(steps in prop::collection::vec(states(), 1..8)) {
            check(&steps);
        }
    }

    #[test]
    fn what_did_not_change_is_shared() {
        let states: Vec<(u32, u32)> = (0..40).map(|key| (key, 1)).collect();
        let before = Cells::default().after(&states, |_, value, old| after_commit(0, value, &[old]));
        let mut ticked = states.clone();
        ticked[20].1 = 2;
        let after = before.after(&ticked, |_, value, old| after_commit(1, value, &[old]));
        let shared = before.runs.iter().zip(&after.runs).filter(|(a, b)| Arc::ptr_eq(a, b)).count();
        assert_eq!((shared, after.runs.len()), (40 / RUN - 1, 40 / RUN), "all but the run of the tick");
    }
}
