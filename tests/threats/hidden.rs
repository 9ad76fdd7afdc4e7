//! What somebody hides comes to light by somebody else's commit, and is nobody's act by that.
//!
//! | hidden by | brought back by | what comes of it |
//! | --- | --- | --- |
//! | eve: a policy with lower values, as a link, under another name, behind a stray bracket | kim, who may change it | not in force until kim affirms it |
//! | kim, by mistake | kim | in force |
//! | lee: a decision that says approved, deleted or moved | kim of the board, by a revert | pending, `decision-role` |
//! | kim: lee's yes in a file, deleted | lee, by a revert | not lee's yes |

use super::{PATH, found, peer, proposed};
use crate::support::{Fixture, task};

/// The last version of the policy stands again, under its name.
const STRICT: &str = "[risk.low]\napprovals = 1\n";

fn lax(book: &Fixture) -> String {
    book.read("policy.toml").replace("approvals = 1", "approvals = 0")
}

fn guarded() -> Fixture {
    let mut book = Fixture::book();
    let policy = book.read("policy.toml") + STRICT;
    book.write("policy.toml", policy);
    book.person("kim").commit("strict");
    book.later();
    book
}

fn is_pending(book: &Fixture) -> bool {
    found(book)
        .iter()
        .any(|code| matches!(code.as_str(), "policy-role" | "policy-unreviewed" | "policy-self-grant"))
}

#[test]
fn row_68_a_policy_that_was_hidden_is_not_given_by_its_repair() {
    type Hide = fn(&Fixture, &str);
    let ways: [Hide; 3] = [
        |book, text| {
            book.write("other.toml", text);
            std::fs::remove_file(book.root.join("policy.toml")).unwrap();
        },
        |book, text| book.write("policy.toml", format!("{text}]\n")),
        |book, text| {
            book.write("other.toml", text);
            std::fs::remove_file(book.root.join("policy.toml")).unwrap();
            std::os::unix::fs::symlink("other.toml", book.root.join("policy.toml")).unwrap();
        },
    ];
    for (number, hide) in ways.into_iter().enumerate() {
        for (hider, is_hidden) in [("eve", true), ("ana", true), ("kim", false)] {
            let mut book = guarded();
            let text = lax(&book);
            hide(&book, &text);
            book.person(hider).later().commit("tidy");
            std::fs::remove_file(book.root.join("policy.toml")).ok();
            book.write("policy.toml", &text);
            let repair = book.person("kim").later().commit("mend it");
            assert_eq!(is_pending(&book), is_hidden, "{number}, {hider}");
            if is_hidden {
                book.later().run(&["affirm", &repair]).expect(0);
                assert!(!is_pending(&book), "{number}, {hider}: {:?}", found(&book));
            }
        }
        // Who brings back what it was, gives nothing.
        let mut book = guarded();
        let before = book.read("policy.toml");
        hide(&book, &lax(&book));
        book.person("eve").later().commit("tidy");
        std::fs::remove_file(book.root.join("policy.toml")).ok();
        book.write("policy.toml", before);
        book.person("ana").later().commit("back");
        assert!(!is_pending(&book), "{number}: {:?}", found(&book));
    }
}

const BOARD: &str = "cab/CAB-2024-01.md";

#[test]
fn row_57_a_decision_that_comes_back_is_not_taken_by_who_brings_it() {
    for away in
        ["git rm -q cab/CAB-2024-01.md", "git mv cab/CAB-2024-01.md cab/CAB-2024-01.txt", "git mv cab boards"]
    {
        let mut book = proposed();
        let text = "+++\nid = \"CAB-2024-01\"\ntitle = \"Review\"\nchanges = [\"INFRA-1\"]\n+++\n\n## Conditions\n\n- [ ] Watch it\n";
        book.write(BOARD, text);
        book.person("sam").commit("agenda");
        book.replace(BOARD, "changes =", "decision = \"approved\"\nchanges =");
        book.replace(BOARD, "- [ ] Watch it\n", "");
        book.person("lee").later().commit("tidy");
        assert_eq!(book.status("CAB-2024-01").0, "pending");
        book.pipe(away);
        book.later().commit("clean up");
        book.person("kim").later().git(&["revert", "--no-edit", "HEAD"]);
        assert_eq!(book.status("CAB-2024-01").0, "pending", "{away}");
        assert!(found(&book).contains(&"decision-role".to_owned()), "{away}");
        // Who wants it decides.
        book.later().run(&["decide", "CAB-2024-01", "approved"]).expect(0);
        assert_eq!(book.status("CAB-2024-01").0, "approved", "{away}");
    }
}

#[test]
fn row_94_an_affirmation_that_comes_back_is_nobodys() {
    let mut book = guarded();
    let two = book.read("policy.toml").replace("owner = [\"kim\"]", "owner = [\"kim\", \"lee\"]");
    book.write("policy.toml", two);
    book.person("kim").commit("two may change it");
    let text = lax(&book);
    book.write("policy.toml", text);
    let change = book.later().commit("less");
    assert!(is_pending(&book));
    let path = format!("approvals/affirmed/{change}.lee.md");
    book.write(
        &path,
        format!("changebook affirmation 1\ncommit: {change}\nperson: lee\ntime: 2024-05-06T12:00:00Z\n"),
    );
    book.later().commit("lee said so");
    book.git(&["rm", "-q", &path]);
    book.later().commit("clean up");
    book.person("lee").later().git(&["revert", "--no-edit", "HEAD"]);
    assert!(is_pending(&book), "lee has said nothing");
    book.git(&["rm", "-q", &path]);
    book.later().commit("not mine");
    book.later().write("note.txt", "x");
    book.commit(&format!("yes\n\nAffirms: {change}\n"));
    assert!(!is_pending(&book), "{:?}", found(&book));
}

#[test]
fn row_64_a_line_that_says_renumbered_moves_no_work() {
    for line in ["", "\n\nRenumbers: INFRA-1 INFRA-2\n"] {
        let mut book = proposed();
        book.write("tasks/INFRA-2.md", task("INFRA-2", "risk = \"low\"\n"));
        book.person("ana").commit("another");
        book.person("sam").later().tick(PATH, "Code review");
        book.write("terraform/main.tf", "x");
        book.person("ana").later().commit(&format!("INFRA-1: more code{line}"));
        assert_eq!(peer(&book), "approval-stale", "{line:?}");
    }
}

#[test]
fn row_74_an_item_in_notes_deploys_and_approves_nothing() {
    let mut book = Fixture::book();
    let kinds = "\n[kinds.terraform]\nsections = []\nitems = []\nplan = false\n";
    book.write("policy.toml", book.read("policy.toml") + kinds);
    book.person("kim").commit("rules");
    book.write(PATH, task("INFRA-1", "risk = \"medium\"\n").replace("- [ ] Apply in production\n", ""));
    book.person("ana").later().commit("propose");
    book.person("sam").later().tick(PATH, "Code review");
    book.person("ana").later().tick(PATH, "Apply in staging");
    let gate = |book: &Fixture| book.run(&["gate", "INFRA-1", "-e", "production"]).status;
    assert_eq!(gate(&book), 3);
    book.replace(PATH, "## Notes\n", "## Notes\n\n- [ ] Apply in production\n- [ ] Security review\n");
    book.person("lee").later().commit("notes");
    assert_eq!((gate(&book), peer(&book)), (3, "valid".to_owned()));
    book.later().tick(PATH, "Apply in production");
    assert_eq!(book.json(&["audit"])["rows"].as_array().unwrap().len(), 1, "staging alone");
    book.person("sam").later().tick(PATH, "Security review");
    assert_ne!(book.approval("INFRA-1", "security"), "valid");
}

#[test]
fn row_72_a_merge_of_three_that_puts_code_back_is_its_own_work() {
    let mut book = proposed();
    book.write("terraform/main.tf", "one");
    book.person("ana").commit("INFRA-1: code");
    for (branch, path) in [("a", "terraform/main.tf"), ("b", "b.txt")] {
        book.git(&["checkout", "-q", "-b", branch, "main"]);
        book.write(path, "two");
        book.later().commit("INFRA-1: more");
        book.git(&["checkout", "-q", "main"]);
    }
    book.write("c.txt", "x");
    book.later().commit("the trunk moves on");
    let honest = book.git(&["write-tree"]);
    let parents = ["main", "a", "b"].map(|name| book.git(&["rev-parse", name]));
    let [main, a, b] = &parents;
    // The tree of the trunk: what `a` had changed is as it was before.
    let merge = book.git(&["commit-tree", &honest, "-p", main, "-p", a, "-p", b, "-m", "Merge"]);
    book.git(&["reset", "-q", "--hard", &merge]);
    let audit = book.json(&["audit"]);
    assert_eq!(audit["unrecorded"][0]["evidence"]["commit"], merge, "{audit}");
}
