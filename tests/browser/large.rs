//! The search of a book whose entries come in several files: what is found does not depend on how fast somebody types.

use serde_json::json;

use crate::support::chromium::Chromium;
use crate::support::{Fixture, say_skipped};

/// Three files of entries and a part of a fourth.
const TASKS: usize = 650;

#[test]
fn answers_are_the_same_whether_a_query_is_typed_or_pasted() {
    let Some(mut browser) = Chromium::start() else { return say_skipped("no chromium on the PATH") };
    let mut book = Fixture::book();
    for number in 1..=TASKS {
        let risk = ["low", "medium", "high"][number % 3];
        let title = if number == 7 {
            "Upgrade C++ and C# tools".to_owned()
        } else {
            format!("Change number {number}")
        };
        book.write(
            &format!("tasks/OPS-{}.md", 1000 + number),
            format!("+++\nid = \"OPS-{}\"\ntitle = \"{title}\"\nkind = \"general\"\nrisk = \"{risk}\"\n+++\n\n## What\n\nWords.\n", 1000 + number),
        );
    }
    book.commit("many");
    book.run(&["build"]).expect(0);
    let page = format!("file://{}/book/index.html", book.root.display());
    let hint = "document.getElementById('c.hint').textContent";
    let first = "document.querySelector('[role=option]')?.textContent";
    // By hand: 201 of the IDs 1001 to 1650 have a five, those of all titles whose number begins with one among them; each
    // third record from the second on is of high risk.
    for (query, answers, best) in [
        ("number 5", 201, "OPS-1005"),
        ("upgrade c", 1, "OPS-1007"),
        ("Upgrade C++", 1, "OPS-1007"),
        ("risk:high", 217, "OPS-1650"),
        ("risk:high type:task number", 217, "Change number"),
        ("ops-1001", 1, "OPS-1001"),
    ] {
        for pasted in [true, false] {
            browser.open(&page);
            browser.press("/");
            let parts =
                if pasted { vec![query.to_owned()] } else { query.chars().map(String::from).collect() };
            for part in parts {
                browser.type_text(&part);
            }
            let shown = format!("({first} || '').includes({})", json!(best));
            assert!(browser.becomes(&shown), "{query}: {} {}", browser.value(first), browser.value(hint));
            let wanted = format!("{answers} result{}", if answers == 1 { "" } else { "s" });
            let told = format!("{hint}.startsWith({})", json!(wanted));
            assert!(browser.becomes(&told), "{query}: {}", browser.value(hint));
            assert_eq!(browser.console(), Vec::<String>::new(), "{query}");
        }
    }
}
