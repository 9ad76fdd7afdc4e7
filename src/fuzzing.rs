//! What fuzzers feed with bytes: everything that reads what strangers write.
//!
//! Each target takes any bytes and must neither panic nor hang, nor take much memory. `fuzz/` has a program for each, which
//! libFuzzer drives; the ordinary tests run the same targets over mutated seeds. Nothing else uses this.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::LazyLock;

use lsp_server::{Connection, ErrorCode, Message};

use crate::calendar::{next_opening, open_at};
use crate::editor::{lsp, merge};
use crate::evidence::EvidenceFile;
use crate::history::probe_commit;
use crate::import::{Map, Numbering, READY_MAPS, Surroundings, import, read_csv};
use crate::intake::{helm, kubernetes, terraform};
use crate::policy::Policy;
use crate::record::{Detached, Details, Facts, Record, RecordType, edit, find_items, formatted, scope_text};
use crate::template::RecordTemplates;

/// A target: any bytes are right.
pub type Target = fn(&[u8]);

/// Every target by its name, which is that of its program and of the folder with its seeds.
pub const TARGETS: [(&str, Target); 9] = [
    ("record", record),
    ("policy", policy),
    ("plan", plan),
    ("manifests", manifests),
    ("chart", chart),
    ("csv", csv),
    ("merge", merge_driver),
    ("lsp", language_server),
    ("commit", commit),
];

/// A moment within all that is read: 1 June 2024.
const NOW: i64 = 1_717_200_000;
/// Stands between the parts of an input that has several.
const SEPARATOR: &[u8] = b"\n%%%%\n";

static POLICY: LazyLock<Policy> = LazyLock::new(Policy::builtin);
static TEMPLATES: LazyLock<RecordTemplates> = LazyLock::new(|| RecordTemplates::new(BTreeMap::new()));

/// The parts of an input; those that are missing are empty.
fn parts<const N: usize>(data: &[u8]) -> [&[u8]; N] {
    let mut rest = data;
    std::array::from_fn(|_| {
        let end = rest.windows(SEPARATOR.len()).position(|window| window == SEPARATOR);
        let part = &rest[..end.unwrap_or(rest.len())];
        rest = end.map_or(&[], |end| &rest[end + SEPARATOR.len()..]);
        part
    })
}

/// A record of each type: parsed, hashed, formatted, and edited as the commands do.
pub fn record(data: &[u8]) {
    let rules = &POLICY.scope;
    for (record_type, path) in [
        (RecordType::Task, "tasks/A-1.md"),
        (RecordType::Decision, "cab/A-1.md"),
        (RecordType::Runbook, "runbooks/a-1.md"),
    ] {
        let record = Record::parse(record_type, path, data);
        let _ = (scope_text(&record, rules), formatted(&record), find_items(&record, "review"));
        if record.is_broken() {
            continue;
        }
        for item in record.items.iter().take(20) {
            let _ = edit::set_item(&record.source, item, !item.checked);
        }
        let title = record.sections.last().map_or("Notes", |section| section.title.as_str());
        let _ = edit::add_item(&record.source, title, "x", true);
        let _ = edit::append_to_section(&record.source, title, "x\n");
        let _ = edit::replace_section(&record.source, title, "x\n");
        let _ = edit::set_field(&record.source, "title", "x".into());
        let _ = edit::remove_field(&record.source, "labels");
        if let Details::Task(task) = &record.details {
            let _ = format!("{task:?}");
        }
    }
    let _ = Facts::read(data, rules);
    let _ = Detached::parse(data);
}

/// A policy, with the openings of its windows.
pub fn policy(data: &[u8]) {
    let (policy, found) = Policy::parse("policy.toml", &String::from_utf8_lossy(data));
    assert!(policy.is_some() == found.is_empty(), "a policy or what is wrong with it");
    for window in policy.iter().flat_map(|policy| policy.windows.values()) {
        let _ = (next_opening(window, NOW), open_at(window, NOW));
    }
}

/// A plan of Terraform as JSON, with all that is said of it; and a file of evidence.
pub fn plan(data: &[u8]) {
    if let Ok(file) = EvidenceFile::read(data) {
        let _ = (file.text(), file.found(&POLICY), file.content.block(50), file.content.touched());
    }
    if let Ok(plan) = terraform::Plan::read(data, terraform::Rules::of(&POLICY)) {
        let (found, radius) = (plan.found(&POLICY), plan.radius());
        let _ = (plan.block(50), plan.list(50), found.reasons());
        let _ = (radius.dot(), radius.sentence(), terraform::svg(&radius));
        let _ = plan.same_but_for_circumstances(&plan);
    }
}

/// Two states of Kubernetes manifests.
pub fn manifests(data: &[u8]) {
    let read = |part: &[u8]| kubernetes::Manifests::read("x", &[("x.yaml".to_owned(), part.to_vec())]);
    let [old, new] = parts(data);
    if let (Ok(old), Ok(new)) = (read(old), read(new)) {
        let comparison = kubernetes::compare(&old, &new);
        let evidence = kubernetes::Evidence::of(&comparison, &new, Vec::new());
        let _ = (evidence.found(&POLICY), evidence.block(50), evidence.headline());
    }
}

/// A packed chart, or the tar in one, beside itself and a small chart of the same name.
pub fn chart(data: &[u8]) {
    let packed = || {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(data).and_then(|()| packer.finish()).unwrap_or_default()
    };
    for archive in [data.to_vec(), packed()] {
        let Ok(files) = helm::unpack(&archive) else { continue };
        let small = [("Chart.yaml".to_owned(), b"apiVersion: v2\nname: api\nversion: 1.0.0\n".to_vec())];
        for old in [&files[..], &small] {
            if let Ok(evidence) = helm::Evidence::of([("old", old), ("new", &files)], &[]) {
                let _ = (evidence.found(&POLICY), evidence.block(50), evidence.headline());
            }
        }
    }
}

/// A table of another tool's tasks, by each ready map.
pub fn csv(data: &[u8]) {
    let maps = READY_MAPS.iter().filter_map(|(_, text)| Map::parse(text).ok());
    for map in maps {
        let Ok(tasks) = read_csv("x.csv", data, &map) else { continue };
        let (policy, templates, present) = (&*POLICY, &*TEMPLATES, BTreeMap::new());
        let surroundings = Surroundings { policy, templates, taken: &[], present: &present, year: 2024 };
        let _ = import(&tasks, &map, Numbering::Keep, &surroundings);
    }
}

/// The merge of three versions of a record, where git's own merge is one conflict.
pub fn merge_driver(data: &[u8]) {
    let [base, ours, theirs] = parts(data).map(String::from_utf8_lossy);
    let versions = merge::Versions { base: &*base, ours: &*ours, theirs: &*theirs };
    let labels = merge::Versions { base: "base", ours: "ours", theirs: "theirs" }.map(str::to_owned);
    for style in [merge::ConflictStyle::Merge, merge::ConflictStyle::Diff3] {
        let markers = merge::Markers { size: 7, labels: labels.clone(), style };
        let by_lines = |versions: merge::Versions<&str>| {
            let clean = [(versions.ours, versions.theirs), (versions.theirs, versions.ours)]
                .into_iter()
                .find_map(|(same, other)| (same == versions.base).then_some(other));
            let text = clean.map_or_else(|| format!("{}{}", versions.ours, versions.theirs), str::to_owned);
            Ok::<_, std::convert::Infallible>(merge::Merged { text, n_conflicts: clean.is_none().into() })
        };
        let _ = merge::merge(versions, &markers, &by_lines);
    }
}

/// Messages of an editor, one JSON value a line, in a book where `file:///book/` is the root.
///
/// # Panics
/// Where a request panicked: the server answers that it did, and goes on.
pub fn language_server(data: &[u8]) {
    let Some(book) = small_book() else { return };
    let place = format!("file://{}", book.path().display());
    let text = String::from_utf8_lossy(data).replace("file:///book", &place);
    let (server, editor) = Connection::memory();
    let hello = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"capabilities":{}}}"#;
    let ready = r#"{"jsonrpc":"2.0","method":"initialized","params":{}}"#;
    for line in [hello, ready].into_iter().chain(text.lines()) {
        match serde_json::from_str(line) {
            // A second greeting or a farewell ends the talk.
            Ok(Message::Request(request)) if request.method == "shutdown" => {}
            Ok(message) => drop(editor.sender.send(message)),
            Err(_) => {}
        }
    }
    let Connection { sender, receiver } = editor;
    drop(sender);
    let _ = lsp::serve(&server, &lsp::Surroundings { now: &|| NOW, explain: &|_, _| None });
    drop(server);
    for message in receiver {
        if let Message::Response(response) = message {
            let failed =
                response.response_result.is_err_and(|error| error.code == ErrorCode::InternalError as i32);
            assert!(!failed, "request {} panicked", response.id);
        }
    }
}

/// A book in a repository without commits, which is gone when this is dropped.
fn small_book() -> Option<tempfile::TempDir> {
    let folder = tempfile::Builder::new().prefix("changebook-fuzz-").tempdir().ok()?;
    let task =
        "+++\nid = \"A-1\"\ntitle = \"x\"\nkind = \"general\"\n+++\n\n## What\n\nSee A-2.\n\n- [ ] one\n";
    let files = [
        (".git/HEAD", "ref: refs/heads/main\n"),
        (".git/config", "[core]\n\trepositoryformatversion = 0\n"),
        (".git/objects/info/packs", ""),
        (".git/refs/heads/.keep", ""),
        ("book.toml", "[book]\ntitle = \"x\"\nsrc = \"docs\"\n"),
        ("policy.toml", "[people.ana]\nemails = [\"ana@example.org\"]\n[roles]\nlead = [\"ana\"]\n"),
        ("tasks/A-1.md", task),
        ("runbooks/restart.md", "+++\nid = \"restart\"\ntitle = \"x\"\n+++\n\nSee A-1.\n"),
    ];
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent()?).ok()?;
        std::fs::write(path, text).ok()?;
    }
    Some(folder)
}

/// The bytes of a commit object, with its signature.
pub fn commit(data: &[u8]) {
    probe_commit(data);
}
