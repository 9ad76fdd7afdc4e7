//! By which fields the elements of lists are known: the merge keys of the API.

use std::collections::BTreeMap;

use super::super::tree::{Path, Value, names};

/// Fields by which lists that the API has no key for are often known.
const GUESSES: [&[&str]; 4] = [&["name"], &["alert", "record"], &["id"], &["key"]];

/// The names of a list's elements before and after; `None` for lists that have none.
pub(super) fn list_names(path: &Path, old: &[Value], new: &[Value]) -> Option<[Vec<String>; 2]> {
    let both = |fields: &[&str]| Some([names(old, fields)?, names(new, fields)?]);
    match path.last_key() {
        // A name that stands twice here is a mistake that people make: the second is told by its number.
        "containers" | "initContainers" | "ephemeralContainers" | "env" | "volumes" | "webhooks" => {
            Some([numbered(old, "name")?, numbered(new, "name")?])
        }
        "ports" => Some([ports(old)?, ports(new)?]),
        "volumeMounts" => both(&["mountPath"]),
        "volumeDevices" => both(&["devicePath"]),
        "hostAliases" => both(&["ip"]),
        "ownerReferences" => both(&["uid"]),
        "conditions" => both(&["type"]),
        "topologySpreadConstraints" => both(&["topologyKey", "whenUnsatisfiable"]),
        "subjects" => both(&["kind", "namespace", "name"]),
        "taints" => both(&["key", "effect"]),
        "paths" => both(&["path", "pathType"]),
        "items" => both(&["key"]),
        // Claims are known by the name in their metadata, which is one step deeper.
        "volumeClaimTemplates" => None,
        // A rule of RBAC has no name, one of an Ingress may lack its host.
        "rules" if old.iter().chain(new).all(|rule| rule.get("host").is_some()) => both(&["host"]),
        // Keys of a toleration or of an expression may stand several times, and are no names.
        "tolerations" | "matchExpressions" | "matchFields" => None,
        _ => GUESSES.iter().find_map(|fields| both(fields)),
    }
}

/// Names, with a number behind each that stood before.
fn numbered(items: &[Value], field: &str) -> Option<Vec<String>> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let name = |item: &Value| {
        let name = item.get(field)?.as_key()?;
        let number = seen.entry(name.clone()).and_modify(|number| *number += 1).or_insert(1);
        Some(if *number == 1 { name } else { format!("{name}{TWICE}{number}") })
    };
    items.iter().map(name).collect()
}

/// Stands before the number of a name that stands several times.
const TWICE: &str = " no. ";

/// A name without its number.
pub(super) fn without_number(name: &str) -> &str {
    match name.rsplit_once(TWICE) {
        Some((name, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => name,
    }
}

/// Ports by number and protocol; without one it is TCP.
fn ports(items: &[Value]) -> Option<Vec<String>> {
    let name = |item: &Value| {
        let number =
            ["containerPort", "port", "number"].iter().find_map(|field| item.get(field)?.as_key())?;
        match item.get("protocol").and_then(Value::as_text) {
            None | Some("TCP") => Some(number),
            Some(protocol) => Some(format!("{number}/{protocol}")),
        }
    };
    let found: Vec<String> = items.iter().map(name).collect::<Option<_>>()?;
    let different: std::collections::BTreeSet<&String> = found.iter().collect();
    (different.len() == found.len()).then_some(found)
}
