//! What a plan is, as one hash: the same for two plans of one change, another for any other change.
//!
//! Hashed are the resource changes, output changes, invoked actions, deferred changes and how the planning ended;
//! not times, drift, checks, states, the configuration or versions. A value that is sensitive anywhere counts as
//! the fact that it changes, never as itself: short secrets can be guessed from a hash.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::change::{RawChange, Values};
use super::diff::{AttributeChange, ChangeKind};
use super::secrets::{REDACTED, Secrets};
use super::value::{Mask, NULL, Value};
use crate::record::{hex, sha256_digest};

/// One change in the digest.
pub(super) struct Fingerprint {
    /// Its canonical text's SHA-256, as hex.
    pub(super) hash: String,
    /// A few hex digits for each attribute with its values, to say later where two changes differ. Too few to find a
    /// value by trying.
    pub(super) prints: BTreeMap<String, String>,
    /// Whether a value in it is masked, and so no part of the hash.
    pub(super) is_masked: bool,
}

/// What a fingerprint is taken of.
pub(super) struct Subject<'c, 'a> {
    pub(super) raw: &'c RawChange<'a>,
    pub(super) values: &'c Values<'a>,
    pub(super) importing: bool,
    pub(super) previous: Option<&'c str>,
    /// Places that are left out.
    pub(super) is_volatile: &'c dyn Fn(&[String]) -> bool,
    pub(super) secrets: &'c Secrets,
}

/// The fingerprint of one change, of which `attributes` are the places that change.
pub(super) fn fingerprint<'c>(
    subject: &Subject<'_, '_>,
    attributes: impl Iterator<Item = &'c AttributeChange>,
) -> Fingerprint {
    let Subject { raw, values, secrets, .. } = *subject;
    let previous = quoted(subject.previous.unwrap_or_default(), secrets);
    // A resource that is there and one that is not differ, though neither has an attribute.
    let there = format!("{}{}", values.before.is_null(), values.after.is_null());
    let id = format!("{}\n{}", quoted(&raw.address, secrets), raw.deposed.as_deref().unwrap_or_default());
    let mut whole = Sha256::new();
    whole.update(format!("{id}\n{there}\n{}|{}|{previous}\n", raw.action.as_str(), subject.importing));
    let mut is_masked = id.contains(REDACTED) || previous.contains(REDACTED);
    let mut prints: BTreeMap<String, String> = BTreeMap::new();
    for (name, text) in attribute_parts(subject, attributes) {
        is_masked |= text.contains(REDACTED);
        let part = Sha256::digest(format!("{}={text}", quoted(&name, secrets)));
        whole.update(part);
        // What is on neither side says nothing.
        if !text.starts_with("null->null|") {
            prints.entry(name).or_default().push_str(&hex(&part[..2]));
        }
    }
    Fingerprint { hash: hex(&whole.finalize()), prints, is_masked }
}

/// A few hex digits of a text that is no secret.
pub(super) fn print(text: &str) -> String {
    hex(&Sha256::digest(text)[..4])
}

/// The canonical text of each attribute, before and after, with the facts about what is sensitive in it.
fn attribute_parts<'c>(
    subject: &Subject<'_, '_>,
    attributes: impl Iterator<Item = &'c AttributeChange>,
) -> Vec<(String, String)> {
    let Subject { secrets, is_volatile, .. } = *subject;
    let mut facts: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for change in
        attributes.filter(|change| matches!(change.change, ChangeKind::Sensitive | ChangeKind::Redacted))
    {
        let first = change.path.first().map_or("", String::as_str);
        facts.entry(first).or_default().push(change.path.join("."));
    }
    let sides = subject.values.sides();
    let canonical = Canonical { is_volatile, secrets };
    let no_mask = Mask::new(&NULL);
    let mut parts = Vec::new();
    if !is_table(sides.before) || !is_table(sides.after) || sides.unknown.all() {
        let mut text = String::new();
        canonical.write(sides.before, no_mask, sides.before_sensitive, &mut Vec::new(), &mut text);
        canonical.write(sides.after, sides.unknown, sides.after_sensitive, &mut Vec::new(), &mut text);
        parts.push((String::new(), text));
    }
    let mut keys: BTreeSet<&str> = sides.unknown.keys().collect();
    keys.extend([sides.before, sides.after].iter().flat_map(|side| side.members()).map(|(key, _)| &**key));
    for key in keys {
        let mut path = vec![key.to_owned()];
        if is_volatile(&path) {
            continue;
        }
        let mut text = String::new();
        canonical.write(
            sides.before.get(key),
            no_mask,
            sides.before_sensitive.key(key),
            &mut path,
            &mut text,
        );
        text.push_str("->");
        let (unknown, sensitive) = (sides.unknown.key(key), sides.after_sensitive.key(key));
        canonical.write(sides.after.get(key), unknown, sensitive, &mut path, &mut text);
        let shown = secrets.shown(key);
        let _ = write!(text, "|{}", facts.get(shown).map(|paths| paths.join(",")).unwrap_or_default());
        parts.push((shown.to_owned(), text));
    }
    parts
}

fn is_table(value: &Value<'_>) -> bool {
    matches!(value, Value::Object(_) | Value::Null)
}

/// Writes values as JSON with sorted keys and numbers as they are written.
pub(super) struct Canonical<'s> {
    pub(super) is_volatile: &'s dyn Fn(&[String]) -> bool,
    pub(super) secrets: &'s Secrets,
}

impl Canonical<'_> {
    pub(super) fn write(
        &self,
        value: &Value<'_>,
        unknown: Mask<'_, '_>,
        sensitive: Mask<'_, '_>,
        path: &mut Vec<String>,
        out: &mut String,
    ) {
        if sensitive.all() {
            out.push_str(REDACTED);
            return;
        }
        if unknown.all() {
            out.push_str("(unknown)");
            return;
        }
        match value {
            Value::Null if unknown.keys().next().is_none() => out.push_str("null"),
            Value::Null | Value::Object(_) => self.write_object(value, unknown, sensitive, path, out),
            Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Value::Number(text) if self.secrets.is_secret(text) => out.push_str(REDACTED),
            Value::Number(text) => out.push_str(text),
            Value::String(text) => out.push_str(&quoted(text, self.secrets)),
            Value::Array(elements) => {
                out.push('[');
                for (index, element) in elements.iter().enumerate() {
                    path.push(index.to_string());
                    self.write(element, unknown.index(index), sensitive.index(index), path, out);
                    path.pop();
                    out.push(',');
                }
                out.push(']');
            }
        }
    }

    fn write_object(
        &self,
        value: &Value<'_>,
        unknown: Mask<'_, '_>,
        sensitive: Mask<'_, '_>,
        path: &mut Vec<String>,
        out: &mut String,
    ) {
        let mut keys: BTreeSet<&str> = unknown.keys().collect();
        keys.extend(value.members().iter().map(|(key, _)| &**key));
        out.push('{');
        for key in keys {
            path.push(key.to_owned());
            if !(self.is_volatile)(path) {
                out.push_str(&quoted(key, self.secrets));
                out.push(':');
                self.write(value.get(key), unknown.key(key), sensitive.key(key), path, out);
                out.push(',');
            }
            path.pop();
        }
        out.push('}');
    }
}

/// A JSON string; the constant when it is sensitive somewhere.
pub(super) fn quoted(text: &str, secrets: &Secrets) -> String {
    if secrets.is_secret(text) { REDACTED.to_owned() } else { serde_json::Value::from(text).to_string() }
}

/// `sha256:…` over all lines.
pub(super) fn total(lines: impl Iterator<Item = String>) -> String {
    let mut hasher = Sha256::new();
    for line in lines {
        hasher.update(line);
        hasher.update("\n");
    }
    sha256_digest(&hasher.finalize())
}
