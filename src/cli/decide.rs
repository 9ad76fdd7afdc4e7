//! `changebook decide`

use super::context::Context;
use super::error::CliError;
use super::record_act::{CommitArgs, Target};
use super::ui::Ui;
use super::worth::{ActStep, AnywayArgs, Judged, of_decision};
use crate::act::Change;
use crate::book::Loaded;
use crate::diagnostic::Code;
use crate::ledger::Status;
use crate::record::{Details, RecordType, Verdict, edit};

/// Set the board's decision and commit it
///
/// The decision applies to its own text and to the listed tasks' texts at this commit. If it would not count as the
/// board's decision, nothing is committed.
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
    /// Add a condition that must be met (repeatable)
    #[arg(long, value_name = "TEXT")]
    condition: Vec<String>,
    #[command(flatten)]
    commit: CommitArgs,
    #[command(flatten)]
    anyway: AnywayArgs,
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
    let path = &target.state()?.record.path;
    let undo = |text: &str| edit::remove_field(text, "decision").map_err(|error| error.to_string());
    let step = |change, done: String, message: String| ActStep { path: path.clone(), change, done, message };
    let mut steps = Vec::new();
    if set_again(&target, args, verdict)? {
        let message = format!("{}: withdraw the decision to decide again\n", target.name);
        steps.push(step(Change::Edit(&undo), "withdrew the decision".to_owned(), message));
    }
    let message = format!("{}: {}\n", target.name, verdict.as_str());
    steps.push(step(Change::Edit(&apply), format!("decided: {}", verdict.as_str()), message));
    let worth = |loaded: &Loaded, _| of_decision(loaded, &target.name, verdict);
    let judged = Judged { act: "decision", steps, anyway: args.anyway.reason()?, worth: &worth };
    target.act(ui, context, &args.commit, judged)
}

/// Whether the verdict stands there already and must be set again to count: on other texts, with
/// other conditions, or by somebody else than the one who set it.
fn set_again(target: &Target, args: &DecideArgs, verdict: Verdict) -> Result<bool, CliError> {
    let state = target.state()?;
    let Details::Decision(decision) = &state.record.details else { return Ok(false) };
    let email = crate::act::author_email(&target.book)?;
    let by_me = state.evidence.as_ref().is_some_and(|by| by.email.eq_ignore_ascii_case(&email));
    let doubtful = state.diagnostics.iter().any(|found| found.code == Code::DecisionRole);
    let again = state.status == Status::Outdated || !args.condition.is_empty() || !by_me || doubtful;
    Ok(decision.decision == Some(verdict) && again)
}
