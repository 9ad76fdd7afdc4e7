//! Infrastructure that landed without naming a task, and that a task took on afterwards.

use std::collections::BTreeMap;

use super::population::{Step, makers, paths_of};
use crate::ledger::context::Context;
use crate::ledger::covers::recorded;
use crate::ledger::decision::listing;
use crate::ledger::ix::RecordIx;
use crate::ledger::risk::of_subject;
use crate::ledger::state::{Approval, CommitRef};
use crate::ledger::subject::Subject;
use crate::record::{Details, RecordId, Risk};

/// What a task covers of one step of the trunk.
#[derive(Debug, Clone)]
pub struct RecordedLate {
    /// The task.
    pub id: RecordId,
    /// The commit with which it landed.
    pub by: CommitRef,
    /// For a merge: the commits that it brings and that the task covers.
    pub brings: Vec<CommitRef>,
    /// Authors and co-authors of those commits.
    pub changed_by: Vec<String>,
    /// The paths, at most ten.
    pub paths: Vec<String>,
    /// The commit that put them on the task's list.
    pub recorded: Option<CommitRef>,
    /// Why it is an exception; `None` once somebody has approved the task who wrote none of it.
    pub open: Option<String>,
}

/// What tasks cover of these steps, where one of its two dates is in the period.
pub(super) fn late(
    context: &Context<'_>,
    steps: &[Step],
    in_period: &dyn Fn(usize) -> bool,
) -> Vec<RecordedLate> {
    let mut approved: BTreeMap<RecordIx, Option<String>> = BTreeMap::new();
    let mut found = Vec::new();
    for step in steps {
        let mut by_task: BTreeMap<RecordIx, Vec<usize>> = BTreeMap::new();
        for &commit in &step.unnamed {
            for &task in context.covering(commit) {
                by_task.entry(task).or_default().push(commit);
            }
        }
        for (task, commits) in by_task {
            let recorded = recorded(context, task, &commits);
            if !in_period(step.landing) && !recorded.is_some_and(in_period) {
                continue;
            }
            let open = approved.entry(task).or_insert_with(|| unapproved(context, task)).clone();
            let brings = commits.iter().filter(|&&commit| commit != step.landing);
            found.push(RecordedLate {
                id: context.sources.walk.ids[task].1.clone(),
                by: context.evidence(step.landing),
                brings: brings.map(|&commit| context.evidence(commit)).collect(),
                changed_by: makers(context, &commits),
                paths: paths_of(context, &commits),
                recorded: recorded.map(|commit| context.evidence(commit)),
                open,
            });
        }
    }
    found
}

/// Why a task that covers something is not approved; `None` when somebody has who asked for none of it and wrote none of it.
/// What landed without a review is not of low risk, whatever the task says.
fn unapproved(context: &Context<'_>, task: RecordIx) -> Option<String> {
    let id = &context.sources.walk.ids[task].1;
    let Some((parsed, Details::Task(details))) = context.parsed(task).map(|parsed| (parsed, &parsed.details))
    else {
        return Some(format!("{id} cannot be read"));
    };
    let subject = Subject { context, record: task, id, parsed, task: details };
    let judged = subject.judged(None, of_subject(&subject).level.max(Risk::Medium));
    let (approvals, _) = subject.approvals(&judged, &listing(context, task));
    if approvals.iter().any(|approval| approval.valid) {
        return None;
    }
    let words = |approval: &Approval| format!("{}: {}", approval.text, approval.detail);
    Some(approvals.first().map_or_else(|| format!("nobody has approved {id}"), words))
}

impl RecordedLate {
    /// What every document says of it.
    pub fn words(&self) -> String {
        let (who, paths) = (self.changed_by.join(", "), self.paths.join(", "));
        let landed = format!("landed {} in {}", self.by.time.date(), self.by.commit.short());
        let recorded = self
            .recorded
            .as_ref()
            .map_or_else(String::new, |by| format!(", recorded {} in {}", by.time.date(), by.commit.short()));
        let open = match &self.open {
            Some(why) => format!("; open: {why}"),
            None => "; approved since".to_owned(),
        };
        format!("{who} changed {paths}, which {} covers: {landed}{recorded}{open}", self.id)
    }
}
