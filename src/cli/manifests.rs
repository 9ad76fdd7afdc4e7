//! `changebook manifests`

use serde_json::json;

use super::context::Context;
use super::error::CliError;
use super::file_set::{FileSet, insert_found};
use super::record_act::Target;
use super::render::rendered;
use super::ui::{DIM, GOOD, Ui, paint};
use crate::act::edit_only;
use crate::intake::kubernetes::{Comparison, Manifests, compare, describe, digest, found, totals};
use crate::intake::{Found, with_block, with_paths};
use crate::policy::Policy;
use crate::record::{Record, RecordType, edit, normalize};

/// Record what a change of Kubernetes manifests does
///
/// OLD and NEW are files, folders, `-` for standard input, `/dev/null` for nothing, or REVISION:PATH of this
/// repository. Writes sentences into "Changes", paths into "Manifests affected" and `manifests.ENV`, in the work
/// tree; commit them with your change. The values of secrets are never written.
///
/// Examples:
///   changebook manifests INFRA-200 main:k8s/api k8s/api
///   changebook manifests INFRA-200 old.yaml new.yaml -e staging
///   changebook manifests INFRA-200 main:k8s/api k8s/api --print
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct ManifestsArgs {
    /// The task's ID
    id: String,
    /// The state before
    old: String,
    /// The state after
    new: String,
    /// For which environment; without it the last one that the task goes to
    #[arg(short, long, value_name = "ENV")]
    environment: Option<String>,
    /// Say what would be written, and write nothing
    #[arg(long)]
    print: bool,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &ManifestsArgs) -> Result<(), CliError> {
    let target = Target::find(context, "manifests", &args.id)?;
    target.expect(RecordType::Task)?;
    let environment = environment(&target, args.environment.as_deref())?;
    if args.old == "-" && args.new == "-" {
        return Err(CliError::usage("standard input can be one state, not both"));
    }
    let read = |argument: &str| -> Result<(FileSet, Manifests), CliError> {
        let set = rendered(&target.book, FileSet::read(&target.book, &context.directory, argument)?)?;
        let manifests = manifests(&set)?;
        Ok((set, manifests))
    };
    let (old_set, old) = read(&args.old)?;
    let (new_set, new) = read(&args.new)?;
    for (set, manifests) in [(&old_set, &old), (&new_set, &new)] {
        for path in &manifests.skipped {
            ui.note(&format!("no Kubernetes object in {}", set.shown(path)));
        }
    }
    let comparison = compare(&old, &new);
    let limit = usize::try_from(target.loaded.policy.plan.list_limit).unwrap_or(usize::MAX);
    let evidence = Evidence {
        environment,
        digest: digest(&new, &comparison),
        found: found(&comparison, &target.loaded.policy),
        block: block(&comparison, environment, limit),
        paths: comparison.affected(&|path| old_set.shown(path), &|path| new_set.shown(path)),
        n_changed: comparison.changes.len(),
    };
    if !args.print {
        let state = target.state()?;
        let templates = &target.loaded.templates;
        let edit = |text: &str| evidence.write(&state.record.path, text, &|text| templates.is_guidance(text));
        edit_only(&target.book, &state.record.path, &edit)?;
    }
    report(ui, context, &target, &evidence, args.print)
}

/// The environment that the evidence is for.
pub(super) fn environment<'a>(target: &'a Target, stated: Option<&str>) -> Result<&'a str, CliError> {
    let policy: &Policy = &target.loaded.policy;
    if let Some(name) = stated {
        let known = policy.environments.iter().find(|environment| environment.name == name);
        return known.map(|environment| environment.name.as_str()).ok_or_else(|| {
            let names: Vec<&str> =
                policy.environments.iter().map(|environment| environment.name.as_str()).collect();
            CliError::usage(format!("the policy has no environment `{name}`"))
                .with_hint(format!("it has {}", names.join(", ")))
        });
    }
    let of_task = target.state()?.environments.last().map(|environment| environment.name.as_str());
    let last = of_task.or(policy.environments.last().map(|environment| environment.name.as_str()));
    last.ok_or_else(|| CliError::failure("neither the task nor the policy names an environment"))
}

fn manifests(set: &FileSet) -> Result<Manifests, CliError> {
    if set.files.is_empty() && set.argument == "/dev/null" {
        return Ok(Manifests::nothing());
    }
    let is_yaml = |path: &str| [".yaml", ".yml", ".json"].iter().any(|end| path.ends_with(end));
    let alone = set.files.len() == 1;
    let files: Vec<_> = set.files.iter().filter(|(path, _)| alone || is_yaml(path)).cloned().collect();
    Manifests::read(&set.argument, &files).map_err(|error| CliError::failure(error.to_string()))
}

/// The first line that evidence for an environment begins with.
fn begins(environment: &str) -> String {
    format!("Manifests for {environment}: ")
}

/// Totals and a sentence for each changed object.
fn block(comparison: &Comparison, environment: &str, limit: usize) -> String {
    let mut lines = vec![format!("{}{}", begins(environment), totals(comparison)), String::new()];
    let objects = describe(comparison);
    lines.extend(objects.iter().take(limit).map(|object| format!("- {}", object.text)));
    if objects.len() > limit {
        lines.push(format!("- and {} more objects", objects.len() - limit));
    }
    lines.join("\n")
}

/// What goes into the record.
struct Evidence<'a> {
    environment: &'a str,
    digest: String,
    found: Found,
    block: String,
    paths: Vec<String>,
    n_changed: usize,
}

impl Evidence<'_> {
    fn write(&self, path: &str, text: &str, is_guidance: &dyn Fn(&str) -> bool) -> Result<String, String> {
        let begins = begins(self.environment);
        let put = |text: &str, title: &str, edit: &dyn Fn(&str) -> String| {
            let section = section(path, text, title)?;
            edit::replace_section(text, title, &edit(&section)).map_err(|error| error.to_string())
        };
        let text = put(text, "Changes", &|section| {
            with_block(section, &self.block, &|line| line.starts_with(&begins), is_guidance)
        })?;
        let text =
            put(&text, "Manifests affected", &|section| with_paths(section, &self.paths, is_guidance))?;
        let mut table = toml_edit::InlineTable::new();
        table.insert("digest", self.digest.as_str().into());
        table.insert("changed", i64::try_from(self.n_changed).unwrap_or(i64::MAX).into());
        insert_found(&mut table, &self.found);
        edit::set_nested_field(&text, "manifests", self.environment, table.into())
            .map_err(|error| error.to_string())
    }
}

/// What stands in a section of a record; nothing when there is none.
pub(super) fn section(path: &str, text: &str, title: &str) -> Result<String, String> {
    let record = Record::parse(RecordType::Task, path, text.as_bytes());
    if let Some(broken) = record.diagnostics.iter().find(|_| record.is_broken()) {
        return Err(format!("line {}: {}", broken.line, broken.message));
    }
    let title = normalize(title);
    let section = record.sections.iter().find(|section| normalize(&section.title) == title);
    Ok(section.map_or_else(String::new, |section| record.source[section.content.clone()].to_owned()))
}

fn report(
    ui: &mut Ui,
    context: &Context,
    target: &Target,
    evidence: &Evidence<'_>,
    print: bool,
) -> Result<(), CliError> {
    if context.json {
        return ui.json(&json!({
            "schema": "changebook.manifests/1", "id": target.name, "environment": evidence.environment,
            "digest": evidence.digest, "risk": evidence.found.risk(), "categories": evidence.found.categories(),
            "reasons": evidence.found.reasons(), "changes": evidence.block, "paths": evidence.paths,
            "written": !print,
        }));
    }
    ui.line(super::ui::escape_lines(&evidence.block))?;
    said(ui, target, &evidence.found, print)
}

/// The risk that was found, and where the evidence went.
pub(super) fn said(ui: &mut Ui, target: &Target, found: &Found, print: bool) -> Result<(), CliError> {
    ui.line("")?;
    for reason in found.reasons() {
        ui.line(super::ui::escape_lines(&reason))?;
    }
    if found.risk().is_none() {
        ui.line("No category of the policy is about this change.")?;
    }
    if print {
        return Ok(());
    }
    let path = &target.state()?.record.path;
    ui.line(format!(
        "{} {}: written {}",
        paint(GOOD, "✓"),
        target.name,
        paint(DIM, format!("({path}, not committed)"))
    ))
}
