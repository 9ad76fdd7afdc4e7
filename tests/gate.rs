//! A high-risk change's whole life at the gate, each row worked out by hand: shut for each missing piece with that
//! piece's code alone, open only in its window.

use serde_json::Value;

use crate::support::{Fixture, NEW_BUCKET, POLICY};

const PATH: &str = "tasks/INFRA-150.md";
const BOARD: &str = "cab/CAB-2024-05.md";
/// Saturday, 25 May 2024, 02:30 in Berlin.
const INSIDE: &str = "2024-05-25T02:30:00+02:00";

const WINDOW: &str = "[windows.standard]\nrrule = \"FREQ=WEEKLY;BYDAY=SA\"\nstart = \"02:00\"\nduration = \"4h\"\ntimezone = \"Europe/Berlin\"\n";

fn record() -> String {
    "+++\nid = \"INFRA-150\"\ntitle = \"Migrate to the new VPC\"\nkind = \"terraform\"\nrequestor = \"ana\"\nrisk = \"high\"\n\
     downtime = \"45m\"\nwindow = \"standard\"\nduration = \"3h\"\n+++\n\n\
     ## What\n\nA new network.\n\n## Why\n\nThe old one is full.\n\n## Blast radius\n\nAll traffic.\n\n## Rollback\n\nSwitch back.\n\n\
     ## Checklist\n\n- [x] Terraform code\n- [ ] Update documentation\n- [ ] Rollback plan documented\n- [ ] On-call team notified\n\n\
     ## Approvals\n\n- [ ] Code review\n\n- [ ] DevOps lead review\n\n- [ ] Security review (network change)\n\n- [ ] Change advisory board\n\n\
     ## Deployment\n\n- [ ] Apply in staging\n- [ ] Apply in production\n\n\
     ## Communication\n\n- [ ] Status page\n- [ ] Customer email\n- [ ] Internal Slack notification\n"
        .to_owned()
}

const DECISION: &str = "+++\nid = \"CAB-2024-05\"\ntitle = \"Migration\"\nchanges = [\"INFRA-150\"]\n+++\n\n## Conditions\n\n\
     - [ ] Complete during the maintenance window\n- [ ] Database team on standby\n- [ ] Customer notification sent\n";

/// Everything is done but for what `skip` names.
fn ready(skip: &str) -> Fixture {
    let mut book = Fixture::book();
    book.write("policy.toml", format!("{POLICY}\n{WINDOW}"));
    book.person("kim").commit("the window's zone");
    book.person("ana").later().write(PATH, record());
    book.plan("INFRA-150", "production", NEW_BUCKET);
    book.commit("propose");
    book.write(BOARD, DECISION);
    book.later().commit("agenda");
    if skip != "staging" {
        book.person("ana").later().tick(PATH, "Apply in staging");
    }
    for (person, item) in [
        ("lee", "DevOps lead review"),
        ("sam", "Security review"),
        ("ana", "Rollback plan documented"),
        ("ana", "On-call team notified"),
        ("ana", "Status page"),
        ("ana", "Customer email"),
        ("ana", "Internal Slack notification"),
    ] {
        if item != skip {
            book.person(person).later().tick(PATH, item);
        }
    }
    if skip != "decision" {
        book.person("sam").later().replace(BOARD, "changes =", "decision = \"approved\"\nchanges =");
        book.commit("decide");
    }
    for (person, item) in [("lee", "Database team on standby"), ("kim", "Customer notification sent")] {
        if item != skip {
            book.person(person).later().tick(BOARD, item);
        }
    }
    book.later();
    book
}

fn gate(book: &Fixture, now: &str) -> Value {
    book.json(&["gate", "INFRA-150", "-e", "production", "--now", now])
}

/// Codes of what is not met.
fn unmet(gate: &Value) -> Vec<String> {
    let requirements = gate["requirements"].as_array().unwrap().iter();
    let unmet = requirements.filter(|requirement| requirement["met"] == false);
    unmet.map(|requirement| requirement["code"].as_str().unwrap().to_owned()).collect()
}

fn shut_for(book: &Fixture) -> Vec<String> {
    let gate = gate(book, INSIDE);
    assert_eq!(gate["open"], unmet(&gate).is_empty());
    unmet(&gate)
}

#[test]
fn open_when_everything_is_there() {
    let book = ready("");
    let gate = gate(&book, INSIDE);
    assert_eq!(unmet(&gate), Vec::<String>::new());
    assert_eq!((&gate["open"], &gate["until"]), (&true.into(), &"2024-05-25T04:00:00+00:00".into()));
    assert_eq!(gate["trust"], "committed");
    book.run(&["gate", "INFRA-150", "-e", "production", "--now", INSIDE]).expect(0);
}

#[test]
fn shut_for_each_missing_piece_with_its_code_alone() {
    let table = [
        ("DevOps lead review", "approval-missing"),
        ("Security review", "approval-missing"),
        ("decision", "decision-missing"),
        ("Database team on standby", "condition-open"),
        ("Customer notification sent", "condition-open"),
        ("Rollback plan documented", "item-open"),
        ("On-call team notified", "item-open"),
        ("Status page", "communication-open"),
        ("Customer email", "communication-open"),
        ("Internal Slack notification", "communication-open"),
        ("staging", "environment-skipped"),
    ];
    for (skip, code) in table {
        assert_eq!(shut_for(&ready(skip)), [code], "without {skip}");
    }
}

#[test]
fn shut_by_what_changes_after_everything_was_there() {
    type Story = fn(&mut Fixture);
    let table: &[(&str, Story, &[&str])] = &[
        (
            "a section is emptied",
            |b| {
                b.replace(PATH, "Switch back.", "");
                b.commit("less");
            },
            &[
                "approval-stale",
                "approval-stale",
                "decision-outdated",
                "section-empty",
                "environment-skipped",
            ],
        ),
        (
            "a note is written",
            |b| {
                let text = format!("{}\n## Notes\n\nhm\n", b.read(PATH));
                b.write(PATH, text);
                b.commit("note");
            },
            &[],
        ),
        (
            "the decision is taken back",
            |b| {
                b.replace(BOARD, "decision = \"approved\"\n", "");
                b.commit("take back");
            },
            &["decision-missing"],
        ),
        (
            "the board rejects it",
            |b| {
                b.person("sam").replace(BOARD, "decision = \"approved\"", "decision = \"rejected\"");
                b.commit("reject");
            },
            &["decision-rejected"],
        ),
        (
            "it is cancelled",
            |b| {
                b.replace(PATH, "kind =", "cancelled = \"no need\"\nkind =");
                b.commit("cancel");
            },
            &["cancelled"],
        ),
        (
            "a freeze begins",
            |b| {
                let policy = b.read("policy.toml");
                b.write(
                    "policy.toml",
                    format!("{policy}\n[[freeze]]\nname = \"Launch\"\nfrom = 2024-05-25T00:00:00Z\nto = 2024-05-26T00:00:00Z\n"),
                );
                b.person("kim").commit("freeze");
            },
            &["freeze"],
        ),
        (
            "a dependency is named that is not applied",
            |b| {
                b.write("tasks/INFRA-1.md", crate::support::task("INFRA-1", "risk = \"low\"\n"));
                b.replace(PATH, "kind =", "depends = [\"INFRA-1\"]\nkind =");
                b.commit("depend");
            },
            &[
                "approval-stale",
                "approval-stale",
                "decision-outdated",
                "environment-skipped",
                "dependency-open",
            ],
        ),
    ];
    for (what, story, codes) in table {
        let mut book = ready("");
        story(book.person("ana").later());
        assert_eq!(shut_for(&book), *codes, "{what}");
    }
}

#[test]
fn the_window_is_saturday_two_to_six_in_its_zone_over_both_changes_of_clocks() {
    let book = ready("");
    let table = [
        ("2024-05-25T01:59:59+02:00", false),
        ("2024-05-25T02:00:00+02:00", true),
        ("2024-05-25T05:59:59+02:00", true),
        ("2024-05-25T06:00:00+02:00", false),
        ("2024-05-26T02:30:00+02:00", false),
        // Winter time: the same local hours.
        ("2024-11-02T01:59:59+01:00", false),
        ("2024-11-02T02:00:00+01:00", true),
        ("2024-11-02T06:00:00+01:00", false),
    ];
    for (now, open) in table {
        let gate = gate(&book, now);
        assert_eq!(gate["open"], open, "{now}: {:?}", unmet(&gate));
        assert_eq!(unmet(&gate), if open { vec![] } else { vec!["window-closed".to_owned()] }, "{now}");
    }
    let before = gate(&book, "2024-05-24T12:00:00Z");
    assert_eq!(before["next"], "2024-05-25T00:00:00+00:00", "Saturday, 2 AM in Berlin");
}

/// The five stages, and what done means, as they stand with everything but production done.
#[test]
fn progress_is_told() {
    let book = ready("");
    let gate = gate(&book, INSIDE);
    let told = |key: &str| -> Vec<String> {
        let stages = gate[key].as_array().unwrap().iter();
        stages
            .map(|stage| {
                format!(
                    "{} {}",
                    stage["name"].as_str().unwrap(),
                    if stage["reached"] == true { "●" } else { "○" }
                )
            })
            .collect()
    };
    assert_eq!(told("progress"), ["task ●", "code ●", "review ●", "staging ●", "production ○"]);
    assert_eq!(
        told("done"),
        ["review ●", "merged ●", "applied ○", "monitoring ○", "documentation ○", "runbook ○"]
    );
}

#[test]
fn little_time_left_is_a_warning() {
    let book = ready("");
    let gate = gate(&book, "2024-05-25T04:00:00+02:00");
    assert_eq!(gate["open"], true);
    assert_eq!(gate["warnings"][0]["code"], "window-short");
}

#[test]
fn a_plan_that_is_not_the_recorded_one() {
    let mut book = ready("");
    book.person("ana").run(&["plan", "INFRA-150", "--remove"]).expect(0);
    let codes = shut_for(&book);
    assert!(codes.contains(&"plan-missing".to_owned()), "{codes:?}");
    let plan = "{\"format_version\":\"1.2\",\"terraform_version\":\"1.11.0\",\"planned_values\":{},\"resource_changes\":[],\"configuration\":{}}";
    let book = ready("");
    book.write("plan.json", plan);
    let gate = book.json(&["gate", "INFRA-150", "-e", "production", "--plan", "plan.json", "--now", INSIDE]);
    assert_eq!(unmet(&gate), ["plan-differs"]);
}

#[test]
fn an_environment_that_is_not_gated_asks_for_nothing() {
    let book = Fixture::book();
    book.write(PATH, record());
    let mut book = book;
    book.person("ana").later().commit("propose");
    let gate = book.json(&["gate", "INFRA-150", "-e", "staging", "--now", INSIDE]);
    assert_eq!((&gate["open"], &gate["gated"]), (&true.into(), &false.into()));
    assert_eq!(gate["requirements"], Value::Array(Vec::new()));
}

#[test]
fn what_cannot_be_told_is_no_answer() {
    let mut book = ready("");
    book.run(&["gate", "INFRA-999", "-e", "production"]).expect(1);
    book.run(&["gate", "INFRA-150", "-e", "prod"]).expect(1);
    book.write("cab/CAB-2024-06.md", "+++\nid = \n+++\n");
    book.person("sam").later().commit("broken decision");
    let run = book.run(&["gate", "INFRA-150", "-e", "production", "--now", INSIDE]).expect(1);
    assert!(run.stderr.contains("CAB-2024-06.md"), "{}", run.stderr);
}

#[test]
fn only_what_has_landed_counts() {
    let mut book = ready("Security review");
    book.git(&["checkout", "-q", "-b", "side"]);
    book.person("sam").tick(PATH, "Security review");
    assert_eq!(shut_for(&book), ["approval-missing"], "the trunk knows nothing of it");
    let landed =
        book.json(&["gate", "INFRA-150", "-e", "production", "--as-landed", "HEAD", "--now", INSIDE]);
    assert_eq!(landed["open"], true, "{:?}", unmet(&landed));
    let told = book.run(&["gate", "INFRA-150", "-e", "production", "--now", INSIDE]).expect(3);
    assert!(told.stderr.contains("landing HEAD would meet: approval-missing"), "{}", told.stderr);
}

#[test]
fn every_format_says_the_same() {
    let book = ready("Status page");
    let arguments = ["gate", "INFRA-150", "-e", "production", "--now", INSIDE, "--format"];
    let markdown = book.run(&[&arguments[..], &["markdown"]].concat()).expect(3).stdout;
    assert!(markdown.contains("| ❌ | `communication-open` “Status page” is not ticked |"), "{markdown}");
    let junit = book.run(&[&arguments[..], &["junit"]].concat()).expect(3).stdout;
    assert!(
        junit.contains("failures=\"1\"") && junit.contains("<failure type=\"communication-open\""),
        "{junit}"
    );
    let text = book.run(&[&arguments[..], &["text"]].concat()).expect(3).stdout;
    assert!(text.starts_with("INFRA-150 → production: closed\n"), "{text}");
    assert!(text.contains("✗ communication-open  “Status page” is not ticked"), "{text}");
}

/// An emergency owes one approval by an on-call role, and waives the board, the window and the order.
fn emergency(more: &str) -> Fixture {
    let mut book = Fixture::book();
    book.write("policy.toml", format!("{POLICY}\n{WINDOW}{more}"));
    book.person("kim").commit("policy");
    let text = record()
        .replace("window = \"standard\"\n", "emergency = \"the network is down\"\n")
        .replace("- [ ] Code review", "- [ ] Code review\n\n- [ ] On-call approval");
    book.person("ana").later().write(PATH, text);
    book.plan("INFRA-150", "production", NEW_BUCKET);
    book.commit("help");
    for item in [
        "Rollback plan documented",
        "On-call team notified",
        "Status page",
        "Customer email",
        "Internal Slack notification",
    ] {
        book.later().tick(PATH, item);
    }
    book
}

#[test]
fn an_emergency_asks_for_one_on_call_approval() {
    let mut book = emergency("");
    assert_eq!(shut_for(&book), ["approval-missing"]);
    book.person("lee").later().tick(PATH, "On-call approval");
    assert_eq!(shut_for(&book), Vec::<String>::new());
    assert_eq!(gate(&book, "2024-05-22T12:00:00Z")["open"], true, "outside of every window");
    let freeze = "\n[[freeze]]\nname = \"Launch\"\nfrom = 2024-05-25T00:00:00Z\nto = 2024-05-26T00:00:00Z\n";
    let mut frozen = emergency(freeze);
    frozen.person("lee").later().tick(PATH, "On-call approval");
    assert_eq!(shut_for(&frozen), ["freeze"], "a freeze that does not except emergencies");
    let mut excepted = emergency(&format!("{freeze}except = [\"emergency\"]\n"));
    excepted.person("lee").later().tick(PATH, "On-call approval");
    assert_eq!(shut_for(&excepted), Vec::<String>::new());
}

#[test]
fn an_emergency_that_the_board_has_not_looked_at_shuts_the_next_of_that_requestor() {
    let mut book = emergency("");
    book.person("lee").later().tick(PATH, "On-call approval");
    book.later().tick(PATH, "Apply in production");
    let second = book.read(PATH).replace("INFRA-150", "INFRA-151").replace("[x]", "[ ]");
    book.write("tasks/INFRA-151.md", second);
    book.plan("INFRA-151", "production", NEW_BUCKET);
    book.person("ana").later().commit("again");
    book.person("lee").later().tick("tasks/INFRA-151.md", "On-call approval");
    for item in [
        "Rollback plan documented",
        "On-call team notified",
        "Status page",
        "Customer email",
        "Internal Slack notification",
    ] {
        book.person("ana").later().tick("tasks/INFRA-151.md", item);
    }
    let ask = |book: &Fixture, now: &str| {
        unmet(&book.json(&["gate", "INFRA-151", "-e", "production", "--now", now]))
    };
    assert_eq!(ask(&book, "2024-05-07T12:00:00Z"), Vec::<String>::new(), "the board has 48 hours");
    assert_eq!(ask(&book, "2024-05-10T12:00:00Z"), ["emergency-unreviewed"]);
    book.person("sam")
        .later()
        .write(BOARD, DECISION.replace("changes =", "decision = \"rejected\"\nchanges ="));
    book.commit("the board looks at it");
    assert_eq!(ask(&book, "2024-05-10T12:00:00Z"), Vec::<String>::new(), "any outcome discharges it");
}
