//! What rules ask about an object as a whole, beyond its changed fields.
//!
//! Most facts are about a state: what is so after a change and was not so before is told, of new objects too. Some are
//! about the step from one state to the other.

mod access;
mod admission;
mod fixed;
mod network;
mod say;
mod workload;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::tree::{Change, Path, Value};
use super::compare::{Comparison, ObjectChange};
use super::sentence::hides;

pub(super) use say::say;

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
    /// Somebody may do everything, or give themselves everything.
    Administrator,
    /// Everybody may do something, whoever they are.
    Everybody,
    /// A workload acts as somebody in the cloud.
    Identity,
    /// A container has the rights of the host's root.
    Privileged,
    /// A pod shares the host's network, processes or memory.
    HostNamespace,
    /// A pod reads the host's files.
    HostPath,
    /// A container has a right of the kernel's that few need.
    Capability,
    /// A container runs as root.
    Root,
    /// Something that kept others out or mistakes away is gone.
    Unprotected,
    /// The internet reaches it.
    Exposed,
    /// It is reached from outside of the cluster, though not by everybody.
    Reachable,
    /// A rule lets in, or out, whoever comes.
    Opened,
    /// Text that a proxy takes into its own configuration.
    Snippet,
    /// Nothing can be made or changed in the cluster while it does not answer.
    Blocking,
    /// A version of an API is served no more.
    VersionGone,
    /// It cannot be changed: the API refuses it.
    Immutable,
    /// A list that is known by names holds one twice, and the last one counts.
    NamedTwice,
    /// Who refers to an object whose name changes with its content.
    UsedBy,
}

impl FactKind {
    /// The word used in the policy; `None` for what is told and judged by nobody.
    pub fn word(self) -> Option<&'static str> {
        Some(match self {
            FactKind::Administrator => "administrator",
            FactKind::Everybody => "everybody",
            FactKind::Identity => "identity",
            FactKind::Privileged => "privileged",
            FactKind::HostNamespace => "host-namespace",
            FactKind::HostPath => "host-path",
            FactKind::Capability => "capability",
            FactKind::Root => "root",
            FactKind::Unprotected => "unprotected",
            FactKind::Exposed => "exposed",
            FactKind::Reachable => "reachable",
            FactKind::Opened => "opened",
            FactKind::Snippet => "snippet",
            FactKind::Blocking => "blocking",
            FactKind::VersionGone => "version-gone",
            FactKind::Immutable => "immutable",
            FactKind::NamedTwice | FactKind::UsedBy => return None,
        })
    }
}

/// Facts that are being gathered about one state, or one step.
#[derive(Default)]
struct Facts(BTreeSet<Fact>);

impl Facts {
    fn add<S: Into<String>>(&mut self, fact: FactKind, path: Path, about: impl IntoIterator<Item = S>) {
        self.0.insert(Fact { fact, path, about: about.into_iter().map(Into::into).collect() });
    }
}

/// The facts about a changed object.
pub(super) fn facts(change: &ObjectChange, comparison: &Comparison) -> Vec<Fact> {
    let kind = change.id.kind.as_str();
    let [before, after] = [&change.old, &change.new].map(|state| {
        let mut facts = Facts::default();
        if let Some(object) = state {
            workload::state(&object.value, &mut facts);
            access::state(kind, &object.value, &mut facts);
            network::state(kind, &object.value, &mut facts);
            admission::state(kind, &object.value, &mut facts);
        }
        facts.0
    });
    let is_new = |fact: &&Fact| fact.fact == FactKind::NamedTwice || !before.contains(fact);
    let mut found = Facts(after.iter().filter(is_new).cloned().collect());
    if change.old.is_none() {
        found.0.retain(|fact| !network::is_usual_when_new(fact));
    }
    if let (Some(old), Some(new)) = (&change.old, &change.new) {
        workload::step(&old.value, &new.value, &mut found);
        access::step(kind, &old.value, &new.value, &mut found);
        network::step(kind, &old.value, &new.value, &mut found);
        admission::step(&change.fields, &old.value, &new.value, &mut found);
        fixed::step(kind, &old.value, &change.fields, &mut found);
    }
    if let Some(users) = comparison.users.get(&change.id.name).filter(|_| change.new.is_some()) {
        found.add(FactKind::UsedBy, Path::default(), users.clone());
    }
    let mut facts: Vec<Fact> = found.0.into_iter().collect();
    for fact in &mut facts {
        let Fact { path, about, .. } = fact;
        // The key itself is no value, whatever it is called.
        let is_secret = |text: &String| {
            text != path.last_key() && hides(&comparison.secrets, kind, path, &Value::Text(text.clone()))
        };
        for text in about.iter_mut().filter(|text| is_secret(text)) {
            super::super::secret::HIDDEN.clone_into(text);
        }
    }
    facts
}

fn path(keys: &[&str]) -> Path {
    keys.iter().fold(Path::default(), |path, key| path.with_key(key))
}

/// The text of a scalar at keys.
fn text(value: &Value, keys: &[&str]) -> Option<String> {
    value.at(keys)?.as_key()
}

fn is_true(value: &Value, keys: &[&str]) -> bool {
    text(value, keys).as_deref() == Some("true")
}

/// Whether it is a map that says nothing.
fn is_empty(value: &Value) -> bool {
    matches!(value, Value::Map(entries) if entries.is_empty())
}

/// Scalars of a list, as text.
fn texts(value: Option<&Value>) -> Vec<String> {
    value.map(Value::items).unwrap_or_default().iter().filter_map(Value::as_key).collect()
}

/// `old → new` for a field.
fn from_to(change: &Change) -> String {
    let text = |value: &Option<Value>| match value {
        None => "nothing".to_owned(),
        Some(value) => value.as_key().unwrap_or_else(|| texts(Some(value)).join(", ")),
    };
    format!("{} → {}", text(&change.old), text(&change.new))
}
