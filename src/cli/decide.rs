//! `changebook decide`

use super::context::Context;
use super::error::CliError;
use super::record_act::{CommitArgs, Target};
use super::ui::Ui;
use crate::record::{RecordType, Verdict, edit};

/// Set the board's decision and commit it
///
/// The decision is bound to its own text and to the listed tasks' texts at this commit.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook decide CAB-2024-05 approved\n\
    \x20\x20changebook decide CAB-2024-05 approved --condition \"Database team on standby\"\n\
    \x20\x20changebook decide CAB-2024-06 needs-changes")]
pub(super) struct DecideArgs {
    /// The decision's ID
    id: String,
    /// approved, needs-changes or rejected
    verdict: String,
    /// Add a condition that must be met (may be given again)
    #[arg(long, value_name = "TEXT")]
    condition: Vec<String>,
    #[command(flatten)]
    commit: CommitArgs,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &DecideArgs) -> Result<(), CliError> {
    let verdict = Verdict::parse(&args.verdict).ok_or_else(|| {
        super::filter::unknown(
            "decision",
            &args.verdict,
            ["approved", "needs-changes", "rejected"].into_iter(),
        )
    })?;
    let target = Target::find(context, "decide", &args.id, &args.commit)?;
    target.expect(RecordType::Decision)?;
    let apply = |text: &str| {
        let mut text =
            edit::set_field(text, "decision", verdict.as_str().into()).map_err(|error| error.to_string())?;
        for condition in &args.condition {
            text =
                edit::add_item(&text, "Conditions", condition, false).map_err(|error| error.to_string())?;
        }
        Ok(text)
    };
    let message = format!("{}: {}\n", target.name, verdict.as_str());
    target.apply(ui, context, &args.commit, &format!("decided: {}", verdict.as_str()), &message, &apply)
}
