//! Which categories of the policy a plan belongs to.
//!
//! Of the rules that match one change, the most precise decide: those that say that nothing else changes, then
//! those that name both what is changed and what happens to it, then all others. Of rules that are equally
//! precise the riskiest counts. A change that no rule matches is judged by what happens to it.

use super::Plan;
use super::action::Action;
use super::change::Change;
use super::diff::AttributeChange;
use super::fact::Fact;
use crate::intake::escape;
use crate::intake::found::{Finding, Found, Match, Precision, most_precise};
use crate::policy::{Category, PlanAction, TerraformRule};
use crate::record::Risk;

/// Name under which a change stands that no category matches.
const UNMATCHED: &str = "by-action";

/// What is found in a plan.
pub(super) fn find(plan: &Plan, categories: &[Category]) -> Found {
    let mut found = Found::default();
    for change in plan.all_changes().filter(|change| !change.is_data) {
        let actions = actions(change);
        let matches: Vec<Match<'_>> = categories
            .iter()
            .filter_map(|category| {
                let rules = category.terraform.iter();
                let precision = rules.filter_map(|rule| precision(rule, change, &actions)).max()?;
                Some(Match { precision, category })
            })
            .collect();
        let reason = escape(&format!("{} is {}", change.address, change.verb()));
        let mut deciding = most_precise(&matches);
        let riskiest = deciding.iter().map(|category| category.risk).max();
        deciding.retain(|category| Some(category.risk) == riskiest);
        match deciding.as_slice() {
            [] => found.extend(by_action(&actions, reason)),
            deciding => found.add(deciding, &reason),
        }
    }
    if plan.errored {
        let reason = "planning ended in an error, so that the list of changes is partial".to_owned();
        found.push(Finding { category: "incomplete".to_owned(), risk: Risk::High, reason });
    }
    found
}

/// What happens, in the words of the rules: an update may be an import and a move as well.
fn actions(change: &Change) -> Vec<PlanAction> {
    let mut actions: Vec<PlanAction> = change.action.for_rules().into_iter().collect();
    if change.importing {
        actions.push(PlanAction::Import);
    }
    if change.previous.is_some() {
        actions.push(PlanAction::Move);
    }
    actions
}

fn by_action(actions: &[PlanAction], reason: String) -> Option<Finding> {
    let risk = actions.iter().map(|action| match action {
        PlanAction::Create | PlanAction::Import | PlanAction::Move => Risk::Low,
        PlanAction::Update | PlanAction::Forget => Risk::Medium,
        PlanAction::Delete | PlanAction::Replace => Risk::High,
    });
    Some(Finding { category: UNMATCHED.to_owned(), risk: risk.max()?, reason })
}

/// How much of the change the rule names; `None` when it does not match.
fn precision(rule: &TerraformRule, change: &Change, actions: &[PlanAction]) -> Option<Precision> {
    let types = || std::iter::once(&change.resource_type).chain(&change.hidden_types);
    let matches = (rule.actions.is_empty() || rule.actions.iter().any(|action| actions.contains(action)))
        && (rule.types.is_empty() || types().any(|name| rule.types.matches(name)))
        && !types().any(|name| rule.except.matches(name))
        && (!rule.sensitive || change.changes_sensitive())
        && !rule.into.iter().any(|name| change.unknown.contains(name))
        && (rule.grants.is_empty() || grants_one(rule, change))
        && (rule.opens.is_empty() || rule.opens.iter().any(|port| is_opened(change, *port)))
        && (rule.attributes.is_empty() || changes_one(rule, change));
    if !matches {
        return None;
    }
    if !rule.only.is_empty() || !rule.grows.is_empty() {
        return changes_nothing_else(rule, change, actions).then_some(Precision::Only);
    }
    let names_what = !rule.types.is_empty()
        || !rule.attributes.is_empty()
        || rule.sensitive
        || !rule.grants.is_empty()
        || !rule.opens.is_empty();
    Some(if names_what && !rule.actions.is_empty() { Precision::Exact } else { Precision::General })
}

/// Providers do not tell roles apart by letter case.
fn grants_one(rule: &TerraformRule, change: &Change) -> bool {
    let grants = |fact: &Fact| match fact {
        Fact::Grants { name } => rule.grants.iter().any(|asked| asked.eq_ignore_ascii_case(name)),
        Fact::Opens { .. } => false,
    };
    change.facts.iter().any(grants)
}

fn is_opened(change: &Change, port: u16) -> bool {
    change.facts.iter().any(|fact| matches!(fact, Fact::Opens { from, to } if (*from..=*to).contains(&port)))
}

fn changes_one(rule: &TerraformRule, change: &Change) -> bool {
    let whole = matches!(change.action, Action::Create | Action::Delete | Action::Forget);
    change.attributes.iter().any(|attribute| rule.attributes.matches(&attribute.path))
        || (whole && change.prints.keys().any(|name| rule.attributes.matches(&[name])))
}

/// Whether an update in place changes only what the rule lists, and numbers that grow where it asks for that.
fn changes_nothing_else(rule: &TerraformRule, change: &Change, actions: &[PlanAction]) -> bool {
    let grows = |attribute: &AttributeChange| attribute.change.grows() && rule.grows.matches(&attribute.path);
    let n_grow = change.attributes.iter().filter(|attribute| grows(attribute)).count();
    actions == [PlanAction::Update]
        && !change.attributes.is_empty()
        && (rule.grows.is_empty() || n_grow > 0)
        && change.attributes.iter().all(|attribute| grows(attribute) || rule.only.matches(&attribute.path))
}
