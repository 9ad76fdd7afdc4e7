//! JSON Schemas (2020-12) of what people write (the frontmatter of each type of record, `policy.toml`, the settings
//! in `book.toml`) and of what commands answer with `--json`. Date-times of TOML are text in the form of RFC 3339 there.

mod acts;
mod answers;
mod answers_audit;
mod policy;
mod shape;

use serde_json::{Map, Value, json};

use crate::record::{RecordType, Risk, TaskKind, Verdict, keys_of};

/// Names of the schemas of files.
const FILES: [&str; 6] = ["task", "decision", "runbook", "book", "policy", "evidence"];

/// Names of all schemas: of files, and of the answers of commands.
pub fn schemas() -> impl Iterator<Item = &'static str> {
    FILES.into_iter().chain(answers::ANSWERS).chain(acts::ACTS)
}

/// The answers that a command gives with `--json`, by the names of their schemas; `None` for one that has no answer
/// in JSON.
pub fn answers_of(command: &str) -> Option<&'static [&'static str]> {
    Some(match command {
        "tick" | "untick" | "approve" | "decide" | "deployed" | "rollback" | "cancel" => &["act"],
        "announce" => &["announce", "act"],
        "plan" => &["act", "compare"],
        "manifests" => &["act", "manifests", "compare"],
        "chart" => &["act", "chart", "compare"],
        "risk" => &["risk", "manifests", "chart"],
        "merge-driver" => &["merge"],
        "serve" | "lsp" | "hook" | "mdbook" | "schema" | "completions" | "man" => return None,
        command => {
            let all: [&'static [&'static str]; 2] = [&answers::ANSWERS, &acts::ACTS];
            return all.into_iter().find_map(|names| names.chunks(1).find(|name| name[0] == command));
        }
    })
}

/// The commands that give an answer.
fn commands_of(answer: &str) -> impl Iterator<Item = &'static str> {
    const ACTING: [&str; 13] = [
        "tick",
        "untick",
        "approve",
        "decide",
        "deployed",
        "rollback",
        "cancel",
        "announce",
        "plan",
        "manifests",
        "chart",
        "risk",
        "merge-driver",
    ];
    let answer = answer.to_owned();
    let others = answers::ANSWERS.into_iter().chain(acts::ACTS).filter(|name| !ACTING.contains(name));
    ACTING
        .into_iter()
        .chain(others)
        .filter(move |command| answers_of(command).is_some_and(|answers| answers.contains(&answer.as_str())))
}

/// The schema of that name.
pub fn schema(name: &str) -> Option<Value> {
    let record_type = RecordType::ALL.into_iter().find(|known| known.as_str() == name);
    match (record_type, name) {
        (Some(record_type), _) => Some(of_record(record_type)),
        (None, "book") => Some(of_book()),
        (None, "policy") => Some(policy::of_policy()),
        (None, "evidence") => Some(crate::evidence::schema()),
        (None, name) => answers::of_answer(name),
    }
}

fn of_record(record_type: RecordType) -> Value {
    let keys = keys_of(record_type).iter();
    let properties: Map<String, Value> = keys.map(|key| ((*key).to_owned(), of_key(key))).collect();
    let required = match record_type {
        RecordType::Task => json!(["id", "title", "kind"]),
        RecordType::Decision | RecordType::Runbook => json!(["id", "title"]),
    };
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("Frontmatter of a {}", record_type.as_str()),
        "type": "object",
        "properties": properties,
        "required": required,
        // Unknown keys are kept, and warned about.
        "additionalProperties": true,
    })
}

/// What the value of a key of the frontmatter is.
fn of_key(key: &str) -> Value {
    match key {
        "id" => json!({
            "type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_-]*$", "maxLength": 100,
            "description": "The file name without `.md`",
        }),
        "title" => json!({ "type": "string", "description": "Title" }),
        "kind" => words(&TaskKind::ALL.map(TaskKind::as_str), "The kind of change"),
        "risk" => {
            words(&Risk::ALL.map(Risk::as_str), "The declared risk; the found one counts where it is higher")
        }
        "decision" => words(&Verdict::ALL.map(Verdict::as_str), "The board's decision; absent while pending"),
        "categories" => list("Categories of the policy"),
        "environments" => list("Environments of the policy that it is for"),
        "depends" => list("Tasks that must be applied before"),
        "follows" => list("Tasks that this one follows up"),
        "covers" => {
            list("Landed commits that belong to it although they do not name it: IDs of at least 7 digits")
        }
        "changes" => list("Tasks that the board decides on"),
        "runbooks" => list("Runbooks that it needs or changes"),
        "services" => list("Services that it touches"),
        "labels" => list("Free words, which approvals do not cover"),
        "downtime" | "duration" | "rto" | "rpo" | "review-every" => json!({
            "type": "string", "pattern": "^(?=.)([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$",
            "description": "A duration, such as `30m`, `4h` or `1d12h`",
        }),
        "scheduled" => json!({
            "type": "string", "format": "date-time", "description": "When it is scheduled: a date-time with offset",
        }),
        "meeting" => json!({ "type": "string", "format": "date", "description": "The meeting's date" }),
        "cost" => json!({
            "type": "object",
            "properties": {
                "monthly": { "type": ["number", "string"] },
                "currency": { "type": "string", "pattern": "^[A-Z]{3}$" },
                "budget": { "type": "string" },
            },
            "description": "Its monthly cost, and the budget for it",
        }),
        "chart" => json!({
            "type": "object",
            "properties": {
                "name": { "type": "string" }, "current": { "type": "string" }, "target": { "type": "string" },
            },
            "description": "The chart, with its current and target version",
        }),
        "requestor" => json!({ "type": "string", "description": "Who requested it, as named in the policy" }),
        "owner" => json!({ "type": "string", "description": "The role or person responsible for it" }),
        "window" => json!({ "type": "string", "description": "A change window of the policy" }),
        "emergency" => json!({ "type": "string", "description": "Why it cannot wait" }),
        "cancelled" => json!({ "type": "string", "description": "Why it was cancelled" }),
        _ => json!({ "type": "string" }),
    }
}

fn words(words: &[&str], description: &str) -> Value {
    json!({ "enum": words, "description": description })
}

fn list(description: &str) -> Value {
    json!({ "type": "array", "items": { "type": "string" }, "description": description })
}

/// Our own table of `book.toml`; the rest is mdBook's.
fn of_book() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "book.toml, as far as Changebook uses it",
        "type": "object",
        "properties": {
            "preprocessor": {
                "type": "object",
                "properties": {
                    "changebook": {
                        "type": "object",
                        "properties": {
                            "allow-broken-links": { "type": "boolean", "description": "Build anyway, with warnings" },
                            "optional": { "type": "boolean", "description": "Let mdBook build even if the program is missing" },
                            "command": { "type": "string" },
                            "renderers": { "type": "array", "items": { "type": "string" } },
                            "before": { "type": "array", "items": { "type": "string" } },
                            "after": { "type": "array", "items": { "type": "string" } },
                        },
                        "additionalProperties": false,
                    },
                },
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_says_what_it_is() {
        for record_type in RecordType::ALL {
            let schema = schema(record_type.as_str()).unwrap();
            for key in keys_of(record_type) {
                assert!(schema["properties"][key]["description"].is_string(), "{key}");
            }
        }
        assert!(schemas().all(|name| schema(name).is_some()) && schema("none").is_none());
    }
}
