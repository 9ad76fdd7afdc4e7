//! Whether a plan is the recorded one, and if not, where they differ.

use super::Plan;
use super::address::split_address;
use super::change::Change;
use super::digest::{Difference, differences, short_id};
use crate::intake::escape;

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// Whether the digests are equal.
    pub same: bool,
    /// Changes of the plan that are not as recorded.
    pub differs: Vec<Differs>,
    /// Addresses that are recorded and not planned, as far as the record's list names them.
    pub gone: Vec<String>,
    /// How many more are recorded and not planned.
    pub n_gone_unnamed: usize,
    /// Whether the record keeps too little to say where the plans differ.
    pub blind: bool,
}

/// One change that is not as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differs {
    /// As the list has it.
    pub address: String,
    /// Whether the record has no change of this address.
    pub is_new: bool,
    /// Attributes that differ, as far as the record keeps them.
    pub attributes: Vec<String>,
}

impl Plan {
    /// Compares with what a record holds: its digest, its `parts`, and the text of its list.
    pub fn compare(&self, digest: &str, parts: Option<&str>, list: &str) -> Comparison {
        let same = self.digest == digest;
        let mut comparison = Comparison {
            same,
            differs: Vec::new(),
            gone: Vec::new(),
            n_gone_unnamed: 0,
            blind: parts.is_none(),
        };
        let Some(parts) = parts.filter(|_| !same) else { return comparison };
        let mut sorted: Vec<&Change> = self.listed().collect();
        sorted.sort_by_key(|change| (&change.address, &change.deposed));
        let (found, gone) = differences(parts, sorted.iter().map(|change| &change.fingerprint));
        comparison.differs = found
            .into_iter()
            .map(|(index, difference)| {
                let (is_new, attributes) = match difference {
                    Difference::New => (true, Vec::new()),
                    Difference::Attributes(names) => (false, names.iter().map(|name| escape(name)).collect()),
                };
                Differs { address: escape(&sorted[index].address), is_new, attributes }
            })
            .collect();
        comparison.gone =
            list.lines().filter_map(|line| listed_address(line, &gone)).map(str::to_owned).collect();
        comparison.n_gone_unnamed = gone.len().saturating_sub(comparison.gone.len());
        comparison
    }
}

/// The address of a line `SIGN ADDRESS (words)` when it is one of `ids`.
fn listed_address<'l>(line: &'l str, ids: &[String]) -> Option<&'l str> {
    let (_, rest) = line.trim_end().split_once(' ')?;
    let (address, _) = split_address(rest);
    ids.contains(&short_id(address)).then_some(address)
}
