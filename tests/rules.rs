//! Rules of the gate and the audit at their edges, each worked out by hand.

use serde_json::Value;

use crate::support::{Fixture, POLICY, task};

const PATH: &str = "tasks/INFRA-1.md";

fn codes(requirements: &Value) -> Vec<String> {
    let unmet = requirements.as_array().unwrap().iter().filter(|requirement| requirement["met"] == false);
    unmet.map(|requirement| requirement["code"].as_str().unwrap().to_owned()).collect()
}

fn shut_for(book: &Fixture, id: &str, now: &str) -> Vec<String> {
    codes(&book.json(&["gate", id, "-e", "production", "--now", now])["requirements"])
}

const NOON: &str = "2024-05-08T12:00:00Z";

/// A policy that asks for nothing but approvals.
fn plain(more: &str) -> Fixture {
    let mut book = Fixture::empty();
    book.write("book.toml", "[book]\ntitle = \"Test\"\nsrc = \"docs\"\n");
    let kinds =
        "[kinds.terraform]\nsections = []\nitems = []\nplan = false\n[kinds.general]\nsections = []\n";
    book.write("policy.toml", format!("{POLICY}\n{kinds}{more}"));
    book.commit("start");
    book
}

/// | of INFRA-1, which deploys nowhere | `list` | for INFRA-2, which depends on it |
/// | --- | --- | --- |
/// | a box and a review are open | open | `dependency-open` |
/// | the box is ticked | open | `dependency-open` |
/// | the review is met by a detached approval, its box stays open | `done` | nothing |
#[test]
fn a_task_that_is_done_is_done_for_those_that_depend_on_it() {
    let mut book = plain("");
    let text = "+++\nid = \"INFRA-1\"\ntitle = \"Agree on names\"\nkind = \"general\"\nrequestor = \"ana\"\nrisk = \"medium\"\n+++\n\n## What\n\nNames.\n\n## Checklist\n\n- [ ] Write it\n\n- [ ] Code review\n";
    book.person("ana").later().write(PATH, text);
    book.write("tasks/INFRA-2.md", task("INFRA-2", "risk = \"low\"\ndepends = [\"INFRA-1\"]\n"));
    book.commit("propose");
    book.later().tick("tasks/INFRA-2.md", "Apply in staging");
    assert_eq!(shut_for(&book, "INFRA-2", NOON), ["dependency-open"]);
    book.later().tick(PATH, "Write it");
    assert_eq!(shut_for(&book, "INFRA-2", NOON), ["dependency-open"]);
    assert_ne!(book.status("INFRA-1").0, "done");
    let key = book.ssh_key("sam", "ed25519");
    book.list_key("sam", &key);
    book.person("kim").later().commit("list sam's key");
    book.person("sam").later().git(&["config", "user.email", "sam@example.org"]);
    book.run(&["approve", "INFRA-1", "--role", "peer", "--sign", "--key", &key]).expect(0);
    assert_eq!(book.status("INFRA-1").0, "done");
    assert_eq!(book.show("INFRA-2")["blocked_by"].as_array().map(Vec::len).unwrap_or_default(), 0);
    assert_eq!(shut_for(&book, "INFRA-2", NOON), Vec::<String>::new());
    // The audit reads the dependency as it stood then, and says the same.
    book.person("ana").later().tick("tasks/INFRA-2.md", "Apply in production");
    book.later().replace(PATH, "- [x] Write it", "- [ ] Write it");
    book.commit("begin again");
    let rows = book.json(&["audit"])["rows"].take();
    let production = rows.as_array().unwrap().iter().find(|row| row["environment"] == "production").unwrap();
    assert_eq!(production["exceptions"].as_array().unwrap().len(), 0, "{production}");
}

/// | the record | asked about production |
/// | --- | --- |
/// | has the item, and no `environments` | nothing |
/// | `environments = ["staging"]` | `environment-unlisted`, and on the audit's row |
/// | `environments = ["staging", "production"]` | nothing |
/// | no item of production, no `environments` | `environment-unlisted` |
#[test]
fn a_gate_asks_whether_the_record_goes_there() {
    let mut book = plain("");
    let mut number = 0;
    let mut asked = |book: &mut Fixture, more: &str, item: &str| {
        number += 1;
        let id = format!("INFRA-{number}");
        let path = format!("tasks/{id}.md");
        let text = task(&id, &format!("risk = \"low\"\n{more}")).replace("- [ ] Apply in production\n", item);
        book.person("ana").later().write(&path, text);
        book.commit("propose");
        book.later().tick(&path, "Apply in staging");
        (shut_for(book, &id, NOON), path)
    };
    let item = "- [ ] Apply in production\n";
    let none = Vec::<String>::new();
    assert_eq!(asked(&mut book, "", item).0, none);
    let (shut, path) = asked(&mut book, "environments = [\"staging\"]\n", item);
    assert_eq!(shut, ["environment-unlisted"]);
    book.later().tick(&path, "Apply in production");
    let rows = book.json(&["audit"])["rows"].take();
    let row = rows.as_array().unwrap().iter().find(|row| row["environment"] == "production").unwrap();
    assert_eq!(row["exceptions"], serde_json::json!(["environment-unlisted"]));
    assert_eq!(asked(&mut book, "environments = [\"staging\", \"production\"]\n", item).0, none);
    assert_eq!(asked(&mut book, "", "").0, ["item-missing", "environment-unlisted"]);
    let told = book.run(&["gate", "INFRA-4", "-e", "production"]).expect(3).stdout;
    assert!(told.contains("no item of the record deploys to production"), "{told}");
}

const BOARD: &str = "cab/CAB-2024-05.md";

/// An emergency on whose first text the board decided; then `edit` changes it, and it is deployed.
fn decided_early(edit: &str) -> Fixture {
    let mut book = plain("");
    let text = task("INFRA-1", "risk = \"medium\"\nemergency = \"it is down\"\n")
        .replace("- [ ] Code review", "- [ ] Code review\n\n- [ ] On-call approval");
    book.person("ana").later().write(PATH, text);
    book.write(
        BOARD,
        "+++\nid = \"CAB-2024-05\"\ntitle = \"Review\"\nchanges = [\"INFRA-1\"]\n+++\n\n## Notes\n",
    );
    book.commit("help");
    book.person("sam").later().replace(BOARD, "changes =", "decision = \"approved\"\nchanges =");
    book.commit("decide");
    book.person("ana").later().replace(PATH, "Something.", edit);
    book.commit("edit");
    book.person("lee").later().tick(PATH, "On-call approval");
    book.person("ana").later().tick(PATH, "Apply in production");
    book.later();
    book
}

/// | what the board saw before | two days after the deployment |
/// | --- | --- |
/// | the text that was deployed | reviewed |
/// | another text | `emergency-unreviewed`: nobody of the board has seen what was done |
/// | another text, and it decides anew afterwards | reviewed, though the text has changed once more |
#[test]
fn a_decision_on_another_text_is_no_review_of_an_emergency() {
    let exceptions = |book: &Fixture| {
        let rows = book.json(&["audit", "--now", "2024-05-12T12:00:00Z"])["rows"].take();
        rows[0]["exceptions"].clone()
    };
    assert_eq!(exceptions(&decided_early("Something.")), serde_json::json!([]));
    let mut book = decided_early("Something else.");
    assert_eq!(exceptions(&book), serde_json::json!(["emergency-unreviewed"]));
    book.person("ana").later().replace(PATH, "Something else.", "What was done in the end.");
    book.commit("tell it as it was");
    book.person("sam").later().replace(BOARD, "\"approved\"", "\"rejected\"");
    book.commit("decide anew");
    assert_eq!(exceptions(&book), serde_json::json!([]));
}

#[test]
fn a_commit_may_not_state_a_time_of_long_ago() {
    for (lag, status) in [("7d", 0), ("169h", 3), ("3000d", 3)] {
        let book = plain(&format!("[audit]\nlag = \"{lag}\"\n"));
        let told = book.run(&["check"]).expect(status).stdout;
        let line = book.read("policy.toml").lines().position(|line| line.starts_with("lag")).unwrap() + 1;
        let place = format!("policy.toml:{line}:7: error[policy-invalid]: `audit.lag` is too long");
        assert_eq!(told.contains(&place), status == 3, "{told}");
    }
}

#[test]
fn a_moment_that_no_calendar_has_is_wrong_usage() {
    let mut book = plain("");
    book.person("ana").later().write(PATH, task("INFRA-1", "risk = \"low\"\n"));
    book.commit("propose");
    book.later().tick(PATH, "Apply in staging");
    let ask = |now: &str| book.run(&["gate", "INFRA-1", "-e", "production", &format!("--now={now}")]);
    ask(NOON).expect(0);
    ask("2199-12-31T23:59:59Z").expect(0);
    for now in [
        "soon",
        "",
        "2024-02-30T00:00:00Z",
        "2024-05-08T24:30:00Z",
        "2024-05-08T12:00:00",
        "2200-01-01T00:00:00Z",
        "9999-12-30T00:00:00Z",
        "-0001-01-01T00:00:00Z",
        "-1",
        "7258118400",
        "9223372036854775807",
        "9223372036854775808",
    ] {
        let refused = ask(now).expect(2);
        assert!(
            refused.stdout.is_empty() && refused.stderr.contains("not a valid time")
                || refused.stderr.contains("1970 to 2199"),
            "{now}"
        );
    }
}

/// | what the deployment's commit says of its time | the row's time | exceptions |
/// | --- | --- | --- |
/// | nothing | its own | none |
/// | `Deployed: production soon` | its own | none |
/// | another environment's time, or one later than its own | its own | none |
/// | an hour before | that, stated | none |
/// | it is dated many years after the audit | its own | `time-suspect` |
#[test]
fn a_stated_time_that_is_none_states_nothing() {
    let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_second();
    for (clock, trailer, time, stated, exceptions) in [
        (NOON, "", NOON, false, &[][..]),
        (NOON, "Deployed: production soon", NOON, false, &[]),
        (NOON, "Deployed: production 2024-02-30T00:00:00Z", NOON, false, &[]),
        (NOON, "Deployed: staging 2024-05-08T11:00:00Z", NOON, false, &[]),
        (NOON, "Deployed: production 2024-05-08T12:00:01Z", NOON, false, &[]),
        (NOON, "Deployed: production 9999-12-30T00:00:00Z", NOON, false, &[]),
        (NOON, "Deployed: production 2024-05-08T11:00:00Z", "2024-05-08T11:00:00Z", true, &[]),
        ("2090-05-08T12:00:00Z", "", "2090-05-08T12:00:00Z", false, &["time-suspect"]),
    ] {
        let mut book = plain("");
        book.person("ana").later().write(PATH, task("INFRA-1", "risk = \"low\"\n"));
        book.commit("propose");
        book.later().tick(PATH, "Apply in staging");
        book.replace(PATH, "[ ] Apply in production", "[x] Apply in production");
        book.set_clock(at(clock));
        book.commit(&format!("deploy\n\n{trailer}"));
        let rows = book.json(&["audit", "--now", "2024-05-09T12:00:00Z"])["rows"].take();
        let row = rows.as_array().unwrap().iter().find(|row| row["environment"] == "production").unwrap();
        let said = at(row["time"].as_str().unwrap());
        assert_eq!((said, row["stated"].as_bool()), (at(time), Some(stated)), "{clock} {trailer}: {row}");
        assert_eq!(row["exceptions"], serde_json::json!(exceptions), "{clock} {trailer}");
    }
}

/// A change of high risk that lacks nothing, on the trunk.
fn high() -> Fixture {
    let rule = "[risk.high]\nsections = []\nitems = [\"On-call team notified\"]\ncommunication = [\"Status page\"]\n\
        [windows.standard]\nrrule = \"FREQ=DAILY\"\nstart = \"00:00\"\nduration = \"24h\"\ntimezone = \"UTC\"\n";
    let mut book = plain(rule);
    let more = "## Checklist\n\n- [ ] On-call team notified\n\nand\n\n- [ ] Status page\n\n## Notes";
    book.person("ana").later().write(PATH, task("INFRA-1", "risk = \"high\"\n").replace("## Notes", more));
    let conditions = "## Conditions\n\n- [ ] Database team on standby\n";
    book.write(
        BOARD,
        format!(
            "+++\nid = \"CAB-2024-05\"\ntitle = \"Review\"\nchanges = [\"INFRA-1\"]\n+++\n\n{conditions}"
        ),
    );
    book.commit("propose");
    for item in ["Apply in staging", "On-call team notified", "Status page"] {
        book.later().tick(PATH, item);
    }
    book.person("lee").later().tick(PATH, "DevOps lead review");
    book.person("sam").later().tick(PATH, "Security review");
    book.replace(BOARD, "changes =", "decision = \"approved\"\nchanges =");
    book.later().commit("decide");
    book.person("lee").later().tick(BOARD, "Database team on standby");
    book
}

/// While a branch deploys, the trunk takes something away; then the branch lands. Before that the gate is asked about
/// the branch as if it had landed.
///
/// | taken away on the trunk | the gate, and the audit's row |
/// | --- | --- |
/// | nothing | nothing |
/// | an item, a notice, a condition | its code |
/// | the decision: `rejected`, taken out | `decision-rejected`, `decision-outdated` |
/// | an approval | `approval-missing` |
/// | the whole task: cancelled | `cancelled` |
#[test]
fn what_the_trunk_took_away_before_the_landing_is_gone() {
    let base = high();
    type Act = fn(&mut Fixture);
    let table: [(Act, &[&str]); 8] = [
        (|_| {}, &[]),
        (|book| drop(book.untick(PATH, "On-call team notified")), &["item-open"]),
        (|book| drop(book.untick(PATH, "Status page")), &["communication-open"]),
        (|book| drop(book.untick(BOARD, "Database team on standby")), &["condition-open"]),
        (|book| book.replace(BOARD, "\"approved\"", "\"rejected\""), &["decision-rejected"]),
        (|book| book.replace(BOARD, "decision = \"approved\"\n", ""), &["decision-outdated"]),
        (|book| drop(book.untick(PATH, "Security review")), &["approval-missing"]),
        (|book| book.replace(PATH, "kind =", "cancelled = \"no\"\nkind ="), &["cancelled"]),
    ];
    assert_eq!(shut_for(&base, "INFRA-1", NOON), Vec::<String>::new());
    let start = base.head();
    let mut book = base;
    for (case, (act, expected)) in table.into_iter().enumerate() {
        let side = format!("side-{case}");
        book.git(&["switch", "-q", "-C", "main", &start]);
        book.git(&["switch", "-q", "-c", &side]);
        book.write("note.txt", "beside\n");
        book.person("ana").later().commit("beside");
        book.git(&["switch", "-q", "main"]);
        book.person("sam").later();
        act(&mut book);
        book.commit("the trunk goes on");
        let landed = book.json(&["gate", "INFRA-1", "-e", "production", "--as-landed", &side, "--now", NOON]);
        assert_eq!(codes(&landed["requirements"]), expected, "the gate, case {case}");
        book.git(&["switch", "-q", &side]);
        book.person("ana").later().tick(PATH, "Apply in production");
        book.git(&["switch", "-q", "main"]);
        book.later().git(&["merge", "-q", "--no-ff", "-m", "land", &side]);
        let rows = book.json(&["audit", "--now", NOON])["rows"].take();
        let row = rows.as_array().unwrap().iter().find(|row| row["environment"] == "production").unwrap();
        assert_eq!(row["exceptions"], serde_json::json!(expected), "the audit, case {case}");
    }
}

#[test]
fn a_cancelled_task_is_open_nowhere() {
    let mut book = plain("");
    book.person("ana").later().write(PATH, task("INFRA-1", "risk = \"low\"\ncancelled = \"no need\"\n"));
    book.commit("propose");
    for environment in ["staging", "production"] {
        let gate = book.json(&["gate", "INFRA-1", "-e", environment, "--now", NOON]);
        assert!(codes(&gate["requirements"]).contains(&"cancelled".to_owned()), "{environment}");
    }
}

/// `cancelled` is no part of the text that approvals bind, and the audit does not read back what was set later.
#[test]
fn a_task_that_is_cancelled_afterwards_was_not_cancelled_when_it_was_deployed() {
    let mut book = plain("");
    book.person("ana").later().write(PATH, task("INFRA-1", "risk = \"low\"\n"));
    book.commit("propose");
    book.later().tick(PATH, "Apply in staging");
    book.later().tick(PATH, "Apply in production");
    book.later().untick(PATH, "Apply in production");
    book.later().replace(PATH, "kind =", "cancelled = \"it did not help\"\nkind =");
    book.commit("cancel");
    let rows = book.json(&["audit"])["rows"].take();
    for row in rows.as_array().unwrap() {
        assert_eq!(row["exceptions"], serde_json::json!([]), "{row}");
    }
    assert_eq!(rows.as_array().unwrap().len(), 2);
}
