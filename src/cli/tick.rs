//! `changebook tick` and `changebook untick`

use super::context::Context;
use super::error::CliError;
use super::record_act::{CommitArgs, Target, set_items};
use super::ui::Ui;
use super::worth::{ActStep, AnywayArgs, Judged, of_approval, of_condition};
use crate::act::Change;
use crate::book::Loaded;
use crate::history::CommitId;
use crate::record::{Item, RecordType};

/// Tick an item of a record and commit it
///
/// The commit contains HEAD's version of the file plus this one tick, and is made by your own git, with its hooks,
/// identity and signing. Your other changes are left alone. If the tick is an approval or meets a condition of the
/// board, and would not count, nothing is committed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook tick INFRA-100 \"Terraform code\"\n\
    \x20\x20changebook tick INFRA-100 connectivity\n\
    \x20\x20changebook tick INFRA-100 \"Terraform code\" --no-commit\n\
    \x20\x20changebook tick CAB-2024-05 \"Database team on standby\"")]
pub(super) struct TickArgs {
    /// The record's ID
    id: String,
    /// The item's text, or an unambiguous part of it
    item: String,
    #[command(flatten)]
    commit: CommitArgs,
    #[command(flatten)]
    anyway: AnywayArgs,
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
    set(ui, context, (&args.id, &args.item), true, &args.commit, args.anyway.reason()?)
}

pub(super) fn run_untick(ui: &mut Ui, context: &Context, args: &UntickArgs) -> Result<(), CliError> {
    set(ui, context, (&args.id, &args.item), false, &args.commit, None)
}

fn set(
    ui: &mut Ui,
    context: &Context,
    (id, query): (&str, &str),
    checked: bool,
    commit: &CommitArgs,
    anyway: Option<String>,
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
    let done = format!("{verb}ed “{}”", item.text);
    let Some(meaning) = Meaning::of(&target, &item)?.filter(|_| checked) else {
        return target.apply(ui, context, commit, &done, &message, &edit);
    };
    let step = ActStep { path: state.record.path.clone(), change: Change::Edit(&edit), done, message };
    let worth = |loaded: &Loaded, given: CommitId| match &meaning {
        Meaning::Approval(role) => of_approval(loaded, &target.name, role, given),
        Meaning::Condition => of_condition(loaded, &target.name, &item.key),
    };
    let judged = Judged { act: "tick", steps: vec![step], anyway, worth: &worth };
    target.act(ui, context, commit, judged)
}

/// What a tick says besides that something is done.
enum Meaning {
    /// An approval in this role.
    Approval(String),
    /// That a condition of the board is met.
    Condition,
}

impl Meaning {
    fn of(target: &Target, item: &Item) -> Result<Option<Self>, CliError> {
        let state = target.state()?;
        Ok(match state.record_type {
            RecordType::Task => {
                let review = target.loaded.policy().review_of_item(&item.key.text);
                review
                    .filter(|review| !review.via_decision)
                    .map(|review| Meaning::Approval(review.role.clone()))
            }
            RecordType::Decision => {
                let mut conditions = state.record.items_in("conditions");
                conditions.any(|condition| condition.key == item.key).then_some(Meaning::Condition)
            }
            RecordType::Runbook => None,
        })
    }
}
