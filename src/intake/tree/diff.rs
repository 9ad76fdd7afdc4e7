//! What differs between two values.

use std::collections::BTreeSet;

use super::align::aligned;
use super::{Change, Path, Step, Value};

/// The last key of the path of a change of order.
pub const ORDER: &str = "(order)";

/// The names of the elements of the list at a path, before and after, when each has one of its own.
pub type ListNames<'a> = dyn Fn(&Path, &[Value], &[Value]) -> Option<[Vec<String>; 2]> + 'a;

/// Whether what stands at a path before and after means the same although it is written in another way.
pub type SameMeaning<'a> = dyn Fn(&Path, Option<&Value>, Option<&Value>) -> bool + 'a;

/// What a kind of evidence knows about its documents.
#[derive(Clone, Copy)]
pub struct Meaning<'a> {
    /// How it knows the elements of lists.
    pub names: &'a ListNames<'a>,
    /// What it takes for the same.
    pub same: &'a SameMeaning<'a>,
}

/// What differs, in order of the paths: tables entry by entry, lists with names by name, others in the way that
/// pairs what is most alike.
pub fn diff(old: &Value, new: &Value, meaning: Meaning<'_>) -> Vec<Change> {
    let mut changes = Vec::new();
    Differ { meaning, changes: &mut changes }.compare(&Path::default(), Some(old), Some(new));
    changes
}

struct Differ<'a, 'c> {
    meaning: Meaning<'a>,
    changes: &'c mut Vec<Change>,
}

impl Differ<'_, '_> {
    fn compare(&mut self, path: &Path, old: Option<&Value>, new: Option<&Value>) {
        match (old, new) {
            (Some(old), Some(new)) if old == new => {}
            (Some(Value::Map(old)), Some(Value::Map(new))) => {
                let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
                for key in keys {
                    self.compare(&path.with(Step::Key(key.clone())), old.get(key), new.get(key));
                }
            }
            _ if (self.meaning.same)(path, old, new) => {}
            (Some(Value::List(old)), Some(Value::List(new))) => self.lists(path, old, new),
            _ => {
                self.changes.push(Change { path: path.clone(), old: old.cloned(), new: new.cloned() });
            }
        }
    }

    fn lists(&mut self, path: &Path, old: &[Value], new: &[Value]) {
        if let (Some(old_texts), Some(new_texts)) = (different_scalars(old), different_scalars(new)) {
            return self.scalar_lists(path, (old, &old_texts), (new, &new_texts));
        }
        let Some([old_names, new_names]) = (self.meaning.names)(path, old, new) else {
            for (before, after) in aligned(old, new) {
                let step = Step::Index(after.or(before).unwrap_or_default());
                self.compare(&path.with(step), before.map(|at| &old[at]), after.map(|at| &new[at]));
            }
            return;
        };
        let position = |names: &[String], name: &String| names.iter().position(|other| other == name);
        for (index, name) in old_names.iter().enumerate() {
            let other = position(&new_names, name).map(|index| &new[index]);
            self.compare(&path.with(Step::Item(name.clone())), old.get(index), other);
        }
        for (index, name) in new_names.iter().enumerate() {
            if position(&old_names, name).is_none() {
                self.compare(&path.with(Step::Item(name.clone())), None, new.get(index));
            }
        }
        self.order(path, &old_names, &new_names);
    }

    /// Lists of words: which are in one only, at their positions in that one.
    fn scalar_lists(&mut self, path: &Path, old: (&[Value], &[String]), new: (&[Value], &[String])) {
        let known: BTreeSet<&String> = old.1.iter().filter(|text| new.1.contains(text)).collect();
        for (index, _) in old.1.iter().enumerate().filter(|(_, text)| !known.contains(text)) {
            self.compare(&path.with(Step::Index(index)), old.0.get(index), None);
        }
        for (index, _) in new.1.iter().enumerate().filter(|(_, text)| !known.contains(text)) {
            self.compare(&path.with(Step::Index(index)), None, new.0.get(index));
        }
        self.order(path, old.1, new.1);
    }

    /// Another order of what stands in both, where that means something.
    fn order(&mut self, path: &Path, old: &[String], new: &[String]) {
        let common = |names: &[String], others: &[String]| -> Vec<Value> {
            let kept = names.iter().filter(|name| others.contains(name));
            kept.map(|name| Value::Text(name.clone())).collect()
        };
        let (old_order, new_order) = (common(old, new), common(new, old));
        if old_order != new_order && in_order_matters(path) {
            let path = path.with(Step::Key(ORDER.to_owned()));
            let (old, new) = (Some(Value::List(old_order)), Some(Value::List(new_order)));
            self.changes.push(Change { path, old, new });
        }
    }
}

/// Whether the order of a list means something. Of an unknown one it may: an order that is told needlessly does less
/// harm than a change that is not told. The lists here are sets to the API.
fn in_order_matters(path: &Path) -> bool {
    const SETS: [&str; 26] = [
        "containers",
        "ephemeralContainers",
        "volumes",
        "volumeMounts",
        "volumeDevices",
        "imagePullSecrets",
        "secrets",
        "resourceClaims",
        "ports",
        "hostAliases",
        "ownerReferences",
        "conditions",
        "topologySpreadConstraints",
        "subjects",
        "taints",
        "finalizers",
        "accessModes",
        "add",
        "drop",
        "verbs",
        "apiGroups",
        "apiVersions",
        "resources",
        "resourceNames",
        "nonResourceURLs",
        "policyTypes",
    ];
    !SETS.contains(&path.last_key())
}

/// The scalars of a list as text with their types, when it holds nothing else and no two the same.
fn different_scalars(items: &[Value]) -> Option<Vec<String>> {
    let text = |item: &Value| match item {
        Value::Text(text) => Some(format!("{text:?}")),
        _ => item.as_key(),
    };
    let texts: Vec<String> = items.iter().map(text).collect::<Option<_>>()?;
    let different: BTreeSet<&String> = texts.iter().collect();
    (different.len() == texts.len()).then_some(texts)
}

/// The names of all elements by the fields given, when each has one and no two the same.
pub fn names(items: &[Value], fields: &[&str]) -> Option<Vec<String>> {
    let name = |item: &Value| {
        let parts = fields.iter().filter_map(|field| item.get(field)?.as_key()).collect::<Vec<_>>();
        (!parts.is_empty()).then(|| parts.join("/"))
    };
    let names: Vec<String> = items.iter().map(name).collect::<Option<_>>()?;
    let different: BTreeSet<&String> = names.iter().collect();
    (different.len() == names.len()).then_some(names)
}
