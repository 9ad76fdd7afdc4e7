//! What edits in the work tree change of a reading of the same commits: little.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::Loaded;
use super::shown::{Pair, attach_diagnostics, ids};
use crate::diagnostic::Diagnostic;
use crate::ledger::{self, RecordState, Shown, WorkTree};
use crate::template::RecordTemplates;

/// What derivation found wrong, without what the texts and the policy say.
#[derive(Clone, Default)]
pub(super) struct Diagnosed {
    /// With no single record.
    pub(super) of_book: Vec<Diagnostic>,
    /// With records, by path.
    of_records: HashMap<String, Vec<Diagnostic>>,
}

impl Diagnosed {
    pub(super) fn taken_from(derived: ledger::Derived) -> (Vec<RecordState>, Self) {
        let wrong = derived.records.iter().filter(|state| !state.diagnostics.is_empty());
        let of_records = wrong.map(|state| (state.record.path.clone(), state.diagnostics.clone())).collect();
        (derived.records, Diagnosed { of_book: derived.diagnostics, of_records })
    }

    fn of(&self, path: &str) -> &[Diagnostic] {
        self.of_records.get(path).map_or(&[], Vec::as_slice)
    }
}

impl Loaded {
    /// Whether these are files of the same commit, judged beside the same templates, and the work tree has each of them,
    /// edited or not, and no other.
    pub(super) fn differs_by_edits(&self, now: &[Pair], templates: &RecordTemplates) -> bool {
        let is_there = |work_tree| matches!(work_tree, WorkTree::Clean | WorkTree::Modified);
        let is_same = |(before, now): (&Shown, &Pair)| {
            Arc::ptr_eq(&before.record, &now.shown.record)
                && is_there(before.work_tree)
                && is_there(now.shown.work_tree)
        };
        self.templates == *templates
            && self.shown.len() == now.len()
            && self.shown.iter().zip(now).all(is_same)
    }

    /// The records after edits in the work tree alone, which change nothing but how they stand beside it and what is
    /// wrong with them.
    pub(super) fn edited(
        &self,
        pairs: &[Pair],
        templates: &RecordTemplates,
    ) -> (Vec<RecordState>, Diagnosed) {
        let by_path: HashMap<&str, &Pair> =
            pairs.iter().map(|pair| (pair.shown.record.path.as_str(), pair)).collect();
        let ids = ids(pairs);
        let edited = |state: &RecordState| {
            let mut state = state.clone();
            let Some(pair) = by_path.get(state.record.path.as_str()) else { return state };
            if (state.work_tree, pair.shown.work_tree) != (WorkTree::Clean, WorkTree::Clean) {
                state.work_tree = pair.shown.work_tree;
                state.diagnostics = self.derived.of(&state.record.path).to_vec();
                let (states, pairs) = (std::slice::from_mut(&mut state), std::slice::from_ref(*pair));
                attach_diagnostics(states, pairs, &self.policy, templates, &ids);
            }
            state
        };
        (self.state.records.par_iter().map(edited).collect(), self.derived.clone())
    }
}
