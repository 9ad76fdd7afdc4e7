//! What a policy contradicts in itself.

use std::collections::HashMap;
use std::ops::Range;

use super::decode::{Decoder, place};
use super::types::{ConditionRule, Members, Policy};
use super::value::{Kind, Value};
use crate::diagnostic::nearest;
use crate::record::same_name;

/// Notes names that are used and not defined, and addresses that two people share.
pub(super) fn validate(decoder: &mut Decoder<'_>, policy: &Policy, value: &Value) {
    people(decoder, policy, value);
    roles(decoder, policy, value);
    windows_and_environments(decoder, policy, value);
    duplicate_names(decoder, policy, value);
}

/// The place of a value by its keys; the start of the file when it is not the book's own.
fn at(value: &Value, keys: &[&str]) -> Range<usize> {
    let mut current = value;
    for key in keys {
        let Kind::Table(table) = &current.kind else { return place(current) };
        let Some(entry) = table.get(*key) else { return place(current) };
        current = &entry.value;
    }
    place(current)
}

/// The keys of a table as they are written; those of entries that could not be read too.
fn keys_of<'v>(value: &'v Value, table: &str) -> Vec<&'v str> {
    let Kind::Table(top) = &value.kind else { return Vec::new() };
    match top.get(table).map(|entry| &entry.value.kind) {
        Some(Kind::Table(entries)) => entries.keys().map(String::as_str).collect(),
        _ => Vec::new(),
    }
}

fn people(decoder: &mut Decoder<'_>, policy: &Policy, value: &Value) {
    for (kind, of) in [("e-mail", true), ("key", false)] {
        let mut owners: HashMap<String, &str> = HashMap::new();
        for (name, person) in &policy.people {
            for text in if of { &person.emails } else { &person.keys } {
                let field = if of { "emails" } else { "keys" };
                let span = at(value, &["people", name, field]);
                if text.trim().is_empty() {
                    decoder.error(span, format!("an empty {kind} of `{name}`"), None);
                    continue;
                }
                // A key is its type and its data; the comment after them is free.
                let identity = match of {
                    true => text.to_ascii_lowercase(),
                    false => text.split_whitespace().take(2).collect::<Vec<_>>().join(" "),
                };
                if let Some(other) = owners.insert(identity, name).filter(|other| other != name) {
                    let help = Some("an address or key can belong to one person only".to_owned());
                    decoder.error(span, format!("`{text}` belongs to both `{other}` and `{name}`"), help);
                }
            }
        }
    }
}

fn roles(decoder: &mut Decoder<'_>, policy: &Policy, value: &Value) {
    let mut uses: Vec<(Vec<&str>, &str)> = Vec::new();
    uses.extend(policy.policy_roles.iter().map(|role| (vec!["policy-roles"], role.as_str())));
    uses.extend(
        policy.reviews.iter().map(|review| (vec!["reviews", review.text.as_str()], review.role.as_str())),
    );
    uses.extend(policy.emergency.roles.iter().map(|role| (vec!["emergency", "roles"], role.as_str())));
    for (risk, rule) in &policy.risks {
        uses.extend(rule.roles.iter().map(|role| (vec!["risk", risk.as_str(), "roles"], role.as_str())));
    }
    let condition_texts = keys_of(value, "conditions");
    for (text, rule) in &policy.conditions {
        if let ConditionRule::Role(role) = rule {
            let written = condition_texts.iter().find(|written| crate::record::normalize(written) == *text);
            uses.push((["conditions"].into_iter().chain(written.copied()).collect(), role));
        }
    }
    for (keys, role) in uses {
        if !policy.roles.contains_key(role) {
            let help = nearest(role, policy.roles.keys().map(String::as_str)).map_or_else(
                || format!("add `{role} = [\"…\"]` under `[roles]`"),
                |near| format!("did you mean `{near}`?"),
            );
            decoder.error(at(value, &keys), format!("role `{role}` is not in `[roles]`"), Some(help));
        }
    }
    if policy.emergency.roles.is_empty() {
        let help = Some("add at least one, such as `on-call`".to_owned());
        let message = "no role approves emergencies, so nobody would have to".to_owned();
        decoder.error(at(value, &["emergency", "roles"]), message, help);
    }
    for (role, members) in &policy.roles {
        let Members::People(people) = members else { continue };
        for person in people.iter().filter(|person| !policy.people.contains_key(*person)) {
            let help = nearest(person, policy.people.keys().map(String::as_str))
                .map_or_else(|| format!("add `[people.{person}]`"), |near| format!("did you mean `{near}`?"));
            let message = format!("`{person}` in role `{role}` is not listed under `[people]`");
            decoder.error(at(value, &["roles", role]), message, Some(help));
        }
    }
    for environment in &policy.environments {
        for deployer in &environment.deployers {
            if !policy.roles.contains_key(deployer) && !policy.people.contains_key(deployer) {
                let message = format!(
                    "deployer `{deployer}` of `{}` is neither a role nor a person in the policy",
                    environment.name
                );
                decoder.error(at(value, &["environments"]), message, None);
            }
        }
    }
}

fn windows_and_environments(decoder: &mut Decoder<'_>, policy: &Policy, value: &Value) {
    let windows = keys_of(value, "windows");
    let help = |name: &str| {
        nearest(name, policy.windows.keys().map(String::as_str)).map(|near| format!("did you mean `{near}`?"))
    };
    for (risk, rule) in &policy.risks {
        let named = rule.window.iter().map(|window| ("window", window));
        for (key, window) in named.chain(rule.windows.iter().map(|window| ("windows", window))) {
            if !windows.contains(&window.as_str()) {
                let span = at(value, &["risk", risk.as_str(), key]);
                decoder.error(span, format!("window `{window}` is not in `[windows]`"), help(window));
            }
        }
        unknown_environments(
            decoder,
            policy,
            &rule.environments,
            at(value, &["risk", risk.as_str(), "environments"]),
        );
    }
    for freeze in &policy.freezes {
        unknown_environments(decoder, policy, &freeze.environments, at(value, &["freeze"]));
    }
}

fn unknown_environments(decoder: &mut Decoder<'_>, policy: &Policy, names: &[String], span: Range<usize>) {
    for name in names.iter().filter(|name| policy.environment(name).is_none()) {
        let known = policy.environments.iter().map(|environment| environment.name.as_str());
        let help = nearest(name, known).map(|near| format!("did you mean `{near}`?"));
        decoder.error(span.clone(), format!("environment `{name}` is not in `[[environments]]`"), help);
    }
}

fn duplicate_names(decoder: &mut Decoder<'_>, policy: &Policy, value: &Value) {
    let environments: Vec<&str> =
        policy.environments.iter().map(|environment| environment.name.as_str()).collect();
    let categories: Vec<&str> = policy.categories.iter().map(|category| category.name.as_str()).collect();
    let freezes: Vec<&str> = policy.freezes.iter().map(|freeze| freeze.name.as_str()).collect();
    for (key, names) in [("environments", environments), ("category", categories), ("freeze", freezes)] {
        for (position, name) in names.iter().enumerate() {
            if names[..position].iter().any(|other| same_name(other, name)) {
                decoder.error(at(value, &[key]), format!("`{name}` appears twice in `[[{key}]]`"), None);
            }
        }
    }
    let mut items: HashMap<String, &str> = HashMap::new();
    for environment in &policy.environments {
        for text in &environment.deployed_by {
            let other = items.insert(crate::record::normalize(text), &environment.name);
            if let Some(other) = other.filter(|other| *other != environment.name) {
                let message = format!("`{text}` deploys to both `{other}` and `{}`", environment.name);
                decoder.error(at(value, &["environments"]), message, None);
            }
        }
    }
}
