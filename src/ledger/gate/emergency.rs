//! What an emergency owes afterwards: the board's look at it.

use super::{Case, Requirement, unmet};
use crate::diagnostic::Code;
use crate::ledger::authority::{Actor, role};
use crate::ledger::context::Context;
use crate::ledger::decision::listing;
use crate::ledger::state::Evidence;
use crate::ledger::walk::{Key, RecordIx, Value};

/// How the board's review of an emergency stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Review {
    /// Decided in time, whatever the outcome.
    InTime {
        /// The commit that set the decision.
        by: Evidence,
    },
    /// Decided after the deadline.
    Late {
        /// The commit that set the decision.
        by: Evidence,
    },
    /// Still owed, until the moment given (seconds since the epoch).
    Owed {
        /// The deadline.
        until: i64,
    },
    /// Not decided, and the deadline is over.
    Overdue {
        /// The deadline.
        since: i64,
    },
}

/// The board's review of an emergency that was deployed at `time`, as it stands at `now`. Any outcome discharges
/// it; who asked for the emergency does not decide on it.
pub(in crate::ledger) fn review(context: &Context<'_>, record: RecordIx, time: i64, now: i64) -> Review {
    let policy = context.sources.policy;
    let deadline = time.saturating_add(policy.emergency.review_within);
    let board = policy.reviews.iter().find(|review| review.via_decision).map(|review| review.role.as_str());
    let requestor = text_field(context, record, "requestor");
    let set = listing(context, record).into_iter().filter_map(|decision| decision.set).filter(|&set| {
        let author = Actor::Author(&context.sources.history.commits[set].author.email);
        let by_board = board.map(|board| role(context, set, author, board));
        matches!(by_board, Some(Ok(person)) if Some(person) != requestor.as_deref())
    });
    let first = set.min_by_key(|&set| context.sources.history.commits[set].committer.time.seconds);
    match first {
        Some(set) if context.sources.history.commits[set].committer.time.seconds <= deadline => {
            Review::InTime { by: context.evidence(set) }
        }
        Some(set) => Review::Late { by: context.evidence(set) },
        None if now > deadline => Review::Overdue { since: deadline },
        None => Review::Owed { until: deadline },
    }
}

/// A text of the frontmatter as the view has it.
pub(in crate::ledger) fn text_field(context: &Context<'_>, record: RecordIx, field: &str) -> Option<String> {
    let cell = context.cell(record, &Key::Field(field.into()))?;
    match context.value(cell.value) {
        Value::Json(json) => serde_json::from_str(json).ok(),
        _ => None,
    }
}

impl Case<'_, '_> {
    /// Other emergencies of the same requestor that the board has not looked at in time shut this one.
    pub(super) fn overdue_emergencies(&self) -> Vec<Requirement> {
        let context = self.subject.context;
        let task = self.subject.task;
        let (Some(_), Some(requestor)) = (&task.emergency, &task.requestor) else { return Vec::new() };
        let now = self.time.unwrap_or(context.sources.now);
        let mut seen = Vec::new();
        let deployments = context.sources.walk.deployments.iter();
        for &(commit, record) in deployments.filter(|(commit, _)| context.has(*commit)) {
            let same = record != self.subject.record
                && text_field(context, record, "emergency").is_some()
                && text_field(context, record, "requestor").as_ref() == Some(requestor);
            if !same || seen.contains(&record) {
                continue;
            }
            let time = context.sources.history.commits[commit].committer.time.seconds;
            if let Review::Overdue { .. } = review(context, record, time, now) {
                seen.push(record);
            }
        }
        let id = |record: &RecordIx| &context.sources.walk.ids[*record as usize].1;
        let detail = |record: &RecordIx| {
            format!("the board has not looked at {}, {requestor}'s last emergency, in time", id(record))
        };
        seen.iter().map(|record| unmet(Code::EmergencyUnreviewed, detail(record))).collect()
    }
}
