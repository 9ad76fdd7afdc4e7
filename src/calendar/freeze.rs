//! When production may not change.

use crate::policy::{Freeze, Policy};
use crate::record::{EMERGENCY, same_name};

/// A change, as freezes look at it.
#[derive(Clone, Copy)]
pub struct Frozen<'a> {
    /// Where it would go.
    pub environment: &'a str,
    /// The services that it names.
    pub services: &'a [String],
    /// The task's ID.
    pub task: &'a str,
    /// Whether it is an emergency.
    pub emergency: bool,
    /// Whether a record or runbook names a service.
    pub is_known: &'a dyn Fn(&str) -> bool,
}

/// The freezes in force at a moment for a change, without those that let it through: because it is an emergency, or by
/// its ID.
///
/// A freeze without environments holds for all gated ones, one without services for all; a change that names no service
/// may touch any. A service that nothing names may be any service, misspelt: its freeze holds for all.
pub fn freezes_at<'p>(policy: &'p Policy, moment: i64, change: Frozen<'_>) -> Vec<&'p Freeze> {
    let is_gated = policy.environment(change.environment).is_some_and(|environment| environment.gated);
    let holds = |freeze: &&Freeze| {
        let for_environment = match freeze.environments.is_empty() {
            true => is_gated,
            false => freeze.environments.iter().any(|name| same_name(name, change.environment)),
        };
        let is_named = |service: &String| {
            change.services.iter().any(|own| same_name(own, service)) || !(change.is_known)(service)
        };
        let for_services =
            freeze.services.is_empty() || change.services.is_empty() || freeze.services.iter().any(is_named);
        let lets_through = freeze
            .except
            .iter()
            .map(|except| except.trim())
            .any(|except| (change.emergency && same_name(except, EMERGENCY)) || except == change.task);
        freeze.from <= moment && moment < freeze.to && for_environment && for_services && !lets_through
    };
    policy.freezes.iter().filter(holds).collect()
}

/// The freezes that touch `[from, to)`, in order of their starts.
pub fn freezes_between(policy: &Policy, from: i64, to: i64) -> Vec<&Freeze> {
    let mut found: Vec<&Freeze> =
        policy.freezes.iter().filter(|freeze| freeze.from < to && freeze.to > from).collect();
    found.sort_by(|a, b| (a.from, a.to, &a.name).cmp(&(b.from, b.to, &b.name)));
    found
}
