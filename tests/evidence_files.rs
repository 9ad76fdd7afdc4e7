//! Files of evidence, each rule worked out by hand: stacks, what the gate says of a plan, edits, what approvals bind, who
//! vouches, and changes that meet in one resource.

use serde_json::{Value, json};

use crate::support::{Fixture, NEW_BUCKET, POLICY, task};

const PATH: &str = "tasks/INFRA-1.md";
const PRODUCTION: &str = "evidence/INFRA-1/production.json";

/// A resource change; the type is that of the address.
fn change(address: &str, actions: &[&str], before: Value, after: Value) -> Value {
    let (kind, name) = address.split_once('.').unwrap();
    json!({ "address": address, "mode": "managed", "type": kind, "name": name,
        "change": { "actions": actions, "before": before, "after": after, "after_unknown": {} } })
}

fn plan(changes: &[Value]) -> String {
    json!({ "format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": changes }).to_string()
}

/// Replaces a database: high.
fn database() -> String {
    let sides = [json!({ "engine": "postgres" }), json!({ "engine": "mysql" })];
    let [before, after] = sides;
    plan(&[change("aws_db_instance.main", &["delete", "create"], before, after)])
}

/// Changes a tag of a bucket: low.
fn tag(bucket: &str) -> String {
    let sides = |n: &str| json!({ "bucket": bucket, "tags": { "team": n } });
    plan(&[change(&format!("aws_s3_bucket.{bucket}"), &["update"], sides("a"), sides("b"))])
}

/// What a Terraform task must have here: a plan.
const RULES: &str = "\n[kinds.terraform]\nsections = []\nitems = []\n";

/// A task with these keys, committed.
fn book(more: &str) -> Fixture {
    let mut book = Fixture::book();
    book.write("policy.toml", format!("{POLICY}{RULES}"));
    book.person("kim").commit("rules");
    book.person("ana").later().write(PATH, task("INFRA-1", more));
    book.commit("propose");
    book
}

/// The text as it stands is deployed to staging.
fn staged(book: &mut Fixture) {
    book.person("ana").later().tick(PATH, "Apply in staging");
    book.later();
}

fn record(book: &mut Fixture, plan: &str, more: &[&str]) {
    book.write("plan.json", plan);
    book.later().run(&[&["plan", "INFRA-1", "plan.json"], more].concat()).expect(0);
}

fn gate(book: &Fixture, more: &[&str]) -> Value {
    book.json(&[&["gate", "INFRA-1", "-e", "production"], more].concat())
}

/// Codes of what is not met, each once.
fn unmet(book: &Fixture, more: &[&str]) -> Vec<String> {
    let gate = gate(book, more);
    let unmet = gate["requirements"].as_array().unwrap().iter().filter(|found| found["met"] == false);
    let mut codes: Vec<String> = unmet.map(|found| found["code"].as_str().unwrap().to_owned()).collect();
    codes.dedup();
    assert_eq!(gate["open"], codes.is_empty());
    codes
}

fn checked(book: &Fixture) -> Vec<String> {
    let found = book.json(&["check"])["diagnostics"].take();
    found.as_array().unwrap().iter().map(|found| found["code"].as_str().unwrap().to_owned()).collect()
}

/// | recorded in this order | risk |
/// | --- | --- |
/// | db (replaces a database), then s3 (a tag) | high |
/// | s3, then db | high |
/// | db in place of s3, of one stack | refused: they have nothing in common |
/// | db taken out | low |
#[test]
fn each_stack_counts_in_whatever_order() {
    let mut scopes = Vec::new();
    for order in [["db", "s3"], ["s3", "db"]] {
        let mut book = book("risk = \"low\"\n");
        for stack in order {
            let plan = if stack == "db" { database() } else { tag("logs") };
            record(&mut book, &plan, &["--stack", stack]);
        }
        assert_eq!(book.show("INFRA-1")["risk"], "high", "{order:?}");
        scopes.push(book.show("INFRA-1")["scope"].clone());
        let text = book.read(PATH);
        assert!(
            text.contains("### production, stack db\n") && text.contains("### production, stack s3\n"),
            "{text}"
        );
        book.run(&["plan", "INFRA-1", "--remove", "--stack", "db"]).expect(0);
        assert_eq!(book.show("INFRA-1")["risk"], "low");
        assert!(!book.read(PATH).contains("stack db"));
        assert!(!checked(&book).contains(&"evidence-differs".to_owned()));
    }
    assert_eq!(scopes[0], scopes[1], "the order makes no other text");
    let mut book = book("risk = \"low\"\n");
    record(&mut book, &database(), &[]);
    let head = book.head();
    book.write("plan.json", tag("logs"));
    let run = book.run(&["plan", "INFRA-1", "plan.json"]).expect(2);
    assert!(run.stderr.contains("--stack NAME"), "{}", run.stderr);
    assert_eq!((book.head(), book.show("INFRA-1")["risk"].as_str()), (head, Some("high")));
    book.run(&["plan", "INFRA-1", "plan.json", "--replace"]).expect(0);
    assert_eq!(book.show("INFRA-1")["risk"], "low");
}

/// A folder of plans is a stack for each file, and the gate wants each of them and no other.
#[test]
fn the_gate_wants_every_stack() {
    let mut book = book("risk = \"low\"\n");
    book.write("plans/network/plan.json", tag("a"));
    book.write("plans/storage.json", tag("b"));
    book.run(&["plan", "INFRA-1", "plans"]).expect(0);
    staged(&mut book);
    assert!(book.root.join("evidence/INFRA-1/production.network.json").exists());
    assert!(book.root.join("evidence/INFRA-1/production.storage.json").exists());
    book.later();
    assert_eq!(unmet(&book, &["--plan", "plans"]), Vec::<String>::new());
    let both = ["--plan", "plans/storage.json", "--plan", "plans/network/plan.json"];
    assert_eq!(unmet(&book, &both), Vec::<String>::new(), "the digest tells which is which");
    assert_eq!(unmet(&book, &["--plan", "plans/storage.json"]), ["plan-missing"]);
    assert_eq!(
        unmet(&book, &["--plan", "network=plans/storage.json", "--plan", "storage=plans/network/plan.json"]),
        ["plan-differs"]
    );
    book.write("plans/third.json", tag("c"));
    assert_eq!(unmet(&book, &["--plan", "plans"]), ["plan-differs"]);
}

/// | what the author does after `plan` said high | `check` | gate with the plan | gate without |
/// | --- | --- | --- | --- |
/// | takes the database's change out of the file, keeps the digest | evidence-differs | evidence-differs | evidence-differs |
/// | types another digest | evidence-differs | shut | evidence-differs |
/// | types `risk = "low"` into it | evidence-broken | no answer | no answer |
/// | writes over it with the evidence of a tag | evidence-differs | plan-differs | evidence-differs |
/// | cuts it off | evidence-broken | no answer | no answer |
/// | edits the record's text | evidence-differs | evidence-differs | evidence-differs |
#[test]
fn evidence_cannot_be_talked_down() {
    type Edit = fn(&mut Fixture);
    let differs = "evidence-differs";
    let rows: [(&str, Edit, &str, Option<&str>); 6] = [
        (
            "a change is taken out",
            |b| {
                let mut file: Value = serde_json::from_str(&b.read(PRODUCTION)).unwrap();
                file["terraform"]["changes"].as_array_mut().unwrap().clear();
                b.write(PRODUCTION, file.to_string());
            },
            differs,
            Some(differs),
        ),
        (
            "another digest",
            |b| {
                let text = b.read(PRODUCTION);
                let at = text.find("\"digest\": \"sha256:").unwrap() + 18;
                b.write(PRODUCTION, format!("{}0000{}", &text[..at], &text[at + 4..]));
            },
            differs,
            Some(differs),
        ),
        (
            "a verdict",
            |b| {
                b.replace(PRODUCTION, "\"terraform\": {", "\"terraform\": {\n    \"risk\": \"low\",");
            },
            "evidence-broken",
            None,
        ),
        (
            "other evidence",
            |b| {
                let text = b.read(PATH);
                b.plan("INFRA-1", "production", &tag("logs"));
                b.write(PATH, text);
            },
            differs,
            Some(differs),
        ),
        (
            "cut off",
            |b| {
                let text = b.read(PRODUCTION);
                b.write(PRODUCTION, &text[..text.len() / 2]);
            },
            "evidence-broken",
            None,
        ),
        (
            "the text",
            |b| b.replace(PATH, "-/+ aws_db_instance.main", "~ aws_db_instance.main"),
            differs,
            Some(differs),
        ),
    ];
    for (what, edit, in_check, at_gate) in rows {
        let mut book = book("risk = \"low\"\n");
        record(&mut book, &database(), &[]);
        staged(&mut book);
        edit(&mut book);
        assert!(checked(&book).contains(&in_check.to_owned()), "{what}: {:?}", checked(&book));
        book.person("ana").commit("say less");
        assert!(checked(&book).contains(&in_check.to_owned()), "{what}, committed");
        for more in [&[][..], &["--plan", "plan.json"]] {
            let run = book.run(&[&["gate", "INFRA-1", "-e", "production"], more].concat());
            match at_gate {
                Some(code) => {
                    run.expect(3);
                    let codes = unmet(&book, more);
                    let named = codes
                        .iter()
                        .any(|found| found == code || (!more.is_empty() && found == "plan-differs"));
                    assert!(named, "{what}: {codes:?}");
                    // Whatever the file says now, the risk has not fallen, or the plan in hand says it.
                    let needs_people = codes.iter().any(|code| code.starts_with("approval-"));
                    assert!(needs_people || what == "other evidence" && more.is_empty(), "{what}: {codes:?}");
                }
                None => {
                    let run = run.expect(1);
                    assert!(run.stderr.contains(PRODUCTION), "{what}: {}", run.stderr);
                }
            }
        }
    }
}

/// The plan that is applied is read again, whatever is recorded.
#[test]
fn the_gate_judges_the_plan_that_it_is_given() {
    let mut book = book("risk = \"low\"\n");
    record(&mut book, &tag("logs"), &[]);
    staged(&mut book);
    assert_eq!(unmet(&book, &["--plan", "plan.json"]), Vec::<String>::new());
    book.write("other.json", database());
    let codes = unmet(&book, &["--plan", "other.json"]);
    assert!(
        codes.contains(&"plan-differs".to_owned()) && codes.contains(&"approval-missing".to_owned()),
        "{codes:?}"
    );
    let told = book.run(&["gate", "INFRA-1", "-e", "production", "--plan", "other.json"]).expect(3).stdout;
    assert!(told.contains("aws_db_instance.main"), "it says where: {told}");
    // Objects that changed outside since are a warning.
    let mut drifted: Value = serde_json::from_str(&tag("logs")).unwrap();
    drifted["resource_drift"] = json!([change(
        "aws_vpc.main",
        &["update"],
        json!({ "cidr": "10.0.0.0/16" }),
        json!({ "cidr": "10.1.0.0/16" })
    )]);
    book.write("drifted.json", drifted.to_string());
    let gate = gate(&book, &["--plan", "drifted.json"]);
    assert_eq!((&gate["open"], &gate["warnings"][0]["code"]), (&true.into(), &"drift".into()), "{gate}");
}

/// | after the approval | stands |
/// | --- | --- |
/// | the plan for production again, the same | yes |
/// | another plan for production | no |
/// | a plan for staging, which is not gated | yes |
/// | production's plan is taken out | no |
#[test]
fn an_approval_is_for_the_evidence_that_stood_there() {
    type Act = fn(&mut Fixture);
    let rows: [(&str, Act, &str); 4] = [
        ("the same", |b| record(b, &tag("logs"), &[]), "valid"),
        (
            "another",
            |b| {
                let sides = |n: u8| json!({ "bucket": "logs", "tags": { "n": n } });
                record(b, &plan(&[change("aws_s3_bucket.logs", &["update"], sides(1), sides(2))]), &[]);
            },
            "approval-stale",
        ),
        ("staging", |b| record(b, &tag("logs"), &["-e", "staging"]), "valid"),
        (
            "taken out",
            |b| {
                b.later().run(&["plan", "INFRA-1", "--remove"]).expect(0);
            },
            "approval-stale",
        ),
    ];
    for (what, act, expected) in rows {
        let mut book = book("risk = \"medium\"\n");
        record(&mut book, &tag("logs"), &[]);
        book.person("sam").later().tick(PATH, "Code review");
        assert_eq!(book.approval("INFRA-1", "peer"), "valid");
        act(book.person("ana"));
        assert_eq!(book.approval("INFRA-1", "peer"), expected, "{what}");
        let diff = book.run(&["diff", "INFRA-1"]);
        assert_eq!(diff.status == 0, expected == "valid", "{what}: {}", diff.stdout);
    }
    // Evidence alone, without the text: somebody takes out a part of what was approved.
    let mut book = book("risk = \"medium\"\n");
    record(&mut book, &tag("logs"), &[]);
    book.person("sam").later().tick(PATH, "Code review");
    let text = book.read(PATH);
    book.plan("INFRA-1", "production", &tag("others"));
    book.write(PATH, text);
    book.person("ana").later().commit("other evidence");
    assert_eq!(book.approval("INFRA-1", "peer"), "approval-stale");
    let show = book.show("INFRA-1");
    assert!(
        show["approvals"].to_string().contains("other evidence was recorded for production"),
        "{}",
        show["approvals"]
    );
}

/// Of an environment that had no evidence when somebody approved, only a higher risk asks again.
#[test]
fn the_first_evidence_asks_again_where_it_raises_the_risk() {
    for (plan, expected) in [(tag("logs"), "valid"), (database(), "approval-stale")] {
        let mut book = book("risk = \"medium\"\n");
        book.person("sam").later().tick(PATH, "Code review");
        let text = book.read(PATH);
        book.plan("INFRA-1", "production", &plan);
        book.write(PATH, text);
        book.person("ana").later().commit("evidence");
        assert_eq!(book.approval("INFRA-1", "peer"), expected);
    }
}

/// | declared | evidence | by | risk |
/// | --- | --- | --- | --- |
/// | – | low | its author | medium: the policy's default |
/// | – | low | a maker, signed | low |
/// | – | low | a maker, signed, then edited by its author | medium |
/// | low | low | its author | low, and it says that declared by the author; the evidence is not proven |
/// | low | high | its author | high |
#[test]
fn evidence_that_nobody_vouches_for_lowers_nothing() {
    let makers = "\n[evidence]\nmakers = [\"bot\"]\n";
    let with_maker = || {
        let mut book = Fixture::book();
        let key = book.ssh_key("bot", "ed25519");
        book.write("policy.toml", format!("{POLICY}{makers}"));
        book.list_key("bot", &key);
        book.person("kim").commit("makers");
        book.person("ana").later().write(PATH, task("INFRA-1", ""));
        book.commit("propose");
        (book, key)
    };
    let risk = |book: &Fixture| book.show("INFRA-1")["risk"].as_str().unwrap().to_owned();
    let reasons = |book: &Fixture| book.show("INFRA-1")["risk_reasons"].to_string();
    let (mut book, _) = with_maker();
    book.plan("INFRA-1", "production", &tag("logs"));
    book.person("ana").later().commit("plan");
    assert_eq!(risk(&book), "medium");
    assert!(reasons(&book).contains("the evidence is not proven"), "{}", reasons(&book));

    let (mut book, key) = with_maker();
    book.plan("INFRA-1", "production", &tag("logs"));
    book.person("bot").later().commit_signed("plan", &key);
    assert_eq!(risk(&book), "low", "{}", reasons(&book));
    book.plan("INFRA-1", "production", &tag("others"));
    book.person("ana").later().commit("mine is better");
    assert_eq!(risk(&book), "medium");

    let mut book = self::book("risk = \"low\"\n");
    record(&mut book, &tag("logs"), &[]);
    assert_eq!(risk(&book), "low");
    assert!(
        reasons(&book).contains("declared by the author; the evidence is not proven"),
        "{}",
        reasons(&book)
    );
    record(&mut book, &database(), &["--replace"]);
    assert_eq!(risk(&book), "high");
}

#[test]
fn a_policy_may_ask_for_proven_evidence() {
    let mut book = book("risk = \"low\"\n");
    book.write("policy.toml", format!("{POLICY}{RULES}\n[evidence]\nrequire = \"proven\"\n"));
    book.person("kim").later().commit("proven");
    book.person("ana");
    record(&mut book, &tag("logs"), &[]);
    staged(&mut book);
    assert_eq!(unmet(&book, &["--plan", "plan.json"]), ["evidence-unproven"]);
}

/// Two open tasks that change one bucket, and a third that was deployed after a plan of it.
#[test]
fn changes_that_meet_in_one_resource_are_told() {
    let mut book = book("risk = \"low\"\nservices = [\"a\"]\n");
    record(&mut book, &tag("logs"), &[]);
    book.write("tasks/INFRA-2.md", task("INFRA-2", "risk = \"low\"\nservices = [\"b\"]\n"));
    book.plan("INFRA-2", "production", &tag("logs"));
    book.later().commit("another");
    assert_eq!(checked(&book).iter().filter(|code| *code == "resource-collision").count(), 2);
    let windows = book.run(&["windows"]).expect(0).stdout;
    assert!(
        windows.contains("INFRA-1 and INFRA-2 both change aws_s3_bucket.logs in production"),
        "{windows}"
    );
    let warnings = gate(&book, &[])["warnings"].to_string();
    assert!(warnings.contains("resource-collision") && warnings.contains("INFRA-2 is open"), "{warnings}");
    // Other stacks are other resources of the same name.
    book.write("tasks/INFRA-3.md", task("INFRA-3", "risk = \"low\"\n"));
    book.plan("INFRA-3", "production.other", &tag("logs"));
    book.later().commit("a third");
    assert!(!book.run(&["windows"]).stdout.contains("INFRA-3"));

    let path = "tasks/INFRA-2.md";
    book.later().tick(path, "Apply in staging");
    book.later().tick(path, "Apply in production");
    let warnings = gate(&book, &[])["warnings"].to_string();
    assert!(warnings.contains("plan-overtaken") && !warnings.contains("resource-collision"), "{warnings}");
    assert!(checked(&book).contains(&"plan-overtaken".to_owned()));
    // Planned again, it knows of that.
    record(&mut book, &tag("logs"), &[]);
    let again: Value = serde_json::from_str(&tag("logs")).unwrap();
    let mut again = again;
    again["resource_changes"][0]["change"]["after"]["tags"]["team"] = json!("c");
    record(&mut book, &again.to_string(), &[]);
    assert!(!checked(&book).contains(&"plan-overtaken".to_owned()));
}

#[test]
fn what_was_recorded_is_told_in_words() {
    let mut book = book("risk = \"low\"\n");
    record(&mut book, &tag("logs"), &[]);
    let log = book.run(&["log", "INFRA-1"]).expect(0).stdout;
    assert!(
        log.contains("recorded the plan for production: Plan: 0 to add, 1 to change, 0 to destroy."),
        "{log}"
    );
    assert!(!log.contains("sha256") && !log.contains('{'), "no JSON is dumped: {log}");
    let shown = book.run(&["show", "INFRA-1"]).expect(0).stdout;
    assert!(
        shown.contains("Evidence\n  plan for production: Plan: 0 to add, 1 to change, 0 to destroy.\n"),
        "{shown}"
    );
    assert_eq!(book.show("INFRA-1")["found"][0]["kind"], "plan");
    let schema = book.json(&["schema", "evidence"]);
    assert_eq!(schema["properties"]["checksum"]["type"], "string");
    book.run(&["build", "--out", "../site"]).expect(0);
    let page = std::fs::read_to_string(book.root.join("../site/tasks/INFRA-1.html")).unwrap();
    assert!(page.contains("Plan: 0 to add, 1 to change, 0 to destroy."), "{page}");
    let text = book.read(PATH);
    assert!(!text.split("+++").nth(1).unwrap().contains("sha256"), "no machine's text in the frontmatter");
}

/// A done task's evidence is what it went out with.
#[test]
fn the_evidence_of_what_is_done_stays() {
    let mut book = book("risk = \"low\"\n");
    record(&mut book, NEW_BUCKET, &[]);
    staged(&mut book);
    book.later().tick(PATH, "Apply in production");
    let text = book.read(PATH).replace("[ ]", "[x]");
    book.write(PATH, text);
    book.person("sam").later().commit("done");
    let head = book.head();
    book.write("plan.json", tag("logs"));
    let run = book.run(&["plan", "INFRA-1", "plan.json"]).expect(2);
    assert!(run.stderr.contains("is done"), "{}", run.stderr);
    book.write("empty.json", plan(&[]));
    let run = book.run(&["plan", "INFRA-1", "empty.json", "--replace"]).expect(2);
    assert!(run.stderr.contains("do not show what was deployed"), "{}", run.stderr);
    book.run(&["plan", "INFRA-1", "--remove"]).expect(2);
    assert_eq!(book.head(), head);
}

/// Evidence that stands where no task's does.
#[test]
fn misplaced_evidence_is_named() {
    let mut book = book("risk = \"low\"\n");
    record(&mut book, &tag("logs"), &[]);
    let text = book.read(PRODUCTION);
    for place in
        ["evidence/INFRA-1/production.copy.json", "evidence/INFRA-9/production.json", "evidence/x.json"]
    {
        book.write(place, &text);
        assert!(checked(&book).contains(&"evidence-broken".to_owned()), "{place}");
        std::fs::remove_file(book.root.join(place)).unwrap();
    }
    assert!(!checked(&book).contains(&"evidence-broken".to_owned()));
    // A copy under another stack's name is no evidence, and the gate says so.
    book.write("evidence/INFRA-1/production.copy.json", &text);
    book.later().commit("copy");
    let run = book.run(&["gate", "INFRA-1", "-e", "production"]).expect(1);
    assert!(run.stderr.contains("production.copy.json"), "{}", run.stderr);
}

/// A record that takes another number takes its evidence along, sealed as it was; what somebody edited does not follow.
#[test]
fn evidence_follows_its_record() {
    let mut book = book("risk = \"low\"\n");
    record(&mut book, &database(), &["--stack", "db"]);
    book.later().run(&["renumber", "INFRA-1", "INFRA-7"]).expect(0);
    assert!(book.root.join("evidence/INFRA-7/production.db.json").exists());
    assert!(!book.root.join("evidence/INFRA-1/production.db.json").exists());
    assert_eq!(book.show("INFRA-7")["risk"], "high");
    assert!(!checked(&book).iter().any(|code| code.starts_with("evidence-")));
    book.replace("evidence/INFRA-7/production.db.json", "mysql", "maria");
    book.later().commit("edit");
    let run = book.run(&["renumber", "INFRA-7", "INFRA-8"]).expect(1);
    assert!(run.stderr.contains("was edited by hand"), "{}", run.stderr);
}

/// Two branches take one number, each with a plan of its own.
#[test]
fn evidence_of_two_records_of_one_number_is_parted() {
    let mut book = Fixture::book();
    book.write("policy.toml", format!("{POLICY}{RULES}"));
    book.person("kim").commit("rules");
    for (person, branch, plan) in [("ana", "one", database()), ("sam", "two", tag("logs"))] {
        book.git(&["checkout", "-q", "-b", branch, "main"]);
        book.person(person)
            .later()
            .write(&format!("tasks/{branch}/INFRA-1.md"), task("INFRA-1", "risk = \"low\"\n"));
        book.commit("propose");
        let path = format!("tasks/{branch}/INFRA-1.md");
        let text = book.read(&path);
        book.write(PATH, text);
        book.plan("INFRA-1", "production", &plan);
        let text = book.read(PATH);
        std::fs::remove_file(book.root.join(PATH)).unwrap();
        book.write(&path, text);
        book.later().commit("plan");
        book.git(&["checkout", "-q", "main"]);
    }
    book.person("kim").later().git(&["merge", "-q", "--no-ff", "-m", "one", "one"]);
    let merge = book.try_git(&book.root.clone(), &["merge", "-q", "--no-ff", "-m", "two", "two"]);
    assert!(!merge.status.success(), "both wrote one file of evidence");
    book.git(&["checkout", "-q", "--ours", "evidence"]);
    book.git(&["add", "--all"]);
    book.later().git(&["commit", "-q", "--no-edit"]);
    book.later().run(&["renumber"]).expect(0);
    assert_eq!(
        (book.show("INFRA-1")["risk"].as_str(), book.show("INFRA-2")["risk"].as_str()),
        (Some("high"), Some("low"))
    );
    assert!(!checked(&book).iter().any(|code| code.starts_with("evidence-")), "{:?}", checked(&book));
}

/// What its author may do to evidence that says too much, by names and by moves alone; none of it opens the gate.
///
/// | done to the evidence of a replaced database | told |
/// | --- | --- |
/// | its file is deleted, its text stays | `evidence-differs`, and the gate is shut |
/// | its text is there twice | `evidence-differs`, and the gate is shut |
/// | its environment gets a capital letter, in name and content | `evidence-broken`, and no answer |
/// | a link stands in its place | `evidence-broken`, and no answer |
#[test]
fn evidence_cannot_be_moved_out_of_sight() {
    type Edit = fn(&mut Fixture);
    let rows: [(&str, Edit, &str, i32); 4] = [
        ("deleted", |b| std::fs::remove_file(b.root.join(PRODUCTION)).unwrap(), "evidence-differs", 3),
        (
            "twice",
            |b| {
                let text = b.read(PATH);
                let from = text.find("\n### ").unwrap();
                let to = text[from..].find("\n## ").map_or(text.len(), |to| from + to);
                let other = text[from..to].replace("-/+ aws_db_instance.main", "~ aws_db_instance.main");
                b.write(PATH, format!("{}{other}{}", &text[..from], &text[from..]));
            },
            "evidence-differs",
            3,
        ),
        (
            "a capital letter",
            |b| {
                let text = b.read(PRODUCTION).replace("\"production\"", "\"Production\"");
                std::fs::remove_file(b.root.join(PRODUCTION)).unwrap();
                b.write("evidence/INFRA-1/Production.json", text);
            },
            "evidence-broken",
            1,
        ),
        (
            "a link",
            |b| {
                std::fs::rename(b.root.join(PRODUCTION), b.root.join("hidden.json")).unwrap();
                std::os::unix::fs::symlink("../../hidden.json", b.root.join(PRODUCTION)).unwrap();
            },
            "evidence-broken",
            1,
        ),
    ];
    for (what, edit, code, status) in rows {
        let mut book = book("risk = \"low\"\n");
        record(&mut book, &database(), &[]);
        staged(&mut book);
        edit(&mut book);
        assert!(checked(&book).contains(&code.to_owned()), "{what}: {:?}", checked(&book));
        book.person("ana").commit("say less");
        assert!(checked(&book).contains(&code.to_owned()), "{what}, committed: {:?}", checked(&book));
        let run = book.run(&["gate", "INFRA-1", "-e", "production"]);
        assert_eq!(run.status, status, "{what}: {}{}", run.stdout, run.stderr);
        if status == 3 {
            assert!(unmet(&book, &[]).contains(&code.to_owned()), "{what}");
        }
    }
}

/// Nothing is written through a link: it may lead out of the book.
#[test]
fn a_link_is_not_written_through() {
    let book = book("risk = \"low\"\n");
    let outside = book.root.parent().unwrap().join("outside");
    std::fs::create_dir_all(&outside).unwrap();
    std::fs::create_dir_all(book.root.join("evidence")).unwrap();
    std::os::unix::fs::symlink(&outside, book.root.join("evidence/INFRA-1")).unwrap();
    book.write("plan.json", database());
    let run = book.run(&["plan", "INFRA-1", "plan.json"]);
    assert_ne!(run.status, 0, "{}", run.stdout);
    assert!(run.stderr.contains("evidence/INFRA-1"), "{}", run.stderr);
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0);
}
