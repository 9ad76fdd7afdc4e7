//! What people and scripts ask: what to do, what changed, who wrote it, what happened, what waits for whom.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{Fixture, task};

const PATH: &str = "tasks/INFRA-1.md";

fn proposed(more: &str) -> Fixture {
    let mut book = Fixture::book();
    book.person("ana").later().write(PATH, task("INFRA-1", more));
    book.commit("propose");
    book
}

fn approval(book: &Fixture, role: &str) -> Value {
    let record = book.show("INFRA-1");
    record["approvals"].as_array().unwrap().iter().find(|a| a["role"] == role).unwrap().clone()
}

#[test]
fn each_open_approval_has_one_thing_to_do_and_who_could() {
    // Who holds the role and is no author: sam and a robot are `security`; kim and lee `devops-lead`; ana, sam
    // and kim the board, of whom ana asked for it.
    let table: [(&str, &str, &str, &[&str]); 3] = [
        ("security", "approval-missing", "changebook approve INFRA-1 --role security", &["sam"]),
        ("devops-lead", "approval-missing", "changebook approve INFRA-1 --role devops-lead", &["kim", "lee"]),
        (
            "cab",
            "decision-missing",
            "changebook new decision \"Review of INFRA-1\" --change INFRA-1",
            &["kim", "sam"],
        ),
    ];
    let mut book = proposed("risk = \"high\"\n");
    for (role, code, todo, open_to) in table {
        let found = approval(&book, role);
        assert_eq!((found["code"].as_str(), found["todo"].as_str()), (Some(code), Some(todo)), "{role}");
        assert_eq!(found["open_to"], serde_json::json!(open_to), "{role}");
    }
    assert_eq!(book.show("INFRA-1")["trust"], Value::Null, "nothing counts yet");
    // The command does it.
    book.person("sam").later();
    book.git(&["config", "user.email", "sam@example.org"]);
    book.run(&["approve", "INFRA-1", "--role", "security"]).expect(0);
    let found = approval(&book, "security");
    assert_eq!((found["valid"].as_bool(), found["person"].as_str()), (Some(true), Some("sam")));
    assert_eq!(found["todo"], Value::Null);
    let record = book.show("INFRA-1");
    assert_eq!(found["scope"], record["scope"], "given on the present text");
    assert_eq!(record["trust"], "committed");
    let shown = book.run(&["show", "INFRA-1"]).expect(0).stdout;
    let scope = &record["scope"].as_str().unwrap()[..7];
    assert!(shown.contains(&format!("committed  on {scope}")), "{shown}");
    assert!(shown.contains("Weakest trust level: committed"), "{shown}");
    assert!(shown.contains("to do: changebook approve INFRA-1 --role devops-lead  (kim, lee)"), "{shown}");
    let site = book.run(&["build", "--out", "public"]).expect(0);
    let page = book.read("public/tasks/INFRA-1.html");
    assert!(page.contains("changebook approve INFRA-1 --role devops-lead"), "{}", site.stdout);
    assert!(page.contains("only as trustworthy as the control over who may push"), "{page}");
    assert!(page.contains(scope));
}

#[test]
fn a_decision_that_is_outdated_is_set_anew_by_one_command() {
    let mut book = proposed("risk = \"high\"\n");
    book.write(
        "cab/CAB-2024-01.md",
        "+++\nid = \"CAB-2024-01\"\ntitle = \"M\"\nchanges = [\"INFRA-1\"]\nrequestor = \"ana\"\ndecision = \"approved\"\n+++\n",
    );
    book.person("sam").later().commit("decide");
    assert_eq!(approval(&book, "cab")["valid"], true);
    book.person("ana").later().replace(PATH, "Something.", "More.");
    book.commit("edit");
    let stale = approval(&book, "cab");
    assert_eq!(
        (stale["code"].as_str(), &stale["changed"]),
        (Some("decision-outdated"), &serde_json::json!(["What"]))
    );
    assert_eq!(stale["todo"], "changebook decide CAB-2024-01 approved");
    book.person("sam").later().git(&["config", "user.email", "sam@example.org"]);
    book.run(&["decide", "CAB-2024-01", "approved"]).expect(0);
    assert_eq!(approval(&book, "cab")["valid"], true);
}

#[test]
fn staleness_names_what_changed_and_diff_shows_it() {
    let mut book = proposed("risk = \"medium\"\nwindow = \"standard\"\n");
    book.person("sam").later().tick(PATH, "Code review");
    let unapproved = book.run(&["diff", "INFRA-1", "--role", "security"]).expect(1);
    assert!(unapproved.stderr.contains("nobody has approved INFRA-1 as security"), "{}", unapproved.stderr);
    book.run(&["diff", "INFRA-1", "--role", "peer"]).expect(0);
    // Moved, a note written, a box ticked: nothing that is approved.
    std::fs::create_dir_all(book.root.join("tasks/2024")).unwrap();
    book.git(&["mv", PATH, "tasks/2024/INFRA-1.md"]);
    book.commit("move");
    let path = "tasks/2024/INFRA-1.md";
    book.person("ana").later().replace(path, "## Notes\n", "## Notes\n\nhm\n");
    book.tick(path, "Terraform code");
    let same = book.run(&["diff", "INFRA-1"]).expect(0);
    assert!(same.stdout.contains("nothing changed since sam approved it as peer"), "{}", same.stdout);
    book.later().replace(path, "Something.", "More.");
    book.replace(path, "window = \"standard\"\n", "");
    book.replace(path, "## Notes", "## Rollback\n\nUndo it.\n\n## Notes");
    book.commit("edit");
    let stale = approval(&book, "peer");
    assert_eq!(stale["code"], "approval-stale");
    assert_eq!(stale["changed"], serde_json::json!(["`window` (removed)", "What", "Rollback (added)"]));
    let shown = book.run(&["show", "INFRA-1"]).expect(0).stdout;
    assert!(shown.contains("changed since: `window` (removed), What, Rollback (added)"), "{shown}");
    let diff = book.run(&["diff", "INFRA-1"]).expect(3).stdout;
    for line in ["-Something.", "+More.", "+## Rollback", "+Undo it.", "@@ -1,"] {
        assert!(diff.lines().any(|l| l.starts_with(line)), "{line}: {diff}");
    }
    assert!(!diff.contains("hm"), "notes are no part of it: {diff}");
    let json = book.json(&["diff", "INFRA-1"]);
    assert_eq!((json["same"].as_bool(), json["role"].as_str()), (Some(false), Some("peer")));
    assert_eq!(json["approved"], stale["scope"]);
    assert_eq!(json["diff"].as_str().unwrap(), diff);
    // Put back, it is the same again.
    book.git(&["checkout", "-q", "HEAD~1", "--", "."]);
    book.later().commit("back");
    book.run(&["diff", "INFRA-1"]).expect(0);
}

#[test]
fn diff_compares_with_the_text_that_a_detached_approval_signed() {
    let mut book = proposed("risk = \"medium\"\n");
    let key = book.ssh_key("sam", "ed25519");
    book.list_key("sam", &key);
    book.person("kim").later().commit("list sam's key");
    book.person("sam").later();
    book.git(&["config", "user.email", "sam@example.org"]);
    book.run(&["approve", "INFRA-1", "--role", "peer", "--sign", "--key", &key]).expect(0);
    let found = approval(&book, "peer");
    assert_eq!((found["valid"].as_bool(), found["trust"].as_str()), (Some(true), Some("signed")));
    assert_eq!(found["detached"], book.approval_file("INFRA-1", "peer", "sam"));
    book.run(&["diff", "INFRA-1"]).expect(0);
    book.person("ana").later().replace(PATH, "Something.", "More.");
    book.commit("edit");
    let diff = book.run(&["diff", "INFRA-1", "--role", "peer"]).expect(3).stdout;
    assert!(diff.contains("\n-Something.\n+More.\n"), "{diff}");
    let todo = approval(&book, "peer")["todo"].as_str().unwrap().to_owned();
    assert_eq!(todo, "changebook approve INFRA-1 --role peer", "kim and lee have no keys");
}

#[test]
fn blame_agrees_with_git_on_a_line_of_commits() {
    let mut book = proposed("risk = \"medium\"\n");
    book.person("sam").later().tick(PATH, "Code review");
    book.person("ana").later().replace(PATH, "Something.", "Something.\n\nAnd more of it.\n\n- one\n- two");
    book.commit("text");
    book.person("kim").later().replace(PATH, "- two", "- three\n- two\n- four");
    book.commit("list");
    book.person("lee").later().replace(PATH, "And more of it.\n\n", "");
    book.commit("less");
    book.later().tick(PATH, "Apply in production");
    book.git(&["mv", PATH, "tasks/moved.md"]);
    book.git(&["mv", "tasks/moved.md", PATH]);
    let git = book.git(&["blame", "-l", "-s", "--root", PATH]);
    let expected: Vec<&str> = git.lines().map(|line| &line[..40]).collect();
    let answer = book.json(&["blame", "INFRA-1"]);
    let lines = answer["lines"].as_array().unwrap();
    let found: Vec<&str> = lines.iter().map(|line| line["by"]["commit"].as_str().unwrap()).collect();
    assert_eq!(found, expected);
    let text: Vec<&str> = lines.iter().map(|line| line["text"].as_str().unwrap()).collect();
    assert_eq!(text.join("\n") + "\n", book.read(PATH));
    let meant: BTreeMap<&str, &str> =
        lines.iter().map(|l| (l["text"].as_str().unwrap(), l["meant"].as_str().unwrap())).collect();
    // By hand: what each commit did to the line.
    for (line, words) in [
        ("- [x] Code review", "approval as peer"),
        ("- [x] Apply in production", "deployment to production"),
        ("- three", "scope change"),
        ("- [ ] Terraform code", "created"),
    ] {
        assert_eq!(meant[line], words, "{line}");
    }
}

#[test]
fn blame_follows_the_record_over_moves_and_both_sides_of_a_merge() {
    let mut book = proposed("risk = \"medium\"\n");
    let created = book.head();
    book.git(&["checkout", "-q", "-b", "side"]);
    let there = book.person("lee").later().tick(PATH, "Apply in staging");
    book.git(&["checkout", "-q", "main"]);
    std::fs::create_dir_all(book.root.join("tasks/2024")).unwrap();
    book.person("kim").later().git(&["mv", PATH, "tasks/2024/INFRA-1.md"]);
    book.commit("move");
    let here = book.person("sam").later().tick("tasks/2024/INFRA-1.md", "Code review");
    book.person("kim").later().git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    let answer = book.json(&["blame", "INFRA-1"]);
    assert_eq!(answer["path"], "tasks/2024/INFRA-1.md");
    for line in answer["lines"].as_array().unwrap() {
        let expected = match line["text"].as_str().unwrap() {
            "- [x] Apply in staging" => &there,
            "- [x] Code review" => &here,
            _ => &created,
        };
        assert_eq!(line["by"]["commit"], **expected, "{line}");
    }
    let run = book.run(&["blame", "INFRA-1"]).expect(0);
    assert!(run.stdout.contains("approval as peer"), "{}", run.stdout);
}

/// Who did what to what, on which day (of May 2024), by hand.
#[test]
fn log_filters_by_person_kind_type_and_time() {
    let mut book = proposed("risk = \"high\"\n");
    let day = 24 * 60;
    book.minutes_forward(day);
    book.person("sam").tick(PATH, "Security review");
    book.minutes_forward(day);
    book.write(
        "cab/CAB-2024-01.md",
        "+++\nid = \"CAB-2024-01\"\ntitle = \"M\"\nchanges = [\"INFRA-1\"]\n+++\n",
    );
    book.person("kim").commit("agenda");
    book.minutes_forward(day);
    book.replace("cab/CAB-2024-01.md", "changes", "decision = \"approved\"\nchanges");
    book.person("sam").commit("decide");
    book.minutes_forward(day);
    book.person("lee").tick(PATH, "Apply in production");
    // A decision is a part of the text that is decided on: to set it changes that too.
    let table: [(&[&str], &[&str]); 9] = [
        (
            &[],
            &[
                "6 created",
                "7 ticked",
                "8 created",
                "9 decided",
                "9 scope-changed",
                "10 deployed",
                "10 ticked",
            ],
        ),
        (&["--person", "sam"], &["7 ticked", "9 decided", "9 scope-changed"]),
        (&["--person", "sam,lee@example.org", "--event", "ticked"], &["7 ticked", "10 ticked"]),
        (&["--type", "decision"], &["8 created", "9 decided", "9 scope-changed"]),
        (&["--event", "decided,deployed"], &["9 decided", "10 deployed"]),
        (
            &["--since", "2024-05-08", "--until", "2024-05-09", "--person", "kim,sam"],
            &["8 created", "9 decided", "9 scope-changed"],
        ),
        (&["--until", "2024-05-07"], &["6 created", "7 ticked"]),
        (&["INFRA-1", "--since", "2024-05-10"], &["10 deployed", "10 ticked"]),
        (&["--person", "kim", "--event", "ticked"], &[]),
    ];
    for (filters, expected) in table {
        let answer = book.json(&[&["log"], filters].concat());
        let mut found: Vec<String> = answer["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| {
                let day = event["by"]["time"].as_str().unwrap()[8..10].trim_start_matches('0').to_owned();
                format!("{day} {}", event["event"].as_str().unwrap())
            })
            .collect();
        found.sort_by_key(|row| {
            let (day, kind) = row.split_once(' ').unwrap();
            (day.parse::<u32>().unwrap(), kind.to_owned())
        });
        assert_eq!(found, expected, "{filters:?}");
    }
    book.run(&["log", "--event", "tickd"]).expect(2);
    book.run(&["log", "--type", "tasks"]).expect(2);
    book.run(&["log", "--until", "soon"]).expect(2);
}

fn listed(book: &Fixture, arguments: &[&str]) -> Vec<String> {
    let answer = book.json(&[&["list"], arguments].concat());
    let records = answer["records"].as_array().unwrap().iter();
    records.map(|record| record["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn list_waiting_for_somebody_has_what_they_can_give_and_have_not() {
    let mut book = Fixture::book();
    let high = |id: &str| task(id, "risk = \"high\"\n");
    book.person("ana").later().write(PATH, high("INFRA-1"));
    book.write("tasks/INFRA-2.md", high("INFRA-2"));
    book.write("tasks/INFRA-3.md", task("INFRA-3", "risk = \"medium\"\n"));
    book.write("tasks/INFRA-4.md", task("INFRA-4", "risk = \"low\"\n"));
    book.write("tasks/INFRA-5.md", task("INFRA-5", "risk = \"high\"\ncancelled = \"no\"\n"));
    book.commit("propose");
    book.write(
        "cab/CAB-2024-01.md",
        "+++\nid = \"CAB-2024-01\"\ntitle = \"M\"\nchanges = [\"INFRA-1\"]\nrequestor = \"kim\"\n+++\n",
    );
    book.person("kim").later().commit("agenda");
    // kim wrote a part of INFRA-2, sam has approved INFRA-1.
    book.later().replace("tasks/INFRA-2.md", "Something.", "More.");
    book.commit("a part of it");
    book.person("sam").later().tick(PATH, "Security review");
    let table: [(&str, &[&str]); 4] = [
        // No lead, no security; on the board, but asked for INFRA-1. An author of all, so no peer.
        ("ana", &[]),
        // The peer's review of INFRA-3, the board's decision.
        ("sam", &["INFRA-2", "INFRA-3", "CAB-2024-01"]),
        // Lead of INFRA-1; wrote a part of INFRA-2; asked the board.
        ("kim", &["INFRA-1", "INFRA-3"]),
        // Lead of both, no member of the board.
        ("lee", &["INFRA-1", "INFRA-2", "INFRA-3"]),
    ];
    for (person, expected) in table {
        assert_eq!(listed(&book, &["--waiting-for", person]), expected, "{person}");
    }
    // A changed text makes it sam's again; a decision that was taken is nobody's.
    book.person("ana").later().replace(PATH, "Something.", "More.");
    book.commit("edit");
    book.replace("cab/CAB-2024-01.md", "requestor", "decision = \"approved\"\nrequestor");
    book.person("sam").later().commit("decide");
    assert_eq!(listed(&book, &["--waiting-for", "sam"]), ["INFRA-1", "INFRA-2", "INFRA-3"]);
    book.run(&["list", "--waiting-for", "nobody"]).expect(2);
    // As it was.
    let before = book.git(&["rev-parse", "HEAD~2"]);
    assert_eq!(
        listed(&book, &["--waiting-for", "sam", "--at", &before]),
        ["INFRA-2", "INFRA-3", "CAB-2024-01"]
    );
}

#[test]
fn export_has_one_record_a_line_and_a_table_that_runs_nothing() {
    let mut book = proposed("risk = \"medium\"\n");
    book.person("sam").later().tick(PATH, "Code review");
    let hostile =
        task("INFRA-2", "risk = \"low\"\n").replace("\"A change\"", "\"=cmd|'/c calc'!A1, \\\"x\\\"\"");
    book.person("ana").later().write("tasks/INFRA-2.md", hostile);
    book.commit("more");
    let run = book.run(&["export"]).expect(0);
    let lines: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0], book.show("INFRA-1"), "as in show");
    assert_eq!(lines[1]["title"], "=cmd|'/c calc'!A1, \"x\"");
    book.run(&["export", "--events", "--out", "all.ndjson"]).expect(0);
    let first: Value = serde_json::from_str(book.read("all.ndjson").lines().next().unwrap()).unwrap();
    assert_eq!(first["events"].as_array().unwrap().len(), 2, "{}", first["events"]);
    let csv = book.run(&["export", "--format", "csv", "--type", "task"]).expect(0).stdout;
    assert!(csv.split_inclusive('\n').all(|line| line.ends_with("\r\n")), "{csv}");
    let rows: Vec<Vec<String>> = csv::ReaderBuilder::new()
        .from_reader(csv.as_bytes())
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect();
    let header: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
    let field =
        |row: usize, name: &str| &rows[row][header.iter().position(|column| *column == name).unwrap()];
    assert_eq!(
        (field(0, "status"), field(0, "approved_by")),
        (&"approved".to_owned(), &"peer: sam".to_owned())
    );
    assert_eq!(field(1, "title"), "'=cmd|'/c calc'!A1, \"x\"");
    assert_eq!(field(0, "status_commit").as_str(), book.show("INFRA-1")["evidence"]["commit"]);
    book.run(&["export", "--format", "csv", "--events"]).expect(2);
    book.run(&["export", "--out", "no/such/folder/x"]).expect(1);
}

#[test]
fn completions_are_installed_below_the_home_directory_and_work() {
    let book = Fixture::book();
    let home = book.root.parent().unwrap().to_owned();
    for (shell, file) in [
        ("bash", ".local/share/bash-completion/completions/changebook"),
        ("zsh", ".zfunc/_changebook"),
        ("fish", ".config/fish/completions/changebook.fish"),
    ] {
        book.run(&["completions", shell, "--install"]).expect(0);
        assert!(std::fs::read_to_string(home.join(file)).unwrap().contains("changebook"), "{shell}");
    }
    assert!(home.join(".local/share/man/man1/changebook-merge-driver.1").is_file());
    let answer = book.pipe(
        "bash -c '. ~/.local/share/bash-completion/completions/changebook; changebook() { \"$CHANGEBOOK\" \"$@\"; }; COMP_WORDS=(changebook ren); COMP_CWORD=1; _changebook changebook ren changebook; echo ${COMPREPLY[@]}'",
    );
    assert_eq!(answer.trim(), "renumber");
    book.run(&["completions", "powershell", "--install"]).expect(2);
}
