//! Work that a task takes on after it has landed: row 96.
//!
//! Ana changes infrastructure and names no task. Afterwards a task covers it:
//!
//! | the task | what is found |
//! | --- | --- |
//! | covers it, nobody has approved | `recorded-late` |
//! | covers it, ana has approved | `recorded-late`, whatever its risk |
//! | covers it, whoever wrote one of the commits has approved | `recorded-late` |
//! | covers it, sam has approved, who wrote none | nothing |
//! | the same, and then cancelled or rejected | `unrecorded-change`, as before |

use serde_json::Value;

use super::{PATH, found};
use crate::support::{Fixture, POLICY, task};

/// Two commits of ana's and lee's that name nothing.
struct Landed {
    book: Fixture,
    ana: String,
    lee: String,
}

fn landed() -> Landed {
    let mut book = Fixture::book();
    book.person("ana").later().write("terraform/a.tf", "a");
    let ana = book.commit("in a hurry");
    book.person("lee").later().write("terraform/b.tf", "b");
    let lee = book.commit("and another thing");
    book.later();
    Landed { book, ana, lee }
}

fn covering(commits: &[&str], more: &str) -> String {
    task("INFRA-1", &format!("risk = \"low\"\ncovers = {commits:?}\n{more}"))
}

fn audit(book: &Fixture) -> Value {
    book.json(&["audit", "--now", "2024-05-10T00:00:00Z"])
}

/// Commits of `unrecorded-change`; and of `recorded-late` with whether it is an exception.
fn explained(book: &Fixture) -> (Vec<String>, Vec<(String, bool)>) {
    let audit = audit(book);
    let commit = |found: &Value| found["evidence"]["commit"].as_str().unwrap().to_owned();
    let list = |key: &str| audit[key].as_array().unwrap().clone();
    let late = list("late").iter().map(|found| (commit(found), found["open"].is_string())).collect();
    (list("unrecorded").iter().map(commit).collect(), late)
}

#[test]
fn row_96_covered_late_is_an_exception_until_somebody_else_approves() {
    let Landed { mut book, ana, lee } = landed();
    assert_eq!(explained(&book), (vec![ana.clone(), lee.clone()], vec![]));
    book.person("ana").write(PATH, covering(&[&ana[..7], &lee], ""));
    let recorded = book.commit("own up");
    let open = (vec![], vec![(ana.clone(), true), (lee.clone(), true)]);
    assert_eq!(explained(&book), open);
    let late = audit(&book)["late"][0].clone();
    assert_eq!(late["code"], "recorded-late");
    assert_eq!((&late["id"], &late["changed_by"]), (&"INFRA-1".into(), &serde_json::json!(["ana"])));
    assert_eq!(late["recorded"]["commit"], recorded);
    assert_eq!(late["paths"], serde_json::json!(["terraform/a.tf"]));
    book.run(&["audit", "--now", "2024-05-10T00:00:00Z"]).expect(3);
    // Ana did a part of it, lee another: neither is somebody else, although the task is of low risk.
    for person in ["ana", "lee"] {
        book.person(person).later().tick(PATH, "Code review");
        assert_eq!(explained(&book), open, "{person}");
        book.person("ana").later().untick(PATH, "Code review");
    }
    book.person("sam").later().tick(PATH, "Code review");
    assert_eq!(explained(&book), (vec![], vec![(ana.clone(), false), (lee.clone(), false)]));
    let text = book.run(&["audit", "--now", "2024-05-10T00:00:00Z"]).expect(0).stdout;
    assert!(text.contains("recorded-late") && text.contains(&recorded[..7]), "{text}");
    // More on the list, and it is another text.
    book.person("ana").later().write("terraform/c.tf", "c");
    let more = book.commit("once more");
    book.replace(PATH, &format!("{:?}", &ana[..7]), &format!("{:?}, {more:?}", &ana[..7]));
    book.later().commit("and this");
    assert!(explained(&book).1.iter().all(|(_, open)| *open), "{:?}", explained(&book));
}

#[test]
fn row_96_a_documentation_task_that_its_author_approves_explains_nothing() {
    let Landed { mut book, ana, lee } = landed();
    let text = covering(&[&ana], "").replace("kind = \"terraform\"", "kind = \"documentation\"");
    book.person("ana").write(PATH, text);
    book.commit("only words");
    book.later().tick(PATH, "Code review");
    assert_eq!(explained(&book), (vec![lee], vec![(ana.clone(), true)]));
    // It is work in every way: what changed infrastructure without evidence is not of low risk.
    let shown = book.show("INFRA-1");
    assert_eq!(shown["risk"], "medium");
    assert_eq!(shown["status"], "developing");
    assert_eq!(shown["covers"][0]["commit"], ana);
    assert_eq!(book.approval("INFRA-1", "peer"), "approval-self");
    assert!(book.run(&["show", "INFRA-1"]).stdout.contains("1 commit"));
}

#[test]
fn row_96_whoever_wrote_none_of_the_task_but_a_commit_is_an_author() {
    let Landed { mut book, lee, .. } = landed();
    book.person("kim")
        .write(PATH, covering(&[&lee], "").replace("requestor = \"ana\"", "requestor = \"kim\""));
    book.commit("for lee");
    book.person("lee").later().tick(PATH, "Code review");
    assert_eq!(explained(&book).1, [(lee.clone(), true)]);
    book.person("ana").later().untick(PATH, "Code review");
    book.person("ana").later().tick(PATH, "Code review");
    assert_eq!(explained(&book).1, [(lee, false)]);
}

#[test]
fn row_96_a_cancelled_or_rejected_task_covers_nothing() {
    let Landed { mut book, ana, lee } = landed();
    book.person("ana").write(PATH, covering(&[&ana, &lee], ""));
    book.commit("own up");
    book.person("sam").later().tick(PATH, "Code review");
    assert_eq!(explained(&book).0, [""; 0]);
    book.replace(PATH, "risk = \"low\"", "risk = \"low\"\ncancelled = \"no\"");
    book.person("ana").later().commit("cancel");
    assert_eq!(explained(&book), (vec![ana.clone(), lee.clone()], vec![]));
    assert_eq!(book.show("INFRA-1")["covers"], serde_json::json!([]));
    // Taken back, it covers them again, and is approved again by nobody yet.
    book.git(&["revert", "--no-edit", "HEAD"]);
    assert_eq!(explained(&book), (vec![], vec![(ana, true), (lee, true)]));
}

#[test]
fn row_96_what_the_board_rejected_covers_nothing() {
    let Landed { mut book, ana, lee } = landed();
    book.person("ana").write(PATH, covering(&[&ana, &lee], ""));
    book.write("cab/CAB-1.md", "+++\nid = \"CAB-1\"\ntitle = \"Board\"\nchanges = [\"INFRA-1\"]\n+++\n");
    book.commit("own up, and ask");
    assert_eq!(explained(&book).0, [""; 0], "the board has not spoken");
    let said = "changes = [\"INFRA-1\"]\ndecision = \"rejected\"\n";
    book.replace("cab/CAB-1.md", "changes = [\"INFRA-1\"]\n", said);
    book.person("kim").later().commit("no");
    assert_eq!(explained(&book), (vec![ana.clone(), lee], vec![]));
    // Somebody who is not of the board rejects nothing.
    book.git(&["reset", "-q", "--hard", "HEAD~1"]);
    book.replace("cab/CAB-1.md", "changes = [\"INFRA-1\"]\n", said);
    book.person("lee").later().commit("no");
    assert_eq!(explained(&book).0, [""; 0]);
}

#[test]
fn row_96_a_merge_stands_for_all_that_it_brought() {
    let Landed { mut book, ana, lee } = landed();
    book.git(&["checkout", "-q", "-b", "side"]);
    book.person("ana").write("terraform/c.tf", "c");
    let first = book.commit("c");
    book.person("lee").later().write("terraform/d.tf", "d");
    book.commit("d");
    book.git(&["checkout", "-q", "main"]);
    book.later().write("y", "y");
    book.commit("the trunk moves");
    book.person("sam").later().git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    let merge = book.head();
    book.person("kim").later().write(PATH, covering(&[&merge], ""));
    book.commit("take it on");
    assert_eq!(explained(&book), (vec![ana.clone(), lee.clone()], vec![(merge.clone(), true)]));
    assert_eq!(book.show("INFRA-1")["covers"].as_array().unwrap().len(), 3);
    assert!(book.run(&["show", "INFRA-1"]).stdout.contains("3 commits"));
    // Whoever merged has written nothing.
    book.person("sam").later().tick(PATH, "Code review");
    assert_eq!(explained(&book).1, [(merge.clone(), false)]);
    // One of them covers no other.
    book.person("kim").later().write(PATH, covering(&[&first], ""));
    book.commit("only that");
    let (unrecorded, late) = explained(&book);
    assert_eq!((unrecorded, late.len()), (vec![ana, lee, merge], 1));
}

#[test]
fn row_96_an_entry_is_exactly_one_landed_commit() {
    let Landed { mut book, ana, .. } = landed();
    book.git(&["checkout", "-q", "-b", "side"]);
    book.person("ana").write("terraform/c.tf", "c");
    let beside = book.commit("c");
    book.git(&["checkout", "-q", "main"]);
    for (entry, why) in [
        (&ana[..6], "is not a commit ID"),
        ("main", "is not a commit ID"),
        ("HEAD~1", "is not a commit ID"),
        ("0123456789", "is not a commit in this history"),
        (&*beside, "is not a commit in this history"),
    ] {
        book.person("ana").later().write(PATH, covering(&[entry, &ana[..10]], ""));
        book.commit("own up");
        let run = book.run(&["check"]).expect(3);
        assert!(run.stdout.contains("covers-unknown") || run.stderr.contains("covers-unknown"), "{entry}");
        let check = book.json(&["check"]);
        let diagnostics = check["diagnostics"].as_array().unwrap();
        let own = diagnostics.iter().find(|found| found["code"] == "covers-unknown").unwrap();
        assert!(own["message"].as_str().unwrap().contains(why), "{entry}: {own}");
        assert_eq!((&own["path"], &own["line"], &own["column"]), (&PATH.into(), &7.into(), &11.into()));
        assert_eq!(explained(&book).1.len(), 1, "the other entry counts");
    }
    book.later().write(PATH, covering(&[&ana.to_ascii_uppercase()[..12]], ""));
    book.commit("in capitals");
    assert!(!found(&book).contains(&"covers-unknown".to_owned()));
}

#[test]
fn row_96_a_branch_covers_what_has_landed_and_not_itself() {
    let Landed { mut book, ana, .. } = landed();
    book.git(&["checkout", "-q", "-b", "side"]);
    book.person("ana").write("terraform/c.tf", "c");
    let own = book.commit("c");
    book.later().write(PATH, covering(&[&own, &ana], ""));
    book.commit("own up");
    assert!(found(&book).contains(&"covers-unknown".to_owned()), "it has not landed");
    assert_eq!(book.show("INFRA-1")["covers"].as_array().unwrap().len(), 1);
    book.git(&["checkout", "-q", "main"]);
    book.person("sam").later().git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    assert!(!found(&book).contains(&"covers-unknown".to_owned()));
    assert_eq!(explained(&book).1.len(), 2);
}

/// A deployed task takes on what was applied with it and nobody had seen.
#[test]
fn row_96_what_is_covered_is_work_of_the_deployments_that_had_it() {
    let mut book = Fixture::book();
    book.write(
        "policy.toml",
        format!("{POLICY}\n[kinds.terraform]\nsections = []\nitems = []\nplan = false\n"),
    );
    book.person("kim").later().commit("rules");
    book.person("ana").later().write(PATH, task("INFRA-1", "risk = \"medium\"\n"));
    book.commit("propose");
    book.person("sam").later().tick(PATH, "Code review");
    book.person("lee").later().write("terraform/x.tf", "x");
    let hidden = book.commit("hidden");
    book.person("ana").later().tick(PATH, "Apply in staging");
    book.later().tick(PATH, "Apply in production");
    let codes = |book: &Fixture| audit(book)["rows"][1]["exceptions"].clone();
    assert_eq!(codes(&book), serde_json::json!([]));
    book.replace(PATH, "risk = \"medium\"", &format!("risk = \"medium\"\ncovers = [{hidden:?}]"));
    book.later().commit("it went out, too");
    assert_eq!(codes(&book), serde_json::json!(["approval-stale"]));
    assert_eq!(audit(&book)["rows"][1]["changed_by"], serde_json::json!(["lee"]));
}
