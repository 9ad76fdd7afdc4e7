//! What history needs of one version of a record, read as fast as can be.
//!
//! It agrees with [`Record::parse`](super::Record::parse) and leaves out everything that only a reader of the
//! file needs: typed values, diagnostics.

use std::sync::Arc;

use super::layout::{find_layout, find_troubles};
use super::markdown::read_outline;
use super::near::CONDITIONS;
use super::scope::{Body, ScopeField, canonical_json, write_scope};
use super::{Item, ItemKey, MAX_RECORD_BYTES, ScopeHash, ScopeRules, frontmatter, normalize};

/// What one version of a record says, as far as commits are judged by it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Whether the record is not broken. When it is, everything else here is empty.
    pub readable: bool,
    /// Which items and fields there are.
    pub shape: Arc<Shape>,
    /// Whether each item of the shape is ticked.
    pub ticks: Box<[bool]>,
    /// The marks of deployments, with the items of the shape that they stand behind, ascending.
    pub marks: Arc<[(u16, Arc<str>)]>,
    /// The value of each field of the shape, as canonical JSON (RFC 8785).
    pub values: Arc<[Arc<str>]>,
    /// The hash of its material content.
    pub scope: Option<ScopeHash>,
    /// Tells bodies apart that differ in more than blanks and boxes.
    pub body: u64,
}

/// What most versions of a file have in common, so that they share it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Shape {
    /// The checklist items in file order.
    pub items: Vec<ItemKey>,
    /// The top-level keys of the frontmatter, sorted.
    pub fields: Vec<Arc<str>>,
    /// Places of the items under "Conditions", ascending.
    pub conditions: Vec<u16>,
}

impl Facts {
    /// Reads a file's bytes.
    pub fn read(bytes: &[u8], rules: &ScopeRules) -> Facts {
        read_facts(bytes, rules).map(|(facts, _)| facts).unwrap_or_default()
    }

    /// The mark of a deployment behind an item of the shape.
    pub fn mark(&self, item: usize) -> Option<&Arc<str>> {
        self.marks.iter().find(|(place, _)| usize::from(*place) == item).map(|(_, mark)| mark)
    }

    /// The value of a top-level key, as canonical JSON.
    pub fn value(&self, key: &str) -> Option<&str> {
        let place = self.shape.fields.iter().position(|field| &**field == key)?;
        self.values.get(place).map(|value| &**value)
    }

    /// The title, where it is a text with something in it.
    pub fn title(&self) -> Option<String> {
        serde_json::from_str(self.value("title")?).ok().filter(|title: &String| !title.is_empty())
    }
}

/// Reads versions one after the other, best those of one file in their order: a version that differs from the
/// one before in boxes alone, which is what most commits change, is not parsed again.
#[derive(Debug, Default)]
pub struct FactsReader {
    last: Option<Last>,
}

#[derive(Debug)]
struct Last {
    bytes: Vec<u8>,
    /// Offset of the character in each item's box.
    boxes: Vec<usize>,
    facts: Facts,
}

impl FactsReader {
    /// The same as [`Facts::read`], for bytes that are given away.
    pub fn read(&mut self, bytes: Vec<u8>, rules: &ScopeRules) -> Facts {
        if let Some(last) = &mut self.last
            && let Some(ticks) = last.ticks(&bytes)
        {
            last.facts.ticks = ticks;
            last.bytes = bytes;
            return last.facts.clone();
        }
        let Some((mut facts, boxes)) = read_facts(&bytes, rules) else { return Facts::default() };
        if let Some(last) = &self.last {
            share(&mut facts.shape, &last.facts.shape);
            share(&mut facts.values, &last.facts.values);
        }
        self.last = Some(Last { bytes, boxes, facts: facts.clone() });
        facts
    }
}

/// Lets two equal things be one.
fn share<T: Eq + ?Sized>(new: &mut Arc<T>, old: &Arc<T>) {
    if **new == **old {
        *new = Arc::clone(old);
    }
}

impl Last {
    /// The state of each item in `bytes`, when they differ from these in boxes alone. What stands in a box
    /// changes nothing about how the text around it is read, and the scope holds every box unticked.
    fn ticks(&self, bytes: &[u8]) -> Option<Box<[bool]>> {
        if bytes.len() != self.bytes.len() {
            return None;
        }
        let mut from = 0;
        let mut ticks = Vec::with_capacity(self.boxes.len());
        for &at in &self.boxes {
            if bytes[from..at] != self.bytes[from..at] {
                return None;
            }
            ticks.push(match bytes[at] {
                b' ' => false,
                b'x' | b'X' => true,
                _ => return None,
            });
            from = at + 1;
        }
        (bytes[from..] == self.bytes[from..]).then(|| ticks.into())
    }
}

/// `None` when the record is broken.
fn read_facts(bytes: &[u8], rules: &ScopeRules) -> Option<(Facts, Vec<usize>)> {
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
    let canonical: Arc<[Arc<str>]> =
        values.iter().map(|(_, value): &(&str, _)| canonical_json(value).into()).collect();
    let scope_fields = values
        .iter()
        .zip(&*canonical)
        .map(|((key, _), canonical)| ScopeField { key, canonical: (&**canonical).into() })
        .collect();
    let body = Body {
        source,
        start: layout.body_start,
        sections: &outline.sections,
        items: &outline.items,
        definitions: &outline.definitions,
    };
    let scope = ScopeHash::of(&write_scope(scope_fields, body, rules));
    let boxes: Vec<usize> = outline.items.iter().map(|item| item.mark.start + 1).collect();
    let body = body_hash(source, layout.body_start, &boxes);
    let ticks = outline.items.iter().map(|item| item.checked).collect();
    let mark = |(place, item): (usize, &Item)| {
        Some((u16::try_from(place).ok()?, Arc::clone(&item.deployed_on.as_ref()?.text)))
    };
    let marks = outline.items.iter().enumerate().filter_map(mark).collect();
    let is_condition = |item: &Item| {
        item.section.is_some_and(|section| normalize(&outline.sections[section].title) == CONDITIONS)
    };
    let conditions = (0_u16..).zip(&outline.items).filter(|(_, item)| is_condition(item));
    let conditions = conditions.map(|(place, _)| place).collect();
    let shape = Shape {
        conditions,
        items: outline.items.into_iter().map(|item| item.key).collect(),
        fields: values.iter().map(|(key, _)| (*key).into()).collect(),
    };
    let facts = Facts {
        readable: true,
        shape: shape.into(),
        ticks,
        marks,
        values: canonical,
        scope: Some(scope),
        body,
    };
    Some((facts, boxes))
}

/// FNV-1a: nothing but the clock of a runbook's review rests on it, and it is the same in every version of this program.
fn body_hash(source: &str, start: usize, boxes: &[usize]) -> u64 {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let mut boxes = boxes.iter().peekable();
    let mut hash = BASIS;
    for (at, byte) in source.bytes().enumerate().skip(start) {
        let is_box = boxes.next_if(|place| **place == at).is_some();
        if !is_box && !byte.is_ascii_whitespace() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(PRIME);
        }
    }
    hash
}
