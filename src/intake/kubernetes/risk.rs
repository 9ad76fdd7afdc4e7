//! Which categories of the policy a change of manifests belongs to.

use std::collections::BTreeMap;

use super::super::phrase::count;
use super::super::tree::{Change, Path, Value};
use super::super::{Found, Match, Precision, most_precise};
use super::evidence::{Action, ChangedObject, Evidence};
use super::sentence::{Words, object_name};
use crate::policy::{Category, KubernetesRule, Policy};
use crate::record::Risk;

/// Fields that a reason names.
const MAX_NAMED: usize = 3;

impl Evidence {
    /// What the policy says about each changed object and field, computed anew from what the evidence holds.
    ///
    /// A rule matches when each list that it gives does. Rules that name fields are the most precise, then those that
    /// name kinds and actions; of those that match one field the most precise decide. A number that goes down is no
    /// low risk by its field alone: fewer replicas are not more capacity.
    pub fn found(&self, policy: &Policy) -> Found {
        let rules: Vec<Rule<'_>> = policy.categories.iter().filter_map(Rule::new).collect();
        let mut found = Found::default();
        for object in &self.objects {
            judge(object, policy, &rules, &mut found);
        }
        found
    }
}

fn judge(object: &ChangedObject, policy: &Policy, rules: &[Rule<'_>], found: &mut Found) {
    let name = object_name(object);
    if object.action != Action::Update {
        let matches: Vec<Match<'_>> = rules.iter().filter_map(|rule| rule.matches(object, None)).collect();
        let verb = if object.action == Action::Create { "added" } else { "removed" };
        found.add(&most_precise(&matches), &format!("{name} is {verb}"));
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
        for leaf in leaves(field) {
            let matches: Vec<Match<'_>> =
                rules.iter().filter_map(|rule| rule.matches(object, Some((field, &leaf)))).collect();
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

    fn matches(&self, object: &ChangedObject, field: Option<(&Change, &Path)>) -> Option<Match<'p>> {
        let KubernetesRule { kinds, actions, fields } = self.rule;
        if !kinds.is_empty() && !kinds.matches(&object.kind) {
            return None;
        }
        if !actions.is_empty() && !actions.iter().any(|word| word == object.action.as_str()) {
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
