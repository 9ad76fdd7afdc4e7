//! What a change of manifests is in an evidence file: what was found, without a verdict.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::secret::HIDDEN;
use super::super::stored::stored;
use super::super::tree::{Change, Path, Step, Value};
use super::compare::{Comparison, ObjectChange};
use super::digest::digest;
use super::facts::{Fact, facts};
use super::object::{Manifests, ObjectId};
use super::sentence::hides;

/// What happens to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is new.
    Create,
    /// It stands before and after.
    Update,
    /// It goes.
    Delete,
}

impl Action {
    /// The word used in the policy.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Create => "create",
            Action::Update => "update",
            Action::Delete => "delete",
        }
    }
}

/// An object that changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedObject {
    /// The API's group; empty for the core.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// The API's version, of the state after where there is one.
    pub version: String,
    /// Such as `Deployment`.
    pub kind: String,
    /// Empty when the manifest names none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// `metadata.name`, or the `generateName` with `*` behind it.
    pub name: String,
    /// What tells it apart from another object of the same name in one set: file and number.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// What happens to it.
    pub action: Action,
    /// Whether its pods have one container before and after, so that the container's fields need no name before them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub one_container: bool,
    /// What changes in it; of an object that is new, what one asks about it first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Change>,
    /// What rules ask about the object as a whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Fact>,
}

/// A change of manifests, as a file holds it. Risk, categories and sentences are computed from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Of the state after.
    pub digest: String,
    /// The objects that change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<ChangedObject>,
    /// How many objects are the same before and after.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unchanged: usize,
    /// Files that hold what changes, as people name them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl Evidence {
    /// What a comparison says; `new` is the state after.
    pub fn of(comparison: &Comparison, new: &Manifests, paths: Vec<String>) -> Self {
        Evidence {
            digest: digest(new, comparison),
            objects: comparison.changes.iter().map(|change| changed_object(change, comparison)).collect(),
            unchanged: comparison.n_same,
            paths,
        }
    }

    /// Whether two pieces of evidence say the same: equal but for paths and order.
    pub fn same(&self, other: &Self) -> bool {
        let sorted = |evidence: &Self| {
            let mut objects = evidence.objects.clone();
            for object in &mut objects {
                object.fields.sort();
                object.facts.sort();
            }
            objects.sort();
            objects
        };
        self.digest == other.digest && self.unchanged == other.unchanged && sorted(self) == sorted(other)
    }

    /// The objects that change: `Deployment/shop/api`, or `Namespace/shop` where no namespace is given.
    pub fn touched(&self) -> impl Iterator<Item = String> {
        self.objects.iter().map(ChangedObject::address)
    }
}

impl ChangedObject {
    /// `Deployment/shop/api`.
    pub fn address(&self) -> String {
        match self.namespace.is_empty() {
            true => format!("{}/{}", self.kind, self.name),
            false => format!("{}/{}/{}", self.kind, self.namespace, self.name),
        }
    }
}

fn changed_object(change: &ObjectChange, comparison: &Comparison) -> ChangedObject {
    let ObjectId { kind, namespace, name, group, file } = change.id.clone();
    let action = match (&change.old, &change.new) {
        (None, _) => Action::Create,
        (_, None) => Action::Delete,
        _ => Action::Update,
    };
    let object = change.new.as_ref().or(change.old.as_ref());
    let version = object.and_then(|object| object.value.get("apiVersion")?.as_text()).unwrap_or_default();
    let version = version.rsplit('/').next().unwrap_or_default().to_owned();
    let telling = match &change.new {
        Some(new) if change.old.is_none() => telling(&new.value),
        _ => Vec::new(),
    };
    let hides = |path: &Path, value: &Value| hides(&comparison.secrets, &kind, path, value);
    let fields = change.fields.iter().chain(&telling).map(|field| stored(field, &hides)).collect();
    let shown = |text: String| if comparison.secrets.may_show(&text) { text } else { HIDDEN.to_owned() };
    let (name, namespace, file) = (shown(name), shown(namespace), shown(file));
    ChangedObject {
        one_container: has_one_container(change),
        facts: facts(change, comparison),
        group,
        version,
        kind,
        namespace,
        name,
        file,
        action,
        fields,
    }
}

/// The few things that one asks about a new object.
fn telling(object: &Value) -> Vec<Change> {
    let key = |key: &str| Step::Key(key.to_owned());
    let mut found = Vec::new();
    let mut add = |path: Path, value: &Value| {
        found.push(Change { path, old: None, new: Some(value.clone()) });
    };
    if let Some(replicas) = object.at(&["spec", "replicas"]) {
        add(Path(vec![key("spec"), key("replicas")]), replicas);
    }
    let Some((keys, pod)) = pod(object) else { return found };
    let containers = pod.get("containers").map(Value::items).unwrap_or_default();
    for (index, container) in containers.iter().enumerate().take(3) {
        let Some(image) = container.get("image") else { continue };
        let step = container.get("name").and_then(Value::as_text).map(|name| Step::Item(name.to_owned()));
        let mut path = Path(keys.iter().map(|word| key(word)).collect()).with(key("containers"));
        path = path.with(step.unwrap_or(Step::Index(index))).with(key("image"));
        add(path, image);
    }
    found
}

/// The specification of an object's pods, with the keys that lead to it.
pub(super) fn pod(object: &Value) -> Option<(&'static [&'static str], &Value)> {
    const PLACES: [&[&str]; 3] =
        [&["spec", "template", "spec"], &["spec", "jobTemplate", "spec", "template", "spec"], &["spec"]];
    PLACES.into_iter().find_map(|keys| {
        let pod = object.at(keys)?;
        pod.get("containers").is_some().then_some((keys, pod))
    })
}

fn has_one_container(change: &ObjectChange) -> bool {
    [&change.old, &change.new].into_iter().flatten().all(|object| {
        let containers = pod(&object.value).and_then(|(_, pod)| pod.get("containers"));
        containers.is_some_and(|containers| containers.items().len() == 1)
    })
}
