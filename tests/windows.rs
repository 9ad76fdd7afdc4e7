//! `windows`, and the calendar's rules against programs that others wrote.

use std::io::Write;
use std::process::{Command, Stdio};

use changebook::calendar::openings;
use changebook::policy::{Recurrence, Window};
use serde_json::{Value, json};

use crate::support::{Fixture, task};

/// A Python that has these modules; without one the test says so, or fails where tools are required.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn python(modules: &str) -> Option<&'static str> {
    let has = |program: &&str| {
        let import = format!("import {modules}");
        Command::new(program).args(["-c", &import]).output().is_ok_and(|output| output.status.success())
    };
    let found = ["python3", "/usr/bin/python3"].into_iter().find(has);
    assert!(
        found.is_some() || std::env::var_os("CHANGEBOOK_REQUIRE_TOOLS").is_none(),
        "no python3 with {modules}, and one is required"
    );
    if found.is_none() {
        eprintln!("skipped: no python3 with {modules}");
    }
    found
}

/// Runs a script with a text as its input, and gives its JSON.
fn run_python(program: &str, script: &str, input: &str) -> Value {
    let mut child = Command::new(program)
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

const EXPAND: &str = r#"
import json, sys
from datetime import datetime
from dateutil import tz
from dateutil.rrule import rrulestr

out = []
for case in json.load(sys.stdin):
    zone = tz.gettz(case["zone"])
    rule = rrulestr("RRULE:" + case["rule"], dtstart=datetime.fromisoformat(case["first"] + "T" + case["start"]))
    starts = []
    for day in rule.between(datetime(2019, 12, 30), datetime(2030, 1, 3), inc=True):
        start = tz.resolve_imaginary(day.replace(tzinfo=zone))
        starts.append(int(start.timestamp()))
    out.append([s for s in starts if 1577836800 <= s < 1893456000])
json.dump(out, sys.stdout)
"#;

/// Rules of every frequency with every part that the policy takes.
fn rules() -> Vec<String> {
    let mut rules = Vec::new();
    for interval in ["", ";INTERVAL=2", ";INTERVAL=3"] {
        for by in [
            "",
            ";BYMONTH=3,10",
            ";BYDAY=SA,SU",
            ";BYMONTHDAY=1,-1,31",
            ";BYDAY=SU;BYMONTHDAY=25,26,27,28,29,30,31",
        ] {
            rules.push(format!("FREQ=DAILY{interval}{by}"));
        }
        for by in ["", ";BYDAY=SA", ";BYDAY=SU,WE;WKST=SU", ";BYDAY=MO,SU;WKST=MO", ";BYMONTH=3;BYDAY=SU"] {
            rules.push(format!("FREQ=WEEKLY{interval}{by}"));
        }
        for by in [
            "",
            ";BYDAY=SU",
            ";BYDAY=-1SU",
            ";BYDAY=1SA,3SA",
            ";BYDAY=5SU",
            ";BYMONTHDAY=31",
            ";BYMONTHDAY=-1",
            ";BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            ";BYDAY=SU,SA;BYSETPOS=2,-2",
            ";BYDAY=FR;BYMONTHDAY=13",
        ] {
            rules.push(format!("FREQ=MONTHLY{interval}{by}"));
        }
        for by in [
            "",
            ";BYMONTH=2;BYMONTHDAY=29",
            ";BYMONTH=3,10;BYDAY=-1SU",
            ";BYDAY=20MO",
            ";BYDAY=-1SU",
            ";BYYEARDAY=1,90,-1,366",
            ";BYMONTH=3;BYDAY=SU;BYSETPOS=-1",
        ] {
            rules.push(format!("FREQ=YEARLY{interval}{by}"));
        }
    }
    let bounded = [";COUNT=1", ";COUNT=77", ";UNTIL=20270328T023000", ";UNTIL=20270328T022959"];
    rules.extend(bounded.iter().map(|end| format!("FREQ=WEEKLY;BYDAY=SU{end}")));
    rules
}

#[test]
fn ten_years_equal_dateutil() {
    let Some(python) = python("dateutil") else { return };
    let mut cases = Vec::new();
    for (zone, start) in
        [("Europe/Berlin", "02:30"), ("America/New_York", "01:30"), ("Australia/Lord_Howe", "02:15")]
    {
        for rule in rules() {
            cases.push(json!({ "rule": rule, "zone": zone, "start": start, "first": "2020-01-01" }));
        }
    }
    let expected = run_python(python, EXPAND, &serde_json::to_string(&cases).unwrap());
    let mut n_starts = 0;
    for (case, expected) in cases.iter().zip(expected.as_array().unwrap()) {
        let text = |key: &str| case[key].as_str().unwrap();
        let window = Window::Recurring {
            rrule: Recurrence::parse(text("rule")).unwrap_or_else(|error| panic!("{case}: {error}")),
            from: Some(text("first").parse().unwrap()),
            start: text("start").parse().unwrap(),
            duration: 1,
            timezone: jiff::tz::TimeZone::get(text("zone")).unwrap(),
        };
        let ours: Vec<i64> = openings(&window, 1_577_836_800, 1_893_456_000)
            .into_iter()
            .map(|opening| opening.start)
            .filter(|start| *start >= 1_577_836_800)
            .collect();
        let theirs: Vec<i64> =
            expected.as_array().unwrap().iter().map(|start| start.as_i64().unwrap()).collect();
        assert_eq!(ours, theirs, "{case}");
        n_starts += ours.len();
    }
    assert!(n_starts > 50_000, "{n_starts}");
}

const WINDOWS: &str = r#"
[windows.standard]
rrule = "FREQ=WEEKLY;BYDAY=SA"
start = "02:00"
duration = "4h"
timezone = "Europe/Berlin"
[windows.emergency]
rrule = "FREQ=DAILY"
start = "00:00"
duration = "24h"
timezone = "UTC"
[[freeze]]
name = "Year end; all"
from = 2024-12-18T00:00:00+01:00
to = 2025-01-04T00:00:00+01:00
except = ["emergency"]
[cab]
timezone = "Europe/Berlin"
"#;

/// Monday 2024-05-20, noon in Berlin.
const NOW: &str = "2024-05-20T12:00:00+02:00";

fn with_tasks() -> Fixture {
    let mut book = Fixture::book();
    let policy = book.read("policy.toml") + WINDOWS;
    book.write("policy.toml", policy);
    book.person("kim").commit("windows");
    let scheduled = |id: &str, time: &str| {
        task(id, &format!("risk = \"high\"\nservices = [\"web\"]\nscheduled = {time}\nduration = \"3h\"\n"))
    };
    book.person("ana").write("tasks/INFRA-1.md", scheduled("INFRA-1", "2024-05-25T02:00:00+02:00"));
    book.write("tasks/INFRA-2.md", scheduled("INFRA-2", "2024-05-25T04:30:00+02:00"));
    book.commit("two tasks");
    book
}

#[test]
fn the_table() {
    let book = with_tasks();
    let run = book.run(&["windows", "--now", NOW, "--days", "14", "--window", "standard"]).expect(0);
    insta::assert_snapshot!(run.stdout, @r"
    Windows
      Sat 2024-05-25 02:00 – 06:00 Europe/Berlin  standard    INFRA-1, INFRA-2
      Sat 2024-06-01 02:00 – 06:00 Europe/Berlin  standard

    Freezes
      none in this period

    The board meets
      Thu 2024-05-23 15:00 Europe/Berlin
      Thu 2024-05-30 15:00 Europe/Berlin

    Conflicting tasks
      INFRA-2 takes 90 minutes longer than the time left in `standard`, which closes Sat 2024-05-25 06:00
      INFRA-1 and INFRA-2 both change web, Sat 2024-05-25 04:30
    ");
    let run = book.run(&["windows", "--now", NOW, "--days", "400"]).expect(0);
    assert!(
        run.stdout.contains("Wed 2024-12-18 00:00 – Sat 2025-01-04 00:00 Europe/Berlin"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("except emergency"), "{}", run.stdout);
    book.run(&["windows", "--window", "standart"]).expect(2);
    book.run(&["windows", "--days", "0"]).expect(2);
}

#[test]
fn json_says_what_is_open_and_what_is_next() {
    let book = with_tasks();
    let answer = book.json(&["windows", "--now", NOW]);
    assert_eq!(answer["schema"], "changebook.windows/1");
    assert_eq!(
        answer["windows"]["standard"],
        json!({ "open_until": null, "next": "2024-05-25T02:00:00+02:00" })
    );
    assert!(answer["windows"]["emergency"]["open_until"].is_string());
    let inside = book.json(&["windows", "--now", "2024-05-25T03:00:00+02:00"]);
    assert_eq!(
        inside["windows"]["standard"],
        json!({ "open_until": "2024-05-25T06:00:00+02:00", "next": "2024-06-01T02:00:00+02:00" })
    );
    assert_eq!(answer["meetings"][0], "2024-05-23T15:00:00+02:00");
    assert_eq!(answer["collisions"].as_array().unwrap().len(), 2);
}

const LOAD: &str = r#"
import json, sys
import icalendar, vobject

text = sys.stdin.read()
calendar = icalendar.Calendar.from_ical(text)
events = {}
for event in calendar.walk("VEVENT"):
    assert not event.errors if hasattr(event, "errors") else True, event.errors
    uid = str(event["UID"])
    assert uid not in events, uid
    events[uid] = [int(event["DTSTART"].dt.timestamp()), int(event["DTEND"].dt.timestamp()), str(event["SUMMARY"]), int(event["SEQUENCE"])]
other = vobject.readOne(text)
other.validate(raiseException=True)
assert len(other.vevent_list) == len(events)
json.dump(events, sys.stdout)
"#;

#[test]
fn the_calendar_loads_in_programs_of_others() {
    let mut book = with_tasks();
    let ics = |book: &Fixture| book.run(&["windows", "--ics", "--now", NOW]).expect(0).stdout;
    let first = ics(&book);
    assert_eq!(ics(&book), first, "the same state gives the same bytes");
    assert!(first.lines().all(|line| line.len() <= 75), "long lines are folded");
    book.later().replace("tasks/INFRA-1.md", "2024-05-25T02:00", "2024-06-01T02:00");
    book.commit("a week later");
    let second = ics(&book);
    let Some(python) = python("dateutil, icalendar, vobject") else { return };
    let (first, second) = (run_python(python, LOAD, &first), run_python(python, LOAD, &second));
    let keys = |events: &Value| events.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&first), keys(&second), "an event that moves keeps its UID");
    let moved = "task.INFRA-1@test";
    assert_eq!(first[moved][0], 1_716_595_200);
    assert_eq!(second[moved][0], 1_717_200_000);
    assert!(
        second[moved][3].as_i64() > first[moved][3].as_i64(),
        "the later one stands over the earlier one"
    );
    let standard: Vec<_> =
        keys(&first).into_iter().filter(|uid| uid.starts_with("window.standard.")).collect();
    assert_eq!(standard.len(), 52, "the Saturdays of a year");
    assert_eq!(
        first["window.standard.2024-10-26@test"][1].as_i64().unwrap()
            - first["window.standard.2024-10-26@test"][0].as_i64().unwrap(),
        4 * 3_600
    );
    assert!(keys(&first).iter().any(|uid| uid == "freeze.Year.20end.3b.20all@test"), "{:?}", keys(&first));
    assert!(
        !keys(&first).iter().any(|uid| uid.starts_with("window.emergency")),
        "what is always open is no appointment"
    );
}

#[test]
fn a_bad_window_is_an_error_at_its_line() {
    let mut book = with_tasks();
    let text = book.read("policy.toml");
    for (bad, line_of) in [
        ("rrule = \"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\"", "rrule"),
        ("duration = \"0m\"", "duration"),
        ("duration = \"100000000000000000000d\"", "duration"),
        ("start = \"26:00\"", "start"),
        ("timezone = \"Mars/Base\"", "timezone"),
        ("from = 9999-01-01", "from"),
    ] {
        let written = format!(
            "{text}\n[windows.bad]\nrrule = \"FREQ=DAILY\"\nstart = \"02:00\"\nduration = \"1h\"\ntimezone = \"UTC\"\n"
        );
        let key = format!("{line_of} = ");
        let (head, tail) = written.split_at(written.rfind("[windows.bad]").unwrap());
        let mut lines: Vec<String> =
            tail.lines().filter(|line| !line.starts_with(&key)).map(str::to_owned).collect();
        lines.insert(1, bad.to_owned());
        book.write("policy.toml", format!("{head}{}\n", lines.join("\n")));
        book.commit("bad window");
        // What cannot be read is not in force; the policy before it is.
        let run = book.run(&["windows", "--now", NOW]).expect(0);
        assert!(run.stderr.contains("not in force"), "{bad}: {}", run.stderr);
        let run = book.run(&["check"]).expect(3);
        let line = head.lines().count() + 2;
        assert!(run.stdout.contains(&format!("policy.toml:{line}:")), "{bad}: {}", run.stdout);
    }
}
