//! The risk that counts: the highest of what is declared and found, never lower (`docs/design.md#risk`).

use super::context::Context;
use super::evidence::{HeldEvidence, evidence, unproven};
use super::ix::RecordIx;
use super::state::RiskState;
use super::subject::Subject;
use crate::policy::Policy;
use crate::record::{Risk, Task, evidence_path};

/// Risk of a task, with a line of reason for each source. A category that the policy does not know is taken as high, and so
/// is evidence that cannot be read: an answer must not be lower than the truth. `unproven` says why nobody vouches for the
/// evidence, where that is so; such evidence lowers nothing.
pub(super) fn risk(
    task: &Task,
    policy: &Policy,
    evidence: &[HeldEvidence],
    unproven: Option<&str>,
) -> RiskState {
    let declared = task.risk.map(|risk| (risk, format!("declared: {}", risk.as_str())));
    let categories = task.categories.iter().map(|name| match policy.category(name) {
        Some(category) => (category.risk, format!("category `{name}`: {}", category.risk.as_str())),
        None => (Risk::High, format!("category `{name}` is not in the policy: treated as high")),
    });
    let stated: Vec<(Risk, String)> = declared.into_iter().chain(categories).collect();
    let is_stated = !stated.is_empty();
    let mut found = stated;
    found.extend(evidence.iter().flat_map(|held| shown_by(held, policy)));
    let default = policy.default_risk;
    if found.is_empty() {
        found.push((
            default,
            format!("not declared and no evidence; the policy's default: {}", default.as_str()),
        ));
    } else if let Some(why) = unproven.filter(|_| !is_stated) {
        found.push((
            default,
            format!("the evidence is not proven ({why}); the policy's default: {}", default.as_str()),
        ));
    }
    let level = found.iter().map(|(risk, _)| *risk).max().unwrap_or(default);
    let mut reasons: Vec<String> = found.into_iter().map(|(_, reason)| reason).collect();
    if let Some(why) = unproven.filter(|_| is_stated && level < default) {
        reasons.push(format!("declared by the author; the evidence is not proven ({why})"));
    }
    RiskState { level, reasons }
}

/// The risk of a task in a view. Infrastructure work that no evidence speaks of has at least the policy's default, whatever
/// the task declares.
pub(super) fn of_subject(subject: &Subject<'_, '_>) -> RiskState {
    let (context, policy) = (subject.context, subject.context.sources.policy);
    let held = evidence(context, subject.record);
    let unproven =
        if held.is_empty() { None } else { unproven(context, subject.record).into_values().next() };
    let mut state = risk(subject.task, policy, &held, unproven.as_deref());
    if state.level < policy.default_risk
        && held.is_empty()
        && let Some(work) = infrastructure_work(context, subject.record)
    {
        state.level = policy.default_risk;
        let (short, level) = (context.sources.history.commits[work].id.short(), policy.default_risk.as_str());
        let reason =
            format!("infrastructure changed in {short} without evidence; the policy's default: {level}");
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

/// What a piece of evidence shows: its risk, with the line of each category.
fn shown_by(held: &HeldEvidence, policy: &Policy) -> Vec<(Risk, String)> {
    if let Some(why) = held.broken(policy) {
        return vec![(Risk::High, format!("{}: {why}; treated as high", held.path))];
    }
    let Ok(file) = &held.file else { return Vec::new() };
    if let Some(edited) = file.edited() {
        return vec![(Risk::High, format!("{edited}; treated as high"))];
    }
    let found = file.found(policy);
    let Some(risk) = found.risk() else { return Vec::new() };
    // Several stacks and environments are told apart, one is not.
    let name = evidence_path(&held.path).map_or_else(|| held.path.clone(), |(_, key)| key.words());
    let noun = file.content.noun();
    found.reasons().iter().map(|reason| (risk, format!("{noun} for {name}: {reason}"))).collect()
}
