//! Acts say what they are worth before they are committed, and what the board has not set is no decision in any view.
//!
//! | act on INFRA-1 (ana's, medium) | by | told |
//! | --- | --- | --- |
//! | `approve` | ana | approval-self |
//! | `approve --role devops-lead` | sam | approval-role |
//! | `approve` | bot, eve | approval-role |
//! | `approve`, the policy asks for signatures | sam, unsigned | approval-unsigned |
//! | `approve`, a part was written by eve | sam | author-unknown |
//! | `approve`, cancelled or deployed | sam | cancelled, approval-late |
//! | `decide` | lee, ana on her own | decision-role |
//! | `tick` of a condition | lee | approval-role |
//! | the same by who may | sam, lee, kim | counts |

use super::{PATH, found, peer, proposed};
use crate::support::{Fixture, POLICY, Run, task};

const BOARD: &str = "cab/CAB-2024-01.md";

/// Refused with a code: nothing is committed, and nothing looks as if it were.
#[track_caller]
fn refused(book: &Fixture, arguments: &[&str], code: &str) -> Run {
    let (head, status) = (book.head(), book.git(&["status", "--porcelain"]));
    let run = book.run(arguments).expect(3);
    assert!(run.stderr.contains(&format!("would not count: {code}: ")), "{}", run.stderr);
    assert!(run.stderr.contains("--anyway"), "{}", run.stderr);
    assert_eq!(run.stdout, "");
    assert_eq!((book.head(), book.git(&["status", "--porcelain"])), (head, status));
    run
}

/// Counts, and says so.
#[track_caller]
fn counts(book: &Fixture, arguments: &[&str]) {
    let run = book.run(arguments).expect(0);
    assert!(run.stdout.contains('✓') && !run.stdout.contains("not count"), "{}", run.stdout);
    assert_eq!(run.stderr, "");
}

const APPROVE: [&str; 4] = ["approve", "INFRA-1", "--role", "peer"];

#[test]
fn row_97_an_approval_that_would_not_count_is_refused() {
    let mut book = proposed();
    let run = refused(book.person("ana"), &APPROVE, "approval-self");
    assert!(run.stderr.contains("ana requested it"), "{}", run.stderr);
    assert!(run.stderr.contains("kim, lee, sam may approve as peer"), "{}", run.stderr);
    refused(book.person("sam"), &["approve", "INFRA-1", "--role", "devops-lead"], "approval-role");
    refused(book.person("bot"), &APPROVE, "approval-role");
    refused(book.person("bot"), &["approve", "INFRA-1", "--role", "security"], "approval-role");
    let run = refused(book.person("eve"), &["approve", "INFRA-1"], "approval-role");
    assert!(run.stderr.contains("`eve@example.org` is not listed in the policy"), "{}", run.stderr);
    // In sam's name, by somebody else.
    refused(book.person("sam").committed_by("lee"), &APPROVE, "approval-unsigned");
    counts(book.person("sam"), &APPROVE);
    assert_eq!(peer(&book), "valid");
}

#[test]
fn row_97_a_tick_that_is_an_approval_is_judged_as_one() {
    let mut book = proposed();
    refused(book.person("ana"), &["tick", "INFRA-1", "Code review"], "approval-self");
    refused(book.person("sam"), &["tick", "INFRA-1", "DevOps lead review"], "approval-role");
    counts(book.person("ana"), &["tick", "INFRA-1", "Terraform code"]);
    counts(book.person("lee").later(), &["tick", "INFRA-1", "Code review"]);
    assert_eq!(peer(&book), "valid");
}

#[test]
fn row_97_signatures_are_judged_as_they_will_be() {
    let mut book = proposed();
    let key = book.ssh_key("sam", "ed25519");
    let other = book.ssh_key("lee", "ed25519");
    book.list_key("sam", &key);
    book.replace("policy.toml", "[roles]", "[trust]\napprove = \"signed\"\n\n[roles]");
    book.person("kim").later().commit("signed only");
    book.person("sam").later();
    let run = refused(&book, &APPROVE, "approval-unsigned");
    assert!(run.stderr.contains("is not signed"), "{}", run.stderr);
    refused(book.person("lee"), &APPROVE, "approval-unsigned");
    for setting in [["gpg.format", "ssh"], ["commit.gpgSign", "true"], ["user.signingKey", &other]] {
        book.git(&["config", setting[0], setting[1]]);
    }
    refused(book.person("sam"), &APPROVE, "approval-unsigned");
    refused(&book, &["approve", "INFRA-1", "--role", "peer", "--sign", "--key", &other], "approval-unsigned");
    book.git(&["config", "user.signingKey", &key]);
    counts(&book, &APPROVE);
    assert_eq!(peer(&book), "valid");
    assert_eq!(book.show("INFRA-1")["approvals"][0]["trust"], "signed");
}

#[test]
fn row_97_an_author_whom_nobody_lists() {
    let mut book = proposed();
    book.replace(PATH, "Something.", "Something else.");
    book.person("eve").commit("a helping hand");
    refused(book.person("sam").later(), &APPROVE, "author-unknown");
    let mut low = Fixture::book();
    low.write(PATH, task("INFRA-1", "risk = \"low\"\n"));
    low.person("eve").later().commit("propose");
    counts(low.person("sam").later(), &APPROVE);
}

#[test]
fn row_97_a_task_that_is_over() {
    let mut book = proposed();
    book.run(&["cancel", "INFRA-1", "not needed"]).expect(0);
    refused(book.person("sam").later(), &APPROVE, "cancelled");
    let mut book = proposed();
    book.person("ana").tick(PATH, "Apply in production");
    refused(book.person("sam").later(), &APPROVE, "approval-late");
    // Stale is no end: it is approved again.
    let mut book = proposed();
    counts(book.person("sam"), &APPROVE);
    book.replace(PATH, "Something.", "Something else.");
    book.person("ana").later().commit("edit");
    assert_eq!(peer(&book), "approval-stale");
    counts(book.person("sam").later(), &APPROVE);
    assert_eq!(peer(&book), "valid");
}

#[test]
fn row_97_a_role_that_is_not_asked_for() {
    let mut book = proposed();
    let key = book.ssh_key("lee", "ed25519");
    book.list_key("lee", &key);
    book.person("kim").later().commit("lee signs");
    let on_call = ["approve", "INFRA-1", "--role", "on-call", "--sign", "--key", &key];
    let run = refused(book.person("lee").later(), &on_call, "approval-missing");
    assert!(run.stderr.contains("does not require an approval as `on-call`"), "{}", run.stderr);
    book.person("lee").run(&["approve", "INFRA-1", "--role", "on-call"]).expect(1);
}

#[test]
fn row_97_a_role_that_is_not_in_force_yet() {
    let mut book = Fixture::empty();
    book.write("book.toml", "[book]\ntitle = \"Test\"\nsrc = \"docs\"\n");
    book.write("policy.toml", POLICY.replace("owner = [\"kim\"]", "owner = [\"kim\", \"lee\"]"));
    book.commit("start");
    book.person("ana").later().write(PATH, task("INFRA-1", "risk = \"high\"\n"));
    book.commit("propose");
    let grant = book.read("policy.toml").replace("security = [\"sam\"", "security = [\"lee\", \"sam\"");
    book.write("policy.toml", grant);
    let grant = book.person("kim").later().commit("lee looks after security");
    let security = ["approve", "INFRA-1", "--role", "security"];
    refused(book.person("lee").later(), &security, "policy-unreviewed");
    counts(&book, &["affirm", &grant]);
    counts(book.later(), &security);
}

#[test]
fn row_97_on_a_branch_it_is_judged_as_if_it_landed() {
    let mut book = proposed();
    book.git(&["checkout", "-q", "-b", "lax"]);
    let policy = book.read("policy.toml").replace("security = [\"sam\"", "security = [\"lee\", \"sam\"");
    book.write("policy.toml", policy);
    book.person("lee").commit("I look after security");
    book.git(&["checkout", "-q", "main"]);
    let security = ["approve", "INFRA-1", "--role", "security", "--branch", "lax"];
    let tip = book.git(&["rev-parse", "lax"]);
    refused(book.person("lee").later(), &security, "policy-self-grant");
    refused(
        book.person("ana"),
        &["approve", "INFRA-1", "--role", "peer", "--branch", "lax"],
        "approval-self",
    );
    assert_eq!(book.git(&["rev-parse", "lax"]), tip);
    counts(book.person("sam"), &security);
    assert_ne!(book.git(&["rev-parse", "lax"]), tip);
}

#[test]
fn row_97_anyway_is_committed_and_says_what_it_is() {
    let mut book = proposed();
    let anyway = [&APPROVE[..], &["--anyway", "nobody else\n is here"]].concat();
    let run = book.person("ana").run(&anyway).expect(0);
    assert!(run.stdout.contains("✗") && run.stdout.contains("does not count"), "{}", run.stdout);
    assert!(!run.stdout.contains('✓'), "{}", run.stdout);
    assert!(run.stderr.contains("does not count: approval-self: ana requested it"), "{}", run.stderr);
    let message = book.git(&["log", "-1", "--format=%B"]);
    assert_eq!(message, "INFRA-1: approve as peer\n\nAnyway: nobody else is here");
    assert_eq!(book.git(&["log", "-1", "--format=%(trailers:key=Anyway,valueonly)"]), "nobody else is here");
    assert_eq!(peer(&book), "approval-self");
    book.run(&[&APPROVE[..], &["--anyway", " "]].concat()).expect(2);
    // In JSON, and with a message of one's own.
    let mut book = proposed();
    let answer = book.person("bot").json(&[&anyway[..], &["-m", "mine"]].concat());
    assert_eq!((&answer["counts"], &answer["code"]), (&false.into(), &"approval-role".into()));
    assert_eq!(book.git(&["log", "-1", "--format=%B"]), "mine\n\nAnyway: nobody else is here");
    // What counts needs no excuse.
    let answer = book.person("sam").later().json(&anyway);
    assert_eq!((&answer["counts"], &answer["code"]), (&true.into(), &serde_json::Value::Null));
    assert!(!book.git(&["log", "-1", "--format=%B"]).contains("Anyway"));
    assert_eq!(peer(&book), "valid");
}

#[test]
fn row_97_what_is_only_written_into_the_work_tree_is_judged_too() {
    let mut book = proposed();
    refused(book.person("ana"), &["approve", "INFRA-1", "--role", "peer", "--no-commit"], "approval-self");
    let run = book.person("sam").run(&["approve", "INFRA-1", "--role", "peer", "--no-commit"]).expect(0);
    assert!(run.stdout.contains("not committed"), "{}", run.stdout);
    assert_eq!(peer(&book), "approval-missing");
}

/// A decision on ana's task, not set yet, with two conditions.
fn agenda(requestor: &str) -> Fixture {
    let mut book = Fixture::book();
    book.person("ana").later().write(PATH, task("INFRA-1", "risk = \"high\"\n"));
    book.write(
        BOARD,
        format!("+++\nid = \"CAB-2024-01\"\ntitle = \"Meeting\"\nmeeting = 2024-05-16\nchanges = [\"INFRA-1\"]\n{requestor}+++\n\n## Conditions\n\n- [ ] Somebody watches\n"),
    );
    book.commit("propose");
    book.later();
    book
}

const DECIDE: [&str; 3] = ["decide", "CAB-2024-01", "approved"];

#[test]
fn row_58_a_decision_that_would_not_be_the_boards_is_refused() {
    let mut book = agenda("");
    for person in ["lee", "bot", "eve"] {
        for verdict in ["approved", "rejected", "needs-changes"] {
            refused(book.person(person), &["decide", "CAB-2024-01", verdict], "decision-role");
        }
    }
    refused(book.person("sam").committed_by("lee"), &DECIDE, "decision-role");
    // Of the board, and alone on her own.
    let alone = book.person("ana").run(&DECIDE).expect(3).stderr;
    assert!(alone.contains("requested the change") && alone.contains("changebook"), "{alone}");
    counts(book.person("sam"), &DECIDE);
    assert_eq!(
        (book.approval("INFRA-1", "cab"), book.status("CAB-2024-01").0),
        ("valid".into(), "approved".into())
    );
    refused(book.person("ana").later(), &["tick", "INFRA-1", "DevOps lead review"], "approval-role");
}

#[test]
fn row_58_anyway_is_no_decision_either() {
    let mut book = agenda("");
    let run =
        book.person("lee").run(&["decide", "CAB-2024-01", "approved", "--anyway", "they said yes"]).expect(0);
    assert!(run.stderr.contains("does not count: decision-role: "), "{}", run.stderr);
    assert!(!run.stdout.contains('✓'), "{}", run.stdout);
    assert!(book.git(&["log", "-1", "--format=%B"]).contains("\n\nAnyway: they said yes"));
    pending_everywhere(&book);
    counts(book.person("kim").later(), &DECIDE);
    assert_eq!(book.status("CAB-2024-01").0, "approved");
}

#[test]
fn row_58_what_somebody_without_the_role_set_by_hand_is_pending_in_every_view() {
    for person in ["lee", "bot", "eve"] {
        let mut book = agenda("");
        book.replace(BOARD, "changes =", "decision = \"approved\"\nchanges =");
        book.person(person).commit("decided, they said");
        pending_everywhere(&book);
    }
}

/// No view shows the verdict in the file, and each says what is wrong.
#[track_caller]
fn pending_everywhere(book: &Fixture) {
    let record = book.show("CAB-2024-01");
    assert_eq!((&record["status"], &record["verdict"]), (&"pending".into(), &serde_json::Value::Null));
    let codes: Vec<&str> =
        record["diagnostics"].as_array().unwrap().iter().map(|d| d["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"decision-role"), "{codes:?}");
    let shown = book.run(&["show", "CAB-2024-01"]).expect(0).stdout;
    assert!(shown.contains("pending") && shown.contains("decision-role"), "{shown}");
    assert!(found(book).contains(&"decision-role".to_owned()));
    let list = book.json(&["list", "--type", "decision"]);
    assert_eq!(list["records"][0]["status"], "pending", "{list}");
    let listed = book.run(&["list", "--type", "decision"]).expect(0).stdout;
    assert!(listed.contains("pending") && !listed.contains("approved"), "{listed}");
    let minutes = book.run(&["agenda", "2024-05-16", "--minutes"]).expect(0).stdout;
    assert!(minutes.contains("CAB-2024-01") && !minutes.contains("**approved**"), "{minutes}");
    assert!(minutes.contains("decision-role"), "{minutes}");
    let agenda = book.json(&["agenda", "2024-05-16"]).to_string();
    assert!(agenda.contains("decision-role") && !agenda.contains("\"approved\""), "{agenda}");
    book.run(&["build", "--out", "public"]).expect(0);
    let page = book.read("public/decisions/CAB-2024-01.html");
    assert!(page.contains("decision-role"), "{page}");
    assert!(!page.contains("Approved") && !page.contains("status-approved"), "{page}");
    std::fs::remove_dir_all(book.root.join("public")).unwrap();
}

#[test]
fn row_44_a_condition_is_ticked_by_who_may() {
    let mut book = agenda("");
    counts(book.person("sam"), &DECIDE);
    let watches = ["tick", "CAB-2024-01", "Somebody watches"];
    for person in ["lee", "bot", "eve"] {
        refused(book.person(person).later(), &watches, "approval-role");
    }
    refused(book.person("kim").committed_by("lee"), &watches, "approval-unsigned");
    let anyway = [&watches[..], &["--anyway", "I do watch"]].concat();
    let run = book.person("lee").run(&anyway).expect(0);
    assert!(run.stderr.contains("this tick does not count: approval-role"), "{}", run.stderr);
    assert!(condition_is_open(&book));
    counts(book.person("kim").later(), &["untick", "CAB-2024-01", "Somebody watches"]);
    counts(book.later(), &watches);
    assert!(!condition_is_open(&book));
}

fn condition_is_open(book: &Fixture) -> bool {
    let minutes = book.run(&["agenda", "2024-05-16", "--minutes"]).expect(0).stdout;
    let gate = book.json(&["gate", "INFRA-1", "-e", "production", "--now", "2024-05-07T12:00:00Z"]);
    let unmet = gate["requirements"].as_array().unwrap().iter().filter(|asked| asked["met"] == false);
    let is_open = unmet.into_iter().any(|asked| asked["code"] == "condition-open");
    assert_eq!(minutes.contains("- [ ] Somebody watches"), is_open, "{minutes}");
    is_open
}
