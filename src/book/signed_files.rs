//! Files that a person may have signed in the file itself: approvals and affirmations.

use rustc_hash::FxHashMap;

use super::{Book, BookError};
use crate::history::{Blob, BlobId, History, check_text};
use crate::ledger::{Affirmations, DetachedFiles, SignedFile};
use crate::record::{Affirmation, Detached, MAX_DETACHED_BYTES, affirmation_path, detached_path};

/// A text with the armoured signature behind it, or what is wrong with the file.
type Parsed<T> = Result<(T, Option<String>), &'static str>;

impl Book {
    /// Every detached approval that some commit had.
    pub(super) fn detached(&self, history: &History) -> Result<DetachedFiles, BookError> {
        self.signed_files(history, |path| detached_path(path).is_some(), Detached::parse, Detached::text)
    }

    /// Every affirmation that some commit had.
    pub(super) fn affirmations(&self, history: &History) -> Result<Affirmations, BookError> {
        let is_it = |path: &str| affirmation_path(path).is_some();
        self.signed_files(history, is_it, Affirmation::parse, Affirmation::text)
    }

    /// Every version of the files at such paths, with what the signatures in them are worth.
    fn signed_files<T: Send>(
        &self,
        history: &History,
        is_it: impl Fn(&str) -> bool,
        parse: impl Fn(&[u8]) -> Parsed<T> + Sync,
        text_of: impl Fn(&T) -> String + Sync,
    ) -> Result<FxHashMap<BlobId, SignedFile<T>>, BookError> {
        self.versions_at(history, is_it, MAX_DETACHED_BYTES, |content| {
            let parsed = match &content {
                Blob::Bytes(bytes) => parse(bytes),
                Blob::TooLarge(_) => Err("it is too large"),
            };
            match parsed {
                Ok((text, armor)) => {
                    let check = armor.map(|armor| check_text(text_of(&text).as_bytes(), armor.as_bytes()));
                    SignedFile { text: Ok(text), check }
                }
                Err(why) => SignedFile { text: Err(why), check: None },
            }
        })
    }
}
