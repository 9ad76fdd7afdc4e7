//! Fields that the API takes once and never again: an apply that changes one is refused.

use super::super::super::tree::{Change, Path, Value};
use super::super::quantity::amount;
use super::{FactKind, Facts, is_true};

/// What of a StatefulSet's specification may change.
const OF_STATEFUL_SETS: &[&str] = &[
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
];

/// The changed fields that cannot be changed.
pub(super) fn step(kind: &str, old: &Value, fields: &[Change], facts: &mut Facts) {
    for field in fields {
        let keys = field.path.keys();
        let is_fixed = match (kind, &keys[..]) {
            ("Deployment" | "DaemonSet" | "ReplicaSet", ["spec", "selector", ..])
            | ("Job", ["spec", "template" | "selector" | "completionMode" | "podFailurePolicy", ..])
            | ("RoleBinding" | "ClusterRoleBinding", ["roleRef", ..])
            | ("StorageClass", ["provisioner" | "parameters" | "reclaimPolicy" | "volumeBindingMode", ..])
            | ("PersistentVolume", ["spec", "csi" | "nfs" | "hostPath" | "local" | "nodeAffinity", ..])
            | (
                "CustomResourceDefinition",
                ["spec", "scope" | "group", ..] | ["spec", "names", "plural" | "kind"],
            )
            | ("PriorityClass", ["value" | "preemptionPolicy"])
            | ("IngressClass", ["spec", "controller"])
            | ("Secret", ["type"]) => true,
            ("StatefulSet", ["spec", key, ..]) => !OF_STATEFUL_SETS.contains(key),
            ("Pod", ["spec", rest @ ..]) => {
                !matches!(rest, [.., "image"] | ["tolerations" | "activeDeadlineSeconds", ..])
            }
            ("PersistentVolumeClaim", ["spec", "resources", "requests", ..]) => shrinks(field),
            ("PersistentVolumeClaim", ["spec", key, ..]) => {
                *key != "volumeAttributesClassName" && field.old.is_some() && field.new.is_some()
            }
            // The server gives an address to whoever names none.
            ("Service", ["spec", "clusterIP" | "clusterIPs", ..]) => {
                field.old.is_some() && field.new.is_some()
            }
            ("ConfigMap" | "Secret", ["data" | "binaryData" | "stringData" | "immutable", ..]) => {
                is_true(old, &["immutable"])
            }
            _ => false,
        };
        if is_fixed {
            let depth = if keys.first() == Some(&"spec") { 2 } else { 1 };
            let whole = Path(field.path.0.iter().take(depth).cloned().collect());
            facts.add(FactKind::Immutable, whole, [""; 0]);
        }
    }
}

fn shrinks(field: &Change) -> bool {
    let of = |value: &Option<Value>| value.as_ref().and_then(amount);
    of(&field.old).zip(of(&field.new)).is_some_and(|(old, new)| new < old)
}
