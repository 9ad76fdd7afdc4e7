//! Who wrote it: names that another set on a commit, hidden versions, words that somebody else put into a message.
//! Rows 52, 53, 68, 93 and 94.
//!
//! A medium task of ana's asks for one approval by a peer. Who may give it, by hand:
//!
//! | the text | author, committer | authors of the text | proven by |
//! | --- | --- | --- | --- |
//! | its first version | ana, ana | ana | itself |
//! | a change | kim, sam | kim, sam | kim's yes to that commit |
//! | a change | bot, sam | sam: a robot is nobody | itself |
//! | a change, on the trunk | kim, the forge | kim | the line that only the forge writes |
//! | a change, on a branch | kim, the forge | kim | kim's yes |

use super::{PATH, found, peer, proposed};
use crate::support::Fixture;

/// A change of the text, or work, in `author`'s name that `committer` made.
fn changed(book: &mut Fixture, author: &str, committer: &str) -> String {
    book.person(author).committed_by(committer).later().replace(PATH, "Something.", "Something more.");
    book.commit("text")
}

fn worked(book: &mut Fixture, author: &str, committer: &str) -> String {
    book.person(author).committed_by(committer).later().write("terraform/x.tf", "x");
    book.commit("INFRA-1: code")
}

/// What the approval is worth when that person gives it now.
fn approved_by(book: &mut Fixture, person: &str) -> String {
    book.person(person).later();
    if book.read(PATH).contains("[x] Code review") {
        book.untick(PATH, "Code review");
        book.later();
    }
    book.tick(PATH, "Code review");
    peer(book)
}

fn affirm(book: &mut Fixture, person: &str, commit: &str) {
    book.person(person).later().commit(&format!("yes\n\nAffirms: {commit}\n"));
}

const FORGES: &str = "[trust]\nforges = [\"noreply@example.org\"]\n";

/// The book with more of a policy.
fn ruled(more: &str) -> Fixture {
    let mut book = proposed();
    book.replace("policy.toml", "[roles]", &format!("{more}\n[roles]"));
    book.person("kim").later().commit("rules");
    book
}

#[test]
fn row_52_whoever_commits_in_anothers_name_is_an_author_too() {
    for change in [changed, worked] {
        let mut book = proposed();
        let commit = change(&mut book, "kim", "sam");
        assert_eq!(approved_by(&mut book, "sam"), "approval-self", "four eyes of one person");
        assert_eq!(approved_by(&mut book, "kim"), "approval-self");
        assert_eq!(approved_by(&mut book, "lee"), "author-unknown");
        let record = book.show("INFRA-1");
        let todo = record["approvals"][0]["todo"].as_str().unwrap();
        assert_eq!(todo, format!("kim: changebook affirm {}", &commit[..7]));
        affirm(&mut book, "sam", &commit);
        assert_eq!(peer(&book), "author-unknown", "not sam's to say");
        affirm(&mut book, "kim", &commit);
        assert_eq!(peer(&book), "valid");
        assert_eq!(approved_by(&mut book, "sam"), "approval-self", "an author for good");
    }
}

#[test]
fn row_52_a_committer_whom_nobody_lists() {
    let mut book = proposed();
    let commit = changed(&mut book, "kim", "eve");
    assert_eq!(approved_by(&mut book, "lee"), "author-unknown");
    affirm(&mut book, "kim", &commit);
    assert_eq!(peer(&book), "valid", "kim stands behind it");
}

#[test]
fn row_52_a_yes_that_an_accomplice_made_is_none() {
    let mut book = proposed();
    let commit = changed(&mut book, "kim", "eve");
    book.person("kim").committed_by("eve").later().commit(&format!("yes\n\nAffirms: {commit}\n"));
    assert_eq!(approved_by(&mut book, "lee"), "author-unknown");
    let file = format!("approvals/affirmed/{commit}.kim.md");
    let text =
        format!("changebook affirmation 1\ncommit: {commit}\nperson: kim\ntime: 2024-05-06T12:00:00Z\n");
    book.write(&file, &text);
    book.person("lee").later().commit("for kim");
    assert_eq!(peer(&book), "author-unknown");
    book.git(&["rm", "-q", &file]);
    book.later().commit("away");
    book.write(&file, &text);
    book.person("kim").later().commit("back as it was");
    assert_eq!(peer(&book), "author-unknown", "what stood before is the old act");
    book.write(&file, text.replace("12:00", "12:30"));
    book.later().commit("yes");
    assert_eq!(peer(&book), "valid", "kim's own file");
    book.git(&["rm", "-q", &file]);
    book.person("kim").later().commit("no");
    assert_eq!(peer(&book), "author-unknown", "taken back");
}

#[test]
fn row_52_a_rebase_by_another_counts_once_its_author_says_so() {
    let mut book = proposed();
    book.git(&["checkout", "-q", "-b", "side"]);
    changed(&mut book, "ana", "ana");
    book.git(&["checkout", "-q", "main"]);
    book.person("kim").later().write("x", "x");
    book.commit("the trunk moves on");
    book.person("ana").committed_by("kim").later().git(&["cherry-pick", "side"]);
    let rebased = book.head();
    assert_eq!(approved_by(&mut book, "sam"), "author-unknown");
    affirm(&mut book, "ana", &rebased);
    assert_eq!(peer(&book), "valid");
    assert_eq!(approved_by(&mut book, "kim"), "approval-self");
}

#[test]
fn row_52_for_who_has_left_somebody_vouches_who_wrote_none_of_it() {
    let mut book = proposed();
    let commit = changed(&mut book, "lee", "eve");
    for (from, to) in [
        ("[people.lee]\nemails = [\"lee@example.org\"]\n", ""),
        ("[\"kim\", \"lee\"]", "[\"kim\"]"),
        ("[\"lee\", \"kim\"]", "[\"kim\"]"),
    ] {
        book.replace("policy.toml", from, to);
    }
    book.person("kim").later().commit("lee left");
    assert_eq!(approved_by(&mut book, "sam"), "author-unknown");
    affirm(&mut book, "ana", &commit);
    assert_eq!(peer(&book), "author-unknown", "ana may not change the policy, and wrote it");
    affirm(&mut book, "kim", &commit);
    assert_eq!(peer(&book), "valid");
    assert_eq!(approved_by(&mut book, "kim"), "approval-self", "who vouches stands in for the author");
}

#[test]
fn row_52_where_all_is_signed_an_unsigned_text_in_a_name_with_keys_is_unproven() {
    let mut book = proposed();
    let keys = ["ana", "sam"].map(|person| book.ssh_key(person, "ed25519"));
    for (person, key) in ["ana", "sam"].into_iter().zip(&keys) {
        book.list_key(person, key);
    }
    book.replace("policy.toml", "[roles]", "[trust]\napprove = \"signed\"\n\n[roles]");
    book.person("kim").later().commit("all is signed");
    let commit = changed(&mut book, "ana", "ana");
    book.person("sam").later().replace(PATH, "[ ] Code review", "[x] Code review");
    book.commit_signed("approve", &keys[1]);
    assert_eq!(peer(&book), "author-unknown");
    book.person("ana").later().write("x", "x");
    book.commit_signed(&format!("yes\n\nAffirms: {commit}\n"), &keys[0]);
    // The first version landed before signatures were asked for, and stays judged by that policy.
    assert_eq!(peer(&book), "valid");
}

#[test]
fn row_53_behind_a_robots_name_whoever_commits_is_the_author() {
    for change in [changed, worked] {
        let mut book = proposed();
        change(&mut book, "bot", "sam");
        assert_eq!(approved_by(&mut book, "sam"), "approval-self");
        assert_eq!(approved_by(&mut book, "lee"), "valid", "and no name but sam's was used");
    }
    let mut book = proposed();
    changed(&mut book, "bot", "eve");
    assert_eq!(approved_by(&mut book, "sam"), "author-unknown", "eve is nobody");
    let mut book = proposed();
    changed(&mut book, "bot", "bot");
    assert_eq!(approved_by(&mut book, "sam"), "valid", "a robot's own change is nobody's");
}

#[test]
fn row_68_what_a_broken_version_hid_is_not_the_act_of_who_repairs_it() {
    let hide: [fn(&str) -> String; 2] =
        [|text| format!("{text}\n\0\n"), |text| text.replacen("title =", "<<<<<<< ours\ntitle =", 1)];
    for hide in hide {
        let mut book = proposed();
        let text = book.read(PATH).replace("Something.", "More.").replace("[ ] Code", "[x] Code");
        book.write(PATH, hide(&text));
        book.person("kim").later().commit("hide");
        book.write(PATH, &text);
        book.person("sam").later().commit("repair");
        assert_eq!(peer(&book), "approval-missing", "sam ticked nothing");
        assert_eq!(approved_by(&mut book, "kim"), "approval-self", "kim wrote what nobody could read");
        assert_eq!(approved_by(&mut book, "lee"), "valid");
    }
}

#[test]
fn row_68_a_stranger_who_hid_something_stays_an_author() {
    let mut book = proposed();
    let text = book.read(PATH);
    book.write(PATH, format!("{}\n\0\n", text.replace("Something.", "More.")));
    book.person("eve").later().commit("hide");
    book.write(PATH, text.replace("Something.", "More."));
    book.person("ana").later().commit("repair");
    assert_eq!(approved_by(&mut book, "sam"), "author-unknown");
}

#[test]
fn row_68_a_repair_that_brings_back_what_stood_takes_nothing_away() {
    let mut book = proposed();
    book.person("sam").tick(PATH, "Code review");
    let text = book.read(PATH);
    book.write(PATH, format!("{text}\n\0\n"));
    book.person("lee").later().commit("a slip");
    book.write(PATH, &text);
    book.person("ana").later().commit("repair");
    assert_eq!(peer(&book), "valid");
}

#[test]
fn row_93_a_forges_name_on_a_branch_proves_nothing() {
    let mut book = ruled(FORGES);
    book.git(&["checkout", "-q", "-b", "side"]);
    let commit = changed(&mut book, "kim", "noreply");
    book.git(&["checkout", "-q", "main"]);
    book.person("ana").later().git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    assert_eq!(approved_by(&mut book, "sam"), "author-unknown");
    affirm(&mut book, "kim", &commit);
    assert_eq!(peer(&book), "valid");
}

#[test]
fn row_93_neither_does_it_where_the_trunk_may_be_fast_forwarded() {
    let mut book = ruled(&format!("[forge]\nmerge = [\"squash\", \"fast-forward\"]\n\n{FORGES}"));
    changed(&mut book, "kim", "noreply");
    assert_eq!(approved_by(&mut book, "sam"), "author-unknown");
    book.person("sam").committed_by("noreply").later().untick(PATH, "Code review");
    book.later().tick(PATH, "Code review");
    assert_ne!(peer(&book), "valid", "the reviewer's name with the forge's beside it");
}

#[test]
fn row_93_a_squash_by_the_forge_on_the_trunks_own_line_is_its_authors() {
    let mut book = ruled(FORGES);
    book.person("ana").committed_by("noreply").later().replace(PATH, "Something.", "Something more.");
    book.commit("INFRA-1 (#7)\n\nCo-authored-by: Kim <kim@example.org>\n");
    assert_eq!(approved_by(&mut book, "sam"), "valid");
    assert_eq!(approved_by(&mut book, "kim"), "approval-self", "a co-author");
}

#[test]
fn row_94_a_squashs_message_is_nobodys_yes() {
    let mut book = ruled(FORGES);
    book.git(&["checkout", "-q", "-b", "side"]);
    let commit = changed(&mut book, "kim", "eve");
    book.git(&["checkout", "-q", "main"]);
    book.person("ana").later().git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    let yes = format!("A squash (#8)\n\nAffirms: {commit}\n");
    book.person("kim").committed_by("noreply").later().commit(&yes);
    assert_eq!(approved_by(&mut book, "lee"), "author-unknown", "whoever pressed squash wrote it");
    book.person("kim").committed_by("sam").later().commit(&yes);
    assert_eq!(peer(&book), "author-unknown");
    affirm(&mut book, "kim", &commit);
    assert_eq!(peer(&book), "valid");
}

#[test]
fn row_94_when_it_ran_and_why_it_was_rolled_back_are_its_authors_words() {
    let stated = |committer: &str| {
        let mut book = ruled(FORGES);
        book.person("kim").committed_by(committer).later();
        book.replace(PATH, "[ ] Apply in staging", "[x] Apply in staging");
        book.commit("INFRA-1: apply\n\nDeployed: staging 2024-05-06T12:00:00Z\n");
        book.show("INFRA-1")["environments"][0]["stated_time"].clone()
    };
    assert_eq!(stated("noreply"), serde_json::Value::Null);
    assert_eq!(stated("sam"), serde_json::Value::Null);
    assert_eq!(stated("kim"), "2024-05-06T12:00:00Z");
}

#[test]
fn row_94_a_policy_is_not_affirmed_by_a_squash() {
    let mut book = ruled(FORGES);
    book.replace("policy.toml", "security = [\"sam\", \"bot\"]", "security = [\"lee\"]");
    let commit = book.person("sam").later().commit("lee decides");
    book.person("kim").committed_by("noreply").later().commit(&format!("#9\n\nAffirms: {commit}\n"));
    assert!(found(&book).contains(&"policy-role".to_owned()));
    affirm(&mut book, "kim", &commit);
    assert!(!found(&book).contains(&"policy-role".to_owned()));
}
