//! Plans of Terraform and OpenTofu: `show -json` in, what the change really does out.
//!
//! [`Plan::read`] takes the bytes of a file and the policy's rules. Everything that a plan marks as sensitive
//! stays in here: what comes out may be committed and published.

mod action;
mod address;
mod change;
mod compare;
mod diff;
mod digest;
mod exposure;
mod radius;
mod record;
mod references;
mod risk;
mod secrets;
mod section;
mod summary;
mod svg;
mod svg_tree;
mod text;
mod value;
mod words;
mod wrong;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use rayon::prelude::*;
use serde_json::value::RawValue;

pub use action::Action;
pub use change::Change;
pub use compare::{Comparison, Differs};
pub use diff::{AttributeChange, ChangeKind};
pub use radius::{Radius, Reached, Touched};
pub use record::{Place, recorded_list};
pub use section::{blast_radius_contradiction, claims_nothing_existing};
pub use summary::{Summary, Tool};
pub use svg::svg;
pub use svg_tree::svg_tree;
pub use wrong::WrongInput;

use super::found::{Finding, Found};
use crate::policy::{Category, FieldGlobs, Policy};
use crate::record::Risk;
use change::{RawChange, collect_drift};
use digest::{Canonical, written_parts};
use secrets::{Collector, REDACTED, Secrets};
use value::{Mask, Members, NULL, Value, from_str};

/// What the policy says about plans.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'p> {
    /// What is risky.
    pub categories: &'p [Category],
    /// Places that the digest leaves out.
    pub volatile: &'p FieldGlobs,
}

impl<'p> Rules<'p> {
    /// The rules of a policy.
    pub fn of(policy: &'p Policy) -> Self {
        Rules { categories: &policy.categories, volatile: &policy.plan.volatile }
    }
}

/// A plan as far as it may be shown.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The counts.
    pub summary: Summary,
    /// All resource changes, in the order of the file.
    pub changes: Vec<Change>,
    /// `sha256:…`, the same for two plans of one change.
    pub digest: String,
    /// Whether something that changes holds masked values, which the digest leaves out.
    pub has_masked: bool,
    /// What the record keeps to tell a later plan apart by attributes.
    pub parts: Option<String>,
    /// Whether planning ended in an error, so that the list is partial.
    pub errored: bool,
    /// Whether applying it leaves nothing to plan again, when the plan says.
    pub complete: Option<bool>,
    /// Categories and their reasons.
    pub found: Found,
    /// Which existing resources it reaches.
    pub radius: Radius,
    /// Remarks on the file, for whoever gave it.
    pub remarks: Vec<String>,
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
    /// Reads a file.
    ///
    /// # Errors
    /// [`WrongInput`]: what the file is instead, or what is wrong with it. It never holds a value of the file.
    pub fn read(bytes: &[u8], rules: Rules<'_>) -> Result<Plan, WrongInput> {
        let text = text::decode(bytes)?;
        let document = text::find_document(&text)?;
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
            remarks
                .push("there is no `format_version`: this plan was cut down by another program".to_owned());
        }

        let configuration = optional(members, "configuration")?;
        let raw = list(members, "resource_changes")?;
        let raw: Vec<RawChange<'_>> = raw
            .par_iter()
            .enumerate()
            .map(|(index, raw)| RawChange::read(raw.get(), index + 1))
            .collect::<Result<_, _>>()?;
        check_duplicates(&raw)?;
        let secrets = collect_secrets(members, &raw, &configuration)?;
        let n_acting = raw.iter().filter(|change| change.action != Action::NoOp).count();
        let keeps_parts = n_acting <= digest::MAX_CHANGES_WITH_PARTS;
        let changes: Vec<Change> = raw
            .par_iter()
            .map(|change| change.finish(&secrets, rules.volatile, keeps_parts))
            .collect::<Result<_, _>>()?;

        let outputs = Outputs::read(members, &secrets)?;
        let invocations = optional(members, "action_invocations")?;
        let drift = list(members, "resource_drift")?.len();
        let tool = tool(&configuration, members);
        let mut summary =
            Summary::count(tool, &changes, invocations.elements().len(), outputs.n_changed, drift);
        let flag = |key| members.get(key).and_then(|raw| raw.parse::<bool>().ok());
        let errored = flag("errored").unwrap_or(false);
        summary.errored = errored;
        let mut found = risk::find(&changes, rules.categories);
        if errored {
            let reason = "planning ended in an error, so that the list of changes is partial".to_owned();
            found.push(Finding { category: "incomplete".to_owned(), risk: Risk::High, reason });
        }
        let radius =
            radius::Radius::of(&changes, &summary, &configuration, members.get("prior_state"), errored)?;
        let lines = digest_lines(members, &changes, &outputs, &secrets)?;
        let is_masked = |change: &Change| change.action != Action::NoOp && change.fingerprint.is_masked;
        let has_masked = changes.iter().any(is_masked)
            || lines.iter().any(|line| !line.starts_with("resource ") && line.contains(REDACTED));
        let digest = digest::total(lines.into_iter());
        let mut sorted: Vec<&Change> = changes.iter().filter(|change| change.is_listed()).collect();
        sorted.sort_by_key(|change| (&change.address, &change.deposed));
        let parts = written_parts(sorted.iter().map(|change| &change.fingerprint));
        Ok(Plan {
            summary,
            digest,
            has_masked,
            parts,
            errored,
            complete: flag("complete"),
            found,
            radius,
            remarks,
            changes,
        })
    }

    /// The changes that the tool lists, in the order of the file.
    pub fn listed(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.is_listed())
    }
}

/// Says what the document is when it is no plan.
fn check_kind(members: &Members<'_>) -> Result<(), WrongInput> {
    let has = |key| members.has(key);
    let plan_like =
        has("resource_changes") || has("planned_values") || has("configuration") || has("applyable");
    Err(if members.0.is_empty() {
        WrongInput::EmptyObject
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
        None => Err(WrongInput::Malformed { what: "`format_version`", problem: "it is no version" }),
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
        collect_drift(raw.get(), &mut collector)?;
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
    for (_, change) in outputs.members() {
        collector.masked(change.get("before"), Mask::new(change.get("before_sensitive")));
        collector.masked(change.get("after"), Mask::new(change.get("after_sensitive")));
    }
    for invocation in optional(members, "action_invocations")?.elements() {
        collector.masked(invocation.get("config_values"), Mask::new(invocation.get("config_sensitive")));
    }
    Ok(collector.finish())
}

/// Changes of outputs.
struct Outputs {
    /// A line of the digest for each.
    lines: Vec<String>,
    n_changed: usize,
}

impl Outputs {
    fn read(members: &Members<'_>, secrets: &Secrets) -> Result<Self, WrongInput> {
        let outputs = optional(members, "output_changes")?;
        let (mut lines, mut n_changed) = (Vec::new(), 0);
        for (name, change) in outputs.members() {
            let words = change.get("actions").elements();
            let words: Vec<&str> = words.iter().map(|word| word.as_str().unwrap_or("?")).collect();
            let action = Action::parse(&words).ok_or(WrongInput::Malformed {
                what: "`output_changes`",
                problem: "an action in it is not known",
            })?;
            n_changed += usize::from(action != Action::NoOp);
            let canonical = Canonical { is_volatile: &|_| false, secrets };
            let mut text = String::new();
            let none = Mask::new(&NULL);
            let marks = (Mask::new(change.get("before_sensitive")), Mask::new(change.get("after_sensitive")));
            canonical.write(change.get("before"), none, marks.0, &mut Vec::new(), &mut text);
            text.push_str("->");
            let unknown = Mask::new(change.get("after_unknown"));
            canonical.write(change.get("after"), unknown, marks.1, &mut Vec::new(), &mut text);
            let changed = change.get("before") != change.get("after");
            lines.push(format!(
                "output {} {} {changed} {text}",
                digest::quoted(name, secrets),
                action.as_str()
            ));
        }
        Ok(Outputs { lines, n_changed })
    }
}

/// What the digest is taken over.
fn digest_lines(
    members: &Members<'_>,
    changes: &[Change],
    outputs: &Outputs,
    secrets: &Secrets,
) -> Result<Vec<String>, WrongInput> {
    let mut lines: Vec<String> =
        changes.iter().map(|change| format!("resource {}", change.fingerprint.hash)).collect();
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
