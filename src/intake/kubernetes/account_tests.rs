//! Every changed field of a slow diff accounted for, in real manifests, mutated ones and any pair.

use std::collections::BTreeMap;
use std::path::{Path as File, PathBuf};

use super::tests::{API, evidence, read};
use super::{Manifests, compare, describe};
use crate::intake::tree::Value;

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
