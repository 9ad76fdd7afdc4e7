//! Who may do what, in the cluster and in the cloud.

use super::super::super::tree::Value;
use super::{FactKind, Facts, path, text, texts};

/// Verbs by which one gets rights that one does not have.
const RAISING: &[&str] = &["escalate", "bind", "impersonate"];
/// Verbs that change something.
const WRITING: &[&str] = &["create", "update", "patch", "delete", "deletecollection"];
/// Annotations of a service account that name whom it acts as.
const IDENTITIES: &[&str] = &[
    "eks.amazonaws.com/role-arn",
    "iam.gke.io/gcp-service-account",
    "azure.workload.identity/client-id",
    "azure.workload.identity/tenant-id",
    "iam.amazonaws.com/role",
    "aadpodidbinding",
];
const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

/// What is so of roles, bindings, service accounts and namespaces.
pub(super) fn state(kind: &str, object: &Value, facts: &mut Facts) {
    match kind {
        "RoleBinding" | "ClusterRoleBinding" => binding(object, facts),
        "Role" | "ClusterRole" => rules(object, facts),
        "Namespace" if level(object).as_deref() == Some("privileged") => {
            let at = path(&["metadata", "labels"]).with_key(ENFORCE);
            facts.add(FactKind::Unprotected, at, [ENFORCE, "privileged"]);
        }
        _ => {}
    }
    for place in [&["metadata"][..], &["spec", "template", "metadata"]] {
        for (list, key) in IDENTITIES.iter().flat_map(|key| [("annotations", key), ("labels", key)]) {
            let keys = [place, &[list, key]].concat();
            if let Some(identity) = text(object, &keys) {
                facts.add(FactKind::Identity, path(&keys), [identity]);
            }
        }
    }
}

/// What a namespace no longer enforces.
pub(super) fn step(kind: &str, old: &Value, new: &Value, facts: &mut Facts) {
    if kind != "Namespace" {
        return;
    }
    let rank = |level: &Option<String>| match level.as_deref() {
        Some("restricted") => 2,
        Some("baseline") => 1,
        _ => 0,
    };
    let (before, after) = (level(old), level(new));
    if rank(&after) < rank(&before) && after.as_deref() != Some("privileged") {
        let said = |level: Option<String>| level.unwrap_or_else(|| "nothing".to_owned());
        let at = path(&["metadata", "labels"]).with_key(ENFORCE);
        facts.add(
            FactKind::Unprotected,
            at,
            [ENFORCE.to_owned(), format!("{} → {}", said(before), said(after))],
        );
    }
}

fn level(namespace: &Value) -> Option<String> {
    text(namespace, &["metadata", "labels", ENFORCE])
}

fn binding(object: &Value, facts: &mut Facts) {
    let role = text(object, &["roleRef", "name"]).unwrap_or_default();
    for subject in object.get("subjects").map(Value::items).unwrap_or_default() {
        let part = |key: &str| text(subject, &[key]).unwrap_or_default();
        let (kind, name, namespace) = (part("kind"), part("name"), part("namespace"));
        let who = match namespace.is_empty() {
            true => format!("{kind} {name}"),
            false => format!("{kind} {namespace}/{name}"),
        };
        if is_admin_role(&role) || name == "system:masters" {
            facts.add(FactKind::Administrator, path(&["subjects"]), [role.clone(), who.clone()]);
        }
        if ["system:anonymous", "system:unauthenticated", "system:authenticated"].contains(&name.as_str()) {
            facts.add(FactKind::Everybody, path(&["subjects"]), [role.clone(), who]);
        }
    }
}

/// Roles that are called after what they allow: `cluster-admin`, `admin`, `platform-admins`.
fn is_admin_role(name: &str) -> bool {
    let words: Vec<String> =
        name.split(|c: char| !c.is_alphanumeric()).map(str::to_ascii_lowercase).collect();
    let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    has(&["admin", "admins", "administrator", "administrators", "superuser", "root", "owner"])
        && !has(&["view", "viewer", "read", "reader", "readonly"])
}

fn rules(object: &Value, facts: &mut Facts) {
    for rule in object.get("rules").map(Value::items).unwrap_or_default() {
        let of = |key: &str| texts(rule.get(key));
        let (verbs, resources, groups) = (of("verbs"), of("resources"), of("apiGroups"));
        let has = |list: &[String], word: &str| list.iter().any(|item| item == word);
        let everything = has(&resources, "*") || has(&resources, "*/*");
        let writes = verbs.iter().any(|verb| WRITING.contains(&verb.as_str()));
        let at = path(&["rules"]);
        if everything && (has(&verbs, "*") || writes && has(&groups, "*")) {
            facts.add(FactKind::Administrator, at.clone(), ["", &verbs.join(", "), "every resource"]);
        }
        let raising: Vec<&str> =
            verbs.iter().map(String::as_str).filter(|verb| RAISING.contains(verb)).collect();
        if !raising.is_empty() {
            facts.add(FactKind::Administrator, at, ["", &raising.join(", "), &resources.join(", ")]);
        }
    }
}
