//! Every place inside of a value, with the names above it. Texts that are JSON or YAML documents are looked into.

use std::borrow::Cow;

use super::super::secrets::Secrets;
use super::super::value::{Value, from_str};
use crate::intake::yaml;

/// Deeper documents in documents are not looked into.
const MAX_DOCUMENTS: usize = 3;
/// Attributes that hold YAML.
const YAML_KEYS: [&str; 3] = ["yaml_body", "yaml_body_parsed", "mapRoles"];

/// A place: its key, and what is around it. Elements of lists stand at their list's place.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    key: &'p str,
    parent: Option<&'p Place<'p>>,
    /// The object that it is a member of.
    pub(super) within: Option<&'p Value<'p>>,
    /// Whether it stands in a document that the plan hides somewhere, so that nothing of it may be told.
    pub(super) hidden: bool,
}

impl Place<'_> {
    /// The key as attributes write it in one way: `hostNetwork` is `host_network`.
    pub(super) fn key(&self) -> Cow<'_, str> {
        match self.key.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => Cow::Owned(snake(self.key)),
            false => Cow::Borrowed(self.key),
        }
    }

    /// The key as it is written.
    pub(super) fn written(&self) -> &str {
        self.key
    }

    /// Whether a key is somewhere above this one.
    pub(super) fn is_under(&self, key: &str) -> bool {
        self.parent.is_some_and(|parent| parent.key == key || parent.key() == key || parent.is_under(key))
    }

    /// Whether nothing is above it.
    pub(super) fn is_top(&self) -> bool {
        self.parent.is_none_or(|parent| parent.key.is_empty() && parent.parent.is_none())
    }
}

fn snake(key: &str) -> String {
    let mut name = String::with_capacity(key.len() + 4);
    let mut was_lower = false;
    for c in key.chars() {
        if c.is_ascii_uppercase() {
            if was_lower {
                name.push('_');
            }
            name.push(c.to_ascii_lowercase());
        } else {
            name.push(c);
        }
        was_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    name
}

/// Visits every object and every scalar.
pub(super) fn each(value: &Value<'_>, secrets: &Secrets, visit: &mut dyn FnMut(&Place<'_>, &Value<'_>)) {
    let root = Place { key: "", parent: None, within: None, hidden: false };
    Walk { secrets, visit }.value(value, &root, MAX_DOCUMENTS);
}

struct Walk<'w> {
    secrets: &'w Secrets,
    visit: &'w mut dyn FnMut(&Place<'_>, &Value<'_>),
}

impl Walk<'_> {
    fn value(&mut self, value: &Value<'_>, place: &Place<'_>, depth: usize) {
        match value {
            Value::Null => {}
            Value::Object(members) => {
                (self.visit)(place, value);
                for (key, member) in members {
                    let inside =
                        Place { key, parent: Some(place), within: Some(value), hidden: place.hidden };
                    self.value(member, &inside, depth);
                }
            }
            Value::Array(elements) => elements.iter().for_each(|element| self.value(element, place, depth)),
            Value::String(text) => {
                (self.visit)(place, value);
                if depth > 0 {
                    self.document(text, place, depth - 1);
                }
            }
            Value::Bool(_) | Value::Number(_) => (self.visit)(place, value),
        }
    }

    /// What a text holds that is a document.
    fn document(&mut self, text: &str, place: &Place<'_>, depth: usize) {
        let hides = |text: &str| place.hidden || !self.secrets.may_show(text);
        if let Some(value) = json(text) {
            let place = Place { hidden: hides(text), ..*place };
            return self.value(&value, &place, depth);
        }
        if !YAML_KEYS.contains(&place.key) {
            return;
        }
        let place = Place { hidden: hides(text), ..*place };
        for document in yaml::documents(text).unwrap_or_default() {
            let json = document.value.to_json().to_string();
            if let Ok(value) = Value::read(&json, "YAML") {
                self.value(&value, &place, depth);
            }
        }
    }
}

/// The object or list that a text is in JSON.
pub(in super::super) fn json(text: &str) -> Option<Value<'_>> {
    let trimmed = text.trim();
    let looks = (trimmed.starts_with('{') && trimmed.ends_with('}'))
        || (trimmed.starts_with('[') && trimmed.ends_with(']'));
    if !looks {
        return None;
    }
    // Only what is known to be JSON may be read by the quick reader.
    from_str::<serde::de::IgnoredAny>(trimmed, "a document").ok()?;
    Value::read(trimmed, "a document").ok()
}
