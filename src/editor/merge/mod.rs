//! Merges three versions of a record: by key of the frontmatter, section and item.
//!
//! Git's own merge by lines comes first, and stands wherever it is clean and means what both sides meant
//! ([`sound`]). Only where it conflicts, or is clean and wrong (a key or a section that both sides added), the
//! structure is asked. Whatever stays in doubt is a conflict with markers: no tick is invented, and none is
//! lost without one.

mod checklist;
mod expected;
mod keyed;
mod parts;
mod piece;
mod setup;
mod sound;
mod structure;
mod ticks;

#[cfg(test)]
mod tests;

use crate::record::{Record, RecordType};

pub use piece::{ConflictStyle, Markers};
pub use setup::{ATTRIBUTES_FILE, DRIVER_SETTINGS, has_attributes, with_attributes};

/// The three versions of one file. Also three values or three places, one of each version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versions<T> {
    /// What both sides began with.
    pub base: T,
    /// The side that is merged into.
    pub ours: T,
    /// The side that is merged.
    pub theirs: T,
}

impl<T> Versions<T> {
    /// The same function of each.
    pub fn map<U>(self, mut of: impl FnMut(T) -> U) -> Versions<U> {
        Versions { base: of(self.base), ours: of(self.ours), theirs: of(self.theirs) }
    }

    /// References to each.
    pub fn as_ref(&self) -> Versions<&T> {
        Versions { base: &self.base, ours: &self.ours, theirs: &self.theirs }
    }
}

/// A merged text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The text, markers included.
    pub text: String,
    /// How many conflicts are marked in it; 0 for a clean merge.
    pub n_conflicts: usize,
}

/// Merges by lines, as `git merge-file` does.
pub type ByLines<'a, E> = dyn Fn(Versions<&str>) -> Result<Merged, E> + 'a;

/// Merges three versions of a record. `by_lines` is git's own merge.
///
/// # Errors
/// Those of `by_lines`.
pub fn merge<E>(versions: Versions<&str>, markers: &Markers, by_lines: &ByLines<'_, E>) -> Result<Merged, E> {
    let plain = by_lines(versions)?;
    let records = versions.map(parse);
    // Without three readable records nothing of the structure helps; a file that both sides made is two
    // records that took one number, and is never made one.
    if [&records.base, &records.ours, &records.theirs].iter().any(|record| record.is_broken()) {
        return Ok(plain);
    }
    let expected = expected::Expected::new(records.as_ref());
    let fits = |text: &str| expected.is_met_by(&parse(text));
    if plain.n_conflicts == 0 && fits(&plain.text) {
        return Ok(plain);
    }
    let levelled = ticks::level(records.as_ref(), &expected);
    let levelled = levelled.as_ref().map(String::as_str);
    let by_line = by_lines(levelled)?;
    if by_line.n_conflicts == 0 && fits(&by_line.text) {
        return Ok(by_line);
    }
    let by_structure = structure::merge(levelled.map(parse).as_ref());
    let by_structure = by_structure.filter(|pieces| sound::holds(pieces, &expected));
    let by_structure = by_structure.map(|pieces| piece::render(&pieces, markers));
    // Whichever side is then taken, a box that was settled stays so.
    let plain = match by_line.n_conflicts > 0 && by_line.n_conflicts <= plain.n_conflicts {
        true => by_line,
        false => plain,
    };
    Ok(match by_structure {
        Some(merged) if plain.n_conflicts == 0 || merged.n_conflicts < plain.n_conflicts => merged,
        _ if plain.n_conflicts > 0 => plain,
        // Clean and wrong, and nothing better is known: both versions as they are.
        _ => piece::render(&[piece::Piece::conflict(versions.map(str::to_owned))], markers),
    })
}

fn parse(text: &str) -> Record {
    // What the merge looks at is the same in each type of record.
    Record::parse(RecordType::Task, "tasks/record.md", text.as_bytes())
}
