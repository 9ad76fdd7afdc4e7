//! The material content of a record, as one text, and its hash: what approvals are bound to.
//!
//! The text is defined in the design, section 3 "Scope". A change of a single byte here makes every approval
//! in every book stale.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use serde::{Serialize, Serializer};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::item::normalize;
use super::{Item, Record, Section};

/// Sections that are no part of what is approved, by normalised title.
const FREE_SECTIONS: [&str; 2] = ["notes", "deployment log"];

/// Keys that are no part of what is approved.
const FREE_KEYS: [&str; 2] = ["labels", "cancelled"];

/// Keys that hold one entry per environment.
const ENVIRONMENT_KEYS: [&str; 2] = ["plan", "manifests"];

/// What the policy says about scopes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScopeRules {
    /// Environments whose plan and manifests are part of the scope.
    pub gated: BTreeSet<String>,
}

/// SHA-256 of a scope's text. Equal hashes mean equal material content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeHash(pub [u8; 32]);

impl ScopeHash {
    /// The hash of a scope's text.
    pub fn of(text: &str) -> Self {
        ScopeHash(Sha256::digest(text.as_bytes()).into())
    }

    /// The hash that [`Display`](fmt::Display) writes: 64 hexadecimal digits.
    pub fn parse(hex: &str) -> Option<Self> {
        if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let mut hash = [0; 32];
        for (byte, start) in hash.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&hex[start..start + 2], 16).ok()?;
        }
        Some(ScopeHash(hash))
    }
}

impl fmt::Display for ScopeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Serialize for ScopeHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The scope's text. Meaningful for records that are not broken.
pub fn scope_text(record: &Record, rules: &ScopeRules) -> String {
    let fields: Vec<ScopeField<'_>> = record
        .fields
        .iter()
        .map(|field| ScopeField {
            key: &field.key,
            value: &field.value,
            canonical: canonical_json(&field.value).into(),
        })
        .collect();
    let body = Body {
        source: &record.source,
        start: record.body_start,
        sections: &record.sections,
        items: &record.items,
    };
    write_scope(fields, body, rules)
}

/// The hash of [`scope_text`].
pub fn scope_hash(record: &Record, rules: &ScopeRules) -> ScopeHash {
    ScopeHash::of(&scope_text(record, rules))
}

/// A top-level key with its value in both forms.
pub(super) struct ScopeField<'a> {
    pub(super) key: &'a str,
    pub(super) value: &'a Value,
    pub(super) canonical: Cow<'a, str>,
}

/// A body and its outline.
#[derive(Clone, Copy)]
pub(super) struct Body<'a> {
    pub(super) source: &'a str,
    pub(super) start: usize,
    pub(super) sections: &'a [Section],
    pub(super) items: &'a [Item],
}

/// The value as JSON text in the form of RFC 8785.
pub(super) fn canonical_json(value: &Value) -> String {
    serde_json_canonicalizer::to_string(value).expect("a JSON value has text keys and finite numbers only")
}

/// Writes the scope of the parts.
pub(super) fn write_scope(fields: Vec<ScopeField<'_>>, body: Body<'_>, rules: &ScopeRules) -> String {
    let mut text = String::with_capacity(body.source.len() + 2);
    write_frontmatter(&mut text, fields, rules);
    text.push('\n');
    write_body(&mut text, body);
    text
}

fn write_frontmatter(text: &mut String, mut fields: Vec<ScopeField<'_>>, rules: &ScopeRules) {
    fields.retain(|field| !FREE_KEYS.contains(&field.key));
    fields.retain_mut(|field| !ENVIRONMENT_KEYS.contains(&field.key) || keep_gated(field, rules));
    // RFC 8785 sorts keys by UTF-16 code units.
    fields.sort_by(|a, b| a.key.encode_utf16().cmp(b.key.encode_utf16()));
    text.push('{');
    for (idx, field) in fields.iter().enumerate() {
        if idx > 0 {
            text.push(',');
        }
        text.push_str(&canonical_json(&Value::from(field.key)));
        text.push(':');
        text.push_str(&field.canonical);
    }
    text.push('}');
}

/// Takes away the entries of environments that are not gated; whether anything is left. A value that is no
/// table stays, so that it cannot hide anything.
fn keep_gated(field: &mut ScopeField<'_>, rules: &ScopeRules) -> bool {
    let Value::Object(entries) = field.value else { return true };
    let gated: serde_json::Map<String, Value> = entries
        .iter()
        .filter(|(environment, _)| rules.gated.contains(environment.as_str()))
        .map(|(environment, value)| (environment.clone(), value.clone()))
        .collect();
    if gated.len() < entries.len() {
        field.canonical = canonical_json(&Value::Object(gated.clone())).into();
    }
    !gated.is_empty()
}

fn write_body(text: &mut String, body: Body<'_>) {
    let mut free = body.sections.iter().filter(|section| is_free(section)).map(whole).peekable();
    let mut marks = body.items.iter().map(|item| item.mark.clone()).peekable();
    let mut offset = body.start;
    let mut began = false;
    let mut blank = false;
    for line in body.source[body.start..].split_inclusive('\n') {
        let range = offset..offset + line.len();
        offset = range.end;
        while free.next_if(|section| section.end <= range.start).is_some() {}
        let skipped = free.peek().is_some_and(|section| section.start <= range.start);
        let end = range.start + line.trim_end_matches(['\n', '\r', ' ', '\t']).len();
        if skipped || end == range.start {
            while marks.next_if(|mark| mark.start < range.end).is_some() {}
            blank |= !skipped;
            continue;
        }
        if blank && began {
            text.push('\n');
        }
        (began, blank) = (true, false);
        let mut written = range.start;
        while let Some(mark) = marks.next_if(|mark| mark.start < range.end) {
            text.push_str(&body.source[written..mark.start]);
            text.push_str("[ ]");
            written = mark.end;
        }
        text.push_str(&body.source[written..end]);
        text.push('\n');
    }
}

fn is_free(section: &Section) -> bool {
    FREE_SECTIONS.contains(&normalize(&section.title).as_str())
}

fn whole(section: &Section) -> Range<usize> {
    section.heading.start..section.content.end
}
