//! A table of where each record stands reads the versions of few records. Every row must be the one that reading
//! all of them gives.

use changebook::book::{Ask, Book, Loaded};
use changebook::diagnostic::Severity;
use changebook::ledger::Depth;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use crate::law;
use crate::renumber::written_by_ana;
use crate::support::{Fixture, task};

/// All that may be used of each record.
fn rows(loaded: &Loaded) -> Vec<String> {
    let records = loaded.state.records.iter();
    let row = |record: &changebook::ledger::RecordState| {
        let errors = record.diagnostics.iter().filter(|found| found.severity == Severity::Error);
        let authors: Vec<_> = record.authors.iter().map(|author| &author.email).collect();
        format!(
            "{} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
            record.name,
            record.status,
            record.evidence,
            record.risk,
            record.approval,
            record.created,
            record.updated,
            record.landed,
            record.review_due,
            record.blocked_by,
            authors,
            errors.collect::<Vec<_>>()
        )
    };
    records.map(row).collect()
}

/// The rows of the commit read both ways.
fn both(fixture: &Fixture, at: Option<&str>) -> (Vec<String>, Vec<String>) {
    let book = Book::find(&fixture.root).unwrap();
    let read = |depth| {
        let ask = Ask { at: at.map(str::to_owned), now: 1_800_000_000, depth, ..Ask::default() };
        rows(&book.load(&ask).unwrap())
    };
    (read(Depth::Standing), read(Depth::Everything))
}

#[test]
fn of_random_histories() {
    let mut runner = TestRunner::deterministic();
    for _ in 0..6 {
        let graphs: Vec<law::Graph> =
            (0..20).map(|_| law::graph().new_tree(&mut runner).unwrap().current()).collect();
        let made = law::make(&graphs, false);
        for branch in ["last", "middle"] {
            let (few, all) = both(&made.book, Some(branch));
            assert_eq!(few, all, "{branch} of {graphs:?}");
            assert!(few.len() > 3, "{few:?}");
        }
    }
}

/// Approvals, decisions, deployments, a rollback, a cancellation, runbooks: as of every commit.
#[test]
fn of_the_demo_at_every_commit() {
    let mut book = Fixture::empty();
    book.run(&["demo", "../demo", "--no-site"]).expect(0);
    book.root = book.root.join("../demo").canonicalize().unwrap();
    let (few, all) = both(&book, None);
    assert_eq!(few, all);
    let commits = book.git(&["log", "--all", "--format=%H"]);
    for commit in commits.lines() {
        let (few, all) = both(&book, Some(commit));
        assert_eq!(few, all, "{commit}");
    }
    assert!(commits.lines().count() > 40);
}

/// Who wrote the text under the number before is an author still, though no file has that number now.
#[test]
fn of_a_record_under_its_second_number() {
    let mut book = written_by_ana();
    book.person("sam").later().run(&["renumber", "INFRA-2", "INFRA-20"]).expect(0);
    book.person("ana").later().tick("tasks/INFRA-20.md", "Code review");
    assert_eq!(book.approval("INFRA-20", "peer"), "approval-self");
    let (few, all) = both(&book, None);
    assert_eq!(few, all);
    book.person("ana").later().untick("tasks/INFRA-20.md", "Code review");
    book.person("lee").later().tick("tasks/INFRA-20.md", "Code review");
    let (few, all) = both(&book, None);
    assert_eq!(few, all);
}

/// An open box that deploys may have been ticked: then it was rolled back, which the text alone does not say.
#[test]
fn of_a_task_that_was_rolled_back() {
    let mut book = Fixture::book();
    book.write("tasks/INFRA-1.md", task("INFRA-1", "risk = \"low\"\n"));
    book.person("ana").commit("propose");
    book.later().tick("tasks/INFRA-1.md", "Apply in production");
    book.later().untick("tasks/INFRA-1.md", "Apply in production");
    let (few, all) = both(&book, None);
    assert_eq!(few, all);
    assert!(few[0].contains("RolledBack"), "{}", few[0]);
}

/// What a table did not read, the next question reads.
#[test]
fn what_was_left_out_is_read_when_it_is_asked_for() {
    let mut book = Fixture::empty();
    book.run(&["demo", "../demo", "--no-site"]).expect(0);
    book.root = book.root.join("../demo").canonicalize().unwrap();
    let export = |options: &[&str]| {
        let command = [&["export", "--format", "ndjson", "--events"][..], options].concat();
        book.run(&command).expect(0).stdout
    };
    let expected = export(&["--no-cache"]);
    std::fs::remove_dir_all(book.root.join(".git/changebook")).unwrap();
    let table = book.run(&["list"]).expect(0).stdout;
    assert_eq!(export(&[]), expected);
    assert_eq!(book.run(&["list", "--no-cache"]).expect(0).stdout, table);
    assert_eq!(
        book.run(&["list", "--status", "open,done"]).expect(0).stdout.lines().next(),
        table.lines().next()
    );
}
