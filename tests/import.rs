//! `import` through the program, in a real repository.

use crate::support::Fixture;

const EXPORT: &str = "Summary,Issue key,Status,Priority,Description\n\
Move sessions to Redis,OPS-12,In Progress,High,One cluster.\n\
Rotate the keys,OPS-11,Done,Low,Keys.\n";

#[test]
fn an_export_becomes_records_once_and_nothing_is_overwritten() {
    let book = Fixture::book();
    book.write("../jira.csv", EXPORT);
    let before = book.head();
    let dry = book.run(&["import", "../jira.csv", "--map", "jira", "--dry-run"]).expect(0);
    assert!(dry.stdout.contains("would create tasks/OPS-12.md"), "{}", dry.stdout);
    assert_eq!(book.git(&["status", "--porcelain"]), "");
    let answer = book.json(&["import", "../jira.csv", "--map", "jira"]);
    assert_eq!(answer["imported"][0]["listed"][0]["name"], "Status");
    assert_eq!(answer["imported"][1]["path"], "tasks/OPS-11.md");
    assert_eq!((book.head(), book.git(&["status", "--porcelain"])), (before, "?? tasks/".to_owned()));
    let text = book.read("tasks/OPS-12.md");
    assert!(text.contains("- `Priority`: `High`\n") && text.contains("One cluster."), "{text}");
    book.run(&["check"]).expect(0);
    // Again: nothing is made, nor under new numbers.
    book.write("tasks/OPS-12.md", text.replace("One cluster.", "Two clusters."));
    for more in [&[][..], &["--new-ids"]] {
        let again = [&["import", "../jira.csv", "--map", "jira"], more].concat();
        let again = book.run(&again).expect(0);
        assert!(again.stdout.contains("0 of 2 tasks created"), "{}", again.stdout);
    }
    assert!(book.read("tasks/OPS-12.md").contains("Two clusters."));
}

#[test]
fn what_cannot_be_taken_is_shown_whole_and_wrong_use_is_refused() {
    let book = Fixture::book();
    book.write("../bad.csv", "Summary,Issue key,Note\n,OPS-1,keep \u{1b}[31mme\nGood,OPS-2,\n");
    let run = book.run(&["import", "../bad.csv", "--map", "jira"]).expect(3);
    for part in ["not imported: bad.csv:2: it has no title", "Note: keep", "created tasks/OPS-2.md"] {
        assert!(run.stdout.contains(part), "{part}: {}", run.stdout);
    }
    assert!(!run.stdout.contains('\u{1b}'), "{}", run.stdout);
    book.run(&["import", "../bad.csv"]).expect(2);
    book.run(&["import", "../bad.csv", "--map", "jria"]).expect(2);
    book.run(&["import", "../none.csv", "--map", "jira"]).expect(1);
    book.run(&["import", "../bad.csv", "--map", "servicenow"]).expect(1);
    book.write("../map.toml", "source = \"x\"\n[columns]\ntitel = \"Summary\"\n");
    let run = book.run(&["import", "../bad.csv", "--map", "../map.toml"]).expect(1);
    assert!(run.stderr.contains("line 3"), "{}", run.stderr);
    let map = book.run(&["import", "--print-map", "servicenow"]).expect(0);
    assert!(map.stdout.contains("Backout plan"), "{}", map.stdout);
}

#[test]
fn a_folder_of_backlog_md_becomes_records() {
    let book = Fixture::book();
    let task = "---\nid: task-7\ntitle: Cache sessions\nstatus: To Do\nassignee: []\nlabels: [cache]\n---\n\n## Description\n\nSessions move.\n\n## Acceptance Criteria\n<!-- AC:BEGIN -->\n- [x] #1 Cluster answers\n<!-- AC:END -->\n";
    book.write("../backlog/tasks/task-7 - Cache-sessions.md", task);
    book.write("../backlog/docs/doc-1 - Notes.md", "# Only prose\n");
    let run = book.run(&["import", "../backlog"]).expect(3);
    assert!(run.stdout.contains("not imported: docs/doc-1 - Notes.md"), "{}", run.stdout);
    let text = book.read("tasks/task-7.md");
    assert!(text.contains("Sessions move.") && text.contains("- [x] Cluster answers"), "{text}");
    book.run(&["check"]).expect(0);
    assert_eq!(book.show("task-7")["status"], "draft");
}
