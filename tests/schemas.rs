//! The schemas, by a validator that others wrote, over the records of the demo and the answers about them.

use std::process::Command;

use crate::support::{Fixture, say_skipped};

/// Reads frontmatter as TOML, date-times as text, and validates it; then each of some mistakes.
const SCRIPT: &str = r#"
import datetime, json, pathlib, sys, tomllib
from jsonschema import Draft202012Validator, FormatChecker
demo, schemas = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
def plain(value):
    if isinstance(value, dict): return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list): return [plain(inner) for inner in value]
    if isinstance(value, (datetime.datetime, datetime.date)): return value.isoformat()
    return value
def validator(name):
    schema = json.loads((schemas / f"{name}.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FormatChecker())
wrong = {
    "task": [("kind", "teraform"), ("risk", 3), ("depends", "A-1"), ("duration", "2 hours"), ("duration", ""),
             ("id", "-x"), ("cost", {"currency": "euro"})],
    "decision": [("decision", "yes"), ("changes", [1])],
    "runbook": [("review-every", "90"), ("services", {})],
}
count = 0
for name, folder in [("task", "tasks"), ("decision", "cab"), ("runbook", "runbooks")]:
    check = validator(name)
    for path in sorted((demo / folder).rglob("*.md")):
        fields = plain(tomllib.loads(path.read_text().split("+++\n")[1]))
        errors = list(check.iter_errors(fields))
        assert not errors, (path, errors)
        for key, value in wrong[name]:
            assert not check.is_valid({**fields, key: value}), (path, key, value)
        for key in ("id", "title"):
            assert not check.is_valid({other: value for other, value in fields.items() if other != key}), key
        count += 1
check, evidence = validator("evidence"), sorted((demo / "evidence").rglob("*.json"))
assert len(evidence) >= 3, evidence
for path in evidence:
    found = json.loads(path.read_text())
    errors = list(check.iter_errors(found))
    assert not errors, (path, errors)
    assert not check.is_valid({**found, "risk": "low"}) and not check.is_valid({**found, "record": 3}), path
book = validator("book")
assert book.is_valid(tomllib.loads((demo / "book.toml").read_text()))
assert not book.is_valid({"preprocessor": {"changebook": {"allow-broken-link": True}}})
print(count)
policy = validator("policy")
for path in [demo / "policy.toml", pathlib.Path(sys.argv[3])]:
    found = plain(tomllib.loads(path.read_text()))
    errors = list(policy.iter_errors(found))
    assert not errors, (path, errors)
    for key, value in [("turnk", "main"), ("risk", {"low": {"approval": 1}}), ("risk", {"extreme": {}}), ("roles", {"cab": "ana"}),
                       ("category", [{"name": "a", "terraform": {"actions": ["destroy"]}}]), ("audit", {"lag": "6 hours"}),
                       ("people", {"ana": {"email": "ana@example.org"}}), ("cab", {"start": "3 PM"}), ("done", {"runbook": "yes"})]:
        assert not policy.is_valid({**found, key: value}), (path, key, value)
def deep(value, path=()):
    if isinstance(value, dict):
        yield path
        for key, inner in value.items(): yield from deep(inner, path + (key,))
    elif isinstance(value, list) and value: yield from deep(value[0], path + (0,))
names = {path.name.split(".")[0] for path in (schemas / "answers").glob("*.json")}
files = {"task", "decision", "runbook", "evidence", "book", "policy"}
assert names == {path.stem for path in schemas.glob("*.json")} - files, names
for path in sorted((schemas / "answers").glob("*.json")):
    answer, name = json.loads(path.read_text()), path.name.split(".")[0]
    check = validator(name)
    errors = list(check.iter_errors(answer))
    assert not errors, (path, [(list(error.absolute_path), error.message[:200]) for error in errors[:3]])
    for place in deep(answer):
        wrong = json.loads(json.dumps(answer))
        inner = wrong
        for step in place: inner = inner[step]
        inner["no-such-key"] = 1
        if list(place) in (["windows"],) and name == "windows": continue
        if place and place[-1] == "value": continue
        assert not check.is_valid(wrong), (path, place)
"#;

const PLAN: &str = r#"{"format_version":"1.2","terraform_version":"1.9.0","resource_changes":[
  {"address":"aws_vpc.main","mode":"managed","type":"aws_vpc","name":"main","provider_name":"aws",
   "change":{"actions":["create"],"before":null,"after":{"cidr_block":"10.0.0.0/16"},"after_unknown":{}}},
  {"address":"aws_subnet.a","mode":"managed","type":"aws_subnet","name":"a","provider_name":"aws",
   "change":{"actions":["delete","create"],"before":{"cidr_block":"10.0.0.0/24"},"after":{"cidr_block":"10.0.1.0/24"},"after_unknown":{}}}],
  "configuration":{"root_module":{"resources":[
   {"address":"aws_vpc.main","mode":"managed","type":"aws_vpc","name":"main","expressions":{}},
   {"address":"aws_subnet.a","mode":"managed","type":"aws_subnet","name":"a","expressions":{"vpc_id":{"references":["aws_vpc.main.id","aws_vpc.main"]}}}]}}}"#;

const MANIFEST: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  namespace: default\nspec:\n  replicas: REPLICAS\n  template:\n    spec:\n      containers:\n        - name: web\n          image: web:1\n";

/// The program's real answers on the demo, each as `NAME.N.json`.
fn write_answers(book: &Fixture) {
    let commands: [&[&str]; 43] = [
        &["list"],
        &["show", "INFRA-150", "--events"],
        &["show", "CAB-2024-05"],
        &["show", "redis-cluster"],
        &["board"],
        &["log"],
        &["gate", "INFRA-150", "-e", "production"],
        &["gate", "INFRA-210", "-e", "production", "--now", "2024-05-01T00:00:00Z"],
        &["audit"],
        &["check"],
        &["metrics"],
        &["windows"],
        &["agenda", "2024-05-16"],
        &["agenda", "2024-05-30"],
        &["announce", "INFRA-150"],
        &["scope", "INFRA-150"],
        &["scope", "INFRA-150", "--text"],
        &["explain"],
        &["diff", "INFRA-150"],
        &["blame", "INFRA-150"],
        &["import", "../tasks.csv", "--map", "jira", "--dry-run"],
        &["new", "task", "A title", "--no-edit"],
        &["list"],
        &["risk", "../plan.json"],
        &["risk", "../old", "../new"],
        &["risk", "../plans"],
        &["plan", "INFRA-235", "../plan.json"],
        &["plan", "INFRA-235", "../plan.json", "--compare"],
        &["manifests", "INFRA-235", "../old", "../new", "--print", "-e", "production"],
        &["manifests", "INFRA-235", "../old", "../new", "--stack", "web", "-e", "production"],
        &["manifests", "INFRA-235", "../old", "../old", "--stack", "web", "-e", "production", "--compare"],
        &["chart", "INFRA-235", "../chart-1", "../chart-2", "--print"],
        &["chart", "INFRA-235", "../chart-1", "../chart-2", "--stack", "chart"],
        &["chart", "INFRA-235", "../chart-1", "../chart-2", "--stack", "chart", "--compare"],
        &["tick", "INFRA-235", "Terraform code"],
        &["cancel", "INFRA-235", "no need", "--branch", "other"],
        &["pr", "INFRA-235"],
        &["affirm", "HEAD", "--anyway", "to see it"],
        &["renumber", "INFRA-235", "INFRA-500"],
        &["renumber"],
        &["build", "--out", "../site"],
        &["merge-driver", "../a", "../b", "../c"],
        &["demo", "../another", "--no-site"],
    ];
    for (name, text) in [("a", "a\n"), ("b", "b\n"), ("c", "c\n"), ("plan.json", PLAN)] {
        book.write(&format!("../{name}"), text);
    }
    for stack in ["one", "two"] {
        book.write(&format!("../plans/{stack}.json"), PLAN);
    }
    for (folder, replicas) in [("old", 2), ("new", 5)] {
        book.write(&format!("../{folder}/web.yaml"), MANIFEST.replace("REPLICAS", &replicas.to_string()));
    }
    for version in 1..3 {
        let chart = format!("apiVersion: v2\nname: web\nversion: {version}.0.0\n");
        book.write(&format!("../chart-{version}/Chart.yaml"), chart);
        book.write(&format!("../chart-{version}/values.yaml"), format!("size: {version}\n"));
    }
    book.write("../tasks.csv", "Summary,Issue key,Status\nA,OPS-1,Done\n,OPS-2,Open\n");
    for (number, command) in commands.iter().enumerate() {
        let run = book.run(&[&["-C", "../demo", "--json"], *command].concat());
        assert!(run.stdout.starts_with('{'), "{command:?}: {}", run.stderr);
        let answer: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        let schema = answer["schema"].as_str().unwrap();
        let name = schema.strip_prefix("changebook.").unwrap().split('/').next().unwrap();
        book.write(&format!("schemas/answers/{name}.{number}.json"), run.stdout);
    }
    let new = Fixture::empty();
    book.write("schemas/answers/init.0.json", new.run(&["init", "--json"]).expect(0).stdout);
    let lines = book.run(&["-C", "../demo", "export", "--format", "ndjson"]).expect(0).stdout;
    for (number, line) in lines.lines().enumerate() {
        book.write(&format!("schemas/answers/export.{number}.json"), line);
    }
}

#[test]
fn the_demo_fits_and_mistakes_do_not() {
    let has = |program: &&str| {
        let import = ["-c", "import jsonschema, tomllib"];
        Command::new(program).args(import).output().is_ok_and(|output| output.status.success())
    };
    let Some(python) = ["python3", "/usr/bin/python3"].into_iter().find(has) else {
        assert!(std::env::var_os("CHANGEBOOK_REQUIRE_TOOLS").is_none(), "no python3 with jsonschema");
        return say_skipped("no python3 with jsonschema");
    };
    let book = Fixture::empty();
    book.run(&["demo", "../demo", "--no-site"]).expect(0);
    for name in book.run(&["schema"]).expect(0).stdout.lines() {
        book.write(&format!("schemas/{name}.json"), book.run(&["schema", name]).expect(0).stdout);
    }
    write_answers(&book);
    let output = Command::new(python)
        .args(["-c", SCRIPT])
        .arg(book.root.parent().unwrap().join("demo"))
        .arg(book.root.join("schemas"))
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/policy.toml"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let count: usize = String::from_utf8_lossy(&output.stdout).trim().parse().unwrap();
    assert!(count > 10, "{count}");
    book.run(&["schema", "taks"]).expect(2);
}
