//! What an upgrade of a chart is in an evidence file: what was found, without a verdict.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::secret::{HIDDEN, Secrets};
use super::super::stored::stored;
use super::super::tree::{Change, Path, Value};
use super::super::yaml::Repeated;
use super::changelog::Entry;
use super::chart::{Chart, ChartError, Dependency, digest};
use super::compare::{Comparison, Used, compare};
use super::used::ValuesFile;
use super::version::{Jump, jump, parse_version};

/// What a state is called in messages, and its files.
pub type Named<'n> = (&'n str, &'n [(String, Vec<u8>)]);

/// A text before and after.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// Before; left out when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// After; left out when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

impl Pair {
    pub(super) fn of(before: Option<&String>, after: Option<&String>) -> Self {
        Pair { before: before.cloned(), after: after.cloned() }
    }

    /// Whether before and after are the same.
    pub fn is_same(&self) -> bool {
        self.before == self.after
    }

    fn is_nothing(&self) -> bool {
        self.before.is_none() && self.after.is_none()
    }
}

/// Files of one kind that differ.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Files {
    /// Those that are new.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<String>,
    /// Those that say something else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<String>,
    /// Those that are gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<String>,
}

impl Files {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.added.len() + self.changed.len() + self.removed.len()
    }

    /// Whether no file differs.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn of([added, changed, removed]: &[Vec<&str>; 3]) -> Self {
        let owned = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect();
        Files { added: owned(added), changed: owned(changed), removed: owned(removed) }
    }
}

/// A chart that this one needs, where it differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DependencyChange {
    /// Its alias or name.
    pub name: String,
    /// Before; left out when it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Dependency>,
    /// After; left out when it goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Dependency>,
}

/// An upgrade of a chart, as a file holds it. Risk, categories and the review are computed from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The chart's name.
    pub name: String,
    /// The version before.
    pub current: String,
    /// The version after.
    pub target: String,
    /// Of the files after.
    pub digest: String,
    /// The version of what it installs.
    #[serde(default, skip_serializing_if = "Pair::is_nothing")]
    pub app_version: Pair,
    /// The Kubernetes versions that it asks for.
    #[serde(default, skip_serializing_if = "Pair::is_nothing")]
    pub kube_version: Pair,
    /// Whether its authors gave it up between the two.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deprecated: bool,
    /// Charts that it needs, where they differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<DependencyChange>,
    /// Templates that differ.
    #[serde(default, skip_serializing_if = "Files::is_empty")]
    pub templates: Files,
    /// Custom resource definitions that differ.
    #[serde(default, skip_serializing_if = "Files::is_empty")]
    pub crds: Files,
    /// Files of bundled charts that differ.
    #[serde(default, skip_serializing_if = "Files::is_empty")]
    pub bundled: Files,
    /// Other files that differ: what its templates read.
    #[serde(default, skip_serializing_if = "Files::is_empty")]
    pub files: Files,
    /// Whether the file that says which values it takes differs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub schema: bool,
    /// Default values that differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Change>,
    /// Removed default values that this repository sets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used: Vec<Used>,
    /// What the changelogs say of the versions between.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changelog: Vec<Entry>,
    /// The versions between of which the changelogs say something.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub described: Vec<String>,
    /// Whether they say something of every version between.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub covered: bool,
    /// Notes in the chart of which nothing could be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<String>,
    /// Keys that stand twice in the default values, where the last one counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repeated: Vec<Repeated>,
}

impl Evidence {
    /// Compares two versions. Each is its name for messages and its files; `values` are the files of this
    /// repository that may set values of the chart.
    ///
    /// # Errors
    /// [`ChartError`] when one is no chart, or they are not of one chart.
    pub fn of([old, new]: [Named<'_>; 2], values: &[ValuesFile]) -> Result<Self, ChartError> {
        let (before, after) = (Chart::read(old.0, old.1)?, Chart::read(new.0, new.1)?);
        Ok(Evidence::compared(&compare(&before, &after, values)?, digest(new.1)))
    }

    /// What a comparison found; the digest is that of the files after.
    pub(super) fn compared(comparison: &Comparison<'_>, digest: String) -> Self {
        let (old, new) = (comparison.old, comparison.new);
        let hides = |path: &Path, value: &Value| comparison.secrets.hides_at("", path, value);
        Evidence {
            name: new.name.clone(),
            current: old.version_text.clone(),
            target: new.version_text.clone(),
            digest,
            app_version: Pair::of(old.app_version.as_ref(), new.app_version.as_ref()),
            kube_version: Pair::of(old.kube_version.as_ref(), new.kube_version.as_ref()),
            deprecated: new.deprecated && !old.deprecated,
            dependencies: dependencies(&old.dependencies, &new.dependencies),
            templates: Files::of(&comparison.templates),
            crds: Files::of(&comparison.crds),
            bundled: Files::of(&comparison.bundled),
            values: comparison.values.iter().map(|change| stored(change, &hides)).collect(),
            used: comparison.used.clone(),
            changelog: comparison
                .entries
                .iter()
                .map(|entry| shown_entry(entry, &comparison.secrets))
                .collect(),
            files: Files::of(&comparison.files),
            schema: old.schema != new.schema,
            described: comparison.described.iter().map(ToString::to_string).collect(),
            covered: comparison.is_covered,
            unread: new.changelog.unread.clone(),
            repeated: new.repeated.clone(),
        }
    }

    /// How far it is from one version to the other; a version that cannot be read counts as a major one.
    pub fn jump(&self) -> Jump {
        match (parse_version(&self.current), parse_version(&self.target)) {
            (Some(current), Some(target)) => jump(&current, &target),
            _ => Jump::Major,
        }
    }

    /// Whether two pieces of evidence say the same: equal but for order.
    pub fn same(&self, other: &Self) -> bool {
        let sorted = |evidence: &Self| {
            let mut evidence = evidence.clone();
            evidence.values.sort();
            evidence.used.sort();
            evidence
        };
        sorted(self) == sorted(other)
    }

    /// The charts that change: `ingress-nginx`.
    pub fn touched(&self) -> impl Iterator<Item = String> {
        std::iter::once(self.name.clone())
    }
}

/// An entry of a changelog, hidden where it repeats a secret of the values.
fn shown_entry(entry: &Entry, secrets: &Secrets) -> Entry {
    let text = if secrets.knows(&entry.text) { HIDDEN.to_owned() } else { entry.text.clone() };
    Entry { text, ..entry.clone() }
}

fn dependencies(
    old: &BTreeMap<String, Dependency>,
    new: &BTreeMap<String, Dependency>,
) -> Vec<DependencyChange> {
    let gone = old.keys().filter(|name| !new.contains_key(*name));
    let names = new.keys().chain(gone).filter(|name| old.get(*name) != new.get(*name));
    let change = |name: &String| DependencyChange {
        name: name.clone(),
        before: old.get(name).cloned(),
        after: new.get(name).cloned(),
    };
    names.map(change).collect()
}
