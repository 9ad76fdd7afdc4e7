//! What an operator would say of one change: the level, and the fact that makes it.

use super::Manifests;
use super::tests::{evidence, read};
use crate::policy::Policy;
use crate::record::Risk;

fn state(text: &str) -> Manifests {
    if text.is_empty() { Manifests::nothing() } else { read(text) }
}

/// The level of a step, and the reasons for it.
fn level(old: &str, new: &str) -> (Risk, String) {
    let found = evidence(&state(old), &state(new)).found(&Policy::builtin());
    (found.risk().unwrap_or_else(|| panic!("nothing found: {old} {new}")), found.reasons().join("\n"))
}

pub(super) fn check(cases: &[(&str, String, String, Risk, &str)]) {
    for (name, old, new, expected, reason) in cases {
        let (risk, reasons) = level(old, new);
        assert_eq!(risk, *expected, "{name}: {reasons}");
        assert!(reasons.contains(reason), "{name}: {reasons}");
    }
}

pub(super) fn object(kind: &str, metadata: &str, rest: &str) -> String {
    let group = match kind {
        "Deployment" | "StatefulSet" | "DaemonSet" => "apps/v1",
        "Ingress" | "NetworkPolicy" => "networking.k8s.io/v1",
        "Role" | "ClusterRole" | "RoleBinding" | "ClusterRoleBinding" => "rbac.authorization.k8s.io/v1",
        "ValidatingWebhookConfiguration" => "admissionregistration.k8s.io/v1",
        "CustomResourceDefinition" => "apiextensions.k8s.io/v1",
        "PodDisruptionBudget" => "policy/v1",
        "HorizontalPodAutoscaler" => "autoscaling/v2",
        "Job" => "batch/v1",
        "Prometheus" | "ClusterPolicy" | "CiliumNetworkPolicy" => "example.org/v1",
        _ => "v1",
    };
    format!("apiVersion: {group}\nkind: {kind}\nmetadata: {{name: x{metadata}}}\n{rest}\n")
}

fn annotated(kind: &str, annotations: &str) -> String {
    object(kind, &format!(", annotations: {{{annotations}}}"), "")
}

fn pods(pod: &str, container: &str) -> String {
    object(
        "Deployment",
        "",
        &format!("spec: {{template: {{spec: {{{pod}containers: [{{name: a, image: 'a:1'{container}}}]}}}}}}"),
    )
}

pub(super) const NONE: String = String::new();

#[test]
fn annotations_and_labels_that_configure() {
    let ingress = |annotations: &str| annotated("Ingress", annotations);
    let nginx = |rest: &str| ingress(&format!("nginx.ingress.kubernetes.io/{rest}"));
    let namespace = |level: &str| object("Namespace", &format!(", labels: {{{level}}}"), "");
    let account = |role: &str| annotated("ServiceAccount", &format!("eks.amazonaws.com/role-arn: {role}"));
    let enforce = |level: &str| namespace(&format!("pod-security.kubernetes.io/enforce: {level}"));
    check(&[
        (
            "sources opened",
            nginx("whitelist-source-range: 10.0.0.0/8"),
            nginx("whitelist-source-range: 0.0.0.0/0"),
            Risk::High,
            "0.0.0.0/0",
        ),
        (
            "sources gone",
            nginx("whitelist-source-range: 10.0.0.0/8"),
            ingress(""),
            Risk::High,
            "no longer 10.0.0.0/8",
        ),
        (
            "halves",
            nginx("allowlist-source-range: 10.0.0.0/8"),
            nginx("allowlist-source-range: '0.0.0.0/1,128.0.0.0/1'"),
            Risk::High,
            "opens",
        ),
        (
            "alb",
            ingress("alb.ingress.kubernetes.io/scheme: internal"),
            ingress("alb.ingress.kubernetes.io/scheme: internet-facing"),
            Risk::High,
            "open to the internet",
        ),
        (
            "login gone",
            nginx("auth-url: 'https://a.example.org'"),
            ingress(""),
            Risk::High,
            "lifts a protection",
        ),
        (
            "firewall off",
            nginx("enable-modsecurity: 'true'"),
            nginx("enable-modsecurity: 'false'"),
            Risk::High,
            "true → false",
        ),
        (
            "snippet",
            ingress(""),
            nginx("configuration-snippet: 'return 200;'"),
            Risk::High,
            "configuration-snippet",
        ),
        (
            "size of a body",
            nginx("proxy-body-size: 8m"),
            nginx("proxy-body-size: 16m"),
            Risk::Medium,
            "8m → 16m",
        ),
        (
            "dns",
            annotated("Service", "external-dns.alpha.kubernetes.io/hostname: a.example.org"),
            annotated("Service", "external-dns.alpha.kubernetes.io/hostname: b.example.org"),
            Risk::Medium,
            "hostname",
        ),
        (
            "bookkeeping",
            object("Deployment", ", labels: {app.kubernetes.io/version: '1'}", ""),
            object("Deployment", ", labels: {app.kubernetes.io/version: '2'}", ""),
            Risk::Low,
            "tags",
        ),
        (
            "role of the cloud",
            account("arn:aws:iam::1:role/read"),
            account("arn:aws:iam::1:role/write"),
            Risk::Medium,
            "role/write",
        ),
        ("pods less safe", enforce("restricted"), enforce("baseline"), Risk::High, "restricted → baseline"),
        ("pods unsafe", NONE, enforce("privileged"), Risk::High, "privileged"),
        ("pods safer", enforce("baseline"), enforce("restricted"), Risk::Medium, "baseline → restricted"),
        ("an unknown label of a namespace", namespace("a: b"), namespace("a: c"), Risk::Medium, "b → c"),
    ]);
}

#[test]
fn administrators() {
    let binding = |role: &str, subject: &str| {
        object(
            "ClusterRoleBinding",
            "",
            &format!("roleRef: {{kind: ClusterRole, name: {role}}}\nsubjects: [{subject}]"),
        )
    };
    let role = |rule: &str| object("ClusterRole", "", &format!("rules: [{rule}]"));
    let developers = "{kind: Group, name: developers}";
    check(&[
        (
            "bound",
            NONE,
            binding("cluster-admin", developers),
            Risk::High,
            "binds cluster-admin to Group developers",
        ),
        (
            "one more",
            binding("admin", developers),
            binding("admin", &format!("{developers}, {{kind: ServiceAccount, namespace: ci, name: bot}}")),
            Risk::High,
            "binds admin to ServiceAccount ci/bot",
        ),
        ("of the platform", NONE, binding("platform-admins", developers), Risk::High, "platform-admins"),
        ("viewers", NONE, binding("view", developers), Risk::Medium, "iam"),
        (
            "everybody",
            NONE,
            binding("view", "{kind: Group, name: 'system:unauthenticated'}"),
            Risk::High,
            "system:unauthenticated",
        ),
        (
            "everything",
            NONE,
            role("{apiGroups: ['*'], resources: ['*'], verbs: ['*']}"),
            Risk::High,
            "on every resource",
        ),
        (
            "everything by name",
            NONE,
            role("{apiGroups: ['*'], resources: ['*'], verbs: [get, delete]}"),
            Risk::High,
            "on every resource",
        ),
        (
            "impersonation",
            NONE,
            role("{apiGroups: [''], resources: [users], verbs: [impersonate]}"),
            Risk::High,
            "impersonate on users",
        ),
        ("pods", NONE, role("{apiGroups: [''], resources: [pods], verbs: [get]}"), Risk::Medium, "iam"),
    ]);
}

#[test]
fn workloads_on_the_host() {
    check(&[
        ("plain", NONE, pods("", ""), Risk::Low, "is added"),
        (
            "privileged",
            NONE,
            pods("", ", securityContext: {privileged: true}"),
            Risk::High,
            "container a runs privileged",
        ),
        (
            "later",
            pods("", ""),
            pods("", ", securityContext: {privileged: true}"),
            Risk::High,
            "runs privileged",
        ),
        ("network", NONE, pods("hostNetwork: true, ", ""), Risk::High, "hostNetwork"),
        (
            "socket",
            NONE,
            pods("volumes: [{name: s, hostPath: {path: /run/docker.sock}}], ", ""),
            Risk::High,
            "/run/docker.sock",
        ),
        (
            "capability",
            NONE,
            pods("", ", securityContext: {capabilities: {add: [CAP_SYS_ADMIN]}}"),
            Risk::High,
            "SYS_ADMIN",
        ),
        (
            "low ports",
            NONE,
            pods("", ", securityContext: {capabilities: {add: [NET_BIND_SERVICE]}}"),
            Risk::Low,
            "is added",
        ),
        ("root", NONE, pods("securityContext: {runAsUser: 0}, ", ""), Risk::High, "runs as root"),
        (
            "may be root",
            pods("", ", securityContext: {runAsNonRoot: true}"),
            pods("", ""),
            Risk::High,
            "runAsNonRoot",
        ),
        (
            "rights",
            pods("", ", securityContext: {allowPrivilegeEscalation: false}"),
            pods("", ", securityContext: {allowPrivilegeEscalation: true}"),
            Risk::High,
            "allowPrivilegeEscalation",
        ),
        ("image", pods("", ""), pods("", "").replace("a:1", "a:2"), Risk::Medium, "image a:1 → a:2"),
    ]);
}

#[test]
fn ways_in() {
    let service = |spec: &str| object("Service", "", &format!("spec: {{{spec}}}"));
    let internal = object(
        "Service",
        ", annotations: {service.beta.kubernetes.io/azure-load-balancer-internal: 'true'}",
        "spec: {type: LoadBalancer}",
    );
    let policy = |spec: &str| object("NetworkPolicy", "", &format!("spec: {{podSelector: {{}}, {spec}}}"));
    let limited = policy("policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {a: b}}}]}]");
    check(&[
        ("inside", NONE, service("type: ClusterIP"), Risk::Low, "is added"),
        ("balancer", NONE, service("type: LoadBalancer"), Risk::High, "from everywhere"),
        (
            "becomes one",
            service("type: ClusterIP"),
            service("type: LoadBalancer"),
            Risk::High,
            "ClusterIP → LoadBalancer",
        ),
        ("kept inside", NONE, internal.clone(), Risk::Medium, "internal"),
        ("no longer inside", internal, service("type: LoadBalancer"), Risk::High, "open to the internet"),
        (
            "for some",
            NONE,
            service("type: LoadBalancer, loadBalancerSourceRanges: [198.51.100.0/24]"),
            Risk::Medium,
            "198.51.100.0/24",
        ),
        (
            "for all",
            service("type: LoadBalancer, loadBalancerSourceRanges: [198.51.100.0/24]"),
            service("type: LoadBalancer"),
            Risk::High,
            "from everywhere",
        ),
        ("node port", NONE, service("type: NodePort"), Risk::Medium, "NodePort"),
        ("policy gone", limited.clone(), NONE, Risk::High, "comes in"),
        (
            "policy opened",
            limited.clone(),
            policy("policyTypes: [Ingress], ingress: [{}]"),
            Risk::High,
            "ingress to everybody",
        ),
        (
            "policy for an address",
            limited.clone(),
            policy("policyTypes: [Ingress], ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]"),
            Risk::High,
            "0.0.0.0/0",
        ),
        (
            "no longer limited",
            policy("policyTypes: [Ingress, Egress]"),
            policy("policyTypes: [Ingress]"),
            Risk::High,
            "Egress no longer limited",
        ),
        ("new policy", NONE, limited, Risk::Medium, "security-groups"),
        (
            "cilium",
            NONE,
            object("CiliumNetworkPolicy", "", "spec: {ingress: [{fromEntities: [world]}]}"),
            Risk::High,
            "world",
        ),
    ]);
}
