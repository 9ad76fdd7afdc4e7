//! `changebook plan`

use std::path::PathBuf;

use super::context::Context;
use super::error::CliError;
use super::evidence::{ReplaceArgs, environment, plan_json, plan_of, read_file, tell_risk, warn};
use super::record_act::{CommitArgs, Target};
use super::ui::{BAD, DIM, GOOD, Ui, escape, paint};
use crate::intake::Found;
use crate::intake::cost::Estimate;
use crate::intake::terraform::{Comparison, Place, Plan, blast_radius_contradiction};
use crate::record::{Details, Record, RecordType, Task};

/// Record what a Terraform or OpenTofu plan will do, and commit it
///
/// Reads the output of `terraform show -json plan.tfplan` (or `tofu show -json`). The record gets the summary
/// line, the addresses with a few words each, the risk with its reasons, the blast radius, and a digest. Values
/// that are sensitive anywhere in the plan are never written. The same plan made again changes nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook plan INFRA-100 plan.json\n\
    \x20\x20terraform show -json plan.tfplan | changebook plan INFRA-100 - -e staging\n\
    \x20\x20changebook plan INFRA-100 plan.json --infracost cost.json\n\
    \x20\x20changebook plan INFRA-100 plan.json --compare\n\
    \x20\x20changebook plan INFRA-100 plan.json --dot | dot -Tsvg > radius.svg")]
pub(super) struct PlanArgs {
    /// The task's ID
    id: String,
    /// The plan as JSON; `-` reads standard input
    file: PathBuf,
    /// The environment it is for [default: the last one that the task's items name]
    #[arg(short, long, value_name = "NAME")]
    environment: Option<String>,
    /// Say whether it is the recorded plan, and where it differs; exit status 3 when it is not
    #[arg(long, conflicts_with_all = ["dot", "infracost", "no_commit", "message"])]
    compare: bool,
    /// Print the blast radius as a graph in Graphviz's language, and record nothing
    #[arg(long, conflicts_with_all = ["infracost", "no_commit", "message"])]
    dot: bool,
    /// Infracost's JSON: fills the cost
    #[arg(long, value_name = "FILE")]
    infracost: Option<PathBuf>,
    #[command(flatten)]
    replace: ReplaceArgs,
    #[command(flatten)]
    commit: CommitArgs,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &PlanArgs) -> Result<(), CliError> {
    // Read before the book is held: a pipeline may take its time.
    let bytes = read_file(&args.file)?;
    let find = if args.compare || args.dot { Target::find_to_read } else { Target::find };
    let target = find(context, "plan", &args.id, &args.commit)?;
    target.expect(RecordType::Task)?;
    let plan = plan_of(ui, &args.file, &bytes, &target.loaded.policy)?;
    if args.dot {
        return ui.document(&plan.radius().dot());
    }
    let environment = environment(&target, args.environment.as_deref())?;
    if args.compare {
        return compare(ui, context, &target, &plan, &environment.name);
    }
    args.replace.refuse_done(&target)?;
    let estimate = args.infracost.as_deref().map(estimate).transpose()?;
    record(ui, context, args, &target, &plan, estimate.as_ref())
}

fn estimate(file: &std::path::Path) -> Result<Estimate, CliError> {
    Estimate::read(&read_file(file)?).map_err(|error| {
        CliError::failure(format!("`{}`: {error}", file.display()))
            .with_hint("`infracost diff --path plan.json --format json --out-file cost.json` writes it")
    })
}

fn record(
    ui: &mut Ui,
    context: &Context,
    args: &PlanArgs,
    target: &Target,
    plan: &Plan,
    estimate: Option<&Estimate>,
) -> Result<(), CliError> {
    let environment = environment(target, args.environment.as_deref())?;
    let found = plan.found(&target.loaded.policy);
    let state = target.state()?;
    let path = state.record.path.clone();
    let is_guidance = |text: &str| target.loaded.templates.is_guidance(text);
    let place = Place {
        environment: &environment.name,
        gated: environment.gated,
        list_limit: usize::try_from(target.loaded.policy.plan.list_limit).unwrap_or(usize::MAX),
        is_guidance: &is_guidance,
    };
    let edit = |text: &str| {
        let text = plan.put(&path, text, &found, place).map_err(|error| error.to_string())?;
        match estimate {
            Some(estimate) => estimate.put(&path, &text, &is_guidance).map_err(|error| error.to_string()),
            None => Ok(text),
        }
    };
    warn_of_contradictions(ui, &state.record, plan, &found, &is_guidance);
    if !context.json {
        ui.line(escape(&plan.headline()))?;
        tell_risk(ui, &found)?;
        ui.line(format!("Blast radius: {}", plan.radius().sentence()))?;
    }
    if let Some(estimate) = estimate.filter(|estimate| !estimate.partial.is_empty() || estimate.is_breakdown)
    {
        let said: Vec<String> =
            std::iter::once(estimate.headline()).chain(estimate.partial.iter().cloned()).collect();
        warn(ui, &format!("cost: {}", said.join("; ")));
    }
    let message = format!("{}: plan for {}\n", target.name, environment.name);
    let done = format!("plan for {}: {}", environment.name, plan.headline());
    target.apply_change(ui, context, &args.commit, &done, &message, &edit)
}

/// What the record says that the plan does not bear out.
fn warn_of_contradictions(
    ui: &mut Ui,
    record: &Record,
    plan: &Plan,
    found: &Found,
    is_guidance: &dyn Fn(&str) -> bool,
) {
    let typed = record.section("Blast radius").map(|section| record.text(section.content.clone()));
    if let Some(text) = typed.filter(|text| !is_guidance(text))
        && let Some(contradiction) = blast_radius_contradiction(text, &plan.radius())
    {
        warn(ui, &contradiction);
    }
    let declared = task(record).and_then(|task| task.risk);
    if let (Some(declared), Some(found)) = (declared, found.risk())
        && declared < found
    {
        let (declared, found) = (declared.as_str(), found.as_str());
        warn(ui, &format!("risk-understated: declared {declared} and found {found}; the higher one counts"));
    }
}

fn task(record: &Record) -> Option<&Task> {
    match &record.details {
        Details::Task(task) => Some(task),
        _ => None,
    }
}

fn compare(
    ui: &mut Ui,
    context: &Context,
    target: &Target,
    plan: &Plan,
    environment: &str,
) -> Result<(), CliError> {
    let record = &target.state()?.record;
    let plans = task(record).map_or(&[][..], |task| &task.plans);
    let Some((_, recorded)) = plans.iter().find(|(name, _)| name == environment) else {
        return Err(CliError::failure(format!("{} has no plan for {environment}", target.name))
            .with_hint(format!("record one: `changebook plan {} FILE -e {environment}`", target.name)));
    };
    // The record holds the digest alone, which does not say where two plans differ.
    let same = plan.digest == recorded.digest;
    let comparison = Comparison { same, alike: same, differs: Vec::new(), gone: Vec::new() };
    if context.json {
        let differs: Vec<_> = comparison
            .differs
            .iter()
            .map(|differs| serde_json::json!({ "address": differs.address, "new": differs.is_new, "attributes": differs.attributes }))
            .collect();
        ui.json(&serde_json::json!({
            "schema": "changebook.compare/1", "id": target.name, "environment": environment,
            "same": comparison.same, "recorded": recorded.digest, "digest": plan.digest,
            "differs": differs, "gone": comparison.gone, "gone_unnamed": 0,
            "plan": plan_json(plan, &plan.found(&target.loaded.policy)),
        }))?;
    } else {
        tell(ui, &target.name, environment, &comparison)?;
    }
    if comparison.same { Ok(()) } else { Err(CliError::no()) }
}

fn tell(ui: &mut Ui, name: &str, environment: &str, comparison: &Comparison) -> Result<(), CliError> {
    if comparison.same {
        return ui.line(format!("{} this is the plan that {name} holds for {environment}", paint(GOOD, "✓")));
    }
    ui.line(format!("{} this is another plan than {name} holds for {environment}", paint(BAD, "✗")))?;
    for differs in &comparison.differs {
        let what = match (differs.is_new, differs.attributes.as_slice()) {
            (true, _) => "not in the recorded plan".to_owned(),
            (false, []) => "differs".to_owned(),
            (false, names) => format!("differs in {}", names.join(", ")),
        };
        ui.line(format!("  {}: {}", differs.address, paint(DIM, escape(&what))))?;
    }
    for address in &comparison.gone {
        ui.line(format!("  {}: {}", escape(address), paint(DIM, "in the recorded plan only")))?;
    }
    Ok(())
}
