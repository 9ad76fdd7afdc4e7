//! What `changebook audit` and `changebook metrics` answer.

use serde_json::{Value, json};

use super::answers::{at, commit, kind, proof, risk};
use super::shape::{closed, count, flag, list_of, moment, named, one_of, or_null, text, texts};

pub(super) fn audit() -> Vec<(&'static str, Value)> {
    let unrecorded = closed(&[
        ("code", text()),
        ("evidence", named("evidence")),
        ("changed_by", texts()),
        ("brings", list_of(named("evidence"))),
        ("paths", texts()),
    ]);
    let late = closed(&[
        ("code", text()),
        ("id", text()),
        ("evidence", named("evidence")),
        ("changed_by", texts()),
        ("brings", list_of(named("evidence"))),
        ("paths", texts()),
        ("recorded", proof()),
        ("open", or_null(text())),
    ]);
    let undeployed = closed(&[
        ("code", text()),
        ("id", text()),
        ("evidence", named("evidence")),
        ("landed", named("evidence")),
    ]);
    vec![
        at(),
        ("trunk", or_null(text())),
        ("since", or_null(text())),
        ("until", or_null(text())),
        ("population", count()),
        ("sample", or_null(text())),
        ("rewritten", or_null(text())),
        ("beginning", or_null(closed(&[("commit", commit()), ("named", flag()), ("again", flag())]))),
        ("duty", proof()),
        ("rows", list_of(deployment())),
        ("unrecorded", list_of(unrecorded)),
        ("late", list_of(late)),
        ("undeployed", list_of(undeployed)),
        ("controls", list_of(control())),
        ("diagnostics", list_of(named("diagnostic"))),
    ]
}

fn control() -> Value {
    let value = closed(&[
        ("key", text()),
        ("before", or_null(text())),
        ("after", or_null(text())),
        ("by", list_of(named("evidence"))),
        ("agreed", texts()),
        ("alone", flag()),
        ("codes", texts()),
    ]);
    closed(&[
        ("landed", named("evidence")),
        ("time", moment()),
        ("outcome", one_of(&["began", "in-force", "put-back", "not-in-force"])),
        ("settled", proof()),
        ("codes", texts()),
        ("values", list_of(value)),
    ])
}

fn deployment() -> Value {
    let review = closed(&[
        ("state", one_of(&["in-time", "late", "owed", "overdue"])),
        ("evidence?", named("evidence")),
        ("until?", moment()),
        ("since?", moment()),
    ]);
    closed(&[
        ("id", text()),
        ("title", text()),
        ("kind", or_null(kind())),
        ("requestor", or_null(text())),
        ("environment", text()),
        ("gated", flag()),
        ("emergency", or_null(text())),
        ("risk", or_null(risk())),
        ("time", moment()),
        ("stated", flag()),
        ("evidence", named("evidence")),
        ("deployed_by", texts()),
        ("changed_by", texts()),
        ("landed", proof()),
        ("trust", or_null(text())),
        ("approvals", list_of(named("approval"))),
        ("plans", texts()),
        ("proven", or_null(flag())),
        ("drift", texts()),
        ("rollback_written", flag()),
        ("tests", list_of(closed(&[("text", text()), ("evidence", named("evidence"))]))),
        ("review", or_null(review)),
        ("anyway", or_null(text())),
        ("rolled_back", proof()),
        ("requirements", list_of(named("requirement"))),
        ("exceptions", texts()),
        ("details", list_of(closed(&[("code", text()), ("detail", text()), ("commit", or_null(commit()))]))),
    ])
}

pub(super) fn metrics() -> Vec<(&'static str, Value)> {
    let number = || or_null(json!({ "type": "number" }));
    let seconds = || or_null(json!({ "type": "integer" }));
    let figures = || {
        closed(&[
            ("name", text()),
            ("deployments", count()),
            ("emergencies", count()),
            ("emergency_share", number()),
            ("failures", count()),
            ("failure_rate", number()),
            ("lead_time_seconds", seconds()),
            ("time_to_restore_seconds", seconds()),
            ("approval_wait_seconds", seconds()),
        ])
    };
    let lists = ["months", "risks", "services"].map(|key| (key, list_of(figures())));
    [at(), ("total", figures())].into_iter().chain(lists).collect()
}
