//! What a change does that its attributes do not say by themselves: facts that rules of the policy ask for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    },
    /// A role or policy is granted.
    Grants {
        /// Its own name without a path; `*` for a policy document that allows everything.
        name: String,
    },
}

impl Fact {
    /// In a few words, as a reason.
    pub fn words(&self) -> String {
        match self {
            Fact::Opens { from, to } => format!("opens {} to every address", ports(*from, *to)),
            Fact::Grants { name } if name == "*" => "allows every action on everything".to_owned(),
            Fact::Grants { name } => format!("grants {name}"),
        }
    }
}

fn ports(from: u16, to: u16) -> String {
    match (from, to) {
        (0, u16::MAX) => "all ports".to_owned(),
        (from, to) if from == to => format!("port {from}"),
        (from, to) => format!("ports {from}–{to}"),
    }
}
