//! What lies on disk: overwritten objects (row 81), the memory of the trunk, clones with a part of history.

use std::path::PathBuf;

use crate::support::{Fixture, task};
use crate::threats::PATH;

/// Puts other bytes in the place of a loose object, whole and of its kind: its name does not fit them any more.
fn overwrite(book: &Fixture, object: &str, from: &str, to: &str) {
    let kind = book.git(&["cat-file", "-t", object]);
    let text = book.pipe(&format!("git cat-file {kind} {object} | sed 's/{from}/{to}/' > .git/forged"));
    assert_eq!(text, "");
    let forged = book.git(&["hash-object", "-t", &kind, "-w", "--literally", ".git/forged"]);
    assert_ne!(forged, object, "{from:?} is not in it");
    let loose = |id: &str| book.root.join(".git/objects").join(&id[..2]).join(&id[2..]);
    std::fs::remove_file(loose(object)).unwrap();
    std::fs::copy(loose(&forged), loose(object)).unwrap();
}

fn deployable() -> Fixture {
    let mut book = Fixture::book();
    book.person("ana").later().write(PATH, task("INFRA-1", "risk = \"low\"\n"));
    book.commit("propose");
    book.later();
    book
}

/// | overwritten | what it would say |
/// | --- | --- |
/// | the record | another text |
/// | the policy | another person |
/// | a commit | another author |
/// | a tree | another file |
#[test]
fn row_81_gate_and_audit_notice_an_overwritten_object() {
    let table = [
        ("HEAD:tasks/INFRA-1.md", "Something", "Whatever1"),
        ("HEAD:policy.toml", "sam@example", "eve@example"),
        ("HEAD^{commit}", "propose", "propoze"),
        ("HEAD~1^{commit}", "start", "stert"),
        ("HEAD:tasks", "INFRA-1", "INFRA-2"),
    ];
    for (object, from, to) in table {
        let book = deployable();
        let id = book.git(&["rev-parse", object]);
        let gate = ["gate", "INFRA-1", "-e", "production"];
        assert_ne!(book.run(&gate).status, 1, "it can tell before");
        // Whatever an earlier run keeps.
        book.run(&["list"]).expect(0);
        overwrite(&book, &id, from, to);
        for question in
            [&gate[..], &["audit"], &["gate", "INFRA-1", "-e", "production", "--as-landed", "HEAD"]]
        {
            let run = book.run(question).expect(1);
            assert!(run.stderr.contains(&id[..7]), "{object}: {}", run.stderr);
        }
    }
}

#[test]
fn row_81_the_hook_of_a_server_notices_one_too() {
    let mut book = deployable();
    let bare = book.root.parent().unwrap().join("server.git");
    book.git(&["init", "-q", "--bare", "--initial-branch=main", &bare.display().to_string()]);
    book.git(&["push", "-q", &bare.display().to_string(), "main"]);
    let (old, id) = (book.head(), book.git(&["rev-parse", "HEAD:policy.toml"]));
    book.person("sam").later().write("x.txt", "x");
    let new = book.commit("more");
    book.git(&["push", "-q", &bare.display().to_string(), "main"]);
    let judged = || {
        let line = format!(
            "echo {old} {new} refs/heads/main | $CHANGEBOOK -C ../server.git hook pre-receive; echo $?"
        );
        book.pipe(&line)
    };
    assert_eq!(judged().trim(), "0");
    let loose = bare.join("objects").join(&id[..2]).join(&id[2..]);
    assert!(loose.exists(), "unpacked on the server");
    book.pipe(&format!("git cat-file blob {id} | sed s/sam@example/eve@example/ > .git/forged"));
    let forged = book.git(&["hash-object", "-w", ".git/forged"]);
    std::fs::remove_file(&loose).unwrap();
    std::fs::copy(book.root.join(".git/objects").join(&forged[..2]).join(&forged[2..]), &loose).unwrap();
    assert_eq!(judged().trim(), "1");
}

/// A trunk that others move, as it was seen, and then another one.
struct Rewritten {
    book: Fixture,
    clone: PathBuf,
}

impl Rewritten {
    fn new() -> Self {
        let mut book = deployable();
        let clone = book.root.parent().unwrap().join("clone");
        book.git(&["clone", "-q", ".", &clone.display().to_string()]);
        book.run_at(&clone, &["check"]).expect(0);
        book.git(&["commit", "-q", "--amend", "-m", "something else"]);
        book.later();
        book.git_at(&clone, &["fetch", "-q"]);
        Rewritten { book, clone }
    }

    #[track_caller]
    fn is_told(&self, command: &[&str]) {
        let run = self.book.run_at(&self.clone, command).expect(3);
        assert!(
            run.stdout.contains("history-rewritten") || run.stderr.contains("history-rewritten"),
            "{command:?}"
        );
    }
}

#[test]
fn row_9_the_memory_of_the_trunk_is_no_cache() {
    let rewritten = Rewritten::new();
    let kept = rewritten.clone.join(".git/changebook");
    rewritten.is_told(&["check", "--no-cache"]);
    rewritten.is_told(&["audit", "--no-cache"]);
    // A clean-up, and what another version of the program would do to its cache.
    std::fs::remove_dir_all(kept.join("cache")).unwrap();
    rewritten.is_told(&["check"]);
    rewritten.is_told(&["audit"]);
    assert!(kept.join("trunk").is_dir());
    let tip = rewritten.book.head();
    rewritten.book.run_at(&rewritten.clone, &["audit", "--no-cache", "--after", &tip]).expect(0);
    rewritten.book.run_at(&rewritten.clone, &["check"]).expect(0);
}

#[test]
fn row_9_what_was_seen_without_a_cache_is_remembered_too() {
    let mut book = deployable();
    let clone = book.root.parent().unwrap().join("clone");
    book.git(&["clone", "-q", ".", &clone.display().to_string()]);
    book.run_at(&clone, &["check", "--no-cache"]).expect(0);
    book.git(&["commit", "-q", "--amend", "-m", "something else"]);
    book.later();
    book.git_at(&clone, &["fetch", "-q"]);
    book.run_at(&clone, &["check", "--no-cache"]).expect(3);
    book.run_at(&clone, &["audit"]).expect(3);
}

#[test]
fn what_needs_no_history_works_in_a_shallow_clone() {
    let mut book = deployable();
    book.write("plan.json", r#"{"format_version":"1.2","terraform_version":"1.5.0","resource_changes":[]}"#);
    book.write("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { a: b }\n");
    book.write("b.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { a: c }\n");
    book.replace("policy.toml", "[done]", "default-risk = \"high\"\n[done]");
    book.replace("policy.toml", "default-risk = \"high\"\n[done]", "[done]");
    book.commit("files");
    let shallow = book.root.parent().unwrap().join("shallow");
    let url = format!("file://{}", book.root.display());
    book.git(&["clone", "-q", "--depth", "1", &url, &shallow.display().to_string()]);
    for command in [
        &["risk", "plan.json"][..],
        &["risk", "a.yaml", "b.yaml"],
        &["risk", "HEAD:a.yaml", "HEAD:b.yaml"],
        &["explain", "history-shallow"],
        &["schema", "policy"],
        &["import", "--print-map", "jira"],
        &["completions", "bash"],
    ] {
        let run = book.run_at(&shallow, command);
        assert_eq!(run.status, 0, "{command:?}: {}", run.stderr);
    }
    let record = shallow.join(PATH).display().to_string();
    let scope = format!("$CHANGEBOOK -C ../shallow scope - < {record}");
    assert_eq!(book.pipe(&scope).trim().len(), 64);
    for command in [
        &["gate", "INFRA-1", "-e", "production"][..],
        &["audit"],
        &["list"],
        &["risk", "--at", "2024-05-07", "plan.json"],
    ] {
        let run = book.run_at(&shallow, command).expect(1);
        assert!(run.stderr.contains("--unshallow"), "{command:?}: {}", run.stderr);
    }
}
