//! What history needs of one version of a record, read as fast as can be.
//!
//! It agrees with [`Record::parse`](super::Record::parse) and leaves out everything that only a reader of the
//! file needs: typed values, diagnostics.

use super::layout::{find_layout, find_troubles};
use super::markdown::read_outline;
use super::scope::{Body, ScopeField, canonical_json, write_scope};
use super::{ItemKey, MAX_RECORD_BYTES, RecordType, ScopeHash, ScopeRules, frontmatter};

/// What one version of a record says, as far as commits are judged by it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Whether the record is not broken. When it is, everything else here is empty.
    pub readable: bool,
    /// Its checklist items in file order.
    pub items: Vec<ItemFact>,
    /// Top-level keys of the frontmatter with their values as canonical JSON (RFC 8785), sorted by key.
    pub fields: Vec<(Box<str>, Box<str>)>,
    /// The hash of its material content.
    pub scope: Option<ScopeHash>,
}

/// An item and its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemFact {
    /// Which item.
    pub key: ItemKey,
    /// Whether its box is ticked.
    pub checked: bool,
}

impl Facts {
    /// Reads a file's bytes. The type and path make no difference to the facts today; they are asked for
    /// because what counts as a record's content is theirs to say.
    pub fn read(_record_type: RecordType, _path: &str, bytes: &[u8], rules: &ScopeRules) -> Facts {
        read_facts(bytes, rules).unwrap_or_default()
    }
}

/// `None` when the record is broken.
fn read_facts(bytes: &[u8], rules: &ScopeRules) -> Option<Facts> {
    if bytes.len() > MAX_RECORD_BYTES {
        return None;
    }
    let source = std::str::from_utf8(bytes).ok()?;
    if !find_troubles(source).is_empty() {
        return None;
    }
    let layout = find_layout(source);
    let table = frontmatter::parse_table(&source[layout.frontmatter?]).ok()?;
    let outline = read_outline(source, layout.body_start).ok()?;

    let values: Vec<_> = table
        .iter()
        .map(|(key, value)| (key.get_ref().as_ref(), frontmatter::to_json(value.get_ref())))
        .collect();
    let fields: Vec<(Box<str>, Box<str>)> =
        values.iter().map(|(key, value): &(&str, _)| ((*key).into(), canonical_json(value).into())).collect();
    let scope_fields = values
        .iter()
        .zip(&fields)
        .map(|((key, value), (_, canonical))| ScopeField { key, value, canonical: (&**canonical).into() })
        .collect();
    let body = Body { source, start: layout.body_start, sections: &outline.sections, items: &outline.items };
    let scope = ScopeHash::of(&write_scope(scope_fields, body, rules));
    let items =
        outline.items.into_iter().map(|item| ItemFact { key: item.key, checked: item.checked }).collect();
    Some(Facts { readable: true, items, fields, scope: Some(scope) })
}
