//! Blocks of Mermaid are drawn by the script that a book supplies, and are readable code without it.

use serde_json::json;

use super::Demo;
use crate::support::chromium::{Chromium, mermaid};
use crate::support::say_skipped;

const CHAPTER: &str = "# Flow\n\n```mermaid\ngraph TD\n  A[Propose] --> B{Reviewed?}\n  B --> C[Deploy]\n```\n\n```mermaid\nno drawing at all\n```\n";

/// Its words and links try to run.
const HOSTILE: &str = "# Flow\n\n```mermaid\ngraph TD\n  X[\"<img src=x onerror=document.title='ran'>\"] --> Y\n  click X \"javascript:document.title='ran'\"\n```\n";

#[test]
fn blocks_of_mermaid_are_drawn_where_the_book_has_the_script() {
    let Some(mut browser) = Chromium::start() else { return say_skipped("no chromium on the PATH") };
    let Some(script) = mermaid() else { return say_skipped("mermaid is not installed") };
    let demo = Demo::new();
    std::fs::write(demo.root.join("docs/flow.md"), CHAPTER).unwrap();
    std::fs::write(demo.root.join("docs/hostile.md"), HOSTILE).unwrap();
    let count = |browser: &mut Chromium, what: &str| {
        browser.value(&format!("document.querySelectorAll({}).length", json!(what)))
    };
    demo.build();
    browser.open(&demo.page("manual/flow.html"));
    assert_eq!(count(&mut browser, "pre > code.language-mermaid"), json!(2));
    assert_eq!(count(&mut browser, "svg:not(.shapes, .mark)"), json!(0));
    assert_eq!(browser.console(), Vec::<String>::new());

    std::fs::create_dir_all(demo.root.join("brand")).unwrap();
    std::fs::write(demo.root.join("brand/mermaid.js"), script).unwrap();
    let settings = demo.root.join("book.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    let theme = "\n[preprocessor.changebook.theme]\nmermaid = \"brand/mermaid.js\"\n";
    std::fs::write(&settings, text + theme).unwrap();
    demo.build();
    browser.open(&demo.page("manual/flow.html"));
    assert!(
        browser.becomes("document.querySelectorAll('figure.diagram svg').length === 1"),
        "one is a drawing"
    );
    // The drawing has its styles: a node is not black as an SVG without any would be.
    let fill = browser.value("getComputedStyle(document.querySelector('figure.diagram .node rect, figure.diagram .node polygon')).fill");
    assert_ne!(fill, json!("rgb(0, 0, 0)"));
    let text = browser.value("document.querySelector('figure.diagram').textContent");
    assert!(text.as_str().unwrap().contains("Propose"), "{text}");
    assert_eq!(count(&mut browser, "main > * pre > code.language-mermaid"), json!(2), "the source stays");
    let broken =
        browser.value("[...document.querySelectorAll('pre > code.language-mermaid')][1].checkVisibility()");
    assert_eq!(broken, json!(true), "what is no drawing is readable");
    assert_eq!(browser.console(), Vec::<String>::new());

    browser.open(&demo.page("manual/hostile.html"));
    assert!(browser.becomes("document.querySelectorAll('figure.diagram svg').length === 1"));
    assert_eq!(count(&mut browser, "figure img, figure a[*|href^=javascript]"), json!(0));
    assert_ne!(browser.value("document.title"), json!("ran"));

    // Pages without a block have the strict policy and no such script.
    browser.open(&demo.page("manual/index.html"));
    assert_eq!(count(&mut browser, "script[src*=mermaid]"), json!(0));
    let policy = browser.value("document.querySelector('meta[http-equiv]').content");
    assert!(!policy.as_str().unwrap().contains("unsafe-inline"), "{policy}");
}
