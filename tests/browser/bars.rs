//! What the site promises besides its words: sheets that say the same without their spaces, zoom, paper, keyboard.

use serde_json::json;

use super::{Demo, PAGES};
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
    for sheet in ["style.css", "record.css", "pages.css", "calendar.css"] {
        let source = format!("{}/templates/site/{sheet}", env!("CARGO_MANIFEST_DIR"));
        let written = rules(&std::fs::read_to_string(source).unwrap());
        let built = rules(&std::fs::read_to_string(demo.root.join("book").join(sheet)).unwrap());
        let (written, built) = (written.as_array().unwrap(), built.as_array().unwrap());
        assert!(written.len() > 15, "{sheet}");
        for (written, built) in written.iter().zip(built) {
            assert_eq!(built, written, "{sheet}");
        }
        assert_eq!(built.len(), written.len(), "{sheet}");
    }
}

/// At 200 % a window of 1280 has room for 640: what was there is there, and nothing goes over the edge.
#[test]
fn nothing_is_lost_at_twice_the_size() {
    let Some(mut browser) = Chromium::start() else { return say_skipped("no chromium on the PATH") };
    let demo = Demo::new();
    demo.build();
    // Words that can be seen: not those in closed folds, nor those that are for hearing only.
    let words =
        "[...new Set(document.querySelector('main').innerText.toLowerCase().match(/[\\p{L}\\p{N}]+/gu))]";
    for page in PAGES.iter().filter(|page| !page.contains("INFRA-900")) {
        browser.call(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": 1280, "height": 900, "deviceScaleFactor": 1, "mobile": false }),
        );
        browser.open(&demo.page(page));
        let before = browser.value(words);
        browser.call(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": 640, "height": 450, "deviceScaleFactor": 2, "mobile": false }),
        );
        let after = browser.value(words);
        // The manual's contents fold into a menu. Cells say themselves what they are where a table becomes lines. The month's grid names days on which nothing is; the list that takes its place does not.
        let heads = browser.value(
            "[...document.querySelectorAll('main thead th, main .contents li')].map((e) => e.textContent.toLowerCase()).join(' ')",
        );
        let heads: Vec<&str> = heads.as_str().unwrap().split_whitespace().collect();
        let is_grid =
            |word: &str| page.starts_with("calendar") && (word.len() < 3 || WEEKDAYS.contains(&word));
        let lost: Vec<&str> = before
            .as_array()
            .unwrap()
            .iter()
            .filter(|word| !after.as_array().unwrap().contains(word))
            .map(|word| word.as_str().unwrap())
            .filter(|word| !is_grid(word) && !heads.contains(word))
            .collect();
        assert_eq!(lost, Vec::<&str>::new(), "{page}");
        assert!(browser.value("document.documentElement.scrollWidth").as_u64() <= Some(640), "{page}");
    }
}

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The agenda and minutes of a meeting are two sheets of paper.
#[test]
fn a_meeting_prints_on_two_pages() {
    let Some(mut browser) = Chromium::start() else { return say_skipped("no chromium on the PATH") };
    let demo = Demo::new();
    demo.build();
    for page in ["meetings/2024-05-16.html", "meetings/2024-05-30.html"] {
        browser.open(&demo.page(page));
        // DIN A4, in inches.
        let paper = json!({ "paperWidth": 8.27, "paperHeight": 11.69, "printBackground": false });
        let printed = browser.call("Page.printToPDF", paper);
        let n_pages = pages_of(printed["data"].as_str().unwrap());
        assert!((1..=2).contains(&n_pages), "{page}: {n_pages} pages");
    }
}

/// How many pages a PDF has: its objects of type `Page`.
fn pages_of(base64: &str) -> usize {
    let digits = base64.bytes().filter_map(|byte| {
        Some(match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        })
    });
    let digits: Vec<u8> = digits.collect();
    let bytes: Vec<u8> = digits
        .chunks(4)
        .flat_map(|four| {
            let bits = four.iter().fold(0_u32, |bits, digit| bits << 6 | u32::from(*digit))
                << (6 * (4 - four.len()));
            bits.to_be_bytes()[1..four.len()].to_vec()
        })
        .collect();
    let text = String::from_utf8_lossy(&bytes);
    text.match_indices("/Type /Page").filter(|(at, found)| !text[at + found.len()..].starts_with('s')).count()
}

/// Nothing moves by itself, whatever the reader's system asks for.
#[test]
fn nothing_moves() {
    let Some(mut browser) = Chromium::start() else { return say_skipped("no chromium on the PATH") };
    let demo = Demo::new();
    demo.build();
    let moving = "[...document.querySelectorAll('*')].filter((e) => { const s = getComputedStyle(e); return s.animationName !== 'none' || s.transitionDuration.split(', ').some((d) => d !== '0s') || s.scrollBehavior === 'smooth'; }).map((e) => e.outerHTML.slice(0, 80)).concat(document.getAnimations().map(String))";
    for page in PAGES.iter().filter(|page| !page.contains("INFRA-900")) {
        browser.open(&demo.page(page));
        assert_eq!(browser.value(moving), json!([]), "{page}");
    }
}

/// With the keyboard alone: the first stop leads past the navigation, every stop can be seen and comes in the order of the
/// page, folds and menus open, and Escape gives the place back.
#[test]
fn the_keyboard_alone_is_enough() {
    let Some(mut browser) = Chromium::start() else { return say_skipped("no chromium on the PATH") };
    let demo = Demo::new();
    demo.build();
    let stop = "(() => { const e = document.activeElement; const box = e.getBoundingClientRect(); const s = getComputedStyle(e); return { text: e.textContent.trim().slice(0, 40), seen: box.width > 0 && box.bottom > 0 && box.right > 0 && s.visibility === 'visible' && box.top < innerHeight, ring: s.outlineStyle !== 'none' }; })()";
    for page in [
        "index.html",
        "tasks/INFRA-150.html",
        "runbooks/redis-cluster.html",
        "audit.html",
        "calendar/2024-W21.html",
    ] {
        browser.size(1440);
        browser.open(&demo.page(page));
        browser.press("Tab");
        assert_eq!(browser.value(stop)["text"], json!("Skip to content"), "{page}");
        let mut n_stops = 0;
        // Behind the last stop the browser's own window has the focus.
        while n_stops < 60 && browser.value("document.activeElement !== document.body") == json!(true) {
            let found = browser.value(stop);
            assert_eq!((&found["seen"], &found["ring"]), (&json!(true), &json!(true)), "{page}: {found}");
            browser.press("Tab");
            n_stops += 1;
        }
        assert!(n_stops > 20, "{page}: {n_stops} stops");
        browser.open(&demo.page(page));
        browser.press("Tab");
        browser.press("Enter");
        assert!(browser.becomes("document.activeElement.id === 'c.main'"), "{page}");
    }
    browser.open(&demo.page("tasks/INFRA-150.html"));
    browser.value("document.querySelector('.timeline summary').focus()");
    browser.press("Enter");
    assert!(browser.becomes("document.querySelector('.timeline details').open"));
    browser.value("document.querySelector('.more summary').focus()");
    browser.press("Enter");
    assert!(browser.becomes("document.querySelector('.more details').open"));
    browser.press("Escape");
    assert!(
        browser.becomes(
            "!document.querySelector('.more details').open && document.activeElement.closest('.more')"
        )
    );
}
