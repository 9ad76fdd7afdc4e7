//! Where a task stands: the first status of the list in `docs/status.md` that holds, with its proof.

use super::context::Context;
use super::decision::{DecisionState, in_force};
use super::environment::{Environment, environments};
use super::finished::items_met;
use super::ix::RecordIx;
use super::risk::of_subject;
use super::state::{Approval, ApprovalFacet, EnvironmentState, RiskState, Status};
use super::subject::Subject;
use super::walk::Key;
use crate::diagnostic::{Code, Diagnostic};
use crate::record::{Item, Record, RecordId, Task, TaskKind, Verdict};

/// What is derived of a task besides what every record has.
pub(super) struct TaskState {
    pub(super) status: Status,
    pub(super) evidence: Option<usize>,
    pub(super) risk: RiskState,
    pub(super) approvals: Vec<Approval>,
    pub(super) facet: ApprovalFacet,
    pub(super) environments: Vec<EnvironmentState>,
    pub(super) next: String,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// Other records, as far as a task's status depends on them.
pub(super) struct Others<'s, 'a> {
    pub(super) decisions: &'s [DecisionState<'a>],
    /// Documentation tasks by what they follow: the commit that created each.
    pub(super) follow_ups: &'s dyn Fn(&RecordId) -> Option<usize>,
    /// The last update of a runbook of the task that came after the task.
    pub(super) runbook_updates: &'s dyn Fn(&Task, usize) -> Option<usize>,
}

/// Derives a task.
pub(super) fn task(
    context: &Context<'_>,
    record: RecordIx,
    id: &RecordId,
    parsed: &Record,
    task: &Task,
    others: &Others<'_, '_>,
) -> TaskState {
    let environments = environments(context, record);
    let deployment = environments.last().filter(|last| last.deployed).and_then(|last| last.completed);
    let subject = Subject { context, record, id, parsed, task };
    let risk = of_subject(&subject);
    let (mut approvals, facet) = match deployment {
        Some(deployment) => subject.at_deployment(deployment),
        None => subject.now(others.decisions),
    };
    let mut diagnostics = squashed(context, parsed, &mut approvals);
    let facts = Facts {
        context,
        record,
        id,
        parsed,
        task,
        environments: &environments,
        approvals: &approvals,
        facet,
    };
    let (status, evidence) = facts.status(others);
    if status == Status::Unknown {
        diagnostics.push(contradiction(parsed));
    }
    let next = next(status, &approvals, facet, &environments, parsed);
    let environments = environments.into_iter().map(|found| found.state(context, record)).collect();
    TaskState { status, evidence, risk, approvals, facet, environments, next, diagnostics }
}

/// Approvals by somebody without the role in a commit that names a co-author who has it: a squash has lost
/// whose they were. Says so in the approval and in a diagnostic.
fn squashed(context: &Context<'_>, parsed: &Record, approvals: &mut [Approval]) -> Vec<Diagnostic> {
    let lost = approvals.iter().filter(|approval| approval.code == Some(Code::ApprovalSquashed));
    let mut found: Vec<Diagnostic> = lost.map(|approval| lost_file(parsed, approval)).collect();
    for approval in approvals.iter_mut().filter(|approval| approval.code == Some(Code::ApprovalRole)) {
        let position = approval.by.as_ref().and_then(|by| context.sources.history.position(by.commit));
        let Some(commit) = position.filter(|_| approval.detached.is_none()) else { continue };
        let Some(policy) = context.judge(commit) else { continue };
        let facts = &context.sources.history.commits[commit];
        let holder = facts.trailers.co_authors.iter().find_map(|email| {
            policy.person_by_email(email).filter(|person| policy.has_role(person, &approval.role))
        });
        let Some(holder) = holder else { continue };
        let message = format!(
            "{} ticks it and names {holder} as co-author: a squash has lost who approved",
            facts.id.short()
        );
        let item = parsed.items.iter().find(|item| item.text == approval.text);
        let span = item.map_or(0..0, |item| item.span.clone());
        let code = Code::ApprovalSquashed;
        let diagnostic = Diagnostic::warning(code, &parsed.path, &parsed.source, span, message.clone());
        found.push(
            diagnostic.with_help("merge without squashing, or approve with `changebook approve --sign`"),
        );
        approval.detail = message;
    }
    found
}

/// That an approval's file came with somebody else's commit.
fn lost_file(parsed: &Record, approval: &Approval) -> Diagnostic {
    let item = parsed.items.iter().find(|item| item.text == approval.text);
    let span = item.map_or(0..0, |item| item.span.clone());
    let detail = approval.detail.clone();
    let code = Code::ApprovalSquashed;
    Diagnostic::warning(code, &parsed.path, &parsed.source, span, detail).with_help(code.remedy())
}

fn contradiction(parsed: &Record) -> Diagnostic {
    let span = parsed.field("cancelled").map_or(0..0, |field| field.key_span.clone());
    let message = "a deployed task cannot be cancelled";
    Diagnostic::error(Code::CancelledDeployed, &parsed.path, &parsed.source, span, message)
        .with_help("remove `cancelled`, or roll the deployment back first")
}

/// What the list of statuses is held against.
struct Facts<'s> {
    context: &'s Context<'s>,
    record: RecordIx,
    id: &'s RecordId,
    parsed: &'s Record,
    task: &'s Task,
    environments: &'s [Environment],
    approvals: &'s [Approval],
    facet: ApprovalFacet,
}

impl Facts<'_> {
    fn status(&self, others: &Others<'_, '_>) -> (Status, Option<usize>) {
        let last = self.environments.last();
        let deployment = last.filter(|last| last.deployed).and_then(|last| last.completed);
        if self.task.cancelled.is_some() {
            let set = self.owner(&Key::Field("cancelled".into()));
            return (if deployment.is_some() { Status::Unknown } else { Status::Cancelled }, set);
        }
        if let Some(untick) = last.and_then(|last| last.untick) {
            return (Status::RolledBack, Some(untick));
        }
        if let Some(done) = self.done(deployment, others) {
            return (Status::Done, Some(done));
        }
        if deployment.is_some() {
            return (Status::Applied, deployment);
        }
        self.before_deployment(others)
    }

    fn before_deployment(&self, others: &Others<'_, '_>) -> (Status, Option<usize>) {
        let force = in_force(self.context, others.decisions, self.id);
        let is_on = |decision: &&DecisionState<'_>| decision.is_on(Some(self.record), self.id);
        if let Some(word) = force.filter(is_on).and_then(|decision| decision.word.as_ref()) {
            match word.verdict {
                Verdict::Rejected => return (Status::Rejected, Some(word.set)),
                Verdict::NeedsChanges => return (Status::NeedsChanges, Some(word.set)),
                Verdict::Approved => {}
            }
        }
        if let Some(staged) = self.environments.iter().rev().find(|environment| environment.deployed) {
            return (Status::Staged, staged.completed);
        }
        let position = |approval: &Approval| {
            approval.by.as_ref().and_then(|by| self.context.sources.history.position(by.commit))
        };
        if self.facet == ApprovalFacet::Approved {
            let valid = self.approvals.iter().filter(|approval| approval.valid).filter_map(position);
            return (Status::Approved, self.context.latest(valid));
        }
        let given = self.approvals.iter().filter(|approval| approval.valid && approval.decision.is_none());
        if let Some(given) = self.context.latest(given.filter_map(position)) {
            return (Status::InReview, Some(given));
        }
        if let Some(decision) = force {
            let listed = self.context.cell(decision.record, &Key::Field("changes".into()));
            let listed = listed.and_then(|cell| self.context.latest(self.context.owners(cell)));
            return (Status::InReview, listed);
        }
        let ticks = self.parsed.items.iter().flat_map(|item| self.ticks(item));
        let work = self.context.work(self.record);
        let developed = ticks.chain(work.iter().copied());
        match self.context.latest(developed) {
            Some(commit) => (Status::Developing, Some(commit)),
            None => (Status::Proposed, self.owner(&Key::Exists)),
        }
    }

    fn owner(&self, key: &Key) -> Option<usize> {
        self.context.cell(self.record, key).and_then(|cell| self.context.latest(self.context.owners(cell)))
    }

    fn ticks(&self, item: &Item) -> Vec<usize> {
        super::finished::ticks(self.context, self.record, item)
    }

    /// The commit that completed the task: final environment deployed, every item ticked or its review met,
    /// and what `[done]` asks for.
    fn done(&self, deployment: Option<usize>, others: &Others<'_, '_>) -> Option<usize> {
        if self.parsed.items.is_empty() || (!self.environments.is_empty() && deployment.is_none()) {
            return None;
        }
        let mut proofs = items_met(self.context, self.record, self.parsed, self.approvals)?;
        proofs.extend(deployment);
        if deployment.is_some() {
            proofs.extend(self.owed(others)?);
        }
        self.context.latest(proofs)
    }

    /// Of two proofs, the one that came first: what is added later does not move the day on which a task was done.
    fn first(&self, one: Option<usize>, other: Option<usize>) -> Option<usize> {
        let (Some(one), Some(other)) = (one, other) else { return one.or(other) };
        let later = self.context.latest([one, other]);
        Some(if later == Some(one) { other } else { one })
    }

    /// What `[done]` asks for besides the boxes; `None` while something is owed.
    fn owed(&self, others: &Others<'_, '_>) -> Option<Vec<usize>> {
        let done = &self.context.sources.policy.done;
        let created = self.owner(&Key::Exists)?;
        let documents = self.task.kind == Some(TaskKind::Documentation);
        let runbook = (others.runbook_updates)(self.task, created);
        let mut proofs = Vec::new();
        if done.documentation && !documents {
            proofs.push(self.first((others.follow_ups)(self.id), runbook)?);
        }
        if done.runbook && !documents {
            proofs.push(runbook?);
        }
        if done.monitoring && !documents {
            let monitored = self.parsed.items.iter().find(|item| item.key.text.contains("monitor"))?;
            proofs.extend(self.ticks(monitored));
        }
        Some(proofs)
    }
}

/// The one thing to do next, in a few words.
fn next(
    status: Status,
    approvals: &[Approval],
    facet: ApprovalFacet,
    environments: &[Environment],
    parsed: &Record,
) -> String {
    let open_approval = approvals.iter().find(|approval| approval.required && !approval.valid);
    let open_environment = environments.iter().find(|environment| !environment.deployed);
    let open_items = parsed.items.iter().filter(|item| !item.checked).count();
    match status {
        Status::Done | Status::Cancelled => "nothing; the task is closed".to_owned(),
        Status::Rejected => "revise the proposal and submit it to the board again, or cancel it".to_owned(),
        Status::NeedsChanges => "make the changes that the board asked for".to_owned(),
        Status::RolledBack => {
            "find the cause, then have it approved again before the next deployment".to_owned()
        }
        Status::Applied if open_items > 0 => finish(open_items),
        Status::Applied => "write the documentation or runbook that `[done]` requires".to_owned(),
        Status::Unknown => "fix the record".to_owned(),
        _ => match (open_approval, facet, open_environment) {
            (Some(approval), ..) => match approval.code {
                Some(Code::ApprovalMissing | Code::DecisionMissing) | None => {
                    format!("waiting for {}", approval.text)
                }
                Some(Code::ApprovalSelf | Code::ApprovalRole) => {
                    format!("{} needs another approver: {}", approval.text, approval.detail)
                }
                Some(Code::AuthorUnknown) => {
                    format!("{} does not count yet: {}", approval.text, approval.detail)
                }
                Some(_) => format!("renew {}: {}", approval.text, approval.detail),
            },
            (None, ApprovalFacet::Partial { met, of }, _) => {
                format!("waiting for another person ({met} of {of} approvals)")
            }
            (None, _, Some(environment)) => format!("deploy to {}", environment.name),
            (None, _, None) => finish(open_items),
        },
    }
}

fn finish(open_items: usize) -> String {
    match open_items {
        0 => "add the items that define when it is done".to_owned(),
        1 => "finish the one open item".to_owned(),
        n => format!("finish {n} open items"),
    }
}
