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

/// One change in the digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fingerprint {
    /// Its canonical text's SHA-256, as hex.
    pub(super) hash: String,
    /// Eight hex digits of the address, then four for each attribute with its values.
    pub(super) id: String,
    /// By attribute.
    pub(super) parts: Vec<(String, String)>,
    /// Whether a value in it is masked, and so no part of the hash.
    pub(super) is_masked: bool,
}

/// Attribute of the action among a fingerprint's parts.
const ACTION: &str = "the action";

/// Longest `parts` of a record, in bytes; more would make its frontmatter unreadable.
const MAX_PARTS: usize = 4000;
/// With more changes than this `parts` would be too long in its shortest form, in which each takes 14 bytes.
pub(super) const MAX_CHANGES_WITH_PARTS: usize = MAX_PARTS / 14;

/// What a fingerprint is taken of.
pub(super) struct Subject<'c, 'a> {
    pub(super) raw: &'c RawChange<'a>,
    pub(super) values: &'c Values<'a>,
    pub(super) importing: bool,
    pub(super) previous: Option<&'c str>,
    /// Places that are left out.
    pub(super) is_volatile: &'c dyn Fn(&[String]) -> bool,
    pub(super) secrets: &'c Secrets,
    /// Whether the parts are wanted, too.
    pub(super) keeps_parts: bool,
}

/// The fingerprint of one change, of which `attributes` are the places that change.
pub(super) fn fingerprint<'c>(
    subject: &Subject<'_, '_>,
    attributes: impl Iterator<Item = &'c AttributeChange>,
) -> Fingerprint {
    let Subject { raw, values, secrets, .. } = *subject;
    let previous = quoted(subject.previous.unwrap_or_default(), secrets);
    let mut parts =
        vec![(ACTION.to_owned(), format!("{}|{}|{previous}", raw.action.as_str(), subject.importing))];
    parts.extend(attribute_parts(subject, attributes));
    // A resource that is there and one that is not differ, though neither has an attribute.
    let there = format!("{}{}", values.before.is_null(), values.after.is_null());
    let id = format!("{}\n{}", quoted(&raw.address, secrets), raw.deposed.as_deref().unwrap_or_default());
    let mut whole = Sha256::new();
    whole.update(format!("{id}\n{there}\n"));
    for (name, text) in &parts {
        whole.update(format!("{}={text}\n", quoted(name, secrets)));
    }
    let is_masked = parts.iter().any(|(_, text)| text.contains(REDACTED)) || id.contains(REDACTED);
    let kept = if subject.keeps_parts { parts } else { Vec::new() };
    Fingerprint {
        hash: hex(&whole.finalize()),
        id: short(&id, 8),
        is_masked,
        parts: kept
            .into_iter()
            .map(|(name, text)| (name.clone(), short(&format!("{name}={text}"), 4)))
            .collect(),
    }
}

/// The canonical text of each attribute, before and after, with the facts about what is sensitive in it.
fn attribute_parts<'c>(
    subject: &Subject<'_, '_>,
    attributes: impl Iterator<Item = &'c AttributeChange>,
) -> Vec<(String, String)> {
    let Subject { secrets, is_volatile, .. } = *subject;
    let mut facts: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for change in
        attributes.filter(|change| matches!(change.kind, ChangeKind::Sensitive | ChangeKind::Redacted))
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
    format!("sha256:{}", hex(&hasher.finalize()))
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn short(text: &str, length: usize) -> String {
    let mut hash = hex(&Sha256::digest(text));
    hash.truncate(length);
    hash
}

/// The ID of an address that holds nothing sensitive and names no deposed object.
pub(super) fn short_id(address: &str) -> String {
    short(&format!("{}\n", serde_json::Value::from(address)), 8)
}

/// What the record keeps so that a later plan can be told apart attribute by attribute: a word for each change.
/// `None` when that would be too long.
pub(super) fn written_parts<'f>(prints: impl Iterator<Item = &'f Fingerprint> + Clone) -> Option<String> {
    if prints.clone().count() > MAX_CHANGES_WITH_PARTS {
        return None;
    }
    let word = |print: &Fingerprint| {
        let parts: String = print.parts.iter().map(|(_, part)| part.as_str()).collect();
        format!("{}:{parts}", print.id)
    };
    let full = prints.clone().map(word).collect::<Vec<_>>().join(" ");
    if full.len() <= MAX_PARTS {
        return Some(full);
    }
    let one = |print: &Fingerprint| format!("{}:{}", print.id, &print.hash[..4]);
    let brief = prints.map(one).collect::<Vec<_>>().join(" ");
    (brief.len() <= MAX_PARTS).then_some(brief)
}

/// How a change differs from what the record keeps of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Difference {
    /// The record knows no such change.
    New,
    /// These attributes differ; none when the record does not keep them.
    Attributes(Vec<String>),
}

/// Compares changes with a record's `parts`: for each that differs, how; and the IDs of those that the record has
/// and the plan has not.
pub(super) fn differences<'f>(
    recorded: &str,
    prints: impl Iterator<Item = &'f Fingerprint>,
) -> (Vec<(usize, Difference)>, Vec<String>) {
    let mut known: BTreeMap<&str, &str> =
        recorded.split_whitespace().filter_map(|word| word.split_once(':')).collect();
    let mut found = Vec::new();
    for (index, print) in prints.enumerate() {
        let Some(parts) = known.remove(print.id.as_str()) else {
            found.push((index, Difference::New));
            continue;
        };
        let brief = parts.len() == 4 && print.parts.len() > 1;
        if brief {
            if parts != &print.hash[..4] {
                found.push((index, Difference::Attributes(Vec::new())));
            }
            continue;
        }
        let mut old: Vec<&str> =
            parts.as_bytes().chunks(4).filter_map(|chunk| std::str::from_utf8(chunk).ok()).collect();
        let mut names = Vec::new();
        for (name, part) in &print.parts {
            match old.iter().position(|old| old == part) {
                Some(at) => drop(old.remove(at)),
                None => names.push(name.clone()),
            }
        }
        if !names.is_empty() || !old.is_empty() {
            found.push((index, Difference::Attributes(names)));
        }
    }
    (found, known.into_keys().map(str::to_owned).collect())
}
