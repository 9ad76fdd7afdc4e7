//! The documented JSON form of a record's state. These keys are a promise (`docs/design.md#answers`).

use serde::Serialize;

use super::evidence::HeldEvidence;
use super::state::{
    Approval, ApprovalFacet, CommitRef, Event, EventKind, RecordState, Relation, Status, TrustLevel, WorkTree,
};
use crate::diagnostic::Diagnostic;
use crate::record::{RecordId, RecordType, Risk, ScopeHash, TaskKind};

/// A record as `list --json` has it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub struct RecordJson<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    record_type: RecordType,
    kind: Option<TaskKind>,
    title: &'a str,
    path: &'a str,
    status: Status,
    evidence: Option<&'a CommitRef>,
    approval: Option<ApprovalFacet>,
    /// The weakest that the counted approvals rest on.
    trust: Option<TrustLevel>,
    risk: Option<Risk>,
    risk_reasons: &'a [String],
    emergency: Option<&'a str>,
    created: Option<&'a CommitRef>,
    updated: Option<&'a CommitRef>,
    work_tree: WorkTree,
    landed: Option<bool>,
    covers: &'a [CommitRef],
    waiting_for: &'a [String],
    blocked_by: &'a [RecordId],
    next: &'a str,
    environments: Vec<EnvironmentJson<'a>>,
    found: Vec<FoundJson<'a>>,
    scope: Option<ScopeHash>,
    approvals: &'a [Approval],
    items: Vec<ItemJson<'a>>,
    relations: &'a [Relation],
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<Vec<EventJson<'a>>>,
    diagnostics: &'a [Diagnostic],
}

#[derive(Debug, Serialize)]
struct EnvironmentJson<'a> {
    environment: &'a str,
    gated: bool,
    deployed: bool,
    evidence: Option<&'a CommitRef>,
    rolled_back: Option<&'a CommitRef>,
    stated_time: Option<&'a str>,
}

/// A piece of evidence.
#[derive(Debug, Serialize)]
struct FoundJson<'a> {
    path: &'a str,
    /// `plan`, `manifests` or `chart`; absent where it cannot be read.
    kind: Option<&'static str>,
    environment: Option<&'a str>,
    stack: Option<&'a str>,
    digest: Option<&'a str>,
    /// What was found, in one line.
    line: Option<String>,
    /// Why it cannot be relied on.
    broken: Option<String>,
}

#[derive(Debug, Serialize)]
struct ItemJson<'a> {
    section: Option<&'a str>,
    text: &'a str,
    checked: bool,
    by: &'a [CommitRef],
}

/// One event, as `log --json` has it.
#[derive(Debug, Serialize)]
pub struct EventJson<'a> {
    #[serde(flatten)]
    kind: &'a EventKind,
    by: &'a CommitRef,
    merge: bool,
}

impl<'a> EventJson<'a> {
    /// The JSON form of an event.
    pub fn new(event: &'a Event) -> Self {
        EventJson { kind: &event.kind, by: &event.by, merge: event.merge }
    }
}

impl<'a> RecordJson<'a> {
    /// The JSON form of a record; `events` adds its history.
    pub fn new(state: &'a RecordState, events: bool) -> Self {
        let task = state.record.task();
        RecordJson {
            id: &state.name,
            record_type: state.record_type,
            kind: state.kind(),
            title: state.title(),
            path: &state.record.path,
            status: state.status,
            evidence: state.evidence.as_ref(),
            approval: state.approval,
            trust: state.weakest_trust(),
            risk: state.risk.as_ref().map(|risk| risk.level),
            risk_reasons: state.risk.as_ref().map_or(&[], |risk| &risk.reasons),
            emergency: task.and_then(|task| task.emergency.as_deref()),
            created: state.created.as_ref(),
            updated: state.updated.as_ref(),
            work_tree: state.work_tree,
            landed: state.landed,
            covers: &state.covers,
            waiting_for: &state.waiting_for,
            blocked_by: &state.blocked_by,
            next: &state.next,
            environments: state.environments.iter().map(environment).collect(),
            found: state.found.iter().map(found).collect(),
            scope: state.scope,
            approvals: &state.approvals,
            items: state.items.iter().map(item).collect(),
            relations: &state.relations,
            events: events.then(|| state.events.iter().map(EventJson::new).collect()),
            diagnostics: &state.diagnostics,
        }
    }
}

fn environment(state: &super::state::EnvironmentState) -> EnvironmentJson<'_> {
    EnvironmentJson {
        environment: &state.name,
        gated: state.gated,
        deployed: state.deployed,
        evidence: state.by.as_ref(),
        rolled_back: state.rolled_back.as_ref(),
        stated_time: state.stated_time.as_deref(),
    }
}

fn found(held: &HeldEvidence) -> FoundJson<'_> {
    let file = held.file.as_deref().ok();
    FoundJson {
        path: &held.path,
        kind: file.map(|file| file.content.noun()),
        environment: file.map(|file| file.key.environment.as_str()),
        stack: file.and_then(|file| file.key.stack.as_deref()),
        digest: file.map(|file| file.content.digest()),
        line: file.map(|file| file.content.headline()),
        broken: match &held.file {
            Ok(file) => file.edited(),
            Err(error) => Some(error.to_string()),
        },
    }
}

fn item(state: &super::state::ItemState) -> ItemJson<'_> {
    ItemJson { section: state.section.as_deref(), text: &state.text, checked: state.checked, by: &state.by }
}
