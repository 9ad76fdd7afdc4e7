//! The schemas, by a validator that others wrote, over the records of the demo.

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
             ("id", "-x"), ("cost", {"currency": "euro"}), ("plan", {"production": {"add": 1}})],
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
book = validator("book")
assert book.is_valid(tomllib.loads((demo / "book.toml").read_text()))
assert not book.is_valid({"preprocessor": {"changebook": {"allow-broken-link": True}}})
print(count)
"#;

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
    let output = Command::new(python)
        .args(["-c", SCRIPT])
        .arg(book.root.parent().unwrap().join("demo"))
        .arg(book.root.join("schemas"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let count: usize = String::from_utf8_lossy(&output.stdout).trim().parse().unwrap();
    assert!(count > 10, "{count}");
    book.run(&["schema", "taks"]).expect(2);
}
