//! The audit of a scripted spring, made with plain git, against a table worked out by hand.

use serde_json::Value;

use crate::support::{Fixture, POLICY, task};

const PATH: &str = "tasks/INFRA-1.md";

fn audit(book: &Fixture, more: &[&str]) -> Value {
    book.json(&[&["audit", "--now", "2024-06-30T00:00:00Z"], more].concat())
}

/// Environment and exceptions of each row.
fn rows(audit: &Value) -> Vec<(String, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let rows = audit["rows"].as_array().unwrap().iter();
    rows.map(|row| {
        let exceptions = row["exceptions"].as_array().unwrap().iter().map(text).collect();
        (format!("{} {}", text(&row["id"]), text(&row["environment"])), exceptions)
    })
    .collect()
}

fn row(id: &str, exceptions: &[&str]) -> (String, Vec<String>) {
    (id.to_owned(), exceptions.iter().map(|code| (*code).to_owned()).collect())
}

/// A medium task of a kind that asks for nothing else than a peer.
fn book() -> Fixture {
    let mut book = Fixture::book();
    book.write(
        "policy.toml",
        format!("{POLICY}\n[kinds.terraform]\nsections = [\"What\"]\nitems = []\nplan = false\n"),
    );
    book.person("kim").commit("what a terraform task must have");
    book.person("ana").later().write(PATH, task("INFRA-1", "risk = \"medium\"\n"));
    book.commit("propose");
    book
}

#[test]
fn each_row_has_the_exceptions_of_its_story_and_no_other() {
    type Story = fn(&mut Fixture);
    type Rows = &'static [(&'static str, &'static [&'static str])];
    let table: &[(&str, Story, Rows)] = &[
        (
            "by the book",
            |b| {
                b.person("sam").tick(PATH, "Code review");
                b.person("ana").later().tick(PATH, "Apply in staging");
                b.later().tick(PATH, "Apply in production");
            },
            &[("INFRA-1 staging", &[]), ("INFRA-1 production", &[])],
        ),
        (
            "nobody approved, and staging was left out",
            |b| drop(b.person("ana").tick(PATH, "Apply in production")),
            &[("INFRA-1 production", &["approval-missing", "environment-skipped"])],
        ),
        (
            "approved afterwards",
            |b| {
                b.person("ana").tick(PATH, "Apply in staging");
                b.later().tick(PATH, "Apply in production");
                b.person("sam").later().tick(PATH, "Code review");
            },
            &[("INFRA-1 staging", &[]), ("INFRA-1 production", &["approval-late"])],
        ),
        (
            "the approver deploys",
            |b| {
                b.person("ana").tick(PATH, "Apply in staging");
                b.person("sam").later().tick(PATH, "Code review");
                b.later().tick(PATH, "Apply in production");
            },
            &[("INFRA-1 staging", &[]), ("INFRA-1 production", &["deployer-approved"])],
        ),
        (
            "the text changes after the approval; what comes after the deployment changes nothing",
            |b| {
                b.person("ana").tick(PATH, "Apply in staging");
                b.person("sam").later().tick(PATH, "Code review");
                b.person("ana").later().replace(PATH, "Something.", "More.");
                b.commit("text");
                b.later().tick(PATH, "Apply in production");
                b.later().replace(PATH, "More.", "Something.");
                b.commit("put back, too late");
            },
            &[("INFRA-1 staging", &[]), ("INFRA-1 production", &["approval-stale", "environment-skipped"])],
        ),
        (
            "rolled back, and deployed again without anew approvals",
            |b| {
                b.person("sam").tick(PATH, "Code review");
                b.person("ana").later().tick(PATH, "Apply in staging");
                b.later().tick(PATH, "Apply in production");
                b.later().untick(PATH, "Apply in production");
                b.later().tick(PATH, "Apply in production");
            },
            &[
                ("INFRA-1 staging", &[]),
                ("INFRA-1 production", &[]),
                ("INFRA-1 production", &["approval-stale"]),
            ],
        ),
        (
            "rolled back, approved anew, deployed again",
            |b| {
                b.person("sam").tick(PATH, "Code review");
                b.person("ana").later().tick(PATH, "Apply in staging");
                b.later().tick(PATH, "Apply in production");
                b.later().untick(PATH, "Apply in production");
                b.person("sam").later().untick(PATH, "Code review");
                b.later().tick(PATH, "Code review");
                b.person("ana").later().tick(PATH, "Apply in production");
            },
            &[("INFRA-1 staging", &[]), ("INFRA-1 production", &[]), ("INFRA-1 production", &[])],
        ),
        (
            "who leaves the team later has approved all the same",
            |b| {
                b.person("sam").tick(PATH, "Code review");
                b.person("ana").later().tick(PATH, "Apply in staging");
                b.later().tick(PATH, "Apply in production");
                b.replace("policy.toml", "[people.sam]\nemails = [\"sam@example.org\"]\n", "");
                b.replace("policy.toml", "security = [\"sam\", \"bot\"]", "security = [\"bot\"]");
                b.replace("policy.toml", "cab = [\"ana\", \"sam\", \"kim\"]", "cab = [\"ana\", \"kim\"]");
                b.person("kim").later().commit("sam left");
            },
            &[("INFRA-1 staging", &[]), ("INFRA-1 production", &[])],
        ),
        (
            "withdrawn on the trunk before the deployment's branch landed",
            |b| {
                b.person("sam").tick(PATH, "Code review");
                b.person("ana").later().tick(PATH, "Apply in staging");
                b.git(&["checkout", "-q", "-b", "side"]);
                b.later().tick(PATH, "Apply in production");
                b.git(&["checkout", "-q", "main"]);
                b.person("sam").later().untick(PATH, "Code review");
                b.person("kim").later().git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
            },
            &[("INFRA-1 staging", &[]), ("INFRA-1 production", &["approval-missing"])],
        ),
    ];
    for &(what, story, expected) in table {
        let mut book = book();
        story(book.later());
        let expected: Vec<_> = expected.iter().map(|(id, codes)| row(id, codes)).collect();
        assert_eq!(rows(&audit(&book, &[])), expected, "{what}");
    }
}

#[test]
fn the_gate_before_a_deployment_and_the_audit_after_it_agree() {
    let codes = |value: &Value| -> Vec<String> {
        let unmet = value.as_array().unwrap().iter().filter(|requirement| requirement["met"] == false);
        unmet.map(|requirement| requirement["code"].as_str().unwrap().to_owned()).collect()
    };
    // Each subset of the acts that a deployment wants.
    for subset in 0..16_u32 {
        let mut book = book();
        let acts: [(&str, &str); 4] = [
            ("sam", "Code review"),
            ("kim", "DevOps lead review"),
            ("ana", "Apply in staging"),
            ("ana", "Terraform code"),
        ];
        for (bit, (person, item)) in acts.iter().enumerate() {
            if subset & (1 << bit) != 0 {
                book.person(person).later().tick(PATH, item);
            }
        }
        let now = format!("2024-05-0{}T12:00:00Z", 7);
        let before = book.json(&["gate", "INFRA-1", "-e", "production", "--now", &now]);
        book.person("ana").later().tick(PATH, "Apply in production");
        let after = audit(&book, &[]);
        let last = after["rows"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(codes(&before["requirements"]), codes(&last["requirements"]), "subset {subset:04b}");
    }
}

#[test]
fn infrastructure_that_names_no_task_and_work_that_is_never_deployed() {
    let mut book = book();
    book.person("ana").later().write("terraform/a.tf", "a");
    let unnamed = book.commit("a change");
    book.later().write("terraform/b.tf", "b");
    let named = book.commit("INFRA-1: code");
    book.later().write("docs/c.md", "c");
    book.commit("prose needs no task");
    book.git(&["checkout", "-q", "-b", "side"]);
    book.later().write("terraform/d.tf", "d");
    let inside = book.commit("hidden in a branch");
    book.git(&["checkout", "-q", "main"]);
    book.person("kim").later().git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    let merge = book.head();
    let audit = audit(&book, &[]);
    let unrecorded: Vec<(&str, Vec<&str>)> = audit["unrecorded"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| {
            let brings = found["brings"].as_array().unwrap().iter().map(|by| by["commit"].as_str().unwrap());
            (found["evidence"]["commit"].as_str().unwrap(), brings.collect())
        })
        .collect();
    assert_eq!(unrecorded, [(unnamed.as_str(), vec![]), (merge.as_str(), vec![inside.as_str()])]);
    assert_eq!(audit["undeployed"][0]["evidence"]["commit"], named, "it landed seven weeks ago");
    book.person("ana").later().tick(PATH, "Apply in production");
    let audit = self::audit(&book, &[]);
    assert_eq!(audit["undeployed"], Value::Array(Vec::new()));
}

#[test]
fn a_period_includes_both_days_and_its_duty_begins_somewhere() {
    let mut book = book();
    book.person("sam").later().tick(PATH, "Code review");
    let start = book.person("ana").later().tick(PATH, "Apply in staging");
    book.minutes_forward(2 * 24 * 60);
    book.tick(PATH, "Apply in production");
    let table: &[(&[&str], usize)] = &[
        (&["--since", "2024-05-06", "--until", "2024-05-06"], 1),
        (&["--since", "2024-05-08", "--until", "2024-05-08"], 1),
        (&["--since", "2024-05-06", "--until", "2024-05-08"], 2),
        (&["--since", "2024-05-07", "--until", "2024-05-07"], 0),
    ];
    for (period, n) in table {
        assert_eq!(rows(&audit(&book, period)).len(), *n, "{period:?}");
    }
    book.run(&["audit", "--since", "2024-05-08", "--until", "2024-05-06"]).expect(1);
    book.run(&["audit", "--since", "yesterday"]).expect(1);
    book.replace("policy.toml", "trunk = \"main\"", &format!("trunk = \"main\"\naudit.since = \"{start}\""));
    book.person("kim").later().commit("the duty begins");
    assert_eq!(rows(&audit(&book, &[])).len(), 1, "what came before is exempt");
}

#[test]
fn a_head_that_was_seen_before_must_still_be_there() {
    let mut book = book();
    let seen = book.head();
    book.person("sam").later().tick(PATH, "Code review");
    assert_eq!(audit(&book, &["--after", &seen])["rewritten"], Value::Null);
    let head = book.head();
    book.git(&["reset", "-q", "--hard", &seen]);
    book.person("kim").later().write("x", "x");
    book.commit("another history");
    let run = book.run(&["audit", "--after", &head]).expect(3);
    assert!(run.stdout.contains("history-rewritten"), "{}", run.stdout);
}

#[test]
fn a_time_that_contradicts_the_graph_meets_no_window() {
    let mut book = book();
    book.person("sam").later().tick(PATH, "Code review");
    book.person("ana").later().tick(PATH, "Apply in staging");
    book.minutes_back(600);
    book.tick(PATH, "Apply in production");
    let last = rows(&audit(&book, &[])).into_iter().find(|(id, _)| id.ends_with("production"));
    assert_eq!(last.unwrap().1, ["time-suspect"]);
}

#[test]
fn a_sample_is_drawn_again_by_its_seed() {
    let mut book = book();
    book.person("sam").later().tick(PATH, "Code review");
    for _ in 0..6 {
        book.person("ana").later().tick(PATH, "Apply in staging");
        book.later().untick(PATH, "Apply in staging");
    }
    let draw = |seed: &str| audit(&book, &["--sample", "3", "--seed", seed])["rows"].clone();
    assert_eq!(draw("a").as_array().unwrap().len(), 3);
    assert_eq!(draw("a"), draw("a"));
    assert!(["b", "c", "d", "e"].iter().any(|seed| draw(seed) != draw("a")), "another seed draws others");
}

#[test]
fn the_bundle_is_checked_by_git_alone() {
    let mut book = book();
    book.person("sam").later().tick(PATH, "Code review");
    book.person("ana").later().tick(PATH, "Apply in staging");
    book.later().tick(PATH, "Apply in production");
    book.run(&["audit", "--bundle", "../bundle", "--now", "2024-05-30T00:00:00Z"]).expect(0);
    let said = book.pipe(
        "cd ../bundle && ls && git clone -q --bare history.bundle history.git && cd history.git && sh ../check.sh",
    );
    for file in ["audit.csv", "audit.html", "audit.json", "audit.md", "check.sh", "history.bundle"] {
        assert!(said.contains(file), "{file}");
    }
    assert!(said.contains("[x] Apply in production"), "{said}");
    let again = book.run(&["audit", "--bundle", "../bundle"]).expect(1);
    assert!(again.stderr.contains("not empty"), "{}", again.stderr);
    let csv = book.run(&["audit", "--format", "csv"]).expect(0).stdout;
    let is_deployment = |line: &&str| line.starts_with("deployment,");
    assert_eq!(csv.lines().filter(is_deployment).count(), 2, "{csv}");
    let html = book.run(&["audit", "--format", "html"]).expect(0).stdout;
    assert!(html.contains("INFRA-1 A change → production"), "{html}");
}

/// The folder of a record is anybody's to name, and the auditor runs these lines in a shell.
#[test]
fn a_folder_cannot_put_commands_into_what_the_auditor_runs() {
    let mut book = book();
    let folder = "tasks/it's a $(touch ..\\owned) `touch owned`; touch owned";
    let path = format!("{folder}/INFRA-2.md");
    book.person("ana").later().write(&path, task("INFRA-2", "risk = \"low\"\n"));
    book.commit("propose");
    book.later().tick(&path, "Apply in staging");
    book.later().tick(&path, "Apply in production");
    book.run(&["audit", "--bundle", "../bundle"]).expect(0);
    let said = book.pipe(
        "cd ../bundle && git clone -q --bare history.bundle history.git && cd history.git && sh ../check.sh && find .. -name '*owned*'",
    );
    assert!(said.contains("[x] Apply in production"), "{said}");
    assert!(!said.lines().any(|line| line.ends_with("owned")), "{said}");
    let markdown = book.run(&["audit", "--format", "markdown"]).expect(0).stdout;
    assert!(markdown.contains("'\\''s a"), "{markdown}");
}
