//! `changebook import`

use std::path::{Path, PathBuf};

use super::context::Context;
use super::error::CliError;
use super::ui::{DIM, GOOD, Ui, paint};
use crate::act::{Hold, create_files};
use crate::book::Book;
use crate::diagnostic::nearest;
use crate::import::{
    BacklogFile, Foreign, Import, Imported, Left, Map, Numbering, READY_MAPS, Reason, Surroundings, import,
    read_backlog, read_csv, ready_map,
};

/// Import tasks from another tool: a CSV export, or the files of Backlog.md
///
/// A map says which column goes where; `jira`, `servicenow` and `gitscrum` are built in, and `--print-map` prints one
/// as a start for your own. Anything without a place in a record goes under “Imported” in its Notes. Nothing is
/// overwritten, tasks that were imported before are skipped, and committing is up to you.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook import jira.csv --map jira --dry-run\n\
    \x20\x20changebook import export.csv --map columns.toml\n\
    \x20\x20changebook import --print-map servicenow > columns.toml\n\
    \x20\x20changebook import backlog/\n\
    Exit status: 3 if a task could not be imported; it is listed with all its text.")]
pub(super) struct ImportArgs {
    /// A CSV file, or a Backlog.md folder
    #[arg(required_unless_present = "print_map")]
    from: Option<PathBuf>,
    /// A built-in map (jira, servicenow, gitscrum), or a file with your own
    #[arg(long, value_name = "NAME-OR-FILE")]
    map: Option<String>,
    /// Print what would be created, without creating it
    #[arg(long)]
    dry_run: bool,
    /// Give all tasks new numbers, instead of keeping IDs such as `OPS-12`
    #[arg(long)]
    new_ids: bool,
    /// Print a built-in map and exit
    #[arg(long, value_name = "NAME")]
    print_map: Option<String>,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &ImportArgs) -> Result<(), CliError> {
    if let Some(name) = &args.print_map {
        return ui.text(ready_map(name).ok_or_else(|| unknown_map(name))?);
    }
    context.refuse_at("import")?;
    let Some(from) = &args.from else { return Ok(()) };
    let (foreign, map, unread) = read(from, args.map.as_deref())?;
    let (hold, book) = context.held("import")?;
    let numbering = if args.new_ids { Numbering::New } else { Numbering::Keep };
    let mut outcome = made(&book, context, &foreign, &map, numbering)?;
    outcome.left.extend(unread);
    if !args.dry_run {
        write(&hold, &book, &outcome.records)?;
    }
    drop(hold);
    report(ui, context, args, &outcome)?;
    match outcome.left.iter().any(|left| matches!(left.reason, Reason::Unfit(_))) {
        true => Err(CliError::no()),
        false => Ok(()),
    }
}

fn made(
    book: &Book,
    context: &Context,
    foreign: &[Foreign],
    map: &Map,
    numbering: Numbering,
) -> Result<Import, CliError> {
    let timestamp = jiff::Timestamp::from_second(context.now).unwrap_or_default();
    let year = timestamp.to_zoned_datetime(jiff::tz::TimeZone::UTC).year();
    let (policy, templates) = (book.policy(None)?, book.record_templates(None)?);
    let (taken, present) = (book.ids_ever()?, book.record_texts()?);
    let surroundings =
        Surroundings { policy: &policy, templates: &templates, taken: &taken, present: &present, year };
    Ok(import(foreign, map, numbering, &surroundings))
}

fn write(hold: &Hold, book: &Book, records: &[Imported]) -> Result<(), CliError> {
    let root = book.root.as_deref().ok_or_else(|| {
        CliError::failure("a bare repository has no files").with_hint("work in a clone of it")
    })?;
    let files: Vec<(String, String)> =
        records.iter().map(|record| (record.path.clone(), record.text.clone())).collect();
    Ok(create_files(hold, root, &files)?)
}

/// The tasks, the map, and files that could not be read.
fn read(from: &Path, map: Option<&str>) -> Result<(Vec<Foreign>, Map, Vec<Left>), CliError> {
    if from.is_dir() {
        let map = Map { source: "backlog".to_owned(), ..map.map(load_map).transpose()?.unwrap_or_default() };
        let (tasks, left) = read_backlog(&backlog_files(from)?);
        if tasks.is_empty() && left.is_empty() {
            return Err(CliError::usage(format!("`{}` does not contain Markdown files", from.display()))
                .with_hint("give the `backlog` folder of Backlog.md, or a CSV file"));
        }
        return Ok((tasks, map, left));
    }
    let Some(map) = map else {
        return Err(CliError::usage("which column goes where?").with_hint(
            "use `--map jira`, `--map servicenow`, `--map gitscrum`, or a file of your own (`--print-map jira` prints one to start from)",
        ));
    };
    let map = load_map(map)?;
    let bytes =
        std::fs::read(from).map_err(|error| CliError::failure(format!("`{}`: {error}", from.display())))?;
    let name = from.file_name().unwrap_or_default().to_string_lossy();
    let tasks = read_csv(&name, &bytes, &map).map_err(CliError::failure)?;
    Ok((tasks, map, Vec::new()))
}

fn load_map(name: &str) -> Result<Map, CliError> {
    let text = match ready_map(name) {
        Some(text) => text.to_owned(),
        None if !Path::new(name).exists() => return Err(unknown_map(name)),
        None => {
            std::fs::read_to_string(name).map_err(|error| CliError::failure(format!("`{name}`: {error}")))?
        }
    };
    Map::parse(&text).map_err(|error| CliError::failure(format!("{name}: {error}")))
}

fn unknown_map(name: &str) -> CliError {
    let known = READY_MAPS.map(|(known, _)| known);
    let error = CliError::usage(format!("`{name}` is neither a built-in map nor a file"));
    match nearest(name, known) {
        Some(near) => error.with_hint(format!("did you mean `{near}`?")),
        None => error.with_hint(format!("built-in maps: {}", known.join(", "))),
    }
}

/// The Markdown files below a folder, in the order of their paths; links are not followed.
fn backlog_files(folder: &Path) -> Result<Vec<BacklogFile>, CliError> {
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.map_err(|error| CliError::failure(error.to_string()))?;
        let path = entry.path();
        if !entry.file_type().is_file() || path.extension().is_none_or(|ending| ending != "md") {
            continue;
        }
        let bytes = std::fs::read(path)
            .map_err(|error| CliError::failure(format!("`{}`: {error}", path.display())))?;
        let shown = path.strip_prefix(folder).unwrap_or(path).to_string_lossy().replace('\\', "/");
        files.push(BacklogFile { path: shown, bytes });
    }
    Ok(files)
}

fn report(ui: &mut Ui, context: &Context, args: &ImportArgs, outcome: &Import) -> Result<(), CliError> {
    if context.json {
        return ui.json(&json(args, outcome));
    }
    let verb = if args.dry_run { "would create" } else { "created" };
    for record in &outcome.records {
        let from = record.key.as_deref().unwrap_or(&record.place);
        ui.line(format!("{} {} {}", paint(GOOD, verb), record.path, paint(DIM, format!("({from})"))))?;
        if !record.listed.is_empty() {
            let mut names: Vec<&str> = record.listed.iter().map(|(name, _)| name.as_str()).collect();
            names.dedup();
            ui.line(paint(DIM, format!("  listed in its Notes: {}", super::ui::escape(&names.join(", ")))))?;
        }
    }
    for left in &outcome.left {
        let (Reason::There(reason) | Reason::Unfit(reason)) = &left.reason;
        ui.line(format!("not imported: {}: {}", super::ui::escape(&left.place), super::ui::escape(reason)))?;
        for (name, value) in left.cells.iter().filter(|_| matches!(left.reason, Reason::Unfit(_))) {
            ui.line(paint(DIM, format!("  {}: {}", super::ui::escape(name), super::ui::escape(value))))?;
        }
    }
    let n = outcome.records.len();
    ui.line(format!(
        "{n} of {} tasks {}",
        n + outcome.left.len(),
        if args.dry_run { "would be created" } else { "created" }
    ))
}

fn json(args: &ImportArgs, outcome: &Import) -> serde_json::Value {
    let pairs = |pairs: &[(String, String)]| -> Vec<serde_json::Value> {
        pairs.iter().map(|(name, value)| serde_json::json!({ "name": name, "value": value })).collect()
    };
    let records: Vec<_> = outcome
        .records
        .iter()
        .map(|record| {
            serde_json::json!({
                "id": record.id, "path": record.path, "from": record.place, "key": record.key,
                "listed": pairs(&record.listed),
            })
        })
        .collect();
    let left: Vec<_> = outcome
        .left
        .iter()
        .map(|left| {
            let (there, reason) = match &left.reason {
                Reason::There(reason) => (true, reason),
                Reason::Unfit(reason) => (false, reason),
            };
            serde_json::json!({
                "from": left.place, "there": there, "reason": reason, "cells": pairs(&left.cells),
            })
        })
        .collect();
    serde_json::json!({
        "schema": "changebook.import/1", "dry-run": args.dry_run, "imported": records, "left": left,
    })
}
