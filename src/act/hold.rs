//! One act at a time: the lock that is held from reading a record to its commit.
//!
//! The lock is the operating system's, so that it ends with the process that holds it. Every `git` that an act starts
//! gets it as its standard input: where the act alone is killed, it is held until its `git` has ended too.

use std::cell::{Cell, RefCell};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::git::Git;
use super::journal::{Journal, OwnTree, Step};
use super::{ActError, leftovers};
use crate::book::Book;
use crate::history::CommitId;

/// How long another act is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked whether the other act has ended.
const PAUSE: Duration = Duration::from_millis(20);

/// The right to write in a repository, in all of its work trees. It ends when this is dropped.
pub struct Hold {
    lock: File,
    /// Where what an act needs while it runs is kept; it is gone when the act has ended.
    folder: PathBuf,
    scratch: PathBuf,
    journal: RefCell<Journal>,
    /// The commit that was read, and must still be there when it is written.
    read_at: Cell<Option<CommitId>>,
    /// Whether what is left is to be finished by the next act.
    is_unfinished: Cell<bool>,
}

impl Hold {
    /// Waits until no other act runs in the repository of a book, and finishes or takes away what a killed one left.
    /// What was read of the repository before this may be out of date. `doing` says to whoever waits what is done.
    ///
    /// # Errors
    /// [`ActError::Held`] when another act does not end, [`ActError::Io`] when the lock cannot be made.
    pub fn take(book: &Book, doing: &str) -> Result<Self, ActError> {
        let common = book.repository.common_dir();
        let ours = common.join("changebook");
        let (path, folder) = (ours.join("act.lock"), ours.join("act"));
        let io = |source| ActError::Io { doing: "written", path: path.clone(), source };
        std::fs::create_dir_all(&ours).map_err(io)?;
        let lock =
            File::options().create(true).truncate(false).read(true).write(true).open(&path).map_err(io)?;
        let mut waited = Duration::ZERO;
        loop {
            match lock.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if waited < PATIENCE => {
                    std::thread::sleep(PAUSE);
                    waited += PAUSE;
                }
                Err(TryLockError::WouldBlock) => {
                    let holder = Journal::read(&folder).map_or_else(|| "unknown".to_owned(), |j| j.holder);
                    return Err(ActError::Held { holder, seconds: PATIENCE.as_secs() });
                }
                Err(TryLockError::Error(source)) => return Err(io(source)),
            }
        }
        if folder.exists() {
            leftovers::finish_or_sweep(&common, &folder)?;
        }
        let scratch = folder.join(std::process::id().to_string());
        std::fs::create_dir_all(&scratch).map_err(io)?;
        let journal = Journal::begin(&folder, doing)?;
        Ok(Hold {
            lock,
            folder,
            scratch,
            journal: RefCell::new(journal),
            read_at: Cell::new(None),
            is_unfinished: Cell::new(false),
        })
    }

    /// Notes the commit that what is going to be written was judged by: another one there is a refusal.
    pub fn read_at(&self, commit: Option<CommitId>) {
        self.read_at.set(commit);
    }

    /// Refuses when the branch is not where it was when the record was read.
    pub(super) fn refuse_unless_at(&self, head: CommitId) -> Result<(), ActError> {
        match self.read_at.get() {
            Some(read) if read != head => Err(ActError::Moved { before: read.short(), now: head.short() }),
            _ => Ok(()),
        }
    }

    /// `git` in a work tree, which holds the lock as long as it runs.
    pub(super) fn git(&self, directory: &Path) -> Result<Git, ActError> {
        let lock = self.lock.try_clone();
        let io = |source| ActError::Io { doing: "read", path: self.folder.clone(), source };
        Ok(Git::holding(directory, lock.map_err(io)?))
    }

    /// Where files stand that are gone when the act has ended. It is named after the process, so that a `git` which a
    /// killed act has left behind writes nowhere else.
    pub(super) fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// Notes a folder of the work tree in which files are about to be written.
    ///
    /// # Errors
    /// [`ActError::Io`].
    pub fn note_folder(&self, folder: &Path) -> Result<(), ActError> {
        let mut journal = self.journal.borrow_mut();
        if journal.folders.iter().any(|known| known == folder) {
            return Ok(());
        }
        journal.folders.push(folder.to_path_buf());
        journal.write(&self.folder)
    }

    /// Notes what is about to be written (`None`: it has been).
    pub(super) fn note_step(&self, step: Option<Step>) -> Result<(), ActError> {
        let mut journal = self.journal.borrow_mut();
        journal.step = step;
        journal.write(&self.folder)
    }

    /// Notes a work tree of our own (`None`: it is gone).
    pub(super) fn note_tree(&self, tree: Option<OwnTree>) -> Result<(), ActError> {
        let mut journal = self.journal.borrow_mut();
        journal.tree = tree;
        journal.write(&self.folder)
    }

    /// Leaves the rest of the step to the next act.
    pub(super) fn leave_unfinished(&self) {
        self.is_unfinished.set(true);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if !self.is_unfinished.get() {
            // What cannot be taken away is swept by the next act.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}
