//! `changebook list`

use serde::Serialize;

use super::answer;
use super::context::Context;
use super::error::CliError;
use super::filter::FilterArgs;
use super::table::{Cell, render};
use super::ui::{BAD, BOLD, DIM, GOOD, INFORMATION, Ui, WAITING, paint, status_style};
use crate::book::Loaded;
use crate::ledger::{Depth, Evidence, RecordJson, RecordState, State, WorkTree};
use crate::record::Risk;

/// List records with the state that commits prove
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
struct Answer<'a> {
    schema: &'static str,
    at: Option<&'a Evidence>,
    trunk: Option<&'a str>,
    records: Vec<RecordJson<'a>>,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &ListArgs) -> Result<(), CliError> {
    args.filter.check()?;
    let depth = match context.json || args.filter.asks_for_people() {
        true => Depth::Everything,
        false => Depth::Standing,
    };
    let question = format!("list {args:?}");
    answer::again_or(ui, context, &question, depth, |ui, loaded| answer(ui, context, args, loaded))
}

fn answer(ui: &mut Ui, context: &Context, args: &ListArgs, loaded: &Loaded) -> Result<(), CliError> {
    let filter = args.filter.check()?;
    args.filter.check_by(&loaded.policy)?;
    let records: Vec<&RecordState> =
        loaded.state.records.iter().filter(|record| filter.admits(record)).collect();
    if context.json {
        return ui.json(&Answer {
            schema: "changebook.list/1",
            at: loaded.state.at.as_ref(),
            trunk: loaded.state.trunk.as_deref(),
            records: records.iter().map(|record| RecordJson::new(record, false)).collect(),
        });
    }
    print(ui, loaded, &records)?;
    if args.evidence {
        evidence(ui, &records)?;
    }
    Ok(())
}

/// The table, with what was read below it.
pub(super) fn print(ui: &mut Ui, loaded: &Loaded, records: &[&RecordState]) -> Result<(), CliError> {
    if records.is_empty() {
        ui.line(if loaded.state.records.is_empty() {
            "No records yet. `changebook new task \"Add a cache\"` makes the first."
        } else {
            "No record passes these filters."
        })?;
        return Ok(());
    }
    let header = ["ID", "STATUS", "RISK", "APPROVAL", "SINCE", "BY", "TITLE"];
    let mut rows: Vec<Vec<Cell>> = vec![header.iter().map(|text| Cell::styled(text, BOLD)).collect()];
    rows.extend(records.iter().map(|record| row(record)));
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
    let errors =
        loaded.diagnostics().iter().filter(|d| d.severity == crate::diagnostic::Severity::Error).count();
    if errors > 0 {
        let noun = if errors == 1 { "error" } else { "errors" };
        ui.note(&format!("{errors} {noun}: `changebook check` says where"));
    }
    Ok(())
}

fn row(record: &RecordState) -> Vec<Cell> {
    let mark = match record.work_tree {
        WorkTree::Modified => " *",
        WorkTree::Removed => " -",
        WorkTree::Clean | WorkTree::Added => "",
    };
    let landed = if record.landed == Some(false) { " (not landed)" } else { "" };
    let status = format!("{}{mark}{landed}", record.status.as_str());
    let risk = record.risk.as_ref().map(|risk| risk.level);
    let style = match risk {
        Some(Risk::High) => BAD,
        Some(Risk::Medium) => WAITING,
        _ => anstyle::Style::new(),
    };
    let since = record.evidence.as_ref();
    let approval = record.approval.map_or_else(String::new, |approval| approval.to_string());
    let approval_style = match approval.as_str() {
        "approved" => GOOD,
        "stale" | "rejected" => BAD,
        _ => anstyle::Style::new(),
    };
    vec![
        Cell::styled(&record.name, INFORMATION),
        Cell::styled(status, status_style(record.status)),
        Cell::styled(risk.map_or("", Risk::as_str), style),
        Cell::styled(approval, approval_style),
        Cell::new(since.map_or_else(String::new, |since| since.time.date())),
        Cell::styled(since.map_or_else(String::new, |since| since.commit.short()), DIM),
        Cell::new(record.title()),
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
pub(super) fn evidence(ui: &mut Ui, records: &[&RecordState]) -> Result<(), CliError> {
    ui.line("")?;
    for record in records {
        match &record.evidence {
            Some(evidence) => {
                let command = show_command(evidence);
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
pub(super) fn show_command(evidence: &Evidence) -> String {
    format!("git --no-replace-objects show --format=fuller {}", evidence.commit)
}
