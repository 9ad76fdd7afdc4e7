//! What an emergency owes afterwards: the board's look at it.

use std::collections::BTreeSet;

use super::{Case, Requirement};
use crate::diagnostic::Code;
use crate::ledger::approval::Authors;
use crate::ledger::context::{Context, EmergencyDeployment};
use crate::ledger::decision::by_board;
use crate::ledger::deployment::{environments_of, time};
use crate::ledger::ix::RecordIx;
use crate::ledger::state::{Approval, CommitRef};
use crate::ledger::subject::Subject;
use crate::ledger::walk::{Key, Value};
use crate::policy::Policy;

/// How the board's review of an emergency stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Review {
    /// Decided in time, whatever the outcome.
    InTime {
        /// The commit that set the decision.
        by: CommitRef,
    },
    /// Decided after the deadline.
    Late {
        /// The commit that set the decision.
        by: CommitRef,
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
    /// Who asked for it, or wrote a part of it.
    pub(in crate::ledger) askers: &'s BTreeSet<String>,
    /// When it ran, as seconds since the epoch.
    pub(in crate::ledger) time: i64,
}

/// The board's review of an emergency that was deployed by `policy`, as it stands at `now`. Any outcome discharges it; who
/// asked for the emergency, or wrote a part of it, does not decide on it. A decision that the board took before the deployment is one on what
/// was deployed only if the text was the same.
pub(in crate::ledger) fn review(
    context: &Context<'_>,
    policy: &Policy,
    deployed: Deployed<'_>,
    now: i64,
) -> Review {
    let Deployed { record, askers, time, .. } = deployed;
    let deadline = time.saturating_add(policy.emergency.review_within);
    let decisions = context.listed_in(record).iter();
    let sets = decisions.flat_map(|&decision| {
        let decided = decided(context, decision, deployed).into_iter();
        decided.map(move |set| (set, by_board(context, decision, set)))
    });
    let is_others = |person: &str| !askers.contains(person);
    let set = sets.filter(|(_, by)| by.as_ref().is_ok_and(|person| is_others(person))).map(|(set, _)| set);
    let first = set.map(|set| (known_at(context, policy, set), set)).min();
    match first {
        Some((at, set)) if at <= deadline => Review::InTime { by: context.evidence(set) },
        Some((_, set)) => Review::Late { by: context.evidence(set) },
        None if now > deadline => Review::Overdue { since: deadline },
        None => Review::Owed { until: deadline },
    }
}

/// When a decision was taken, as far as its date can be believed: not before its commit's parents, and not longer before it
/// landed than the policy allows.
fn known_at(context: &Context<'_>, policy: &Policy, set: usize) -> i64 {
    let commits = &context.sources.history.commits;
    let date = |commit: usize| commits[commit].committer.time.seconds;
    let parents = commits[set].parents.iter().map(|&parent| date(parent));
    let stated = parents.chain([date(set)]).max().unwrap_or_default();
    let landed = context.landing(set).map(date);
    landed.filter(|landed| landed.saturating_sub(stated) > policy.audit.lag).unwrap_or(stated)
}

/// Commits that set a decision on what was deployed, or on the task afterwards. One that was set anew has been taken all
/// the same.
fn decided(context: &Context<'_>, decision: RecordIx, deployed: Deployed<'_>) -> Vec<usize> {
    let changes = context.changes_of(decision, "decision").into_iter();
    let sets = changes.filter(|set| matches!(context.value(set.to), Value::Json(_)));
    let then = super::super::approval::scope_after(context, deployed.record, deployed.commit);
    let is_on_it = |set: &u32| {
        let bound = context.binding(decision, &[*set]).and_then(|binding| {
            binding.scopes.iter().find(|(listed, _)| *listed == deployed.record).map(|(_, scope)| *scope)
        });
        bound.is_some() && (bound == then || context.in_history(deployed.commit, *set as usize))
    };
    sets.map(|transition| transition.commit).filter(is_on_it).map(|commit| commit as usize).collect()
}

/// Who asked for a task in the view, or wrote a part of it: whom the file names is the author's word alone.
pub(in crate::ledger) fn askers(context: &Context<'_>, record: RecordIx) -> BTreeSet<String> {
    let requestor = text_field(context, record, "requestor");
    let authors = Authors::of(context, record, requestor.as_deref(), context.sources.tip);
    authors.people().into_iter().map(str::to_owned).collect()
}

/// Every deployment that was one of an emergency as the text and the policy were then.
pub(in crate::ledger) fn emergencies(context: &Context<'_>) -> Vec<EmergencyDeployment> {
    let mut found = Vec::new();
    for &(commit, record) in &context.sources.walk.deployments {
        let Some(policy) = context.judge(commit) else { continue };
        let then = context.at(commit, policy);
        if text_field(&then, record, "emergency").is_none() {
            continue;
        }
        let gated = environments_of(&then, policy, commit, record).into_iter().filter(|e| e.gated);
        let times: Vec<i64> =
            gated.map(|environment| time(&then, policy, commit, record, &environment.name).seconds).collect();
        if !times.is_empty() {
            found.push(EmergencyDeployment { commit, record, askers: askers(&then, record), times });
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
    /// While the board has not looked in time at an emergency of somebody's, the next of theirs asks for a second person
    /// on call. One of each is enough: whoever asked for this, or wrote a part of it.
    pub(super) fn overdue_emergencies(&self, approvals: &[Approval]) -> Vec<Requirement> {
        let Subject { context, task, record, .. } = self.subject;
        if task.emergency.is_none() {
            return Vec::new();
        }
        let own = askers(context, record);
        let now = self.time.unwrap_or(context.sources.now);
        let mut seen: Vec<RecordIx> = Vec::new();
        let mut found = Vec::new();
        for emergency in context.emergencies() {
            let EmergencyDeployment { commit, record, askers, times } = emergency;
            let (commit, record) = (*commit, *record);
            let shared: Vec<&str> = askers.intersection(&own).map(String::as_str).collect();
            let Some(policy) = context.judge(commit).filter(|_| !shared.is_empty()) else { continue };
            if record == self.subject.record || seen.contains(&record) || !context.has(commit) {
                continue;
            }
            let overdue = |&time: &i64| {
                let deployed = Deployed { record, commit, askers, time };
                matches!(review(context, policy, deployed, now), Review::Overdue { .. })
            };
            if times.iter().any(overdue) {
                seen.push(record);
                found.push(self.second_on_call(record, &shared, approvals));
            }
        }
        found
    }

    /// Two different people on call have approved.
    fn second_on_call(&self, overdue: RecordIx, shared: &[&str], approvals: &[Approval]) -> Requirement {
        let roles = &self.policy().emergency.roles;
        let on_call = approvals.iter().filter(|approval| roles.contains(&approval.role));
        let people: BTreeSet<&str> = on_call.flat_map(Approval::people).collect();
        let id = &self.subject.context.sources.walk.ids[overdue].1;
        let whose = shared.join(" and ");
        let said = format!("the board has not reviewed {id}, an emergency by {whose}, in time");
        let met = people.len() >= 2;
        let detail = match met {
            true => format!("{said}: {} approved", people.into_iter().collect::<Vec<_>>().join(" and ")),
            false => format!("{said}: a second person on call must approve this one"),
        };
        Requirement { code: Code::EmergencyUnreviewed, met, detail, by: None }
    }
}
