//! What an emergency owes afterwards: the board's look at it.

use super::{Case, Requirement, unmet};
use crate::diagnostic::Code;
use crate::ledger::authority::{Actor, role, trust, wanted};
use crate::ledger::context::Context;
use crate::ledger::deployment::{environments_of, time};
use crate::ledger::state::Evidence;
use crate::ledger::walk::{Key, RecordIx, Value};
use crate::policy::Policy;

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

/// The board's review of an emergency that was deployed at `time` by `policy`, as it stands at `now`. Any outcome discharges
/// it; who asked for the emergency does not decide on it.
pub(in crate::ledger) fn review(
    context: &Context<'_>,
    policy: &Policy,
    record: RecordIx,
    requestor: Option<&str>,
    time: i64,
    now: i64,
) -> Review {
    let deadline = time.saturating_add(policy.emergency.review_within);
    let board = policy.reviews.iter().find(|review| review.via_decision).map(|review| review.role.as_str());
    let decisions = context.listed_in(record).iter();
    let set = decisions.flat_map(|&decision| decided(context, decision, record)).filter(|&set| {
        let facts = &context.sources.history.commits[set];
        let author = Actor::Author(&facts.author.email);
        let by_board = board.map(|board| role(context, set, author, board));
        facts.parents.len() < 2
            && matches!(by_board, Some(Ok(person)) if Some(person) != requestor)
            && trust(context, set) >= wanted(policy.trust.approve)
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

/// Commits that set a decision while it listed a task. One that was set anew has been taken all the same.
fn decided(context: &Context<'_>, decision: RecordIx, task: RecordIx) -> Vec<usize> {
    let transitions = context.transitions(decision);
    let sets = transitions.iter().filter(|transition| {
        matches!(context.key(transition), Key::Field(field) if &**field == "decision")
            && matches!(context.value(transition.to), Value::Json(_))
    });
    let lists = |commit: &u32| {
        context
            .binding(decision, &[*commit])
            .is_some_and(|binding| binding.scopes.iter().any(|(listed, _)| *listed == task))
    };
    sets.map(|transition| transition.commit).filter(lists).map(|commit| commit as usize).collect()
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
            if record == self.subject.record || seen.contains(&record) {
                continue;
            }
            // As it was deployed, and by the rules of then: whatever was edited since.
            let Some(policy) = context.policy_before(commit) else { continue };
            let then = context.at(commit, policy);
            let same = text_field(&then, record, "emergency").is_some()
                && text_field(&then, record, "requestor").as_ref() == Some(requestor);
            if !same {
                continue;
            }
            let gated = environments_of(context, policy, commit, record).into_iter().filter(|e| e.gated);
            let overdue = |environment: &crate::policy::Environment| {
                let time = time(context, policy, commit, &environment.name).seconds;
                let review = review(context, policy, record, Some(requestor), time, now);
                matches!(review, Review::Overdue { .. })
            };
            if gated.into_iter().any(overdue) {
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
