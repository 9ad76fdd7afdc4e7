//! A merged text in pieces: what is settled, and what is in conflict.

use super::{Merged, Versions};

/// How a conflict is written: git's `merge.conflictStyle`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConflictStyle {
    /// Both sides.
    #[default]
    Merge,
    /// Both sides, and what they began with between them.
    Diff3,
}

impl ConflictStyle {
    /// The style of that name in git's configuration; an unknown name is git's default.
    pub fn parse(name: &str) -> Self {
        match name {
            "diff3" | "zdiff3" => ConflictStyle::Diff3,
            _ => ConflictStyle::Merge,
        }
    }
}

/// What git says of the markers it wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Markers {
    /// How many characters a marker has (`%L`).
    pub size: usize,
    /// Names of the versions (`%S`, `%X`, `%Y`).
    pub labels: Versions<String>,
    /// How a conflict is written.
    pub style: ConflictStyle,
}

/// A part of the merged text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// What both sides agree on, or what one of them did.
    Settled(String),
    /// What they do not agree on.
    Conflict(Box<Versions<String>>),
}

/// Which side of a conflict is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Ours,
    Theirs,
}

impl Piece {
    pub(super) fn conflict(versions: Versions<String>) -> Self {
        Piece::Conflict(Box::new(versions))
    }
}

/// The text with one side taken everywhere.
pub(super) fn resolve(pieces: &[Piece], side: Side) -> String {
    let mut text = String::new();
    for piece in pieces {
        push_lines(
            &mut text,
            match (piece, side) {
                (Piece::Settled(settled), _) => settled,
                (Piece::Conflict(versions), Side::Ours) => &versions.ours,
                (Piece::Conflict(versions), Side::Theirs) => &versions.theirs,
            },
        );
    }
    text
}

/// The text with markers.
pub(super) fn render(pieces: &[Piece], markers: &Markers) -> Merged {
    let carriage_return = pieces.iter().any(|piece| match piece {
        Piece::Settled(text) => text.contains("\r\n"),
        Piece::Conflict(versions) => versions.ours.contains("\r\n"),
    });
    let line_end = if carriage_return { "\r\n" } else { "\n" };
    let mut merged = Merged { text: String::new(), n_conflicts: 0 };
    for piece in pieces {
        match piece {
            Piece::Settled(text) => push_lines(&mut merged.text, text),
            Piece::Conflict(versions) => {
                merged.n_conflicts += 1;
                push_conflict(&mut merged.text, versions, markers, line_end);
            }
        }
    }
    merged
}

fn push_conflict(text: &mut String, versions: &Versions<String>, markers: &Markers, line_end: &str) {
    let (before, inner, after) = match markers.style {
        ConflictStyle::Merge => without_common(versions),
        ConflictStyle::Diff3 => ("", versions.as_ref().map(String::as_str), ""),
    };
    push_lines(text, before);
    let labels = &markers.labels;
    push_marker(text, '<', markers.size, &labels.ours, line_end);
    push_lines(text, inner.ours);
    if markers.style == ConflictStyle::Diff3 {
        push_marker(text, '|', markers.size, &labels.base, line_end);
        push_lines(text, inner.base);
    }
    push_marker(text, '=', markers.size, "", line_end);
    push_lines(text, inner.theirs);
    push_marker(text, '>', markers.size, &labels.theirs, line_end);
    push_lines(text, after);
}

fn push_marker(text: &mut String, sign: char, size: usize, label: &str, line_end: &str) {
    end_line(text, line_end);
    text.extend(std::iter::repeat_n(sign, size));
    if !label.is_empty() {
        text.push(' ');
        text.push_str(label);
    }
    text.push_str(line_end);
}

/// Lines that begin and end both sides alike stand outside the markers.
fn without_common(versions: &Versions<String>) -> (&str, Versions<&str>, &str) {
    let (ours, theirs) = (versions.ours.as_str(), versions.theirs.as_str());
    let lines = |text: &'_ str| text.split_inclusive('\n').map(str::len).collect::<Vec<_>>();
    let our_lines = lines(ours);
    let mut before = 0;
    for length in &our_lines {
        if ours.get(before..before + length) != theirs.get(before..before + length) {
            break;
        }
        before += length;
    }
    let mut after = 0;
    for length in our_lines.iter().rev() {
        let end = after + length;
        let fits = before + end <= ours.len().min(theirs.len());
        if !fits || ours.get(ours.len() - end..) != theirs.get(theirs.len() - end..) {
            break;
        }
        // Equal to the last byte and begun by a line's start in both.
        let starts =
            |text: &str| text[..text.len() - end].is_empty() || text[..text.len() - end].ends_with('\n');
        if !starts(theirs) {
            break;
        }
        after = end;
    }
    let inner = Versions {
        base: versions.base.as_str(),
        ours: &ours[before..ours.len() - after],
        theirs: &theirs[before..theirs.len() - after],
    };
    (&ours[..before], inner, &ours[ours.len() - after..])
}

/// Adds lines behind lines: a last line without end gets one.
fn push_lines(text: &mut String, lines: &str) {
    if lines.is_empty() {
        return;
    }
    end_line(text, if lines.contains("\r\n") { "\r\n" } else { "\n" });
    text.push_str(lines);
}

fn end_line(text: &mut String, line_end: &str) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push_str(line_end);
    }
}
