//! What stands at a place of a record.

use std::ops::Range;

use crate::record::{Field, Item, Record};

/// What stands at a place.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum AtCursor<'a> {
    /// A key of the frontmatter.
    Key(&'a Field),
    /// A text in a value of the frontmatter, without its quotes.
    Value { key: &'a str, text: &'a str, span: Range<usize> },
    /// A word of the body that may be an ID, in an item or not.
    Word { text: &'a str, span: Range<usize>, item: Option<&'a Item> },
    /// An item, at its box or between words.
    Item(&'a Item),
    /// Nothing of interest.
    Nothing,
}

/// What stands at an offset.
pub(super) fn at(record: &Record, offset: usize) -> AtCursor<'_> {
    let source = &*record.source;
    let in_frontmatter =
        record.frontmatter.as_ref().is_some_and(|range| range.contains(&offset) || range.end == offset);
    if in_frontmatter {
        let holds = |span: &Range<usize>| span.start <= offset && offset <= span.end;
        if let Some(field) = record.fields.iter().find(|field| holds(&field.key_span)) {
            return AtCursor::Key(field);
        }
        let field = record.fields.iter().find(|field| holds(&field.value_span));
        let text = field.and_then(|field| quoted(source, field.value_span.clone(), offset));
        return match (field, text) {
            (Some(field), Some(span)) => {
                AtCursor::Value { key: &field.key, text: source.get(span.clone()).unwrap_or_default(), span }
            }
            _ => AtCursor::Nothing,
        };
    }
    let item = record.items.iter().rev().find(|item| item.span.start <= offset && offset <= item.span.end);
    match (word(source, offset), item) {
        (Some(span), item) => AtCursor::Word { text: &source[span.clone()], span, item },
        (None, Some(item)) => AtCursor::Item(item),
        (None, None) => AtCursor::Nothing,
    }
}

/// The string round an offset, without its quotes.
pub(super) fn quoted(source: &str, value: Range<usize>, offset: usize) -> Option<Range<usize>> {
    let text = source.get(value.clone())?;
    let mut open: Option<(char, usize)> = None;
    for (at, character) in text.char_indices() {
        let place = value.start + at;
        match open {
            None if character == '"' || character == '\'' => open = Some((character, place + 1)),
            Some((quote, start)) if character == quote => {
                if start <= offset && offset <= place {
                    return Some(start..place);
                }
                open = None;
            }
            _ => {}
        }
    }
    None
}

/// The run of letters, digits, `-` and `_` round an offset.
pub(super) fn word(source: &str, offset: usize) -> Option<Range<usize>> {
    if !source.is_char_boundary(offset) {
        return None;
    }
    let is_part = |c: &char| c.is_ascii_alphanumeric() || *c == '-' || *c == '_';
    let before: usize = source[..offset].chars().rev().take_while(is_part).map(char::len_utf8).sum();
    let behind: usize = source[offset..].chars().take_while(is_part).map(char::len_utf8).sum();
    let span = offset - before..offset + behind;
    source[span.clone()].bytes().any(|byte| byte.is_ascii_alphanumeric()).then_some(span)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::RecordType;

    #[test]
    fn places() {
        let text = "+++\nid = \"A-1\"\ndepends = [\"B-1\", 'B-2']\n+++\n- [ ] see C-1 now\n";
        let record = Record::parse(RecordType::Task, "tasks/A-1.md", text.as_bytes());
        let find = |what: &str| at(&record, text.find(what).unwrap() + 1);
        assert!(matches!(find("depends"), AtCursor::Key(field) if field.key == "depends"));
        assert!(matches!(find("B-1"), AtCursor::Value { key: "depends", text: "B-1", .. }));
        assert!(matches!(find("B-2"), AtCursor::Value { key: "depends", text: "B-2", .. }));
        assert!(matches!(find("C-1"), AtCursor::Word { text: "C-1", item: Some(_), .. }));
        assert!(matches!(find("[ ]"), AtCursor::Item(_)));
        assert_eq!(at(&record, text.len() + 9), AtCursor::Nothing);
    }
}
