//! The graph: merges that drop or make ticks, histories without a base, deletions, reverts, grafts.

use super::{PATH, found, peer, proposed};
use crate::support::{Fixture, task};

/// A merge of `side` whose result for the record is `text`.
fn merge_with(book: &mut Fixture, text: &str) -> String {
    let _ = book.try_git(&book.root, &["merge", "-q", "--no-commit", "--no-ff", "side"]);
    book.write(PATH, text);
    book.commit("merge")
}

#[test]
fn row_10_a_merge_that_drops_an_untick() {
    let mut book = proposed();
    let ticked = book.person("sam").tick(PATH, "Code review");
    let text = book.read(PATH);
    book.git(&["checkout", "-q", "-b", "side"]);
    book.person("sam").later().untick(PATH, "Code review");
    book.git(&["checkout", "-q", "main"]);
    book.person("ana").later().write("x", "x");
    book.commit("x");
    let merge = merge_with(book.later(), &text);
    assert_eq!(peer(&book), "approval-missing");
    let item = &book.show("INFRA-1")["items"][0];
    assert_eq!((&item["checked"], &item["by"][0]["commit"]), (&true.into(), &merge.into()));
    let events = book.run(&["show", "INFRA-1", "--events"]).expect(0).stdout;
    assert!(events.contains(&ticked[..7]) && events.contains("by the merge itself"), "{events}");
}

#[test]
fn row_11_a_merge_that_ticks_by_itself() {
    let mut book = proposed();
    book.git(&["checkout", "-q", "-b", "side"]);
    book.person("kim").write("x", "x");
    book.commit("side");
    book.git(&["checkout", "-q", "main"]);
    book.later().write("y", "y");
    book.commit("main");
    let ticked = book.read(PATH).replace("[ ] Code review", "[x] Code review");
    merge_with(book.person("sam").later(), &ticked);
    assert_eq!(peer(&book), "approval-missing");
}

#[test]
fn row_12_octopus_criss_cross_and_unrelated_histories() {
    let mut book = proposed();
    for (branch, person, item) in
        [("a", "sam", "Code review"), ("b", "kim", "DevOps lead review"), ("c", "sam", "Security review")]
    {
        book.git(&["checkout", "-q", "-b", branch, "main"]);
        book.person(person).later().tick(PATH, item);
    }
    book.git(&["checkout", "-q", "main"]);
    book.person("kim").later().git(&["merge", "-q", "-m", "octopus", "a", "b", "c"]);
    assert_eq!(book.git(&["rev-list", "--parents", "-1", "HEAD"]).split(' ').count(), 4, "three parents");
    for role in ["peer", "devops-lead", "security"] {
        assert_eq!(book.approval("INFRA-1", role), "valid", "{role}");
    }
    book.git(&["checkout", "-q", "--orphan", "other"]);
    book.git(&["rm", "-rfq", "."]);
    book.write("z", "z");
    book.later().commit("another root");
    book.git(&["checkout", "-q", "main"]);
    book.later().git(&["merge", "-q", "--allow-unrelated-histories", "-m", "join", "other"]);
    assert_eq!(peer(&book), "valid");
}

#[test]
fn row_14_revert_and_revert_of_the_revert() {
    let mut book = proposed();
    book.person("sam").tick(PATH, "Code review");
    book.person("ana").later().git(&["revert", "--no-edit", "HEAD"]);
    assert_eq!(peer(&book), "approval-missing");
    book.later().git(&["revert", "--no-edit", "HEAD"]);
    assert_eq!(peer(&book), "approval-self", "a new act, by ana");
}

#[test]
fn row_15_text_edited_after_the_tick_or_with_it() {
    let mut book = proposed();
    book.person("sam").tick(PATH, "Code review");
    book.person("ana").later().replace(PATH, "Something.", "More.");
    book.commit("text");
    assert_eq!(peer(&book), "approval-stale");
    let mut book = proposed();
    book.person("sam").replace(PATH, "Something.", "More.");
    book.tick(PATH, "Code review");
    assert_eq!(peer(&book), "approval-self", "who writes a part is an author");
}

#[test]
fn row_16_a_record_deleted_and_made_again() {
    let mut book = proposed();
    book.person("sam").tick(PATH, "Code review");
    let text = book.read(PATH);
    book.git(&["rm", "-q", PATH]);
    book.person("ana").later().commit("remove");
    book.write(PATH, &text);
    book.later().commit("the same again");
    assert_eq!(peer(&book), "approval-self", "ana owns what comes back ticked");
}

#[test]
fn row_16_a_record_renamed_over_another() {
    let mut book = proposed();
    book.write("tasks/INFRA-2.md", crate::support::task("INFRA-2", "risk = \"medium\"\n"));
    book.person("ana").commit("another");
    book.person("sam").later().tick("tasks/INFRA-2.md", "Code review");
    book.git(&["mv", "-f", "tasks/INFRA-2.md", PATH]);
    book.replace(PATH, "INFRA-2", "INFRA-1");
    book.person("ana").later().commit("over it");
    assert_eq!(peer(&book), "approval-self");
}

#[test]
fn row_25_and_26_replaced_objects_grafts_and_shallow_clones() {
    let mut book = proposed();
    let before = book.head();
    book.person("eve").tick(PATH, "Code review");
    let lie = book.head();
    book.git(&["reset", "-q", "--hard", &before]);
    book.person("sam").committed_by("ana").tick(PATH, "Code review");
    let honest = book.show("INFRA-1");
    book.git(&["replace", &book.head(), &lie]);
    assert_eq!(book.show("INFRA-1")["approvals"], honest["approvals"], "refs/replace is not obeyed");
    let evidence = book.run(&["show", "INFRA-1", "--evidence"]).expect(0).stdout;
    assert!(evidence.lines().filter(|l| l.contains("git ")).all(|l| l.contains("--no-replace-objects")));
    book.write(".git/info/grafts", format!("{}\n", book.head()));
    let run = book.run(&["list"]).expect(1);
    assert!(run.stderr.contains("history-shallow") || run.stderr.contains("grafts"), "{}", run.stderr);
}

#[test]
fn row_41_a_tick_that_was_withdrawn_on_the_trunk_returns_in_a_clean_merge() {
    let mut book = proposed();
    book.git(&["checkout", "-q", "-b", "side"]);
    book.person("sam").tick(PATH, "Code review");
    book.git(&["checkout", "-q", "main"]);
    book.git(&["merge", "-q", "--squash", "side"]);
    book.person("sam").later().commit("squashed");
    assert_eq!(peer(&book), "valid");
    book.later().untick(PATH, "Code review");
    assert_eq!(peer(&book), "approval-missing", "withdrawn");
    book.git(&["checkout", "-q", "side"]);
    book.person("sam").later().write("x", "x");
    book.commit("something else on the side");
    book.git(&["checkout", "-q", "main"]);
    let merged = book.try_git(&book.root, &["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    assert!(merged.status.success(), "git merges without a conflict");
    if book.read(PATH).contains("[x] Code review") {
        assert_eq!(peer(&book), "approval-missing", "every untick must be in the approval's own history");
    }
    assert_ne!(peer(&book), "valid");
}

#[test]
fn row_28_commits_on_which_tools_disagree_have_no_authority() {
    let mut book = proposed();
    book.person("eve").tick(PATH, "Code review");
    let raw = book.git(&["cat-file", "commit", "HEAD"]);
    let author = raw.lines().find(|line| line.starts_with("author ")).unwrap();
    let doubled = raw.replacen(author, &format!("{}\n{author}", author.replace("eve", "sam")), 1);
    let crafted = book.object("commit", &format!("{doubled}\n"));
    book.git(&["reset", "-q", "--hard", &crafted]);
    assert_eq!(peer(&book), "approval-role");
    assert!(found(&book).contains(&"commit-malformed".to_owned()));
}

#[test]
fn row_40_is_told_apart_from_a_new_act_by_the_untick() {
    let mut book = proposed();
    book.person("sam").tick(PATH, "Code review");
    book.person("ana").later().untick(PATH, "Code review");
    book.person("sam").later().tick(PATH, "Code review");
    assert_eq!(peer(&book), "valid", "a tick after the untick is a new act");
}

/// Pushes from the book to a bare repository, which a clone of somebody else's follows.
struct Followed {
    book: Fixture,
    bare: std::path::PathBuf,
    clone: std::path::PathBuf,
}

impl Followed {
    fn new() -> Self {
        let mut book = Fixture::book();
        book.write("tasks/INFRA-1.md", task("INFRA-1", ""));
        book.commit("propose");
        let home = book.root.parent().unwrap().to_path_buf();
        let (bare, clone) = (home.join("hub.git"), home.join("clone"));
        book.git(&["clone", "-q", "--bare", ".", &bare.display().to_string()]);
        book.git(&["clone", "-q", &bare.display().to_string(), &clone.display().to_string()]);
        Followed { book, bare, clone }
    }

    fn push(&self) {
        self.book.git(&["push", "-q", "--force", &self.bare.display().to_string(), "main"]);
        self.book.git_at(&self.clone, &["fetch", "-q"]);
    }

    #[track_caller]
    fn rewritten(&self, status: i32) {
        for directory in [&self.clone, &self.bare] {
            for command in ["check", "audit"] {
                let run = self.book.run_at(directory, &[command]).expect(status);
                let said =
                    run.stdout.contains("history-rewritten") || run.stderr.contains("history-rewritten");
                assert_eq!(said, status == 3, "{command}: {}{}", run.stdout, run.stderr);
            }
        }
    }
}

#[test]
fn row_9_a_force_push_is_told_by_who_saw_the_trunk_before() {
    let mut followed = Followed::new();
    followed.rewritten(0);
    followed.book.person("ana").later().write("x", "x");
    followed.book.commit("more");
    followed.push();
    followed.rewritten(0);
    followed.book.git(&["commit", "-q", "--amend", "-m", "something else"]);
    followed.push();
    followed.rewritten(3);
    // It goes on being said, also when more is built upon it.
    followed.book.later().write("y", "y");
    followed.book.commit("and more");
    followed.push();
    followed.rewritten(3);
    let list = followed.book.run_at(&followed.clone, &["list"]).expect(0);
    assert!(list.stderr.contains("1 error"), "{}", list.stderr);
    followed.book.run_at(&followed.clone, &["check", "--no-cache"]).expect(3);
    for directory in [&followed.clone, &followed.bare] {
        let tip = followed.book.head();
        followed.book.run_at(directory, &["audit", "--after", &tip]).expect(0);
    }
    followed.rewritten(0);
}

#[test]
fn row_43_a_trunk_that_became_a_second_parent_is_told_by_who_saw_it() {
    let mut followed = Followed::new();
    followed.rewritten(0);
    let book = &mut followed.book;
    book.git(&["checkout", "-qb", "beside"]);
    book.person("ana").later().write("x", "x");
    book.commit("beside");
    book.git(&["checkout", "-q", "main"]);
    book.later().write("y", "y");
    book.commit("on the trunk");
    followed.push();
    followed.rewritten(0);
    let book = &mut followed.book;
    book.git(&["checkout", "-q", "beside"]);
    book.git(&[
        "-c",
        "user.name=ana",
        "-c",
        "user.email=ana@example.org",
        "merge",
        "-q",
        "--no-edit",
        "main",
    ]);
    book.git(&["branch", "-qf", "main", "beside"]);
    followed.push();
    followed.rewritten(3);
}

#[test]
fn an_own_branch_may_be_amended() {
    let mut book = Fixture::book();
    book.write("tasks/INFRA-1.md", task("INFRA-1", ""));
    book.commit("propose");
    book.run(&["check"]).expect(0);
    book.git(&["commit", "-q", "--amend", "-m", "propose it"]);
    book.run(&["check"]).expect(0);
}
