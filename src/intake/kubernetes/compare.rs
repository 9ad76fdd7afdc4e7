//! What differs between two states.

use std::collections::{BTreeMap, BTreeSet};

use super::super::secret::Secrets;
use super::super::tree::{Change, Value, diff};
use super::meaning::{meaning, same_in};
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
    let mut comparison = Comparison::default();
    for object in old.objects.values().chain(new.objects.values()) {
        collect_secrets(&object.value, &mut comparison.secrets);
    }
    let Paired { old, new, users } = paired(old, new);
    comparison.users = users;
    let ids: BTreeSet<&ObjectId> = old.objects.keys().chain(new.objects.keys()).collect();
    for id in ids {
        let (before, after) = (old.objects.get(id), new.objects.get(id));
        let fields = match (before, after) {
            (Some(before), Some(after)) => diff(&before.value, &after.value, meaning(&same_in(&id.group))),
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

/// The values of a Secret, as they stand and as they are meant.
fn collect_secrets(object: &Value, secrets: &mut Secrets) {
    if object.get("kind").and_then(Value::as_text) != Some("Secret") {
        return;
    }
    for (field, encoded) in [("data", true), ("stringData", false)] {
        let Some(Value::Map(entries)) = object.get(field) else { continue };
        for value in entries.values().filter_map(Value::as_key) {
            secrets.add(&value);
            if encoded && let Some(text) = base64(&value) {
                secrets.add(&text);
            }
        }
    }
}

/// The text that a value of `data` stands for.
fn base64(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let (mut buffer, mut n_bits) = (0u32, 0);
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=') {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        buffer = (buffer << 6) | u32::from(digit);
        n_bits += 6;
        if n_bits >= 8 {
            n_bits -= 8;
            bytes.push(u8::try_from((buffer >> n_bits) & 0xff).ok()?);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_secrets_are_read_as_they_are_meant() {
        assert_eq!(base64("aHVudGVyMg==").as_deref(), Some("hunter2"));
        assert_eq!(base64("w6Q=").as_deref(), Some("ä"));
        assert_eq!(base64("not base64!"), None);
    }
}
