//! By which fields the elements of lists are known: the merge keys of the API.

use super::super::tree::{Path, Value};

/// The fields; empty for lists that are compared by position.
pub(super) fn list_keys(path: &Path, old: &[Value], new: &[Value]) -> Vec<&'static str> {
    let known: &[&'static str] = match path.last_key() {
        "containers"
        | "initContainers"
        | "ephemeralContainers"
        | "env"
        | "volumes"
        | "imagePullSecrets"
        | "secrets"
        | "webhooks"
        | "resourceClaims"
        | "volumeClaimTemplates" => &["name"],
        "ports" => &["containerPort", "port", "protocol"],
        "volumeMounts" => &["mountPath"],
        "volumeDevices" => &["devicePath"],
        "hostAliases" => &["ip"],
        "ownerReferences" => &["uid"],
        "conditions" => &["type"],
        "topologySpreadConstraints" => &["topologyKey", "whenUnsatisfiable"],
        "subjects" => &["kind", "namespace", "name"],
        "taints" => &["key", "effect"],
        "rules" => &["host"],
        "paths" => &["path", "pathType"],
        "items" => &["key"],
        _ => &["name"],
    };
    match path.last_key() {
        // Claims are known by the name in their metadata, which is one step deeper.
        "volumeClaimTemplates" => Vec::new(),
        // A rule of RBAC has no name, one of an Ingress may lack its host.
        "rules" if old.iter().chain(new).any(|rule| rule.get("host").is_none()) => Vec::new(),
        _ => known.to_vec(),
    }
}
