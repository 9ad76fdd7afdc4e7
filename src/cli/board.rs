//! `changebook board`

use serde::Serialize;

use super::context::Context;
use super::error::CliError;
use super::filter::FilterArgs;
use super::table::{Cell, render};
use super::ui::{DIM, INFORMATION, Ui, paint, status_style};
use crate::ledger::{CommitRef, Listed, RecordJson, RecordState, Status};
use crate::record::{RecordType, Risk};

/// Show tasks by status, each with what it is waiting for
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook board\n\
    \x20\x20changebook board --risk high")]
pub(super) struct BoardArgs {
    #[command(flatten)]
    filter: FilterArgs,
}

#[derive(Serialize)]
struct BoardAnswer<'a> {
    schema: &'static str,
    at: Option<&'a CommitRef>,
    columns: Vec<Column<'a>>,
}

#[derive(Serialize)]
struct Column<'a> {
    status: Status,
    records: Vec<RecordJson<'a>>,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &BoardArgs) -> Result<(), CliError> {
    let filter = args.filter.check()?;
    let (_, loaded) = context.load()?;
    args.filter.check_by(loaded.policy())?;
    let tasks = loaded.state.records.iter().filter(|record| record.record_type == RecordType::Task);
    let tasks: Vec<&RecordState> = tasks.filter(|record| filter.admits(&Listed::of(record))).collect();
    let columns: Vec<(Status, Vec<&RecordState>)> = Status::ALL
        .into_iter()
        .map(|status| {
            (status, tasks.iter().copied().filter(|task| task.status == status).collect::<Vec<_>>())
        })
        .filter(|(_, tasks)| !tasks.is_empty())
        .collect();
    if context.json {
        let columns = columns
            .iter()
            .map(|(status, tasks)| Column {
                status: *status,
                records: tasks.iter().map(|task| RecordJson::new(task, false)).collect(),
            })
            .collect();
        return ui.json(&BoardAnswer { schema: "changebook.board/1", at: loaded.state.at.as_ref(), columns });
    }
    if columns.is_empty() {
        return ui.line("No tasks to show. `changebook new task \"…\"` makes one.");
    }
    for (position, (status, tasks)) in columns.into_iter().enumerate() {
        if position > 0 {
            ui.line("")?;
        }
        let title = format!("{} ({})", status.as_str(), tasks.len());
        ui.line(paint(status_style(status).bold(), title))?;
        let rows: Vec<Vec<Cell>> = tasks.into_iter().map(card).collect();
        for line in render(&rows, ui.width.map(|width| width.saturating_sub(2))) {
            ui.line(format!("  {line}"))?;
        }
    }
    Ok(())
}

fn card(task: &RecordState) -> Vec<Cell> {
    let mark = match task.risk.as_ref().map(|risk| risk.level) {
        Some(Risk::High) => "● high",
        Some(Risk::Medium) => "◐ medium",
        Some(Risk::Low) => "○ low",
        None => "",
    };
    let since = task.evidence.as_ref().map_or_else(String::new, |by| format!("since {}", by.time.date()));
    vec![
        Cell::styled(&task.name, INFORMATION),
        Cell::new(mark),
        Cell::styled(since, DIM),
        Cell::new(task.title()),
        Cell::styled(&task.next, DIM),
    ]
}
