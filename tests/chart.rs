//! `chart`: what goes into the record, and nothing else.

use std::process::Command;

use crate::support::Fixture;

fn write_chart(book: &Fixture, folder: &str, version: &str, values: &str) {
    let chart = format!(
        "apiVersion: v2\nname: shop\nversion: {version}\nappVersion: '1.0'\nannotations:\n  artifacthub.io/changes: |\n    - kind: added\n      description: Rate limiting\n    - kind: fixed\n      description: A memory leak\n"
    );
    book.write(&format!("{folder}/Chart.yaml"), chart);
    book.write(&format!("{folder}/values.yaml"), values);
    book.write(&format!("{folder}/templates/a.yaml"), "kind: X\n");
}

/// A book whose history holds two versions of a chart.
fn with_task() -> Fixture {
    let mut book = Fixture::book();
    write_chart(&book, "charts/shop", "1.2.0", "replicas: 2\nport: 80\n");
    book.write("values/production.yaml", "port: 8080\n");
    book.person("ana").run(&["new", "helm", "Upgrade the shop", "--id", "INFRA-210", "--no-edit"]).expect(0);
    book.commit("INFRA-210: propose");
    write_chart(&book, "charts/shop", "1.3.0", "replicas: 3\n");
    book.commit("charts: shop 1.3.0");
    book
}

const PATH: &str = "tasks/INFRA-210.md";

#[test]
fn from_a_revision_a_version_and_a_packed_chart() {
    let book = with_task();
    let before = book.read(PATH);
    book.run(&["chart", "INFRA-210", "HEAD~1:charts/shop", "charts/shop"]).expect(0);
    let after = book.read(PATH);
    for part in [
        "### shop for production\n\nshop 1.2.0 → 1.3.0 (minor)\n\n- Changelog: only 1.3.0 is described; read the release notes of the others\n- New features:\n  - 1.3.0: Rate limiting\n- Bug fixes:\n  - 1.3.0: A memory leak\n",
        "  - port removed (80)\n",
        "- **Removed values that this repository sets:**\n  - port in values/production.yaml\n",
    ] {
        assert!(after.contains(part), "{part}: {after}");
    }
    let kept = |text: &str| {
        text.split("\n## ")
            .filter(|s| !s.starts_with("Changelog review"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(kept(&before), kept(&after), "other sections are as they were");
    let evidence = book.read("evidence/INFRA-210/production.json");
    assert!(
        evidence.contains("\"name\": \"shop\"") && evidence.contains("\"target\": \"1.3.0\""),
        "{evidence}"
    );
    assert_eq!(
        before.split("+++").nth(1),
        after.split("+++").nth(1),
        "no text of a machine's in the frontmatter"
    );
    book.run(&["chart", "INFRA-210", "1.2.0", "1.3.0"]).expect(0);
    assert_eq!(book.read(PATH), after, "versions in the history are the same charts");

    let run = book.run(&["chart", "INFRA-210", "1.2.0", "1.3.0", "--compare"]).expect(0);
    assert!(run.stdout.contains("this is the upgrade that is recorded in INFRA-210"), "{}", run.stdout);
    let run = book.run(&["chart", "INFRA-210", "1.3.0", "1.3.0", "--compare"]).expect(3);
    assert!(run.stdout.contains("recorded 1.2.0 → 1.3.0, given 1.3.0 → 1.3.0"), "{}", run.stdout);

    let pack = |folder: &str| {
        let status = Command::new("tar")
            .current_dir(&book.root)
            .args(["-czf", "shop-1.3.0.tgz", "-C", folder, "shop"])
            .status();
        assert!(status.unwrap().success());
    };
    pack("charts");
    book.run(&["chart", "INFRA-210", "1.2.0", "shop-1.3.0.tgz"]).expect(0);
    assert_eq!(book.read(PATH), after, "a packed chart is the same chart");
    let risk = book.show("INFRA-210");
    assert_eq!(risk["risk"], "high", "{}", risk["risk_reasons"]);
}

#[test]
fn refusals_leave_the_record_alone() {
    let book = with_task();
    write_chart(&book, "other", "2.0.0", "a: 1\n");
    book.replace("other/Chart.yaml", "name: shop", "name: other");
    book.write("bad.tgz", "no archive");
    let before = book.read(PATH);
    for (old, new, message) in [
        ("charts/shop", "other", "different charts"),
        ("values", "charts/shop", "values is not a chart: it does not have a Chart.yaml"),
        ("1.2.0", "charts/shop", "does not name its chart"),
        ("charts/shop", "bad.tgz", "not a packed chart"),
        ("charts/shop", "nowhere", "there is no file or folder"),
    ] {
        let run = book.run(&["chart", "INFRA-210", old, new]).expect(1);
        assert!(run.stderr.contains(message), "{old} {new}: {}", run.stderr);
        assert_eq!(book.read(PATH), before);
    }
    book.run(&["chart", "INFRA-210", "HEAD~1:charts/shop", "charts/shop"]).expect(0);
    let run = book.run(&["chart", "INFRA-210", "9.9.9", "1.3.0"]).expect(1);
    assert!(run.stderr.contains("does not have version 9.9.9 of the chart `shop`"), "{}", run.stderr);
}

#[test]
fn risk_explains_pairs_without_a_record() {
    let book = with_task();
    let chart = book.json(&["risk", "HEAD~1:charts/shop", "charts/shop"]);
    assert_eq!((&chart["risk"], &chart["chart"]["target"]), (&"high".into(), &"1.3.0".into()));
    book.write("k8s/a.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\nstringData: {k: planted}\n");
    let run = book.run(&["risk", "/dev/null", "k8s/a.yaml"]).expect(0);
    assert!(run.stdout.contains("Risk: high\n  secrets (high): Secret x is added"), "{}", run.stdout);
    assert!(!run.stdout.contains("planted"));
}

#[test]
fn risk_explains_pairs_without_a_book() {
    let place = Fixture::empty();
    write_chart(&place, "old/shop", "1.2.0", "port: 80\n");
    write_chart(&place, "new/shop", "1.2.1", "port: 80\n");
    let chart = place.json(&["risk", "old/shop", "new/shop"]);
    assert_eq!(
        (&chart["risk"], &chart["categories"]),
        (&"low".into(), &serde_json::json!(["patch-upgrade"]))
    );
    let deployment = |n: u8| {
        format!("apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: api}}\nspec: {{replicas: {n}}}\n")
    };
    place.write("old.yaml", deployment(3));
    place.write("new.yaml", deployment(5));
    let run = place.run(&["risk", "old.yaml", "new.yaml"]).expect(0);
    assert!(run.stdout.contains("Deployment api: replicas 3 → 5"), "{}", run.stdout);
    let run = place.run(&["risk", "main:k8s", "new.yaml"]).expect(1);
    assert!(run.stderr.contains("there is no book here, so no revision can be read"), "{}", run.stderr);
}
