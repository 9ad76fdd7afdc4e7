//! Which tasks commits name, and which items deploy.

use std::collections::BTreeMap;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::context::Context;
use super::ix::RecordIx;
use super::law::ABSENT;
use super::renumbering::{Renumbered, Renumberings};
use super::sources::{Pretended, WorkPaths};
use super::walk::{Key, Walk};
use crate::history::{Commit, History, subject_words};
use crate::policy::{Environment, Policy};
use crate::record::{RecordId, RecordType};

/// Normalised texts of the items that deploy an environment by any of the policies.
pub fn deployment_items<'p>(policies: impl Iterator<Item = &'p Policy>) -> FxHashSet<String> {
    let environments = policies.flat_map(|policy| &policy.environments);
    environments.flat_map(Environment::deploying_items).map(str::to_owned).collect()
}

/// Whose the commits are that name tasks: by a word of the subject, or of one that a forge squashed into the commit, or by
/// a `Change:` line anywhere in the message. [`by_text`] adds those that name a task by its text. What a side of history
/// that was renumbered calls by the old ID is the task of the new one.
pub fn named_tasks(
    history: &History,
    walk: &Walk,
    book: Option<&str>,
    renumberings: &Renumberings,
    trunk: Option<usize>,
) -> FxHashMap<usize, Vec<RecordIx>> {
    let task = |id: &str| walk.record(RecordType::Task, id);
    let tasks_of = |(position, commit): (usize, &Commit)| {
        let own: Vec<(RecordId, RecordId)> =
            renumbered_ids(commit).filter(|pair| is_renumbered(history, position, pair)).collect();
        let means =
            |word: &'_ str| own.iter().find(|(old, _)| old.as_str() == word).map(|(_, new)| new.clone());
        let tasks = words_that_name(commit, book).filter_map(|word| match means(word) {
            Some(new) => task(new.as_str()),
            None => task(word),
        });
        let mut tasks: Vec<RecordIx> = tasks.collect();
        tasks.sort_unstable();
        tasks.dedup();
        (!tasks.is_empty()).then_some((position, tasks))
    };
    let mut named: FxHashMap<usize, Vec<RecordIx>> =
        history.commits.par_iter().enumerate().filter_map(tasks_of).collect();
    let mut found: Vec<(usize, &Renumbered)> =
        renumberings.iter().flat_map(|(at, all)| all.iter().map(|one| (*at, one))).collect();
    // What was renumbered twice is followed from the first number to the last.
    found.sort_by_key(|(at, _)| *at);
    for (at, renumbered) in found {
        let (Some(old), Some(new)) = (task(renumbered.old.as_str()), task(renumbered.new.as_str())) else {
            continue;
        };
        let side = Side::of(history, walk, trunk, at, renumbered, old);
        for (commit, tasks) in named.iter_mut().filter(|(_, tasks)| tasks.contains(&old)) {
            let meaning = side.meaning(*commit);
            if meaning == Meaning::New {
                tasks.retain(|task| *task != old);
            }
            if meaning != Meaning::Old && !tasks.contains(&new) {
                tasks.push(new);
                tasks.sort_unstable();
            }
        }
    }
    named
}

/// The old and the new ID of each `Renumbers:` line.
pub(super) fn renumbered_ids(commit: &Commit) -> impl Iterator<Item = (RecordId, RecordId)> {
    commit.trailers.renumbers.iter().filter_map(|line| {
        let (old, new) = line.trim().split_once(' ')?;
        Some((RecordId::parse(old).ok()?, RecordId::parse(new.trim()).ok()?))
    })
}

/// Whether a commit's `Renumbers:` line is more than a claim: it brings the task of the new ID itself, or it is the rest of
/// a rebase or cherry-pick that does, which the same person committed in one go.
fn is_renumbered(history: &History, position: usize, pair: &(RecordId, RecordId)) -> bool {
    let committer = &history.commits[position].committer.email;
    let mut at = Some(position);
    while let Some(commit) = at.map(|at| &history.commits[at]) {
        if commit.committer.email != *committer {
            return false;
        }
        if brings(commit, &pair.1) && renumbered_ids(commit).any(|own| own == *pair) {
            return true;
        }
        at = match commit.parents[..] {
            [parent] => Some(parent),
            _ => None,
        };
    }
    false
}

/// Whether a commit adds a task of that ID.
fn brings(commit: &Commit, id: &RecordId) -> bool {
    let mut added = commit.changes.iter().filter(|change| change.old.is_none() && change.new.is_some());
    added.any(|change| {
        RecordType::of_path(&change.path) == Some(RecordType::Task)
            && RecordId::of_path(&change.path).as_ref() == Some(id)
    })
}

/// Which task a commit means by an ID that one record gave up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// The one that has the ID.
    Old,
    /// The one that gave it up.
    New,
    /// Whatever stood under it: there was one record only.
    Both,
}

/// The side of history on which a record was renumbered.
struct Side<'a> {
    history: &'a History,
    walk: &'a Walk,
    at: usize,
    renumbered: &'a Renumbered,
    old: RecordIx,
    /// Whether another record keeps the ID.
    is_shared: bool,
    /// Where it landed, when it has; and what was there before that, or without it.
    landing: Option<usize>,
    before: Option<usize>,
}

/// The sides of history on which what stood under a record's ID was another record, which took another ID.
pub(super) struct RenumberedSides<'a>(Vec<Side<'a>>);

impl<'a> RenumberedSides<'a> {
    pub(super) fn of(context: &Context<'a>, record: RecordIx) -> Self {
        let sources = &context.sources;
        let (_, id) = &sources.walk.ids[record];
        let all = sources.renumberings.iter().flat_map(|(at, all)| all.iter().map(|one| (*at, one)));
        let given_up = all.filter(|(_, renumbered)| renumbered.old == *id);
        let side =
            |(at, renumbered)| Side::of(sources.history, sources.walk, sources.trunk, at, renumbered, record);
        RenumberedSides(given_up.map(side).collect())
    }

    /// Whether a commit that changed what stood under the ID changed the other record.
    pub(super) fn has(&self, commit: usize) -> bool {
        self.0.iter().any(|side| side.meaning(commit) == Meaning::New)
    }
}

impl<'a> Side<'a> {
    fn of(
        history: &'a History,
        walk: &'a Walk,
        trunk: Option<usize>,
        at: usize,
        renumbered: &'a Renumbered,
        old: RecordIx,
    ) -> Self {
        let line = trunk.map_or_else(Vec::new, |trunk| history.first_parent_line(trunk));
        // Newest first: all that have it in their history come before those that have not.
        let n_after = line.partition_point(|&commit| history.is_in_history(at, commit));
        let landing = n_after.checked_sub(1).map(|last| line[last]);
        let before = match landing {
            Some(landing) => history.commits[landing].parents.first().copied(),
            None => trunk,
        };
        let is_shared = renumbered.alike.contains(&renumbered.old);
        Side { history, walk, at, renumbered, old, is_shared, landing, before }
    }

    fn has(&self, ancestor: usize, commit: usize) -> bool {
        self.history.is_in_history(ancestor, commit)
    }

    fn meaning(&self, commit: usize) -> Meaning {
        let parents = &self.history.commits[self.at].parents;
        if parents.len() > 1 {
            let others = || parents.iter().filter(|parent| **parent != self.renumbered.before);
            let is_of_side =
                self.has(commit, self.renumbered.before) && !others().any(|parent| self.has(commit, *parent));
            return if is_of_side { Meaning::New } else { Meaning::Old };
        }
        let standing = self.standing(commit);
        let is_older = self.before.is_some_and(|before| self.has(commit, before));
        if self.has(commit, self.at) {
            return match (self.is_shared, &standing[..]) {
                (true, [only]) if *only == self.renumbered.path => Meaning::New,
                (true, [_, ..]) => Meaning::Old,
                _ if !is_older => Meaning::New,
                (true, _) => Meaning::Old,
                (false, _) => Meaning::Both,
            };
        }
        let is_of_landing = !is_older
            && self.has(self.at, commit)
            && self.landing.is_none_or(|landing| self.has(commit, landing));
        if is_of_landing && standing.is_empty() { Meaning::New } else { Meaning::Old }
    }

    /// The paths of the record files that a commit has under the ID.
    fn standing(&self, commit: usize) -> Vec<&'a str> {
        let node = self.walk.node(self.history, commit, self.old);
        let files = node.into_iter().flat_map(|node| node.files.records.iter());
        files.map(|(path, _)| &**self.walk.paths.item(*path)).collect()
    }
}

/// What may be the ID of a task that a commit names, in a book of that name.
fn words_that_name<'c>(commit: &'c Commit, book: Option<&str>) -> impl Iterator<Item = &'c str> {
    let squashed = commit.trailers.squashed.iter().map(String::as_str);
    let words = std::iter::once(&*commit.subject).chain(squashed).flat_map(subject_words);
    let trailers = commit.trailers.changes.iter().filter_map(move |change| match change.rsplit_once('/') {
        Some((of_book, id)) => (Some(of_book) == book).then_some(id),
        None => Some(change.as_str()),
    });
    words.chain(trailers)
}

/// A commit that changes more task files than this brings them in, and is work on none of them.
const MAX_CHANGED: usize = 16;

/// The tasks whose files a commit changes, where it may name one of them by its text, beside code: their versions must be
/// read to tell.
pub(super) fn changed_tasks(commit: &Commit) -> Vec<RecordId> {
    let tasks =
        commit.changes.iter().filter(|change| RecordType::of_path(&change.path) == Some(RecordType::Task));
    let mut ids: Vec<RecordId> = tasks.filter_map(|change| RecordId::of_path(&change.path)).collect();
    ids.sort_unstable();
    ids.dedup();
    let is_named = |id: &RecordId| words_that_name(commit, None).any(|word| word == id.as_str());
    match ids.len() <= MAX_CHANGED && !ids.iter().any(is_named) {
        true => ids,
        false => Vec::new(),
    }
}

/// Commits that say of no task that they are its work, and change the text of exactly one beside code. Whether that code
/// is infrastructure is told by their paths, and decides.
pub fn by_text(
    history: &History,
    walk: &Walk,
    named: &FxHashMap<usize, Vec<RecordIx>>,
    pretended: &Pretended,
) -> BTreeMap<usize, RecordIx> {
    let touches_code =
        |commit: &usize| history.commits[*commit].touches_code || pretended.contains_key(commit);
    let Some(scope) = walk.keys.find(&Key::Scope) else { return BTreeMap::new() };
    // What is no record vouches for nothing.
    let pretends = |commit: usize, record: RecordIx| {
        let mut paths = pretended.get(&commit).into_iter().flatten();
        paths.any(|path| RecordId::stem(path) == Some(walk.ids[record].1.as_str()))
    };
    let mut changed: BTreeMap<usize, Vec<RecordIx>> = BTreeMap::new();
    for transition in walk.transitions.iter().filter(|transition| transition.key == scope) {
        let commit = transition.commit as usize;
        let is_task = walk.ids[transition.record].0 == RecordType::Task;
        let stands = transition.to != ABSENT && !pretends(commit, transition.record);
        if stands && is_task && !named.contains_key(&commit) && touches_code(&commit) {
            changed.entry(commit).or_default().push(transition.record);
        }
    }
    let only = |(commit, tasks): (usize, Vec<RecordIx>)| match tasks[..] {
        [only] if !changed_tasks(&history.commits[commit]).is_empty() => Some((commit, only)),
        _ => None,
    };
    changed.into_iter().filter_map(only).collect()
}

/// Adds the commits that name a task by its text: those of which something is infrastructure by the policy that they are
/// judged by.
pub fn name_by_text<'p>(
    named: &mut FxHashMap<usize, Vec<RecordIx>>,
    by_text: &BTreeMap<usize, RecordIx>,
    work_paths: &WorkPaths,
    judge: impl Fn(usize) -> Option<&'p Policy>,
) {
    for (&commit, &task) in by_text {
        let paths = work_paths.get(&commit).map_or(&[][..], Vec::as_slice);
        let is_work = judge(commit).is_some_and(|policy| paths.iter().any(|path| policy.paths.matches(path)));
        if is_work {
            named.insert(commit, vec![task]);
        }
    }
}
