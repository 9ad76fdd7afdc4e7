//! What in history looks wrong whatever it is used for: changes of the policy by those who may not make them,
//! dates that contradict the graph, commits whose bytes tools disagree on.

use std::collections::BTreeSet;

use super::authority::{Actor, changed_by_another};
use super::context::Context;
use super::walk::{Key, RecordIx, Transition, Value};
use crate::diagnostic::{Code, Diagnostic};
use crate::policy::Policy;
use crate::record::{Item, Record};

/// Changes of the policy that give power to those who made them, or that were made by somebody who may not.
/// The first policy is excepted: somebody has to begin.
pub(super) fn policy_changes(context: &Context<'_>, path: &str) -> Vec<Diagnostic> {
    policy_changes_in(context, path, &|_| true)
}

/// The same, of the commits that `counts` lets through.
pub(super) fn policy_changes_in(
    context: &Context<'_>,
    path: &str,
    counts: &dyn Fn(usize) -> bool,
) -> Vec<Diagnostic> {
    let history = context.sources.history;
    let mut found = Vec::new();
    for change in context.policy_changes().filter(|&change| counts(change)) {
        let facts = &history.commits[change];
        let first = facts.parents.iter().all(|&parent| history.commits[parent].policy.is_none());
        let (Some(before), Some(after), false) =
            (context.policy_before(change), context.policy_of(change), first)
        else {
            continue;
        };
        let author = Actor::Author(&facts.author.email);
        let short = facts.id.short();
        let gained = gained_roles(before, after, &facts.author.email);
        if !gained.is_empty() && !changed_by_another(context, change, Some(author)) {
            let message = format!("{} gave themselves {} in {short}", facts.author.email, gained.join(", "));
            found.push(Diagnostic::warning_at_file(Code::PolicySelfGrant, path, message));
        } else if !changed_by_another(context, change, None) {
            let message = format!("{} changed the policy in {short} and may not", facts.author.email);
            found.push(Diagnostic::warning_at_file(Code::PolicyRole, path, message));
        }
    }
    found
}

/// Roles that an address has by a policy and had not by the one before.
fn gained_roles(before: &Policy, after: &Policy, email: &str) -> Vec<String> {
    let has = |policy: &Policy, role: &str| {
        policy.person_by_email(email).is_some_and(|person| policy.has_role(person, role))
    };
    after
        .roles
        .keys()
        .filter(|role| has(after, role) && !has(before, role))
        .map(|r| format!("`{r}`"))
        .collect()
}

/// Items of a record that are in their state because a merge kept one side over what the other had done since.
pub(super) fn lost_in_merges(context: &Context<'_>, record: RecordIx, parsed: &Record) -> Vec<Diagnostic> {
    let walk = context.sources.walk;
    let Some(node) = walk.node(context.sources.history, context.sources.tip, record) else {
        return Vec::new();
    };
    let commits = &context.sources.history.commits;
    let by_merge = |transition: &Transition| {
        transition.kept != 0 && commits[transition.commit as usize].parents.len() > 1
    };
    let transitions = context.transitions(record);
    if !transitions.iter().any(|transition| by_merge(transition)) {
        return Vec::new();
    }
    let item = |item: &Item| {
        let key = Key::Item(item.key.clone());
        let last = transitions.iter().rev().find(|transition| *context.key(transition) == key)?;
        let facts = &commits[last.commit as usize];
        let owners = context.owners(node.cell(last.key)?);
        if !by_merge(last) || owners != [last.commit as usize] {
            return None;
        }
        let (state, side) = if item.checked { ("ticked", "unticked") } else { ("not ticked", "ticked") };
        let message = format!(
            "`{}` is {state} because the merge {} kept it so; another side had {side} it",
            item.text,
            facts.id.short()
        );
        let span = item.span.clone();
        let found = Diagnostic::warning(Code::MergeLost, &parsed.path, &parsed.source, span, message);
        Some(found.with_help(format!("`git show -m {}` shows both sides", facts.id.short())))
    };
    parsed.items.iter().filter_map(item).collect()
}

/// Acts on a record whose dates contradict their parents', or whose commits are malformed.
pub(super) fn acts(context: &Context<'_>, record: RecordIx, parsed: &Record) -> Vec<Diagnostic> {
    let transitions = context.transitions(record);
    let acts: BTreeSet<usize> = transitions
        .iter()
        .filter(|transition| match context.key(transition) {
            Key::Item(_) => *context.value(transition.to) == Value::Checked,
            Key::Field(field) => &**field == "decision",
            _ => false,
        })
        .map(|transition| transition.commit as usize)
        .collect();
    acts.into_iter().filter_map(|commit| act(context, commit, parsed)).collect()
}

fn act(context: &Context<'_>, commit: usize, parsed: &Record) -> Option<Diagnostic> {
    let commits = &context.sources.history.commits;
    let facts = &commits[commit];
    let short = facts.id.short();
    if let Some(why) = &facts.malformed {
        let message = format!("commit {short} is malformed ({why}) and has no authority");
        return Some(Diagnostic::warning_at_file(Code::CommitMalformed, &parsed.path, message));
    }
    let own = facts.committer.time;
    let later = facts
        .parents
        .iter()
        .map(|&parent| &commits[parent])
        .find(|p| p.committer.time.seconds > own.seconds)?;
    let message =
        format!("{short} is dated {own}, before its parent {} of {}", later.id.short(), later.committer.time);
    Some(Diagnostic::warning_at_file(Code::TimeSuspect, &parsed.path, message))
}
