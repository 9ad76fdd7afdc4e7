//! Five questions of people who have never seen the site, each answered within two taps of the overview.

use serde_json::json;

use super::Demo;
use crate::support::chromium::Chromium;
use crate::support::say_skipped;

/// A question: the links that are followed, by what they show, and what then stands on the page.
struct Question {
    asked: &'static str,
    taps: &'static [&'static str],
    answer: &'static [&'static str],
}

const QUESTIONS: [Question; 6] = [
    Question {
        asked: "What may go out on Saturday?",
        taps: &[],
        answer: &["1 Jun 2024 02:00", "INFRA-230", "standard window", "gate closed", "missing"],
    },
    Question {
        asked: "Why is INFRA-230 not allowed yet?",
        taps: &["INFRA-230"],
        answer: &["closed", "DevOps lead review", "Security review", "approval-missing", "to do:"],
    },
    Question {
        asked: "Who approved INFRA-150, and was it signed?",
        taps: &["Records", "INFRA-150"],
        answer: &["Security review", "Sam", "15 May 2024", "not signed", "on this text"],
    },
    Question {
        asked: "Redis memory is full, what now?",
        taps: &["Runbooks", "High memory usage"],
        answer: &["What do you see?", "High memory usage", "redis-cli", "RTO"],
    },
    Question {
        asked: "Every exception in May?",
        taps: &["Audit"],
        answer: &["Exceptions", "emergency-unreviewed", "26 May 2024", "With exceptions"],
    },
    Question {
        asked: "What happens hour by hour this week?",
        taps: &["Calendar", "by the hour"],
        answer: &["standard window", "Board meets"],
    },
];

#[test]
fn five_questions_are_answered_within_two_taps() {
    let Some(mut browser) = Chromium::start() else { return say_skipped("no chromium on the PATH") };
    let demo = Demo::new();
    demo.build();
    // The reader at three in the morning has a phone; what stands under More is one tap more, and that is no page.
    for width in [390, 1440] {
        browser.size(width);
        for Question { asked, taps, answer } in &QUESTIONS {
            assert!(taps.len() <= 2);
            browser.open(&demo.page("index.html"));
            for tap in *taps {
                let find = format!(
                    "(() => {{ const seen = [...document.querySelectorAll('main a, .places a')].filter((a) => a.checkVisibility()); const link = seen.find((a) => a.textContent.trim() === {tap}) || seen.find((a) => a.textContent.includes({tap})); if (link) link.id = 'tapped'; return Boolean(link); }})()",
                    tap = json!(tap)
                );
                if browser.value(&find) != json!(true) {
                    browser.click(".more summary");
                }
                assert_eq!(browser.value(&find), json!(true), "{asked}: no link {tap} at {width}");
                let before = browser.value("location.href");
                browser.click("#tapped");
                assert!(
                    browser.becomes(&format!(
                        "location.href !== {before} && document.readyState === 'complete'"
                    )),
                    "{asked}: {tap} at {width}, {}", browser.value("document.getElementById('tapped')?.outerHTML + JSON.stringify(document.getElementById('tapped')?.getBoundingClientRect())")
                );
            }
            let text = browser.value("document.querySelector('main').innerText");
            for wanted in *answer {
                assert!(text.as_str().unwrap().contains(wanted), "{asked} {width}: no {wanted} in {text}");
            }
        }
    }
}
