//! Real plans of many versions, when they are beside the checkout: what is read against what the tools printed.

use std::path::{Path, PathBuf};

use changebook::intake::terraform::{Plan, Rules, WrongInput};
use changebook::policy::Policy;

#[expect(clippy::print_stderr, reason = "a test that does not run says so")]
fn corpus() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let path = std::env::var_os("CHANGEBOOK_CORPUS").map_or(path, PathBuf::from);
    if !path.is_dir() {
        eprintln!("no corpus of plans beside this checkout: its tests have not run");
        return None;
    }
    Some(path)
}

fn read(bytes: &[u8]) -> Result<Plan, WrongInput> {
    Plan::read(bytes, Rules::of(&Policy::builtin()))
}

#[test]
fn every_plan_counts_as_its_tool_does() {
    let Some(corpus) = corpus() else { return };
    let table = std::fs::read_to_string(corpus.join("plans.tsv")).unwrap();
    let mut n_plans = 0;
    for row in table.lines().skip(1) {
        let cells: Vec<&str> = row.split('\t').collect();
        let file = corpus.join("plans").join(cells[0]);
        let Ok(bytes) = std::fs::read(&file) else { continue };
        let plan = read(&bytes).unwrap_or_else(|error| panic!("{}: {error}", cells[0]));
        let summary = plan.summary;
        let number = |at: usize| cells[at].parse::<usize>().unwrap();
        let counted = [
            summary.add - summary.replace,
            summary.change,
            summary.destroy - summary.replace,
            summary.replace,
            summary.read,
            summary.forget,
            summary.import,
            summary.moved,
            summary.outputs,
        ];
        let expected = [
            number(7),
            number(8),
            number(9),
            number(10),
            number(11),
            number(13),
            number(14),
            number(15),
            number(16),
        ];
        assert_eq!(counted, expected, "{}", cells[0]);
        let line = plan.headline();
        match cells[17] {
            "No changes." => assert!(line.starts_with("No changes."), "{}: {line}", cells[0]),
            "(output changes only)" => {
                assert!(line.starts_with("Changes to Outputs"), "{}: {line}", cells[0])
            }
            // One delete and two replaces: the tools say three, whatever the table says.
            _ if cells[0] == "vetlekise_min.json" => {
                assert_eq!(line, "Plan: 4 to add, 1 to change, 3 to destroy.");
            }
            expected => assert_eq!(line, expected, "{}", cells[0]),
        }
        let text = std::fs::read_to_string(file.with_extension("txt")).unwrap_or_default();
        let printed = text.lines().find(|line| line.starts_with("Plan: ") || line.starts_with("No changes."));
        if let Some(printed) = printed {
            assert_eq!(line, printed, "{}", cells[0]);
        }
        n_plans += 1;
    }
    assert_eq!(n_plans, 78);
}

#[test]
fn files_that_are_no_plan_are_named() {
    let Some(corpus) = corpus() else { return };
    // What can be read all the same: encodings, a wrapper's lines, a plan without changes.
    let readable = [
        "setup-terraform-wrapper.json",
        "stderr-mixed-2to1.json",
        "trivy-no-resource_changes.json",
        "utf16le-bom.json",
        "utf16le-nobom.json",
        "utf8-bom.json",
    ];
    let mut n_files = 0;
    for entry in std::fs::read_dir(corpus.join("plans-bad")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let outcome = read(&std::fs::read(&path).unwrap());
        assert_eq!(outcome.is_ok(), readable.contains(&name), "{name}: {outcome:?}");
        if let Err(error) = outcome {
            assert!(error.to_string().len() > 20 && error.hint().len() > 20, "{name}");
        }
        n_files += 1;
    }
    assert_eq!(n_files, 22);
}

#[test]
fn a_plan_made_twice_has_one_digest() {
    let Some(corpus) = corpus() else { return };
    let digest = |name: &str| read(&std::fs::read(corpus.join("plans").join(name)).unwrap()).unwrap().digest;
    assert_eq!(digest("gen_s1_mixed.json"), digest("gen_s1_mixed_again.json"));
    let bad = std::fs::read(corpus.join("plans-bad/utf16le-nobom.json")).unwrap();
    assert_eq!(read(&bad).unwrap().digest, digest("gen_s1_mixed.json"));
}

/// A sequence of numbers that is the same at every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// The plans of the corpus that are small enough to be read thousands of times.
fn small_plans() -> Vec<(String, serde_json::Value)> {
    let Some(corpus) = corpus() else { return Vec::new() };
    let mut plans: Vec<(String, serde_json::Value)> = std::fs::read_dir(corpus.join("plans"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .filter_map(|path| {
            let bytes = std::fs::read(&path).ok().filter(|bytes| bytes.len() < 30_000)?;
            let plan = serde_json::from_slice(&bytes).ok()?;
            Some((path.file_name()?.to_str()?.to_owned(), plan))
        })
        .collect();
    plans.sort_by(|(a, _), (b, _)| a.cmp(b));
    plans
}

fn n_mutations() -> usize {
    std::env::var("CHANGEBOOK_MUTATIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(1500)
}

/// Pointers to every value of a change that is neither sensitive nor an object or list.
fn pointers(value: &serde_json::Value, mask: &serde_json::Value, path: &str, found: &mut Vec<String>) {
    use serde_json::Value;
    if *mask == Value::Bool(true) {
        return;
    }
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                let step = key.replace('~', "~0").replace('/', "~1");
                pointers(member, mask.get(key).unwrap_or(&Value::Null), &format!("{path}/{step}"), found);
            }
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                pointers(element, mask.get(index).unwrap_or(&Value::Null), &format!("{path}/{index}"), found);
            }
        }
        _ => found.push(path.to_owned()),
    }
}

#[test]
fn any_changed_value_address_or_action_is_another_plan() {
    use serde_json::{Value, json};
    let mut numbers = Numbers(7);
    let plans = small_plans();
    let mut n_other = 0;
    for (name, plan) in plans.iter().cycle().take(if plans.is_empty() { 0 } else { n_mutations() }) {
        let Some(changes) = plan["resource_changes"].as_array().filter(|changes| !changes.is_empty()) else {
            continue;
        };
        let base = read(plan.to_string().as_bytes()).unwrap();
        let position = numbers.below(changes.len());
        let mut mutated = plan.clone();
        let change = &mut mutated["resource_changes"][position];
        let what = match numbers.below(4) {
            0 => {
                let address = format!("{}x", change["address"].as_str().unwrap());
                change["address"] = json!(address);
                "address".to_owned()
            }
            1 => {
                let words = [
                    json!(["explode"]),
                    json!(["create", "update"]),
                    json!(["Create"]),
                    json!([1]),
                    json!("create"),
                ];
                change["change"]["actions"] = words[numbers.below(words.len())].clone();
                let error = read(mutated.to_string().as_bytes());
                assert!(error.is_err(), "{name}: an unknown action passes");
                continue;
            }
            side => {
                let (side, mask) =
                    if side == 2 { ("before", "before_sensitive") } else { ("after", "after_sensitive") };
                let mut found = Vec::new();
                pointers(&change["change"][side], &change["change"][mask], "", &mut found);
                if found.is_empty() || (found.len() == 1 && found[0].is_empty()) {
                    continue;
                }
                let pointer = found[numbers.below(found.len())].clone();
                let unknown = change["change"]["after_unknown"].clone();
                // A value that is unknown anyway says nothing.
                if side == "after" && unknown.pointer(&pointer) == Some(&Value::Bool(true)) {
                    continue;
                }
                let value = change["change"][side].pointer_mut(&pointer).unwrap();
                *value = match value.take() {
                    Value::Bool(value) => json!(!value),
                    Value::String(text) => json!(format!("{text}'")),
                    Value::Number(number) => json!(format!("{number}")),
                    _ => json!("was null"),
                };
                format!("{side}{pointer}")
            }
        };
        match read(mutated.to_string().as_bytes()) {
            Ok(other) => {
                assert_ne!(base.digest, other.digest, "{name}: {position} {what}");
                n_other += 1;
            }
            Err(error) => assert!(
                matches!(error, WrongInput::Duplicate { .. } | WrongInput::UnknownAction { .. }),
                "{name}: {error}"
            ),
        }
    }
    assert!(plans.is_empty() || n_other > n_mutations() / 4, "{n_other}");
}

#[test]
fn damaged_bytes_never_panic() {
    let mut numbers = Numbers(11);
    let plans: Vec<Vec<u8>> = small_plans().iter().map(|(_, plan)| plan.to_string().into_bytes()).collect();
    for bytes in plans.iter().cycle().take(if plans.is_empty() { 0 } else { n_mutations() }) {
        let mut bytes = bytes.clone();
        for _ in 0..=numbers.below(3) {
            let at = numbers.below(bytes.len());
            match numbers.below(3) {
                0 => bytes[at] = u8::try_from(numbers.below(256)).unwrap(),
                1 => bytes.truncate(at.max(1)),
                _ => {
                    bytes.remove(at);
                }
            }
        }
        if let Ok(plan) = read(&bytes) {
            plan.block(10);
            plan.radius().dot();
        }
    }
}

#[test]
fn words_are_those_of_the_human_text() {
    let Some(corpus) = corpus() else { return };
    for entry in std::fs::read_dir(corpus.join("plans")).unwrap() {
        let path = entry.unwrap().path();
        let (Ok(text), true) = (
            std::fs::read_to_string(path.with_extension("txt")),
            path.extension().is_some_and(|e| e == "json"),
        ) else {
            continue;
        };
        let plan = read(&std::fs::read(&path).unwrap()).unwrap();
        // `# ADDRESS will be created`, `must be replaced`, `has moved to` …
        for change in plan.listed() {
            let phrases: &[&str] = match change.sign() {
                "+" => &[" will be created"],
                "~" => &[" will be updated in-place"],
                "-" => &[" will be destroyed"],
                "-/+" | "+/-" => {
                    &[" must be replaced", " will be replaced", " is tainted, so must be replaced"]
                }
                "<=" => &[" will be read during apply"],
                "." => &[" will no longer be managed"],
                "→" => &[" has moved to "],
                _ => &[" will be imported"],
            };
            let named = |phrase: &&str| match *phrase {
                " has moved to " => text.contains(&format!(
                    "# {} has moved to {}",
                    change.previous.as_deref().unwrap_or(""),
                    change.address
                )),
                phrase => text.contains(&format!("# {}{phrase}", change.address)),
            };
            assert!(phrases.iter().any(named), "{}: {}", path.display(), change.line());
        }
    }
}
