//! Whether the records tell everything: infrastructure that changed without a task, work that was never deployed.

use rustc_hash::FxHashMap;

use super::AuditAsk;
use crate::ledger::context::Context;
use crate::ledger::state::Evidence;
use crate::ledger::walk::RecordIx;
use crate::policy::Policy;
use crate::record::{RecordId, RecordType};

/// A commit of the trunk's first-parent line that changed infrastructure and names no task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unrecorded {
    /// The commit with which it landed.
    pub by: Evidence,
    /// For a merge: the commits that it brings and that name no task.
    pub brings: Vec<Evidence>,
    /// The paths, at most ten.
    pub paths: Vec<String>,
}

/// Landed work that is older than the policy allows and in the history of no deployment of its task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnrecordedDeployment {
    /// The task.
    pub id: RecordId,
    /// The work.
    pub by: Evidence,
    /// When it landed.
    pub landed: Evidence,
}

const MAX_PATHS: usize = 10;

/// First-parent commits of the trunk that touched infrastructure and name no existing task; a merge is recorded
/// when each commit that it brings, and that touched infrastructure, names one.
pub(super) fn unrecorded(
    context: &Context<'_>,
    named: &FxHashMap<usize, Vec<RecordIx>>,
    ask: &AuditAsk<'_>,
) -> Vec<Unrecorded> {
    let commits = &context.sources.history.commits;
    let mut line = context.sources.history.first_parent_line(context.sources.tip);
    line.reverse();
    let mut seen = vec![false; commits.len()];
    let mut found = Vec::new();
    for &landing in &line {
        let brings = bring(context, landing, &mut seen);
        let time = commits[landing].committer.time.seconds;
        let in_period = ask.since <= time && time < ask.until;
        let exempt = ask.duty.is_some_and(|duty| context.in_history(landing, duty));
        // Before there was a policy there was no duty.
        let begun = commits[landing].parents.first().is_some_and(|&parent| commits[parent].policy.is_some());
        if !in_period || exempt || !begun || named.contains_key(&landing) {
            continue;
        }
        // By the trunk's policy too: a branch does not take its own code out of what needs a task.
        let trunks = context.judge(landing);
        let touched = |commit| infrastructure(context, commit, trunks);
        let unnamed: Vec<usize> = brings
            .into_iter()
            .filter(|commit| !named.contains_key(commit) && !touched(*commit).is_empty())
            .collect();
        if unnamed.is_empty() {
            continue;
        }
        let mut paths: Vec<String> = unnamed.iter().flat_map(|&commit| touched(commit)).collect();
        paths.sort_unstable();
        paths.dedup();
        paths.truncate(MAX_PATHS);
        let brings = unnamed.iter().filter(|&&commit| commit != landing);
        found.push(Unrecorded {
            by: context.evidence(landing),
            brings: brings.map(|&commit| context.evidence(commit)).collect(),
            paths,
        });
    }
    found
}

/// What a commit of the line brings that the line did not have: itself, and behind a merge the merged commits.
fn bring(context: &Context<'_>, landing: usize, seen: &mut [bool]) -> Vec<usize> {
    let commits = &context.sources.history.commits;
    let mut brings = Vec::new();
    let mut open = vec![landing];
    while let Some(commit) = open.pop() {
        if std::mem::replace(&mut seen[commit], true) {
            continue;
        }
        brings.push(commit);
        open.extend(&commits[commit].parents);
    }
    brings.sort_unstable();
    brings
}

/// The infrastructure paths among a commit's own work, by the policy before it or the one before its landing.
fn infrastructure(context: &Context<'_>, commit: usize, landing: Option<&Policy>) -> Vec<String> {
    let policy = context.judge(commit).unwrap_or(context.sources.policy);
    let paths = context.sources.work_paths.get(&commit).map_or(&[][..], Vec::as_slice);
    let is_asked = |path: &&String| {
        policy.paths.matches(path) || landing.is_some_and(|landing| landing.paths.matches(path))
    };
    paths.iter().filter(is_asked).cloned().collect()
}

/// Work on infrastructure that landed longer ago than `unrecorded-after` and is in no deployment of its task.
pub(super) fn undeployed(context: &Context<'_>, ask: &AuditAsk<'_>) -> Vec<UnrecordedDeployment> {
    let sources = &context.sources;
    let commits = &sources.history.commits;
    let limit = sources.policy.audit.unrecorded_after;
    let mut found: Vec<(usize, UnrecordedDeployment)> = Vec::new();
    for (record, (record_type, id)) in sources.walk.ids.iter().enumerate() {
        let Ok(record) = RecordIx::try_from(record) else { continue };
        if *record_type != RecordType::Task {
            continue;
        }
        for &work in context.work(record).iter() {
            let exempt = ask.duty.is_some_and(|duty| context.in_history(work, duty));
            let trunks = context.landing(work).and_then(|landing| context.judge(landing));
            if exempt || infrastructure(context, work, trunks).is_empty() {
                continue;
            }
            let Some(landing) = context.landing(work) else { continue };
            let time = commits[landing].committer.time.seconds;
            let old = sources.now.saturating_sub(time) > limit;
            if !old || time < ask.since || time >= ask.until {
                continue;
            }
            let deployed = sources.walk.deployments.iter().any(|(deployment, of)| {
                *of == record && context.has(*deployment) && context.in_history(work, *deployment)
            });
            if !deployed {
                let (by, landed) = (context.evidence(work), context.evidence(landing));
                found.push((work, UnrecordedDeployment { id: id.clone(), by, landed }));
            }
        }
    }
    found.sort_by_key(|(work, _)| *work);
    found.into_iter().map(|(_, found)| found).collect()
}
