//! What a listing leaves for the next one.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::errors;
use crate::book::{Inputs, Loaded, natural};
use crate::history::CommitId;
use crate::ledger::{self, Decided, Links, Listed, RecordState, Status, WorkTree};
use crate::record::RecordId;

/// What lines were read from.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Basis {
    /// The commit that was read; zeros before the first.
    tip: [u8; 20],
    pub(super) trunk: Option<[u8; 20]>,
    /// First and last second since the epoch at which they hold.
    pub(super) from: i64,
    pub(super) until: i64,
}

/// All lines.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) basis: Basis,
    /// By type and natural order of their names.
    pub(super) lines: Vec<Line>,
    pub(super) decided: Vec<Decided>,
}

/// A record's line, and what others look at.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) listed: Listed,
    /// IDs of its frontmatter, with the kind of link.
    refers_to: Vec<(String, String)>,
    /// How many errors its file shows.
    pub(super) errors: usize,
}

impl Basis {
    /// Reads what stands first in a listing, without the rest.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        postcard::take_from_bytes(bytes).ok().map(|(basis, _)| basis)
    }

    fn new(tip: Option<CommitId>, trunk: Option<CommitId>, holds: &RangeInclusive<i64>) -> Self {
        let (from, until) = (*holds.start(), *holds.end());
        let tip = tip.map_or([0; 20], |tip| tip.0);
        Basis { tip, trunk: trunk.map(|trunk| trunk.0), from, until }
    }

    pub(super) fn tip(&self) -> CommitId {
        CommitId(self.tip)
    }

    /// Whether it may tell something of what is asked: of the same trunk, or of one that moved on with what is read.
    pub(super) fn may_lead_to(&self, inputs: &Inputs) -> bool {
        let (tip, trunk) = (inputs.tip.map(|tip| tip.0), inputs.trunk.as_ref().map(|(_, tip)| tip.0));
        let moved_along = self.trunk == Some(self.tip) && trunk == tip;
        tip.is_some() && (self.trunk == trunk || moved_along)
    }
}

impl Line {
    pub(super) fn of(state: &RecordState) -> Self {
        let errors = errors(state.diagnostics.iter());
        Line { listed: Listed::of(state), refers_to: Links::of(&state.record).stated(), errors }
    }

    fn links(&self) -> Links<'_> {
        Links::listed(&self.listed, &self.refers_to)
    }

    /// Whether another moment (seconds since the epoch) or another work tree may make another line of it.
    pub(super) fn is_passing(&self, now: i64) -> bool {
        let (listed, due) = (&self.listed, self.listed.review_due);
        listed.work_tree != WorkTree::Clean
            || due.is_some_and(|due| (due < now) != (listed.status == Status::ReviewDue))
    }
}

impl Kept {
    /// What a whole reading tells; of which trunk, its reader says.
    pub(super) fn of(loaded: &Loaded) -> Self {
        Kept {
            basis: Basis::new(loaded.commit(), None, &loaded.holds()),
            lines: loaded.state.records.iter().map(Line::of).collect(),
            decided: loaded.prepared.walk.decided(),
        }
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }

    pub(super) fn write(&self) -> Option<Vec<u8>> {
        postcard::to_allocvec(self).ok()
    }

    /// The names of all records.
    pub(super) fn names(&self) -> BTreeSet<&str> {
        self.lines.iter().map(|line| line.listed.name.as_str()).collect()
    }

    /// What each record says to which others look, by name.
    pub(super) fn links(&self) -> BTreeMap<&str, Links<'_>> {
        self.lines.iter().map(|line| (line.listed.name.as_str(), line.links())).collect()
    }

    /// How many errors the files show.
    pub(super) fn errors(&self) -> usize {
        self.lines.iter().map(|line| line.errors).sum()
    }

    /// Whether each record is in its commit and in the work tree, edited or not, under an ID of its own, and none depends
    /// on itself by way of others.
    pub(super) fn is_plain(&self) -> bool {
        let is_there = |line: &Line| matches!(line.listed.work_tree, WorkTree::Clean | WorkTree::Modified);
        let has_id = |line: &Line| RecordId::parse(&line.listed.name).is_ok();
        let folded: BTreeSet<String> = self.names().iter().map(|name| name.to_ascii_lowercase()).collect();
        self.lines.iter().all(|line| is_there(line) && has_id(line))
            && folded.len() == self.lines.len()
            && !ledger::depend_in_circles(&self.links())
    }

    /// What is there after commits, with the lines that were derived again in the places of the old ones.
    pub(super) fn after(
        self,
        mut again: BTreeMap<String, Line>,
        decided: Vec<Decided>,
        inputs: &Inputs,
    ) -> Self {
        let old = self.lines.into_iter();
        let mut lines: Vec<Line> = old.map(|line| again.remove(&line.listed.name).unwrap_or(line)).collect();
        if !again.is_empty() {
            lines.extend(again.into_values());
            lines.sort_by_cached_key(|line| (line.listed.record_type, natural(&line.listed.name)));
        }
        let holds = ledger::holds(lines.iter().filter_map(|line| line.listed.review_due), inputs.now);
        let trunk = inputs.trunk.as_ref().map(|(_, tip)| *tip);
        let basis = Basis::new(inputs.tip, trunk, &holds);
        Kept { basis, lines, decided: joined(self.decided, decided) }
    }
}

fn joined(some: Vec<Decided>, more: Vec<Decided>) -> Vec<Decided> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (decision, tasks) in some.into_iter().chain(more) {
        all.entry(decision).or_default().extend(tasks);
    }
    all.into_iter().map(|(decision, tasks)| (decision, tasks.into_iter().collect())).collect()
}
