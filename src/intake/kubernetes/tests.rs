//! Worked cases, and every changed field of a slow diff accounted for.

use std::collections::BTreeMap;
use std::path::{Path as File, PathBuf};

use super::*;
use crate::intake::tree::Value;
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
    assert_eq!(read("a: 1\na: 2\n"), "k/a.yaml:2:1: the key `a` stands twice in this table");
    assert_eq!(
        read("---\nfoo: 1\n"),
        "k/a.yaml:2: this document is no Kubernetes object, expected `apiVersion` and `kind`"
    );
    assert_eq!(
        read("apiVersion: v1\nkind: Pod\nmetadata: {}\n"),
        "k/a.yaml:1: this Pod has no `metadata.name`"
    );
    assert!(Manifests::read("x", &[]).unwrap_err().to_string().contains("no Kubernetes object"));
}

// ---- the slow diff: flatten both sides and compare leaf by leaf, with names of its own finding.

/// Leaves by path; elements of lists go by a name that is the same on both sides, else by position.
fn flatten(old: &Value, new: &Value) -> (BTreeMap<String, String>, BTreeMap<String, String>) {
    let (mut left, mut right) = (BTreeMap::new(), BTreeMap::new());
    walk(String::new(), Some(old), Some(new), &mut left, &mut right);
    (left, right)
}

fn element_names(list: &[Value], field: &str) -> Vec<String> {
    const PAIRS: &[(&str, &[&str])] = &[
        ("ports", &["containerPort", "port", "protocol"]),
        ("volumeMounts", &["mountPath"]),
        ("rules", &["host"]),
        ("subjects", &["kind", "namespace", "name"]),
        ("paths", &["path", "pathType"]),
        ("items", &["key"]),
        ("hostAliases", &["ip"]),
        ("topologySpreadConstraints", &["topologyKey", "whenUnsatisfiable"]),
    ];
    let fields = PAIRS.iter().find(|(name, _)| *name == field).map_or(&["name"][..], |(_, fields)| fields);
    list.iter()
        .map(|item| fields.iter().filter_map(|f| item.get(f)?.as_key()).collect::<Vec<_>>().join("/"))
        .collect()
}

fn walk(
    path: String,
    old: Option<&Value>,
    new: Option<&Value>,
    left: &mut BTreeMap<String, String>,
    right: &mut BTreeMap<String, String>,
) {
    let field = path.rsplit('/').next().unwrap_or_default().to_owned();
    let lists = [old, new].into_iter().flatten().all(|value| matches!(value, Value::List(_)));
    if let (true, Some(a), Some(b)) = (lists, old, new) {
        let (a, b) = (a.items(), b.items());
        let scalars = |l: &[Value]| l.iter().all(|v| !matches!(v, Value::List(_) | Value::Map(_)));
        let unique = |names: &[String]| {
            let mut sorted = names.to_vec();
            sorted.sort();
            sorted.dedup();
            sorted.len() == names.len() && !names.iter().any(String::is_empty)
        };
        let debug = |l: &[Value]| l.iter().map(|v| format!("{v:?}")).collect::<Vec<_>>();
        let (names_a, names_b) = if scalars(a) && scalars(b) {
            (debug(a), debug(b))
        } else {
            (element_names(a, &field), element_names(b, &field))
        };
        if unique(&names_a) && unique(&names_b) {
            let mut all = names_a.clone();
            all.extend(names_b.iter().filter(|n| !names_a.contains(n)).cloned());
            for name in all {
                let at = |names: &[String], l: &[Value]| {
                    names.iter().position(|n| *n == name).map(|i| l[i].clone())
                };
                walk(
                    format!("{path}/{name}"),
                    at(&names_a, a).as_ref(),
                    at(&names_b, b).as_ref(),
                    left,
                    right,
                );
            }
        } else {
            for (i, j) in crate::intake::tree::align::aligned(a, b) {
                let at = format!("{path}/{}-{i:?}{j:?}", j.or(i).unwrap());
                walk(at, i.map(|i| &a[i]), j.map(|j| &b[j]), left, right);
            }
        }
        return;
    }
    if let (Some(Value::Map(a)), Some(Value::Map(b))) = (old, new) {
        let mut keys: Vec<&String> = a.keys().chain(b.keys()).collect();
        keys.sort();
        keys.dedup();
        for key in keys {
            walk(format!("{path}/{key}"), a.get(key), b.get(key), left, right);
        }
        return;
    }
    for (side, value) in [(left, old), (right, new)] {
        if let Some(value) = value {
            spread(path.clone(), value, side);
        }
    }
}

fn spread(path: String, value: &Value, into: &mut BTreeMap<String, String>) {
    match value {
        Value::Map(entries) if !entries.is_empty() => {
            entries.iter().for_each(|(key, value)| spread(format!("{path}/{key}"), value, into));
        }
        Value::List(items) if !items.is_empty() => {
            items.iter().enumerate().for_each(|(i, value)| spread(format!("{path}/{i}"), value, into));
        }
        _ => {
            into.insert(path, format!("{value:?}"));
        }
    }
}

/// How many values differ: at one path, with a value on both sides or on one.
fn n_slow(old: &Value, new: &Value) -> usize {
    let (left, right) = flatten(old, new);
    let changed = left.iter().filter(|(path, value)| right.get(*path) != Some(value)).count();
    changed + right.keys().filter(|path| !left.contains_key(*path)).count()
}

/// Each changed object of a pair says or counts as many values as the slow diff finds.
fn account(what: &str, old: &Manifests, new: &Manifests) -> usize {
    let comparison = compare(old, new);
    let texts = describe(&evidence(old, new));
    let mut n_fields = 0;
    for (change, text) in comparison.changes.iter().zip(&texts) {
        let (Some(before), Some(after)) = (&change.old, &change.new) else { continue };
        let n_orders =
            change.fields.iter().filter(|field| field.path.last_key() == crate::intake::tree::ORDER).count();
        let n = n_slow(&before.value, &after.value);
        if !says_nothing(&before.value) && !says_nothing(&after.value) {
            assert_eq!(text.shown.len() + text.n_more, n + n_orders, "{what}: {}", text.text);
        }
        let mut counted = 0;
        for (at, _) in text.text.match_indices("and ") {
            let rest = &text.text[at + 4..];
            if let Some((number, tail)) = rest.split_once(' ')
                && tail.starts_with("more")
            {
                counted += number.parse::<usize>().unwrap();
            }
        }
        assert_eq!(counted, text.n_more, "{what}: {}", text.text);
        n_fields += n;
    }
    let same = old
        .objects
        .iter()
        .filter(|(id, object)| new.objects.get(id).is_some_and(|other| other.value == object.value));
    assert!(same.count() <= comparison.n_same, "{what}");
    n_fields
}

/// Whether a value holds what means as much as leaving it out, which the slow diff knows nothing of.
fn says_nothing(value: &Value) -> bool {
    value.leaves().iter().any(|(path, leaf)| super::meaning::is_nothing(path, leaf, true))
}

fn files(folder: &File) -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<(String, Vec<u8>)> = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.path().extension().is_some_and(|e| e == "yaml" || e == "yml"))
        .map(|entry| {
            let path = entry.path().strip_prefix(folder).unwrap().to_string_lossy().into_owned();
            (path, std::fs::read(entry.path()).unwrap())
        })
        .collect();
    found.sort();
    found
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn every_field_of_the_corpus_is_said_or_counted() {
    let corpus = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/k8s");
    if !corpus.is_dir() {
        eprintln!("skipped: the corpus is not beside this checkout: nothing compared");
        return;
    }
    for (old, new) in [
        ("examples-guestbook-before", "examples-guestbook-after"),
        ("ingress-nginx-deploy-4.6.0", "ingress-nginx-deploy-4.8.0"),
        ("microservices-demo-v0.8.0", "microservices-demo-v0.10.5"),
    ] {
        let read = |name: &str| Manifests::read(name, &files(&corpus.join(name))).unwrap();
        let n_fields = account(old, &read(old), &read(new));
        assert!(n_fields > 0, "{old}: {n_fields}");
    }
}

/// Real manifests with bytes changed, cut and doubled: read or refused, never a panic, and never more said than is.
#[test]
fn mutated_manifests_are_read_or_refused() {
    let good = format!("{API}---\n{}", API.replace("name: api,", "name: web,"));
    let before = read(&good);
    let mut seed = 7u64;
    let mut next = |limit: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % limit
    };
    let (mut n_read, mut n_differing) = (0, 0);
    for _ in 0..3_000 {
        let mut bytes = good.clone().into_bytes();
        for _ in 0..=next(3) {
            let at = next(bytes.len());
            match next(4) {
                0 => bytes[at] = b" \n:-{}[]&*!0a'\""[next(15)],
                1 => drop(bytes.remove(at)),
                2 => bytes.truncate(at.max(1)),
                _ => bytes.insert(at, bytes[next(bytes.len())]),
            }
        }
        let files = [("a.yaml".to_owned(), bytes)];
        let Ok(after) = Manifests::read("a", &files) else { continue };
        n_read += 1;
        account("mutated", &before, &after);
        n_differing += usize::from(!compare(&before, &after).changes.is_empty());
    }
    assert!(n_read > 500 && n_differing > 400, "{n_read} {n_differing}");
}

proptest::proptest! {
    /// Any two objects: what the sentences say and count is what the slow diff finds.
    #[test]
    fn every_field_of_any_pair_is_said_or_counted(seeds in proptest::collection::vec(0u8..40, 1..60)) {
        let object = |seeds: &[u8]| {
            let mut text = "apiVersion: v1\nkind: Thing\nmetadata: {name: x}\nspec:\n  fixed: 1\n".to_owned();
            let mut seen = Vec::new();
            for seed in seeds {
                if !seen.contains(&(seed % 10)) {
                    seen.push(seed % 10);
                    text.push_str(&match seed / 10 {
                        0 => format!("  k{}: {seed}\n", seed % 10),
                        1 => format!("  k{}: {{a: {seed}, b: [x, y{seed}]}}\n", seed % 10),
                        2 => format!("  k{}: [{{name: n, v: {seed}}}, {{name: m{seed}}}]\n", seed % 10),
                        _ => format!("  k{}: [{seed}, 1, 1]\n", seed % 10),
                    });
                }
            }
            read(&text)
        };
        let half = seeds.len() / 2;
        account("any", &object(&seeds[..half]), &object(&seeds[half..]));
    }
}
