//! A runbook at night on a phone: its commands can be read, hit and copied.

use serde_json::json;

use super::Demo;
use crate::support::chromium::Chromium;
use crate::support::say_skipped;

/// Commands of which a word is broken within, that are not as wide as their step, or that a small button stands over.
const WRONG: &str = "[...document.querySelectorAll('.steps .command')].filter((row) => { const frame = row.closest('.copyable'); const step = row.closest('li'); const style = getComputedStyle(step); const width = step.clientWidth - parseFloat(style.paddingLeft); const button = frame.querySelector('.copy').getBoundingClientRect(); return frame.offsetWidth < width || button.width < 44 || button.height < 44 || [...row.children].some((word) => word.offsetHeight > 24); }).map((row) => row.textContent)";
/// Buttons that stand over what they copy.
const OVER: &str = "[...document.querySelectorAll('.copyable')].filter((frame) => { const [text, button] = [...frame.children].map((e) => e.getBoundingClientRect()); return text.right > button.left && text.bottom > button.top; }).map((frame) => frame.textContent)";
/// Commands to check a page with that must be moved to be read.
const SCROLLS: &str = "[...document.querySelectorAll('.check pre')].filter((block) => block.scrollWidth > block.clientWidth).length";

#[test]
fn commands_of_steps_are_copied_whole() {
    let Some(mut browser) = Chromium::start() else { return say_skipped("no chromium on the PATH") };
    let demo = Demo::new();
    demo.build();
    for width in [320, 390, 1440] {
        browser.size(width);
        browser.open(&demo.page("runbooks/redis-cluster.html"));
        assert!(
            browser.value("document.querySelectorAll('.steps .command + .copy').length").as_u64() > Some(4)
        );
        assert_eq!(browser.value(WRONG), json!([]), "{width}");
        for page in ["runbooks/redis-cluster.html", "tasks/INFRA-150.html", "manual/changes.html"] {
            browser.open(&demo.page(page));
            assert_eq!(browser.value(OVER), json!([]), "{page} {width}");
            assert_eq!(browser.value(SCROLLS), json!(0), "{page} {width}");
        }
    }
    browser.open(&demo.page("runbooks/redis-cluster.html"));
    browser.value("Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => { window.copied = text; } } }), 0");
    browser.click(".steps .command + .copy");
    assert!(browser.becomes("window.copied === 'redis-cli --bigkeys'"), "{}", browser.value("window.copied"));
    assert!(browser.becomes("document.querySelector('.steps .copy').textContent === 'Copied'"));
}
