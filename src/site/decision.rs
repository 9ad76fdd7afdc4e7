//! What a decision's page shows besides what every record's page shows.

use serde::Serialize;

use super::model::Model;
use super::view::{Act, Reference, Row, Tone};
use crate::ledger::{EventKind, ItemState, RecordState, Status};
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
}

/// A task that is decided on.
#[derive(Debug, Serialize)]
pub(super) struct Change {
    pub(super) reference: Reference,
    /// Absent when there is no such task.
    pub(super) row: Option<Row>,
    /// `15 to add, 3 to change, 3 to destroy`.
    pub(super) plans: Vec<String>,
}

/// The view, when the record is a decision.
pub(super) fn view(model: &Model<'_>, state: &RecordState) -> Option<DecisionView> {
    let Details::Decision(decision) = &state.record.details else { return None };
    let (answer, tone) = match decision.decision {
        None => ("Pending", Tone::Wait),
        Some(Verdict::Approved) => ("Approved", Tone::Ok),
        Some(Verdict::NeedsChanges) => ("Needs changes", Tone::Bad),
        Some(Verdict::Rejected) => ("Rejected", Tone::Bad),
    };
    let outdated = state.status == Status::Outdated;
    let set = state.events.iter().rev().find(|event| matches!(event.kind, EventKind::Decided { .. }));
    let checks = |section: &str| -> Vec<Check> {
        let inside = |item: &&ItemState| {
            item.section.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(section))
        };
        state.items.iter().filter(inside).map(|item| check(model, item)).collect()
    };
    Some(DecisionView {
        answer,
        tone: if outdated { Tone::Bad } else { tone },
        warning: outdated
            .then_some("Outdated: this text or a change it lists was altered after the board decided."),
        meeting: decision.meeting.map(|date| date.strftime("%-d %b %Y").to_string()),
        by: set.map(|event| model.act(&event.by)),
        conditions: checks("Conditions"),
        review: checks("Review items"),
        changes: decision.changes.iter().map(|name| change(model, name)).collect(),
    })
}

fn check(model: &Model<'_>, item: &ItemState) -> Check {
    let by =
        if item.checked { item.by.iter().map(|evidence| model.act(evidence)).collect() } else { Vec::new() };
    Check { text: item.text.clone(), checked: item.checked, by }
}

fn change(model: &Model<'_>, name: &str) -> Change {
    let index = model.index_of(name);
    let plans = index.map(|index| match &model.input.state.records[index].record.details {
        Details::Task(task) => task
            .plans
            .iter()
            .map(|(environment, plan)| {
                format!(
                    "{environment}: {} to add, {} to change, {} to destroy",
                    plan.add, plan.change, plan.destroy
                )
            })
            .collect(),
        _ => Vec::new(),
    });
    Change {
        reference: model.reference(name),
        row: index.map(|index| model.row(index)),
        plans: plans.unwrap_or_default(),
    }
}
