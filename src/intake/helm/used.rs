//! Where a repository sets values of a chart: values files, charts that have it as a dependency, and the objects by which
//! Flux and Argo CD install it.

use std::collections::{BTreeMap, BTreeSet};

use super::super::tree::{Path, Step, Value};
use super::super::yaml::{documents, documents_with_repeats};

/// What charts call the charts that they need: alias and name.
type Aliases = BTreeSet<(String, String)>;

/// Values that something in the repository sets.
#[derive(Debug, Clone)]
pub struct ValuesFile {
    /// Its path.
    pub path: String,
    /// What it sets.
    pub values: Value,
    /// The chart that all of it is for; `None` when any chart may be meant.
    pub chart: Option<String>,
    /// What charts of the repository call the charts that they need: alias and name.
    pub aliases: Aliases,
}

impl ValuesFile {
    /// Whether a file may set values, or say what a chart is called.
    pub fn is_candidate(path: &str, bytes: &[u8]) -> bool {
        let Some((stem, _)) = path.rsplit_once('.').filter(|(_, end)| matches!(*end, "yaml" | "yml")) else {
            return false;
        };
        let has = |word: &[u8]| bytes.windows(word.len()).any(|part| part == word);
        is_values(stem)
            || stem.ends_with("Chart")
            || has(b"HelmRelease")
            || has(b"argoproj.io")
            || has(b"HelmChart")
    }

    /// The values that files of a repository set, given by path; what cannot be read sets nothing that can be named.
    pub fn read(files: &[(String, Vec<u8>)]) -> Vec<Self> {
        let mut charts: BTreeMap<&str, (String, Aliases)> = BTreeMap::new();
        for (path, bytes) in files {
            let Some(folder) = path.strip_suffix("Chart.yaml") else { continue };
            let chart =
                std::str::from_utf8(bytes).ok().and_then(|text| documents(text).ok()?.into_iter().next());
            if let Some(chart) = chart.filter(|_| folder.is_empty() || folder.ends_with('/')) {
                let name = chart.value.get("name").and_then(Value::as_key).unwrap_or_default();
                charts.insert(folder, (name, aliases(&chart.value)));
            }
        }
        let all: Aliases = charts.values().flat_map(|(_, aliases)| aliases.iter().cloned()).collect();
        let mut found = Vec::new();
        for (path, bytes) in files.iter().filter(|(path, _)| !path.ends_with("Chart.yaml")) {
            let Some((documents, _)) =
                std::str::from_utf8(bytes).ok().and_then(|text| documents_with_repeats(text).ok())
            else {
                continue;
            };
            let own = charts.iter().find(|(folder, _)| is_own(path, folder));
            for document in documents {
                let set = installed(&document.value);
                let is_object =
                    document.value.get("apiVersion").is_some() && document.value.get("kind").is_some();
                for (chart, values) in set {
                    let aliases = all.clone();
                    found.push(ValuesFile { path: path.clone(), values, chart: Some(chart), aliases });
                }
                let stem = path.rsplit_once('.').map_or(path.as_str(), |(stem, _)| stem);
                if is_object || !is_values(stem) || !matches!(document.value, Value::Map(_)) {
                    continue;
                }
                let (chart, aliases) = match own {
                    Some((_, (name, aliases))) => (Some(name.clone()), aliases.clone()),
                    None => (None, all.clone()),
                };
                found.push(ValuesFile { path: path.clone(), values: document.value, chart, aliases });
            }
        }
        found
    }

    /// Whether it sets a value of a chart. A chart's own defaults do not set what they are.
    pub(super) fn sets(&self, chart: &str, path: &Path) -> bool {
        let is_own_default = self.chart.as_deref() == Some(chart) && self.path.ends_with("values.yaml");
        let at_top = self.chart.as_deref().is_none_or(|own| own == chart) && !is_own_default;
        let called = self.aliases.iter().filter(|(_, name)| name == chart).map(|(alias, _)| alias.as_str());
        at_top && is_set(&self.values, path)
            || std::iter::once(chart)
                .chain(called)
                .any(|name| self.values.get(name).is_some_and(|values| is_set(values, path)))
    }
}

/// `values*.yaml`, `*-values.yaml`, and what lies in `values/`, by the path without its ending.
fn is_values(stem: &str) -> bool {
    let (folder, name) = stem.rsplit_once('/').unwrap_or(("", stem));
    name.contains("values") || folder.split('/').any(|part| part == "values")
}

/// Whether a file of values is a chart's own: beside its `Chart.yaml`, or one for its tests.
fn is_own(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| !rest.contains('/') || rest.starts_with("ci/"))
}

fn aliases(chart: &Value) -> Aliases {
    let list = chart.get("dependencies").map(Value::items).unwrap_or_default();
    let pair = |item: &Value| Some((item.get("alias")?.as_key()?, item.get("name")?.as_key()?));
    list.iter().filter_map(pair).collect()
}

/// The charts that an object installs, with the values that it gives them.
fn installed(object: &Value) -> Vec<(String, Value)> {
    let kind = object.get("kind").and_then(Value::as_text).unwrap_or_default();
    let Some(spec) = object.get("spec") else { return Vec::new() };
    match kind {
        "HelmRelease" => {
            let chart = spec.at(&["chart", "spec", "chart"]).or_else(|| spec.at(&["chart", "name"]));
            let named = chart.or_else(|| spec.at(&["chartRef", "name"])).and_then(Value::as_key);
            let values = spec.get("values").cloned();
            named.zip(values).map(|(chart, values)| (base_name(&chart), values)).into_iter().collect()
        }
        "HelmChart" => {
            let chart = spec.get("chart").and_then(Value::as_key);
            let values = spec.get("valuesContent").and_then(Value::as_text).and_then(parsed);
            chart.zip(values).map(|(chart, values)| (base_name(&chart), values)).into_iter().collect()
        }
        "Application" => sources(spec),
        "ApplicationSet" => spec.at(&["template", "spec"]).map(sources).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// The sources of an Argo CD Application: values as text, as a table, and one by one.
fn sources(spec: &Value) -> Vec<(String, Value)> {
    let several = spec.get("sources").map(Value::items).unwrap_or_default();
    let mut found = Vec::new();
    for source in spec.get("source").into_iter().chain(several) {
        let Some(chart) = source.get("chart").or_else(|| source.get("path")).and_then(Value::as_key) else {
            continue;
        };
        let Some(helm) = source.get("helm") else { continue };
        let name = base_name(&chart);
        let mut add = |values: Value| found.push((name.clone(), values));
        helm.get("values").and_then(Value::as_text).and_then(parsed).into_iter().for_each(&mut add);
        helm.get("valuesObject").cloned().into_iter().for_each(&mut add);
        for parameter in helm.get("parameters").map(Value::items).unwrap_or_default() {
            if let Some(name) = parameter.get("name").and_then(Value::as_text) {
                add(nested(name));
            }
        }
    }
    found
}

fn parsed(text: &str) -> Option<Value> {
    documents_with_repeats(text).ok()?.0.into_iter().next().map(|document| document.value)
}

/// `a.b[0]` as tables; what it is set to is nobody's concern here.
fn nested(name: &str) -> Value {
    let keys = name.split('.').map(|key| key.split('[').next().unwrap_or(key));
    keys.rev().fold(Value::Null, |below, key| Value::Map(BTreeMap::from([(key.to_owned(), below)])))
}

/// The last part of a path or address: `oci://example.org/charts/api` is `api`.
fn base_name(chart: &str) -> String {
    chart.trim_end_matches('/').rsplit('/').next().unwrap_or(chart).to_owned()
}

/// Whether values set what stands at a path, or something below it.
fn is_set(values: &Value, path: &Path) -> bool {
    let keys = path.0.iter().map_while(|step| match step {
        Step::Key(key) => Some(key),
        _ => None,
    });
    let mut current = values;
    for key in keys {
        match current.get(key) {
            Some(next) => current = next,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(files: &[(&str, &str)]) -> bool {
        let files: Vec<(String, Vec<u8>)> =
            files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
        assert!(files.iter().all(|(path, bytes)| ValuesFile::is_candidate(path, bytes)), "{files:?}");
        let path = Path(vec![Step::Key("image".to_owned()), Step::Key("tag".to_owned())]);
        ValuesFile::read(&files).iter().any(|file| file.sets("shop", &path))
    }

    #[test]
    fn values_are_found_wherever_they_are_set() {
        let application = |helm: &str| {
            format!(
                "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: {{source: {{chart: shop, helm: {helm}}}}}\n"
            )
        };
        let release = |chart: &str| {
            format!(
                "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec: {{chart: {{spec: {{chart: {chart}}}}}, values: {{image: {{tag: x}}}}}}\n"
            )
        };
        let parent = "name: umbrella\ndependencies: [{name: shop, alias: store}]\n";
        for (name, files, expected) in [
            ("plain", vec![("values/production.yaml", "image: {tag: x}\n".to_owned())], true),
            ("of a parent", vec![("env-values.yaml", "shop: {image: {tag: x}}\n".to_owned())], true),
            ("another value", vec![("values.yaml", "image: {name: x}\n".to_owned())], false),
            ("a release", vec![("r.yaml", release("shop"))], true),
            ("by its path", vec![("r.yaml", release("./charts/shop"))], true),
            ("of another chart", vec![("r.yaml", release("other"))], false),
            ("as text", vec![("a.yaml", application("{values: 'image: {tag: x}'}"))], true),
            ("as a table", vec![("a.yaml", application("{valuesObject: {image: {tag: x}}}"))], true),
            (
                "one by one",
                vec![("a.yaml", application("{parameters: [{name: image.tag, value: x}]}"))],
                true,
            ),
            (
                "an alias",
                vec![
                    ("u/Chart.yaml", parent.to_owned()),
                    ("u/values.yaml", "store: {image: {tag: x}}\n".to_owned()),
                ],
                true,
            ),
            (
                "its own",
                vec![
                    ("s/Chart.yaml", "name: shop\n".to_owned()),
                    ("s/values.yaml", "image: {tag: x}\n".to_owned()),
                ],
                false,
            ),
        ] {
            let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
            assert_eq!(sets(&files), expected, "{name}");
        }
    }
}
