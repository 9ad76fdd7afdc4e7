//! From tips to facts: which commits there are, and which record files each one changes.

use std::collections::HashSet;
use std::sync::Arc;

use git2::Oid;
use gix_object::Kind;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::cache::{CommitFacts, FactCache};
use super::compare::{Compared, Comparing, Queue, record_folders};
use super::objects::{ObjectStore, Objects};
use super::raw::{self, RawCommit};
use super::tree::TreeReader;
use super::types::{Commit, CommitId, History};
use super::{BookPath, HistoryError};

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
    let mut fresh = Vec::with_capacity(compared.len());
    let commits = walked.into_iter().map(|Walked { id, facts, parents }| match facts {
        Source::Known(facts) => known_commit(id, *facts, parents),
        Source::Read(raw) => {
            fresh.push(id);
            read_commit(id, *raw, parents, compared.remove(&id).unwrap_or_default())
        }
    });
    let history = History::new(commits.collect());
    if let Some(cache) = cache {
        cache.add_commits(fresh);
    }
    Ok(history)
}

fn known_commit(id: CommitId, facts: CommitFacts, parents: Vec<usize>) -> Commit {
    Commit {
        id,
        parents,
        author: facts.author,
        committer: facts.committer,
        subject: facts.subject,
        trailers: facts.trailers,
        signed: facts.signed,
        malformed: facts.malformed,
        changes: facts.changes,
        policy: facts.policy,
        touches_code: facts.touches_code,
    }
}

fn read_commit(id: CommitId, raw: RawCommit, parents: Vec<usize>, compared: Compared) -> Commit {
    Commit {
        id,
        parents,
        author: raw.author,
        committer: raw.committer,
        subject: raw.subject,
        trailers: raw.trailers,
        signed: raw.signed,
        malformed: raw.malformed,
        changes: compared.changes,
        policy: compared.policy,
        touches_code: compared.touches_code,
    }
}

pub(super) fn read_raw(objects: &mut Objects, oid: Oid) -> Result<RawCommit, HistoryError> {
    let raw = objects.read(oid, Kind::Commit)?.and_then(raw::parse);
    raw.ok_or_else(|| HistoryError::NotACommit { id: commit_id(oid).hex() })
}

/// A commit in its place.
struct Walked {
    id: CommitId,
    facts: Source,
    parents: Vec<usize>,
}

/// Where the facts of a commit come from.
enum Source {
    Read(Box<RawCommit>),
    Known(Box<CommitFacts>),
}

impl Source {
    /// The parents, the first one last.
    fn parents_reversed(&self) -> Result<Vec<Oid>, HistoryError> {
        match self {
            Source::Read(raw) => Ok(raw.parents.iter().rev().copied().collect()),
            Source::Known(facts) => facts
                .parents
                .iter()
                .rev()
                .map(|id| Oid::from_bytes(&id.0).map_err(HistoryError::git))
                .collect(),
        }
    }
}

/// All commits in the history of the tips, parents before children, in an order that the graph decides. Each one
/// that is read is handed on to be compared with its first parent.
fn walk<'scope>(
    store: &ObjectStore,
    tips: &[Oid],
    mut cache: Option<&mut FactCache>,
    comparing: &'scope Comparing<'_>,
    scope: &rayon::Scope<'scope>,
) -> Result<Vec<Walked>, HistoryError> {
    enum Step {
        Enter(Oid),
        Leave(Oid),
    }
    let mut objects = store.reader();
    let mut queue = Queue::new(store.reader());
    let mut entered: FxHashMap<Oid, Option<(Source, Vec<Oid>)>> = FxHashMap::default();
    let mut positions: FxHashMap<Oid, usize> = FxHashMap::default();
    let mut names: HashSet<Arc<str>> = HashSet::new();
    let mut walked: Vec<Walked> = Vec::new();
    let mut stack: Vec<Step> = tips.iter().rev().map(|tip| Step::Enter(*tip)).collect();
    while let Some(step) = stack.pop() {
        match step {
            Step::Enter(oid) => {
                if entered.contains_key(&oid) {
                    continue;
                }
                let facts = match cache.as_mut().and_then(|cache| cache.take_commit(commit_id(oid))) {
                    Some(facts) => Source::Known(Box::new(facts)),
                    None => {
                        let mut raw = read_raw(&mut objects, oid)?;
                        share_names(&mut names, &mut raw);
                        queue.add(oid, &raw)?;
                        Source::Read(Box::new(raw))
                    }
                };
                if let Some(chunk) = queue.full_chunk() {
                    scope.spawn(move |_| comparing.compare(chunk));
                }
                let parents = facts.parents_reversed()?;
                stack.push(Step::Leave(oid));
                stack.extend(parents.iter().map(|parent| Step::Enter(*parent)));
                entered.insert(oid, Some((facts, parents)));
            }
            Step::Leave(oid) => {
                let Some((facts, parents)) = entered.get_mut(&oid).and_then(Option::take) else { continue };
                let parents =
                    parents.iter().rev().filter_map(|parent| positions.get(parent).copied()).collect();
                positions.insert(oid, walked.len());
                walked.push(Walked { id: commit_id(oid), facts, parents });
            }
        }
    }
    let rest = queue.rest()?;
    scope.spawn(move |_| comparing.compare(rest));
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
    CommitId(super::tree::blob_id(oid).0)
}

/// For each commit given (with its tree and its parents' trees): the paths, from the root of the work
/// tree, in which it differs from *all* its parents, records and approvals left out. That is its own
/// work: whoever merges is no author (design, section 3).
pub(super) fn work_paths(
    store: &ObjectStore,
    commits: &[CommitId],
    book: &BookPath,
) -> Result<Vec<Vec<String>>, HistoryError> {
    let records = record_folders().map(|folder| book.join(folder));
    commits
        .par_chunks(CHUNK)
        .map_init(
            || (store.reader(), TreeReader::new(store.reader())),
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
                        let enter = |path: &str| !records.iter().any(|folder| folder == path);
                        reader.differs_from_all(Some(tree), &trees, "", &enter, &mut |path| {
                            paths.push(path.to_owned())
                        })?;
                        Ok(paths)
                    })
                    .collect::<Result<Vec<_>, HistoryError>>()
            },
        )
        .collect::<Result<Vec<_>, _>>()
        .map(|chunks| chunks.into_iter().flatten().collect())
}
