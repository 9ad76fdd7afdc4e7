//! What a decision's page shows besides what every record's page shows.

use serde::Serialize;

use super::model::Model;
use super::view::{Act, Reference, Row, Tone};
use crate::ledger::{Event, EventKind, ItemState, RecordState, Status, is_met_elsewhere};
use crate::record::{Details, Verdict};

/// `record.decision` in `site/decision.html`.
#[derive(Debug, Serialize)]
pub(super) struct DecisionView {
    /// The answer, large.
    pub(super) answer: &'static str,
    pub(super) tone: Tone,
    /// A sentence when the answer does not hold any more.
    pub(super) warning: Option<&'static str>,
    /// `16 May 2024`.
    pub(super) meeting: Option<String>,
    /// Who set it.
    pub(super) by: Option<Act>,
    pub(super) conditions: Vec<Check>,
    pub(super) review: Vec<Check>,
    pub(super) changes: Vec<Change>,
}

/// An item with its state.
#[derive(Debug, Serialize)]
pub(super) struct Check {
    pub(super) text: String,
    pub(super) checked: bool,
    pub(super) by: Vec<Act>,
    /// Nobody ticks it: the gate looks at it itself.
    pub(super) elsewhere: bool,
}

/// A task that is decided on.
#[derive(Debug, Serialize)]
pub(super) struct Change {
    pub(super) reference: Reference,
    /// Absent when there is no such task.
    pub(super) row: Option<Row>,
    /// `15 to add, 3 to change, 3 to destroy`.
    pub(super) plans: Vec<String>,
    pub(super) risk_reasons: Vec<String>,
    /// Whether it is as it was when the board decided, in words.
    pub(super) since: Option<String>,
    pub(super) since_tone: Tone,
}

/// The view, when the record is a decision.
pub(super) fn view(model: &Model<'_>, state: &RecordState) -> Option<DecisionView> {
    let Details::Decision(decision) = &state.record.details else { return None };
    let (answer, tone) = match state.verdict {
        None => ("Pending", Tone::Wait),
        Some(Verdict::Approved) => ("Approved", Tone::Ok),
        Some(Verdict::NeedsChanges) => ("Needs changes", Tone::Bad),
        Some(Verdict::Rejected) => ("Rejected", Tone::Bad),
    };
    let outdated = state.status == Status::Outdated;
    let is_set = |event: &&Event| matches!(event.kind, EventKind::Decided { .. });
    let set = state.events.iter().rev().find(is_set).filter(|_| state.verdict.is_some());
    Some(DecisionView {
        answer,
        tone: if outdated { Tone::Bad } else { tone },
        warning: outdated
            .then_some("Outdated: this text, or a change that it lists, was edited after the board decided."),
        meeting: decision.meeting.map(|date| date.strftime("%-d %b %Y").to_string()),
        by: set.map(|event| model.act(&event.by)),
        conditions: checks(model, state, "Conditions"),
        review: checks(model, state, "Review items"),
        changes: decision.changes.iter().map(|name| change(model, state, name)).collect(),
    })
}

/// The items of a section with their owners.
pub(super) fn checks(model: &Model<'_>, state: &RecordState, section: &str) -> Vec<Check> {
    let inside =
        |item: &&ItemState| item.section.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(section));
    let elsewhere = |check: Check| Check {
        elsewhere: is_met_elsewhere(model.input.policy, &check.text) && !check.checked,
        ..check
    };
    state.items.iter().filter(inside).map(|item| elsewhere(check(model, item))).collect()
}

fn check(model: &Model<'_>, item: &ItemState) -> Check {
    let by =
        if item.checked { item.by.iter().map(|evidence| model.act(evidence)).collect() } else { Vec::new() };
    Check { text: item.text.clone(), checked: item.checked, by, elsewhere: false }
}

fn change(model: &Model<'_>, decision: &RecordState, name: &str) -> Change {
    let record = model.by_name(name);
    let plans = record.map(super::meeting::evidence_lines);
    let of_board = record.and_then(|record| {
        let approvals = record.approvals.iter();
        approvals.into_iter().find(|approval| approval.decision.is_some() && approval.decision == decision.id)
    });
    let (since, since_tone) = match of_board {
        Some(approval) if approval.valid => (Some("unchanged since the board decided".to_owned()), Tone::Ok),
        Some(approval) if !approval.changed.is_empty() => {
            (Some(format!("changed since: {}", approval.changed.join(", "))), Tone::Bad)
        }
        Some(approval) if approval.by.is_some() => (Some(approval.detail.clone()), Tone::Bad),
        _ => (None, Tone::None),
    };
    Change {
        reference: model.reference(name),
        row: model.index_of(name).map(|index| model.row(index)),
        plans: plans.unwrap_or_default(),
        risk_reasons: record
            .and_then(|record| record.risk.as_ref())
            .map(|risk| risk.reasons.clone())
            .unwrap_or_default(),
        since,
        since_tone,
    }
}
