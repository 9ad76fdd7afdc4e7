//! Whether the records tell everything: infrastructure that changed without a task, work that was never deployed.

use rustc_hash::FxHashMap;

use super::AuditAsk;
use crate::ledger::context::Context;
use crate::ledger::ix::RecordIx;
use crate::ledger::policy_line::InForce;
use crate::ledger::state::CommitRef;
use crate::record::{RecordId, RecordType};

/// A step of the trunk that changed infrastructure and names no task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unrecorded {
    /// The commit with which it landed.
    pub by: CommitRef,
    /// Authors and co-authors of the commits that name no task; of a merge itself only where its own work is among them.
    pub changed_by: Vec<String>,
    /// For a merge: the commits that it brings and that name no task.
    pub brings: Vec<CommitRef>,
    /// The paths, at most ten.
    pub paths: Vec<String>,
}

/// Landed work that is older than the policy allows and in the history of no deployment of its task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnrecordedDeployment {
    /// The task.
    pub id: RecordId,
    /// The work.
    pub by: CommitRef,
    /// When it landed.
    pub landed: CommitRef,
}

impl Unrecorded {
    /// What every document says of it.
    pub fn words(&self) -> String {
        format!("{} changed {} without naming a task", self.changed_by.join(", "), self.paths.join(", "))
    }
}

impl UnrecordedDeployment {
    /// What every document says of it.
    pub fn words(&self) -> String {
        format!("work on {} landed in {} and was never deployed", self.id, self.landed.commit.short())
    }
}

const MAX_PATHS: usize = 10;

/// A step of the trunk with what it brings of infrastructure that names no task.
pub(super) struct Step {
    pub(super) landing: usize,
    /// Parents before children; never empty.
    pub(super) unnamed: Vec<usize>,
}

/// Steps of the trunk that changed infrastructure and name no existing task: each commit that a step brings, and that
/// touched infrastructure, names one itself. What a merge is called says nothing of what it brings.
pub(super) fn steps(
    context: &Context<'_>,
    named: &FxHashMap<usize, Vec<RecordIx>>,
    ask: &AuditAsk<'_>,
) -> Vec<Step> {
    let line = context.sources.line;
    let mut seen = vec![false; context.sources.history.commits.len()];
    let mut found = Vec::new();
    for &landing in line.commits() {
        let brings = bring(context, landing, &mut seen);
        let exempt = ask.duty.is_some_and(|duty| context.in_history(landing, duty));
        // Before there was a policy there was no duty.
        let begun = line.judge_of(landing) != InForce::Builtin;
        if exempt || !begun || !context.has(landing) {
            continue;
        }
        let is_unnamed =
            |commit: &usize| !named.contains_key(commit) && !infrastructure(context, *commit).is_empty();
        let unnamed: Vec<usize> = brings.into_iter().filter(is_unnamed).collect();
        if !unnamed.is_empty() {
            found.push(Step { landing, unnamed });
        }
    }
    found
}

/// What no task covers of the steps of a period.
pub(super) fn unrecorded(
    context: &Context<'_>,
    steps: &[Step],
    in_period: &dyn Fn(usize) -> bool,
) -> Vec<Unrecorded> {
    let mut found = Vec::new();
    for step in steps.iter().filter(|step| in_period(step.landing)) {
        let is_open = |commit: &usize| context.covering(*commit).is_empty();
        let open: Vec<usize> = step.unnamed.iter().copied().filter(is_open).collect();
        if open.is_empty() {
            continue;
        }
        let brings = open.iter().filter(|&&commit| commit != step.landing);
        found.push(Unrecorded {
            by: context.evidence(step.landing),
            changed_by: makers(context, &open),
            brings: brings.map(|&commit| context.evidence(commit)).collect(),
            paths: paths_of(context, &open),
        });
    }
    found
}

/// The infrastructure that commits changed, at most ten paths.
pub(super) fn paths_of(context: &Context<'_>, commits: &[usize]) -> Vec<String> {
    let mut paths: Vec<String> = commits.iter().flat_map(|&commit| infrastructure(context, commit)).collect();
    paths.sort_unstable();
    paths.dedup();
    paths.truncate(MAX_PATHS);
    paths
}

/// Authors and co-authors of commits, each once: people by name, others by address.
pub(super) fn makers(context: &Context<'_>, commits: &[usize]) -> Vec<String> {
    let mut makers: Vec<String> = Vec::new();
    for &commit in commits {
        let facts = &context.sources.history.commits[commit];
        let policies = [context.judge(commit), Some(context.sources.policy)];
        let co_authors = facts.trailers.co_authors.iter().map(String::as_str);
        for email in std::iter::once(&*facts.author.email).chain(co_authors) {
            let person = policies.iter().flatten().find_map(|policy| policy.person_by_email(email));
            let maker = person.unwrap_or(email);
            if !makers.iter().any(|known| known == maker) {
                makers.push(maker.to_owned());
            }
        }
    }
    makers
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

/// The infrastructure paths among a commit's own work, by the policy that it is judged by: a branch does not take its own
/// code out of what needs a task.
fn infrastructure(context: &Context<'_>, commit: usize) -> Vec<String> {
    let policy = context.judge(commit).unwrap_or(context.sources.policy);
    let paths = context.sources.work_paths.get(&commit).map_or(&[][..], Vec::as_slice);
    paths.iter().filter(|path| policy.paths.matches(path)).cloned().collect()
}

/// Work on infrastructure that landed longer ago than `unrecorded-after` and is in no deployment of its task.
pub(super) fn undeployed(
    context: &Context<'_>,
    in_period: &dyn Fn(usize) -> bool,
    ask: &AuditAsk<'_>,
) -> Vec<UnrecordedDeployment> {
    let sources = &context.sources;
    let commits = &sources.history.commits;
    let limit = sources.policy.audit.unrecorded_after;
    let mut found: Vec<(usize, UnrecordedDeployment)> = Vec::new();
    let mut deployments: FxHashMap<RecordIx, Vec<usize>> = FxHashMap::default();
    for &(commit, record) in sources.walk.deployments.iter().filter(|(commit, _)| context.has(*commit)) {
        deployments.entry(record).or_default().push(commit);
    }
    for record in sources.walk.records_of(RecordType::Task) {
        let deployed = deployments.get(&record).map_or(&[][..], Vec::as_slice);
        for &work in context.work(record).iter() {
            let exempt = ask.duty.is_some_and(|duty| context.in_history(work, duty));
            if exempt || infrastructure(context, work).is_empty() {
                continue;
            }
            let Some(landing) = context.landing(work) else { continue };
            let time = commits[landing].committer.time.seconds;
            let old = sources.now.saturating_sub(time) > limit;
            if !old || !in_period(landing) {
                continue;
            }
            if !deployed.iter().any(|&deployment| context.in_history(work, deployment)) {
                let id = &sources.walk.ids[record].1;
                let (by, landed) = (context.evidence(work), context.evidence(landing));
                found.push((work, UnrecordedDeployment { id: id.clone(), by, landed }));
            }
        }
    }
    found.sort_by_key(|(work, _)| *work);
    found.into_iter().map(|(_, found)| found).collect()
}
