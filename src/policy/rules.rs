//! The rules by which a plan, manifests or a chart make a change one of a category.

use super::{FieldGlobs, NameGlobs};
use crate::record::Risk;

/// A kind of change with its risk.
#[derive(Debug, Clone, PartialEq)]
pub struct Category {
    /// Its name.
    pub name: String,
    /// How risky it is.
    pub risk: Risk,
    /// Resource changes that belong to it: those that one of these rules matches.
    pub terraform: Vec<TerraformRule>,
    /// Manifests that belong to it: those that one of these rules matches.
    pub kubernetes: Vec<KubernetesRule>,
    /// Chart values that belong to it.
    pub helm: Option<HelmRule>,
}

/// Matches resource changes; everything that is given must match.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TerraformRule {
    /// Resource types; where a provider hides the real one in an attribute, also `TYPE:REAL`.
    pub types: NameGlobs,
    /// Resource types that it is not about, although `types` matches them.
    pub except: NameGlobs,
    /// What happens to the resource, one of which.
    pub actions: Vec<PlanAction>,
    /// Attributes, one of which changes.
    pub attributes: FieldGlobs,
    /// Attributes outside of which nothing changes.
    pub only: FieldGlobs,
    /// Attributes outside of which nothing changes, and whose numbers are known and become larger.
    pub grows: FieldGlobs,
    /// Whether a value that is marked sensitive changes.
    pub sensitive: bool,
    /// Attributes that name what it is put into: it matches unless that is new in the same plan.
    pub into: Vec<String>,
    /// Ports, one of which becomes open to every address.
    pub opens: Vec<u16>,
    /// Names of roles and policies, one of which it comes to grant; `*` is a policy document that allows everything.
    pub grants: Vec<String>,
}

/// What a plan does to a resource, as far as rules tell it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlanAction {
    /// Made.
    Create,
    /// Changed in place.
    Update,
    /// Destroyed.
    Delete,
    /// Destroyed and made again, in either order.
    Replace,
    /// Left alone from now on, not destroyed.
    Forget,
    /// Taken under management.
    Import,
    /// Known under another address.
    Move,
}

impl PlanAction {
    /// All of them.
    pub const ALL: [PlanAction; 7] = [
        PlanAction::Create,
        PlanAction::Update,
        PlanAction::Delete,
        PlanAction::Replace,
        PlanAction::Forget,
        PlanAction::Import,
        PlanAction::Move,
    ];

    /// The word used in the policy.
    pub fn as_str(self) -> &'static str {
        match self {
            PlanAction::Create => "create",
            PlanAction::Update => "update",
            PlanAction::Delete => "delete",
            PlanAction::Replace => "replace",
            PlanAction::Forget => "forget",
            PlanAction::Import => "import",
            PlanAction::Move => "move",
        }
    }

    /// The action of that name.
    pub fn parse(word: &str) -> Option<PlanAction> {
        PlanAction::ALL.into_iter().find(|action| action.as_str() == word)
    }
}

/// Matches changes of manifests.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct KubernetesRule {
    /// Kinds of objects.
    pub kinds: NameGlobs,
    /// What happens to the object: `create`, `update`, `delete`.
    pub actions: Vec<String>,
    /// Kinds that it is not about, although `kinds` matches them.
    pub except: NameGlobs,
    /// Places in the object.
    pub fields: FieldGlobs,
    /// Keys of its own labels and annotations.
    pub labels: NameGlobs,
    /// What is so of the object afterwards, in the words of the manual.
    pub facts: Vec<String>,
    /// Places whose amounts are known and go down.
    pub shrinks: FieldGlobs,
    /// Places whose amounts become zero.
    pub stops: FieldGlobs,
}

/// Matches changes of a chart's values.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HelmRule {
    /// Places in the values.
    pub values: FieldGlobs,
    /// What else differs between two versions of a chart, in the words of the manual.
    pub changes: Vec<String>,
}
