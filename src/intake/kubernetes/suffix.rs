//! Names that change with what they name.
//!
//! Kustomize puts a hash of the content behind the names of the ConfigMaps and Secrets that it generates. Another
//! value is then another name, in the object and in whatever refers to it. Here both are one object again.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::super::tree::{Path, Value};
use super::object::{Manifests, Object, ObjectId};

/// Letters and digits of the hashes: those of a hexadecimal number, without what could read as a word.
const LETTERS: &str = "2456789bcdfghkmt";
const LENGTH: usize = 10;

/// Two states in which names with a hash stand without it, and who refers to them.
pub(super) struct Paired<'m> {
    pub(super) old: Cow<'m, Manifests>,
    pub(super) new: Cow<'m, Manifests>,
    /// Objects of the new state that refer to a paired one, by the name of the paired one.
    pub(super) users: BTreeMap<String, Vec<String>>,
}

/// The same states, with `NAME-*` for what stands under another hash before and after.
pub(super) fn paired<'m>(old: &'m Manifests, new: &'m Manifests) -> Paired<'m> {
    let (before, after) = (hashed(old, new), hashed(new, old));
    let (mut old_names, mut new_names) = (BTreeMap::new(), BTreeMap::new());
    for (id, name) in &before {
        if let Some(other) = after.get(id) {
            old_names.insert(name.as_str(), format!("{}-*", id.name));
            new_names.insert(other.as_str(), format!("{}-*", id.name));
        }
    }
    if old_names.is_empty() {
        return Paired { old: Cow::Borrowed(old), new: Cow::Borrowed(new), users: BTreeMap::new() };
    }
    let mut users = BTreeMap::new();
    let (old, _) = renamed(old, &old_names);
    let (new, found) = renamed(new, &new_names);
    for (name, user) in found {
        users.entry(name).or_insert_with(Vec::new).push(user);
    }
    Paired { old: Cow::Owned(old), new: Cow::Owned(new), users }
}

/// Objects with a hash that only this state has: their identity without it, and their name. Several of one identity
/// cannot be told apart, and are left out.
fn hashed(state: &Manifests, other: &Manifests) -> BTreeMap<ObjectId, String> {
    let mut found: BTreeMap<ObjectId, Vec<String>> = BTreeMap::new();
    for id in state.objects.keys().filter(|id| !other.objects.contains_key(*id)) {
        if matches!(id.kind.as_str(), "ConfigMap" | "Secret")
            && let Some(base) = base(&id.name)
        {
            let identity = ObjectId { name: base.to_owned(), ..id.clone() };
            found.entry(identity).or_default().push(id.name.clone());
        }
    }
    let single = |(id, names): (ObjectId, Vec<String>)| match &names[..] {
        [name] => Some((id, name.clone())),
        _ => None,
    };
    found.into_iter().filter_map(single).collect()
}

/// The name before the hash.
fn base(name: &str) -> Option<&str> {
    let (base, hash) = name.rsplit_once('-')?;
    let is_hash = hash.len() == LENGTH && hash.chars().all(|c| LETTERS.contains(c));
    (is_hash && !base.is_empty()).then_some(base)
}

/// The state with other names, and each name with the object that refers to it.
fn renamed(state: &Manifests, names: &BTreeMap<&str, String>) -> (Manifests, BTreeSet<(String, String)>) {
    let mut users = BTreeSet::new();
    let mut objects = BTreeMap::new();
    for (id, object) in &state.objects {
        let is_paired =
            matches!(id.kind.as_str(), "ConfigMap" | "Secret") && names.contains_key(id.name.as_str());
        let new_name = |value: &Value| value.as_text().and_then(|text| names.get(text));
        let put = |_: &Path, leaf: &Value| {
            new_name(leaf).map_or_else(|| leaf.clone(), |name| Value::Text(name.clone()))
        };
        let value = object.value.map_leaves(&Path::default(), &put);
        if !is_paired {
            let referred = object.value.leaves().into_iter().filter_map(|(_, leaf)| new_name(leaf));
            users.extend(referred.map(|name| (name.clone(), format!("{} {}", id.kind, id.name))));
        }
        let name = match is_paired {
            true => names.get(id.name.as_str()).unwrap_or(&id.name).clone(),
            false => id.name.clone(),
        };
        objects.insert(ObjectId { name, ..id.clone() }, Object { value, ..object.clone() });
    }
    (Manifests { objects, skipped: state.skipped.clone() }, users)
}

#[cfg(test)]
mod tests {
    use super::base;

    #[test]
    fn hashes_are_known_by_their_letters() {
        for (name, expected) in [
            ("app-env-5hchgdk59b", Some("app-env")),
            ("app-5f7h8k9d2m", Some("app")),
            ("app-production", None),
            ("app-5hchgdk59", None),
            ("-5hchgdk59b", None),
            ("5hchgdk59b", None),
        ] {
            assert_eq!(base(name), expected, "{name}");
        }
    }
}
