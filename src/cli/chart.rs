//! `changebook chart`

use serde_json::json;

use super::context::Context;
use super::error::CliError;
use super::evidence::{
    Recording, ReplaceArgs, StackArgs, compared_json, comparison_json, environment, recorded, tell_risk,
};
use super::file_set::{FileSet, Files};
use super::record_act::{CommitArgs, Target};
use super::ui::{BAD, GOOD, Ui, escape, escape_lines, paint};
use crate::book::Book;
use crate::evidence::Content;
use crate::history::{Blob, CommitId};
use crate::intake::helm::{Chart, ChartError, Evidence as Upgrade, ValuesFile, parse_version, unpack};
use crate::policy::Policy;
use crate::record::{Details, EvidenceKey, Record, RecordType};

/// Record what a Helm chart upgrade changes, and commit it
///
/// OLD and NEW are chart folders, packed `.tgz` charts, REVISION:PATH in this repository, or versions in this
/// repository. Writes an evidence file with the differences, and the section "Changelog review" of the record. A
/// packed chart is read in memory and never unpacked to disk. Recording the same upgrade again changes nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook chart INFRA-210 ingress-nginx-4.6.0.tgz ingress-nginx-4.8.0.tgz\n\
    \x20\x20changebook chart INFRA-210 main:charts/ingress-nginx charts/ingress-nginx\n\
    \x20\x20changebook chart INFRA-210 4.6.0 4.8.0\n\
    \x20\x20changebook chart INFRA-210 4.6.0 4.8.0 --compare")]
pub(super) struct ChartArgs {
    /// The task's ID
    id: String,
    /// The chart before
    old: String,
    /// The chart after
    new: String,
    /// Print what would be recorded, without recording it
    #[arg(long, conflicts_with_all = ["no_commit", "message"])]
    print: bool,
    /// Check whether this is the recorded upgrade; exit status 3 if it is not
    #[arg(long, conflicts_with_all = ["print", "no_commit", "message"])]
    compare: bool,
    /// The environment [default: the last one that the task's items name]
    #[arg(short, long, value_name = "NAME")]
    environment: Option<String>,
    #[command(flatten)]
    stack: StackArgs,
    #[command(flatten)]
    replace: ReplaceArgs,
    #[command(flatten)]
    commit: CommitArgs,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &ChartArgs) -> Result<(), CliError> {
    let find = if args.compare || args.print { Target::find_to_read } else { Target::find };
    let target = find(context, "chart", &args.id, &args.commit)?;
    target.expect(RecordType::Task)?;
    let name = chart_name(&target)?;
    // The charts are those of the user's own work tree, whatever branch the record is edited on.
    let here = context.book()?;
    let files = |argument: &str| chart_files(Some(&here), context, argument, name.as_deref());
    let evidence = Evidence::read(Some(&here), target.loaded.policy(), [&args.old, &args.new], &files)?;
    let upgrade = &evidence.upgrade;
    if let Some(name) = name.as_deref().filter(|name| *name != upgrade.name) {
        return Err(CliError::failure(format!(
            "{} is about the chart `{name}`, not `{}`",
            target.name, upgrade.name
        )));
    }
    let environment = environment(&target, args.environment.as_deref())?;
    let key = args.stack.key(environment);
    if args.compare {
        return same_upgrade(ui, context, &target, &key, upgrade);
    }
    let content = Content::Helm(Box::new(upgrade.clone()));
    let recording = Recording::new(&target, environment, vec![(key.stack, content)])?;
    if !args.print {
        recording.refuse_replacing(&args.replace)?;
    }
    if args.print || !context.json {
        evidence.show(ui, context)?;
    }
    if args.print {
        return Ok(());
    }
    let done = format!("{} {} → {}", upgrade.name, upgrade.current, upgrade.target);
    let message = format!("{}: {done}\n", target.name);
    recording.write(ui, context, &args.commit, [&done, &message], &|text| Ok(text.to_owned()))
}

/// Says whether this is the upgrade that is recorded: the same files after, from the same version before.
fn same_upgrade(
    ui: &mut Ui,
    context: &Context,
    target: &Target,
    key: &EvidenceKey,
    upgrade: &Upgrade,
) -> Result<(), CliError> {
    let name = &target.name;
    let file = recorded(target.state()?, key).and_then(|file| file.content.chart());
    let Some(file) = file else {
        return Err(CliError::failure(format!("{name} has no chart upgrade recorded for {}", key.words()))
            .with_hint(format!("record it: `changebook chart {name} OLD NEW`")));
    };
    let same = file.same(upgrade);
    if context.json {
        let more = json!({ "chart": upgrade.name });
        let compared = compared_json(key, same, [&file.digest, &upgrade.digest], more);
        ui.json(&comparison_json(name, same, vec![compared]))?;
    } else if same {
        ui.line(format!("{} this is the upgrade that is recorded in {name}", paint(GOOD, "✓")))?;
    } else {
        ui.line(format!("{} this is not the upgrade that is recorded in {name}", paint(BAD, "✗")))?;
        let versions = |from: &str, to: &str| escape(&format!("{from} → {to}"));
        let held = versions(&file.current, &file.target);
        let given = versions(&upgrade.current, &upgrade.target);
        match held == given {
            true => ui.line("  the versions are the same, but files differ")?,
            false => ui.line(format!("  recorded {held}, given {given}"))?,
        }
    }
    if same { Ok(()) } else { Err(CliError::no()) }
}

impl From<ChartError> for CliError {
    fn from(error: ChartError) -> Self {
        let hint = matches!(error, ChartError::NoChart { .. }).then_some(
            "give the folder that contains Chart.yaml, a packed chart, or a version in this repository",
        );
        let failure = CliError::failure(error.to_string());
        match hint {
            Some(hint) => failure.with_hint(hint),
            None => failure,
        }
    }
}

/// The chart that the record names, as it stands in the work tree, else that of which an upgrade is recorded.
fn chart_name(target: &Target) -> Result<Option<String>, CliError> {
    let path = &target.state()?.record.path;
    let text = target.book.text(None, path)?.unwrap_or_default();
    let record = Record::parse(RecordType::Task, path, text.as_bytes());
    let typed = match record.details {
        Details::Task(task) => task.chart.and_then(|chart| chart.name),
        Details::Decision(_) | Details::Runbook(_) => None,
    };
    let recorded = target.state()?.evidence_files().find_map(|file| file.content.chart());
    Ok(typed.or_else(|| recorded.map(|chart| chart.name.clone())))
}

/// What an upgrade brings, for people and for the record.
pub(super) struct Evidence<'p> {
    upgrade: Upgrade,
    policy: &'p Policy,
}

impl<'p> Evidence<'p> {
    /// Reads and compares two versions; `files` finds the files of one.
    pub(super) fn read(
        book: Option<&Book>,
        policy: &'p Policy,
        arguments: [&str; 2],
        files: &dyn Fn(&str) -> Result<Files, CliError>,
    ) -> Result<Self, CliError> {
        let (old, new) = (files(arguments[0])?, files(arguments[1])?);
        let values = book.map_or_else(|| Ok(Vec::new()), values_files)?;
        let upgrade = Upgrade::of([(arguments[0], &old), (arguments[1], &new)], &values)?;
        Ok(Evidence { upgrade, policy })
    }

    /// Tells it to people, or as JSON.
    pub(super) fn show(&self, ui: &mut Ui, context: &Context) -> Result<(), CliError> {
        let Evidence { upgrade, policy } = self;
        let found = upgrade.found(policy);
        let block = upgrade.block(policy.plan.list_limit);
        if context.json {
            return ui.json(&json!({
                "schema": "changebook.chart/1",
                "chart": { "name": upgrade.name, "current": upgrade.current, "target": upgrade.target },
                "digest": upgrade.digest, "risk": found.risk(), "categories": found.categories(),
                "reasons": found.reasons(), "review": block,
            }));
        }
        ui.line(escape_lines(&block))?;
        tell_risk(ui, &found)
    }
}

/// The files of the chart that an argument names.
pub(super) fn chart_files(
    book: Option<&Book>,
    context: &Context,
    argument: &str,
    name: Option<&str>,
) -> Result<Files, CliError> {
    let is_path = context.directory.join(argument).exists() || argument.contains(':');
    if !is_path && parse_version(argument).is_some() {
        let name = name.ok_or_else(|| {
            CliError::failure(format!("`{argument}` is a version, but the record does not name its chart"))
                .with_hint("set `chart.name = \"…\"` in the record, or give the chart's folder")
        })?;
        let book = book.ok_or_else(|| {
            CliError::failure(format!("`{argument}` is a version, but there is no book to look it up in"))
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
        CliError::failure(format!("this repository does not have version {version} of the chart `{name}`"))
            .with_hint("give the chart's folder, a packed chart, or REVISION:PATH")
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
            let set = FileSet::read(Some(book), std::path::Path::new("/"), &format!("{commit}:{folder}"))?;
            return Ok(Some(set.files));
        }
    }
    Ok(None)
}

/// What files of HEAD set of charts' values: values files, parent charts, and objects that install charts.
fn values_files(book: &Book) -> Result<Vec<ValuesFile>, CliError> {
    let Some(head) = book.head()?.commit else { return Ok(Vec::new()) };
    let files = book.repository.files(head, "")?;
    let is_yaml = |path: &str| path.ends_with(".yaml") || path.ends_with(".yml");
    let inputs: Vec<_> = files
        .iter()
        .filter(|(path, file)| file.is_regular() && is_yaml(path))
        .map(|(path, file)| (file.blob, path.clone()))
        .collect();
    let read = book.repository.map_blobs(&inputs, 4 * 1024 * 1024, |path, blob| match blob {
        Blob::Bytes(bytes) => {
            ValuesFile::is_candidate(path, &bytes).then(|| (path.to_string(), bytes.to_vec()))
        }
        Blob::TooLarge(_) => None,
    })?;
    let candidates: Vec<_> = read.into_iter().flatten().collect();
    Ok(ValuesFile::read(&candidates))
}
