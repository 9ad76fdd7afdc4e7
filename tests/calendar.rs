//! The calendar's pages: what is to come, and what happened.

use crate::support::Fixture;

/// The demo's book in the place of the fixture's.
fn demo() -> Fixture {
    let mut book = Fixture::empty();
    book.run(&["demo", "../demo"]).expect(0);
    book.root = book.root.join("../demo").canonicalize().unwrap();
    book
}

/// The entries of a day in a page's list, without their tags.
fn day(page: &str, title: &str) -> Vec<String> {
    let list = page.split_once("<ol class=\"days\">").unwrap().1;
    let Some((_, rest)) = list.split_once(&format!("<h3>{title}")) else { return Vec::new() };
    let entries = rest.split("</ul>").next().unwrap().split("<li").skip(1);
    let plain = |html: &str| {
        let texts = html.split('<').map(|part| part.split_once('>').map_or("", |(_, text)| text));
        texts.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    entries.map(|entry| plain(&format!("<li{entry}"))).collect()
}

/// By hand, from `changebook audit` of the demo: five deployments in five weeks, one of them where it was scheduled.
#[test]
fn what_was_deployed_stands_at_its_time() {
    let book = demo();
    book.run(&["build"]).expect(0);
    let month = book.read("book/calendar.html");
    for (title, expected) in [
        ("Tue 7 May", &["14:00 INFRA-100 Add a Redis cluster for caching deployed"][..]),
        ("Tue 21 May", &[]),
        ("Wed 22 May", &["10:30 INFRA-200 Update the API deployment deployed"]),
        (
            "Thu 23 May",
            &["10:00 INFRA-210 Upgrade ingress-nginx to 4.8.0 rolled back 10:25", "15:00 Board meets"],
        ),
        (
            "Sat 25 May",
            &[
                "02:00–06:00 standard window",
                "02:00–05:00 INFRA-150 Migrate to the new VPC deployed 02:40 deployer-approved",
            ],
        ),
        (
            "Sun 26 May",
            &["23:25 INFRA-220 Grow the full log volume emergency, deployed emergency-unreviewed"],
        ),
        ("Tue 28 May", &["11:00 INFRA-210 Upgrade ingress-nginx to 4.8.0 deployed"]),
        ("Wed 29 May", &["nothing"]),
    ] {
        assert_eq!(day(&month, title), expected, "{title}");
    }
    assert!(month.contains("href=\"tasks/INFRA-150.rules.html#"), "the exception leads to its evidence");
    assert!(book.root.join("book/calendar/2024-W19.html").exists(), "a week in which something was deployed");
    // Staging has no gate: what went there alone is no entry.
    assert!(day(&month, "Wed 15 May").is_empty(), "{month}");
}

/// On a phone nothing but the list is seen.
#[test]
fn the_list_says_where_today_is() {
    let book = demo();
    book.run(&["build"]).expect(0);
    let month = book.read("book/calendar.html");
    assert!(month.contains("<a href=\"#c.today\">Today</a>"), "{month}");
    assert!(month.contains("id=\"c.today\"><h3>Wed 29 May <span class=\"now\">today</span>"), "{month}");
    let next = book.read("book/calendar/2024-07.html");
    assert!(!next.contains("c.today") && next.contains("href=\"../calendar.html\">This month</a>"), "{next}");
    assert!(!month.contains("This month"), "{month}");
}

/// By hand: frozen from Thursday 18:00 until Sunday 08:00, so that nothing goes out in Saturday's window; a week later
/// `orders` alone is frozen, from the middle of the window on. Two tasks change `orders` in one opening.
#[test]
fn freezes_have_hours_and_what_is_named_has_links() {
    let mut book = demo();
    let policy = book.read("policy.toml");
    let freeze = "\n[[freeze]]\nname = \"Quarter close\"\nfrom = 2024-05-30T18:00:00+02:00\nto = 2024-06-02T08:00:00+02:00\n\
                  [[freeze]]\nname = \"Audit\"\nfrom = 2024-06-08T04:00:00+02:00\nto = 2024-06-08T12:00:00+02:00\n\
                  services = [\"orders\"]\n";
    book.write("policy.toml", policy + freeze);
    let times = "services = [\"orders\"]\nwindow = \"standard\"\nscheduled = 2024-06-01T03:00:00+02:00\nduration = \"2h\"\n";
    book.replace("tasks/INFRA-235.md", "requestor = ", &format!("{times}requestor = "));
    // 29 May 2024 17:00 +02:00.
    book.set_clock(1_716_994_800);
    book.commit("INFRA-235: beside INFRA-230");
    book.run(&["build"]).expect(0);
    let month = book.read("book/calendar/2024-06.html");
    assert_eq!(day(&month, "Thu 30 May"), ["15:00 Board meets", "from 18:00 freeze: Quarter close"]);
    assert_eq!(day(&month, "Fri 31 May"), ["goes on: freeze: Quarter close"]);
    assert_eq!(day(&month, "Sun 2 Jun"), ["until 08:00 goes on: freeze: Quarter close"]);
    let saturday = day(&month, "Sat 1 Jun");
    assert!(saturday.contains(&"02:00–06:00 standard window, frozen".to_owned()), "{saturday:?}");
    let next = day(&month, "Sat 8 Jun");
    assert!(
        next.contains(&"02:00–06:00 standard window, frozen from 04:00 for orders".to_owned()),
        "{next:?}"
    );
    assert!(next.contains(&"04:00–12:00 freeze: Audit for orders".to_owned()), "{next:?}");
    // Of four days with a freeze of everything, on two in half; none for the one of `orders`.
    let cells = |part: &str| month.matches(&format!(" frozen {part}")).count();
    assert_eq!((cells("whole"), cells("early"), cells("late")), (2, 1, 1), "{month}");
    for wanted in [
        "<a href=\"../tasks/INFRA-230.html\">INFRA-230</a> and <a href=\"../tasks/INFRA-235.html\">INFRA-235</a> both change orders",
        "<a href=\"../meetings/2024-05-30.html\">Board meets</a>",
        "<li class=\"entry window shut\">",
        "<li class=\"entry window\">",
        "frozen late\"",
        "frozen early\"",
    ] {
        assert!(month.contains(wanted), "{wanted}: {month}");
    }
}
