//! Merges a section that both sides changed: items each by itself, everything else by lines.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::expected::{Outcome, three_way};
use super::keyed::{self, Keyed};
use super::parts::{line_end, line_start, part};
use super::piece::Piece;
use super::{Versions, parse};

/// The section in pieces.
pub(super) fn merge_section(versions: Versions<Option<&Keyed>>) -> Vec<Piece> {
    let (Some(ours), Some(theirs)) = (versions.ours, versions.theirs) else {
        return keyed::conflict(versions);
    };
    // A section that both sides added is one section only where they wrote the same.
    let Some(base) = versions.base else { return keyed::conflict(versions) };
    let units = Versions { base, ours, theirs }.map(|part| units(&part.text));
    let (before, behind) = keyed::blanks(versions);
    let mut pieces = vec![Piece::Settled(before.to_owned())];
    for hunk in hunks(units.as_ref().map(Vec::as_slice)) {
        merge_hunk(hunk, &mut pieces);
    }
    pieces.push(Piece::Settled(behind.to_owned()));
    pieces
}

/// An item with all that stands in it, or a line that belongs to none; both with the blank lines before.
type Unit = Keyed;

const LINE: &str = "line";

/// The units of a section's text.
fn units(text: &str) -> Vec<Unit> {
    // Without frontmatter of its own the text would be searched for one.
    let head = "+++\n+++\n";
    let record = parse(&format!("{head}{text}"));
    let mut items: Vec<(Range<usize>, String)> = Vec::new();
    for item in &record.items {
        let span = item.span.start.saturating_sub(head.len())..item.span.end.saturating_sub(head.len());
        let lines = line_start(text, span.start)..line_end(text, span.end.max(span.start + 1) - 1);
        if items.last().is_none_or(|(last, _)| last.end <= lines.start) {
            items.push((lines, format!("item {} {}", item.key.text, item.key.nth)));
        }
    }
    let mut units = Vec::new();
    let (mut start, mut offset) = (0, 0);
    let mut items = items.into_iter().peekable();
    while offset < text.len() {
        let (end, key) = match items.next_if(|(lines, _)| lines.start == offset) {
            Some((lines, key)) => (lines.end, key),
            None => (line_end(text, offset), LINE.to_owned()),
        };
        if !text[offset..end].trim().is_empty() {
            units.push(part(key, &text[start..end]));
            start = end;
        }
        offset = end;
    }
    units
}

/// A stretch of the three versions: units that all have, or units on which they differ.
type Hunk<'a> = Versions<&'a [Unit]>;

/// The versions side by side: stretches in which all three agree are hunks of one unit each.
fn hunks<'a>(units: Versions<&'a [Unit]>) -> Vec<Hunk<'a>> {
    let in_ours = places(units.base, units.ours);
    let in_theirs = places(units.base, units.theirs);
    let mut hunks = Vec::new();
    let (mut base, mut ours, mut theirs) = (0, 0, 0);
    let mut add = |b: Range<usize>, o: Range<usize>, t: Range<usize>| {
        let hunk = Versions { base: &units.base[b], ours: &units.ours[o], theirs: &units.theirs[t] };
        if !(hunk.base.is_empty() && hunk.ours.is_empty() && hunk.theirs.is_empty()) {
            hunks.push(hunk);
        }
    };
    for at in 0..units.base.len() {
        if let (Some(o), Some(t)) = (in_ours[at], in_theirs[at]) {
            add(base..at, ours..o, theirs..t);
            add(at..at + 1, o..o + 1, t..t + 1);
            (base, ours, theirs) = (at + 1, o + 1, t + 1);
        }
    }
    add(base..units.base.len(), ours..units.ours.len(), theirs..units.theirs.len());
    hunks
}

/// For each unit of `base` its place among `others`, where it is there unchanged.
fn places(base: &[Unit], others: &[Unit]) -> Vec<Option<usize>> {
    let texts = |units: &[Unit]| units.iter().map(|unit| unit.text.clone()).collect::<Vec<_>>();
    let mut places = vec![None; base.len()];
    for op in capture_diff_slices(Algorithm::Myers, &texts(base), &texts(others)) {
        if let DiffOp::Equal { old_index, new_index, len } = op {
            for at in 0..len {
                places[old_index + at] = Some(new_index + at);
            }
        }
    }
    places
}

fn merge_hunk(hunk: Hunk<'_>, pieces: &mut Vec<Piece>) {
    let texts = hunk.map(|units| units.iter().map(|unit| unit.text.as_str()).collect::<Vec<_>>());
    let all = [hunk.base, hunk.ours, hunk.theirs];
    match three_way(texts) {
        // One unit that all have may have other blank lines before it on one side.
        Outcome::Settled(_) if all.iter().all(|units| units.len() == 1) => {
            let versions = hunk.map(<[Unit]>::first);
            if let Outcome::Settled(Some(text)) = three_way(versions.map(|unit| unit.map(|unit| &unit.text)))
            {
                pieces.push(Piece::Settled([keyed::blanks(versions).0, text].concat()));
            }
        }
        Outcome::Settled(settled) => {
            let is_it =
                |units: &&[Unit]| units.iter().map(|unit| unit.text.as_str()).eq(settled.iter().copied());
            let taken = [hunk.ours, hunk.theirs].into_iter().find(is_it).unwrap_or(hunk.ours);
            pieces.push(Piece::Settled(whole(taken)));
        }
        Outcome::Conflict => {
            let only_items = all.iter().all(|units| units.iter().all(|unit| unit.key != LINE));
            let by_item = only_items.then(|| keyed::merge(hunk, &keyed::conflict)).flatten();
            match by_item {
                Some(merged) => pieces.extend(merged),
                None => pieces.push(Piece::conflict(hunk.map(whole))),
            }
        }
    }
}

fn whole(units: &[Unit]) -> String {
    units.iter().flat_map(|unit| [unit.before.as_str(), &unit.text]).collect()
}
