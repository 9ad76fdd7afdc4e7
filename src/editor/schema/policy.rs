//! The schema of `policy.toml`. A book's file overlays the built-in one, so that hardly a key is required.

use serde_json::{Value, json};

use super::shape::{closed, count, duration, flag, list_of, moment, one_of, options, table_of, text, texts};
use crate::policy::{PlanAction, PlanTrait};
use crate::record::{Risk, TaskKind};

pub(super) fn of_policy() -> Value {
    let risk = || one_of(&Risk::ALL.map(Risk::as_str));
    let mut schema = options(&[
        ("book", text()),
        ("trunk", text()),
        ("default-risk", risk()),
        ("policy-roles", texts()),
        ("policy", options(&[("alone", texts())])),
        ("ids", ids()),
        ("people", table_of(person())),
        ("roles", table_of(json!({ "anyOf": [{ "const": "*" }, texts()] }))),
        ("reviews", table_of(review())),
        ("trust", trust()),
        ("forge", options(&[("merge", merge_methods())])),
        ("environments", list_of(environment())),
        ("risk", by_name(&Risk::ALL.map(Risk::as_str), &risk_rule())),
        ("category", list_of(category(&risk()))),
        ("windows", table_of(window())),
        ("freeze", list_of(freeze())),
        ("emergency", options(&[("roles", texts()), ("review-within", duration())])),
        ("cab", options(&[("rrule", text()), ("start", time()), ("timezone", text())])),
        ("conditions", table_of(text())),
        ("kinds", by_name(&TaskKind::ALL.map(TaskKind::as_str), &kind_rule())),
        ("done", options(&[("documentation", flag()), ("runbook", flag()), ("monitoring", flag())])),
        ("paths", options(&[("infrastructure", texts())])),
        ("scope", options(&[("free", texts())])),
        (
            "evidence",
            options(&[("makers", texts()), ("bind", flag()), ("require", one_of(&["any", "proven"]))]),
        ),
        ("plan", options(&[("volatile", texts()), ("list-limit", count())])),
        ("cost", options(&[("budget-above", count())])),
        (
            "audit",
            options(&[
                ("since", json!({ "type": "string", "pattern": "^[0-9a-fA-F]{40}$" })),
                ("lag", duration()),
                ("unrecorded-after", duration()),
                ("drift", flag()),
            ]),
        ),
    ]);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("policy.toml");
    schema
}

fn merge_methods() -> Value {
    let method = || one_of(&["merge", "squash", "rebase", "fast-forward"]);
    json!({ "anyOf": [method(), list_of(method())] })
}

fn forges() -> Value {
    let forge = closed(&[("committer", text()), ("keys?", texts()), ("pgp?", texts())]);
    list_of(json!({ "anyOf": [text(), forge] }))
}

fn by_name(names: &[&str], entry: &Value) -> Value {
    options(&names.iter().map(|name| (*name, entry.clone())).collect::<Vec<_>>())
}

fn ids() -> Value {
    let pattern = || json!({ "type": "string", "pattern": "\\{n(:0[1-9])?\\}" });
    let mut keys =
        vec![("task", pattern()), ("decision", pattern()), ("first", count()), ("by-year", flag())];
    keys.extend(TaskKind::ALL.map(|kind| (kind.as_str(), pattern())));
    options(&keys)
}

fn person() -> Value {
    options(&[
        ("name", text()),
        ("emails", texts()),
        ("keys", texts()),
        ("kind", one_of(&["person", "robot"])),
    ])
}

fn review() -> Value {
    json!({ "anyOf": [text(), closed(&[("role", text()), ("via?", one_of(&["decision"]))])] })
}

fn trust() -> Value {
    let level = || one_of(&["committed", "signed"]);
    options(&[("approve", level()), ("deploy", level()), ("policy", level()), ("forges", forges())])
}

fn environment() -> Value {
    closed(&[("name", text()), ("deployed-by?", texts()), ("gated?", flag()), ("deployers?", texts())])
}

fn risk_rule() -> Value {
    options(&[
        ("approvals", count()),
        ("roles", texts()),
        ("decision", flag()),
        ("window", text()),
        ("windows", texts()),
        ("environments", texts()),
        ("sections", texts()),
        ("items", texts()),
        ("communication", texts()),
        ("communication-when", table_of(options(&[("downtime", duration())]))),
        ("renew-after-rollback", flag()),
    ])
}

fn category(risk: &Value) -> Value {
    let words = |words: &[&str]| list_of(one_of(words));
    let terraform = options(&[
        ("types", texts()),
        ("except", texts()),
        ("actions", words(&PlanAction::ALL.map(PlanAction::as_str))),
        ("attributes", texts()),
        ("only", texts()),
        ("grows", texts()),
        ("unless", texts()),
        ("shrinks", texts()),
        ("becomes", json!({ "type": "object", "additionalProperties": texts() })),
        ("shows", words(&PlanTrait::ALL.map(PlanTrait::as_str))),
        ("sensitive", flag()),
        ("into", texts()),
        ("opens", list_of(json!({ "type": "integer", "minimum": 0, "maximum": 65535 }))),
        ("grants", texts()),
    ]);
    let kubernetes = options(&[
        ("kinds", texts()),
        ("except", texts()),
        ("actions", words(&["create", "update", "delete"])),
        ("fields", texts()),
        ("labels", texts()),
        ("facts", words(crate::policy::KUBERNETES_FACTS)),
        ("shrinks", texts()),
        ("stops", texts()),
    ]);
    let helm = options(&[("values", texts()), ("changes", words(crate::policy::HELM_CHANGES))]);
    // An overlay names the category and what it changes.
    closed(&[
        ("name", text()),
        ("risk?", risk.clone()),
        ("terraform?", json!({ "anyOf": [terraform.clone(), list_of(terraform)] })),
        ("kubernetes?", json!({ "anyOf": [kubernetes.clone(), list_of(kubernetes)] })),
        ("helm?", helm),
    ])
}

fn window() -> Value {
    options(&[
        ("rrule", text()),
        ("from", text()),
        ("to", text()),
        ("start", time()),
        ("duration", duration()),
        ("timezone", text()),
    ])
}

fn kind_rule() -> Value {
    options(&[("sections", texts()), ("items", texts()), ("plan", flag())])
}

fn freeze() -> Value {
    closed(&[
        ("name", text()),
        ("from?", moment()),
        ("to?", moment()),
        ("environments?", texts()),
        ("services?", texts()),
        ("except?", texts()),
    ])
}

/// A time of day.
fn time() -> Value {
    json!({ "type": "string", "pattern": "^[0-9]{2}:[0-9]{2}(:[0-9]{2})?$" })
}
