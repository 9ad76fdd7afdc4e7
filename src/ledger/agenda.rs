//! What a meeting of the board must see (`docs/board.md`).

use super::audit::Row;
use super::gate::Review;
use super::state::{RecordState, State, Status};
use crate::policy::{ConditionRule, Policy};
use crate::record::{Decision, Details, Risk, Verdict};

/// The agenda of one meeting, or its minutes when its decisions are set.
#[derive(Debug, Clone)]
pub struct Agenda<'s> {
    /// The meeting's day.
    pub meeting: jiff::civil::Date,
    /// Decisions for this meeting, and earlier ones that are still pending or outdated.
    pub decisions: Vec<Matter<'s>>,
    /// Tasks whose risk asks for the board and that no decision lists.
    pub unlisted: Vec<&'s RecordState>,
    /// Emergencies that the board still has to look at.
    pub reviews: Vec<&'s Row>,
    /// Approved decisions with conditions that nobody has met, on tasks that have not gone out.
    pub conditions: Vec<(&'s RecordState, &'s [String])>,
    /// Decisions of the last meeting that decided anything, with what became of their tasks.
    pub last: Vec<Matter<'s>>,
}

/// A decision with the tasks that it lists.
#[derive(Debug, Clone)]
pub struct Matter<'s> {
    /// The decision.
    pub decision: &'s RecordState,
    /// Its tasks in its order; the ID alone for one that does not exist.
    pub changes: Vec<(&'s str, Option<&'s RecordState>)>,
}

/// The agenda of a meeting. What was decided last is that of the meeting before which decided anything. `rows` are the deployments so far.
pub fn agenda<'s>(
    state: &'s State,
    policy: &Policy,
    rows: &'s [Row],
    meeting: jiff::civil::Date,
) -> Agenda<'s> {
    let decisions: Vec<(&RecordState, &Decision)> = state.records.iter().filter_map(decision).collect();
    let open = |record: &RecordState| matches!(record.status, Status::Pending | Status::Outdated);
    let now = decisions.iter().filter(|(record, decision)| match decision.meeting {
        Some(day) => day == meeting || (day < meeting && open(record)),
        None => open(record),
    });
    let before =
        decisions.iter().filter(|(record, _)| !open(record)).filter_map(|(_, decision)| decision.meeting);
    let last_day = before.filter(|day| *day < meeting).max();
    let last = decisions
        .iter()
        .filter(|(record, decision)| last_day.is_some() && decision.meeting == last_day && !open(record));
    let matter = |(record, decision): &(&'s RecordState, &'s Decision)| Matter {
        decision: record,
        changes: decision.changes.iter().map(|id| (id.as_str(), state.record(id))).collect(),
    };
    let waits = |record: &&RecordState| {
        matches!(
            record.status,
            Status::Proposed | Status::Developing | Status::InReview | Status::Staged | Status::RolledBack
        )
    };
    let listed =
        |record: &RecordState| decisions.iter().any(|(_, decision)| decision.changes.contains(&record.name));
    let asks = |record: &RecordState| match record.record.task() {
        Some(task) => {
            task.emergency.is_none()
                && record.risk.as_ref().is_some_and(|risk| policy.risk_rule(risk.level).decision)
        }
        None => false,
    };
    let gone_out = |record: Option<&RecordState>| {
        record
            .is_some_and(|record| matches!(record.status, Status::Applied | Status::Done | Status::Cancelled))
    };
    let conditions = decisions.iter().filter(|(record, decision)| {
        record.verdict == Some(Verdict::Approved)
            && !record.open_conditions.is_empty()
            && !decision.changes.iter().all(|id| gone_out(state.record(id)))
    });
    Agenda {
        meeting,
        decisions: now.map(matter).collect(),
        unlisted: state.records.iter().filter(waits).filter(|r| asks(r) && !listed(r)).collect(),
        reviews: rows
            .iter()
            .filter(|row| matches!(row.review, Some(Review::Owed { .. } | Review::Overdue { .. })))
            .collect(),
        conditions: conditions.map(|(record, _)| (*record, record.open_conditions.as_slice())).collect(),
        last: last.map(matter).collect(),
    }
}

fn decision(record: &RecordState) -> Option<(&RecordState, &Decision)> {
    match &record.record.details {
        Details::Decision(decision) => Some((record, decision)),
        _ => None,
    }
}

/// Conditions of a decision that the gate looks at itself, in words: no one ticks them.
pub fn is_met_elsewhere(policy: &Policy, condition: &str) -> bool {
    matches!(policy.condition_rule(condition), Some(ConditionRule::Window | ConditionRule::After))
}

impl Agenda<'_> {
    /// The tasks of the decisions, riskiest first, each once.
    pub fn tasks(&self) -> Vec<&RecordState> {
        let mut tasks: Vec<&RecordState> = Vec::new();
        for (_, record) in self.decisions.iter().flat_map(|matter| &matter.changes) {
            if let Some(record) = record.filter(|record| !tasks.iter().any(|known| known.name == record.name))
            {
                tasks.push(record);
            }
        }
        tasks.sort_by_key(|record| {
            std::cmp::Reverse(record.risk.as_ref().map_or(Risk::Low, |risk| risk.level))
        });
        tasks
    }
}
