//! What must hold for every file: properties over texts that are made to be awkward.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;

use super::edit::{self, EditError};
use super::scope::canonical_json;
use super::*;

const N_CASES: u32 = 250;

/// Pieces of lines that Markdown reads in different ways.
const PIECES: &[&str] = &[
    "- [ ] ",
    "- [x] ",
    "* [X] ",
    "+ [ ] ",
    "1. [ ] ",
    "2) ",
    "- ",
    "  ",
    "    ",
    "\t",
    "> ",
    ": ",
    ":   ",
    "## ",
    "# ",
    "### ",
    "Notes",
    "Deployment log",
    "What",
    "Apply in production",
    "code **review**",
    "`- [ ] code`",
    "```",
    "~~~",
    "<!--",
    "-->",
    "<div>",
    "</div>",
    "[a]: /url",
    "[a]",
    "[^1]: ",
    "[^1]",
    "![i](p.png)",
    "<https://x.test>",
    "| a | b |",
    "|---|---|",
    "---",
    "===",
    "***",
    "ä",
    "e\u{301}",
    "\u{200b}",
    "\\",
    "&amp;",
    "[ ]",
    "[x]",
    "[\t] ",
    "- [ ]",
    "(network)",
    "+++",
];

fn body() -> impl Strategy<Value = String> {
    let line = prop::collection::vec(prop::sample::select(PIECES), 0..5).prop_map(|pieces| pieces.concat());
    let ending = prop::sample::select(&["\n", "\n", "\n", " \n", "\t\n", "\n\n", "\r\n", "  \r\n"][..]);
    prop::collection::vec((line, ending), 0..14)
        .prop_map(|lines| lines.into_iter().flat_map(|(line, ending)| [line, ending.to_owned()]).collect())
}

fn frontmatter() -> impl Strategy<Value = String> {
    const LINES: &[&str] = &[
        "title = 'A' # why\n",
        "kind = 'terraform'\n",
        "risk = \"high\"\n",
        "labels = ['a', 'b']\n",
        "environments = [\n  'staging', # first\n  'production',\n]\n",
        "# a comment\n",
        "\n",
        "cancelled = 'no'\n",
        "scheduled = 2024-05-25T02:00:00+02:00\n",
        "other = 1.5\n",
        "cost = { monthly = 400 }\r\n",
    ];
    const PLANS: &[&str] = &[
        "",
        "",
        "plan.staging = { digest = 'sha256:a' }\n",
        "plan.production = { digest = 'sha256:b', add = 1 }\n",
        "plan = { staging = { digest = 'sha256:a' } }\n",
        "[plan.production]\ndigest = 'sha256:b'\n",
        "[plan]\nstaging = { digest = 'sha256:a' }\n[extra]\nx = 1\n",
        "plan.a = { digest = 'sha256:a' }\nfollows = []\nplan.b = { digest = 'sha256:a' }\n",
    ];
    (prop::sample::subsequence(LINES, 0..=LINES.len()), prop::sample::select(PLANS))
        .prop_map(|(lines, plan)| format!("id = 'A-1'\n{}{plan}", lines.concat()))
}

fn document() -> impl Strategy<Value = String> {
    (prop::sample::select(&["", "\u{feff}"][..]), frontmatter(), body(), any::<bool>()).prop_map(
        |(bom, frontmatter, body, cut)| {
            let text = format!("{bom}+++\n{frontmatter}+++\n{body}");
            if cut { text.trim_end().to_owned() } else { text }
        },
    )
}

fn parse(text: &str) -> Record {
    Record::parse(RecordType::Task, "tasks/A-1.md", text.as_bytes())
}

fn rules() -> ScopeRules {
    ScopeRules { free: ["labels".to_owned()].into() }
}

fn check_agreement(bytes: &[u8]) {
    let record = Record::parse(RecordType::Task, "tasks/A-1.md", bytes);
    let facts = Facts::read(bytes, &rules());
    assert_eq!(facts.readable, !record.is_broken(), "{:?}", record.diagnostics);
    if !facts.readable {
        assert_eq!(facts, Facts::default());
        return;
    }
    let items: Vec<(&ItemKey, bool)> = record.items.iter().map(|item| (&item.key, item.checked)).collect();
    let mut fields: Vec<(Arc<str>, Arc<str>)> = record
        .fields
        .iter()
        .map(|field| (field.key.as_str().into(), canonical_json(&field.value).into()))
        .collect();
    fields.sort();
    let ticks = facts.ticks.iter().copied();
    assert_eq!(facts.shape.items.iter().zip(ticks).collect::<Vec<_>>(), items);
    let values = facts.values.iter().cloned();
    assert_eq!(facts.shape.fields.iter().cloned().zip(values).collect::<Vec<_>>(), fields);
    assert_eq!((facts.ticks.len(), facts.values.len()), (items.len(), fields.len()));
    assert_eq!(facts.scope, Some(scope_hash(&record, &rules())));
    check_reader(&record, &facts);
    for item in &record.items {
        let mark = record.text(item.mark.clone());
        assert!(matches!(mark, "[ ]" | "[x]" | "[X]" | "[\t]"), "{mark:?}");
        assert!(item.span.start <= item.mark.start && item.mark.end <= item.span.end, "{item:?}");
    }
    for field in &record.fields {
        assert!(record.source.is_char_boundary(field.value_span.end), "{field:?}");
        assert!(record.text(field.key_span.clone()).contains(&field.key), "{field:?}");
    }
}

/// Versions that differ in boxes, or in anything else, read in a row, equal each read alone.
fn check_reader(record: &Record, facts: &Facts) {
    let mut reader = FactsReader::default();
    let original = record.source.as_bytes();
    assert_eq!(reader.read(original.to_vec(), &rules()), *facts);
    for (position, item) in record.items.iter().enumerate().take(8) {
        for fill in [b'x', b' ', b'X', b'\t', b'y'] {
            let mut bytes = original.to_vec();
            bytes[item.mark.start + 1] = fill;
            if let Some(other) = record.items.get(position / 2) {
                bytes[other.mark.start + 1] = b'x';
            }
            assert_eq!(reader.read(bytes.clone(), &rules()), Facts::read(&bytes, &rules()), "{bytes:?}");
        }
        let mut bytes = original.to_vec();
        bytes[item.mark.end % original.len()] ^= 1;
        assert_eq!(reader.read(bytes.clone(), &rules()), Facts::read(&bytes, &rules()), "{bytes:?}");
    }
}

/// A document whose frontmatter is fixed and whose body is a scope's.
fn with_body_of(scope: &str) -> String {
    let body = scope.split_once('\n').map_or("", |(_, body)| body);
    format!("+++\nid = 'A-1'\n+++\n{body}")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: N_CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        check_agreement(&bytes);
    }

    #[test]
    fn any_frontmatter_is_read(toml in "[a-c.= \\n\\[\\]{}'\"#0-9:TZ+-]{0,60}") {
        check_agreement(format!("+++\n{toml}\n+++\n").as_bytes());
    }

    #[test]
    fn facts_agree_with_the_record(text in document()) {
        check_agreement(text.as_bytes());
    }

    #[test]
    fn what_is_made_tidy_says_the_same_and_stays(text in document()) {
        let record = parse(&text);
        if let Some(tidy) = formatted(&record) {
            let after = parse(&tidy);
            prop_assert_eq!(scope_text(&record, &rules()), scope_text(&after, &rules()), "{}", tidy);
            let values = |record: &Record| record.fields.iter().map(|f| f.value.clone()).collect::<Vec<_>>();
            prop_assert_eq!(values(&record), values(&after));
            prop_assert_eq!(formatted(&after), None, "{}", tidy);
        }
    }

    #[test]
    fn ticking_changes_nothing_but_the_box(text in document(), seed in any::<u64>()) {
        let record = parse(&text);
        let mut ticked = text.clone();
        for (idx, item) in record.items.iter().enumerate() {
            let wanted = seed.rotate_right(idx as u32) & 1 == 1;
            ticked = edit::set_item(&ticked, item, wanted).unwrap();
            prop_assert_eq!(ticked.len(), text.len());
        }
        let after = parse(&ticked);
        prop_assert_eq!(scope_text(&after, &rules()), scope_text(&record, &rules()));
        prop_assert_eq!(&after.sections, &record.sections);
        for (idx, (old, new)) in record.items.iter().zip(&after.items).enumerate() {
            prop_assert_eq!(new.checked, seed.rotate_right(idx as u32) & 1 == 1);
            prop_assert_eq!((&old.key, &old.mark), (&new.key, &new.mark));
        }
    }

    #[test]
    fn an_untick_takes_back_a_tick(text in document()) {
        let record = parse(&text);
        for item in &record.items {
            let turned = edit::set_item(&text, item, !item.checked).unwrap();
            let back = edit::set_item(&turned, &Item { checked: !item.checked, ..item.clone() }, item.checked);
            if matches!(record.text(item.mark.clone()), "[ ]" | "[x]") {
                prop_assert_eq!(back.unwrap(), text.clone());
            }
        }
    }

    #[test]
    fn line_ends_are_no_part_of_the_scope(text in document()) {
        let lf = text.replace("\r\n", "\n");
        let crlf = lf.replace('\n', "\r\n");
        prop_assert_eq!(scope_text(&parse(&lf), &rules()), scope_text(&parse(&crlf), &rules()));
        prop_assert_eq!(scope_text(&parse(&text), &rules()), scope_text(&parse(&crlf), &rules()));
    }

    #[test]
    fn a_scope_is_its_own_scope(text in document()) {
        // A section that is taken out may leave text and an underline together, which make a heading.
        let text = text.replace("---", "").replace("===", "");
        // How far an empty definition is indented is said by the blanks behind it, which the scope trims.
        let text: String = text.split_inclusive('\n').filter(|line| !line.trim_end().ends_with(':')).collect();
        let once = scope_text(&parse(&text), &rules());
        let twice = scope_text(&parse(&with_body_of(&once)), &rules());
        prop_assert_eq!(with_body_of(&twice), with_body_of(&once));
    }

    #[test]
    fn a_field_can_be_set_and_removed(text in document(), value in "[ -~ä]{1,20}") {
        let set = edit::set_field(&text, "requestor", value.as_str().into()).unwrap();
        let record = parse(&set);
        prop_assert_eq!(&record.field("requestor").unwrap().value, &serde_json::Value::from(value));
        prop_assert_eq!(edit::remove_field(&set, "requestor").unwrap(), text.clone());
        let replaced = edit::set_field(&set, "requestor", "sam".into()).unwrap();
        prop_assert_eq!(edit::remove_field(&replaced, "requestor").unwrap(), text);
    }

    #[test]
    fn a_key_of_a_table_can_be_set(text in document()) {
        let plan: toml_edit::Value = "{ digest = 'sha256:c', add = 2 }".parse().unwrap();
        let set = edit::set_nested_field(&text, "plan", "production", plan).unwrap();
        let (before, after) = (parse(&text), parse(&set));
        prop_assert_eq!(&after.field("plan").unwrap().value["production"]["add"], &serde_json::json!(2));
        prop_assert_eq!(before.fields.iter().filter(|field| field.key != "plan").count(),
            after.fields.len() - 1);
        prop_assert_eq!(after.text(after.body_start..after.source.len()),
            before.text(before.body_start..before.source.len()));
        let removed = parse(&edit::remove_field(&set, "plan").unwrap());
        prop_assert!(removed.field("plan").is_none() && !removed.is_broken());
    }

    #[test]
    fn an_item_can_be_added(text in document(), section in prop::sample::select(&["What", "Notes", "Checklist"][..])) {
        match edit::add_item(&text, section, "Verify it", true) {
            Ok(added) => {
                let (before, after) = (parse(&text), parse(&added));
                prop_assert_eq!(after.items.len(), before.items.len() + 1);
                prop_assert!(added.len() > text.len());
                let bytes: Vec<u8> = added.bytes().collect();
                let n_before = text.bytes().zip(&bytes).take_while(|(a, b)| a == *b).count();
                let n_after = text.len() - n_before;
                prop_assert_eq!(&text.as_bytes()[n_before..], &bytes[bytes.len() - n_after..]);
            }
            Err(error) => {
                let refused = matches!(error, EditError::WouldChangeMeaning { .. });
                prop_assert!(refused, "{}", error);
            }
        }
    }
}

/// Real documents: the team's collection when it lies beside this crate, and every `.md` file of the folder that
/// `CHANGEBOOK_DOCUMENTS` names.
#[test]
fn real_documents_are_read_and_edited() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let more = std::env::var_os("CHANGEBOOK_DOCUMENTS").map(std::path::PathBuf::from);
    let mut paths: Vec<_> = [shared]
        .into_iter()
        .chain(more)
        .flat_map(walkdir::WalkDir::new)
        .filter_map(Result::ok)
        .filter(|entry| entry.path().extension().is_some_and(|ending| ending == "md"))
        .map(walkdir::DirEntry::into_path)
        .collect();
    paths.sort();
    if paths.is_empty() {
        let why = "no documents beside the crate, and `CHANGEBOOK_DOCUMENTS` names no folder";
        let _ = std::io::Write::write_fmt(
            &mut std::io::stderr(),
            format_args!("skipped: real documents: {why}\n"),
        );
    }
    for path in paths {
        let bytes = fs::read(&path).unwrap();
        check_agreement(&bytes);
        let bytes = [b"+++\nid = 'A-1'\n+++\n", &bytes[..]].concat();
        check_agreement(&bytes);
        let record = Record::parse(RecordType::Task, "tasks/A-1.md", &bytes);
        if !record.is_broken() {
            let once = scope_text(&record, &rules());
            let twice = scope_text(&parse(&with_body_of(&once)), &rules());
            assert_eq!(with_body_of(&twice), with_body_of(&once), "{}", path.display());
        }
        if let Ok(text) = std::str::from_utf8(&bytes) {
            check_edits(text, &record, &path);
        }
    }
}

/// A tick changes one byte; a key changes its own line.
fn check_edits(text: &str, record: &Record, path: &Path) {
    for item in &record.items {
        let edited = edit::set_item(text, item, !item.checked).unwrap();
        assert_eq!(edited.len(), text.len());
        let changed: Vec<usize> =
            (0..text.len()).filter(|&at| text.as_bytes()[at] != edited.as_bytes()[at]).collect();
        assert!(changed.len() == 1 && item.mark.contains(&changed[0]), "{}: {item:?}", path.display());
    }
    let edited = edit::set_field(text, "cancelled", "no".into()).unwrap();
    let line_end = if text.starts_with("+++\r\n") { "\r\n" } else { "\n" };
    let kept = edited.replacen(&format!("cancelled = \"no\"{line_end}"), "", 1);
    assert_eq!(kept, text, "{}", path.display());
}
