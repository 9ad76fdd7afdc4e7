//! What an upgrade says of itself, and what it leaves unsaid.

use super::tests::{chart, describe, found};
use super::{ValuesFile, compare};
use crate::policy::Policy;
use crate::record::Risk;

fn annotated(version: &str, changes: &str) -> super::Chart {
    let chart = format!(
        "apiVersion: v2\nname: shop\nversion: {version}\nannotations:\n  artifacthub.io/changes: |\n{changes}"
    );
    super::Chart::read("shop", &[("Chart.yaml".to_owned(), chart.into_bytes())]).unwrap()
}

#[test]
fn what_is_not_described_is_not_called_harmless() {
    let old = annotated("4.6.0", "    - a\n");
    let new = annotated("4.9.2", "    - Bump the image\n");
    let text = describe(&compare(&old, &new, &[]).unwrap());
    assert!(
        text.contains("- Changelog: only 4.9.2 is described; read the release notes of the others"),
        "{text}"
    );
    assert!(!text.contains("none in the changelog"), "{text}");
    // The next release is described as a whole.
    let text = describe(&compare(&annotated("4.9.1", "    - a\n"), &new, &[]).unwrap());
    assert!(text.contains("- Breaking changes: none in the changelog"), "{text}");
}

#[test]
fn headings_in_markup_and_other_files() {
    let log = "# Changelog\n\n## <small>1.2.2 (2024-12-03)</small>\n\n* Fix the probe\n\n## <small>1.2.1 (2024-11-14)</small>\n\n* Remove the ingress\n\nVersion 1.2.0\n-------------\n* old\n";
    let readme = "# Shop\n\n## Upgrading\n\n### To 1.2.2\n\nDelete the job first.\n";
    let (old, new) = (
        chart("1.2.1", "a: 1", &[]),
        chart("1.2.2", "a: 1", &[("NEWS.md", log), ("README.md", readme), ("UPGRADING.md", "Mind this.\n")]),
    );
    let comparison = compare(&old, &new, &[]).unwrap();
    let text = describe(&comparison);
    assert!(text.contains("- Bug fixes:\n  - 1.2.2: Fix the probe"), "{text}");
    assert!(text.contains("- Breaking changes:\n  - 1.2.2: Delete the job first."), "{text}");
    assert!(!text.contains("Remove the ingress"), "{text}");
    // It is a patch, and somebody has to look at it all the same.
    let found = found(&comparison, &Policy::builtin());
    assert_eq!(found.risk(), Some(Risk::Medium), "{:?}", found.reasons());
    assert!(found.reasons()[0].contains("shop 1.2.2: Delete the job first."), "{:?}", found.reasons());
}

#[test]
fn dependencies_in_all_that_is_said_of_them() {
    let with = |version: &str, dependency: &str| {
        let text = format!(
            "name: shop\nversion: {version}\ndependencies: [{{name: db, version: 1.0.0, {dependency}}}]\n"
        );
        super::Chart::read("shop", &[("Chart.yaml".to_owned(), text.into_bytes())]).unwrap()
    };
    for (before, after, said) in [
        ("condition: db.enabled", "condition: store.enabled", "db condition db.enabled → store.enabled"),
        ("tags: [a]", "tags: [a, b]", "db tags a → a, b"),
        ("repository: a", "repository: b", "db repository a → b"),
        ("alias: one", "alias: two", "two 1.0.0 added; one removed"),
    ] {
        let (old, new) = (with("1.0.0", before), with("1.0.1", after));
        let comparison = compare(&old, &new, &[]).unwrap();
        assert!(describe(&comparison).contains(said), "{}", describe(&comparison));
        assert_eq!(found(&comparison, &Policy::builtin()).risk(), Some(Risk::Medium), "{after}");
    }
}

#[test]
fn fewer_replicas_are_not_more_capacity() {
    for (before, after, risk) in [("2", "3", Risk::Low), ("3", "1", Risk::Medium)] {
        let values = |n: &str| format!("replicaCount: {n}\n");
        let (old, new) = (chart("1.0.0", &values(before), &[]), chart("1.0.0", &values(after), &[]));
        let found = found(&compare(&old, &new, &[]).unwrap(), &Policy::builtin());
        assert_eq!(found.risk(), Some(risk), "{:?}", found.reasons());
        assert!(
            found.reasons()[0].contains(&format!("replicaCount {before} → {after}")),
            "{:?}",
            found.reasons()
        );
    }
}

#[test]
fn other_files_and_keys_that_stand_twice() {
    let old = chart("1.0.0", "a: {b: 1}", &[("files/x.conf", "1"), ("values.schema.json", "{}")]);
    let new =
        chart("1.0.1", "a: {b: 1}\na: {c: 2}\n", &[("files/x.conf", "2"), ("values.schema.json", "[]")]);
    let set = ValuesFile::read(&[("values.yaml".to_owned(), b"a: {b: 2}\na: {b: 3}\n".to_vec())]);
    let text = describe(&compare(&old, &new, &set).unwrap());
    for said in [
        "values.yaml, line 2: a stands twice, and Helm takes the last one",
        "Other files: 1 changed (files/x.conf)",
        "values.schema.json differs",
        "a.b removed (1)",
        "a.c added (2)",
        "a.b in values.yaml",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
}
