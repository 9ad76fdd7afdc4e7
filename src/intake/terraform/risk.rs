//! Which categories of the policy a plan belongs to.
//!
//! Of the rules that match one change, the most precise decide: those that say that nothing else changes, then
//! those that name both what is changed and what happens to it, then all others. Rules that ask for a fact or a
//! value decide in any case. Of rules that decide the riskiest counts. A change that no rule matches is judged by
//! what happens to it.

use super::Plan;
use super::action::Action;
use super::change::Change;
use super::diff::{AttributeChange, ChangeKind};
use super::facts::Fact;
use super::listed::Invocation;
use crate::intake::escape;
use crate::intake::found::{Finding, Found, Match, Precision, most_precise};
use crate::policy::{Category, PlanAction, TerraformRule};
use crate::record::Risk;

/// Name under which a change stands that no category matches.
const UNMATCHED: &str = "by-action";
/// Facts that a reason tells.
const MAX_FACTS: usize = 3;

/// What is found in a plan.
pub(super) fn find(plan: &Plan, categories: &[Category]) -> Found {
    let mut found = Found::default();
    for change in &plan.changes {
        judge(change, &actions(change), "", categories, &mut found);
    }
    for deferred in &plan.deferred {
        judge(&deferred.change, &actions(&deferred.change), " (deferred)", categories, &mut found);
    }
    for invocation in &plan.invocations {
        judge_invocation(invocation, categories, &mut found);
    }
    // Where something is to be applied, what it does about drift stands among its changes.
    if plan.changes.is_empty() {
        for change in &plan.drift {
            judge(change, &[PlanAction::Drift], " outside of the tool", categories, &mut found);
        }
    }
    if plan.errored {
        let reason = "planning ended in an error, so that the list of changes is partial".to_owned();
        found.push(Finding { category: "incomplete".to_owned(), risk: Risk::High, reason });
    }
    found
}

fn judge(change: &Change, actions: &[PlanAction], how: &str, categories: &[Category], found: &mut Found) {
    if change.is_data {
        return;
    }
    let (mut by_rule, mut by_fact) = (Vec::new(), Vec::new());
    for category in categories {
        for matched in category.terraform.iter().filter_map(|rule| matched(rule, change, actions)) {
            match matched {
                Matched::Rule(precision) => by_rule.push(Match { precision, category }),
                Matched::Fact(words) => by_fact.push((category, words)),
            }
        }
    }
    let mut deciding = most_precise(&by_rule);
    deciding.extend(by_fact.iter().map(|(category, _)| *category));
    let riskiest = deciding.iter().map(|category| category.risk).max();
    deciding.retain(|category| Some(category.risk) == riskiest);
    let mut seen = std::collections::BTreeSet::new();
    deciding.retain(|category| seen.insert(&category.name));
    let is = format!("{} is {}{how}", change.address, change.verb());
    let reason = |facts: Vec<String>| escape(&reason(&is, facts, change));
    if deciding.is_empty() {
        found.extend(by_action(actions, reason(Vec::new())));
    }
    for category in deciding {
        let facts = by_fact.iter().filter(|(other, _)| other.name == category.name);
        found.add(&[category], &reason(facts.map(|(_, words)| words.clone()).collect()));
    }
}

/// What is done, and what made the level: the facts, else what changes.
fn reason(is: &str, mut facts: Vec<String>, change: &Change) -> String {
    facts.dedup();
    if facts.is_empty() {
        let gains =
            change.facts.iter().filter(|fact| matches!(fact, Fact::Gains { .. } | Fact::Grants { .. }));
        facts = gains.take(MAX_FACTS).map(Fact::words).collect();
    }
    facts.truncate(MAX_FACTS);
    let words = if facts.is_empty() { change.reason_words() } else { facts.join("; ") };
    if words.is_empty() { is.to_owned() } else { format!("{is}: {words}") }
}

fn judge_invocation(invocation: &Invocation, categories: &[Category], found: &mut Found) {
    let matches = |rule: &TerraformRule| {
        rule.actions.contains(&PlanAction::Invoke)
            && (rule.types.is_empty() || rule.types.matches(&invocation.action_type))
            && !rule.except.matches(&invocation.action_type)
    };
    let reason = escape(&format!("{} is {}", invocation.address, invocation.words()));
    let matching: Vec<&Category> =
        categories.iter().filter(|category| category.terraform.iter().any(matches)).collect();
    match matching.iter().map(|category| category.risk).max() {
        Some(risk) => {
            let deciding: Vec<&Category> =
                matching.into_iter().filter(|category| category.risk == risk).collect();
            found.add(&deciding, &reason);
        }
        None => found.extend(by_action(&[PlanAction::Invoke], reason)),
    }
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
        PlanAction::Update | PlanAction::Forget | PlanAction::Invoke | PlanAction::Drift => Risk::Medium,
        PlanAction::Delete | PlanAction::Replace => Risk::High,
    });
    Some(Finding { category: UNMATCHED.to_owned(), risk: risk.max()?, reason })
}

/// How a rule matches.
enum Matched {
    /// By what it names, and how much of the change that is.
    Rule(Precision),
    /// By a fact, in words.
    Fact(String),
}

/// `None` when the rule does not match.
fn matched(rule: &TerraformRule, change: &Change, actions: &[PlanAction]) -> Option<Matched> {
    let types = || std::iter::once(&change.resource_type).chain(&change.hidden_types);
    let matches = (rule.actions.is_empty() || rule.actions.iter().any(|action| actions.contains(action)))
        && (rule.types.is_empty() || types().any(|name| rule.types.matches(name)))
        && !types().any(|name| rule.except.matches(name))
        && (!rule.sensitive || change.changes_sensitive())
        && !rule.into.iter().any(|name| change.unknown.contains(name))
        && (rule.attributes.is_empty() || changes_one(rule, change))
        && (rule.unless.is_empty()
            || !change.attributes.iter().any(|attribute| rule.unless.matches(&attribute.path)));
    if !matches {
        return None;
    }
    let is_only = !rule.only.is_empty() || !rule.grows.is_empty();
    if is_only && !changes_nothing_else(rule, change, actions) {
        return None;
    }
    let asked = asked_facts(rule, change)?;
    if is_only {
        return Some(Matched::Rule(Precision::Only));
    }
    if !asked.is_empty() {
        return Some(Matched::Fact(asked.join("; ")));
    }
    let names_what = !rule.types.is_empty() || !rule.attributes.is_empty() || rule.sensitive;
    let exact = names_what && !rule.actions.is_empty();
    Some(Matched::Rule(if exact { Precision::Exact } else { Precision::General }))
}

/// Words of the facts that the rule asks for; none where it asks for none, `None` where one of them is missing.
fn asked_facts(rule: &TerraformRule, change: &Change) -> Option<Vec<String>> {
    let told = |asks: &dyn Fn(&Fact) -> bool| -> Vec<String> {
        change.facts.iter().filter(|fact| asks(fact)).map(Fact::words).collect()
    };
    let attributes = |asks: &dyn Fn(&AttributeChange) -> bool| -> Vec<String> {
        change.attributes.iter().filter(|attribute| asks(attribute)).map(AttributeChange::words).collect()
    };
    let opens = |fact: &Fact| matches!(fact, Fact::Opens { from, to, .. } if rule.opens.iter().any(|port| (*from..=*to).contains(port)));
    // Providers do not tell roles apart by letter case.
    let grants = |fact: &Fact| matches!(fact, Fact::Grants { name, .. } if rule.grants.iter().any(|asked| asked.eq_ignore_ascii_case(name)));
    let shows = |fact: &Fact| matches!(fact, Fact::Shows { what, .. } if rule.shows.contains(what));
    let shrinks =
        |attribute: &AttributeChange| attribute.change.shrinks() && rule.shrinks.matches(&attribute.path);
    let becomes = |attribute: &AttributeChange| {
        change.action != Action::Create
            && rule
                .becomes
                .iter()
                .any(|(value, places)| attribute.change.becomes(value) && places.matches(&attribute.path))
    };
    let asked: [(bool, &dyn Fn() -> Vec<String>); 5] = [
        (!rule.opens.is_empty(), &|| told(&opens)),
        (!rule.grants.is_empty(), &|| told(&grants)),
        (!rule.shows.is_empty(), &|| told(&shows)),
        (!rule.shrinks.is_empty(), &|| attributes(&shrinks)),
        (!rule.becomes.is_empty(), &|| attributes(&becomes)),
    ];
    let mut words = Vec::new();
    for (_, find) in asked.iter().filter(|(asks, _)| *asks) {
        let found = find();
        if found.is_empty() {
            return None;
        }
        words.extend(found);
    }
    Some(words)
}

fn changes_one(rule: &TerraformRule, change: &Change) -> bool {
    let whole = matches!(change.action, Action::Create | Action::Delete | Action::Forget);
    change.attributes.iter().any(|attribute| rule.attributes.matches(&attribute.path))
        || (whole && change.prints.keys().any(|name| rule.attributes.matches(&[name])))
}

/// Whether an update in place changes only what the rule lists, and numbers that grow where it asks for that. That the
/// resource is imported or moved beside that changes nothing.
fn changes_nothing_else(rule: &TerraformRule, change: &Change, actions: &[PlanAction]) -> bool {
    let grows = |attribute: &AttributeChange| attribute.change.grows() && rule.grows.matches(&attribute.path);
    let n_grow = change.attributes.iter().filter(|attribute| grows(attribute)).count();
    let is_update = actions
        .iter()
        .all(|action| matches!(action, PlanAction::Update | PlanAction::Import | PlanAction::Move));
    is_update
        && change.action == Action::Update
        && !change.attributes.is_empty()
        && (rule.grows.is_empty() || n_grow > 0)
        && change.attributes.iter().all(|attribute| grows(attribute) || rule.only.matches(&attribute.path))
}

impl ChangeKind {
    /// Whether it comes to be a value, as it is written; `null` when it is taken away.
    fn becomes(&self, value: &str) -> bool {
        let is = |text: &String| text.eq_ignore_ascii_case(value);
        match self {
            ChangeKind::Added { value: text } | ChangeKind::Changed { after: text, .. } => {
                text.as_ref().is_some_and(is)
            }
            ChangeKind::Number { after, .. } => is(after),
            ChangeKind::Removed => value == "null",
            ChangeKind::Unknown | ChangeKind::Sensitive | ChangeKind::Redacted | ChangeKind::Volatile => {
                false
            }
        }
    }
}
