//! Which task a commit is work of, and what code beside an approval makes of it. Worked by hand.

use crate::support::{Fixture, POLICY, task};

const PATH: &str = "tasks/INFRA-1.md";

fn book() -> Fixture {
    let mut book = Fixture::book();
    let plain = "\n[kinds.terraform]\nsections = []\nitems = []\nplan = false\n";
    book.write("policy.toml", format!("{POLICY}{plain}"));
    book.person("kim").later().commit("rules");
    book.person("ana").later().write(PATH, task("INFRA-1", "risk = \"medium\"\n"));
    book.write("tasks/INFRA-2.md", task("INFRA-2", "risk = \"medium\"\n"));
    book.commit("propose both");
    book.later();
    book
}

fn unrecorded(book: &Fixture) -> Vec<String> {
    let audit = book.json(&["audit", "--now", "2024-05-10T00:00:00Z"]);
    let found = audit["unrecorded"].as_array().unwrap().iter();
    found.map(|found| found["evidence"]["commit"].as_str().unwrap().to_owned()).collect()
}

fn status(book: &Fixture, id: &str) -> String {
    book.show(id)["status"].as_str().unwrap().to_owned()
}

#[test]
fn a_message_names_a_task_in_its_subject_or_on_a_line_of_its_own() {
    let table: &[(&str, &[&str])] = &[
        ("INFRA-1: code", &["INFRA-1"]),
        ("fix(redis): code [INFRA-1]", &["INFRA-1"]),
        ("INFRA-1, INFRA-2: both", &["INFRA-1", "INFRA-2"]),
        ("code\n\nChange: INFRA-1\n", &["INFRA-1"]),
        ("code\n\nsome words\nChange: INFRA-1\nmore words\n", &["INFRA-1"]),
        ("code\n\n    Change: INFRA-1\n\nSigned-off-by: ana\n", &["INFRA-1"]),
        ("code\n\n- Change: INFRA-1\n* change: INFRA-2\n", &["INFRA-1", "INFRA-2"]),
        ("code\n\nChange: test/INFRA-1\n", &["INFRA-1"]),
        ("Redis (#7)\n\n* INFRA-1: code\n\n* tests\n", &["INFRA-1"]),
        (
            "Redis (#7)\n\n* code\n\n  Change: INFRA-1\n\n* tests\n\n---------\n\nCo-authored-by: sam <sam@example.org>\n",
            &["INFRA-1"],
        ),
        ("Merged in redis (pull request #7)\n\n* INFRA-2: code\n", &["INFRA-2"]),
        // Prose is none of that.
        ("code", &[]),
        ("code\n\nas INFRA-1 says\n", &[]),
        ("code\n\nChange: the way of INFRA-1\n", &[]),
        ("code\n\nExchange: INFRA-1\n", &[]),
        ("code\n\n* INFRA-1: code\n", &[]),
        ("Redis (#7)\n\n- INFRA-1: code\n", &[]),
        ("code\n\nChange: other/INFRA-1\n", &[]),
        ("INFRA-10: code", &[]),
        ("INFRA-3: there is no such task", &[]),
        ("infra-1: code", &[]),
    ];
    for (message, expected) in table {
        let mut book = book();
        book.person("ana").write("terraform/x.tf", "x");
        let commit = book.commit(message);
        for id in ["INFRA-1", "INFRA-2"] {
            let worked = if expected.contains(&id) { "developing" } else { "proposed" };
            assert_eq!(status(&book, id), worked, "{message:?} {id}");
        }
        let open = if expected.is_empty() { vec![commit] } else { vec![] };
        assert_eq!(unrecorded(&book), open, "{message:?}");
    }
}

#[test]
fn a_commit_names_the_one_task_whose_text_it_changes_beside_infrastructure() {
    type Change = fn(&Fixture);
    let table: &[(&str, Change, &[&str])] = &[
        ("text and code", |b| b.replace(PATH, "Something.", "More."), &["INFRA-1"]),
        ("a proposal with its code", |b| b.write("tasks/INFRA-3.md", task("INFRA-3", "")), &["INFRA-3"]),
        ("a tick and code", |b| b.replace(PATH, "[ ] Terraform code", "[x] Terraform code"), &[]),
        ("labels and code", |b| b.replace(PATH, "+++\n\n## What", "labels = [\"x\"]\n+++\n\n## What"), &[]),
        (
            "two texts and code",
            |b| {
                b.replace(PATH, "Something.", "More.");
                b.replace("tasks/INFRA-2.md", "Something.", "More.");
            },
            &[],
        ),
        ("a task is deleted", |b| std::fs::remove_file(b.root.join(PATH)).unwrap(), &[]),
    ];
    for (what, change, expected) in table {
        let mut book = book();
        change(&book);
        book.person("ana").write("terraform/x.tf", "x");
        let commit = book.commit(what);
        let open = if expected.is_empty() { vec![commit] } else { vec![] };
        assert_eq!(unrecorded(&book), open, "{what}");
        for id in *expected {
            assert_eq!(status(&book, id), "developing", "{what}");
        }
    }
    // What is no infrastructure names nothing.
    let mut book = book();
    book.replace(PATH, "Something.", "More.");
    book.write("docs/x.md", "x");
    book.person("ana").commit("text and prose");
    assert_eq!(status(&book, "INFRA-1"), "proposed");
}

#[test]
fn a_runbook_was_exercised_wherever_the_line_stands() {
    for (message, expected) in [
        ("drill\n\nExercised: redis\n", true),
        ("Drill (#7)\n\n* drill\n\n  Exercised: redis\n\n* notes\n", true),
        ("drill\n\n- exercised: redis\n\nand more words\n", true),
        ("Exercised: redis, as the book says\n\nall of it\n", false),
        ("drill\n\nNot Exercised: redis\n", false),
    ] {
        let mut book = book();
        book.write("runbooks/redis.md", "+++\nid = \"redis\"\ntitle = \"Redis\"\n+++\n\n## Steps\n");
        book.commit("a runbook");
        let commit = book.later().commit(message);
        let proof = &book.show("redis")["evidence"]["commit"];
        assert_eq!(*proof == commit.as_str(), expected, "{message:?}");
    }
}

/// Whoever presses squash writes the message: what has power is no line of it.
#[test]
fn trailers_with_power_are_none_in_a_squash() {
    let stated = |message: &str, committer: &str| {
        let mut book = book();
        book.replace(PATH, "[ ] Apply in staging", "[x] Apply in staging");
        book.person("kim").committed_by(committer).later().commit(message);
        book.show("INFRA-1")["environments"][0]["stated_time"].clone()
    };
    let time = "2024-05-06T12:00:00Z";
    assert_eq!(stated(&format!("apply\n\nDeployed: staging {time}\n"), "kim"), time);
    for message in [
        format!("Apply (#7)\n\n* apply\n\n  Deployed: staging {time}\n\n* more\n"),
        format!("apply\n\n- Deployed: staging {time}\n\nwords\n"),
        format!("apply\n\nDeployed: staging {time}\n\nand more words that end it\n"),
    ] {
        assert_eq!(stated(&message, "kim"), serde_json::Value::Null, "{message:?}");
    }
    assert_eq!(stated(&format!("apply\n\nDeployed: staging {time}\n"), "sam"), serde_json::Value::Null);
}

#[test]
fn a_trailer_says_of_which_of_several_tasks_it_speaks() {
    let (early, late) = ("2024-05-06T11:00:00Z", "2024-05-06T12:00:00Z");
    let stated = |message: &str| {
        let mut book = book();
        for path in [PATH, "tasks/INFRA-2.md"] {
            book.replace(path, "[ ] Apply in staging", "[x] Apply in staging");
        }
        book.person("kim").later().commit(message);
        ["INFRA-1", "INFRA-2"].map(|id| book.show(id)["environments"][0]["stated_time"].clone())
    };
    let null = serde_json::Value::Null;
    assert_eq!(stated(&format!("both\n\nDeployed: staging {early}\n")), [null.clone(), null.clone()]);
    assert_eq!(
        stated(&format!("both\n\nDeployed: INFRA-1 staging {early}\nDeployed: INFRA-2 staging {late}\n")),
        [early, late]
    );
    assert_eq!(stated(&format!("both\n\nDeployed: INFRA-2 staging {late}\n")), [null, late.into()]);
    // One task may be named, too.
    let mut book = book();
    book.replace(PATH, "[ ] Apply in staging", "[x] Apply in staging");
    book.person("kim").later().commit(&format!("one\n\nDeployed: INFRA-1 staging {late}\n"));
    assert_eq!(book.show("INFRA-1")["environments"][0]["stated_time"], late);
}

/// A branch on which ana works and sam approves; it comes to the trunk by a merge.
struct Beside(Fixture);

impl Beside {
    fn new() -> Self {
        let book = book();
        book.git(&["checkout", "-q", "-b", "side"]);
        Beside(book)
    }

    fn code(&mut self, who: &str, path: &str, message: &str) -> &mut Self {
        self.0.person(who).later().write(path, message);
        self.0.commit(message);
        self
    }

    fn approve(&mut self) -> &mut Self {
        self.0.person("sam").later().tick(PATH, "Code review");
        self
    }

    fn merge(&mut self) -> &mut Self {
        self.0.git(&["checkout", "-q", "main"]);
        self.0.person("lee").later().git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
        self
    }

    #[track_caller]
    fn is(&self, expected: &str, what: &str) {
        assert_eq!(self.0.approval("INFRA-1", "peer"), expected, "{what}");
    }
}

#[test]
fn code_after_an_approval_in_one_landing_makes_it_stale() {
    for (message, who) in [
        ("INFRA-1: more", "ana"),
        ("unnamed", "ana"),
        ("unnamed", "eve"),
        ("INFRA-2: for another task", "ana"),
        ("Merge branch 'x'", "bot"),
    ] {
        let mut beside = Beside::new();
        beside.code("ana", "terraform/a.tf", "INFRA-1: code").approve();
        beside.is("valid", "before");
        beside.code(who, "terraform/b.tf", message);
        beside.is("approval-stale", &format!("not landed: {message}"));
        beside.merge();
        beside.is("approval-stale", &format!("landed: {message}"));
    }
    // Within a merge of the branch, and by the landing merge itself.
    let mut beside = Beside::new();
    beside.approve();
    beside.0.git(&["checkout", "-q", "-b", "deeper", "main"]);
    beside.code("lee", "terraform/b.tf", "unnamed");
    beside.0.git(&["checkout", "-q", "side"]);
    beside.0.person("ana").later().git(&["merge", "-q", "--no-ff", "-m", "take it in", "deeper"]);
    beside.is("approval-stale", "merged in");
    beside.merge();
    beside.is("approval-stale", "merged in, and landed");
    let mut beside = Beside::new();
    beside.approve();
    beside.0.git(&["checkout", "-q", "main"]);
    beside.0.later().git(&["merge", "-q", "--no-ff", "--no-commit", "side"]);
    beside.0.write("terraform/evil.tf", "x");
    beside.0.person("lee").commit("merge");
    beside.is("approval-stale", "by the merge");
}

#[test]
fn what_is_not_beside_an_approval_leaves_it() {
    let mut beside = Beside::new();
    beside.code("ana", "terraform/a.tf", "unnamed, and seen").approve().merge();
    beside.is("valid", "code before it");
    let mut beside = Beside::new();
    beside.approve().code("ana", "docs/a.md", "words").code("ana", "x", "anything else").merge();
    beside.is("valid", "no infrastructure");
    let mut beside = Beside::new();
    beside.approve().merge();
    beside.code("ana", "terraform/a.tf", "unnamed, on the trunk");
    beside.is("valid", "another landing");
    beside.0.git(&["checkout", "-q", "-b", "another"]);
    beside.code("ana", "terraform/b.tf", "INFRA-2: another task's");
    beside.0.git(&["checkout", "-q", "main"]);
    beside.0.person("lee").later().git(&["merge", "-q", "--no-ff", "-m", "merge", "another"]);
    beside.is("valid", "another task's landing");
    beside.code("ana", "terraform/c.tf", "INFRA-1: after all");
    beside.is("approval-stale", "its own work");
}

/// In a rebase each commit is a landing of its own: what names nothing is found by itself.
#[test]
fn where_each_commit_lands_alone_unnamed_code_is_unrecorded() {
    let mut beside = Beside::new();
    beside.approve().code("ana", "terraform/b.tf", "unnamed");
    beside.0.git(&["checkout", "-q", "main"]);
    beside.0.git(&["merge", "-q", "--ff-only", "side"]);
    beside.is("valid", "each is a step");
    assert_eq!(unrecorded(&beside.0), [beside.0.head()]);
    for (methods, expected) in [
        ("\"rebase\"", "valid"),
        ("[\"rebase\", \"squash\"]", "approval-stale"),
        ("\"merge\"", "approval-stale"),
    ] {
        let mut beside = Beside::new();
        beside.0.git(&["checkout", "-q", "main"]);
        let policy = beside.0.read("policy.toml") + &format!("\n[forge]\nmerge = {methods}\n");
        beside.0.write("policy.toml", policy);
        beside.0.person("kim").later().commit("how the forge merges");
        beside.0.git(&["checkout", "-q", "side"]);
        beside.0.git(&["merge", "-q", "--ff-only", "main"]);
        beside.approve().code("ana", "terraform/b.tf", "unnamed");
        beside.is(expected, methods);
    }
}

/// A pipeline's clone has no history: what needs none is answered all the same.
#[test]
fn a_shallow_clone_explains_a_plan_and_answers_nothing_else() {
    let mut book = book();
    book.write("policy.toml", book.read("policy.toml") + "\n[[category]]\nname = \"machines\"\nrisk = \"high\"\nterraform = { types = [\"aws_instance\"] }\n");
    book.person("kim").later().commit("machines are risky");
    let home = book.root.parent().unwrap().to_path_buf();
    let (from, shallow) = (format!("file://{}", book.root.display()), home.join("shallow"));
    book.git(&["clone", "-q", "--depth", "1", &from, &shallow.display().to_string()]);
    let plan = r#"{"format_version":"1.2","terraform_version":"1.9.0","resource_changes":[{"address":"aws_instance.a","mode":"managed","type":"aws_instance","name":"a","provider_name":"registry.terraform.io/hashicorp/aws","change":{"actions":["update"],"before":{"ami":"a"},"after":{"ami":"b"},"after_unknown":{},"before_sensitive":false,"after_sensitive":false}}]}"#;
    std::fs::write(home.join("plan.json"), plan).unwrap();
    let run = book.run_at(&shallow, &["risk", "../plan.json"]).expect(0);
    assert!(run.stdout.contains("high") && run.stdout.contains("machines"), "{}", run.stdout);
    for question in [&["audit"][..], &["list"], &["gate", "INFRA-1", "-e", "production"]] {
        let run = book.run_at(&shallow, question).expect(1);
        assert!(run.stderr.contains("--unshallow"), "{question:?}: {}", run.stderr);
    }
}
