//! `changebook tick` and `changebook untick`

use super::context::Context;
use super::error::CliError;
use super::record_act::{CommitArgs, Target, set_items};
use super::ui::Ui;

/// Tick an item of a record and commit it
///
/// The commit holds HEAD's version of the file plus this one tick, made by your own git: its hooks, identity
/// and signing. What else you have changed stays as it is.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook tick INFRA-100 \"Terraform code\"\n\
    \x20\x20changebook tick INFRA-100 connectivity\n\
    \x20\x20changebook tick INFRA-100 \"Terraform code\" --no-commit")]
pub(super) struct TickArgs {
    /// The record's ID
    id: String,
    /// The item's text, or an unambiguous part of it
    item: String,
    #[command(flatten)]
    commit: CommitArgs,
}

/// Untick an item of a record and commit it
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook untick INFRA-100 \"Code review\"")]
pub(super) struct UntickArgs {
    /// The record's ID
    id: String,
    /// The item's text, or an unambiguous part of it
    item: String,
    #[command(flatten)]
    commit: CommitArgs,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &TickArgs) -> Result<(), CliError> {
    set(ui, context, &args.id, &args.item, true, &args.commit)
}

pub(super) fn run_untick(ui: &mut Ui, context: &Context, args: &UntickArgs) -> Result<(), CliError> {
    set(ui, context, &args.id, &args.item, false, &args.commit)
}

fn set(
    ui: &mut Ui,
    context: &Context,
    id: &str,
    query: &str,
    checked: bool,
    commit: &CommitArgs,
) -> Result<(), CliError> {
    let verb = if checked { "tick" } else { "untick" };
    let target = Target::find(context, verb, id, commit)?;
    let item = target.item(query)?;
    let state = target.state()?;
    if item.checked == checked {
        let by = state.items.iter().find(|found| found.key == item.key).and_then(|found| found.by.first());
        let proof = by.map_or_else(String::new, |by| format!(" (commit {})", by.commit.short()));
        return Err(CliError::failure(format!("“{}” is already {verb}ed{proof}", item.text)));
    }
    let message = format!("{}: {verb} “{}”\n", target.name, item.text);
    let edit = set_items(&state.record.path, state.record_type, vec![item.key.clone()], checked);
    target.apply(ui, context, commit, &format!("{verb}ed “{}”", item.text), &message, &edit)
}
