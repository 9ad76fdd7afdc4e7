//! Which categories of the policy a change of manifests belongs to.

use std::collections::BTreeMap;

use super::super::phrase::count;
use super::super::tree::{Change, Path, Value};
use super::super::{Found, Match, Precision, most_precise};
use super::compare::{Comparison, ObjectChange};
use super::sentence::{Words, object_name};
use crate::policy::{Category, KubernetesRule, Policy};
use crate::record::Risk;

/// Fields that a reason names.
const MAX_NAMED: usize = 3;

/// What happens to an object, in the policy's words.
fn action(change: &ObjectChange) -> &'static str {
    match (&change.old, &change.new) {
        (None, _) => "create",
        (_, None) => "delete",
        _ => "update",
    }
}

/// What the policy says about each changed object and field.
///
/// A rule matches when each list that it gives does. Rules that name fields are the most precise, then those that
/// name kinds and actions; of those that match one field the most precise decide. A number that goes down is no
/// low risk by its field alone: fewer replicas are not more capacity.
pub fn found(comparison: &Comparison, policy: &Policy) -> Found {
    let rules: Vec<Rule<'_>> = policy.categories.iter().filter_map(Rule::new).collect();
    let mut found = Found::default();
    for change in &comparison.changes {
        let name = object_name(change);
        if change.fields.is_empty() {
            let matches: Vec<Match<'_>> =
                rules.iter().filter_map(|rule| rule.matches(change, None)).collect();
            let verb = if change.old.is_none() { "added" } else { "removed" };
            found.add(&most_precise(&matches), &format!("{name} is {verb}"));
            continue;
        }
        let words = Words { change, secrets: &comparison.secrets };
        for (category, labels) in by_category(&rules, change, &words) {
            let more = labels.len().saturating_sub(MAX_NAMED);
            let named = labels[..labels.len() - more].join(", ");
            let rest = if more == 0 { String::new() } else { format!(" and {}", count(more, "other field")) };
            if let Some(category) = policy.category(category) {
                found.add(&[category], &format!("{name}: {named}{rest}"));
            }
        }
    }
    found
}

/// The changed fields of an object by the categories that decide on them.
fn by_category<'p>(
    rules: &[Rule<'p>],
    change: &ObjectChange,
    words: &Words<'_>,
) -> BTreeMap<&'p str, Vec<String>> {
    let mut labels: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for field in &change.fields {
        for leaf in leaves(field) {
            let matches: Vec<Match<'_>> =
                rules.iter().filter_map(|rule| rule.matches(change, Some((field, &leaf)))).collect();
            for category in most_precise(&matches) {
                let label = words.field_label(&field.path);
                let of_category = labels.entry(&category.name).or_default();
                if !of_category.contains(&label) {
                    of_category.push(label);
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
    fn new(category: &'p Category) -> Option<Self> {
        Some(Rule { category, rule: category.kubernetes.as_ref()? })
    }

    fn matches(&self, change: &ObjectChange, field: Option<(&Change, &Path)>) -> Option<Match<'p>> {
        let KubernetesRule { kinds, actions, fields } = self.rule;
        if !kinds.is_empty() && !kinds.matches(&change.id.kind) {
            return None;
        }
        if !actions.is_empty() && !actions.iter().any(|word| word == action(change)) {
            return None;
        }
        let precision = match field {
            _ if fields.is_empty() => {
                if kinds.is_empty() || actions.is_empty() {
                    Precision::General
                } else {
                    Precision::Exact
                }
            }
            Some((field, leaf)) => {
                let falls = self.category.risk == Risk::Low && goes_down(field);
                if falls || !fields.matches(&leaf.keys()) {
                    return None;
                }
                Precision::Only
            }
            None => return None,
        };
        Some(Match { precision, category: self.category })
    }
}

fn goes_down(change: &Change) -> bool {
    let number = |value: &Option<Value>| match value {
        Some(Value::Number(text)) => text.parse::<f64>().ok(),
        _ => None,
    };
    match (number(&change.old), number(&change.new)) {
        (Some(old), Some(new)) => new < old,
        (Some(_), None) => true,
        _ => false,
    }
}
