//! Bad input: a diagnostic with a code and place, the other records still work, and nothing is lost.

use std::collections::BTreeSet;

use crate::support::{Fixture, task};

/// `check`'s findings as code, path, line.
fn findings(book: &Fixture) -> BTreeSet<(String, String, u64)> {
    let check = book.json(&["check"]);
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let errors = check["diagnostics"].as_array().unwrap().iter().filter(|d| d["severity"] == "error");
    errors.map(|d| (text(&d["code"]), text(&d["path"]), d["line"].as_u64().unwrap())).collect()
}

fn with_good() -> Fixture {
    let mut book = Fixture::book();
    book.person("ana").write("tasks/INFRA-1.md", task("INFRA-1", ""));
    book.commit("good");
    book
}

#[test]
fn each_has_its_code_and_place_and_a_page() {
    let table: &[(&str, Vec<u8>, &str, u64)] = &[
        ("tasks/INFRA-2.md", b"+++\nid = \"INFRA-2\"\ntitle = \n+++\n".to_vec(), "record-broken", 3),
        ("tasks/INFRA-3.md", b"+++\ntitle = \"x\"\nkind = \"general\"\n+++\n".to_vec(), "id-missing", 2),
        ("tasks/INFRA-4.md", task("INFRA-9", "").into_bytes(), "id-mismatch", 2),
        ("tasks/INFRA-5.md", b"+++\nid = \"INFRA-5\"\nid = \"INFRA-5\"\n+++\n".to_vec(), "record-broken", 3),
        (
            "tasks/INFRA-6.md",
            format!("{}\n<<<<<<< HEAD\n- [x] a\n=======\n- [ ] a\n>>>>>>> side\n", task("INFRA-6", "")).into_bytes(),
            "record-broken",
            30,
        ),
        ("tasks/INFRA-7.md", [task("INFRA-7", "").as_bytes(), b"\xff\xfe\n"].concat(), "record-broken", 29),
        ("tasks/INFRA-8.md", task("INFRA-8", "").replace("## Notes", "a\rb").into_bytes(), "record-broken", 28),
        ("tasks/größe und mehr.md", task("INFRA-10", "").into_bytes(), "id-invalid", 1),
        ("runbooks/no-fences.md", b"# Just prose\n".to_vec(), "record-broken", 1),
        ("cab/CAB-2024-01.md", b"+++\nid = \"CAB-2024-01\"\ntitle = \"x\"\nchanges = [\"INFRA-77\"]\ndecision = \"maybe\"\n+++\n".to_vec(), "field-invalid", 5),
    ];
    for (path, bytes, code, line) in table {
        for committed in [false, true] {
            let mut book = with_good();
            book.write(path, bytes);
            if committed {
                book.commit("bad");
            }
            let found = findings(&book);
            let here: Vec<_> = found.iter().filter(|(_, found_path, _)| found_path == path).collect();
            assert!(here.iter().any(|(c, _, l)| c == code && l == line), "{path}: {here:?}");
            assert_eq!(book.status("INFRA-1").0, "proposed", "{path}");
            assert_eq!(book.run(&["check"]).status, 3);
            book.run(&["build", "--out", "../site", "--allow-broken-links"]).expect(0);
            let listed = book.json(&["list"]);
            assert_eq!(listed["records"].as_array().unwrap().len(), 2, "{path}");
            let folder = if path.starts_with("tasks") {
                "tasks"
            } else if path.starts_with("cab") {
                "decisions"
            } else {
                "runbooks"
            };
            let pages = std::fs::read_dir(book.root.join("../site").join(folder)).unwrap().count();
            assert_eq!(pages, if folder == "tasks" { 2 } else { 1 }, "{path} has a page");
        }
    }
}

#[test]
fn duplicates_by_folder_and_by_letter_case() {
    let mut book = with_good();
    book.write("tasks/2026/INFRA-1.md", task("INFRA-1", ""));
    book.write("tasks/infra-1.md", task("infra-1", ""));
    book.commit("twice");
    let found = findings(&book);
    let duplicates: Vec<&str> =
        found.iter().filter(|(code, ..)| code == "id-duplicate").map(|(_, path, _)| path.as_str()).collect();
    assert_eq!(duplicates, ["tasks/2026/INFRA-1.md", "tasks/INFRA-1.md", "tasks/infra-1.md"]);
    assert_eq!(book.status("INFRA-1").0, "unknown", "whose history is whose cannot be told");
    assert_eq!(book.status("infra-1").0, "proposed");
}

#[cfg(unix)]
#[test]
fn links_directories_and_giants_are_never_read() {
    let mut book = with_good();
    book.write("../secret.md", task("INFRA-3", ""));
    std::os::unix::fs::symlink("../../secret.md", book.root.join("tasks/INFRA-3.md")).unwrap();
    book.write("tasks/INFRA-4.md/inner.md", task("inner", ""));
    book.write("tasks/INFRA-5.md", vec![b'x'; 50 * 1024 * 1024]);
    for committed in [false, true] {
        if committed {
            book.commit("bad");
        }
        let found = findings(&book);
        for path in ["tasks/INFRA-3.md", "tasks/INFRA-4.md", "tasks/INFRA-5.md"] {
            assert!(found.contains(&("record-broken".to_owned(), path.to_owned(), 1)), "{path}: {found:?}");
        }
        assert_eq!(book.status("INFRA-1").0, "proposed");
        book.run(&["build", "--out", "../site"]).expect(0);
        assert!(
            !std::fs::read_to_string(book.root.join("../site/tasks/INFRA-3.html"))
                .unwrap()
                .contains("A change")
        );
    }
}

#[test]
fn a_policy_that_is_broken_or_gone_leaves_the_last_one_in_force() {
    let mut book = with_good();
    book.replace("policy.toml", "trunk =", "trnk =");
    assert_eq!(
        book.run(&["check"]).expect(3).stdout.lines().next().unwrap().split(": ").next(),
        Some("policy.toml:2:1")
    );
    book.run(&["list"]).expect(0);
    book.commit("break the policy");
    // The last one that could be read stays in force, and every answer says so.
    let run = book.run(&["list"]).expect(0);
    assert!(run.stderr.contains("1 error"), "{}", run.stderr);
    let run = book.run(&["check"]).expect(3);
    assert!(
        run.stdout.contains("policy.toml:2:1") && run.stdout.contains("did you mean `trunk`"),
        "{}",
        run.stdout
    );
    std::fs::remove_file(book.root.join("policy.toml")).unwrap();
    book.commit("remove the policy");
    book.run(&["list"]).expect(0);
    let run = book.run(&["check"]).expect(3);
    assert!(run.stdout.contains("deleted") && run.stdout.contains("stays in force"), "{}", run.stdout);
}

#[test]
fn new_counts_over_all_branches_and_two_never_take_one_number() {
    let mut book = Fixture::book();
    book.write("tasks/INFRA-5.md", task("INFRA-5", ""));
    book.commit("five");
    book.git(&["rm", "-q", "tasks/INFRA-5.md"]);
    book.commit("gone");
    book.git(&["checkout", "-q", "-b", "side"]);
    book.write("tasks/2026/INFRA-7.md", task("INFRA-7", ""));
    book.commit("seven on a branch");
    book.git(&["update-ref", "refs/remotes/origin/side", "side"]);
    book.git(&["checkout", "-q", "main"]);
    book.git(&["branch", "-q", "-D", "side"]);
    let run = book.run(&["new", "task", "Next", "--no-edit"]).expect(0);
    assert!(run.stdout.contains("tasks/INFRA-8.md"), "{}", run.stdout);

    let mut children: Vec<_> = (0..8)
        .map(|_| {
            let mut program = book.program();
            program.args(["new", "task", "At once", "--json"]).current_dir(&book.root);
            program.stdout(std::process::Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let ids: BTreeSet<String> = children
        .drain(..)
        .map(|child| {
            let output = child.wait_with_output().unwrap();
            let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            answer["id"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(ids.len(), 8, "{ids:?}");
    let run = book.run(&["new", "task", "Taken", "--id", "infra-5", "--no-edit"]).expect(1);
    assert!(run.stderr.contains("taken"), "{}", run.stderr);
    let run = book.run(&["new", "tusk", "x"]).expect(2);
    assert!(run.stderr.contains("did you mean `task`"), "{}", run.stderr);
}

#[test]
fn a_move_that_is_not_committed_is_no_duplicate() {
    let mut book = with_good();
    book.git(&["mv", "tasks/INFRA-1.md", "tasks/moved.md"]);
    std::fs::create_dir(book.root.join("tasks/2026")).unwrap();
    book.git(&["mv", "tasks/moved.md", "tasks/2026/INFRA-1.md"]);
    assert_eq!(findings(&book), BTreeSet::new());
    let record = book.show("INFRA-1");
    assert_eq!((&record["status"], &record["work_tree"]), (&"proposed".into(), &"modified".into()));
    let proposed = record["evidence"]["commit"].clone();
    book.later().commit("move");
    let record = book.show("INFRA-1");
    assert_eq!(
        (&record["path"], &record["evidence"]["commit"]),
        (&"tasks/2026/INFRA-1.md".into(), &proposed)
    );
    std::fs::remove_file(book.root.join("tasks/2026/INFRA-1.md")).unwrap();
    assert_eq!(book.show("INFRA-1")["work_tree"], "removed");
    book.run(&["check"]).expect(0);
}

#[test]
fn settings_say_where_and_what_to_do() {
    let book = with_good();
    for (file, text, said) in [
        (
            "policy.toml",
            "[windows.standard]\nrrule = \"FREQ=DAILY\"\nstart = \"25:00\"\n",
            "policy.toml:3:9: error[policy-invalid]",
        ),
        ("policy.toml", "[conditions]\n\"a B\" = \"nobody\"\n", "policy.toml:2:9: error[policy-invalid]"),
        (
            "policy.toml",
            "<<<<<<< HEAD\na = 1\n=======\na = 2\n>>>>>>> b\n",
            "policy.toml:1:1: error[policy-invalid]: an unresolved merge",
        ),
        ("book.toml", "[book]\ntitel = \"x\"\n", "did you mean `title`?"),
        ("book.toml", "[build]\nbuild-dir = \"tasks\"\n", "book.toml:2:13: error[book-invalid]"),
    ] {
        let before = book.read(file);
        book.write(file, text);
        let check = book.run(&["check"]).expect(3);
        assert!(check.stdout.contains(said), "{text}: {}", check.stdout);
        book.write(file, before);
    }
    let before = book.read("policy.toml");
    book.write("policy.toml", b"trunk = \"main\"\nb = \"\xff\"\n");
    let check = book.run(&["check"]).expect(1);
    assert!(
        check.stderr.contains("policy.toml:2:6: byte 0xFF") && check.stderr.contains("UTF-8"),
        "{}",
        check.stderr
    );
    std::fs::remove_file(book.root.join("policy.toml")).unwrap();
    let check = book.run(&["check"]).expect(3);
    assert!(check.stdout.contains("git restore policy.toml"), "{}", check.stdout);
    book.write("policy.toml", before);
    for out in [".", "tasks", "docs/site", ".."] {
        let build = book.run(&["build", "--out", out]).expect(2);
        assert!(build.stderr.contains("the site cannot go to"), "{}", build.stderr);
    }
    assert_eq!(book.git(&["status", "--porcelain"]), "");
}
