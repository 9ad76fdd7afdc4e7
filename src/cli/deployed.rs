//! `changebook deployed` and `changebook rollback`

use super::context::Context;
use super::error::CliError;
use super::record_act::{CommitArgs, Target, set_items};
use super::ui::Ui;
use crate::diagnostic::nearest;
use crate::record::{ItemKey, RecordType};

/// Say that a task has been deployed to an environment: tick its items and commit
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook deployed INFRA-100 staging\n\
    \x20\x20changebook deployed INFRA-150 production --time 2024-05-25T02:40:00+02:00")]
pub(super) struct DeployedArgs {
    /// The task's ID
    id: String,
    /// The environment, by the policy's name
    environment: String,
    /// When it really ran, with offset; otherwise the commit's own time counts
    #[arg(long, value_name = "TIME")]
    time: Option<String>,
    #[command(flatten)]
    commit: CommitArgs,
}

/// Say that a deployment has been rolled back: untick its items and commit, with the reason
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook rollback INFRA-210 production \"5xx on /login after the upgrade\"")]
pub(super) struct RollbackArgs {
    /// The task's ID
    id: String,
    /// The environment, by the policy's name
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
        return Err(CliError::usage(format!("`{time}` is no moment"))
            .with_hint("write it like `2024-05-25T02:40:00+02:00`"));
    }
    let target = Target::find(context, "deployed", &args.id, &args.commit)?;
    let keys = items(&target, &args.environment, true)?;
    let state = target.state()?;
    let time = args.time.as_deref().map_or_else(String::new, |time| format!(" {time}"));
    let message = format!(
        "{}: deployed to {}\n\nDeployed: {}{time}\n",
        target.name, args.environment, args.environment
    );
    let edit = set_items(&state.record.path, state.record_type, keys, true);
    target.apply(ui, context, &args.commit, &format!("deployed to {}", args.environment), &message, &edit)
}

pub(super) fn run_rollback(ui: &mut Ui, context: &Context, args: &RollbackArgs) -> Result<(), CliError> {
    let reason = args.reason.split_whitespace().collect::<Vec<_>>().join(" ");
    if reason.is_empty() {
        return Err(CliError::usage("a rollback needs its reason"));
    }
    let target = Target::find(context, "rollback", &args.id, &args.commit)?;
    let keys = items(&target, &args.environment, false)?;
    let state = target.state()?;
    let message = format!(
        "{}: roll {} back\n\n{reason}\n\nRolled-back: {} {reason}\n",
        target.name, args.environment, args.environment
    );
    let edit = set_items(&state.record.path, state.record_type, keys, false);
    target.apply(ui, context, &args.commit, &format!("rolled {} back", args.environment), &message, &edit)
}

/// The items of an environment that are not yet in the wanted state.
fn items(target: &Target, name: &str, checked: bool) -> Result<Vec<ItemKey>, CliError> {
    target.expect(RecordType::Task)?;
    let policy = &target.loaded.policy;
    if policy.environment(name).is_none() {
        let known: Vec<&str> =
            policy.environments.iter().map(|environment| environment.name.as_str()).collect();
        let error = CliError::usage(format!("`{name}` is no environment of the policy"));
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
        .filter(|item| policy.environment_for_item(&item.text).is_some_and(|found| found.name == name))
        .collect();
    if of_environment.is_empty() {
        let texts: Vec<&str> = policy.environment(name).map_or_else(Vec::new, |environment| {
            environment.deployed_by.iter().map(String::as_str).collect()
        });
        return Err(CliError::failure(format!("{} has no item that deploys to {name}", target.name))
            .with_hint(format!("add one of: {}", texts.join(", "))));
    }
    let open: Vec<ItemKey> = of_environment
        .into_iter()
        .filter(|item| item.checked != checked)
        .map(|item| item.key.clone())
        .collect();
    if open.is_empty() {
        let word = if checked { "already" } else { "not" };
        return Err(CliError::failure(format!("{} is {word} deployed to {name}", target.name))
            .with_hint(format!("`changebook show {} --events` shows what happened", target.name)));
    }
    Ok(open)
}
