//! Who acted: addresses, names, robots, dates, commits that lie about it.

use super::{PATH, found, peer, proposed};
use crate::support::task;

#[test]
fn row_01_a_second_address_of_the_author_is_nobody() {
    let mut book = proposed();
    book.person("ana2").tick(PATH, "Code review");
    assert_eq!(peer(&book), "approval-role");
}

#[test]
fn row_02_mailmap_changes_nothing() {
    let mut book = proposed();
    book.write(".mailmap", "Sam <sam@example.org> <eve@example.org>\n");
    book.person("kim").commit("mailmap");
    book.person("eve").later().tick(PATH, "Code review");
    assert_eq!(book.git(&["log", "-1", "--format=%aE"]), "sam@example.org", "git itself is taken in");
    assert_eq!(peer(&book), "approval-role");
}

#[test]
fn row_04_trailers_are_claims() {
    let mut book = proposed();
    book.person("ana").write("terraform/x.tf", "x");
    book.commit(
        "INFRA-1: code\n\nApproved-by: Sam <sam@example.org>\nSigned-off-by: Sam <sam@example.org>\n",
    );
    assert_eq!(peer(&book), "approval-missing");
    let record = book.show("INFRA-1");
    let detail = record["approvals"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("claims in a trailer"), "{detail}");
}

#[test]
fn row_05_an_approval_amended_by_another_is_only_claimed() {
    let mut book = proposed();
    book.person("sam").tick(PATH, "Code review");
    assert_eq!(peer(&book), "valid");
    book.person("sam").committed_by("ana").later();
    book.git(&["commit", "-q", "--amend", "--no-edit"]);
    assert_eq!(peer(&book), "approval-unsigned");
}

#[test]
fn row_05_a_forge_that_the_policy_lists_stands_in() {
    let mut book = proposed();
    book.replace("policy.toml", "[roles]", "[trust]\nforges = [\"noreply@example.org\"]\n\n[roles]");
    book.person("kim").commit("forge");
    book.person("sam").committed_by("noreply").later().tick(PATH, "Code review");
    assert_eq!(peer(&book), "valid");
}

#[test]
fn row_06_dates_decide_nothing_and_a_contradiction_is_shown() {
    let mut book = proposed();
    book.person("sam").tick(PATH, "Code review");
    book.minutes_back(600);
    book.person("sam").untick(PATH, "Code review");
    assert_eq!(peer(&book), "approval-missing", "the untick is dated before the tick and comes after it");
    book.person("sam").tick(PATH, "Code review");
    assert_eq!(peer(&book), "valid");
    assert!(!found(&book).contains(&"time-suspect".to_owned()), "dated after its parent");
    book.untick(PATH, "Code review");
    book.minutes_back(600);
    book.tick(PATH, "Code review");
    assert!(found(&book).contains(&"time-suspect".to_owned()));
}

#[test]
fn row_17_robots_fill_no_role() {
    let mut book = proposed();
    book.person("bot").tick(PATH, "Code review");
    assert_eq!(peer(&book), "approval-role");
}

#[test]
fn row_39_an_unsigned_commit_in_the_name_of_a_person_with_keys_is_only_claimed() {
    let mut book = proposed();
    let key = book.ssh_key("sam", "ed25519");
    book.list_key("sam", &key);
    book.person("kim").commit("sam signs from now on");
    book.person("sam").later().tick(PATH, "Code review");
    assert_eq!(peer(&book), "approval-unsigned");
    assert_eq!(book.show("INFRA-1")["approvals"][0]["trust"], "claimed");
}

#[test]
fn row_42_an_address_that_nobody_lists_wrote_a_part() {
    let mut book = proposed();
    book.person("ana-at-home").replace(PATH, "Something.", "More.");
    book.commit("text");
    book.person("sam").later().tick(PATH, "Code review");
    assert_eq!(peer(&book), "author-unknown");
}

#[test]
fn row_13_an_approval_cherry_picked_elsewhere() {
    let mut book = proposed();
    book.write("tasks/INFRA-2.md", task("INFRA-2", "risk = \"medium\"\n"));
    book.person("ana").commit("another");
    book.git(&["checkout", "-q", "-b", "side"]);
    book.person("sam").later().tick(PATH, "Code review");
    book.git(&["checkout", "-q", "main"]);
    book.person("ana").later().replace(PATH, "Something.", "Something worse.");
    book.commit("text");
    book.person("sam").committed_by("ana").git(&["cherry-pick", "side"]);
    assert_eq!(peer(&book), "approval-unsigned", "sam is the author, and ana committed");
    let other = book.json(&["show", "INFRA-2"])["record"]["approvals"][0]["code"].clone();
    assert_eq!(other, "approval-missing");
}
