//! When production may not change.

use crate::policy::{Freeze, Policy};

/// The freezes in force at a moment for a change to an environment and to services, without those that let the
/// change through: because it is an emergency, or by its ID.
///
/// A freeze without environments holds for all gated ones, one without services for all; a change that names no
/// service may touch any.
pub fn freezes_at<'p>(
    policy: &'p Policy,
    moment: i64,
    environment: &str,
    services: &[String],
    task: &str,
    emergency: bool,
) -> Vec<&'p Freeze> {
    let is_gated = policy.environment(environment).is_some_and(|environment| environment.gated);
    let holds = |freeze: &&Freeze| {
        let for_environment = match freeze.environments.is_empty() {
            true => is_gated,
            false => freeze.environments.iter().any(|name| name == environment),
        };
        let for_services = freeze.services.is_empty()
            || services.is_empty()
            || freeze.services.iter().any(|name| services.contains(name));
        let lets_through =
            freeze.except.iter().any(|except| (emergency && except == "emergency") || except == task);
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
