//! A record as lists show it and filters ask for it.

use super::state::{RecordState, Status, WorkTree};
use crate::history::CommitId;
use crate::record::{Details, RecordType, Risk, TaskKind};

/// Where a record stands, in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its ID, or the path when the file's name is no ID.
    pub name: String,
    /// Its type.
    pub record_type: RecordType,
    /// What a task changes.
    pub kind: Option<TaskKind>,
    /// Title for people.
    pub title: String,
    /// Where it stands.
    pub status: Status,
    /// The commit that proves the status.
    pub since: Option<Since>,
    /// The risk that counts (tasks).
    pub risk: Option<Risk>,
    /// Approvals as a facet, in words; empty for what has none.
    pub approval: String,
    /// Whether the last change is on the trunk; `None` when there is no trunk to compare with.
    pub landed: Option<bool>,
    /// How the work tree differs.
    pub work_tree: WorkTree,
    /// Labels of the frontmatter.
    pub labels: Vec<String>,
    /// Services of the frontmatter.
    pub services: Vec<String>,
    /// The window that a task names.
    pub window: Option<String>,
    /// Whoever the frontmatter says asked for it, or owns it.
    pub stated_owner: Option<String>,
    /// Who changed its text.
    pub authors: Vec<Writer>,
    /// Who could give what is asked for now; only where that was derived.
    pub waiting_for: Vec<String>,
    /// When a runbook's review is due, as seconds since the epoch.
    pub review_due: Option<i64>,
}

/// The commit that proves a status, and its day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// Its name.
    pub commit: CommitId,
    /// `2024-05-16`.
    pub day: String,
}

/// Somebody who changed a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    /// By the policy's name, when listed.
    pub person: Option<String>,
    /// The address in the commit.
    pub email: String,
}

impl Listed {
    /// The line of a record.
    pub fn of(state: &RecordState) -> Self {
        let (labels, services, window, stated_owner): (&[String], &[String], _, _) =
            match &state.record.details {
                Details::Task(task) => (&task.labels, &task.services, &task.window, &task.requestor),
                Details::Decision(decision) => (&[], &[], &None, &decision.requestor),
                Details::Runbook(runbook) => (&runbook.labels, &runbook.services, &None, &runbook.owner),
            };
        let writer = |evidence: &super::CommitRef| Writer {
            person: evidence.person.as_deref().map(str::to_owned),
            email: (*evidence.email).to_owned(),
        };
        Listed {
            name: state.name.clone(),
            record_type: state.record_type,
            kind: state.kind(),
            title: state.title().to_owned(),
            status: state.status,
            since: state
                .evidence
                .as_ref()
                .map(|evidence| Since { commit: evidence.commit, day: evidence.time.date() }),
            risk: state.risk.as_ref().map(|risk| risk.level),
            approval: state.approval.map_or_else(String::new, |approval| approval.to_string()),
            landed: state.landed,
            work_tree: state.work_tree,
            labels: labels.to_vec(),
            services: services.to_vec(),
            window: window.clone(),
            stated_owner: stated_owner.clone(),
            authors: state.authors.iter().map(writer).collect(),
            waiting_for: state.waiting_for.clone(),
            review_due: state.review_due,
        }
    }
}
