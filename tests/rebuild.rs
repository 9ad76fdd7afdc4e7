//! Pages of an earlier build that stand are the pages that a build from nothing makes, whatever changed in between.

use std::path::Path;

use crate::site::files;
use crate::support::Fixture;

type Edit = (&'static str, fn(&mut Fixture));

/// One change of each thing that pages are made from. Each is committed where it says so, and stays for the next.
pub(crate) const EDITS: &[Edit] = &[
    ("nothing", |_| {}),
    ("a commit that changes nothing", |book| drop(book.commit("nothing"))),
    ("somebody has another name", |book| {
        book.replace("policy.toml", "name = \"Kim\"", "name = \"Kim K.\"");
        book.commit("a name");
    }),
    ("somebody is not listed any more by the address of old commits", |book| {
        book.replace("policy.toml", "emails = [\"sam@example.org\"]", "emails = [\"sam@example.com\"]");
        book.commit("an address");
    }),
    ("a box that is not committed", |book| {
        book.replace("tasks/INFRA-235.md", "- [ ] Code review", "- [x] Code review");
    }),
    ("it is committed", |book| drop(book.commit("INFRA-235: code review"))),
    ("a title that other pages show", |book| {
        book.replace("tasks/INFRA-150.md", "title = \"", "title = \"By night: ");
        book.commit("INFRA-150: a title");
    }),
    ("a text of the work tree", |book| {
        book.replace("tasks/INFRA-230.md", "## Why", "## Why\n\nSee INFRA-150.\n")
    }),
    ("it is taken back", |book| drop(book.git(&["checkout", "--quiet", "."]))),
    ("another address of the forge", |book| {
        let text = book.read("book.toml");
        book.write(
            "book.toml",
            text + "\n[output.html]\ngit-repository-url = \"https://example.org/infra\"\n",
        );
        book.commit("the forge");
    }),
    ("another title of the book", |book| {
        book.replace("book.toml", "title = \"Platform", "title = \"The platform");
        book.commit("the book's title");
    }),
    ("a record is deleted", |book| {
        book.git(&["rm", "--quiet", "tasks/INFRA-DOC-01.md"]);
        book.commit("INFRA-DOC-01: away with it");
    }),
    ("a record moves", |book| {
        std::fs::create_dir_all(book.root.join("tasks/2024")).unwrap();
        book.git(&["mv", "tasks/INFRA-240.md", "tasks/2024/INFRA-240.md"]);
        book.commit("INFRA-240: by year");
    }),
    ("a decision has one more on its list", |book| {
        book.replace("cab/CAB-2024-06.md", "\"INFRA-220\"", "\"INFRA-220\", \"INFRA-235\"");
        book.commit("CAB-2024-06: one more");
    }),
    ("a chapter of the manual", |book| {
        book.replace("docs/changes.md", "# A change", "# How a change goes");
        book.commit("the manual");
    }),
    ("a chapter includes a file", |book| {
        book.write("terraform/shown.tf", "# shown in the manual\n");
        let text = book.read("docs/changes.md");
        book.write("docs/changes.md", text + "\n```hcl\n{{#include ../terraform/shown.tf}}\n```\n");
        book.commit("the manual shows a file");
    }),
    ("that file changes", |book| book.write("terraform/shown.tf", "# shown, and changed\n")),
    ("a picture beside records", |book| {
        book.write("tasks/picture.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>");
    }),
    ("another picture", |book| {
        book.write("tasks/picture.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"><g/></svg>");
    }),
    ("a style of the book's own", |book| {
        let text = book.read("book.toml");
        book.write("own.css", "p { color: #123; }");
        book.write(
            "book.toml",
            text.replace("[output.html]\n", "[output.html]\nadditional-css = [\"own.css\"]\n"),
        );
        book.commit("a style");
    }),
    ("that style changes", |book| book.write("own.css", "p { color: #321; }")),
    ("another service", |book| {
        book.replace("tasks/INFRA-235.md", "categories = ", "services = [\"billing\"]\ncategories = ");
        book.commit("INFRA-235: a service");
    }),
    ("a template of the book's own", |book| {
        book.write("templates/site/tags.html", "<p>{{ site.title }} {{ site.as_of }}</p>");
        book.commit("a template");
    }),
    ("and away with it", |book| {
        book.git(&["rm", "--quiet", "templates/site/tags.html"]);
        book.commit("no template");
    }),
    ("somebody writes into a page, and removes another", |book| {
        let out = book.root.join("../kept");
        std::fs::write(out.join("tasks/INFRA-100.html"), "by hand").unwrap();
        std::fs::remove_file(out.join("tasks/INFRA-200.html")).unwrap();
    }),
    ("another branch", |book| {
        book.git(&["checkout", "--quiet", "-b", "side", "HEAD~6"]);
    }),
    ("weeks later", |book| {
        book.git(&["checkout", "--quiet", "main"]);
        book.minutes_forward(40 * 24 * 60);
        book.commit("weeks later");
    }),
];

#[test]
fn a_build_after_another_is_a_build_from_nothing() {
    let mut book = Fixture::empty();
    book.run(&["demo", "../demo"]).expect(0);
    book.root = book.root.join("../demo").canonicalize().unwrap();
    // A day after the demo's last commit.
    book.set_clock(book.git(&["log", "-1", "--format=%ct"]).parse::<i64>().unwrap() + 86_400);
    let build = |book: &Fixture, out: &str, more: &[&str]| {
        book.run(&[&["build", "--allow-broken-links", "--out", out], more].concat()).expect(0);
        files(&book.root.join(Path::new(out)))
    };
    build(&book, "../kept", &[]);
    for (what, edit) in EDITS {
        edit(&mut book);
        let (kept, plain) = (build(&book, "../kept", &[]), build(&book, "../plain", &["--no-cache"]));
        let names = plain.keys().chain(kept.keys());
        let different: std::collections::BTreeSet<&String> =
            names.filter(|name| plain.get(*name) != kept.get(*name)).collect();
        assert!(different.is_empty(), "{what}: {different:?}");
        // Once more, so that it is known how all files look: then nothing is read of history.
        build(&book, "../kept", &[]);
        let before = note(&book);
        build(&book, "../kept", &[]);
        assert_eq!(note(&book), before, "{what}: all stands, and the note of the build with it");
    }
}

/// When the note of a build was last put in its place.
fn note(book: &Fixture) -> Vec<std::time::SystemTime> {
    let cache = std::fs::read_dir(book.root.join(".git/changebook/cache")).unwrap();
    let files = cache.flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap());
    let notes =
        files.map(|file| file.unwrap()).filter(|file| file.file_name().to_string_lossy().contains("note"));
    let written: Vec<_> = notes.map(|file| file.metadata().unwrap().modified().unwrap()).collect();
    assert_eq!(written.len(), 2, "one of each folder");
    written
}
