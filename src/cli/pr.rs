//! `changebook pr`

use std::path::PathBuf;

use super::context::{Context, record};
use super::error::CliError;
use super::evidence::read_file;
use super::ui::Ui;
use crate::intake::pull_request::{Given, describe};
use crate::record::RecordType;

/// Print the description of a task's pull request
///
/// What, why, plan, risk with its reasons, blast radius, and the checklist, in Markdown. What can be known is
/// ticked: that a plan is recorded, that cost and rollback are written; and formatting, validity and secrets when
/// you give what your tools said.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook pr INFRA-100\n\
    \x20\x20git diff main... | changebook pr INFRA-100 --diff -\n\
    \x20\x20terraform validate -json > valid.json; changebook pr INFRA-100 --validate valid.json\n\
    \x20\x20changebook pr INFRA-100 > body.md")]
pub(super) struct PrArgs {
    /// The task's ID
    id: String,
    /// The output of `terraform fmt -check -recursive`
    #[arg(long, value_name = "FILE")]
    fmt: Option<PathBuf>,
    /// The output of `terraform validate -json`
    #[arg(long, value_name = "FILE")]
    validate: Option<PathBuf>,
    /// The output of `git diff`, in which secrets are looked for
    #[arg(long, value_name = "FILE")]
    diff: Option<PathBuf>,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &PrArgs) -> Result<(), CliError> {
    let (_, loaded) = context.load()?;
    let state = record(&loaded, &args.id)?;
    if state.record_type != RecordType::Task {
        let found = state.record_type.as_str();
        return Err(CliError::usage(format!("{} is a {found}, not a task", state.name)));
    }
    let text = |file: &Option<PathBuf>| {
        let bytes = file.as_deref().map(read_file).transpose()?;
        Ok::<_, CliError>(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    };
    let given = Given { fmt: text(&args.fmt)?, validate: text(&args.validate)?, diff: text(&args.diff)? };
    let level = state.risk.as_ref().map(|risk| (risk.level.as_str(), risk.reasons.as_slice()));
    let description = describe(&state.record, level, &given, &|text| loaded.templates.is_guidance(text));
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
