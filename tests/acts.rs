//! The commands that commit: HEAD's file plus one edit, and nothing of anybody's work lost.

use crate::support::{Fixture, task};

const PATH: &str = "tasks/INFRA-1.md";

fn book() -> Fixture {
    let mut book = Fixture::book();
    book.person("ana").write(PATH, task("INFRA-1", "risk = \"medium\"\n"));
    book.commit("propose");
    book.person("sam").later();
    book
}

/// The paths that the last commit changes.
fn changed(book: &Fixture) -> String {
    book.git(&["show", "--format=", "--name-only", "HEAD"])
}

#[test]
fn a_tick_is_one_commit_of_one_line() {
    let book = book();
    book.run(&["tick", "INFRA-1", "Terraform code"]).expect(0);
    let diff = book.git(&["show", "--format=", "-U0", "HEAD"]);
    let lines: Vec<&str> = diff
        .lines()
        .filter(|l| l.starts_with(['+', '-']) && !l.starts_with("+++") && !l.starts_with("---"))
        .collect();
    assert_eq!(lines, ["-- [ ] Terraform code", "+- [x] Terraform code"]);
    assert_eq!(book.git(&["log", "-1", "--format=%an %ae"]), "sam sam@example.org");
    assert_eq!(book.git(&["status", "--porcelain"]), "");
    let again = book.run(&["tick", "INFRA-1", "Terraform code"]).expect(1);
    assert!(again.stderr.contains("already ticked"), "{}", again.stderr);
    book.run(&["untick", "INFRA-1", "terraform"]).expect(0);
    assert!(book.read(PATH).contains("[ ] Terraform code"));
}

#[test]
fn other_changes_stay_as_they_are() {
    let book = book();
    book.write("staged.txt", "staged");
    book.git(&["add", "staged.txt"]);
    book.replace(PATH, "Something.", "Something staged.");
    book.git(&["add", PATH]);
    book.replace(PATH, "## Notes\n", "## Notes\n\nnot staged\n");
    book.write("untracked.txt", "u");
    book.run(&["tick", "INFRA-1", "Terraform code"]).expect(0);
    assert_eq!(changed(&book), PATH);
    let head = book.git(&["show", &format!("HEAD:{PATH}")]);
    assert!(head.contains("[x] Terraform code") && head.contains("Something.") && !head.contains("staged"));
    let index = book.git(&["show", &format!(":{PATH}")]);
    assert!(
        index.contains("[x] Terraform code")
            && index.contains("Something staged.")
            && !index.contains("not staged")
    );
    let disk = book.read(PATH);
    assert!(
        disk.contains("[x] Terraform code")
            && disk.contains("Something staged.")
            && disk.contains("not staged")
    );
    assert_eq!(book.git(&["status", "--porcelain"]), format!("A  staged.txt\nMM {PATH}\n?? untracked.txt"));
}

#[test]
fn bytes_that_are_not_the_edit_survive() {
    let mut book = book();
    let awkward = format!(
        "\u{feff}{}",
        task("INFRA-1", "").replace('\n', "\r\n").replace("Something.", "Something.  ")
    );
    let awkward = awkward.trim_end();
    book.write(PATH, awkward);
    book.commit("awkward");
    book.run(&["tick", "INFRA-1", "Terraform code"]).expect(0);
    assert_eq!(book.read(PATH), awkward.replace("[ ] Terraform code", "[x] Terraform code"));
}

#[test]
fn refusals_change_nothing() {
    let mut book = book();
    let head = book.head();
    book.replace(PATH, "- [ ] Terraform code\n", "");
    let edited = book.read(PATH);
    let run = book.run(&["tick", "INFRA-1", "Terraform code"]).expect(1);
    assert!(
        run.stderr.contains("work tree") && run.stderr.contains("does not have the item"),
        "{}",
        run.stderr
    );
    assert_eq!((book.head(), book.read(PATH)), (head.clone(), edited));
    book.git(&["checkout", "-q", "--", PATH]);

    book.write(".git/hooks/pre-commit", "#!/bin/sh\necho 'not today' >&2\nexit 1\n");
    book.git(&["config", "core.fileMode", "true"]);
    make_executable(&book.root.join(".git/hooks/pre-commit"));
    let run = book.run(&["tick", "INFRA-1", "Terraform code"]).expect(1);
    assert!(run.stderr.contains("not today"), "{}", run.stderr);
    assert_eq!((book.head(), book.git(&["status", "--porcelain"])), (head, String::new()));
    std::fs::remove_file(book.root.join(".git/hooks/pre-commit")).unwrap();

    book.git(&["checkout", "-q", "-b", "side"]);
    book.write("x", "side");
    book.commit("side");
    book.git(&["checkout", "-q", "main"]);
    book.write("x", "main");
    book.commit("main");
    let merge = book.try_git(&book.root, &["merge", "side"]);
    assert!(!merge.status.success(), "the merge conflicts");
    let run = book.run(&["tick", "INFRA-1", "Terraform code"]).expect(1);
    assert!(run.stderr.contains("merge is in progress"), "{}", run.stderr);
}

#[cfg(unix)]
fn make_executable(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(not(unix))]
fn make_executable(_: &std::path::Path) {}

#[test]
fn items_are_found_by_a_part_and_candidates_are_listed() {
    let book = book();
    let run = book.run(&["tick", "INFRA-1", "apply"]).expect(2);
    assert!(
        run.stderr.contains("Apply in staging") && run.stderr.contains("Apply in production"),
        "{}",
        run.stderr
    );
    let run = book.run(&["tick", "INFRA-1", "Sweep the floor"]).expect(2);
    assert!(run.stderr.contains("its items"), "{}", run.stderr);
    let run = book.run(&["tick", "INFRA-2", "x"]).expect(1);
    assert!(run.stderr.contains("did you mean `INFRA-1`"), "{}", run.stderr);
    book.run(&["tick", "INFRA-1", "STAGING"]).expect(0);
}

#[test]
fn no_commit_edits_the_file_alone_and_a_draft_is_not_committed_behind_ones_back() {
    let book = book();
    let head = book.head();
    book.run(&["tick", "INFRA-1", "Terraform code", "--no-commit"]).expect(0);
    assert_eq!(book.head(), head);
    assert_eq!(book.git(&["diff", "--name-only"]), PATH);
    book.write("tasks/INFRA-2.md", task("INFRA-2", ""));
    let run = book.run(&["tick", "INFRA-2", "Terraform code"]).expect(1);
    assert!(run.stderr.contains("not committed yet"), "{}", run.stderr);
    book.run(&["tick", "INFRA-2", "Terraform code", "--no-commit"]).expect(0);
    assert!(book.read("tasks/INFRA-2.md").contains("[x] Terraform code"));
}

#[test]
fn approve_knows_who_you_are_and_renews_what_is_stale() {
    let mut book = book();
    book.run(&["approve", "INFRA-1"]).expect(0);
    assert_eq!(book.approval("INFRA-1", "peer"), "valid");
    book.person("ana").later().replace(PATH, "Something.", "More.");
    book.commit("text");
    assert_eq!(book.approval("INFRA-1", "peer"), "approval-stale");
    let before = book.git(&["rev-list", "--count", "HEAD"]);
    book.person("sam").later();
    book.run(&["approve", "INFRA-1", "--role", "peer"]).expect(0);
    let after = book.git(&["rev-list", "--count", "HEAD"]);
    assert_eq!(after.parse::<u32>().unwrap() - before.parse::<u32>().unwrap(), 2, "an untick and a tick");
    assert_eq!(book.approval("INFRA-1", "peer"), "valid");
    book.person("eve");
    let run = book.run(&["approve", "INFRA-1"]).expect(3);
    assert!(run.stderr.contains("is not listed in the policy"), "{}", run.stderr);
}

#[test]
fn deployed_rollback_decide_and_cancel() {
    let mut book = book();
    let head = book.head();
    let shut = book.run(&["deployed", "INFRA-1", "production"]).expect(3);
    assert!(shut.stderr.contains("approval-missing: Code review"), "{}", shut.stderr);
    assert!(shut.stderr.contains("--anyway"), "{}", shut.stderr);
    assert_eq!(book.head(), head, "nothing is committed");
    let stated = ["deployed", "INFRA-1", "production", "--time", "2024-05-25T02:40:00+02:00"];
    book.run(&[&stated[..], &["--anyway", "it\nburned"]].concat()).expect(0);
    assert!(book.git(&["log", "-1", "--format=%B"]).contains("Anyway: it burned"));
    let audit = book.json(&["audit"]);
    assert_eq!(audit["rows"][0]["anyway"], "it burned");
    assert_eq!(audit["rows"][0]["exceptions"][0], "approval-missing");
    assert!(
        book.git(&["log", "-1", "--format=%B"]).contains("Deployed: production 2024-05-25T02:40:00+02:00")
    );
    assert_eq!(book.status("INFRA-1").0, "applied");
    let run = book.run(&["cancel", "INFRA-1", "no"]).expect(1);
    assert!(run.stderr.contains("rollback"), "{}", run.stderr);
    book.later().run(&["rollback", "INFRA-1", "production", "it\nbroke"]).expect(0);
    assert!(book.git(&["log", "-1", "--format=%(trailers:key=Rolled-back)"]).contains("production it broke"));
    assert_eq!(book.status("INFRA-1").0, "rolled-back");
    let log = book.json(&["log", "INFRA-1", "--event", "rolled-back"]);
    assert_eq!(
        (&log["events"][0]["environment"], &log["events"][0]["reason"]),
        (&"production".into(), &"it broke".into())
    );
    book.run(&["deployed", "INFRA-1", "productoin"]).expect(2);
    book.run(&["cancel", "INFRA-1", "the old one stays"]).expect(0);
    assert_eq!(book.status("INFRA-1").0, "cancelled");
    book.run(&["new", "decision", "Meeting", "--change", "INFRA-1", "--meeting", "2024-05-16", "--no-edit"])
        .expect(0);
    book.commit("agenda");
    // Who asks for a decision does not take it.
    book.person("kim");
    book.run(&["decide", "CAB-2024-01", "approved", "--condition", "Stand by"]).expect(0);
    assert_eq!(book.status("CAB-2024-01").0, "approved");
    assert!(book.read("cab/CAB-2024-01.md").contains("- [ ] Stand by"));
    book.run(&["decide", "CAB-2024-01", "maybe"]).expect(2);
}

#[test]
fn awkward_paths_worktrees_and_sub_folders() {
    let mut book = Fixture::empty();
    book.write("ops/größe und mehr/book.toml", "[book]\ntitle = \"x\"\n");
    book.write("ops/größe und mehr/tasks/a b/INFRA-1.md", task("INFRA-1", ""));
    book.commit("start");
    let inside = book.root.join("ops/größe und mehr");
    book.run_at(&inside, &["tick", "INFRA-1", "Terraform code"]).expect(0);
    assert_eq!(book.git(&["status", "--porcelain"]), "");
    assert!(book.read("ops/größe und mehr/tasks/a b/INFRA-1.md").contains("[x] Terraform code"));
    book.git(&["worktree", "add", "-q", "-b", "other", "../other"]);
    let other = book.root.join("../other/ops/größe und mehr").canonicalize().unwrap();
    book.run_at(&other, &["tick", "INFRA-1", "staging"]).expect(0);
    assert_eq!(book.git_at(&other, &["status", "--porcelain"]), "");
    assert_eq!(book.git(&["log", "-1", "--format=%s", "other"]), "INFRA-1: tick “Apply in staging”");
}

#[test]
fn another_branch_gets_the_commit_and_nothing_here_changes() {
    let book = book();
    book.git(&["branch", "side"]);
    book.write("mine.txt", "not committed");
    let here = book.head();
    let done = book.run(&["tick", "INFRA-1", "Terraform code", "--branch", "side"]).expect(0);
    assert!(done.stdout.contains("on side"), "{}", done.stdout);
    book.run(&["approve", "INFRA-1", "--role", "peer", "--branch", "review/INFRA-1"]).expect(0);
    assert_eq!(book.head(), here);
    assert_eq!(book.git(&["status", "--porcelain"]), "?? mine.txt");
    assert_eq!(book.git(&["diff", "--name-only", "main", "side"]), PATH);
    assert_eq!(
        book.git(&["log", "-1", "--format=%an: %s", "review/INFRA-1"]),
        "sam: INFRA-1: approve as peer"
    );
    assert_eq!(book.git(&["rev-parse", "review/INFRA-1~1"]), here, "a new branch begins at the trunk");

    // What fails leaves neither a branch nor a work tree behind.
    book.run(&["tick", "INFRA-1", "no such item", "--branch", "never"]).expect(2);
    book.run(&["tick", "INFRA-1", "Terraform code", "--branch", "a..b"]).expect(1);
    let branches = book.git(&["branch", "--format=%(refname:short)"]);
    assert_eq!(branches.lines().collect::<Vec<_>>(), ["main", "review/INFRA-1", "side"]);
    assert_eq!(book.git(&["worktree", "list"]).lines().count(), 1);
}

#[test]
fn a_branch_that_only_the_remote_has_is_begun_there() {
    let book = book();
    book.git(&["branch", "side"]);
    book.run(&["tick", "INFRA-1", "Terraform code", "--branch", "side"]).expect(0);
    let clone = book.root.parent().unwrap().join("clone");
    book.git(&["clone", "--quiet", ".", &clone.to_string_lossy()]);
    book.run_at(&clone, &["tick", "INFRA-1", "Apply in staging", "--branch", "side"]).expect(0);
    assert_eq!(
        book.git_at(&clone, &["rev-parse", "side~1"]),
        book.git_at(&clone, &["rev-parse", "origin/side"])
    );
}

#[test]
fn a_stale_branch_is_brought_up_to_the_remotes_and_a_diverged_one_refused() {
    let mut book = book();
    book.git(&["branch", "side"]);
    let clone = book.root.parent().unwrap().join("clone");
    book.git(&["clone", "--quiet", ".", &clone.to_string_lossy()]);
    book.git_at(&clone, &["branch", "--quiet", "--track", "side", "origin/side"]);
    // Ana goes on, there; the clone's own branch stays behind.
    book.git(&["checkout", "-q", "side"]);
    book.person("ana").later().replace(PATH, "Something.", "Something else.");
    let theirs = book.commit("text");
    book.git(&["checkout", "-q", "main"]);
    book.git_at(&clone, &["fetch", "--quiet"]);
    book.person("sam").later();
    let approve = ["approve", "INFRA-1", "--role", "peer", "--branch", "side"];
    book.run_at(&clone, &approve).expect(0);
    assert_eq!(book.git_at(&clone, &["rev-parse", "side~1"]), theirs, "what ana wrote was approved");

    // One that is ahead goes on where it is.
    book.run_at(&clone, &["tick", "INFRA-1", "Terraform code", "--branch", "side"]).expect(0);
    assert_eq!(book.git_at(&clone, &["rev-parse", "side~2"]), theirs);

    // Both have something of their own.
    book.git(&["checkout", "-q", "side"]);
    book.write("more.txt", "more");
    book.person("ana").later().commit("more");
    book.git(&["checkout", "-q", "main"]);
    book.git_at(&clone, &["fetch", "--quiet"]);
    book.person("sam").later();
    let before = book.git_at(&clone, &["rev-parse", "side"]);
    let run = book.run_at(&clone, &["tick", "INFRA-1", "staging", "--branch", "side"]).expect(1);
    assert!(
        run.stderr.contains("have diverged") && run.stderr.contains("git rebase origin/side"),
        "{}",
        run.stderr
    );
    assert_eq!(book.git_at(&clone, &["rev-parse", "side"]), before);

    // Checked out here, it is the user's to move.
    book.git_at(&clone, &["checkout", "-q", "-B", "side", "origin/side~1"]);
    let run = book.run_at(&clone, &["tick", "INFRA-1", "staging", "--branch", "side"]).expect(1);
    assert!(run.stderr.contains("git merge --ff-only origin/side"), "{}", run.stderr);
    assert_eq!(book.git_at(&clone, &["worktree", "list"]).lines().count(), 1);
}

#[test]
fn what_git_refuses_is_said_and_changes_nothing() {
    let book = book();
    let state = || (book.head(), book.git(&["status", "--porcelain"]), book.read(PATH));
    let before = state();
    let refused = |said: &str, hint: &str| {
        let run = book.run(&["tick", "INFRA-1", "Terraform code"]).expect(1);
        assert!(run.stderr.contains(said) && run.stderr.contains(hint), "{}", run.stderr);
        assert_eq!(state(), before);
    };
    book.write(".git/index.lock", "");
    let run = book.run(&["tick", "INFRA-1", "Terraform code"]).expect(1);
    assert!(run.stderr.contains("index.lock") && run.stderr.contains("remove"), "{}", run.stderr);
    std::fs::remove_file(book.root.join(".git/index.lock")).unwrap();
    book.git(&["config", "commit.gpgsign", "true"]);
    book.git(&["config", "gpg.format", "ssh"]);
    book.git(&["config", "user.signingkey", "/nowhere.pub"]);
    refused("failed to write commit object", "the commit could not be signed");
    book.git(&["config", "commit.gpgsign", "false"]);
    std::fs::create_dir(book.root.join(".git/my-hooks")).unwrap();
    // While a hook runs nothing of ours lies in the work tree.
    book.write(".git/my-hooks/pre-commit", "#!/bin/sh\n! git status --porcelain | grep changebook\n");
    make_executable(&book.root.join(".git/my-hooks/pre-commit"));
    book.git(&["config", "core.hooksPath", ".git/my-hooks"]);
    book.run(&["tick", "INFRA-1", "Apply in staging"]).expect(0);
    assert_eq!(changed(&book), PATH);
    book.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    book.write(".git/my-hooks/pre-commit", "#!/bin/sh\nexit 1\n");
    make_executable(&book.root.join(".git/my-hooks/pre-commit"));
    book.git(&["config", "core.hooksPath", ".git/my-hooks"]);
    refused("most likely a hook refused", "nothing was changed");
}
