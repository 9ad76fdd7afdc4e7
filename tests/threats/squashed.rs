//! Approvals that are files of their own: what a squash, a rebase, a copy or a removal makes of them.
//!
//! Sam approves INFRA-1 of ana's on a branch, and the forge squashes it. By hand:
//!
//! | author of the squash | committer | the approval |
//! | --- | --- | --- |
//! | sam | the forge, sam | valid |
//! | sam | kim | approval-unsigned: only claimed to be sam's |
//! | ana, kim, eve, bot | the forge, themselves | approval-squashed |
//! | anybody | anybody, and sam signed the file | valid |

use super::{PATH, found, peer, proposed};
use crate::support::{Fixture, NEW_BUCKET, task};

const APPROVE: [&str; 4] = ["approve", "INFRA-1", "--role", "peer"];

/// A medium task of ana's, in a book whose forge merges in these ways.
fn merging(ways: &str) -> Fixture {
    let mut book = proposed();
    let forge = format!("[trust]\nforges = [\"noreply@example.org\"]\n\n[forge]\nmerge = {ways}\n\n[roles]");
    book.replace("policy.toml", "[roles]", &forge);
    book.person("kim").later().commit("how we merge");
    book.later();
    book
}

fn file(book: &Fixture) -> String {
    book.approval_file("INFRA-1", "peer", "sam")
}

/// Every file of an approval, by name.
fn files(book: &Fixture) -> Vec<String> {
    let listed = book.git(&["ls-files", "approvals"]);
    listed.lines().map(str::to_owned).collect()
}

/// Squashes a branch onto the trunk.
fn squash(book: &mut Fixture, branch: &str, author: &str, committer: &str) {
    book.git(&["checkout", "-q", "main"]);
    book.git(&["merge", "-q", "--squash", branch]);
    book.person(author).committed_by(committer).later().commit("INFRA-1: squashed (#7)");
}

#[test]
fn row_98_where_the_forge_squashes_an_approval_is_a_file() {
    for ways in ["\"squash\"", "[\"merge\", \"rebase\"]", "[\"squash\", \"fast-forward\"]"] {
        let mut book = merging(ways);
        let before = book.read(PATH);
        let run = book.person("sam").run(&APPROVE).expect(0);
        let path = file(&book);
        assert!(
            run.stdout.contains(&format!("✓ INFRA-1: approved as peer by sam, in {path}")),
            "{}",
            run.stdout
        );
        assert_eq!(book.read(PATH), before, "the box stands as met without a tick");
        let record = book.show("INFRA-1");
        assert_eq!((&record["approval"], &record["trust"]), (&"approved".into(), &"committed".into()));
        assert_eq!(record["approvals"][0]["detached"], path);
        let scope = record["scope"].as_str().unwrap();
        let text = book.read(&path);
        let begin = format!(
            "changebook approval 1\nbook: test\nrecord: INFRA-1\nrole: peer\nperson: sam\nscope: {scope}\ntime: 2"
        );
        assert!(text.starts_with(&begin) && text.lines().count() == 7, "{text}");
        let again = book.run(&APPROVE).expect(1);
        assert!(again.stderr.contains("already approved"), "{}", again.stderr);
    }
    for ways in ["\"merge\"", "[\"merge\", \"fast-forward\"]", "\"fast-forward\""] {
        let mut book = merging(ways);
        book.person("sam").run(&APPROVE).expect(0);
        assert!(book.read(PATH).contains("[x] Code review") && files(&book).is_empty(), "{ways}");
        assert_eq!(peer(&book), "valid");
    }
}

#[test]
fn row_98_a_squash_by_the_approver_keeps_it_and_by_another_loses_it() {
    let table = [
        ("sam", "noreply", "valid"),
        ("sam", "sam", "valid"),
        ("sam", "kim", "approval-unsigned"),
        ("ana", "noreply", "approval-squashed"),
        ("kim", "noreply", "approval-squashed"),
        ("kim", "kim", "approval-squashed"),
        ("eve", "noreply", "approval-squashed"),
        ("bot", "bot", "approval-squashed"),
    ];
    for (author, committer, code) in table {
        let mut book = merging("\"squash\"");
        book.person("sam").run(&[&APPROVE[..], &["--branch", "a2"]].concat()).expect(0);
        assert_eq!(peer(&book), "approval-missing");
        squash(&mut book, "a2", author, committer);
        assert_eq!(peer(&book), code, "{author}, {committer}");
        let says = found(&book).contains(&"approval-squashed".to_owned());
        assert_eq!(says, code == "approval-squashed", "{author}, {committer}");
    }
}

#[test]
fn row_98_a_rebase_by_the_forge_keeps_it() {
    for (committer, code) in [("noreply", "valid"), ("sam", "valid"), ("kim", "approval-unsigned")] {
        let mut book = merging("\"rebase\"");
        book.person("sam").run(&[&APPROVE[..], &["--branch", "a2"]].concat()).expect(0);
        book.write("x", "x");
        book.person("kim").later().commit("the trunk moves on");
        book.person("kim").committed_by(committer).later();
        book.git(&["rebase", "-q", "main", "a2"]);
        book.git(&["checkout", "-q", "main"]);
        book.git(&["merge", "-q", "--ff-only", "a2"]);
        assert_eq!(peer(&book), code, "{committer}");
    }
}

#[test]
fn row_98_what_is_signed_survives_whoever_merges() {
    for (author, committer) in [("ana", "noreply"), ("kim", "kim"), ("eve", "eve"), ("bot", "bot")] {
        let mut book = merging("\"squash\"");
        let key = book.ssh_key("sam", "ed25519");
        book.list_key("sam", &key);
        book.person("kim").later().commit("sam signs");
        let sign = ["--sign", "--key", &key, "--branch", "a2"];
        book.person("sam").later().run(&[&APPROVE[..], &sign].concat()).expect(0);
        squash(&mut book, "a2", author, committer);
        assert_eq!(peer(&book), "valid", "{author}, {committer}");
        assert_eq!(book.show("INFRA-1")["approvals"][0]["trust"], "signed");
    }
}

/// Whoever merges cannot keep an approval back until after the rollback that ends it.
#[test]
fn row_98_what_was_signed_before_a_rollback_ends_with_it() {
    let mut book = merging("\"squash\"");
    let key = book.ssh_key("sam", "ed25519");
    book.list_key("sam", &key);
    book.person("kim").later().commit("a key");
    let sign = |book: &mut Fixture, branch: &str| {
        book.person("sam").later();
        let more = ["--sign", "--key", &key, "--branch", branch, "--now", &book.now()];
        book.run(&[&APPROVE[..], &more].concat()).expect(0);
    };
    sign(&mut book, "early");
    for environment in ["staging", "production"] {
        book.person("lee").later().tick(PATH, &format!("Apply in {environment}"));
    }
    book.later().untick(PATH, "Apply in production");
    squash(&mut book, "early", "ana", "noreply");
    assert_eq!(peer(&book), "approval-stale");
    sign(&mut book, "late");
    squash(&mut book, "late", "ana", "noreply");
    assert_eq!(peer(&book), "valid");
}

#[test]
fn row_98_a_file_in_anothers_name_or_for_another_role() {
    let mut book = merging("\"squash\"");
    book.person("sam").run(&APPROVE).expect(0);
    let (path, text) = (file(&book), book.read(&file(&book)));
    let lees = path.replace(".sam.", ".lee.");
    for person in ["ana", "sam"] {
        for (place, content) in [
            (path.replace("peer", "security"), text.clone()),
            (lees.clone(), text.clone()),
            (path.replace(".md", "-2.md"), text.clone()),
            (path.replace("INFRA-1", "INFRA-2"), text.clone()),
            (lees.clone(), text.replace("person: sam", "person: lee")),
            (path.replace("peer", "devops-lead"), text.replace("role: peer", "role: devops-lead")),
        ] {
            let mut book = merging("\"squash\"");
            book.write("tasks/INFRA-2.md", task("INFRA-2", "risk = \"medium\"\n"));
            book.write(&place, &content);
            book.person(person).later().commit("a copy");
            for (id, role) in [
                ("INFRA-1", "peer"),
                ("INFRA-1", "security"),
                ("INFRA-1", "devops-lead"),
                ("INFRA-2", "peer"),
            ] {
                assert_ne!(book.approval(id, role), "valid", "{place} by {person}: {id}, {role}");
            }
        }
    }
    // What is not the text of its path is none, whoever wrote it.
    for (from, to) in
        [("scope: ", "scope: 0"), ("book: test", "book: other"), ("time: ", "time: now\ntime: ")]
    {
        let mut book = merging("\"squash\"");
        book.write(&path, text.replace(from, to));
        book.person("sam").later().commit("by hand");
        assert_eq!(peer(&book), "approval-missing", "{to}");
    }
    // And by the hand of the one whom it names it is as good as by the command.
    let mut book = merging("\"squash\"");
    book.write(&path, &text);
    book.person("ana").later().commit("in sam's name");
    assert_eq!(peer(&book), "approval-squashed");
    let mut book = merging("\"squash\"");
    book.write(&path, &text);
    book.person("sam").later().commit("by hand");
    assert_eq!(peer(&book), "valid");
    book.write(&path, text.replace("time: 2", "time: 3"));
    book.person("ana").later().commit("touched");
    assert_eq!(peer(&book), "approval-squashed");
}

#[test]
fn row_98_who_may_approve_is_asked_of_a_file_as_of_a_tick() {
    let refused = |book: &Fixture, arguments: &[&str], code: &str| {
        let run = book.run(arguments).expect(3);
        assert!(run.stderr.contains(&format!("would not count: {code}: ")), "{}", run.stderr);
    };
    let mut book = merging("\"squash\"");
    refused(book.person("ana"), &APPROVE, "approval-self");
    refused(book.person("sam"), &["approve", "INFRA-1", "--role", "devops-lead"], "approval-role");
    refused(book.person("bot"), &APPROVE, "approval-role");
    refused(book.person("eve"), &APPROVE, "approval-role");
    refused(book.person("sam").committed_by("kim"), &APPROVE, "approval-unsigned");
    let anyway = [&APPROVE[..], &["--anyway", "nobody else is here"]].concat();
    let run = book.person("ana").run(&anyway).expect(0);
    assert!(
        run.stderr.contains("does not count: approval-self") && !run.stdout.contains('✓'),
        "{}",
        run.stderr
    );
    assert_eq!(peer(&book), "approval-self");
    // Where everything is signed, a signed commit is as good as a signed file.
    let mut book = merging("\"squash\"");
    let key = book.ssh_key("sam", "ed25519");
    book.list_key("sam", &key);
    book.replace("policy.toml", "forges = [\"noreply@example.org\"]", "approve = \"signed\"");
    book.person("kim").later().commit("signed only");
    refused(book.person("sam").later(), &APPROVE, "approval-unsigned");
    for setting in [["gpg.format", "ssh"], ["commit.gpgSign", "true"], ["user.signingKey", &key]] {
        book.git(&["config", setting[0], setting[1]]);
    }
    book.run(&APPROVE).expect(0);
    assert_eq!((peer(&book), book.show("INFRA-1")["trust"].clone()), ("valid".to_owned(), "signed".into()));
}

#[test]
fn row_63_a_removed_file_never_counts_again_signed_or_not() {
    let mut book = merging("\"squash\"");
    book.person("sam").run(&APPROVE).expect(0);
    let (path, text) = (file(&book), book.read(&file(&book)));
    book.git(&["rm", "-q", &path]);
    book.person("sam").later().commit("I take it back");
    assert_eq!(peer(&book), "approval-missing");
    book.later().git(&["revert", "--no-edit", "HEAD"]);
    assert_eq!(peer(&book), "approval-missing", "not even by a revert of one's own");
    for person in ["ana", "sam"] {
        book.git(&["rm", "-q", &path]);
        book.person(person).later().commit("away");
        book.write(&path, &text);
        book.later().commit("as it was");
        assert_eq!(peer(&book), "approval-missing", "{person}");
    }
    book.person("sam").later().run(&APPROVE).expect(0);
    assert!(files(&book).contains(&path.replace(".md", "-2.md")), "{:?}", files(&book));
    assert_eq!(peer(&book), "valid");
}

#[test]
fn row_98_a_renewal_is_another_file() {
    let mut book = merging("\"squash\"");
    book.person("sam").run(&APPROVE).expect(0);
    let first = file(&book);
    book.replace(PATH, "Something.", "Something else.");
    book.person("ana").later().commit("edit");
    assert_eq!(peer(&book), "approval-stale");
    book.person("sam").later().run(&APPROVE).expect(0);
    assert_eq!((peer(&book), files(&book).len()), ("valid".to_owned(), 2));
    assert!(
        files(&book).contains(&first)
            && files(&book).iter().all(|path| !path.contains('-') || path.len() == first.len())
    );
    // The same text again after it was given up is the second of its kind.
    book.run(&["cancel", "INFRA-1", "not now"]).expect(0);
    book.replace(PATH, "cancelled = \"not now\"\n", "");
    book.person("ana").later().commit("after all");
    assert_eq!(peer(&book), "approval-stale");
    book.person("sam").later().run(&APPROVE).expect(0);
    assert_eq!(peer(&book), "valid");
    let numbered: Vec<String> = files(&book).into_iter().filter(|path| path.ends_with("-2.md")).collect();
    assert_eq!(numbered.len(), 1, "{:?}", files(&book));
    assert!(book.read(&numbered[0]).contains("\nnumber: 2\n"));
    // An old one put in its place again ends with what ended it.
    let old = numbered[0].replace("-2.md", ".md");
    book.write(&numbered[0], book.read(&old));
    book.person("sam").later().commit("the old one");
    assert_eq!(peer(&book), "approval-stale");
}

#[test]
fn row_98_two_approvers_never_conflict() {
    let mut book = merging("\"squash\"");
    for (person, branch) in [("sam", "a2"), ("lee", "a3")] {
        book.person(person).later().run(&[&APPROVE[..], &["--branch", branch]].concat()).expect(0);
    }
    for (branch, person) in [("a2", "sam"), ("a3", "lee")] {
        squash(&mut book, branch, person, "noreply");
    }
    assert_eq!(files(&book).len(), 2);
    let record = book.show("INFRA-1");
    let detail = record["approvals"][0]["detail"].as_str().unwrap();
    assert!(record["approvals"][0]["valid"] == true && detail.contains("also by"), "{detail}");
    // Where commits are kept, a tick is not taken from whoever gave it.
    let mut book = merging("\"merge\"");
    book.person("sam").run(&APPROVE).expect(0);
    book.person("lee").later().run(&APPROVE).expect(0);
    assert!(book.read(PATH).contains("[x] Code review") && files(&book).len() == 1);
    let detail = book.show("INFRA-1")["approvals"][0]["detail"].clone();
    assert!(detail.as_str().unwrap().contains("also by"), "{detail}");
}

#[test]
fn row_98_the_evidence_that_stood_there_is_named_and_bound() {
    let mut book = merging("\"squash\"");
    let digest = |environment: &str| {
        let text = book.read(&format!("evidence/INFRA-1/{environment}.json"));
        text.split("\"digest\": \"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    book.plan("INFRA-1", "staging", NEW_BUCKET);
    book.plan("INFRA-1", "production", NEW_BUCKET);
    book.plan("INFRA-1", "production.other", &NEW_BUCKET.replace("logs", "others"));
    let expected = ["production", "production.other"].map(|of| format!("evidence: {of} {}", digest(of)));
    book.person("ana").commit("plan");
    book.person("sam").later().run(&APPROVE).expect(0);
    let text = book.read(&file(&book));
    let evidence: Vec<&str> = text.lines().filter(|line| line.starts_with("evidence: ")).collect();
    assert_eq!(evidence, expected, "of what is gated");
    assert_eq!(peer(&book), "valid");
    let text = book.read(PATH);
    book.plan("INFRA-1", "production", &NEW_BUCKET.replace("logs", "traces"));
    book.write(PATH, text);
    book.person("ana").later().commit("another plan, and the text as it was");
    assert_eq!(peer(&book), "approval-stale");
}
