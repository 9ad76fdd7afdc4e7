//! A task in one view: what its approvals are judged against, now and at its deployment.

use super::approval::{self, End, EndKind, Judged, approvals, sum_up};
use super::context::Context;
use super::decision::{DecisionState, board_approval, listing};
use super::ix::RecordIx;
use super::risk::of_subject;
use super::state::{Approval, ApprovalFacet};
use super::walk::{Key, Value};
use crate::diagnostic::Code;
use crate::record::{Details, Item, Record, RecordId, Risk, Task};

/// A task, as the view's own file has it.
#[derive(Clone, Copy)]
pub(super) struct Subject<'s, 'a> {
    pub(super) context: &'s Context<'a>,
    pub(super) record: RecordIx,
    pub(super) id: &'s RecordId,
    pub(super) parsed: &'s Record,
    pub(super) task: &'s Task,
}

impl<'a> Subject<'_, 'a> {
    /// Its approvals as they stand.
    pub(super) fn now(self, decisions: &[DecisionState<'_>]) -> (Vec<Approval>, ApprovalFacet) {
        self.approvals(&self.judged(None, of_subject(&self).level), decisions)
    }

    /// Its approvals as they stood at the deployment, by the policy before it. What was missing then and
    /// stands now is late.
    pub(super) fn at_deployment(self, deployment: usize) -> (Vec<Approval>, ApprovalFacet) {
        let policy = self.context.judge(deployment).unwrap_or(self.context.sources.policy);
        let view = self.context.at(deployment, policy);
        // A file that is not kept has the same material content as today's.
        let parsed = view.parsed(self.record).unwrap_or(self.parsed);
        let Details::Task(task) = &parsed.details else { return self.now(&[]) };
        let then = Subject { context: &view, parsed, task, ..self };
        let judged = then.judged(Some(deployment), of_subject(&then).level);
        let decisions = listing(&view, self.record);
        let (mut approvals, _) = then.approvals(&judged, &decisions);
        approvals.retain(|approval| approval.role != "*");
        self.mark_late(deployment, &mut approvals);
        let facet = sum_up(&view, &judged, &mut approvals);
        (approvals, facet)
    }

    /// Of approvals that were missing at a deployment, those that stand in this view are late.
    pub(super) fn mark_late(&self, deployment: usize, approvals: &mut [Approval]) {
        if !approvals.iter().any(|approval| approval.code == Some(Code::ApprovalMissing)) {
            return;
        }
        // It is only told whether they came: what the code was then counts for nothing here.
        let judged = self.judged(Some(deployment), of_subject(self).level);
        let now = approval::approvals(self.context, &Judged { plan_excuses: true, ..judged });
        for approval in approvals {
            let late =
                now.iter().find(|late| late.role == approval.role && late.code == Some(Code::ApprovalLate));
            if let (Some(Code::ApprovalMissing), Some(late)) = (approval.code, late) {
                *approval = Approval { required: approval.required, ..late.clone() };
            }
        }
    }

    pub(super) fn approvals(
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

    /// What its approvals are judged against, at the risk that counts.
    pub(super) fn judged(&self, deployment: Option<usize>, risk: Risk) -> Judged<'_> {
        let (context, policy) = (self.context, self.context.sources.policy);
        let landing = deployment.and_then(|deployment| context.landing(deployment));
        let landed_on = landing
            .filter(|landing| Some(*landing) != deployment)
            .and_then(|landing| context.sources.history.commits[landing].parents.first().copied());
        let renews = policy.risk_rule(risk).renew_after_rollback;
        let rollbacks = if renews { rollbacks(context, self.record, self.parsed) } else { Vec::new() };
        let end = |kind| move |commit| End { commit, kind };
        let cancellations = cancellations(context, self.record).into_iter().map(end(EndKind::Cancelled));
        let ends = rollbacks.into_iter().map(end(EndKind::RolledBack)).chain(cancellations).collect();
        Judged {
            record: self.record,
            parsed: self.parsed,
            task: self.task,
            risk,
            deployment,
            landed_on,
            plan_excuses: false,
            ends,
        }
    }
}

/// Unticks of the final environment in the view's history.
fn rollbacks(context: &Context<'_>, record: RecordIx, parsed: &Record) -> Vec<usize> {
    let policy = context.sources.policy;
    let named = |environment: &crate::policy::Environment| {
        let of = |item: &Item| policy.environment_deployed_by(&item.key.text) == Some(environment);
        parsed.items.iter().any(of)
    };
    let Some(last) = policy.environments.iter().rev().find(|environment| named(environment)) else {
        return Vec::new();
    };
    let withdrawals = context.withdrawals(record).iter();
    withdrawals
        .filter(|withdrawal| match context.sources.walk.keys.item(withdrawal.key) {
            Key::Item(item) => policy.environment_deployed_by(&item.text) == Some(last),
            _ => false,
        })
        .map(|withdrawal| withdrawal.commit as usize)
        .filter(|&commit| context.has(commit))
        .collect()
}

/// Commits of the view's history that gave the task up, where that was taken back: while it stands nothing else is asked.
fn cancellations(context: &Context<'_>, record: RecordIx) -> Vec<usize> {
    let field = Key::Field("cancelled".into());
    if context.cell(record, &field).is_some_and(|cell| matches!(context.value(cell.value), Value::Json(_))) {
        return Vec::new();
    }
    let changes = context.changes_of(record, "cancelled").into_iter();
    let cancels = changes.filter(|set| matches!(context.value(set.to), Value::Json(_)));
    cancels.map(|transition| transition.commit as usize).collect()
}
