//! From a reference to what it names, and back.

use std::ops::Range;

use lsp_types::{DocumentLink, Location};

use super::open_books::DocumentContext;
use super::place::{AtCursor, at};
use super::text::Lines;
use super::{text, uri};
use crate::book::POLICY_FILE;
use crate::record::{Record, places};

/// Where what stands at an offset is defined: a record's title line, a person or role in the policy.
pub(super) fn definition(context: &DocumentContext<'_>, offset: usize) -> Option<Location> {
    let record = context.record()?;
    match at(record, offset) {
        AtCursor::Value { key, text, .. } => match key {
            "requestor" => in_policy(context, &["people", text]),
            "owner" => in_policy(context, &["people", text]).or_else(|| in_policy(context, &["roles", text])),
            "window" => in_policy(context, &["windows", text]),
            _ => of_record(context, text),
        },
        AtCursor::Word { text, item, .. } => {
            of_record(context, text).or_else(|| of_item(context, &item?.text))
        }
        AtCursor::Item(item) => of_item(context, &item.text),
        _ => None,
    }
}

/// An approval's role in the policy.
fn of_item(context: &DocumentContext<'_>, item: &str) -> Option<Location> {
    let review = context.loaded.policy().review_for_item(item)?;
    in_policy(context, &["roles", &review.role])
}

fn of_record(context: &DocumentContext<'_>, id: &str) -> Option<Location> {
    let record = context.record_of(id)?;
    let span = record.field("id").map_or(0..0, |field| field.value_span.clone());
    location(context, record, &span)
}

fn location(context: &DocumentContext<'_>, record: &Record, span: &Range<usize>) -> Option<Location> {
    let uri = context.uri_of(&record.path)?;
    Some(Location { uri, range: text::range(&record.source, span, context.encoding) })
}

/// The place of a key in the policy's text.
fn in_policy(context: &DocumentContext<'_>, keys: &[&str]) -> Option<Location> {
    let uri = context.uri_of(POLICY_FILE)?;
    let source = context.text_of(POLICY_FILE)?;
    let document = toml_edit::Document::parse(source.as_str()).ok()?;
    let mut table = document.as_table();
    for key in &keys[..keys.len() - 1] {
        table = table.get(key)?.as_table()?;
    }
    let last = keys.last()?;
    let span = table.key(last).and_then(toml_edit::Key::span).or_else(|| table.get(last)?.span())?;
    Some(Location { uri, range: text::range(&source, &span, context.encoding) })
}

/// The ID that stands at an offset, when it is one of the book.
pub(super) fn id_at<'a>(context: &'a DocumentContext<'_>, offset: usize) -> Option<(&'a str, Range<usize>)> {
    let record = context.record()?;
    let (text, span) = match at(record, offset) {
        AtCursor::Value { text, span, .. } => (text, span),
        AtCursor::Word { text, span, .. } => (text, span),
        AtCursor::Key(field) if field.key == "id" => {
            let id = record.id.as_ref()?.as_str();
            let start = record.source[field.value_span.clone()].find(id)? + field.value_span.start;
            return Some((id, start..start + id.len()));
        }
        _ => return None,
    };
    context.record_of(text).map(|_| (text, span))
}

/// Every place in the book that names an ID, by path, with the text that it stands in.
pub(super) fn mentions<'a>(
    context: &'a DocumentContext<'_>,
    id: &'a str,
) -> Vec<(&'a Record, Vec<Range<usize>>)> {
    let spans = |record: &'a Record| {
        let found: Vec<Range<usize>> =
            places(&record.source, id).map(|start| start..start + id.len()).collect();
        (!found.is_empty()).then_some((record, found))
    };
    context.open.records.values().filter_map(spans).collect()
}

/// Every reference to the ID at an offset.
pub(super) fn references(
    context: &DocumentContext<'_>,
    offset: usize,
    with_definition: bool,
) -> Vec<Location> {
    let Some((id, _)) = id_at(context, offset) else { return Vec::new() };
    let mut locations = Vec::new();
    for (record, spans) in mentions(context, id) {
        let own = record.field("id").map(|field| field.value_span.clone());
        for span in spans {
            let is_definition = record.id.as_ref().is_some_and(|own| own.as_str() == id)
                && own.as_ref().is_some_and(|own| own.contains(&span.start));
            if with_definition || !is_definition {
                locations.extend(location(context, record, &span));
            }
        }
    }
    locations
}

/// Links of the frontmatter's IDs and of the body, to files of the book.
pub(super) fn links(context: &DocumentContext<'_>) -> Vec<DocumentLink> {
    let Some(record) = context.record() else { return Vec::new() };
    let mut links = Vec::new();
    let lines = Lines::of(&record.source, context.encoding);
    let mut add = |span: &Range<usize>, target: Option<lsp_types::Uri>| {
        links.push(DocumentLink { range: lines.range(span), target, tooltip: None, data: None });
    };
    let references = ["depends", "follows", "changes", "runbooks"];
    for field in record.fields.iter().filter(|field| references.contains(&field.key.as_str())) {
        let value = &record.source[field.value_span.clone()];
        for other in context.open.records.values().filter_map(|other| Some((other.id.as_ref()?, other))) {
            let (id, other) = other;
            for start in places(value, id.as_str()) {
                let start = field.value_span.start + start;
                add(&(start..start + id.as_str().len()), context.uri_of(&other.path));
            }
        }
    }
    for link in &record.links {
        if let Some(target) = target(context, &link.destination) {
            add(&link.span, Some(target));
        }
    }
    links
}

/// The address of a link's target: a file of the book, or an address of the web.
fn target(context: &DocumentContext<'_>, destination: &str) -> Option<lsp_types::Uri> {
    if destination.starts_with("https://") || destination.starts_with("http://") {
        return destination.parse().ok();
    }
    let path = destination.split('#').next().filter(|path| !path.is_empty() && !path.contains(':'))?;
    let folder = context.open.root.join(context.path).parent()?.to_path_buf();
    let file = folder.join(path).canonicalize().ok()?;
    // Nothing outside of the book is looked at or linked to.
    file.starts_with(&context.open.root).then(|| uri::of(&file)).flatten()
}
