//! One planned change of one resource.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::secret::{Verdict, judge, may_hold};
use super::action::Action;
use super::address::{compare_addresses, steps, with_keys_hidden};
use super::diff::{AttributeChange, ChangeKind, Sides, changes};
use super::digest::{Fingerprint, Subject, fingerprint};
use super::facts::{self, Fact};
use super::hidden::hidden_types;
use super::secrets::{Collector, REDACTED, Secrets};
use super::telling::telling;
use super::value::{Mask, Members, NULL, Value};
use super::wrong::WrongInput;
use crate::policy::FieldGlobs;

const WHAT: &str = "`resource_changes`";

/// What is planned for one resource, without any value that may be secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// As the tool writes it; steps of it that are sensitive somewhere are redacted.
    pub address: String,
    /// `aws_instance`.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// The types that hide behind it: `azapi_resource:Microsoft.Sql/servers@2023-05-01`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden_types: Vec<String>,
    /// Whether it is a data source.
    #[serde(default, skip_serializing_if = "is_false", rename = "data")]
    pub is_data: bool,
    /// What happens.
    pub action: Action,
    /// Key of the deposed object it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deposed: Option<String>,
    /// Where it was known before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// The module's address, when it is in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// Whether it is taken under management.
    #[serde(default, skip_serializing_if = "is_false")]
    pub importing: bool,
    /// Why, in the plan's word (`replace_because_tainted`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Top-level attributes that force the replacement.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forced_by: Vec<String>,
    /// What changes inside, for changes in place and replacements; some of what it has, for what is made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<AttributeChange>,
    /// Attributes that are known after the apply only, as that of something new is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
    /// What rules may ask for besides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Fact>,
    /// A few hex digits for each attribute that it has, before and after, masked values left out: to say later where two
    /// plans differ.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub prints: BTreeMap<String, String>,
}

/// What is known of places apart from the change itself.
#[derive(Clone, Copy)]
pub(super) struct Places<'p> {
    /// Those that the digest leaves out.
    pub(super) volatile: &'p FieldGlobs,
    /// Blocks that run commands when they are made.
    pub(super) provisioned: &'p BTreeSet<String>,
}

/// A change that was read whole, with what the digest of the plan asks for.
pub(super) struct Read {
    pub(super) change: Change,
    /// What it is in the digest.
    pub(super) hash: String,
    /// Whether a value in it is masked, and so no part of the hash.
    pub(super) is_masked: bool,
}

/// A resource change as the file has it, its values unread.
pub(super) struct RawChange<'a> {
    pub(super) address: Cow<'a, str>,
    pub(super) deposed: Option<Cow<'a, str>>,
    resource: Members<'a>,
    change: Members<'a>,
    pub(super) action: Action,
}

/// The values of a change.
pub(super) struct Values<'a> {
    pub(super) before: Value<'a>,
    pub(super) after: Value<'a>,
    pub(super) unknown: Value<'a>,
    pub(super) before_sensitive: Value<'a>,
    pub(super) after_sensitive: Value<'a>,
}

impl<'a> RawChange<'a> {
    /// Reads the frame of the change at `position` (from 1).
    pub(super) fn read(raw: &'a str, position: usize) -> Result<Self, WrongInput> {
        let resource = Members::read(raw, WHAT)?;
        let change = resource.get("change").ok_or(missing("a change of it has no `change`"))?;
        let change = Members::read(change, WHAT)?;
        let address = match text(&resource, "address")? {
            Some(address) => address,
            None => named(&resource)?.ok_or(missing("a change of it has no `address`"))?.into(),
        };
        let deposed = match resource.get("deposed") {
            // Versions before 0.13 only say that it is one.
            Some("true") => Some(Cow::Borrowed("true")),
            None | Some("false") => None,
            Some(_) => text(&resource, "deposed")?,
        };
        let actions = change.get("actions").map(|raw| Value::read(raw, WHAT)).transpose()?.unwrap_or(NULL);
        let words: Vec<&str> = actions.elements().iter().map(|word| word.as_str().unwrap_or("?")).collect();
        let unknown = || WrongInput::UnknownAction {
            position,
            words: words.iter().map(|word| verb(word)).collect::<Vec<_>>().join(", "),
        };
        let parsed = Action::parse(&words);
        // A list without words is believed to be nothing only when both sides say so.
        let action = match parsed {
            None if actions == Value::Array(Vec::new()) => Action::NoOp,
            None => return Err(unknown()),
            Some(action) => action,
        };
        let read = RawChange { address, deposed, resource, change, action };
        if parsed.is_none() {
            let values = read.values()?;
            if values.before != values.after || Mask::new(&values.unknown).any() {
                return Err(WrongInput::UnknownAction { position, words: "none".to_owned() });
            }
        }
        Ok(read)
    }

    pub(super) fn values(&self) -> Result<Values<'a>, WrongInput> {
        let value = |key| self.change.get(key).map_or(Ok(NULL), |raw| Value::read(raw, WHAT));
        Ok(Values {
            before: value("before")?,
            after: value("after")?,
            unknown: value("after_unknown")?,
            before_sensitive: value("before_sensitive")?,
            after_sensitive: value("after_sensitive")?,
        })
    }

    /// What is sensitive in it.
    pub(super) fn collect(&self, collector: &mut Collector) -> Result<(), WrongInput> {
        let resource_type = text(&self.resource, "type")?.unwrap_or_default();
        collect(&self.change, judge(&resource_type), collector)
    }

    /// Reads it whole.
    pub(super) fn finish(&self, secrets: &Secrets, places: Places<'_>) -> Result<Read, WrongInput> {
        let Places { volatile, provisioned } = places;
        let values = self.values()?;
        let resource_type = match text(&self.resource, "type")? {
            Some(word) => word.into_owned(),
            None => type_in_address(&self.address).to_owned(),
        };
        let previous = text(&self.resource, "previous_address")?.filter(|previous| *previous != self.address);
        let importing = self.change.get("importing").is_some_and(|importing| importing != "null");
        let mut attributes = changes(values.sides(), &resource_type, secrets);
        for attribute in &mut attributes {
            if is_volatile(volatile, &resource_type, &attribute.path) {
                attribute.change = ChangeKind::Volatile;
            }
        }
        let Fingerprint { hash, prints, is_masked } = fingerprint(
            &Subject {
                raw: self,
                values: &values,
                importing,
                previous: previous.as_deref(),
                is_volatile: &|path| is_volatile(volatile, &resource_type, path),
                secrets,
            },
            attributes.iter(),
        );
        let is_unknown =
            |change: &&AttributeChange| change.change == ChangeKind::Unknown && change.path.len() == 1;
        let unknown = attributes.iter().filter(is_unknown).map(|change| change.path[0].clone()).collect();
        match self.action {
            Action::Create => attributes = telling(attributes),
            Action::Delete | Action::Forget | Action::Read | Action::NoOp => attributes.clear(),
            _ => {}
        }
        let change = Change {
            facts: facts::facts(&resource_type, self.action, &values, secrets),
            address: shown_address(&self.address, secrets),
            deposed: self.deposed.as_deref().map(|key| secrets.shown(key).to_owned()),
            previous: previous.map(|previous| shown_address(&previous, secrets)),
            module: text(&self.resource, "module_address")?.map(|module| shown_address(&module, secrets)),
            hidden_types: hidden_types(&self.address, &resource_type, &values, secrets, provisioned),
            is_data: text(&self.resource, "mode")?.as_deref() == Some("data"),
            action: self.action,
            importing,
            reason: text(&self.resource, "action_reason")?.map(|reason| harmless(&reason)),
            forced_by: self.forced_by(secrets)?,
            resource_type,
            attributes,
            unknown,
            prints,
        };
        Ok(Read { change, hash, is_masked })
    }

    fn forced_by(&self, secrets: &Secrets) -> Result<Vec<String>, WrongInput> {
        let paths = self.change.get("replace_paths").map_or(Ok(NULL), |raw| Value::read(raw, WHAT))?;
        let first = |path: &Value<'_>| path.at(0).as_str().map(|step| secrets.shown(step).to_owned());
        let mut names: Vec<String> = paths.elements().iter().filter_map(first).collect();
        names.dedup();
        Ok(names)
    }
}

/// What is secret in a change that stands aside: of an object that had changed outside of the tool, or is deferred.
pub(super) fn collect_aside(raw: &str, collector: &mut Collector) -> Result<(), WrongInput> {
    let resource = Members::read(raw, WHAT)?;
    let change = resource.get("change").map(|raw| Members::read(raw, WHAT)).transpose()?;
    let of = resource.get("type").map_or(Verdict::Silent, |raw| judge(raw.trim_matches('"')));
    change.map_or(Ok(()), |change| collect(&change, of, collector))
}

fn collect(change: &Members<'_>, of: Verdict, collector: &mut Collector) -> Result<(), WrongInput> {
    let raw = |key| change.get(key).unwrap_or("null");
    // Most resources are not changed, and one side tells what both hold.
    let is_same = raw("before") == raw("after") && raw("before_sensitive") == raw("after_sensitive");
    for (side, mask) in [("before", "before_sensitive"), ("after", "after_sensitive")] {
        let mask = Value::read(raw(mask), WHAT)?;
        let is_needed = Mask::new(&mask).any() || of == Verdict::Secret || may_hold(raw(side));
        if is_needed && !(is_same && side == "before") {
            collector.value(&Value::read(raw(side), WHAT)?, Mask::new(&mask), of);
        }
    }
    Ok(())
}

impl<'a> Values<'a> {
    pub(super) fn sides(&self) -> Sides<'_, 'a> {
        Sides {
            before: &self.before,
            after: &self.after,
            unknown: Mask::new(&self.unknown),
            before_sensitive: Mask::new(&self.before_sensitive),
            after_sensitive: Mask::new(&self.after_sensitive),
            verdict: Verdict::Silent,
        }
    }
}

impl Change {
    /// Whether it is listed: all but what neither changes nor moves nor is imported, and data sources that go.
    pub fn is_listed(&self) -> bool {
        match self.action {
            Action::NoOp => self.previous.is_some() || self.importing,
            Action::Delete => !self.is_data,
            _ => true,
        }
    }

    /// Whether a value changes that the plan itself marks as sensitive.
    pub fn changes_sensitive(&self) -> bool {
        self.attributes.iter().any(|attribute| attribute.change == ChangeKind::Sensitive)
    }

    /// The order of a list: by module, then by address, with numbers in their own order.
    pub(super) fn order(&self, other: &Change) -> Ordering {
        let module = |change: &Change| change.module.clone().unwrap_or_default();
        compare_addresses(&module(self), &module(other))
            .then_with(|| compare_addresses(&self.address, &other.address))
            .then_with(|| self.deposed.cmp(&other.deposed))
    }
}

fn is_volatile(volatile: &FieldGlobs, resource_type: &str, path: &[String]) -> bool {
    if volatile.is_empty() {
        return false;
    }
    let typed: Vec<&str> = std::iter::once(resource_type).chain(path.iter().map(String::as_str)).collect();
    volatile.matches(&typed) || volatile.matches(path)
}

/// An address with every key in it hidden that is a secret, or holds one.
pub(super) fn shown_address(address: &str, secrets: &Secrets) -> String {
    let shown = with_keys_hidden(address, REDACTED, &|key| !secrets.may_show(key));
    if secrets.may_show_names(&shown) { shown } else { REDACTED.to_owned() }
}

/// `aws_instance` of `module.a["x.y"].aws_instance.web[0]`, for plans that were cut down to addresses.
pub(super) fn type_in_address(address: &str) -> &str {
    let steps = steps(address);
    steps.len().checked_sub(2).map_or(address, |at| steps[at])
}

fn text<'a>(members: &Members<'a>, key: &'static str) -> Result<Option<Cow<'a, str>>, WrongInput> {
    match members.get(key) {
        None | Some("null") => Ok(None),
        Some(raw) => match Value::read(raw, WHAT)? {
            Value::String(text) => Ok(Some(text)),
            _ => Err(missing("a name in it is not a string")),
        },
    }
}

/// The address put together from its parts: Terraform 1.0 gives drifted objects none.
fn named(resource: &Members<'_>) -> Result<Option<String>, WrongInput> {
    let (Some(resource_type), Some(name)) = (text(resource, "type")?, text(resource, "name")?) else {
        return Ok(None);
    };
    let module = match text(resource, "module_address")? {
        Some(module) => Some(module),
        None => text(resource, "module")?,
    };
    let module =
        module.filter(|module| !module.is_empty()).map_or_else(String::new, |module| format!("{module}."));
    let mode = if text(resource, "mode")?.as_deref() == Some("data") { "data." } else { "" };
    let index = match resource.get("index").map(str::trim) {
        None | Some("null") => String::new(),
        Some(index) => format!("[{index}]"),
    };
    Ok(Some(format!("{module}{mode}{resource_type}.{name}{index}")))
}

fn missing(problem: &'static str) -> WrongInput {
    WrongInput::Malformed { what: WHAT, problem }
}

/// A word of an action that is not known: one of those that make up the known ones, or none at all.
fn verb(word: &str) -> &str {
    const VERBS: &str = "create read update delete replace forget import move no-op invoke defer";
    if VERBS.split(' ').any(|verb| verb == word) { word } else { "?" }
}

/// A word of the plan's own vocabulary; anything else is not repeated.
pub(super) fn harmless(word: &str) -> String {
    let plain = word.len() <= 60
        && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte == b'-');
    if plain { word.to_owned() } else { "?".to_owned() }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
pub(super) fn is_false(value: &bool) -> bool {
    !value
}
