//! How far a task has come: the stages on its way, and what done means for infrastructure.

use serde::Serialize;

use super::relations::RelationKind;
use super::state::{ApprovalFacet, CommitRef, RecordState, Status};
use crate::record::RecordType;

/// One stage, or one part of done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// Whether it is reached.
    pub reached: bool,
    /// The commit that shows it.
    #[serde(rename = "evidence")]
    pub by: Option<CommitRef>,
}

/// Task, code, review where it is asked for, and the environments in the policy's order. Empty for other records
/// and for a file that cannot be read.
pub fn stages(state: &RecordState) -> Vec<Stage> {
    if state.record_type != RecordType::Task || state.record.is_broken() {
        return Vec::new();
    }
    let deployed = state.environments.iter().any(|environment| environment.deployed);
    let mut stages = vec![
        stage("task", state.created.is_some(), state.created.as_ref()),
        stage("code", !state.work.is_empty() || deployed, state.work.last()),
    ];
    stages.extend(reviewed(state));
    let environments = state.environments.iter();
    stages.extend(environments.map(|found| stage(&found.name, found.deployed, found.by.as_ref())));
    stages
}

/// What done means: reviewed and merged, applied, monitored, documented, with a runbook.
pub fn definition_of_done(state: &RecordState) -> Vec<Stage> {
    if state.record_type != RecordType::Task || state.record.is_broken() {
        return Vec::new();
    }
    let ticked = |word: &str| {
        let items = state.items.iter().filter(|item| item.checked && item.key.text.contains(word));
        items.filter_map(|item| item.by.last()).next_back()
    };
    let related =
        |kinds: &[RelationKind]| state.relations.iter().any(|r| r.exists && kinds.contains(&r.kind));
    let last = state.environments.last();
    let applied = last.is_some_and(|last| last.deployed) || state.status == Status::Done;
    let monitored = ticked("monitor");
    let documented = ticked("documentation");
    let mut done: Vec<Stage> = reviewed(state).into_iter().collect();
    done.push(stage("merged", state.landed == Some(true), state.updated.as_ref()));
    done.push(stage("applied", applied, last.and_then(|last| last.by.as_ref())));
    done.push(stage("monitoring", monitored.is_some(), monitored));
    done.push(stage(
        "documentation",
        documented.is_some() || related(&[RelationKind::FollowedBy]),
        documented,
    ));
    done.push(stage("runbook", related(&[RelationKind::UsesRunbook, RelationKind::SameService]), None));
    done
}

/// The review, where one is asked for.
fn reviewed(state: &RecordState) -> Option<Stage> {
    let facet = state.approval.filter(|facet| *facet != ApprovalFacet::NotNeeded)?;
    let given = state.approvals.iter().filter(|approval| approval.valid).filter_map(|a| a.by.as_ref());
    Some(stage("review", facet == ApprovalFacet::Approved, given.max_by_key(|by| by.time)))
}

fn stage(name: &str, reached: bool, by: Option<&CommitRef>) -> Stage {
    Stage { name: name.to_owned(), reached, by: by.filter(|_| reached).cloned() }
}
