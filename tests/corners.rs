//! Corners of the rules, made with plain git, each against an answer worked out by hand.

use serde_json::Value;

use crate::support::{Fixture, POLICY, task};

const PATH: &str = "tasks/INFRA-1.md";
const OTHER: &str = "tasks/INFRA-2.md";
const BOARD: &str = "cab/CAB-2024-01.md";
/// What a terraform task must have in these tests: little, so that the rule in question is alone.
const PLAIN: &str = "\n[kinds.terraform]\nsections = []\nitems = []\nplan = false\n";

/// A book with the policy and what is laid over it, and a task of ana's.
fn book(policy: &str, more: &str) -> Fixture {
    let mut book = Fixture::book();
    book.write("policy.toml", format!("{POLICY}{PLAIN}{policy}"));
    book.person("kim").later().commit("policy");
    book.person("ana").later().write(PATH, with_on_call("INFRA-1", more));
    book.commit("propose");
    book
}

fn with_on_call(id: &str, more: &str) -> String {
    task(id, more).replace("- [ ] Code review\n", "- [ ] Code review\n\n- [ ] On-call approval\n")
}

/// Codes of what shuts the gate to production.
fn shut_for(book: &Fixture, id: &str, now: &str) -> Vec<String> {
    let gate = book.json(&["gate", id, "-e", "production", "--now", now]);
    let requirements = gate["requirements"].as_array().unwrap().iter();
    let unmet = requirements.filter(|requirement| requirement["met"] == false);
    unmet.map(|requirement| requirement["code"].as_str().unwrap().to_owned()).collect()
}

const NOW: &str = "2024-05-07T12:00:00Z";
const NOTHING: [&str; 0] = [];

#[test]
fn an_emergency_of_low_risk_is_approved_by_another() {
    let mut book = book("", "risk = \"low\"\nemergency = \"the disk is full\"\n");
    book.replace(PATH, "requestor = \"ana\"", "requestor = \"lee\"");
    book.commit("lee asked for it");
    book.person("lee").later().tick(PATH, "On-call approval");
    assert_eq!(shut_for(&book, "INFRA-1", NOW), ["approval-self"]);
    book.person("kim").later().untick(PATH, "On-call approval");
    book.later().tick(PATH, "On-call approval");
    assert_eq!(shut_for(&book, "INFRA-1", NOW), NOTHING);
}

#[test]
fn an_emergency_is_approved_by_any_of_the_roles_of_the_policy() {
    let mut book = book(
        "\n[emergency]\nroles = [\"on-call\", \"security\"]\n",
        "risk = \"medium\"\nemergency = \"the disk is full\"\n",
    );
    book.person("sam").later().tick(PATH, "Security review");
    assert_eq!(shut_for(&book, "INFRA-1", NOW), NOTHING);
    assert_eq!(book.show("INFRA-1")["approval"], "approved");
}

/// Two members of a role tick one item on two branches: by the law of items both own it.
#[test]
fn everybody_whose_approval_is_valid_counts_for_the_quorum() {
    for order in [["kim", "lee"], ["lee", "kim"]] {
        let policy = "\n[risk.medium]\napprovals = 2\nroles = [\"devops-lead\"]\n";
        let mut book = book(policy, "risk = \"medium\"\n");
        for person in order {
            book.git(&["checkout", "-q", "-b", person, "main"]);
            book.person(person).later().tick(PATH, "DevOps lead review");
        }
        book.git(&["checkout", "-q", "main"]);
        book.person("ana").later().git(&["merge", "-q", "--no-ff", "-m", "both", "kim", "lee"]);
        book.person("ana").later().tick(PATH, "Apply in staging");
        assert_eq!(shut_for(&book, "INFRA-1", NOW), NOTHING, "{order:?}");
    }
}

fn decide(book: &Fixture, ids: &str, verdict: &str) {
    let text = format!(
        "+++\nid = \"CAB-2024-01\"\ntitle = \"Meeting\"\nchanges = [{ids}]\ndecision = \"{verdict}\"\n+++\n\n## Review items\n\nSeen.\n"
    );
    book.write(BOARD, text);
}

/// An emergency of ana's that was deployed by the rules, and the next one of hers, ready but for the first's review.
fn two_emergencies() -> Fixture {
    let emergency = "risk = \"medium\"\nemergency = \"the disk is full\"\n";
    let mut book = book("", emergency);
    book.person("lee").later().tick(PATH, "On-call approval");
    book.person("ana").later().tick(PATH, "Apply in production");
    book.later().write(OTHER, with_on_call("INFRA-2", emergency));
    book.commit("the next");
    book.person("lee").later().tick(OTHER, "On-call approval");
    book
}

const OVERDUE: &str = "2024-05-12T12:00:00Z";

#[test]
fn only_what_the_board_decided_itself_and_on_this_discharges_an_emergency() {
    type Story = fn(&mut Fixture);
    let table: &[(&str, Story, &[&str])] = &[
        ("nothing", |_| {}, &["emergency-unreviewed"]),
        (
            "the board",
            |b| {
                decide(b, "\"INFRA-1\"", "rejected");
                b.person("sam").later().commit("decide");
            },
            &[],
        ),
        (
            "somebody in the board's name",
            |b| {
                decide(b, "\"INFRA-1\"", "approved");
                b.person("sam").committed_by("lee").later().commit("decide");
            },
            &["emergency-unreviewed"],
        ),
        (
            "the board, on something else",
            |b| {
                decide(b, "\"INFRA-1\"", "approved");
                b.replace(BOARD, "decision = \"approved\"\n", "");
                b.person("lee").later().commit("agenda");
                decide(b, "\"INFRA-2\"", "approved");
                b.person("sam").later().commit("decide");
            },
            &["emergency-unreviewed"],
        ),
        (
            "it is no emergency any more",
            |b| {
                b.replace(PATH, "emergency = \"the disk is full\"\n", "");
                b.person("ana").later().commit("hide it");
            },
            &["emergency-unreviewed"],
        ),
        (
            "somebody else asked for it, now",
            |b| {
                b.replace(PATH, "requestor = \"ana\"", "requestor = \"kim\"");
                b.person("ana").later().commit("hide it");
            },
            &["emergency-unreviewed"],
        ),
        (
            "the record is gone",
            |b| {
                b.git(&["rm", "-q", PATH]);
                b.person("ana").later().commit("hide it");
            },
            &["emergency-unreviewed"],
        ),
    ];
    for (name, story, expected) in table {
        let mut book = two_emergencies();
        story(&mut book);
        assert_eq!(shut_for(&book, "INFRA-2", OVERDUE), *expected, "{name}");
    }
}

#[test]
fn an_emergency_in_an_ungated_environment_alone_owes_no_review() {
    let emergency = "risk = \"medium\"\nemergency = \"the disk is full\"\n";
    let mut book = book("", emergency);
    book.person("ana").later().tick(PATH, "Apply in staging");
    book.later().write(OTHER, with_on_call("INFRA-2", emergency));
    book.commit("the next");
    book.person("lee").later().tick(OTHER, "On-call approval");
    assert_eq!(shut_for(&book, "INFRA-2", OVERDUE), NOTHING);
}

#[test]
fn a_longer_time_for_review_does_not_excuse_what_was_overdue_before() {
    let mut book = two_emergencies();
    let longer = format!("{}\n[emergency]\nreview-within = \"90d\"\n", book.read("policy.toml"));
    book.write("policy.toml", longer);
    book.person("kim").later().commit("more time");
    assert_eq!(shut_for(&book, "INFRA-2", OVERDUE), ["emergency-unreviewed"]);
    let audit = book.json(&["audit", "--now", OVERDUE]);
    assert_eq!(audit["rows"][0]["exceptions"], Value::from(vec!["emergency-unreviewed"]));
}

#[test]
fn a_branch_cannot_take_its_own_code_out_of_what_needs_a_task() {
    let mut book = book("", "");
    book.git(&["checkout", "-q", "-b", "side"]);
    let lax = format!("{}\n[paths]\ninfrastructure = []\n", book.read("policy.toml"));
    book.write("policy.toml", lax);
    book.person("ana").later().commit("no path is infrastructure");
    book.later().write("terraform/a.tf", "a");
    let hidden = book.commit("code");
    book.git(&["checkout", "-q", "main"]);
    book.person("kim").later().git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    let audit = book.json(&["audit", "--now", NOW]);
    assert_eq!(audit["unrecorded"][0]["evidence"]["commit"], book.head());
    assert_eq!(audit["unrecorded"][0]["brings"][0]["commit"], hidden);
}

/// Sam left the role; a merge that keeps an old branch's policy gives it back.
#[test]
fn a_merge_that_brings_an_old_policy_back_is_a_change_of_the_policy() {
    let mut book = book("", "risk = \"medium\"\n");
    book.git(&["branch", "old"]);
    book.replace("policy.toml", "security = [\"sam\", \"bot\"]", "security = [\"kim\"]");
    book.person("kim").later().commit("sam leaves security");
    book.person("sam").later().git(&["checkout", "-q", "old"]);
    book.write("notes.txt", "x");
    book.commit("something");
    book.git(&["checkout", "-q", "main"]);
    book.later().git(&["merge", "-q", "--no-ff", "--no-commit", "old"]);
    book.git(&["checkout", "old", "--", "policy.toml"]);
    book.commit("merge");
    book.later().tick(PATH, "Security review");
    assert_eq!(
        book.approval("INFRA-1", "security"),
        "policy-self-grant",
        "what was given back is not in force"
    );
    let audit = book.json(&["audit", "--now", NOW]);
    assert_eq!(audit["diagnostics"][0]["code"], "policy-self-grant", "{audit}");
}

#[test]
fn a_condition_on_the_window_is_open_where_there_is_no_window() {
    let mut book =
        book("\n[risk.medium]\nroles = []\napprovals = 0\ndecision = true\n", "risk = \"medium\"\n");
    book.person("ana").later().tick(PATH, "Apply in staging");
    decide(&book, "\"INFRA-1\"", "approved");
    let text = book.read(BOARD) + "\n## Conditions\n\n- [ ] Complete during the maintenance window\n";
    book.write(BOARD, text);
    book.person("sam").later().commit("decide");
    assert_eq!(shut_for(&book, "INFRA-1", NOW), ["condition-open"]);
}

#[test]
fn a_dependency_that_two_files_carry_is_no_answer() {
    let mut book = book("", "risk = \"low\"\ndepends = [\"INFRA-2\"]\n");
    let done = task("INFRA-2", "risk = \"low\"\n").replace("[ ] Apply", "[x] Apply");
    book.person("ana").later().write(OTHER, &done);
    book.tick(PATH, "Apply in staging");
    assert_eq!(shut_for(&book, "INFRA-1", NOW), NOTHING);
    book.write("tasks/2024/INFRA-2.md", done.replace("[x] Apply", "[ ] Apply"));
    book.later().commit("twice");
    book.run(&["gate", "INFRA-1", "-e", "production", "--now", NOW]).expect(1);
}

/// | task | depends on | told |
/// | --- | --- | --- |
/// | INFRA-1 | INFRA-2 | the circle 1 → 2 → 1 |
/// | INFRA-2 | INFRA-1 | the circle 2 → 1 → 2 |
/// | INFRA-3 | INFRA-1 | nothing: it only leads into it |
#[test]
fn dependencies_in_a_circle_are_told_at_each_of_them() {
    let mut book = book("", "risk = \"low\"\ndepends = [\"INFRA-2\"]\n");
    for (id, on) in [("INFRA-2", "INFRA-1"), ("INFRA-3", "INFRA-1")] {
        let more = format!("risk = \"low\"\ndepends = [\"{on}\"]\n");
        book.person("ana").write(&format!("tasks/{id}.md"), task(id, &more));
    }
    let told = |book: &Fixture| {
        let run = book.run(&["check", "--json"]).expect(3);
        let answer: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        let found = answer["diagnostics"].as_array().unwrap().iter();
        let broken = found.filter(|found| found["code"] == "reference-broken");
        broken
            .map(|found| {
                let message = found["message"].as_str().unwrap();
                let way = message.split(": ").nth(1).unwrap().split(';').next().unwrap();
                format!("{} {way}", found["path"].as_str().unwrap())
            })
            .collect::<Vec<_>>()
    };
    let circle = [
        "tasks/INFRA-1.md `INFRA-1` → `INFRA-2` → `INFRA-1`",
        "tasks/INFRA-2.md `INFRA-2` → `INFRA-1` → `INFRA-2`",
    ];
    assert_eq!(told(&book), circle, "drafts in it count too");
    book.later().commit("a circle");
    assert_eq!(told(&book), circle);
}

#[test]
fn a_rollback_is_known_by_the_texts_of_its_time() {
    let mut book = book("", "risk = \"low\"\n");
    book.person("ana").later().tick(PATH, "Apply in production");
    let rollback = book.later().untick(PATH, "Apply in production");
    let policy = format!(
        "{}\n[[environments]]\nname = \"staging\"\n[[environments]]\nname = \"production\"\ngated = true\ndeployed-by = [\"Roll out\"]\n",
        book.read("policy.toml")
    );
    book.write("policy.toml", policy);
    book.person("kim").later().commit("other words");
    let audit = book.json(&["audit", "--now", NOW]);
    assert_eq!(audit["rows"][0]["rolled_back"]["commit"], rollback, "{}", audit["rows"][0]);
}

/// The record is taken away and made again on the trunk; the tick from before comes back with an old branch.
#[test]
fn a_tick_from_before_a_deletion_does_not_come_back_by_a_merge() {
    let mut book = book("", "risk = \"medium\"\n");
    let text = book.read(PATH);
    book.git(&["checkout", "-q", "-b", "side"]);
    book.person("sam").later().tick(PATH, "Code review");
    book.git(&["checkout", "-q", "main"]);
    book.git(&["merge", "-q", "--no-ff", "-m", "in", "side"]);
    book.git(&["checkout", "-q", "side"]);
    book.write("x", "x");
    book.person("ana").later().commit("more");
    book.git(&["checkout", "-q", "main"]);
    book.git(&["rm", "-q", PATH]);
    book.later().commit("away");
    book.write(PATH, &text);
    book.later().commit("again");
    assert_eq!(book.approval("INFRA-1", "peer"), "approval-missing");
    book.later().git(&["merge", "-q", "--no-ff", "--no-commit", "side"]);
    book.git(&["checkout", "side", "--", PATH]);
    book.commit("merge");
    assert_eq!(book.approval("INFRA-1", "peer"), "approval-missing");
}

/// A member of the board and somebody else decide alike on two branches: the member has decided.
#[test]
fn a_decision_that_a_member_set_counts_whoever_set_it_too() {
    for order in [["sam", "lee"], ["lee", "sam"]] {
        let mut book = book("", "risk = \"high\"\n");
        decide(&book, "\"INFRA-1\"", "approved");
        let decided = book.read(BOARD);
        book.write(BOARD, decided.replace("decision = \"approved\"\n", ""));
        book.person("ana").later().commit("agenda");
        for person in order {
            book.git(&["checkout", "-q", "-b", person, "main"]);
            book.write(BOARD, &decided);
            book.person(person).later().commit("decide");
        }
        book.git(&["checkout", "-q", "main"]);
        book.person("ana").later().git(&["merge", "-q", "--no-ff", "-m", "both", "sam", "lee"]);
        assert_eq!(book.approval("INFRA-1", "cab"), "valid", "{order:?}");
    }
}

/// Each is an error with its file and line, or a requirement that is not met; none is an open gate.
#[test]
fn garbage_never_opens_a_gate() {
    let records = [
        "scheduled = \"soon\"",
        "scheduled = 2024-02-30T00:00:00Z",
        "scheduled = 9999-12-31T23:59:59-12:00",
        "scheduled = 2024-05-07",
        "duration = \"-5m\"",
        "duration = \"0m\"",
        "duration = \"forever\"",
        "downtime = \"-1h\"",
        "window = \"nightly\"",
        "window = 3",
        "emergency = true",
        "depends = \"INFRA-9\"",
        "depends = [\"../../x\"]",
        "risk = \"none\"",
        "scheduled = 2024-05-07T02:00:00",
        "scheduled = 2024-05-07T02:00:00+25:00",
        "duration = \"99999999999999d\"",
        "duration = 3600",
        "downtime = \"1h 30m\"",
        "environments = [\"moon\"]",
        "categories = [\"nothing\"]",
        "requestor = 3",
        "depends = [\"INFRA-1\"]",
        "services = \"redis\"",
        "cancelled = true",
        "chart = 3",
        "window = \"standard\u{200b}\"",
    ];
    for line in records {
        let more =
            if line.starts_with("risk") { format!("{line}\n") } else { format!("risk = \"low\"\n{line}\n") };
        let mut book = book("", &more);
        book.person("ana").later().tick(PATH, "Apply in staging");
        let run = book.run(&["gate", "INFRA-1", "-e", "production", "--now", NOW]);
        let check = book.run(&["check"]);
        let says = format!(
            "{line}: {} {}{}\ncheck: {} {}",
            run.status, run.stdout, run.stderr, check.status, check.stdout
        );
        let place = run.status == 1 && run.stderr.contains("tasks/INFRA-1.md");
        assert!(place || run.status == 3, "{says}");
        assert_eq!(check.status, 3, "{says}");
    }
    let policies = [
        "[windows.standard]\nduration = \"0m\"\n",
        "[windows.standard]\nduration = \"-4h\"\n",
        "[windows.standard]\nduration = \"9999d\"\n",
        "[windows.standard]\ntimezone = \"Mars/Base\"\n",
        "[windows.standard]\nrrule = \"FREQ=SECONDLY\"\n",
        "[windows.standard]\nrrule = \"FREQ=WEEKLY;BYDAY=XX\"\n",
        "[windows.standard]\nrrule = \"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\"\n",
        "[windows.standard]\nstart = \"25:00\"\n",
        "[windows.x]\nfrom = 9999-12-31T00:00:00Z\nto = 9999-12-31T23:59:59Z\n",
        "[windows.x]\nfrom = 2024-05-02T00:00:00Z\nto = 2024-05-01T00:00:00Z\n",
        "[[freeze]]\nname = \"x\"\nfrom = 2024-05-02T00:00:00Z\nto = 2024-05-02T00:00:00Z\n",
        "[[freeze]]\nname = \"x\"\nfrom = 2024-05-02T00:00:00Z\nto = 2025-05-02T00:00:00Z\nenvironments = [\"prod\"]\n",
        "[emergency]\nroles = []\n",
        "[emergency]\nreview-within = \"-1h\"\n",
        "[risk.low]\nwindow = \"nightly\"\n",
        "[risk.low]\nroles = [\"nobody\"]\n",
        "[risk.low]\napprovals = -1\n",
        "[audit]\nlag = \"0m\"\n",
        "[audit]\nunrecorded-after = \"-1d\"\n",
        "[audit]\nsince = 3\n",
        "[cab]\ntimezone = \"Nowhere/At-All\"\n",
        "[cab]\nrrule = \"FREQ=HOURLY\"\n",
        "[cab]\nstart = \"noon\"\n",
        "[windows.standard]\nrrule = \"\"\n",
        "[windows.standard]\nrrule = \"FREQ=DAILY;COUNT=99999999999\"\n",
        "[windows.standard]\nrrule = \"FREQ=DAILY;INTERVAL=0\"\n",
        "[windows.standard]\nrrule = \"FREQ=WEEKLY;BYDAY=SA;UNTIL=20240101T0000\"\n",
        "[windows.standard]\nrrule = \"FREQ=WEEKLY;BYDAY=SA;UNTIL=19690101T000000Z\"\n",
        "[windows.standard]\nstart = \"24:00\"\n",
        "[windows.standard]\ntimezone = \"\"\n",
        "[windows.standard]\nfrom = 9999-01-01\n",
        "[[freeze]]\nname = \"x\"\nfrom = \"soon\"\nto = 2024-05-02T00:00:00Z\n",
        "[[freeze]]\nname = \"x\"\nfrom = 2024-05-02T00:00:00Z\n",
        "[[freeze]]\nname = \"x\"\nfrom = 2024-05-02T00:00:00\nto = 2024-05-03T00:00:00\n",
        "[[environments]]\nname = \"production\"\ngated = \"yes\"\n",
        "[risk.high]\ncommunication-when = { \"Status page\" = { downtime = \"0m\" } }\n",
        "[trust]\napprove = \"hopefully\"\n",
        "[conditions]\n\"Told everybody\" = \"nobody\"\n",
        "[reviews]\n\"Code review\" = \"nobody\"\n",
    ];
    for policy in policies {
        let mut book = book(policy, "risk = \"low\"\n");
        book.person("ana").later().tick(PATH, "Apply in staging");
        let run = book.run(&["gate", "INFRA-1", "-e", "production", "--now", NOW]);
        // The last one that could be read goes on, and every answer says so.
        assert_eq!(run.status, 3, "{policy}: {}", run.stdout);
        assert!(run.stderr.contains("not in force"), "{policy}: {}", run.stderr);
        let check = book.run(&["check"]).expect(3);
        assert!(check.stdout.contains("policy.toml:"), "{policy}: {}", check.stdout);
    }
}
