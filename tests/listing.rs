//! After some commits more, a listing derives few lines again and takes the others as they were kept. Each must be the
//! line that reading everything gives.

use changebook::book::{Ask, Book, CacheUse, Listing};
use changebook::ledger::Depth;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use crate::rebuild::EDITS;
use crate::support::Fixture;
use crate::{law, year};

/// After every commit of the tests' histories.
const NOW: i64 = 1_800_000_000;

fn listing(book: &Fixture, cache: CacheUse, now: i64) -> Listing {
    let book = Book::find(&book.root).unwrap();
    let ask = Ask { now, cache, depth: Depth::Standing, ..Ask::default() };
    let listing = book.listing(book.inputs(&ask).unwrap(), &ask, Some([7; 32])).unwrap();
    book.keep(&listing);
    listing
}

/// Lists with what was kept, and holds it against a listing from nothing. How many lines were derived again, if not all.
fn check(book: &Fixture, now: i64, what: &str) -> Option<usize> {
    let (kept, plain) = (listing(book, CacheUse::Allowed, now), listing(book, CacheUse::Refused, now));
    for (kept, plain) in kept.records().zip(plain.records()) {
        assert_eq!(kept, plain, "{what}");
    }
    assert_eq!(kept.records().count(), plain.records().count(), "{what}");
    assert_eq!((kept.errors, kept.holds()), (plain.errors, plain.holds()), "{what}");
    (kept.n_derived < plain.n_derived).then_some(kept.n_derived)
}

fn commits(book: &Fixture, options: &[&str]) -> Vec<String> {
    let listed = book.git(&[&["rev-list", "--reverse"][..], options].concat());
    listed.lines().map(str::to_owned).collect()
}

/// Lists at each of these commits in turn, on a branch, at moments that lie months apart, so that reviews become due and
/// are due no more; how often not all was derived.
fn replay(book: &Fixture, branch: &str, commits: &[&String]) -> usize {
    let at = |(number, commit): &(usize, &&String)| {
        book.git(&["checkout", "--quiet", "--force", "-B", branch, commit]);
        let month = i64::try_from(number % 5).unwrap();
        let now = NOW + (month - 30) * 30 * 86_400;
        book.root.join("book.toml").is_file() && check(book, now, commit).is_some()
    };
    commits.iter().enumerate().filter(at).count()
}

fn every(commits: &[String], step: usize) -> Vec<&String> {
    commits.iter().step_by(step).collect()
}

/// A year of sixty changes: each way to approve, decide, deploy, roll back and go wrong.
#[test]
fn of_a_year_after_each_commit_of_the_trunk() {
    let book = year::made();
    let line = commits(&book, &["--first-parent", "main"]);
    let in_part = replay(&book, "main", &every(&line, 1));
    assert!(in_part * 2 > line.len(), "{in_part} of {}", line.len());
    let in_part = replay(&book, "main", &every(&line, 7));
    assert!(in_part * 7 * 3 > line.len(), "{in_part} of {}", line.len());
}

/// The trunk stays where it is, and all that comes has not landed.
#[test]
fn of_a_year_beside_a_trunk_that_stands() {
    let book = year::made();
    let line = commits(&book, &["--topo-order", "main"]);
    book.git(&["checkout", "--quiet", "--detach"]);
    book.git(&["branch", "--force", "main", &line[line.len() / 2]]);
    let in_part = replay(&book, "work", &every(&line, 2));
    assert!(in_part > 10, "{in_part} of {}", line.len());
}

/// Somebody edits records as the commits come: words, a title, a box, line ends, and a file that cannot be read.
#[test]
fn of_a_year_while_somebody_edits() {
    let book = year::made();
    let line = commits(&book, &["--first-parent", "main"]);
    let (mut in_part, mut n_edits) = (0, 0);
    for (number, commit) in line.iter().enumerate().step_by(5) {
        book.git(&["checkout", "--quiet", "--force", "-B", "main", commit]);
        let paths = book.git(&["ls-files", "tasks", "cab"]);
        let paths: Vec<&str> = paths.lines().collect();
        if paths.is_empty() {
            continue;
        }
        for edit in 0..3 {
            let path = paths[(number * 7 + edit * 5) % paths.len()];
            let text = book.read(path);
            let text = match (number + edit) % 5 {
                0 => text + "\nMore words.\n",
                1 => text.replacen("title = \"", "title = \"Now: ", 1),
                2 => text.replacen("- [ ]", "- [x]", 1),
                3 => text.replace('\n', "\r\n"),
                _ => text.replacen("+++", "++", 1),
            };
            book.write(path, text);
            n_edits += 1;
            in_part += usize::from(check(&book, NOW, &format!("{commit}, {path} edited")).is_some());
        }
    }
    assert!(in_part * 2 > n_edits, "{in_part} of {n_edits}");
}

#[test]
fn of_the_demo_after_each_commit() {
    let mut book = Fixture::empty();
    book.run(&["demo", "../demo", "--no-site"]).expect(0);
    book.root = book.root.join("../demo").canonicalize().unwrap();
    // Its draft is in no commit.
    book.git(&["clean", "--quiet", "-d", "--force"]);
    let line = commits(&book, &["--first-parent", "main"]);
    let in_part = replay(&book, "main", &every(&line, 1));
    assert!(in_part > 10, "{in_part} of {}", line.len());
}

/// Changes of each kind, one after the other.
#[test]
fn after_changes_of_each_kind() {
    let mut book = Fixture::empty();
    book.run(&["demo", "../demo", "--no-site"]).expect(0);
    book.root = book.root.join("../demo").canonicalize().unwrap();
    std::fs::create_dir_all(book.root.join("../kept/tasks")).unwrap();
    std::fs::write(book.root.join("../kept/tasks/INFRA-200.html"), "").unwrap();
    book.set_clock(book.git(&["log", "-1", "--format=%ct"]).parse::<i64>().unwrap() + 86_400);
    for (what, edit) in EDITS {
        edit(&mut book);
        check(&book, NOW, what);
    }
}

/// Merges of all shapes, ticks taken away and brought back by them.
#[test]
fn of_random_histories_after_a_step() {
    let mut runner = TestRunner::deterministic();
    let mut in_part = 0;
    for _ in 0..12 {
        let graphs: Vec<law::Graph> =
            (0..6).map(|_| law::graph().new_tree(&mut runner).unwrap().current()).collect();
        let made = law::make(&graphs, false);
        let all = commits(&made.book, &["--topo-order", "--branches=g0c*"]);
        in_part += replay(&made.book, "main", &every(&all, 1));
        let graph = commits(&made.book, &["--first-parent", "last"]);
        in_part += replay(&made.book, "main", &every(&graph, 1));
    }
    assert!(in_part > 20, "{in_part}");
}
