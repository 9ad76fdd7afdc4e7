//! What an answer is made from besides history: what the references name, and the files of the work tree.

use std::collections::BTreeMap;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::evidence::{self, OnDisk};
use super::files::{self, FileContent, RecordFile};
use super::load::{Ask, Viewed};
use super::settings::parse_config;
use super::{BOOK_FILE, Book, BookConfig, BookError};
use crate::history::{CommitId, Head};

/// Everything that [`Book::load`] derives from, read once; history is what the commits named here have in
/// theirs.
pub struct Inputs {
    pub(super) head: Head,
    pub(super) tip: Option<CommitId>,
    /// Seconds since the epoch.
    pub(super) now: i64,
    pub(super) trunk: Option<(String, CommitId)>,
    /// What names the commit that begins the policy.
    policy_root: Option<String>,
    /// Where the trunk was seen before.
    pub(super) seen: Option<CommitId>,
    pub(super) book_file: String,
    pub(super) templates: BTreeMap<String, String>,
    /// The record files of the work tree, by path, where it is looked at.
    pub(super) on_disk: Option<BTreeMap<String, RecordFile>>,
    /// The evidence of the work tree, by path.
    pub(super) evidence: Option<BTreeMap<String, OnDisk>>,
    is_present: bool,
}

impl Inputs {
    /// The commit that is read; `None` before the first.
    pub fn commit(&self) -> Option<CommitId> {
        self.tip
    }

    /// The settings.
    ///
    /// # Errors
    /// [`BookError::Settings`] with the place.
    pub fn config(&self) -> Result<BookConfig, BookError> {
        parse_config(&self.book_file)
    }

    /// The name of the trunk; `None` where nothing names one.
    pub fn trunk_name(&self) -> Option<&str> {
        self.trunk.as_ref().map(|(name, _)| name.as_str())
    }

    /// The moment of the answer, as seconds since the epoch.
    pub fn now(&self) -> i64 {
        self.now
    }

    fn add_settings(&self, hash: &mut Parts) {
        hash.add(self.book_file.as_bytes());
        hash.add_all(self.templates.iter().map(|(name, text)| (name.as_str(), text.as_bytes())));
    }

    /// A hash of all that is here but the clock: where it is equal, equal states are derived, as long as the
    /// clock makes no difference (see [`holds`](crate::ledger::holds)). `None` for another moment than the
    /// present, and before the first commit.
    pub fn fingerprint(&self) -> Option<[u8; 32]> {
        let tip = self.tip.filter(|_| self.is_present)?;
        let mut hash = Parts::default();
        hash.add(&tip.0);
        hash.add(self.head.branch.as_deref().unwrap_or_default().as_bytes());
        let (trunk, trunk_tip) = self.trunk.as_ref().map_or(("", [0; 20]), |(name, id)| (name, id.0));
        hash.add(trunk.as_bytes());
        hash.add(&trunk_tip);
        hash.add(self.policy_root.as_deref().unwrap_or_default().as_bytes());
        hash.add(&self.seen.map_or([0; 20], |seen| seen.0));
        self.add_settings(&mut hash);
        let evidence: Vec<(&str, &[u8])> = self
            .evidence
            .iter()
            .flatten()
            .map(|(path, read)| (path.as_str(), read.as_deref().unwrap_or(b"none")))
            .collect();
        hash.add_all(evidence.into_iter());
        // Files are the only thing without an end of its own, and come last.
        let files: Vec<(&String, &RecordFile)> = self.on_disk.iter().flatten().collect();
        let hashed = |(path, file): &(&String, &RecordFile)| -> [u8; 32] {
            let mut hash = Parts::default();
            hash.add(path.as_bytes());
            let (kind, content) = match &file.content {
                FileContent::Bytes(bytes) => (b"file", &bytes[..]),
                FileContent::Unusable(why) => (b"none", why.as_bytes()),
            };
            hash.add(kind);
            hash.add(content);
            hash.finish()
        };
        let hashed: Vec<[u8; 32]> = files.par_iter().map(hashed).collect();
        hashed.iter().for_each(|file| hash.add(file));
        Some(hash.finish())
    }
}

/// A hash of what was read, part by part.
#[derive(Default)]
pub struct Parts(Sha256);

impl Parts {
    /// Adds a part with its length, so that parts cannot run into each other.
    pub fn add(&mut self, part: &[u8]) {
        self.0.update((part.len() as u64).to_le_bytes());
        self.0.update(part);
    }

    /// Adds named parts, and how many they are.
    pub fn add_all<'p>(&mut self, parts: impl ExactSizeIterator<Item = (&'p str, &'p [u8])>) {
        self.add(&(parts.len() as u64).to_le_bytes());
        for (name, part) in parts {
            self.add(name.as_bytes());
            self.add(part);
        }
    }

    /// SHA-256 of all.
    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

impl Book {
    /// Reads what an answer is made from, but for history.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn inputs(&self, ask: &Ask) -> Result<Inputs, BookError> {
        self.repository.refuse_partial_history()?;
        let head = self.repository.head()?;
        let Viewed { tip, now, trunk } = self.viewed(ask, head.commit)?;
        let in_work_tree = ask.is_of_work_tree();
        // Settings come from where the records come from.
        let settings = tip.filter(|_| !in_work_tree || self.root.is_none());
        let on_disk = match &self.root {
            Some(root) if in_work_tree => Some(files::work_tree(root)?),
            _ => None,
        };
        let evidence = match &self.root {
            Some(root) if in_work_tree => Some(evidence::work_tree(root)?),
            _ => None,
        };
        Ok(Inputs {
            head,
            tip,
            now,
            policy_root: self.policy_root(ask)?,
            seen: self.seen(ask, trunk.as_ref()),
            trunk,
            book_file: self.text(settings, BOOK_FILE)?.unwrap_or_default(),
            templates: self.record_template_files(settings)?,
            on_disk,
            evidence,
            is_present: in_work_tree,
        })
    }
}
