//! From tips to facts: which commits there are, and which record files each one changes.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use git2::Oid;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::cache::{CommitFacts, FactCache};
use super::raw::{self, RawCommit};
use super::repository::Handle;
use super::tree::TreeReader;
use super::types::{Change, Commit, CommitId, History, TreeFile};
use super::{BookPath, HistoryError};
use crate::record::RecordType;

/// The folder of detached approvals.
const APPROVALS: &str = "approvals";
/// Commits that one thread compares in a row, so that neighbours share trees.
const CHUNK: usize = 256;

/// Reads every commit in the history of `tips`, as far as the cache does not know it.
pub(super) fn read(
    git_dir: &Path,
    tips: &[Oid],
    book: &BookPath,
    mut cache: Option<&mut FactCache>,
) -> Result<History, HistoryError> {
    let walked = walk(git_dir, tips, cache.as_deref_mut())?;
    let inputs = to_compare(git_dir, &walked)?;
    let compared: Vec<Compared> = inputs
        .par_chunks(CHUNK)
        .map_init(Handle::default, |handle, chunk| compare_chunk(handle.open(git_dir)?, chunk, book))
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .flatten()
        .collect();
    let mut compared = compared.into_iter();
    let mut fresh = Vec::with_capacity(inputs.len());
    let commits = walked.into_iter().map(|Walked { id, facts, parents }| match facts {
        Source::Known(facts) => known_commit(id, *facts, parents),
        Source::Read(raw) => {
            fresh.push(id);
            read_commit(id, *raw, parents, compared.next().unwrap_or_default())
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

/// The tree of each commit that was read, and of its first parent.
fn to_compare(git_dir: &Path, walked: &[Walked]) -> Result<Vec<(Oid, Option<Oid>)>, HistoryError> {
    let repository = super::repository::open(git_dir)?;
    let odb = repository.odb().map_err(HistoryError::git)?;
    let read = walked.iter().filter_map(|commit| match &commit.facts {
        Source::Read(raw) => Some((raw.tree, commit.parents.first())),
        Source::Known(_) => None,
    });
    read.map(|(tree, parent)| {
        let parent_tree = |&parent: &usize| match &walked[parent].facts {
            Source::Read(raw) => Ok(raw.tree),
            Source::Known(_) => {
                let oid = Oid::from_bytes(&walked[parent].id.0).map_err(HistoryError::git)?;
                Ok(read_raw(&odb, oid)?.tree)
            }
        };
        Ok((tree, parent.map(parent_tree).transpose()?))
    })
    .collect()
}

fn read_raw(odb: &git2::Odb<'_>, oid: Oid) -> Result<RawCommit, HistoryError> {
    let object = odb.read(oid).map_err(|source| HistoryError::object(oid, source))?;
    let raw = (object.kind() == git2::ObjectType::Commit).then(|| raw::parse(object.data())).flatten();
    raw.ok_or_else(|| HistoryError::NotACommit { id: commit_id(oid).hex() })
}

/// What a commit's tree says beside its first parent's.
#[derive(Default)]
struct Compared {
    changes: Vec<Change>,
    policy: Option<TreeFile>,
    touches_code: bool,
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

/// All commits in the history of the tips, parents before children, in an order that the graph decides.
fn walk(
    git_dir: &Path,
    tips: &[Oid],
    mut cache: Option<&mut FactCache>,
) -> Result<Vec<Walked>, HistoryError> {
    enum Step {
        Enter(Oid),
        Leave(Oid),
    }
    let repository = super::repository::open(git_dir)?;
    let odb = repository.odb().map_err(HistoryError::git)?;
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
                        let mut raw = read_raw(&odb, oid)?;
                        share_names(&mut names, &mut raw);
                        Source::Read(Box::new(raw))
                    }
                };
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

fn compare_chunk(
    repository: &git2::Repository,
    chunk: &[(Oid, Option<Oid>)],
    book: &BookPath,
) -> Result<Vec<Compared>, HistoryError> {
    let mut reader = TreeReader::new(repository.odb().map_err(HistoryError::git)?);
    chunk.iter().map(|(tree, parent)| compare_commit(&mut reader, *tree, *parent, book)).collect()
}

/// What differs between two root trees, and the policy file of the first.
fn compare_commit(
    reader: &mut TreeReader<'_>,
    tree: Oid,
    parent: Option<Oid>,
    book: &BookPath,
) -> Result<Compared, HistoryError> {
    let mut compared =
        Compared { policy: reader.file(tree, &book.join("policy.toml"))?, ..Compared::default() };
    if parent == Some(tree) {
        return Ok(compared);
    }
    compared.touches_code = reader.differs_beside(parent, Some(tree), book.as_str(), &record_folders())?;
    let records = RecordType::ALL.into_iter().map(|record_type| (record_type.folder(), ".md"));
    for (folder, ending) in records.chain([(APPROVALS, ".sig")]) {
        let path = book.join(folder);
        let new = subtree(reader, tree, &path)?;
        let old = parent.map_or(Ok(None), |parent| subtree(reader, parent, &path))?;
        reader.compare(old, new, folder, 0, &mut |path, old, new| {
            if path.ends_with(ending) {
                compared.changes.push(Change { path: path.to_owned(), old, new });
            }
        })?;
    }
    Ok(compared)
}

/// Folders of a book whose changes are no work on a task.
fn record_folders() -> [&'static str; 4] {
    let [tasks, decisions, runbooks] = RecordType::ALL.map(RecordType::folder);
    [tasks, decisions, runbooks, APPROVALS]
}

fn subtree(reader: &mut TreeReader<'_>, root: Oid, path: &str) -> Result<Option<Oid>, HistoryError> {
    let found = reader.lookup(root, path)?;
    Ok(found.filter(|(mode, _)| *mode == 0o040000).map(|(_, oid)| oid))
}

/// For each commit given (with its tree and its parents' trees): the paths, from the root of the work
/// tree, in which it differs from *all* its parents, records and approvals left out. That is its own
/// work: whoever merges is no author (design, section 3).
pub(super) fn work_paths(
    git_dir: &Path,
    commits: &[CommitId],
    book: &BookPath,
) -> Result<Vec<Vec<String>>, HistoryError> {
    let records = record_folders().map(|folder| book.join(folder));
    commits
        .par_chunks(CHUNK)
        .map_init(Handle::default, |handle, chunk| {
            let repository = handle.open(git_dir)?;
            let odb = repository.odb().map_err(HistoryError::git)?;
            let tree_of = |oid: Oid| -> Result<(Oid, Vec<Oid>), HistoryError> {
                let raw = read_raw(&odb, oid)?;
                Ok((raw.tree, raw.parents))
            };
            let mut reader = TreeReader::new(repository.odb().map_err(HistoryError::git)?);
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
        })
        .collect::<Result<Vec<_>, _>>()
        .map(|chunks| chunks.into_iter().flatten().collect())
}
