//! Values of a document, paths into them, and what differs between two.

pub(crate) mod align;
mod diff;
mod path;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use diff::{ListNames, Meaning, ORDER, SameMeaning, diff, names};
pub use path::{Path, Step};

/// A value as JSON knows them; numbers keep all their digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// In decimal, without needless zeros.
    Number(String),
    /// Text.
    Text(String),
    /// In order.
    List(Vec<Value>),
    /// By key.
    Map(BTreeMap<String, Value>),
}

impl Value {
    /// The entry of a table.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Value::Map(entries) => entries.get(key),
            _ => None,
        }
    }

    /// The value at keys, one below the other.
    pub fn at(&self, keys: &[&str]) -> Option<&Value> {
        keys.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The text, when it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The elements; none for anything but a list.
    pub fn items(&self) -> &[Value] {
        match self {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// A scalar as the key of a table.
    pub fn as_key(&self) -> Option<String> {
        match self {
            Value::Text(text) | Value::Number(text) => Some(text.clone()),
            Value::Bool(value) => Some(value.to_string()),
            Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// As JSON; a number beyond JSON's library becomes its text.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match self {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Number(text) => match (text.parse::<i64>(), text.parse::<f64>()) {
                (Ok(number), _) => number.into(),
                (Err(_), Ok(number)) if number.to_string() == *text => number.into(),
                _ => Json::String(text.clone()),
            },
            Value::Text(text) => Json::String(text.clone()),
            Value::List(items) => Json::Array(items.iter().map(Value::to_json).collect()),
            Value::Map(entries) => {
                Json::Object(entries.iter().map(|(key, value)| (key.clone(), value.to_json())).collect())
            }
        }
    }

    /// From JSON.
    pub fn from_json(json: serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(value),
            Json::Number(number) => Value::Number(match number.as_f64() {
                // The one way to write a number, whatever the JSON chose: `1e3` is 1000.
                Some(float) if !number.is_i64() && !number.is_u64() => float.to_string(),
                _ => number.to_string(),
            }),
            Json::String(text) => Value::Text(text),
            Json::Array(items) => Value::List(items.into_iter().map(Value::from_json).collect()),
            Json::Object(entries) => {
                Value::Map(entries.into_iter().map(|(key, value)| (key, Value::from_json(value))).collect())
            }
        }
    }

    /// The same with another value in place of each leaf; `put` is given where the leaf stands.
    #[must_use]
    pub fn map_leaves(&self, path: &Path, put: &dyn Fn(&Path, &Value) -> Value) -> Value {
        match self {
            Value::List(items) if !items.is_empty() => {
                let steps = item_steps(items);
                let mapped = items.iter().zip(steps);
                Value::List(mapped.map(|(item, step)| item.map_leaves(&path.with(step), put)).collect())
            }
            Value::Map(entries) if !entries.is_empty() => {
                let mapped = entries.iter().map(|(key, value)| {
                    (key.clone(), value.map_leaves(&path.with(Step::Key(key.clone())), put))
                });
                Value::Map(mapped.collect())
            }
            _ => put(path, self),
        }
    }

    /// Every scalar and every empty list or table below, with its path from here.
    pub fn leaves(&self) -> Vec<(Path, &Value)> {
        let mut found = Vec::new();
        self.collect_leaves(&Path::default(), &mut found);
        found
    }

    fn collect_leaves<'a>(&'a self, path: &Path, found: &mut Vec<(Path, &'a Value)>) {
        match self {
            Value::List(items) if !items.is_empty() => {
                for (item, step) in items.iter().zip(item_steps(items)) {
                    item.collect_leaves(&path.with(step), found);
                }
            }
            Value::Map(entries) if !entries.is_empty() => {
                for (key, value) in entries {
                    value.collect_leaves(&path.with(Step::Key(key.clone())), found);
                }
            }
            _ => found.push((path.clone(), self)),
        }
    }
}

/// How one comes to the elements of a list: by name where each has one of its own.
fn item_steps(items: &[Value]) -> Vec<Step> {
    let names: BTreeSet<Option<&str>> = items.iter().map(own_name).collect();
    let step = |(index, item): (usize, &Value)| match own_name(item).filter(|_| names.len() == items.len()) {
        Some(name) => Step::Item(name.to_owned()),
        None => Step::Index(index),
    };
    items.iter().enumerate().map(step).collect()
}

/// The `name` of a list's element.
fn own_name(item: &Value) -> Option<&str> {
    item.get("name").and_then(Value::as_text)
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde_json::Value::deserialize(deserializer).map(Value::from_json)
    }
}

impl JsonSchema for Value {
    fn schema_name() -> Cow<'static, str> {
        "Value".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "description": "Any value; `(hidden)` replaces a secret." })
    }
}

/// A value that is not the same: added, removed, or changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Where.
    pub path: Path,
    /// Before; `None` when added.
    #[serde(rename = "before", default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub old: Option<Value>,
    /// After; `None` when removed.
    #[serde(rename = "after", default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub new: Option<Value>,
}

/// A key that is there has a value, were it `null`.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}
