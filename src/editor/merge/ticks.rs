//! Brings all three versions to the ticks that are settled, so that boxes alone never conflict by lines.

use super::Versions;
use super::expected::{Expected, Outcome, places};
use crate::record::{Record, edit};

/// The texts with every box that is settled set to its state; boxes in doubt stay as they are.
pub(super) fn level(records: Versions<&Record>, expected: &Expected) -> Versions<String> {
    records.map(|record| {
        let mut text = record.source.to_string();
        for (item, (name, nth)) in record.items.iter().zip(places(record)) {
            let Some(Outcome::Settled(Some(checked))) = expected.item(&name, nth) else { continue };
            // A box keeps its length, so that the places of the others stay right.
            if let Ok(edited) = edit::set_item(&text, item, *checked) {
                text = edited;
            }
        }
        text
    })
}
