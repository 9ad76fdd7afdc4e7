//! A book's own colours, fonts, logo, style sheets and scripts.

use crate::support::Fixture;

fn themed(theme: &str) -> Fixture {
    let book = Fixture::book();
    let config = book.read("book.toml");
    book.write("book.toml", format!("{config}{theme}"));
    book.write("brand/logo.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"><path d=\"M0 0\"/></svg>");
    book.write("brand/moving.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>1</script></svg>");
    book.write("brand/text.woff2", "regular");
    book.write("brand/bold.woff2", "semibold");
    book.write("brand/extra one.css", "h1 { letter-spacing: 0; }");
    book.write("brand/extra.js", "\"use strict\";");
    book
}

#[test]
fn colours_fonts_and_files_reach_every_page() {
    let mut book = themed(
        "[output.html]\nadditional-css = [\"brand/extra one.css\"]\nadditional-js = [\"brand/extra.js\"]\n\
         [preprocessor.changebook.theme]\nlogo = \"brand/logo.svg\"\n\
         text-font = [\"brand/text.woff2\", \"brand/bold.woff2\"]\ncode-font = [\"brand/text.woff2\", \"brand/text.woff2\"]\n\
         [preprocessor.changebook.theme.light]\naccent = \"oklch(0.45 0.14 330)\"\nbad = \"#a00\"\n\
         [preprocessor.changebook.theme.dark]\naccent = \"#f0b0e0\"\n",
    );
    book.write("tasks/INFRA-1.md", "no frontmatter");
    book.commit("brand");
    book.run(&["build"]).expect(0);
    // Drawings in files of their own, which no style sheet reaches, have the theme's colours in both schemes.
    let favicon = book.read("book/favicon.svg");
    assert!(
        favicon.contains("rect{fill:#7e3179}") && favicon.contains("dark){rect{fill:#f0b0e0}"),
        "{favicon}"
    );
    let badge = book.read("book/badges/tasks/INFRA-1.svg");
    assert!(badge.contains("path{fill:#aa0000}") && badge.contains("dark){path{fill:#f2887c}"), "{badge}");
    let css = book.read("book/theme.css");
    assert_eq!(
        css,
        "@media screen{:root{--accent:#7e3179;--bad:#aa0000;--bad-bg:#f8e7e3;}}\n\
         @media screen and (prefers-color-scheme:dark){:root{--accent:#f0b0e0;}}\n\
         @font-face{font-family:\"Book text\";src:url(\"theme/text-400.woff2\");font-weight:400;font-display:swap}\n\
         @font-face{font-family:\"Book text\";src:url(\"theme/text-600.woff2\");font-weight:600;font-display:swap}\n\
         :root{--sans:\"Book text\",ui-sans-serif,system-ui,sans-serif}\n\
         @font-face{font-family:\"Book code\";src:url(\"theme/code-400.woff2\");font-weight:400;font-display:swap}\n\
         @font-face{font-family:\"Book code\";src:url(\"theme/code-400.woff2\");font-weight:600;font-display:swap}\n\
         :root{--mono:\"Book code\",ui-monospace,monospace}\n"
    );
    assert_eq!(book.read("book/theme/text-600.woff2"), "semibold");
    let page = book.read("book/board.html");
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("no {text} in {page}"));
    assert!(place("href=\"style.css\"") < place("href=\"theme.css\""));
    assert!(place("href=\"theme.css\"") < place("href=\"theme/0-extra.20one.css\""));
    assert!(place("src=\"search.js\"") < place("src=\"theme/0-extra.js\""));
    place("src=\"theme/logo.svg\"");
    // The state of a commit has the files of that commit.
    std::fs::remove_file(book.root.join("brand/logo.svg")).unwrap();
    book.run(&["build"]).expect(1);
    book.run(&["build", "--at", "HEAD", "--out", "then"]).expect(0);
    assert!(book.root.join("then/theme/logo.svg").exists());
}

/// Each mistake has its line and column, and says what would do.
#[test]
fn mistakes_have_a_place_and_a_cure() {
    for (lines, place, message, help) in [
        (
            "[preprocessor.changebook.theme]\nlogoo = \"x\"",
            "5:1",
            "unknown key `logoo`",
            "did you mean `logo`?",
        ),
        (
            "[preprocessor.changebook.theme.light]\nacent = \"#000\"",
            "5:1",
            "unknown key `acent`",
            "did you mean `accent`?",
        ),
        ("[preprocessor.changebook.theme.light]\naccent = 3", "5:10", "invalid type", ""),
        (
            "[preprocessor.changebook.theme.light]\naccent = \"blu\"",
            "5:10",
            "`blu` is not a valid colour",
            "#7a1f6b",
        ),
        ("[preprocessor.changebook.theme.light]\naccent = \"#0008\"", "5:10", "without transparency", ""),
        (
            "[preprocessor.changebook.theme.light]\naccent = \"red;}body{display:none\"",
            "5:10",
            "is not a valid colour",
            "",
        ),
        (
            "[preprocessor.changebook.theme.light]\naccent = \"url(https://example.org)\"",
            "5:10",
            "is not a valid colour",
            "",
        ),
        (
            "[preprocessor.changebook.theme.light]\nok = \"#ffcc00\"",
            "5:6",
            "has a contrast of 1.4:1 on #",
            "has enough",
        ),
        (
            "[preprocessor.changebook.theme.dark]\nok = \"#102030\"",
            "5:6",
            "of the dark scheme; text needs 4.5:1",
            "has enough",
        ),
        (
            "[preprocessor.changebook.theme]\nlogo = \"brand/none.svg\"",
            "5:8",
            "`brand/none.svg` does not exist",
            "book's directory",
        ),
        ("[preprocessor.changebook.theme]\nlogo = \"../x.svg\"", "5:8", "`../x.svg` does not exist", ""),
        (
            "[preprocessor.changebook.theme]\nlogo = \"policy.toml\"",
            "5:8",
            "is not a supported file",
            "svg, png",
        ),
        ("[preprocessor.changebook.theme]\nlogo = \"brand/moving.svg\"", "5:8", "is not a plain image", ""),
        (
            "[preprocessor.changebook.theme]\ntext-font = [\"brand/logo.svg\"]",
            "5:14",
            "is not a supported file",
            "woff2",
        ),
        ("[output.html]\nadditional-css = [\"none.css\"]", "5:19", "`none.css` does not exist", ""),
    ] {
        let book = themed(&format!("{lines}\n"));
        let run = book.run(&["build"]).expect(1);
        for wanted in [&format!("book.toml:{place}"), message, help] {
            assert!(run.stderr.contains(wanted), "{lines}: {wanted} is not in {}", run.stderr);
        }
        assert!(!book.root.join("book/index.html").exists());
    }
}

/// The page templates and what each is given.
const DATA: [(&str, &[&str]); 26] = [
    ("index.html", &["overview"]),
    ("calendar.html", &["month"]),
    ("week.html", &["week"]),
    ("meetings.html", &["meetings", "pages"]),
    ("meeting.html", &["meeting"]),
    ("audit.html", &["audit"]),
    ("metrics.html", &["metrics"]),
    ("people.html", &["people"]),
    ("person.html", &["person", "feed"]),
    ("service.html", &["service"]),
    ("graph.html", &["graph"]),
    ("all.html", &["index", "kinds", "more_tags"]),
    ("board.html", &["columns"]),
    ("list.html", &["list"]),
    ("runbooks.html", &["list"]),
    ("tags.html", &["kinds", "pages"]),
    ("task.html", &["record", "site"]),
    ("decision.html", &["record"]),
    ("runbook.html", &["record"]),
    ("deleted.html", &["deleted"]),
    ("deletions.html", &["deletions", "pages"]),
    ("evidence.html", &["evidence"]),
    ("history.html", &["history"]),
    ("manual.html", &["chapter", "toc"]),
    ("redirect.html", &["redirect"]),
    ("404.html", &["site", "root", "page", "place"]),
];

/// Every template of the demo's site is replaced by one that writes its data; each key stands in the templates' own
/// description, so that nobody has to read our sources to write one.
#[test]
fn what_templates_are_given_is_described() {
    let mut book = Fixture::empty();
    book.run(&["demo", "../demo"]).expect(0);
    book.root = book.root.join("../demo").canonicalize().unwrap();
    book.run(&["renumber", "INFRA-DOC-01", "INFRA-DOC-77"]).expect(0);
    book.git(&["rm", "--quiet", "tasks/INFRA-DOC-77.md"]);
    book.commit("Away with it");
    for (name, data) in DATA {
        let pairs: Vec<String> = data.iter().map(|name| format!("\"{name}\": {name}")).collect();
        book.write(
            &format!("templates/site/{name}"),
            format!("{{{{ {{{}}}|tojson|safe }}}}", pairs.join(", ")),
        );
    }
    book.run(&["build", "--allow-broken-links"]).expect(0);
    let described = include_str!("../templates/site/README.md");
    let words: std::collections::BTreeSet<&str> =
        described.split('`').skip(1).step_by(2).flat_map(|code| code.split(['.', '|'])).collect();
    let (mut missing, mut n_pages) = (std::collections::BTreeSet::new(), 0);
    for entry in walkdir::WalkDir::new(book.root.join("book")).into_iter().map(Result::unwrap) {
        if entry.path().extension().is_none_or(|ending| ending != "html") {
            continue;
        }
        let text = std::fs::read_to_string(entry.path()).unwrap();
        let Ok(data) = serde_json::from_str::<serde_json::Value>(&text) else { continue };
        n_pages += 1;
        let page = entry.path().strip_prefix(book.root.join("book")).unwrap().display().to_string();
        let mut open = vec![&data];
        while let Some(value) = open.pop() {
            if let Some(object) = value.as_object() {
                let unknown = object.keys().filter(|key| !words.contains(key.as_str()));
                missing.extend(unknown.map(|key| format!("{key} (of {})", page.split('/').next().unwrap())));
                open.extend(object.values());
            }
            open.extend(value.as_array().into_iter().flatten());
        }
    }
    assert!(n_pages > 60, "{n_pages}");
    assert!(missing.is_empty(), "{}", missing.into_iter().collect::<Vec<_>>().join("\n"));
}
