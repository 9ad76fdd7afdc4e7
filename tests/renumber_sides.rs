//! Work under a number that another record keeps: in a rebase, after a merge, and in a branch of its own.

use crate::renumber::collided;
use crate::support::Fixture;

const OURS: &str = "tasks/INFRA-2.md";
const THEIRS: &str = "tasks/INFRA-5.md";

/// Both took INFRA-2. On `side` sam goes on: a tick, code, a page, and lee reviews.
fn with_work() -> Fixture {
    let mut book = collided(OURS, OURS);
    book.git(&["checkout", "-q", "side"]);
    book.person("sam").later().tick(OURS, "Terraform code");
    book.write("terraform/main.tf", "# theirs\n");
    book.later().commit("INFRA-2: code");
    book.replace("docs/index.md", "INFRA-2 is theirs.", "INFRA-2 is theirs.\n\nAnd INFRA-2 goes on.");
    book.later().commit("a page");
    book.person("lee").later().tick(OURS, "Code review");
    book.write("README.md", "unrelated\n");
    book.person("sam").later().commit("unrelated");
    book
}

/// Each record has what was done to it, and nothing of the other's.
#[track_caller]
fn is_apart(book: &mut Fixture) {
    assert!(!book.read(OURS).contains("[x]"), "nobody has ticked ours");
    assert!(book.read(THEIRS).contains("[x] Terraform code"));
    assert!(book.read("docs/index.md").contains("And INFRA-5 goes on."));
    assert_eq!(book.status("INFRA-2").0, "proposed");
    assert_ne!(book.status("INFRA-5").0, "proposed");
    // Sam has done nothing on ours, and all on theirs.
    book.person("sam").later().tick(OURS, "Code review");
    assert_eq!(book.approval("INFRA-2", "peer"), "valid");
    if book.read(THEIRS).contains("[x] Code review") {
        book.later().untick(THEIRS, "Code review");
    }
    book.later().tick(THEIRS, "Code review");
    assert_eq!(book.approval("INFRA-5", "peer"), "approval-self");
}

fn rebased() -> Fixture {
    let mut book = with_work();
    assert!(!book.try_git(&book.root, &["rebase", "-q", "main"]).status.success());
    book.later().run(&["renumber"]).expect(0);
    book.later().git(&["-c", "core.editor=true", "rebase", "--continue"]);
    book
}

#[test]
fn the_rest_of_a_rebase_goes_to_the_new_number() {
    let mut book = rebased();
    assert_eq!(book.git(&["status", "--porcelain"]), "");
    assert!(book.read(THEIRS).contains("[x] Code review"), "what lee ticked later came along");
    let authors = book.git(&["log", "--format=%an %s", "main..side"]);
    assert_eq!(
        authors.lines().collect::<Vec<_>>(),
        [
            "sam unrelated",
            "lee tick Code review",
            "sam a page",
            "sam INFRA-2: code",
            "sam tick Terraform code",
            "sam theirs"
        ]
    );
    is_apart(&mut book);
}

#[test]
fn a_rebase_that_lands_by_merge_or_by_fast_forward() {
    for flag in ["--no-ff", "--ff-only"] {
        let mut book = rebased();
        book.git(&["checkout", "-q", "main"]);
        book.person("kim").later().git(&["merge", "-q", flag, "--no-edit", "side"]);
        // What the trunk calls INFRA-2 from here on is ours.
        is_apart(&mut book);
        book.write("terraform/ours.tf", "# ours\n");
        book.person("lee").later().commit("INFRA-2: code");
        assert_ne!(book.status("INFRA-2").0, "proposed", "{flag}");
        book.later().untick(OURS, "Code review");
        book.later().tick(OURS, "Code review");
        assert_eq!(book.approval("INFRA-2", "peer"), "approval-self", "{flag}");
    }
}

#[test]
fn cherry_picks_to_come_follow_too() {
    let mut book = with_work();
    book.git(&["checkout", "-q", "main"]);
    assert!(!book.try_git(&book.root, &["cherry-pick", "main..side"]).status.success());
    book.later().run(&["renumber"]).expect(0);
    book.later().git(&["-c", "core.editor=true", "cherry-pick", "--continue"]);
    is_apart(&mut book);
}

#[test]
fn a_merge_tells_whose_work_it_brings() {
    for onto in ["main", "side"] {
        let mut book = with_work();
        book.git(&["checkout", "-q", onto]);
        let other = if onto == "main" { "side" } else { "main" };
        assert!(!book.try_git(&book.root, &["merge", "-q", other]).status.success());
        book.person("kim").later().run(&["renumber"]).expect(0);
        book.git(&["commit", "-q", "--no-edit"]);
        is_apart(&mut book);
    }
}

#[test]
fn a_branch_that_renumbers_itself_before_it_lands() {
    let mut book = with_work();
    book.person("sam").later().run(&["renumber", "INFRA-2", "INFRA-5"]).expect(0);
    assert!(book.git(&["log", "-1", "--format=%B"]).ends_with("Renumbers: INFRA-2 INFRA-5"));
    book.git(&["checkout", "-q", "main"]);
    book.person("kim").later().git(&["merge", "-q", "--no-edit", "side"]);
    is_apart(&mut book);
}

#[test]
fn what_cannot_follow_is_refused_and_nothing_changes() {
    let refused = |book: &Fixture, arguments: &[&str], reason: &str| {
        assert!(!book.try_git(&book.root, arguments).status.success());
        let before = book.git(&["status", "--porcelain"]);
        let run = book.run(&["renumber"]).expect(1);
        assert!(run.stderr.contains(reason) && run.stderr.contains("--abort"), "{}", run.stderr);
        assert_eq!(book.git(&["status", "--porcelain"]), before);
    };
    refused(&with_work(), &["rebase", "-q", "--apply", "main"], "they are patches");
    let mut book = with_work();
    book.later().tick(OURS, "Apply in production");
    refused(&book, &["rebase", "-q", "main"], "one of them deploys INFRA-2");
    let mut book = with_work();
    book.git(&["checkout", "-q", "-b", "sub", "HEAD~2"]);
    book.write("x", "x");
    book.later().commit("x");
    book.git(&["checkout", "-q", "side"]);
    book.later().git(&["merge", "-q", "--no-ff", "--no-edit", "sub"]);
    refused(&book, &["rebase", "-q", "--rebase-merges", "main"], "some of them are merges");
}

#[test]
fn a_line_of_ones_own_moves_nobody_elses_work() {
    let mut book = collided(OURS, OURS);
    book.write("terraform/main.tf", "# ours\n");
    book.person("sam").later().commit("INFRA-2: code");
    book.later().commit("a claim\n\nRenumbers: INFRA-2 INFRA-4");
    book.later().tick(OURS, "Code review");
    assert_eq!(book.approval("INFRA-2", "peer"), "approval-self");
    assert_eq!(book.status("INFRA-4").0, "proposed");
}

#[test]
fn a_record_that_takes_a_number_keeps_what_was_done_under_the_old_one() {
    let mut book = collided(OURS, OURS);
    book.write("terraform/main.tf", "# ours\n");
    book.person("sam").later().commit("INFRA-2: code");
    book.person("kim").later().run(&["renumber", "INFRA-2", "INFRA-20"]).expect(0);
    assert_eq!(book.status("INFRA-20").0, "developing");
    book.person("sam").later().tick("tasks/INFRA-20.md", "Code review");
    assert_eq!(book.approval("INFRA-20", "peer"), "approval-self");
}
