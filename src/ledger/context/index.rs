//! Indexes over the whole history, shared by every view on it.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;

use crate::history::{BlobId, History};
use crate::ledger::derive::Shown;
use crate::ledger::groups::Groups;
use crate::ledger::ix::RecordIx;
use crate::ledger::landing::Steps;
use crate::ledger::overlap::Touching;
use crate::ledger::sources::Sources;
use crate::ledger::state::WorkTree;
use crate::ledger::walk::{Binding, Move, Transition, Withdrawal};
use crate::policy::Policy;
use crate::record::{Record, RecordType};
/// Indexes over the whole history, shared by every view on it.
pub(super) struct Index<'a> {
    pub(super) landed: Option<Vec<bool>>,
    pub(super) transitions: Groups<'a, Transition>,
    pub(super) withdrawals: Groups<'a, Withdrawal>,
    pub(super) moves: Groups<'a, Move>,
    pub(super) bindings: Groups<'a, Binding>,
    /// Decisions that ever listed a task, ascending.
    pub(super) listed_in: FxHashMap<RecordIx, Vec<RecordIx>>,
    /// Commits that name a task, and of those the ones with work on it.
    pub(super) naming: FxHashMap<RecordIx, Vec<usize>>,
    pub(super) work: FxHashMap<RecordIx, Vec<usize>>,
    /// By commit, the tasks that took it on after it had landed.
    pub(super) covering: FxHashMap<usize, Vec<RecordIx>>,
    pub(super) steps: Steps,
    pub(super) parsed: FxHashMap<(RecordType, BlobId), &'a Record>,
    /// Whose each author's address is, by the policy that is judged by.
    pub(super) people: FxHashMap<Arc<str>, Option<Arc<str>>>,
    /// The services that records and runbooks name, folded; made when first asked for.
    pub(super) services: OnceLock<BTreeSet<String>>,
    /// Commits that made a version of a record which cannot be read.
    pub(super) taints: FxHashMap<RecordIx, Vec<usize>>,
    /// Commits whose messages say yes to others.
    pub(super) affirming: Vec<usize>,
    /// Deployments of emergencies, made when first asked for.
    pub(super) emergencies: OnceLock<Vec<EmergencyDeployment>>,
    /// Which evidence speaks of which resource, made when first asked for.
    pub(super) touching: OnceLock<Touching>,
}

/// A deployment that was one of an emergency as its text stood then.
pub(in crate::ledger) struct EmergencyDeployment {
    pub(in crate::ledger) commit: usize,
    pub(in crate::ledger) record: RecordIx,
    /// Who asked for it, or wrote a part of it.
    pub(in crate::ledger) askers: BTreeSet<String>,
    /// When it ran in each gated environment that it deployed to, as seconds since the epoch.
    pub(in crate::ledger) times: Vec<i64>,
}

impl<'a> Index<'a> {
    pub(super) fn new(
        sources: &Sources<'a>,
        named: &FxHashMap<usize, Vec<RecordIx>>,
        shown: &'a [Shown],
    ) -> Self {
        let (history, walk) = (sources.history, sources.walk);
        let n_records = walk.ids.len();
        let mut positions: Vec<usize> = named.keys().copied().collect();
        positions.sort_unstable();
        let mut naming: FxHashMap<RecordIx, Vec<usize>> = FxHashMap::default();
        let mut work: FxHashMap<RecordIx, Vec<usize>> = FxHashMap::default();
        for position in positions {
            let worked = sources.work_paths.get(&position).is_some_and(|paths| !paths.is_empty());
            for task in &named[&position] {
                naming.entry(*task).or_default().push(position);
                if worked {
                    work.entry(*task).or_default().push(position);
                }
            }
        }
        let mut listed_in: FxHashMap<RecordIx, Vec<RecordIx>> = FxHashMap::default();
        for binding in &walk.bindings {
            // Those that did not exist then may by now.
            let later = binding.absent.iter().filter_map(|id| walk.record(RecordType::Task, id.as_str()));
            for task in binding.scopes.iter().map(|(task, _)| *task).chain(later) {
                let decisions = listed_in.entry(task).or_default();
                if let Err(place) = decisions.binary_search(&binding.decision) {
                    decisions.insert(place, binding.decision);
                }
            }
        }
        let mut taints: FxHashMap<RecordIx, Vec<usize>> = FxHashMap::default();
        for &(commit, record) in &walk.taints {
            taints.entry(record).or_default().push(commit);
        }
        let affirms = |commit: &usize| !history.commits[*commit].trailers.affirms.is_empty();
        let affirming = (0..history.commits.len()).filter(affirms).collect();
        let (people, landed) = rayon::join(
            || people(history, sources.policy),
            || sources.trunk.map(|trunk| history.reachable(trunk)),
        );
        Index {
            landed,
            transitions: Groups::new(&walk.transitions, n_records, |t| t.record),
            withdrawals: Groups::new(&walk.withdrawals, n_records, |w| w.record),
            moves: Groups::new(&walk.moves, n_records, |m| m.record),
            bindings: Groups::new(&walk.bindings, n_records, |b| b.decision),
            listed_in,
            naming,
            work,
            covering: FxHashMap::default(),
            steps: Steps::new(history, sources.line, sources.work_paths),
            parsed: parsed(sources, shown),
            people,
            services: OnceLock::new(),
            taints,
            affirming,
            emergencies: OnceLock::new(),
            touching: OnceLock::new(),
        }
    }
}

/// Whose each author's address is.
fn people(history: &History, policy: &Policy) -> FxHashMap<Arc<str>, Option<Arc<str>>> {
    let mut people: FxHashMap<Arc<str>, Option<Arc<str>>> = FxHashMap::default();
    for commit in &history.commits {
        let email = &commit.author.email;
        if !people.contains_key(email) {
            people.insert(Arc::clone(email), policy.person_by_email(email).map(Into::into));
        }
    }
    people
}

/// Records that stand at the tip or stood at a deployment, by content.
fn parsed<'a>(sources: &Sources<'a>, shown: &'a [Shown]) -> FxHashMap<(RecordType, BlobId), &'a Record> {
    let deployed = sources.deployed.iter().map(|(version, record)| (*version, &**record));
    let at_tip = shown.iter().filter(|shown| shown.work_tree != WorkTree::Added).filter_map(|shown| {
        let record_type = shown.record.record_type();
        let record = sources.walk.record(record_type, shown.record.id.as_ref()?.as_str())?;
        match &sources.walk.node(sources.history, sources.tip, record)?.files.records[..] {
            [(_, file)] => Some(((record_type, file.blob), &*shown.record)),
            _ => None,
        }
    });
    deployed.chain(at_tip).collect()
}
