//! Short words for the parts of a schema.

use serde_json::{Map, Value, json};

pub(super) fn text() -> Value {
    json!({ "type": "string" })
}

pub(super) fn flag() -> Value {
    json!({ "type": "boolean" })
}

pub(super) fn count() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

pub(super) fn one_of(words: &[&str]) -> Value {
    json!({ "enum": words })
}

pub(super) fn duration() -> Value {
    json!({ "type": "string", "pattern": "^(?=.)([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$" })
}

pub(super) fn moment() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

pub(super) fn list_of(item: Value) -> Value {
    json!({ "type": "array", "items": item })
}

pub(super) fn texts() -> Value {
    list_of(text())
}

pub(super) fn or_null(shape: Value) -> Value {
    json!({ "anyOf": [{ "type": "null" }, shape] })
}

pub(super) fn named(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// A table with any keys.
pub(super) fn table_of(entry: Value) -> Value {
    json!({ "type": "object", "additionalProperties": entry })
}

/// A table with these keys and no others; a `?` behind a key says that it may be absent.
pub(super) fn closed(keys: &[(&str, Value)]) -> Value {
    let properties: Map<String, Value> =
        keys.iter().map(|(key, shape)| (key.trim_end_matches('?').to_owned(), shape.clone())).collect();
    let required: Vec<&str> = keys.iter().map(|(key, _)| *key).filter(|key| !key.ends_with('?')).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

/// A table with these keys and no others, each of which may be absent.
pub(super) fn options(keys: &[(&str, Value)]) -> Value {
    let properties: Map<String, Value> =
        keys.iter().map(|(key, shape)| ((*key).to_owned(), shape.clone())).collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}
