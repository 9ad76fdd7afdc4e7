//! The material content of a record, as one text, and its hash: what approvals are bound to.
//!
//! The text is defined in `docs/design.md#the-material-text`. A change of a single byte here makes every approval
//! in every book stale.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use serde::{Serialize, Serializer};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::item::normalize;
use super::{EvidenceKey, Item, Record, Section};

/// Sections that are no part of what is approved, by normalised title.
const FREE_SECTIONS: [&str; 2] = ["notes", "deployment log"];

/// A key that is no part of what is approved, whatever the policy says: to give a change up asks nobody.
const CANCELLED: &str = "cancelled";

/// What the policy says about scopes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScopeRules {
    /// Keys that may change without anybody approving again.
    pub free: BTreeSet<String>,
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
        .map(|field| ScopeField { key: &field.key, canonical: canonical_json(&field.value).into() })
        .collect();
    let body = Body {
        source: &record.source,
        start: record.body_start,
        sections: &record.sections,
        items: &record.items,
        definitions: &record.definitions,
    };
    write_scope(fields, body, rules)
}

/// The hash of [`scope_text`].
pub fn scope_hash(record: &Record, rules: &ScopeRules) -> ScopeHash {
    ScopeHash::of(&scope_text(record, rules))
}

/// What a deployment to an environment is marked with: twelve digits of the hash of the material text and of the evidence
/// for that environment.
pub fn deployment_digest(record: &Record, rules: &ScopeRules, evidence: &[Digested]) -> String {
    let mut text = format!("{}\n", scope_hash(record, rules));
    evidence.iter().for_each(|evidence| text.push_str(&format!("{evidence}\n")));
    ScopeHash::of(&text).to_string()[..12].to_owned()
}

/// Evidence and its digest, on one line: `production.network sha256:…`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digested {
    /// What it is for.
    pub key: EvidenceKey,
    /// The digest of what was found.
    pub digest: String,
}

impl Digested {
    /// Reads what [`Display`](fmt::Display) writes.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, digest) = text.split_once(' ')?;
        let is_digest = !digest.is_empty() && digest.bytes().all(|byte| byte.is_ascii_graphic());
        let key = EvidenceKey::parse(name).filter(|_| is_digest)?;
        Some(Digested { key, digest: digest.to_owned() })
    }
}

impl fmt::Display for Digested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.key, self.digest)
    }
}

/// A top-level key with its value in both forms.
pub(super) struct ScopeField<'a> {
    pub(super) key: &'a str,
    pub(super) canonical: Cow<'a, str>,
}

/// A body and its outline.
#[derive(Clone, Copy)]
pub(super) struct Body<'a> {
    pub(super) source: &'a str,
    pub(super) start: usize,
    pub(super) sections: &'a [Section],
    pub(super) items: &'a [Item],
    pub(super) definitions: &'a [Range<usize>],
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
    fields.retain(|field| field.key != CANCELLED && !rules.free.contains(field.key));
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

fn write_body(text: &mut String, body: Body<'_>) {
    let mut free = body.sections.iter().filter(|section| is_free(section)).map(whole).peekable();
    // Boxes are unticked, and a deployment's mark is no part of the text.
    let mut cuts: Vec<(Range<usize>, &str)> =
        body.items.iter().map(|item| (item.mark.clone(), "[ ]")).collect();
    cuts.extend(body.items.iter().filter_map(|item| Some((item.deployed_on.as_ref()?.span.clone(), ""))));
    cuts.sort_by_key(|(cut, _)| cut.start);
    let mut marks = cuts.into_iter().peekable();
    let mut offset = body.start;
    let mut began = false;
    let mut blank = false;
    for line in body.source[body.start..].split_inclusive('\n') {
        let range = offset..offset + line.len();
        offset = range.end;
        while free.next_if(|section| section.end <= range.start).is_some() {}
        let is_defined = body.definitions.iter().any(|kept| kept.start < range.end && range.start < kept.end);
        let skipped = free.peek().is_some_and(|section| section.start <= range.start) && !is_defined;
        // Spaces only: a tab at a line's end can decide whether a fence closes.
        let written = line.strip_suffix('\n').unwrap_or(line);
        let end = range.start + written.strip_suffix('\r').unwrap_or(written).trim_end_matches(' ').len();
        if skipped || end == range.start {
            while marks.next_if(|(mark, _)| mark.start < range.end).is_some() {}
            blank |= !skipped;
            continue;
        }
        if blank && began {
            text.push('\n');
        }
        (began, blank) = (true, false);
        let mut written = range.start;
        while let Some((mark, instead)) = marks.next_if(|(mark, _)| mark.start < range.end) {
            text.push_str(&body.source[written..mark.start]);
            text.push_str(instead);
            written = mark.end;
        }
        text.push_str(&body.source[written.min(end)..end]);
        text.push('\n');
    }
}

pub(super) fn is_free(section: &Section) -> bool {
    FREE_SECTIONS.contains(&normalize(&section.title).as_str())
}

fn whole(section: &Section) -> Range<usize> {
    section.heading.start..section.content.end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::RecordType;

    fn scope(text: &str) -> String {
        let rules = ScopeRules { free: ["labels".to_owned()].into() };
        scope_text(&Record::parse(RecordType::Task, "tasks/A-1.md", text.as_bytes()), &rules)
    }

    fn json(frontmatter: &str) -> String {
        scope(&format!("+++\n{frontmatter}\n+++\n"))
    }

    fn body(body: &str) -> String {
        let text = scope(&format!("+++\n+++\n{body}"));
        text.strip_prefix("{}\n").unwrap().to_owned()
    }

    #[test]
    fn frontmatter_is_canonical_json() {
        assert_eq!(
            json(
                "title = 'é\"'\nid = 'A-1'\nn = 1.0\ncost = { monthly = 400, budget = 'B' }\nlabels = ['x']\ncancelled = 'no'"
            ),
            "{\"cost\":{\"budget\":\"B\",\"monthly\":400},\"id\":\"A-1\",\"n\":1,\"title\":\"é\\\"\"}\n"
        );
        assert_eq!(json("s = 2024-05-25 02:00:00+02:00"), "{\"s\":\"2024-05-25T02:00:00+02:00\"}\n");
        // By UTF-16 code units, U+1F600 (D83D DE00) sorts before U+FF21.
        assert_eq!(json("\"\u{ff21}\" = 1\n\"\u{1f600}\" = 2"), "{\"\u{1f600}\":2,\"\u{ff21}\":1}\n");
    }

    #[test]
    fn what_the_policy_calls_free_is_left_out() {
        assert_eq!(json("risk = 'low'\nlabels = ['x']\ncancelled = 'no'"), "{\"risk\":\"low\"}\n");
    }

    #[test]
    fn evidence_is_one_line() {
        for text in ["production sha256:0123", "production.network sha256:0123"] {
            assert_eq!(Digested::parse(text).map(|found| found.to_string()), Some(text.to_owned()));
        }
        for text in
            ["production", "production ", "production plan sha256:0123", "a.b.c sha256:01", " sha256:01"]
        {
            assert_eq!(Digested::parse(text), None, "{text}");
        }
    }

    #[test]
    fn bodies_are_normalised() {
        assert_eq!(body(""), "");
        assert_eq!(body("\n \n\na  \r\n\r\n \r\n\r\nb\t\n\n\n"), "a\n\nb\t\n");
        assert_eq!(
            body("- [x] a\n* [X] b\n1. [ ] c\n\n`- [x]` [x]\n\n    - [x] code\n"),
            "- [ ] a\n* [ ] b\n1. [ ] c\n\n`- [x]` [x]\n\n    - [x] code\n"
        );
        assert_eq!(body("\ta\n"), "\ta\n");
        assert_eq!(body("- [x] - [x] a"), "- [ ] - [x] a\n");
    }

    #[test]
    fn free_sections_are_left_out() {
        let with = "## What\n\na\n\n##  **NOTES** #\n\n- [x] b\n\n### c\n\n## Rollback\n\n- [x] d\n\nDeployment  log\n---\n\ne\n";
        let without = "## What\n\na\n\n## Rollback\n\n- [ ] d\n";
        assert_eq!(body(with), without);
        assert_eq!(body("Notes\n-----\n\nx\n\n# End\n"), "# End\n");
        assert_eq!(body("> ## Notes\n> x\n"), "> ## Notes\n> x\n");
        assert_eq!(body("### Notes\nx\n"), "### Notes\nx\n");
        assert_eq!(body("## Notes on scale\nx\n"), "## Notes on scale\nx\n");
    }

    #[test]
    fn definitions_that_render_in_the_text_count_wherever_they_stand() {
        assert_eq!(
            body(
                "## What\n\n[a] and [^1]\n\n## Notes\n\nx\n\n[A]: /url\n[b]: /other\n\n[^1]: see [c]\n\n[c]: /third\n"
            ),
            "## What\n\n[a] and [^1]\n\n[A]: /url\n[^1]: see [c]\n\n[c]: /third\n"
        );
        assert_eq!(body("## What\n\n[a](x)\n\n## Notes\n\n[a]\n\n[a]: /url\n"), "## What\n\n[a](x)\n");
    }

    #[test]
    fn the_hash_is_that_of_the_text() {
        // printf '{}\na\n' | sha256sum
        let hash = ScopeHash::of("{}\na\n");
        assert_eq!(hash.to_string(), "eff33843b7119ebe5d1018537f2071ea13ebc6d488fc20f15f31643f06443f64");
        assert_eq!(ScopeHash::parse(&hash.to_string()), Some(hash));
        assert_eq!(serde_json::to_string(&hash).unwrap(), format!("\"{hash}\""));
        assert_eq!(ScopeHash::parse("zz"), None);
        assert_eq!(ScopeHash::parse(&"+1".repeat(32)), None);
    }
}
