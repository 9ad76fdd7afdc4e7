//! The outline of a record, the records of a book, and what can be folded.

use lsp_types::{DocumentSymbol, FoldingRange, FoldingRangeKind, Location, SymbolInformation, SymbolKind};

use super::open_books::{DocumentContext, OpenBooks};
use super::text::Lines;
use super::{text, uri};
use crate::record::Item;

/// Sections with their items.
#[expect(deprecated, reason = "the protocol's type has a field that must be named")]
pub(super) fn document(context: &DocumentContext<'_>) -> Vec<DocumentSymbol> {
    let Some(record) = context.record() else { return Vec::new() };
    let lines = Lines::of(&record.source, context.encoding);
    let range = |span: &std::ops::Range<usize>| lines.range(span);
    let item = |item: &Item| DocumentSymbol {
        name: if item.text.is_empty() { "(no text)".to_owned() } else { item.text.clone() },
        detail: Some(if item.checked { "ticked" } else { "open" }.to_owned()),
        kind: SymbolKind::BOOLEAN,
        tags: None,
        deprecated: None,
        range: range(&item.span),
        selection_range: range(&item.mark),
        children: None,
    };
    let mut items: Vec<Vec<DocumentSymbol>> = vec![Vec::new(); record.sections.len()];
    for found in &record.items {
        if let Some(items) = found.section.and_then(|section| items.get_mut(section)) {
            items.push(item(found));
        }
    }
    let sections = record.sections.iter().zip(items);
    sections
        .map(|(section, items)| DocumentSymbol {
            name: if section.title.is_empty() { "(no title)".to_owned() } else { section.title.clone() },
            detail: None,
            kind: SymbolKind::NAMESPACE,
            tags: None,
            deprecated: None,
            range: range(&(section.heading.start..section.content.end)),
            selection_range: range(&section.heading),
            children: Some(items),
        })
        .collect()
}

/// Records of all open books whose ID or title holds the words.
#[expect(deprecated, reason = "the protocol's type has a field that must be named")]
pub(super) fn workspace(books: &OpenBooks, query: &str) -> Vec<SymbolInformation> {
    let query = query.to_lowercase();
    let mut found = Vec::new();
    for open in &books.all {
        for record in open.records.values() {
            let Some(id) = &record.id else { continue };
            let name = format!("{id} {}", record.title());
            let Some(uri) =
                uri::of(&open.root.join(&record.path)).filter(|_| name.to_lowercase().contains(&query))
            else {
                continue;
            };
            let span = record.field("title").map_or(0..0, |field| field.key_span.clone());
            let location = Location { uri, range: text::range(&record.source, &span, books.encoding) };
            found.push(SymbolInformation {
                name,
                kind: SymbolKind::FILE,
                tags: None,
                deprecated: None,
                location,
                container_name: Some(record.record_type().folder().to_owned()),
            });
        }
    }
    found
}

/// The frontmatter and the sections.
pub(super) fn folding(context: &DocumentContext<'_>) -> Vec<FoldingRange> {
    let Some(record) = context.record() else { return Vec::new() };
    let frontmatter = record.frontmatter.as_ref().map(|range| 0..range.end + 3);
    let sections = record.sections.iter().map(|section| {
        let content = &record.source[section.content.clone()];
        section.heading.start..section.content.start + content.trim_end().len()
    });
    let lines = Lines::of(&record.source, context.encoding);
    frontmatter.into_iter().chain(sections).filter_map(|span| fold(&lines, &span)).collect()
}

fn fold(lines: &Lines<'_>, span: &std::ops::Range<usize>) -> Option<FoldingRange> {
    let range = lines.range(span);
    (range.end.line > range.start.line).then(|| FoldingRange {
        start_line: range.start.line,
        end_line: range.end.line,
        kind: Some(FoldingRangeKind::Region),
        ..FoldingRange::default()
    })
}
