//! The board's word: who gives it, who takes it back, what it is about. Rows 44, 57, 58, 76 and 79.
//!
//! ana, sam and kim are of the board; lee and eve are not. By hand, after sam said `rejected` of INFRA-1:
//!
//! | what follows | by | the board's word on INFRA-1 |
//! | --- | --- | --- |
//! | `approved`, `needs-changes`, nothing | lee | rejected |
//! | the task is taken off the list, the file removed | lee | rejected |
//! | another decision, approved or pending | lee | rejected |
//! | the decision is taken back | kim | none |
//! | `approved` | kim | approved |

use super::{PATH, found};
use crate::support::{Fixture, task};

const BOARD: &str = "cab/CAB-2024-01.md";
const SECOND: &str = "cab/CAB-2024-02.md";

fn decision(id: &str, changes: &str, verdict: &str) -> String {
    let verdict = if verdict.is_empty() { String::new() } else { format!("decision = \"{verdict}\"\n") };
    format!(
        "+++\nid = \"{id}\"\ntitle = \"Meeting\"\nmeeting = 2024-05-16\nchanges = [{changes}]\n{verdict}+++\n\n## Conditions\n\n- [ ] Somebody watches\n"
    )
}

/// A task of ana's, on which sam has said something.
fn decided(risk: &str, verdict: &str) -> Fixture {
    let mut book = Fixture::book();
    book.person("ana").later().write(PATH, task("INFRA-1", &format!("risk = \"{risk}\"\n")));
    book.write(BOARD, decision("CAB-2024-01", "\"INFRA-1\"", ""));
    book.commit("propose");
    if !verdict.is_empty() {
        book.write(BOARD, decision("CAB-2024-01", "\"INFRA-1\"", verdict));
        book.person("sam").later().commit("decide");
    }
    book
}

fn boards(book: &Fixture) -> String {
    book.approval("INFRA-1", "cab")
}

fn shut_for(book: &Fixture) -> Vec<String> {
    let now = "2024-05-07T12:00:00Z";
    let gate = book.json(&["gate", "INFRA-1", "-e", "production", "--now", now]);
    let requirements = gate["requirements"].as_array().unwrap().iter();
    let unmet = requirements.filter(|requirement| requirement["met"] == false);
    unmet.map(|requirement| requirement["code"].as_str().unwrap().to_owned()).collect()
}

type Undo = fn(&mut Fixture);

/// What might undo the board's word.
fn undoings() -> [(&'static str, Undo); 8] {
    [
        ("un-listed", |b| b.replace(BOARD, "changes = [\"INFRA-1\"]", "changes = []")),
        ("set", |b| b.replace(BOARD, "decision = \"rejected\"", "decision = \"approved\"")),
        ("softened", |b| b.replace(BOARD, "decision = \"rejected\"", "decision = \"needs-changes\"")),
        ("taken out", |b| b.replace(BOARD, "decision = \"rejected\"\n", "")),
        ("edited", |b| b.replace(BOARD, "Somebody watches", "Nobody watches")),
        ("deleted", |b| drop(b.git(&["rm", "-q", BOARD]))),
        ("decided elsewhere", |b| b.write(SECOND, decision("CAB-2024-02", "\"INFRA-1\"", "approved"))),
        ("asked again", |b| b.write(SECOND, decision("CAB-2024-02", "\"INFRA-1\"", ""))),
    ]
}

#[test]
fn row_57_only_the_board_ends_its_word() {
    for (name, undo) in undoings() {
        for person in ["lee", "eve", "bot"] {
            let mut book = decided("high", "rejected");
            undo(&mut book);
            book.person(person).later().commit(name);
            assert_eq!(boards(&book), "decision-rejected", "{name} by {person}");
            assert_eq!(book.status("INFRA-1").0, "rejected", "{name} by {person}");
        }
    }
}

#[test]
fn row_57_on_a_branch_by_a_merge_and_in_the_boards_name() {
    for (name, undo) in undoings() {
        let mut book = decided("high", "rejected");
        book.git(&["checkout", "-q", "-b", "side"]);
        undo(&mut book);
        book.person("lee").later().commit(name);
        book.git(&["checkout", "-q", "main"]);
        book.person("sam").later().git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
        assert_eq!(boards(&book), "decision-rejected", "{name}, merged by the board");
        let mut book = decided("high", "rejected");
        undo(&mut book);
        book.person("sam").committed_by("lee").later().commit(name);
        assert_eq!(boards(&book), "decision-rejected", "{name}, in sam's name");
    }
}

#[test]
fn row_57_a_refusal_shuts_the_gate_whatever_the_risk_asks_for() {
    for (verdict, code) in [("rejected", "decision-rejected"), ("needs-changes", "decision-missing")] {
        for more in ["low", "medium", "low\"\nemergency = \"it burns"] {
            let book = decided(more, verdict);
            assert!(shut_for(&book).contains(&code.to_owned()), "{verdict} at {more}: {:?}", shut_for(&book));
        }
    }
    assert!(!shut_for(&decided("low", "")).contains(&"decision-missing".to_owned()));
}

#[test]
fn row_57_the_board_itself_may_think_again() {
    let mut book = decided("high", "rejected");
    book.replace(BOARD, "decision = \"rejected\"\n", "");
    book.person("kim").later().commit("take it back");
    assert_eq!(boards(&book), "decision-missing");
    book.replace(BOARD, "changes =", "decision = \"approved\"\nchanges =");
    book.person("kim").later().commit("approve");
    assert_eq!(boards(&book), "valid");
    let mut book = decided("high", "rejected");
    book.write(SECOND, decision("CAB-2024-02", "\"INFRA-1\"", "approved"));
    book.person("kim").later().commit("another meeting");
    assert_eq!(boards(&book), "valid");
}

const ON_LIST: &str = "changes = [\"INFRA-1\"]";

#[test]
fn row_57_what_a_stranger_took_off_the_list_the_board_has_not() {
    for person in ["lee", "eve", "bot"] {
        let mut book = decided("high", "rejected");
        book.replace(BOARD, ON_LIST, "changes = []");
        book.person(person).later().commit("off the list");
        book.replace(BOARD, "changes = []", "changes = [\"INFRA-2\"]");
        book.person("kim").later().commit("one more for the meeting");
        assert_eq!(boards(&book), "decision-rejected", "taken off by {person}");
    }
    let mut book = decided("high", "rejected");
    book.replace(BOARD, ON_LIST, "changes = [\"INFRA-1\", \"INFRA-2\"]");
    book.person("kim").later().commit("one more for the meeting");
    assert_eq!(boards(&book), "decision-rejected", "still on the list");
    book.replace(BOARD, "\"INFRA-1\", ", "");
    book.later().commit("off the list");
    assert_eq!(boards(&book), "decision-missing", "the board itself");
}

#[test]
fn row_57_the_board_takes_off_what_it_does_not_know_to_be_approved() {
    for (person, expected) in [("kim", "decision-missing"), ("lee", "valid")] {
        let mut book = decided("high", "");
        book.git(&["checkout", "-q", "-b", "side"]);
        book.replace(BOARD, ON_LIST, "changes = []");
        book.person(person).later().commit("off the list");
        book.git(&["checkout", "-q", "main"]);
        book.replace(BOARD, "\n+++\n\n", "\ndecision = \"approved\"\n+++\n\n");
        book.person("sam").later().commit("decide");
        let _ = book.try_git(&book.root, &["merge", "-q", "--no-ff", "--no-commit", "side"]);
        book.write(BOARD, decision("CAB-2024-01", "\"INFRA-1\"", "approved"));
        book.later().commit("merge");
        assert_eq!(boards(&book), expected, "{person}");
    }
}

#[test]
fn row_58_a_decision_by_somebody_without_the_role_is_none_in_every_view() {
    for person in ["lee", "eve", "bot"] {
        let mut book = decided("high", "");
        book.replace(BOARD, "changes =", "decision = \"approved\"\nchanges =");
        book.person(person).later().commit("I decide");
        assert_eq!(boards(&book), "decision-missing");
        assert_eq!(book.status("CAB-2024-01").0, "pending", "{person}");
        assert!(found(&book).contains(&"decision-role".to_owned()), "{person}");
        book.run(&["check"]).expect(3);
        for view in [
            &["agenda", "2024-05-16"][..],
            &["agenda", "2024-05-16", "--minutes"],
            &["list", "--type", "decision"],
            &["agenda", "2024-05-16", "--json"],
        ] {
            let run = book.run(view).expect(0);
            assert!(!run.stdout.contains("approved"), "{view:?} by {person}: {}", run.stdout);
        }
        let log = book.run(&["log", "CAB-2024-01"]).expect(0).stdout;
        assert!(!log.contains("decided: approved"), "{log}");
    }
}

#[test]
fn row_58_a_new_file_a_merge_and_a_borrowed_name_decide_nothing() {
    let mut book = decided("high", "");
    book.write(SECOND, decision("CAB-2024-02", "\"INFRA-1\"", "approved"));
    book.person("eve").later().commit("a meeting of my own");
    assert_eq!((boards(&book), book.status("CAB-2024-02").0), ("decision-missing".into(), "pending".into()));
    let mut book = decided("high", "");
    book.replace(BOARD, "changes =", "decision = \"approved\"\nchanges =");
    book.person("sam").committed_by("lee").later().commit("sam decides");
    assert_eq!((boards(&book), book.status("CAB-2024-01").0), ("decision-missing".into(), "pending".into()));
    let mut book = decided("high", "");
    book.git(&["checkout", "-q", "-b", "side"]);
    book.person("lee").later().write("x", "x");
    book.commit("x");
    book.git(&["checkout", "-q", "main"]);
    book.person("sam").later().git(&["merge", "-q", "--no-ff", "--no-commit", "side"]);
    book.replace(BOARD, "changes =", "decision = \"approved\"\nchanges =");
    book.commit("merge");
    assert_eq!((boards(&book), book.status("CAB-2024-01").0), ("decision-missing".into(), "pending".into()));
    assert!(found(&book).contains(&"decision-role".to_owned()));
}

#[test]
fn row_58_the_board_decides_over_what_somebody_else_had_set() {
    let mut book = decided("high", "");
    book.replace(BOARD, "changes =", "decision = \"approved\"\nchanges =");
    book.person("lee").later().commit("I decide");
    book.person("sam").later().run(&["decide", "CAB-2024-01", "approved"]).expect(0);
    assert_eq!((boards(&book), book.status("CAB-2024-01").0), ("valid".into(), "approved".into()));
    assert!(!found(&book).contains(&"decision-role".to_owned()));
}

#[test]
fn row_44_what_somebody_else_makes_of_a_decision_is_not_what_was_decided() {
    let mut book = decided("high", "approved");
    assert_eq!(boards(&book), "valid");
    book.replace(BOARD, "- [ ] Somebody watches\n", "");
    book.person("lee").later().commit("one condition less");
    assert_eq!(boards(&book), "valid", "the board's word stands as it was given");
    assert!(shut_for(&book).contains(&"condition-open".to_owned()), "its condition with it");
    assert!(found(&book).contains(&"decision-role".to_owned()));
    let mut book = decided("high", "approved");
    book.write("tasks/INFRA-2.md", task("INFRA-2", "risk = \"high\"\n"));
    book.replace(BOARD, "[\"INFRA-1\"]", "[\"INFRA-1\", \"INFRA-2\"]");
    book.person("lee").later().commit("one task more");
    assert_eq!(book.approval("INFRA-2", "cab"), "decision-missing", "the board has not seen it");
    let mut book = decided("high", "approved");
    book.replace(BOARD, "[\"INFRA-1\"]", "[]");
    book.person("lee").later().commit("off the list");
    assert_eq!(boards(&book), "valid");
    book.replace(BOARD, "[]", "[\"INFRA-1\"]");
    book.person("lee").later().commit("as it was");
    assert!(!found(&book).contains(&"decision-role".to_owned()), "put back");
    book.replace(BOARD, "[\"INFRA-1\"]", "[]");
    book.person("kim").later().commit("the board takes it off");
    assert_eq!(boards(&book), "decision-missing");
}

#[test]
fn row_76_what_did_not_exist_was_not_approved() {
    for changes in ["\"INFRA-1\"", "\"INFRA-2\", \"INFRA-1\""] {
        let mut book = Fixture::book();
        book.write("tasks/INFRA-2.md", task("INFRA-2", "risk = \"high\"\n"));
        book.write(BOARD, decision("CAB-2024-01", changes, "approved"));
        book.person("sam").later().commit("decide on a number");
        book.person("ana").later().write(PATH, task("INFRA-1", "risk = \"high\"\n"));
        book.commit("propose");
        assert_eq!(boards(&book), "decision-outdated", "{changes}");
        book.person("sam").later().run(&["decide", "CAB-2024-01", "approved"]).expect(0);
        assert_eq!(boards(&book), "valid", "once it is there");
    }
}

#[test]
fn row_76_a_task_that_stood_on_another_branch_or_was_removed() {
    let mut book = Fixture::book();
    book.git(&["checkout", "-q", "-b", "side"]);
    book.person("ana").later().write(PATH, task("INFRA-1", "risk = \"high\"\n"));
    book.commit("propose");
    book.git(&["checkout", "-q", "main"]);
    book.write(BOARD, decision("CAB-2024-01", "\"INFRA-1\"", "approved"));
    book.person("sam").later().commit("decide");
    book.person("ana").later().git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    assert_eq!(boards(&book), "decision-outdated");
    let mut book = Fixture::book();
    book.person("ana").later().write(PATH, task("INFRA-1", "risk = \"high\"\n"));
    book.commit("propose");
    book.git(&["rm", "-q", PATH]);
    book.later().commit("remove");
    book.write(BOARD, decision("CAB-2024-01", "\"INFRA-1\"", "approved"));
    book.person("sam").later().commit("decide");
    book.person("ana").later().write(PATH, task("INFRA-1", "risk = \"high\"\n"));
    book.commit("propose again");
    assert_eq!(boards(&book), "decision-outdated");
}

/// Kim writes a task that ana asks for, or does its work, and decides on it.
#[test]
fn row_79_nobody_decides_alone_on_what_they_wrote() {
    let written: [fn(&mut Fixture); 2] = [
        |book| {
            book.person("kim").later().replace(PATH, "Something.", "More.");
            book.commit("text");
        },
        |book| {
            book.person("kim").later().write("terraform/x.tf", "x");
            book.commit("INFRA-1: code");
        },
    ];
    for write in written {
        let mut book = decided("high", "");
        write(&mut book);
        book.replace(BOARD, "changes =", "decision = \"approved\"\nchanges =");
        let set = book.person("kim").later().commit("decide");
        assert_eq!(boards(&book), "decision-missing");
        assert_eq!(book.status("CAB-2024-01").0, "pending");
        book.person("lee").later().commit(&format!("yes\n\nAffirms: {set}\n"));
        assert_eq!(boards(&book), "decision-missing", "lee is not of the board");
        book.person("ana").later().commit(&format!("yes\n\nAffirms: {set}\n"));
        assert_eq!(boards(&book), "decision-missing", "ana asked for it");
        book.person("sam").later().commit(&format!("yes\n\nAffirms: {set}\n"));
        assert_eq!((boards(&book), book.status("CAB-2024-01").0), ("valid".into(), "approved".into()));
    }
}

#[test]
fn row_79_the_board_may_refuse_what_it_wrote_and_others_decide_on_it() {
    let mut book = decided("high", "");
    book.person("kim").later().replace(PATH, "Something.", "More.");
    book.commit("text");
    book.replace(BOARD, "changes =", "decision = \"rejected\"\nchanges =");
    book.person("kim").later().commit("not like this");
    assert_eq!(boards(&book), "decision-rejected");
    book.replace(BOARD, "rejected", "approved");
    book.person("sam").later().commit("like this");
    assert_eq!(boards(&book), "valid");
}

#[test]
fn row_68_a_repair_decides_nothing() {
    let mut book = decided("high", "");
    let text = decision("CAB-2024-01", "\"INFRA-1\"", "approved");
    book.write(BOARD, format!("{text}\n\0\n"));
    book.person("lee").later().commit("hide");
    book.write(BOARD, &text);
    book.person("sam").later().commit("repair");
    assert_eq!((boards(&book), book.status("CAB-2024-01").0), ("decision-missing".into(), "pending".into()));
}
