//! What a chart is.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use semver::Version;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::super::tree::Value;
use super::super::yaml::{Repeated, YamlError, documents, documents_with_repeats};
use super::changelog::{self, Changelog};
use super::version::parse_version;
use crate::record::sha256_digest;

/// A version of a chart, as far as it matters to those who run it.
#[derive(Debug, Clone)]
pub struct Chart {
    /// Its name.
    pub name: String,
    /// As the chart writes it.
    pub version_text: String,
    /// The same, to compare.
    pub version: Version,
    /// The version of what it installs.
    pub app_version: Option<String>,
    /// The Kubernetes versions it asks for.
    pub kube_version: Option<String>,
    /// Whether its author gave it up.
    pub deprecated: bool,
    /// By name or alias.
    pub dependencies: BTreeMap<String, Dependency>,
    /// Its default values.
    pub values: Value,
    /// The file that says which values it takes.
    pub schema: Option<Vec<u8>>,
    /// Files of templates with their bytes, by path.
    pub templates: BTreeMap<String, Vec<u8>>,
    /// Files of custom resource definitions, by path, those of bundled charts too.
    pub crds: BTreeMap<String, Vec<u8>>,
    /// Other files of the charts that it brings along, by path.
    pub bundled: BTreeMap<String, Vec<u8>>,
    /// What its changelogs say, of whatever versions.
    pub changelog: Changelog,
    /// Keys that stand twice in its values, where the last one counts.
    pub repeated: Vec<Repeated>,
    /// What its templates read and other files that it brings along, by path.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// A chart that another one needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dependency {
    /// A version or range.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// Where it comes from.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub repository: String,
    /// The chart, where an alias stands for it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub chart: String,
    /// The values that switch it on and off.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub condition: String,
    /// Tags that switch it on and off with others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// Why a chart is not read.
#[derive(Debug, thiserror::Error)]
pub enum ChartError {
    /// No `Chart.yaml`.
    #[error("{what} is not a chart: it does not have a Chart.yaml")]
    NoChart {
        /// What was read.
        what: String,
    },
    /// YAML that cannot be read.
    #[error("{what}/{path}:{}:{}: {}", source.line, source.column, source.message)]
    Yaml {
        /// What was read.
        what: String,
        /// The file in it.
        path: String,
        /// What and where.
        source: YamlError,
    },
    /// A file that says something else than it should.
    #[error("{what}/{path}: {message}")]
    Content {
        /// What was read.
        what: String,
        /// The file in it.
        path: String,
        /// What is wrong.
        message: String,
    },
    /// Two different charts.
    #[error("`{old}` and `{new}` are different charts, expected two versions of one")]
    TwoCharts {
        /// The one before.
        old: String,
        /// The one after.
        new: String,
    },
}

impl Chart {
    /// Reads the files of a chart, given by path below its folder; `what` names it in messages.
    ///
    /// # Errors
    /// When `Chart.yaml` or the values cannot be read.
    pub fn read(what: &str, files: &[(String, Vec<u8>)]) -> Result<Self, ChartError> {
        let source = Source { what, files };
        let chart =
            source.yaml("Chart.yaml")?.ok_or_else(|| ChartError::NoChart { what: what.to_owned() })?;
        let text = |key: &str| chart.get(key).and_then(Value::as_key);
        let required = |key: &str| {
            text(key).ok_or_else(|| source.content("Chart.yaml", format!("it does not have `{key}`")))
        };
        let version_text = required("version")?;
        let version = parse_version(&version_text).ok_or_else(|| {
            source.content(
                "Chart.yaml",
                format!("`{version_text}` is not a valid version, expected SemVer such as `4.8.0`"),
            )
        })?;
        let requirements = source.yaml("requirements.yaml")?;
        let (values, repeated) = source.values()?;
        if !matches!(values, Value::Map(_)) {
            return Err(source.content("values.yaml", "it does not contain a table of values".to_owned()));
        }
        let name = required("name")?;
        // The name becomes a heading of the record.
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        {
            let message = "its `name` is not a valid chart name, expected letters, digits and hyphens";
            return Err(source.content("Chart.yaml", message.to_owned()));
        }
        Ok(Chart {
            name,
            app_version: text("appVersion"),
            kube_version: text("kubeVersion"),
            deprecated: chart.get("deprecated") == Some(&Value::Bool(true)),
            dependencies: dependencies(requirements.as_ref().unwrap_or(&chart)),
            values,
            schema: files.iter().find(|(path, _)| path == SCHEMA).map(|(_, bytes)| bytes.clone()),
            templates: source.files_where(|path| path.starts_with("templates/")),
            crds: source.files_where(is_crd),
            bundled: source.files_where(|path| path.starts_with("charts/") && !is_crd(path)),
            changelog: changelog::read(&chart, &version, files),
            repeated,
            files: source.files_where(is_other_file),
            version_text,
            version,
        })
    }
}

/// SHA-256 of all files of a chart, by path, as `sha256:…`; packed or not, the same files have the same digest.
pub fn digest(files: &[(String, Vec<u8>)]) -> String {
    let mut sorted: Vec<&(String, Vec<u8>)> = files.iter().collect();
    sorted.sort();
    let mut hash = Sha256::new();
    for (path, bytes) in sorted {
        for part in [path.as_bytes(), bytes] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
    }
    sha256_digest(&hash.finalize())
}

fn dependencies(of: &Value) -> BTreeMap<String, Dependency> {
    let list = of.get("dependencies").map(Value::items).unwrap_or_default();
    let mut found = BTreeMap::new();
    for item in list {
        let text = |key: &str| item.get(key).and_then(Value::as_key);
        let Some(chart) = text("name") else { continue };
        let name = text("alias").unwrap_or_else(|| chart.clone());
        let tags = item.get("tags").map(Value::items).unwrap_or_default();
        let dependency = Dependency {
            version: text("version").unwrap_or_default(),
            repository: text("repository").unwrap_or_default(),
            condition: text("condition").unwrap_or_default(),
            tags: tags.iter().filter_map(Value::as_key).collect(),
            chart: if chart == name { String::new() } else { chart },
        };
        // One chart may be named several times, each for a condition of its own.
        let number = (2..).map(|number| format!("{name} no. {number}"));
        let free = std::iter::once(name.clone()).chain(number).find(|name| !found.contains_key(name));
        found.insert(free.unwrap_or(name), dependency);
    }
    found
}

/// Files that belong to none of the other kinds and are no documentation.
fn is_other_file(path: &str) -> bool {
    let is_known = ["templates/", "charts/", "crds/", "ci/", "tests/", "changelog/", "changelogs/", "."];
    let name = path.to_ascii_lowercase();
    let is_text = [".md", ".txt", ".markdown", ".adoc", ".gotmpl", ".lock", ".prov"];
    !is_known.iter().any(|start| path.starts_with(start))
        && !is_text.iter().any(|end| name.ends_with(end))
        && !matches!(path, "Chart.yaml" | "values.yaml" | "requirements.yaml" | "LICENSE" | "OWNERS" | SCHEMA)
}

/// The file that says which values a chart takes.
pub(super) const SCHEMA: &str = "values.schema.json";

struct Source<'a> {
    what: &'a str,
    files: &'a [(String, Vec<u8>)],
}

impl Source<'_> {
    fn content(&self, path: &str, message: String) -> ChartError {
        ChartError::Content { what: self.what.to_owned(), path: path.to_owned(), message }
    }

    /// The one document of a file; `None` when there is no such file or it is empty.
    fn yaml(&self, path: &str) -> Result<Option<Value>, ChartError> {
        let Some(text) = self.text(path)? else { return Ok(None) };
        let read = documents(text).map_err(|source| self.wrong(path, source))?;
        Ok(read.into_iter().next().map(|document| document.value))
    }

    fn text(&self, path: &str) -> Result<Option<&str>, ChartError> {
        let Some((_, bytes)) = self.files.iter().find(|(name, _)| name == path) else { return Ok(None) };
        let text = std::str::from_utf8(bytes);
        text.map(Some).map_err(|_| self.content(path, "it is not UTF-8".to_owned()))
    }

    fn wrong(&self, path: &str, source: YamlError) -> ChartError {
        ChartError::Yaml { what: self.what.to_owned(), path: path.to_owned(), source }
    }

    /// The default values, as Helm reads them: the last one of a key that stands twice.
    fn values(&self) -> Result<(Value, Vec<Repeated>), ChartError> {
        let Some(text) = self.text("values.yaml")? else {
            return Ok((Value::Map(BTreeMap::new()), Vec::new()));
        };
        let (documents, repeated) =
            documents_with_repeats(text).map_err(|source| self.wrong("values.yaml", source))?;
        let value = documents.into_iter().next().map(|document| document.value);
        Ok((value.unwrap_or(Value::Map(BTreeMap::new())), repeated))
    }

    fn files_where(&self, is_meant: impl Fn(&str) -> bool) -> BTreeMap<String, Vec<u8>> {
        let meant = self.files.iter().filter(|(path, _)| is_meant(path) && !path.ends_with(".gitkeep"));
        meant.map(|(path, bytes)| (path.clone(), bytes.clone())).collect()
    }
}

/// `crds/` of the chart, or of one that it bundles.
fn is_crd(path: &str) -> bool {
    path.starts_with("crds/")
        || path.starts_with("charts/") && path.contains("/crds/") && path.matches('/').count() > 2
}

/// Files that are there before or after, as added, changed and removed.
pub(super) fn files_that_differ<'a>(
    old: &'a BTreeMap<String, Vec<u8>>,
    new: &'a BTreeMap<String, Vec<u8>>,
) -> [Vec<&'a str>; 3] {
    let mut found = [Vec::new(), Vec::new(), Vec::new()];
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for path in paths {
        match (old.get(path), new.get(path)) {
            (None, _) => found[0].push(path.as_str()),
            (Some(before), Some(after)) if before != after => found[1].push(path.as_str()),
            (Some(_), Some(_)) => {}
            (Some(_), None) => found[2].push(path.as_str()),
        }
    }
    found
}
