//! `changebook deployed` and `changebook rollback`

use std::path::PathBuf;

use super::context::Context;
use super::error::CliError;
use super::evidence::{in_hand, plan_bytes, plans_of};
use super::gate::{moment, unclear};
use super::record_act::{CommitArgs, Target, set_items};
use super::ui::Ui;
use super::worth::one_line;
use crate::book::{GateQuestion, Request, View};
use crate::diagnostic::nearest;
use crate::evidence::EvidenceFile;
use crate::ledger::{Gate, PlanInHand, RecordState};
use crate::policy::Policy;
use crate::record::{Digested, Item, ItemKey, Record, RecordType, deployment_digest, edit, same_name};

/// Record a deployment to an environment: tick its items and commit
///
/// Checks the gate first, as if what is committed here were merged into the trunk. If the gate is closed, nothing is
/// committed; `--anyway` commits with a reason, and the audit reports an exception.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook deployed INFRA-100 staging\n\
    \x20\x20changebook deployed INFRA-150 production --plan plan.json\n\
    \x20\x20changebook deployed INFRA-150 production --anyway \"the old network was on fire\"\n\
    \x20\x20changebook deployed INFRA-150 production --time 2024-05-25T02:40:00+02:00")]
pub(super) struct DeployedArgs {
    /// The task's ID
    id: String,
    /// The environment, as named in the policy
    environment: String,
    /// When it was actually deployed, with offset [default: the commit's time]
    #[arg(long, value_name = "TIME")]
    time: Option<String>,
    /// The plan that was applied, as JSON; its digest goes into the commit (repeat it, or give a folder or a stream,
    /// for several stacks)
    #[arg(long, value_name = "FILE")]
    plan: Vec<PathBuf>,
    /// Commit even though the gate is closed, with this reason
    #[arg(long, value_name = "REASON")]
    anyway: Option<String>,
    #[command(flatten)]
    commit: CommitArgs,
}

/// Record a rollback: untick the deployment's items and commit, with the reason
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook rollback INFRA-210 production \"5xx on /login after the upgrade\"")]
pub(super) struct RollbackArgs {
    /// The task's ID
    id: String,
    /// The environment, as named in the policy
    environment: String,
    /// Why
    reason: String,
    #[command(flatten)]
    commit: CommitArgs,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &DeployedArgs) -> Result<(), CliError> {
    if let Some(time) = &args.time
        && time.parse::<jiff::Timestamp>().is_err()
    {
        return Err(CliError::usage(format!("`{time}` is not a valid time"))
            .with_hint("write it like `2024-05-25T02:40:00+02:00`"));
    }
    let mut inputs = Vec::new();
    for argument in &args.plan {
        inputs.extend(plan_bytes(argument)?);
    }
    let target = Target::find(context, "deployed", &args.id, &args.commit)?;
    let keys = items(&target, &args.environment, true)?;
    let policy = target.loaded.policy();
    let plans = in_hand(plans_of(ui, &inputs, policy)?);
    let anyway = one_line(args.anyway.as_deref())?;
    ask_gate(ui, context, args, &target, plans.clone(), anyway.is_some())?;
    let state = target.state()?;
    let time = args.time.as_deref().map_or_else(String::new, |time| format!(" {time}"));
    let mut message = format!(
        "{}: deployed to {}\n\nDeployed: {}{time}\n",
        target.name, args.environment, args.environment
    );
    message.extend(plans.iter().map(|given| format!("Plan: {}\n", given.plan.digest)));
    message.extend(anyway.map(|reason| format!("Anyway: {reason}\n")));
    let digest = deployed_digest(state, policy, &args.environment);
    let edit = mark_deployed(&state.record.path, keys, digest);
    target.apply(ui, context, &args.commit, &format!("deployed to {}", args.environment), &message, &edit)
}

pub(super) fn run_rollback(ui: &mut Ui, context: &Context, args: &RollbackArgs) -> Result<(), CliError> {
    let reason = args.reason.split_whitespace().collect::<Vec<_>>().join(" ");
    if reason.is_empty() {
        return Err(CliError::usage("a rollback needs a reason"));
    }
    let target = Target::find(context, "rollback", &args.id, &args.commit)?;
    let keys = items(&target, &args.environment, false)?;
    let state = target.state()?;
    let message = format!(
        "{}: roll {} back\n\n{reason}\n\nRolled-back: {} {reason}\n",
        target.name, args.environment, args.environment
    );
    let edit = set_items(&state.record.path, state.record_type, keys, false);
    target.apply(ui, context, &args.commit, &format!("rolled {} back", args.environment), &message, &edit)?;
    if !context.json {
        ui.note(&format!(
            "open a follow-up: `changebook new task \"Find out why {} was rolled back\" --follows {}`",
            target.name, target.name
        ));
    }
    Ok(())
}

/// Refuses with the gate's words when it is shut; with `anyway` it only says them.
fn ask_gate(
    ui: &mut Ui,
    context: &Context,
    args: &DeployedArgs,
    target: &Target,
    plans: Vec<PlanInHand>,
    anyway: bool,
) -> Result<(), CliError> {
    let book = &target.book;
    book.repository.verify_objects();
    let stated = args.time.as_deref().and_then(|time| time.parse::<jiff::Timestamp>().ok());
    let now = stated.map_or(context.now, |time| time.as_second());
    let policy = book.policy(book.head()?.commit)?;
    let view = match book.trunk(&context.request(), &policy)? {
        Some(_) => View::Landed("HEAD".to_owned()),
        None if book.repository.has_remotes() => return Err(book.no_trunk().into()),
        None => View::Head,
    };
    let request = Request { view, now, ..context.request() };
    let loaded = book.load(&request)?;
    let email = crate::act::author_email(book)?;
    let question = GateQuestion {
        id: target.name.clone(),
        environment: args.environment.clone(),
        plans,
        deployer: loaded.policy().person_by_email(&email).map(str::to_owned),
    };
    let gate = loaded.gate(&question).map_err(unclear)?;
    if gate.judgement.is_open() {
        return Ok(());
    }
    let words = words(&gate);
    if anyway {
        ui.note(&format!("the gate is closed, and it is deployed anyway:{words}"));
        return Ok(());
    }
    let next = gate.judgement.next.map_or_else(String::new, |next| format!("; it may open {}", moment(next)));
    Err(CliError::refused(format!(
        "the gate is closed for {} → {}{next}:{words}",
        target.name, args.environment
    ))
    .with_hint(
        "meet these requirements, or use `--anyway \"reason\"`, which the audit reports as an exception",
    ))
}

/// What is not met, a line each.
fn words(gate: &Gate) -> String {
    let unmet = gate.judgement.requirements.iter().filter(|requirement| !requirement.met);
    unmet.map(|requirement| format!("\n  {}: {}", requirement.code, requirement.detail)).collect()
}

/// What a deployment of a task to an environment is marked with.
fn deployed_digest(state: &RecordState, policy: &Policy, environment: &str) -> String {
    let files = state.evidence_files().filter(|file| same_name(&file.key.environment, environment));
    let evidence: Vec<Digested> = files.map(EvidenceFile::digested).collect();
    deployment_digest(&state.record, &policy.scope, &evidence)
}

/// The digest of a mark without its number.
fn base(mark: &str) -> &str {
    mark.split(' ').next().unwrap_or(mark)
}

/// An edit that ticks items and puts the mark of the deployment behind them, with a number where the same one stood there.
fn mark_deployed(path: &str, keys: Vec<ItemKey>, digest: String) -> impl Fn(&str) -> Result<String, String> {
    let path = path.to_owned();
    move |text| {
        let ticked = set_items(&path, RecordType::Task, keys.clone(), true)(text)?;
        let mut text = ticked;
        for key in &keys {
            let record = Record::parse(RecordType::Task, &path, text.as_bytes());
            let item = record.items.iter().find(|item| item.key == *key);
            let item = item.ok_or_else(|| format!("it does not have the item “{}”", key.text))?;
            let before = item.deployed_on.as_ref().filter(|mark| base(&mark.text) == digest);
            let mark = match before {
                None => digest.clone(),
                Some(mark) => {
                    let number = mark.text.split_once(' ').and_then(|(_, number)| number.parse::<u32>().ok());
                    format!("{digest} {}", number.unwrap_or(1).saturating_add(1))
                }
            };
            text = edit::set_deployment_mark(&text, item, &mark).map_err(|error| error.to_string())?;
        }
        Ok(text)
    }
}

/// The items of an environment that are not yet in the wanted state.
fn items(target: &Target, name: &str, checked: bool) -> Result<Vec<ItemKey>, CliError> {
    target.expect(RecordType::Task)?;
    let policy = target.loaded.policy();
    if policy.environment(name).is_none() {
        let known: Vec<&str> =
            policy.environments.iter().map(|environment| environment.name.as_str()).collect();
        let error = CliError::usage(format!("`{name}` is not an environment in the policy"));
        return Err(match nearest(name, known.iter().copied()) {
            Some(near) => error.with_hint(format!("did you mean `{near}`?")),
            None => error.with_hint(format!("one of {}", known.join(", "))),
        });
    }
    let state = target.state()?;
    let of_environment: Vec<_> = state
        .record
        .items
        .iter()
        .filter(|item| policy.environment_deployed_by(&item.key.text).is_some_and(|found| found.name == name))
        .collect();
    if of_environment.is_empty() {
        let texts: Vec<&str> = policy.environment(name).map_or_else(Vec::new, |environment| {
            environment.deployed_by.iter().map(String::as_str).collect()
        });
        return Err(CliError::failure(format!("{} has no item that deploys to {name}", target.name))
            .with_hint(format!("add one of: {}", texts.join(", "))));
    }
    let digest = deployed_digest(state, policy, name);
    // Another text or other evidence since the last deployment, and it may be deployed again.
    let is_other = |item: &Item| item.deployed_on.as_ref().is_none_or(|mark| base(&mark.text) != digest);
    let is_behind = checked && of_environment.iter().any(|item| is_other(item));
    let open: Vec<ItemKey> = of_environment
        .into_iter()
        .filter(|item| item.checked != checked || is_behind)
        .map(|item| item.key.clone())
        .collect();
    if open.is_empty() {
        let word = if checked { "already" } else { "not" };
        return Err(CliError::failure(format!("{} is {word} deployed to {name}", target.name))
            .with_hint(format!("`changebook show {} --events` shows what happened", target.name)));
    }
    Ok(open)
}
