//! What a plan holds besides changes of resources: outputs, invoked actions, deferred changes, failed checks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::action::Action;
use super::change::{Change, Places, RawChange, harmless, is_false, shown_address};
use super::diff::shown_setting;
use super::digest::{self, Canonical, print};
use super::secrets::Secrets;
use super::value::{Mask, Members, NULL, Value};
use super::wrong::WrongInput;

/// Settings of an action that are told.
const MAX_SETTINGS: usize = 4;
/// Problems of a failed check that are told.
const MAX_PROBLEMS: usize = 5;
/// Longest problem that is told, in characters.
const MAX_PROBLEM: usize = 200;

/// An output that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutputChange {
    /// Its name.
    pub name: String,
    /// What happens to it.
    pub action: Action,
    /// Whether it is marked as sensitive.
    #[serde(default, skip_serializing_if = "is_false")]
    pub sensitive: bool,
    /// A few hex digits of its values, masked ones left out.
    pub print: String,
}

/// An action that is invoked (Terraform 1.14 and later). The plan does not say what it will do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Invocation {
    /// `action.aws_lambda_invoke.migrate`.
    pub address: String,
    /// `aws_lambda_invoke`.
    #[serde(rename = "type")]
    pub action_type: String,
    /// The resource whose change invokes it; none when it was asked for on the command line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub triggered_by: Option<String>,
    /// When, in the plan's word (`AfterUpdate`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Why it is left for a later plan, in the plan's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deferred: Option<String>,
    /// Some of its settings, as far as they may be shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<Setting>,
    /// A few hex digits of its settings, masked ones left out.
    pub print: String,
}

/// A setting with its value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A change that the tool leaves for a later plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Deferred {
    /// Why, in the plan's word (`resource_config_unknown`).
    pub reason: String,
    /// What is to be done.
    pub change: Change,
}

/// A check of the configuration that did not pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FailedCheck {
    /// `check.health`, or the address of what has the condition.
    pub address: String,
    /// `fail` or `error`.
    pub status: String,
    /// In the configuration's words, as far as they may be shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

/// Changes of outputs.
pub(super) struct Outputs {
    /// A line of the digest for each, changed or not.
    pub(super) lines: Vec<String>,
    pub(super) changed: Vec<OutputChange>,
}

impl Outputs {
    pub(super) fn read(outputs: &Value<'_>, secrets: &Secrets) -> Result<Self, WrongInput> {
        let mut read = Outputs { lines: Vec::new(), changed: Vec::new() };
        for (name, change) in outputs.members() {
            let words = change.get("actions").elements();
            let words: Vec<&str> = words.iter().map(|word| word.as_str().unwrap_or("?")).collect();
            let action = Action::parse(&words).ok_or(WrongInput::Malformed {
                what: "`output_changes`",
                problem: "an action in it is not known",
            })?;
            let canonical = Canonical { is_volatile: &|_| false, secrets };
            let mut text = String::new();
            let none = Mask::new(&NULL);
            let marks = (Mask::new(change.get("before_sensitive")), Mask::new(change.get("after_sensitive")));
            canonical.write(change.get("before"), none, marks.0, &mut Vec::new(), &mut text);
            text.push_str("->");
            let unknown = Mask::new(change.get("after_unknown"));
            canonical.write(change.get("after"), unknown, marks.1, &mut Vec::new(), &mut text);
            let changed = change.get("before") != change.get("after");
            let line = format!("{} {} {changed} {text}", digest::quoted(name, secrets), action.as_str());
            if action != Action::NoOp {
                read.changed.push(OutputChange {
                    name: secrets.shown(name).to_owned(),
                    action,
                    sensitive: marks.0.any() || marks.1.any(),
                    print: print(&line),
                });
            }
            read.lines.push(format!("output {line}"));
        }
        Ok(read)
    }
}

impl Invocation {
    /// Those that are invoked, and those that are left for a later plan.
    pub(super) fn read_all(invoked: &Value<'_>, deferred: &Value<'_>, secrets: &Secrets) -> Vec<Invocation> {
        let now = invoked.elements().iter().map(|invocation| Invocation::read(invocation, None, secrets));
        let later = deferred.elements().iter().map(|deferred| {
            let reason = harmless(deferred.get("reason").as_str().unwrap_or("?"));
            Invocation::read(deferred.get("action_invocation"), Some(reason), secrets)
        });
        let mut all: Vec<Invocation> = now.chain(later).collect();
        all.sort();
        all
    }

    fn read(invocation: &Value<'_>, deferred: Option<String>, secrets: &Secrets) -> Invocation {
        let trigger = invocation.get("lifecycle_action_trigger");
        let address = |value: &Value<'_>| value.as_str().map(|text| shown_address(text, secrets));
        let event = trigger.get("action_trigger_event").as_str().filter(|event| secrets.may_show(event));
        let (values, marks) = (invocation.get("config_values"), invocation.get("config_sensitive"));
        let mut text = String::new();
        let unknown = Mask::new(invocation.get("config_unknown"));
        let canonical = Canonical { is_volatile: &|_| false, secrets };
        canonical.write(values, unknown, Mask::new(marks), &mut Vec::new(), &mut text);
        let settings = values.members().iter().filter_map(|(name, value)| {
            let marked = Mask::new(marks).key(name).any();
            let value = shown_setting(name, value, secrets).filter(|_| !marked && secrets.may_show(name))?;
            Some(Setting { name: name.to_string(), value })
        });
        Invocation {
            address: address(invocation.get("address")).unwrap_or_else(|| "?".to_owned()),
            action_type: harmless(invocation.get("type").as_str().unwrap_or("?")),
            triggered_by: address(trigger.get("triggering_resource_address")),
            event: event
                .filter(|event| event.bytes().all(|byte| byte.is_ascii_alphanumeric()))
                .map(str::to_owned),
            deferred,
            settings: settings.take(MAX_SETTINGS).collect(),
            print: print(&text),
        }
    }

    /// What invokes it, in a few words.
    pub fn words(&self) -> String {
        let when =
            match self.event.as_deref().map(|event| (event.starts_with("Before"), event.to_lowercase())) {
                Some((is_before, event)) => {
                    let verb = match event.trim_start_matches("before").trim_start_matches("after") {
                        "create" => "is created",
                        "update" => "is changed",
                        "destroy" => "is destroyed",
                        _ => "changes",
                    };
                    format!("{} {{}} {verb}", if is_before { "before" } else { "after" })
                }
                None => "by {}".to_owned(),
            };
        let mut words = match &self.triggered_by {
            Some(resource) => format!("invoked {}", when.replace("{}", resource)),
            None => "invoked".to_owned(),
        };
        for Setting { name, value } in &self.settings {
            words.push_str(&format!("; {name}: {value}"));
        }
        if self.deferred.is_some() {
            words.push_str("; deferred");
        }
        words
    }
}

impl Deferred {
    pub(super) fn read(
        raw: &str,
        position: usize,
        secrets: &Secrets,
        places: Places<'_>,
    ) -> Result<Self, WrongInput> {
        const WHAT: &str = "`deferred_changes`";
        let members = Members::read(raw, WHAT)?;
        let missing =
            WrongInput::Malformed { what: WHAT, problem: "a change of it has no `resource_change`" };
        let change = RawChange::read(members.get("resource_change").ok_or(missing)?, position)?;
        let reason = members.get("reason").map(|raw| Value::read(raw, WHAT)).transpose()?.unwrap_or(NULL);
        Ok(Deferred {
            reason: harmless(reason.as_str().unwrap_or("?")),
            change: change.finish(secrets, places)?.change,
        })
    }

    /// Why, in words.
    pub fn why(&self) -> &'static str {
        match self.reason.as_str() {
            "instance_count_unknown" => "the number of instances is not known yet",
            "resource_config_unknown" => "its configuration is not known yet",
            "provider_config_unknown" => "its provider's configuration is not known yet",
            "absent_prereq" => "something that it depends on does not exist yet",
            "deferred_prereq" => "something that it depends on is deferred",
            _ => "left for a later plan",
        }
    }
}

impl FailedCheck {
    pub(super) fn read_all(checks: &Value<'_>, secrets: &Secrets) -> Vec<FailedCheck> {
        let failed = checks.elements().iter().filter_map(|check| {
            let status = check.get("status").as_str().filter(|status| matches!(*status, "fail" | "error"))?;
            let address = check.get("address").get("to_display").as_str().unwrap_or("?");
            let problems = check.get("instances").elements().iter().flat_map(|instance| {
                instance
                    .get("problems")
                    .elements()
                    .iter()
                    .filter_map(|problem| problem.get("message").as_str())
            });
            let shown = problems.filter(|text| secrets.may_show(text)).take(MAX_PROBLEMS);
            Some(FailedCheck {
                address: shown_address(address, secrets),
                status: status.to_owned(),
                problems: shown.map(|text| text.chars().take(MAX_PROBLEM).collect()).collect(),
            })
        });
        failed.collect()
    }

    /// In one line.
    pub fn line(&self) -> String {
        let verb = if self.status == "error" { "could not be evaluated" } else { "failed" };
        let problems =
            if self.problems.is_empty() { String::new() } else { format!(": {}", self.problems.join("; ")) };
        crate::intake::escape(&format!("{} {verb}{problems}", self.address))
    }
}
