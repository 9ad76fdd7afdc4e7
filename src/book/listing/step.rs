//! From what was kept to what commits since then reach.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::kept::{Kept, Line};
use crate::book::shown::{Pair, pair_of};
use crate::book::{Inputs, RecordFile};
use crate::history::{Change, Commit, History};
use crate::ledger::{self, Links, RecordState, Walk};
use crate::record::{RecordId, RecordType, detached_path};

/// More new commits than this are no reason to think that little has changed.
const MOST_COMMITS: usize = 256;

/// The record files of the work tree, by the text that stands where an ID does.
pub(super) struct OnDisk<'a> {
    files: BTreeMap<&'a str, &'a RecordFile>,
    /// Of those that were edited, the commit's, by path.
    edited: &'a BTreeMap<String, RecordFile>,
}

impl<'a> OnDisk<'a> {
    /// `None` where two carry one ID.
    pub(super) fn of(
        files: &'a BTreeMap<String, RecordFile>,
        edited: &'a BTreeMap<String, RecordFile>,
    ) -> Option<Self> {
        let named = |file: &'a RecordFile| Some((RecordId::stem(&file.path)?, file));
        let by_id: BTreeMap<_, _> = files.values().map(named).collect::<Option<_>>()?;
        (by_id.len() == files.len()).then_some(OnDisk { files: by_id, edited })
    }

    /// The record as the commit has it, and as it stands in the work tree where it was edited.
    fn pair(&self, id: &str) -> Option<Pair> {
        let disk = *self.files.get(id)?;
        pair_of(self.edited.get(&disk.path).unwrap_or(disk), disk)
    }
}

/// What commits did since something was kept.
pub(super) struct Step<'a> {
    /// Position of the commit that is read.
    pub(super) tip: usize,
    new: BTreeSet<usize>,
    /// Records that they changed, named, or say were exercised, those that the work tree has or had otherwise, and those
    /// whose review has become due.
    touched: BTreeSet<&'a str>,
    /// Of those the ones that they made.
    made: BTreeSet<&'a str>,
    on_disk: OnDisk<'a>,
}

impl<'a> Step<'a> {
    /// `None` where the commits did what may reach further than the records that they touch.
    pub(super) fn new(
        kept: &'a Kept,
        inputs: &'a Inputs,
        history: &'a History,
        on_disk: OnDisk<'a>,
    ) -> Option<Self> {
        let (tip, before) = (history.position(inputs.tip?)?, history.position(kept.basis.tip())?);
        let (now, then) = (history.reachable(tip), history.reachable(before));
        let new: BTreeSet<usize> = (0..=tip).filter(|&commit| now[commit] && !then[commit]).collect();
        if !now[before] || new.len() > MOST_COMMITS {
            return None;
        }
        let known = kept.names();
        let (mut touched, mut made) = (BTreeSet::new(), BTreeSet::new());
        for commit in new.iter().map(|&commit| &history.commits[commit]) {
            if !goes_on_from(history, commit, before) {
                return None;
            }
            for change in &commit.changes {
                let of_known = |id: &&str| known.contains(id) || detached_path(&change.path).is_none();
                let id = changed(change).filter(of_known)?;
                let is_first = touched.insert(id);
                // Each version of a decision binds what it lists, and only the last one is looked at.
                if !is_first && RecordType::of_path(&change.path) == Some(RecordType::Decision) {
                    return None;
                }
                if !known.contains(id) {
                    made.insert(id);
                }
            }
        }
        for commit in new.iter().map(|&commit| &history.commits[commit]) {
            let names = ledger::words_that_name(commit, inputs.policy.book.as_deref());
            let names = names.chain(commit.trailers.exercised.iter().map(String::as_str));
            touched.extend(names.filter(|name| known.contains(name)));
        }
        let passing = kept.lines.iter().filter(|line| line.is_passing(inputs.now));
        touched.extend(passing.map(|line| line.listed.name.as_str()));
        touched.extend(on_disk.edited.keys().filter_map(|path| RecordId::stem(path)));
        let folded: BTreeSet<String> = known.union(&made).map(|id| id.to_ascii_lowercase()).collect();
        let is_whole = on_disk.files.len() == known.len() + made.len() && folded.len() == on_disk.files.len();
        is_whole.then_some(Step { tip, new, touched, made, on_disk })
    }

    /// The IDs of all records.
    pub(super) fn ids(&self) -> BTreeSet<&'a str> {
        self.on_disk.files.keys().copied().collect()
    }

    /// What is derived again; `None` where links changed, or so much is touched that nothing would be gained.
    pub(super) fn again(&self, kept: &Kept) -> Option<Again> {
        let pair = |id: &&'a str| Some((*id, self.on_disk.pair(id)?));
        let touched: BTreeMap<&str, Pair> = self.touched.par_iter().map(pair).collect::<Option<_>>()?;
        let mut all = kept.links();
        let links = touched.iter().map(|(id, pair)| (*id, Links::of(&pair.shown.record)));
        let mut is_as_before =
            links.clone().map(|(id, links)| self.made.contains(id) || all.get(id) == Some(&links));
        let is_referred_to = |id: &&str| all.values().any(|links| links.refer_to(id));
        if !is_as_before.all(|same| same) || self.made.iter().any(is_referred_to) {
            return None;
        }
        all.extend(links);
        let affected = ledger::affected(&all, &kept.decided, &self.touched);
        if affected.read.len() > kept.lines.len() / 2 + 50 {
            return None;
        }
        let pair = |id: &&str| touched.get(id).cloned().or_else(|| self.on_disk.pair(id));
        let mut pairs: Vec<Pair> = affected.read.par_iter().filter_map(pair).collect();
        pairs.sort_by(|a, b| a.shown.record.path.cmp(&b.shown.record.path));
        let owned = |ids: &BTreeSet<&str>| ids.iter().filter_map(|id| RecordId::parse(id).ok()).collect();
        Some(Again { lines: owned(&affected.again), read: owned(&affected.read), pairs })
    }

    /// Whether history is as was thought before it was read: what seemed new was never there before.
    pub(super) fn is_sure(&self, walk: &Walk) -> bool {
        let is_new = |id: &&str| {
            RecordId::parse(id).is_ok_and(|id| walk.commits_of(&id).all(|commit| self.new.contains(&commit)))
        };
        self.made.iter().all(is_new)
    }
}

/// Whether a new commit changes no policy, and what a merge finds beside its first parent is new too: so it changes the
/// owners of nothing that the new commits do not touch.
fn goes_on_from(history: &History, commit: &Commit, before: usize) -> bool {
    let goes_on = match commit.parents[..] {
        [] => false,
        [_] => true,
        [first, ..] => history.is_in_history(before, first),
    };
    goes_on && commit.parents.iter().all(|&parent| history.commits[parent].policy == commit.policy)
}

/// The text that stands where an ID does in what a change is of; `None` where a record file goes, or what is there is no
/// file.
fn changed(change: &Change) -> Option<&str> {
    let is_file = change.old.iter().chain(&change.new).all(|file| file.is_regular());
    match detached_path(&change.path) {
        _ if !is_file => None,
        Some(_) => change.path.split('/').nth(1),
        None => change.new.and_then(|_| RecordId::stem(&change.path)),
    }
}

/// What is derived again.
pub(super) struct Again {
    /// Records whose lines may be others.
    lines: FxHashSet<RecordId>,
    /// Those, and all that is read for them.
    pub(super) read: FxHashSet<RecordId>,
    /// The files of these.
    pub(super) pairs: Vec<Pair>,
}

impl Again {
    /// The lines that may be others, by name.
    pub(super) fn lines(&self, derived: &[RecordState]) -> BTreeMap<String, Line> {
        let is_again = |state: &&RecordState| state.id.as_ref().is_some_and(|id| self.lines.contains(id));
        derived.iter().filter(is_again).map(|state| (state.name.clone(), Line::of(state))).collect()
    }
}
