//! Files of a site, which wait until all of it is known: nothing is written before that.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::memory::Key;
use super::standing::hash;

/// One file of the site.
#[derive(Debug, Clone)]
pub struct Page {
    /// Relative to the output, with forward slashes.
    pub path: String,
    hash: Key,
    content: Content,
}

/// Where the bytes of a page wait.
#[derive(Debug, Clone)]
enum Content {
    Memory(Vec<u8>),
    Spooled { spool: Arc<Spool>, start: u64, size: usize },
}

impl Page {
    /// A page with its bytes.
    pub fn new(path: impl Into<String>, bytes: Vec<u8>) -> Self {
        Page { path: path.into(), hash: hash(&bytes), content: Content::Memory(bytes) }
    }

    /// SHA-256 of its bytes.
    pub fn hash(&self) -> &Key {
        &self.hash
    }

    /// Its bytes.
    ///
    /// # Errors
    /// When they wait in a file and that cannot be read.
    pub fn read(&self) -> io::Result<Cow<'_, [u8]>> {
        match &self.content {
            Content::Memory(bytes) => Ok(Cow::Borrowed(bytes)),
            Content::Spooled { spool, start, size } => spool.read(*start, *size).map(Cow::Owned),
        }
    }

    /// The same, waiting in a file where much waits in memory already.
    pub(super) fn spooled(mut self, spool: &Arc<Spool>) -> Self {
        if let Content::Memory(bytes) = &self.content
            && let Some(start) = spool.write(bytes)
        {
            self.content = Content::Spooled { spool: Arc::clone(spool), start, size: bytes.len() };
        }
        self
    }

    #[cfg(test)]
    pub(super) fn text(&self) -> &str {
        match &self.content {
            Content::Memory(bytes) => std::str::from_utf8(bytes).unwrap(),
            Content::Spooled { .. } => panic!("`{}` waits in a file", self.path),
        }
    }
}

/// Of the same bytes at the same place.
impl PartialEq for Page {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path && self.hash == other.hash
    }
}

impl Eq for Page {}

/// Up to how many bytes wait in memory.
const IN_MEMORY: usize = 32 << 20;

/// A file for pages that wait, so that a large site does not stand in memory.
#[derive(Debug)]
pub struct Spool {
    file: Mutex<File>,
    n_in_memory: AtomicUsize,
}

impl Spool {
    /// Pages wait in this file, which must be empty and nobody else's.
    pub fn new(file: File) -> Self {
        Spool { file: Mutex::new(file), n_in_memory: AtomicUsize::new(0) }
    }

    fn file(&self) -> MutexGuard<'_, File> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the bytes begin in the file; `None` where they stay in memory, as they do when they cannot be written.
    fn write(&self, bytes: &[u8]) -> Option<u64> {
        if self.n_in_memory.fetch_add(bytes.len(), Ordering::Relaxed) < IN_MEMORY {
            return None;
        }
        let mut file = self.file();
        let start = file.seek(SeekFrom::End(0)).ok()?;
        file.write_all(bytes).ok()?;
        Some(start)
    }

    fn read(&self, start: u64, size: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; size];
        let mut file = self.file();
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_beyond_what_memory_holds_wait_in_a_file() {
        let spool = Arc::new(Spool::new(tempfile::tempfile().unwrap()));
        let page = |letter: u8, size| Page::new("x.html", vec![letter; size]);
        let first = page(b'a', IN_MEMORY).spooled(&spool);
        let (second, third) = (page(b'b', 3).spooled(&spool), page(b'c', 5).spooled(&spool));
        assert_eq!(spool.file().metadata().unwrap().len(), 8);
        assert_eq!(first.read().unwrap().len(), IN_MEMORY);
        assert_eq!((&*third.read().unwrap(), &*second.read().unwrap()), (&b"ccccc"[..], &b"bbb"[..]));
        assert_eq!(third, page(b'c', 5), "told by its hash");
        let out = tempfile::tempdir().unwrap();
        crate::site::write_site(out.path(), &[first, Page { path: "y.html".to_owned(), ..third.clone() }])
            .unwrap();
        assert_eq!(std::fs::read(out.path().join("y.html")).unwrap(), b"ccccc");
        assert_ne!(third, second);
    }

    #[test]
    fn a_page_that_cannot_be_put_into_the_file_stays_in_memory() {
        let path = tempfile::NamedTempFile::new().unwrap();
        let read_only = Arc::new(Spool::new(File::open(path.path()).unwrap()));
        let first = Page::new("a.html", vec![0; IN_MEMORY]).spooled(&read_only);
        let second = Page::new("b.html", b"text".to_vec()).spooled(&read_only);
        assert_eq!(first.read().unwrap().len(), IN_MEMORY);
        assert_eq!(&*second.read().unwrap(), b"text");
    }
}
