//! Policy documents in the form of AWS: what they allow, and whom.

use super::super::value::Value;
use super::Found;
use super::grants::EVERYTHING;
use super::place::Place;
use crate::policy::PlanTrait;

/// Types whose documents set bounds and grant nothing.
const BOUNDS: [&str; 3] = ["aws_vpc_endpoint", "aws_vpc_endpoint_policy", "aws_organizations_policy"];
/// Services whose every action on everything lets somebody take all others.
const LADDERS: [&str; 3] = ["iam:*", "sts:*", "organizations:*"];
/// Conditions that keep nobody out.
const OPEN_CONDITIONS: [&str; 6] = [
    "aws:securetransport",
    "aws:useragent",
    "aws:referer",
    "s3:tlsversion",
    "aws:requestedregion",
    "aws:currenttime",
];

/// Looks at a value that may be a policy document.
pub(super) fn look_at(place: &Place<'_>, value: &Value<'_>, found: &mut Found<'_>) {
    if value.get("Statement").is_null() || BOUNDS.contains(&found.resource_type) {
        return;
    }
    if place.key() == "permissions_boundary" {
        return;
    }
    for statement in listed(value.get("Statement")) {
        if statement.get("Effect").as_str().is_some_and(|effect| effect.eq_ignore_ascii_case("allow")) {
            judge(statement, found);
        }
    }
}

fn judge(statement: &Value<'_>, found: &mut Found<'_>) {
    let actions = texts(statement.get("Action"));
    let resources = texts(statement.get("Resource"));
    let principal = statement.get("Principal");
    let excludes = !statement.get("NotPrincipal").is_null();
    if principal.is_null() && !excludes {
        return identity(statement, &actions, &resources, found);
    }
    let assumes = actions.iter().any(|action| action.to_ascii_lowercase().starts_with("sts:assume"));
    if (is_everyone(principal) || excludes) && !is_bound(statement.get("Condition")) {
        match assumes {
            true => found.shows(PlanTrait::TrustsEveryone, "anybody may assume the role"),
            false => {
                let what = actions.first().copied().unwrap_or("what it names");
                let because = format!("allows everybody {}", found.said(what));
                found.shows(PlanTrait::Public, because);
            }
        }
    } else if assumes && is_any_subject(principal, statement.get("Condition")) {
        found.shows(PlanTrait::TrustsEveryone, "any subject of the identity provider may assume the role");
    }
}

/// A statement about those to whom the document is attached.
fn identity(statement: &Value<'_>, actions: &[&str], resources: &[&str], found: &mut Found<'_>) {
    let everywhere = resources.iter().any(|resource| matches!(*resource, "*" | "arn:aws:*" | "*:*"))
        || !statement.get("NotResource").is_null();
    let all_but = !statement.get("NotAction").is_null();
    if everywhere && (all_but || actions.iter().any(|action| matches!(*action, "*" | "*:*"))) {
        found.grants_known(EVERYTHING);
        return;
    }
    for action in actions {
        let lower = action.to_ascii_lowercase();
        if let Some(ladder) = LADDERS.iter().find(|ladder| everywhere && **ladder == lower) {
            found.grants_known(ladder);
            continue;
        }
        for resource in resources {
            found.gains(&format!("{action} on {resource}"));
        }
    }
}

/// `"*"`, `{"AWS": "*"}`, or a list with one of them.
fn is_everyone(principal: &Value<'_>) -> bool {
    match principal {
        Value::String(text) => text == "*",
        Value::Array(elements) => elements.iter().any(is_everyone),
        Value::Object(_) => ["AWS", "*", "CanonicalUser"].iter().any(|kind| is_everyone(principal.get(kind))),
        _ => false,
    }
}

/// Whether a condition keeps most out.
fn is_bound(condition: &Value<'_>) -> bool {
    let keys = condition.members().iter().flat_map(|(_, keys)| keys.members());
    let world =
        |value: &Value<'_>| texts(value).iter().any(|text| matches!(*text, "*" | "0.0.0.0/0" | "::/0"));
    keys.into_iter()
        .any(|(key, value)| !OPEN_CONDITIONS.contains(&key.to_ascii_lowercase().as_str()) && !world(value))
}

/// A public identity provider whose tokens anybody can have, with no condition on whose they are.
fn is_any_subject(principal: &Value<'_>, condition: &Value<'_>) -> bool {
    const PUBLIC: [&str; 5] = [
        "token.actions.githubusercontent.com",
        "gitlab.com",
        "app.terraform.io",
        "accounts.google.com",
        "cognito-identity.amazonaws.com",
    ];
    const ANYTHING: [&str; 4] = ["*", "repo:*", "repo:*:*", "project_path:*"];
    let federated = texts(principal.get("Federated"));
    let is_public = federated.iter().any(|provider| PUBLIC.iter().any(|known| provider.ends_with(known)));
    if !is_public {
        return false;
    }
    let names_some = condition.members().iter().flat_map(|(_, keys)| keys.members()).any(|(key, value)| {
        let names = texts(value);
        let narrow = |text: &&str| !ANYTHING.contains(text);
        !key.ends_with(":aud") && !names.is_empty() && names.iter().all(narrow)
            || (key.starts_with("cognito") && key.ends_with(":aud"))
    });
    !names_some
}

fn listed<'v, 'a>(value: &'v Value<'a>) -> Vec<&'v Value<'a>> {
    match value {
        Value::Array(elements) => elements.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

fn texts<'v>(value: &'v Value<'_>) -> Vec<&'v str> {
    listed(value).into_iter().filter_map(Value::as_str).collect()
}
