//! Tests of edits.

use super::*;
use crate::record::{Record, RecordType};

const TEXT: &str = "+++\n# who\nid = 'A-1' # the id\nrisk = \"low\"   # for now\n\n# later\n# cancelled = ''\n+++\n\
                    \n## Checklist\n\n- [ ] one\n- [X] two\n\n## Why\nbecause  \n\n\n## Notes\n";

fn crlf(text: &str) -> String {
    text.replace('\n', "\r\n")
}

/// Checks an edit on the text and on the same text with CRLF and BOM.
fn check(text: &str, edit: impl Fn(&str) -> Result<String, EditError>, expected: &str) {
    assert_eq!(edit(text).unwrap(), expected);
    let dressed = |text: &str| format!("\u{feff}{}", crlf(text));
    assert_eq!(edit(&dressed(text)).unwrap(), dressed(expected));
}

/// `TEXT` with one piece of it replaced.
fn changed(old: &str, new: &str) -> String {
    assert_eq!(TEXT.matches(old).count(), 1, "{old}");
    TEXT.replace(old, new)
}

fn item(text: &str, idx: usize) -> Item {
    Record::parse(RecordType::Task, "tasks/A-1.md", text.as_bytes()).items[idx].clone()
}

fn plan() -> toml_edit::Value {
    "{ add = 1 }".parse().unwrap()
}

#[test]
fn a_box_is_ticked() {
    check(TEXT, |text| set_item(text, &item(text, 0), true), &changed("[ ] one", "[x] one"));
    check(TEXT, |text| set_item(text, &item(text, 1), false), &changed("[X] two", "[ ] two"));
    check(TEXT, |text| set_item(text, &item(text, 1), true), TEXT);
}

#[test]
fn an_item_that_moved_is_refused() {
    let item = item(TEXT, 0);
    let moved = EditError::ItemMoved { text: "one".to_owned() };
    assert_eq!(set_item(&TEXT[1..], &item, true), Err(moved.clone()));
    assert_eq!(set_item("", &item, true), Err(moved));
}

#[test]
fn a_value_is_replaced_in_its_place() {
    check(TEXT, |text| set_field(text, "risk", "high".into()), &changed("\"low\"", "\"high\""));
    let multi = "+++\na = [\n  1, # x\n] # y\nb = 2\n+++\n";
    check(multi, |text| set_field(text, "a", 3.into()), "+++\na = 3 # y\nb = 2\n+++\n");
}

#[test]
fn a_new_key_goes_behind_the_last() {
    check(
        TEXT,
        |text| set_field(text, "cancelled", "no use".into()),
        &changed("# for now\n", "# for now\ncancelled = \"no use\"\n"),
    );
    check("+++\n[t]\na = 1\n+++\n", |text| set_field(text, "b", 2.into()), "+++\nb = 2\n[t]\na = 1\n+++\n");
    check("+++\n+++", |text| set_field(text, "b", 2.into()), "+++\nb = 2\n+++");
    check("+++\n+++", |text| set_field(text, "a b", 2.into()), "+++\n\"a b\" = 2\n+++");
}

#[test]
fn a_key_is_removed_with_its_line() {
    check(TEXT, |text| remove_field(text, "risk"), &changed("risk = \"low\"   # for now\n", ""));
    check(TEXT, |text| remove_field(text, "zzz"), TEXT);
    let plans = "+++\nplan.a = 1\nb = 2\nplan.c = [\n3,\n] # d\n+++\n";
    check(plans, |text| remove_field(text, "plan"), "+++\nb = 2\n+++\n");
    let tables = "+++\na = 1\n[plan.x]\nb = 2\n[other]\nc = 3\n+++\n";
    check(tables, |text| remove_field(text, "plan"), "+++\na = 1\n[other]\nc = 3\n+++\n");
}

#[test]
fn an_entry_is_set_in_every_form_of_table() {
    for (before, after) in [
        ("a = 1\n[t]\n", "a = 1\nplan.production = { add = 1 }\n[t]\n"),
        ("plan.production = { add = 0 } # x\na = 1\n", "plan.production = { add = 1 } # x\na = 1\n"),
        ("plan.staging = 0\na = 1\n", "plan.staging = 0\nplan.production = { add = 1 }\na = 1\n"),
        ("plan = { staging = 0 } # x\n", "plan = { staging = 0, production = { add = 1 } } # x\n"),
        ("plan = { s.t = 0 }\n", "plan = { s.t = 0 , production = { add = 1 } }\n"),
        ("plan = {}\n", "plan = { production = { add = 1 } }\n"),
        ("plan = { production = 0 }\n", "plan = { production = { add = 1 } }\n"),
        ("[plan]\nproduction = 0 # x\n", "[plan]\nproduction = { add = 1 } # x\n"),
        ("[plan] # x\nstaging = 0\n[t]\n", "[plan] # x\nstaging = 0\nproduction = { add = 1 }\n[t]\n"),
    ] {
        let (before, after) = (format!("+++\n{before}+++\n"), format!("+++\n{after}+++\n"));
        check(&before, |text| set_nested_field(text, "plan", "production", plan()), &after);
    }
}

#[test]
fn what_is_no_value_or_no_table_is_refused() {
    assert_eq!(
        set_field("+++\nplan.a = 1\n+++\n", "plan", 1.into()),
        Err(EditError::IsTable { key: "plan".to_owned() })
    );
    assert_eq!(
        set_nested_field("+++\nplan = 1\n+++\n", "plan", "a", plan()),
        Err(EditError::IsValue { key: "plan".to_owned() })
    );
    for broken in ["", "+++\na = \n+++\n", "+++\n"] {
        assert!(matches!(set_field(broken, "a", 1.into()), Err(EditError::Broken { .. })), "{broken}");
    }
}

#[test]
fn mixed_line_ends_outside_the_edit_stay() {
    let text = "+++\r\na = 1\n[plan]\r\nx = 0\n\r\n[t]\nb = 2\n+++\n";
    let expected = "+++\r\na = 1\n[plan]\r\nx = 0\nproduction = { add = 1 }\r\n\r\n[t]\nb = 2\n+++\n";
    assert_eq!(set_nested_field(text, "plan", "production", plan()).unwrap(), expected);
}

#[test]
fn an_item_joins_the_last_list() {
    check(
        TEXT,
        |text| add_item(text, "checklist", " three\n", false),
        &changed("two\n", "two\n- [ ] three\n"),
    );
    for (before, after) in [
        ("- [ ] a\n\n- [ ] b\n\n## Y\n", "- [ ] a\n\n- [ ] b\n\n- [ ] c\n\n## Y\n"),
        ("* [ ] a\n  - [ ] b\n    more\ntext\n", "* [ ] a\n  - [ ] b\n    more\ntext\n* [ ] c\n"),
        ("9. [ ] a", "9. [ ] a\n10. [ ] c"),
        ("- [ ] a\n\ntext\n\n+ [ ] b\n## Y\n", "- [ ] a\n\ntext\n\n+ [ ] b\n+ [ ] c\n## Y\n"),
        ("> - [ ] a\n", "> - [ ] a\n> - [ ] c\n"),
        ("", "\n- [ ] c\n"),
        ("text", "text\n\n- [ ] c"),
        ("text\n## Y\n", "text\n\n- [ ] c\n\n## Y\n"),
        ("\n\n\n## Y\n", "\n- [ ] c\n\n\n## Y\n"),
    ] {
        let dress = |body: &str| format!("+++\n+++\n## X\n{body}");
        check(&dress(before), |text| add_item(text, "X", "c", false), &dress(after));
    }
}

#[test]
fn an_item_makes_its_section() {
    check("+++\n+++\n", |text| add_item(text, "To do", "c", true), "+++\n+++\n\n## To do\n\n- [x] c\n");
    check(
        "+++\n+++\na\n\n\n",
        |text| add_item(text, "To do", "c", true),
        "+++\n+++\na\n\n## To do\n\n- [x] c\n\n\n",
    );
}

#[test]
fn an_item_that_would_be_none_is_refused() {
    let text = "+++\n+++\n## X\n```\n";
    assert_eq!(
        add_item(text, "X", "c", false),
        Err(EditError::WouldChangeMeaning { what: "`c`".to_owned() })
    );
    assert_eq!(add_item(TEXT, "X", " \n", false), Err(EditError::NoText));
}

#[test]
fn text_is_appended() {
    check(
        TEXT,
        |text| append_to_section(text, "why", "\nmore\nlines\n"),
        &changed("because  \n\n\n", "because  \n\nmore\nlines\n\n\n"),
    );
    check(TEXT, |text| append_to_section(text, "Notes", "x"), &changed("## Notes\n", "## Notes\n\nx\n"));
    check(
        TEXT,
        |text| append_to_section(text, "Log", "x"),
        &changed("## Notes\n", "## Notes\n\n## Log\n\nx\n"),
    );
    let open = "+++\n+++\n<!--\n";
    assert!(append_to_section(open, "Log", "x").is_err());
    let open = "+++\n+++\n## A\n\n## B\n- [ ] c\n";
    assert!(append_to_section(open, "A", "```").is_err());
}

#[test]
fn a_section_is_replaced() {
    check(
        TEXT,
        |text| replace_section(text, "Why", "new\n\nwords\n"),
        &changed("because  \n", "new\n\nwords\n"),
    );
    check(TEXT, |text| replace_section(text, "Notes", "x"), &changed("## Notes\n", "## Notes\n\nx\n"));
    check(
        TEXT,
        |text| replace_section(text, "Plan", "x"),
        &changed("## Notes\n", "## Notes\n\n## Plan\n\nx\n"),
    );
    let code = "+++\n+++\n## Plan\n\n    + a\n\n## B\n";
    check(code, |text| replace_section(text, "Plan", "    + b"), "+++\n+++\n## Plan\n\n    + b\n\n## B\n");
}
