//! `changebook approve`

use super::context::Context;
use super::error::CliError;
use super::record_act::{CommitArgs, Target, set_items};
use super::ui::Ui;
use crate::policy::{Policy, Review};
use crate::record::{Item, RecordType};

/// Approve a task: tick the item of your role and commit it
///
/// Who you are is your git identity; which roles you have is the policy's word. A stale approval is given
/// again by an untick and a tick, in two commits.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook approve INFRA-150\n\
    \x20\x20changebook approve INFRA-150 --role security")]
pub(super) struct ApproveArgs {
    /// The task's ID
    id: String,
    /// The role in which you approve, where you have several
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    #[command(flatten)]
    commit: CommitArgs,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &ApproveArgs) -> Result<(), CliError> {
    let target = Target::find(context, "approve", &args.id, &args.commit)?;
    target.expect(RecordType::Task)?;
    let policy = &target.loaded.policy;
    let email = crate::act::author_email(&target.book)?;
    let person = policy.person_by_email(&email).ok_or_else(|| {
        CliError::failure(format!("`{email}` is no person of the policy, so its approval would not count"))
            .with_hint("list the address under `[people]` in policy.toml, or set `git config user.email`")
    })?;
    if let Some(role) = args.role.as_deref().filter(|role| !policy.roles.contains_key(*role)) {
        let known = policy.roles.keys().map(String::as_str);
        return Err(super::filter::unknown("role of the policy", role, known));
    }
    let (item, review) = choose(&target, policy, person, args.role.as_deref())?;
    let state = target.state()?;
    let approval = state.approvals.iter().find(|approval| approval.role == review.role);
    if let Some(valid) =
        approval.filter(|approval| approval.valid && approval.person.as_deref() == Some(person))
    {
        return Err(CliError::failure(format!(
            "{person} has already approved as {}: {}",
            review.role, valid.detail
        )));
    }
    let edit = |checked| set_items(&state.record.path, state.record_type, vec![item.key.clone()], checked);
    if item.checked {
        let message = format!("{}: untick “{}” to approve anew\n", target.name, item.text);
        target.apply(
            ui,
            context,
            &args.commit,
            &format!("unticked “{}”", item.text),
            &message,
            &edit(false),
        )?;
    }
    let message = format!("{}: approve as {}\n", target.name, review.role);
    target.apply(
        ui,
        context,
        &args.commit,
        &format!("approved as {} by {person}", review.role),
        &message,
        &edit(true),
    )
}

/// The item of a role that the person has.
fn choose<'p>(
    target: &Target,
    policy: &'p Policy,
    person: &str,
    role: Option<&str>,
) -> Result<(Item, &'p Review), CliError> {
    let state = target.state()?;
    let items: Vec<(&Item, &Review)> = state
        .record
        .items
        .iter()
        .filter_map(|item| Some((item, policy.review_for_item(&item.text)?)))
        .filter(|(_, review)| !review.via_decision)
        .collect();
    let mine: Vec<&(&Item, &Review)> = items
        .iter()
        .filter(|(_, review)| {
            policy.has_role(person, &review.role) && role.is_none_or(|role| role == review.role)
        })
        .collect();
    let open: Vec<&&(&Item, &Review)> = mine
        .iter()
        .filter(|(_, review)| {
            !state.approvals.iter().any(|approval| approval.role == review.role && approval.valid)
        })
        .collect();
    let required: Vec<&&&(&Item, &Review)> = open
        .iter()
        .filter(|(_, review)| state.approvals.iter().any(|a| a.role == review.role && a.required))
        .collect();
    match (&required[..], &open[..], &mine[..]) {
        ([one], ..) => Ok((one.0.clone(), one.1)),
        ([], [one], _) => Ok((one.0.clone(), one.1)),
        ([], [], [one]) => Ok((one.0.clone(), one.1)),
        (_, _, []) => Err(no_role(&items, person, &target.name)),
        _ => {
            let roles: Vec<&str> = mine.iter().map(|(_, review)| review.role.as_str()).collect();
            Err(CliError::usage(format!("{person} may approve in several roles: {}", roles.join(", ")))
                .with_hint(format!("choose one: `--role {}`", roles[0])))
        }
    }
}

fn no_role(items: &[(&Item, &Review)], person: &str, name: &str) -> CliError {
    if items.is_empty() {
        return CliError::failure(format!("{name} has no approval items"))
            .with_hint("add one of the policy's `[reviews]`, such as `- [ ] Code review`");
    }
    let asked: Vec<String> =
        items.iter().map(|(item, review)| format!("“{}” ({})", item.text, review.role)).collect();
    CliError::failure(format!("{person} has none of the roles that {name} asks for"))
        .with_hint(format!("it asks for {}", asked.join(", ")))
}
