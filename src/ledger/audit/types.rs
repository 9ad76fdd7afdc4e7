//! What is asked of the audit and what it answers.

use super::controls::ControlChange;
use super::evidence::DeployedEvidence;
use super::late::RecordedLate;
use super::population::{Unrecorded, UnrecordedDeployment};
use crate::diagnostic::{Code, Diagnostic};
use crate::history::CommitId;
use crate::ledger::gate::{Judgement, Review};
use crate::ledger::state::{CommitRef, RiskState};
use crate::record::{RecordId, Risk, TaskKind};

/// What is asked of the audit.
#[derive(Clone, Copy)]
pub struct AuditAsk<'a> {
    /// First moment that counts, as seconds since the epoch.
    pub since: i64,
    /// First moment that no longer counts.
    pub until: i64,
    /// Position of the commit at which the book's duty begins: what it has in its history is exempt.
    pub duty: Option<usize>,
    /// The path of the policy in the book, for diagnostics.
    pub policy_path: &'a str,
    /// Whether a section still holds the template's words.
    pub is_guidance: &'a (dyn Fn(&str) -> bool + Sync),
}

/// Something that the rules did not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Its code.
    pub code: Code,
    /// What was found, in one sentence.
    pub detail: String,
    /// The commit that shows it.
    pub by: Option<CommitRef>,
}

/// One deployment.
#[derive(Debug, Clone)]
pub struct Row {
    /// The task.
    pub id: RecordId,
    /// Its title at the deployment.
    pub title: String,
    /// Its kind at the deployment.
    pub kind: Option<TaskKind>,
    /// Who asked for it.
    pub requestor: Option<String>,
    /// The environment, by the policy's name.
    pub environment: String,
    /// Whether the environment was gated.
    pub gated: bool,
    /// The reason, for an emergency.
    pub emergency: Option<String>,
    /// When it ran, as seconds since the epoch.
    pub time: i64,
    /// Whether that is what a `Deployed:` trailer states, rather than the commit's own time.
    pub stated: bool,
    /// The commit that ticked it.
    pub by: CommitRef,
    /// Authors and co-authors of that commit.
    pub deployed_by: Vec<String>,
    /// Authors and co-authors of the work that it has in its history; whoever merged has changed nothing.
    pub changed_by: Vec<String>,
    /// The commit of the trunk's first-parent line with which it landed.
    pub landed: Option<CommitRef>,
    /// What the rules say of it; `None` when the record could not be read then.
    pub judgement: Option<Judgement>,
    /// Services that the task touches.
    pub services: Vec<String>,
    /// Seconds from the last change of the text to each approval that counted.
    pub waits: Vec<i64>,
    /// What tools had found for it.
    pub evidence: DeployedEvidence,
    /// How to go back, as the record says: whether a Rollback section was written.
    pub rollback_written: bool,
    /// Ticked items about tests, with their commits.
    pub tests: Vec<(String, CommitRef)>,
    /// The board's look at an emergency.
    pub review: Option<Review>,
    /// Why it was deployed although the gate was shut, as the commit states it.
    pub anyway: Option<String>,
    /// The commit that took it back.
    pub rolled_back: Option<CommitRef>,
    /// In the order of the rules.
    pub exceptions: Vec<Exception>,
}

/// The audit's answer.
#[derive(Debug, Clone, Default)]
pub struct Audit {
    /// Every deployment in the period, oldest first.
    pub rows: Vec<Row>,
    /// Changes of infrastructure that name no task, oldest first.
    pub unrecorded: Vec<Unrecorded>,
    /// The same, where a task took it on afterwards; oldest first.
    pub late: Vec<RecordedLate>,
    /// Landed work that no deployment has in its history, oldest first.
    pub undeployed: Vec<UnrecordedDeployment>,
    /// Changes of the policy that landed in the period, the first one first.
    pub controls: Vec<ControlChange>,
    /// What the policy says and is not in force, and what is wrong with where the duty begins.
    pub policy: Vec<Diagnostic>,
    /// The commit at which the duty begins.
    pub duty: Option<CommitRef>,
}

impl Audit {
    /// Whether nothing is to be explained.
    pub fn is_clean(&self) -> bool {
        self.rows.iter().all(|row| row.exceptions.is_empty())
            && self.unrecorded.is_empty()
            && self.late.iter().all(|late| late.open.is_none())
            && self.undeployed.is_empty()
            && self.policy.is_empty()
    }
}

impl Row {
    /// The risk that counted, when the record could be read.
    pub fn risk(&self) -> Option<&RiskState> {
        self.judgement.as_ref().map(|judgement| &judgement.risk)
    }

    /// The level of that risk.
    pub fn level(&self) -> Option<Risk> {
        self.risk().map(|risk| risk.level)
    }

    /// The commits that the row rests on, without repetition.
    pub fn commits(&self) -> Vec<CommitId> {
        let judgement = self.judgement.iter();
        let requirements = judgement.flat_map(|j| j.requirements.iter().filter_map(|r| r.by.as_ref()));
        let review = match &self.review {
            Some(Review::InTime { by } | Review::Late { by }) => Some(by),
            _ => None,
        };
        let tests = self.tests.iter().map(|(_, by)| by);
        let all =
            std::iter::once(&self.by).chain(&self.landed).chain(requirements).chain(tests).chain(review);
        let mut commits: Vec<CommitId> = Vec::new();
        for by in all.chain(&self.rolled_back) {
            if !commits.contains(&by.commit) {
                commits.push(by.commit);
            }
        }
        commits
    }
}
