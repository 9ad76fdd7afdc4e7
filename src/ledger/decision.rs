//! The board's decisions: where each stands, and what it means for the tasks it lists (design, section 4).

use super::approval::{Judged, scope_after, tickers};
use super::authority::{Actor, role, trust, wanted};
use super::context::Context;
use super::state::{Approval, Status};
use super::walk::{Key, RecordIx};
use crate::diagnostic::Code;
use crate::policy::ConditionRule;
use crate::record::{Decision, Details, Item, Record, RecordId, RecordType, Verdict};

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

/// Every decision of the view that can be read, by number.
pub(super) fn decisions<'a>(context: &Context<'a>) -> Vec<DecisionState<'a>> {
    let ids = context.sources.walk.ids.iter().enumerate();
    ids.filter(|(_, (record_type, _))| *record_type == RecordType::Decision)
        .filter_map(|(record, _)| of_record(context, RecordIx::try_from(record).ok()?))
        .collect()
}

fn of_record<'a>(context: &Context<'a>, record: RecordIx) -> Option<DecisionState<'a>> {
    let parsed = context.parsed(record)?;
    let Details::Decision(details) = &parsed.details else { return None };
    let id = &context.sources.walk.ids[record as usize].1;
    Some(decision(context, record, id, parsed, details))
}

/// The decisions of the view that ever listed a task.
pub(super) fn listing<'a>(context: &Context<'a>, task: RecordIx) -> Vec<DecisionState<'a>> {
    context.listed_in(task).iter().filter_map(|&record| of_record(context, record)).collect()
}

/// Derives one decision.
fn decision<'a>(
    context: &Context<'_>,
    record: RecordIx,
    id: &'a RecordId,
    parsed: &'a Record,
    decision: &'a Decision,
) -> DecisionState<'a> {
    let cell = context.cell(record, &Key::Field("decision".into()));
    let owners = cell.map_or_else(Vec::new, |cell| context.owners(cell));
    let set = setter(context, &owners);
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

/// Of several who set the same, one of the board before all others.
fn setter(context: &Context<'_>, owners: &[usize]) -> Option<usize> {
    let board = context.sources.policy.reviews.iter().find(|review| review.via_decision);
    let may = |commit: &usize| {
        let facts = &context.sources.history.commits[*commit];
        board.is_some_and(|board| {
            facts.parents.len() < 2
                && role(context, *commit, Actor::Author(&facts.author.email), &board.role).is_ok()
                && trust(context, *commit) >= wanted(context.sources.policy.trust.approve)
        })
    };
    let of_board = match owners {
        [_, _, ..] => context.latest(owners.iter().copied().filter(may)),
        _ => None,
    };
    of_board.or_else(|| context.latest(owners.iter().copied()))
}

/// Why a decision no longer fits what was decided on, and the commit that made it so.
fn outdated(context: &Context<'_>, record: RecordIx, set: usize) -> Option<(String, Option<usize>)> {
    let now = |record| context.cell(record, &Key::Scope).map(|cell| cell.value);
    let owner =
        |record| context.cell(record, &Key::Scope).and_then(|cell| context.latest(context.owners(cell)));
    let short = |commit: Option<usize>| {
        commit.map_or_else(String::new, |commit| {
            format!(" in {}", context.sources.history.commits[commit].id.short())
        })
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
    for item in parsed.items_in("conditions") {
        let named = match policy.condition_rule(&item.text) {
            Some(ConditionRule::Window | ConditionRule::After) => continue,
            Some(ConditionRule::Role(role)) => Some(role.as_str()),
            None => None,
        };
        let met = met_by_one_of(context, record, item, named.into_iter().chain(board)).is_some();
        if !met {
            open.push(item.text.clone());
        }
    }
    open
}

/// The commit that meets a condition: a tick by somebody who may.
pub(super) fn met_by(context: &Context<'_>, record: RecordIx, item: &Item) -> Option<usize> {
    let policy = context.sources.policy;
    let board = policy.reviews.iter().find(|review| review.via_decision).map(|review| review.role.as_str());
    let named = match policy.condition_rule(&item.text) {
        Some(ConditionRule::Role(role)) => Some(role.as_str()),
        _ => None,
    };
    met_by_one_of(context, record, item, named.into_iter().chain(board))
}

fn met_by_one_of<'r>(
    context: &Context<'_>,
    record: RecordIx,
    item: &Item,
    roles: impl Iterator<Item = &'r str> + Clone,
) -> Option<usize> {
    let cell = context.cell(record, &Key::Item(item.key.clone()));
    tickers(context, cell).into_iter().find(|&commit| {
        let facts = &context.sources.history.commits[commit];
        let author = Actor::Author(&facts.author.email);
        facts.parents.len() < 2
            && roles.clone().any(|name| role(context, commit, author, name).is_ok())
            && trust(context, commit) >= wanted(context.sources.policy.trust.approve)
    })
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
    last.copied()
        .copied()
        .or_else(|| taken.iter().copied().copied().max_by_key(|d| d.decision.decision))
        .or_else(|| listing.first().copied())
}

/// The board's approval of a task: met only by a decision that names it, set `approved` by a member of the
/// role who did not ask for it, and still bound to the same texts. `None` when nobody asks for it and no
/// decision lists the task.
pub(super) fn board_approval(
    context: &Context<'_>,
    decisions: &[DecisionState<'_>],
    task: &RecordId,
    judged: &Judged<'_>,
) -> Option<Approval> {
    let policy = context.sources.policy;
    let review = policy.reviews.iter().find(|review| review.via_decision)?;
    let required = policy.risk_rule(judged.risk).decision && judged.task.emergency.is_none();
    let found = in_force(context, decisions, task);
    if !required && found.is_none() {
        return None;
    }
    let detail = format!("no decision record lists {task}");
    let missing = Approval::missing(&review.role, &review.text, Code::DecisionMissing, detail);
    let mut approval = Approval { required, decision: found.map(|decision| decision.id.clone()), ..missing };
    let Some(decision) = found else { return Some(approval) };
    let Some(set) = decision.set else {
        approval.detail = format!("{} is pending", decision.id);
        return Some(approval);
    };
    let facts = &context.sources.history.commits[set];
    let before = context.judge(set);
    let person = before.and_then(|policy| policy.person_by_email(&facts.author.email));
    approval.person = Some(person.unwrap_or(&facts.author.email).to_owned());
    approval.trust = Some(trust(context, set));
    let task = context.record(task);
    let bound = task.zip(u32::try_from(set).ok()).and_then(|(task, set)| {
        let scopes = &context.binding(decision.record, &[set])?.scopes;
        scopes.iter().find(|(bound, _)| *bound == task).map(|(_, scope)| *scope)
    });
    approval.scope = bound.and_then(|scope| context.scope(scope));
    approval.scope_at = approval.scope.map(|_| facts.id);
    approval.by = Some(context.evidence(set));
    match set_properly(context, decision, set, judged, &review.role) {
        Err(why) => approval.detail = why,
        Ok(()) => {
            let (code, detail) = verdict(context, decision, set, judged);
            approval.valid = code.is_none();
            approval.code = code;
            approval.detail = detail;
        }
    }
    Some(approval)
}

/// Whether the commit that set a decision could set it; else why not, in words.
fn set_properly(
    context: &Context<'_>,
    decision: &DecisionState<'_>,
    set: usize,
    judged: &Judged<'_>,
    board: &str,
) -> Result<(), String> {
    let id = decision.id;
    let facts = &context.sources.history.commits[set];
    let person = role(context, set, Actor::Author(&facts.author.email), board)
        .map_err(|(_, why)| format!("{id} was not set by the board: {why}"))?;
    if facts.parents.len() > 1 {
        return Err(format!("{id} was set by a merge itself, which decides nothing"));
    }
    let requestors = [judged.task.requestor.as_deref(), decision.decision.requestor.as_deref()];
    if requestors.contains(&Some(person)) {
        return Err(format!("{id} was set by {person}, who asked for the change"));
    }
    if trust(context, set) < wanted(context.sources.policy.trust.approve) {
        return Err(format!("{id} was set by a commit that is only claimed to be {person}'s"));
    }
    let late = |deployment| set == deployment || !context.in_history(set, deployment);
    if judged.deployment.is_some_and(late) {
        return Err(format!("{id} was set with or after the deployment"));
    }
    Ok(())
}

fn verdict(
    context: &Context<'_>,
    decision: &DecisionState<'_>,
    set: usize,
    judged: &Judged<'_>,
) -> (Option<Code>, String) {
    let id = decision.id;
    match (decision.decision.decision, &decision.outdated) {
        (Some(Verdict::Rejected), _) => (Some(Code::DecisionRejected), format!("{id} rejected it")),
        (Some(Verdict::NeedsChanges), _) => (Some(Code::DecisionMissing), format!("{id} asks for changes")),
        (None, _) => (Some(Code::DecisionMissing), format!("{id} is pending")),
        (Some(Verdict::Approved), Some(why)) => {
            (Some(Code::DecisionOutdated), format!("{id} is outdated: {why}"))
        }
        (Some(Verdict::Approved), None) => {
            match judged.rollbacks.iter().find(|&&rollback| context.in_history(set, rollback)) {
                Some(&rollback) => {
                    let short = context.sources.history.commits[rollback].id.short();
                    (Some(Code::DecisionOutdated), format!("{id} was set before the rollback {short}"))
                }
                None => (None, approved_words(decision)),
            }
        }
    }
}

fn approved_words(decision: &DecisionState<'_>) -> String {
    match decision.open_conditions.len() {
        0 => format!("approved in {}", decision.id),
        1 => format!("approved in {}, 1 condition open", decision.id),
        n => format!("approved in {}, {n} conditions open", decision.id),
    }
}
