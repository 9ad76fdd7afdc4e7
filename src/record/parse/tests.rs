//! Tests of the parser.

use super::*;
use crate::diagnostic::Severity;
use crate::record::{Cost, Risk, TaskKind, Verdict};

const TASK: &str = r#"+++
id = "INFRA-150"
title = "Migrate to the new VPC"
kind = "terraform"
requestor = "kim"
risk = "high"
categories = ["network"]
environments = ["staging", "production"]
downtime = "30m"
window = "standard"
scheduled = 2024-05-25T02:00:00+02:00
duration = "1d12h"
cost = { monthly = 400.50, currency = "EUR", budget = "BUDGET-1" }
chart = { name = "ingress", target = "4.8.0" }
labels = []
+++

## What

Move `api`, see [the runbook](../runbooks/network.md) and <mail@example.org>.

## Checklist

- [ ] Code **review**
  1. [x] `fmt`  applied
- [X] Code review

Title two
---

3. one
4. two ![plan](img.png)
"#;

fn parse(text: &str) -> Record {
    Record::parse(RecordType::Task, "tasks/INFRA-150.md", text.as_bytes())
}

/// Code, line and column of every diagnostic.
fn places(record: &Record) -> Vec<(&'static str, usize, usize)> {
    record
        .diagnostics
        .iter()
        .map(|diagnostic| (diagnostic.code.as_str(), diagnostic.line, diagnostic.column))
        .collect()
}

/// The messages (and help) of a task with these lines of frontmatter behind its ID, title and kind.
fn complaints(lines: &str) -> Vec<String> {
    let text = format!("+++\nid = 'INFRA-150'\ntitle = 'T'\nkind = 'helm'\n{lines}\n+++\n");
    let record = parse(&text);
    assert!(!record.is_broken(), "{:?}", record.diagnostics);
    record
        .diagnostics
        .into_iter()
        .map(|diagnostic| match diagnostic.help {
            Some(help) => format!("{}; {help}", diagnostic.message),
            None => diagnostic.message,
        })
        .collect()
}

#[test]
fn a_task_is_understood() {
    let record = parse(TASK);
    assert_eq!(record.diagnostics, []);
    let Details::Task(task) = &record.details else { panic!("no task") };
    assert_eq!(record.title(), "Migrate to the new VPC");
    assert_eq!(record.record_type(), RecordType::Task);
    assert_eq!((task.kind, task.risk), (Some(TaskKind::Terraform), Some(Risk::High)));
    assert_eq!(task.environments, ["staging", "production"]);
    let scheduled = task.scheduled.as_ref().unwrap();
    assert_eq!(scheduled.timestamp().to_string(), "2024-05-25T00:00:00Z");
    assert_eq!(scheduled.offset().seconds(), 7_200);
    assert_eq!(
        task.duration.as_ref().map(|text| (text.text.as_str(), text.seconds)),
        Some(("1d12h", 129_600))
    );
    let cost = Cost {
        monthly: Some("400.50".to_owned()),
        currency: Some("EUR".to_owned()),
        budget: Some("BUDGET-1".to_owned()),
    };
    assert_eq!(task.cost, Some(cost));
}

#[test]
fn a_body_is_understood() {
    let record = parse(TASK);
    let titles: Vec<_> = record.sections.iter().map(|section| section.title.as_str()).collect();
    assert_eq!(titles, ["What", "Checklist", "Title two"]);
    assert_eq!(record.text(record.sections[2].heading.clone()), "Title two\n---\n");
    assert!(record.section(" checkLIST").is_some() && record.section("check").is_none());
    assert_eq!(
        record.text(record.section("What").unwrap().content.clone()).trim(),
        "Move `api`, see [the runbook](../runbooks/network.md) and <mail@example.org>."
    );

    let items: Vec<_> = record
        .items
        .iter()
        .map(|item| (item.text.as_str(), &*item.key.text, item.key.nth, item.checked, item.section))
        .collect();
    assert_eq!(
        items,
        [
            ("Code review", "code review", 0, false, Some(1)),
            ("fmt applied", "fmt applied", 0, true, Some(1)),
            ("Code review", "code review", 1, true, Some(1)),
        ]
    );
    assert_eq!(record.text(record.items[0].span.clone()), "- [ ] Code **review**\n  1. [x] `fmt`  applied");
    assert_eq!(record.text(record.items[2].mark.clone()), "[X]");

    let steps: Vec<_> = record.steps.iter().map(|step| (step.number, step.section)).collect();
    assert_eq!(steps, [(1, Some(1)), (3, Some(2)), (4, Some(2))]);
    let links: Vec<_> = record.links.iter().map(|link| (link.destination.as_str(), link.image)).collect();
    assert_eq!(
        links,
        [("../runbooks/network.md", false), ("mailto:mail@example.org", false), ("img.png", true)]
    );
    assert_eq!(record.text(record.links[1].span.clone()), "<mail@example.org>");
}

#[test]
fn items_are_those_of_gfm() {
    let body = "- [ ] a\n\n  - [x] b\n\n    c\n* [ ]  d\n+ [x]\te\n1) [ ] f\n\n    - [ ] code\n\n```\n- [ ] code\n```\n\
                <!-- \n- [ ] comment\n-->\n\n> - [X] q\n\n- [x]\n- [y] no\n- [ ]no\n- \\[ ] no\n[ ] no\n\n<div>\n- [ ] html\n</div>\n\n- [x]";
    let record = parse(&format!("+++\n+++\n{body}"));
    let items: Vec<_> = record.items.iter().map(|item| (item.text.as_str(), item.checked)).collect();
    let expected = [
        ("a", false),
        ("b", true),
        ("d", false),
        ("e", true),
        ("f", false),
        ("q", true),
        ("", true),
        ("", true),
    ];
    // An indented block behind `1) [ ] f` belongs to that list item, so its box is one as well.
    let with_nested = [&expected[..5], &[("code", false)], &expected[5..]].concat();
    assert_eq!(items, with_nested);
}

#[test]
fn quoted_headings_divide_nothing() {
    let record = parse("+++\n+++\n## A\n> ## Notes\n\n- ## Notes\n\n- [ ] x\n\n# End\n- [ ] y\n");
    assert_eq!(record.sections.len(), 1);
    let sections: Vec<_> = record.items.iter().map(|item| item.section).collect();
    assert_eq!(sections, [Some(0), None]);
}

#[test]
fn item_text_is_that_of_the_first_block() {
    let body = "- [ ] a *b*\n  c `d`\n\n  second\n- [ ] e\n  > q\n- [ ] <b>f</b> ~~g~~ [h](x) ![i](y)[^1]\n- [ ] ## j\n\n[^1]: k\n";
    let record = parse(&format!("+++\n+++\n{body}"));
    let texts: Vec<_> = record.items.iter().map(|item| item.text.as_str()).collect();
    assert_eq!(texts, ["a b c d", "e", "f g h i", "## j"]);
}

/// A definition holds what a quotation may hold; a box before a term is named by the term.
#[test]
fn items_and_headings_of_definitions() {
    for (body, items) in [
        ("Term\n: - [ ] a\n  - [x] b\n", &["a", "b"][..]),
        ("Term\n\n:   text\n\n    - [ ] a\n", &["a"]),
        ("- [ ] Apply\n  : what it means\n  : or else\n- [ ] b\n", &["Apply", "b"]),
        ("- [ ] Apply\n\n  : - [ ] inner\n\n  more\n", &["Apply", "inner"]),
        ("- [ ] Apply\n: runs on\n", &["Apply : runs on"]),
        ("Term\n: ```\n  - [ ] code\n  ```\n- [ ] a\n", &["a"]),
        ("[ ] no\n: - no box\n", &[]),
        ("Term\n: ## Notes\n\n- [ ] a\n", &["a"]),
        ("Term\n: text\n\n- [ ] a\n", &["a"]),
    ] {
        let record = parse(&format!("+++\n+++\n## A\n\n{body}"));
        let texts: Vec<_> = record.items.iter().map(|item| item.text.as_str()).collect();
        assert_eq!(texts, items, "{body}");
        let titles: Vec<_> = record.sections.iter().map(|section| section.title.as_str()).collect();
        assert_eq!(titles, ["A"], "{body}");
        assert!(record.items.iter().all(|item| item.section == Some(0)), "{body}");
    }
    let after = parse("+++\n+++\n## A\n\nTerm\n: text\n## Notes\n- [ ] a\n");
    assert_eq!((after.sections.len(), after.items[0].section), (2, Some(1)));
}

#[test]
fn decisions_and_runbooks() {
    let text = "+++\nid = 'CAB-1'\ntitle = 'R'\nchanges = ['INFRA-1']\nmeeting = 2024-05-16\ndecision = 'needs-changes'\n+++\n";
    let record = Record::parse(RecordType::Decision, "cab/2024/CAB-1.md", text.as_bytes());
    assert_eq!(record.diagnostics, []);
    let Details::Decision(decision) = &record.details else { panic!("no decision") };
    assert_eq!(decision.decision, Some(Verdict::NeedsChanges));
    assert_eq!(decision.meeting, Some(jiff::civil::date(2024, 5, 16)));

    let text = "+++\nid = 'redis'\ntitle = 'R'\nrto = '30m'\nreview_every = '90d'\n+++\n";
    let record = Record::parse(RecordType::Runbook, "runbooks/redis.md", text.as_bytes());
    assert_eq!(places(&record), [("field-unknown", 5, 1)]);
    assert_eq!(record.diagnostics[0].help.as_deref(), Some("did you mean `review-every`?"));
}

#[test]
fn broken_records_have_places() {
    for (bytes, line, column, message) in [
        (&b"no frontmatter\n"[..], 1, 1, "no frontmatter"),
        (b"+++\nid = 'INFRA-150'\n", 1, 1, "not closed"),
        (b"+++\nid = 'INFRA-150'\ntitle = \n+++\n", 3, 9, "not valid TOML"),
        (b"+++\nid = 'INFRA-150'\nid = 'b'\n+++\n", 3, 1, "duplicate key"),
        (b"+++\nid = 'INFRA-150'\n+++\na\0", 4, 2, "NUL"),
        (b"+++\r\nid = 'INFRA-150'\r\n+++\r\na\rb", 4, 2, "carriage return"),
        (b"+++\nid = 'INFRA-150'\n+++\n\nx \xff", 5, 3, "0xFF"),
        (b"+++\nid = 'INFRA-150'\n+++\n<<<<<<< HEAD\n=======\n>>>>>>> b\n", 4, 1, "merge conflict"),
    ] {
        let record = Record::parse(RecordType::Task, "tasks/INFRA-150.md", bytes);
        assert!(record.is_broken(), "{message}");
        let found =
            record.diagnostics.iter().find(|diagnostic| diagnostic.code == Code::RecordBroken).unwrap();
        assert!(found.message.contains(message), "{}", found.message);
        assert_eq!((found.line, found.column), (line, column), "{message}");
    }
}

#[test]
fn too_much_is_broken() {
    let huge = vec![b'a'; MAX_RECORD_BYTES + 1];
    let record = Record::parse(RecordType::Task, "tasks/INFRA-150.md", &huge);
    assert!(record.is_broken() && record.source.is_empty());
    let head = "+++\nid = 'INFRA-150'\n+++\n";
    assert!(!parse(&format!("{head}{} a", ">".repeat(200))).is_broken());
    let deep = parse(&format!("{head}{} a", ">".repeat(201)));
    assert!(deep.is_broken() && deep.items.is_empty());
    assert!(!parse(&format!("{head}{}", "- [ ] a\n".repeat(10_000))).is_broken());
    assert!(parse(&format!("{head}{}", "- [ ] a\n".repeat(10_001))).is_broken());
}

#[test]
fn a_broken_record_gives_what_it_has() {
    let record = parse("+++\nid = \n+++\n## A\n- [x] b\n");
    assert_eq!(record.items.len(), 1);
    assert_eq!(record.sections[0].title, "A");
    assert_eq!(record.title(), "INFRA-150");
}

#[test]
fn identity() {
    let at = |path: &str, id: &str| {
        let text = format!("+++\n{id}\ntitle = 'T'\nkind = 'general'\n+++\n");
        let record = Record::parse(RecordType::Task, path, text.as_bytes());
        (record.id.as_ref().map(|id| id.as_str().to_owned()), places(&record))
    };
    let some = |id: &str| Some(id.to_owned());
    assert_eq!(at("tasks/2026/A-1.md", "id = 'A-1'"), (some("A-1"), vec![]));
    assert_eq!(at("tasks/A-1.md", ""), (some("A-1"), vec![("id-missing", 2, 1)]));
    assert_eq!(at("tasks/A-1.md", "id = 'A-2'"), (some("A-1"), vec![("id-mismatch", 2, 6)]));
    assert_eq!(at("tasks/A-1.md", "id = 'a-1'"), (some("A-1"), vec![("id-mismatch", 2, 6)]));
    assert_eq!(at("tasks/A-1.md", "id = 1"), (some("A-1"), vec![("field-invalid", 2, 6)]));
    assert_eq!(at("tasks/A 1.md", "id = 'A 1'"), (None, vec![("id-invalid", 1, 1)]));
}

#[test]
fn fields_that_are_missing() {
    assert_eq!(
        places(&parse("+++\nid = 'INFRA-150'\n+++\n")),
        [("field-missing", 2, 1), ("field-missing", 2, 1)]
    );
}

#[test]
fn invalid_fields_say_what_was_expected() {
    for (lines, expected) in [
        ("risk = 'hihg'", "`risk` is `hihg`, expected one of `low`, `medium`, `high`; did you mean `high`?"),
        ("risk = 3", "`risk` is a whole number, expected one of `low`, `medium`, `high`"),
        (
            "downtime = '30 m'",
            "`downtime` is `30 m`, expected a duration such as `30m`, `4h`, `2d` or `1d12h`, at most ten years",
        ),
        ("labels = 'a'", "`labels` is a string, expected a list of strings"),
        ("labels = ['a', 2]", "an element of `labels` is a whole number, expected a string in quotes"),
        (
            "scheduled = 2024-05-25T02:00:00",
            "`scheduled` is a date-time without offset, expected a date-time with offset such as 2024-05-25T02:00:00+02:00",
        ),
        (
            "scheduled = 2024-05-25",
            "`scheduled` is a date without time, expected a date-time with offset such as 2024-05-25T02:00:00+02:00",
        ),
        ("cancelled = ' '", "`cancelled` is empty, expected text"),
        ("plan.production = { risk = 'low' }", "unknown key `plan`"),
        (
            "cost = { currency = 'eur' }",
            "`cost.currency` is `eur`, expected three capital letters such as `EUR` or `USD`",
        ),
        ("chart = { nmae = 'x' }", "unknown key `chart.nmae`; did you mean `chart.name`?"),
        ("enviroments = []", "unknown key `enviroments`; did you mean `environments`?"),
        ("zzz = 1", "unknown key `zzz`"),
    ] {
        assert_eq!(complaints(lines), [expected], "{lines}");
    }
}

#[test]
fn suspicious_characters_are_warnings() {
    let text = "\u{feff}+++\nid = 'INFRA-150'\ntitle = 'a\u{202e}b'\nkind = 'helm'\nrequestor = 'kіm'\n+++\n\n- [ ] Sеcurity review\n";
    let record = parse(text);
    assert_eq!(
        places(&record),
        [
            ("byte-order-mark", 1, 1),
            ("character-suspect", 3, 11),
            ("character-suspect", 5, 15),
            ("character-suspect", 8, 8),
        ]
    );
    assert!(record.diagnostics.iter().all(|diagnostic| diagnostic.severity == Severity::Warning));
    assert_eq!(record.items.len(), 1);
}
