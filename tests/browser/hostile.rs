//! Texts that would run script where a browser is careless.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::support::chromium::Chromium;
use crate::support::{Fixture, say_skipped};

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
