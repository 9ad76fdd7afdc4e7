//! Answers that were given before, each under a hash of everything that it was made from.

use std::path::PathBuf;
use std::time::SystemTime;

use super::file::{Folder, Found, name};
use crate::history::{BookPath, Repository};

/// How many answers are kept for a book.
const KEPT: usize = 16;
const ANSWER: &str = "answer-";

/// The answers that are kept for a book.
pub struct Answers {
    folder: Folder,
}

impl Answers {
    /// Those of a book, as commands gave them.
    pub fn new(repository: &Repository, book: &BookPath) -> Self {
        Answers { folder: Folder::new(repository, book, "answer") }
    }

    /// The answer under a key. One that is damaged is removed; the facts that it was made from are at hand, so
    /// nobody need be told.
    pub fn get(&self, key: &[u8; 32]) -> Option<Vec<u8>> {
        let path = self.folder.path_of(&name(ANSWER, key));
        match self.folder.read(&path) {
            // The whole key is in the file: a name holds a part of it.
            Found::Payload(mut payload) if payload.starts_with(key) => Some(payload.split_off(key.len())),
            Found::Damaged => {
                self.folder.remove(&path);
                None
            }
            _ => None,
        }
    }

    /// Keeps an answer; when it cannot be written, it is not kept.
    pub fn put(&self, key: &[u8; 32], answer: &[u8]) {
        if self.folder.write(&name(ANSWER, key), &[&key[..], answer]).is_ok() {
            self.prune();
        }
    }

    fn prune(&self) {
        let files = self.folder.list(ANSWER);
        if files.len() <= KEPT {
            return;
        }
        let mut by_age: Vec<(SystemTime, PathBuf)> = files
            .into_iter()
            .filter_map(|(path, _)| Some((path.metadata().ok()?.modified().ok()?, path)))
            .collect();
        by_age.sort();
        let n_old = by_age.len().saturating_sub(KEPT);
        for (_, path) in by_age.into_iter().take(n_old) {
            self.folder.remove(&path);
        }
    }
}
