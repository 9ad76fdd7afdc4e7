//! Objects of a set of files.

use std::collections::BTreeMap;
use std::fmt;

use super::super::tree::Value;
use super::super::yaml::{YamlError, decode, documents};

/// What makes an object the same one before and after. A version of an API is no part of it: a server converts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectId {
    /// Such as `Deployment`.
    pub kind: String,
    /// Empty when the manifest names none.
    pub namespace: String,
    /// `metadata.name`, or the `generateName` with `*` behind it.
    pub name: String,
    /// The API's group; empty for the core.
    pub group: String,
    /// Empty, but for further objects of the same name in one set: their file and number.
    pub file: String,
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.kind)?;
        if !self.namespace.is_empty() {
            write!(f, "{}/", self.namespace)?;
        }
        f.write_str(&self.name)?;
        if !self.file.is_empty() {
            write!(f, " ({})", self.file)?;
        }
        Ok(())
    }
}

/// An object and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Relative to the set, with forward slashes.
    pub path: String,
    /// What it says, without what a server writes into it.
    pub value: Value,
    /// Whether a server gave it out, so that it holds what the server fills in.
    pub is_live: bool,
}

/// One state of manifests.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Manifests {
    /// By identity.
    pub objects: BTreeMap<ObjectId, Object>,
    /// Files that hold YAML and no object.
    pub skipped: Vec<String>,
}

/// Why a set of files is not read.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Neither UTF-8 nor UTF-16.
    #[error("{path}: the file is not text (UTF-8, or UTF-16 with a byte order mark)")]
    NotText {
        /// The file.
        path: String,
    },
    /// No YAML.
    #[error("{path}:{}:{}: {}", source.line, source.column, source.message)]
    Yaml {
        /// The file.
        path: String,
        /// What and where.
        source: YamlError,
    },
    /// YAML, and no object of Kubernetes.
    #[error("{path}:{line}: {message}")]
    Object {
        /// The file.
        path: String,
        /// The document's first line.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// Not one object in all files.
    #[error("{what} does not contain a Kubernetes object")]
    Nothing {
        /// What was read.
        what: String,
    },
}

/// Fields that a server or client writes and nobody decides on.
const SERVER_FIELDS: &[&str] = &[
    "creationTimestamp",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
];
const CLIENT_ANNOTATIONS: &[&str] = &[
    "kubectl.kubernetes.io/last-applied-configuration",
    "deployment.kubernetes.io/revision",
    "deprecated.daemonset.template.generation",
    "pv.kubernetes.io/bind-completed",
    "pv.kubernetes.io/bound-by-controller",
    "volume.kubernetes.io/storage-provisioner",
    "volume.beta.kubernetes.io/storage-provisioner",
];

impl Manifests {
    /// Reads files, given as path and bytes. A YAML file without `apiVersion` and `kind` among several is left
    /// out and named; one that stands alone is an error.
    ///
    /// # Errors
    /// The first file that cannot be read, with its place.
    pub fn read(what: &str, files: &[(String, Vec<u8>)]) -> Result<Self, ManifestError> {
        let mut found: Vec<(ObjectId, Object)> = Vec::new();
        let mut skipped = Vec::new();
        for (path, bytes) in files {
            let text = decode(bytes).ok_or_else(|| ManifestError::NotText { path: path.clone() })?;
            let n_before = found.len();
            let mut is_other = false;
            for document in
                documents(&text).map_err(|source| ManifestError::Yaml { path: path.clone(), source })?
            {
                let place = Place { path, line: document.line, alone: files.len() == 1 };
                is_other |= !place.objects(document.value, &mut found)?;
            }
            if is_other && found.len() == n_before {
                skipped.push(path.clone());
            }
        }
        if found.is_empty() {
            return Err(ManifestError::Nothing { what: what.to_owned() });
        }
        Ok(Manifests { objects: by_identity(found), skipped })
    }

    /// No object at all: the state before the first manifest.
    pub fn nothing() -> Self {
        Manifests::default()
    }
}

struct Place<'a> {
    path: &'a str,
    line: usize,
    alone: bool,
}

impl Place<'_> {
    fn error(&self, message: String) -> ManifestError {
        ManifestError::Object { path: self.path.to_owned(), line: self.line, message }
    }

    /// Adds the objects of a document; whether it is one, or a list of them.
    fn objects(&self, value: Value, found: &mut Vec<(ObjectId, Object)>) -> Result<bool, ManifestError> {
        let version = value.get("apiVersion").and_then(Value::as_text).map(str::to_owned);
        let kind = value.get("kind").and_then(Value::as_text).map(str::to_owned);
        let (Some(version), Some(kind)) = (version, kind) else {
            if self.alone
                || value.get("apiVersion").is_some()
                || value.get("kind").is_some() && value.get("metadata").is_some()
            {
                let what = "this document is not a Kubernetes object, expected `apiVersion` and `kind`";
                return Err(self.error(what.to_owned()));
            }
            return Ok(false);
        };
        if kind.ends_with("List") && value.get("items").is_some() {
            for item in value.get("items").map(Value::items).unwrap_or_default() {
                self.objects(item.clone(), found)?;
            }
            return Ok(true);
        }
        let metadata = |key: &str| value.at(&["metadata", key]).and_then(Value::as_text);
        let name = match (metadata("name"), metadata("generateName")) {
            (Some(name), _) => name.to_owned(),
            (None, Some(prefix)) => format!("{prefix}*"),
            (None, None) if kind == "Kustomization" || kind == "Component" => return Ok(false),
            (None, None) => return Err(self.error(format!("this {kind} does not have `metadata.name`"))),
        };
        let namespace = metadata("namespace").unwrap_or_default().to_owned();
        let id = ObjectId { group: group(&version, &kind), kind, namespace, name, file: String::new() };
        let is_live = ["uid", "resourceVersion"].iter().any(|key| metadata(key).is_some());
        let value = without_server_fields(value);
        found.push((id, Object { path: self.path.to_owned(), value, is_live }));
        Ok(true)
    }
}

/// The group of an `apiVersion`. Kinds that left `extensions` are the same objects in their new groups.
fn group(version: &str, kind: &str) -> String {
    let group = version.split_once('/').map_or("", |(group, _)| group);
    match (group, kind) {
        ("extensions", "Deployment" | "DaemonSet" | "ReplicaSet") => "apps",
        ("extensions", "Ingress" | "NetworkPolicy") => "networking.k8s.io",
        ("extensions", "PodSecurityPolicy") => "policy",
        _ => group,
    }
    .to_owned()
}

/// Objects of one identity in several places: the first is the object, later ones are told apart by their file and
/// their number in it; those that say the same in one file are one.
fn by_identity(found: Vec<(ObjectId, Object)>) -> BTreeMap<ObjectId, Object> {
    let several_files = found.iter().any(|(_, object)| found[0].1.path != object.path);
    let mut groups: BTreeMap<ObjectId, Vec<Object>> = BTreeMap::new();
    for (id, object) in found {
        let group = groups.entry(id).or_default();
        if !group.iter().any(|other| other.value == object.value && other.path == object.path) {
            group.push(object);
        }
    }
    let mut objects = BTreeMap::new();
    for (id, group) in groups {
        let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
        for (position, object) in group.into_iter().enumerate() {
            let number = numbers.entry(object.path.clone()).and_modify(|number| *number += 1).or_insert(1);
            let place = if several_files { object.path.as_str() } else { "" };
            let file = match (position, *number) {
                (0, _) => String::new(),
                (_, 1) => place.to_owned(),
                (_, number) => format!("{place} no. {number}").trim_start().to_owned(),
            };
            objects.insert(ObjectId { file, ..id.clone() }, object);
        }
    }
    objects
}

fn without_server_fields(value: Value) -> Value {
    let mut value = without_nulls(value);
    if let Value::Map(entries) = &mut value {
        entries.remove("status");
        if let Some(Value::Map(metadata)) = entries.get_mut("metadata") {
            clean_metadata(metadata);
        }
        let template = entries.get_mut("spec").and_then(|spec| match spec {
            Value::Map(spec) => spec.get_mut("template"),
            _ => None,
        });
        if let Some(Value::Map(template)) = template
            && let Some(Value::Map(metadata)) = template.get_mut("metadata")
        {
            clean_metadata(metadata);
        }
    }
    value
}

/// A key without a value is none to the API.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Map(entries) => {
            let said = entries.into_iter().filter(|(_, value)| *value != Value::Null);
            Value::Map(said.map(|(key, value)| (key, without_nulls(value))).collect())
        }
        Value::List(items) => Value::List(items.into_iter().map(without_nulls).collect()),
        scalar => scalar,
    }
}

fn clean_metadata(metadata: &mut BTreeMap<String, Value>) {
    for field in SERVER_FIELDS {
        metadata.remove(*field);
    }
    if let Some(Value::Map(annotations)) = metadata.get_mut("annotations") {
        for annotation in CLIENT_ANNOTATIONS {
            annotations.remove(*annotation);
        }
    }
}
