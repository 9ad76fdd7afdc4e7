//! Two ways to write the same, and the least that is said of what is not.

use super::Evidence;
use super::tests::{API, evidence, read, risks, sentences};
use crate::policy::Policy;

/// A Deployment with more in its metadata and its pod.
fn deployment(metadata: &str, spec: &str, container: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: api{metadata}}}\nspec: {{{spec}selector: {{matchLabels: {{app: a}}}}, template: {{metadata: {{labels: {{app: a}}}}, spec: {{containers: [{{name: a, image: 'a:1'{container}}}]}}}}}}\n"
    )
}

#[test]
fn what_means_the_same_is_no_change() {
    let plain = deployment("", "", "");
    for other in [
        deployment(", annotations: {}, labels: null", "replicas: null, ", ", resources: {}"),
        deployment(
            ", annotations: {kubectl.kubernetes.io/last-applied-configuration: '{}'}",
            "",
            ", env: []",
        ),
        deployment(
            ", uid: x, generation: 4",
            "revisionHistoryLimit: 10, ",
            ", terminationMessagePolicy: File",
        ),
        deployment("", "strategy: {rollingUpdate: {}}, ", ", securityContext: {capabilities: {add: []}}"),
    ] {
        assert!(sentences(&plain, &other).is_empty(), "{other}");
        assert!(sentences(&other, &plain).is_empty(), "{other}");
        assert_eq!(
            evidence(&read(&plain), &read(&other)).digest,
            evidence(&read(&plain), &read(&plain)).digest
        );
    }
    let resources = |cpu: &str, memory: &str| {
        deployment("", "", &format!(", resources: {{limits: {{cpu: {cpu}, memory: {memory}}}}}"))
    };
    assert!(sentences(&resources("1000m", "2048Mi"), &resources("1", "2Gi")).is_empty());
    assert!(sentences(&resources("'0.5'", "1e9"), &resources("500m", "1G")).is_empty());
    assert_eq!(
        sentences(&resources("1000m", "2G"), &resources("1", "2Gi")),
        ["Deployment api: memory limit 2G → 2Gi"]
    );
    let ports = |port: &str| deployment("", "", &format!(", ports: [{{containerPort: 80{port}}}]"));
    assert!(sentences(&ports(""), &ports(", protocol: TCP")).is_empty());
    assert_eq!(sentences(&ports(""), &ports(", protocol: UDP")).len(), 1);
}

#[test]
fn what_a_server_filled_in_is_no_change() {
    let service = |metadata: &str, spec: &str, port: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: s{metadata}}}\nspec: {{{spec}ports: [{{port: 80{port}}}]}}\n"
        )
    };
    let live = service(
        ", uid: x",
        "clusterIP: 10.0.0.4, clusterIPs: [10.0.0.4], type: ClusterIP, ",
        ", targetPort: 80",
    );
    assert!(sentences(&live, &service("", "", "")).is_empty());
    // Somebody who writes an address means it.
    assert_eq!(sentences(&service("", "", ""), &service("", "clusterIP: 10.0.0.4, ", "")).len(), 1);
    assert_eq!(
        sentences(&service("", "", ""), &service(", annotations: {a/b: c}", "", "")),
        ["Service s: annotation a/b added (c)"]
    );
}

#[test]
fn a_fact_shows_no_secret() {
    let ingress = |annotations: &str| {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: i, annotations: {{{annotations}}}}}\n"
        )
    };
    for annotation in ["example.org/auth-token: planted", "x/auth-url: 'https://a:planted@b'"] {
        let evidence = evidence(&read(&ingress(annotation)), &read(&ingress("")));
        let reasons = evidence.found(&Policy::builtin()).reasons().join(" ");
        let written = serde_json::to_string(&evidence).unwrap();
        assert!(reasons.contains("lifts a protection"), "{reasons}");
        assert!(!format!("{reasons}{written}").contains("planted"), "{reasons} {written}");
    }
}

#[test]
fn what_is_empty_may_still_choose() {
    let policy = |from: &str| {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p}}\nspec: {{podSelector: {{}}, ingress: [{from}]}}\n"
        )
    };
    assert_eq!(
        sentences(&policy("{from: [{podSelector: {}}]}"), &policy("{from: [{namespaceSelector: {}}]}")).len(),
        1
    );
    let volume = |volume: &str| {
        deployment("", "", "")
            .replace("containers:", &format!("volumes: [{{name: v, {volume}}}], containers:"))
    };
    assert_eq!(sentences(&volume("emptyDir: {}"), &volume("configMap: {name: c}")).len(), 1);
    let custom = |spec: &str| {
        format!("apiVersion: example.org/v1\nkind: Issuer\nmetadata: {{name: i}}\nspec: {spec}\n")
    };
    assert_eq!(sentences(&custom("{selfSigned: {}}"), &custom("{}")).len(), 1);
}

#[test]
fn an_element_put_in_front_is_one_addition() {
    let rules = |rules: &str| {
        format!(
            "apiVersion: example.org/v1\nkind: Rules\nmetadata: {{name: r}}\nspec: {{rules: [{rules}]}}\n"
        )
    };
    let (a, b) = ("{match: x, to: a}", "{match: y, to: b}");
    assert_eq!(
        sentences(&rules(&format!("{a}, {b}")), &rules(&format!("{{match: z, to: a}}, {a}, {b}"))),
        ["Rules r: `rules[0]` added (match z, to a)"]
    );
    assert_eq!(
        sentences(&rules(&format!("{a}, {b}")), &rules(&format!("{a}, {{match: y, to: c}}"))),
        ["Rules r: `rules[1].to` b → c"]
    );
}

#[test]
fn a_name_that_stands_twice_is_told_by_its_number() {
    let env = |level: &str| {
        deployment(
            "",
            "",
            &format!(
                ", env: [{{name: DB, value: main}}, {{name: LOG, value: {level}}}, {{name: DB, value: other}}]"
            ),
        )
    };
    assert_eq!(
        sentences(&env("info"), &env("debug")),
        ["Deployment api: env LOG info → debug; env DB stands twice, and the last one counts"]
    );
}

#[test]
fn a_generated_name_is_one_object() {
    let state = |hash: &str, level: &str, kind: &str| {
        format!(
            "apiVersion: v1\nkind: {kind}\nmetadata: {{name: app-env-{hash}}}\ndata: {{LEVEL: {level}}}\n---\n{}",
            deployment("", "", &format!(", envFrom: [{{ref: {{name: app-env-{hash}}}}}]"))
        )
    };
    let (old, new) = (state("5hchgdk59b", "info", "ConfigMap"), state("2tk7mfc8h4", "debug", "ConfigMap"));
    assert_eq!(
        sentences(&old, &new),
        ["ConfigMap `app-env-*`: data.LEVEL info → debug; used by Deployment api"]
    );
    assert_eq!(risks(&old, &new), ["configuration (medium): ConfigMap `app-env-*`: data.LEVEL info → debug"]);
    // Another hash of the same content is no change at all.
    assert!(sentences(&old, &state("2tk7mfc8h4", "info", "ConfigMap")).is_empty());
    let secret =
        sentences(&state("5hchgdk59b", "aW5mbw==", "Secret"), &state("2tk7mfc8h4", "ZGVidWc=", "Secret"));
    assert_eq!(secret, ["Secret `app-env-*`: data.LEVEL changed (value hidden); used by Deployment api"]);
}

#[test]
fn evidence_is_the_same_in_any_order_and_says_nothing_of_a_verdict() {
    let service =
        "\n---\napiVersion: v1\nkind: Service\nmetadata: {name: api}\nspec: {ports: [{port: 80}]}\n";
    let new = format!("{}{service}", API.replace("replicas: 3", "replicas: 5"));
    let one = evidence(&read(API), &read(&new));
    assert_eq!(one.headline(), "1 object changed, 1 added");
    assert_eq!(one.touched().collect::<Vec<_>>(), ["Deployment/api", "Service/api"]);
    let mut other = one.clone();
    other.objects.reverse();
    other.paths = vec!["elsewhere.yaml".to_owned()];
    assert!(one.same(&other));
    other.objects.pop();
    assert!(!one.same(&other));
    let written = serde_json::to_string(&one).unwrap();
    assert!(!written.contains("risk") && !written.contains("null"), "{written}");
    let with_verdict = written.replacen('{', "{\"risk\":\"low\",", 1);
    assert!(serde_json::from_str::<Evidence>(&with_verdict).is_err());
    let equal = evidence(&read(API), &read(API));
    assert_eq!(
        (equal.headline().as_str(), equal.found(&Policy::builtin()).risk()),
        ("0 objects changed", None)
    );
}
