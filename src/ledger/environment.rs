//! Where a task has been deployed, read from the items that the policy's environments name.

use super::approval::tickers;
use super::context::Context;
use super::deployment::told;
use super::ix::RecordIx;
use super::law::ABSENT;
use super::state::EnvironmentState;
use super::walk::{Key, Value};
use crate::record::ItemKey;

/// An environment that the record's items name, as positions of commits.
pub(super) struct Environment {
    pub(super) name: String,
    pub(super) gated: bool,
    pub(super) deployed: bool,
    /// The commit that completed it.
    pub(super) completed: Option<usize>,
    /// An act that it is deployed by and that is nobody's, and why.
    pub(super) nobodys: Option<String>,
    /// The untick that was the last act.
    pub(super) untick: Option<usize>,
}

impl Environment {
    pub(super) fn state(self, context: &Context<'_>, record: RecordIx) -> EnvironmentState {
        let stated_time = self.completed.and_then(|commit| {
            let lines = &context.sources.history.commits[commit].trailers.deployed;
            told(context, commit, record, lines, &self.name).map(str::to_owned)
        });
        EnvironmentState {
            name: self.name,
            gated: self.gated,
            deployed: self.deployed,
            by: self.completed.filter(|_| self.deployed).map(|commit| context.evidence(commit)),
            rolled_back: self.untick.map(|commit| context.evidence(commit)),
            stated_time,
        }
    }
}

/// The environments that a record's items name in the view, in the policy's order.
pub(super) fn environments(context: &Context<'_>, record: RecordIx) -> Vec<Environment> {
    let policy = context.sources.policy;
    let items: Vec<(&ItemKey, &str)> = context
        .items(record)
        .filter_map(|item| Some((item, policy.environment_deployed_by(&item.text)?.name.as_str())))
        .collect();
    policy
        .environments
        .iter()
        .filter_map(|environment| {
            let own: Vec<&ItemKey> =
                items.iter().filter(|(_, name)| *name == environment.name).map(|(item, _)| *item).collect();
            if own.is_empty() {
                return None;
            }
            let cells = own.iter().map(|item| context.cell(record, &Key::Item((*item).clone())));
            let ticks: Vec<Vec<usize>> = cells.map(|cell| tickers(context, cell)).collect();
            let deployed = ticks.iter().all(|owners| !owners.is_empty());
            let nobodys = ticks.iter().flatten().find_map(|&tick| context.nobodys(record, tick));
            let completed = context.latest(ticks.into_iter().flatten()).filter(|_| deployed);
            let unticks = own.iter().filter_map(|item| untick(context, record, item));
            let untick = if deployed { None } else { context.latest(unticks) };
            let name = environment.name.clone();
            Some(Environment { name, gated: environment.gated, deployed, completed, nobodys, untick })
        })
        .collect()
}

/// The commit that took an item's tick away, when that was the last act on it.
fn untick(context: &Context<'_>, record: RecordIx, item: &ItemKey) -> Option<usize> {
    let key = Key::Item(item.clone());
    let cell = context.cell(record, &key).filter(|cell| *context.value(cell.value) == Value::Unchecked)?;
    let owners = context.owners(cell);
    let transitions = context.transitions(record);
    let of_item = || transitions.iter().filter(|t| *context.key(t) == key);
    let was_ticked = of_item().any(|t| context.value(t.to).is_ticked());
    let made_anew =
        of_item().any(|t| owners.contains(&(t.commit as usize)) && t.from == ABSENT && t.to == cell.value);
    context.latest(owners).filter(|_| was_ticked && !made_anew)
}
