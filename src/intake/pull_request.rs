//! The description of a task's pull request: what, why, plan, risk, blast radius, and a checklist of which what can
//! be derived is ticked already.

use crate::diagnostic::{Code, Diagnostic};
use crate::policy::Policy;
use crate::record::{Details, Record, Task, normalize};

/// The checklist of a record that has none of its own, in the order in which it is shown.
const CHECKLIST: [&str; 7] = [
    "`terraform fmt` applied",
    "`terraform validate` passes",
    "Plan output included",
    "No secrets in code",
    "Cost estimate for new resources",
    "Documentation updated",
    "Rollback plan written",
];

/// What the caller knows besides the record.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// The output of `terraform fmt -check`: the files that are not formatted.
    pub fmt: Option<String>,
    /// The output of `terraform validate -json`.
    pub validate: Option<String>,
    /// The output of `git diff`.
    pub diff: Option<String>,
}

/// One line of the checklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The item's text, in Markdown.
    pub text: String,
    /// Whether it is ticked.
    pub done: bool,
    /// How that is known; empty when nothing is.
    pub why: String,
}

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
    given: &Given,
    is_guidance: &dyn Fn(&str) -> bool,
) -> Description {
    let written = |title: &str| section(record, title, is_guidance);
    let mut body = String::new();
    for (title, heading) in [("What", "What"), ("Why", "Why"), ("Cost impact", "Cost")] {
        if let Some(text) = written(title) {
            push(&mut body, heading, text);
        }
    }
    match written("Plan") {
        Some(text) => push(&mut body, "Plan", text),
        None => push(&mut body, "Plan", "_No plan is recorded yet._"),
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
    let checks = checks(record, given, &|title| written(title).is_some());
    let lines: Vec<String> = checks.iter().map(Check::line).collect();
    push(&mut body, "Checklist", &lines.join("\n"));
    let name = record.id.as_ref().map_or("", |id| id.as_str());
    body.push_str(&format!("\nChange: {name}\n"));
    Description { title: format!("{name}: {}", record.title()), body, checks }
}

/// What of the checklist the record itself shows to be missing, as warnings: for tasks that somebody works on, whose
/// kind asks for a plan. Sections and items that the policy asks for are not looked at here.
pub fn missing(record: &Record, policy: &Policy, is_guidance: &dyn Fn(&str) -> bool) -> Vec<Diagnostic> {
    let Details::Task(task) = &record.details else { return Vec::new() };
    if !task.kind.is_some_and(|kind| policy.kind_rule(kind).plan) {
        return Vec::new();
    }
    let id = record.id.as_ref().map_or("ID", |id| id.as_str());
    let at = |title: &str| record.section(title).map_or(0..0, |section| section.heading.clone());
    let warn = |code, title: &str, message: &str, help: String| {
        let (path, source) = (&record.path, &record.source);
        Diagnostic::warning(code, path, source, at(title), message).with_help(help)
    };
    let mut found = Vec::new();
    if task.plans.is_empty() {
        let ticked = record.items.iter().any(|item| item.checked && is_plan_item(&normalize(&item.text)));
        let message = match ticked {
            true => "no plan is recorded, though the item for its output is ticked",
            false => "no plan is recorded, so that nobody can see what this will do",
        };
        let help = format!("`terraform show -json plan.tfplan | changebook plan {id} -`");
        found.push(warn(Code::PlanMissing, "Plan", message, help));
    }
    let makes_new = task.plans.iter().any(|(_, plan)| plan.add > plan.replace);
    let (known, _) = cost(Some(task), &|title| section(record, title, is_guidance).is_some());
    if makes_new && known.is_none() {
        let message = "new resources are planned, and nothing says what they cost";
        let help = format!(
            "write the section \"Cost impact\", or `changebook plan {id} FILE --infracost cost.json`"
        );
        found.push(warn(Code::CostMissing, "Cost impact", message, help));
    }
    found
}

fn is_plan_item(item: &str) -> bool {
    item.contains("plan") && item.contains("output")
}

impl Check {
    fn line(&self) -> String {
        let mark = if self.done { 'x' } else { ' ' };
        let why = if self.why.is_empty() { String::new() } else { format!(" ({})", self.why) };
        format!("- [{mark}] {}{why}", self.text)
    }
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

/// The record's own checklist, else the usual one; ticked is what the record ticks or what is known otherwise.
fn checks(record: &Record, given: &Given, is_written: &dyn Fn(&str) -> bool) -> Vec<Check> {
    let own: Vec<(String, bool)> = record
        .items
        .iter()
        .filter(|item| {
            let section = item.section.and_then(|at| record.sections.get(at));
            section.is_some_and(|section| normalize(&section.title) == "checklist")
        })
        .map(|item| (item.text.clone(), item.checked))
        .collect();
    let usual = || CHECKLIST.iter().map(|text| ((*text).to_owned(), false)).collect();
    let items: Vec<(String, bool)> = if own.is_empty() { usual() } else { own };
    items
        .into_iter()
        .map(|(text, ticked)| {
            let (derived, why) = derive(&normalize(&text), record, given, is_written);
            Check { text: plain(&text), done: derived.unwrap_or(ticked), why }
        })
        .collect()
}

/// What is known about an item: `None` when that is nothing, and the record's box counts.
fn derive(
    item: &str,
    record: &Record,
    given: &Given,
    is_written: &dyn Fn(&str) -> bool,
) -> (Option<bool>, String) {
    let has = |words: &[&str]| words.iter().all(|word| item.contains(word));
    let task = match &record.details {
        Details::Task(task) => Some(&**task),
        _ => None,
    };
    if has(&["fmt"]) {
        return given.fmt.as_deref().map_or((None, String::new()), formatted);
    }
    if has(&["validate"]) {
        return given.validate.as_deref().map_or((None, String::new()), validated);
    }
    if is_plan_item(item) {
        let planned = task.is_some_and(|task| !task.plans.is_empty());
        return (Some(planned), if planned { "recorded".to_owned() } else { "none recorded".to_owned() });
    }
    if has(&["secrets"]) {
        return given.diff.as_deref().map_or((None, String::new()), without_secrets);
    }
    if has(&["cost"]) {
        return cost(task, is_written);
    }
    if has(&["rollback"]) && is_written("Rollback") {
        return (Some(true), "written".to_owned());
    }
    if has(&["documentation"]) {
        let ticked =
            record.items.iter().any(|other| other.checked && other.key.text.contains("documentation"));
        return (ticked.then_some(true), String::new());
    }
    (None, String::new())
}

fn formatted(output: &str) -> (Option<bool>, String) {
    let n_files = output
        .lines()
        .filter(|line| line.trim().ends_with(".tf") || line.trim().ends_with(".tfvars"))
        .count();
    match n_files {
        0 if output.trim().is_empty() => (Some(true), "checked".to_owned()),
        0 => (Some(false), "the check failed".to_owned()),
        1 => (Some(false), "1 file is not formatted".to_owned()),
        n => (Some(false), format!("{n} files are not formatted")),
    }
}

fn validated(output: &str) -> (Option<bool>, String) {
    let value: Option<serde_json::Value> = serde_json::from_str(output.trim_start_matches('\u{feff}')).ok();
    let valid = value.as_ref().and_then(|value| value.get("valid")?.as_bool());
    match valid {
        Some(true) => (Some(true), "checked".to_owned()),
        Some(false) => (Some(false), "it is not valid".to_owned()),
        None => (Some(false), "that is not the output of `terraform validate -json`".to_owned()),
    }
}

fn without_secrets(diff: &str) -> (Option<bool>, String) {
    let found = super::secret_scan::scan_diff(diff);
    match found.as_slice() {
        [] => (Some(true), "none found in the diff".to_owned()),
        found => {
            let places: Vec<String> = found.iter().take(3).map(|place| place.to_string()).collect();
            let more = found.len().saturating_sub(3);
            let rest = if more == 0 { String::new() } else { format!(", and {more} more") };
            (Some(false), format!("look at {}{rest}", places.join(", ")))
        }
    }
}

fn cost(task: Option<&Task>, is_written: &dyn Fn(&str) -> bool) -> (Option<bool>, String) {
    let Some(task) = task else { return (None, String::new()) };
    let monthly = task.cost.as_ref().and_then(|cost| cost.monthly.clone());
    let currency = task.cost.as_ref().and_then(|cost| cost.currency.clone()).unwrap_or_default();
    match monthly {
        Some(monthly) => (Some(true), format!("{monthly} {currency} a month").replace("  ", " ")),
        None if is_written("Cost impact") => (Some(true), "written".to_owned()),
        None if !task.plans.is_empty() && task.plans.iter().all(|(_, plan)| plan.add == 0) => {
            (Some(true), "no new resources".to_owned())
        }
        None => (None, String::new()),
    }
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
