//! What ends an approval and does not come back: withdrawn texts, cancelled tasks, other books; and emergencies whose
//! review is overdue. Rows 63, 77, 78 and 80.
//!
//! | sam approves, then | and then | sam's approval |
//! | --- | --- | --- |
//! | ana cancels | anybody takes that back | asked for again |
//! | ana cancels on the trunk | a branch with the approval is merged | asked for again |
//! | sam removes the signed file | it is back, in other armour | withdrawn |

use super::{PATH, peer, proposed};
use crate::support::{Fixture, POLICY, task};

const BOARD: &str = "cab/CAB-2024-01.md";

fn cancel(book: &mut Fixture, person: &str) -> String {
    book.person(person).later().replace(PATH, "kind =", "cancelled = \"no need\"\nkind =");
    book.commit("cancel")
}

fn go_on(book: &mut Fixture, person: &str) {
    book.person(person).later().replace(PATH, "cancelled = \"no need\"\n", "");
    book.commit("go on");
}

#[test]
fn row_77_whoever_takes_a_cancellation_back_asks_everybody_again() {
    for (cancels, undoes) in [("ana", "ana"), ("ana", "eve"), ("kim", "ana"), ("sam", "sam")] {
        let mut book = proposed();
        book.person("sam").tick(PATH, "Code review");
        cancel(&mut book, cancels);
        go_on(&mut book, undoes);
        assert_eq!(peer(&book), "approval-stale", "{cancels}, {undoes}");
        book.person("sam").later().untick(PATH, "Code review");
        book.later().tick(PATH, "Code review");
        assert_eq!(peer(&book), "valid", "given again");
    }
}

#[test]
fn row_77_by_a_revert_or_with_a_branch_that_did_not_know() {
    let mut book = proposed();
    book.person("sam").tick(PATH, "Code review");
    cancel(&mut book, "ana");
    book.person("ana").later().git(&["revert", "--no-edit", "HEAD"]);
    assert_eq!(peer(&book), "approval-stale");
    let mut book = proposed();
    book.git(&["checkout", "-q", "-b", "side"]);
    book.person("sam").later().tick(PATH, "Code review");
    book.git(&["checkout", "-q", "main"]);
    cancel(&mut book, "ana");
    go_on(&mut book, "ana");
    book.later().git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    assert_eq!(peer(&book), "approval-stale");
}

#[test]
fn row_77_the_boards_word_is_asked_for_again_too() {
    let mut book = Fixture::book();
    book.person("ana").later().write(PATH, task("INFRA-1", "risk = \"high\"\n"));
    book.commit("propose");
    book.write(
        BOARD,
        "+++\nid = \"CAB-2024-01\"\ntitle = \"Meeting\"\nchanges = [\"INFRA-1\"]\ndecision = \"approved\"\n+++\n",
    );
    book.person("sam").later().commit("decide");
    assert_eq!(book.approval("INFRA-1", "cab"), "valid");
    cancel(&mut book, "ana");
    go_on(&mut book, "ana");
    assert_eq!(book.approval("INFRA-1", "cab"), "decision-outdated");
}

#[test]
fn row_77_what_was_cancelled_elsewhere_and_never_landed_ends_nothing() {
    let mut book = proposed();
    book.git(&["checkout", "-q", "-b", "side"]);
    cancel(&mut book, "ana");
    book.git(&["checkout", "-q", "main"]);
    book.person("sam").later().tick(PATH, "Code review");
    assert_eq!(peer(&book), "valid");
}

/// Sam's signed approval: the book, the key, the file's path and text.
fn signed() -> (Fixture, String, String, String) {
    let mut book = proposed();
    let key = book.ssh_key("sam", "ed25519");
    book.list_key("sam", &key);
    book.person("kim").later().commit("sam signs");
    book.person("sam").later();
    book.run(&["approve", "INFRA-1", "--role", "peer", "--sign", "--key", &key]).expect(0);
    assert_eq!(peer(&book), "valid");
    let path = book.approval_file("INFRA-1", "peer", "sam");
    let file = book.read(&path);
    (book, key, path, file)
}

/// The same text and signature in another form.
fn other_forms(file: &str) -> [String; 3] {
    let (text, armor) = file.split_at(file.find("-----BEGIN").unwrap());
    let lines: Vec<&str> = armor.lines().collect();
    let data = lines[1..lines.len() - 1].concat();
    let wrapped: Vec<&str> =
        (0..data.len()).step_by(40).map(|at| &data[at..data.len().min(at + 40)]).collect();
    [
        file.replace('\n', "\r\n"),
        format!("{text}{}\n{}\n{}\n", lines[0], wrapped.join("\n"), lines[lines.len() - 1]),
        format!("{file}\n"),
    ]
}

#[test]
fn row_63_a_withdrawn_text_stays_withdrawn_in_whatever_armour() {
    let (book, _, _, file) = signed();
    drop(book);
    for form in 0..other_forms(&file).len() {
        let (mut book, key, path, file) = signed();
        book.git(&["rm", "-q", &path]);
        book.person("sam").later().commit("I take it back");
        book.write(&path, &other_forms(&file)[form]);
        book.person("ana").later().commit("no, you do not");
        assert_eq!(peer(&book), "approval-missing", "form {form}");
        let again = [
            "approve",
            "INFRA-1",
            "--role",
            "peer",
            "--sign",
            "--key",
            &key,
            "--now",
            "2030-01-01T00:00:00Z",
        ];
        book.person("sam").later().run(&again).expect(0);
        assert_eq!(peer(&book), "valid", "another time is another act");
    }
}

#[test]
fn row_63_on_a_branch_that_is_merged_later() {
    let (mut book, _, path, file) = signed();
    book.git(&["checkout", "-q", "-b", "side"]);
    book.write(&path, &other_forms(&file)[1]);
    book.person("ana").later().commit("another armour");
    book.git(&["checkout", "-q", "main"]);
    book.git(&["rm", "-q", &path]);
    book.person("sam").later().commit("I take it back");
    let _ = book.try_git(&book.root, &["merge", "-q", "--no-commit", "--no-ff", "side"]);
    book.write(&path, &other_forms(&file)[1]);
    book.person("ana").later().commit("merge");
    assert_eq!(peer(&book), "approval-missing");
}

/// A branch that shares no commit with the trunk, in which the task is written by ana and ticked by sam.
fn with_another_book(book: &mut Fixture, tick: bool) {
    let text = book.read(PATH);
    book.git(&["checkout", "-q", "--orphan", "other"]);
    book.git(&["rm", "-rfq", "."]);
    book.write(PATH, &text);
    book.person("ana").later().commit("another book");
    if tick {
        book.person("sam").later().tick(PATH, "Code review");
    }
    book.git(&["checkout", "-q", "main"]);
}

fn join(book: &mut Fixture) {
    let theirs = ["-X", "theirs", "--allow-unrelated-histories"];
    book.person("ana").later().git(&[&["merge", "-q", "-m", "join"], &theirs[..], &["other"]].concat());
}

#[test]
fn row_80_another_books_tick_counts_for_nothing_here() {
    let mut book = proposed();
    with_another_book(&mut book, true);
    join(&mut book);
    assert!(book.read(PATH).contains("[x] Code review"));
    assert_eq!(peer(&book), "approval-missing");
    book.person("sam").later().untick(PATH, "Code review");
    book.later().tick(PATH, "Code review");
    assert_eq!(peer(&book), "valid", "given here");
}

#[test]
fn row_80_another_books_decision_counts_for_nothing_here() {
    let mut book = Fixture::book();
    book.person("ana").later().write(PATH, task("INFRA-1", "risk = \"high\"\n"));
    book.commit("propose");
    with_another_book(&mut book, false);
    book.git(&["checkout", "-q", "other"]);
    book.write(
        BOARD,
        "+++\nid = \"CAB-2024-01\"\ntitle = \"Meeting\"\nchanges = [\"INFRA-1\"]\ndecision = \"approved\"\n+++\n",
    );
    book.person("sam").later().commit("decide there");
    book.git(&["checkout", "-q", "main"]);
    join(&mut book);
    assert_eq!(book.approval("INFRA-1", "cab"), "decision-missing");
    assert_eq!(book.status("CAB-2024-01").0, "pending");
}

#[test]
fn row_80_a_history_that_was_joined_takes_nothing_away() {
    let mut book = proposed();
    book.person("sam").later().tick(PATH, "Code review");
    book.git(&["checkout", "-q", "--orphan", "other"]);
    book.git(&["rm", "-rfq", "."]);
    book.write("terraform/network.tf", "x");
    book.person("lee").later().commit("another repository");
    book.git(&["checkout", "-q", "main"]);
    join(&mut book);
    assert_eq!(peer(&book), "valid");
}

const PLAIN: &str = "\n[kinds.terraform]\nsections = []\nitems = []\nplan = false\n";
const OTHER: &str = "tasks/INFRA-2.md";
const OVERDUE: &str = "2024-05-12T12:00:00Z";

/// An emergency with two boxes for people on call, asked for by somebody, or by nobody.
fn emergency(id: &str, requestor: Option<&str>) -> String {
    let boxes = "- [ ] Code review\n\n- [ ] On-call approval\n\n- [ ] On-call approval\n";
    let text = task(id, "risk = \"low\"\nemergency = \"the disk is full\"\n");
    let text = text.replace("- [ ] Code review\n", boxes);
    match requestor {
        Some(person) => text.replace("requestor = \"ana\"", &format!("requestor = \"{person}\"")),
        None => text.replace("requestor = \"ana\"\n", ""),
    }
}

/// An emergency that ana wrote was deployed, and `writer` has written the next, which lee approved.
fn next_emergency(first: Option<&str>, writer: &str, second: Option<&str>) -> Fixture {
    let mut book = Fixture::book();
    book.write("policy.toml", format!("{POLICY}{PLAIN}"));
    book.person("kim").later().commit("policy");
    book.person("ana").later().write(PATH, emergency("INFRA-1", first));
    book.commit("the first");
    book.person("lee").later().tick(PATH, "On-call approval");
    book.person("ana").later().tick(PATH, "Apply in production");
    book.person(writer).later().write(OTHER, emergency("INFRA-2", second));
    book.commit("the next");
    book.person("lee").later().tick(OTHER, "On-call approval");
    book
}

fn shut_for(book: &Fixture) -> Vec<String> {
    let gate = book.json(&["gate", "INFRA-2", "-e", "production", "--now", OVERDUE]);
    let requirements = gate["requirements"].as_array().unwrap().iter();
    let unmet = requirements.filter(|requirement| requirement["met"] == false);
    unmet.map(|requirement| requirement["code"].as_str().unwrap().to_owned()).collect()
}

/// | first, asked by | next, written by | next, asked by | shared |
/// | --- | --- | --- | --- |
/// | ana | ana | ana | ana |
/// | nobody | ana | nobody | ana, who wrote both |
/// | sam (borrowed) | ana | kim (borrowed) | ana |
/// | sam | sam | nobody | sam, who asked for one and wrote the other |
/// | ana | kim | kim | none |
#[test]
fn row_78_who_asked_is_whoever_wrote_it_too() {
    let table = [
        (Some("ana"), "ana", Some("ana"), true),
        (None, "ana", None, true),
        (Some("sam"), "ana", Some("kim"), true),
        (Some("sam"), "sam", None, true),
        (Some("ana"), "kim", Some("kim"), false),
    ];
    for (first, writer, second, shared) in table {
        let book = next_emergency(first, writer, second);
        let expected: &[&str] = if shared { &["emergency-unreviewed"] } else { &[] };
        assert_eq!(shut_for(&book), expected, "{first:?}, {writer}, {second:?}");
    }
}

#[test]
fn row_78_a_second_tick_by_somebody_else_is_not_enough() {
    for person in ["sam", "lee", "ana"] {
        let mut book = next_emergency(Some("ana"), "ana", Some("ana"));
        book.person(person).later().tick(OTHER, "On-call approval");
        assert_eq!(shut_for(&book), ["emergency-unreviewed"], "{person}");
    }
}

#[test]
fn row_78_two_people_on_call() {
    let mut book = next_emergency(Some("ana"), "ana", Some("ana"));
    book.person("kim").later().tick(OTHER, "On-call approval");
    assert_eq!(shut_for(&book), Vec::<String>::new());
    let rows = book.json(&["audit", "--now", OVERDUE])["rows"].take();
    let first = rows.as_array().unwrap().iter().find(|row| row["id"] == "INFRA-1").unwrap();
    assert_eq!(first["exceptions"], serde_json::json!(["emergency-unreviewed"]), "until it is held");
    book.write(
        BOARD,
        "+++\nid = \"CAB-2024-01\"\ntitle = \"Review\"\nchanges = [\"INFRA-1\"]\ndecision = \"approved\"\n+++\n",
    );
    book.person("sam").later().commit("the board looks at it");
    let rows = book.json(&["audit", "--now", OVERDUE])["rows"].take();
    let first = rows.as_array().unwrap().iter().find(|row| row["id"] == "INFRA-1").unwrap();
    assert_eq!(first["exceptions"], serde_json::json!([]));
}

#[test]
fn row_78_an_emergency_needs_listed_authors_at_every_risk() {
    for (author, committer) in [("eve", "eve"), ("ana", "eve")] {
        let mut book = Fixture::book();
        book.write("policy.toml", format!("{POLICY}{PLAIN}"));
        book.person("kim").later().commit("policy");
        book.person(author).committed_by(committer).later().write(OTHER, emergency("INFRA-2", Some("ana")));
        book.commit("it burns");
        book.person("lee").later().tick(OTHER, "On-call approval");
        assert_eq!(shut_for(&book), ["author-unknown"], "{author}, {committer}");
    }
}
