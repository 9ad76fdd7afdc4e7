//! Plans of Terraform and OpenTofu: `show -json` in, what the change really does out.
//!
//! [`Plan::read`] takes the bytes of a file and the policy's rules. Everything that a plan marks as sensitive
//! stays in here: what comes out may be committed and published.

mod action;
mod address;
mod change;
mod compare;
mod diff;
mod digest;
mod facts;
mod hidden;
mod listed;
mod radius;
mod read;
mod references;
mod risk;
mod secrets;
mod section;
mod summary;
mod svg;
mod svg_tree;
mod telling;
mod text;
mod units;
mod value;
mod words;
mod wrong;

#[cfg(test)]
mod leak_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod written_tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use action::Action;
pub use change::Change;
pub use compare::{Comparison, Differs};
pub use diff::{AttributeChange, ChangeKind};
pub use facts::Fact;
pub use listed::{Deferred, FailedCheck, Invocation, OutputChange, Setting};
pub use radius::{Radius, Reach, Reached, Touched};
pub use read::Rules;
pub use section::{blast_radius_contradiction, claims_nothing_existing};
pub use summary::{Summary, Tool};
pub use svg::svg;
pub use svg_tree::svg_tree;
pub use wrong::WrongInput;

use super::found::Found;
use crate::policy::Policy;
use change::is_false;
use secrets::{Hidden, REDACTED};

/// A plan as far as it may be shown: what was found in it, and no verdict. It is written as it stands here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Which program made it.
    pub tool: Tool,
    /// That program's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_version: Option<String>,
    /// `sha256:…`, the same for two plans of one change.
    pub digest: String,
    /// Whether something that changes holds masked values, which the digest leaves out.
    #[serde(default, skip_serializing_if = "is_false")]
    pub has_masked: bool,
    /// Whether planning ended in an error, so that the list is partial.
    #[serde(default, skip_serializing_if = "is_false")]
    pub errored: bool,
    /// Whether applying it leaves nothing to plan again, when the plan says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complete: Option<bool>,
    /// The counts.
    pub summary: Summary,
    /// Every change that the tool lists, in the order of modules and addresses.
    pub changes: Vec<Change>,
    /// Changes that are left for a later plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deferred: Vec<Deferred>,
    /// Actions that are invoked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub invocations: Vec<Invocation>,
    /// Outputs that change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<OutputChange>,
    /// Objects that had changed outside of the tool before it planned; what it does about them stands among the changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<Change>,
    /// Checks of the configuration that did not pass.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<FailedCheck>,
    /// Which existing resources refer to those that change.
    pub reach: Reach,
    /// Remarks on the file, for whoever gave it.
    #[serde(skip)]
    pub remarks: Vec<String>,
    /// What must not be shown beside it either.
    #[serde(skip)]
    hidden: Hidden,
}

impl Plan {
    /// Whether a text that stands beside the plan, such as a name in an estimate of its cost, holds nothing that is
    /// secret in it. A plan that was not read from its tool's file knows no secrets.
    pub fn may_show(&self, text: &str) -> bool {
        self.hidden.0.may_show(text)
    }

    /// The changes that the tool lists.
    pub fn listed(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter()
    }

    /// Those and the deferred ones.
    fn all_changes(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().chain(self.deferred.iter().map(|deferred| &deferred.change))
    }

    /// Categories of a policy and their reasons, from what is written here alone.
    pub fn found(&self, policy: &Policy) -> Found {
        risk::find(self, &policy.categories)
    }

    /// Addresses of all that it makes, changes or takes away, deferred changes included; those of data sources that are
    /// only read are none.
    pub fn touched(&self) -> impl Iterator<Item = &str> {
        self.all_changes().filter(|change| !change.is_data).map(|change| change.address.as_str())
    }

    /// Addresses of existing resources that do not change and refer to those that do.
    pub fn reached(&self) -> impl Iterator<Item = &str> {
        self.reach.reached.iter().map(|reached| reached.address.as_str())
    }

    /// Whether its counts are those of what it lists, and types those of the addresses: a written plan that says otherwise was
    /// changed by hand.
    pub fn holds_together(&self) -> bool {
        let is_of_type = |change: &Change| {
            let named = change::type_in_address(&change.address);
            named == change.resource_type
                || change.address.contains(REDACTED)
                || !change.address.contains('.')
        };
        self.summary == Summary::of(self) && self.all_changes().all(is_of_type)
    }
}
