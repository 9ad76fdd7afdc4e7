//! A deployment as its commit makes it: where, and when.

use std::borrow::Cow;

use super::authority::speaks;
use super::context::Context;
use super::ix::RecordIx;
use super::walk::Key;
use crate::policy::{Environment, Policy};
use crate::record::RecordType;

/// The environments whose items a commit ticks in a record: by the policy that it is judged by, or by a policy of its own
/// branch. A branch hides no deployment by a policy that does not know the item, and none by one that alone does.
pub(super) fn environments_of<'p>(
    context: &Context<'p>,
    policy: &'p Policy,
    commit: usize,
    record: RecordIx,
) -> Vec<Cow<'p, Environment>> {
    let ticked = context.transitions(record);
    let mut found: Vec<Cow<'p, Environment>> = Vec::new();
    let own = ticked.iter().filter(|t| t.commit as usize == commit);
    for transition in own.filter(|t| context.value(t.to).is_ticked()) {
        let Key::Item(item) = context.key(transition) else { continue };
        let environment = policy.environment_deployed_by(&item.text).map(Cow::Borrowed);
        let environment = environment.or_else(|| by_branch(context, policy, commit, &item.text));
        let Some(environment) = environment else { continue };
        if !found.iter().any(|known| known.name == environment.name) {
            found.push(environment);
        }
    }
    found
}

/// The environment that an item deploys by the policy file of a commit or of its parents. It is judged as the environment
/// of that name in the policy in force; one that this policy does not have is gated, whatever the branch says.
fn by_branch<'p>(
    context: &Context<'p>,
    policy: &'p Policy,
    commit: usize,
    item: &str,
) -> Option<Cow<'p, Environment>> {
    let commits = &context.sources.history.commits;
    let files = std::iter::once(commit).chain(commits[commit].parents.iter().copied());
    let own = files.filter(|&at| commits[at].policy.is_some()).filter_map(|at| context.policy_of(at));
    let of_branch = own.filter_map(|own| own.environment_deployed_by(item)).next()?;
    Some(Cow::Owned(match policy.environment(&of_branch.name) {
        Some(known) => known.with_items_of(of_branch),
        None => {
            let mut unknown = of_branch.clone();
            unknown.gated = true;
            unknown
        }
    }))
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

/// What a commit's trailer says of an environment of a record: `ENVIRONMENT WORDS`, with the record's ID before it where the
/// commit acts on several. Whoever presses a forge's button writes the message: only its author's own words count.
pub(super) fn told<'a>(
    context: &Context<'a>,
    commit: usize,
    record: RecordIx,
    lines: &'a [String],
    environment: &str,
) -> Option<&'a str> {
    if lines.is_empty() || !speaks(context, commit) {
        return None;
    }
    let walk = context.sources.walk;
    let id = &walk.ids[record].1;
    let mut of_items =
        walk.transitions_of(commit).filter(|transition| matches!(context.key(transition), Key::Item(_)));
    let is_task = |other: RecordIx| walk.ids[other].0 == RecordType::Task;
    let is_of_several = of_items.any(|transition| transition.record != record && is_task(transition.record));
    lines.iter().find_map(|line| {
        let (first, rest) = line.split_once(' ')?;
        let (name, words) = match first == id.as_str() {
            true => rest.trim_start().split_once(' ')?,
            false if is_of_several => return None,
            false => (first, rest),
        };
        (name == environment).then(|| words.trim())
    })
}

/// When a commit's deployment of a record to an environment ran.
pub(super) fn time(
    context: &Context<'_>,
    policy: &Policy,
    commit: usize,
    record: RecordIx,
    environment: &str,
) -> Time {
    let commits = &context.sources.history.commits;
    let facts = &commits[commit];
    let own = facts.committer.time.seconds;
    let told = told(context, commit, record, &facts.trailers.deployed, environment);
    let stated = told.and_then(|time| time.parse::<jiff::Timestamp>().ok()).map(|time| time.as_second());
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
