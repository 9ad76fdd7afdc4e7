//! Files that lie: links, look-alikes, other line ends, hidden bytes.

use super::{PATH, found, peer, proposed};

#[test]
fn row_18_look_alikes_and_bidirectional_controls() {
    let mut book = proposed();
    // A Cyrillic letter in the item, and one that turns the text around.
    book.replace(PATH, "- [ ] Code review", "- [ ] C\u{43e}de review\n- [ ] Code\u{202e} weiver");
    book.person("ana").commit("look alike");
    let found = found(&book);
    assert_eq!(found.iter().filter(|code| *code == "character-suspect").count(), 2, "{found:?}");
    let shown = book.run(&["show", "INFRA-1"]).expect(0).stdout;
    assert!(!shown.contains('\u{202e}') && shown.contains("\\u{202e}"), "{shown}");
    assert_eq!(peer(&book), "approval-missing", "no such item");
}

#[cfg(unix)]
#[test]
fn row_19_a_record_that_is_a_link_is_not_read() {
    let mut book = proposed();
    std::os::unix::fs::symlink("/etc/hostname", book.root.join("tasks/INFRA-2.md")).unwrap();
    book.person("ana").commit("a link");
    assert!(found(&book).contains(&"record-broken".to_owned()));
}

#[test]
fn row_24_line_ends_and_hidden_bytes() {
    let mut book = proposed();
    book.person("sam").tick(PATH, "Code review");
    let text = book.read(PATH);
    book.write(PATH, text.replace('\n', "\r\n"));
    book.person("ana").later().commit("CRLF");
    assert_eq!(peer(&book), "valid", "the same material content");
    book.write(PATH, text.replace("Something.", "Some\0thing."));
    book.later().commit("NUL");
    assert!(found(&book).contains(&"record-broken".to_owned()));
    assert_eq!(book.status("INFRA-1").0, "unknown");
}

#[test]
fn row_29_facts_come_from_blobs_and_not_through_filters() {
    let mut book = proposed();
    book.write(".gitattributes", "*.md ident eol=crlf\n");
    book.replace(PATH, "## Notes\n", "## Notes\n\n$Id$\n");
    book.person("ana").commit("attributes");
    let scope = book.show("INFRA-1")["scope"].clone();
    std::fs::remove_file(book.root.join(PATH)).unwrap();
    book.git(&["checkout", "--", PATH]);
    assert!(book.read(PATH).contains("\r\n"), "git wrote other bytes");
    assert_eq!(book.show("INFRA-1")["scope"], scope);
    let piped = book.pipe("git show HEAD:tasks/INFRA-1.md | $CHANGEBOOK scope -");
    assert_eq!(piped.trim(), scope.as_str().unwrap());
    let hashed = book.pipe("$CHANGEBOOK scope INFRA-1 --text | sha256sum | cut -d' ' -f1");
    assert_eq!(hashed.trim(), scope.as_str().unwrap());
}

#[test]
fn row_34_escape_sequences_reach_no_terminal() {
    let mut book = proposed();
    book.person("ana\u{1b}[31m").write("terraform/x", "x");
    book.commit("INFRA-1: \u{1b}]0;owned\u{7}");
    for arguments in [&["list"][..], &["show", "INFRA-1", "--events"], &["log"], &["check"]] {
        let run = book.run(arguments);
        assert!(!run.stdout.contains('\u{1b}') && !run.stderr.contains('\u{1b}'), "{arguments:?}");
    }
}
