//! The rooms use only rooms above them (see the architecture page of the manual).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const PAGE: &str = include_str!("../docs/architecture.md");

/// The rooms of the page, from the top down: a room may use those before it.
fn rooms() -> Vec<&'static str> {
    let table = PAGE.lines().skip_while(|line| !line.starts_with("| room |")).skip(2);
    let rows = table.take_while(|line| line.starts_with('|'));
    rows.filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn sources(room: &str) -> Vec<(PathBuf, String)> {
    let root = root();
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

/// What a file names, from the root of its crate on: `use` with all its groups, and paths within the code.
fn named(file: &Path, text: &str) -> BTreeSet<String> {
    let lines: Vec<&str> = code(text).lines().map(|line| line.split("//").next().unwrap_or("")).collect();
    let text = lines.join("\n");
    let mut found = BTreeSet::new();
    let mut rest = text.as_str();
    while let Some(start) = rest.find("use ") {
        let is_word = rest[..start].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && c != '_');
        rest = &rest[start + 4..];
        if let (true, Some(end)) = (is_word, rest.find(';')) {
            spread("", &rest[..end], &mut found);
        }
    }
    let in_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    found.extend(text.split(|c| !in_path(c)).filter(|path| path.contains("::")).map(str::to_owned));
    found.iter().map(|path| absolute(file, path)).collect()
}

/// Each path of a tree of imports: `a::{b, c::{d, e}}` is `a::b`, `a::c::d` and `a::c::e`.
fn spread(before: &str, tree: &str, found: &mut BTreeSet<String>) {
    let tree = tree.trim();
    let Some((path, group)) = tree.split_once('{') else {
        let name = tree.split(" as ").next().unwrap_or(tree).trim();
        found.insert(format!("{before}{}", name.trim_start_matches("::")));
        return;
    };
    let before = format!("{before}{}", path.trim().trim_start_matches("::"));
    let (mut depth, mut start) = (0, 0);
    let group = group.rsplit_once('}').map_or(group, |(group, _)| group);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                spread(&before, &group[start..at], found);
                start = at + 1;
            }
            _ => {}
        }
    }
    spread(&before, &group[start..], found);
}

/// A path of a file below `src` from the crate's root on: `super::super::b` in `a/b/c.rs` is `crate::b`.
fn absolute(file: &Path, path: &str) -> String {
    let inside = file.strip_prefix(root()).unwrap();
    let mut module: Vec<&str> = inside.iter().filter_map(|part| part.to_str()).collect();
    if let Some(name) = module.pop().filter(|name| *name != "mod.rs") {
        module.push(name.trim_end_matches(".rs"));
    }
    let mut parts = path.split("::").skip_while(|part| part.is_empty()).peekable();
    if !matches!(parts.peek(), Some(&("super" | "self"))) {
        return path.to_owned();
    }
    while let Some(part) = parts.next_if(|part| ["super", "self"].contains(part)) {
        if part == "super" {
            module.pop();
        }
    }
    let names = std::iter::once("crate").chain(module).chain(parts);
    names.collect::<Vec<_>>().join("::")
}

/// Whether one of the paths is `wanted`, or leads into it.
fn leads_into(paths: &BTreeSet<String>, wanted: &str) -> bool {
    paths
        .iter()
        .any(|path| path.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with(':')))
}

#[test]
fn imports_are_read_however_they_are_written() {
    let text = "use crate::{site, book::{self, Book as B}};\nuse super::super::ledger::{\n    State, // use crate::demo;\n};\n\
                use std::{fs, io::Read};\nfn f() { crate::act::git(); super::own(); }\nlet unuse = 1;";
    let named = named(&root().join("cli/audit/mod.rs"), text);
    for path in [
        "crate::site",
        "crate::book",
        "crate::ledger",
        "crate::act::git",
        "crate::cli::own",
        "std::fs",
        "std::io::Read",
    ] {
        assert!(leads_into(&named, path), "{path} in {named:?}");
    }
    for path in ["crate::demo", "crate::boo", "crate::record"] {
        assert!(!leads_into(&named, path), "{path} in {named:?}");
    }
}

#[test]
fn the_page_lists_the_rooms_that_there_are() {
    let listed: BTreeSet<String> = rooms().into_iter().map(str::to_owned).collect();
    assert_eq!(listed.len(), rooms().len(), "a room is listed twice");
    let files =
        std::fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let there: BTreeSet<String> = files
        .filter(|name| !["lib.rs", "main.rs"].contains(&name.as_str()))
        .map(|name| name.trim_end_matches(".rs").to_owned())
        .collect();
    assert_eq!(listed, there);
    // The library says the same in the same order.
    let library = include_str!("../src/lib.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("//! - [`")?.split('`').next());
    assert_eq!(library.collect::<Vec<_>>(), rooms());
}

#[test]
fn a_room_uses_only_rooms_above_it() {
    for (position, room) in rooms().iter().enumerate() {
        for (path, text) in sources(room).iter().filter(|(path, _)| !is_test(path)) {
            let named = named(path, text);
            for below in &rooms()[position + 1..] {
                let used = leads_into(&named, &format!("crate::{below}"));
                assert!(!used, "{} uses {below}, which stands below {room}", path.display());
            }
        }
    }
}

#[test]
fn one_room_reads_history_and_few_start_programs() {
    for room in rooms() {
        for (path, text) in sources(room).iter().filter(|(path, _)| !is_test(path)) {
            let name = path.to_string_lossy().replace('\\', "/");
            let named = named(path, text);
            assert!(room == "history" || !leads_into(&named, "git2"), "{name} uses git2");
            // The user's git and editor, `ssh-keygen` for a signature, `kustomize` or `kubectl` for manifests.
            let may_start = name.ends_with("act/git.rs")
                || name.ends_with("act/attach.rs")
                || name.ends_with("demo/stage.rs")
                || name.ends_with("cli/new.rs")
                || name.ends_with("cli/render.rs");
            let starts =
                leads_into(&named, "std::process::Command") || leads_into(&named, "process::Command");
            assert!(may_start || !starts, "{name} starts a program");
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
            let named = named(path, text);
            for outside in ["std::fs", "std::env", "std::process", "std::thread"] {
                assert!(!leads_into(&named, outside), "{} uses {outside}", path.display());
            }
            for outside in ["::now()", "Instant"] {
                assert!(!code(text).contains(outside), "{} uses {outside}", path.display());
            }
        }
    }
}

/// The anchor of a heading, as the site makes it.
fn anchor(heading: &str) -> String {
    let kept =
        heading.trim_start_matches('#').trim().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn the_pages_that_comments_cite_are_there() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut open: Vec<PathBuf> = ["src", "tests", "benches"].iter().map(|folder| top.join(folder)).collect();
    let mut n_cited = 0;
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for comment in text.lines().map(str::trim_start).filter(|line| line.starts_with("//")) {
            for cited in comment.split('`').filter(|part| part.starts_with("docs/")) {
                let (page, heading) =
                    cited.split_once('#').map_or((cited, None), |(page, name)| (page, Some(name)));
                // A page of an example, and a folder.
                if page == "docs/guide.md" || !page.ends_with(".md") {
                    continue;
                }
                let Ok(text) = std::fs::read_to_string(top.join(page)) else {
                    panic!("{}: there is no {page}", path.display());
                };
                let mut headings = text.lines().filter(|line| line.starts_with('#')).map(anchor);
                let found = heading.is_none_or(|wanted| headings.any(|heading| heading == wanted));
                assert!(found, "{}: {page} has no heading {heading:?}", path.display());
                n_cited += 1;
            }
        }
    }
    assert!(n_cited > 20, "comments cite {n_cited} pages");
}
