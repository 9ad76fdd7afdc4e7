//! What differs between two versions of a chart.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use semver::Version;
use serde::{Deserialize, Serialize};

use super::super::secret::Secrets;
use super::super::tree::{Change, Meaning, Path, Step, Value, diff, names};
use super::changelog::{Entry, between, coverage};
use super::chart::{Chart, ChartError, files_that_differ};
use super::used::ValuesFile;

/// Two versions of one chart.
#[derive(Debug)]
pub struct Comparison<'c> {
    /// Before.
    pub old: &'c Chart,
    /// After.
    pub new: &'c Chart,
    /// Default values that differ.
    pub values: Vec<Change>,
    /// Removed default values that a values file of this repository sets.
    pub used: Vec<Used>,
    /// Templates added, changed, removed.
    pub templates: [Vec<&'c str>; 3],
    /// Custom resource definitions added, changed, removed.
    pub crds: [Vec<&'c str>; 3],
    /// Files of bundled charts added, changed, removed.
    pub bundled: [Vec<&'c str>; 3],
    /// Other files added, changed, removed.
    pub files: [Vec<&'c str>; 3],
    /// What the changelogs say of the versions between.
    pub entries: Vec<Entry>,
    /// The versions between of which they say something.
    pub described: Vec<Version>,
    /// Whether they say something of each.
    pub is_covered: bool,
    /// What must be hidden.
    pub secrets: Secrets,
}

/// A removed default value that somebody sets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Used {
    /// The value.
    pub value: Path,
    /// The file that sets it.
    pub file: String,
}

/// Compares two versions, and looks in the repository's values files for what they set.
///
/// # Errors
/// [`ChartError::TwoCharts`].
pub fn compare<'c>(
    old: &'c Chart,
    new: &'c Chart,
    files: &[ValuesFile],
) -> Result<Comparison<'c>, ChartError> {
    if old.name != new.name {
        return Err(ChartError::TwoCharts { old: old.name.clone(), new: new.name.clone() });
    }
    let by_name =
        |_: &Path, old: &[Value], new: &[Value]| Some([names(old, &["name"])?, names(new, &["name"])?]);
    let meaning = Meaning { names: &by_name, same: &|_, _, _| false };
    let values = diff(&old.values, &new.values, meaning);
    let used = used_values(&new.name, &values, files);
    let logs = [&new.changelog, &old.changelog];
    let (described, is_covered) = coverage(logs, &old.version, &new.version);
    Ok(Comparison {
        values,
        used,
        templates: files_that_differ(&old.templates, &new.templates),
        crds: files_that_differ(&old.crds, &new.crds),
        bundled: files_that_differ(&old.bundled, &new.bundled),
        files: files_that_differ(&old.files, &new.files),
        entries: between(logs.into_iter().flat_map(|log| &log.entries), &old.version, &new.version),
        described,
        is_covered,
        secrets: Secrets::of([&old.values, &new.values]),
        old,
        new,
    })
}

/// The removed values that a file sets: at its top, or under the chart's name as in the values of a chart that
/// has this one as a dependency.
fn used_values(name: &str, changes: &[Change], files: &[ValuesFile]) -> Vec<Used> {
    let mut used = Vec::new();
    for change in changes.iter().filter(|change| change.new.is_none()) {
        let removed: BTreeSet<Path> = change
            .old
            .iter()
            .flat_map(|old| old.leaves())
            .map(|(leaf, _)| change.path.join(&keys_only(&leaf)))
            .collect();
        for file in files {
            for path in removed.iter().filter(|path| file.sets(name, path)) {
                used.push(Used { value: path.clone(), file: file.path.clone() });
            }
        }
    }
    used
}

/// The path up to the first list: whoever sets a list sets all of it.
fn keys_only(path: &Path) -> Path {
    Path(path.0.iter().take_while(|step| matches!(step, Step::Key(_))).cloned().collect())
}
