//! From tips to facts: which commits there are, and which record files each one changes.

use std::collections::HashSet;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use git2::Oid;
use gix_object::Kind;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::cache::{FactCache, Parent, Shelf};
use super::compare::{Comparing, Queue};
use super::graph::History;
use super::objects::{ObjectStore, Objects};
use super::raw::{self, RawCommit};
use super::tree::{Budget, TreeReader};
use super::types::{Commit, CommitId};
use super::{BookPath, HistoryError};
use crate::record::RecordType;

/// Commits that one thread compares in a row, so that neighbours share trees.
pub(super) const CHUNK: usize = 256;

/// Reads every commit in the history of `tips`, as far as the cache does not know it.
///
/// One thread walks along parents; what it finds is compared on the others meanwhile.
pub(super) fn read(
    store: &ObjectStore,
    tips: &[Oid],
    book: &BookPath,
    cache: Option<&mut FactCache>,
) -> Result<History, HistoryError> {
    let comparing = Comparing::new(store, book);
    let mut cache = cache;
    let walked = rayon::scope(|scope| walk(store, tips, cache.as_deref_mut(), &comparing, scope))?;
    let mut compared = comparing.finish()?;
    let Walked { mut commits, read } = walked;
    for &position in &read {
        let commit = &mut commits[position];
        let compared = compared.remove(&commit.id).unwrap_or_default();
        commit.changes = compared.changes;
        commit.policy = compared.policy;
        commit.touches_code = compared.touches_code;
    }
    if let Some(cache) = cache {
        cache.add_commits(read.into_iter().map(|position| commits[position].id));
    }
    Ok(History::new(commits))
}

/// What a commit says of itself, before it is compared with its parent.
fn read_commit(id: CommitId, raw: &RawCommit) -> Commit {
    Commit {
        id,
        parents: Vec::new(),
        author: raw.author.clone(),
        committer: raw.committer.clone(),
        subject: Arc::clone(&raw.subject),
        trailers: raw.trailers.clone(),
        signed: raw.signed,
        malformed: raw.malformed.clone(),
        changes: Vec::new(),
        policy: None,
        touches_code: false,
    }
}

pub(super) fn read_raw(objects: &mut Objects, oid: Oid) -> Result<RawCommit, HistoryError> {
    let raw = objects.read(oid, Kind::Commit)?.and_then(raw::parse);
    raw.ok_or_else(|| HistoryError::NotACommit { id: commit_id(oid).hex() })
}

/// The commits of a history in their order.
#[derive(Default)]
struct Walked {
    commits: Vec<Commit>,
    /// Positions of those that were read and not known.
    read: Vec<usize>,
}

/// A commit that the walk has seen.
enum Seen {
    /// It was read, and its parents come first.
    Read(CommitId, Box<RawCommit>),
    /// It stands on the shelf, and its parents come first.
    Known(u32),
    /// It has its position.
    Placed(usize),
}

/// The numbers under which commits were seen.
struct Numbers {
    /// Of those on the shelf, by place.
    known: Vec<Option<usize>>,
    others: FxHashMap<CommitId, usize>,
}

impl Numbers {
    fn new(known: usize) -> Self {
        Numbers { known: vec![None; known], others: FxHashMap::default() }
    }

    fn of(&self, commit: Parent) -> Option<usize> {
        match commit {
            Parent::At(place) => self.known.get(place as usize).copied().flatten(),
            Parent::Elsewhere(id) => self.others.get(&id).copied(),
        }
    }

    /// Gives a number to a commit that has none; whether it had none.
    fn give(&mut self, commit: Parent, number: usize) -> bool {
        match commit {
            Parent::At(place) => match self.known.get_mut(place as usize) {
                Some(free @ None) => free.replace(number).is_none(),
                _ => false,
            },
            Parent::Elsewhere(id) => match self.others.entry(id) {
                Entry::Vacant(vacant) => {
                    vacant.insert(number);
                    true
                }
                Entry::Occupied(_) => false,
            },
        }
    }
}

/// All commits in the history of the tips, parents before children, in an order that the graph decides. Each one
/// that is read is handed on to be compared with its first parent.
fn walk<'scope>(
    store: &ObjectStore,
    tips: &[Oid],
    cache: Option<&mut FactCache>,
    comparing: &'scope Comparing<'_>,
    scope: &rayon::Scope<'scope>,
) -> Result<Walked, HistoryError> {
    enum Step {
        Enter(Parent),
        Leave(usize),
    }
    let mut no_facts = Shelf::default();
    let shelf = cache.map_or(&mut no_facts, |cache| &mut cache.commits.facts);
    let mut objects = store.reader();
    let mut queue = Queue::new(store.reader());
    // What grows by doubling touches twice the memory that it needs.
    let known = shelf.len();
    let mut numbers = Numbers::new(known);
    let mut seen: Vec<Seen> = Vec::with_capacity(known);
    let mut names: HashSet<Arc<str>> = HashSet::new();
    let mut walked = Walked { commits: Vec::with_capacity(known), read: Vec::new() };
    let by_name = |oid: &Oid| Parent::Elsewhere(commit_id(*oid));
    let mut stack: Vec<Step> = tips.iter().rev().map(|tip| Step::Enter(by_name(tip))).collect();
    while let Some(step) = stack.pop() {
        match step {
            Step::Enter(commit) => {
                let commit = shelf.find(commit);
                if !numbers.give(commit, seen.len()) {
                    continue;
                }
                stack.push(Step::Leave(seen.len()));
                seen.push(match commit {
                    Parent::At(place) => {
                        stack.extend(shelf.parents(place).iter().rev().copied().map(Step::Enter));
                        Seen::Known(place)
                    }
                    Parent::Elsewhere(id) => {
                        let oid = Oid::from_bytes(&id.0).map_err(HistoryError::git)?;
                        let mut raw = read_raw(&mut objects, oid)?;
                        share_names(&mut names, &mut raw);
                        queue.add(oid, &raw)?;
                        stack.extend(raw.parents.iter().rev().map(by_name).map(Step::Enter));
                        Seen::Read(id, Box::new(raw))
                    }
                });
                if let Some(chunk) = queue.full_chunk() {
                    scope.spawn(move |_| comparing.compare(chunk));
                }
            }
            Step::Leave(number) => {
                let position = walked.commits.len();
                let placed = |parent| match seen[numbers.of(shelf.find(parent))?] {
                    Seen::Placed(position) => Some(position),
                    _ => None,
                };
                let (parents, commit) = match &seen[number] {
                    Seen::Known(place) => {
                        let parents = shelf.parents(*place).iter().copied().filter_map(placed);
                        (parents.collect(), shelf.take(*place))
                    }
                    Seen::Read(id, raw) => {
                        walked.read.push(position);
                        let parents = raw.parents.iter().map(by_name).filter_map(placed);
                        (parents.collect(), Some(read_commit(*id, raw)))
                    }
                    Seen::Placed(_) => continue,
                };
                seen[number] = Seen::Placed(position);
                walked.commits.extend(commit.map(|commit| Commit { parents, ..commit }));
            }
        }
    }
    let rest = queue.rest()?;
    scope.spawn(move |_| comparing.compare(rest));
    // The facts of all that was asked for are taken, and their places need not stand in memory beside them.
    *shelf = Shelf::default();
    Ok(walked)
}

/// Few people write many commits: each name and address is kept once.
fn share_names(names: &mut HashSet<Arc<str>>, raw: &mut RawCommit) {
    let (author, committer) = (&mut raw.author, &mut raw.committer);
    for text in [&mut author.name, &mut author.email, &mut committer.name, &mut committer.email] {
        match names.get(text) {
            Some(known) => *text = Arc::clone(known),
            None => drop(names.insert(Arc::clone(text))),
        }
    }
}

pub(super) fn commit_id(oid: Oid) -> CommitId {
    CommitId(super::raw_tree::blob_id(oid).0)
}

/// The commit that two parents of a merge have, by their numbers, where it is asked for.
pub(super) type Bases<'b> = &'b (dyn Fn(CommitId, [usize; 2]) -> Option<CommitId> + Sync);

/// For each commit given (with its tree and its parents' trees): the paths, from the root of the work
/// tree, in which it differs from *all* its parents, records and approvals left out. That is its own
/// work: whoever merges is no author (`docs/design.md#work`). What one side of a merge had changed and the merge put back is its
/// own work, too.
pub(super) fn work_paths(
    store: &ObjectStore,
    commits: &[CommitId],
    book: &BookPath,
    base: Bases<'_>,
) -> Result<Vec<Vec<String>>, HistoryError> {
    let prefix = book.join("");
    let is_record = |path: &str| path.strip_prefix(&prefix).is_some_and(RecordType::is_record_path);
    let budget = Budget::new();
    commits
        .par_chunks(CHUNK)
        .map_init(
            || (store.reader(), TreeReader::new(store.reader(), budget.clone())),
            |(objects, reader), chunk| {
                let mut tree_of = |oid: Oid| -> Result<(Oid, Vec<Oid>), HistoryError> {
                    let raw = read_raw(objects, oid)?;
                    Ok((raw.tree, raw.parents))
                };
                chunk
                    .iter()
                    .map(|commit| {
                        let oid = Oid::from_bytes(&commit.0).map_err(HistoryError::git)?;
                        let (tree, parents) = tree_of(oid)?;
                        let mut trees = Vec::with_capacity(parents.len().max(1));
                        for parent in parents {
                            trees.push(Some(tree_of(parent)?.0));
                        }
                        if trees.is_empty() {
                            trees.push(None);
                        }
                        let mut paths = Vec::new();
                        let mut add = |path: &str| {
                            if !is_record(path) {
                                paths.push(path.to_owned());
                            }
                        };
                        reader.differs_from_all(Some(tree), &trees, "", &mut add)?;
                        // Each two of the parents: what one of them changed, and the merge has as it was before both.
                        for (one, other) in
                            (1..trees.len()).flat_map(|other| (0..other).map(move |one| (one, other)))
                        {
                            let Some(base) = base(*commit, [one, other]) else { continue };
                            let base = Oid::from_bytes(&base.0).map_err(HistoryError::git)?;
                            let base = Some(tree_of(base)?.0);
                            reader.undone(Some(tree), [trees[one], trees[other]], base, "", &mut add)?;
                        }
                        if trees.len() > 1 {
                            paths.sort_unstable();
                            paths.dedup();
                        }
                        Ok(paths)
                    })
                    .collect::<Result<Vec<_>, HistoryError>>()
            },
        )
        .collect::<Result<Vec<_>, _>>()
        .map(|chunks| chunks.into_iter().flatten().collect())
}
