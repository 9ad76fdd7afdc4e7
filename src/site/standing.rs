//! Pages that an earlier build made and that stand where it put them: such a page is not made again as long as what it
//! shows is the same.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::input::SiteError;
use super::memory::Key;
use super::page::{Page, Spool};

/// Where the pages of an earlier build can be read.
pub trait PageStore: Debug + Sync {
    /// The page at that path in the site, where it has the bytes that `hash` is of, by SHA-256.
    fn read(&self, path: &str, hash: &Key) -> Option<Vec<u8>>;
    /// Whether the page at that path has the bytes that `hash` is of.
    fn has(&self, path: &str, hash: &Key) -> bool;
}

/// What an earlier build made, and where.
#[derive(Debug, Clone, Copy)]
pub struct Earlier<'a> {
    /// What it knew of its pages.
    pub made: &'a Made,
    /// Where they are.
    pub store: &'a dyn PageStore,
}

/// What a build knows of the pages that it made, for the next one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    pages: BTreeMap<String, Arc<MadePage>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct MadePage {
    /// Of all that the page was made from.
    key: Key,
    /// SHA-256 of its bytes.
    hash: Key,
    /// The pages that were made with it, from the same.
    with: Vec<String>,
}

impl Made {
    /// SHA-256 of a page's bytes.
    pub fn hash(&self, path: &str) -> Option<&Key> {
        self.pages.get(path).map(|page| &page.hash)
    }
}

/// A page that was asked for.
#[derive(Debug)]
pub(super) enum Asked {
    New(Page),
    /// It stands at its path, byte for byte.
    Standing(String),
}

impl Asked {
    pub(super) fn path(&self) -> &str {
        match self {
            Asked::New(page) => &page.path,
            Asked::Standing(path) => path,
        }
    }
}

/// The pages of a build as they come to be.
pub(super) struct Builder<'a> {
    earlier: Option<Earlier<'a>>,
    spool: Option<&'a Arc<Spool>>,
    made: Mutex<BTreeMap<String, Arc<MadePage>>>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(earlier: Option<Earlier<'a>>, spool: Option<&'a Arc<Spool>>) -> Self {
        Builder { earlier, spool, made: Mutex::default() }
    }

    /// The page, to be written when all are known.
    pub(super) fn waiting(&self, page: Page) -> Page {
        match self.spool {
            Some(spool) => page.spooled(spool),
            None => page,
        }
    }

    /// The page, where it was made before from what `key` is a hash of, and is still as it was written.
    pub(super) fn made_before(&self, path: &str, key: &Key) -> Option<Asked> {
        let Earlier { made, store } = self.earlier?;
        let page = made.pages.get(path).filter(|page| page.key == *key)?;
        store.has(path, &page.hash).then(|| {
            self.keep(path, Arc::clone(page));
            Asked::Standing(path.to_owned())
        })
    }

    /// The page, and those that were made with it; `None` where one of them must be made again.
    pub(super) fn all_made_before(&self, path: &str, key: &Key) -> Option<Vec<Asked>> {
        let with = &self.earlier?.made.pages.get(path)?.with;
        std::iter::once(path)
            .chain(with.iter().map(String::as_str))
            .map(|path| self.made_before(path, key))
            .collect()
    }

    /// A page that was rendered from what `key` is a hash of.
    pub(super) fn rendered(&self, path: &str, key: &Key, text: &str) -> Asked {
        self.rendered_with(path, key, text, Vec::new())
    }

    /// The same of a page that others are made with, from the same.
    pub(super) fn rendered_with(&self, path: &str, key: &Key, text: &str, with: Vec<String>) -> Asked {
        let page = Page::new(path, text.as_bytes().to_vec());
        let known = MadePage { key: *key, hash: *page.hash(), with };
        self.keep(path, Arc::new(known));
        Asked::New(self.waiting(page))
    }

    /// A page that is made each time.
    pub(super) fn finished(&self, path: &str, text: &str) -> Page {
        self.waiting(Page::new(path, text.as_bytes().to_vec()))
    }

    /// The bytes of a page.
    pub(super) fn bytes(&self, page: &Asked) -> Result<Vec<u8>, SiteError> {
        let read = || match page {
            Asked::New(page) => page.read().map(Cow::into_owned),
            Asked::Standing(path) => {
                let bytes =
                    self.earlier.and_then(|Earlier { made, store }| store.read(path, made.hash(path)?));
                bytes.ok_or_else(|| io::ErrorKind::NotFound.into())
            }
        };
        read().map_err(|source| SiteError::Unreadable { page: page.path().to_owned(), source })
    }

    fn keep(&self, path: &str, page: Arc<MadePage>) {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), page);
    }

    /// What is known of the pages, for the next build.
    pub(super) fn into_made(self) -> Made {
        let pages = self.made.into_inner().unwrap_or_else(PoisonError::into_inner);
        Made { pages }
    }
}

pub(super) fn hash(bytes: &[u8]) -> Key {
    Sha256::digest(bytes).into()
}
