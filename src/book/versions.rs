//! What every version of the records and the policy says, read once on all cores.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Book, BookError, POLICY_FILE};
use crate::history::{Blob, BlobId, Commit, CommitId, FactCache, History, TreeFile};
use crate::ledger::{
    self, Covers, DeployedRecords, Policies, Pretended, RecordIx, Signatures, Versions, Walk, WorkPaths,
};
use crate::policy::Policy;
use crate::record::{FactsReader, MAX_RECORD_BYTES, Record, RecordType, ScopeHash, ScopeRules};

/// A record file: its type, its path, its content.
type Version<'v> = (RecordType, &'v str, BlobId);

/// Parsed versions.
pub(super) type Foreseen<'v> = FxHashMap<Version<'v>, Arc<Record>>;

impl Book {
    /// Adds to the `known` ones the facts of every version of every record file, on all cores. Which of them were read is
    /// given beside.
    pub(super) fn versions(
        &self,
        history: &History,
        rules: &ScopeRules,
        known: Versions,
    ) -> Result<(Versions, Vec<(RecordType, BlobId)>), BookError> {
        let mut inputs: FxHashMap<(RecordType, BlobId), (&str, usize)> = FxHashMap::default();
        for change in history.commits.iter().flat_map(|commit| &commit.changes) {
            let Some(record_type) = RecordType::of_path(&change.path) else { continue };
            // What was there before, an earlier commit brought.
            let Some(file) = change.new.filter(|file| file.is_regular()) else { continue };
            if known.contains_key(&(record_type, file.blob)) {
                continue;
            }
            let order = inputs.len();
            inputs.entry((record_type, file.blob)).or_insert((&change.path, order));
        }
        // The versions of one file in a row: most differ from the one before in a box.
        let mut inputs: Vec<_> = inputs.into_iter().collect();
        inputs.sort_unstable_by_key(|(_, place)| *place);
        let inputs: Vec<(BlobId, (RecordType, BlobId))> =
            inputs.into_iter().map(|(version, _)| (version.1, version)).collect();
        let facts = self.repository.map_blobs_with(
            &inputs,
            MAX_RECORD_BYTES,
            |reader: &mut FactsReader, version, blob| match blob {
                Blob::Bytes(bytes) => Some((*version, reader.read(bytes, rules))),
                Blob::TooLarge(_) => None,
            },
        )?;
        let (mut versions, mut read) = (known, Vec::new());
        for (version, facts) in facts.into_iter().flatten() {
            read.push(version);
            versions.insert(version, facts);
        }
        Ok((versions, read))
    }

    /// The own work of commits, as far as they change anything besides records, and what only pretends to be one.
    pub(super) fn work_paths(
        &self,
        history: &History,
        mut positions: Vec<usize>,
        pretended: &Pretended,
        cache: Option<&mut FactCache>,
    ) -> Result<WorkPaths, BookError> {
        positions.sort_unstable();
        positions.dedup();
        let more: Vec<usize> = positions.iter().copied().filter(|at| pretended.contains_key(at)).collect();
        // What a merge put back of its other parent's, does not differ from its first.
        let may_work = |commit: &Commit| commit.touches_code || commit.parents.len() > 1;
        positions.retain(|&position| may_work(&history.commits[position]));
        let commits: Vec<CommitId> = positions.iter().map(|&position| history.commits[position].id).collect();
        let paths = self.repository.work_paths(&commits, &self.path, history, cache)?;
        let mut paths: WorkPaths = positions.into_iter().zip(paths).collect();
        for position in more {
            paths.entry(position).or_default().extend_from_slice(&pretended[&position]);
        }
        Ok(paths)
    }

    /// The own work of every commit that changes anything besides records.
    pub(super) fn every_work_path(
        &self,
        history: &History,
        pretended: &Pretended,
    ) -> Result<WorkPaths, BookError> {
        self.work_paths(history, (0..history.commits.len()).collect(), pretended, None)
    }

    /// Every version that some commit had of the regular files at such paths, by content, as `read` takes it.
    pub(super) fn versions_at<T: Send>(
        &self,
        history: &History,
        is_it: impl Fn(&str) -> bool,
        limit: usize,
        read: impl Fn(Blob) -> T + Sync,
    ) -> Result<FxHashMap<BlobId, T>, BookError> {
        let changes = history.commits.iter().flat_map(|commit| &commit.changes);
        let blobs: BTreeSet<BlobId> = changes
            .filter(|change| is_it(&change.path))
            .filter_map(|change| change.new.filter(|file| file.is_regular()))
            .map(|file| file.blob)
            .collect();
        let inputs: Vec<(BlobId, BlobId)> = blobs.into_iter().map(|blob| (blob, blob)).collect();
        let read = self.repository.map_blobs(&inputs, limit, |blob, content| (*blob, read(content)))?;
        Ok(read.into_iter().collect())
    }

    /// Verified signatures of the commits that act.
    pub(super) fn signatures(
        &self,
        history: &History,
        walk: &Walk,
        named: &FxHashMap<usize, Vec<RecordIx>>,
        covers: &Covers,
        cache: Option<&mut FactCache>,
    ) -> Result<Signatures, BookError> {
        let work = named.keys().copied().chain(covers.commits());
        self.signatures_of(history, ledger::signed_acts(history, walk, work), cache)
    }

    /// Records as they stood at deployments, as far as they differ from what stands at the tip. Those that were
    /// `foreseen` are not read again.
    pub(super) fn deployed<'v>(
        &self,
        history: &History,
        walk: &'v Walk,
        tip: usize,
        mut foreseen: Foreseen<'v>,
    ) -> Result<DeployedRecords, BookError> {
        let (mut deployed, mut missing) = (DeployedRecords::default(), Vec::new());
        for version in ledger::deployed_versions(history, walk, tip) {
            match foreseen.remove(&version) {
                Some(record) => drop(deployed.insert((version.0, version.2), record)),
                None => missing.push(version),
            }
        }
        let read = self.read_records(missing)?;
        deployed.extend(read.into_iter().map(|((of_type, _, blob), record)| ((of_type, blob), record)));
        Ok(deployed)
    }

    /// Versions that commits deployed, as far as facts tell before the walk: what the walk will ask for, and a
    /// little more or less.
    pub(super) fn foresee_deployed<'h>(
        &self,
        history: &'h History,
        versions: &Versions,
        deployment_items: &FxHashSet<String>,
    ) -> Result<Foreseen<'h>, BookError> {
        let facts = |record_type, file: Option<TreeFile>| versions.get(&(record_type, file?.blob));
        let mut latest: FxHashMap<&str, Option<ScopeHash>> = FxHashMap::default();
        let mut deployed = Vec::new();
        for change in history.commits.iter().flat_map(|commit| &commit.changes) {
            let Some(record_type) = RecordType::of_path(&change.path) else { continue };
            let (old, new) = (facts(record_type, change.old), facts(record_type, change.new));
            latest.insert(&change.path, new.and_then(|new| new.scope));
            if let (Some(file), Some(new)) = (change.new, new)
                && ledger::deploys(old, new, deployment_items)
            {
                deployed.push(((record_type, &*change.path, file.blob), new.scope));
            }
        }
        deployed.retain(|((_, path, _), scope)| latest.get(path) != Some(scope));
        let mut versions: Vec<Version<'h>> = deployed.into_iter().map(|(version, _)| version).collect();
        versions.sort_unstable();
        versions.dedup();
        self.read_records(versions)
    }

    fn read_records<'v>(&self, versions: Vec<Version<'v>>) -> Result<Foreseen<'v>, BookError> {
        let inputs: Vec<(BlobId, Version<'v>)> =
            versions.into_iter().map(|version| (version.2, version)).collect();
        let parsed = |version: &Version<'v>, content: Blob| {
            let (record_type, path, _) = *version;
            match content {
                Blob::Bytes(bytes) => Some((*version, Arc::new(Record::parse(record_type, path, &bytes)))),
                Blob::TooLarge(_) => None,
            }
        };
        let read = self.repository.map_blobs(&inputs, MAX_RECORD_BYTES, parsed)?;
        Ok(read.into_iter().flatten().collect())
    }

    /// Every policy that some commit had.
    pub(super) fn policies(&self, history: &History) -> Result<Policies, BookError> {
        let blobs: BTreeSet<BlobId> =
            history.commits.iter().filter_map(|commit| commit.policy).map(|file| file.blob).collect();
        let mut policies = Policies::default();
        for blob in blobs {
            let policy = match self.repository.blob(blob, MAX_RECORD_BYTES)? {
                Blob::Bytes(bytes) => {
                    std::str::from_utf8(&bytes).ok().and_then(|text| Policy::parse(POLICY_FILE, text).0)
                }
                Blob::TooLarge(_) => None,
            };
            policies.insert(blob, policy);
        }
        Ok(policies)
    }
}
