//! A deployment as its commit makes it: where, and when.

use super::context::Context;
use super::walk::{Key, RecordIx};
use crate::policy::{self, Policy};

/// The environments whose items a commit ticks in a record, by a policy.
pub(super) fn environments_of<'p>(
    context: &Context<'_>,
    policy: &'p Policy,
    commit: usize,
    record: RecordIx,
) -> Vec<&'p policy::Environment> {
    let ticked = context.transitions(record);
    let mut found: Vec<&policy::Environment> = Vec::new();
    let own = ticked.iter().filter(|t| t.commit as usize == commit);
    for transition in own.filter(|t| context.value(t.to).is_ticked()) {
        let Key::Item(item) = context.key(transition) else { continue };
        let Some(environment) = policy.environment_deployed_by(&item.text) else { continue };
        if !found.iter().any(|known| known.name == environment.name) {
            found.push(environment);
        }
    }
    found
}

/// When a deployment ran: its commit's time, or what its trailer states when that is at most `lag` earlier.
pub(super) struct Time {
    /// Since the epoch.
    pub(super) seconds: i64,
    /// Whether a trailer says so.
    pub(super) stated: bool,
    /// Why it contradicts the graph.
    pub(super) suspect: Option<String>,
}

/// When a commit's deployment to an environment ran.
pub(super) fn time(context: &Context<'_>, policy: &Policy, commit: usize, environment: &str) -> Time {
    let commits = &context.sources.history.commits;
    let facts = &commits[commit];
    let own = facts.committer.time.seconds;
    let stated = facts.trailers.deployed.iter().find_map(|deployed| {
        let (name, time) = deployed.split_once(' ')?;
        let time: jiff::Timestamp = time.trim().parse().ok().filter(|_| name == environment)?;
        Some(time.as_second())
    });
    let stated = stated.filter(|stated| *stated <= own && own - stated <= policy.audit.lag);
    let seconds = stated.unwrap_or(own);
    let parent = facts.parents.iter().find(|&&parent| commits[parent].committer.time.seconds > seconds);
    let landing =
        context.landing(commit).filter(|&landing| commits[landing].committer.time.seconds < seconds);
    let suspect = match (parent, landing) {
        (Some(&parent), _) => Some(format!("it is dated before its parent {}", commits[parent].id.short())),
        (None, Some(landing)) => {
            Some(format!("it is dated after its landing {}", commits[landing].id.short()))
        }
        (None, None) => None,
    };
    Time { seconds, stated: stated.is_some(), suspect }
}
