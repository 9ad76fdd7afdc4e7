//! The risk that counts: the highest of what is declared and found, never lower (design, section 4).

use super::context::Context;
use super::gate::PlanInHand;
use super::state::RiskState;
use super::subject::Subject;
use super::walk::RecordIx;
use crate::policy::Policy;
use crate::record::{FoundRisk, Risk, Task};

/// Risk of a task, with a line of reason for each source. A category that the policy does not know is taken
/// as high: `check` makes it an error, and an answer must not be lower than the truth.
pub(super) fn risk(task: &Task, policy: &Policy) -> RiskState {
    let declared = task.risk.map(|risk| (risk, format!("declared: {}", risk.as_str())));
    let categories = task.categories.iter().map(|name| match policy.category(name) {
        Some(category) => (category.risk, format!("category `{name}`: {}", category.risk.as_str())),
        None => (Risk::High, format!("category `{name}` is not in the policy: taken as high")),
    });
    let shown = task.found.iter().flat_map(shown_by);
    let mut found: Vec<(Risk, String)> = declared.into_iter().chain(categories).chain(shown).collect();
    if found.is_empty() {
        let default = policy.default_risk;
        found.push((default, format!("nothing says; the policy's default: {}", default.as_str())));
    }
    let level = found.iter().map(|(risk, _)| *risk).max().unwrap_or(policy.default_risk);
    RiskState { level, reasons: found.into_iter().map(|(_, reason)| reason).collect() }
}

/// The risk of a task in a view. Infrastructure work that no evidence speaks of has at least the policy's default, whatever
/// the task declares.
pub(super) fn of_subject(subject: &Subject<'_, '_>) -> RiskState {
    let (context, policy) = (subject.context, subject.context.sources.policy);
    let mut state = risk(subject.task, policy);
    if state.level < policy.default_risk
        && subject.task.plans.is_empty()
        && subject.task.found.is_empty()
        && let Some(work) = infrastructure_work(context, subject.record)
    {
        state.level = policy.default_risk;
        let (short, level) = (context.sources.history.commits[work].id.short(), policy.default_risk.as_str());
        let reason = format!(
            "infrastructure changed in {short} and no evidence says how: the policy's default, {level}"
        );
        state.reasons.push(reason);
    }
    state
}

/// The first work commit of a task that touches infrastructure.
pub(super) fn infrastructure_work(context: &Context<'_>, record: RecordIx) -> Option<usize> {
    let sources = &context.sources;
    let touches = |work: &usize| {
        let paths = sources.work_paths.get(work);
        paths.is_some_and(|paths| paths.iter().any(|path| sources.policy.paths.matches(path)))
    };
    context.work(record).iter().copied().find(touches)
}

/// The higher of a task's risk and that of the plan in hand.
pub(super) fn with_plan(mut state: RiskState, plan: Option<&PlanInHand>) -> RiskState {
    let Some((plan, risk)) = plan.and_then(|plan| Some((plan, plan.risk?))) else { return state };
    if risk > state.level {
        state.level = risk;
        state.reasons.extend(plan.reasons.iter().map(|reason| format!("the plan given: {reason}")));
    }
    state
}

/// What evidence shows: its risk, with the line of each category.
fn shown_by(found: &FoundRisk) -> Vec<(Risk, String)> {
    match found.reasons.is_empty() {
        true => vec![(found.risk, format!("`{}`: {}", found.source, found.risk.as_str()))],
        false => {
            found.reasons.iter().map(|reason| (found.risk, format!("`{}`: {reason}", found.source))).collect()
        }
    }
}
