//! From the bytes of a file to a plan.

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;
use serde_json::value::RawValue;

use super::super::secret::{Verdict, judge};
use super::Plan;
use super::action::Action;
use super::change::{Change, Places, RawChange, Read, collect_aside};
use super::digest::{self, Canonical};
use super::listed::{Deferred, FailedCheck, Invocation, Outputs};
use super::radius::Reach;
use super::secrets::{Collector, Hidden, REDACTED, Secrets};
use super::summary::{Summary, Tool};
use super::text::{self, Document};
use super::units;
use super::value::{Mask, Members, NULL, Value, from_str};
use super::wrong::WrongInput;
use crate::policy::{FieldGlobs, Policy};

/// What the policy says about reading plans.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'p> {
    /// Places that the digest leaves out.
    pub volatile: &'p FieldGlobs,
}

impl<'p> Rules<'p> {
    /// The rules of a policy.
    pub fn of(policy: &'p Policy) -> Self {
        Rules { volatile: &policy.plan.volatile }
    }
}

/// Keys of a plan, of any version. A plan without `format_version` must not have any other.
const KNOWN_KEYS: [&str; 20] = [
    "action_invocations",
    "applyable",
    "checks",
    "complete",
    "condition_results",
    "configuration",
    "deferred_action_invocations",
    "deferred_changes",
    "errored",
    "format_version",
    "output_changes",
    "planned_values",
    "prior_state",
    "provider_schemas",
    "relevant_attributes",
    "resource_changes",
    "resource_drift",
    "terraform_version",
    "timestamp",
    "variables",
];

impl Plan {
    /// Reads a file that holds one plan.
    ///
    /// # Errors
    /// [`WrongInput`]: what the file is instead, or what is wrong with it. It never holds a value of the file.
    pub fn read(bytes: &[u8], rules: Rules<'_>) -> Result<Plan, WrongInput> {
        let mut plans = Plan::read_all(bytes, rules)?;
        match (plans.pop(), plans.is_empty()) {
            (Some((_, plan)), true) => Ok(plan),
            (Some(_), false) => Err(WrongInput::Several),
            (None, _) => Err(WrongInput::NoJson),
        }
    }

    /// Reads a file or stream of plans, each with the unit that printed it where the lines say so.
    ///
    /// # Errors
    /// The same.
    pub fn read_all(bytes: &[u8], rules: Rules<'_>) -> Result<Vec<(Option<String>, Plan)>, WrongInput> {
        let text = units::without_colours(text::decode(bytes)?);
        let mut plans = Vec::new();
        for printed in units::split(&text) {
            for document in text::find_documents(&printed.text)? {
                plans.push((printed.unit.clone(), read_document(&document, rules)?));
            }
        }
        Ok(plans)
    }
}

fn read_document(document: &Document<'_>, rules: Rules<'_>) -> Result<Plan, WrongInput> {
    let members = &document.members;
    check_kind(members)?;
    let mut remarks = Vec::new();
    if document.n_lines_before > 0 {
        remarks.push(match document.n_lines_before {
            1 => "1 line before the JSON was left out".to_owned(),
            n => format!("{n} lines before the JSON were left out"),
        });
    }
    if !members.has("format_version") {
        remarks.push("there is no `format_version`: this plan was modified by another program".to_owned());
    }
    let mut plan = read_members(members, rules)?;
    plan.remarks.splice(0..0, remarks);
    Ok(plan)
}

/// Reads the document's members, which are those of a plan.
fn read_members(members: &Members<'_>, rules: Rules<'_>) -> Result<Plan, WrongInput> {
    let configuration = optional(members, "configuration")?;
    let raw = list(members, "resource_changes")?;
    let raw: Vec<RawChange<'_>> = raw
        .par_iter()
        .enumerate()
        .map(|(index, raw)| RawChange::read(raw.get(), index + 1))
        .collect::<Result<_, _>>()?;
    check_duplicates(&raw)?;
    let secrets = collect_secrets(members, &raw, &configuration)?;
    let mut provisioned = BTreeSet::new();
    collect_provisioned(configuration.get("root_module"), "", &mut provisioned);
    let places = Places { volatile: rules.volatile, provisioned: &provisioned };
    let read: Vec<Read> =
        raw.par_iter().map(|change| change.finish(&secrets, places)).collect::<Result<_, _>>()?;
    let outputs = Outputs::read(&optional(members, "output_changes")?, &secrets)?;
    let lines = digest_lines(members, &read, &outputs, &secrets)?;
    let has_masked = read.iter().any(|read| read.change.action != Action::NoOp && read.is_masked)
        || lines.iter().any(|line| !line.starts_with("resource ") && line.contains(REDACTED));
    let changes: Vec<Change> = read.into_iter().map(|read| read.change).collect();
    let deferred = list(members, "deferred_changes")?;
    let deferred: Vec<Deferred> = deferred
        .iter()
        .enumerate()
        .map(|(index, raw)| Deferred::read(raw.get(), index + 1, &secrets, places))
        .collect::<Result<_, _>>()?;
    let touched = changes.iter().chain(deferred.iter().map(|deferred| &deferred.change));
    let reach = Reach::of(touched, &configuration, members.get("prior_state"))?;
    let flag = |key| members.get(key).and_then(|raw| raw.parse::<bool>().ok());
    let checks = FailedCheck::read_all(&optional(members, "checks")?, &secrets);
    let mut plan = Plan {
        tool: tool(&configuration, members),
        tool_version: tool_version(members),
        digest: digest::total(lines.into_iter()),
        has_masked,
        errored: flag("errored").unwrap_or(false),
        complete: flag("complete"),
        summary: Summary::default(),
        changes: changes.into_iter().filter(Change::is_listed).collect(),
        deferred,
        invocations: Invocation::read_all(
            &optional(members, "action_invocations")?,
            &optional(members, "deferred_action_invocations")?,
            &secrets,
        ),
        outputs: outputs.changed,
        drift: drift(members, &secrets, places)?,
        remarks: checks.iter().map(FailedCheck::line).collect(),
        hidden: Hidden(Arc::new(secrets)),
        checks,
        reach,
    };
    plan.changes.sort_by(Change::order);
    plan.deferred.sort_by(|a, b| a.change.order(&b.change));
    plan.summary = Summary::of(&plan);
    Ok(plan)
}

/// The blocks of a module that run commands when they are made.
fn collect_provisioned(module: &Value<'_>, prefix: &str, found: &mut BTreeSet<String>) {
    for resource in module.get("resources").elements() {
        if let (Some(address), false) =
            (resource.get("address").as_str(), resource.get("provisioners").elements().is_empty())
        {
            found.insert(format!("{prefix}{address}"));
        }
    }
    for (name, call) in module.get("module_calls").members() {
        collect_provisioned(call.get("module"), &format!("{prefix}module.{name}."), found);
    }
}

/// Objects that had changed outside of the tool.
fn drift(members: &Members<'_>, secrets: &Secrets, places: Places<'_>) -> Result<Vec<Change>, WrongInput> {
    let mut drift = Vec::new();
    for (index, raw) in list(members, "resource_drift")?.iter().enumerate() {
        let change = RawChange::read(raw.get(), index + 1)?.finish(secrets, places)?.change;
        // A plan tells objects that only moved among those that drifted.
        if change.action != Action::NoOp {
            drift.push(change);
        }
    }
    drift.sort_by(Change::order);
    Ok(drift)
}

/// The version of the tool, as far as it is one.
fn tool_version(members: &Members<'_>) -> Option<String> {
    let version: String = serde_json::from_str(members.get("terraform_version")?).ok()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+');
    (version.len() <= 40 && version.starts_with(|c: char| c.is_ascii_digit()) && version.chars().all(plain))
        .then_some(version)
}

/// Says what the document is when it is no plan.
fn check_kind(members: &Members<'_>) -> Result<(), WrongInput> {
    let has = |key| members.has(key);
    let plan_like =
        has("resource_changes") || has("planned_values") || has("configuration") || has("applyable");
    Err(if members.0.is_empty() {
        WrongInput::EmptyObject
    } else if has("encrypted_data") {
        WrongInput::Encrypted
    } else if has("remote_plan_format") {
        WrongInput::CloudBookmark
    } else if has("plan_format_version") {
        WrongInput::CloudRedacted
    } else if has("@level") || has("@message") {
        WrongInput::Messages
    } else if has("lineage") || has("serial") {
        WrongInput::StateFile
    } else if has("values") && !plan_like {
        WrongInput::State
    } else if has("totalMonthlyCost") || (has("projects") && has("currency")) {
        WrongInput::Infracost
    } else if has("provider_schemas") && !plan_like {
        WrongInput::Schemas
    } else if !plan_like && !has("output_changes") {
        WrongInput::OtherJson
    } else {
        return check_version(members);
    })
}

fn check_version(members: &Members<'_>) -> Result<(), WrongInput> {
    let Some(raw) = members.get("format_version") else {
        let known = members.0.iter().all(|(key, _)| KNOWN_KEYS.contains(&key.as_ref()));
        return if known && members.has("resource_changes") { Ok(()) } else { Err(WrongInput::NoVersion) };
    };
    let version = Value::read(raw, "`format_version`")?;
    // A number of many digits is no version, and might be anything.
    let major = version.as_str().and_then(|text| text.split('.').next()?.parse::<u8>().ok());
    match major {
        Some(0 | 1) => Ok(()),
        Some(major) => Err(WrongInput::TooNew { version: format!("{major}.x") }),
        None => Err(WrongInput::Malformed { what: "`format_version`", problem: "it is not a valid version" }),
    }
}

/// One resource may stand twice only with different deposed objects.
fn check_duplicates(changes: &[RawChange<'_>]) -> Result<(), WrongInput> {
    let mut seen = BTreeSet::new();
    for (index, change) in changes.iter().enumerate() {
        if !seen.insert((&change.address, &change.deposed)) {
            return Err(WrongInput::Duplicate { position: index + 1 });
        }
    }
    Ok(())
}

fn optional<'a>(members: &Members<'a>, key: &'static str) -> Result<Value<'a>, WrongInput> {
    members.get(key).map_or(Ok(NULL), |raw| Value::read(raw, "a part of the plan"))
}

fn list<'a>(members: &Members<'a>, key: &'static str) -> Result<Vec<&'a RawValue>, WrongInput> {
    match members.get(key) {
        None | Some("null") => Ok(Vec::new()),
        Some(raw) => from_str(raw, "a list of the plan"),
    }
}

fn collect_secrets(
    members: &Members<'_>,
    changes: &[RawChange<'_>],
    configuration: &Value<'_>,
) -> Result<Secrets, WrongInput> {
    let mut collector = changes
        .par_iter()
        .try_fold(Collector::default, |mut collector, change| {
            change.collect(&mut collector)?;
            Ok(collector)
        })
        .try_reduce(Collector::default, |a, b| Ok(a.merge(b)))?;
    for raw in list(members, "resource_drift")? {
        collect_aside(raw.get(), &mut collector)?;
    }
    for raw in list(members, "deferred_changes")? {
        let deferred = Members::read(raw.get(), "`deferred_changes`")?;
        deferred.get("resource_change").map_or(Ok(()), |raw| collect_aside(raw, &mut collector))?;
    }
    collector.configuration(configuration);
    if let Some(raw) = members.get("variables") {
        collector.variables(raw, configuration)?;
    }
    if let Some(raw) = members.get("planned_values") {
        collector.state(raw)?;
    }
    let prior = members.get("prior_state").map(|raw| Members::read(raw, "`prior_state`")).transpose()?;
    if let Some(raw) = prior.as_ref().and_then(|prior| prior.get("values")) {
        collector.state(raw)?;
    }
    let outputs = optional(members, "output_changes")?;
    for (name, change) in outputs.members() {
        let verdict = judge(name);
        collector.value(change.get("before"), Mask::new(change.get("before_sensitive")), verdict);
        collector.value(change.get("after"), Mask::new(change.get("after_sensitive")), verdict);
    }
    for key in ["action_invocations", "deferred_action_invocations"] {
        for invocation in optional(members, key)?.elements() {
            for invocation in [invocation, invocation.get("action_invocation")] {
                let mask = invocation.get("config_sensitive");
                collector.value(invocation.get("config_values"), Mask::new(mask), Verdict::Silent);
            }
        }
    }
    Ok(collector.finish())
}

/// What the digest is taken over.
fn digest_lines(
    members: &Members<'_>,
    changes: &[Read],
    outputs: &Outputs,
    secrets: &Secrets,
) -> Result<Vec<String>, WrongInput> {
    let mut lines: Vec<String> = changes.iter().map(|read| format!("resource {}", read.hash)).collect();
    lines.sort_unstable();
    lines.extend(outputs.lines.iter().cloned());
    let canonical = Canonical { is_volatile: &|_| false, secrets };
    for key in ["action_invocations", "deferred_action_invocations", "deferred_changes"] {
        let value = optional(members, key)?;
        for element in value.elements() {
            let mut text = String::new();
            let (values, mask) = (element.get("config_values"), Mask::new(element.get("config_sensitive")));
            canonical.write(
                values,
                Mask::new(element.get("config_unknown")),
                mask,
                &mut Vec::new(),
                &mut text,
            );
            let rest: Vec<_> =
                element.members().iter().filter(|(key, _)| !key.starts_with("config_")).collect();
            for (key, value) in rest {
                text.push_str(key);
                canonical.write(value, Mask::new(&NULL), Mask::new(&NULL), &mut Vec::new(), &mut text);
            }
            lines.push(format!("{key} {text}"));
        }
    }
    for key in ["applyable", "complete", "errored"] {
        lines.extend(members.get(key).map(|value| format!("{key} {value}")));
    }
    Ok(lines)
}

/// OpenTofu's providers come from its own registry; where none is named, only Terraform says `applyable`, and
/// what neither tells is taken for Terraform's.
fn tool(configuration: &Value<'_>, members: &Members<'_>) -> Tool {
    const REGISTRY: &str = "registry.opentofu.org/";
    let providers = configuration.get("provider_config").members();
    let configured = providers.iter().any(|(_, provider)| {
        provider.get("full_name").as_str().is_some_and(|name| name.starts_with(REGISTRY))
    });
    let used = members.get("resource_changes").is_some_and(|raw| raw.contains("\"registry.opentofu.org/"));
    if configured || used { Tool::OpenTofu } else { Tool::Terraform }
}
