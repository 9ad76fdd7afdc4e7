//! The preprocessor, run by stock mdBook.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Fixture, say_skipped, task};

/// On the path, or where `.ci/run` puts it: beside what cargo builds.
fn mdbook() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("mdbook/bin/mdbook");
    let found = [PathBuf::from("mdbook"), beside]
        .into_iter()
        .find(|program| Command::new(program).arg("--version").output().is_ok_and(|o| o.status.success()));
    assert!(
        found.is_some() || std::env::var_os("CHANGEBOOK_REQUIRE_TOOLS").is_none(),
        "no mdbook, and one is required"
    );
    if found.is_none() {
        say_skipped("no mdbook");
    }
    found
}

const BOOK: &str = "[book]\ntitle = \"Test\"\nsrc = \"docs\"\n\n[build]\nbuild-dir = \"out\"\n\n[preprocessor.changebook]\ncommand = \"changebook mdbook\"\n";

fn book(index: &str) -> Fixture {
    let mut book = Fixture::book();
    book.write("book.toml", BOOK);
    book.write("docs/SUMMARY.md", "# Summary\n\n- [Index](index.md)\n");
    book.write("docs/index.md", index);
    book.person("ana").write(
        "tasks/INFRA-1.md",
        task("INFRA-1", "risk = \"low\"\n").replace("A change", "A <b>change</b>"),
    );
    book.write(
        "tasks/2026/INFRA-2.md",
        task("INFRA-2", "risk = \"high\"\n").replace("Something.", "After INFRA-1."),
    );
    book.write(
        "runbooks/redis.md",
        "+++\nid = \"redis\"\ntitle = \"Redis\"\n+++\n\n## Access\n\nSee INFRA-1.\n",
    );
    book.commit("propose");
    book
}

fn build(mdbook: &PathBuf, book: &Fixture) -> (bool, String) {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_changebook"));
    let search = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut command = Command::new(mdbook);
    command.env("PATH", search).env("HOME", book.root.parent().unwrap()).arg("build").current_dir(&book.root);
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn stock_mdbook_builds_a_book_with_its_records() {
    let Some(mdbook) = mdbook() else { return };
    let book = book(
        "# Index\n\nSee INFRA-1 and `INFRA-2`, [INFRA-2](https://example.org).\n\n{{#changebook list type=task risk=high}}\n\n{{#changebook list status=done}}\n\n\\{{#changebook list}}\n",
    );
    let (built, said) = build(&mdbook, &book);
    assert!(built, "{said}");
    let index = book.read("out/index.html");
    assert!(index.contains("<a href=\"tasks/INFRA-1.html\">INFRA-1</a>"), "{index}");
    assert!(
        index.contains("<code>INFRA-2</code>")
            && index.contains("<a href=\"https://example.org\">INFRA-2</a>")
    );
    assert!(
        index.contains(
            "<td><a href=\"tasks/2026/INFRA-2.html\">INFRA-2</a></td><td>proposed</td><td>high</td>"
        ),
        "{index}"
    );
    assert!(index.contains("<em>None.</em>") && index.contains("{{#changebook list}}"));
    let task = book.read("out/tasks/INFRA-1.html");
    assert!(
        task.contains("<strong>proposed</strong>") && task.contains("A &lt;b&gt;change&lt;/b&gt;"),
        "{task}"
    );
    assert!(!task.contains("requestor =") && task.contains("type=\"checkbox\""));
    let second = book.read("out/tasks/2026/INFRA-2.html");
    assert!(second.contains("<a href=\"../../tasks/INFRA-1.html\">INFRA-1</a>"), "{second}");
    assert!(book.read("out/runbooks/redis.html").contains("../tasks/INFRA-1.html"));
    assert!(book.run(&["check"]).stdout.contains("no problems found") || book.run(&["check"]).status == 0);
}

/// Every directive that the manual shows, over the demo, with the newest mdBook and with 0.4 where that is there.
#[test]
fn the_manuals_directives_mean_something() {
    let manual = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let pages =
        std::fs::read_dir(manual).unwrap().map(|entry| std::fs::read_to_string(entry.unwrap().path()));
    let text: String = pages.filter_map(Result::ok).collect();
    let directives =
        text.match_indices("{{#changebook").map(|(at, _)| text[at..].split("}}").next().unwrap());
    let directives: Vec<String> = directives.map(|directive| format!("{directive}}}}}\n\n")).collect();
    assert!(directives.len() > 7, "{directives:?}");
    let old = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("mdbook-0.4/bin/mdbook");
    let old = if old.is_file() {
        Some(old)
    } else {
        say_skipped("no mdBook 0.4");
        None
    };
    for mdbook in mdbook().into_iter().chain(old) {
        let mut book = Fixture::empty();
        book.run(&["demo", "../demo", "--no-site"]).expect(0);
        book.root = book.root.parent().unwrap().join("demo");
        book.replace("book.toml", "optional = true", "command = \"changebook mdbook\"");
        book.write("docs/index.md", format!("# Lists\n\n{}", directives.concat()));
        let (built, said) = build(&mdbook, &book);
        assert!(built, "{}: {said}", mdbook.display());
        let index = book.read("book/index.html");
        assert!(!index.contains("#changebook"), "{index}");
        assert_eq!(
            index.matches("<table>").count() + index.matches("<em>None.</em>").count(),
            directives.len()
        );
        assert!(index.matches("<table>").count() > 3, "{index}");
        assert!(book.read("book/tasks/INFRA-150.html").contains("type=\"checkbox\""));
    }
}

#[test]
fn a_directive_that_means_nothing_is_an_error_with_its_place() {
    let Some(mdbook) = mdbook() else { return };
    for (words, told) in
        [("show INFRA-1", "only `list`"), ("list status=open-ish", "status"), ("list nothing=1", "nothing")]
    {
        let book = book(&format!("# Index\n\n{{{{#changebook {words}}}}}\n"));
        let (built, said) = build(&mdbook, &book);
        assert!(!built && said.contains("index.md:3:") && said.contains(told), "{words}: {said}");
    }
}

#[test]
fn what_is_no_book_is_refused() {
    let book = book("# Index\n");
    book.run(&["mdbook", "supports", "html"]).expect(0);
    book.pipe("echo '[{}, {\"items\": []}]' | \"$CHANGEBOOK\" mdbook | grep -q PartTitle");
    book.pipe("echo '[{}, {\"sections\": []}]' | \"$CHANGEBOOK\" mdbook | grep -q PartTitle");
    for wrong in ["x", "[]", "[{},{}]", "[1,2]"] {
        book.pipe(&format!(
            "echo '{wrong}' | \"$CHANGEBOOK\" mdbook > out 2>&1 && exit 1; test $? -le 2; grep -q error out"
        ));
    }
}

/// Pages of a site, without what is there by its renderer alone, and the anchors of each page's text.
fn anchors(folder: &std::path::Path) -> std::collections::BTreeMap<String, Vec<String>> {
    let own = ["print.html", "404.html", "toc.html"];
    let pages = walkdir::WalkDir::new(folder).into_iter().map(|entry| entry.unwrap().into_path());
    let pages = pages.filter(|path| path.extension().is_some_and(|ending| ending == "html"));
    pages
        .map(|path| (path.strip_prefix(folder).unwrap().display().to_string(), path))
        .filter(|(name, _)| !own.contains(&name.as_str()))
        .map(|(name, path)| {
            let page = std::fs::read_to_string(path).unwrap();
            let text = page.split("<main").nth(1).unwrap().split("</main>").next().unwrap();
            let ids = text.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
            // Notes are numbered here and named there.
            (name, ids.filter(|id| !id.starts_with("fr-") && !id.starts_with("footnote-")).collect())
        })
        .collect()
}

/// A book of mdBook's habits has the same pages and anchors as with mdBook itself.
#[test]
fn the_habits_of_mdbook_make_the_same_pages_and_anchors() {
    let Some(mdbook) = mdbook() else { return };
    let mut book = Fixture::book();
    book.write(
        "book.toml",
        "[book]\ntitle = \"Test\"\nsrc = \"docs\"\n\n[output.html.code.hidelines]\npython = \"~\"\n",
    );
    book.write("docs/SUMMARY.md", "# Summary\n\n[Preface](preface.md)\n\n# Part one\n\n- [One](one.md)\n  - [Nested](sub/README.md)\n    - [Deeper](sub/deeper.md)\n  - [Draft]()\n\n---\n\n# Part two\n\n- [Two](two.md)\n\n[Afterword](after.md)\n");
    book.write("docs/preface.md", "# Preface -- \"quoted\" & more...\n\n## A `code` *word*\n\n## Same\n\n## Same\n\n### Own {#Own.Anchor}\n");
    book.write("docs/one.md", "{{#title Another title}}\n# One\n\n{{#include parts/common.md}}\n\n```rust\n{{#rustdoc_include ../code/x.rs:inner}}\n```\n\n```hcl\n{{#include ../code/main.tf:2:3}}\n```\n\n\\{{#include nothing.md}}\n");
    book.write("docs/parts/common.md", "## Common {.class #common-part}\n\n{{#include deeper/most.md}}\n");
    book.write("docs/parts/deeper/most.md", "### Most common\n");
    book.write(
        "docs/sub/README.md",
        "# Nested\n\nterm one\n: what it means\n\n[up](../one.md#common-part)\n",
    );
    book.write(
        "docs/sub/deeper.md",
        "# Deeper\n\n```python,hidelines=!!!\n!!!import x\ny()\n```\n\n```python\n~z()\nv()\n```\n",
    );
    book.write("docs/two.md", "# Zwei & <b>drei</b>: größer ÄÖ\n\n#### `a::b<T>`\n");
    book.write(
        "docs/after.md",
        "Afterword\n=========\n\n{{#playground ../code/x.rs editable}}\n\nA note.[^a]\n\n[^a]: Text.\n",
    );
    book.write("code/x.rs", "fn outer() {}\n// ANCHOR: inner\nfn inner() {}\n// ANCHOR_END: inner\n");
    book.write("code/main.tf", "# one\ntwo = 2\nthree = 3\nfour = 4\n");
    book.commit("a book");
    let output =
        Command::new(&mdbook).args(["build", "-d", "../by-mdbook"]).current_dir(&book.root).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    book.run(&["build", "--out", "../ours"]).expect(0);
    let theirs = anchors(&book.root.join("../by-mdbook"));
    let mut ours = anchors(&book.root.join("../ours/manual"));
    for ids in ours.values_mut() {
        ids.retain(|id| !id.starts_with("c.") && !id.starts_with("fn.") && !id.starts_with("fnref."));
    }
    assert!(theirs.len() == 7 && theirs.values().map(Vec::len).sum::<usize>() > 12, "{theirs:?}");
    assert_eq!(ours, theirs);
    let page = book.read("../ours/manual/one.html");
    assert!(page.contains("<title>Another title"), "{page}");
    assert!(page.contains("{{#include nothing.md}}"), "{page}");
    assert!(page.contains("<summary>All lines</summary>") && !page.contains("four"), "{page}");
    let page = book.read("../ours/manual/sub/deeper.html");
    assert_eq!(page.matches("<summary>All lines</summary>").count(), 2, "{page}");
}

/// What a page may not have is told with file and line, and never shown.
#[test]
fn an_include_stays_inside_the_repository() {
    let mut book = Fixture::book();
    book.write("../secret.txt", "the secret");
    std::os::unix::fs::symlink("../../secret.txt", book.root.join("link.txt")).unwrap();
    book.write("docs/SUMMARY.md", "- [x](x.md)\n");
    for (path, told) in [
        ("../../secret.txt", "outside of the repository"),
        ("/etc/passwd", "relative to the page"),
        ("../link.txt", "is a link"),
        ("../.git/config", "not a file in the repository"),
        ("none.txt", "does not exist"),
    ] {
        book.write("docs/x.md", format!("# X\n\nthen {{{{#include {path}}}}}\n"));
        let run = book.run(&["build"]);
        assert_eq!(run.status, 3, "{path}");
        assert!(run.stderr.contains("docs/x.md:3:6:") && run.stderr.contains(told), "{path}: {}", run.stderr);
        book.commit(path);
        // From the commit as from the files.
        let run = book.run(&["build", "--at", "HEAD", "--out", "../then"]);
        assert!(run.status == 3 && run.stderr.contains("docs/x.md:3:6:"), "{path}: {}", run.stderr);
        book.run(&["build", "--allow-broken-links"]).expect(0);
        let page = book.read("book/manual/x.html");
        assert!(!page.contains("the secret") && !page.contains("root:"), "{path}: {page}");
    }
}
