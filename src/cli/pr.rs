//! `changebook pr`

use super::context::{Context, record};
use super::error::CliError;
use super::tools::ToolArgs;
use super::ui::Ui;
use crate::intake::pull_request::describe;
use crate::record::RecordType;

/// Print the description of a task's pull request
///
/// Prints what, why, plan, risk with its reasons, blast radius, and the checklist, as Markdown. Items that can be
/// verified are ticked: a plan is recorded, cost and rollback are written, the branch adds no secrets; and, if you
/// give the output of those tools, formatting and validity. `check` takes the same options and reports each place.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook pr INFRA-100\n\
    \x20\x20git diff main... | changebook pr INFRA-100 --diff -\n\
    \x20\x20terraform validate -json > valid.json; changebook pr INFRA-100 --validate valid.json\n\
    \x20\x20changebook pr INFRA-100 > body.md")]
pub(super) struct PrArgs {
    /// The task's ID
    id: String,
    #[command(flatten)]
    tools: ToolArgs,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &PrArgs) -> Result<(), CliError> {
    let (book, loaded) = context.load()?;
    let state = record(&loaded, &args.id)?;
    if state.record_type != RecordType::Task {
        let found = state.record_type.as_str();
        return Err(CliError::usage(format!("{} is a {found}, not a task", state.name)));
    }
    let tools = args.tools.read(ui, context, &book, Some(&loaded))?;
    let level = state.risk.as_ref().map(|risk| (risk.level.as_str(), risk.reasons.as_slice()));
    let is_guidance = |text: &str| loaded.templates.is_guidance(text);
    let description = describe(&state.record, level, &state.named_plans(), &tools, &is_guidance);
    if context.json {
        let checks: Vec<_> = description
            .checks
            .iter()
            .map(|check| serde_json::json!({ "text": check.text, "done": check.done, "why": check.why }))
            .collect();
        return ui.json(&serde_json::json!({
            "schema": "changebook.pr/1", "id": state.name, "title": description.title,
            "body": description.body, "checks": checks,
        }));
    }
    // Line by line: what a record holds must not take over a terminal.
    description.body.lines().try_for_each(|line| ui.line(crate::intake::escape(line)))
}
