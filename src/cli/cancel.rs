//! `changebook cancel`

use super::context::Context;
use super::error::CliError;
use super::record_act::{CommitArgs, Target, set_field};
use super::ui::Ui;
use crate::ledger::Status;
use crate::record::RecordType;

/// Cancel a task, with the reason, and commit it
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook cancel INFRA-220 \"the team keeps the old cluster\"")]
pub(super) struct CancelArgs {
    /// The task's ID
    id: String,
    /// Why
    reason: String,
    #[command(flatten)]
    commit: CommitArgs,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &CancelArgs) -> Result<(), CliError> {
    let reason = args.reason.split_whitespace().collect::<Vec<_>>().join(" ");
    if reason.is_empty() {
        return Err(CliError::usage("a cancellation needs a reason"));
    }
    let target = Target::find(context, "cancel", &args.id, &args.commit)?;
    target.expect(RecordType::Task)?;
    let status = target.state()?.status;
    if matches!(status, Status::Applied | Status::Done | Status::Cancelled) {
        let error =
            CliError::failure(format!("{} is {} and cannot be cancelled", target.name, status.as_str()));
        return Err(match status {
            Status::Cancelled => error,
            _ => error.with_hint(format!(
                "roll it back first: `changebook rollback {} production \"…\"`",
                target.name
            )),
        });
    }
    let message = format!("{}: cancel\n\n{reason}\n", target.name);
    let edit = set_field("cancelled", reason.clone());
    target.apply(ui, context, &args.commit, &format!("cancelled: {reason}"), &message, &edit)
}
