//! Values of a document, paths into them, and what differs between two.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A value as JSON knows them; numbers keep all their digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// In decimal, without needless zeros.
    Number(String),
    /// Text.
    Text(String),
    /// In order.
    List(Vec<Value>),
    /// By key.
    Map(BTreeMap<String, Value>),
}

impl Value {
    /// The entry of a table.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Value::Map(entries) => entries.get(key),
            _ => None,
        }
    }

    /// The value at keys, one below the other.
    pub fn at(&self, keys: &[&str]) -> Option<&Value> {
        keys.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The text, when it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The elements; none for anything but a list.
    pub fn items(&self) -> &[Value] {
        match self {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// A scalar as the key of a table.
    pub fn as_key(&self) -> Option<String> {
        match self {
            Value::Text(text) | Value::Number(text) => Some(text.clone()),
            Value::Bool(value) => Some(value.to_string()),
            Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// As JSON; a number beyond JSON's library becomes its text.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match self {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Number(text) => match (text.parse::<i64>(), text.parse::<f64>()) {
                (Ok(number), _) => number.into(),
                (Err(_), Ok(number)) if number.to_string() == *text => number.into(),
                _ => Json::String(text.clone()),
            },
            Value::Text(text) => Json::String(text.clone()),
            Value::List(items) => Json::Array(items.iter().map(Value::to_json).collect()),
            Value::Map(entries) => {
                Json::Object(entries.iter().map(|(key, value)| (key.clone(), value.to_json())).collect())
            }
        }
    }

    /// Every scalar and every empty list or table below, with its path from here.
    pub fn leaves(&self) -> Vec<(Path, &Value)> {
        let mut found = Vec::new();
        self.collect_leaves(&Path::default(), &mut found);
        found
    }

    fn collect_leaves<'a>(&'a self, path: &Path, found: &mut Vec<(Path, &'a Value)>) {
        match self {
            Value::List(items) if !items.is_empty() => {
                let names: BTreeSet<Option<&str>> = items.iter().map(own_name).collect();
                for (index, item) in items.iter().enumerate() {
                    let step = match own_name(item).filter(|_| names.len() == items.len()) {
                        Some(name) => Step::Item(name.to_owned()),
                        None => Step::Index(index),
                    };
                    item.collect_leaves(&path.with(step), found);
                }
            }
            Value::Map(entries) if !entries.is_empty() => {
                for (key, value) in entries {
                    value.collect_leaves(&path.with(Step::Key(key.clone())), found);
                }
            }
            _ => found.push((path.clone(), self)),
        }
    }
}

/// The `name` of a list's element.
fn own_name(item: &Value) -> Option<&str> {
    item.get("name").and_then(Value::as_text)
}

/// One step down.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Into a table.
    Key(String),
    /// Into a list whose elements have names.
    Item(String),
    /// Into a list by position, 0-based.
    Index(usize),
}

/// Where a value stands: `spec.containers[api].image`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Path(pub Vec<Step>);

impl Path {
    /// One step further.
    #[must_use]
    pub fn with(&self, step: Step) -> Path {
        let mut steps = self.0.clone();
        steps.push(step);
        Path(steps)
    }

    /// The path `rest` further.
    #[must_use]
    pub fn join(&self, rest: &Path) -> Path {
        Path([&self.0[..], &rest.0[..]].concat())
    }

    /// The keys alone: what the globs of a policy are held against.
    pub fn keys(&self) -> Vec<&str> {
        let keys = self.0.iter().filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Item(_) | Step::Index(_) => None,
        });
        keys.collect()
    }

    /// The name of the last key.
    pub fn last_key(&self) -> &str {
        self.keys().pop().unwrap_or_default()
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if key.contains(['.', '[', ']']) => write!(f, "[{key}]")?,
                Step::Key(key) if position > 0 => write!(f, ".{key}")?,
                Step::Key(key) => f.write_str(key)?,
                Step::Item(name) => write!(f, "[{name}]")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// A value that is not the same: added, removed, or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where.
    pub path: Path,
    /// Before; `None` when added.
    pub old: Option<Value>,
    /// After; `None` when removed.
    pub new: Option<Value>,
}

/// The last key of the path of a change of order.
pub const ORDER: &str = "(order)";

/// By which fields the elements of the list at a path are known; empty when by position.
pub type ListKeys<'a> = dyn Fn(&Path, &[Value], &[Value]) -> Vec<&'static str> + 'a;

/// What differs, in order of the paths: tables entry by entry, lists with names by name, others by position.
pub fn diff(old: &Value, new: &Value, keys: &ListKeys<'_>) -> Vec<Change> {
    let mut changes = Vec::new();
    Differ { keys, changes: &mut changes }.compare(&Path::default(), Some(old), Some(new));
    changes
}

struct Differ<'a, 'c> {
    keys: &'a ListKeys<'a>,
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
        let fields = (self.keys)(path, old, new);
        let (Some(old_names), Some(new_names)) = (names(old, &fields), names(new, &fields)) else {
            for index in 0..old.len().max(new.len()) {
                self.compare(&path.with(Step::Index(index)), old.get(index), new.get(index));
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

/// The names of all elements, when each has one and no two the same.
fn names(items: &[Value], fields: &[&'static str]) -> Option<Vec<String>> {
    if fields.is_empty() {
        return None;
    }
    let name = |item: &Value| {
        let parts = fields.iter().filter_map(|field| item.get(field)?.as_key()).collect::<Vec<_>>();
        (!parts.is_empty()).then(|| parts.join("/"))
    };
    let names: Vec<String> = items.iter().map(name).collect::<Option<_>>()?;
    let different: BTreeSet<&String> = names.iter().collect();
    (different.len() == names.len()).then_some(names)
}
