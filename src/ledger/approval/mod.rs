//! Who approved exactly this, and were they allowed to (`docs/approvals.md`).
//!
//! Each approval that is asked for shows the code of its best candidate, in the order of the table there.
//! Candidates are ticks of the role's item and detached approvals. A deployed task is judged on its state at
//! the deployment, by the policy before that.

mod authors;
mod rules;
mod todo;

use std::collections::BTreeSet;

use super::context::Context;
use super::ix::{RecordIx, ValueIx};
use super::law::Cell;
use super::state::{Approval, ApprovalFacet, Given};
use super::walk::{Key, Value};
use crate::diagnostic::Code;
use crate::policy::Review;
use crate::record::{Item, Record, Risk, Task};
pub(super) use authors::Authors;
use rules::{Act, Judgement, judge};
pub(crate) use todo::decide_command;

/// What an approval on a task is judged against.
pub(super) struct Judged<'a> {
    pub(super) record: RecordIx,
    pub(super) parsed: &'a Record,
    pub(super) task: &'a Task,
    pub(super) risk: Risk,
    /// The deployment that the view is of: an approval must be in its history, and not be it.
    pub(super) deployment: Option<usize>,
    /// The trunk before the deployment landed: what it had taken away does not count.
    pub(super) landed_on: Option<usize>,
    /// Whether the plan in the gate's hand shows that code which came after an approval changes nothing of it.
    pub(super) plan_excuses: bool,
    /// What ended every approval that does not know of it.
    pub(super) ends: Vec<End>,
}

/// A commit after which approvals are asked for again.
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    pub(super) commit: usize,
    pub(super) kind: EndKind,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum EndKind {
    /// The final environment was unticked.
    RolledBack,
    /// It was given up; whoever takes that back asks everybody again.
    Cancelled,
}

impl EndKind {
    /// `rolled back`
    pub(super) fn as_str(self) -> &'static str {
        match self {
            EndKind::RolledBack => "rolled back",
            EndKind::Cancelled => "cancelled",
        }
    }
}

impl Judged<'_> {
    /// Who asked for it, wrote it and worked on it, for an act in `commit`.
    pub(super) fn authors(&self, context: &Context<'_>, commit: usize) -> Authors {
        Authors::of(context, self.record, self.task.requestor.as_deref(), commit)
    }

    /// What ended an approval or decision: it counts only if it knows of everything that ends approvals. Who signed a text
    /// knows of nothing that came after `signed`, whoever brings it in later.
    pub(super) fn end(&self, context: &Context<'_>, act: usize, signed: Option<i64>) -> Option<End> {
        let is_later = |end: &End| {
            signed.is_some_and(|at| context.sources.history.commits[end.commit].committer.time.seconds > at)
        };
        let is_known = |end: &End| end.commit != act && context.in_history(end.commit, act) && !is_later(end);
        self.ends.iter().copied().find(|end| !is_known(end))
    }
}

/// A role whose approval is asked for, or that an item of the record names.
struct Demand<'a> {
    role: String,
    review: Option<&'a Review>,
    required: bool,
}

/// All approvals of a task but the board's, those asked for first.
pub(super) fn approvals(context: &Context<'_>, judged: &Judged<'_>) -> Vec<Approval> {
    let mut approvals: Vec<Approval> =
        demands(context, judged).iter().map(|demand| approval(context, judged, demand)).collect();
    approvals.sort_by_key(|approval| !approval.required);
    approvals
}

/// What is asked for. An emergency owes one approval, by any of the roles that the policy names: one that has
/// been given, else that whose item is there.
fn demands<'a>(context: &Context<'a>, judged: &Judged<'_>) -> Vec<Demand<'a>> {
    let policy = context.sources.policy;
    let on_record: Vec<&Review> = judged
        .parsed
        .items
        .iter()
        .filter_map(|item| policy.review_of_item(&item.key.text))
        .filter(|review| !review.via_decision)
        .collect();
    let required = |role: &String| {
        let review = on_record.iter().find(|review| review.role == *role).copied();
        let review = review.or_else(|| policy.review_of_role(role));
        Demand { role: role.clone(), review, required: true }
    };
    let mut demands: Vec<Demand<'a>> = match &judged.task.emergency {
        Some(_) => {
            let any = policy.emergency.roles.iter().map(required);
            let given = any.clone().find(|demand| approval(context, judged, demand).valid);
            let named = || any.clone().find(|demand| on_record.iter().any(|r| r.role == demand.role));
            given.or_else(named).or_else(|| any.clone().next()).into_iter().collect()
        }
        None => policy.risk_rule(judged.risk).roles.iter().map(required).collect(),
    };
    for review in on_record {
        if !demands.iter().any(|demand| demand.role == review.role) {
            demands.push(Demand { role: review.role.clone(), review: Some(review), required: false });
        }
    }
    demands
}

/// Everything that could be an approval for a role in the view.
fn acts<'a>(context: &Context<'a>, judged: &Judged<'_>, role: &str) -> Vec<Act<'a>> {
    let policy = context.sources.policy;
    let mut acts = Vec::new();
    let is_for_role =
        |item: &Item| policy.review_of_item(&item.key.text).is_some_and(|review| review.role == role);
    for item in judged.parsed.items.iter().filter(|item| is_for_role(item)) {
        let key = Key::Item(item.key.clone());
        let Some(number) = context.sources.walk.keys.find(&key) else { continue };
        let cell = context.cell(judged.record, &key);
        acts.extend(tickers(context, cell).into_iter().map(|commit| Act::Tick { commit, key: number }));
    }
    let Some(node) = context.node(judged.record) else { return acts };
    for (number, cell) in node.cells.iter() {
        let Key::Detached(path) = context.sources.walk.keys.item(*number) else { continue };
        let Value::Text(blob) = context.value(cell.value) else { continue };
        let of_role = crate::record::detached_path(path).is_some_and(|(_, named, _)| named == role);
        let Some(file) = context.sources.detached.get(blob).filter(|_| of_role) else { continue };
        let brought = context.owners(cell);
        // Whoever brings what is signed is nobody; what is not is worth what the commit is.
        let brought =
            if file.check.is_some() { context.latest(brought).into_iter().collect() } else { brought };
        let act = |commit| Act::Detached { commit, path, value: cell.value, file };
        acts.extend(brought.into_iter().map(act));
    }
    acts
}

fn approval(context: &Context<'_>, judged: &Judged<'_>, demand: &Demand<'_>) -> Approval {
    let text = demand.review.map_or_else(|| demand.role.clone(), |review| review.text.clone());
    let judgements = acts(context, judged, &demand.role);
    let judgements = judgements.iter().map(|act| judge(context, judged, &demand.role, act));
    let mut judgements: Vec<Judgement<'_>> = judgements.collect();
    // Of equal ones the first by its commit, so that the answer depends on the graph alone.
    judgements.sort_by_key(|judgement| {
        (std::cmp::Reverse(judgement.rank()), context.sources.history.commits[judgement.commit].id)
    });
    let given = judgements.iter().map(|judgement| Given {
        commit: context.sources.history.commits[judgement.commit].id,
        broken: judgement.broken.clone(),
    });
    let given: Vec<Given> = given.collect();
    let mut judgements = judgements.into_iter();
    let Some(best) = judgements.next() else {
        let detail = claim(context, judged, &demand.role).unwrap_or_else(|| "not given".to_owned());
        let missing = Approval::missing(&demand.role, &text, Code::ApprovalMissing, detail);
        return Approval { required: demand.required, ..missing };
    };
    let others: Vec<Judgement<'_>> = judgements.filter(|other| other.broken.is_none()).collect();
    Approval { given, ..shown(context, demand, text, best, &others) }
}

/// The best candidate, and the others that are valid too: each is a person more.
fn shown(
    context: &Context<'_>,
    demand: &Demand<'_>,
    text: String,
    best: Judgement<'_>,
    others: &[Judgement<'_>],
) -> Approval {
    let by = context.evidence(best.commit);
    let mut also: Vec<String> = Vec::new();
    let mut detail = best.broken.as_ref().map_or(best.detail, |(_, detail)| detail.clone());
    for other in others {
        let Some(person) = other.person.as_ref().filter(|person| best.person.as_ref() != Some(*person))
        else {
            continue;
        };
        if !also.contains(person) {
            let short = context.sources.history.commits[other.commit].id.short();
            detail.push_str(&format!("; also by {person} in {short}"));
            also.push(person.clone());
        }
    }
    Approval {
        required: demand.required,
        detached: best.path.map(str::to_owned),
        person: Some(best.person.unwrap_or_else(|| by.email.to_string())),
        trust: Some(best.trust),
        valid: best.broken.is_none(),
        code: best.broken.as_ref().map(|(code, _)| *code),
        scope: best.scope.and_then(|scope| context.scope(scope)),
        scope_at: best.scope_at.map(|commit| context.sources.history.commits[commit].id),
        detail,
        also,
        by: Some(by),
        ..Approval::missing(&demand.role, &text, Code::ApprovalMissing, String::new())
    }
}

/// A trailer that claims an approval, in words: it counts for nothing, and saying so saves a search.
fn claim(context: &Context<'_>, judged: &Judged<'_>, role: &str) -> Option<String> {
    let policy = context.sources.policy;
    let commits = context.naming(judged.record);
    commits.iter().rev().find_map(|&commit| {
        let facts = &context.sources.history.commits[commit];
        let claimed = facts.trailers.approved_by.iter().find(|email| {
            policy.person_by_email(email).is_some_and(|person| policy.has_role(person, role))
        })?;
        Some(format!(
            "{} claims in a trailer that `{claimed}` approved, which does not count",
            facts.id.short()
        ))
    })
}

/// The facet that sums up the approvals, the board's among them. When every role is met and the different
/// people are too few, an approval by anybody else is added, with that code. What is open gets what to do.
pub(super) fn sum_up(
    context: &Context<'_>,
    judged: &Judged<'_>,
    approvals: &mut Vec<Approval>,
) -> ApprovalFacet {
    let facet = facet(context, judged, approvals);
    todo::complete(context, judged, approvals);
    facet
}

fn facet(context: &Context<'_>, judged: &Judged<'_>, approvals: &mut Vec<Approval>) -> ApprovalFacet {
    let policy = context.sources.policy;
    let required: Vec<&Approval> = approvals.iter().filter(|approval| approval.required).collect();
    let has = |codes: &[Code]| required.iter().any(|a| a.code.is_some_and(|code| codes.contains(&code)));
    let people: BTreeSet<&str> = approvals
        .iter()
        .filter(|approval| approval.valid && approval.decision.is_none())
        .flat_map(Approval::people)
        .collect();
    let quorum = match judged.task.emergency {
        Some(_) => 0,
        None => usize::try_from(policy.risk_rule(judged.risk).approvals).unwrap_or(usize::MAX),
    };
    let is_rejected = |approval: &Approval| approval.code == Some(Code::DecisionRejected);
    if approvals.iter().any(is_rejected) {
        return ApprovalFacet::Rejected;
    }
    if has(&[Code::ApprovalStale, Code::DecisionOutdated]) {
        return ApprovalFacet::Stale;
    }
    if required.is_empty() && quorum == 0 {
        return ApprovalFacet::NotNeeded;
    }
    let met = required.iter().filter(|approval| approval.valid).count();
    if met < required.len() {
        return ApprovalFacet::Partial { met, of: required.len() };
    }
    if people.len() < quorum {
        let (met, missing) = (people.len(), quorum - people.len());
        approvals.push(another_person(missing));
        return ApprovalFacet::Partial { met, of: quorum };
    }
    ApprovalFacet::Approved
}

/// What is asked for besides the roles: more people.
fn another_person(missing: usize) -> Approval {
    let text = match missing {
        1 => "another person".to_owned(),
        n => format!("{n} other people"),
    };
    let detail = format!("every role has approved, but {text} must approve");
    Approval::missing("*", &text, Code::ApprovalQuorum, detail)
}

/// The owners of a ticked cell, as positions; empty when it is not ticked.
pub(super) fn tickers(context: &Context<'_>, cell: Option<&Cell>) -> Vec<usize> {
    cell.filter(|cell| context.value(cell.value).is_ticked())
        .map_or_else(Vec::new, |cell| context.owners(cell))
}

/// The record's scope after a commit that changed the record: as its transitions have it, else that of the
/// last change of scope in its history.
pub(super) fn scope_after(context: &Context<'_>, record: RecordIx, commit: usize) -> Option<ValueIx> {
    let transitions = context.transitions(record);
    if let Some(own) = transitions.iter().find(|t| t.commit as usize == commit) {
        return Some(own.scope);
    }
    let earlier = transitions.iter().filter(|t| context.in_history(t.commit as usize, commit));
    let last = context.latest(earlier.clone().map(|t| t.commit as usize))?;
    earlier.filter(|t| t.commit as usize == last).map(|t| t.scope).next()
}
