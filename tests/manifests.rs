//! `manifests`: what goes into the record, and nothing else.

use crate::support::{Fixture, say_skipped};

const BEFORE: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
spec:
  replicas: 3
  template:
    spec:
      containers:
        - name: api
          image: registry.example.org/api:1.4
          env:
            - name: DB_PASSWORD
              value: planted-in-env
---
apiVersion: v1
kind: Secret
metadata:
  name: db
stringData:
  password: planted-in-secret
";

fn with_task() -> Fixture {
    let mut book = Fixture::book();
    book.write("k8s/api/deployment.yaml", BEFORE);
    book.write("k8s/api/README.md", "no manifest\n");
    book.person("ana")
        .run(&["new", "kubernetes", "Update the API deployment", "--id", "INFRA-200", "--no-edit"])
        .expect(0);
    book.commit("INFRA-200: propose");
    book
}

fn change(book: &Fixture) {
    let after =
        BEFORE.replace("replicas: 3", "replicas: 5").replace("planted-in-secret", "planted-anew").replace(
            "          env:",
            "          readinessProbe:\n            httpGet: {path: /healthz, port: 8080}\n          env:",
        );
    book.write("k8s/api/deployment.yaml", after);
}

/// The lines of `new` that are not in `old`, and the other way round.
fn differing<'a>(old: &'a str, new: &'a str) -> (Vec<&'a str>, Vec<&'a str>) {
    let only =
        |a: &'a str, b: &str| a.lines().filter(|line| !b.lines().any(|other| other == *line)).collect();
    (only(new, old), only(old, new))
}

#[test]
fn card_6_from_a_revision_to_the_work_tree() {
    let book = with_task();
    change(&book);
    let path = "tasks/INFRA-200.md";
    let before = book.read(path);
    let run = book.run(&["manifests", "INFRA-200", "HEAD:k8s/api", "k8s/api"]).expect(0);
    assert!(
        run.stdout.contains(
            "Deployment api: replicas 3 → 5; readiness probe added (HTTP GET /healthz on port 8080)"
        ),
        "{}",
        run.stdout
    );
    let after = book.read(path);
    let (added, removed) = differing(&before, &after);
    assert_eq!(
        removed,
        ["_Each change to the objects: replicas, images, limits, probes._", "_The paths of the manifests._"]
    );
    assert_eq!(
        added,
        [
            "### production",
            "2 objects changed, 0 added, 0 removed, 0 unchanged",
            "- Deployment api: replicas 3 → 5; readiness probe added (HTTP GET /healthz on port 8080)",
            "- Secret db: stringData.password changed (value hidden)",
            "- `k8s/api/deployment.yaml`",
        ]
    );
    assert!(!after.contains("planted") && !run.stdout.contains("planted"), "a secret went out");

    assert_eq!(
        book.git(&["log", "-1", "--format=%s", "--name-only"]),
        format!("INFRA-200: manifests for production\n\nevidence/INFRA-200/production.json\n{path}")
    );
    assert_eq!(book.show("INFRA-200")["risk"], "high");

    let head = book.head();
    book.run(&["manifests", "INFRA-200", "HEAD:k8s/api", "k8s/api"]).expect(0);
    assert_eq!((book.read(path), book.head()), (after, head), "twice is once");
    let scope = book.show("INFRA-200")["scope"].clone();
    book.run(&["manifests", "INFRA-200", "HEAD:k8s/api", "k8s/api", "-e", "staging"]).expect(0);
    assert_eq!(book.show("INFRA-200")["scope"], scope, "what is not gated is no part of what is approved");
    book.run(&["manifests", "INFRA-200", "HEAD:k8s/api", "k8s/api", "--compare"]).expect(0);
    book.replace("k8s/api/deployment.yaml", "replicas: 5", "replicas: 6");
    book.run(&["manifests", "INFRA-200", "HEAD:k8s/api", "k8s/api", "--compare"]).expect(3);
    let both = book.read(path);
    assert!(
        both.contains("### production\n")
            && both.contains("## Deployment log\n\n### Manifests for staging\n"),
        "{both}"
    );
    assert!(book.root.join("evidence/INFRA-200/staging.json").exists());
}

#[test]
fn what_people_wrote_stays_and_print_writes_nothing() {
    let book = with_task();
    change(&book);
    let path = "tasks/INFRA-200.md";
    book.replace(
        path,
        "_Each change to the objects: replicas, images, limits, probes._",
        "More pods for the sale.",
    );
    let before = book.read(path);
    let printed = book.run(&["manifests", "INFRA-200", "HEAD:k8s", "k8s", "--print"]).expect(0);
    assert!(printed.stdout.contains("replicas 3 → 5"));
    assert_eq!(book.read(path), before);
    let json = book.json(&["manifests", "INFRA-200", "HEAD:k8s", "k8s", "--print"]);
    book.run(&["manifests", "INFRA-200", "HEAD:k8s", "k8s", "--no-commit"]).expect(0);
    assert_eq!(json["paths"], serde_json::json!(["k8s/api/deployment.yaml"]));
    let after = book.read(path);
    assert!(after.contains("More pods for the sale.\n\n### production\n\n"), "{after}");
}

#[test]
fn new_and_gone() {
    let book = with_task();
    let run =
        book.run(&["manifests", "INFRA-200", "/dev/null", "k8s/api/deployment.yaml", "--print"]).expect(0);
    assert!(
        run.stdout.contains("Deployment api added (3 replicas, image registry.example.org/api:1.4)"),
        "{}",
        run.stdout
    );
    let run = book.run(&["manifests", "INFRA-200", "k8s/api", "/dev/null", "--print"]).expect(0);
    assert!(
        run.stdout.contains("- Deployment api removed") && run.stdout.contains("destructive (high)"),
        "{}",
        run.stdout
    );
}

#[test]
fn bad_input_says_where_and_leaves_the_record_alone() {
    let book = with_task();
    let path = "tasks/INFRA-200.md";
    let before = book.read(path);
    book.write("bad.yaml", "apiVersion: v1\nkind: Pod\nkind: Pod\n");
    book.write("other.yaml", "replicas: 3\n");
    book.write("empty/x.txt", "");
    for (old, new, message) in [
        ("k8s", "bad.yaml", "bad.yaml:3:1: the key `kind` appears twice"),
        ("k8s", "other.yaml", "expected `apiVersion` and `kind`"),
        ("k8s", "empty", "empty does not contain a Kubernetes object"),
        ("k8s", "nowhere", "there is no file or folder `nowhere`"),
        ("HEAD:nowhere", "k8s", "has no files at `nowhere`"),
        ("nonsense:k8s", "k8s", "nonsense"),
    ] {
        let run = book.run(&["manifests", "INFRA-200", old, new]).expect(1);
        assert!(run.stderr.contains(message), "{old} {new}: {}", run.stderr);
        assert_eq!(book.read(path), before);
    }
    book.run(&["manifests", "INFRA-200", "-", "-"]).expect(2);
    book.run(&["manifests", "INFRA-200", "k8s", "k8s", "-e", "moon"]).expect(2);
}

const CHART: [(&str, &str); 2] = [
    ("chart/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
    (
        "chart/templates/config.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-config\ndata:\n  size: \"{{ .Values.size }}\"\n",
    ),
];

/// A kustomization in `k8s/` and a chart in `chart/`, each changed in the work tree.
fn with_sources() -> Fixture {
    let mut book = with_task();
    book.write("k8s/kustomization.yaml", "resources: [api/deployment.yaml]\nnamePrefix: prod-\n");
    CHART.iter().for_each(|(path, text)| book.write(path, text));
    book.write("chart/values.yaml", "size: 3\n");
    book.commit("sources");
    book.replace("k8s/kustomization.yaml", "prod-", "live-");
    book.replace("chart/values.yaml", "3", "5");
    book
}

/// The first of the tools that runs. None where one is required is a failure.
fn tool(names: &[&str], required: bool) -> bool {
    let runs = |name: &&str| {
        let version = if *name == "kubectl" { &["version", "--client"][..] } else { &["version"][..] };
        std::process::Command::new(name).args(version).output().is_ok_and(|output| output.status.success())
    };
    let found = names.iter().any(runs);
    let must = required && std::env::var_os("CHANGEBOOK_REQUIRE_TOOLS").is_some();
    assert!(found || !must, "none of {names:?}, and one is required");
    if !found {
        say_skipped(&format!("none of {names:?} is installed"));
    }
    found
}

/// | asked for | who renders it | what the user is told |
/// | --- | --- | --- |
/// | two states of a kustomization | `kustomize` or `kubectl` | both names, and to render both states elsewhere |
/// | two states of a chart | `helm` | the same |
/// | a kustomization in a commit and on disk | as above | the argument as it was given |
#[test]
fn without_its_tool_nothing_is_written_and_the_tool_is_named() {
    let book = with_sources();
    let before = book.read("tasks/INFRA-200.md");
    let nowhere = tempfile::tempdir().unwrap();
    let kustomize = "is a kustomization: `kustomize` or `kubectl` renders it, and neither is on the PATH";
    let helm = "is a chart: `helm` renders it, which is not on the PATH";
    for (command, argument, said, hint) in [
        (&["manifests", "INFRA-200", "k8s", "k8s"][..], "`k8s`", kustomize, "`kustomize build … > new.yaml`"),
        (
            &["manifests", "INFRA-200", "HEAD:k8s", "k8s", "--print"],
            "`HEAD:k8s`",
            kustomize,
            "kustomize build",
        ),
        (
            &["manifests", "INFRA-200", "chart", "chart"],
            "`chart`",
            helm,
            "`helm template release … > new.yaml`",
        ),
        (&["manifests", "INFRA-200", "HEAD:chart", "chart"], "`HEAD:chart`", helm, "helm template release"),
        (&["risk", "HEAD:k8s", "k8s"], "`HEAD:k8s`", kustomize, "kustomize build"),
    ] {
        let mut program = book.program();
        let output =
            program.env("PATH", nowhere.path()).current_dir(&book.root).args(command).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{command:?}: {stderr}");
        assert!(
            stderr.contains(&format!("{argument} {said}")) && stderr.contains(hint),
            "{command:?}: {stderr}"
        );
        assert_eq!(book.read("tasks/INFRA-200.md"), before);
    }
}

#[test]
fn a_kustomization_is_rendered_by_its_own_tool() {
    if !tool(&["kustomize", "kubectl"], true) {
        return;
    }
    let book = with_sources();
    let run = book.run(&["manifests", "INFRA-200", "HEAD:k8s", "k8s", "--print"]).expect(0);
    for expected in ["Deployment live-api added", "Deployment prod-api removed"] {
        assert!(run.stdout.contains(expected), "{}", run.stdout);
    }
    // What the tool says of a mistake is passed on.
    book.replace("k8s/kustomization.yaml", "api/deployment.yaml", "api/nothing.yaml");
    let refused = book.run(&["manifests", "INFRA-200", "HEAD:k8s", "k8s", "--print"]).expect(1).stderr;
    assert!(refused.contains("cannot render `k8s`") && refused.contains("nothing.yaml"), "{refused}");
}

/// No package manager of a bare Debian has `helm`, so that it cannot be asked for.
#[test]
fn a_chart_is_rendered_by_its_own_tool() {
    if !tool(&["helm"], false) {
        return;
    }
    let book = with_sources();
    let run = book.run(&["manifests", "INFRA-200", "HEAD:chart", "chart", "--print"]).expect(0);
    assert!(run.stdout.contains("ConfigMap release-config"), "{}", run.stdout);
}

#[test]
fn evidence_on_another_branch_is_of_this_work_tree() {
    let book = with_task();
    change(&book);
    book.git(&["branch", "evidence"]);
    let before = book.read("tasks/INFRA-200.md");
    book.run(&["manifests", "INFRA-200", "HEAD:k8s/api", "k8s/api", "--branch", "evidence"]).expect(0);
    assert_eq!(book.read("tasks/INFRA-200.md"), before, "this branch is left alone");
    let there = book.git(&["show", "evidence:tasks/INFRA-200.md"]);
    assert!(there.contains("replicas 3 → 5") && there.contains("- `k8s/api/deployment.yaml`"), "{there}");
}
