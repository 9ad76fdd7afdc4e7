//! Powers: granted and used, taken away on the trunk, brought back by a branch.

use super::{PATH, found, peer, proposed};
use crate::support::{Fixture, POLICY};

const GRANT: &str = "[people.new]\nemails = [\"new@example.org\"]\n\n[roles]";

fn without_sam() -> String {
    POLICY
        .replace("[people.sam]\nemails = [\"sam@example.org\"]\n", "")
        .replace("security = [\"sam\", \"bot\"]", "security = [\"bot\"]")
        .replace("cab = [\"ana\", \"sam\", \"kim\"]", "cab = [\"ana\", \"kim\"]")
}

#[test]
fn row_07_a_power_granted_and_used_in_one_commit() {
    let mut book = proposed();
    book.person("new").replace("policy.toml", "[roles]", GRANT);
    book.tick(PATH, "Code review");
    assert_eq!(peer(&book), "policy-self-grant");
    assert!(found(&book).contains(&"policy-self-grant".to_owned()));
}

#[test]
fn row_46_a_grant_used_by_the_grantor_in_the_next_commit() {
    let mut book = proposed();
    book.person("new").replace("policy.toml", "[roles]", GRANT);
    book.commit("let me in");
    book.later().tick(PATH, "Code review");
    assert_eq!(peer(&book), "policy-self-grant");
    assert!(found(&book).contains(&"policy-self-grant".to_owned()));
}

#[test]
fn row_46_a_grant_by_another_or_merged_by_another_counts() {
    let mut book = proposed();
    book.person("kim").replace("policy.toml", "[roles]", GRANT);
    book.commit("new is one of us");
    book.person("new").later().tick(PATH, "Code review");
    assert_eq!(peer(&book), "valid");
    assert!(!found(&book).iter().any(|code| code.starts_with("policy-")));

    let mut book = proposed();
    book.git(&["checkout", "-q", "-b", "side"]);
    book.person("new").replace("policy.toml", "[roles]", GRANT);
    book.commit("let me in, please");
    book.git(&["checkout", "-q", "main"]);
    book.person("kim").later().git(&["merge", "-q", "--no-ff", "-m", "welcome", "side"]);
    book.person("new").later().tick(PATH, "Code review");
    assert_eq!(peer(&book), "policy-self-grant", "whoever merges has said nothing of what the branch says");
    let grant = book.git(&["rev-parse", "side"]);
    book.person("kim").later().commit(&format!("welcome\n\nAffirms: {grant}\n"));
    assert_eq!(peer(&book), "approval-role", "what new did before is judged by the policy before");
    book.person("new").later().untick(PATH, "Code review");
    book.later().tick(PATH, "Code review");
    assert_eq!(peer(&book), "valid");
}

#[test]
fn row_46_an_address_of_ones_own_under_another_name_is_a_grant_too() {
    let mut book = proposed();
    book.person("ana").later();
    book.replace("policy.toml", "\"sam@example.org\"", "\"sam@example.org\", \"ana2@example.org\"");
    book.commit("an address");
    book.person("ana2").later().tick(PATH, "Code review");
    assert_eq!(peer(&book), "policy-self-grant", "ana made it, and who uses it is sam by name");
}

#[test]
fn row_08_a_branch_from_before_the_policy_was_tightened() {
    let mut book = proposed();
    book.git(&["checkout", "-q", "-b", "side"]);
    book.person("sam").tick(PATH, "Code review");
    book.git(&["checkout", "-q", "main"]);
    book.person("kim").later().write("policy.toml", without_sam());
    book.commit("sam left");
    book.later().git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    assert_eq!(peer(&book), "approval-role");
}

#[test]
fn row_08_a_revert_of_the_policy_on_the_branch() {
    let mut book = Fixture::book();
    book.person("ana").later().write(PATH, crate::support::task("INFRA-1", "risk = \"medium\"\n"));
    book.commit("propose");
    book.person("kim").later().write("policy.toml", without_sam());
    book.commit("sam left");
    book.git(&["checkout", "-q", "-b", "side"]);
    book.person("sam").later().write("policy.toml", POLICY);
    book.commit("back again");
    book.later().tick(PATH, "Code review");
    assert_eq!(peer(&book), "policy-self-grant");
}

#[test]
fn who_leaves_afterwards_has_still_approved() {
    let mut book = proposed();
    book.git(&["checkout", "-q", "-b", "side"]);
    book.person("sam").tick(PATH, "Code review");
    book.git(&["checkout", "-q", "main"]);
    book.person("kim").later().git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    book.later().write("policy.toml", without_sam());
    book.commit("sam left");
    assert_eq!(peer(&book), "valid");
}

#[test]
fn row_43_a_foxtrot_is_named_by_whoever_saw_the_trunk_before() {
    let mut book = proposed();
    book.git(&["checkout", "-q", "-b", "side"]);
    book.person("sam").tick(PATH, "Code review");
    book.git(&["checkout", "-q", "main"]);
    book.person("kim").later().write("policy.toml", without_sam());
    book.commit("sam left");
    let clone = book.root.parent().unwrap().join("clone");
    book.git(&["clone", "-q", ".", &clone.to_string_lossy()]);
    book.run_at(&clone, &["list"]).expect(0);
    book.git(&["checkout", "-q", "side"]);
    book.person("ana").later().git(&["merge", "-q", "--no-ff", "-m", "merge the trunk", "main"]);
    book.git(&["checkout", "-q", "main"]);
    book.git(&["merge", "-q", "--ff-only", "side"]);
    // By the graph alone it cannot be told from a branch with a change of the policy that came later.
    book.git_at(&clone, &["fetch", "-q"]);
    let check = book.run_at(&clone, &["check", "--json"]);
    assert!(check.stdout.contains("history-rewritten"), "{}", check.stdout);
}

#[test]
fn row_47_a_policy_that_is_gone_or_broken_gives_nobody_authority() {
    let mut book = proposed();
    std::fs::remove_file(book.root.join("policy.toml")).unwrap();
    book.person("eve").later().commit("no rules");
    assert!(found(&book).contains(&"policy-role".to_owned()));
    book.later().tick(PATH, "Code review");
    assert_eq!(peer(&book), "approval-role", "the last proper policy stays in force");
    book.write("policy.toml", "[roles");
    book.later().commit("broken");
    assert_eq!(peer(&book), "approval-role");
    assert!(found(&book).contains(&"policy-role".to_owned()));
    let (mut begun_broken, eve) = (Fixture::empty(), "[people.eve]\nemails = [\"eve@example.org\"]\n");
    begun_broken.write("book.toml", "[book]\ntitle = \"Test\"\n");
    begun_broken.write("policy.toml", format!("{eve}[roles"));
    begun_broken.person("eve").commit("start");
    begun_broken.run(&["list"]).expect(1);
}

#[test]
fn while_a_policy_is_broken_the_last_proper_one_judges() {
    let mut book = proposed();
    book.write("policy.toml", "[roles");
    book.person("kim").commit("broken");
    book.person("sam").later().tick(PATH, "Code review");
    book.write("policy.toml", POLICY);
    book.person("kim").later().commit("mended");
    assert_eq!(peer(&book), "valid");
}

#[test]
fn row_44_a_decision_edited_after_it_was_set() {
    let mut book = Fixture::book();
    book.person("ana").later().write(PATH, crate::support::task("INFRA-1", "risk = \"high\"\n"));
    let decision = "+++\nid = \"CAB-2024-01\"\ntitle = \"Meeting\"\nchanges = [\"INFRA-1\"]\ndecision = \"approved\"\n+++\n\n## Conditions\n\n- [ ] Somebody watches\n";
    book.commit("propose");
    book.person("sam").later().write("cab/CAB-2024-01.md", decision);
    book.commit("decide");
    assert_eq!(book.approval("INFRA-1", "cab"), "valid");
    book.person("ana").later().replace("cab/CAB-2024-01.md", "- [ ] Somebody watches\n", "");
    book.commit("one condition less");
    assert_eq!(book.approval("INFRA-1", "cab"), "decision-outdated");
}
