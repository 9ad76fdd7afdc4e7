//! What the commands that read evidence share: files, environments, and how a plan is told.

mod plans;
mod write;

use std::io::Read;
use std::path::Path;

use super::context::Context;
use super::error::CliError;
use super::record_act::Target;
use super::ui::{BOLD, Ui, WAITING, paint};
use crate::book::{Book, BookError};
use crate::diagnostic::nearest;
use crate::history::HistoryError;
use crate::intake::Found;
use crate::intake::terraform::{Plan, WrongInput};
use crate::ledger::Status;
use crate::policy::{Environment, Policy};
use crate::record::{EvidenceKey, is_stack_name};

pub(super) use plans::{StackPlan, in_hand, plan_bytes, plans_of};
pub(super) use write::{Recording, recorded};

impl CliError {
    /// Says what a file is instead of a plan, and what to run.
    pub(super) fn wrong_input(file: &Path, error: &WrongInput) -> Self {
        CliError::failure(format!("`{}`: {error}", file.display())).with_hint(error.hint())
    }
}

/// Which of several stacks.
#[derive(Debug, clap::Args)]
pub(super) struct StackArgs {
    /// The stack, if the change has several: root modules, regions, workspaces, charts
    #[arg(long, value_name = "NAME", value_parser = stack_name_of)]
    pub(super) stack: Option<String>,
}

impl StackArgs {
    /// What evidence for an environment is for.
    pub(super) fn key(&self, environment: &Environment) -> EvidenceKey {
        EvidenceKey { environment: environment.name.clone(), stack: self.stack.clone() }
    }
}

fn stack_name_of(text: &str) -> Result<String, String> {
    match is_stack_name(text) {
        true => Ok(text.to_owned()),
        false => Err("1 to 64 letters, digits, `-` and `_`".to_owned()),
    }
}

/// Leave to write over the evidence of what is over.
#[derive(Debug, clap::Args)]
pub(super) struct ReplaceArgs {
    /// Overwrite evidence of a finished task, or evidence that looks like another stack
    #[arg(long)]
    pub(super) replace: bool,
}

impl ReplaceArgs {
    /// The evidence of a task that is done is what it went out with.
    pub(super) fn refuse_done(&self, target: &Target) -> Result<(), CliError> {
        if self.replace || target.state()?.status != Status::Done {
            return Ok(());
        }
        let message = format!("{} is done: its evidence is that of the deployment", target.name);
        Err(CliError::usage(message)
            .with_hint("create a new task for a new change, or overwrite the evidence with `--replace`"))
    }

    /// What compares nothing with nothing is no evidence of what a task that is done went out with, whoever asks.
    pub(super) fn refuse_nothing(&self, target: &Target, what: &str) -> Result<(), CliError> {
        if target.state()?.status != Status::Done {
            return Ok(());
        }
        let message = format!("{} is done, and {what} do not show what was deployed", target.name);
        Err(CliError::usage(message)
            .with_hint("compare the state before the deployment with the deployed one"))
    }
}

/// The bytes of a file, or of standard input for `-`.
pub(super) fn read_file(file: &Path) -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    let outcome = match file.to_str() {
        Some("-") => std::io::stdin().lock().read_to_end(&mut bytes).map(|_| ()),
        _ => std::fs::read(file).map(|read| bytes = read),
    };
    outcome.map_err(|error| CliError::failure(format!("`{}` cannot be read: {error}", file.display())))?;
    Ok(bytes)
}

/// What whoever gave a plan should know about it.
fn plan_remarks(ui: &mut Ui, plan: &Plan) {
    for remark in &plan.remarks {
        warn(ui, remark);
    }
    if plan.errored {
        warn(ui, "planning ended in an error: the list of changes is incomplete");
    }
}

pub(super) fn warn(ui: &mut Ui, text: &str) {
    ui.note(&format!("{}: {text}", paint(WAITING, "warning")));
}

/// The book around with its policy, or the built-in policy where there is none. A book that cannot be read is an error:
/// another policy's answer could be wrong.
pub(super) fn book_around(context: &Context) -> Result<(Option<Book>, Policy), CliError> {
    match Book::find(&context.directory) {
        Ok(book) => {
            // The rules are those of `HEAD`, and a part of history has them too.
            let policy = match context.at {
                None if book.repository.refuse_partial_history().is_err() => {
                    book.policy(book.head()?.commit)?
                }
                _ => book.load(&context.request())?.policy().clone(),
            };
            Ok((Some(book), policy))
        }
        Err(BookError::NoBook { .. } | BookError::History(HistoryError::NoRepository { .. })) => {
            Ok((None, Policy::builtin()))
        }
        Err(error) => Err(error.into()),
    }
}

/// The environment that evidence is for: the named one, else the last of the policy's order that the record's
/// items name, else the last of the policy.
pub(super) fn environment<'t>(target: &'t Target, named: Option<&str>) -> Result<&'t Environment, CliError> {
    let policy = target.loaded.policy();
    if let Some(name) = named {
        return policy.environment(name).ok_or_else(|| {
            let known: Vec<&str> = policy.environments.iter().map(|known| known.name.as_str()).collect();
            let hint = match nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("one of {}", known.join(", ")),
            };
            CliError::usage(format!("`{name}` is not an environment in the policy")).with_hint(hint)
        });
    }
    policy.last_environment(&target.state()?.record.items).ok_or_else(|| {
        CliError::failure("the policy has no environment").with_hint("add `[[environments]]` to policy.toml")
    })
}

/// The risk found and the line of each category.
pub(super) fn tell_risk(ui: &mut Ui, found: &Found) -> Result<(), CliError> {
    let Some(risk) = found.risk() else { return ui.line("Risk: nothing to assess") };
    ui.line(paint(BOLD, format!("Risk: {}", risk.as_str())))?;
    found.reasons().iter().try_for_each(|reason| ui.line(format!("  {reason}")))
}

/// What `--compare` says, of every stack that was given.
pub(super) fn comparison_json(id: &str, same: bool, compared: Vec<serde_json::Value>) -> serde_json::Value {
    serde_json::json!({ "schema": "changebook.compare/1", "id": id, "same": same, "compared": compared })
}

/// What `--compare` says of one: the digests are those that are recorded and given, `more` is the tool's own.
pub(super) fn compared_json(
    key: &EvidenceKey,
    same: bool,
    [recorded, given]: [&str; 2],
    mut more: serde_json::Value,
) -> serde_json::Value {
    more["environment"] = key.environment.as_str().into();
    more["stack"] = key.stack.as_deref().into();
    more["same"] = same.into();
    more["recorded"] = recorded.into();
    more["digest"] = given.into();
    more
}

/// A plan as one JSON value.
pub(super) fn plan_json(plan: &Plan, found: &Found) -> serde_json::Value {
    let summary = &plan.summary;
    let changes: Vec<_> = plan
        .listed()
        .map(|change| {
            serde_json::json!({
                "address": change.address, "sign": change.sign(), "deposed": change.deposed,
                "type": change.resource_type, "words": change.words(),
            })
        })
        .collect();
    let radius = plan.radius();
    let touched: Vec<&str> = radius.touched.iter().map(|touched| touched.address.as_str()).collect();
    let reached: Vec<_> = radius
        .reached
        .iter()
        .map(|reached| serde_json::json!({ "address": reached.address, "through": reached.through }))
        .collect();
    let findings: Vec<_> = found
        .findings()
        .iter()
        .map(|finding| serde_json::json!({ "category": finding.category, "risk": finding.risk, "reason": finding.reason }))
        .collect();
    serde_json::json!({
        "line": plan.headline(), "digest": plan.digest, "errored": plan.errored, "complete": plan.complete,
        "import": summary.import, "add": summary.add, "change": summary.change, "destroy": summary.destroy,
        "replace": summary.replace, "forget": summary.forget, "moved": summary.moved,
        "changes": changes, "risk": found.risk(), "categories": found.categories(),
        "reasons": found.reasons(), "findings": findings,
        "radius": { "new_only": radius.new_only, "touched": touched, "reached": reached },
    })
}
