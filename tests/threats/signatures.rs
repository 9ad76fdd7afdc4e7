//! Signatures by real `ssh-keygen` through real `git`, and detached approvals.

use super::{PATH, peer, proposed};
use crate::support::Fixture;

/// The book with a key of sam's in the policy.
fn with_key(kind: &str) -> (Fixture, String) {
    let mut book = proposed();
    let key = book.ssh_key("sam", kind);
    book.list_key("sam", &key);
    book.person("kim").commit("sam signs");
    book.later();
    (book, key)
}

fn trust(book: &Fixture) -> String {
    book.show("INFRA-1")["approvals"][0]["trust"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn keys_of_every_kind_are_verified_as_git_does() {
    for kind in ["ed25519", "ecdsa", "rsa"] {
        let (mut book, key) = with_key(kind);
        book.person("sam").replace(PATH, "[ ] Code review", "[x] Code review");
        book.commit_signed("approve", &key);
        assert_eq!((peer(&book), trust(&book)), ("valid".to_owned(), "signed".to_owned()), "{kind}");
        assert!(book.git_verifies(&key, "sam"), "{kind}: git itself says so");
    }
}

#[test]
fn a_short_rsa_key_does_not_count() {
    let mut book = proposed();
    let key = book.ssh_key_with("sam", &["-t", "rsa", "-b", "1024"]);
    book.list_key("sam", &key);
    book.person("kim").commit("sam signs");
    book.person("sam").later().replace(PATH, "[ ] Code review", "[x] Code review");
    book.commit_signed("approve", &key);
    assert_eq!(peer(&book), "approval-unsigned");
}

#[test]
fn row_03_the_author_is_the_boss_and_the_key_is_ones_own() {
    let (mut book, _) = with_key("ed25519");
    let own = book.ssh_key("ana", "ed25519");
    book.list_key("ana", &own);
    book.person("kim").commit("ana signs too");
    book.person("sam").later().replace(PATH, "[ ] Code review", "[x] Code review");
    book.commit_signed("approve in sam's name", &own);
    assert!(book.git_verifies(&own, "ana"), "git says good");
    assert_eq!((peer(&book), trust(&book)), ("approval-unsigned".to_owned(), "claimed".to_owned()));
}

#[test]
fn row_03_even_when_the_boss_has_no_key() {
    let mut book = proposed();
    let own = book.ssh_key("ana", "ed25519");
    book.list_key("ana", &own);
    book.person("kim").commit("ana signs");
    book.person("sam").later().replace(PATH, "[ ] Code review", "[x] Code review");
    book.commit_signed("approve in sam's name", &own);
    assert_eq!(peer(&book), "approval-unsigned");
}

#[test]
fn a_signature_that_does_not_fit_and_one_for_another_purpose() {
    let (mut book, key) = with_key("ed25519");
    book.person("sam").replace(PATH, "[ ] Code review", "[x] Code review");
    book.commit_signed("approve", &key);
    let raw = book.git(&["cat-file", "commit", "HEAD"]);
    let crafted = book.object("commit", &format!("{}\n", raw.replace("approve", "approve!")));
    book.git(&["reset", "-q", "--hard", &crafted]);
    assert_eq!(peer(&book), "approval-unsigned");
    let record = book.show("INFRA-1");
    let detail = record["approvals"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("does not match"), "{detail}");
}

#[test]
fn signed_by_its_author_it_survives_a_committer() {
    let (mut book, key) = with_key("ed25519");
    book.person("sam").committed_by("ana").replace(PATH, "[ ] Code review", "[x] Code review");
    book.commit_signed("approve", &key);
    assert_eq!(peer(&book), "valid");
}

#[test]
fn a_policy_that_asks_for_signatures() {
    let mut book = proposed();
    book.replace("policy.toml", "[roles]", "[trust]\napprove = \"signed\"\n\n[roles]");
    book.person("kim").commit("signed only");
    book.person("sam").later().tick(PATH, "Code review");
    assert_eq!((peer(&book), trust(&book)), ("approval-unsigned".to_owned(), "committed".to_owned()));
}

#[test]
fn openpgp_is_unsupported_and_never_valid() {
    let (mut book, _) = with_key("ed25519");
    book.person("sam").tick(PATH, "Code review");
    let raw = book.git(&["cat-file", "commit", "HEAD"]);
    let (headers, message) = raw.split_once("\n\n").unwrap();
    let armor = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQEz\n -----END PGP SIGNATURE-----";
    let crafted = book.object("commit", &format!("{headers}\n{armor}\n\n{message}\n"));
    book.git(&["reset", "-q", "--hard", &crafted]);
    assert_eq!(peer(&book), "approval-unsigned");
    let record = book.show("INFRA-1");
    let detail = record["approvals"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("unsupported") && detail.contains("OpenPGP"), "{detail}");
}

fn sign(book: &Fixture, key: &str) {
    book.run(&["approve", "INFRA-1", "--role", "peer", "--sign", "--key", key]).expect(0);
}

fn file_of(book: &Fixture) -> String {
    book.approval_file("INFRA-1", "peer", "sam")
}

#[test]
fn a_detached_approval_is_verified_by_us_and_by_ssh_keygen() {
    let (mut book, key) = with_key("ed25519");
    book.person("sam");
    sign(&book, &key);
    assert_eq!((peer(&book), trust(&book)), ("valid".to_owned(), "signed".to_owned()));
    assert_eq!(book.show("INFRA-1")["approvals"][0]["detached"], file_of(&book));
    let file = book.read(&file_of(&book));
    let (text, armor) = file.split_at(file.find("-----BEGIN").unwrap());
    let scope = book.show("INFRA-1")["scope"].as_str().unwrap().to_owned();
    assert!(text.contains(&format!("scope: {scope}\n")), "{text}");
    assert!(book.ssh_keygen_verifies(text, armor, &key, "sam"));
    assert!(!book.ssh_keygen_verifies(&text.replace("peer", "security"), armor, &key, "sam"));
}

#[test]
fn a_detached_approval_survives_squash_rebase_and_cherry_pick() {
    for rewriting in ["squash", "rebase", "cherry-pick"] {
        let (mut book, key) = with_key("ed25519");
        book.git(&["checkout", "-q", "-b", "side"]);
        book.person("ana").write("terraform/x.tf", "x");
        book.commit("INFRA-1: code");
        book.person("sam").later();
        sign(&book, &key);
        book.git(&["checkout", "-q", "main"]);
        book.person("kim").later().write("y", "y");
        book.commit("the trunk moves on");
        book.person("ana").later();
        match rewriting {
            "squash" => {
                book.git(&["merge", "-q", "--squash", "side"]);
                book.commit("INFRA-1: squashed");
            }
            "rebase" => {
                book.git(&["rebase", "-q", "main", "side"]);
                book.git(&["checkout", "-q", "main"]);
                book.git(&["merge", "-q", "--ff-only", "side"]);
            }
            _ => drop(book.git(&["cherry-pick", "main..side"])),
        }
        assert_eq!((peer(&book), trust(&book)), ("valid".to_owned(), "signed".to_owned()), "{rewriting}");
    }
}

#[test]
fn a_tick_does_not_survive_a_squash_and_the_program_says_so() {
    let mut book = proposed();
    book.git(&["checkout", "-q", "-b", "side"]);
    book.person("sam").tick(PATH, "Security review");
    book.git(&["checkout", "-q", "main"]);
    book.git(&["merge", "-q", "--squash", "side"]);
    book.person("kim").later().commit("squashed\n\nCo-authored-by: Sam <sam@example.org>\n");
    assert_eq!(book.approval("INFRA-1", "security"), "approval-role");
    assert!(super::found(&book).contains(&"approval-squashed".to_owned()));
}

#[test]
fn row_40_removed_bytes_never_count_again() {
    let (mut book, key) = with_key("ed25519");
    book.person("sam");
    sign(&book, &key);
    let path = file_of(&book);
    let file = book.read(&path);
    book.git(&["rm", "-q", &path]);
    book.person("sam").later().commit("I take it back");
    assert_eq!(peer(&book), "approval-missing");
    book.write(&path, &file);
    book.person("ana").later().commit("no, you do not");
    assert_eq!(peer(&book), "approval-missing");
    let later =
        ["approve", "INFRA-1", "--role", "peer", "--sign", "--key", &key, "--now", "2030-01-01T00:00:00Z"];
    book.person("sam").run(&later).expect(0);
    assert_eq!(peer(&book), "valid", "new bytes are a new act");
}

#[test]
fn row_13_a_detached_approval_names_its_book_record_role_and_person() {
    let (mut book, key) = with_key("ed25519");
    book.person("sam");
    sign(&book, &key);
    book.replace("policy.toml", "book = \"test\"", "book = \"other\"");
    book.person("kim").later().commit("another book");
    assert_eq!(peer(&book), "approval-missing");
    book.replace("policy.toml", "book = \"other\"", "book = \"test\"");
    book.later().commit("this one");
    assert_eq!(peer(&book), "valid");
    let path = file_of(&book);
    book.git(&["mv", &path, &path.replace("peer", "security")]);
    book.later().commit("as another role");
    assert_eq!(book.approval("INFRA-1", "security"), "approval-missing");
    assert_eq!(peer(&book), "approval-missing", "and it was withdrawn here");
}

#[test]
fn a_key_that_is_not_the_persons_and_a_text_that_changed() {
    let (mut book, key) = with_key("ed25519");
    let other = book.ssh_key("ana", "ed25519");
    book.person("sam");
    let anyway = ["--anyway", "the key is at home"];
    let run = book
        .run(&[&["approve", "INFRA-1", "--role", "peer", "--sign", "--key", &other][..], &anyway].concat());
    assert!(run.stderr.contains("does not count: approval-unsigned"), "{}", run.stderr);
    assert_eq!(peer(&book), "approval-unsigned");
    // At another time: the same text, taken away with the file that the wrong key signed, would never count again.
    let later =
        ["approve", "INFRA-1", "--role", "peer", "--sign", "--key", &key, "--now", "2030-01-01T00:00:00Z"];
    book.later().run(&later).expect(0);
    assert_eq!(peer(&book), "valid");
    book.person("ana").later().replace(PATH, "Something.", "More.");
    book.commit("text");
    assert_eq!(peer(&book), "approval-stale");
}

#[test]
fn signing_is_refused_while_another_git_is_at_work() {
    let (mut book, key) = with_key("ed25519");
    book.person("sam");
    let head = book.head();
    book.write(".git/index.lock", "");
    let run = book.run(&["approve", "INFRA-1", "--role", "peer", "--sign", "--key", &key]).expect(1);
    assert!(run.stderr.contains("index.lock"), "{}", run.stderr);
    assert_eq!(book.head(), head);
    assert!(!book.root.join("approvals").exists(), "nothing is left behind");
}
