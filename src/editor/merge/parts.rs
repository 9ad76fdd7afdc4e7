//! Splits a record into its keyed parts, so that all of them in a row are the text again.

use toml_edit::{Document, Item, Table};

use super::keyed::Keyed;
use crate::record::{Record, normalize};

/// A record in parts.
#[derive(Debug)]
pub(super) struct Outline {
    /// The fence before the frontmatter, a byte order mark included.
    pub(super) opening: String,
    /// Keys of the frontmatter, as `plan.production` where a table is written so; each with the comments before it.
    pub(super) fields: Vec<Keyed>,
    /// The fence behind it.
    pub(super) closing: String,
    /// What stands before the first section (without a key), the sections, and what stands in none.
    pub(super) sections: Vec<Keyed>,
}

/// `None` when the record has no readable frontmatter.
pub(super) fn outline(record: &Record) -> Option<Outline> {
    let source = &*record.source;
    let frontmatter = record.frontmatter.clone()?;
    Some(Outline {
        opening: source.get(..frontmatter.start)?.to_owned(),
        fields: fields(source.get(frontmatter.clone())?)?,
        closing: source.get(frontmatter.end..record.body_start)?.to_owned(),
        sections: sections(record),
    })
}

fn fields(text: &str) -> Option<Vec<Keyed>> {
    let document = Document::parse(text).ok()?;
    let mut starts = Vec::new();
    collect(document.as_table(), "", &mut starts);
    starts.sort();
    let starts: Vec<(usize, String)> =
        starts.into_iter().map(|(start, key)| (comment_start(text, start), key)).collect();
    let mut ends = starts.iter().skip(1).map(|(start, _)| *start).collect::<Vec<_>>();
    ends.push(text.len());
    let first = starts.first().map_or(text.len(), |(start, _)| *start);
    let mut parts: Vec<Keyed> = Vec::new();
    if first > 0 {
        parts.push(part(String::new(), &text[..first]));
    }
    let entries = starts.into_iter().zip(ends);
    parts.extend(entries.map(|((start, key), end)| part(key, &text[start..end])));
    Some(parts)
}

/// Where each entry begins, with its key.
fn collect(table: &Table, prefix: &str, starts: &mut Vec<(usize, String)>) {
    for (name, item) in table.iter() {
        let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
        match item {
            Item::Value(_) => {
                starts.extend(table.key(name).and_then(toml_edit::Key::span).map(|span| (span.start, path)));
            }
            Item::Table(nested) if nested.is_dotted() => collect(nested, &path, starts),
            Item::Table(nested) => match nested.span() {
                // Its entries stand below the header.
                Some(span) if !nested.is_implicit() => {
                    starts.push((span.start, path.clone()));
                    collect_headers(nested, &path, starts);
                }
                _ => collect_headers(nested, &path, starts),
            },
            Item::ArrayOfTables(tables) => {
                let places = tables.iter().enumerate();
                starts.extend(
                    places.filter_map(|(nth, table)| Some((table.span()?.start, format!("{path}[{nth}]")))),
                );
            }
            Item::None => {}
        }
    }
}

/// Tables with headers of their own below a table.
fn collect_headers(table: &Table, path: &str, starts: &mut Vec<(usize, String)>) {
    for (name, item) in table.iter() {
        if let Item::Table(nested) = item
            && !nested.is_dotted()
        {
            let path = format!("{path}.{name}");
            if !nested.is_implicit() {
                starts.extend(nested.span().map(|span| (span.start, path.clone())));
            }
            collect_headers(nested, &path, starts);
        }
    }
}

/// The start of the comments and blank lines that stand right before the line of `offset`.
fn comment_start(text: &str, offset: usize) -> usize {
    let mut start = line_start(text, offset);
    while start > 0 {
        let before = line_start(text, start - 1);
        let line = text[before..start].trim();
        if !line.is_empty() && !line.starts_with('#') {
            break;
        }
        start = before;
    }
    start
}

/// The start of the blank lines that stand right before a line's start.
fn blank_start(text: &str, line: usize) -> usize {
    let mut start = line;
    while start > 0 && text[line_start(text, start - 1)..start].trim().is_empty() {
        start = line_start(text, start - 1);
    }
    start
}

fn sections(record: &Record) -> Vec<Keyed> {
    let source = &*record.source;
    let mut parts = Vec::new();
    let mut end = record.body_start;
    let mut add = |key: String, start: usize, end: usize| {
        if let Some(text) = source.get(start..end).filter(|text| !text.is_empty()) {
            parts.push(part(key, text));
        }
    };
    let mut last = String::new();
    for (at, section) in record.sections.iter().enumerate() {
        let start = blank_start(source, line_start(source, section.heading.start)).max(end);
        add(format!("behind {last}"), end, start);
        let title = normalize(&section.title);
        let earlier = &record.sections[..at];
        let nth = earlier.iter().filter(|earlier| normalize(&earlier.title) == title).count();
        last = format!("section {title} {nth}");
        // The blank lines before the next part are that one's.
        end = match section.content.end {
            content_end if content_end == source.len() => content_end,
            content_end => blank_start(source, line_start(source, content_end)).max(start),
        };
        add(last.clone(), start, end);
    }
    add(format!("behind {last}"), end, source.len());
    parts
}

/// A part with the blank lines round it apart.
pub(super) fn part(key: String, text: &str) -> Keyed {
    let is_blank = |line: &&str| line.trim().is_empty();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let n_before = lines.iter().take_while(|line| is_blank(line)).count();
    let n_behind = lines[n_before..].iter().rev().take_while(|line| is_blank(line)).count();
    let middle = n_before..lines.len() - n_behind;
    Keyed {
        key,
        before: lines[..middle.start].concat(),
        text: lines[middle.clone()].concat(),
        behind: lines[middle.end..].concat(),
    }
}

/// The start of the line that holds `offset`.
pub(super) fn line_start(text: &str, offset: usize) -> usize {
    // A place within a letter of several bytes is in its line, too.
    text.as_bytes()[..offset].iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1)
}

/// The start of the line after the one that holds `offset`.
pub(super) fn line_end(text: &str, offset: usize) -> usize {
    let newline = text.as_bytes()[offset..].iter().position(|byte| *byte == b'\n');
    newline.map_or(text.len(), |newline| offset + newline + 1)
}
