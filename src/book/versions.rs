//! What every version of the records and the policy says, read once on all cores.

use std::collections::{BTreeSet, HashMap};

use super::{Book, BookError, POLICY_FILE};
use crate::history::{Blob, BlobId, CommitId, History};
use crate::ledger::{Policies, Versions, WorkPaths};
use crate::policy::Policy;
use crate::record::{Facts, MAX_RECORD_BYTES, RecordType, ScopeRules};

impl Book {
    /// Facts of every version of every record file, on all cores.
    pub(super) fn versions(&self, history: &History, rules: &ScopeRules) -> Result<Versions, BookError> {
        let mut inputs: HashMap<(RecordType, BlobId), &str> = HashMap::new();
        for change in history.commits.iter().flat_map(|commit| &commit.changes) {
            let Some(record_type) = type_of(&change.path) else { continue };
            for file in [change.old, change.new].into_iter().flatten().filter(|file| file.is_regular()) {
                inputs.entry((record_type, file.blob)).or_insert(&change.path);
            }
        }
        let mut inputs: Vec<(BlobId, (RecordType, &str))> =
            inputs.into_iter().map(|((record_type, blob), path)| (blob, (record_type, path))).collect();
        inputs.sort_unstable();
        let facts =
            self.repository.map_blobs(&inputs, MAX_RECORD_BYTES, |(record_type, path), blob| match blob {
                Blob::Bytes(bytes) => Some(Facts::read(*record_type, path, &bytes, rules)),
                Blob::TooLarge(_) => None,
            })?;
        let keyed = inputs.into_iter().zip(facts);
        Ok(keyed
            .filter_map(|((blob, (record_type, _)), facts)| Some(((record_type, blob), facts?)))
            .collect())
    }

    /// The own work of every commit that names a task.
    pub(super) fn work_paths(
        &self,
        history: &History,
        named: &HashMap<usize, Vec<u32>>,
    ) -> Result<WorkPaths, BookError> {
        let mut positions: Vec<usize> = named.keys().copied().collect();
        positions.sort_unstable();
        let commits: Vec<CommitId> = positions.iter().map(|&position| history.commits[position].id).collect();
        let paths = self.repository.work_paths(&commits, &self.path)?;
        Ok(positions.into_iter().zip(paths).collect())
    }

    /// Every policy that some commit had.
    pub(super) fn policies(&self, history: &History) -> Result<Policies, BookError> {
        let blobs: BTreeSet<BlobId> =
            history.commits.iter().filter_map(|commit| commit.policy).map(|file| file.blob).collect();
        let mut policies = Policies::new();
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

fn type_of(path: &str) -> Option<RecordType> {
    let folder = path.split('/').next()?;
    RecordType::ALL.into_iter().find(|record_type| record_type.folder() == folder)
}
