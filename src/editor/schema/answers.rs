//! Schemas of what commands answer with `--json`: every key, and no other.

use serde_json::{Value, json};

use super::acts::keys_of_act;
use super::answers_audit::{audit, metrics};
use super::commands_of;
use super::shape::{closed, count, flag, list_of, moment, named, one_of, or_null, table_of, text, texts};
use crate::record::{RecordType, Risk, TaskKind};

/// Names of the answers that have a schema: those of their commands. `export` is one line.
pub(super) const ANSWERS: [&str; 18] = [
    "list", "show", "board", "log", "gate", "audit", "check", "metrics", "windows", "agenda", "announce",
    "scope", "explain", "diff", "blame", "export", "import", "new",
];

/// Keys with what stands at them; a `?` behind a key says that it may be absent.
pub(super) type Keys = Vec<(&'static str, Value)>;

pub(super) fn of_answer(name: &str) -> Option<Value> {
    let keys: Keys = match name {
        "list" => vec![at(), ("trunk", or_null(text())), ("records", list_of(named("record")))],
        "show" => vec![at(), ("record", named("record")), ("stories?", list_of(story()))],
        "board" => vec![
            at(),
            ("columns", list_of(closed(&[("status", text()), ("records", list_of(named("record")))]))),
        ],
        "log" => vec![at(), ("events", list_of(event(true)))],
        "gate" => gate(),
        "audit" => audit(),
        "check" => vec![("diagnostics", list_of(named("diagnostic")))],
        "metrics" => metrics(),
        "windows" => windows(),
        "agenda" => agenda(),
        "announce" => vec![at(), ("id", text()), ("drafts", list_of(draft()))],
        "scope" => vec![("id", or_null(text())), ("scope", digest()), ("text?", or_null(text()))],
        "explain" => {
            vec![("codes", list_of(closed(&[("code", text()), ("summary", text()), ("remedy", text())])))]
        }
        "diff" => diff(),
        "blame" => vec![at(), ("id", text()), ("path", text()), ("lines", list_of(blamed()))],
        "export" => return Some(finished(record(), "One line of `export`")),
        "import" => import(),
        "new" => vec![("id", text()), ("path", text())],
        name => keys_of_act(name)?,
    };
    let schema = ("schema", json!({ "const": format!("changebook.{name}/1") }));
    let all: Vec<(&str, Value)> = std::iter::once(schema).chain(keys).collect();
    let commands = commands_of(name).collect::<Vec<_>>().join(", ");
    Some(finished(closed(&all), &format!("Answer of --json: {commands}")))
}

fn finished(mut schema: Value, title: &str) -> Value {
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!(title);
    schema["$defs"] = json!({
        "evidence": evidence(), "record": record(), "approval": approval(), "diagnostic": diagnostic(),
        "requirement": requirement(),
    });
    schema
}

/// The commit that is answered for; absent from a book without commits.
pub(super) fn at() -> (&'static str, Value) {
    ("at", or_null(named("evidence")))
}

pub(super) fn commit() -> Value {
    json!({ "type": "string", "pattern": "^([0-9a-f]{40}|[0-9a-f]{64})$" })
}

fn digest() -> Value {
    json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
}

pub(super) fn risk() -> Value {
    one_of(&Risk::ALL.map(Risk::as_str))
}

pub(super) fn kind() -> Value {
    one_of(&TaskKind::ALL.map(TaskKind::as_str))
}

fn evidence() -> Value {
    closed(&[
        ("commit", commit()),
        ("author", text()),
        ("email", text()),
        ("time", moment()),
        ("person?", text()),
    ])
}

pub(super) fn proof() -> Value {
    or_null(named("evidence"))
}

fn diagnostic() -> Value {
    closed(&[
        ("code", text()),
        ("severity", text()),
        ("path", text()),
        ("line", count()),
        ("column", count()),
        ("message", text()),
        ("help?", text()),
    ])
}

fn requirement() -> Value {
    closed(&[("code", text()), ("met", flag()), ("detail", text()), ("commit", or_null(commit()))])
}

fn approval() -> Value {
    closed(&[
        ("role", text()),
        ("text", text()),
        ("required", flag()),
        ("person", or_null(text())),
        ("trust", or_null(text())),
        ("valid", flag()),
        ("code", or_null(text())),
        ("detail", text()),
        ("commit", or_null(commit())),
        ("scope?", digest()),
        ("decision?", text()),
        ("detached?", text()),
        ("changed?", texts()),
        ("open_to?", texts()),
        ("todo?", text()),
    ])
}

fn record() -> Value {
    let environment = closed(&[
        ("environment", text()),
        ("gated", flag()),
        ("deployed", flag()),
        ("evidence", proof()),
        ("rolled_back", proof()),
        ("stated_time", or_null(text())),
    ]);
    let item = closed(&[
        ("section", or_null(text())),
        ("text", text()),
        ("checked", flag()),
        ("by", list_of(named("evidence"))),
    ]);
    let found = closed(&[
        ("path", text()),
        ("kind", or_null(one_of(&["plan", "manifests", "chart"]))),
        ("environment", or_null(text())),
        ("stack", or_null(text())),
        ("digest", or_null(text())),
        ("line", or_null(text())),
        ("broken", or_null(text())),
    ]);
    let relation =
        closed(&[("kind", text()), ("id", text()), ("title", or_null(text())), ("exists", flag())]);
    closed(&[
        ("id", text()),
        ("type", one_of(&RecordType::ALL.map(RecordType::as_str))),
        ("kind", or_null(kind())),
        ("title", text()),
        ("path", text()),
        ("status", text()),
        ("evidence", proof()),
        ("approval", or_null(text())),
        ("trust", or_null(text())),
        ("risk", or_null(risk())),
        ("risk_reasons", texts()),
        ("emergency", or_null(text())),
        ("created", proof()),
        ("updated", proof()),
        ("work_tree", text()),
        ("landed", or_null(flag())),
        ("covers", list_of(named("evidence"))),
        ("waiting_for", texts()),
        ("blocked_by", texts()),
        ("next", text()),
        ("environments", list_of(environment)),
        ("found", list_of(found)),
        ("scope", or_null(digest())),
        ("approvals", list_of(named("approval"))),
        ("items", list_of(item)),
        ("relations", list_of(relation)),
        ("events?", list_of(event(false))),
        ("diagnostics", list_of(named("diagnostic"))),
    ])
}

/// What happened; in `log` with the record's ID.
fn event(with_id: bool) -> Value {
    let mut keys = vec![("event", text()), ("by", named("evidence")), ("merge", flag())];
    keys.extend(with_id.then(|| ("id", text())));
    let of_kind = ["item?", "field?", "environment?", "reason?", "verdict?", "noun?", "place?", "line?"];
    keys.extend(of_kind.map(|key| (key, or_null(text()))));
    keys.push(("value?", json!({})));
    closed(&keys)
}

fn story() -> Value {
    closed(&[
        ("thing", text()),
        ("name", text()),
        ("nth", count()),
        ("state", text()),
        ("by", list_of(named("evidence"))),
        ("steps", texts()),
    ])
}

fn gate() -> Vec<(&'static str, Value)> {
    let stage = || list_of(closed(&[("name", text()), ("reached", flag()), ("evidence", proof())]));
    vec![
        at(),
        ("id", text()),
        ("environment", text()),
        ("progress", stage()),
        ("done", stage()),
        ("open", flag()),
        ("gated", flag()),
        ("emergency", flag()),
        ("risk", risk()),
        ("risk_reasons", texts()),
        ("until", or_null(moment())),
        ("next", or_null(moment())),
        ("trust", or_null(text())),
        ("deployed", or_null(commit())),
        ("requirements", list_of(named("requirement"))),
        ("warnings", list_of(named("requirement"))),
        ("approvals", list_of(named("approval"))),
    ]
}

fn windows() -> Vec<(&'static str, Value)> {
    let opening = closed(&[
        ("window", text()),
        ("timezone", text()),
        ("start", moment()),
        ("end", moment()),
        ("open", flag()),
        ("tasks", texts()),
    ]);
    let freeze = closed(&[
        ("name", text()),
        ("from", moment()),
        ("to", moment()),
        ("environments", texts()),
        ("services", texts()),
        ("except", texts()),
    ]);
    vec![
        at(),
        ("from", moment()),
        ("to", moment()),
        ("openings", list_of(opening)),
        ("windows", table_of(closed(&[("open_until", or_null(moment())), ("next", or_null(moment()))]))),
        ("freezes", list_of(freeze)),
        ("meetings", list_of(moment())),
        ("collisions", texts()),
    ]
}

fn agenda() -> Vec<(&'static str, Value)> {
    let matter = || {
        closed(&[
            ("id", text()),
            ("title", text()),
            ("status", text()),
            ("next", text()),
            ("changes", texts()),
            ("evidence", proof()),
        ])
    };
    vec![
        at(),
        ("meeting", json!({ "type": "string", "format": "date" })),
        ("decisions", list_of(matter())),
        ("unlisted", texts()),
        (
            "reviews",
            list_of(closed(&[
                ("id", text()),
                ("environment", text()),
                ("due", moment()),
                ("overdue", flag()),
            ])),
        ),
        ("conditions", list_of(closed(&[("id", text()), ("open", texts())]))),
        ("last", list_of(matter())),
    ]
}

fn draft() -> Value {
    closed(&[
        ("channel", text()),
        ("item", or_null(text())),
        ("owed", flag()),
        ("sent", flag()),
        ("text", text()),
    ])
}

fn diff() -> Vec<(&'static str, Value)> {
    vec![
        at(),
        ("id", text()),
        ("role", text()),
        ("person", or_null(text())),
        ("commit", commit()),
        ("approved", digest()),
        ("scope", digest()),
        ("same", flag()),
        ("changed", texts()),
        ("diff", text()),
    ]
}

fn blamed() -> Value {
    closed(&[("line", count()), ("text", text()), ("by", proof()), ("meant", or_null(text()))])
}

fn import() -> Vec<(&'static str, Value)> {
    let pairs = || list_of(closed(&[("name", text()), ("value", text())]));
    let imported = closed(&[
        ("id", text()),
        ("path", text()),
        ("from", text()),
        ("key", or_null(text())),
        ("listed", pairs()),
    ]);
    let left = closed(&[("from", text()), ("there", flag()), ("reason", text()), ("cells", pairs())]);
    vec![("dry-run", flag()), ("imported", list_of(imported)), ("left", list_of(left))]
}
