//! Reads objects by name, on as many threads as ask.
//!
//! libgit2 keeps one set of packs for the whole process behind locks, and two threads that read with it were
//! measured to take as long as one. So what is packed is read without it; what is loose, borrowed from another
//! repository, or in any way out of the ordinary is left to it, and so is every error.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use git2::{ObjectType, Oid};
use gix_hash::ObjectId;
use gix_object::Kind;

use super::HistoryError;
use super::packs::{PackReader, Packs};
use super::types::BlobId;

/// The name that git gives to a blob with these bytes; `None` for bytes that collide with others.
pub fn blob_name(bytes: &[u8]) -> Option<BlobId> {
    let hash = gix_object::compute_hash(gix_hash::Kind::Sha1, Kind::Blob, bytes).ok()?;
    Some(BlobId(hash.as_slice().try_into().ok()?))
}

/// The objects of one repository; readers for threads come from it.
#[derive(Clone)]
pub(super) struct ObjectStore {
    git_dir: PathBuf,
    packs: Arc<Packs>,
    /// Whether each object is hashed and held against its name.
    verifies: Arc<AtomicBool>,
}

/// A reader for one thread.
pub(super) struct Objects {
    git_dir: PathBuf,
    packs: PackReader,
    /// Opened when it is needed: that reads configuration files.
    git: Option<git2::Repository>,
    buffer: Vec<u8>,
    verifies: bool,
}

impl ObjectStore {
    /// Opens the objects of a repository, which are in `objects`.
    pub(super) fn open(git_dir: &Path, objects: &Path) -> Self {
        let packs = Arc::new(Packs::open(objects));
        ObjectStore { git_dir: git_dir.to_path_buf(), packs, verifies: Arc::default() }
    }

    /// From here on every new reader hashes each object and holds it against its name.
    pub(super) fn verify(&self) {
        self.verifies.store(true, Ordering::SeqCst);
    }

    /// Whether [`verify`](Self::verify) holds.
    pub(super) fn verifies(&self) -> bool {
        self.verifies.load(Ordering::SeqCst)
    }

    /// A reader for this thread.
    pub(super) fn reader(&self) -> Objects {
        Objects {
            git_dir: self.git_dir.clone(),
            packs: PackReader::new(Arc::clone(&self.packs)),
            git: None,
            buffer: Vec::new(),
            verifies: self.verifies(),
        }
    }
}

impl Objects {
    /// The bytes of an object of that kind; `None` when it is of another one.
    ///
    /// # Errors
    /// When it is missing, cannot be read, or (where objects are verified) is not what its name says.
    pub(super) fn read(&mut self, oid: Oid, kind: Kind) -> Result<Option<&[u8]>, HistoryError> {
        let found = match self.packed(oid)? {
            Some(found) => found,
            None => self.by_libgit2(oid)?,
        };
        Ok((found == kind).then_some(&self.buffer[..]))
    }

    /// The bytes of a blob, unless there are more than `limit`: then how many there are.
    ///
    /// # Errors
    /// As [`read`](Self::read), and when it is not a blob.
    pub(super) fn blob(&mut self, oid: Oid, limit: usize) -> Result<Result<&[u8], usize>, HistoryError> {
        let found = match self.packed(oid)? {
            Some(found) => found,
            None => {
                // The size is asked before the content: a huge file must not fill the memory.
                let git = opened(&mut self.git, &self.git_dir)?;
                let header = git.odb().and_then(|odb| odb.read_header(oid));
                let (size, _) = header.map_err(|source| HistoryError::object(oid, source.into()))?;
                if size > limit {
                    return Ok(Err(size));
                }
                self.by_libgit2(oid)?
            }
        };
        match found {
            Kind::Blob if self.buffer.len() > limit => Ok(Err(self.buffer.len())),
            Kind::Blob => Ok(Ok(&self.buffer)),
            _ => Err(HistoryError::object(oid, "it is not a blob".into())),
        }
    }

    /// The kind of an object that a pack has, its content in the buffer.
    fn packed(&mut self, oid: Oid) -> Result<Option<Kind>, HistoryError> {
        let Ok(id) = ObjectId::try_from(oid.as_bytes()) else { return Ok(None) };
        let Some(kind) = self.packs.read(&id, &mut self.buffer) else { return Ok(None) };
        if self.verifies {
            let hash = gix_object::compute_hash(id.kind(), kind, &self.buffer);
            if hash.map_err(|source| HistoryError::object(oid, source.into()))? != id {
                return Err(HistoryError::object(oid, "its content does not match its ID".into()));
            }
        }
        Ok(Some(kind))
    }

    fn by_libgit2(&mut self, oid: Oid) -> Result<Kind, HistoryError> {
        let error = |source: git2::Error| HistoryError::object(oid, source.into());
        let git = opened(&mut self.git, &self.git_dir)?;
        let odb = git.odb().map_err(error)?;
        let object = odb.read(oid).map_err(error)?;
        self.buffer.clear();
        self.buffer.extend_from_slice(object.data());
        match object.kind() {
            ObjectType::Commit => Ok(Kind::Commit),
            ObjectType::Tree => Ok(Kind::Tree),
            ObjectType::Blob => Ok(Kind::Blob),
            ObjectType::Tag => Ok(Kind::Tag),
            ObjectType::Any => Err(HistoryError::object(oid, "its type is unknown to git".into())),
        }
    }
}

fn opened<'a>(
    git: &'a mut Option<git2::Repository>,
    git_dir: &Path,
) -> Result<&'a git2::Repository, HistoryError> {
    match git {
        Some(git) => Ok(git),
        none => Ok(none.insert(super::repository::open(git_dir)?)),
    }
}
