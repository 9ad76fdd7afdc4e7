//! What an emergency owes afterwards: the board's look at it.

use std::collections::HashMap;

use super::{Case, Requirement, unmet};
use crate::diagnostic::Code;
use crate::ledger::authority::{Actor, role, trust, wanted};
use crate::ledger::context::{Context, EmergencyDeployment};
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

/// A deployment of an emergency, as its review looks at it.
#[derive(Debug, Clone, Copy)]
pub(in crate::ledger) struct Deployed<'s> {
    pub(in crate::ledger) record: RecordIx,
    pub(in crate::ledger) commit: usize,
    /// Who asked for it.
    pub(in crate::ledger) requestor: Option<&'s str>,
    /// When it ran, as seconds since the epoch.
    pub(in crate::ledger) time: i64,
}

/// The board's review of an emergency that was deployed by `policy`, as it stands at `now`. Any outcome discharges it; who
/// asked for the emergency does not decide on it. A decision that the board took before the deployment is one on what
/// was deployed only if the text was the same.
pub(in crate::ledger) fn review(
    context: &Context<'_>,
    policy: &Policy,
    deployed: Deployed<'_>,
    now: i64,
) -> Review {
    let Deployed { record, requestor, time, .. } = deployed;
    let deadline = time.saturating_add(policy.emergency.review_within);
    let board = policy.reviews.iter().find(|review| review.via_decision).map(|review| review.role.as_str());
    let decisions = context.listed_in(record).iter();
    let set = decisions.flat_map(|&decision| decided(context, decision, deployed)).filter(|&set| {
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

/// Commits that set a decision on what was deployed, or on the task afterwards. One that was set anew has been taken all
/// the same.
fn decided(context: &Context<'_>, decision: RecordIx, deployed: Deployed<'_>) -> Vec<usize> {
    let transitions = context.transitions(decision);
    let sets = transitions.iter().filter(|transition| {
        matches!(context.key(transition), Key::Field(field) if &**field == "decision")
            && matches!(context.value(transition.to), Value::Json(_))
    });
    let then = super::super::approval::scope_after(context, deployed.record, deployed.commit);
    let is_on_it = |set: &u32| {
        let bound = context.binding(decision, &[*set]).and_then(|binding| {
            binding.scopes.iter().find(|(listed, _)| *listed == deployed.record).map(|(_, scope)| *scope)
        });
        bound.is_some() && (bound == then || context.in_history(deployed.commit, *set as usize))
    };
    sets.map(|transition| transition.commit).filter(is_on_it).map(|commit| commit as usize).collect()
}

/// Every deployment that was one of an emergency as the text and the policy were then, by who asked for it.
pub(in crate::ledger) fn emergencies(context: &Context<'_>) -> HashMap<String, Vec<EmergencyDeployment>> {
    let mut found: HashMap<String, Vec<EmergencyDeployment>> = HashMap::new();
    for &(commit, record) in &context.sources.walk.deployments {
        let Some(policy) = context.judge(commit) else { continue };
        let then = context.at(commit, policy);
        if text_field(&then, record, "emergency").is_none() {
            continue;
        }
        let Some(requestor) = text_field(&then, record, "requestor") else { continue };
        let gated = environments_of(&then, policy, commit, record).into_iter().filter(|e| e.gated);
        let times: Vec<i64> =
            gated.map(|environment| time(&then, policy, commit, &environment.name).seconds).collect();
        if !times.is_empty() {
            found.entry(requestor).or_default().push(EmergencyDeployment { commit, record, times });
        }
    }
    found
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
        let mut seen: Vec<RecordIx> = Vec::new();
        for emergency in context.emergencies_of(requestor) {
            let &EmergencyDeployment { commit, record, .. } = emergency;
            let Some(policy) = context.judge(commit) else { continue };
            if record == self.subject.record || seen.contains(&record) || !context.has(commit) {
                continue;
            }
            let overdue = |&time: &i64| {
                let deployed = Deployed { record, commit, requestor: Some(requestor), time };
                matches!(review(context, policy, deployed, now), Review::Overdue { .. })
            };
            if emergency.times.iter().any(overdue) {
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
