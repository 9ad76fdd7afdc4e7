//! What history can be made to say, row by row of `docs/threats.md`, and what it must come to.
//! Repositories are made by real `git`; where git refuses, objects are crafted.

mod authors;
mod board;
mod claims;
mod documents;
mod edges;
mod ended;
mod held;
mod hidden;
mod history;
mod identity;
mod landed;
mod late;
mod policy;
mod power;
mod signatures;
mod squashed;
mod words;
mod worth;

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::{Fixture, task};

pub(super) const PATH: &str = "tasks/INFRA-1.md";

/// A medium task, proposed by ana: it asks for one approval by a peer.
pub(super) fn proposed() -> Fixture {
    let mut book = Fixture::book();
    book.person("ana").later().write(PATH, task("INFRA-1", "risk = \"medium\"\n"));
    book.commit("propose");
    book.later();
    book
}

pub(super) fn peer(book: &Fixture) -> String {
    book.approval("INFRA-1", "peer")
}

/// Codes of everything that `check` finds.
pub(super) fn found(book: &Fixture) -> Vec<String> {
    let check = book.json(&["check"]);
    let diagnostics = check["diagnostics"].as_array().unwrap();
    diagnostics.iter().map(|diagnostic| diagnostic["code"].as_str().unwrap().to_owned()).collect()
}

/// The names of all tests below a folder of the project.
fn tests_below(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests_below(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let after = text.split("#[test]").skip(1).filter_map(|rest| rest.split("fn ").nth(1));
            names.extend(after.filter_map(|rest| Some(rest.split('(').next()?.to_owned())));
        }
    }
}

/// The numbers in a test's name: `row_25_and_26_…` is of two rows.
fn numbers(name: &str) -> Vec<u32> {
    let Some(rest) = name.strip_prefix("row_") else { return Vec::new() };
    rest.split('_')
        .take_while(|part| *part == "and" || part.parse::<u32>().is_ok())
        .flat_map(str::parse)
        .collect()
}

#[test]
fn each_threat_on_the_page_has_its_test() {
    let mut names = BTreeSet::new();
    for folder in ["src", "tests"] {
        tests_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut names);
    }
    let tested: BTreeSet<u32> = names.iter().flat_map(|name| numbers(name)).collect();
    let mut listed = BTreeSet::new();
    for line in include_str!("../../docs/threats.md").lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let Some(row) = cells.get(1).and_then(|cell| cell.parse::<u32>().ok()) else { continue };
        assert!(listed.insert(row), "row {row} is there twice");
        match cells[4].trim_matches('`') {
            "" => assert!(tested.contains(&row), "no test is called row_{row}_…"),
            test => assert!(names.contains(test), "row {row}: there is no test {test}"),
        }
    }
    let unlisted: Vec<&u32> = tested.difference(&listed).collect();
    assert!(listed.len() > 80 && unlisted.is_empty(), "rows {unlisted:?} are not on the page");
}
