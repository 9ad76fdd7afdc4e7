//! The description of a task's pull request: what, why, plan, risk, blast radius, and a checklist of which what can
//! be derived is ticked already.

mod checklist;
mod tools;

use super::secret_scan::hide;
use crate::record::Record;

pub use checklist::{Check, NamedPlan, missing};
pub use tools::{Format, NoToolOutput, Problem, Tools, Validation, secrets_in_diff};

/// A description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// `INFRA-100: title`.
    pub title: String,
    /// The body, in Markdown.
    pub body: String,
    /// The checklist that it ends with.
    pub checks: Vec<Check>,
}

/// Describes a task's pull request. `level` is the risk that counts, with its reasons; `is_guidance` tells whether a
/// section still holds the template's words.
pub fn describe(
    record: &Record,
    level: Option<(&str, &[String])>,
    plans: &[NamedPlan<'_>],
    tools: &Tools,
    is_guidance: &dyn Fn(&str) -> bool,
) -> Description {
    let written = |title: &str| section(record, title, is_guidance);
    let mut body = String::new();
    for (title, heading) in [("What", "What"), ("Why", "Why"), ("Cost impact", "Cost")] {
        if let Some(text) = written(title) {
            push(&mut body, heading, text);
        }
    }
    for title in ["Changes", "Manifests affected", "Changelog review", "Rollout strategy"] {
        if let Some(text) = written(title) {
            push(&mut body, title, text);
        }
    }
    match written("Plan") {
        Some(text) => push(&mut body, "Plan", text),
        None if checklist::asks_for_plan(record) => push(&mut body, "Plan", "_No plan is recorded yet._"),
        None => {}
    }
    if let Some((risk, reasons)) = level {
        let lines: Vec<String> = reasons.iter().map(|reason| format!("- {}", plain(reason))).collect();
        push(&mut body, &format!("Risk: {risk}"), &lines.join("\n"));
    }
    if let Some(text) = written("Blast radius") {
        push(&mut body, "Blast radius", text);
    }
    if let Some(text) = written("Rollback") {
        push(&mut body, "Rollback", text);
    }
    let checks = checklist::checks(record, plans, tools, &|title| written(title).is_some());
    let lines: Vec<String> = checks.iter().map(Check::line).collect();
    push(&mut body, "Checklist", &lines.join("\n"));
    let name = record.id.as_ref().map_or("", |id| id.as_str());
    body.push_str(&format!("\nChange: {name}\n"));
    // It leaves the repository: what a hand wrote into the record by mistake stays behind.
    Description { title: hide(&format!("{name}: {}", record.title())), body: hide(&body), checks }
}

fn push(body: &mut String, heading: &str, text: &str) {
    let gap = if body.is_empty() { "" } else { "\n" };
    body.push_str(&format!("{gap}## {heading}\n\n{}\n", text.trim()));
}

fn section<'r>(record: &'r Record, title: &str, is_guidance: &dyn Fn(&str) -> bool) -> Option<&'r str> {
    let section = record.section(title)?;
    let text = record.text(section.content.clone());
    (!text.trim().is_empty() && !is_guidance(text)).then_some(text)
}

/// Text in a list item: nothing in it is markup but code between backticks.
fn plain(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let escaped = matches!(c, '<' | '>' | '[' | ']' | '*' | '_' | '|' | '\\');
            escaped.then_some('\\').into_iter().chain([c])
        })
        .collect()
}
