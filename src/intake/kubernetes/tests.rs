//! Worked cases.

use super::*;
use crate::policy::Policy;
use crate::record::Risk;

pub(super) fn read(text: &str) -> Manifests {
    Manifests::read("test", &[("a.yaml".to_owned(), text.as_bytes().to_vec())]).unwrap()
}

pub(super) fn evidence(old: &Manifests, new: &Manifests) -> Evidence {
    let evidence = Evidence::of(&compare(old, new), new, vec!["k8s/a.yaml".to_owned()]);
    let written = serde_json::to_string_pretty(&evidence).unwrap();
    let read: Evidence = serde_json::from_str(&written).unwrap();
    assert_eq!(read, evidence, "{written}");
    evidence
}

pub(super) fn sentences(old: &str, new: &str) -> Vec<String> {
    describe(&evidence(&read(old), &read(new))).into_iter().map(|object| object.text).collect()
}

pub(super) fn risks(old: &str, new: &str) -> Vec<String> {
    evidence(&read(old), &read(new)).found(&Policy::builtin()).reasons()
}

pub(super) const API: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, labels: {team: core}}
spec:
  replicas: 3
  template:
    spec:
      containers:
        - name: api
          image: registry.example.org/api:1.4
          resources: {limits: {cpu: 500m, memory: 256Mi}}
          env:
            - {name: LOG_LEVEL, value: info}
            - {name: DB_PASSWORD, value: hunter2}
          args: [--port=8080, --verbose]
";

#[test]
fn the_api_deployment_of_card_6() {
    let new = API
        .replace("replicas: 3", "replicas: 5")
        .replace("cpu: 500m, memory: 256Mi", "cpu: '1', memory: 256Mi")
        .replace("          env:", "          readinessProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 5}\n          env:");
    assert_eq!(
        sentences(API, &new),
        [
            "Deployment api: replicas 3 → 5; readiness probe added (HTTP GET /healthz on port 8080, periodSeconds 5); cpu limit 500m → 1"
        ]
    );
    assert_eq!(
        risks(API, &new),
        [
            "configuration (medium): Deployment api: readiness probe added (HTTP GET /healthz on port 8080, periodSeconds 5), cpu limit 500m → 1",
            "capacity (low): Deployment api: replicas 3 → 5"
        ]
    );
}

#[test]
fn each_kind_of_change() {
    for (from, to, expected) in [
        ("api:1.4", "api:1.5", "image registry.example.org/api:1.4 → registry.example.org/api:1.5"),
        ("value: info", "value: debug", "env `LOG_LEVEL` info → debug"),
        ("value: hunter2", "value: hunter3", "env `DB_PASSWORD` changed (value hidden)"),
        ("            - {name: LOG_LEVEL, value: info}\n", "", "env `LOG_LEVEL` removed (value info)"),
        (
            "--port=8080, --verbose",
            "--port=9090, --verbose",
            "args `--port=8080` removed; args `--port=9090` added",
        ),
        ("--port=8080, --verbose", "--verbose, --port=8080", "args in another order"),
        ("team: core", "team: edge", "label team core → edge"),
        ("memory: 256Mi", "memory: 256M", "memory limit 256Mi → 256M"),
        ("replicas: 3", "replicas: '3'", "replicas 3 (number) → 3 (text)"),
        ("  replicas: 3\n", "", "replicas removed (3)"),
        (
            "        - name: api\n",
            "        - name: api\n          command: [--token=abcdef]\n",
            "command added (`[0]` (hidden))",
        ),
    ] {
        assert_eq!(
            sentences(API, &API.replacen(from, to, 1)),
            [format!("Deployment api: {expected}")],
            "{to}"
        );
    }
}

/// | list | what a change of its order is |
/// | --- | --- |
/// | of a kind nobody knows (servers asked one after the other) | a change |
/// | verbs of a role | none: a set |
#[test]
fn the_order_of_an_unknown_list_may_mean_something() {
    let object = |list: &str| {
        format!(
            "apiVersion: example.org/v1\nkind: Resolver\nmetadata: {{name: r}}\nspec: {{servers: {list}}}\n"
        )
    };
    let role = |verbs: &str| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {{name: r}}\nrules: [{{apiGroups: [''], resources: [pods], verbs: {verbs}}}]\n"
        )
    };
    assert_eq!(sentences(&object("[a, b]"), &object("[b, a]")), ["Resolver r: servers in another order"]);
    assert_eq!(
        sentences(&object("[{name: a}, {name: b}]"), &object("[{name: b}, {name: a}]")),
        ["Resolver r: servers in another order"]
    );
    assert!(sentences(&role("[get, list]"), &role("[list, get]")).is_empty());
}

#[test]
fn objects_come_go_and_keep_their_identity() {
    let service = "\n---\napiVersion: v1\nkind: Service\nmetadata: {name: api, namespace: web}\nspec: {ports: [{port: 80, targetPort: 8080}]}\n";
    let both = format!("{API}{service}");
    assert_eq!(sentences(API, &both), ["Service web/api added"]);
    assert_eq!(sentences(&both, API), ["Service web/api removed"]);
    assert_eq!(risks(&both, API), ["destructive (high): Service web/api is removed"]);
    assert_eq!(risks(API, &both), ["new-resources (low): Service web/api is added"]);
    let more = both.replace("targetPort: 8080}", "targetPort: 8080}, {port: 443}");
    assert_eq!(sentences(&both, &more), ["Service web/api: `ports[443]` added (port 443)"]);
    let old_group = API.replace("apps/v1", "extensions/v1beta1");
    assert_eq!(sentences(&old_group, API), ["Deployment api: apiVersion extensions/v1beta1 → apps/v1"]);
}

#[test]
fn objects_of_one_name_are_told_apart() {
    let other = API.replace("1.4", "2.0");
    let twice = format!("{API}---{other}");
    assert_eq!(
        sentences(API, &twice),
        ["Deployment api (no. 2) added (3 replicas, image registry.example.org/api:2.0)"]
    );
    assert_eq!(
        sentences(&twice, &twice.replace("api:2.0", "api:2.1")),
        ["Deployment api (no. 2): image registry.example.org/api:2.0 → registry.example.org/api:2.1"]
    );
    let files = |b: &str| [("a.yaml".to_owned(), API.into()), ("b.yaml".to_owned(), b.as_bytes().to_vec())];
    let read = |b: &str| Manifests::read("x", &files(b)).unwrap();
    let said = describe(&evidence(&read(&other), &read(&other.replace("api:2.0", "api:2.1"))));
    assert!(said[0].text.starts_with("Deployment api (b.yaml): image"), "{}", said[0].text);
}

#[test]
fn what_a_server_writes_is_no_change() {
    let live = API.replace("metadata: {name: api,", "metadata: {name: api, uid: x, generation: 4, creationTimestamp: null, annotations: {deployment.kubernetes.io/revision: '3'},")
        + "status: {readyReplicas: 3}\n";
    assert_eq!(compare(&read(API), &read(&live)).changes, []);
}

#[test]
fn fewer_replicas_are_not_more_capacity() {
    assert_eq!(
        risks(API, &API.replace("replicas: 3", "replicas: 1")),
        ["scaling (medium): Deployment api: replicas 3 → 1"]
    );
    let labels = evidence(&read(API), &read(&API.replace("team: core", "team: edge")));
    let found = labels.found(&Policy::builtin());
    assert_eq!(found.risk(), Some(Risk::Low));
}

#[test]
fn secrets_are_never_shown() {
    let secret = |value: &str, plain: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: db}}\ndata: {{password: {value}}}\nstringData: {{user: {plain}, new-{plain}: x}}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata: {{copy: {plain}, url: 'postgres://a:{plain}@db/x'}}\n"
        )
    };
    let (old, new) =
        (read(&secret("cGxhbnRlZC1vbGQ=", "planted-one")), read(&secret("cGxhbnRlZC1uZXc=", "planted-two")));
    let comparison = compare(&old, &new);
    let evidence = evidence(&old, &new);
    let written = serde_json::to_string(&evidence).unwrap();
    let said =
        format!("{:?} {:?} {written}", describe(&evidence), evidence.found(&Policy::builtin()).reasons());
    // Names of keys are no secrets, and one of them holds the word; values are.
    let values = said.replace("new-planted-one", "").replace("new-planted-two", "");
    for planted in ["planted", "cGxhbnRlZC", "postgres"] {
        assert!(!values.contains(planted), "{planted}: {values}");
    }
    let other = compare(&old, &read(&secret("b3RoZXItdmFsdWU=", "planted-two")));
    assert_eq!(digest(&new, &comparison), digest(&new, &other), "no value is in the digest");
    assert_ne!(digest(&old, &compare(&old, &old)), digest(&new, &comparison));
}

#[test]
fn long_lists_are_counted() {
    let map = |n: usize| {
        let entries: String = (0..20).map(|i| format!("  k{i:02}: v{n}\n")).collect();
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n{entries}")
    };
    let said = describe(&evidence(&read(&map(1)), &read(&map(2)))).remove(0);
    assert!(said.text.ends_with("; and 8 more"), "{}", said.text);
    assert_eq!((said.shown.len(), said.n_more), (12, 8));
}

#[test]
fn bad_manifests_say_where() {
    let read = |text: &str| {
        Manifests::read("x", &[("k/a.yaml".to_owned(), text.as_bytes().to_vec())]).unwrap_err().to_string()
    };
    assert_eq!(read("a: 1\na: 2\n"), "k/a.yaml:2:1: the key `a` appears twice in this table");
    assert_eq!(
        read("---\nfoo: 1\n"),
        "k/a.yaml:2: this document is not a Kubernetes object, expected `apiVersion` and `kind`"
    );
    assert_eq!(
        read("apiVersion: v1\nkind: Pod\nmetadata: {}\n"),
        "k/a.yaml:1: this Pod does not have `metadata.name`"
    );
    assert!(
        Manifests::read("x", &[]).unwrap_err().to_string().contains("does not contain a Kubernetes object")
    );
}
