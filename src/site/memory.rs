//! What was rendered before, under a hash of everything that it was made from.

use std::borrow::Cow;
use std::fmt::Debug;
use std::hash::{Hash, Hasher};

use bytes::Bytes;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// SHA-256 of all inputs of a piece, or of a page's bytes.
pub type Key = [u8; 32];

/// Keeps rendered pieces from one build to the next. What is lost is rendered again: the same inputs give the
/// same bytes with and without it.
pub trait Memory: Debug + Sync {
    /// The piece that was kept under a key.
    fn get(&self, key: &Key) -> Option<Bytes>;
    /// Keeps a piece.
    fn put(&self, key: Key, piece: &[u8]);
}

impl Memory for crate::history::Pieces {
    fn get(&self, key: &Key) -> Option<Bytes> {
        self.get(key)
    }

    fn put(&self, key: Key, piece: &[u8]) {
        self.put(key, piece);
    }
}

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A block of code in colour.
    Code,
    /// What a text asks of the book around it.
    Questions,
    /// What a text is apart from its HTML.
    Body,
    /// A text's HTML.
    Html,
    /// A page.
    Page,
    /// What pages share.
    Shared,
}

impl Kind {
    /// The key of what is made from these parts.
    pub(super) fn key(self, parts: &[&[u8]]) -> Key {
        let mut hash = Sha256::new();
        hash.update([self as u8]);
        for part in parts {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }
}

/// Plain data in bytes, for a hash of it.
pub(super) fn bytes_of(data: &impl Serialize) -> Vec<u8> {
    // Of all forms this is the fastest; a map of unknown length has none in it.
    postcard::to_stdvec(data).unwrap_or_else(|_| serde_json::to_vec(data).unwrap_or_default())
}

/// A hash of what has no form of its own in bytes.
pub(super) fn hash_of(parts: &impl Hash) -> Key {
    struct Feed(Sha256);

    impl Hasher for Feed {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }

        fn finish(&self) -> u64 {
            0 // Nobody asks: the whole hash is taken below.
        }
    }

    let mut feed = Feed(Sha256::new());
    parts.hash(&mut feed);
    feed.0.finalize().into()
}

/// HTML with its hash: whether a page that shows it stands is told without looking into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Html {
    bytes: Bytes,
    pub(super) digest: Key,
}

impl Html {
    pub(super) fn new(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Html { digest: Kind::Html.key(&[&bytes]), bytes }
    }

    /// HTML that was put into a memory under its hash.
    pub(super) fn kept(digest: Key, memory: &dyn Memory) -> Option<Self> {
        memory.get(&digest).map(|bytes| Html { bytes, digest })
    }

    pub(super) fn keep(&self, memory: &dyn Memory) {
        memory.put(self.digest, &self.bytes);
    }

    pub(super) fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }
}

impl Default for Html {
    fn default() -> Self {
        Html::new(Bytes::new())
    }
}
