//! What means the same to the API although it is written in another way: left out, empty, or the default.

use super::super::tree::{Meaning, Path, SameMeaning, Value};
use super::keys::list_names;
use super::quantity::{is_quantity, is_same_amount};

/// Fields whose being there means something even when they hold nothing: they choose, or match everything.
const TELLING: &[&str] = &[
    "emptyDir",
    "podSelector",
    "namespaceSelector",
    "objectSelector",
    "selector",
    "labelSelector",
    "from",
    "to",
    "ingress",
    "egress",
    "policyTypes",
    "verbs",
];
/// Fields that hold nothing when they are empty, in objects of every kind.
const HOLLOW: &[&str] = &[
    "annotations",
    "labels",
    "finalizers",
    "ownerReferences",
    "resources",
    "limits",
    "requests",
    "nodeSelector",
    "tolerations",
    "affinity",
    "securityContext",
    "podSecurityContext",
    "env",
    "envFrom",
    "volumes",
    "volumeMounts",
    "imagePullSecrets",
    "initContainers",
    "topologySpreadConstraints",
    "metadata",
    "status",
];
/// What the API writes where nothing is said, by the end of the path. Only where leaving it out can mean nothing else.
const DEFAULTS: &[(&str, &str)] = &[
    ("ports.protocol", "TCP"),
    ("httpGet.scheme", "HTTP"),
    ("readinessProbe.timeoutSeconds", "1"),
    ("readinessProbe.periodSeconds", "10"),
    ("readinessProbe.successThreshold", "1"),
    ("readinessProbe.failureThreshold", "3"),
    ("livenessProbe.timeoutSeconds", "1"),
    ("livenessProbe.periodSeconds", "10"),
    ("livenessProbe.successThreshold", "1"),
    ("livenessProbe.failureThreshold", "3"),
    ("startupProbe.timeoutSeconds", "1"),
    ("startupProbe.periodSeconds", "10"),
    ("startupProbe.successThreshold", "1"),
    ("startupProbe.failureThreshold", "3"),
    ("terminationMessagePath", "/dev/termination-log"),
    ("terminationMessagePolicy", "File"),
    ("template.spec.restartPolicy", "Always"),
    ("template.spec.dnsPolicy", "ClusterFirst"),
    ("template.spec.schedulerName", "default-scheduler"),
    ("template.spec.terminationGracePeriodSeconds", "30"),
    ("template.spec.hostNetwork", "false"),
    ("template.spec.hostPID", "false"),
    ("template.spec.hostIPC", "false"),
    ("securityContext.privileged", "false"),
    ("spec.progressDeadlineSeconds", "600"),
    ("spec.revisionHistoryLimit", "10"),
    ("spec.strategy.type", "RollingUpdate"),
    ("strategy.rollingUpdate.maxSurge", "25%"),
    ("strategy.rollingUpdate.maxUnavailable", "25%"),
    ("spec.updateStrategy.type", "RollingUpdate"),
    ("spec.podManagementPolicy", "OrderedReady"),
    ("spec.type", "ClusterIP"),
    ("spec.sessionAffinity", "None"),
    ("spec.internalTrafficPolicy", "Cluster"),
    ("spec.externalTrafficPolicy", "Cluster"),
    ("spec.allocateLoadBalancerNodePorts", "true"),
    ("spec.ipFamilyPolicy", "SingleStack"),
    ("spec.volumeMode", "Filesystem"),
    ("spec.concurrencyPolicy", "Allow"),
    ("spec.suspend", "false"),
    ("spec.successfulJobsHistoryLimit", "3"),
    ("spec.failedJobsHistoryLimit", "1"),
    ("spec.backoffLimit", "6"),
    ("configMap.defaultMode", "420"),
    ("secret.defaultMode", "420"),
    ("projected.defaultMode", "420"),
    ("volumeMounts.readOnly", "false"),
    ("fieldRef.apiVersion", "v1"),
    ("configMap.optional", "false"),
    ("secret.optional", "false"),
    ("configMapRef.optional", "false"),
    ("secretRef.optional", "false"),
    ("configMapKeyRef.optional", "false"),
    ("secretKeyRef.optional", "false"),
];
/// Groups of the API itself, whose kinds take what is empty for what is left out.
const OWN_GROUPS: &[&str] = &[
    "",
    "apps",
    "batch",
    "autoscaling",
    "policy",
    "networking.k8s.io",
    "rbac.authorization.k8s.io",
    "storage.k8s.io",
];

/// What a server fills in where a manifest leaves it out.
const FILLED_IN: &[&str] = &[
    "clusterIP",
    "clusterIPs",
    "ipFamilies",
    "nodePort",
    "healthCheckNodePort",
    "targetPort",
    "imagePullPolicy",
    "serviceAccount",
    "volumeName",
    "claimRef",
    "caBundle",
    "finalizers",
    "kubernetes.io/metadata.name",
];

/// What the differences of an object rest on.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Same {
    /// Whether the kind is the API's own.
    is_own: bool,
    /// Whether a server gave out the state before and after.
    is_live: [bool; 2],
}

impl Same {
    /// For an object of a group.
    pub(super) fn of(group: &str, is_live: [bool; 2]) -> Self {
        Same { is_own: OWN_GROUPS.contains(&group), is_live }
    }

    /// Whether what stands at a path before and after means the same.
    pub(super) fn holds(self, path: &Path, old: Option<&Value>, new: Option<&Value>) -> bool {
        let (is_own, [before, after]) = (self.is_own, self.is_live);
        let is_filled_in = is_own && FILLED_IN.contains(&path.last_key());
        match (old, new) {
            (Some(value), None) => is_nothing(path, value, is_own) || is_filled_in && before && !after,
            (None, Some(value)) => is_nothing(path, value, is_own) || is_filled_in && after && !before,
            (Some(old), Some(new)) => {
                (is_quantity(path) && is_same_amount(old, new))
                    || is_nothing(path, old, is_own) && is_nothing(path, new, is_own)
            }
            (None, None) => true,
        }
    }
}

/// The meaning of objects; `same` is that of [`Same`].
pub(super) fn meaning<'a>(same: &'a SameMeaning<'a>) -> Meaning<'a> {
    Meaning { names: &list_names, same }
}

/// Whether a value says no more than leaving it out.
pub(super) fn is_nothing(path: &Path, value: &Value, is_own: bool) -> bool {
    let key = path.last_key();
    match value {
        Value::Null => path.ends_in_key(),
        Value::List(items) => items.is_empty() && is_hollow(path, key, is_own),
        Value::Map(entries) if entries.is_empty() => is_hollow(path, key, is_own),
        Value::Map(entries) => {
            is_hollow(path, key, is_own)
                && entries.iter().all(|(key, value)| is_nothing(&path.with_key(key), value, is_own))
        }
        Value::Bool(_) | Value::Number(_) | Value::Text(_) => is_own && is_default(path, value),
    }
}

fn is_hollow(path: &Path, key: &str, is_own: bool) -> bool {
    path.ends_in_key() && (HOLLOW.contains(&key) || is_own && !TELLING.contains(&key))
}

fn is_default(path: &Path, value: &Value) -> bool {
    let Some(text) = value.as_key() else { return false };
    let keys = path.keys();
    DEFAULTS
        .iter()
        .any(|(end, default)| *default == text && keys.ends_with(&end.split('.').collect::<Vec<_>>()))
}
