//! Which categories of the policy the way from one version to another belongs to.

use std::collections::BTreeMap;

use super::super::fragment::{Wording, fragment};
use super::super::phrase::{count, quoted};
use super::super::stored::is_hidden;
use super::super::tree::{Change, Path, Value};
use super::super::{Found, Match, Precision, most_precise};
use super::changelog::Kind;
use super::evidence::Evidence;
use super::text::{dependency, escaped};
use super::version::Jump;
use crate::policy::Policy;
use crate::record::Risk;

/// A key that no chart has, so that only a rule about all values means it.
const ANY_VALUE: &str = "\u{0}";
/// Values that a reason names.
const MAX_NAMED: usize = 3;
/// Longest text about a value in a reason, in characters; of others the reason gives the name.
const MAX_REASON: usize = 120;

impl Evidence {
    /// What the policy says about the jump, and about each default value that differs, computed anew from what the
    /// evidence holds.
    pub fn found(&self, policy: &Policy) -> Found {
        let mut found = Found::default();
        for (word, reason) in changes(self) {
            let meant = policy.categories.iter().filter(|category| {
                category.helm.as_ref().is_some_and(|rule| rule.changes.iter().any(|known| known == word))
            });
            found.add(&meant.collect::<Vec<_>>(), &reason);
        }
        values(self, policy, &mut found);
        found
    }
}

/// What differs, in the policy's words.
fn changes(evidence: &Evidence) -> Vec<(&'static str, String)> {
    let name = quoted(&evidence.name);
    let mut changes = Vec::new();
    let jump = evidence.jump();
    if jump != Jump::None {
        let jump = jump.as_str();
        let [current, target] = [&evidence.current, &evidence.target].map(|version| quoted(version));
        changes.push((jump, format!("{name} {current} → {target} ({jump})")));
    }
    if !evidence.app_version.is_same() {
        let version = |version: &Option<String>| version.as_deref().map_or("none".to_owned(), quoted);
        let pair = &evidence.app_version;
        changes.push(("app", format!("{name}: app {} → {}", version(&pair.before), version(&pair.after))));
    }
    if !evidence.dependencies.is_empty() || !evidence.bundled.is_empty() {
        let named: Vec<String> = evidence.dependencies.iter().take(MAX_NAMED).map(dependency).collect();
        let said = if named.is_empty() { "bundled charts differ".to_owned() } else { named.join(", ") };
        changes.push(("dependencies", format!("{name}: {said}")));
    }
    if !evidence.templates.is_empty() {
        changes
            .push(("templates", format!("{name}: {} differ", count(evidence.templates.len(), "template"))));
    }
    if !evidence.files.is_empty() || evidence.schema {
        changes.push(("templates", format!("{name}: files differ that its templates or values depend on")));
    }
    if !evidence.kube_version.is_same() {
        changes.push(("app", format!("{name}: other Kubernetes versions are required")));
    }
    for entry in evidence.changelog.iter().filter(|entry| entry.kind == Kind::Breaking) {
        changes.push(("breaking", format!("{name} {}: {}", entry.version, escaped(&entry.text))));
    }
    if !evidence.crds.is_empty() {
        changes.push((
            "crds",
            format!("{name}: custom resource definitions differ, which `helm upgrade` leaves as they are"),
        ));
    }
    if let Some(used) = evidence.used.first() {
        let more = evidence.used.len() - 1;
        let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
        let value = quoted(&used.value.to_string());
        changes.push((
            "values-in-use",
            format!("{name}: {value} is gone and {} sets it{rest}", quoted(&used.file)),
        ));
    }
    changes
}

fn values(evidence: &Evidence, policy: &Policy, found: &mut Found) {
    let rules: Vec<_> = policy
        .categories
        .iter()
        .filter_map(|category| Some((category, &category.helm.as_ref()?.values)))
        .filter(|(_, values)| !values.is_empty())
        .collect();
    let mut named: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for change in &evidence.values {
        let leaves = [&change.old, &change.new].into_iter().flatten().flat_map(|value| value.leaves());
        let paths: Vec<Path> = leaves.map(|(leaf, _)| change.path.join(&leaf)).collect();
        let matches: Vec<Match<'_>> = rules
            .iter()
            // Fewer replicas are not more capacity.
            .filter(|(category, _)| category.risk != Risk::Low || !goes_down(change))
            .filter(|(_, globs)| paths.iter().any(|path| globs.matches(&path.keys())))
            .map(|(category, globs)| {
                // A rule that names every value says nothing about this one.
                let precision =
                    if globs.matches(&[ANY_VALUE]) { Precision::General } else { Precision::Exact };
                Match { precision, category }
            })
            .collect();
        let said = said(change);
        for category in most_precise(&matches) {
            named.entry(&category.name).or_default().push(said.clone());
        }
    }
    for (category, paths) in named {
        let more = paths.len().saturating_sub(MAX_NAMED);
        let shown = paths[..paths.len() - more].join(", ");
        let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
        if let Some(category) = policy.category(category) {
            found.add(&[category], &format!("default values {shown}{rest}"));
        }
    }
}

/// A value with what it was and becomes, where that is short enough.
fn said(change: &Change) -> String {
    let label = |path: &Path| quoted(&path.to_string());
    let text = fragment(change, &Wording { label: &label, hides: &|_, value| is_hidden(value) }).text;
    if text.chars().count() <= MAX_REASON { text } else { label(&change.path) }
}

fn goes_down(change: &Change) -> bool {
    let number = |value: &Option<Value>| match value {
        Some(Value::Number(text) | Value::Text(text)) => text.parse::<f64>().ok(),
        _ => None,
    };
    match (number(&change.old), number(&change.new)) {
        (Some(old), Some(new)) => new < old,
        (Some(_), None) => true,
        _ => false,
    }
}
