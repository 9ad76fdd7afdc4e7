use super::*;

const JIRA: &str = "Summary,Issue key,Issue id,Status,Reporter,Labels,Labels,Description,Inward issue link (Blocks),Comment\r\n\
Move sessions to Redis,OPS-12,10012,In Progress,ana@example.org,cache,q3,\"One cluster.\r\n\r\n## Plan\r\n- [x] Security review\",OPS-11,\"12/May/24;x;`well`\"\r\n\
Rotate the keys,OPS-11,10011,Done,somebody,,,\"<<<<<<< HEAD\r\nKeys.\r\n=======\r\n>>>>>>> x\",PAY-9,,surplus\r\n\
,OPS-13,10013,Open,,,,No title.,,\r\n";

fn run(text: &str, taken: &[&str]) -> Import {
    let map = Map::parse(ready_map("jira").unwrap()).unwrap();
    let mut policy = Policy::builtin();
    let ana = crate::policy::Person {
        name: "Ana".to_owned(),
        emails: vec!["ana@example.org".to_owned()],
        keys: Vec::new(),
        robot: false,
    };
    policy.people.insert("ana".to_owned(), ana);
    let templates = RecordTemplates::new(BTreeMap::new());
    let taken: Vec<RecordId> = taken.iter().map(|id| RecordId::parse(id).unwrap()).collect();
    let present = BTreeMap::new();
    let surroundings =
        Surroundings { policy: &policy, templates: &templates, taken: &taken, present: &present, year: 2024 };
    import(&read_csv("jira.csv", text.as_bytes(), &map).unwrap(), &map, Numbering::Keep, &surroundings)
}

#[test]
fn nothing_is_dropped_and_no_approval_comes_along() {
    let outcome = run(JIRA, &["INFRA-7"]);
    let [sessions, keys] = &outcome.records[..] else { panic!("{outcome:?}") };
    assert_eq!((sessions.path.as_str(), keys.path.as_str()), ("tasks/OPS-12.md", "tasks/OPS-11.md"));
    let parsed = |record: &Imported| {
        crate::record::Record::parse(crate::record::RecordType::Task, &record.path, record.text.as_bytes())
    };
    let record = parsed(sessions);
    assert_eq!(record.diagnostics, [], "{}", sessions.text);
    for part in [
        "requestor = \"ana\"",
        "labels = [\"cache\", \"q3\"]",
        "depends = [\"OPS-11\"]",
        "One cluster.",
        "- `Ticked there`: `Security review`",
        "- `Source`: `jira OPS-12`",
        "- `Status`: `In Progress`",
        "- `Issue id`: `10012`",
        "- `Comment`: `` 12/May/24;x;`well` ``",
    ] {
        assert!(sessions.text.contains(part), "{part}: {}", sessions.text);
    }
    assert!(record.section("Plan").is_none() && record.items.iter().all(|item| !item.checked));
    assert!(
        keys.text.contains("\n    <<<<<<< HEAD\n") && parsed(keys).diagnostics.is_empty(),
        "{}",
        keys.text
    );
    assert!(keys.text.contains("- `Inward issue link (Blocks)`: `PAY-9`"), "{}", keys.text);
    assert!(keys.text.contains("- `Column 11`: `surplus`") && keys.text.contains("- `Reporter`: `somebody`"));
    let [left] = &outcome.left[..] else { panic!("{outcome:?}") };
    assert_eq!(left.reason, Reason::Unfit("it has no title".to_owned()));
    assert_eq!((left.place.as_str(), left.cells.len()), ("jira.csv:9", 4));
}

#[test]
fn an_id_that_is_taken_is_left_and_one_that_does_not_fit_is_given() {
    let outcome = run("Summary,Issue key\nA,OPS-1\nB,task 7\nC,42\nD,\nE,ops-1\n", &["ops-1", "INFRA-7"]);
    let ids: Vec<&str> = outcome.records.iter().map(|record| record.id.as_str()).collect();
    assert_eq!(ids, ["INFRA-8", "INFRA-9", "INFRA-10"]);
    assert!(matches!(&outcome.left[0].reason, Reason::There(text) if text.contains("taken")));
    assert!(matches!(&outcome.left[1].reason, Reason::Unfit(text) if text.contains("twice")));
}

#[test]
fn ticks_of_foreign_checklists_are_kept_where_they_mean_nothing_here() {
    let map =
        Map::parse("source = \"x\"\n[columns]\ntitle = \"T\"\n[checklists]\nChecklist = \"C\"\n").unwrap();
    let text =
        "T;C\n\"A; b\";\"- [x] #1 Disk ordered\n[x] Security review (network)\n* Apply in production\"\n";
    let tasks = read_csv("x.csv", text.as_bytes(), &map).unwrap();
    let (policy, templates) = (Policy::builtin(), RecordTemplates::new(BTreeMap::new()));
    let present = BTreeMap::new();
    let surroundings =
        Surroundings { policy: &policy, templates: &templates, taken: &[], present: &present, year: 2024 };
    let outcome = import(&tasks, &map, Numbering::Keep, &surroundings);
    let text = &outcome.records[0].text;
    assert!(
        text.contains("- [x] Disk ordered\n") && text.contains("- [ ] Security review (network)"),
        "{text}"
    );
    assert!(text.contains("- `Ticked there`: `Security review (network)`"), "{text}");
    assert_eq!(text.matches("Apply in production").count(), 1, "{text}");
}

/// The first line of an export of Jira Cloud, with a change of Jira Service Management.
#[test]
fn jira_gives_times_links_and_changes() {
    let head = "Summary,Issue key,Issue id,Issue Type,Status,Project key,Project name,Project type,Project lead,Project lead id,Project description,Priority,Resolution,Assignee,Assignee Id,Reporter,Reporter Id,Creator,Creator Id,Created,Updated,Last Viewed,Resolved,Components,Due date,Votes,Labels,Labels,Description,Environment,Watchers,Original estimate,Inward issue link (Blocks),Outward issue link (Blocks),Outward issue link (Dependency),Custom field (Change risk),Custom field (Change type),Custom field (Planned start),Custom field (Planned end),Custom field (Implementation plan),Custom field (Backout plan),Parent,Parent summary,Status Category\n";
    let row = "Replace the switch,OPS-3,10003,Change,Planning,OPS,Operations,service_desk,Kim,5b1,,High,,Sam,5b2,ana@example.org,5b3,Ana,5b3,14/Jul/25 3:42 PM,15/Jul/25 9:00 AM,,,network,,0,core,,Why not.,,,,OPS-1,OPS-9,OPS-2,Critical,Emergency,20/Jul/25 2:00 AM,20/Jul/25 3:30 AM,One by one.,Put the old one back.,,,To Do\n";
    let others = (1..3).map(|number| format!("Other,OPS-{number}\n"));
    let text = format!("{head}{row}{}", others.collect::<String>());
    let map = ready_map("jira").unwrap().replace("# timezone", "timezone");
    let map = Map::parse(&map).unwrap();
    let tasks = read_csv("jira.csv", text.as_bytes(), &map).unwrap();
    let (policy, templates) = (Policy::builtin(), RecordTemplates::new(BTreeMap::new()));
    let present = BTreeMap::new();
    let surroundings =
        Surroundings { policy: &policy, templates: &templates, taken: &[], present: &present, year: 2025 };
    let outcome = import(&tasks, &map, Numbering::Keep, &surroundings);
    let text = &outcome.records[0].text;
    for part in [
        "risk = \"high\"",
        "emergency = \"Jira: an emergency change\"",
        "scheduled = 2025-07-20T02:00:00+02:00",
        "duration = \"1h30m\"",
        "depends = [\"OPS-1\", \"OPS-2\"]",
        "labels = [\"network\", \"core\"]",
        "One by one.",
        "Put the old one back.",
        "- `Outward issue link (Blocks)`: `OPS-9`",
        "- `Created`: `14/Jul/25 3:42 PM`",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn servicenow_gives_times_risk_and_emergencies() {
    let map = ready_map("servicenow").unwrap().replace("# timezone", "timezone");
    let map = Map::parse(&map).unwrap();
    let text = "\u{feff}Number,Short description,Type,State,Risk,Planned start date,Planned end date\n\
        CHG0030001,Replace the core switch,Emergency,Canceled,Very High,2024-07-06 02:00:00,2024-07-06 03:30:00\n\
        CHG0030002,Patch,Normal,New,Unknown,soon,2024-07-06 03:30:00\n";
    let tasks = read_csv("sn.csv", text.as_bytes(), &map).unwrap();
    let (policy, templates) = (Policy::builtin(), RecordTemplates::new(BTreeMap::new()));
    let present = BTreeMap::new();
    let surroundings =
        Surroundings { policy: &policy, templates: &templates, taken: &[], present: &present, year: 2024 };
    let outcome = import(&tasks, &map, Numbering::Keep, &surroundings);
    let text = &outcome.records[0].text;
    for part in [
        "risk = \"high\"",
        "scheduled = 2024-07-06T02:00:00+02:00",
        "duration = \"1h30m\"",
        "emergency = \"ServiceNow: an emergency change\"",
        "cancelled = \"ServiceNow: Canceled\"",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let listed: Vec<&str> = outcome.records[1].listed.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(listed, ["Type", "State", "Risk", "Planned start date", "Planned end date"]);
}

#[test]
fn backlog_files_are_read_and_others_are_named() {
    let task = "---\nid: task-12.1\ntitle: 'Cache: sessions'\nstatus: Done\nassignee: ['@sam']\nlabels:\n  - cache\ndependencies: [task-7]\ncreated_date: '2024-05-01'\n---\n\n## Description\n\n<!-- SECTION:DESCRIPTION:BEGIN -->\nSessions move.\n<!-- SECTION:DESCRIPTION:END -->\n\n## Acceptance Criteria\n<!-- AC:BEGIN -->\n- [x] #1 Cluster answers\n- [ ] #2 Load test\n<!-- AC:END -->\n\n## Implementation Notes\n\nSee # 4.\n";
    let file =
        |path: &str, text: &str| BacklogFile { path: path.to_owned(), bytes: text.as_bytes().to_vec() };
    let other = "---\nid: task-7\ntitle: First\n---\n";
    let (tasks, left) = read_backlog(&[
        file("tasks/task-12.1 - Cache.md", task),
        file("tasks/task-7 - First.md", other),
        file("docs/readme.md", "# Hello\n"),
        file("tasks/bad.md", "---\ntitle: [\n---\n"),
    ]);
    assert_eq!(left.len(), 2, "{left:?}");
    let map = Map { source: "backlog".to_owned(), ..Map::default() };
    let (policy, templates) = (Policy::builtin(), RecordTemplates::new(BTreeMap::new()));
    let present = BTreeMap::new();
    let surroundings =
        Surroundings { policy: &policy, templates: &templates, taken: &[], present: &present, year: 2024 };
    let outcome = import(&tasks, &map, Numbering::Keep, &surroundings);
    let ids: Vec<&str> = outcome.records.iter().map(|record| record.id.as_str()).collect();
    assert_eq!(ids, ["INFRA-1", "task-7"]);
    let text = &outcome.records[0].text;
    for part in [
        "Sessions move.",
        "- [x] Cluster answers\n",
        "- [ ] Load test\n",
        "See # 4.",
        "depends = [\"task-7\"]",
        "labels = [\"cache\"]",
        "- `assignee`: `@sam`",
        "- `status`: `Done`",
        "- `Source`: `backlog task-12.1`",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("<!--"), "{text}");
}

#[test]
fn maps_say_what_is_wrong_with_them() {
    for (text, part) in [
        ("", "source"),
        ("source = \"x\"", "title"),
        ("source = \"x\"\n[columns]\ntitel = \"T\"\n", "line 3"),
        ("source = \"x\"\nkind = \"spell\"\n[columns]\ntitle = \"T\"\n", "spell"),
        ("source = \"x\"\ntimezone = \"Mars\"\n[columns]\ntitle = \"T\"\n", "IANA"),
        ("source = \"x\"\ndelimiter = \"ab\"\n[columns]\ntitle = \"T\"\n", "delimiter"),
    ] {
        let error = Map::parse(text).unwrap_err();
        assert!(error.contains(part), "{text}: {error}");
    }
    let map = Map::parse(ready_map("jira").unwrap()).unwrap();
    assert!(read_csv("x.csv", b"A,B\n1,2\n", &map).unwrap_err().contains("no column `Summary`"));
    assert!(read_csv("x.csv", b"Summary\n\xff\n", &map).unwrap_err().contains("UTF-8"));
}

proptest::proptest! {
    /// Whatever a cell holds, the record has the sections of its template, no tick that means something, and every
    /// word of the cell.
    #[test]
    fn any_text_stays_text(value in "([-#a-z \\[\\]x`<>=+~!*_|:]|\n|\r|\"\"|## |- \\[x\\] |```|Security review|<!--|<div>){0,30}") {
        let text = format!("Summary,Description,Other\nT,\"{value}\",\"{value}\"\n");
        let outcome = run(&text, &[]);
        proptest::prop_assert_eq!(outcome.records.len(), 1);
        let made = &outcome.records[0];
        let record = crate::record::Record::parse(crate::record::RecordType::Task, &made.path, made.text.as_bytes());
        let plain = run("Summary\nT\n", &[]);
        let plain = crate::record::Record::parse(crate::record::RecordType::Task, "tasks/INFRA-1.md", plain.records[0].text.as_bytes());
        let titles = |record: &crate::record::Record| -> Vec<String> { record.sections.iter().map(|s| s.title.to_string()).collect() };
        proptest::prop_assert_eq!(titles(&record), titles(&plain), "{}", made.text);
        let means = |item: &&crate::record::Item| crate::record::normalize_review(&item.text) == "security review";
        proptest::prop_assert!(!record.items.iter().filter(means).any(|item| item.checked), "{}", made.text);
    }
}
