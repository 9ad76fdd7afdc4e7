//! What an act would be worth, told before it is committed: by the judge that judges it ever after.

use super::context::Context;
use super::error::CliError;
use super::record_act::{CommitArgs, Target};
use super::ui::Ui;
use crate::act::{Change, Draft, try_commits};
use crate::book::{Loaded, Request};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::history::CommitId;
use crate::ledger::{Approval, RecordState, Status, WorkTree};
use crate::record::{ItemKey, RecordType, Verdict};

/// The option of every act that judges itself.
#[derive(Debug, clap::Args)]
pub(super) struct AnywayArgs {
    /// Commit it even though it would not count, with this reason in the message
    #[arg(long, value_name = "WHY")]
    anyway: Option<String>,
}

impl AnywayArgs {
    /// The reason, on one line.
    pub(super) fn reason(&self) -> Result<Option<String>, CliError> {
        one_line(self.anyway.as_deref())
    }
}

/// A reason on one line; an empty one is none.
pub(super) fn one_line(reason: Option<&str>) -> Result<Option<String>, CliError> {
    let reason = reason.map(|reason| reason.split_whitespace().collect::<Vec<_>>().join(" "));
    match reason.as_deref() {
        Some("") => Err(CliError::usage("`--anyway` needs a reason")),
        _ => Ok(reason),
    }
}

/// One commit of an act.
pub(super) struct ActStep<'a> {
    /// In the book.
    pub(super) path: String,
    pub(super) change: Change<'a>,
    /// What was done, in a few words.
    pub(super) done: String,
    pub(super) message: String,
}

/// Why an act would not count.
#[derive(Debug)]
pub(super) struct Uncounted {
    /// What a gate would say of it.
    pub(super) code: Code,
    /// In one sentence.
    pub(super) why: String,
    /// The way out.
    hint: String,
}

impl Uncounted {
    fn new(code: Code, why: impl Into<String>) -> Self {
        Uncounted { code, why: why.into(), hint: code.remedy().to_owned() }
    }

    fn with_hint(self, hint: Option<String>) -> Self {
        match hint {
            Some(hint) => Uncounted { hint, ..self },
            None => self,
        }
    }

    /// The refusal of an act that is called so.
    pub(super) fn refusal(self, act: &str) -> CliError {
        CliError::refused(format!("this {act} would not count: {}: {}", self.code, self.why))
            .with_hint(self.hint)
            .with_hint("`--anyway \"why\"` commits it anyway, but it does not count")
    }
}

/// An act and how it is judged.
pub(super) struct Judged<'a> {
    /// `approval`, as in "this approval would not count".
    pub(super) act: &'static str,
    pub(super) steps: Vec<ActStep<'a>>,
    /// Why it is committed although it does not count.
    pub(super) anyway: Option<String>,
    /// Why the last commit of the act would not count, in the book as it would be.
    pub(super) worth: &'a dyn Fn(&Loaded, CommitId) -> Option<Uncounted>,
}

impl Target {
    /// Judges an act as if it had landed, and commits it when it counts, or anyway. Says what was done.
    pub(super) fn act(
        &self,
        ui: &mut Ui,
        context: &Context,
        args: &CommitArgs,
        judged: Judged<'_>,
    ) -> Result<(), CliError> {
        let Judged { act, mut steps, anyway, worth } = judged;
        for step in &mut steps {
            step.message = args.message(&step.message);
        }
        let uncounted = match self.state()?.work_tree {
            // A draft has no history yet, and what is edited in it is not committed.
            WorkTree::Added => None,
            _ => self.judge(context, &steps, worth)?,
        };
        let uncounted = match (uncounted, &anyway) {
            (Some(uncounted), None) => return Err(uncounted.refusal(act)),
            (Some(uncounted), Some(reason)) => {
                ui.note(&format!("this {act} does not count: {}: {}", uncounted.code, uncounted.why));
                let last = steps.last_mut();
                last.into_iter().for_each(|step| step.message = with_trailer(&step.message, reason));
                Some(uncounted)
            }
            (None, _) => None,
        };
        let n_steps = steps.len();
        for (position, step) in steps.iter().enumerate() {
            let is_last = position + 1 == n_steps;
            let commit = self.commit_step(args, step)?;
            // In JSON there is one answer: that of the whole act.
            if is_last || !context.json {
                self.report(ui, context, &step.done, commit, uncounted.as_ref().filter(|_| is_last))?;
            }
        }
        Ok(())
    }

    fn judge(
        &self,
        context: &Context,
        steps: &[ActStep<'_>],
        worth: &dyn Fn(&Loaded, CommitId) -> Option<Uncounted>,
    ) -> Result<Option<Uncounted>, CliError> {
        let drafts: Vec<Draft<'_>> = steps
            .iter()
            .map(|step| Draft { path: &step.path, change: step.change, message: step.message.clone() })
            .collect();
        let commit = try_commits(self.hold()?, &self.book, &drafts)?;
        // On the trunk it is the next commit of its line; on a branch it is judged as if that were merged now.
        let is_next = self.loaded.trunk_tip().is_some_and(|tip| Some(tip) == self.loaded.commit());
        let trunk_tip = is_next.then_some(commit);
        let request = Request { at: Some(commit.hex()), now_is_stated: true, trunk_tip, ..context.request() };
        let uncounted = worth(&self.book.load(&request)?, commit);
        // Nobody can look for a commit that is not made.
        let without_name = |why: String| why.replace(&commit.short(), "this commit");
        Ok(uncounted.map(|uncounted| Uncounted { why: without_name(uncounted.why), ..uncounted }))
    }
}

/// A message with the trailer that tells of an act which does not count.
fn with_trailer(message: &str, reason: &str) -> String {
    let message = message.trim_end();
    let last = message.rsplit("\n\n").next().filter(|last| last.len() < message.len()).unwrap_or_default();
    let is_trailer = |line: &str| line.split_once(": ").is_some_and(|(key, _)| !key.contains(' '));
    let between = if !last.is_empty() && last.lines().all(is_trailer) { "\n" } else { "\n\n" };
    format!("{message}{between}Anyway: {reason}\n")
}

/// Why an approval in a role, given by a commit, does not count.
pub(super) fn of_approval(loaded: &Loaded, task: &str, role: &str, commit: CommitId) -> Option<Uncounted> {
    let state = loaded.state.record(task)?;
    if state.status == Status::Cancelled {
        return Some(Uncounted::new(Code::Cancelled, format!("{task} is cancelled")));
    }
    let approval =
        state.approvals.iter().find(|approval| approval.role == role && approval.decision.is_none());
    let given = approval.and_then(|approval| approval.given.iter().find(|given| given.commit == commit));
    match (approval, given) {
        (Some(approval), Some(given)) => {
            let (code, why) = given.broken.clone()?;
            Some(Uncounted::new(code, why).with_hint(way_out(loaded, approval, code)))
        }
        _ if matches!(state.status, Status::Applied | Status::Done) => {
            let why = format!("{task} is {}: an approval now comes too late", state.status.as_str());
            Some(Uncounted::new(Code::ApprovalLate, why))
        }
        _ => {
            let why = format!("{task} does not require an approval as `{role}`");
            let hint = asked(state).map(|asked| format!("it requires {asked}"));
            Some(Uncounted::new(Code::ApprovalMissing, why).with_hint(hint))
        }
    }
}

/// What a task asks for, in words.
pub(super) fn asked(state: &RecordState) -> Option<String> {
    let asked = state.approvals.iter().filter(|approval| approval.role != "*");
    let asked: Vec<String> =
        asked.map(|approval| format!("“{}” ({})", approval.text, approval.role)).collect();
    (!asked.is_empty()).then(|| asked.join(", "))
}

/// Who could give it, or what to do.
fn way_out(loaded: &Loaded, approval: &Approval, code: Code) -> Option<String> {
    let role = &approval.role;
    let holders = || {
        let people = loaded.policy().people.keys().filter(|person| loaded.policy().has_role(person, role));
        let people: Vec<&str> = people.map(String::as_str).collect();
        (!people.is_empty()).then(|| format!("the role `{role}` is held by {}", people.join(", ")))
    };
    match code {
        Code::ApprovalRole | Code::ApprovalSelf if !approval.open_to.is_empty() => {
            Some(format!("{} may approve as {role}", approval.open_to.join(", ")))
        }
        Code::ApprovalRole => holders(),
        Code::ApprovalSelf | Code::AuthorUnknown => approval.todo.clone(),
        _ => None,
    }
}

/// Why a decision that was set by a commit is not the board's, or approves none of what it lists.
pub(super) fn of_decision(loaded: &Loaded, decision: &str, verdict: Verdict) -> Option<Uncounted> {
    let state = loaded.state.record(decision)?;
    let is_not_boards =
        |found: &&Diagnostic| found.code == Code::DecisionRole && found.severity == Severity::Error;
    if let Some(found) = state.diagnostics.iter().find(is_not_boards) {
        let hint = (!state.waiting_for.is_empty()).then(|| {
            format!(
                "{} may: `changebook decide {decision} {}`",
                state.waiting_for.join(", "),
                verdict.as_str()
            )
        });
        return Some(Uncounted::new(Code::DecisionRole, found.message.clone()).with_hint(hint));
    }
    if state.verdict != Some(verdict) {
        let why = format!("{decision} would be {}, and not {}", state.status.as_str(), verdict.as_str());
        return Some(Uncounted::new(Code::DecisionMissing, why));
    }
    if state.status == Status::Outdated {
        return Some(Uncounted::new(Code::DecisionOutdated, state.next.clone()));
    }
    let tasks = loaded.state.records.iter().filter(|state| state.record_type == RecordType::Task);
    let on_it = tasks.filter_map(|task| {
        let mut approvals = task.approvals.iter();
        let boards = approvals.find(|a| a.decision.as_ref().is_some_and(|id| id.as_str() == decision))?;
        Some((task, boards))
    });
    let on_it: Vec<(&RecordState, &Approval)> = on_it.collect();
    // What has gone out is reviewed afterwards, and that is no approval.
    let is_void = |(task, boards): &&(&RecordState, &Approval)| {
        let is_out = matches!(task.status, Status::Applied | Status::Done);
        !is_out && matches!(boards.code, Some(Code::DecisionMissing | Code::AuthorUnknown))
    };
    if verdict != Verdict::Approved || on_it.is_empty() || on_it.iter().filter(is_void).count() < on_it.len()
    {
        return None;
    }
    let (task, boards) = on_it[0];
    let why = format!("{}: {}", task.name, boards.detail);
    Some(Uncounted::new(boards.code?, why).with_hint(boards.todo.clone()))
}

/// Why the tick of a decision's condition meets nothing.
pub(super) fn of_condition(loaded: &Loaded, decision: &str, key: &ItemKey) -> Option<Uncounted> {
    let state = loaded.state.record(decision)?;
    let item = state.items.iter().find(|item| item.key == *key)?;
    let (code, why) = item.uncounted.clone()?;
    let hint = matches!(code, Code::ApprovalRole)
        .then(|| "the role that the policy names for this condition must tick it, or the board".to_owned());
    Some(Uncounted::new(code, why).with_hint(hint))
}
