//! Puts a record together from its merged frontmatter and sections.

use super::Versions;
use super::checklist;
use super::expected::{Outcome, three_way};
use super::keyed::{self, Keyed};
use super::parts::{self, Outline};
use super::piece::Piece;
use crate::record::Record;

/// The record in pieces; `None` where the versions have no common shape.
pub(super) fn merge(records: Versions<&Record>) -> Option<Vec<Piece>> {
    let outlines = records.map(parts::outline);
    let outlines = Versions { base: outlines.base?, ours: outlines.ours?, theirs: outlines.theirs? };
    let fence = |of: fn(&Outline) -> &str| match three_way(outlines.as_ref().map(of)) {
        Outcome::Settled(line) => Piece::Settled(line.to_owned()),
        Outcome::Conflict => Piece::Settled(of(&outlines.ours).to_owned()),
    };
    let mut pieces = vec![fence(|outline| &outline.opening)];
    let fields = outlines.as_ref().map(|outline| outline.fields.as_slice());
    pieces.extend(keyed::merge(fields, &merge_field)?);
    pieces.push(fence(|outline| &outline.closing));
    let sections = outlines.as_ref().map(|outline| outline.sections.as_slice());
    pieces.extend(keyed::merge(sections, &checklist::merge_section)?);
    Some(pieces)
}

/// Both sides changed a key: the same value in two forms is ours, anything else a conflict.
fn merge_field(versions: Versions<Option<&Keyed>>) -> Vec<Piece> {
    let value = |part: Option<&Keyed>| part.and_then(|part| part.text.parse::<toml::Table>().ok());
    if let (Some(ours), Some(theirs)) = (value(versions.ours), value(versions.theirs))
        && ours == theirs
        && let Some(part) = versions.ours
    {
        return vec![Piece::Settled(part.text.clone())];
    }
    keyed::conflict(versions)
}
