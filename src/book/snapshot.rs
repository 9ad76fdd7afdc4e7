//! What a request reads of references and files: all that an answer is made from but history.

use std::collections::BTreeMap;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::evidence::{self, OnDisk};
use super::files::{self, FileContent, RecordFile};
use super::settings::parse_config;
use super::{BOOK_FILE, Book, BookConfig, BookError, Request, View};
use crate::history::{CommitId, Head};

/// The name of the branch that counts, and its tip.
pub(super) type Trunk = (String, CommitId);

/// The references and files that a request names, read once; history is what the commits named here have in theirs.
pub struct Snapshot {
    pub(super) request: Request,
    pub(super) head: Head,
    pub(super) tip: Option<CommitId>,
    /// Seconds since the epoch.
    pub(super) now: i64,
    pub(super) trunk: Option<Trunk>,
    /// What names the commit that begins the policy.
    pub(super) policy_root: Option<String>,
    /// Where the trunk was seen before.
    pub(super) seen: Option<CommitId>,
    pub(super) book_file: String,
    pub(super) templates: BTreeMap<String, String>,
    /// The record files of the work tree, by path, where it is looked at.
    pub(super) on_disk: Option<BTreeMap<String, RecordFile>>,
    /// The evidence of the work tree, by path.
    pub(super) evidence: Option<BTreeMap<String, OnDisk>>,
}

impl Snapshot {
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

    fn add_settings(&self, hash: &mut Fingerprint) {
        hash.add(self.book_file.as_bytes());
        hash.add_all(self.templates.iter().map(|(name, text)| (name.as_str(), text.as_bytes())));
    }

    /// A hash of all that is here but the clock: where it is equal, equal states are derived, as long as the
    /// clock makes no difference (see [`holds`](crate::ledger::holds)). `None` for another moment than the
    /// present, and before the first commit.
    pub fn fingerprint(&self) -> Option<[u8; 32]> {
        let tip = self.tip.filter(|_| self.request.is_of_work_tree())?;
        let mut hash = Fingerprint::default();
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
            let mut hash = Fingerprint::default();
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
pub struct Fingerprint(Sha256);

impl Fingerprint {
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
    /// Reads what a request is answered from, but for history.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn snapshot(&self, request: &Request) -> Result<Snapshot, BookError> {
        self.repository.refuse_partial_history()?;
        let head = self.repository.head()?;
        let trunk = self.trunk(request, &self.policy_or_builtin(head.commit))?;
        let trunk = trunk.map(|(name, tip)| (name, request.trunk_tip.unwrap_or(tip)));
        let (tip, now) = self.tip(request, head.commit, trunk.as_ref())?;
        let in_work_tree = request.is_of_work_tree();
        let root = self.root.as_ref().filter(|_| in_work_tree);
        // Settings come from where the records come from.
        let settings = tip.filter(|_| root.is_none());
        Ok(Snapshot {
            request: request.clone(),
            head,
            tip,
            now,
            policy_root: self.policy_root(request)?,
            seen: self.seen(request, trunk.as_ref()),
            trunk,
            book_file: self.text(settings, BOOK_FILE)?.unwrap_or_default(),
            templates: self.record_template_files(settings)?,
            on_disk: root.map(|root| files::work_tree(root)).transpose()?,
            evidence: root.map(|root| evidence::work_tree(root)).transpose()?,
        })
    }

    /// Which commit is read, and at which moment.
    fn tip(
        &self,
        request: &Request,
        head: Option<CommitId>,
        trunk: Option<&Trunk>,
    ) -> Result<(Option<CommitId>, i64), BookError> {
        let trunk = || trunk.map(|(_, tip)| *tip).ok_or_else(|| self.no_trunk());
        Ok(match (&request.at, &request.view) {
            (Some(at), _) => {
                let (tip, moment) = self.moment(at, request)?;
                (Some(tip), if request.now_is_stated { request.now } else { moment })
            }
            (None, View::Head) => (head, request.now),
            (None, View::Trunk) => (Some(trunk()?), request.now),
            (None, View::Landed(revision)) => {
                trunk()?;
                (Some(self.repository.resolve(revision)?), request.now)
            }
        })
    }
}
