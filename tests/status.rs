//! Each status and each code of an approval, worked out by hand in real commits.

use crate::support::{Fixture, task};

const PATH: &str = "tasks/INFRA-1.md";

fn proposed(more: &str) -> (Fixture, String) {
    let mut book = Fixture::book();
    book.person("ana").later().write(PATH, task("INFRA-1", more));
    let commit = book.commit("propose");
    (book, commit)
}

fn status(book: &Fixture) -> (String, String) {
    book.status("INFRA-1")
}

fn is(word: &str, commit: &str) -> (String, String) {
    (word.to_owned(), commit.to_owned())
}

#[test]
fn from_draft_to_done_with_the_commit_that_proves_each() {
    let mut book = Fixture::book();
    book.write(
        PATH,
        task("INFRA-1", "risk = \"medium\"\n").replace(
            "- [ ] DevOps lead review\n\n- [ ] Security review\n\n- [ ] Change advisory board\n",
            "",
        ),
    );
    assert_eq!(status(&book), is("draft", ""));
    let proposed = book.person("ana").later().commit("propose");
    assert_eq!(status(&book), is("proposed", &proposed));
    let ticked = book.later().tick(PATH, "Terraform code");
    assert_eq!(status(&book), is("developing", &ticked));
    let approved = book.person("sam").later().tick(PATH, "Code review");
    assert_eq!(status(&book), is("approved", &approved));
    let staged = book.person("ana").later().tick(PATH, "Apply in staging");
    assert_eq!(status(&book), is("staged", &staged));
    book.replace(PATH, "## Notes\n", "- [ ] Watch it\n\n## Notes\n");
    book.untick(PATH, "Terraform code");
    let applied = book.later().tick(PATH, "Apply in production");
    assert_eq!(status(&book), is("applied", &applied));
    book.later().tick(PATH, "Terraform code");
    let done = book.later().tick(PATH, "Watch it");
    assert_eq!(status(&book), is("done", &done), "every box is ticked");
}

#[test]
fn done_needs_every_item_and_names_the_last() {
    let (mut book, _) = proposed("risk = \"medium\"\n");
    book.replace(
        PATH,
        "- [ ] DevOps lead review\n\n- [ ] Security review\n\n- [ ] Change advisory board\n",
        "",
    );
    book.commit("fewer");
    book.person("sam").later().tick(PATH, "Code review");
    for item in ["Terraform code", "Apply in staging"] {
        book.person("ana").later().tick(PATH, item);
    }
    let last = book.later().tick(PATH, "Apply in production");
    assert_eq!(status(&book), is("done", &last));
    let untick = book.later().untick(PATH, "Apply in production");
    assert_eq!(status(&book), is("rolled-back", &untick));
    assert_eq!(book.approval("INFRA-1", "peer"), "approval-stale", "a rollback ends the approvals before it");
    book.person("sam").later().untick(PATH, "Code review");
    book.later().tick(PATH, "Code review");
    assert_eq!(book.approval("INFRA-1", "peer"), "valid", "given again after the rollback");
}

#[test]
fn work_commits_make_it_developing_and_records_alone_do_not() {
    let (mut book, proposed) = proposed("risk = \"medium\"\n");
    book.person("sam").later().replace(PATH, "## Notes\n", "## Notes\n\nhm\n");
    book.commit("INFRA-1: a note");
    assert_eq!(status(&book), is("proposed", &proposed), "a commit on records alone is no work");
    book.later().write("terraform/x.tf", "x");
    let work = book.commit("code\n\nChange: INFRA-1\n");
    assert_eq!(status(&book), is("developing", &work));
    let record = book.show("INFRA-1");
    assert_eq!(record["created"]["commit"], proposed);
    assert_eq!(record["created"]["person"], "ana");
}

#[test]
fn cancelled_and_a_contradiction() {
    let (mut book, _) = proposed("risk = \"medium\"\n");
    book.later().replace(PATH, "kind =", "cancelled = \"no need\"\nkind =");
    let cancelled = book.commit("give up");
    assert_eq!(status(&book), is("cancelled", &cancelled));
    book.later().tick(PATH, "Apply in staging");
    book.tick(PATH, "Apply in production");
    assert_eq!(status(&book).0, "unknown");
    let check = book.json(&["check"]);
    assert!(check["diagnostics"].as_array().unwrap().iter().any(|d| d["code"] == "cancelled-deployed"));
}

fn decision(verdict: &str) -> String {
    format!(
        "+++\nid = \"CAB-2024-01\"\ntitle = \"Meeting\"\nchanges = [\"INFRA-1\"]\nrequestor = \"ana\"\n{verdict}+++\n\n## Conditions\n\n- [ ] Somebody watches\n"
    )
}

#[test]
fn the_board_decides() {
    let (mut book, _) = proposed("risk = \"high\"\n");
    assert_eq!(book.approval("INFRA-1", "cab"), "decision-missing");
    book.later().write("cab/CAB-2024-01.md", decision(""));
    let listed = book.commit("agenda");
    assert_eq!(status(&book), is("in-review", &listed));
    book.later().write("cab/CAB-2024-01.md", decision("decision = \"approved\"\n"));
    book.commit("the requestor decides alone");
    assert_eq!(book.approval("INFRA-1", "cab"), "decision-missing", "set by the one who asked");
    book.person("lee").later().write("cab/CAB-2024-01.md", decision("decision = \"rejected\"\n"));
    book.commit("lee is not of the board");
    assert_eq!(status(&book), is("in-review", &listed), "nobody but the board rejects");
    assert_eq!(book.approval("INFRA-1", "cab"), "decision-missing");
    book.person("sam").later().write("cab/CAB-2024-01.md", decision("decision = \"needs-changes\"\n"));
    let changes = book.commit("sam is");
    assert_eq!(status(&book), is("needs-changes", &changes));
    book.later().write("cab/CAB-2024-01.md", decision("decision = \"approved\"\n"));
    let approved = book.commit("approved");
    assert_eq!(book.status("CAB-2024-01"), is("approved", &approved));
    assert_eq!(book.approval("INFRA-1", "cab"), "valid");
    book.person("ana").later().replace(PATH, "Something.", "Something else.");
    let edited = book.commit("edit the task");
    assert_eq!(book.approval("INFRA-1", "cab"), "decision-outdated");
    assert_eq!(book.status("CAB-2024-01"), is("outdated", &edited));
    book.later().replace(PATH, "Something else.", "Something.");
    book.commit("put it back");
    assert_eq!(book.approval("INFRA-1", "cab"), "valid", "equal texts decide");
}

#[test]
fn a_quorum_of_people_and_every_role() {
    let (mut book, _) = proposed("risk = \"high\"\n");
    book.write(
        "policy.toml",
        format!("{}\n[risk.high]\ndecision = false\napprovals = 3\n", crate::support::POLICY),
    );
    book.person("kim").commit("policy");
    book.person("lee").later().tick(PATH, "DevOps lead review");
    assert_eq!(book.show("INFRA-1")["approval"], "1 of 2");
    book.person("sam").later().tick(PATH, "Security review");
    assert_eq!(book.show("INFRA-1")["approval"], "2 of 3", "both roles, but two people of three");
    let third = book.person("kim").later().tick(PATH, "Code review");
    assert_eq!(book.show("INFRA-1")["approval"], "approved");
    assert_eq!(status(&book), is("approved", &third));
}

/// Each row: what happens after the proposal by ana, and the code of the peer's approval.
#[test]
fn codes_of_approvals() {
    type Story = fn(&mut Fixture);
    let table: &[(&str, Story, &str)] = &[
        ("nobody ticked", |_| {}, "approval-missing"),
        ("a peer", |b| drop(b.person("sam").tick(PATH, "Code review")), "valid"),
        ("the requestor", |b| drop(b.person("ana").tick(PATH, "Code review")), "approval-self"),
        (
            "an address that is not listed",
            |b| drop(b.person("eve").tick(PATH, "Code review")),
            "approval-role",
        ),
        ("a robot", |b| drop(b.person("bot").tick(PATH, "Code review")), "approval-role"),
        (
            "a co-author",
            |b| {
                b.replace(PATH, "Something.", "More.");
                b.commit("text\n\nCo-authored-by: Sam <sam@example.org>\n");
                b.person("sam").tick(PATH, "Code review");
            },
            "approval-self",
        ),
        (
            "one who worked on it",
            |b| {
                b.person("sam").write("terraform/x.tf", "x");
                b.commit("code\n\nChange: INFRA-1\n");
                b.tick(PATH, "Code review");
            },
            "approval-self",
        ),
        (
            "somebody unlisted wrote a part",
            |b| {
                b.person("eve").replace(PATH, "Something.", "More.");
                b.commit("text");
                b.person("sam").tick(PATH, "Code review");
            },
            "author-unknown",
        ),
        (
            "text changed after it",
            |b| {
                b.person("sam").tick(PATH, "Code review");
                b.person("ana").later().replace(PATH, "Something.", "More.");
                b.commit("text");
            },
            "approval-stale",
        ),
        (
            "a note after it",
            |b| {
                b.person("sam").tick(PATH, "Code review");
                b.person("ana").later().replace(PATH, "## Notes\n", "## Notes\n\nhm\n");
                b.commit("note");
            },
            "valid",
        ),
        (
            "code after it",
            |b| {
                b.person("sam").tick(PATH, "Code review");
                b.person("ana").later().write("terraform/x.tf", "x");
                b.commit("INFRA-1: code");
            },
            "approval-stale",
        ),
        (
            "prose after it",
            |b| {
                b.person("sam").tick(PATH, "Code review");
                b.person("ana").later().write("docs/x.md", "x");
                b.commit("INFRA-1: docs");
            },
            "valid",
        ),
        (
            "committed by somebody else",
            |b| {
                b.person("sam").committed_by("ana").tick(PATH, "Code review");
            },
            "approval-unsigned",
        ),
        (
            "unticked afterwards",
            |b| {
                b.person("sam").tick(PATH, "Code review");
                b.person("ana").later().untick(PATH, "Code review");
            },
            "approval-missing",
        ),
        (
            "given after the deployment",
            |b| {
                b.person("ana").tick(PATH, "Apply in production");
                b.person("sam").later().tick(PATH, "Code review");
            },
            "approval-late",
        ),
        (
            "given with the deployment",
            |b| {
                b.person("sam").replace(PATH, "[ ] Apply in production", "[x] Apply in production");
                b.tick(PATH, "Code review");
            },
            "approval-late",
        ),
        (
            "the approver leaves the team afterwards",
            |b| {
                b.person("sam").tick(PATH, "Code review");
                let policy = crate::support::POLICY
                    .replace("[people.sam]\nemails = [\"sam@example.org\"]\n", "")
                    .replace("\"sam\", ", "");
                b.person("kim").later().write("policy.toml", policy);
                b.commit("sam left");
            },
            "valid",
        ),
        (
            "a power granted and used in one commit",
            |b| {
                b.person("new").replace(
                    "policy.toml",
                    "[roles]",
                    "[people.new]\nemails = [\"new@example.org\"]\n\n[roles]",
                );
                b.tick(PATH, "Code review");
            },
            "policy-self-grant",
        ),
        (
            "a merge that ticks by itself",
            |b| {
                b.git(&["checkout", "-q", "-b", "side"]);
                b.person("kim").replace(PATH, "## Notes\n", "## Notes\n\nside\n");
                b.commit("side");
                b.git(&["checkout", "-q", "main"]);
                b.later().write("x", "x");
                b.commit("main");
                b.git(&["merge", "-q", "--no-commit", "--no-ff", "side"]);
                b.person("sam").tick(PATH, "Code review");
            },
            "approval-missing",
        ),
        (
            "a clean merge of a branch with a tick",
            |b| {
                b.git(&["checkout", "-q", "-b", "side"]);
                b.person("sam").tick(PATH, "Code review");
                b.git(&["checkout", "-q", "main"]);
                b.person("kim").later().git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
            },
            "valid",
        ),
    ];
    for (what, story, code) in table {
        let (mut book, _) = proposed("risk = \"medium\"\n");
        story(book.later());
        assert_eq!(book.approval("INFRA-1", "peer"), *code, "{what}");
    }
}

#[test]
fn a_low_risk_is_ones_own_to_approve_and_an_unknown_category_is_high() {
    let (book, _) = proposed("risk = \"low\"\n");
    let record = book.show("INFRA-1");
    assert_eq!((record["risk"].as_str(), record["approval"].as_str()), (Some("low"), Some("not needed")));
    let (book, _) = proposed("risk = \"low\"\ncategories = [\"database\"]\n");
    assert_eq!(book.show("INFRA-1")["risk"], "high", "never lower than a category's");
    let (book, _) = proposed("categories = [\"databse\"]\n");
    assert_eq!(book.show("INFRA-1")["risk"], "high");
    assert_eq!(book.run(&["check"]).status, 3, "an unknown category is an error");
}

#[test]
fn what_is_not_on_the_trunk_is_marked() {
    let (mut book, _) = proposed("risk = \"medium\"\n");
    assert_eq!(book.show("INFRA-1")["landed"], true);
    book.git(&["checkout", "-q", "-b", "side"]);
    book.person("sam").later().tick(PATH, "Code review");
    assert_eq!(book.show("INFRA-1")["landed"], false);
    book.write(PATH, "garbage");
    assert_eq!(book.show("INFRA-1")["work_tree"], "modified");
    assert_eq!(book.status("INFRA-1").0, "approved", "the commit's state, not the edit's");
}

#[test]
fn at_a_date_means_the_trunk_as_it_was() {
    let (mut book, _) = proposed("risk = \"medium\"\n");
    book.minutes_forward(3 * 24 * 60);
    book.person("sam").tick(PATH, "Code review");
    let then = book.run(&["list", "--at", "2024-05-07", "--now", "2024-06-01T00:00:00Z"]).expect(0);
    assert!(then.stdout.contains("proposed"), "{}", then.stdout);
    let now = book.run(&["list", "--at", "2024-05-20", "--now", "2024-06-01T00:00:00Z"]).expect(0);
    assert!(now.stdout.contains("approved"), "{}", now.stdout);
    let future = book.run(&["list", "--at", "2024-07-20", "--now", "2024-06-01T00:00:00Z"]).expect(1);
    assert!(future.stderr.contains("future"), "{}", future.stderr);
}
