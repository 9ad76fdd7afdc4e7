//! Changes that meet in one resource: two open tasks that are about to change it, or a plan that another task's deployment
//! has overtaken (`docs/design.md#evidence`). Services that people type make no difference.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::context::Context;
use super::environment::environments;
use super::evidence::{evidence, readable};
use super::finished::is_finished;
use super::ix::RecordIx;
use super::state::CommitRef;
use super::walk::Key;
use crate::record::{EvidenceKey, RecordId, RecordType, same_name};

/// Names that a sentence gives.
pub(super) const MAX_NAMED: usize = 3;

/// Another open task that is about to change the same, or what this one's change reaches, or whose change reaches this one's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlap {
    /// The other task.
    pub with: RecordId,
    /// The environment, and the stack in it.
    pub key: EvidenceKey,
    /// Whether both change them; else one changes what refers to what the other changes.
    pub both_change: bool,
    /// Addresses, in order.
    pub names: Vec<String>,
}

/// A deployment of another task that came after a plan was recorded, and changed what it plans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overtaken {
    /// The other task.
    pub by: RecordId,
    /// The environment, and the stack in it.
    pub key: EvidenceKey,
    /// Addresses, in order.
    pub names: Vec<String>,
    /// The deployment.
    pub commit: CommitRef,
}

/// What an open task meets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overlaps {
    /// Other open tasks.
    pub open: Vec<Overlap>,
    /// What has overtaken its plans.
    pub overtaken: Vec<Overtaken>,
}

/// As many names as a sentence bears.
pub(super) fn some(names: &[String]) -> String {
    match names.len() {
        n if n <= MAX_NAMED => names.join(", "),
        n => format!("{} and {} more", names[..MAX_NAMED].join(", "), n - MAX_NAMED),
    }
}

impl Overlap {
    /// `INFRA-2 changes aws_lb.main in production as well`, as told of a task.
    pub fn words(&self) -> String {
        let (with, names, place) = (&self.with, some(&self.names), self.key.words());
        match self.both_change {
            true => format!("{with} is open and also changes {names} in {place}"),
            false => format!(
                "{with} is open and overlaps in {names} in {place}, which one changes and the other affects"
            ),
        }
    }

    /// `both change aws_lb.main in production`, as told of both.
    pub(super) fn both_words(&self) -> String {
        let (names, place) = (some(&self.names), self.key.words());
        match self.both_change {
            true => format!("both change {names} in {place}"),
            false => format!("overlap in {names} in {place}, which one changes and the other affects"),
        }
    }
}

impl Overtaken {
    /// As told of a task.
    pub fn words(&self) -> String {
        let (by, names, place) = (&self.by, some(&self.names), self.key.words());
        format!(
            "{by} was deployed in {} and changed {names} in {place} after the plan was recorded",
            self.commit.commit.short()
        )
    }
}

/// A piece of evidence of one task in an environment.
#[derive(Debug, Clone, Copy)]
struct Piece {
    record: RecordIx,
    /// The commit that deployed it there.
    deployed: Option<usize>,
    /// Whether it is still to go there.
    is_open: bool,
}

/// Which evidence speaks of which resource.
#[derive(Debug, Default)]
pub(super) struct Touching {
    changes: FxHashMap<(EvidenceKey, String), Vec<Piece>>,
    reaches: FxHashMap<(EvidenceKey, String), Vec<Piece>>,
}

impl Touching {
    /// Of every task in the view.
    pub(super) fn of(context: &Context<'_>) -> Self {
        let mut found = Touching::default();
        for task in context.sources.walk.records_of(RecordType::Task) {
            found.add(context, task);
        }
        found
    }

    fn add(&mut self, context: &Context<'_>, record: RecordIx) {
        let held = evidence(context, record);
        if held.is_empty() {
            return;
        }
        let cancelled = context.cell(record, &Key::Field("cancelled".into())).is_some();
        let is_over = cancelled || is_finished(context, record);
        let there = environments(context, record);
        for file in readable(&held) {
            let environment = there.iter().find(|there| same_name(&there.name, &file.key.environment));
            let deployed = environment.filter(|there| there.deployed).and_then(|there| there.completed);
            let piece = Piece { record, deployed, is_open: !is_over && deployed.is_none() };
            for name in file.content.touched() {
                self.changes.entry((file.key.clone(), name)).or_default().push(piece);
            }
            for name in file.content.reached().into_iter().filter(|_| piece.is_open) {
                self.reaches.entry((file.key.clone(), name)).or_default().push(piece);
            }
        }
    }
}

/// What a task meets in the view; nothing once it is over.
pub(super) fn overlaps(context: &Context<'_>, record: RecordIx) -> Overlaps {
    let held = evidence(context, record);
    if held.is_empty() {
        return Overlaps::default();
    }
    let touching = context.touching();
    let mut open: BTreeMap<(RecordIx, EvidenceKey, bool), Vec<String>> = BTreeMap::new();
    let mut overtaken: BTreeMap<(RecordIx, EvidenceKey, usize), Vec<String>> = BTreeMap::new();
    for file in readable(&held) {
        let recorded = recorded_in(context, record, &file.path());
        let mut meet = |pieces: Option<&Vec<Piece>>, both_change: bool, name: &str| {
            for piece in pieces.into_iter().flatten().filter(|piece| piece.record != record) {
                let key = file.key.clone();
                match piece.deployed {
                    Some(by) if both_change && !recorded.is_some_and(|at| context.in_history(by, at)) => {
                        overtaken.entry((piece.record, key, by)).or_default().push(name.to_owned());
                    }
                    None if piece.is_open => {
                        open.entry((piece.record, key, both_change)).or_default().push(name.to_owned());
                    }
                    _ => {}
                }
            }
        };
        for name in file.content.touched() {
            let place = (file.key.clone(), name);
            let is_own = |piece: &Piece| piece.record == record && piece.is_open;
            if !touching.changes.get(&place).is_some_and(|pieces| pieces.iter().any(is_own)) {
                break;
            }
            meet(touching.changes.get(&place), true, &place.1);
            meet(touching.reaches.get(&place), false, &place.1);
        }
        for name in file.content.reached() {
            let place = (file.key.clone(), name);
            let is_own = |piece: &Piece| piece.record == record;
            if touching.reaches.get(&place).is_some_and(|pieces| pieces.iter().any(is_own)) {
                meet(touching.changes.get(&place), false, &place.1);
            }
        }
    }
    let id = |record: RecordIx| context.sources.walk.ids[record].1.clone();
    Overlaps {
        open: open
            .into_iter()
            .map(|((with, key, both_change), names)| Overlap { with: id(with), key, both_change, names })
            .collect(),
        overtaken: overtaken
            .into_iter()
            .map(|((by, key, commit), names)| Overtaken {
                by: id(by),
                key,
                names,
                commit: context.evidence(commit),
            })
            .collect(),
    }
}

/// The commit that recorded a piece of evidence as it stands.
fn recorded_in(context: &Context<'_>, record: RecordIx, path: &str) -> Option<usize> {
    let cell = context.cell(record, &Key::Evidence(path.into()))?;
    context.latest(context.owners(cell))
}
