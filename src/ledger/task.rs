//! Where a task stands: the first status of the design's list (section 3) that holds, with its proof.

use super::approval::{Judged, approvals, sum_up, tickers};
use super::context::Context;
use super::decision::{DecisionState, board_approval, in_force, listing};
use super::law::ABSENT;
use super::risk::risk;
use super::state::{Approval, ApprovalFacet, EnvironmentState, RiskState, Status};
use super::walk::{Key, RecordIx, Value};
use crate::diagnostic::{Code, Diagnostic};
use crate::record::{Details, Item, Record, RecordId, Task, TaskKind, Verdict};

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
    let environments = environments(context, record, parsed);
    let risk = risk(task, context.sources.policy);
    let deployment = environments.last().filter(|last| last.deployed).and_then(|last| last.completed);
    let subject = Subject { context, record, id, parsed, task };
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
    let environments = environments.into_iter().map(|found| found.state(context)).collect();
    TaskState { status, evidence, risk, approvals, facet, environments, next, diagnostics }
}

/// A task, as the view's own file has it.
#[derive(Clone, Copy)]
struct Subject<'s, 'a> {
    context: &'s Context<'a>,
    record: RecordIx,
    id: &'s RecordId,
    parsed: &'s Record,
    task: &'s Task,
}

impl<'a> Subject<'_, 'a> {
    /// Its approvals as they stand.
    fn now(self, decisions: &[DecisionState<'_>]) -> (Vec<Approval>, ApprovalFacet) {
        self.approvals(&self.judged(None), decisions)
    }

    /// Its approvals as they stood at the deployment, by the policy before it. What was missing then and
    /// stands now is late.
    fn at_deployment(self, deployment: usize) -> (Vec<Approval>, ApprovalFacet) {
        let policy = self.context.policy_before(deployment).unwrap_or(self.context.sources.policy);
        let view = self.context.at(deployment, policy);
        // A file that is not kept has the same material content as today's.
        let parsed = view.parsed(self.record).unwrap_or(self.parsed);
        let Details::Task(task) = &parsed.details else { return self.now(&[]) };
        let then = Subject { context: &view, parsed, task, ..self };
        let judged = then.judged(Some(deployment));
        let decisions = listing(&view, self.record);
        let (mut approvals, _) = then.approvals(&judged, &decisions);
        approvals.retain(|approval| approval.role != "*");
        if approvals.iter().any(|approval| approval.code == Some(Code::ApprovalMissing)) {
            let now = super::approval::approvals(self.context, &self.judged(Some(deployment)));
            for approval in &mut approvals {
                let late = now
                    .iter()
                    .find(|late| late.role == approval.role && late.code == Some(Code::ApprovalLate));
                if let (Some(Code::ApprovalMissing), Some(late)) = (approval.code, late) {
                    *approval = Approval { required: approval.required, ..late.clone() };
                }
            }
        }
        let facet = sum_up(&view, &judged, &mut approvals);
        (approvals, facet)
    }

    fn approvals(
        self,
        judged: &Judged<'_>,
        decisions: &[DecisionState<'_>],
    ) -> (Vec<Approval>, ApprovalFacet) {
        let mut approvals = approvals(self.context, judged);
        approvals.extend(board_approval(self.context, decisions, self.id, judged));
        approvals.sort_by_key(|approval| !approval.required);
        let facet = sum_up(self.context, judged, &mut approvals);
        (approvals, facet)
    }

    fn judged(&self, deployment: Option<usize>) -> Judged<'_> {
        let (context, policy) = (self.context, self.context.sources.policy);
        let risk = risk(self.task, policy).level;
        let landing = deployment.and_then(|deployment| context.landing(deployment));
        let landed_on = landing
            .filter(|landing| Some(*landing) != deployment)
            .and_then(|landing| context.sources.history.commits[landing].parents.first().copied());
        let renews = policy.risk_rule(risk).renew_after_rollback;
        let rollbacks = if renews { rollbacks(context, self.record, self.parsed) } else { Vec::new() };
        Judged {
            record: self.record,
            parsed: self.parsed,
            task: self.task,
            risk,
            deployment,
            landed_on,
            rollbacks,
        }
    }
}

/// Unticks of the final environment in the view's history.
fn rollbacks(context: &Context<'_>, record: RecordIx, parsed: &Record) -> Vec<usize> {
    let policy = context.sources.policy;
    let named = |environment: &crate::policy::Environment| {
        let of = |item: &Item| policy.environment_for_item(&item.text) == Some(environment);
        parsed.items.iter().any(of)
    };
    let Some(last) = policy.environments.iter().rev().find(|environment| named(environment)) else {
        return Vec::new();
    };
    let withdrawals = context.withdrawals(record).iter();
    withdrawals
        .filter(|withdrawal| match context.sources.walk.keys.item(withdrawal.key) {
            Key::Item(item) => policy.environment_for_item(&item.text) == Some(last),
            _ => false,
        })
        .map(|withdrawal| withdrawal.commit as usize)
        .filter(|&commit| context.has(commit))
        .collect()
}

/// Approvals by somebody without the role in a commit that names a co-author who has it: a squash has lost
/// whose they were. Says so in the approval and in a diagnostic.
fn squashed(context: &Context<'_>, parsed: &Record, approvals: &mut [Approval]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for approval in approvals.iter_mut().filter(|approval| approval.code == Some(Code::ApprovalRole)) {
        let position = approval.by.as_ref().and_then(|by| context.sources.history.position(by.commit));
        let Some(commit) = position.filter(|_| approval.detached.is_none()) else { continue };
        let Some(policy) = context.policy_before(commit) else { continue };
        let facts = &context.sources.history.commits[commit];
        let holder = facts.trailers.co_authors.iter().find_map(|email| {
            policy.person_by_email(email).filter(|person| policy.has_role(person, &approval.role))
        });
        let Some(holder) = holder else { continue };
        let message = format!(
            "{} ticks it and names {holder} as co-author: a squash has lost whose approval it was",
            facts.id.short()
        );
        let item = parsed.items.iter().find(|item| item.text == approval.text);
        let span = item.map_or(0..0, |item| item.span.clone());
        let code = Code::ApprovalSquashed;
        let diagnostic = Diagnostic::warning(code, &parsed.path, &parsed.source, span, message.clone());
        found.push(diagnostic.with_help("merge without squashing, or approve with `approve --sign`"));
        approval.detail = message;
    }
    found
}

fn contradiction(parsed: &Record) -> Diagnostic {
    let span = parsed.field("cancelled").map_or(0..0, |field| field.key_span.clone());
    let message = "a deployed task cannot be cancelled";
    Diagnostic::error(Code::CancelledDeployed, &parsed.path, &parsed.source, span, message)
        .with_help("remove `cancelled`, or roll the deployment back first")
}

/// An environment that the record's items name, as positions of commits.
struct Environment {
    name: String,
    gated: bool,
    deployed: bool,
    /// The commit that completed it.
    completed: Option<usize>,
    /// The untick that was the last act.
    untick: Option<usize>,
}

impl Environment {
    fn state(self, context: &Context<'_>) -> EnvironmentState {
        let stated_time = self.completed.and_then(|commit| {
            context.sources.history.commits[commit].trailers.deployed.iter().find_map(|deployed| {
                let (environment, time) = deployed.split_once(' ')?;
                (environment == self.name).then(|| time.trim().to_owned())
            })
        });
        EnvironmentState {
            name: self.name,
            gated: self.gated,
            deployed: self.deployed,
            by: self.completed.filter(|_| self.deployed).map(|commit| context.evidence(commit)),
            rolled_back: self.untick.map(|commit| context.evidence(commit)),
            stated_time,
        }
    }
}

/// The environments that the record's items name, in the policy's order.
fn environments(context: &Context<'_>, record: RecordIx, parsed: &Record) -> Vec<Environment> {
    let policy = context.sources.policy;
    let of = |name: &str| -> Vec<&Item> {
        let names =
            |item: &&Item| policy.environment_for_item(&item.text).is_some_and(|found| found.name == name);
        parsed.items.iter().filter(names).collect()
    };
    policy
        .environments
        .iter()
        .filter_map(|environment| {
            let items = of(&environment.name);
            if items.is_empty() {
                return None;
            }
            let cells = items.iter().map(|item| context.cell(record, &Key::Item(item.key.clone())));
            let ticks: Vec<Vec<usize>> = cells.map(|cell| tickers(context, cell)).collect();
            let deployed = ticks.iter().all(|owners| !owners.is_empty());
            let completed = context.latest(ticks.into_iter().flatten()).filter(|_| deployed);
            let unticks = items.iter().filter_map(|item| untick(context, record, item));
            let untick = if deployed { None } else { context.latest(unticks) };
            let name = environment.name.clone();
            Some(Environment { name, gated: environment.gated, deployed, completed, untick })
        })
        .collect()
}

/// The commit that took an item's tick away, when that was the last act on it.
fn untick(context: &Context<'_>, record: RecordIx, item: &Item) -> Option<usize> {
    let key = Key::Item(item.key.clone());
    let cell = context.cell(record, &key).filter(|cell| *context.value(cell.value) == Value::Unchecked)?;
    let owners = context.owners(cell);
    let transitions = context.transitions(record);
    let of_item = || transitions.iter().filter(|t| *context.key(t) == key);
    let was_ticked = of_item().any(|t| *context.value(t.to) == Value::Checked);
    let made_anew =
        of_item().any(|t| owners.contains(&(t.commit as usize)) && t.from == ABSENT && t.to == cell.value);
    context.latest(owners).filter(|_| was_ticked && !made_anew)
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
        if let Some((verdict, set)) =
            force.and_then(|decision| Some((decision.decision.decision?, decision.set)))
        {
            match verdict {
                Verdict::Rejected => return (Status::Rejected, set),
                Verdict::NeedsChanges => return (Status::NeedsChanges, set),
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
        tickers(self.context, self.context.cell(self.record, &Key::Item(item.key.clone())))
    }

    /// The commit that completed the task: final environment deployed, every item ticked or its review met,
    /// and what `[done]` asks for.
    fn done(&self, deployment: Option<usize>, others: &Others<'_, '_>) -> Option<usize> {
        if self.parsed.items.is_empty() || (!self.environments.is_empty() && deployment.is_none()) {
            return None;
        }
        let mut proofs: Vec<usize> = deployment.into_iter().collect();
        for item in &self.parsed.items {
            let ticks = self.ticks(item);
            let review = self.context.sources.policy.review_for_item(&item.text);
            let met = review.and_then(|review| {
                self.approvals.iter().find(|approval| approval.role == review.role && approval.valid)
            });
            match (ticks.is_empty(), met.and_then(|approval| approval.by.as_ref())) {
                (false, _) => proofs.extend(ticks),
                (true, Some(by)) => proofs.extend(self.context.sources.history.position(by.commit)),
                (true, None) => return None,
            }
        }
        if deployment.is_some() {
            proofs.extend(self.owed(others)?);
        }
        self.context.latest(proofs)
    }

    /// What `[done]` asks for besides the boxes; `None` while something is owed.
    fn owed(&self, others: &Others<'_, '_>) -> Option<Vec<usize>> {
        let done = &self.context.sources.policy.done;
        let created = self.owner(&Key::Exists)?;
        let documents = self.task.kind == Some(TaskKind::Documentation);
        let runbook = (others.runbook_updates)(self.task, created);
        let mut proofs = Vec::new();
        if done.documentation && !documents {
            proofs.push((others.follow_ups)(self.id).or(runbook)?);
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
        Status::Done | Status::Cancelled => "nothing: it is closed".to_owned(),
        Status::Rejected => "change the proposal and ask the board again, or cancel it".to_owned(),
        Status::NeedsChanges => "make the changes that the board asks for".to_owned(),
        Status::RolledBack => "find the cause; approve again before the next deployment".to_owned(),
        Status::Applied if open_items > 0 => finish(open_items),
        Status::Applied => "write the documentation or the runbook that done asks for".to_owned(),
        Status::Unknown => "repair the record".to_owned(),
        _ => match (open_approval, facet, open_environment) {
            (Some(approval), ..) => match approval.code {
                Some(Code::ApprovalMissing | Code::DecisionMissing) | None => {
                    format!("waiting for {}", approval.text)
                }
                Some(_) => format!("renew {}: {}", approval.text, approval.detail),
            },
            (None, ApprovalFacet::Partial { met, of }, _) => {
                format!("waiting for another person: {met} of {of} approved")
            }
            (None, _, Some(environment)) => format!("deploy to {}", environment.name),
            (None, _, None) => finish(open_items),
        },
    }
}

fn finish(open_items: usize) -> String {
    match open_items {
        1 => "finish the one open item".to_owned(),
        n => format!("finish {n} open items"),
    }
}
