//! TOML with places, and the overlay of one file on another.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::{DeTable, DeValue};
use toml::value::Datetime;

/// A value and where it stands in its file.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub(super) kind: Kind,
    pub(super) span: Range<usize>,
    /// Whether it comes from the book's own file (places mean nothing to a reader otherwise).
    pub(super) own: bool,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    String(String),
    Integer(i64),
    Boolean(bool),
    Datetime(Datetime),
    Array(Vec<Value>),
    Table(BTreeMap<String, Entry>),
    /// A number that no key takes.
    Other,
}

/// A key of a table.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key_span: Range<usize>,
    pub(super) value: Value,
}

impl Value {
    /// Parses a whole file.
    ///
    /// # Errors
    /// Each error of the TOML, with its place and message.
    pub(super) fn parse(text: &str, own: bool) -> Result<Value, Vec<(Range<usize>, String)>> {
        let (table, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            let place = |error: &toml::de::Error| (error.span().unwrap_or(0..0), error.message().to_owned());
            return Err(errors.iter().map(place).collect());
        }
        Ok(Value { kind: table_kind(table.get_ref(), own), span: table.span(), own })
    }

    pub(super) fn type_name(&self) -> &'static str {
        match self.kind {
            Kind::String(_) => "a string",
            Kind::Integer(_) => "an integer",
            Kind::Boolean(_) => "a boolean",
            Kind::Datetime(_) => "a date-time",
            Kind::Array(_) => "an array",
            Kind::Table(_) => "a table",
            Kind::Other => "a number",
        }
    }

    /// The value of a key, of a table that has it.
    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        match &self.kind {
            Kind::Table(table) => table.get(key).map(|entry| &entry.value),
            _ => None,
        }
    }

    /// The entries of a table.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        match &self.kind {
            Kind::Table(table) => Some(table.values()),
            _ => None,
        }
        .into_iter()
        .flatten()
    }

    /// What an element of an array of tables is called.
    pub(super) fn name(&self) -> Option<&str> {
        match &self.get("name")?.kind {
            Kind::String(name) => Some(name),
            _ => None,
        }
    }
}

fn table_kind(table: &DeTable<'_>, own: bool) -> Kind {
    let entries = table.iter().map(|(key, value)| {
        let entry = Entry { key_span: key.span(), value: value_of(value.get_ref(), value.span(), own) };
        (key.get_ref().to_string(), entry)
    });
    Kind::Table(entries.collect())
}

fn value_of(value: &DeValue<'_>, span: Range<usize>, own: bool) -> Value {
    let kind = match value {
        DeValue::String(text) => Kind::String(text.to_string()),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).map_or(Kind::Other, Kind::Integer)
        }
        DeValue::Float(_) => Kind::Other,
        DeValue::Boolean(value) => Kind::Boolean(*value),
        DeValue::Datetime(value) => Kind::Datetime(*value),
        DeValue::Array(values) => {
            Kind::Array(values.iter().map(|value| value_of(value.get_ref(), value.span(), own)).collect())
        }
        DeValue::Table(table) => table_kind(table, own),
    };
    Value { kind, span, own }
}

/// Top-level keys that a book has whole or not at all: a list of one's own never mixes with the built-in one.
const WHOLE: [&str; 4] = ["environments", "windows", "reviews", "done"];

/// Lays a book's file on the built-in default.
pub(super) fn overlay_file(base: Value, own: Value) -> Value {
    let Value { kind: Kind::Table(mut below), span, own: is_own } = base else { return own };
    if let Kind::Table(above) = &own.kind {
        below.retain(|key, _| !(WHOLE.contains(&key.as_str()) && above.contains_key(key)));
    }
    overlay(Value { kind: Kind::Table(below), span, own: is_own }, own)
}

/// Lays `over` on `base`: tables merge at every depth, arrays of tables merge by `name`, everything else is replaced.
fn overlay(base: Value, over: Value) -> Value {
    match (base.kind, over.kind) {
        (Kind::Table(mut below), Kind::Table(above)) => {
            for (key, entry) in above {
                let value = match below.remove(&key) {
                    Some(old) => overlay(old.value, entry.value),
                    None => entry.value,
                };
                below.insert(key, Entry { key_span: entry.key_span, value });
            }
            Value { kind: Kind::Table(below), span: over.span, own: over.own }
        }
        (Kind::Array(below), Kind::Array(above)) if named(&below) && named(&above) => {
            Value { kind: Kind::Array(overlay_named(below, above)), span: over.span, own: over.own }
        }
        (_, kind) => Value { kind, span: over.span, own: over.own },
    }
}

fn named(values: &[Value]) -> bool {
    !values.is_empty() && values.iter().all(|value| value.name().is_some())
}

/// Elements of a known name are changed where they stand; new ones follow.
fn overlay_named(mut below: Vec<Value>, above: Vec<Value>) -> Vec<Value> {
    for value in above {
        match below.iter().position(|old| !old.own && old.name() == value.name()) {
            Some(position) => {
                let old = below[position].clone();
                below[position] = overlay(old, value);
            }
            None => below.push(value),
        }
    }
    below
}
