//! What the site promises besides its words: sheets that say the same without their spaces, zoom, paper, keyboard.

use serde_json::json;

use super::Demo;
use crate::support::chromium::Chromium;
use crate::support::say_skipped;

/// The site's sheets are written without spaces; a browser must read the same rules from them.
#[test]
fn sheets_mean_the_same_without_their_spaces() {
    let Some(mut browser) = Chromium::start() else { return say_skipped("no chromium on the PATH") };
    let demo = Demo::new();
    demo.build();
    browser.open("about:blank");
    let mut rules = |text: &str| {
        let text = json!(text);
        browser.value(&format!(
            "(() => {{ const sheet = new CSSStyleSheet(); sheet.replaceSync({text}); return [...sheet.cssRules].map((rule) => rule.cssText.replaceAll(', ', ',')); }})()"
        ))
    };
    for sheet in ["style.css", "record.css", "pages.css"] {
        let source = format!("{}/templates/site/{sheet}", env!("CARGO_MANIFEST_DIR"));
        let written = rules(&std::fs::read_to_string(source).unwrap());
        let built = rules(&std::fs::read_to_string(demo.root.join("book").join(sheet)).unwrap());
        let (written, built) = (written.as_array().unwrap(), built.as_array().unwrap());
        assert!(written.len() > 20);
        for (written, built) in written.iter().zip(built) {
            assert_eq!(built, written, "{sheet}");
        }
        assert_eq!(built.len(), written.len(), "{sheet}");
    }
}
