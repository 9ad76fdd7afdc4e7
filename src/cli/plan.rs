//! `changebook plan`

use std::path::PathBuf;

use super::context::Context;
use super::error::CliError;
use super::evidence::{
    Recording, ReplaceArgs, StackArgs, StackPlan, compared_json, comparison_json, environment, plan_bytes,
    plan_json, plans_of, read_file, recorded, tell_risk, warn,
};
use super::record_act::{CommitArgs, Target};
use super::ui::{BAD, BOLD, DIM, GOOD, Ui, escape, paint};
use crate::evidence::Content;
use crate::intake::Found;
use crate::intake::cost::Estimate;
use crate::intake::terraform::{Comparison, Plan, blast_radius_contradiction};
use crate::ledger::StackSaid;
use crate::policy::Environment;
use crate::record::{EvidenceKey, Record, RecordType};

/// Record what a Terraform or OpenTofu plan will do, and commit it
///
/// Reads the output of `terraform show -json plan.tfplan` (or `tofu show -json`), a folder of such files, or a stream
/// of several documents, as Terragrunt writes it: each is a separate stack. Writes an evidence file, and the summary
/// line, the changed addresses and the blast radius to the record. Values that are sensitive anywhere in the plan are
/// never written. Recording the same plan again changes nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook plan INFRA-100 plan.json\n\
    \x20\x20terraform show -json plan.tfplan | changebook plan INFRA-100 - -e staging\n\
    \x20\x20changebook plan INFRA-100 network.json --stack network\n\
    \x20\x20changebook plan INFRA-100 plans/ -e production\n\
    \x20\x20changebook plan INFRA-100 --remove --stack network\n\
    \x20\x20changebook plan INFRA-100 plan.json --infracost cost.json\n\
    \x20\x20changebook plan INFRA-100 plan.json --compare\n\
    \x20\x20changebook plan INFRA-100 plan.json --dot | dot -Tsvg > radius.svg")]
pub(super) struct PlanArgs {
    /// The task's ID
    id: String,
    /// The plan as JSON, or a folder of plans; `-` reads standard input
    #[arg(required_unless_present = "remove", conflicts_with = "remove")]
    file: Option<PathBuf>,
    /// The environment [default: the last one that the task's items name]
    #[arg(short, long, value_name = "NAME")]
    environment: Option<String>,
    #[command(flatten)]
    stack: StackArgs,
    /// Remove the recorded plan
    #[arg(long)]
    remove: bool,
    /// Check whether this is the recorded plan, and show the differences; exit status 3 if it is not
    #[arg(long, conflicts_with_all = ["dot", "infracost", "remove", "no_commit", "message"])]
    compare: bool,
    /// Print the blast radius as a Graphviz graph, without recording anything
    #[arg(long, conflicts_with_all = ["infracost", "remove", "no_commit", "message"])]
    dot: bool,
    /// Infracost's JSON output: fills in the cost
    #[arg(long, value_name = "FILE")]
    infracost: Option<PathBuf>,
    #[command(flatten)]
    replace: ReplaceArgs,
    #[command(flatten)]
    commit: CommitArgs,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &PlanArgs) -> Result<(), CliError> {
    let inputs = args.file.as_deref().map(plan_bytes).transpose()?.unwrap_or_default();
    let find = if args.compare || args.dot { Target::find_to_read } else { Target::find };
    let target = find(context, "plan", &args.id, &args.commit)?;
    target.expect(RecordType::Task)?;
    let environment = environment(&target, args.environment.as_deref())?;
    if args.remove {
        return remove(ui, context, args, &target, environment);
    }
    let plans = stacks(plans_of(ui, &inputs, target.loaded.policy())?, args.stack.stack.as_deref())?;
    if args.dot {
        let [(_, plan)] = &plans[..] else {
            return Err(CliError::usage("`--dot` draws one plan, but several were given"));
        };
        return ui.document(&plan.radius().dot());
    }
    if args.compare {
        return compare(ui, context, &target, environment, &plans);
    }
    let mut estimate = args.infracost.as_deref().map(estimate).transpose()?;
    if let Some(estimate) = &mut estimate {
        // Its resources have the plan's keys in their names.
        estimate.hide(&|text| plans.iter().all(|(_, plan)| plan.may_show(text)));
    }
    record(ui, context, args, &target, environment, plans, estimate.as_ref())
}

/// Each plan with the stack that it is recorded as: one alone has no name unless it is given one.
fn stacks(plans: Vec<StackPlan>, named: Option<&str>) -> Result<Vec<(Option<String>, Plan)>, CliError> {
    if named.is_some() && plans.len() > 1 {
        return Err(CliError::usage("`--stack` names one plan, but several were given")
            .with_hint("each plan is named after its file or unit"));
    }
    let stack = |plan: StackPlan| {
        let stack = match (named, plan.stack) {
            (Some(named), _) => Some(named.to_owned()),
            (None, StackSaid::Named(stack)) => stack,
            (None, StackSaid::Guessed(stack)) => stack.filter(|_| plan.among_several),
        };
        (stack, plan.plan)
    };
    Ok(plans.into_iter().map(stack).collect())
}

fn estimate(file: &std::path::Path) -> Result<Estimate, CliError> {
    Estimate::read(&read_file(file)?).map_err(|error| {
        CliError::failure(format!("`{}`: {error}", file.display()))
            .with_hint("create it with `infracost diff --path plan.json --format json --out-file cost.json`")
    })
}

fn record(
    ui: &mut Ui,
    context: &Context,
    args: &PlanArgs,
    target: &Target,
    environment: &Environment,
    plans: Vec<(Option<String>, Plan)>,
    estimate: Option<&Estimate>,
) -> Result<(), CliError> {
    let content = |(stack, plan): (Option<String>, Plan)| (stack, Content::Terraform(Box::new(plan)));
    let recording = Recording::new(target, environment, plans.into_iter().map(content).collect())?;
    if recording.files.iter().all(|file| file.content.touched().is_empty()) {
        args.replace.refuse_nothing(target, "plans without changes")?;
    }
    recording.refuse_replacing(&args.replace)?;
    let state = target.state()?;
    let path = state.record.path.clone();
    let is_guidance = |text: &str| target.loaded.templates.is_guidance(text);
    let policy = target.loaded.policy();
    for file in &recording.files {
        let (found, plan) = (file.found(policy), file.content.plan());
        let Some(plan) = plan else { continue };
        warn_of_contradictions(ui, &state.record, plan, &found, &is_guidance);
        if context.json {
            continue;
        }
        if let Some(stack) = &file.key.stack {
            ui.line(paint(BOLD, escape(stack)))?;
        }
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
    let name = &environment.name;
    let message = format!("{}: plan for {name}\n", target.name);
    let done = match &recording.files[..] {
        [one] => format!("{}: {}", one.words(), one.content.headline()),
        several => format!("plans for {name}: {} stacks", several.len()),
    };
    let with_cost = |text: &str| match estimate {
        Some(estimate) => estimate.put(&path, text, &is_guidance).map_err(|error| error.to_string()),
        None => Ok(text.to_owned()),
    };
    recording.write(ui, context, &args.commit, [&done, &message], &with_cost)
}

/// Takes a recorded plan out, and what the record's text holds of it.
fn remove(
    ui: &mut Ui,
    context: &Context,
    args: &PlanArgs,
    target: &Target,
    environment: &Environment,
) -> Result<(), CliError> {
    args.replace.refuse_nothing(target, "removed plans")?;
    let key = args.stack.key(environment);
    let file = recorded(target.state()?, &key).ok_or_else(|| not_recorded(target, &key))?.clone();
    let done = format!("removed the {}", file.words());
    let message = format!("{}: remove the {}\n", target.name, file.words());
    let recording = Recording { target, environment, files: Vec::new(), removed: vec![file] };
    recording.write(ui, context, &args.commit, [&done, &message], &|text| Ok(text.to_owned()))
}

fn not_recorded(target: &Target, key: &EvidenceKey) -> CliError {
    CliError::failure(format!("{} has no plan for {}", target.name, key.words()))
        .with_hint(format!("record one: `changebook plan {} FILE -e {}`", target.name, key.environment))
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
    let declared = record.task().and_then(|task| task.risk);
    if let (Some(declared), Some(found)) = (declared, found.risk())
        && declared < found
    {
        let (declared, found) = (declared.as_str(), found.as_str());
        warn(ui, &format!("risk-understated: declared {declared}, found {found}; the higher one counts"));
    }
}

fn compare(
    ui: &mut Ui,
    context: &Context,
    target: &Target,
    environment: &Environment,
    plans: &[(Option<String>, Plan)],
) -> Result<(), CliError> {
    let mut answers = Vec::new();
    let mut all_same = true;
    for (stack, plan) in plans {
        let key = EvidenceKey { environment: environment.name.clone(), stack: stack.clone() };
        let held = recorded(target.state()?, &key).and_then(|file| file.content.plan());
        let held = held.ok_or_else(|| not_recorded(target, &key))?;
        let comparison = plan.compare(held);
        all_same &= comparison.alike;
        if !context.json {
            tell(ui, &target.name, &key.words(), &comparison)?;
            continue;
        }
        let differs = comparison.differs.iter();
        let differs: Vec<_> = differs
            .map(|differs| serde_json::json!({ "address": differs.address, "new": differs.is_new, "attributes": differs.attributes }))
            .collect();
        let more = serde_json::json!({
            "differs": differs, "gone": comparison.gone,
            "plan": plan_json(plan, &plan.found(target.loaded.policy())),
        });
        answers.push(compared_json(&key, comparison.alike, [&held.digest, &plan.digest], more));
    }
    if context.json {
        ui.json(&comparison_json(&target.name, all_same, answers))?;
    }
    if all_same { Ok(()) } else { Err(CliError::no()) }
}

fn tell(ui: &mut Ui, name: &str, place: &str, comparison: &Comparison) -> Result<(), CliError> {
    if comparison.alike {
        return ui.line(format!("{} this is the plan recorded in {name} for {place}", paint(GOOD, "✓")));
    }
    if comparison.same {
        return ui.line(format!(
            "{} the evidence in {name} for {place} does not match this plan",
            paint(BAD, "✗")
        ));
    }
    ui.line(format!("{} this is not the plan recorded in {name} for {place}", paint(BAD, "✗")))?;
    for differs in &comparison.differs {
        let what = match (differs.is_new, differs.attributes.as_slice()) {
            (true, _) => "not in the recorded plan".to_owned(),
            (false, []) => "differs".to_owned(),
            (false, names) => format!("differs in {}", names.join(", ")),
        };
        ui.line(format!("  {}: {}", differs.address, paint(DIM, escape(&what))))?;
    }
    for address in &comparison.gone {
        ui.line(format!("  {}: {}", escape(address), paint(DIM, "only in the recorded plan")))?;
    }
    if comparison.differs.is_empty() && comparison.gone.is_empty() {
        ui.line("  the listed changes are the same; unchanged resources or the plan's own state differ")?;
    }
    Ok(())
}
