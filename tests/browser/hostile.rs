//! Texts that would run script where a browser is careless: in every place where a book has texts, with the pages' own
//! policy and without it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::support::chromium::Chromium;
use crate::support::{Fixture, say_skipped};

/// Rows of a cheat sheet. `RUN` stands for a script that leaves a word in the window's title.
const ROWS: [&str; 62] = [
    // Elements that run.
    "<script>RUN</script>",
    "<SCRIPT/x>RUN</SCRIPT >",
    "<scr<script>ipt>RUN</scr</script>ipt>",
    "<script src=\"data:text/javascript,RUN\"></script>",
    "<script type=module>RUN</script>",
    "<<script>RUN//<</script>",
    "</p></div></main><script>RUN</script>",
    "{{ 1 + 1 }}{% raw %}</title><script>RUN</script>",
    "\"'><script>RUN</script>",
    "--><!-- --!><script>RUN</script>",
    "<![CDATA[<script>RUN</script>]]>",
    "<?xml version=\"1.0\"?><script>RUN</script>",
    // Event handlers, also of elements that need no click.
    "<img src=x onerror=\"RUN\">",
    "<img src=x onerror=RUN//",
    "<img/src=x/onerror=RUN>",
    "<img src=\"x` `<script>RUN</script>\"` `onerror=RUN>",
    "<img \"\"\"><script>RUN</script>\">",
    "<IMG SRC=x OnErRoR=RUN>",
    "<img src=x onerror\n=\n\"RUN\">",
    "<img src=x onerror=&#82;&#85;&#78;>",
    "<body onload=\"RUN\">",
    "<svg onload=\"RUN\"><script>RUN</script></svg>",
    "<svg/onload=RUN>",
    "<video><source onerror=\"RUN\"></video>",
    "<audio src=x onerror=RUN autoplay>",
    "<details open ontoggle=\"RUN\"><summary>x</summary></details>",
    "<input autofocus onfocus=\"RUN\">",
    "<select autofocus onfocus=RUN><option>x</select>",
    "<a id=x tabindex=1 onfocus=RUN autofocus>x</a>",
    "<marquee onstart=\"RUN\">x</marquee>",
    "<p onanimationstart=RUN style=\"animation:x 1s\">x</p><style>@keyframes x{}</style>",
    "<div onpointerenter=RUN oncontentvisibilityautostatechange=RUN style=\"content-visibility:auto\">x</div>",
    "<x onclick=RUN contenteditable>click</x>",
    // Addresses.
    "<a href=\"javascript:RUN\">click</a>",
    "<a href=\"java&#x73;cript:RUN\">click</a>",
    "<a href=\"&#1;javascript:RUN\">click</a>",
    "<a href=\"jav&#x09;ascript:RUN\">click</a>",
    "<a href=\"JaVaScRiPt&colon;RUN\">click</a>",
    "<a href=\"vbscript:RUN\">click</a>",
    "<a href=\"data:text/html;base64,PHNjcmlwdD50b3AuZG9jdW1lbnQudGl0bGU9J3Jhbic8L3NjcmlwdD4=\">click</a>",
    "[click](javascript:RUN)",
    "[click](<java\tscript:RUN>)",
    "[click](javascript&#58;RUN)",
    "![x](javascript:RUN) ![x](data:image/svg+xml,<svg/onload=RUN>)",
    "<javascript:RUN>",
    "[x]: javascript:RUN\n\n[click][x]",
    // Frames and the like.
    "<iframe src=\"javascript:RUN\"></iframe>",
    "<iframe srcdoc=\"<script>RUN</script>\"></iframe>",
    "<object data=\"javascript:RUN\"></object>",
    "<embed src=\"data:text/html,<script>RUN</script>\">",
    "<meta http-equiv=\"refresh\" content=\"0;url=javascript:RUN\">",
    "<link rel=stylesheet href=\"data:text/css,*{x:expression(RUN)}\">",
    "<base href=\"javascript:RUN//\">",
    "<form action=\"javascript:RUN\"><button autofocus onfocus=\"RUN\">x</button></form>",
    "<form id=x></form><button form=x formaction=\"javascript:RUN\">x</button>",
    // What a second reading of the same text would make of it.
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=RUN&gt;\">",
    "<math><annotation-xml encoding=\"text/html\"><img src=x onerror=RUN></annotation-xml></math>",
    "<svg></p><style><a id=\"</style><img src=1 onerror=RUN>\">",
    "<noscript><p title=\"</noscript><img src=x onerror=RUN>\"></noscript>",
    "<svg><animate onbegin=RUN attributeName=x dur=1s><set attributeName=href to=javascript:RUN></svg>",
    "<svg><use href=\"data:image/svg+xml,<svg id='x' xmlns='http://www.w3.org/2000/svg'><script>RUN</script></svg>#x\"/></svg>",
    "<template><script>RUN</script></template><img src='x' alt='a\n",
];

/// Drawings that do more than draw; none of them may be copied into the site.
const DRAWINGS: [&str; 6] = [
    "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>RUN</script></svg>",
    "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"RUN\"/>",
    "<svg xmlns=\"http://www.w3.org/2000/svg\"><foreignObject><body xmlns=\"http://www.w3.org/1999/xhtml\" onload=\"RUN\"/></foreignObject></svg>",
    "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:s=\"http://www.w3.org/2000/svg\"><s:script>RUN</s:script></svg>",
    "<?xml-stylesheet href=\"javascript:RUN\"?><svg xmlns=\"http://www.w3.org/2000/svg\"/>",
    "<!DOCTYPE svg [<!ENTITY x \"<script xmlns='http://www.w3.org/2000/svg'>RUN</script>\">]><svg xmlns=\"http://www.w3.org/2000/svg\">&x;</svg>",
];

fn armed(row: &str) -> String {
    row.replace("RUN", "top.document.title='ran'")
}

/// Each row in each place of a record of its own: body, heading, item, link, code, title, label, service, requestor, keys of
/// the record's own, values of a plan, author and subject; and in the manual, the names of files, and drawings.
fn hostile_book() -> Fixture {
    let mut book = Fixture::book();
    for (number, row) in ROWS.iter().enumerate() {
        let text = armed(row);
        let id = format!("INFRA-{}", 100 + number);
        let quoted = serde_json::to_string(&text).unwrap().replace("\\t", "\\u0009");
        let head = format!(
            "+++\nid = \"{id}\"\ntitle = {quoted}\nkind = \"terraform\"\nlabels = [{quoted}]\nservices = [{quoted}]\nrequestor = {quoted}\nwindow = {quoted}\ncustom = {quoted}\n+++\n"
        );
        // The plan comes first: a hostile text may swallow whatever follows it, and nothing is put there.
        let body = format!(
            "\n## Plan\n\n## What\n\n{text}\n\n## {text}\n\n- [x] {text}\n\n> {text}\n\n[{text}]({text})\n\n| {text} |\n|---|\n| {text} |\n\n```{text}\n{text}\n```\n"
        );
        book.write(&format!("tasks/{id}.md"), head + &body);
        let plan = json!({ "format_version": "1.2", "resource_changes": [{
            "address": text, "mode": "managed", "type": text, "name": text, "action_reason": text,
            "change": { "actions": ["update"], "before": { "a": "1" }, "after": { "a": text } },
        }] });
        book.plan(&id, "production", &plan.to_string());
        book.git(&["add", "--all"]);
        let author = format!("{} <x{number}@example.org>", text.replace(['<', '>', '\n'], "‹"));
        book.git(&["commit", "--quiet", "--author", &author, "-m", &text]);
    }
    book.write("docs/SUMMARY.md", "- [x](x.md)\n");
    let drawings = DRAWINGS.iter().enumerate().map(|(number, drawing)| {
        book.write(&format!("docs/{number}.svg"), armed(drawing));
        format!("![x]({number}.svg) [x]({number}.svg)\n")
    });
    let drawings: Vec<String> = drawings.collect();
    let rows: Vec<String> = ROWS.iter().map(|row| armed(row)).collect();
    book.write("docs/x.md", format!("{}\n\n{}", drawings.join("\n"), rows.join("\n\n")));
    book.commit("docs");
    book
}

#[test]
fn nothing_of_a_hostile_book_runs() {
    let Some(mut browser) = Chromium::start() else { return say_skipped("no chromium on the PATH") };
    let book = hostile_book();
    book.run(&["build", "--allow-broken-links"]).expect(0);
    let site = book.root.join("book");
    let pages = pages(&site);
    let drawn = |page: &&PathBuf| page.display().to_string().contains(".radius-");
    assert!(pages.len() > 120 && pages.iter().filter(drawn).count() > 60, "{}", pages.len());
    for number in 0..DRAWINGS.len() {
        assert!(!site.join(format!("manual/{number}.svg")).exists(), "drawing {number} was copied");
    }
    for page in &pages {
        browser.open(&address(page));
        assert_ne!(browser.value("document.title"), json!("ran"), "{}", page.display());
        // A picture that does not exist is looked for, and that is all.
        let mut console = browser.console();
        console.retain(|line| !line.contains("ERR_FILE_NOT_FOUND"));
        assert!(console.is_empty(), "{}: {console:?}", page.display());
    }
    browser.open(&address(&site.join("index.html")));
    browser.press("/");
    browser.type_text("script");
    assert!(browser.becomes("document.querySelectorAll('[role=option]').length > 0"));
    assert_ne!(browser.value("document.title"), json!("ran"));
    assert_eq!(browser.console(), Vec::<String>::new());
}

/// The policy is a second wall. Without it the first one must hold alone: nothing runs by itself, and nothing is left that a
/// click, a focus or a pointer would run.
#[test]
fn nothing_runs_without_the_policy_either() {
    let Some(mut browser) = Chromium::start() else { return say_skipped("no chromium on the PATH") };
    let book = hostile_book();
    book.run(&["build", "--allow-broken-links"]).expect(0);
    let pages = pages(&book.root.join("book"));
    for page in pages.iter().filter(|page| page.extension().is_some_and(|ending| ending == "html")) {
        let text = std::fs::read_to_string(page).unwrap();
        let start =
            text.find("<meta http-equiv=\"Content-Security-Policy\"").expect("every page has a policy");
        let end = start + text[start..].find('>').unwrap() + 1;
        std::fs::write(page, format!("{}{}", &text[..start], &text[end..])).unwrap();
    }
    // One row in an unprotected page of our own shows that the rows are alive and the test could fail.
    let control = book.root.join("book/control.html");
    std::fs::write(&control, armed("<title>x</title><svg onload=\"RUN\">")).unwrap();
    browser.open(&address(&control));
    assert!(browser.becomes("document.title === 'ran'"));
    let leftovers = "[...document.querySelectorAll('*')].flatMap((e) => [...e.attributes].map((a) => [e.localName, a.name, a.value])).filter(([tag, name, value]) => name.startsWith('on') || name === 'style' || name === 'srcdoc' || name === 'formaction' || ['href', 'src', 'action', 'data', 'xlink:href', 'srcset'].includes(name) && /^[\\s\\u0000-\\u0020]*(javascript|vbscript|data):/i.test(value)).map((found) => found.join(' ')).concat([...document.querySelectorAll('script:not([src]), iframe, object, embed, form, base, meta[http-equiv=refresh], html style, math, animate, set, foreignObject, template')].map((e) => e.outerHTML.slice(0, 80)))";
    let act = "for (const e of document.querySelectorAll('main *')) { e.dispatchEvent(new Event('focus')); e.dispatchEvent(new PointerEvent('pointerenter')); const link = e.closest('a'); if (!link || !['http:', 'https:', 'mailto:', 'ftp:', 'file:', ''].includes(link.protocol ?? '')) e.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true })); } document.title";
    let mut seen = BTreeSet::new();
    for page in &pages {
        browser.open(&address(page));
        assert_ne!(browser.value("document.title"), json!("ran"), "{}", page.display());
        assert_eq!(browser.value(leftovers), json!([]), "{}", page.display());
        if page.extension().is_some_and(|ending| ending == "html") {
            assert_ne!(browser.value(act), json!("ran"), "{}", page.display());
        }
        seen.insert(page);
    }
    assert!(seen.len() > 120);
}

fn pages(site: &Path) -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> = walkdir::WalkDir::new(site)
        .into_iter()
        .filter_map(|entry| Some(entry.ok()?.into_path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "html" || ending == "svg"))
        .collect();
    pages.sort();
    pages
}

fn address(path: &Path) -> String {
    format!("file://{}", path.display().to_string().replace('%', "%25"))
}
