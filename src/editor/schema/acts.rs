//! Schemas of what commands answer that make something, or look at a change: every key, and no other.

use serde_json::{Value, json};

use super::answers::{Keys, at, commit, risk};
use super::shape::{closed, count, flag, list_of, one_of, or_null, text, texts};

/// Names of these answers; that of a command where only one gives it.
pub(super) const ACTS: [&str; 12] = [
    "act",
    "affirm",
    "build",
    "chart",
    "compare",
    "demo",
    "init",
    "manifests",
    "merge",
    "pr",
    "renumber",
    "risk",
];

/// The keys of an answer, but for its `schema`.
pub(super) fn keys_of_act(name: &str) -> Option<Keys> {
    Some(match name {
        "act" => {
            let mut keys = vec![("id", text()), ("done", text())];
            keys.extend([("commit", or_null(commit())), ("branch", or_null(text()))]);
            keys.extend([("counts", flag()), ("code", or_null(text())), ("why", or_null(text()))]);
            keys
        }
        "affirm" => vec![("person", text()), ("commits", list_of(commit())), ("commit", commit())],
        "build" => {
            let counts = ["pages", "written", "unchanged", "removed"].map(|key| (key, count()));
            let link = closed(&[("address", text()), ("path", text()), ("line", count()), ("page", text())]);
            [("out", text()), ("external_links", list_of(link))].into_iter().chain(counts).collect()
        }
        "chart" => {
            let mut keys = vec![("chart", jump()), ("digest", digest())];
            keys.extend(found());
            keys.push(("review", text()));
            keys
        }
        "compare" => vec![("id", text()), ("same", flag()), ("compared", list_of(compared()))],
        "demo" => vec![("book", text()), ("site", or_null(text())), at()],
        "init" => vec![("made", texts()), ("kept", texts())],
        "manifests" => {
            let mut keys = vec![("environment", text()), ("digest", digest())];
            keys.extend(found());
            keys.extend([("changes", text()), ("paths", texts())]);
            keys
        }
        "merge" => vec![("conflicts", count())],
        "pr" => vec![
            ("id", text()),
            ("title", text()),
            ("body", text()),
            ("checks", list_of(closed(&[("text", text()), ("done", flag()), ("why", text())]))),
        ],
        "renumber" => vec![("renumbered", list_of(renumbered()))],
        "risk" => vec![("stacks", list_of(closed(&[("stack", or_null(text())), ("plan", plan())])))],
        _ => return None,
    })
}

/// `sha256:…`.
fn digest() -> Value {
    json!({ "type": "string", "pattern": "^sha256:[0-9a-f]{64}$" })
}

fn jump() -> Value {
    closed(&[("name", text()), ("current", text()), ("target", text())])
}

/// What is recorded for an environment beside what was given.
fn compared() -> Value {
    let differs = closed(&[("address", text()), ("new", flag()), ("attributes", texts())]);
    closed(&[
        ("environment", text()),
        ("stack", or_null(text())),
        ("chart?", text()),
        ("same", flag()),
        ("recorded", digest()),
        ("digest", digest()),
        ("differs?", list_of(differs)),
        ("gone?", texts()),
        ("plan?", plan()),
    ])
}

/// The risk that a change shows, and why.
fn found() -> [(&'static str, Value); 3] {
    [("risk", or_null(risk())), ("categories", texts()), ("reasons", texts())]
}

fn renumbered() -> Value {
    closed(&[
        ("old", text()),
        ("new", text()),
        ("kept", or_null(text())),
        ("files", texts()),
        ("unsure", texts()),
        ("void", texts()),
        ("commit", or_null(commit())),
    ])
}

fn plan() -> Value {
    let change = closed(&[
        ("address", text()),
        ("sign", one_of(&["+", "-", "~", "-/+", "+/-", "<=", "."])),
        ("deposed", or_null(text())),
        ("type", text()),
        ("words", text()),
    ]);
    let radius = closed(&[
        ("new_only", flag()),
        ("touched", texts()),
        ("reached", list_of(closed(&[("address", text()), ("through", json!({}))]))),
    ]);
    let finding = closed(&[("category", text()), ("risk", risk()), ("reason", text())]);
    let mut keys = vec![
        ("line", text()),
        ("digest", digest()),
        ("errored", flag()),
        ("complete", or_null(flag())),
        ("changes", list_of(change)),
        ("findings", list_of(finding)),
        ("radius", radius),
    ];
    keys.extend(found());
    let counts = ["import", "add", "change", "destroy", "replace", "forget", "moved"];
    keys.extend(counts.map(|key| (key, count())));
    closed(&keys)
}
