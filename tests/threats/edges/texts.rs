//! Texts that break what reads them: merges (row 90), deep nesting (row 91), the settings of output and audit (rows 69 and
//! 89).

use std::time::{Duration, Instant};

use crate::support::{Fixture, task};
use crate::threats::PATH;

/// A side without the section beside one that adds to it: somebody must say what was meant.
fn merged(base: &str, ours: &str, theirs: &str) -> (i32, String) {
    let book = Fixture::book();
    let record = |sections: &str| {
        format!("+++\nid = \"A-1\"\ntitle = \"x\"\nkind = \"general\"\n+++\n\n{sections}\n## Notes\n\nx\n")
    };
    for (name, text) in [("base.md", base), ("ours.md", ours), ("theirs.md", theirs)] {
        book.write(name, record(text));
    }
    let run = book.run(&["merge-driver", "base.md", "ours.md", "theirs.md"]);
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    (run.status, book.read("ours.md"))
}

#[test]
fn row_90_a_dropped_section_beside_an_item_added_twice_is_a_conflict() {
    let base = "## Checks\n\n- [ ] one\n- [ ] two\n";
    let added = "## Checks\n\n- [ ] one\n- [x] two\n- [ ] two\n- [ ] two\n";
    for (ours, theirs) in [("", added), (added, "")] {
        let (status, text) = merged(base, ours, theirs);
        assert_eq!(status, 3, "{text}");
        assert!(text.contains("<<<<<<<") && text.contains("- [x] two") && text.contains(">>>>>>>"), "{text}");
    }
}

#[test]
fn row_90_siblings_neither_panic_nor_lose_a_tick() {
    let base = "## Checks\n\n- [ ] one\n- [ ] one\n";
    for (ours, theirs) in [
        // One of two goes, and the whole section.
        ("", "## Checks\n\n- [x] one\n"),
        // A section that one side doubles and the other drops.
        ("## Checks\n\n- [ ] one\n- [x] one\n\n## Checks\n\n- [ ] one\n", ""),
    ] {
        for (ours, theirs) in [(ours, theirs), (theirs, ours)] {
            let (status, text) = merged(base, ours, theirs);
            assert!(status == 3 && text.contains("[x] one"), "{status} {text}");
        }
    }
    // The section under another name, and a tick on each side.
    let renamed = "## Gates\n\n- [ ] one\n- [ ] one\n- [x] one\n";
    let (_, text) = merged(base, renamed, "## Checks\n\n- [x] one\n- [ ] one\n- [ ] one\n");
    assert_eq!(text.matches("[x] one").count(), 2, "{text}");
    // What one side alone did is done.
    let (status, text) = merged(base, base, "");
    assert!(status == 0 && !text.contains("Checks"), "{text}");
}

#[test]
fn row_91_nested_tags_take_time_by_their_length() {
    for (open, close) in [
        ("<div>", "</div>"),
        ("<b>", ""),
        ("<p><b>", "</p>"),
        ("<table><tr><td>", ""),
        ("<!--", ""),
        ("<a href=\"x", ""),
    ] {
        let mut book = Fixture::book();
        let deep = format!("{}x{}", open.repeat(100_000), close.repeat(100_000));
        book.write(PATH, task("INFRA-1", "").replace("Something.", &format!("Something.\n\n{deep}")));
        book.commit("deep");
        let begun = Instant::now();
        let run = book.run(&["build", "--allow-broken-links"]);
        // A debug build on a busy machine; by the square it was half a minute in a release build, and many here.
        assert!(begun.elapsed() < Duration::from_secs(90), "{open}: {:?}", begun.elapsed());
        assert!(run.status == 0, "{open}: {}", run.stderr);
        assert!(book.read("book/tasks/INFRA-1.html").contains("Something"), "{open}");
    }
}

#[test]
fn row_89_the_site_goes_into_the_book_or_where_a_flag_says() {
    let book = || {
        let mut book = Fixture::book();
        book.write(PATH, task("INFRA-1", ""));
        book.commit("propose");
        book
    };
    for outside in ["../site", "/tmp/changebook-site", "book/../../site", "..", ".git/x", "tasks"] {
        let book = book();
        book.write(
            "book.toml",
            format!("[book]\ntitle = \"Test\"\nsrc = \"docs\"\n[build]\nbuild-dir = \"{outside}\"\n"),
        );
        let run = book.run(&["build"]);
        assert_ne!(run.status, 0, "{outside}");
        assert!(run.stderr.contains("build-dir"), "{outside}: {}", run.stderr);
        assert!(!book.root.parent().unwrap().join("site").exists());
    }
    // A link in the place of the folder, of a folder on the way, and one that leads nowhere yet.
    for (link, output) in [("book", "book"), ("out", "out/site"), ("book", "book")] {
        let book = book();
        let elsewhere = book.root.parent().unwrap().join("elsewhere");
        std::fs::create_dir(&elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, book.root.join(link)).unwrap();
        book.write(
            "book.toml",
            format!("[book]\ntitle = \"Test\"\nsrc = \"docs\"\n[build]\nbuild-dir = \"{output}\"\n"),
        );
        let run = book.run(&["build"]);
        assert!(run.status != 0 && run.stderr.contains("symbolic link"), "{link}: {}", run.stderr);
        assert_eq!(std::fs::read_dir(&elsewhere).unwrap().count(), 0);
        // Asked for by a flag, it may go anywhere.
        book.run(&["build", "--out", &elsewhere.display().to_string()]).expect(0);
        assert!(elsewhere.join("index.html").exists());
    }
}

#[test]
fn row_69_since_is_the_full_id_of_a_commit_of_the_trunk() {
    let mut book = Fixture::book();
    let start = book.head();
    book.git(&["tag", "v1"]);
    book.git(&["checkout", "-qb", "side"]);
    book.write("x", "x");
    let beside = book.commit("beside");
    book.git(&["checkout", "-q", "main"]);
    let short = &start[..12];
    for since in ["main", "HEAD", "HEAD~1", ":/start", "v1", "refs/heads/main", short, "", "@{0}"] {
        let mut book_at = Fixture::book();
        book_at.replace(
            "policy.toml",
            "trunk = \"main\"",
            &format!("trunk = \"main\"\naudit.since = \"{since}\""),
        );
        book_at.commit("since");
        // It is not in force, and exempts nothing.
        let run = book_at.run(&["audit"]).expect(3);
        assert!(run.stdout.contains("policy-role"), "{since}: {}", run.stdout);
        let run = book_at.run(&["check"]).expect(3);
        let is_told = run.stdout.contains("policy.toml:3:") && run.stdout.contains("audit.since");
        assert!(is_told, "{since}: {}", run.stdout);
    }
    for (since, status) in
        [(start.as_str(), 0), (beside.as_str(), 3), ("0123456789012345678901234567890123456789", 3)]
    {
        let before = book.head();
        book.replace(
            "policy.toml",
            "trunk = \"main\"",
            &format!("trunk = \"main\"\naudit.since = \"{since}\""),
        );
        book.commit("since");
        let run = book.run(&["audit"]).expect(status);
        let is_told = run.stdout.contains("audit-since") && run.stdout.contains("nothing is exempt");
        assert_eq!(is_told, status != 0, "{}", run.stdout);
        book.git(&["reset", "-q", "--hard", &before]);
    }
}
