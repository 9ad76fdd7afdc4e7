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
fn row_20_a_submodule_in_a_records_place_is_broken() {
    let book = proposed();
    let entry = format!("160000,{},tasks/INFRA-2.md", book.head());
    book.git(&["update-index", "--add", "--cacheinfo", &entry]);
    book.git(&["commit", "-q", "-m", "a submodule"]);
    book.git(&["checkout", "-q", "--", "tasks"]);
    assert!(found(&book).contains(&"record-broken".to_owned()));
    assert_eq!(book.status("INFRA-1").0, "proposed");
}

/// Of each kind one setting: what git would run while it reads.
#[cfg(unix)]
#[test]
fn row_30_nothing_that_is_configured_runs_while_reading() {
    let mut book = proposed();
    book.person("sam").tick(PATH, "Code review");
    let ran = book.root.join("../ran");
    book.write("../run.sh", format!("#!/bin/sh\ntouch '{}'\n", ran.display()));
    let script = book.root.join("../run.sh").canonicalize().unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&script, mode).unwrap();
    let script = script.to_str().unwrap();
    book.write(".gitattributes", "*.md filter=evil diff=evil\n");
    for key in [
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
        "core.editor",
        "diff.external",
        "diff.evil.command",
        "diff.evil.textconv",
        "filter.evil.clean",
        "filter.evil.smudge",
        "gpg.program",
        "gpg.ssh.program",
        "uploadpack.packObjectsHook",
    ] {
        book.git(&["config", key, script]);
    }
    // Git itself does run one of them.
    book.git(&["status"]);
    assert!(ran.exists(), "the settings mean something");
    std::fs::remove_file(&ran).unwrap();
    for command in [
        &["list"][..],
        &["show", "INFRA-1", "--events"],
        &["check"],
        &["board"],
        &["log"],
        &["diff", "INFRA-1"],
        &["blame", "INFRA-1"],
        &["gate", "INFRA-1", "-e", "production"],
        &["audit"],
        &["metrics"],
        &["build", "--out", "../site"],
    ] {
        let run = book.run(command);
        assert!([0, 3].contains(&run.status), "{command:?}: {}", run.stderr);
        assert!(!ran.exists(), "{command:?} ran what is configured");
    }
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
