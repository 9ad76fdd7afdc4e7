//! `changebook decide`

use super::context::Context;
use super::error::CliError;
use super::record_act::{CommitArgs, Target};
use super::ui::Ui;
use crate::diagnostic::Code;
use crate::ledger::Status;
use crate::record::{Details, RecordType, Verdict, edit};

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
    if taken_anew(&target, args, verdict)? {
        let undo = |text: &str| edit::remove_field(text, "decision").map_err(|error| error.to_string());
        let message = format!("{}: take the decision back to decide anew\n", target.name);
        target.apply(ui, context, &args.commit, "took the decision back", &message, &undo)?;
    }
    let message = format!("{}: {}\n", target.name, verdict.as_str());
    target.apply(ui, context, &args.commit, &format!("decided: {}", verdict.as_str()), &message, &apply)
}

/// Whether the verdict stands there already and must be set anew to count: on other texts, with
/// other conditions, or by somebody else than the one who set it.
fn taken_anew(target: &Target, args: &DecideArgs, verdict: Verdict) -> Result<bool, CliError> {
    let state = target.state()?;
    let Details::Decision(decision) = &state.record.details else { return Ok(false) };
    let email = crate::act::author_email(&target.book)?;
    let by_me = state.evidence.as_ref().is_some_and(|by| by.email.eq_ignore_ascii_case(&email));
    let doubtful = state.diagnostics.iter().any(|found| found.code == Code::DecisionRole);
    let anew = state.status == Status::Outdated || !args.condition.is_empty() || !by_me || doubtful;
    Ok(decision.decision == Some(verdict) && anew)
}
