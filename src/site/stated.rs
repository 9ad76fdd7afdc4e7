//! Frontmatter as a table: what the author states and the page shows nowhere else.

use serde_json::Value;

use super::model::Model;
use super::record_page::Fact;
use crate::ledger::RecordState;
use crate::record::RecordType;

/// Keys that the page's head shows.
const SHOWN: &[&str] =
    &["id", "title", "kind", "risk", "plan", "window", "scheduled", "duration", "downtime"];

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
    let shown = |key: &str| {
        SHOWN.contains(&key) && (state.record_type == RecordType::Task || key == "id" || key == "title")
    };
    let fields = state.record.fields.iter().filter(|field| !shown(&field.key));
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
