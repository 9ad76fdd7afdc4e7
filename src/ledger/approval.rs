//! Who approved exactly this, and were they allowed to (design, section 4).
//!
//! Each approval that is asked for shows the code of its best candidate, in the order of the design's table.
//! Signatures and detached approvals are no candidates yet: a signed act is worth no more than `claimed`
//! for a person who has keys, so nothing passes that should not.

use std::collections::BTreeSet;

use super::context::Context;
use super::law::Cell;
use super::state::{Approval, ApprovalFacet, TrustLevel};
use super::walk::{Key, RecordIx, Value};
use crate::diagnostic::Code;
use crate::policy::{Policy, Review, Trust};
use crate::record::{Record, Risk, Task};

/// What an approval on a task is judged against.
pub(super) struct Judged<'a> {
    pub(super) record: RecordIx,
    pub(super) parsed: &'a Record,
    pub(super) task: &'a Task,
    pub(super) risk: Risk,
    /// The commit that completed the final environment: validity is frozen there.
    pub(super) deployment: Option<usize>,
    /// The last untick of the final environment, when the risk asks for renewal after a rollback.
    pub(super) rollback: Option<usize>,
    /// The board's part, derived from the decisions.
    pub(super) board: Option<Approval>,
}

/// A role whose approval is asked for, or that an item of the record names.
struct Demand<'a> {
    role: String,
    review: Option<&'a Review>,
    required: bool,
}

/// All approvals of a task, the required ones first, and the facet that sums them up.
pub(super) fn approvals(context: &Context<'_>, judged: &Judged<'_>) -> (Vec<Approval>, ApprovalFacet) {
    let policy = context.sources.policy;
    let mut approvals: Vec<Approval> =
        demands(policy, judged).iter().map(|demand| approval(context, judged, demand)).collect();
    approvals.extend(judged.board.clone());
    approvals.sort_by_key(|approval| !approval.required);
    let facet = facet(policy, judged, &approvals);
    (approvals, facet)
}

fn demands<'a>(policy: &'a Policy, judged: &Judged<'_>) -> Vec<Demand<'a>> {
    let on_record: Vec<&Review> = judged
        .parsed
        .items
        .iter()
        .filter_map(|item| policy.review_for_item(&item.text))
        .filter(|review| !review.via_decision)
        .collect();
    let roles: Vec<String> = match &judged.task.emergency {
        Some(_) => emergency_role(policy, &on_record).into_iter().collect(),
        None => policy.risk_rule(judged.risk).roles.clone(),
    };
    let mut demands: Vec<Demand<'a>> = roles
        .into_iter()
        .map(|role| {
            let review = on_record.iter().find(|review| review.role == role).copied();
            let review = review.or_else(|| policy.reviews.iter().find(|review| review.role == role && !review.via_decision));
            Demand { role, review, required: true }
        })
        .collect();
    for review in on_record {
        if !demands.iter().any(|demand| demand.role == review.role) {
            demands.push(Demand { role: review.role.clone(), review: Some(review), required: false });
        }
    }
    demands
}

/// An emergency owes one approval, by any of the roles that the policy names: that whose item is there.
fn emergency_role(policy: &Policy, on_record: &[&Review]) -> Option<String> {
    let roles = &policy.emergency.roles;
    roles.iter().find(|role| on_record.iter().any(|review| review.role == **role)).or(roles.first()).cloned()
}

fn approval(context: &Context<'_>, judged: &Judged<'_>, demand: &Demand<'_>) -> Approval {
    let text = demand.review.map_or_else(|| demand.role.clone(), |review| review.text.clone());
    let keys = judged.parsed.items.iter().filter(|item| {
        context.sources.policy.review_for_item(&item.text).is_some_and(|review| review.role == demand.role)
    });
    let mut best: Option<Verdict> = None;
    for item in keys {
        let Some(cell) = context.cell(judged.record, &Key::Item(item.key.clone())) else { continue };
        if *context.value(cell.value) != Value::Checked {
            continue;
        }
        for owner in context.owners(cell) {
            let verdict = judge(context, judged, &demand.role, &Key::Item(item.key.clone()), owner);
            if best.as_ref().is_none_or(|best| verdict.rank() > best.rank()) {
                best = Some(verdict);
            }
        }
    }
    let Some(best) = best else {
        return Approval {
            detail: format!("waiting for {text}"),
            role: demand.role.clone(),
            text,
            required: demand.required,
            decision: None,
            person: None,
            trust: None,
            valid: false,
            code: Some(Code::ApprovalMissing),
            by: None,
        };
    };
    let by = context.evidence(best.commit);
    let person = best.person.clone().unwrap_or_else(|| by.email.clone());
    Approval {
        role: demand.role.clone(),
        text,
        required: demand.required,
        decision: None,
        person: Some(person),
        trust: Some(best.trust),
        valid: best.code.is_none(),
        code: best.code,
        detail: best.detail,
        by: Some(by),
    }
}

/// What one act is worth.
struct Verdict {
    commit: usize,
    person: Option<String>,
    trust: TrustLevel,
    code: Option<Code>,
    detail: String,
}

impl Verdict {
    /// How far the act came in the order of the rules.
    fn rank(&self) -> usize {
        const ORDER: [Code; 7] = [
            Code::ApprovalMissing,
            Code::ApprovalRole,
            Code::ApprovalSelf,
            Code::AuthorUnknown,
            Code::ApprovalStale,
            Code::ApprovalUnsigned,
            Code::ApprovalLate,
        ];
        self.code.map_or(ORDER.len(), |code| ORDER.iter().position(|c| *c == code).unwrap_or(0))
    }
}

/// Holds the rules of the table against one tick, in their order.
fn judge(context: &Context<'_>, judged: &Judged<'_>, role: &str, item: &Key, commit: usize) -> Verdict {
    let facts = &context.sources.history.commits[commit];
    let before = context.policy_before(commit);
    let person = before.and_then(|policy| policy.person_by_email(&facts.author.email)).map(str::to_owned);
    let trust = trust(context, before, commit);
    let short = facts.id.short();
    let broken = rules(context, judged, role, item, commit, person.as_deref(), trust);
    let (code, detail) = match broken {
        Some((code, detail)) => (Some(code), detail),
        None => (None, format!("given in {short}, on this text")),
    };
    Verdict { commit, person, trust, code, detail }
}

fn rules(
    context: &Context<'_>,
    judged: &Judged<'_>,
    role: &str,
    item: &Key,
    commit: usize,
    person: Option<&str>,
    trust: TrustLevel,
) -> Option<(Code, String)> {
    let facts = &context.sources.history.commits[commit];
    let short = facts.id.short();
    if facts.parents.len() > 1 {
        return Some((Code::ApprovalMissing, format!("ticked by the merge {short} itself, which approves nothing")));
    }
    if let Some(untick) = untick_outside(context, judged, item, commit) {
        return Some((Code::ApprovalMissing, format!("taken away in {untick}, which {short} did not know of")));
    }
    if let Some(malformed) = &facts.malformed {
        return Some((Code::ApprovalRole, format!("commit {short} is malformed ({malformed}) and has no authority")));
    }
    let Some(person) = person else {
        return Some((Code::ApprovalRole, format!("`{}` is no person of the policy before {short}", facts.author.email)));
    };
    let before = context.policy_before(commit);
    if !before.is_some_and(|policy| policy.has_role(person, role)) {
        return Some((Code::ApprovalRole, format!("{person} has not the role `{role}` by the policy before {short}")));
    }
    let authors = Authors::of(context, judged, commit);
    if let Some(why) = authors.is_author(person).filter(|_| judged.risk > Risk::Low) {
        return Some((Code::ApprovalSelf, format!("{person} {why}")));
    }
    if let Some(email) = authors.unknown.first().filter(|_| judged.risk > Risk::Low) {
        return Some((Code::AuthorUnknown, format!("`{email}` wrote a part and is no person of the policy")));
    }
    if let Some(why) = stale(context, judged, commit) {
        return Some((Code::ApprovalStale, why));
    }
    if trust < wanted(context.sources.policy.trust.approve) {
        return Some((Code::ApprovalUnsigned, unsigned_words(context, before, person, commit)));
    }
    if let Some(deployment) = judged.deployment
        && (commit == deployment || !context.in_history(commit, deployment))
    {
        let deployed = context.sources.history.commits[deployment].id.short();
        return Some((Code::ApprovalLate, format!("{short} is not in the history of the deployment {deployed}")));
    }
    None
}

/// An untick of the item that the approval's own history does not hold.
fn untick_outside(context: &Context<'_>, judged: &Judged<'_>, item: &Key, commit: usize) -> Option<String> {
    context
        .transitions(judged.record)
        .iter()
        .filter(|t| context.key(t) == item && *context.value(t.from) == Value::Checked)
        .map(|t| t.commit as usize)
        .find(|&untick| untick != commit && !context.in_history(untick, commit) && !after(context, judged, untick))
        .map(|untick| context.sources.history.commits[untick].id.short())
}

/// Whether a commit comes after the deployment at which validity is frozen.
fn after(context: &Context<'_>, judged: &Judged<'_>, commit: usize) -> bool {
    judged.deployment.is_some_and(|deployment| !context.in_history(commit, deployment))
}

/// Everybody who asked for, wrote or worked on a task.
struct Authors {
    requestor: Option<String>,
    /// Person and what they did, as a predicate.
    persons: BTreeSet<(String, String)>,
    unknown: Vec<String>,
}

impl Authors {
    fn of(context: &Context<'_>, judged: &Judged<'_>, approval: usize) -> Self {
        let mut authors =
            Authors { requestor: judged.task.requestor.clone(), persons: BTreeSet::new(), unknown: Vec::new() };
        let texts = context
            .transitions(judged.record)
            .iter()
            .filter(|t| *context.key(t) == Key::Scope)
            .map(|t| (t.commit as usize, "wrote a part of its text"));
        let work = context.work(judged.record).iter().map(|&commit| (commit, "did a part of its work"));
        for (commit, did) in texts.chain(work) {
            if !after(context, judged, commit) {
                authors.add(context, commit, did, approval);
            }
        }
        authors
    }

    fn add(&mut self, context: &Context<'_>, commit: usize, did: &str, approval: usize) {
        let facts = &context.sources.history.commits[commit];
        let policies = [Some(context.sources.policy), context.policy_before(commit), context.policy_before(approval)];
        for email in std::iter::once(&facts.author.email).chain(&facts.trailers.co_authors) {
            let found = policies.iter().flatten().find_map(|policy| {
                policy.person_by_email(email).map(|person| (person, policy.is_robot(person)))
            });
            match found {
                Some((_, true)) => {}
                Some((person, false)) => {
                    self.persons.insert((person.to_owned(), format!("{did} ({})", facts.id.short())));
                }
                None => self.unknown.push(email.clone()),
            }
        }
    }

    fn is_author(&self, person: &str) -> Option<String> {
        if self.requestor.as_deref() == Some(person) {
            return Some("asked for it".to_owned());
        }
        self.persons.iter().find(|(author, _)| author == person).map(|(_, did)| did.clone())
    }
}

/// Why an approval no longer stands for what is there.
fn stale(context: &Context<'_>, judged: &Judged<'_>, commit: usize) -> Option<String> {
    let at = |commit: usize| scope_after(context, judged.record, commit);
    let now = match judged.deployment {
        Some(deployment) => at(deployment),
        None => context.cell(judged.record, &Key::Scope).map(|cell| cell.value),
    };
    let short = |commit: usize| context.sources.history.commits[commit].id.short();
    if at(commit) != now {
        let since = context
            .transitions(judged.record)
            .iter()
            .filter(|t| *context.key(t) == Key::Scope && !context.in_history(t.commit as usize, commit))
            .map(|t| t.commit as usize);
        let changed = context.latest(since).map_or_else(String::new, |commit| format!(" in {}", short(commit)));
        return Some(format!("the text changed{changed} after the approval {}", short(commit)));
    }
    let infrastructure = &context.sources.policy.paths;
    let added = context.work(judged.record).iter().copied().find(|&work| {
        !after(context, judged, work)
            && !context.in_history(work, commit)
            && context.sources.work_paths[&work].iter().any(|path| infrastructure.matches(path))
    });
    if let Some(work) = added {
        return Some(format!("code was added in {} after the approval {}", short(work), short(commit)));
    }
    let rollback = judged.rollback.filter(|&rollback| context.in_history(commit, rollback))?;
    Some(format!("rolled back in {} after the approval {}", short(rollback), short(commit)))
}

/// The record's scope after a commit that changed the record: as its transitions have it, else that of the
/// last change of scope in its history.
pub(super) fn scope_after(context: &Context<'_>, record: RecordIx, commit: usize) -> Option<u32> {
    let transitions = context.transitions(record);
    if let Some(own) = transitions.iter().find(|t| t.commit as usize == commit) {
        return Some(own.scope);
    }
    let earlier = transitions.iter().filter(|t| context.in_history(t.commit as usize, commit));
    let last = context.latest(earlier.clone().map(|t| t.commit as usize))?;
    earlier.filter(|t| t.commit as usize == last).map(|t| t.scope).next()
}

/// What an act is worth by the policy before it.
pub(super) fn trust(context: &Context<'_>, before: Option<&Policy>, commit: usize) -> TrustLevel {
    let facts = &context.sources.history.commits[commit];
    let Some(policy) = before else { return TrustLevel::Claimed };
    let author = policy.person_by_email(&facts.author.email);
    let has_keys = author.and_then(|name| policy.people.get(name)).is_some_and(|person| !person.keys.is_empty());
    let committer = policy.person_by_email(&facts.committer.email);
    let same = match (author, committer) {
        (Some(author), Some(committer)) => author == committer,
        _ => facts.author.email.eq_ignore_ascii_case(&facts.committer.email),
    };
    let forge = policy.trust.forges.iter().any(|forge| forge.eq_ignore_ascii_case(&facts.committer.email));
    if !has_keys && (same || forge) { TrustLevel::Committed } else { TrustLevel::Claimed }
}

/// The level that a policy's word asks for.
pub(super) fn wanted(trust: Trust) -> TrustLevel {
    match trust {
        Trust::Claimed | Trust::Committed => TrustLevel::Committed,
        Trust::Signed => TrustLevel::Signed,
    }
}

fn unsigned_words(context: &Context<'_>, before: Option<&Policy>, person: &str, commit: usize) -> String {
    let facts = &context.sources.history.commits[commit];
    let has_keys = before.and_then(|policy| policy.people.get(person)).is_some_and(|person| !person.keys.is_empty());
    let short = facts.id.short();
    match (has_keys, facts.signed) {
        (true, true) => format!("the signature of {short} is not verified by this version"),
        (true, false) => format!("{person} has keys in the policy, and {short} is not signed"),
        (false, _) if context.sources.policy.trust.approve == Trust::Signed => {
            format!("the policy asks for signatures, and {short} carries none by a key of {person}")
        }
        (false, _) => format!("{short} was committed by `{}`, not by {person}", facts.committer.email),
    }
}

fn facet(policy: &Policy, judged: &Judged<'_>, approvals: &[Approval]) -> ApprovalFacet {
    let required: Vec<&Approval> = approvals.iter().filter(|approval| approval.required).collect();
    let rejected = approvals.iter().any(|approval| approval.required && approval.code == Some(Code::DecisionRejected));
    let stale = required.iter().any(|approval| {
        matches!(approval.code, Some(Code::ApprovalStale | Code::DecisionOutdated))
    });
    let people: BTreeSet<&str> = approvals
        .iter()
        .filter(|approval| approval.valid && approval.decision.is_none())
        .filter_map(|approval| approval.person.as_deref())
        .collect();
    let quorum = match judged.task.emergency {
        Some(_) => 0,
        None => usize::try_from(policy.risk_rule(judged.risk).approvals).unwrap_or(usize::MAX),
    };
    if rejected {
        return ApprovalFacet::Rejected;
    }
    if stale {
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
        return ApprovalFacet::Partial { met: people.len(), of: quorum };
    }
    ApprovalFacet::Approved
}

/// The owners of a ticked cell, as positions; empty when it is not ticked.
pub(super) fn tickers(context: &Context<'_>, cell: Option<&Cell>) -> Vec<usize> {
    cell.filter(|cell| *context.value(cell.value) == Value::Checked)
        .map_or_else(Vec::new, |cell| context.owners(cell))
}
