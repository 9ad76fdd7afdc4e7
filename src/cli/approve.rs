//! `changebook approve`

use super::context::Context;
use super::error::CliError;
use super::record_act::{CommitArgs, Target, set_items};
use super::ui::Ui;
use super::worth::{ActStep, AnywayArgs, Judged, asked, of_approval};
use crate::act::{ActError, Change};
use crate::book::Loaded;
use crate::diagnostic::Code;
use crate::history::CommitId;
use crate::ledger::{Approval, TrustLevel, WorkTree};
use crate::record::{Item, RecordType};

/// Approve a task: tick the item of your role and commit it
///
/// Your git identity says who you are, and the policy says which roles you have. A stale approval is renewed by an
/// untick and a tick, in two commits. With `--sign`, or if `[forge] merge` in the policy allows squash or rebase, the
/// approval is written to a separate file instead. An approval that would not count is not committed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook approve INFRA-150\n\
    \x20\x20changebook approve INFRA-150 --role security\n\
    \x20\x20changebook approve INFRA-150 --sign --key ~/.ssh/id_ed25519\n\
    \x20\x20changebook approve INFRA-150 --branch approve-INFRA-150")]
pub(super) struct ApproveArgs {
    /// The task's ID
    id: String,
    /// The role to approve in, if you have several
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// Sign the approval in a separate file, which survives a squash or rebase
    #[arg(long)]
    sign: bool,
    /// The SSH key to sign with, instead of git's `user.signingKey`
    #[arg(long, value_name = "FILE", requires = "sign")]
    key: Option<String>,
    #[command(flatten)]
    commit: CommitArgs,
    #[command(flatten)]
    anyway: AnywayArgs,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &ApproveArgs) -> Result<(), CliError> {
    let anyway = args.anyway.reason()?;
    let target = Target::find(context, "approve", &args.id, &args.commit)?;
    target.expect(RecordType::Task)?;
    let policy = target.loaded.policy();
    if let Some(role) = args.role.as_deref().filter(|role| !policy.roles.contains_key(*role)) {
        let known = policy.roles.keys().map(String::as_str);
        return Err(super::filter::unknown("role of the policy", role, known));
    }
    let state = target.state()?;
    if state.work_tree == WorkTree::Added {
        return Err(ActError::NotCommitted { path: state.record.path.clone() }.into());
    }
    let email = crate::act::author_email(&target.book)?;
    let person = policy.person_by_email(&email);
    let role = choose(&target, (person, &email), args.role.as_deref())?;
    let approver = Approver { context, args, target: &target, person, role: &role, email: &email };
    match args.sign || policy.merges_rewrite() || approver.would_undo()? {
        true => approver.write(ui, anyway),
        false => approver.tick(ui, anyway),
    }
}

/// Somebody who is about to approve in a role.
struct Approver<'a> {
    context: &'a Context,
    args: &'a ApproveArgs,
    target: &'a Target,
    /// By the policy's name, where it lists them.
    person: Option<&'a str>,
    role: &'a str,
    email: &'a str,
}

impl Approver<'_> {
    /// Ticks the item of the role; one that is ticked already is unticked first.
    fn tick(&self, ui: &mut Ui, anyway: Option<String>) -> Result<(), CliError> {
        let (state, name) = (self.target.state()?, &self.target.name);
        let item = self.item()?;
        self.refuse_twice(false)?;
        let set = |checked| set_items(&state.record.path, state.record_type, vec![item.key.clone()], checked);
        let (untick, tick) = (set(false), set(true));
        let step = |change, done, message| ActStep { path: state.record.path.clone(), change, done, message };
        let mut steps = Vec::new();
        if item.checked {
            let message = format!("{name}: untick “{}” to approve again\n", item.text);
            steps.push(step(Change::Edit(&untick), format!("unticked “{}”", item.text), message));
        }
        let done = format!("approved as {} by {}", self.role, self.name());
        let message = format!("{name}: approve as {}\n", self.role);
        steps.push(step(Change::Edit(&tick), done, message));
        self.act(ui, steps, anyway)
    }

    /// Writes a file of its own and commits it.
    fn write(&self, ui: &mut Ui, anyway: Option<String>) -> Result<(), CliError> {
        let (target, role) = (self.target, self.role);
        let person = self.person.ok_or_else(|| unlisted(self.email))?;
        self.refuse_twice(self.args.sign)?;
        let approval =
            super::scope::detached(target.state()?, &target.loaded, role, person, self.context.now)?;
        let path = approval.path().ok_or_else(|| {
            CliError::failure(format!("`{role}` or `{person}` cannot be part of a file name"))
                .with_hint("an approval file needs names with only ASCII letters, digits, `-` and `_`")
        })?;
        let mut text = approval.text();
        if self.args.sign {
            let armor = crate::act::sign(&target.book, &text, self.args.key.as_deref())?;
            text.push_str(&armor);
        }
        let done = format!("approved as {role} by {person}, in {path}");
        let message = format!("{}: approve as {role}\n", target.name);
        self.act(ui, vec![ActStep { path, change: Change::Text(&text), done, message }], anyway)
    }

    /// The valid approvals of the role: each is by a person or several.
    fn valid(&self) -> Result<Option<&Approval>, CliError> {
        let mut approvals = self.target.state()?.approvals.iter();
        Ok(approvals.find(|approval| approval.role == self.role && approval.valid))
    }

    fn is_mine(&self, approval: &Approval) -> bool {
        let mut people = approval.person.iter().chain(&approval.also);
        people.any(|person| Some(person.as_str()) == self.person)
    }

    /// Whether a tick would need an untick of what somebody else has validly given.
    fn would_undo(&self) -> Result<bool, CliError> {
        Ok(self.valid()?.is_some_and(|valid| !self.is_mine(valid)))
    }

    /// What counts already is not given again, but that it may be signed.
    fn refuse_twice(&self, signs: bool) -> Result<(), CliError> {
        let valid = self.valid()?.filter(|valid| self.is_mine(valid));
        match valid.filter(|valid| !signs || valid.trust == Some(TrustLevel::Signed)) {
            Some(valid) => {
                let (who, role) = (self.name(), self.role);
                Err(CliError::failure(format!("{who} has already approved as {role}: {}", valid.detail)))
            }
            None => Ok(()),
        }
    }

    fn act(&self, ui: &mut Ui, steps: Vec<ActStep<'_>>, anyway: Option<String>) -> Result<(), CliError> {
        let worth =
            |loaded: &Loaded, commit: CommitId| of_approval(loaded, &self.target.name, self.role, commit);
        let judged = Judged { act: "approval", steps, anyway, worth: &worth };
        self.target.act(ui, self.context, &self.args.commit, judged)
    }

    fn name(&self) -> &str {
        self.person.unwrap_or(self.email)
    }

    /// The item that is ticked for the role.
    fn item(&self) -> Result<&Item, CliError> {
        let (state, policy) = (self.target.state()?, self.target.loaded.policy());
        let mut items = state.record.items.iter();
        let found = items.find(|item| {
            let review = policy.review_of_item(&item.key.text);
            review.is_some_and(|review| !review.via_decision && review.role == self.role)
        });
        found.ok_or_else(|| {
            let review = policy.review_of_role(self.role);
            let error =
                CliError::failure(format!("{} has no item for the role `{}`", self.target.name, self.role));
            match review {
                Some(review) => {
                    error.with_hint(format!("add `- [ ] {}`, or approve with `--sign`", review.text))
                }
                None => error.with_hint("approve with `--sign`"),
            }
        })
    }
}

/// The refusal of an approval by an address that the policy does not list.
pub(super) fn unlisted(email: &str) -> CliError {
    let code = Code::ApprovalRole;
    CliError::refused(format!("this approval would not count: {code}: `{email}` is not listed in the policy"))
        .with_hint("list the address under `[people]` in policy.toml, or set `git config user.email`")
}

/// The role in which somebody approves: the one that is named; else of those that are asked for and theirs the open one.
/// Whoever has none is judged in the one that is open, so that the answer says what is missing.
fn choose(
    target: &Target,
    (person, email): (Option<&str>, &str),
    named: Option<&str>,
) -> Result<String, CliError> {
    if let Some(role) = named {
        return Ok(role.to_owned());
    }
    let (state, policy) = (target.state()?, target.loaded.policy());
    let is_boards =
        |approval: &Approval| approval.decision.is_some() || policy.is_boards(&approval.role, &approval.text);
    let all: Vec<&Approval> =
        state.approvals.iter().filter(|approval| approval.role != "*" && !is_boards(approval)).collect();
    let is_mine = |a: &&Approval| person.is_some_and(|person| policy.has_role(person, &a.role));
    let mine: Vec<&Approval> = all.iter().copied().filter(is_mine).collect();
    let of = if mine.is_empty() { &all } else { &mine };
    let open: Vec<&Approval> = of.iter().copied().filter(|approval| !approval.valid).collect();
    let required: Vec<&Approval> = open.iter().copied().filter(|approval| approval.required).collect();
    match (&required[..], &open[..], &of[..]) {
        ([one], ..) | ([], [one], _) | ([], [], [one]) => Ok(one.role.clone()),
        (_, _, []) => Err(CliError::failure(format!("{} does not require an approval", target.name))
            .with_hint("add one of the policy's `[reviews]`, such as `- [ ] Code review`, or give the role: `--role ROLE`")),
        _ if mine.is_empty() => {
            let words = match person {
                Some(person) => format!("{person} does not have any of the roles that {} requires", target.name),
                None => format!("`{email}` is not listed in the policy"),
            };
            let error = CliError::refused(format!("this approval would not count: {}: {words}", Code::ApprovalRole));
            Err(error.with_hint(format!("it requires {}", asked(state).unwrap_or_default())))
        }
        _ => {
            let roles: Vec<&str> = mine.iter().map(|approval| approval.role.as_str()).collect();
            let who = person.unwrap_or_default();
            Err(CliError::usage(format!("{who} may approve in several roles: {}", roles.join(", ")))
                .with_hint(format!("choose one: `--role {}`", roles[0])))
        }
    }
}
