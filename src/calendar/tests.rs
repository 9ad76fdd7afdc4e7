//! Tables worked out by hand.

use super::*;
use crate::policy::{Policy, Recurrence, Window};

/// The policy with these lines.
fn policy(text: &str) -> Policy {
    let (policy, found) = Policy::parse("policy.toml", text);
    policy.unwrap_or_else(|| panic!("{found:#?}"))
}

fn at(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_second()
}

fn weekly(day: &str, start: &str, duration: &str, zone: &str) -> Policy {
    policy(&format!(
        "[windows.w]\nrrule = \"FREQ=WEEKLY;BYDAY={day}\"\nstart = \"{start}\"\nduration = \"{duration}\"\ntimezone = \"{zone}\"\n"
    ))
}

#[test]
fn openings_across_clock_changes() {
    type Case<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str, &'a str);
    // day, start, zone, a moment of that day, opens, closes (UTC); all last four hours exactly.
    let table: &[Case<'_>] = &[
        ("SA", "02:00", "Europe/Berlin", "2024-03-30T12:00Z", "2024-03-30T01:00Z", "2024-03-30T05:00Z"),
        ("SA", "02:00", "Europe/Berlin", "2024-04-06T12:00Z", "2024-04-06T00:00Z", "2024-04-06T04:00Z"),
        // Sunday 2024-03-31: 02:00 is 03:00. The window ends at 07:00 by the clock.
        ("SU", "02:00", "Europe/Berlin", "2024-03-31T12:00Z", "2024-03-31T01:00Z", "2024-03-31T05:00Z"),
        ("SU", "02:30", "Europe/Berlin", "2024-03-31T12:00Z", "2024-03-31T01:30Z", "2024-03-31T05:30Z"),
        ("SU", "01:00", "Europe/Berlin", "2024-03-31T12:00Z", "2024-03-31T00:00Z", "2024-03-31T04:00Z"),
        // Sunday 2024-10-27: 02:00 and 02:30 come twice; the first pass counts.
        ("SU", "02:00", "Europe/Berlin", "2024-10-27T12:00Z", "2024-10-27T00:00Z", "2024-10-27T04:00Z"),
        ("SU", "02:30", "Europe/Berlin", "2024-10-27T12:00Z", "2024-10-27T00:30Z", "2024-10-27T04:30Z"),
        ("SU", "03:00", "Europe/Berlin", "2024-10-27T12:00Z", "2024-10-27T02:00Z", "2024-10-27T06:00Z"),
        ("SU", "01:30", "America/New_York", "2024-11-03T12:00Z", "2024-11-03T05:30Z", "2024-11-03T09:30Z"),
        // Half an hour of daylight saving.
        ("SU", "02:15", "Australia/Lord_Howe", "2024-10-05T20:00Z", "2024-10-05T15:45Z", "2024-10-05T19:45Z"),
        ("SA", "02:00", "Asia/Kathmandu", "2024-05-24T23:00Z", "2024-05-24T20:15Z", "2024-05-25T00:15Z"),
    ];
    for (day, start, zone, moment, opens, closes) in table {
        let policy = weekly(day, start, "4h", zone);
        let window = policy.window("w").unwrap();
        let moment = at(moment);
        let found = openings(window, moment - 86_400, moment + 3_600);
        assert_eq!(found, [Opening { start: at(opens), end: at(closes) }], "{day} {start} {zone}");
        let (opens, closes) = (at(opens), at(closes));
        assert_eq!(open_at(window, opens - 1), None, "{day} {start} {zone}");
        assert!(open_at(window, opens).is_some() && open_at(window, closes - 1).is_some());
        assert_eq!(open_at(window, closes), None);
        assert_eq!(open_until(window, opens), Some(closes));
        assert_eq!(next_opening(window, opens - 1).map(|o| o.start), Some(opens));
        assert!(next_opening(window, opens).unwrap().start > opens);
    }
}

#[test]
fn a_day_that_a_zone_leaves_out_opens_once() {
    let policy = policy(
        "[windows.w]\nrrule = \"FREQ=DAILY\"\nstart = \"02:00\"\nduration = \"1h\"\ntimezone = \"Pacific/Apia\"\n",
    );
    let found = openings(policy.window("w").unwrap(), at("2011-12-29T00:00Z"), at("2012-01-01T00:00Z"));
    let starts: Vec<i64> = found.iter().map(|o| o.start).collect();
    // 29 December 02:00 at −10, then 31 December 02:00 at +14.
    assert_eq!(starts, [at("2011-12-29T12:00Z"), at("2011-12-30T12:00Z"), at("2011-12-31T12:00Z")]);
}

proptest::proptest! {
    /// What is open at a moment, what comes next, and the list of openings say the same.
    #[test]
    fn all_questions_have_one_answer(
        rule in proptest::sample::select(vec![
            "FREQ=DAILY", "FREQ=WEEKLY;BYDAY=SA", "FREQ=WEEKLY;BYDAY=SU", "FREQ=MONTHLY;BYDAY=-1SU",
            "FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU",
        ]),
        zone in proptest::sample::select(vec!["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia"]),
        hour in 0..24i8,
        hours in 1..60i64,
        moment in 1_300_000_000..1_900_000_000i64,
    ) {
        let window = &Window::Recurring {
            rrule: Recurrence::parse(rule).unwrap(),
            from: None,
            start: jiff::civil::Time::constant(hour, 30, 0, 0),
            duration: hours * 3_600,
            timezone: jiff::tz::TimeZone::get(zone).unwrap(),
        };
        let day = 86_400;
        let list = openings(window, moment - 10 * day, moment + 800 * day);
        for pair in list.windows(2) {
            proptest::prop_assert!(pair[0].start < pair[1].start);
        }
        proptest::prop_assert!(list.iter().all(|opening| opening.end - opening.start == hours * 3_600));
        let open = list.iter().filter(|opening| opening.contains(moment)).max_by_key(|opening| opening.end).copied();
        proptest::prop_assert_eq!(open_at(window, moment), open);
        let next = list.iter().find(|opening| opening.start > moment).copied();
        proptest::prop_assert_eq!(next_opening(window, moment), next);
        let until = open_until(window, moment);
        proptest::prop_assert_eq!(until.is_some(), open.is_some());
        if let Some(until) = until.filter(|until| *until < moment + 300 * day) {
            proptest::prop_assert!(open_at(window, until).is_none() && open_at(window, until - 1).is_some());
        }
    }
}

#[test]
fn one_off_windows_and_windows_that_join() {
    let policy = policy(
        "[windows.once]\nfrom = 2026-05-01T02:00:00+02:00\nto = 2026-05-01T06:00:00+02:00\n[windows.day]\nrrule = \"FREQ=DAILY\"\nstart = \"00:00\"\nduration = \"24h\"\ntimezone = \"UTC\"\n",
    );
    let once = policy.window("once").unwrap();
    let (from, to) = (at("2026-05-01T00:00Z"), at("2026-05-01T04:00Z"));
    assert_eq!(openings(once, from - 10, to + 10), [Opening { start: from, end: to }]);
    assert_eq!(openings(once, to, to + 10), []);
    assert_eq!(openings(once, from - 10, from), []);
    assert_eq!((next_opening(once, from - 1).is_some(), next_opening(once, from)), (true, None));
    let day = policy.window("day").unwrap();
    assert_eq!(open_at(day, from).map(|o| o.end), Some(from + 86_400));
    assert!(open_until(day, from).unwrap() > from + 300 * 86_400);
    assert_eq!(joined(&openings(day, from, from + 10 * 86_400)).len(), 1);
}

#[test]
fn any_moment_can_be_asked_for() {
    let policy = weekly("SA", "02:00", "4h", "Europe/Berlin");
    let window = policy.window("w").unwrap();
    for moment in [i64::MIN, i64::MIN + 1, -1, 0, 253_402_300_800, i64::MAX - 1, i64::MAX] {
        assert!(open_at(window, moment).is_none(), "{moment}");
        let _ = (next_opening(window, moment), open_until(window, moment));
    }
    assert!(openings(window, i64::MIN, i64::MAX).len() > 10_000);
    assert_eq!(openings(window, 10, 5), []);
}

#[test]
fn freezes_by_environment_service_and_exception() {
    let policy = policy(
        "[[environments]]\nname = \"staging\"\n[[environments]]\nname = \"production\"\ngated = true\n[[environments]]\nname = \"dr\"\ngated = true\n[[freeze]]\nname = \"Year end\"\nfrom = 2026-12-18T00:00:00+01:00\nto = 2027-01-04T00:00:00+01:00\nexcept = [\"emergency\", \"INFRA-7\"]\n[[freeze]]\nname = \"Billing\"\nfrom = 2026-12-01T00:00:00Z\nto = 2027-01-01T00:00:00Z\nenvironments = [\"staging\"]\nservices = [\"billing\"]\n",
    );
    let names = |moment: &str,
                 environment: &str,
                 services: &[&str],
                 task: &str,
                 emergency: bool|
     -> Vec<String> {
        let services: Vec<String> = services.iter().map(|name| (*name).to_owned()).collect();
        let change =
            Frozen { environment, services: &services, task, emergency, is_known: &|name| name != "biling" };
        let found = freezes_at(&policy, at(moment), change);
        found.iter().map(|freeze| freeze.name.clone()).collect()
    };
    let inside = "2026-12-20T12:00Z";
    assert_eq!(names(inside, "production", &[], "INFRA-1", false), ["Year end"]);
    assert_eq!(names(inside, "dr", &["web"], "INFRA-1", false), ["Year end"]);
    assert!(names(inside, "production", &[], "INFRA-1", true).is_empty(), "an emergency");
    assert!(names(inside, "production", &[], "INFRA-7", false).is_empty(), "by its ID");
    assert_eq!(names(inside, "staging", &["billing", "web"], "INFRA-1", false), ["Billing"]);
    assert_eq!(names(inside, "staging", &[], "INFRA-1", false), ["Billing"], "no service may be any");
    assert!(names(inside, "staging", &["web"], "INFRA-1", false).is_empty());
    assert_eq!(names(inside, "staging", &["billing"], "INFRA-1", true), ["Billing"], "it excepts nobody");
    assert_eq!(names(inside, " Staging", &["Billing "], "INFRA-1", false), ["Billing"], "folded and trimmed");
    for (moment, is_frozen) in [
        ("2026-12-17T22:59:59Z", false),
        ("2026-12-17T23:00:00Z", true),
        ("2027-01-03T22:59:59Z", true),
        ("2027-01-03T23:00:00Z", false),
    ] {
        assert_eq!(!names(moment, "production", &[], "INFRA-1", false).is_empty(), is_frozen, "{moment}");
    }
    assert_eq!(freezes_between(&policy, at("2026-12-01T00:00Z"), at("2026-12-19T00:00Z")).len(), 2);
}

#[test]
fn tasks_in_each_others_way() {
    let policy = weekly("SA", "02:00", "4h", "UTC");
    let task = |id: &str, service: &str, start: &str, hours: Option<i64>| Occupation {
        task: id.to_owned(),
        services: vec![service.to_owned()],
        environments: vec!["production".to_owned()],
        emergency: false,
        window: Some("w".to_owned()),
        start: at(start),
        duration: hours.map(|hours| hours * 3_600),
    };
    let (a, b) =
        (task("A", "web", "2024-05-25T02:00Z", Some(1)), task("B", "web", "2024-05-25T05:00Z", Some(2)));
    let (c, d) = (task("C", "db", "2024-05-25T02:00Z", None), task("D", "web", "2024-06-01T02:00Z", None));
    let outside = task("E", "mail", "2024-05-26T02:00Z", None);
    assert_eq!(
        collisions(&policy, &[d, b, c, a, outside], &|_| true),
        [
            Collision::TooLong {
                task: "B".into(),
                window: "w".into(),
                end: at("2024-05-25T06:00Z"),
                over: 3_600
            },
            Collision::SameService {
                tasks: ["A".into(), "B".into()],
                services: vec!["web".into()],
                at: at("2024-05-25T05:00Z")
            },
            Collision::Outside { task: "E".into(), window: "w".into(), at: at("2024-05-26T02:00Z") },
        ]
    );
    let free = |id: &str, start: &str| Occupation { window: None, ..task(id, "web", start, Some(2)) };
    assert_eq!(
        collisions(&policy, &[free("A", "2024-05-25T02:00Z"), free("B", "2024-05-25T04:00Z")], &|_| true),
        []
    );
    assert_eq!(
        collisions(&policy, &[free("A", "2024-05-25T02:00Z"), free("B", "2024-05-25T03:59Z")], &|_| true)
            .len(),
        1
    );
}

#[test]
fn a_task_is_scheduled_in_a_freeze() {
    // By hand: the freeze holds from Fri 18:00 until Mon 08:00; begins before, in, at its end, on another service, past it
    // already, as an emergency.
    let policy = policy(
        "[[freeze]]\nname = \"Quarter end\"\nfrom = 2024-05-31T18:00:00Z\nto = 2024-06-03T08:00:00Z\n\
         services = [\"web\"]\nexcept = [\"emergency\"]\n",
    );
    let task = |start: &str| Occupation {
        task: "A".to_owned(),
        services: vec!["web".to_owned()],
        environments: vec!["production".to_owned()],
        emergency: false,
        window: None,
        start: at(start),
        duration: Some(3_600),
    };
    let inside = task("2024-06-01T02:00Z");
    let found = |occupation: Occupation| collisions(&policy, &[occupation], &|_| true);
    let frozen = Collision::Frozen {
        task: "A".into(),
        freeze: "Quarter end".into(),
        at: at("2024-06-01T02:00Z"),
        until: at("2024-06-03T08:00Z"),
    };
    assert_eq!(found(inside.clone()), [frozen]);
    assert_eq!(found(task("2024-05-31T17:59Z")), []);
    assert_eq!(found(task("2024-06-03T08:00Z")), []);
    assert_eq!(found(Occupation { services: vec!["db".to_owned()], ..inside.clone() }), []);
    assert_eq!(found(Occupation { environments: Vec::new(), ..inside.clone() }), []);
    assert_eq!(found(Occupation { emergency: true, ..inside }), []);
}

#[test]
fn the_board_meets() {
    let policy =
        policy("[cab]\nrrule = \"FREQ=WEEKLY;BYDAY=TH\"\nstart = \"15:00\"\ntimezone = \"Europe/Berlin\"\n");
    let found = meetings(policy.cab.as_ref().unwrap(), at("2024-10-20T00:00Z"), at("2024-11-01T00:00Z"));
    assert_eq!(found, [at("2024-10-24T13:00Z"), at("2024-10-31T14:00Z")]);
}

#[test]
fn events_update_and_text_is_escaped() {
    let event = IcsEvent {
        uid: "standard.2024-05-25@test".to_owned(),
        summary: "Window, standard; ä".to_owned(),
        description: "one\r\ntwo\u{7}".to_owned(),
        start: at("2024-05-25T00:00Z"),
        end: at("2024-05-25T04:00Z"),
        category: "window",
    };
    let text = render_ics("Test", at("2024-05-01T00:00Z"), &[event]);
    assert!(text.ends_with("END:VCALENDAR\r\n") && text.lines().all(|line| line.len() <= 75), "{text}");
    for line in [
        "UID:standard.2024-05-25@test\r\n",
        "DTSTART:20240525T000000Z\r\n",
        "DTEND:20240525T040000Z\r\n",
        "DTSTAMP:20240501T000000Z\r\n",
        "SUMMARY:Window\\, standard\\; ä\r\n",
        "DESCRIPTION:one\\ntwo\r\n",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
}
