//! A document's text, and positions in it as the editor counts them.

use std::ops::Range;

use lsp_types::{InitializeParams, Position, PositionEncodingKind, TextDocumentContentChangeEvent, TextEdit};

/// How the editor counts columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Utf16,
}

impl Encoding {
    /// UTF-8 where the editor offers it; UTF-16 is what every editor knows.
    pub(super) fn chosen(params: &InitializeParams) -> Self {
        let general = params.capabilities.general.as_ref();
        let offered = general.and_then(|general| general.position_encodings.as_deref()).unwrap_or_default();
        if offered.contains(&PositionEncodingKind::UTF8) { Encoding::Utf8 } else { Encoding::Utf16 }
    }

    pub(super) fn kind(self) -> PositionEncodingKind {
        match self {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
        }
    }

    /// The length of a text in this counting.
    fn length(self, text: &str) -> usize {
        match self {
            Encoding::Utf8 => text.len(),
            Encoding::Utf16 => text.encode_utf16().count(),
        }
    }
}

/// The byte at a position; a position behind a line's end is its end, one behind the text's end is that.
pub(super) fn offset(text: &str, position: Position, encoding: Encoding) -> usize {
    let mut lines = text.split_inclusive('\n');
    let wanted = usize::try_from(position.line).unwrap_or(usize::MAX);
    let start: usize = lines.by_ref().take(wanted).map(str::len).sum();
    let Some(line) = lines.next() else { return text.len() };
    let line = line.trim_end_matches(['\n', '\r']);
    let column = usize::try_from(position.character).unwrap_or(usize::MAX);
    let mut counted = 0;
    for (at, character) in line.char_indices() {
        if counted >= column {
            return start + at;
        }
        counted += match encoding {
            Encoding::Utf8 => character.len_utf8(),
            Encoding::Utf16 => character.len_utf16(),
        };
    }
    start + line.len()
}

/// The position of a byte; one inside a character is its start.
pub(super) fn position(text: &str, offset: usize, encoding: Encoding) -> Position {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count();
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Position::new(count(line), count(encoding.length(&before[line_start..])))
}

/// Where the lines of a text begin: for many positions in one text.
pub(super) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
    encoding: Encoding,
}

impl<'t> Lines<'t> {
    pub(super) fn of(text: &'t str, encoding: Encoding) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        Lines { text, starts, encoding }
    }

    /// As [`position`].
    pub(super) fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let within = position(&self.text[self.starts[line]..], offset - self.starts[line], self.encoding);
        Position::new(u32::try_from(line).unwrap_or(u32::MAX), within.character)
    }

    /// As [`range`].
    pub(super) fn range(&self, span: &Range<usize>) -> lsp_types::Range {
        lsp_types::Range::new(self.position(span.start), self.position(span.end))
    }

    /// The length of a part of the text, as the editor counts.
    pub(super) fn length(&self, span: &Range<usize>) -> u32 {
        let text = self.text.get(span.clone()).unwrap_or_default();
        u32::try_from(self.encoding.length(text)).unwrap_or(u32::MAX)
    }
}

/// The range of a span.
pub(super) fn range(text: &str, span: &Range<usize>, encoding: Encoding) -> lsp_types::Range {
    lsp_types::Range::new(position(text, span.start, encoding), position(text, span.end, encoding))
}

/// The one edit that makes a text another: of what lies between the first and the last place where they differ.
pub(super) fn edit_to(old: &str, new: &str, encoding: Encoding) -> TextEdit {
    let same = |(a, b): &(char, char)| a == b;
    let start: usize = old.chars().zip(new.chars()).take_while(same).map(|(c, _)| c.len_utf8()).sum();
    let (old_rest, new_rest) = (&old[start..], &new[start..]);
    let end: usize =
        old_rest.chars().rev().zip(new_rest.chars().rev()).take_while(same).map(|(c, _)| c.len_utf8()).sum();
    TextEdit {
        range: range(old, &(start..old.len() - end), encoding),
        new_text: new_rest[..new_rest.len() - end].to_owned(),
    }
}

/// The text after a change.
pub(super) fn changed(text: &str, change: TextDocumentContentChangeEvent, encoding: Encoding) -> String {
    let Some(range) = change.range else { return change.text };
    let start = offset(text, range.start, encoding);
    let end = offset(text, range.end, encoding).max(start);
    // The line's own end is behind its last column.
    [&text[..start], &change.text, &text[end..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_in_both_countings() {
        let text = "a\nö😀x\r\nb";
        for (offset_of, line, utf8, utf16) in
            [(0, 0, 0, 0), (2, 1, 0, 0), (4, 1, 2, 1), (8, 1, 6, 3), (11, 2, 0, 0)]
        {
            for (encoding, column) in [(Encoding::Utf8, utf8), (Encoding::Utf16, utf16)] {
                assert_eq!(position(text, offset_of, encoding), Position::new(line, column));
                assert_eq!(offset(text, Position::new(line, column), encoding), offset_of);
                assert_eq!(Lines::of(text, encoding).position(offset_of), Position::new(line, column));
            }
        }
        assert_eq!(offset(text, Position::new(1, 99), Encoding::Utf16), 9, "before the line's end");
        assert_eq!(offset(text, Position::new(9, 9), Encoding::Utf16), text.len());
        assert_eq!(position(text, 3, Encoding::Utf8), Position::new(1, 0), "inside a character");
    }

    #[test]
    fn changes() {
        let change = |range: Option<(u32, u32, u32, u32)>, text: &str| TextDocumentContentChangeEvent {
            range: range.map(|(a, b, c, d)| lsp_types::Range::new(Position::new(a, b), Position::new(c, d))),
            range_length: None,
            text: text.to_owned(),
        };
        let apply = |text: &str, edit| changed(text, edit, Encoding::Utf16);
        assert_eq!(apply("😀b\nc\n", change(Some((0, 2, 1, 0)), "x")), "😀xc\n");
        assert_eq!(apply("a\n", change(Some((1, 0, 1, 0)), "b")), "a\nb");
        assert_eq!(apply("a", change(None, "b")), "b");
        assert_eq!(apply("ab", change(Some((0, 2, 0, 1)), "x")), "abx", "a range that is turned round");
    }
}
