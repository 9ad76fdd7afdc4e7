//! The board's decisions: where each stands, and what it means for the tasks it lists (design, section 4).

use super::approval::{scope_after, tickers, trust, wanted};
use super::context::Context;
use super::state::{Approval, Status};
use super::walk::{Key, RecordIx};
use crate::diagnostic::Code;
use crate::policy::{ConditionRule, Policy};
use crate::record::{Decision, Record, RecordId, Verdict};

/// A decision as it stands.
pub(super) struct DecisionState<'a> {
    pub(super) record: RecordIx,
    pub(super) id: &'a RecordId,
    pub(super) decision: &'a Decision,
    /// The commit that set the verdict; of several owners the latest.
    pub(super) set: Option<usize>,
    pub(super) status: Status,
    /// The commit that proves the status.
    pub(super) evidence: Option<usize>,
    /// Why it is outdated.
    pub(super) outdated: Option<String>,
    /// Conditions that nobody has met, in words.
    pub(super) open_conditions: Vec<String>,
}

/// Derives one decision.
pub(super) fn decision<'a>(
    context: &Context<'_>,
    record: RecordIx,
    id: &'a RecordId,
    parsed: &'a Record,
    decision: &'a Decision,
) -> DecisionState<'a> {
    let cell = context.cell(record, &Key::Field("decision".into()));
    let owners = cell.map_or_else(Vec::new, |cell| context.owners(cell));
    let set = context.latest(owners.iter().copied());
    let created = context.cell(record, &Key::Exists).and_then(|cell| context.latest(context.owners(cell)));
    let outdated = set.and_then(|set| outdated(context, record, set));
    let (status, evidence) = match (decision.decision, set) {
        (None, _) | (_, None) => (Status::Pending, cell.and(set).or(created)),
        (Some(_), Some(set)) if outdated.is_some() => {
            (Status::Outdated, outdated.as_ref().and_then(|(_, commit)| *commit).or(Some(set)))
        }
        (Some(Verdict::Approved), set) => (Status::Approved, set),
        (Some(Verdict::NeedsChanges), set) => (Status::NeedsChanges, set),
        (Some(Verdict::Rejected), set) => (Status::Rejected, set),
    };
    let open_conditions = open_conditions(context, record, parsed);
    let outdated = outdated.map(|(why, _)| why);
    DecisionState { record, id, decision, set, status, evidence, outdated, open_conditions }
}

/// Why a decision no longer fits what was decided on, and the commit that made it so.
fn outdated(context: &Context<'_>, record: RecordIx, set: usize) -> Option<(String, Option<usize>)> {
    let now = |record| context.cell(record, &Key::Scope).map(|cell| cell.value);
    let owner = |record| {
        context.cell(record, &Key::Scope).and_then(|cell| context.latest(context.owners(cell)))
    };
    let short = |commit: Option<usize>| {
        commit.map_or_else(String::new, |commit| format!(" in {}", context.sources.history.commits[commit].id.short()))
    };
    if scope_after(context, record, set) != now(record) {
        let changed = owner(record);
        return Some((format!("its own text changed{}", short(changed)), changed));
    }
    let set = u32::try_from(set).ok()?;
    let binding = context.binding(record, &[set])?;
    binding.scopes.iter().find(|(task, scope)| now(*task).unwrap_or_default() != *scope).map(|(task, _)| {
        let id = &context.sources.walk.ids[*task as usize].1;
        let changed = owner(*task);
        (format!("{id} changed{}", short(changed)), changed)
    })
}

/// Conditions that are neither met by a tick of who may, nor by a rule that looks at them elsewhere.
fn open_conditions(context: &Context<'_>, record: RecordIx, parsed: &Record) -> Vec<String> {
    let policy = context.sources.policy;
    let board = policy.reviews.iter().find(|review| review.via_decision).map(|review| review.role.as_str());
    let mut open = Vec::new();
    for item in &parsed.items {
        let in_conditions = item.section.is_some_and(|section| {
            crate::record::normalize(&parsed.sections[section].title) == "conditions"
        });
        if !in_conditions {
            continue;
        }
        let role = match policy.condition_rule(&item.text) {
            Some(ConditionRule::Window | ConditionRule::After) => continue,
            Some(ConditionRule::Role(role)) => Some(role.as_str()),
            None => board,
        };
        let cell = context.cell(record, &Key::Item(item.key.clone()));
        let met = tickers(context, cell).into_iter().any(|commit| {
            let before = context.policy_before(commit);
            let facts = &context.sources.history.commits[commit];
            let person = before.and_then(|policy| policy.person_by_email(&facts.author.email));
            let has_role = |person, role| before.is_some_and(|policy: &Policy| policy.has_role(person, role));
            matches!((person, role), (Some(person), Some(role)) if has_role(person, role) || board.is_some_and(|board| has_role(person, board)))
                && facts.parents.len() < 2
        });
        if !met {
            open.push(item.text.clone());
        }
    }
    open
}

/// The decision in force on a task: the one that has all others in its history, else the strictest.
pub(super) fn in_force<'s, 'a>(
    context: &Context<'_>,
    decisions: &'s [DecisionState<'a>],
    task: &RecordId,
) -> Option<&'s DecisionState<'a>> {
    let listing: Vec<&DecisionState<'_>> =
        decisions.iter().filter(|d| d.decision.changes.iter().any(|id| id == task.as_str())).collect();
    let taken: Vec<&&DecisionState<'_>> = listing.iter().filter(|d| d.set.is_some()).collect();
    let last = taken.iter().find(|candidate| {
        taken.iter().all(|other| match (other.set, candidate.set) {
            (Some(other), Some(candidate)) => context.in_history(other, candidate),
            _ => false,
        })
    });
    last.copied().copied().or_else(|| taken.iter().copied().copied().max_by_key(|d| d.decision.decision)).or_else(
        || listing.first().copied(),
    )
}

/// The board's approval of a task: met only by a decision that names it, set `approved` by a member of the
/// role who did not ask for it, and still bound to the same texts.
pub(super) fn board_approval(
    context: &Context<'_>,
    decisions: &[DecisionState<'_>],
    task: &RecordId,
    requestor: Option<&str>,
    required: bool,
    deployment: Option<usize>,
) -> Option<Approval> {
    let review = context.sources.policy.reviews.iter().find(|review| review.via_decision)?;
    let found = in_force(context, decisions, task);
    if !required && found.is_none() {
        return None;
    }
    let mut approval = Approval {
        role: review.role.clone(),
        text: review.text.clone(),
        required,
        decision: found.map(|decision| decision.id.clone()),
        person: None,
        trust: None,
        valid: false,
        code: Some(Code::DecisionMissing),
        detail: format!("no decision record lists {task}"),
        by: None,
    };
    let Some(decision) = found else { return Some(approval) };
    let Some(set) = decision.set else {
        approval.detail = format!("{} is pending", decision.id);
        return Some(approval);
    };
    let facts = &context.sources.history.commits[set];
    let before = context.policy_before(set);
    let person = before.and_then(|policy| policy.person_by_email(&facts.author.email));
    let level = trust(context, before, set);
    approval.person = Some(person.unwrap_or(&facts.author.email).to_owned());
    approval.trust = Some(level);
    approval.by = Some(context.evidence(set));
    let (code, detail) = verdict(context, decision, set, person, level, requestor, deployment, &review.role);
    approval.valid = code.is_none();
    approval.code = code;
    approval.detail = detail;
    Some(approval)
}

#[expect(clippy::too_many_arguments, reason = "the facts of one act, each held against one rule")]
fn verdict(
    context: &Context<'_>,
    decision: &DecisionState<'_>,
    set: usize,
    person: Option<&str>,
    level: super::state::TrustLevel,
    requestor: Option<&str>,
    deployment: Option<usize>,
    role: &str,
) -> (Option<Code>, String) {
    let id = decision.id;
    let before = context.policy_before(set);
    let who = person.unwrap_or("somebody unlisted");
    if !person.is_some_and(|person| before.is_some_and(|policy| policy.has_role(person, role))) {
        return (Some(Code::DecisionMissing), format!("{id} was set by {who}, who has not the role `{role}`"));
    }
    if context.sources.history.commits[set].parents.len() > 1 {
        return (Some(Code::DecisionMissing), format!("{id} was set by a merge itself, which decides nothing"));
    }
    if person == requestor || person == decision.decision.requestor.as_deref() {
        return (Some(Code::DecisionMissing), format!("{id} was set by {who}, who asked for the change"));
    }
    if level < wanted(context.sources.policy.trust.approve) {
        return (Some(Code::DecisionMissing), format!("{id} was set by a commit that is only claimed to be {who}'s"));
    }
    if deployment.is_some_and(|deployment| set == deployment || !context.in_history(set, deployment)) {
        return (Some(Code::DecisionMissing), format!("{id} was set after the deployment"));
    }
    match (decision.decision.decision, &decision.outdated) {
        (Some(Verdict::Rejected), _) => (Some(Code::DecisionRejected), format!("{id} rejected it")),
        (Some(Verdict::Approved), Some(why)) if deployment.is_none() => {
            (Some(Code::DecisionOutdated), format!("{id} is outdated: {why}"))
        }
        (Some(Verdict::Approved), _) => (None, approved_words(decision)),
        (Some(Verdict::NeedsChanges), _) => (Some(Code::DecisionMissing), format!("{id} asks for changes")),
        (None, _) => (Some(Code::DecisionMissing), format!("{id} is pending")),
    }
}

fn approved_words(decision: &DecisionState<'_>) -> String {
    match decision.open_conditions.len() {
        0 => format!("approved in {}", decision.id),
        1 => format!("approved in {}, 1 condition open", decision.id),
        n => format!("approved in {}, {n} conditions open", decision.id),
    }
}
