//! What may be made in the cluster, which APIs it serves, and what is kept when an object goes.

use super::super::super::tree::{Change, Value};
use super::{FactKind, Facts, from_to, is_empty, is_true, path, text, texts};

/// Fields that say what happens to an object that breaks a rule.
const ACTIONS: &[&str] =
    &["failurePolicy", "validationFailureAction", "enforcementAction", "validationActions"];
/// Fields that say what becomes of the data when its owner goes.
const KEEPING: &[&str] =
    &["reclaimPolicy", "persistentVolumeReclaimPolicy", "deletionPolicy", "whenDeleted", "whenScaled"];

/// What is so of webhooks.
pub(super) fn state(kind: &str, object: &Value, facts: &mut Facts) {
    if !kind.ends_with("WebhookConfiguration") {
        return;
    }
    for webhook in object.get("webhooks").map(Value::items).unwrap_or_default() {
        let name = text(webhook, &["name"]).unwrap_or_default();
        let fails = text(webhook, &["failurePolicy"]).is_none_or(|policy| policy == "Fail");
        let rules = webhook.get("rules").map(Value::items).unwrap_or_default();
        let resources = rules.iter().flat_map(|rule| texts(rule.get("resources")));
        let is_broad = resources
            .map(|resource| resource.split('/').next().unwrap_or_default().to_owned())
            .any(|resource| matches!(resource.as_str(), "*" | "pods" | "namespaces" | "nodes"));
        let is_limited = ["namespaceSelector", "objectSelector"]
            .iter()
            .any(|key| webhook.get(key).is_some_and(|selector| !is_empty(selector)));
        if fails && is_broad && !is_limited {
            facts.add(FactKind::Blocking, path(&["webhooks"]), [name]);
        }
    }
}

/// What is refused, served or kept no more.
pub(super) fn step(fields: &[Change], old: &Value, new: &Value, facts: &mut Facts) {
    for field in fields {
        let key = field.path.last_key();
        let strict = |value: &Option<Value>| match value {
            Some(Value::List(items)) => items.iter().any(|item| item.as_text() == Some("Deny")),
            value => value.as_ref().and_then(Value::as_key).is_some_and(|text| {
                ["fail", "enforce", "deny"].contains(&text.to_ascii_lowercase().as_str())
            }),
        };
        if ACTIONS.contains(&key) && strict(&field.old) && !strict(&field.new) {
            facts.add(FactKind::Unprotected, field.path.clone(), [key.to_owned(), from_to(field)]);
        }
        let deletes = |value: &Option<Value>| value.as_ref().and_then(Value::as_text) == Some("Delete");
        if KEEPING.contains(&key) && deletes(&field.new) && field.old.is_some() {
            facts.add(FactKind::Unprotected, field.path.clone(), [key.to_owned(), from_to(field)]);
        }
    }
    let served = |object: &Value| -> Vec<String> {
        let versions = object.at(&["spec", "versions"]).map(Value::items).unwrap_or_default();
        let served = versions.iter().filter(|version| is_true(version, &["served"]));
        served.filter_map(|version| text(version, &["name"])).collect()
    };
    let after = served(new);
    for version in served(old).into_iter().filter(|version| !after.contains(version)) {
        facts.add(FactKind::VersionGone, path(&["spec", "versions"]), [version]);
    }
}
