//! The mark behind a deployed item: of which text and evidence the deployment was one.

use crate::support::{Fixture, NEW_BUCKET, task};

const PATH: &str = "tasks/INFRA-1.md";

fn deployed_to_staging() -> Fixture {
    let mut book = Fixture::book();
    book.person("ana").write(PATH, task("INFRA-1", "risk = \"medium\"\n"));
    book.commit("propose");
    book.person("kim").later().tick(PATH, "Code review");
    book.later().run(&["deployed", "INFRA-1", "staging"]).expect(0);
    book
}

/// The mark behind “Apply in staging”.
fn mark(book: &Fixture) -> String {
    let text = book.read(PATH);
    let line = text.lines().find(|line| line.contains("Apply in staging")).unwrap();
    line.strip_prefix("- [x] Apply in staging (on ").unwrap().strip_suffix(')').unwrap().to_owned()
}

/// Whether the gate of production asks for a deployment to staging first.
fn asks_for_staging(book: &Fixture) -> bool {
    let gate = book.json(&["gate", "INFRA-1", "--environment", "production"]);
    let requirements = gate["requirements"].as_array().unwrap();
    requirements.iter().any(|asked| asked["code"] == "environment-skipped" && asked["met"] == false)
}

fn events(book: &Fixture, kind: &str) -> usize {
    let log = book.json(&["log", "INFRA-1", "--event", kind]);
    log["events"].as_array().unwrap().len()
}

#[test]
fn the_mark_is_twelve_digits_of_text_and_evidence() {
    let book = deployed_to_staging();
    // The hash of the scope, and a line for each piece of evidence, of which there are none.
    let expected = book.pipe(
        "hash=$($CHANGEBOOK scope INFRA-1 --text | sha256sum | cut -c1-64); printf '%s\\n' $hash | sha256sum | cut -c1-12",
    );
    assert_eq!(mark(&book), expected.trim());
    assert_eq!(book.approval("INFRA-1", "peer"), "valid", "it is no part of the text");
    let record = book.show("INFRA-1");
    let items = record["items"].as_array().unwrap();
    assert!(items.iter().any(|item| item["text"] == "Apply in staging" && item["checked"] == true));
    assert_eq!(record["status"], "staged");
    book.run(&["check"]).expect(0);
    let again = book.run(&["deployed", "INFRA-1", "staging"]).expect(1);
    assert!(again.stderr.contains("already deployed"), "{}", again.stderr);
}

#[test]
fn another_text_is_deployed_again_by_one_commit() {
    let mut book = deployed_to_staging();
    let first = mark(&book);
    assert!(!asks_for_staging(&book));
    book.person("ana").later().replace(PATH, "Something.", "Something else.");
    book.commit("text");
    book.person("kim").later().run(&["approve", "INFRA-1", "--role", "peer"]).expect(0);
    assert!(asks_for_staging(&book));
    book.later().run(&["deployed", "INFRA-1", "staging"]).expect(0);
    assert!(!asks_for_staging(&book), "the dead end is open");
    assert_ne!(mark(&book), first);
    assert_eq!(book.status("INFRA-1"), ("staged".to_owned(), book.head()), "the new deployment proves it");
    assert_eq!((events(&book, "deployed"), events(&book, "rolled-back")), (2, 0));
    assert_eq!(book.approval("INFRA-1", "peer"), "valid");
    let diff = book.git(&["show", "--format=", "-U0", "HEAD"]);
    assert_eq!(diff.lines().filter(|line| line.starts_with("+- ") || line.starts_with("-- ")).count(), 2);
    let audit = book.json(&["audit"]);
    assert_eq!(audit["rows"].as_array().unwrap().len(), 2);
}

#[test]
fn evidence_of_one_environment_undoes_nothing_of_another() {
    let mut book = deployed_to_staging();
    let first = mark(&book);
    book.plan("INFRA-1", "staging", NEW_BUCKET);
    book.person("ana").later().commit("a plan for staging");
    book.person("kim").later().run(&["deployed", "INFRA-1", "staging"]).expect(0);
    assert_ne!(mark(&book), first);
}

#[test]
fn the_same_text_again_has_a_number() {
    let mut book = deployed_to_staging();
    let first = mark(&book);
    book.later().run(&["rollback", "INFRA-1", "staging", "it broke"]).expect(0);
    assert_eq!(events(&book, "rolled-back"), 1);
    book.later().run(&["deployed", "INFRA-1", "staging"]).expect(0);
    assert_eq!(mark(&book), format!("{first} 2"));
    book.later().run(&["rollback", "INFRA-1", "staging", "it broke again"]).expect(0);
    book.later().run(&["deployed", "INFRA-1", "staging"]).expect(0);
    assert_eq!(mark(&book), format!("{first} 3"));
    assert_eq!((events(&book, "deployed"), events(&book, "rolled-back")), (3, 2));
}

#[test]
fn a_mark_typed_by_hand_counts_as_a_tick_does_and_near_ones_are_text() {
    let mut book = deployed_to_staging();
    let first = mark(&book);
    book.replace(PATH, &first, "000000000000");
    let by_hand = book.person("sam").later().commit("deployed again");
    assert_eq!(book.status("INFRA-1"), ("staged".to_owned(), by_hand));
    assert_eq!(events(&book, "deployed"), 2);
    for near in [
        "(on 00000000000)",
        "(on 00000000000G)",
        "(on 000000000000 0)",
        "(on 000000000000) now",
        "(at 000000000000)",
    ] {
        let mut book = deployed_to_staging();
        let first = mark(&book);
        book.replace(PATH, &format!("(on {first})"), near);
        book.person("sam").later().commit("edit");
        assert_ne!(book.status("INFRA-1").0, "staged", "{near}");
        assert_eq!(book.approval("INFRA-1", "peer"), "approval-stale", "{near}");
    }
}

#[test]
fn a_squash_of_a_second_deployment_is_one() {
    let mut book = deployed_to_staging();
    book.git(&["checkout", "-q", "-b", "side"]);
    book.person("ana").later().replace(PATH, "Something.", "Something else.");
    book.commit("text");
    book.person("kim").later().run(&["deployed", "INFRA-1", "staging"]).expect(0);
    book.git(&["checkout", "-q", "main"]);
    book.later().git(&["merge", "-q", "--squash", "side"]);
    let squash = book.commit("a change, and staging (#7)");
    assert_eq!(book.status("INFRA-1"), ("staged".to_owned(), squash));
    assert_eq!(events(&book, "deployed"), 2);
}
