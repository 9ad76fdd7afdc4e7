//! The policy in force: who may change `policy.toml`, and what a change that nobody may make is worth.
//!
//! Worked by hand: kim and lee may change the policy, and each change needs both.
//!
//! | what lands on the trunk | in force afterwards |
//! | --- | --- |
//! | kim gives sam a role | the policy before, until lee affirms kim's commit |
//! | kim gives sam a role, lee affirms | kim's |
//! | lee affirms, and the message was written by whoever pressed squash | the policy before |
//! | eve's own first policy, from a branch that is older than the policy | which began is not told: exit 1, or kim's where git's configuration names it |
//! | the policy deleted, and added again by eve | the policy before |
//! | kim changes a window | kim's: `[policy] alone` |

use super::{PATH, found, peer};
use crate::support::{Fixture, POLICY, task};

/// A book whose policy kim and lee change together, with a task that asks for a peer's approval.
fn guarded() -> Fixture {
    let mut book = Fixture::empty();
    book.write("book.toml", "[book]\ntitle = \"Test\"\nsrc = \"docs\"\n");
    book.person("kim").commit("start");
    book.later().write("policy.toml", of_two());
    book.commit("rules");
    propose(&mut book);
    book
}

fn of_two() -> String {
    POLICY.replace("owner = [\"kim\"]", "owner = [\"kim\", \"lee\"]")
}

fn propose(book: &mut Fixture) {
    book.person("ana").later().write(PATH, task("INFRA-1", "risk = \"medium\"\n"));
    book.commit("propose");
    book.later();
}

const GRANT: &str = "[people.new]\nemails = [\"new@example.org\"]\n\n[roles]";

fn ruled_by_eve() -> String {
    of_two()
        .replace("[roles]", "[people.eve]\nemails = [\"eve@example.org\"]\n\n[roles]")
        .replace("owner = [\"kim\", \"lee\"]", "owner = [\"eve\"]")
}

/// Eve approves, which counts only where her policy is in force.
fn eve_approves(book: &mut Fixture) -> String {
    book.person("eve").later().tick(PATH, "Code review");
    peer(book)
}

fn root(book: &Fixture) -> String {
    book.git(&["rev-list", "--grep=^rules$", "main"])
}

#[test]
fn row_48_a_branch_from_before_the_policy_brings_its_own() {
    let mut book = guarded();
    let (root, start) = (root(&book), book.git(&["rev-list", "--max-parents=0", "main"]));
    book.git(&["checkout", "-q", "-b", "old", &start]);
    book.person("eve").later().write("policy.toml", ruled_by_eve());
    let evil = book.commit("my rules");
    book.git(&["checkout", "-q", "main"]);
    let merge = ["merge", "-q", "--no-ff", "-X", "theirs", "-m", "merge", "old"];
    book.person("sam").later().git(&merge);
    let refused = book.run(&["list"]).expect(1);
    assert!(refused.stderr.contains("policy-forked"), "{}", refused.stderr);
    for begun in [&root, &evil] {
        assert!(refused.stderr.contains(&begun[..7]), "both are named: {}", refused.stderr);
    }
    book.run(&["gate", "INFRA-1", "-e", "production"]).expect(1);
    book.git(&["config", "changebook.policy-root", &root]);
    assert!(eve_approves(&mut book).starts_with("policy-"));
    assert!(found(&book).iter().any(|code| code.starts_with("policy-")));
    // Named for one question.
    book.git(&["config", "--unset", "changebook.policy-root"]);
    book.run(&["list", "--policy-root", &root]).expect(0);
    book.run(&["list", "--policy-root", &root[..12]]).expect(1);
    book.run(&["list", "--policy-root", &start]).expect(1);
}

#[test]
fn row_48_an_orphan_and_a_fast_forward_to_a_branch_that_merged_the_trunk() {
    let mut book = guarded();
    let root = root(&book);
    book.git(&["config", "changebook.policy-root", &root]);
    book.git(&["checkout", "-q", "--orphan", "other"]);
    book.person("eve").later().write("policy.toml", ruled_by_eve());
    book.commit("my rules");
    book.later().git(&[
        "merge",
        "-q",
        "--allow-unrelated-histories",
        "-X",
        "ours",
        "-m",
        "take it in",
        "main",
    ]);
    book.git(&["checkout", "-q", "main"]);
    book.git(&["merge", "-q", "--ff-only", "other"]);
    assert!(
        eve_approves(&mut book).starts_with("policy-"),
        "her root is on the first-parent line, and no beginning"
    );
    book.person("kim").later().git(&["checkout", "-q", &root, "--", "policy.toml"]);
    book.commit("put back");
    assert!(!found(&book).iter().any(|code| code.starts_with("policy-")), "{:?}", found(&book));
}

#[test]
fn row_49_a_policy_deleted_and_added_again() {
    for (who, by_another) in [("eve", "eve"), ("sam", "eve"), ("kim", "kim")] {
        let mut book = guarded();
        std::fs::remove_file(book.root.join("policy.toml")).unwrap();
        book.person(who).commit("no rules");
        assert!(found(&book).contains(&"policy-role".to_owned()), "whoever does it");
        book.person(by_another).later().write("policy.toml", ruled_by_eve());
        book.commit("rules again");
        assert!(eve_approves(&mut book).starts_with("policy-"), "deleted by {who}, added by {by_another}");
        assert!(found(&book).iter().any(|code| code.starts_with("policy-")));
    }
}

#[test]
fn row_55_rules_changed_by_somebody_without_a_policy_role() {
    let lowered = |text: &str| format!("{text}\n[risk.medium]\nroles = []\napprovals = 0\n");
    for (who, change) in [
        ("sam", lowered(&of_two())),
        ("ana", of_two().replace("security = [\"sam\", \"bot\"]", "security = [\"ana\", \"bot\"]")),
        ("bot", of_two().replace("owner = [\"kim\", \"lee\"]", "owner = [\"kim\"]")),
        ("eve", lowered(&of_two())),
    ] {
        let mut book = guarded();
        book.person(who).write("policy.toml", change);
        book.commit("easier");
        let codes = found(&book);
        assert!(codes.iter().any(|code| code.starts_with("policy-")), "{who}: {codes:?}");
        assert_eq!(peer(&book), "approval-missing", "{who}: the approval is still asked for");
        book.later().write("policy.toml", of_two());
        book.commit("back");
        assert!(!found(&book).iter().any(|code| code.starts_with("policy-")), "put back by anybody");
    }
}

#[test]
fn row_56_an_address_or_a_key_added_to_somebody_with_power() {
    let mut book = guarded();
    let key = book.ssh_key("eve", "ed25519");
    let public = std::fs::read_to_string(format!("{key}.pub")).unwrap();
    let keys = format!("\"sam@example.org\"]\nkeys = [\"{}\"]", public.trim());
    for (who, change) in [
        ("ana", of_two().replace("\"sam@example.org\"", "\"sam@example.org\", \"ana2@example.org\"")),
        ("eve", of_two().replace("\"sam@example.org\"]", &keys)),
        ("kim", of_two().replace("\"kim@example.org\"", "\"kim@example.org\", \"kim2@example.org\"")),
    ] {
        book.person(who).later().write("policy.toml", change);
        book.commit("an address more");
        assert!(found(&book).contains(&"policy-self-grant".to_owned()), "{who}: {:?}", found(&book));
        if who == "ana" {
            book.person("ana2").later().tick(PATH, "Code review");
            assert_eq!(peer(&book), "policy-self-grant");
        }
    }
}

#[test]
fn row_70_rules_lowered_used_and_restored() {
    let mut book = guarded();
    let lowered = format!("{}\n[risk.medium]\nroles = []\napprovals = 0\n", of_two());
    book.person("kim").write("policy.toml", lowered);
    book.commit("easier");
    assert_eq!(
        found(&book).iter().filter(|code| *code == "policy-unreviewed").count(),
        1,
        "{:?}",
        found(&book)
    );
    assert_eq!(peer(&book), "approval-missing");
    book.later().write("policy.toml", of_two());
    book.commit("as it was");
    assert!(!found(&book).contains(&"policy-unreviewed".to_owned()));
}

#[test]
fn a_second_person_affirms_by_command_by_file_or_by_trailer() {
    for how in ["command", "trailer", "landing"] {
        let mut book = guarded();
        book.person("kim").replace("policy.toml", "[roles]", GRANT);
        let grant = book.commit("new is one of us");
        assert!(found(&book).contains(&"policy-unreviewed".to_owned()));
        book.run(&["affirm", &grant]).expect(3);
        book.person("eve").later().run(&["affirm", &grant]).expect(3);
        book.person("lee").later();
        match how {
            "command" => drop(book.run(&["affirm", &grant[..10]]).expect(0)),
            "trailer" => drop(book.commit(&format!("yes\n\nAffirms: {grant}\n"))),
            _ => {
                let file = format!("approvals/affirmed/{grant}.lee.md");
                let text = "changebook affirmation 1\ncommit: x\nperson: lee\ntime: y\n".replace('x', &grant);
                book.write(&file, text);
                book.commit("yes");
            }
        }
        assert!(!found(&book).iter().any(|code| code.starts_with("policy-")), "{how}: {:?}", found(&book));
        book.person("new").later().tick(PATH, "Code review");
        assert_eq!(peer(&book), "valid", "{how}");
    }
}

#[test]
fn nobody_says_yes_for_another() {
    for how in ["author", "squash", "file", "short"] {
        let mut book = guarded();
        book.person("kim").replace("policy.toml", "[roles]", GRANT);
        let grant = book.commit("new is one of us");
        book.later();
        match how {
            // Kim sets lee as the author of a commit of kim's own.
            "author" => {
                drop(book.person("lee").committed_by("kim").commit(&format!("y\n\nAffirms: {grant}\n")))
            }
            // Whoever presses squash writes the message.
            "squash" => {
                drop(book.person("lee").committed_by("noreply").commit(&format!("y\n\nAffirms: {grant}\n")))
            }
            "file" => {
                book.write(&format!("approvals/affirmed/{grant}.lee.md"), "yes");
                book.person("kim").commit("lee said yes");
            }
            _ => drop(book.person("lee").commit(&format!("y\n\nAffirms: {}\n", &grant[..12]))),
        }
        assert!(found(&book).contains(&"policy-unreviewed".to_owned()), "{how}: {:?}", found(&book));
    }
}

#[test]
fn what_one_may_change_alone_and_what_a_merge_brings() {
    let mut book = guarded();
    let freeze =
        "\n[[freeze]]\nname = \"Year end\"\nfrom = 2024-12-20T00:00:00Z\nto = 2025-01-05T00:00:00Z\n";
    book.person("kim").write("policy.toml", of_two() + freeze);
    book.commit("a freeze");
    assert!(!found(&book).iter().any(|code| code.starts_with("policy-")), "{:?}", found(&book));
    // A merge by lee of what kim wrote is no yes; what came with it is affirmed by its landing's name.
    book.git(&["checkout", "-q", "-b", "side"]);
    book.replace("policy.toml", "[roles]", GRANT);
    book.commit("new is one of us");
    book.git(&["checkout", "-q", "main"]);
    book.person("lee").later().git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    assert!(found(&book).contains(&"policy-unreviewed".to_owned()));
    let landing = book.head();
    book.later().run(&["affirm", &landing]).expect(0);
    assert!(!found(&book).iter().any(|code| code.starts_with("policy-")), "{:?}", found(&book));
}

#[test]
fn until_somebody_has_a_role_anybody_begins() {
    let mut book = Fixture::empty();
    book.write("book.toml", "[book]\ntitle = \"Test\"\nsrc = \"docs\"\n");
    book.write("policy.toml", "book = \"test\"\ntrunk = \"main\"\n");
    book.person("ana").commit("rules");
    book.person("kim").later().write("policy.toml", of_two());
    book.commit("people and roles");
    propose(&mut book);
    book.person("sam").tick(PATH, "Code review");
    assert_eq!(peer(&book), "valid");
    book.person("ana").later().replace("policy.toml", "[roles]", GRANT);
    book.commit("one more");
    assert!(found(&book).contains(&"policy-self-grant".to_owned()), "{:?}", found(&book));
}

#[test]
fn what_landed_is_judged_by_the_policy_before_it_and_who_leaves_has_still_approved() {
    let mut book = guarded();
    book.git(&["checkout", "-q", "-b", "side"]);
    book.person("sam").tick(PATH, "Code review");
    book.git(&["checkout", "-q", "main"]);
    book.person("kim").later().git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    let without = of_two().replace("[people.sam]\nemails = [\"sam@example.org\"]\n", "");
    let without = without.replace("security = [\"sam\", \"bot\"]", "security = [\"bot\"]");
    book.later().write(
        "policy.toml",
        without.replace("cab = [\"ana\", \"sam\", \"kim\"]", "cab = [\"ana\", \"kim\"]"),
    );
    let left = book.commit("sam left");
    book.person("lee").later().commit(&format!("yes\n\nAffirms: {left}\n"));
    assert!(!found(&book).iter().any(|code| code.starts_with("policy-")), "{:?}", found(&book));
    assert_eq!(peer(&book), "valid");
}
