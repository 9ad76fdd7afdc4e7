//! What history can be made to say, row by row of the list of threats, and what it must come to.
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
