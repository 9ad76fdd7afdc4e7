//! Facts that were read before: those of commits by commit, those of record files by content.
//!
//! Facts never change, so what is kept is right for as long as it is read back as it was written: every file
//! is named for one format, program version, object format and book, carries a checksum, and comes into being
//! whole, by a rename. Files are never changed. Several processes write files of their own side by side; what
//! one of them does not see it reads from git. Nothing is kept that is not in the objects too, so that losing
//! a file costs time and no answer.

mod answers;
mod commits;
mod file;
mod pieces;
mod shelf;
mod versions;
mod wire;

use std::path::PathBuf;

use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};

pub use answers::Answers;
use commits::View;
use file::{Folder, Found};
pub use pieces::Pieces;
pub(super) use shelf::{Parent, Shelf};

use super::graph::History;
use super::types::{BlobId, CommitId};
use super::{BookPath, Repository};
use crate::record::{Facts, RecordType, ScopeRules};

/// Raised whenever what is written, or the meaning of it, changes.
const FORMAT: u32 = 12;
/// A file of facts larger than this is left alone; smaller ones are joined when there are many.
const SMALL: u64 = 256 * 1024;
/// How many small files there may be.
const MANY: usize = 8;
/// What names of fact files begin with.
const PREFIX: &str = "facts-";

/// Facts of record files by type and content.
pub type FileFacts = FxHashMap<(RecordType, BlobId), Facts>;

/// What is known of commits.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct KnownCommits {
    pub(super) facts: Shelf,
    /// The own work of commits: paths from the root of the work tree.
    pub(super) work: FxHashMap<CommitId, Vec<String>>,
    /// Keys whose signatures of commits were verified.
    pub(super) keys: FxHashMap<CommitId, Box<str>>,
}

/// The cache of one book, as one run reads and adds to it.
pub struct FactCache {
    folder: Folder,
    rules: [u8; 32],
    small: Vec<PathBuf>,
    pub(super) commits: KnownCommits,
    /// What is known of record files by the scope rules in force; taken by whoever needs it.
    pub files: FileFacts,
    /// What this run found out.
    fresh: Fresh,
    damaged: usize,
}

/// What was read from git because the cache did not have it.
#[derive(Debug, Default)]
struct Fresh {
    commits: Vec<CommitId>,
    /// Without facts of commits: those are in the history.
    facts: KnownCommits,
}

impl FactCache {
    /// Reads what is known for a book; `None` where objects must be read themselves (see
    /// [`Repository::verify_objects`]).
    pub fn open(repository: &Repository, book: &BookPath, rules: &ScopeRules) -> Option<Self> {
        if repository.verifies_objects() {
            return None;
        }
        let folder = Folder::new(repository, book, "facts");
        let mut cache = FactCache {
            rules: rules_hash(rules),
            small: Vec::new(),
            commits: KnownCommits::default(),
            files: FileFacts::default(),
            fresh: Fresh::default(),
            damaged: 0,
            folder,
        };
        cache.read();
        Some(cache)
    }

    /// From here on facts of record files are kept by these rules; what was read by others is forgotten.
    pub fn go_by(&mut self, rules: &ScopeRules) {
        let rules = rules_hash(rules);
        if self.rules != rules {
            self.rules = rules;
            self.files.clear();
        }
    }

    fn read(&mut self) {
        for (path, size) in self.folder.list(PREFIX) {
            match self.folder.read(&path) {
                Found::Payload(payload) => match decode(&payload, &self.rules) {
                    Some((commits, files)) => {
                        join(&mut self.commits, commits);
                        merge(&mut self.files, files);
                        if size < SMALL {
                            self.small.push(path);
                        }
                    }
                    None => self.discard(&path),
                },
                Found::Damaged => self.discard(&path),
                Found::Foreign | Found::Nothing => {}
            }
        }
    }

    fn discard(&mut self, path: &std::path::Path) {
        self.damaged += 1;
        self.folder.remove(path);
    }

    /// What to tell the user about what was found.
    pub fn remark(&self) -> Option<String> {
        (self.damaged > 0).then(|| "the cache was damaged and has been rebuilt".to_owned())
    }

    pub(super) fn add_commits(&mut self, ids: impl IntoIterator<Item = CommitId>) {
        self.fresh.commits.extend(ids);
    }

    pub(super) fn add_work(&mut self, id: CommitId, paths: Vec<String>) {
        self.fresh.facts.work.insert(id, paths);
    }

    pub(super) fn add_key(&mut self, id: CommitId, key: Box<str>) {
        self.fresh.facts.keys.insert(id, key);
    }

    /// Keeps what this run found out: facts of commits, and those of `files` that are new. What cannot be
    /// written is not kept, which costs the next run time and nothing else.
    pub fn save<'a>(
        &self,
        history: &History,
        files: impl Iterator<Item = (&'a (RecordType, BlobId), &'a Facts)>,
    ) {
        let positions = self.fresh.commits.iter().filter_map(|id| history.position(*id));
        let commits: Vec<View<'_>> =
            positions.map(|position| View::of_commit(history, &history.commits[position])).collect();
        let files: Vec<_> = files.collect();
        let fresh = &self.fresh.facts;
        if commits.is_empty() && *fresh == KnownCommits::default() && files.is_empty() {
            return;
        }
        if self.small.len() < MANY {
            let _ = self.folder.write_named(PREFIX, &[encode(commits, fresh, &files, &self.rules)]);
            return;
        }
        self.compact(commits, files);
    }

    /// Joins the small files and what is new into one, then removes them.
    fn compact(&self, commits: Vec<View<'_>>, files: Vec<(&(RecordType, BlobId), &Facts)>) {
        let mut known = KnownCommits::default();
        merge(&mut known.work, self.fresh.facts.work.clone());
        merge(&mut known.keys, self.fresh.facts.keys.clone());
        let mut known_files = FileFacts::default();
        let mut joined = Vec::new();
        for path in &self.small {
            if let Found::Payload(payload) = self.folder.read(path)
                && let Some((more, files)) = decode(&payload, &self.rules)
            {
                join(&mut known, more);
                merge(&mut known_files, files);
                joined.push(path);
            }
        }
        let all: Vec<_> = known_files.iter().chain(files).collect();
        if let Ok(written) = self.folder.write_named(PREFIX, &[encode(commits, &known, &all, &self.rules)]) {
            for path in joined.into_iter().filter(|path| **path != written) {
                self.folder.remove(path);
            }
        }
    }
}

fn join(into: &mut KnownCommits, from: KnownCommits) {
    into.facts.join(from.facts);
    merge(&mut into.work, from.work);
    merge(&mut into.keys, from.keys);
}

/// Adds the few to the many, which fill most of what there is.
fn merge<K: Eq + std::hash::Hash, V>(into: &mut FxHashMap<K, V>, mut from: FxHashMap<K, V>) {
    if into.len() < from.len() {
        std::mem::swap(into, &mut from);
    }
    into.extend(from);
}

fn rules_hash(rules: &ScopeRules) -> [u8; 32] {
    let mut hash = Sha256::new();
    for key in &rules.free {
        hash.update(key.as_bytes());
        hash.update([0]);
    }
    hash.finalize().into()
}

/// Two parts, so that two threads read them: commits, and record files under the hash of their rules.
fn encode(
    commits: Vec<View<'_>>,
    known: &KnownCommits,
    files: &[(&(RecordType, BlobId), &Facts)],
    rules: &[u8; 32],
) -> Vec<u8> {
    let (commits, files) = rayon::join(|| commits::encode(commits, known), || versions::encode(files));
    let mut payload = Vec::with_capacity(commits.len() + files.len() + 40);
    payload.extend_from_slice(rules);
    payload.extend_from_slice(&(commits.len() as u64).to_le_bytes());
    payload.extend_from_slice(&commits);
    payload.extend_from_slice(&files);
    payload
}

fn decode(payload: &[u8], rules: &[u8; 32]) -> Option<(KnownCommits, FileFacts)> {
    let (of_rules, rest) = payload.split_first_chunk::<32>()?;
    let (length, rest) = rest.split_first_chunk::<8>()?;
    let (commits, files) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    let commits = || commits::decode(commits);
    let files = || if of_rules == rules { versions::decode(files) } else { Some(FileFacts::default()) };
    // To wake another thread takes longer than to read a few.
    let (commits, files) =
        if payload.len() < 64 * 1024 { (commits(), files()) } else { rayon::join(commits, files) };
    Some((commits?, files?))
}
