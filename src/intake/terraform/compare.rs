//! Whether two plans are one, and if not, where they differ.

use std::collections::{BTreeMap, BTreeSet};

use super::Plan;
use super::change::Change;
use super::diff::ChangeKind;
use crate::intake::escape;

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// Whether the digests are equal.
    pub same: bool,
    /// Whether everything is equal that both tell, but for circumstances (see [`Plan::same_but_for_circumstances`]).
    pub alike: bool,
    /// What of the plan is not as recorded: changes, outputs, invoked actions.
    pub differs: Vec<Differs>,
    /// Addresses that are recorded and not planned.
    pub gone: Vec<String>,
}

/// One thing that is not as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differs {
    /// As the list has it; an output as `output.NAME`.
    pub address: String,
    /// Whether nothing of this address is recorded.
    pub is_new: bool,
    /// Attributes that differ.
    pub attributes: Vec<String>,
}

/// Name of what is done to a resource, among what may differ of it.
const ACTION: &str = "the action";

/// Things by address, each with what it is and the prints of its attributes.
type Things<'p> = BTreeMap<String, Thing<'p>>;

struct Thing<'p> {
    whole: String,
    prints: &'p BTreeMap<String, String>,
}

static NO_PRINTS: BTreeMap<String, String> = BTreeMap::new();

impl Plan {
    /// Compares with a recorded plan.
    pub fn compare(&self, recorded: &Plan) -> Comparison {
        let (new, old) = (self.things(), recorded.things());
        let differs = new.iter().filter_map(|(address, thing)| {
            let Some(other) = old.get(address) else {
                return Some(Differs { address: address.clone(), is_new: true, attributes: Vec::new() });
            };
            let attributes = thing.differences(other);
            (!attributes.is_empty()).then(|| Differs { address: address.clone(), is_new: false, attributes })
        });
        Comparison {
            same: self.digest == recorded.digest,
            alike: self.same_but_for_circumstances(recorded),
            differs: differs.collect(),
            gone: old.keys().filter(|address| !new.contains_key(*address)).cloned().collect(),
        }
    }

    /// Whether two plans say the same: all but the tool's version, failed checks, drift, and the order of what they list.
    /// The places that the policy calls volatile are no part of it either.
    pub fn same_but_for_circumstances(&self, other: &Plan) -> bool {
        // The digest is a part of it, and cheaper to compare.
        self.digest == other.digest && self.essence() == other.essence()
    }

    /// The plan without its circumstances, in one order.
    fn essence(&self) -> Plan {
        let mut plan = self.clone();
        plan.tool_version = None;
        (plan.checks, plan.drift, plan.remarks) = (Vec::new(), Vec::new(), Vec::new());
        plan.summary.drift = 0;
        plan.deferred.iter_mut().for_each(|deferred| deferred.change.settle());
        plan.changes.iter_mut().for_each(Change::settle);
        plan.changes.sort_by(Change::order);
        plan.deferred.sort_by(|a, b| a.change.order(&b.change));
        plan.outputs.sort_by(|a, b| a.name.cmp(&b.name));
        plan.invocations.sort();
        plan.reach.reached.sort();
        plan.reach.edges.sort();
        plan
    }

    fn things(&self) -> Things<'_> {
        let mut things = Things::new();
        let mut add = |address: String, whole: String, prints| {
            let mut address = escape(&address);
            // One address may be there more than once: an action that several resources invoke.
            while things.contains_key(&address) {
                address.push('\'');
            }
            things.insert(address, Thing { whole, prints });
        };
        for change in &self.changes {
            add(change.place(), change.outline(), &change.prints);
        }
        for deferred in &self.deferred {
            let outline = format!("{} {}", deferred.reason, deferred.change.outline());
            add(format!("{} (deferred)", deferred.change.place()), outline, &deferred.change.prints);
        }
        for output in &self.outputs {
            let whole = format!("{:?} {}", output.action, output.print);
            add(format!("output.{}", output.name), whole, &NO_PRINTS);
        }
        for invocation in &self.invocations {
            add(invocation.address.clone(), format!("{invocation:?}"), &NO_PRINTS);
        }
        things
    }
}

impl Thing<'_> {
    /// Attributes in which two differ; what is done, where that differs or nothing else tells them apart.
    fn differences(&self, other: &Thing<'_>) -> Vec<String> {
        let names: BTreeSet<&String> = self.prints.keys().chain(other.prints.keys()).collect();
        let mut found: Vec<String> = names
            .into_iter()
            .filter(|name| self.prints.get(*name) != other.prints.get(*name))
            .map(|name| escape(name))
            .collect();
        if self.whole != other.whole {
            found.insert(0, ACTION.to_owned());
        }
        found
    }
}

impl Change {
    /// Leaves out what differs from run to run.
    fn settle(&mut self) {
        self.attributes.retain(|attribute| attribute.change != ChangeKind::Volatile);
        self.attributes.sort();
    }

    /// The address, with the deposed object's key.
    fn place(&self) -> String {
        match &self.deposed {
            Some(key) => format!("{} (deposed object {key})", self.address),
            None => self.address.clone(),
        }
    }

    fn outline(&self) -> String {
        format!("{:?} {} {:?} {:?}", self.action, self.importing, self.previous, self.reason)
    }
}
