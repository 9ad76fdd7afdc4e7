//! Real plans of many versions, when they are beside the checkout: what is read against what the tools printed.

use std::path::{Path, PathBuf};

use changebook::intake::terraform::{Plan, Rules, WrongInput};
use changebook::policy::Policy;

fn corpus() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let path = [path, PathBuf::from("/work/shared/corpus")].into_iter().find(|path| path.is_dir());
    if path.is_none() {
        eprintln!("no corpus of plans beside this checkout: its tests have not run");
    }
    path
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
        let line = summary.line();
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
fn show() {
    let Some(corpus) = corpus() else { return };
    for name in std::env::var("PLANS").unwrap_or_default().split_whitespace() {
        let plan = read(&std::fs::read(corpus.join("plans").join(name)).unwrap()).unwrap();
        println!("== {name} {}\n{}\n{:?}", plan.digest, plan.block(100), plan.parts.map(|p| p.len()));
    }
    for entry in std::fs::read_dir(corpus.join("plans-bad")).unwrap() {
        let path = entry.unwrap().path();
        match read(&std::fs::read(&path).unwrap()) {
            Ok(plan) => println!(
                "{} OK {} {:?}",
                path.file_name().unwrap().display(),
                plan.summary.line(),
                plan.remarks
            ),
            Err(error) => println!("{}: {error}\n    {}", path.file_name().unwrap().display(), error.hint()),
        }
    }
}
