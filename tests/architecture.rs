//! The rooms use only rooms above them (see the architecture page of the manual).

use std::path::{Path, PathBuf};

/// From the top down: a room may use those before it.
const ROOMS: [&str; 17] = [
    "diagnostic",
    "record",
    "policy",
    "calendar",
    "history",
    "intake",
    "evidence",
    "ledger",
    "template",
    "import",
    "book",
    "act",
    "editor",
    "site",
    "demo",
    "cli",
    "fuzzing",
];

fn sources(room: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let candidates = [root.join(room), root.join(format!("{room}.rs"))];
    let mut open: Vec<PathBuf> = candidates.into_iter().filter(|path| path.exists()).collect();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((path.clone(), std::fs::read_to_string(&path).unwrap()));
        }
    }
    assert!(!found.is_empty(), "no sources of {room}");
    found
}

fn is_test(path: &Path) -> bool {
    path.file_name()
        .and_then(|name| name.to_str())
        .is_some_and(|name| name.ends_with("tests.rs") || name == "laws.rs" || name == "fixture.rs")
}

/// The text before the tests in the file.
fn code(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text)
}

#[test]
fn a_room_uses_only_rooms_above_it() {
    for (position, room) in ROOMS.iter().enumerate() {
        for (path, text) in sources(room).iter().filter(|(path, _)| !is_test(path)) {
            for below in &ROOMS[position + 1..] {
                let used = code(text).contains(&format!("crate::{below}::"));
                assert!(!used, "{} uses {below}, which stands below {room}", path.display());
            }
        }
    }
}

#[test]
fn one_room_reads_history_and_few_start_programs() {
    for room in ROOMS {
        for (path, text) in sources(room).iter().filter(|(path, _)| !is_test(path)) {
            let name = path.to_string_lossy().replace('\\', "/");
            assert!(room == "history" || !code(text).contains("git2::"), "{name} uses git2");
            let may_start = name.ends_with("act/git.rs")
                || name.ends_with("demo/stage.rs")
                || name.ends_with("cli/new.rs")
                || name.ends_with("cli/render.rs");
            assert!(may_start || !code(text).contains("process::Command"), "{name} starts a program");
        }
    }
}

/// An answer is said again for as long as it holds, and `ledger::holds` knows of one use of the clock.
#[test]
fn a_state_depends_on_the_clock_in_one_place() {
    for (path, text) in sources("ledger").iter().filter(|(path, _)| !is_test(path)) {
        let name = path.to_string_lossy().replace('\\', "/");
        let uses = code(text).matches("sources.now").count();
        // What judges is never said again.
        if ["/gate", "/audit"].iter().any(|part| name.contains(part)) {
            continue;
        }
        assert_eq!(uses, usize::from(name.ends_with("/runbook.rs")), "{name} asks the clock {uses} times");
    }
}

#[test]
fn the_pure_rooms_have_no_clock_and_no_files() {
    for room in
        ["diagnostic", "record", "policy", "calendar", "intake", "evidence", "ledger", "template", "import"]
    {
        for (path, text) in sources(room).iter().filter(|(path, _)| !is_test(path)) {
            for outside in ["std::fs", "std::env", "::now()", "Instant"] {
                assert!(!code(text).contains(outside), "{} uses {outside}", path.display());
            }
        }
    }
}
