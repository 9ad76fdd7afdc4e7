//! The board's agenda and minutes, the notices, the figures, and what is owed afterwards.

use crate::support::{Fixture, POLICY, task};

const PATH: &str = "tasks/INFRA-1.md";
const CAB: &str =
    "[cab]\nrrule = \"FREQ=WEEKLY;BYDAY=TH\"\nstart = \"15:00\"\ntimezone = \"Europe/Berlin\"\n";

fn decision(id: &str, meeting: &str, more: &str, task: &str) -> String {
    format!(
        "+++\nid = \"{id}\"\ntitle = \"Meeting\"\nmeeting = {meeting}\nchanges = [\"{task}\"]\n{more}+++\n\n## Conditions\n\n- [ ] Somebody watches\n"
    )
}

fn book() -> Fixture {
    let mut book = Fixture::book();
    book.write("policy.toml", format!("{POLICY}\n{CAB}"));
    book.person("kim").commit("when the board meets");
    book
}

#[test]
fn an_agenda_gathers_what_the_meeting_must_see() {
    let mut book = book();
    for (id, more) in [
        ("INFRA-1", "risk = \"high\"\nservices = [\"api\"]\n"),
        ("INFRA-2", "risk = \"high\"\nservices = [\"db\"]\n"),
        ("INFRA-3", "risk = \"medium\"\n"),
        ("INFRA-4", "risk = \"high\"\nservices = [\"web\"]\n"),
    ] {
        book.person("ana").later().write(&format!("tasks/{id}.md"), task(id, more));
        book.commit(&format!("propose {id}"));
    }
    book.write(
        "cab/CAB-2024-01.md",
        decision("CAB-2024-01", "2024-05-09", "decision = \"approved\"\n", "INFRA-4"),
    );
    book.person("sam").later().commit("last week");
    book.write("cab/CAB-2024-02.md", decision("CAB-2024-02", "2024-05-16", "", "INFRA-1"));
    book.person("kim").later().commit("next week");
    // Monday, 13 May: the next meeting is on Thursday.
    let agenda = book.json(&["agenda", "--now", "2024-05-13T10:00:00Z"]);
    assert_eq!(agenda["meeting"], "2024-05-16");
    let ids = |key: &str| -> Vec<String> {
        let matters = agenda[key].as_array().unwrap().iter();
        matters
            .map(|matter| matter["id"].as_str().unwrap_or_else(|| matter.as_str().unwrap()).to_owned())
            .collect()
    };
    assert_eq!(ids("decisions"), ["CAB-2024-02"]);
    assert_eq!(ids("unlisted"), ["INFRA-2"], "high and on no decision; a medium one needs none");
    assert_eq!(ids("conditions"), ["CAB-2024-01"]);
    assert_eq!(ids("last"), ["CAB-2024-01"]);
    let text = book.run(&["agenda", "2024-05-16", "--now", "2024-05-13T10:00:00Z"]).expect(0).stdout;
    assert!(text.starts_with("# Agenda, 2024-05-16\n"), "{text}");
    assert!(text.contains("- **INFRA-1** A change; high risk (declared: high)"), "{text}");
    let minutes = book.run(&["agenda", "2024-05-09", "--minutes"]).expect(0).stdout;
    assert!(minutes.contains("- CAB-2024-01 Meeting: **approved**"), "{minutes}");
    assert!(minutes.contains("- [ ] Somebody watches"), "{minutes}");
    book.run(&["agenda", "someday"]).expect(2);
}

#[test]
fn notices_are_drafted_in_the_readers_zones_and_ticked_when_sent() {
    let mut book = book();
    let more =
        "risk = \"high\"\ndowntime = \"45m\"\nscheduled = 2024-05-25T02:00:00+02:00\nduration = \"3h\"\n";
    let text = task("INFRA-1", more)
        .replace("## Notes", "## Communication\n\n- [ ] Status page\n- [ ] Customer email\n\n## Notes");
    book.person("ana").later().write(PATH, text);
    book.commit("propose");
    let drafts = book.json(&["announce", "INFRA-1", "--zone", "America/New_York"]);
    let channels: Vec<&str> =
        drafts["drafts"].as_array().unwrap().iter().map(|draft| draft["channel"].as_str().unwrap()).collect();
    assert_eq!(channels, ["status-page", "internal-slack-notification", "customer-email"]);
    let status = drafts["drafts"][0]["text"].as_str().unwrap();
    assert!(status.contains("From Sat 25 May 2024 00:00 UTC / Fri 24 May 2024 20:00 EDT"), "{status}");
    assert!(status.contains("Expected downtime: 45m."), "{status}");
    book.run(&["announce", "INFRA-1", "--sent", "status"]).expect(0);
    assert!(book.read(PATH).contains("- [x] Status page"));
    let again = book.run(&["announce", "INFRA-1", "--sent", "status-page"]).expect(1);
    assert!(again.stderr.contains("already been sent"), "{}", again.stderr);
    book.run(&["announce", "INFRA-1", "--sent", "pigeon"]).expect(2);
    book.run(&["announce", "INFRA-1", "--zone", "Moon/Base"]).expect(2);
    // A short downtime owes the customers nothing.
    book.later().replace(PATH, "45m", "10m");
    book.commit("shorter");
    let drafts = book.json(&["announce", "INFRA-1"]);
    assert_eq!(drafts["drafts"].as_array().unwrap().len(), 2);
    // The book's own words.
    book.write("templates/announce/status-page.md", "{{ id }} soon {{ nothing }}\n");
    let broken = book.run(&["announce", "INFRA-1"]).expect(1);
    assert!(broken.stderr.contains("templates/announce/status-page.md:1"), "{}", broken.stderr);
}

/// By hand: proposed at minute 2, approved at 12, deployed at 62, rolled back at 92, approved anew, deployed at 122.
#[test]
fn figures_come_from_events() {
    let mut book = Fixture::book();
    book.minutes_forward(2);
    book.person("ana").write(PATH, task("INFRA-1", "risk = \"medium\"\nservices = [\"api\"]\n"));
    book.commit("propose");
    book.minutes_forward(10);
    book.person("sam").tick(PATH, "Code review");
    book.minutes_forward(50);
    book.person("ana").tick(PATH, "Apply in production");
    book.minutes_forward(30);
    book.untick(PATH, "Apply in production");
    book.person("sam").untick(PATH, "Code review");
    book.tick(PATH, "Code review");
    book.minutes_forward(30);
    book.person("ana").tick(PATH, "Apply in production");
    let metrics = book.json(&["metrics"]);
    let total = &metrics["total"];
    assert_eq!((&total["deployments"], &total["failures"]), (&2.into(), &1.into()));
    assert_eq!(total["failure_rate"], 0.5);
    assert_eq!(total["lead_time_seconds"], 60 * 60, "from the proposal to the first deployment");
    assert_eq!(total["time_to_restore_seconds"], 30 * 60);
    assert_eq!(total["approval_wait_seconds"], 10 * 60, "of 10 and 90 minutes the lower");
    assert_eq!(metrics["months"][0]["name"], "2024-05");
    assert_eq!(metrics["services"][0]["name"], "api");
    let none = book.json(&["metrics", "--since", "2024-06-01"]);
    assert_eq!(none["total"]["deployments"], 0);
    assert_eq!(none["total"]["lead_time_seconds"], serde_json::Value::Null);
}

#[test]
fn what_is_owed_afterwards_is_said() {
    let mut book = Fixture::book();
    book.replace("policy.toml", "documentation = false", "documentation = true");
    book.person("kim").commit("papers are asked for");
    book.write(PATH, "+++\nid = \"INFRA-1\"\ntitle = \"x\"\nkind = \"general\"\nrisk = \"low\"\n+++\n\n- [ ] Apply in production\n");
    book.person("ana").later().commit("propose");
    book.later().tick(PATH, "Apply in production");
    book.write(
        "runbooks/redis.md",
        "+++\nid = \"redis\"\ntitle = \"Redis\"\nreview-every = \"30d\"\n+++\n\n## Escalation\n\nCall.\n",
    );
    book.later().commit("runbook");
    let codes = |now: &str| -> Vec<String> {
        let check = book.json(&["check", "--now", now]);
        let found =
            check["diagnostics"].as_array().unwrap().iter().map(|d| d["code"].as_str().unwrap().to_owned());
        found.filter(|code| ["follow-up-owed", "review-due"].contains(&code.as_str())).collect()
    };
    assert_eq!(codes("2024-05-10T00:00:00Z"), ["follow-up-owed"]);
    assert_eq!(codes("2024-07-10T00:00:00Z"), ["review-due", "follow-up-owed"]);
}

/// Half past midnight in Berlin is still the day before in London.
#[test]
fn days_of_the_log_are_those_of_the_board() {
    let mut book = book();
    book.set_clock(1_715_639_400);
    book.write(PATH, task("INFRA-1", ""));
    book.person("ana").commit("on 14 May, 00:30 in Berlin");
    let listed = |period: &[&str]| {
        let answer = book.json(&[&["log", "INFRA-1"], period].concat());
        answer["events"].as_array().unwrap().len()
    };
    assert_eq!(listed(&["--since", "2024-05-14"]), 1);
    assert_eq!(listed(&["--until", "2024-05-13"]), 0);
    assert_eq!(listed(&["--since", "2024-05-14", "--until", "2024-05-14"]), 1);
    assert_eq!(listed(&["--until", "2024-05-13T22:30:00Z"]), 1, "a moment has its own zone");
    let run = book.run(&["log", "--since", "2024-05-14", "--until", "2024-05-13"]).expect(2);
    assert!(run.stderr.contains("is before the start of the period"), "{}", run.stderr);
}

/// Who decides finds the command on their own page.
#[test]
fn a_decision_waits_for_a_person_with_its_command() {
    let mut book = book();
    book.write(PATH, task("INFRA-1", "risk = \"high\"\n"));
    book.person("ana").later().commit("propose");
    book.write("cab/CAB-2024-02.md", decision("CAB-2024-02", "2024-05-16", "", "INFRA-1"));
    book.person("ana").later().commit("for the board");
    book.run(&["build"]).expect(0);
    let waiting = book.show("CAB-2024-02")["waiting_for"].clone();
    let person = waiting[0].as_str().unwrap();
    let page = book.read(&format!("book/people/{person}.html"));
    assert!(page.contains("Decision: <code>changebook decide CAB-2024-02 approved</code>"), "{page}");
    let other = book.read("book/people/ana.html");
    assert!(!other.contains("changebook decide"), "{other}");
}

/// A task's page tells what the board decided in another file: in its timeline, and at the box that nobody ticks.
#[test]
fn a_task_tells_what_the_board_decided_on_it() {
    let mut book = book();
    let text = task("INFRA-1", "risk = \"high\"\n") + "\n## Approvals\n\n- [ ] Change advisory board\n";
    book.write(PATH, text);
    book.person("ana").later().commit("propose");
    book.write("cab/CAB-2024-02.md", decision("CAB-2024-02", "2024-05-16", "", "INFRA-1"));
    book.person("ana").later().commit("for the board");
    book.replace(
        "cab/CAB-2024-02.md",
        "meeting = 2024-05-16\n",
        "meeting = 2024-05-16\ndecision = \"approved\"\n",
    );
    book.person("kim").later().commit("the board's answer");
    let answer = book.head()[..7].to_owned();
    book.replace(PATH, "A change", "Another change");
    book.person("ana").later().commit("say it better");
    book.run(&["build"]).expect(0);
    let page = book.read("book/tasks/INFRA-1.html");
    let timeline = page.split("<h2 id=\"c.timeline\">").nth(1).unwrap();
    let told = "<strong>Decided</strong> Approved <span class=\"quiet\">in CAB-2024-02</span>";
    let (better, board, first) = (timeline.find("title</"), timeline.find(told), timeline.find("Created"));
    assert!(board.is_some() && better < board && board < first, "{timeline}");
    // An answer that does not hold on this text is told, and stands at no box.
    assert!(!page.contains("approved in <a"), "{page}");
    book.replace(PATH, "Another change", "A change");
    book.person("ana").later().commit("as it was");
    book.run(&["build"]).expect(0);
    let page = book.read("book/tasks/INFRA-1.html");
    let note = "Change advisory board <span class=\"by\">approved in <a href=\"../decisions/CAB-2024-02.html\">CAB-2024-02</a> <time";
    assert!(page.contains(note) && page.contains(&format!("<code>{answer}</code></span>")), "{page}");
}
