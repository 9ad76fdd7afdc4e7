//! What every derivation is made from.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::covers::Covers;
use super::evidence::EvidenceFiles;
use super::policy_line::{Pending, PolicyLine};
use super::renumbering::Renumberings;
use super::walk::Walk;
use crate::history::{BlobId, History, SignatureCheck};
use crate::policy::Policy;
use crate::record::{Affirmation, Detached, Record, RecordType};

/// Policies by the content of `policy.toml`; `None` for one that cannot be used.
pub type Policies = FxHashMap<BlobId, Option<Policy>>;

/// The paths of each commit that names a task: its own work (see `history`), by position.
pub type WorkPaths = FxHashMap<usize, Vec<String>>;

/// By position of a commit, what it changed under the name of a record or an approval and is none, with its path from the
/// root of the work tree, as far as a policy counts that path as infrastructure. It is work like any other file.
pub type Pretended = FxHashMap<usize, Vec<String>>;

/// Verified signatures of commits, by position; a commit that is not here carries none.
pub type Signatures = FxHashMap<usize, SignatureCheck>;

/// Detached approvals by content.
pub type DetachedFiles = FxHashMap<BlobId, SignedFile<Detached>>;

/// Records as they stood at deployments, by content, as far as they differ from what stands now.
pub type DeployedRecords = FxHashMap<(RecordType, BlobId), Arc<Record>>;

/// Affirmations by content.
pub type Affirmations = FxHashMap<BlobId, SignedFile<Affirmation>>;

/// What a file holds whose text may be signed in the file itself.
#[derive(Debug, Clone)]
pub struct SignedFile<T> {
    /// What it says; else what is wrong with the file, in words.
    pub text: Result<T, &'static str>,
    /// What the signature over it is worth, where it has one.
    pub check: Option<SignatureCheck>,
}

/// Everything that state is derived from. All of it comes from objects that never change, but for `now`.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// The commits.
    pub history: &'a History,
    /// The outcome of the walk.
    pub walk: &'a Walk,
    /// Work of commits that name tasks.
    pub work_paths: &'a WorkPaths,
    /// Commits that tasks took on after they had landed.
    pub covers: &'a Covers,
    /// Signatures of the commits that matter (see [`signed_acts`](super::signed_acts)).
    pub signatures: &'a Signatures,
    /// Every detached approval that some commit had.
    pub detached: &'a DetachedFiles,
    /// Every affirmation that some commit had.
    pub affirmations: &'a Affirmations,
    /// Every piece of evidence that some commit had.
    pub evidence: &'a EvidenceFiles,
    /// Records as they were deployed.
    pub deployed: &'a DeployedRecords,
    /// Commits that gave records other IDs.
    pub renumberings: &'a Renumberings,
    /// Every policy that some commit had.
    pub policies: &'a Policies,
    /// The built-in policy, for commits before the first `policy.toml`.
    pub builtin: &'a Policy,
    /// The policy in force along the trunk.
    pub line: &'a PolicyLine,
    /// The policy in force for the state that is judged.
    pub policy: &'a Policy,
    /// What the policy file of the state says and is not in force.
    pub pending: Option<&'a Pending>,
    /// The commit that is judged.
    pub tip: usize,
    /// The tip of the trunk, when there is one.
    pub trunk: Option<usize>,
    /// The moment, as seconds since the epoch.
    pub now: i64,
}
