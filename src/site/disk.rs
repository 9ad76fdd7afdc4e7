//! Files that builds put on disk, and how they looked then: one that looks the same holds the same, and is not read again.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::memory::Key;
use super::paths::is_safe;
use super::standing::{PageStore, hash};

/// What the file system tells of a file without reading it, where it tells enough.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Look {
    /// In bytes.
    size: u64,
    inode: u64,
    /// When the file was changed last in any way, in seconds and nanoseconds since 1970: nobody can set it.
    changed: (i64, i64),
}

impl Look {
    #[cfg(unix)]
    pub(super) fn of(found: &Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        let changed = (found.ctime(), found.ctime_nsec());
        Some(Look { size: found.len(), inode: found.ino(), changed })
    }

    #[cfg(not(unix))]
    pub(super) fn of(_: &Metadata) -> Option<Self> {
        None
    }

    /// Whether a change from now on must show in another look: clocks of file systems go in steps.
    fn is_settled(&self, now: SystemTime) -> bool {
        const STEP: i128 = 50_000_000;
        let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let (seconds, nanoseconds) = self.changed;
        let changed = i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds);
        i128::try_from(now.as_nanos()).is_ok_and(|now| now - changed > STEP)
    }
}

/// How the files of a build looked when they held what it made, by their paths.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Looks(BTreeMap<String, Noted>);

/// How one of them looked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Noted {
    look: Look,
    /// The hash of what it held.
    held: Key,
    /// False where it was written so shortly before that a change could hide behind the same look: it is read then.
    settled: bool,
}

/// The folder that a site goes to, with the pages of an earlier build where it wrote them.
#[derive(Debug)]
pub(super) struct OnDisk<'a> {
    pub(super) out: &'a Path,
    before: Looks,
    now: Mutex<Looks>,
}

impl<'a> OnDisk<'a> {
    /// The folder, and how its files looked after the earlier build; nothing, where that is not known.
    pub(super) fn new(out: &'a Path, before: Looks) -> Self {
        OnDisk { out, before, now: Mutex::default() }
    }

    /// How the files look `now` that hold what was made or stands.
    pub(super) fn into_looks(self, now: SystemTime) -> Looks {
        let mut looks = self.now.into_inner().unwrap_or_else(PoisonError::into_inner);
        looks.0.values_mut().for_each(|noted| noted.settled = noted.look.is_settled(now));
        looks
    }

    /// The hash of what a file holds, where its look tells that.
    pub(super) fn held(&self, path: &str, found: &Metadata) -> Option<&Key> {
        let before = self.before.0.get(path).filter(|noted| noted.settled)?;
        (before.look == Look::of(found)?).then_some(&before.held)
    }

    /// The files of which it is known how they looked.
    pub(super) fn noted(&self) -> impl Iterator<Item = &str> {
        self.before.0.keys().map(String::as_str)
    }

    /// Whether a file is there and holds what the earlier build made, by its look where that tells it.
    pub(super) fn is_as_noted(&self, path: &str) -> bool {
        let Some((target, found)) = self.file(path) else { return false };
        self.before.0.get(path).is_some_and(|noted| {
            let looks_the_same = Look::of(&found).as_ref() == Some(&noted.look);
            let holds = || fs::read(&target).is_ok_and(|bytes| hash(&bytes) == noted.held);
            looks_the_same && (noted.settled || holds())
        })
    }

    #[cfg(test)]
    pub(super) fn is_settled(&self, path: &str) -> bool {
        self.before.0.get(path).is_some_and(|noted| noted.settled)
    }

    /// Notes how a file looked before it was found to hold what the hash is of, or as it was put there.
    pub(super) fn note(&self, path: &str, look: Option<Look>, hash: &Key) {
        if let Some(look) = look {
            let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
            now.0.insert(path.to_owned(), Noted { look, held: *hash, settled: false });
        }
    }
}

impl OnDisk<'_> {
    /// The file of a page, where there is one.
    fn file(&self, path: &str) -> Option<(PathBuf, Metadata)> {
        let target = self.out.join(path);
        let found = target.symlink_metadata().ok().filter(|found| is_safe(path) && found.is_file())?;
        Some((target, found))
    }
}

impl PageStore for OnDisk<'_> {
    fn read(&self, path: &str, expected: &Key) -> Option<Vec<u8>> {
        let (target, found) = self.file(path)?;
        match self.held(path, &found) {
            Some(held) => fs::read(target).ok().filter(|_| held == expected),
            None => fs::read(target).ok().filter(|bytes| hash(bytes) == *expected),
        }
    }

    fn has(&self, path: &str, expected: &Key) -> bool {
        let Some((target, found)) = self.file(path) else { return false };
        let holds = match self.held(path, &found) {
            Some(held) => held == expected,
            None => fs::read(&target).is_ok_and(|bytes| hash(&bytes) == *expected),
        };
        if holds {
            self.note(path, Look::of(&found), expected);
        }
        holds
    }
}
