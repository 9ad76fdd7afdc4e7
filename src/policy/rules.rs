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
    /// Attributes of which none may change.
    pub unless: FieldGlobs,
    /// Attributes, one of whose numbers becomes smaller.
    pub shrinks: FieldGlobs,
    /// Values, each with attributes one of which comes to have it; `null` is one that is taken away.
    pub becomes: Vec<(String, FieldGlobs)>,
    /// What it comes to be, in the words of [`PlanTrait`]; one of these.
    pub shows: Vec<PlanTrait>,
    /// Whether a value that the plan marks as sensitive changes.
    pub sensitive: bool,
    /// Attributes that name what it is put into: it matches unless that is new in the same plan.
    pub into: Vec<String>,
    /// Ports, one of which becomes open to every address.
    pub opens: Vec<u16>,
    /// Names of roles and policies, one of which it comes to grant; `*` is a policy document that allows everything.
    pub grants: Vec<String>,
}

/// What a resource comes to be by a plan, whichever attributes say so.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum PlanTrait {
    /// Everybody may read what it holds, or reach it where it holds data.
    Public,
    /// What governs other things can be reached from everywhere: a control plane, a function without authorisation.
    PublicEndpoint,
    /// It lies on a public network, behind rules that are not known here.
    Reachable,
    /// Anybody may take on its role.
    TrustsEveryone,
    /// What runs may do on its host what it likes.
    Privileged,
    /// It takes all requests or routes that come its way.
    TakesAll,
    /// It deletes what grows old.
    DeletesData,
    /// What it does is written down no longer, or not all of it.
    Unlogged,
}

impl PlanTrait {
    /// All of them.
    pub const ALL: [PlanTrait; 8] = [
        PlanTrait::Public,
        PlanTrait::PublicEndpoint,
        PlanTrait::Reachable,
        PlanTrait::TrustsEveryone,
        PlanTrait::Privileged,
        PlanTrait::TakesAll,
        PlanTrait::DeletesData,
        PlanTrait::Unlogged,
    ];

    /// The word used in the policy.
    pub fn as_str(self) -> &'static str {
        match self {
            PlanTrait::Public => "public",
            PlanTrait::PublicEndpoint => "public-endpoint",
            PlanTrait::Reachable => "reachable",
            PlanTrait::TrustsEveryone => "trusts-everyone",
            PlanTrait::Privileged => "privileged",
            PlanTrait::TakesAll => "takes-all",
            PlanTrait::DeletesData => "deletes-data",
            PlanTrait::Unlogged => "unlogged",
        }
    }

    /// The trait of that name.
    pub fn parse(word: &str) -> Option<PlanTrait> {
        PlanTrait::ALL.into_iter().find(|known| known.as_str() == word)
    }
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
    /// An action of a provider is invoked.
    Invoke,
    /// It had changed outside of the tool, and the plan only takes note of that.
    Drift,
}

impl PlanAction {
    /// All of them.
    pub const ALL: [PlanAction; 9] = [
        PlanAction::Create,
        PlanAction::Update,
        PlanAction::Delete,
        PlanAction::Replace,
        PlanAction::Forget,
        PlanAction::Import,
        PlanAction::Move,
        PlanAction::Invoke,
        PlanAction::Drift,
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
            PlanAction::Invoke => "invoke",
            PlanAction::Drift => "drift",
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
