//! `changebook chart`

use serde_json::json;

use super::context::Context;
use super::error::CliError;
use super::evidence::tell_risk;
use super::file_set::{FileSet, Files, insert_found};
use super::record_act::{CommitArgs, Target};
use super::ui::{Ui, escape_lines};
use crate::book::Book;
use crate::history::{Blob, CommitId};
use crate::intake::helm::{
    Chart, ChartError, ValuesFile, compare, describe, digest, found, parse_version, unpack,
};
use crate::intake::{Found, put_section};
use crate::policy::Policy;
use crate::record::{Details, Record, RecordType, edit};

/// Record what an upgrade of a Helm chart brings, and commit it
///
/// OLD and NEW are folders of the chart, packed `.tgz` charts, REVISION:PATH of this repository, or versions that
/// this repository holds. The record gets its "Changelog review" and `chart`. A packed chart is read in memory and
/// never unpacked to disk. The same upgrade again changes nothing.
///
/// Examples:
///   changebook chart INFRA-210 ingress-nginx-4.6.0.tgz ingress-nginx-4.8.0.tgz
///   changebook chart INFRA-210 main:charts/ingress-nginx charts/ingress-nginx
///   changebook chart INFRA-210 4.6.0 4.8.0
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct ChartArgs {
    /// The task's ID
    id: String,
    /// The chart before
    old: String,
    /// The chart after
    new: String,
    /// Say what would be recorded, and record nothing
    #[arg(long, conflicts_with_all = ["no_commit", "message"])]
    print: bool,
    #[command(flatten)]
    commit: CommitArgs,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &ChartArgs) -> Result<(), CliError> {
    let target = Target::find(context, "chart", &args.id, &args.commit)?;
    target.expect(RecordType::Task)?;
    let name = chart_name(&target)?;
    // The charts are those of the user's own work tree, whatever branch the record is edited on.
    let here = context.book()?;
    let files = |argument: &str| chart_files(&here, context, argument, name.as_deref());
    let evidence = Evidence::read(&here, &target.loaded.policy, [&args.old, &args.new], &files)?;
    if let Some(name) = name.as_deref().filter(|name| *name != evidence.name) {
        return Err(CliError::failure(format!(
            "{} is about the chart `{name}`, not `{}`",
            target.name, evidence.name
        )));
    }
    if args.print || !context.json {
        evidence.show(ui, context)?;
    }
    if args.print {
        return Ok(());
    }
    let path = target.state()?.record.path.clone();
    let is_guidance = |text: &str| target.loaded.templates.is_guidance(text);
    let edit = |text: &str| evidence.put(&path, text, &is_guidance);
    let done = format!("{} {} → {}", evidence.name, evidence.current, evidence.target);
    let message = format!("{}: {done}\n", target.name);
    target.apply_change(ui, context, &args.commit, &done, &message, &edit)
}

impl From<ChartError> for CliError {
    fn from(error: ChartError) -> Self {
        let hint = matches!(error, ChartError::NoChart { .. }).then_some(
            "name the folder that holds Chart.yaml, a packed chart, or a version that this repository holds",
        );
        let failure = CliError::failure(error.to_string());
        match hint {
            Some(hint) => failure.with_hint(hint),
            None => failure,
        }
    }
}

/// The chart that the record names, as it stands in the work tree.
fn chart_name(target: &Target) -> Result<Option<String>, CliError> {
    let path = &target.state()?.record.path;
    let text = target.book.text(None, path)?.unwrap_or_default();
    let record = Record::parse(RecordType::Task, path, text.as_bytes());
    Ok(match record.details {
        Details::Task(task) => task.chart.and_then(|chart| chart.name),
        Details::Decision(_) | Details::Runbook(_) => None,
    })
}

/// What goes into the record.
pub(super) struct Evidence {
    name: String,
    current: String,
    target: String,
    digest: String,
    found: Found,
    block: String,
}

impl Evidence {
    /// Reads and compares two versions; `files` finds the files of one.
    pub(super) fn read(
        book: &Book,
        policy: &Policy,
        arguments: [&str; 2],
        files: &dyn Fn(&str) -> Result<Files, CliError>,
    ) -> Result<Self, CliError> {
        let old = Chart::read(arguments[0], &files(arguments[0])?)?;
        let new_files = files(arguments[1])?;
        let new = Chart::read(arguments[1], &new_files)?;
        let comparison = compare(&old, &new, &values_files(book)?)?;
        Ok(Evidence {
            name: new.name.clone(),
            current: old.version_text.clone(),
            target: new.version_text.clone(),
            digest: digest(&new_files),
            found: found(&comparison, policy),
            block: describe(&comparison),
        })
    }

    /// Tells it to people, or as JSON.
    pub(super) fn show(&self, ui: &mut Ui, context: &Context) -> Result<(), CliError> {
        if context.json {
            return ui.json(&json!({
                "schema": "changebook.chart/1",
                "chart": { "name": self.name, "current": self.current, "target": self.target },
                "digest": self.digest, "risk": self.found.risk(), "categories": self.found.categories(),
                "reasons": self.found.reasons(), "review": self.block,
            }));
        }
        ui.line(escape_lines(&self.block))?;
        tell_risk(ui, &self.found)
    }

    fn put(&self, path: &str, text: &str, is_guidance: &dyn Fn(&str) -> bool) -> Result<String, String> {
        let text = put_section(path, text, "Changelog review", &self.name, &self.block, is_guidance)
            .map_err(|error| error.to_string())?;
        let mut table = toml_edit::InlineTable::new();
        for (key, value) in [
            ("name", &self.name),
            ("current", &self.current),
            ("target", &self.target),
            ("digest", &self.digest),
        ] {
            table.insert(key, value.as_str().into());
        }
        insert_found(&mut table, &self.found);
        match edit::set_field(&text, "chart", table.clone().into()) {
            // Written as `[chart]` or `chart.name = …`: key by key.
            Err(edit::EditError::IsTable { .. }) => table
                .into_iter()
                .try_fold(text, |text, (key, value)| edit::set_nested_field(&text, "chart", &key, value))
                .map_err(|error| error.to_string()),
            outcome => outcome.map_err(|error| error.to_string()),
        }
    }
}

/// The files of the chart that an argument names.
pub(super) fn chart_files(
    book: &Book,
    context: &Context,
    argument: &str,
    name: Option<&str>,
) -> Result<Files, CliError> {
    let is_path = context.directory.join(argument).exists() || argument.contains(':');
    if !is_path && parse_version(argument).is_some() {
        let name = name.ok_or_else(|| {
            CliError::failure(format!("`{argument}` is a version, and the record does not name its chart"))
                .with_hint("write `chart.name = \"…\"` into the record, or name the chart's folder")
        })?;
        return version_in_repository(book, name, argument);
    }
    let set = FileSet::read(book, &context.directory, argument)?;
    match &set.files[..] {
        [(path, bytes)] if path.ends_with(".tgz") || path.ends_with(".tar.gz") => unpacked(argument, bytes),
        _ => Ok(set.files),
    }
}

fn unpacked(what: &str, bytes: &[u8]) -> Result<Files, CliError> {
    unpack(bytes).map_err(|error| CliError::failure(format!("`{what}`: {error}")))
}

/// The chart of that name and version in HEAD, or in the last commit on its first-parent line that held it.
fn version_in_repository(book: &Book, name: &str, version: &str) -> Result<Files, CliError> {
    let not_found = || {
        CliError::failure(format!("this repository holds no version {version} of the chart `{name}`"))
            .with_hint("name the chart's folder, a packed chart, or REVISION:PATH")
    };
    let head = book.head()?.commit.ok_or_else(not_found)?;
    let history = book.repository.read(&[head], &book.path)?;
    let mut position = history.position(head);
    let mut seen = Vec::new();
    while let Some(at) = position {
        let commit = &history.commits[at];
        if let Some(files) = chart_in_commit(book, commit.id, name, version, &mut seen)? {
            return Ok(files);
        }
        position = commit.parents.first().copied();
    }
    Err(not_found())
}

/// The chart in one commit; blobs that were looked at in another commit are in `seen`.
fn chart_in_commit(
    book: &Book,
    commit: CommitId,
    name: &str,
    version: &str,
    seen: &mut Vec<crate::history::BlobId>,
) -> Result<Option<Files>, CliError> {
    let wanted = parse_version(version);
    for (path, file) in book.repository.files(commit, "")?.into_iter().filter(|(_, file)| file.is_regular()) {
        let folder =
            path.strip_suffix("Chart.yaml").filter(|folder| folder.is_empty() || folder.ends_with('/'));
        let is_packed = path.ends_with(&format!("{name}-{version}.tgz"));
        if folder.is_none() && !is_packed || seen.contains(&file.blob) {
            continue;
        }
        seen.push(file.blob);
        let Blob::Bytes(bytes) = book.repository.blob(file.blob, 32 * 1024 * 1024)? else { continue };
        if is_packed {
            return unpacked(&path, &bytes).map(Some);
        }
        let Ok(chart) = Chart::read(&path, &[("Chart.yaml".to_owned(), bytes)]) else { continue };
        if chart.name == name && Some(&chart.version) == wanted.as_ref() {
            let folder = folder.unwrap_or_default().trim_end_matches('/');
            let set = FileSet::read(book, std::path::Path::new("/"), &format!("{commit}:{folder}"))?;
            return Ok(Some(set.files));
        }
    }
    Ok(None)
}

/// The values files of HEAD outside of charts: `values*.yaml`, `*-values.yaml`, and what lies in `values/`.
fn values_files(book: &Book) -> Result<Vec<ValuesFile>, CliError> {
    let Some(head) = book.head()?.commit else { return Ok(Vec::new()) };
    let files = book.repository.files(head, "")?;
    let charts: Vec<String> =
        files.iter().filter_map(|(path, _)| path.strip_suffix("Chart.yaml").map(str::to_owned)).collect();
    let is_values = |path: &str| {
        let Some(stem) = path.strip_suffix(".yaml").or_else(|| path.strip_suffix(".yml")) else {
            return false;
        };
        let (folder, name) = stem.rsplit_once('/').unwrap_or(("", stem));
        let in_chart = charts.iter().any(|chart| {
            path.strip_prefix(chart.as_str())
                .is_some_and(|rest| rest == "values.yaml" || rest.starts_with("ci/"))
        });
        !in_chart && (name.contains("values") || folder.split('/').any(|part| part == "values"))
    };
    let inputs: Vec<_> = files
        .iter()
        .filter(|(path, file)| file.is_regular() && is_values(path))
        .map(|(path, file)| (file.blob, path.clone()))
        .collect();
    let read = book.repository.map_blobs(&inputs, 4 * 1024 * 1024, |path, blob| match blob {
        Blob::Bytes(bytes) => ValuesFile::read(path, &bytes),
        Blob::TooLarge(_) => None,
    })?;
    Ok(read.into_iter().flatten().collect())
}
