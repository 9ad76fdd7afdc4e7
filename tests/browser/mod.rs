//! The site in a real browser: every page type at several widths and in both schemes, by keyboard, without script,
//! and with hostile texts. Without a browser the tests say so; with `CHANGEBOOK_REQUIRE_TOOLS` that is a failure.

mod bars;
mod diagrams;
mod hostile;
mod large;
mod questions;
mod steps;

use std::path::PathBuf;

use serde_json::json;

use crate::support::chromium::{Chromium, Running, axe};
use crate::support::{Fixture, say_skipped};

/// The demo's site, with a page whose words are longer than any screen.
struct Demo {
    _book: Fixture,
    root: PathBuf,
}

impl Demo {
    fn new() -> Self {
        let book = Fixture::empty();
        book.run(&["demo", "../demo"]).expect(0);
        let root = book.root.join("../demo").canonicalize().unwrap();
        Demo { _book: book, root }
    }

    fn build(&self) {
        self._book.run_at(&self.root, &["build"]).expect(0);
    }

    fn page(&self, page: &str) -> String {
        format!("file://{}/book/{page}", self.root.display())
    }
}

/// One page of each type.
const PAGES: [&str; 24] = [
    "index.html",
    "board.html",
    "calendar.html",
    "calendar/2024-W21.html",
    "records.html",
    "runbooks.html",
    "audit.html",
    "decisions.html",
    "meetings.html",
    "meetings/2024-05-16.html",
    "metrics.html",
    "people.html",
    "people/kim.html",
    "service/redis.html",
    "graph.html",
    "tags.html",
    "all.html",
    "tasks/INFRA-150.html",
    "tasks/INFRA-150.history.html",
    "tasks/INFRA-150.rules.html",
    "tasks/INFRA-900.html",
    "decisions/CAB-2024-05.html",
    "runbooks/redis-cluster.html",
    "manual/changes.html",
];

/// A block in every colour that code has.
const CODE: &str = "```console\n$ terraform plan -out=x # note\n```\n\n```rust\n/// Words.\nfn main() -> Result<(), String> { let n = \"a\".len() + 1; println!(\"{n}\"); Ok(()) }\n```\n\n```hcl\nresource \"aws_vpc\" \"main\" {\n  name = \"x-${var.name}\"\n}\n```\n\n```yaml\nspec: { replicas: 3, on: true }\n```\n\n```diff\n-old\n+new\n```\n";

/// A record whose words are longer than any screen.
fn awkward() -> String {
    let long = "x".repeat(300);
    format!(
        "+++\nid = \"INFRA-900\"\ntitle = \"{long}\"\nkind = \"general\"\n+++\n\n{long}\n\n- [ ] {long}\n- [ ] `{long}`\n\n|{cell}\n|{rule}\n|{cell}\n\n<table><tr>{raw}</tr></table>\n\n```\n{long}\n```\n\n{CODE}",
        cell = "a wide cell|".repeat(20),
        rule = "-|".repeat(20),
        raw = "<td>a wide cell</td>".repeat(20),
    )
}

#[test]
fn every_page_type_is_accessible_and_fits() {
    let Some(mut browser) = Chromium::start() else { return say_skipped("no chromium on the PATH") };
    let Some(axe) = axe() else { return say_skipped("axe-core is not installed") };
    let demo = Demo::new();
    std::fs::write(demo.root.join("tasks/INFRA-901.md"), awkward().replace("INFRA-900", "INFRA-901"))
        .unwrap();
    for arguments in [
        &["add", "tasks/INFRA-901.md"][..],
        &["commit", "--quiet", "--message=there"],
        &["rm", "--quiet", "tasks/INFRA-901.md"],
        &["commit", "--quiet", "--message=gone"],
    ] {
        demo._book.git_at(&demo.root, arguments);
    }
    std::fs::write(demo.root.join("tasks/INFRA-900.md"), awkward()).unwrap();
    demo.build();
    // The checker is put into the page from outside, which the page's own rules would forbid.
    browser.call("Page.setBypassCSP", json!({ "enabled": true }));
    let mut wrong = Vec::new();
    for page in PAGES.into_iter().chain(["tasks/INFRA-901.html", "deleted.html"]) {
        for scheme in ["light", "dark"] {
            browser.scheme(scheme);
            for width in [320, 390, 768, 1440] {
                browser.size(width);
                browser.open(&demo.page(page));
                let place = format!("{page} {scheme} {width}");
                let wide = browser.value("document.documentElement.scrollWidth");
                if wide.as_u64() > Some(u64::from(width)) {
                    wrong.push(format!("{place}: scrolls sideways, {wide} wide"));
                }
                // Drawings further down are loaded when somebody comes near.
                browser.value("Promise.all([...document.images].map((image) => { image.loading = 'eager'; return image.decode(); })).then(() => 0)");
                let drawings = "[...document.querySelectorAll('.drawing img')].flatMap((d) => [innerWidth < 640 && d.getBoundingClientRect().right > innerWidth ? 'a drawing is wider' : '', d.getBoundingClientRect().width < d.naturalWidth ? 'a drawing has small letters' : '']).filter(Boolean)";
                let drawings = browser.value(drawings);
                wrong.extend(drawings.as_array().unwrap().iter().map(|found| format!("{place}: {found}")));
                wrong.extend(browser.console().iter().map(|line| format!("{place}: console {line}")));
                let foreign = browser.requests().into_iter().filter(|address| !address.starts_with("file:"));
                wrong.extend(foreign.map(|address| format!("{place}: asks for {address}")));
                browser.value(&axe);
                let run = "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then((found) => found.violations.map((v) => v.id + ': ' + v.nodes.slice(0, 2).map((n) => n.html.slice(0, 160) + ' ' + (n.any[0] ? n.any[0].message : '')).join(' || ')))";
                let found = browser.value(run);
                wrong.extend(found.as_array().unwrap().iter().map(|line| format!("{place}: {line}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{} things:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn search_finds_ids_titles_and_words_by_keyboard_from_a_folder() {
    let Some(mut browser) = Chromium::start() else { return say_skipped("no chromium on the PATH") };
    let demo = Demo::new();
    demo.build();
    let first = "document.querySelector('[role=option]')?.textContent";
    for (typed, expected) in [
        ("infra-150", "INFRA-150"),
        ("migr", "Migrate to the new VPC"),
        ("peering", "INFRA-150"),
        ("type:runbook redis", "redis-cluster"),
        ("service:ingress", "INFRA-210"),
        ("high mem", "Redis cluster › High memory usage"),
        ("redis connection", "Redis cluster › Connection failures"),
        ("bigkeys", "in the text: bigkeys"),
        // As they stand in a text, with its signs, in any accents.
        ("\"redis cluster\":", "Redis cluster"),
        ("(INFRA-150),", "INFRA-150"),
        ("redis-cli --bigkeys", "in the text: redis-cli, bigkeys"),
        ("terraform/redis.tf", "in the text: terraform, redis.tf"),
        ("service:\"ingress\" Upgrade!", "INFRA-210"),
        ("Rédis clüster", "Redis cluster"),
    ] {
        browser.open(&demo.page("index.html"));
        browser.press("/");
        browser.type_text(typed);
        assert!(
            browser.becomes(&format!("({first} || '').includes('{expected}')")),
            "{typed}: {}",
            browser.value(first)
        );
        assert_eq!(browser.console(), Vec::<String>::new());
    }
    // A heading is an answer of its own, behind the titles, and leads to its place, on the same page too.
    for page in ["index.html", "runbooks/redis-cluster.html"] {
        browser.open(&demo.page(page));
        browser.press("/");
        browser.type_text("memory");
        assert!(
            browser.becomes(&format!("({first} || '').includes('High memory usage')")),
            "{}",
            browser.value(first)
        );
        browser.press("Enter");
        assert!(browser.becomes(
            "location.href.endsWith('runbooks/redis-cluster.html#high-memory-usage') && document.readyState === 'complete'"
        ));
    }
    browser.open(&demo.page("runbooks/redis-cluster.html"));
    browser.press("/");
    browser.type_text("infra");
    assert!(browser.becomes("document.querySelectorAll('[role=option]').length > 3"));
    browser.press("ArrowDown");
    let chosen = "document.querySelector('[aria-selected=true]')";
    assert!(browser.becomes(&format!("{chosen} && {chosen} !== document.querySelector('[role=option]')")));
    let second = browser.value(&format!("{chosen}.dataset.page"));
    browser.press("Enter");
    assert!(
        browser.becomes(&format!("location.href.endsWith({second}) && document.readyState === 'complete'"))
    );
}

/// What a reader sees of a page, without what only works with script.
const TEXT: &str = "(() => { const main = document.querySelector('main').cloneNode(true); for (const e of main.querySelectorAll('.copy, .filter, script')) e.remove(); return main.textContent.replace(/\\s+/g, ' '); })()";

/// The first look and everything after it come without script: the same words stand there, links work, folds open.
#[test]
fn without_script_everything_but_search_and_filters_is_there() {
    let Some(mut browser) = Chromium::start() else { return say_skipped("no chromium on the PATH") };
    let demo = Demo::new();
    demo.build();
    let mut with_script = Vec::new();
    let pages = || PAGES.iter().filter(|page| !page.contains("INFRA-900"));
    for page in pages() {
        browser.open(&demo.page(page));
        with_script.push(browser.value(TEXT));
    }
    browser.call("Emulation.setScriptExecutionDisabled", json!({ "value": true }));
    for (page, expected) in pages().zip(with_script) {
        browser.open(&demo.page(page));
        assert_eq!(browser.value(TEXT), expected, "{page}");
        assert_eq!(browser.value("document.getElementById('c.find').hidden"), json!(true), "{page}");
        assert_eq!(browser.console(), Vec::<String>::new(), "{page}");
    }
    // A fold opens by its own means, and a link leads on.
    browser.open(&demo.page("tasks/INFRA-150.html"));
    browser.click(".timeline summary");
    assert!(browser.becomes("document.querySelector('.timeline details').open"));
    browser.click(".whole a");
    assert!(browser.becomes(
        "location.href.endsWith('tasks/INFRA-150.history.html') && document.readyState === 'complete'"
    ));
}

/// The page of a book that is served changes in an open browser when a file is saved, and says what is wrong.
#[test]
fn a_served_page_follows_the_files() {
    use std::io::{BufRead, BufReader};
    let Some(mut browser) = Chromium::start() else { return say_skipped("no chromium on the PATH") };
    let demo = Demo::new();
    let child = demo
        ._book
        .program()
        .args(["-C", &demo.root.to_string_lossy(), "serve", "--port", "0"])
        .stderr(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut child = Running(child);
    let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines().map_while(Result::ok);
    let line = lines.by_ref().find(|line| line.contains("http://")).unwrap();
    let site = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap().to_owned();
    std::thread::spawn(move || lines.for_each(drop));
    // Somebody who reads far down, writes, and saves, is where they were; the browser allows for what came in above.
    browser.size(390);
    browser.open(&format!("{site}tasks/INFRA-235.html"));
    assert_eq!(browser.console(), Vec::<String>::new());
    browser.value("scrollTo(0, 700); window.loadedBefore = true; scrollY");
    assert_eq!(browser.value("scrollY"), json!(700), "the page is long enough");
    let record = demo.root.join("tasks/INFRA-235.md");
    let text = std::fs::read_to_string(&record).unwrap();
    std::fs::write(&record, format!("{text}\nWritten while it is read.\n")).unwrap();
    assert!(browser.becomes(
        "!window.loadedBefore && document.readyState === 'complete' && document.body.textContent.includes('Written while it is read.') && Math.abs(scrollY - 700) < 100"
    ));
    // What is wrong stands in the page that is open, with file and line, and goes when it is mended.
    let file = demo.root.join("docs/index.md");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{text}\n[x](nowhere.md)\n")).unwrap();
    let place = format!("docs/index.md:{}:1", text.lines().count() + 2);
    assert!(browser.becomes(&format!(
        "(document.querySelector('.serve-failure')?.textContent || '').includes({})",
        json!(place)
    )));
    std::fs::write(&file, &text).unwrap();
    assert!(
        browser.becomes("document.readyState === 'complete' && !document.querySelector('.serve-failure')")
    );
}
