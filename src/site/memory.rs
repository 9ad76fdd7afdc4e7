//! What was rendered before, under a hash of everything that it was made from.

use std::fmt::Debug;

use sha2::{Digest, Sha256};

/// The hash of all inputs of a piece.
pub type Key = [u8; 32];

/// Keeps rendered pieces from one build to the next. What is lost is rendered again: the same inputs give the
/// same bytes with and without it.
pub trait Memory: Debug + Sync {
    /// The piece that was kept under a key.
    fn get(&self, key: &Key) -> Option<Vec<u8>>;
    /// Keeps a piece.
    fn put(&self, key: Key, piece: &[u8]);
}

impl Memory for crate::history::Pieces {
    fn get(&self, key: &Key) -> Option<Vec<u8>> {
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
    /// A text in HTML.
    Body,
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
