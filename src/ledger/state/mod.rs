//! What is derived: the state of every record, each claim with the commit that proves it.

mod event;
mod status;

use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

use super::evidence::HeldEvidence;
use super::overlap::Overlaps;
use super::relations::RelationKind;
use crate::evidence::EvidenceFile;
use crate::intake::pull_request::NamedPlan;

use crate::diagnostic::{Code, Diagnostic};
use crate::history::{CommitId, CommitTime};
use crate::record::{ItemKey, Record, RecordId, RecordType, Risk, ScopeHash, TaskKind, Verdict};

pub use event::{Event, EventKind};
pub use status::Status;

/// A commit named as proof, with its raw author (no `.mailmap`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct CommitRef {
    /// The commit.
    pub commit: CommitId,
    /// The author's name as the commit has it.
    pub author: Arc<str>,
    /// The author's e-mail as the commit has it.
    pub email: Arc<str>,
    /// The author's time, with its own offset.
    pub time: CommitTime,
    /// The policy's name (key) of the author, when the e-mail is listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<Arc<str>>,
    /// The first line of the message.
    #[serde(skip)]
    pub subject: Arc<str>,
}

/// How the work tree's file differs from the commit that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkTree {
    /// The same bytes, or there is no work tree to look at.
    Clean,
    /// The file differs.
    Modified,
    /// The file is not committed.
    Added,
    /// The file is committed and gone from the work tree.
    Removed,
}

/// A task's approval as one facet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApprovalFacet {
    /// Nothing is asked for.
    NotNeeded,
    /// So many of so many requirements are met.
    Partial {
        /// Valid now.
        met: usize,
        /// Asked for.
        of: usize,
    },
    /// Every one is valid.
    Approved,
    /// One that was given is stale.
    Stale,
    /// The board rejected it.
    Rejected,
}

impl std::fmt::Display for ApprovalFacet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ApprovalFacet::NotNeeded => f.pad("not needed"),
            ApprovalFacet::Partial { met, of } => f.pad(&format!("{met} of {of}")),
            ApprovalFacet::Approved => f.pad("approved"),
            ApprovalFacet::Stale => f.pad("stale"),
            ApprovalFacet::Rejected => f.pad("rejected"),
        }
    }
}

impl Serialize for ApprovalFacet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// How far an act can be trusted (`docs/trust.md`). Ordered: claimed < committed < signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TrustLevel {
    /// A trailer, or a commit whose committer is not its author.
    Claimed,
    /// Author and committer are the same person.
    Committed,
    /// Verified, by a key of its author.
    Signed,
}

impl TrustLevel {
    /// The word used in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            TrustLevel::Claimed => "claimed",
            TrustLevel::Committed => "committed",
            TrustLevel::Signed => "signed",
        }
    }
}

/// One approval that the risk asks for, met or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Approval {
    /// The role whose approval it is; the board's is the role of the decision, and `*` anybody else's.
    pub role: String,
    /// The item's text, or the decision record's ID.
    pub text: String,
    /// Whether the risk asks for it; one that is not asked for counts towards the number of people only.
    pub required: bool,
    /// The decision record through which the role speaks, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<RecordId>,
    /// The detached approval's path in the book, when that is the best candidate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detached: Option<String>,
    /// The best candidate, by the policy's name; the author's e-mail when not listed.
    pub person: Option<String>,
    /// Others whose approval for the role is valid too, by the policy's names.
    #[serde(skip)]
    pub also: Vec<String>,
    /// Every act for the role, and what it came to.
    #[serde(skip)]
    pub given: Vec<Given>,
    /// What the act is worth.
    pub trust: Option<TrustLevel>,
    /// Whether it counts.
    pub valid: bool,
    /// Why it does not.
    pub code: Option<Code>,
    /// One sentence: what was found.
    pub detail: String,
    /// The material content on which it was given, when there is an act.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<ScopeHash>,
    /// A commit in which the record has that content.
    #[serde(skip)]
    pub scope_at: Option<CommitId>,
    /// What of the text has changed since, by name: keys of the frontmatter and sections. Filled for stale ones
    /// by whoever can read both texts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<String>,
    /// Who could give it now, by the policy's names: in the role, and no author.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub open_to: Vec<String>,
    /// The one thing to do about it, as a command or a sentence; absent when it counts or nothing can be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub todo: Option<String>,
    /// The act.
    #[serde(rename = "commit", serialize_with = "commit_only")]
    pub by: Option<CommitRef>,
}

/// One act that is meant as an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The commit that gave it.
    pub commit: CommitId,
    /// Why it does not count, and that in one sentence; `None` when it does.
    pub broken: Option<(Code, String)>,
}

impl Approval {
    /// Everybody who gave it, when it is valid.
    pub(super) fn people(&self) -> impl Iterator<Item = &str> {
        self.person.iter().chain(&self.also).map(String::as_str).filter(|_| self.valid)
    }

    /// One that is asked for and that nobody has given.
    pub(super) fn missing(role: &str, text: &str, code: Code, detail: String) -> Self {
        Approval {
            role: role.to_owned(),
            text: text.to_owned(),
            required: true,
            decision: None,
            detached: None,
            person: None,
            also: Vec::new(),
            given: Vec::new(),
            trust: None,
            valid: false,
            code: Some(code),
            detail,
            scope: None,
            scope_at: None,
            changed: Vec::new(),
            open_to: Vec::new(),
            todo: None,
            by: None,
        }
    }
}

fn commit_only<S: Serializer>(by: &Option<CommitRef>, serializer: S) -> Result<S::Ok, S::Error> {
    by.as_ref().map(|evidence| &evidence.commit).serialize(serializer)
}

/// An item with the owners of its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemState {
    /// Its identity.
    pub key: ItemKey,
    /// The section it stands in.
    pub section: Option<String>,
    /// As shown.
    pub text: String,
    /// The state in the commit that was read.
    pub checked: bool,
    /// The owners of that state, oldest first; empty for an item that is only in the work tree.
    pub by: Vec<CommitRef>,
    /// Why its tick does not count, where it is the condition of a decision that only some may tick.
    pub uncounted: Option<(Code, String)>,
}

/// An environment that the record's items name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentState {
    /// The policy's name.
    pub name: String,
    /// Whether it is gated.
    pub gated: bool,
    /// Whether all of its items are ticked.
    pub deployed: bool,
    /// The commit that completed it.
    pub by: Option<CommitRef>,
    /// The last act was an untick.
    pub rolled_back: Option<CommitRef>,
    /// When it really ran, from the `Deployed:` trailer, as RFC 3339 text.
    pub stated_time: Option<String>,
}

/// The risk that counts, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RiskState {
    /// The highest of what was found.
    pub level: Risk,
    /// Each line says one source: declared, category `network`, default.
    pub reasons: Vec<String>,
}

/// A link between records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Relation {
    /// How this record refers to the other one, or the other one to it.
    pub kind: RelationKind,
    /// The other record.
    pub id: RecordId,
    /// Its title, when it is there.
    pub title: Option<String>,
    /// Whether the other record exists.
    pub exists: bool,
}

/// Everything derived about one record.
#[derive(Debug, Clone)]
pub struct RecordState {
    /// The name under which it is listed: its ID, or the path when the file's name is no ID.
    pub name: String,
    /// Its ID.
    pub id: Option<RecordId>,
    /// Its type.
    pub record_type: RecordType,
    /// The parsed file that the state was derived from (the commit's; the work tree's for a draft).
    pub record: Arc<Record>,
    /// Where it stands.
    pub status: Status,
    /// The commit that proves the status.
    pub evidence: Option<CommitRef>,
    /// The last commit that says a runbook was exercised.
    pub exercised: Option<CommitRef>,
    /// When a runbook's review is due, as seconds since the epoch.
    pub review_due: Option<i64>,
    /// First commit that has it.
    pub created: Option<CommitRef>,
    /// Last commit that changed its text.
    pub updated: Option<CommitRef>,
    /// Who changed its text, in order of first commit.
    pub authors: Vec<CommitRef>,
    /// Commits on the task's code.
    pub work: Vec<CommitRef>,
    /// Those of them that it took on after they had landed.
    pub covers: Vec<CommitRef>,
    /// The risk (tasks).
    pub risk: Option<RiskState>,
    /// Approvals as a facet (tasks).
    pub approval: Option<ApprovalFacet>,
    /// Approvals one by one (tasks).
    pub approvals: Vec<Approval>,
    /// Who could give an approval, or set a decision, that is asked for now; by the policy's names.
    pub waiting_for: Vec<String>,
    /// Open dependencies (tasks).
    pub blocked_by: Vec<RecordId>,
    /// Items with their owners, in file order; shared with readings that differ in the work tree alone, as the events are.
    pub items: Arc<[ItemState]>,
    /// Environments in the policy's order (tasks).
    pub environments: Vec<EnvironmentState>,
    /// What the board has said (decisions): whatever the file says, nobody else sets it.
    pub verdict: Option<Verdict>,
    /// Conditions that nobody has met (decisions).
    pub open_conditions: Vec<String>,
    /// Links in both directions.
    pub relations: Vec<Relation>,
    /// Oldest first.
    pub events: Arc<[Event]>,
    /// What the approvals bind.
    pub scope: Option<ScopeHash>,
    /// How the work tree differs.
    pub work_tree: WorkTree,
    /// Whether the last change is on the trunk; `None` when there is no trunk to compare with.
    pub landed: Option<bool>,
    /// The one thing to do next, in a few words.
    pub next: String,
    /// What tools found for it (tasks), by path.
    pub found: Vec<HeldEvidence>,
    /// Why nobody vouches for that, where it is so.
    pub unproven: Option<String>,
    /// Other tasks that change the same resources.
    pub overlaps: Overlaps,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
}

impl RecordState {
    /// The recorded plans.
    pub fn named_plans(&self) -> Vec<NamedPlan<'_>> {
        let files = self.evidence_files();
        let named = |file: &'_ EvidenceFile| file.key.words();
        files.filter_map(|file| Some(NamedPlan { place: named(file), plan: file.content.plan()? })).collect()
    }

    /// The evidence that can be read.
    pub fn evidence_files(&self) -> impl Iterator<Item = &EvidenceFile> {
        self.found.iter().filter_map(|held| held.file.as_deref().ok())
    }

    /// The weakest trust that the approvals which count rest on; `None` when none counts.
    pub fn weakest_trust(&self) -> Option<TrustLevel> {
        self.approvals.iter().filter(|approval| approval.valid).filter_map(|approval| approval.trust).min()
    }

    /// Title for people.
    pub fn title(&self) -> &str {
        self.record.title()
    }

    /// The task's kind.
    pub fn kind(&self) -> Option<TaskKind> {
        match &self.record.details {
            crate::record::Details::Task(task) => task.kind,
            _ => None,
        }
    }
}

/// The whole book at one commit and moment.
#[derive(Debug, Clone)]
pub struct State {
    /// The commit that was read; `None` before the first.
    pub at: Option<CommitRef>,
    /// The moment at which it is judged, as seconds since the epoch.
    pub now: i64,
    /// Name of the branch that was read, when it is one.
    pub branch: Option<String>,
    /// Name of the trunk, when it could be told.
    pub trunk: Option<String>,
    /// All records, by type and natural order of their names.
    pub records: Vec<RecordState>,
    /// Diagnostics of no single record: policy, duplicates.
    pub diagnostics: Vec<Diagnostic>,
}

impl State {
    /// The record of that name; letter case matters.
    pub fn record(&self, name: &str) -> Option<&RecordState> {
        self.records.iter().find(|state| state.name == name)
    }
}
