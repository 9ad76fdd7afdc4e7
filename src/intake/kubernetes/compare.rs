//! What differs between two states.

use std::collections::{BTreeMap, BTreeSet};

use super::super::secret::Secrets;
use super::super::tree::{Change, Path, Value, diff};
use super::meaning::{Same, meaning};
use super::object::{Manifests, Object, ObjectId};
use super::suffix::{Paired, paired};

/// What happens to one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectChange {
    /// Which.
    pub id: ObjectId,
    /// Before; `None` when it is new.
    pub old: Option<Object>,
    /// After; `None` when it goes.
    pub new: Option<Object>,
    /// Field by field, when it stands before and after.
    pub fields: Vec<Change>,
}

/// Two states, object by object.
#[derive(Debug, Clone, Default)]
pub struct Comparison {
    /// Those that differ, by identity.
    pub changes: Vec<ObjectChange>,
    /// How many are the same.
    pub n_same: usize,
    /// What must be hidden.
    pub secrets: Secrets,
    /// Who refers to an object whose name changes with its content, by that name.
    pub(super) users: BTreeMap<String, Vec<String>>,
}

impl Comparison {
    /// The files of all changed objects, sorted: those of the new state, and of the old one for what goes. `old`
    /// and `new` name a file by its path in the set.
    pub fn affected(&self, old: &dyn Fn(&str) -> String, new: &dyn Fn(&str) -> String) -> Vec<String> {
        let path = |change: &ObjectChange| match (&change.old, &change.new) {
            (_, Some(object)) => Some(new(&object.path)),
            (Some(object), None) => Some(old(&object.path)),
            (None, None) => None,
        };
        let paths: BTreeSet<String> = self.changes.iter().filter_map(path).collect();
        paths.into_iter().collect()
    }
}

/// Compares two states object by object.
pub fn compare(old: &Manifests, new: &Manifests) -> Comparison {
    let objects = old.objects.values().chain(new.objects.values());
    let secrets = Secrets::of(objects.map(|object| &object.value));
    let mut comparison = Comparison { secrets, ..Comparison::default() };
    let Paired { old, new, users } = paired(old, new);
    comparison.users = users;
    let ids: BTreeSet<&ObjectId> = old.objects.keys().chain(new.objects.keys()).collect();
    for id in ids {
        let (before, after) = (old.objects.get(id), new.objects.get(id));
        let fields = match (before, after) {
            (Some(before), Some(after)) if before.value != after.value => {
                let same = Same::of(&id.group, [before.is_live, after.is_live]);
                let holds =
                    |path: &Path, old: Option<&Value>, new: Option<&Value>| same.holds(path, old, new);
                let (before, after) = (with_tables(&before.value), with_tables(&after.value));
                diff(&before, &after, meaning(&holds))
            }
            _ => Vec::new(),
        };
        if fields.is_empty() && before.is_some() == after.is_some() {
            comparison.n_same += 1;
            continue;
        }
        comparison.changes.push(ObjectChange {
            id: id.clone(),
            old: before.cloned(),
            new: after.cloned(),
            fields,
        });
    }
    comparison
}

/// The object with tables of labels and annotations, were they empty, so that one that comes or goes is told by its key.
fn with_tables(object: &Value) -> Value {
    let mut object = object.clone();
    let Value::Map(entries) = &mut object else { return object };
    let template = match entries.get_mut("spec") {
        Some(Value::Map(spec)) => spec.get_mut("template").and_then(|template| match template {
            Value::Map(template) => template.get_mut("metadata"),
            _ => None,
        }),
        _ => None,
    };
    let fill = |metadata: Option<&mut Value>| {
        if let Some(Value::Map(metadata)) = metadata {
            for key in ["labels", "annotations"] {
                metadata.entry(key.to_owned()).or_insert_with(|| Value::Map(BTreeMap::new()));
            }
        }
    };
    fill(template);
    fill(entries.get_mut("metadata"));
    object
}
