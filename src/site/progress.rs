//! How far a task has come.

use serde::Serialize;

use super::model::Model;
use super::view::Act;
use crate::ledger::{ApprovalFacet, RecordState, Status};
use crate::record::RecordType;

/// A step on the way from proposal to production.
#[derive(Debug, Serialize)]
pub(super) struct Stage {
    pub(super) name: String,
    /// `done`, `open`, `undone`.
    pub(super) state: &'static str,
    pub(super) word: &'static str,
    pub(super) by: Option<Act>,
    /// When it really ran, where the commit states it.
    pub(super) stated: Option<String>,
}

/// Task, code, review, and the environments in the policy's order.
pub(super) fn progress(model: &Model<'_>, state: &RecordState) -> Vec<Stage> {
    if state.record_type != RecordType::Task || state.record.is_broken() {
        return Vec::new();
    }
    let act = |evidence: Option<&crate::ledger::CommitRef>| evidence.map(|evidence| model.act(evidence));
    let stage = |name: &str, done: bool, by| Stage {
        name: name.to_owned(),
        state: if done { "done" } else { "open" },
        word: if done { "done" } else { "open" },
        by,
        stated: None,
    };
    let mut stages = vec![stage("task", state.created.is_some(), act(state.created.as_ref()))];
    let deployed = state.environments.iter().any(|environment| environment.deployed);
    stages.push(stage("code", !state.work.is_empty() || deployed, act(state.work.last())));
    match state.approval {
        None | Some(ApprovalFacet::NotNeeded) => {}
        Some(facet) => {
            let last = state.approvals.iter().filter(|approval| approval.valid).filter_map(|a| a.by.as_ref());
            let mut review =
                stage("review", facet == ApprovalFacet::Approved, act(last.max_by_key(|by| by.time)));
            if matches!(facet, ApprovalFacet::Stale | ApprovalFacet::Rejected) {
                (review.state, review.word) =
                    ("undone", if facet == ApprovalFacet::Stale { "stale" } else { "rejected" });
            }
            stages.push(review);
        }
    }
    for environment in &state.environments {
        let mut shown = stage(&environment.name, environment.deployed, act(environment.by.as_ref()));
        shown.stated = environment.stated_time.as_deref().map(super::view::stated_moment);
        if let Some(evidence) = &environment.rolled_back {
            (shown.state, shown.word, shown.by) = ("undone", "rolled back", Some(model.act(evidence)));
        }
        stages.push(shown);
    }
    if state.status == Status::Done {
        stages.push(stage("done", true, act(state.evidence.as_ref())));
    }
    stages
}
