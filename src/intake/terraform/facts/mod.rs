//! What a change does that its attributes do not say by themselves: facts that rules of the policy ask for.
//!
//! Each module knows one kind of fact about one state of a resource. A fact about a change is what holds afterwards and
//! did not before. What a plan masks is judged here too, and told by nothing but what the policy's words already name.

mod documents;
mod grants;
mod opens;
mod place;
mod traits;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::action::Action;
use super::change::Values;
use super::secrets::{REDACTED, Secrets};
use super::value::{NULL, Value};
use crate::policy::PlanTrait;

pub(super) use grants::hidden_kind;
pub(super) use place::json;

/// Permissions that are told of one change.
const MAX_GAINS: usize = 5;

/// One fact about a change. It holds what is new: what was so before is no fact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fact {
    /// Ports become open to every address.
    Opens {
        /// The first one.
        from: u16,
        /// The last one.
        to: u16,
        /// The addresses, as the plan writes them.
        source: String,
    },
    /// A role or policy is granted.
    Grants {
        /// Its own name without a path; `*` for a policy document that allows everything.
        name: String,
        /// To whom, when the plan says so beside it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<String>,
    },
    /// A policy document comes to allow something.
    Gains {
        /// `s3:* on *`.
        what: String,
    },
    /// It comes to be something.
    Shows {
        /// What.
        what: PlanTrait,
        /// What says so, in a few words.
        because: String,
    },
}

impl Fact {
    /// In a few words, as a reason.
    pub fn words(&self) -> String {
        match self {
            Fact::Opens { from: 0, to: u16::MAX, source } => format!("opens all ports to {source}"),
            Fact::Opens { from, to, source } => format!("opens {from}–{to} to {source}"),
            Fact::Grants { name, to } => {
                let what = if name == grants::EVERYTHING { "every action on everything" } else { name };
                let to = to.as_ref().map_or_else(String::new, |to| format!(" to {to}"));
                format!("grants {what}{to}")
            }
            Fact::Gains { what } => format!("policy gains {what}"),
            Fact::Shows { because, .. } => because.clone(),
        }
    }
}

/// Everything that rules may ask for.
pub(super) fn facts(
    resource_type: &str,
    action: Action,
    values: &Values<'_>,
    secrets: &Secrets,
) -> Vec<Fact> {
    let (is_new, before) = match action {
        Action::Create => (true, &NULL),
        Action::Update | Action::DeleteCreate | Action::CreateDelete | Action::CreateForget => {
            (false, &values.before)
        }
        Action::NoOp | Action::Read | Action::Delete | Action::Forget => return Vec::new(),
    };
    let mut facts = opens::opened(resource_type, before, &values.after, secrets);
    let known: BTreeSet<Fact> = states(resource_type, before, false, secrets);
    let now = states(resource_type, &values.after, is_new, secrets);
    let mut n_gains = 0;
    let is_told = |fact: &&Fact| {
        let is_gain = matches!(fact, Fact::Gains { .. });
        n_gains += usize::from(is_gain);
        !is_gain || n_gains <= MAX_GAINS
    };
    facts.extend(now.difference(&known).filter(is_told).cloned());
    facts.sort();
    facts
}

/// What can be said of one state of a resource. What many providers do by default is a fact only where somebody
/// changes to it.
fn states(resource_type: &str, value: &Value<'_>, is_new: bool, secrets: &Secrets) -> BTreeSet<Fact> {
    let mut found = Found { facts: BTreeSet::new(), resource_type, is_new, secrets, hidden: false };
    grants::look(value, &mut found);
    place::each(value, secrets, &mut |place, value| {
        found.hidden = place.hidden;
        grants::look_at(place, value, &mut found);
        documents::look_at(place, value, &mut found);
        traits::look_at(place, value, &mut found);
    });
    found.facts
}

/// What was found, and what it was found in.
struct Found<'f> {
    facts: BTreeSet<Fact>,
    resource_type: &'f str,
    is_new: bool,
    secrets: &'f Secrets,
    /// Whether what is looked at may not be told.
    hidden: bool,
}

impl Found<'_> {
    fn shows(&mut self, what: PlanTrait, because: impl Into<String>) {
        self.facts.insert(Fact::Shows { what, because: because.into() });
    }

    fn grants(&mut self, name: &str, to: Option<&str>) {
        let (name, to) = (self.said(name), to.map(|to| self.said(to)));
        self.facts.insert(Fact::Grants { name, to });
    }

    /// A grant whose name is ours, not the plan's.
    fn grants_known(&mut self, name: &'static str) {
        self.facts.insert(Fact::Grants { name: name.to_owned(), to: None });
    }

    fn gains(&mut self, what: &str) {
        let what = self.said(what);
        self.facts.insert(Fact::Gains { what });
    }

    /// A text of the plan as it may be told.
    fn said(&self, text: &str) -> String {
        const MAX: usize = 120;
        if self.hidden || !self.secrets.may_show(text) {
            return REDACTED.to_owned();
        }
        text.chars().take(MAX).collect()
    }
}

#[cfg(test)]
mod tests;
