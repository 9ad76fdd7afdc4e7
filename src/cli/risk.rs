//! `changebook risk`

use std::path::PathBuf;

use super::chart::{Evidence as ChartEvidence, chart_files};
use super::context::Context;
use super::error::CliError;
use super::evidence::{book_around, plan_json, read_plan, tell_risk};
use super::file_set::FileSet;
use super::manifests::Pair;
use super::ui::{Ui, escape};
use crate::book::Book;
use crate::policy::Policy;

/// Explain how risky a plan, or a pair of manifests or charts, is, without a record
///
/// One file is a plan. Two are states before and after: charts when they are packed or hold a Chart.yaml, else
/// Kubernetes manifests. The rules are those of the book around, else the built-in ones. Nothing is written.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook risk plan.json\n\
    \x20\x20changebook risk main:k8s/api k8s/api\n\
    \x20\x20changebook risk ingress-nginx-4.6.0.tgz ingress-nginx-4.8.0.tgz\n\
    \x20\x20terraform show -json plan.tfplan | changebook risk -")]
pub(super) struct RiskArgs {
    /// The plan as JSON; `-` reads standard input
    file: PathBuf,
    /// The state after, when FILE is the one before
    new: Option<String>,
    /// Print the blast radius as a graph in Graphviz's language
    #[arg(long, conflicts_with = "new")]
    dot: bool,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &RiskArgs) -> Result<(), CliError> {
    let (book, policy) = book_around(context)?;
    if let Some(new) = &args.new {
        return pair(ui, context, book.as_ref(), &policy, [&args.file.to_string_lossy(), new]);
    }
    let plan = read_plan(ui, &args.file, &policy)?;
    if args.dot {
        return ui.document(&plan.radius().dot());
    }
    if context.json {
        return ui.json(&serde_json::json!({ "schema": "changebook.risk/1", "plan": plan_json(&plan, &plan.found(&policy)) }));
    }
    ui.line(escape(&plan.headline()))?;
    for line in plan.list(usize::try_from(policy.plan.list_limit).unwrap_or(usize::MAX)) {
        ui.line(format!("  {line}"))?;
    }
    tell_risk(ui, &plan.found(&policy))?;
    ui.line(format!("Blast radius: {}", plan.radius().sentence()))
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
