//! `changebook list`

use rayon::prelude::*;
use serde::Serialize;

use super::answer;
use super::context::Context;
use super::error::CliError;
use super::filter::FilterArgs;
use super::table::{Cell, render};
use super::ui::{BAD, BOLD, DIM, GOOD, INFORMATION, Ui, WAITING, paint, status_style};
use crate::book::Loaded;
use crate::diagnostic::{Diagnostic, Severity};
use crate::history::CommitId;
use crate::ledger::{CommitRef, Listed, RecordJson, State, WorkTree};
use crate::record::Risk;

/// List records with the status that commits prove
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook list\n\
    \x20\x20changebook list --status in-review,approved --risk high\n\
    \x20\x20changebook list --waiting-for sam\n\
    \x20\x20changebook list --at 2024-05-20 --json")]
pub(super) struct ListArgs {
    #[command(flatten)]
    filter: FilterArgs,
    /// Print the git commands that show each status
    #[arg(long)]
    evidence: bool,
}

#[derive(Serialize)]
struct ListAnswer<'a> {
    schema: &'static str,
    at: Option<&'a CommitRef>,
    trunk: Option<&'a str>,
    records: Vec<RecordJson<'a>>,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &ListArgs) -> Result<(), CliError> {
    let filter = args.filter.check()?;
    let words = format!("list {args:?}");
    if context.json {
        return answer::again_or(ui, context, &words, |ui, loaded| {
            args.filter.check_by(loaded.policy())?;
            let records = loaded.state.records.iter().filter(|record| filter.admits(&Listed::of(record)));
            ui.json(&ListAnswer {
                schema: "changebook.list/1",
                at: loaded.state.at.as_ref(),
                trunk: loaded.state.trunk.as_deref(),
                records: records.map(|record| RecordJson::new(record, false)).collect(),
            })
        });
    }
    let answer = |ui: &mut Ui, loaded: &Loaded| {
        args.filter.check_by(loaded.policy())?;
        let mut records = lines(loaded);
        records.retain(|record| filter.admits(record));
        print(ui, loaded, &records)?;
        if args.evidence { evidence(ui, &records) } else { Ok(()) }
    };
    answer::again_or(ui, context, &words, answer)
}

/// Where every record of a book stands.
pub(super) fn lines(loaded: &Loaded) -> Vec<Listed> {
    loaded.state.records.par_iter().map(Listed::of).collect()
}

/// The table, with what was read below it.
pub(super) fn print(ui: &mut Ui, loaded: &Loaded, records: &[Listed]) -> Result<(), CliError> {
    if records.is_empty() {
        ui.line(if loaded.state.records.is_empty() {
            "No records yet. Create the first: `changebook new task \"Add a cache\"`"
        } else {
            "No records match these filters."
        })?;
        return Ok(());
    }
    let header = ["ID", "STATUS", "RISK", "APPROVAL", "SINCE", "BY", "TITLE"];
    let mut rows: Vec<Vec<Cell>> = vec![header.iter().map(|text| Cell::styled(text, BOLD)).collect()];
    rows.par_extend(records.par_iter().map(row));
    // A narrow terminal gives up columns, so that titles stay readable; a pipe gets all of them.
    for (column, needed) in [(5, 100), (4, 88)] {
        if ui.width.is_some_and(|width| width < needed) {
            for row in &mut rows {
                row.remove(column);
            }
        }
    }
    for line in render(&rows, ui.width) {
        ui.line(line)?;
    }
    if ui.width.is_some() {
        ui.line("")?;
        ui.line(paint(DIM, as_of(&loaded.state)))?;
    }
    let is_error = |found: &Diagnostic| found.severity == Severity::Error;
    let n_errors = loaded.diagnostics().iter().filter(|found| is_error(found)).count();
    if n_errors > 0 {
        let noun = if n_errors == 1 { "error" } else { "errors" };
        ui.note(&format!("{n_errors} {noun}: `changebook check` shows where"));
    }
    Ok(())
}

fn row(record: &Listed) -> Vec<Cell> {
    let mark = match record.work_tree {
        WorkTree::Modified => " *",
        WorkTree::Removed => " -",
        WorkTree::Clean | WorkTree::Added => "",
    };
    let landed = if record.landed == Some(false) { " (not landed)" } else { "" };
    let status = format!("{}{mark}{landed}", record.status.as_str());
    let style = match record.risk {
        Some(Risk::High) => BAD,
        Some(Risk::Medium) => WAITING,
        _ => anstyle::Style::new(),
    };
    let since = record.since.as_ref();
    let approval_style = match record.approval.as_str() {
        "approved" => GOOD,
        "stale" | "rejected" => BAD,
        _ => anstyle::Style::new(),
    };
    vec![
        Cell::styled(&record.name, INFORMATION),
        Cell::styled(status, status_style(record.status)),
        Cell::styled(record.risk.map_or("", Risk::as_str), style),
        Cell::styled(&record.approval, approval_style),
        Cell::new(since.map_or("", |since| &since.day)),
        Cell::styled(since.map_or_else(String::new, |since| since.commit.short()), DIM),
        Cell::new(&record.title),
    ]
}

/// What was read, for people.
pub(super) fn as_of(state: &State) -> String {
    match &state.at {
        None => "no commits yet".to_owned(),
        Some(at) => {
            let branch = state.branch.as_deref().map_or_else(String::new, |branch| format!(" on {branch}"));
            format!("as of {}{branch}, {}", at.commit.short(), at.time.human())
        }
    }
}

/// The git commands that show each record's status.
fn evidence(ui: &mut Ui, records: &[Listed]) -> Result<(), CliError> {
    ui.line("")?;
    for record in records {
        match &record.since {
            Some(since) => {
                let command = show_command(since.commit);
                ui.line(format!("{command}  # {} {}", record.name, record.status.as_str()))?;
            }
            None => ui.line(format!(
                "# {} {}: not committed, so no commit shows it",
                record.name,
                record.status.as_str()
            ))?,
        }
    }
    Ok(())
}

/// Runs as printed, anywhere in the repository.
pub(super) fn show_command(commit: CommitId) -> String {
    format!("git --no-replace-objects show --format=fuller {commit}")
}
