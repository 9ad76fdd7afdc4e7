//! The site in a real browser: every page type at several widths and in both schemes, by keyboard, without script,
//! and with hostile texts. Without a browser the tests say so; with `CHANGEBOOK_REQUIRE_TOOLS` that is a failure.

use std::path::{Path, PathBuf};

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
const PAGES: [&str; 21] = [
    "index.html",
    "board.html",
    "calendar.html",
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
    std::fs::write(demo.root.join("tasks/INFRA-900.md"), awkward()).unwrap();
    demo.build();
    // The checker is put into the page from outside, which the page's own rules would forbid.
    browser.call("Page.setBypassCSP", json!({ "enabled": true }));
    let mut wrong = Vec::new();
    for page in PAGES {
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
                let drawings = "[...document.querySelectorAll('.radius svg')].filter((d) => d.getClientRects().length).flatMap((d) => [innerWidth < 640 && d.getBoundingClientRect().right > innerWidth ? 'a drawing is wider' : '', d.querySelector('text').getBoundingClientRect().height < 12 ? 'a drawing has small letters' : '']).filter(Boolean)";
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

#[test]
fn without_script_everything_but_search_and_filters_is_there() {
    let Some(mut browser) = Chromium::start() else { return say_skipped("no chromium on the PATH") };
    let demo = Demo::new();
    demo.build();
    browser.call("Emulation.setScriptExecutionDisabled", json!({ "value": true }));
    for page in PAGES.iter().filter(|page| !page.contains("INFRA-900")) {
        browser.open(&demo.page(page));
        let document = browser.call("DOM.getDocument", json!({ "depth": -1 }));
        let text = document.to_string();
        assert!(text.contains("\"hidden\""), "{page}: the search shows although it cannot work");
        assert!(text.contains("c.main"), "{page}");
        assert_eq!(browser.console(), Vec::<String>::new(), "{page}");
    }
}

/// Rows of an XSS cheat sheet, each with a word that it would leave in the window's title.
const HOSTILE: [&str; 20] = [
    "<script>document.title='ran'</script>",
    "<img src=x onerror=\"document.title='ran'\">",
    "<svg onload=\"document.title='ran'\"><script>document.title='ran'</script></svg>",
    "<svg><animate onbegin=document.title='ran' attributeName=x dur=1s>",
    "<body onload=document.title='ran'>",
    "<iframe src=\"javascript:document.title='ran'\"></iframe>",
    "<iframe srcdoc=\"<script>top.document.title='ran'</script>\"></iframe>",
    "<object data=\"javascript:document.title='ran'\"></object>",
    "<embed src=\"data:text/html,<script>top.document.title='ran'</script>\">",
    "<a href=\"java&#x73;cript:document.title='ran'\">click</a>",
    "<details open ontoggle=\"document.title='ran'\"><summary>x</summary></details>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=document.title='ran'&gt;\">",
    "<noscript><p title=\"</noscript><img src=x onerror=document.title='ran'>\"></noscript>",
    "<style>@import 'javascript:document.title=1';</style>",
    "<base href=\"javascript:document.title='ran'//\">",
    "<form action=\"javascript:document.title='ran'\"><button autofocus onfocus=\"document.title='ran'\">x</button></form>",
    "<input autofocus onfocus=\"document.title='ran'\">",
    "<video><source onerror=\"document.title='ran'\"></video>",
    "\"'><script>document.title='ran'</script>",
    "{{ 1 + 1 }}{% raw %}</title><script>document.title='ran'</script>",
];

#[test]
fn nothing_of_a_hostile_book_runs() {
    let Some(mut browser) = Chromium::start() else { return say_skipped("no chromium on the PATH") };
    let mut book = Fixture::book();
    for (number, text) in HOSTILE.iter().enumerate() {
        let quoted = serde_json::to_string(text).unwrap();
        book.write(
            &format!("tasks/INFRA-{}.md", 100 + number),
            format!(
                "+++\nid = \"INFRA-{}\"\ntitle = {quoted}\nkind = \"terraform\"\nlabels = [{quoted}]\nservices = [{quoted}]\nrequestor = {quoted}\ncustom = {quoted}\n\n[plan.production]\ndigest = {quoted}\nadd = 1\nchange = 0\ndestroy = 0\n+++\n\n## What\n\n{text}\n\n## {text}\n\n- [x] {text}\n\n[{text}]({text})\n\n```{text}\n{text}\n```\n",
                100 + number
            ),
        );
        book.git(&["add", "--all"]);
        let author = format!("{} <x{number}@example.org>", text.replace(['<', '>'], "‹"));
        book.git(&["commit", "--quiet", "--author", &author, "-m", text]);
    }
    book.write("docs/SUMMARY.md", "- [x](x.md)\n");
    book.write("docs/x.md", HOSTILE.join("\n\n"));
    book.commit("docs");
    book.run(&["build", "--allow-broken-links"]).expect(0);
    let site = book.root.join("book");
    let mut pages: Vec<PathBuf> = walkdir::WalkDir::new(&site)
        .into_iter()
        .filter_map(|entry| Some(entry.ok()?.into_path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "html" || ending == "svg"))
        .collect();
    pages.sort();
    assert!(pages.len() > 60);
    for page in pages {
        browser.open(&format!("file://{}", address(&page)));
        assert_ne!(browser.value("document.title"), json!("ran"), "{}", page.display());
        // A picture that does not exist is looked for, and that is all.
        let mut console = browser.console();
        console.retain(|line| !line.contains("ERR_FILE_NOT_FOUND"));
        assert!(console.is_empty(), "{}: {console:?}", page.display());
    }
    browser.open(&format!("file://{}/index.html", site.display()));
    browser.press("/");
    browser.type_text("script");
    assert!(browser.becomes("document.querySelectorAll('[role=option]').length > 0"));
    assert_ne!(browser.value("document.title"), json!("ran"));
    assert_eq!(browser.console(), Vec::<String>::new());
}

fn address(path: &Path) -> String {
    path.display().to_string().replace('%', "%25")
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
    browser.open(&format!("{site}tasks/INFRA-235.html"));
    assert_eq!(browser.console(), Vec::<String>::new());
    let file = demo.root.join("docs/index.md");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{text}\n[x](nowhere.md)\n")).unwrap();
    assert!(
        browser.becomes(
            "(document.querySelector('.serve-failure')?.textContent || '').includes('docs/index.md')"
        )
    );
    std::fs::write(&file, &text).unwrap();
    assert!(
        browser.becomes("document.readyState === 'complete' && !document.querySelector('.serve-failure')")
    );
}
