//! Repositories in every state that people have them in: each works, or says why not and what to do.

use std::process::Stdio;

use crate::support::{Fixture, task};

fn with_task() -> Fixture {
    let mut book = Fixture::book();
    book.person("ana").write("tasks/INFRA-1.md", task("INFRA-1", ""));
    book.commit("propose");
    book
}

#[test]
fn no_repository_no_book_no_directory() {
    let book = Fixture::empty();
    let run = book.run_at(book.root.parent().unwrap(), &["list"]).expect(1);
    assert!(run.stderr.contains("no git repository") && run.stderr.contains("hint:"), "{}", run.stderr);
    let run = book.run(&["list"]).expect(1);
    assert!(run.stderr.contains("no book") && run.stderr.contains("changebook init"), "{}", run.stderr);
    let run = book.run(&["-C", "nowhere", "list"]).expect(1);
    assert!(run.stderr.contains("not a directory"), "{}", run.stderr);
}

#[test]
fn an_empty_repository_has_drafts_only() {
    let book = Fixture::empty();
    book.run(&["init", "--title", "My \"book\""]).expect(0);
    let before = book.read("policy.toml");
    book.write("policy.toml", format!("{before}\n# mine\n"));
    let again = book.run(&["init"]).expect(0);
    assert!(again.stdout.contains("kept policy.toml"), "{}", again.stdout);
    assert!(book.read("policy.toml").ends_with("# mine\n"), "init overwrites nothing");
    assert!(book.run(&["list"]).expect(0).stdout.contains("No records yet"));
    book.run(&["new", "task", "A change", "--no-edit"]).expect(0);
    let list = book.run(&["list"]).expect(0);
    assert!(list.stdout.contains("INFRA-1") && list.stdout.contains("draft"), "{}", list.stdout);
    book.run(&["build"]).expect(0);
    book.run(&["check"]).expect(0);
}

/// A forge that no policy lists cannot vouch for the change that lists it; and a beginning that is kept is not forged.
#[test]
fn init_lists_the_forge_and_keeps_where_the_policy_began() {
    let mut book = Fixture::empty();
    book.write("main.tf", "x");
    book.person("ana").committed_by("noreply").commit("code by the web");
    book.person("kim").run(&["init", "--git"]).expect(0);
    let policy = book.read("policy.toml");
    assert!(policy.contains("\nforges = [\"noreply@example.org\"] "), "{policy}");
    let key = ["config", "--local", "--get", "changebook.policy-root"];
    assert!(!book.try_git(&book.root, &key).status.success(), "nothing began yet");
    let root = book.commit("the book");
    let said = book.run(&["init", "--git"]).expect(0);
    assert!(
        said.stdout.contains("the policy was introduced in") && said.stdout.contains(&root[..7]),
        "{}",
        said.stdout
    );
    assert_eq!(book.git(&key), root);
    assert!(!book.run(&["init", "--git"]).expect(0).stdout.contains("began"), "it is kept");
    // Another beginning that is merged in rules nobody here.
    book.git(&["checkout", "-q", "--orphan", "other"]);
    book.replace(
        "policy.toml",
        "policy-roles = []",
        "policy-roles = []\n[people.eve]\nemails = [\"eve@example.org\"]",
    );
    book.person("eve").commit("mine");
    book.git(&["checkout", "-q", "main"]);
    book.git(&["merge", "-q", "--allow-unrelated-histories", "-X", "theirs", "-m", "merge", "other"]);
    let run = book.run(&["list"]).expect(0);
    assert!(!run.stdout.contains("eve"), "{}", run.stdout);
    book.git(&["config", "--unset", "changebook.policy-root"]);
    assert!(book.run(&["list"]).expect(1).stderr.contains("policy-forked"));
}

#[test]
fn detached_bare_worktree_submodule_and_sub_folder() {
    let mut book = with_task();
    let proposed = book.head();
    book.later().tick("tasks/INFRA-1.md", "Terraform code");
    book.git(&["checkout", "-q", &proposed]);
    assert_eq!(book.status("INFRA-1").0, "proposed", "detached HEAD");
    book.git(&["checkout", "-q", "main"]);

    book.git(&["clone", "-q", "--bare", ".", "../bare.git"]);
    let bare = book.root.join("../bare.git").canonicalize().unwrap();
    let list = book.run_at(&bare, &["list"]).expect(0);
    assert!(list.stdout.contains("developing"), "{}", list.stdout);
    let then = book.run_at(&bare, &["list", "--at", &proposed]).expect(0);
    assert!(then.stdout.contains("proposed"), "{}", then.stdout);
    book.run_at(&bare, &["build", "--out", "../site-of-bare"]).expect(0);
    let refused = book.run_at(&bare, &["tick", "INFRA-1", "staging"]).expect(1);
    assert!(refused.stderr.contains("no work tree"), "{}", refused.stderr);

    book.git(&["worktree", "add", "-q", "../second", "HEAD~1"]);
    let second = book.root.join("../second").canonicalize().unwrap();
    assert!(book.run_at(&second, &["list"]).expect(0).stdout.contains("proposed"));

    let outer = Fixture::empty();
    outer.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "add",
        "-q",
        &book.root.to_string_lossy(),
        "inner",
    ]);
    assert!(outer.run_at(&outer.root.join("inner"), &["list"]).expect(0).stdout.contains("INFRA-1"));
}

#[test]
fn a_shallow_clone_says_how_to_deepen_it() {
    let mut book = with_task();
    book.later().tick("tasks/INFRA-1.md", "Terraform code");
    let url = format!("file://{}", book.root.display());
    book.git(&["clone", "-q", "--depth", "1", &url, "../shallow"]);
    let run = book.run_at(&book.root.join("../shallow"), &["list"]).expect(1);
    assert!(run.stderr.contains("git fetch --unshallow"), "{}", run.stderr);
}

/// What pipelines ask: each of it needs the whole history, and says so instead of answering from a part of it.
#[test]
fn every_question_of_a_pipeline_wants_the_whole_history() {
    let mut book = with_task();
    for _ in 0..5 {
        book.later().tick("tasks/INFRA-1.md", "Terraform code");
        book.later().untick("tasks/INFRA-1.md", "Terraform code");
    }
    let url = format!("file://{}", book.root.display());
    let shallow = book.root.parent().unwrap().join("shallow");
    for depth in ["1", "5"] {
        book.git(&["clone", "-q", "--depth", depth, &url, &shallow.to_string_lossy()]);
        let questions: [&[&str]; 8] = [
            &["check"],
            &["check", "--format", "github"],
            &["check", "--range", "HEAD~0..HEAD"],
            &["gate", "INFRA-1", "-e", "production"],
            &["audit"],
            &["pr", "INFRA-1"],
            &["build", "--out", "../site"],
            &["show", "INFRA-1"],
        ];
        for question in questions {
            let run = book.run_at(&shallow, question).expect(1);
            assert!(run.stderr.contains("git fetch --unshallow"), "{question:?}: {}", run.stderr);
            assert!(run.stdout.is_empty(), "{question:?}: half an answer is none: {}", run.stdout);
        }
        // The cure cures.
        book.git_at(&shallow, &["fetch", "-q", "--unshallow"]);
        for question in [&["check"][..], &["gate", "INFRA-1", "-e", "production"], &["pr", "INFRA-1"]] {
            let run = book.run_at(&shallow, question);
            assert!(run.status == 0 || run.status == 3, "{question:?}: {}", run.stderr);
        }
        std::fs::remove_dir_all(&shallow).unwrap();
    }
    // A server that was cloned so takes no push: it cannot judge one.
    let bare = book.root.parent().unwrap().join("server.git");
    book.git(&["clone", "-q", "--bare", "--depth", "1", &url, &bare.to_string_lossy()]);
    let (old, new) = (book.git_at(&bare, &["rev-parse", "HEAD"]), book.head());
    let line = format!(
        "printf '{old} {new} refs/heads/main\\n' | \"$CHANGEBOOK\" -C '{}' hook pre-receive 2>&1; echo $?",
        bare.display()
    );
    let said = book.pipe(&line);
    assert!(said.contains("unshallow") && said.trim().ends_with('1'), "{said}");
}

#[test]
fn formats_that_cannot_be_read_say_so() {
    let book = Fixture::empty();
    book.git(&["init", "-q", "--object-format=sha256", "../sha256"]);
    let run = book.run_at(&book.root.join("../sha256"), &["list"]).expect(1);
    assert!(run.stderr.contains("cannot be read here") && run.stderr.contains("hint:"), "{}", run.stderr);
}

#[test]
fn grafts_and_replaced_objects_do_not_change_history() {
    let mut book = with_task();
    let proposed = book.head();
    let ticked = book.later().tick("tasks/INFRA-1.md", "Terraform code");
    book.git(&["replace", &ticked, &proposed]);
    assert_eq!(book.status("INFRA-1").0, "developing", "objects, not replacements");
    book.write(".git/info/grafts", format!("{ticked}\n"));
    let run = book.run(&["list"]).expect(1);
    assert!(run.stderr.contains("grafts"), "{}", run.stderr);
}

#[test]
fn a_reader_that_leaves_early_is_no_failure() {
    let mut book = Fixture::book();
    for number in 1..400 {
        book.write(&format!("tasks/INFRA-{number}.md"), task(&format!("INFRA-{number}"), ""));
    }
    book.commit("many");
    let mut child = book
        .program()
        .args(["list", "--json"])
        .current_dir(&book.root)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn mistyped_commands_are_usage() {
    let book = with_task();
    let run = book.run(&["lst"]).expect(2);
    assert!(run.stderr.contains("list"), "{}", run.stderr);
    book.run(&["list", "--nonsense"]).expect(2);
    let run = book.run(&["list", "--status", "aproved"]).expect(2);
    assert!(run.stderr.contains("did you mean `approved`"), "{}", run.stderr);
    let run = book.run(&["explain", "aproval-stale"]).expect(1);
    assert!(run.stderr.contains("did you mean `approval-stale`"), "{}", run.stderr);
    let run = book.run(&["list", "--at", "nowhere"]).expect(1);
    assert!(run.stderr.contains("is not a commit"), "{}", run.stderr);
    for shell in ["bash", "zsh", "fish"] {
        assert!(book.run(&["completions", shell]).expect(0).stdout.contains("changebook"));
    }
    assert!(book.run(&["man"]).expect(0).stdout.contains(".TH"));
}

#[test]
fn a_pipe_gets_plain_text() {
    let book = with_task();
    let list = book.run(&["list"]).expect(0);
    assert!(!list.stdout.contains('\u{1b}'), "no colour in a pipe");
    let list = book.run(&["list", "--color", "always"]).expect(0);
    assert!(list.stdout.contains('\u{1b}'));
}

#[test]
fn a_head_that_names_no_readable_commit_is_no_empty_repository() {
    let book = with_task();
    let head = book.head();
    let object = book.root.join(".git/objects").join(&head[..2]).join(&head[2..]);
    std::fs::remove_file(object).unwrap();
    let run = book.run(&["list"]).expect(1);
    assert!(run.stderr.contains(&head) && run.stderr.contains("git fsck"), "{}", run.stderr);
}
