//! What the commands that read evidence share: files, environments, and how a plan is told.

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
use crate::intake::terraform::{Plan, Rules, WrongInput};
use crate::ledger::{PlanInHand, Status};
use crate::policy::{Environment, Policy};

impl CliError {
    /// Says what a file is instead of a plan, and what to run.
    pub(super) fn wrong_input(file: &Path, error: &WrongInput) -> Self {
        CliError::failure(format!("`{}`: {error}", file.display())).with_hint(error.hint())
    }
}

/// Leave to write over the evidence of what is over.
#[derive(Debug, clap::Args)]
pub(super) struct ReplaceArgs {
    /// Write over the evidence of a task that is done
    #[arg(long)]
    replace: bool,
}

impl ReplaceArgs {
    /// The evidence of a task that is done is what it went out with.
    pub(super) fn refuse_done(&self, target: &Target) -> Result<(), CliError> {
        if self.replace || target.state()?.status != Status::Done {
            return Ok(());
        }
        let message = format!("{} is done: its evidence is what it went out with", target.name);
        Err(CliError::usage(message)
            .with_hint("`--replace` writes over it; a new change has a task of its own"))
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

/// Reads a plan by a policy's rules, with its remarks to standard error.
pub(super) fn read_plan(ui: &mut Ui, file: &Path, policy: &Policy) -> Result<Plan, CliError> {
    let bytes = read_file(file)?;
    plan_of(ui, file, &bytes, policy)
}

/// The plan in bytes that were read from a file.
pub(super) fn plan_of(ui: &mut Ui, file: &Path, bytes: &[u8], policy: &Policy) -> Result<Plan, CliError> {
    let plan = Plan::read(bytes, Rules::of(policy)).map_err(|error| CliError::wrong_input(file, &error))?;
    for remark in &plan.remarks {
        warn(ui, remark);
    }
    if plan.errored {
        warn(ui, "planning ended in an error: the list of changes is partial");
    }
    if plan.summary.drift > 0 {
        let objects = if plan.summary.drift == 1 { "1 object has" } else { "some objects have" };
        ui.note(&format!("{objects} changed outside of the tool before this plan; that is no part of it"));
    }
    Ok(plan)
}

/// A plan as the gate looks at it.
pub(super) fn plan_in_hand(plan: &Plan, policy: &Policy) -> PlanInHand {
    let found = plan.found(policy);
    let texts = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect();
    let summary = &plan.summary;
    let counts = [summary.add, summary.change, summary.destroy, summary.replace];
    PlanInHand {
        digest: plan.digest.clone(),
        has_masked: plan.has_masked,
        risk: found.risk(),
        categories: texts(found.categories()),
        reasons: found.reasons(),
        counts: counts.map(|count| u64::try_from(count).unwrap_or(u64::MAX)),
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
                _ => book.load(&context.ask())?.policy,
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
    let policy = &target.loaded.policy;
    if let Some(name) = named {
        return policy.environment(name).ok_or_else(|| {
            let known: Vec<&str> = policy.environments.iter().map(|known| known.name.as_str()).collect();
            let hint = match nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("one of {}", known.join(", ")),
            };
            CliError::usage(format!("`{name}` is no environment of the policy")).with_hint(hint)
        });
    }
    policy.last_environment(&target.state()?.record.items).ok_or_else(|| {
        CliError::failure("the policy has no environment").with_hint("add `[[environments]]` to policy.toml")
    })
}

/// The risk found and the line of each category.
pub(super) fn tell_risk(ui: &mut Ui, found: &Found) -> Result<(), CliError> {
    let Some(risk) = found.risk() else { return ui.line("Risk: nothing to judge") };
    ui.line(paint(BOLD, format!("Risk: {}", risk.as_str())))?;
    found.reasons().iter().try_for_each(|reason| ui.line(format!("  {reason}")))
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
