//! `changebook risk`

use std::path::PathBuf;

use super::chart::{Evidence as ChartEvidence, chart_files};
use super::context::Context;
use super::error::CliError;
use super::evidence::{StackPlan, book_around, plan_bytes, plan_json, plans_of, tell_risk};
use super::file_set::FileSet;
use super::manifests::Pair;
use super::ui::{BOLD, Ui, escape, paint};
use crate::book::Book;
use crate::intake::terraform::Plan;
use crate::policy::Policy;
use crate::record::Risk;

/// Assess the risk of a plan, or of a pair of manifests or charts, without a record
///
/// One argument is a plan, or several plans, one per stack. Two arguments are the states before and after: charts if
/// they are packed or contain a Chart.yaml, otherwise Kubernetes manifests. Uses the rules of the book, or the
/// built-in ones outside a book. Nothing is written.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook risk plan.json\n\
    \x20\x20changebook risk main:k8s/api k8s/api\n\
    \x20\x20changebook risk ingress-nginx-4.6.0.tgz ingress-nginx-4.8.0.tgz\n\
    \x20\x20terraform show -json plan.tfplan | changebook risk -")]
pub(super) struct RiskArgs {
    /// The plan as JSON, or a folder of plans; `-` reads standard input
    file: PathBuf,
    /// The new state, if FILE is the old one
    new: Option<String>,
    /// Print the blast radius as a Graphviz graph
    #[arg(long, conflicts_with = "new")]
    dot: bool,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &RiskArgs) -> Result<(), CliError> {
    let (book, policy) = book_around(context)?;
    if let Some(new) = &args.new {
        return pair(ui, context, book.as_ref(), &policy, [&args.file.to_string_lossy(), new]);
    }
    let plans = plans_of(ui, &plan_bytes(&args.file)?, &policy)?;
    if let (true, [one]) = (args.dot, &plans[..]) {
        return ui.document(&one.plan.radius().dot());
    }
    if args.dot {
        return Err(CliError::usage("`--dot` draws one plan, but several were given"));
    }
    if context.json {
        return ui.json(&json_of(&plans, &policy));
    }
    let mut risk = None;
    for (place, stack) in plans.iter().enumerate() {
        if plans.len() > 1 {
            let gap = if place == 0 { "" } else { "\n" };
            ui.line(format!("{gap}{}", paint(BOLD, escape(stack.name().unwrap_or("a plan")))))?;
        }
        risk = risk.max(tell(ui, &stack.plan, &policy)?);
    }
    if plans.len() > 1 {
        let risk = risk.map_or("nothing to assess", |risk| risk.as_str());
        ui.line(format!("\n{}", paint(BOLD, format!("Risk of all {}: {risk}", plans.len()))))?;
    }
    Ok(())
}

/// Each plan under the stack that it was given for.
fn json_of(plans: &[StackPlan], policy: &Policy) -> serde_json::Value {
    let of = |stack: &StackPlan| {
        let plan = plan_json(&stack.plan, &stack.plan.found(policy));
        serde_json::json!({ "stack": stack.name(), "plan": plan })
    };
    let stacks: Vec<_> = plans.iter().map(of).collect();
    serde_json::json!({ "schema": "changebook.risk/1", "stacks": stacks })
}

/// A plan for people; gives its risk.
fn tell(ui: &mut Ui, plan: &Plan, policy: &Policy) -> Result<Option<Risk>, CliError> {
    ui.line(escape(&plan.headline()))?;
    let limit = policy.plan.list_limit;
    for line in plan.list(limit) {
        ui.line(format!("  {line}"))?;
    }
    for (heading, lines) in plan.asides(limit) {
        ui.line(format!("{heading}:"))?;
        lines.iter().try_for_each(|line| ui.line(format!("  {line}")))?;
    }
    let found = plan.found(policy);
    tell_risk(ui, &found)?;
    ui.line(format!("Blast radius: {}", plan.radius().sentence()))?;
    Ok(found.risk())
}

/// Two states of a chart or of manifests.
fn pair(
    ui: &mut Ui,
    context: &Context,
    book: Option<&Book>,
    policy: &Policy,
    states: [&str; 2],
) -> Result<(), CliError> {
    if is_chart(book, context, states[0])? {
        let files = |argument: &str| chart_files(book, context, argument, None);
        return ChartEvidence::read(book, policy, states, &files)?.show(ui, context);
    }
    let environment =
        policy.environments.last().ok_or_else(|| CliError::failure("the policy has no environment"))?;
    Pair::read(ui, book, context, states)?.evidence(environment, policy).show(ui, context)
}

fn is_chart(book: Option<&Book>, context: &Context, argument: &str) -> Result<bool, CliError> {
    if argument == "-" {
        return Ok(false);
    }
    let set = FileSet::read(book, &context.directory, argument)?;
    Ok(set.files.iter().any(|(path, _)| path == "Chart.yaml" || path.ends_with(".tgz")))
}
