//! What a plan does to one resource.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::policy::PlanAction;

/// The planned action on one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Nothing, but it may be moved or imported.
    NoOp,
    /// Made.
    Create,
    /// Read during the apply (data sources).
    Read,
    /// Changed in place.
    Update,
    /// Destroyed, then made again.
    DeleteCreate,
    /// Made again, then the old one destroyed.
    CreateDelete,
    /// Destroyed.
    Delete,
    /// Left alone from now on, not destroyed.
    Forget,
    /// Made again, the old one left alone.
    CreateForget,
}

impl Action {
    /// From the words of the plan; `None` for any that is not known, never a guess.
    pub(super) fn parse(words: &[&str]) -> Option<Action> {
        Some(match words {
            ["no-op"] => Action::NoOp,
            ["create"] => Action::Create,
            ["read"] => Action::Read,
            ["update"] => Action::Update,
            ["delete", "create"] => Action::DeleteCreate,
            ["create", "delete"] => Action::CreateDelete,
            ["delete"] => Action::Delete,
            ["forget"] => Action::Forget,
            ["create", "forget"] | ["forget", "create"] => Action::CreateForget,
            _ => return None,
        })
    }

    /// The word in the digest.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Action::NoOp => "no-op",
            Action::Create => "create",
            Action::Read => "read",
            Action::Update => "update",
            Action::DeleteCreate => "delete,create",
            Action::CreateDelete => "create,delete",
            Action::Delete => "delete",
            Action::Forget => "forget",
            Action::CreateForget => "create,forget",
        }
    }

    /// What the policy's rules call it. Reads and doing nothing have no name there.
    pub(super) fn for_rules(self) -> Option<PlanAction> {
        match self {
            Action::NoOp | Action::Read => None,
            Action::Create => Some(PlanAction::Create),
            Action::Update => Some(PlanAction::Update),
            Action::DeleteCreate | Action::CreateDelete => Some(PlanAction::Replace),
            Action::Delete => Some(PlanAction::Delete),
            Action::Forget | Action::CreateForget => Some(PlanAction::Forget),
        }
    }

    /// Whether the object that there is ceases to be.
    pub fn destroys(self) -> bool {
        matches!(self, Action::Delete | Action::DeleteCreate | Action::CreateDelete)
    }

    /// Whether it is destroyed and made again, in either order.
    pub fn replaces(self) -> bool {
        matches!(self, Action::DeleteCreate | Action::CreateDelete)
    }

    /// Whether something changes that is there already.
    pub fn touches_existing(self) -> bool {
        !matches!(self, Action::NoOp | Action::Create | Action::Read)
    }
}
