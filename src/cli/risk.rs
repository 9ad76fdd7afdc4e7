//! `changebook risk`

use std::path::PathBuf;

use super::context::Context;
use super::error::CliError;
use super::evidence::{plan_json, policy_around, read_plan, tell_risk};
use super::ui::{Ui, escape};

/// Explain how risky a plan is, without a record
///
/// The rules are those of the book around, else the built-in ones. Nothing is written.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook risk plan.json\n\
    \x20\x20terraform show -json plan.tfplan | changebook risk -")]
pub(super) struct RiskArgs {
    /// The plan as JSON; `-` reads standard input
    file: PathBuf,
    /// Print the blast radius as a graph in Graphviz's language
    #[arg(long)]
    dot: bool,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &RiskArgs) -> Result<(), CliError> {
    let policy = policy_around(context)?;
    let plan = read_plan(ui, &args.file, &policy)?;
    if args.dot {
        return ui.text(&plan.radius.dot());
    }
    if context.json {
        return ui.json(&serde_json::json!({ "schema": "changebook.risk/1", "plan": plan_json(&plan) }));
    }
    ui.line(escape(&plan.summary.line()))?;
    for line in plan.list(usize::try_from(policy.plan.list_limit).unwrap_or(usize::MAX)) {
        ui.line(format!("  {line}"))?;
    }
    tell_risk(ui, &plan.found)?;
    ui.line(format!("Blast radius: {}", plan.radius.sentence()))
}
