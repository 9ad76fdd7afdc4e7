//! Texts that are not saved yet, judged as if they stood in the work tree.

use std::collections::{BTreeMap, BTreeSet};

use super::shown::is_reviewed;
use super::{Book, BookError, Loaded, files};
use crate::diagnostic::{Diagnostic, Severity};
use crate::intake::pull_request::missing;
use crate::ledger;
use crate::record::Record;

impl Book {
    /// The records of the work tree, by path.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn records_on_disk(&self) -> Result<BTreeMap<String, Record>, BookError> {
        use rayon::prelude::*;
        let Some(root) = &self.root else { return Ok(BTreeMap::new()) };
        let files = files::work_tree(root)?;
        Ok(files.par_iter().map(|(path, file)| (path.clone(), file.parse())).collect())
    }
}

impl Loaded {
    /// What is wrong with a record as it reads now, with `records` beside it.
    pub fn check_record(&self, record: &Record, records: &BTreeMap<String, Record>) -> Vec<Diagnostic> {
        let ids: BTreeSet<&str> =
            records.values().filter_map(|record| record.id.as_ref()).map(|id| id.as_str()).collect();
        let state = self.state.records.iter().find(|state| state.record.path == record.path);
        let is_guidance = |text: &str| self.templates.is_guidance(text);
        let mut found = record.diagnostics.clone();
        let by = ledger::CheckBy {
            policy: self.policy(),
            known: &self.policy().known_items(),
            ids: &ids,
            evidence: state.map_or(&[], |state| &state.found),
            unproven: state.and_then(|state| state.unproven.as_deref()),
            is_guidance: &is_guidance,
        };
        let mut more = ledger::check(record, &by);
        if let Some(state) = state.filter(|state| is_reviewed(state.status)) {
            more.extend(missing(record, &state.named_plans(), self.policy(), &is_guidance));
        }
        let closed = state.is_some_and(|state| !state.status.is_open());
        found.extend(more.into_iter().filter(|found| !closed || found.severity == Severity::Error));
        let twins = records.values().filter(|other| {
            let folded = |record: &Record| record.id.as_ref().map(|id| id.folded());
            folded(other) == folded(record) && other.path != record.path
        });
        let same: Vec<&Record> = twins.chain([record]).collect();
        found.extend(ledger::duplicates(same).into_iter().filter(|found| found.path == record.path));
        // What history says of it holds as long as the text is the one that was judged.
        if let Some(state) = state.filter(|state| state.record.source == record.source) {
            found.extend(state.diagnostics.iter().cloned());
        }
        found.sort_by_key(|found| (found.span.start, found.code));
        found.dedup();
        found
    }
}
