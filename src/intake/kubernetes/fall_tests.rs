//! What an operator would say of what goes down, is refused, or is no longer asked.

use super::FactKind;
use super::risk_tests::{NONE, check, object};
use crate::record::Risk;

#[test]
fn what_goes_down_or_is_refused() {
    let replicas = |n: u8| object("Deployment", "", &format!("spec: {{replicas: {n}}}"));
    let of = |kind: &str, spec: &str| object(kind, "", &format!("spec: {{{spec}}}"));
    let selector = |label: &str| of("Deployment", &format!("selector: {{matchLabels: {{app: {label}}}}}"));
    let claims = |size: &str| {
        of(
            "StatefulSet",
            &format!(
                "volumeClaimTemplates: [{{metadata: {{name: d}}, spec: {{resources: {{requests: {{storage: {size}}}}}}}}}]"
            ),
        )
    };
    let job = |image: &str| {
        of("Job", &format!("template: {{spec: {{containers: [{{name: a, image: '{image}'}}]}}}}"))
    };
    check(&[
        ("more", replicas(2), replicas(3), Risk::Low, "replicas 2 → 3"),
        ("fewer", replicas(3), replicas(1), Risk::Medium, "scaling (medium): Deployment x: replicas 3 → 1"),
        ("none", replicas(3), replicas(0), Risk::High, "replicas 3 → 0"),
        (
            "autoscaler",
            of("HorizontalPodAutoscaler", "minReplicas: 3"),
            of("HorizontalPodAutoscaler", "minReplicas: 1"),
            Risk::Medium,
            "3 → 1",
        ),
        (
            "budget",
            of("PodDisruptionBudget", "minAvailable: '50%'"),
            of("PodDisruptionBudget", "minAvailable: '20%'"),
            Risk::Medium,
            "50% → 20%",
        ),
        (
            "retention",
            of("Prometheus", "retention: 30d"),
            of("Prometheus", "retention: 7d"),
            Risk::Medium,
            "scaling (medium): Prometheus x: retention 30d → 7d",
        ),
        (
            "selector",
            selector("a"),
            selector("b"),
            Risk::High,
            "selector cannot be changed, the API rejects it",
        ),
        ("claims", claims("10Gi"), claims("20Gi"), Risk::High, "volumeClaimTemplates cannot be changed"),
        ("job", job("a:1"), job("a:2"), Risk::Medium, "template cannot be changed"),
        (
            "address",
            of("Service", "clusterIP: 10.0.0.1"),
            of("Service", "clusterIP: 10.0.0.2"),
            Risk::High,
            "clusterIP cannot be changed",
        ),
        (
            "volume",
            of("PersistentVolume", "persistentVolumeReclaimPolicy: Retain"),
            of("PersistentVolume", "persistentVolumeReclaimPolicy: Delete"),
            Risk::High,
            "Retain → Delete",
        ),
        ("namespace", object("Namespace", "", ""), NONE, Risk::High, "with everything in it"),
    ]);
}

#[test]
fn what_the_cluster_accepts() {
    let webhook = |policy: &str, more: &str| {
        object(
            "ValidatingWebhookConfiguration",
            "",
            &format!(
                "webhooks: [{{name: w.example.org, failurePolicy: {policy}, rules: [{{resources: [pods]}}]{more}}}]"
            ),
        )
    };
    let versions = |served: bool| {
        object(
            "CustomResourceDefinition",
            "",
            &format!("spec: {{versions: [{{name: v1, served: true}}, {{name: v1beta1, served: {served}}}]}}"),
        )
    };
    let rule =
        |action: &str| object("ClusterPolicy", "", &format!("spec: {{validationFailureAction: {action}}}"));
    check(&[
        ("all pods", NONE, webhook("Fail", ""), Risk::High, "webhook w.example.org blocks"),
        (
            "some pods",
            NONE,
            webhook("Fail", ", namespaceSelector: {matchLabels: {a: b}}"),
            Risk::Medium,
            "cluster",
        ),
        ("may fail", NONE, webhook("Ignore", ""), Risk::Medium, "cluster"),
        ("no longer asked", webhook("Fail", ""), webhook("Ignore", ""), Risk::High, "Fail → Ignore"),
        ("no longer enforced", rule("Enforce"), rule("Audit"), Risk::High, "Enforce → Audit"),
        ("version gone", versions(true), versions(false), Risk::High, "no longer serves version v1beta1"),
        ("kind gone", versions(true), NONE, Risk::High, "with every object of its kind"),
    ]);
}

#[test]
fn the_policy_knows_every_fact() {
    let names = schemars::schema_for!(FactKind).to_value().to_string();
    for word in crate::policy::KUBERNETES_FACTS {
        assert!(names.contains(&format!("\"{word}\"")), "{word}: {names}");
    }
}
