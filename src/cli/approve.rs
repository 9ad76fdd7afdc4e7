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
    \x20\x20changebook approve INFRA-150 --role security\n\
    \x20\x20changebook approve INFRA-150 --sign --key ~/.ssh/id_ed25519\n\
    \x20\x20changebook approve INFRA-150 --branch approve-INFRA-150")]
pub(super) struct ApproveArgs {
    /// The task's ID
    id: String,
    /// The role in which you approve, where you have several
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// Write a detached approval instead: a signed file that survives squash and rebase
    #[arg(long)]
    sign: bool,
    /// The SSH key to sign with, instead of git's `user.signingKey`
    #[arg(long, value_name = "FILE", requires = "sign")]
    key: Option<String>,
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
    if args.sign {
        return sign(ui, context, &target, person, args);
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

/// Writes and commits a detached approval.
fn sign(
    ui: &mut Ui,
    context: &Context,
    target: &Target,
    person: &str,
    args: &ApproveArgs,
) -> Result<(), CliError> {
    let role = role_to_sign(target, person, args.role.as_deref())?;
    let approval =
        super::scope::detached(target.state()?, &target.loaded.policy, &role, person, context.now)?;
    let path = approval.path().ok_or_else(|| {
        CliError::failure(format!("`{role}` or `{person}` cannot be part of a file's name"))
            .with_hint("a detached approval needs names of ASCII letters, digits, `-` and `_`")
    })?;
    let text = approval.text();
    let armor = crate::act::sign(&target.book, &text, args.key.as_deref())?;
    let done = format!("approved as {role} by {person}, detached in {path}");
    let message = format!("{}: approve as {role}, detached\n", target.name);
    target.attach(ui, context, &args.commit, &path, &format!("{text}{armor}"), &done, &message)
}

/// The role in which a person approves with a signature: it is asked for and open, and theirs.
fn role_to_sign(target: &Target, person: &str, role: Option<&str>) -> Result<String, CliError> {
    let policy = &target.loaded.policy;
    let state = target.state()?;
    let mine = |role: &str| policy.has_role(person, role);
    if let Some(role) = role {
        return match mine(role) {
            true => Ok(role.to_owned()),
            false => Err(CliError::failure(format!("{person} has not the role `{role}`"))),
        };
    }
    let asked = state.approvals.iter().filter(|a| a.decision.is_none() && mine(&a.role));
    let open: Vec<&str> = asked.filter(|a| !a.valid).map(|a| a.role.as_str()).collect();
    match open[..] {
        [one] => Ok(one.to_owned()),
        [] => Err(CliError::failure(format!("{} waits for no role of {person}", target.name))
            .with_hint("name the role with `--role ROLE`, to approve all the same")),
        [first, ..] => {
            Err(CliError::usage(format!("{person} may approve in several roles: {}", open.join(", ")))
                .with_hint(format!("choose one: `--role {first}`")))
        }
    }
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
        .filter_map(|item| Some((item, policy.review_of_item(&item.key.text)?)))
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
