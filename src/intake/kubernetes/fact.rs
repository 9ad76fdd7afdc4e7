//! What rules ask about an object as a whole, beyond its changed fields.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::tree::{Path, Value};
use super::compare::ObjectChange;

/// Something that is so after a change and was not so before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// What is so.
    pub fact: FactKind,
    /// Where in the object; empty for all of it.
    #[serde(default, skip_serializing_if = "Path::is_root")]
    pub path: Path,
    /// Names and values that tell it, none of which is a secret.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<String>,
}

/// What rules tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FactKind {
    /// A list that is known by names holds one twice, and the last one counts.
    NamedTwice,
}

/// The facts about a changed object.
pub(super) fn facts(_change: &ObjectChange, _hides: &dyn Fn(&Path, &Value) -> bool) -> Vec<Fact> {
    Vec::new()
}
