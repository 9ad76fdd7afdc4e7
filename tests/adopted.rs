//! When a runbook was last looked at: its body's last change, and no move, no new frontmatter, no adoption.

use crate::support::Fixture;

fn runbook(id: &str, more: &str) -> String {
    format!(
        "+++\nid = \"{id}\"\ntitle = \"Steps\"\n{more}+++\n\n## Steps\n\nDo it, for {}.\n",
        id.replace("new-", "")
    )
}

const EVERY: &str = "review-every = \"30d\"\n";

/// 7 May 2024 and days after it.
const SOON: &str = "2024-05-20T00:00:00Z";

fn status(book: &Fixture, id: &str, now: &str) -> String {
    let shown = book.json(&["show", id, "--now", now]);
    shown["record"]["status"].as_str().unwrap().to_owned()
}

/// A book that adopted some runbooks in one commit.
fn adopted(n: usize, more: &str) -> Fixture {
    let mut book = Fixture::book();
    for n in 0..n {
        book.write(&format!("runbooks/book-{n}.md"), runbook(&format!("book-{n}"), more));
    }
    book.person("ana").later().commit("adopt what there was");
    book.later();
    book
}

#[test]
fn what_is_adopted_has_been_reviewed_by_nobody() {
    let book = adopted(20, EVERY);
    for n in [0, 7, 19] {
        assert_eq!(status(&book, &format!("book-{n}"), SOON), "review-due");
    }
    // One that somebody wrote was looked at by that.
    let book = adopted(1, EVERY);
    assert_eq!(status(&book, "book-0", SOON), "current");
    assert_eq!(status(&book, "book-0", "2024-06-20T00:00:00Z"), "review-due");
}

#[test]
fn new_frontmatter_is_no_review() {
    let mut book = adopted(20, "");
    for n in 0..20 {
        let path = format!("runbooks/book-{n}.md");
        book.replace(&path, "title = \"Steps\"\n", &format!("title = \"Steps\"\n{EVERY}"));
    }
    book.commit("reviews are due");
    assert_eq!(status(&book, "book-3", SOON), "review-due");
    book.later().replace("runbooks/book-3.md", "title = \"Steps\"", "title = \"Other\"");
    book.commit("a title");
    assert_eq!(status(&book, "book-3", SOON), "review-due");
    book.later().replace("runbooks/book-3.md", "Do it, for book-3.", "Do  it,\nfor book-3.\n");
    book.commit("blanks");
    assert_eq!(status(&book, "book-3", SOON), "review-due");
    book.later().replace("runbooks/book-3.md", "Do", "Please do");
    book.commit("words");
    assert_eq!(status(&book, "book-3", SOON), "current");
    assert_eq!(status(&book, "book-4", SOON), "review-due");
    book.later().commit("drill\n\nExercised: book-4\n");
    assert_eq!(status(&book, "book-4", SOON), "current");
}

#[test]
fn a_move_is_no_review() {
    let mut book = adopted(20, EVERY);
    std::fs::create_dir_all(book.root.join("runbooks/deeper")).unwrap();
    book.git(&["mv", "runbooks/book-1.md", "runbooks/deeper/book-1.md"]);
    book.commit("move");
    assert_eq!(status(&book, "book-1", SOON), "review-due");
    // Under another name, with its new ID.
    book.git(&["mv", "runbooks/book-2.md", "runbooks/new-book-2.md"]);
    book.write("runbooks/new-book-2.md", runbook("new-book-2", EVERY));
    book.later().commit("rename");
    assert_eq!(status(&book, "new-book-2", SOON), "review-due");
    book.later().replace("runbooks/new-book-2.md", "Do", "Please do");
    book.commit("words");
    assert_eq!(status(&book, "new-book-2", SOON), "current");
    // Renamed and looked at in one.
    book.git(&["mv", "runbooks/book-5.md", "runbooks/new-book-5.md"]);
    book.write("runbooks/new-book-5.md", runbook("new-book-5", EVERY).replace("Do", "Please do"));
    book.later().commit("rename and reword");
    assert_eq!(status(&book, "new-book-5", SOON), "current");
}

/// What an old review was worth goes along.
#[test]
fn a_renamed_runbook_keeps_its_clock() {
    let mut book = adopted(1, EVERY);
    book.minutes_forward(20 * 24 * 60);
    book.git(&["mv", "runbooks/book-0.md", "runbooks/new-book-0.md"]);
    book.write("runbooks/new-book-0.md", runbook("new-book-0", EVERY));
    book.commit("rename");
    assert_eq!(status(&book, "new-book-0", "2024-06-01T00:00:00Z"), "current");
    assert_eq!(status(&book, "new-book-0", "2024-06-10T00:00:00Z"), "review-due");
    // The list says the same as the page.
    for now in ["2024-06-01T00:00:00Z", "2024-06-10T00:00:00Z"] {
        let list = book.json(&["list", "--now", now]);
        let listed = list["records"].as_array().unwrap().iter().find(|record| record["id"] == "new-book-0");
        assert_eq!(listed.unwrap()["status"], status(&book, "new-book-0", now));
    }
}
