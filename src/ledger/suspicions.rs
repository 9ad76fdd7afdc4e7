//! What in history looks wrong whatever it is used for: changes of the policy by those who may not make them,
//! dates that contradict the graph, commits whose bytes tools disagree on.

use std::collections::{BTreeMap, BTreeSet};

use super::context::Context;
use super::ix::RecordIx;
use super::policy_line::{Improper, Pending};
use super::walk::{Key, Transition};
use crate::diagnostic::{Code, Diagnostic};
use crate::record::{Item, Record};

/// What the policy file says and is not in force, since nobody who may has said so.
pub(super) fn policy_not_in_force(context: &Context<'_>, path: &str) -> Vec<Diagnostic> {
    let Some(pending) = context.sources.pending else { return Vec::new() };
    let Pending::Values(values) = pending else {
        let message = "the policy was deleted or cannot be read; the last valid one stays in force";
        let help = "restore it; `git log -- policy.toml` shows who changed it";
        return vec![Diagnostic::error_at_file(Code::PolicyRole, path, message).with_help(help)];
    };
    // Values of one commit are one change to whoever must agree.
    let mut changes: BTreeMap<(&[usize], Code), Vec<&Improper>> = BTreeMap::new();
    for improper in values {
        changes.entry((&improper.owners, improper.code)).or_default().push(improper);
    }
    changes
        .into_iter()
        .map(|((owners, code), values)| not_in_force(context, path, owners, code, &values))
        .collect()
}

/// How many values a message names.
const NAMED: usize = 4;

fn not_in_force(
    context: &Context<'_>,
    path: &str,
    owners: &[usize],
    code: Code,
    values: &[&Improper],
) -> Diagnostic {
    let mut commits = owners.iter().map(|&owner| &context.sources.history.commits[owner]);
    let by: Vec<String> =
        commits.clone().map(|facts| format!("{} in {}", facts.author.email, facts.id.short())).collect();
    let mut named: Vec<String> = values.iter().take(NAMED).map(|improper| improper.key.to_string()).collect();
    if values.len() > NAMED {
        named.push(format!("{} more", values.len() - NAMED));
    }
    let message = format!("not in force: {}, changed by {}", named.join(", "), by.join(" and "));
    let open_to = values.first().map_or(&[][..], |improper| &improper.open_to);
    let help = match commits.next_back() {
        Some(commit) if !open_to.is_empty() => {
            format!("{} can agree: `changebook affirm {}`", open_to.join(" or "), commit.id.short())
        }
        _ => code.remedy().to_owned(),
    };
    Diagnostic::error_at_file(code, path, message).with_help(help)
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
            "`{}` is {state} because the merge {} kept it that way, but the other side had {side} it",
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
            Key::Item(_) => context.value(transition.to).is_ticked(),
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
