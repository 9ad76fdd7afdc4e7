//! Which categories of the policy a change of manifests belongs to.

use std::collections::BTreeMap;

use super::super::phrase::count;
use super::super::tree::{Change, Path, Value};
use super::super::{Found, Match, Precision, most_precise};
use super::evidence::{Action, ChangedObject, Evidence};
use super::facts::say;
use super::quantity::measure;
use super::sentence::{Words, object_name, what_goes_with};
use crate::policy::{Category, KubernetesRule, Policy};
use crate::record::Risk;

/// Fields that a reason names.
const MAX_NAMED: usize = 3;
/// Longest text about a field in a reason, in characters; of others the reason gives the name.
const MAX_REASON: usize = 160;
/// A key that nobody gives, so that only a rule about all labels means it.
const ANY_LABEL: &str = "\u{0}";

impl Evidence {
    /// What the policy says about each changed object, field and fact, computed anew from what the evidence holds.
    ///
    /// A rule matches when each list that it gives does. Rules that name fields are the most precise, then those that
    /// name any label, then those that name kinds and actions; of those that match one field the most precise decide. A
    /// number that goes down is no low risk by its field alone: fewer replicas are not more capacity. Facts, and amounts
    /// that shrink or stop, count beside that.
    pub fn found(&self, policy: &Policy) -> Found {
        let rules: Vec<Rule<'_>> = policy.categories.iter().flat_map(Rule::of).collect();
        let mut found = Found::default();
        for object in &self.objects {
            judge(object, policy, &rules, &mut found);
        }
        found
    }
}

fn judge(object: &ChangedObject, policy: &Policy, rules: &[Rule<'_>], found: &mut Found) {
    let name = object_name(object);
    let words = Words { object };
    for fact in &object.facts {
        let Some(word) = fact.fact.word() else { continue };
        let asks =
            |rule: &&Rule<'_>| rule.is_about(object) && rule.rule.facts.iter().any(|known| known == word);
        let meant: Vec<&Category> = rules.iter().filter(asks).map(|rule| rule.category).collect();
        found.add(&meant, &format!("{name}: {}", say(fact, &words)));
    }
    if object.action != Action::Update {
        let matches: Vec<Match<'_>> = rules.iter().filter_map(|rule| rule.matches(object, None)).collect();
        let (verb, more) = match object.action {
            Action::Create => ("added", ""),
            _ => ("removed", what_goes_with(object)),
        };
        found.add(&most_precise(&matches), &format!("{name} is {verb}{more}"));
        return;
    }
    for (category, labels) in by_category(rules, object) {
        let more = labels.len().saturating_sub(MAX_NAMED);
        let named = labels[..labels.len() - more].join(", ");
        let rest = if more == 0 { String::new() } else { format!(" and {}", count(more, "other field")) };
        if let Some(category) = policy.category(category) {
            found.add(&[category], &format!("{name}: {named}{rest}"));
        }
    }
}

/// The changed fields of an object by the categories that decide on them.
fn by_category<'p>(rules: &[Rule<'p>], object: &ChangedObject) -> BTreeMap<&'p str, Vec<String>> {
    let words = Words { object };
    let mut labels: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for field in &object.fields {
        let text = words.fragment(field).text;
        let label = if text.chars().count() <= MAX_REASON { text } else { words.field_label(&field.path) };
        for leaf in leaves(field) {
            let matches: Vec<Match<'_>> =
                rules.iter().filter_map(|rule| rule.matches(object, Some((field, &leaf)))).collect();
            let beside: Vec<&Category> = rules
                .iter()
                .filter(|rule| rule.falls(object, field, &leaf))
                .map(|rule| rule.category)
                .collect();
            // What is said of every update adds nothing to what is said of this one.
            let is_more = |found: &Match<'_>| beside.is_empty() || found.precision != Precision::General;
            let matches: Vec<Match<'_>> = matches.into_iter().filter(is_more).collect();
            for category in most_precise(&matches).into_iter().chain(beside) {
                let of_category = labels.entry(&category.name).or_default();
                if !of_category.contains(&label) {
                    of_category.push(label.clone());
                }
            }
        }
    }
    labels
}

/// The paths of all values that a change touches.
fn leaves(change: &Change) -> Vec<Path> {
    let values = [&change.old, &change.new].into_iter().flatten();
    let mut paths: Vec<Path> =
        values.flat_map(|value| value.leaves()).map(|(leaf, _)| change.path.join(&leaf)).collect();
    paths.sort();
    paths.dedup();
    paths
}

struct Rule<'p> {
    category: &'p Category,
    rule: &'p KubernetesRule,
}

impl<'p> Rule<'p> {
    fn of(category: &'p Category) -> impl Iterator<Item = Self> {
        category.kubernetes.iter().map(move |rule| Rule { category, rule })
    }

    /// Whether kind and action are those that it names.
    fn is_about(&self, object: &ChangedObject) -> bool {
        let KubernetesRule { kinds, except, actions, .. } = self.rule;
        (kinds.is_empty() || kinds.matches(&object.kind))
            && !except.matches(&object.kind)
            && (actions.is_empty() || actions.iter().any(|word| word == object.action.as_str()))
    }

    /// Whether it asks for more than what is changed: those rules count beside the others.
    fn is_beside(&self) -> bool {
        let KubernetesRule { facts, shrinks, stops, .. } = self.rule;
        !facts.is_empty() || !shrinks.is_empty() || !stops.is_empty()
    }

    fn matches(&self, object: &ChangedObject, field: Option<(&Change, &Path)>) -> Option<Match<'p>> {
        if self.is_beside() || !self.is_about(object) {
            return None;
        }
        let KubernetesRule { kinds, actions, fields, labels, .. } = self.rule;
        let precision = match field {
            _ if fields.is_empty() && labels.is_empty() => {
                if kinds.is_empty() || actions.is_empty() {
                    Precision::General
                } else {
                    Precision::Exact
                }
            }
            Some((field, leaf)) => {
                let keys = leaf.keys();
                let is_label = match &keys[..] {
                    ["metadata", "labels" | "annotations", key, ..] => labels.matches(key),
                    _ => false,
                };
                let falls = self.category.risk == Risk::Low && goes_down(field);
                match () {
                    () if is_label && labels.matches(ANY_LABEL) => Precision::Part,
                    () if is_label => Precision::Only,
                    () if !falls && fields.matches(&keys) => Precision::Only,
                    () => return None,
                }
            }
            None => return None,
        };
        Some(Match { precision, category: self.category })
    }

    /// Whether the field is one of those whose fall the rule is about.
    fn falls(&self, object: &ChangedObject, field: &Change, leaf: &Path) -> bool {
        let KubernetesRule { shrinks, stops, .. } = self.rule;
        let keys = leaf.keys();
        let is_zero = || field.new.as_ref().and_then(measure) == Some(0.0);
        (!shrinks.is_empty() || !stops.is_empty())
            && self.is_about(object)
            && (shrinks.matches(&keys) && goes_down(field) || stops.matches(&keys) && is_zero())
    }
}

fn goes_down(change: &Change) -> bool {
    let of = |value: &Option<Value>| value.as_ref().and_then(measure);
    match (of(&change.old), &change.new) {
        (Some(old), Some(new)) => measure(new).is_some_and(|new| new < old),
        (Some(_), None) => true,
        (None, _) => false,
    }
}
