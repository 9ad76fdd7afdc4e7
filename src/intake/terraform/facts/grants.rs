//! Roles and policies that come to be granted, by whichever attribute a provider has for it.

use super::super::value::Value;
use super::Found;
use super::place::Place;

/// What is granted by a policy document that allows everything.
pub(super) const EVERYTHING: &str = "*";

/// Azure's and Entra's roles that let somebody do everything, by their IDs.
const ROLE_IDS: [(&str, &str); 7] = [
    ("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner"),
    ("b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor"),
    ("18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", "User Access Administrator"),
    ("f58310d9-a9f6-439a-9e8d-f62e7b41a168", "Role Based Access Control Administrator"),
    ("62e90394-69f5-4237-9190-012177145e10", "Global Administrator"),
    ("e8611ab8-c189-46e8-94e1-60213ab1f814", "Privileged Role Administrator"),
    ("7be44c8a-adaf-4e2a-84d6-ab2649e08a13", "Privileged Authentication Administrator"),
];
/// Groups of Kubernetes whose members may do everything.
const MASTERS: &str = "system:masters";

/// Looks at a resource as a whole.
pub(super) fn look(value: &Value<'_>, found: &mut Found<'_>) {
    let kind = found.resource_type;
    if kind.starts_with("google_") && kind.contains("_iam_") {
        if let Some(role) = value.get("role").as_str() {
            let members = value.get("members").elements().iter().chain([value.get("member")]);
            let members: Vec<&str> = members.filter_map(Value::as_str).collect();
            grants_each(last(role), &members, found);
        }
    } else if kind.starts_with("kubernetes_cluster_role_binding")
        || kind.starts_with("kubernetes_role_binding")
    {
        let subjects: Vec<&str> = value
            .get("subject")
            .elements()
            .iter()
            .filter_map(|subject| subject.get("name").as_str())
            .collect();
        if let Some(role) = value.get("role_ref").at(0).get("name").as_str() {
            grants_each(role, &subjects, found);
        }
    } else if kind.starts_with("kubernetes_cluster_role") {
        rules(value.get("rule"), ["verbs", "resources"], found);
    } else if kind == "azuread_directory_role"
        && let Some(name) = value.get("display_name").as_str()
    {
        found.grants(name, None);
    }
}

/// Looks at one place of it.
pub(super) fn look_at(place: &Place<'_>, value: &Value<'_>, found: &mut Found<'_>) {
    match value {
        Value::String(text) => text_at(place, text, found),
        Value::Object(_) => object_at(place, value, found),
        _ => {}
    }
}

fn text_at(place: &Place<'_>, text: &str, found: &mut Found<'_>) {
    if text.contains(MASTERS) {
        found.grants_known(MASTERS);
    }
    if text.starts_with("arn:aws") && (text.contains(":policy/") || text.contains("cluster-access-policy/")) {
        let bounds = ["permissions_boundary", "arn", "id"].contains(&place.written());
        if !bounds {
            found.grants(last(text), None);
        }
        return;
    }
    match &*place.key() {
        "role_definition_name" => found.grants(text, None),
        "role_definition_id" | "role_id" | "template_id" | "directory_role_id" | "role_definition_ids" => {
            let id = last(text).to_ascii_lowercase();
            match ROLE_IDS.iter().find(|(known, _)| *known == id) {
                Some((_, name)) => found.grants_known(name),
                None => found.grants(last(text), None),
            }
        }
        "actions" if place.is_under("permissions") && text == "*" => found.grants_known(EVERYTHING),
        _ => {}
    }
}

fn object_at(place: &Place<'_>, value: &Value<'_>, found: &mut Found<'_>) {
    // Google's policies as a document.
    for binding in value.get("bindings").elements() {
        let members: Vec<&str> = binding.get("members").elements().iter().filter_map(Value::as_str).collect();
        if let Some(role) = binding.get("role").as_str() {
            grants_each(last(role), &members, found);
        }
    }
    // Objects of Kubernetes, wherever a provider puts them.
    let kind = value.get("kind").as_str().unwrap_or_default();
    if kind.ends_with("RoleBinding") && !place.is_under("role_ref") {
        let subjects: Vec<&str> = value
            .get("subjects")
            .elements()
            .iter()
            .filter_map(|subject| subject.get("name").as_str())
            .collect();
        if let Some(role) = value.get("roleRef").get("name").as_str() {
            grants_each(role, &subjects, found);
        }
    } else if kind == "ClusterRole" {
        rules(value.get("rules"), ["verbs", "resources"], found);
    }
}

/// Rules of a role in a cluster: all verbs on all resources.
fn rules(rules: &Value<'_>, keys: [&str; 2], found: &mut Found<'_>) {
    let has_all = |value: &Value<'_>| value.elements().iter().any(|element| element.as_str() == Some("*"));
    if rules.elements().iter().any(|rule| keys.iter().all(|key| has_all(rule.get(key)))) {
        found.grants_known(EVERYTHING);
    }
}

fn grants_each(role: &str, members: &[&str], found: &mut Found<'_>) {
    if members.is_empty() {
        found.grants(role, None);
    }
    for member in members {
        found.grants(role, Some(member));
    }
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The kind of the object that a resource holds, where a provider hides it in a text.
pub(in super::super) fn hidden_kind(yaml: &str) -> Option<String> {
    let line = yaml.lines().find(|line| line.starts_with("kind:"))?;
    let kind = line.trim_start_matches("kind:").trim().trim_matches(['"', '\'']);
    kind.bytes().all(|byte| byte.is_ascii_alphanumeric()).then(|| kind.to_owned())
}
