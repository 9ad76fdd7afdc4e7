//! Opens a repository and answers what stands where.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use git2::{Oid, Repository as Git};

use super::graph::History;
use super::objects::{ObjectStore, Objects};
use super::raw_tree::blob_id;
use super::read::{self, commit_id};
use super::tree::{Budget, TreeReader};
use super::types::{BlobId, CommitId, CommitTime, FileKind, TreeFile};
use super::{BookPath, FactCache, HistoryError};

/// Whether objects are verified in this process: libgit2's own setting, which is one for all repositories.
static VERIFYING: AtomicBool = AtomicBool::new(false);

/// A repository, opened for reading.
pub struct Repository {
    pub(super) git: Git,
    git_dir: PathBuf,
    pub(super) objects: ObjectStore,
}

/// What `HEAD` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The commit; `None` on a branch without commits.
    pub commit: Option<CommitId>,
    /// The branch's short name; `None` when detached.
    pub branch: Option<String>,
}

/// Opens exactly that git directory (or work tree).
pub(super) fn open(git_dir: &Path) -> Result<Git, HistoryError> {
    Git::open(git_dir).map_err(|source| HistoryError::open(git_dir, source))
}

impl Repository {
    /// Finds the repository that holds `start`, upwards as git does; `GIT_DIR` is not obeyed.
    ///
    /// # Errors
    /// [`HistoryError::NoRepository`] when there is none, [`HistoryError::Unsupported`] for formats that the
    /// git library cannot read, [`HistoryError::NotOwned`] when git's ownership check refuses.
    pub fn discover(start: &Path) -> Result<Self, HistoryError> {
        // Objects are read once and kept by whoever needs them again; libgit2 need not keep them too.
        git2::opts::enable_caching(false);
        git2::opts::strict_hash_verification(VERIFYING.load(Ordering::SeqCst));
        let git = Git::discover(start).map_err(|source| HistoryError::open(start, source))?;
        let git_dir = git.path().to_path_buf();
        let objects = ObjectStore::open(&git_dir, &git.commondir().join("objects"));
        Ok(Repository { git, git_dir, objects })
    }

    /// The same repository through another handle, for another thread.
    ///
    /// # Errors
    /// As [`discover`](Self::discover).
    pub fn reopen(&self) -> Result<Self, HistoryError> {
        let (git_dir, objects) = (self.git_dir.clone(), self.objects.clone());
        Ok(Repository { git: open(&self.git_dir)?, git_dir, objects })
    }

    /// From here on every object that is read is hashed and held against its name, in this whole process: a
    /// forged object is an error, and no cache takes the place of an object. Costs about a fifth of a cold read.
    pub fn verify_objects(&self) {
        self.objects.verify();
        VERIFYING.store(true, Ordering::SeqCst);
        git2::opts::strict_hash_verification(true);
    }

    /// Whether [`verify_objects`](Self::verify_objects) holds in this process.
    pub(super) fn verifies_objects(&self) -> bool {
        self.objects.verifies()
    }

    /// The root of the work tree; `None` in a bare repository.
    pub fn work_tree(&self) -> Option<PathBuf> {
        self.git.workdir().map(Path::to_path_buf)
    }

    /// The directory with this work tree's `HEAD` and index.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The directory with the objects, shared by all work trees.
    pub fn common_dir(&self) -> PathBuf {
        self.git.commondir().to_path_buf()
    }

    /// An operation in progress, in git's words (`merge`, `rebase`, …).
    pub fn operation(&self) -> Option<&'static str> {
        use git2::RepositoryState as S;
        match self.git.state() {
            S::Clean => None,
            S::Merge => Some("merge"),
            S::Revert | S::RevertSequence => Some("revert"),
            S::CherryPick | S::CherryPickSequence => Some("cherry-pick"),
            S::Bisect => Some("bisect"),
            S::Rebase | S::RebaseInteractive | S::RebaseMerge => Some("rebase"),
            S::ApplyMailbox | S::ApplyMailboxOrRebase => Some("am"),
        }
    }

    /// What `HEAD` names.
    ///
    /// # Errors
    /// When `HEAD` cannot be read.
    pub fn head(&self) -> Result<Head, HistoryError> {
        let reference = self.git.find_reference("HEAD").map_err(HistoryError::git)?;
        let branch = reference
            .symbolic_target()
            .ok()
            .flatten()
            .and_then(|target| target.strip_prefix("refs/heads/"))
            .map(str::to_owned);
        let commit = match self.git.head() {
            // A branch that names no readable commit is no branch without commits: that answer would be wrong.
            Ok(head) => {
                let target = head.target().map(|id| id.to_string()).unwrap_or_default();
                let object = |source| HistoryError::Object { id: target, source: Box::new(source) };
                Some(commit_id(head.peel_to_commit().map_err(object)?.id()))
            }
            Err(error) if error.code() == git2::ErrorCode::UnbornBranch => None,
            Err(error) => return Err(HistoryError::git(error)),
        };
        Ok(Head { commit, branch })
    }

    /// The commit that a revision names (`git rev-parse REV^{commit}`).
    ///
    /// # Errors
    /// [`HistoryError::UnknownRevision`].
    pub fn resolve(&self, revision: &str) -> Result<CommitId, HistoryError> {
        self.git
            .revparse_single(revision)
            .and_then(|object| object.peel_to_commit())
            .map(|commit| commit_id(commit.id()))
            .map_err(|_| HistoryError::UnknownRevision { revision: revision.to_owned() })
    }

    /// A commit's committer time.
    ///
    /// # Errors
    /// When the object is missing or unreadable.
    pub fn commit_time(&self, commit: CommitId) -> Result<CommitTime, HistoryError> {
        let time = self.git.find_commit(oid(&commit)?).map_err(HistoryError::git)?.time();
        Ok(CommitTime { seconds: time.seconds(), offset_minutes: time.offset_minutes() })
    }

    /// A commit's first parent.
    ///
    /// # Errors
    /// When the object is missing or unreadable.
    pub fn first_parent(&self, commit: CommitId) -> Result<Option<CommitId>, HistoryError> {
        let commit = self.git.find_commit(oid(&commit)?).map_err(HistoryError::git)?;
        Ok(commit.parent_id(0).ok().map(commit_id))
    }

    /// The tips of all local and remote-tracking branches, and `HEAD`.
    ///
    /// # Errors
    /// When references cannot be read.
    pub fn all_tips(&self) -> Result<Vec<CommitId>, HistoryError> {
        let mut tips: Vec<CommitId> = self.head()?.commit.into_iter().collect();
        for branch in self.git.branches(None).map_err(HistoryError::git)? {
            let (branch, _) = branch.map_err(HistoryError::git)?;
            if let Ok(commit) = branch.get().peel_to_commit() {
                tips.push(commit_id(commit.id()));
            }
        }
        tips.sort_unstable();
        tips.dedup();
        Ok(tips)
    }

    /// Reads every commit in the history of `tips`.
    ///
    /// # Errors
    /// [`HistoryError::Shallow`] for a shallow or grafted clone, whose answers could be wrong; others when an
    /// object is missing or unreadable.
    pub fn read(&self, tips: &[CommitId], book: &BookPath) -> Result<History, HistoryError> {
        self.read_with(tips, book, None)
    }

    /// The same, with what a cache knows; what is new is noted in it.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_with(
        &self,
        tips: &[CommitId],
        book: &BookPath,
        cache: Option<&mut FactCache>,
    ) -> Result<History, HistoryError> {
        self.refuse_partial_history()?;
        let tips = tips.iter().map(oid).collect::<Result<Vec<_>, _>>()?;
        read::read(&self.objects, &tips, book, cache)
    }

    /// For each commit: the paths that are its own work, records left out (see [`super::read::work_paths`]).
    ///
    /// # Errors
    /// When an object is missing or unreadable.
    pub fn work_paths(
        &self,
        commits: &[CommitId],
        book: &BookPath,
        history: &History,
        cache: Option<&mut FactCache>,
    ) -> Result<Vec<Vec<String>>, HistoryError> {
        let base = |merge: CommitId, sides: [usize; 2]| {
            let parents = &history.commits[history.position(merge)?].parents;
            let [one, other] = sides.map(|side| parents.get(side).copied());
            history.merge_base(one?, other?).map(|base| history.commits[base].id)
        };
        let Some(cache) = cache else { return read::work_paths(&self.objects, commits, book, &base) };
        let unknown: Vec<CommitId> =
            commits.iter().filter(|commit| !cache.commits.work.contains_key(commit)).copied().collect();
        let mut read = unknown.iter().zip(read::work_paths(&self.objects, &unknown, book, &base)?);
        let mut paths = Vec::with_capacity(commits.len());
        for commit in commits {
            paths.push(match cache.commits.work.remove(commit) {
                Some(known) => known,
                None => {
                    let own = read.next().map(|(_, own)| own).unwrap_or_default();
                    cache.add_work(*commit, own.clone());
                    own
                }
            });
        }
        Ok(paths)
    }

    /// Refuses a clone that holds a part of its history: answers could be wrong.
    ///
    /// # Errors
    /// [`HistoryError::Shallow`], [`HistoryError::Grafts`].
    pub fn refuse_partial_history(&self) -> Result<(), HistoryError> {
        if self.git.is_shallow() {
            return Err(HistoryError::Shallow);
        }
        let grafts = self.common_dir().join("info/grafts");
        if std::fs::metadata(&grafts).is_ok_and(|metadata| metadata.len() > 0) {
            return Err(HistoryError::Grafts { path: grafts });
        }
        Ok(())
    }

    /// A blob's bytes, unless it is larger than `limit` bytes (the size is read before the content).
    ///
    /// # Errors
    /// When the object is missing or unreadable.
    pub fn blob(&self, blob: BlobId, limit: usize) -> Result<Blob, HistoryError> {
        read_blob(&mut self.objects.reader(), blob, limit)
    }

    /// Reads many blobs on all cores and maps each; larger ones than `limit` bytes come as [`Blob::TooLarge`].
    ///
    /// # Errors
    /// When an object is missing or unreadable.
    pub fn map_blobs<K: Sync, T: Send>(
        &self,
        inputs: &[(BlobId, K)],
        limit: usize,
        map: impl Fn(&K, Blob) -> T + Sync,
    ) -> Result<Vec<T>, HistoryError> {
        self.map_blobs_with(inputs, limit, |(): &mut (), key, blob| map(key, blob))
    }

    /// The same, with something that the maps of neighbouring inputs share; it begins anew now and then.
    ///
    /// # Errors
    /// When an object is missing or unreadable.
    pub fn map_blobs_with<K: Sync, T: Send, S: Default>(
        &self,
        inputs: &[(BlobId, K)],
        limit: usize,
        map: impl Fn(&mut S, &K, Blob) -> T + Sync,
    ) -> Result<Vec<T>, HistoryError> {
        use rayon::prelude::*;
        let store = &self.objects;
        let chunks: Result<Vec<Vec<T>>, HistoryError> = inputs
            .par_chunks(256)
            .map_init(
                || store.reader(),
                |objects, chunk| {
                    let mut shared = S::default();
                    chunk
                        .iter()
                        .map(|(blob, key)| Ok(map(&mut shared, key, read_blob(objects, *blob, limit)?)))
                        .collect()
                },
            )
            .collect();
        Ok(chunks?.into_iter().flatten().collect())
    }

    /// Every file below `folder` (from the root of the work tree) in a commit, with paths from there.
    ///
    /// # Errors
    /// When an object is missing or unreadable.
    pub fn files(&self, commit: CommitId, folder: &str) -> Result<Vec<(String, TreeFile)>, HistoryError> {
        let tree = self.git.find_commit(oid(&commit)?).map_err(HistoryError::git)?.tree_id();
        let mut reader = TreeReader::new(self.objects.reader(), Budget::new());
        let mut files = Vec::new();
        if let Some(folder) = reader.tree_at(tree, folder)? {
            reader.compare(None, Some(folder), "", 0, &mut |path, _, new| {
                files.extend(new.map(|file| (path.to_owned(), file)));
            })?;
        }
        Ok(files)
    }

    /// The file at a path (from the root of the work tree) in a commit.
    ///
    /// # Errors
    /// When an object is missing or unreadable.
    pub fn file(&self, commit: CommitId, path: &str) -> Result<Option<TreeFile>, HistoryError> {
        let tree = self.git.find_commit(oid(&commit)?).map_err(HistoryError::git)?.tree_id();
        TreeReader::new(self.objects.reader(), Budget::new()).file(tree, path)
    }

    /// What the index holds for a path from the root of the work tree; `None` when it holds nothing.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn index_blob(&self, path: &str) -> Result<Option<BlobId>, HistoryError> {
        // Opened again: git may have written it since.
        let index = open(&self.git_dir)?.index().map_err(HistoryError::git)?;
        Ok(index.get_path(Path::new(path), 0).map(|entry| blob_id(entry.id)))
    }

    /// The object name that bytes would have as a blob.
    ///
    /// # Errors
    /// Never in practice; the hash of bytes in memory cannot fail.
    pub fn hash(&self, bytes: &[u8]) -> Result<BlobId, HistoryError> {
        blob_of(bytes)
    }
}

/// The object name that bytes would have as a blob.
///
/// # Errors
/// Never in practice; the hash of bytes in memory cannot fail.
pub fn blob_of(bytes: &[u8]) -> Result<BlobId, HistoryError> {
    Oid::hash_object(git2::ObjectType::Blob, bytes).map(blob_id).map_err(HistoryError::git)
}

/// A blob, as far as it was read.
#[derive(Debug)]
pub enum Blob {
    /// Its bytes.
    Bytes(Vec<u8>),
    /// Larger than the limit: its size in bytes.
    TooLarge(usize),
}

fn read_blob(objects: &mut Objects, blob: BlobId, limit: usize) -> Result<Blob, HistoryError> {
    let oid = Oid::from_bytes(&blob.0).map_err(HistoryError::git)?;
    Ok(match objects.blob(oid, limit)? {
        Ok(bytes) => Blob::Bytes(bytes.to_vec()),
        Err(size) => Blob::TooLarge(size),
    })
}

pub(super) fn oid(commit: &CommitId) -> Result<Oid, HistoryError> {
    Oid::from_bytes(&commit.0).map_err(HistoryError::git)
}

impl TreeFile {
    /// Whether it is a regular file.
    pub fn is_regular(&self) -> bool {
        self.kind == FileKind::Regular
    }
}
