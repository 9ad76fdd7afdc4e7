//! What pods may do to the host that they run on.

use std::collections::BTreeSet;

use super::super::super::tree::{Path, Step, Value};
use super::super::evidence::pod;
use super::{FactKind, Facts, is_true, path, text};

/// What every container has unless it is taken away, and what listens on low ports.
const USUAL_CAPABILITIES: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];
const LISTS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];

/// What is so of the pods of an object.
pub(super) fn state(object: &Value, facts: &mut Facts) {
    annotations(object, facts);
    let Some((keys, pod)) = pod(object) else { return };
    let base = path(keys);
    for key in ["hostNetwork", "hostPID", "hostIPC"] {
        if is_true(pod, &[key]) {
            facts.add(FactKind::HostNamespace, base.with_key(key), [key]);
        }
    }
    security(pod, &base, facts);
    for volume in pod.get("volumes").map(Value::items).unwrap_or_default() {
        if let Some(of_host) = text(volume, &["hostPath", "path"]) {
            facts.add(FactKind::HostPath, base.with_key("volumes"), [of_host]);
        }
    }
    for (path, container) in containers(pod, &base) {
        security(container, &path, facts);
        let mut named: BTreeSet<String> = BTreeSet::new();
        for variable in container.get("env").map(Value::items).unwrap_or_default() {
            let Some(name) = text(variable, &["name"]) else { continue };
            if !named.insert(name.clone()) {
                facts.add(FactKind::NamedTwice, path.with_key("env"), [name]);
            }
        }
        for port in container.get("ports").map(Value::items).unwrap_or_default() {
            if let Some(number) = text(port, &["hostPort"]).filter(|number| number != "0") {
                facts.add(FactKind::Reachable, path.clone(), [format!("hostPort {number}")]);
            }
        }
    }
}

/// What is lifted from one state to the next.
pub(super) fn step(old: &Value, new: &Value, facts: &mut Facts) {
    let (Some((_, before)), Some((keys, after))) = (pod(old), pod(new)) else { return };
    let base = path(keys);
    let old_containers = containers(before, &base);
    let mut pairs = vec![(base.clone(), before, after)];
    for (path, container) in containers(after, &base) {
        if let Some((_, other)) = old_containers.iter().find(|(other, _)| *other == path) {
            pairs.push((path, other, container));
        }
    }
    for (path, before, after) in pairs {
        let of = |value: &Value, key: &str| text(value, &["securityContext", key]);
        if of(before, "runAsNonRoot").as_deref() == Some("true")
            && of(after, "runAsNonRoot").as_deref() != Some("true")
        {
            facts.add(FactKind::Root, path.clone(), ["runAsNonRoot true → false"]);
        }
        if of(before, "allowPrivilegeEscalation").as_deref() == Some("false")
            && of(after, "allowPrivilegeEscalation").as_deref() != Some("false")
        {
            facts.add(FactKind::Unprotected, path.clone(), ["allowPrivilegeEscalation", "false → true"]);
        }
    }
}

fn containers<'a>(pod: &'a Value, base: &Path) -> Vec<(Path, &'a Value)> {
    let mut found = Vec::new();
    for list in LISTS {
        for (index, container) in pod.get(list).map(Value::items).unwrap_or_default().iter().enumerate() {
            let step = text(container, &["name"]).map_or(Step::Index(index), Step::Item);
            found.push((base.with_key(list).with(step), container));
        }
    }
    found
}

/// The security context of a pod or container.
fn security(of: &Value, path: &Path, facts: &mut Facts) {
    let Some(context) = of.get("securityContext") else { return };
    if is_true(context, &["privileged"]) || is_true(context, &["windowsOptions", "hostProcess"]) {
        facts.add(FactKind::Privileged, path.clone(), [""; 0]);
    }
    if text(context, &["runAsUser"]).as_deref() == Some("0") {
        facts.add(FactKind::Root, path.clone(), ["runAsUser 0"]);
    }
    for capability in super::texts(context.at(&["capabilities", "add"])) {
        let name = capability.to_ascii_uppercase();
        let name = name.strip_prefix("CAP_").unwrap_or(&name);
        if !USUAL_CAPABILITIES.contains(&name) {
            facts.add(FactKind::Capability, path.clone(), [name]);
        }
    }
    for profile in ["seccompProfile", "appArmorProfile"] {
        if text(context, &[profile, "type"]).as_deref() == Some("Unconfined") {
            facts.add(FactKind::Unprotected, path.clone(), [profile, "Unconfined"]);
        }
    }
    if text(context, &["procMount"]).as_deref() == Some("Unmasked") {
        facts.add(FactKind::Unprotected, path.clone(), ["procMount", "Unmasked"]);
    }
}

/// Profiles as annotations, as they were given before there were fields.
fn annotations(object: &Value, facts: &mut Facts) {
    for keys in [&["metadata", "annotations"][..], &["spec", "template", "metadata", "annotations"]] {
        let Some(Value::Map(entries)) = object.at(keys) else { continue };
        for (key, value) in entries {
            let is_profile = ["apparmor", "seccomp"].iter().any(|word| key.contains(word));
            if is_profile && value.as_text() == Some("unconfined") {
                facts.add(FactKind::Unprotected, path(keys).with_key(key), [key.as_str(), "unconfined"]);
            }
        }
    }
}
