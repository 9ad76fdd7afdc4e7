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
    assert!(book.run(&["check"]).stdout.contains("nothing is wrong") || book.run(&["check"]).status == 0);
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
