//! Held while it writes: acts at once, acts that are killed, and what a renumbering may replace.

use std::process::{Child, Stdio};
use std::time::Duration;

use super::{PATH, found, peer, proposed};
use crate::support::{Fixture, task};

/// How often a race or a kill is tried; more with `CHANGEBOOK_TEST_RUNS`.
fn runs(usual: u32) -> u32 {
    std::env::var("CHANGEBOOK_TEST_RUNS").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn start(book: &Fixture, arguments: &[&str]) -> Child {
    let mut command = book.program();
    command.current_dir(&book.root).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Ends with 0; or with 1 and a message that says why, and then nothing of it is there.
#[track_caller]
fn is_kept(child: Child) -> bool {
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0) => true,
        Some(1) => {
            assert!(
                said.contains("another command has been writing") || said.contains("moved from"),
                "{said}"
            );
            false
        }
        code => panic!("{code:?}: {said}"),
    }
}

/// Nothing of an act lies around.
#[track_caller]
fn is_tidy(book: &Fixture) {
    assert_eq!(book.git(&["status", "--porcelain"]), "");
    assert_eq!(book.git(&["worktree", "list"]).lines().count(), 1);
    assert!(!book.root.join(".git/changebook/act").exists());
    assert!(!book.root.join(".git/index.lock").exists());
    let worktrees = book.root.join(".git/worktrees");
    assert!(std::fs::read_dir(worktrees).map_or(0, Iterator::count) == 0);
}

/// A task with many boxes, so that each act has one of its own.
fn many_boxes(n: u32) -> Fixture {
    let mut book = Fixture::book();
    let boxes: String = (0..n).map(|number| format!("- [ ] Step {number:03}\n")).collect();
    book.write(
        PATH,
        task("INFRA-1", "").replace("## Notes\n", &format!("## Testing\n\n{boxes}\n## Notes\n")),
    );
    book.write("tasks/INFRA-2.md", task("INFRA-2", ""));
    book.commit("propose");
    book.later();
    book
}

#[test]
fn row_62_two_acts_at_once_are_both_kept_or_one_is_refused() {
    let n = runs(6);
    let book = many_boxes(2 * n);
    for round in 0..n {
        let steps = [format!("Step {:03}", 2 * round), format!("Step {:03}", 2 * round + 1)];
        let children: Vec<Child> =
            steps.iter().map(|step| start(&book, &["tick", "INFRA-1", step])).collect();
        let head = || book.git(&["show", &format!("HEAD:{PATH}")]);
        for (child, step) in children.into_iter().zip(&steps) {
            let is_kept = is_kept(child);
            assert_eq!(head().contains(&format!("[x] {step}")), is_kept, "{step}");
        }
    }
    is_tidy(&book);
    let ticks = book.git(&["show", &format!("HEAD:{PATH}")]).matches("[x] Step").count();
    let commits = book.git(&["log", "--format=%s", "--grep=tick"]).lines().count();
    assert_eq!(commits, ticks, "a commit for each, and none undoes another");
}

#[test]
fn row_62_acts_of_several_kinds_and_work_trees_at_once() {
    let mut book = proposed();
    book.write("tasks/INFRA-2.md", task("INFRA-2", "risk = \"low\"\n"));
    book.commit("another");
    book.git(&["branch", "side"]);
    book.git(&["worktree", "add", "-q", "-b", "third", "../third"]);
    let third = book.root.join("../third").canonicalize().unwrap();
    book.person("sam").later();
    let there = |arguments: &[&str]| {
        let mut command = book.program();
        command.current_dir(&third).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let children = [
        start(&book, &["approve", "INFRA-1", "--role", "peer"]),
        start(&book, &["tick", "INFRA-1", "Terraform code", "--branch", "side"]),
        there(&["tick", "INFRA-1", "Terraform code"]),
        start(&book, &["cancel", "INFRA-2", "not now"]),
        start(&book, &["new", "task", "One", "--no-edit"]),
        start(&book, &["new", "task", "Two", "--no-edit"]),
    ];
    for child in children {
        assert!(is_kept(child), "each waits for the others");
    }
    assert_eq!(peer(&book), "valid");
    assert_eq!(book.status("INFRA-2").0, "cancelled");
    for branch in ["side", "third"] {
        assert!(book.git(&["show", &format!("{branch}:{PATH}")]).contains("[x] Terraform code"), "{branch}");
    }
    assert_eq!(book.git(&["status", "--porcelain"]), "?? tasks/INFRA-3.md\n?? tasks/INFRA-4.md");
}

#[test]
#[cfg(unix)]
fn row_62_a_commit_that_comes_between_is_not_undone() {
    use std::os::unix::fs::PermissionsExt as _;
    let book = many_boxes(2);
    // Somebody moves the branch while the hooks of the act's own commit run, and just before it.
    let hook = book.root.join(".git/hooks/pre-commit");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    book.write(
        ".git/hooks/pre-commit",
        "#!/bin/sh\nunset GIT_INDEX_FILE\ncommit=$(git commit-tree -p HEAD -m beside $(git rev-parse 'HEAD^{tree}'))\ngit update-ref refs/heads/main $commit\n",
    );
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    let run = book.run(&["tick", "INFRA-1", "Step 000"]);
    assert_eq!(run.status, 1, "{}", run.stderr);
    assert_eq!(book.git(&["log", "-1", "--format=%s"]), "beside");
    assert!(!book.read(PATH).contains("[x]"));
    std::fs::remove_file(&hook).unwrap();
    is_tidy(&book);
    book.run(&["tick", "INFRA-1", "Step 000"]).expect(0);
}

#[test]
fn row_62_who_only_reads_waits_for_nobody() {
    let mut book = proposed();
    let lock = book.root.join(".git/changebook/act.lock");
    std::fs::create_dir_all(lock.parent().unwrap()).unwrap();
    let file = std::fs::File::create(&lock).unwrap();
    file.lock().unwrap();
    book.run(&["show", "INFRA-1"]).expect(0);
    book.run(&["list"]).expect(0);
    drop(file);
    book.person("sam").later().run(&["approve", "INFRA-1", "--role", "peer"]).expect(0);
    assert_eq!(peer(&book), "valid", "a lock file without a process is no lock");
}

/// Numbers that differ from run to run are what a random moment is made of.
fn moments(n: u32) -> impl Iterator<Item = Duration> {
    use std::hash::{BuildHasher, Hasher};
    let random = std::collections::hash_map::RandomState::new();
    (0..n).map(move |number| {
        let mut hasher = random.build_hasher();
        hasher.write_u32(number);
        Duration::from_micros(hasher.finish() % 300_000)
    })
}

/// Kills a command after a while, alone or with everything that it has started.
#[cfg(unix)]
fn kill_after(book: &Fixture, arguments: &[&str], moment: Duration, with_children: bool) {
    use std::os::unix::process::CommandExt as _;
    let mut command = book.program();
    command.current_dir(&book.root).args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.process_group(0).spawn().unwrap();
    std::thread::sleep(moment);
    let target = if with_children { format!("-{}", child.id()) } else { child.id().to_string() };
    let _ = std::process::Command::new("kill").args(["-9", "--", &target]).stderr(Stdio::null()).status();
    child.wait().unwrap();
}

#[test]
#[cfg(unix)]
fn row_88_an_act_that_is_killed_is_finished_or_swept_by_the_next() {
    let n = runs(20);
    let book = many_boxes(n);
    for (number, moment) in (0..n).zip(moments(n)) {
        let step = format!("Step {number:03}");
        kill_after(&book, &["tick", "INFRA-1", &step], moment, number % 2 == 0);
        // The next act, of another record, finds the way free; then the one that was killed, where it was lost.
        let verb = if number % 2 == 0 { "tick" } else { "untick" };
        book.run(&[verb, "INFRA-2", "Terraform code"]).expect(0);
        let head = book.git(&["show", &format!("HEAD:{PATH}")]);
        assert_eq!(book.read(PATH), format!("{head}\n"), "killed after {moment:?}");
        is_tidy(&book);
        if !head.contains(&format!("[x] {step}")) {
            book.run(&["tick", "INFRA-1", &step]).expect(0);
        }
    }
    is_tidy(&book);
    let ticks = book.git(&["show", &format!("HEAD:{PATH}")]).matches("[x] Step").count();
    assert_eq!(ticks, usize::try_from(n).unwrap(), "nothing is lost");
}

#[test]
#[cfg(unix)]
fn row_88_approve_on_a_branch_is_killed() {
    let n = runs(10);
    let mut book = proposed();
    book.person("sam").later();
    let here = book.head();
    for (number, moment) in (0..n).zip(moments(n)) {
        let branch = format!("review-{number}");
        let approve = ["approve", "INFRA-1", "--role", "peer", "--branch", &branch];
        kill_after(&book, &approve, moment, number % 2 == 0);
        let again = book.run(&approve);
        assert!(
            again.status == 0 || again.stderr.contains("has already approved"),
            "killed after {moment:?}: {}",
            again.stderr
        );
        is_tidy(&book);
        assert_eq!(book.git(&["rev-list", "--count", &format!("{here}..{branch}")]), "1");
        assert_eq!(book.head(), here);
    }
}

#[test]
#[cfg(unix)]
fn row_88_a_renumbering_is_killed() {
    let n = runs(10);
    let mut book = Fixture::book();
    book.write("tasks/INFRA-2.md", task("INFRA-2", ""));
    book.write("tasks/INFRA-3.md", task("INFRA-3", "depends = [\"INFRA-2\"]\n"));
    book.commit("start");
    let mut now = "INFRA-2".to_owned();
    for (number, moment) in (0..n).zip(moments(n)) {
        let next = format!("INFRA-{}", 10 + number);
        kill_after(&book, &["renumber", &now, &next], moment, number % 2 == 0);
        // Any other act, on a file that is none of it.
        book.run(&["new", "runbook", "Redis", "--id", &format!("redis-{number}"), "--no-edit"]).expect(0);
        book.later().commit("a runbook");
        if !book.root.join(format!("tasks/{next}.md")).exists() {
            book.run(&["renumber", &now, &next]).expect(0);
        }
        is_tidy(&book);
        let tasks = book.git(&["ls-files", "tasks"]);
        assert_eq!(tasks.lines().collect::<Vec<_>>().len(), 2, "{tasks}");
        assert!(book.read("tasks/INFRA-3.md").contains(&format!("depends = [\"{next}\"]")));
        now = next;
    }
    assert_eq!(book.run(&["check"]).status, 0);
}

#[test]
#[cfg(unix)]
fn row_88_a_renumbering_in_a_merge_is_killed() {
    for (number, moment) in (0..).zip(moments(runs(6))) {
        let mut book = Fixture::book();
        book.git(&["checkout", "-q", "-b", "side"]);
        book.person("sam").later().write(PATH, task("INFRA-1", "").replace("A change", "Theirs"));
        book.write("tasks/INFRA-3.md", task("INFRA-3", "follows = [\"INFRA-1\"]\n"));
        book.commit("theirs");
        book.git(&["checkout", "-q", "main"]);
        book.person("kim").later().write(PATH, task("INFRA-1", "").replace("A change", "Ours"));
        book.commit("ours");
        assert!(!book.try_git(&book.root, &["merge", "-q", "side"]).status.success());
        kill_after(&book, &["renumber"], moment, number % 2 == 0);
        book.run(&["renumber"]).expect(0);
        book.later().git(&["commit", "-q", "--no-edit"]);
        is_tidy(&book);
        let title = |id: &str| book.show(id)["title"].as_str().unwrap().to_owned();
        assert_eq!((title("INFRA-1"), title("INFRA-4")), ("Ours".to_owned(), "Theirs".to_owned()));
        assert!(book.read("tasks/INFRA-3.md").contains("follows = [\"INFRA-4\"]"));
        let lines = book.git(&["log", "-1", "--format=%(trailers:key=Renumbers)"]);
        assert_eq!(lines.trim(), "Renumbers: INFRA-1 INFRA-4");
    }
}

#[test]
fn row_88_nothing_of_others_is_swept() {
    let book = many_boxes(2);
    // Somebody's own lock and work tree, and a file that only looks like one of an act's.
    book.git(&["worktree", "add", "-q", "-b", "mine", "../mine"]);
    book.write("tasks/.changebook-notes", "mine\n");
    book.write(".git/index.lock", "");
    book.run(&["tick", "INFRA-1", "Step 000"]).expect(1);
    assert!(book.root.join(".git/index.lock").exists());
    std::fs::remove_file(book.root.join(".git/index.lock")).unwrap();
    book.run(&["tick", "INFRA-1", "Step 000"]).expect(0);
    assert!(book.root.join("tasks/.changebook-notes").exists());
    assert_eq!(book.git(&["worktree", "list"]).lines().count(), 2);
}

/// A task and a runbook that are named by words.
fn named_by_words() -> Fixture {
    let mut book = Fixture::book();
    book.person("ana")
        .write("tasks/keep.md", task("keep", "").replace("Something.", "We keep what we can keep."));
    book.write(
        "runbooks/restore.md",
        "+++\nid = \"restore\"\ntitle = \"Restore\"\n+++\n\n## Access\n\nHow to restore.\n",
    );
    book.write(PATH, task("INFRA-1", "").replace("Something.", "We keep INFRA-1."));
    book.commit("start");
    book.later();
    book
}

#[test]
fn row_67_a_name_is_no_number() {
    let book = named_by_words();
    let before = book.head();
    for (old, new) in [("keep", "INFRA-9"), ("keep", "drop"), ("restore", "delete"), ("INFRA-1", "destroy")] {
        let run = book.run(&["renumber", old, new]).expect(1);
        assert!(run.stderr.contains("is a name, not a number"), "{}", run.stderr);
        assert_eq!((book.head(), book.git(&["status", "--porcelain"])), (before.clone(), String::new()));
    }
    book.run(&["renumber", "INFRA-1", "INFRA-9"]).expect(0);
    assert!(book.read("tasks/INFRA-9.md").contains("We keep INFRA-9."));
    assert!(book.read("tasks/keep.md").contains("We keep what we can keep."));
}

#[test]
fn row_67_a_word_is_not_replaced_by_hand_either() {
    // Sam makes `keep` to `drop` in every sentence, and calls it a renumbering: sam wrote that.
    let mut book = Fixture::book();
    let text = task("keep", "risk = \"medium\"\n").replace("Something.", "We keep the data.");
    book.person("ana").write("tasks/keep.md", text.replace("requestor = \"ana\"", "requestor = \"kim\""));
    book.commit("propose");
    let text = book.read("tasks/keep.md").replace("keep", "drop");
    std::fs::remove_file(book.root.join("tasks/keep.md")).unwrap();
    book.write("tasks/drop.md", text);
    book.person("sam").later().commit("keep: renumber to drop\n\nRenumbers: keep drop");
    book.later().tick("tasks/drop.md", "Code review");
    assert_eq!(book.approval("drop", "peer"), "approval-self");
    // Digits alone are no number of a pattern that has nothing else.
    let mut book = Fixture::empty();
    book.write("book.toml", "[book]\ntitle = \"Test\"\nsrc = \"docs\"\n");
    let ids = "\n[ids]\ntask = \"{n}\"\n[done]";
    book.write("policy.toml", crate::support::POLICY.replace("\n[done]", ids));
    book.write("tasks/3.md", task("3", "").replace("Something.", "Make 3 replicas."));
    book.commit("start");
    book.run(&["renumber", "3", "5"]).expect(1);
    assert!(book.read("tasks/3.md").contains("Make 3 replicas."));
}

#[test]
fn row_67_two_records_of_one_name_are_told_and_left() {
    let mut book = named_by_words();
    book.write("runbooks/db/restore.md", book.read("runbooks/restore.md"));
    book.commit("twice");
    assert!(found(&book).contains(&"id-duplicate".to_owned()));
    let run = book.run(&["renumber"]).expect(1);
    assert!(run.stderr.contains("`restore` is a name, not a number"), "{}", run.stderr);
    assert_eq!(book.git(&["status", "--porcelain"]), "");
}
