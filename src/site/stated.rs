//! Frontmatter as a table: what the author states and the page shows nowhere else.

use serde_json::Value;

use super::model::Model;
use super::record_page::Fact;
use crate::ledger::RecordState;
use crate::record::RecordType;

/// Keys that another part of the page shows.
fn shown(record_type: RecordType) -> &'static [&'static str] {
    match record_type {
        RecordType::Task => &[
            "id",
            "title",
            "kind",
            "risk",
            "window",
            "scheduled",
            "duration",
            "downtime",
            "services",
            "labels",
        ],
        RecordType::Decision => &["id", "title", "changes", "requestor", "meeting", "decision"],
        RecordType::Runbook => &["id", "title", "services", "owner", "rto", "rpo", "review-every", "labels"],
    }
}

/// Keys that mean something, by type of record.
fn known(record_type: RecordType) -> &'static [&'static str] {
    match record_type {
        RecordType::Task => &[
            "requestor",
            "categories",
            "environments",
            "emergency",
            "depends",
            "follows",
            "covers",
            "runbooks",
            "services",
            "labels",
            "cost",
            "chart",
            "cancelled",
            "manifests",
        ],
        RecordType::Decision => &["changes", "requestor", "meeting", "decision"],
        RecordType::Runbook => &["services", "owner", "rto", "rpo", "review-every", "labels"],
    }
}

/// The keys in file order.
pub(super) fn facts(model: &Model<'_>, state: &RecordState) -> Vec<Fact> {
    let known = known(state.record_type);
    let shown = shown(state.record_type);
    let fields = state.record.fields.iter().filter(|field| !shown.contains(&field.key.as_str()));
    let fact = |field: &crate::record::Field| {
        let value = if field.key == "requestor" || field.key == "owner" {
            field.value.as_str().map_or_else(|| plain(&field.value), |key| model.person(key))
        } else {
            plain(&field.value)
        };
        Fact { name: field.key.clone(), value, known: known.contains(&field.key.as_str()) }
    };
    fields.map(fact).collect()
}

/// A value without TOML's or JSON's signs.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(map) => {
            map.iter().map(|(key, value)| format!("{key}: {}", plain(value))).collect::<Vec<_>>().join(" · ")
        }
        other => other.to_string(),
    }
}
