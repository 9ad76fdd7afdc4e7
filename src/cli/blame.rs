//! `changebook blame`

use serde::Serialize;

use super::context::{Context, record};
use super::error::CliError;
use super::log::words;
use super::table::{Cell, render};
use super::ui::{DIM, INFORMATION, Ui};
use crate::ledger::{CommitRef, EventKind, RecordState, WorkTree};
use crate::policy::Policy;

/// Show who wrote each line of a record, in which commit, and what that commit did
///
/// Like `git blame`, but aware of records: moving a line is not a change, ticking a role's item is an approval, and
/// ticking a deployment item is a deployment.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook blame INFRA-150\n\
    \x20\x20changebook blame INFRA-150 --at 2024-05-20\n\
    \x20\x20changebook blame INFRA-150 --json")]
pub(super) struct BlameArgs {
    /// The record's ID
    id: String,
}

#[derive(Serialize)]
struct BlameAnswer<'a> {
    schema: &'static str,
    at: Option<&'a CommitRef>,
    id: &'a str,
    path: &'a str,
    lines: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    line: usize,
    text: &'a str,
    by: &'a CommitRef,
    meant: &'a str,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &BlameArgs) -> Result<(), CliError> {
    let (book, loaded) = context.load()?;
    let state = record(&loaded, &args.id)?;
    if state.work_tree == WorkTree::Added {
        return Err(CliError::failure(format!(
            "{} is not committed yet, so there is nothing to blame",
            state.name
        )));
    }
    let lines = book.blame(&loaded, state)?;
    let meant: Vec<String> =
        lines.iter().map(|line| meaning(state, loaded.policy(), &line.by, &line.text)).collect();
    if context.json {
        let rows = lines.iter().zip(&meant).zip(1..);
        let rows =
            rows.map(|((line, meant), number)| Row { line: number, text: &line.text, by: &line.by, meant });
        return ui.json(&BlameAnswer {
            schema: "changebook.blame/1",
            at: loaded.state.at.as_ref(),
            id: &state.name,
            path: &state.record.path,
            lines: rows.collect(),
        });
    }
    let row = |(line, meant): (&crate::book::BlamedLine, &String)| {
        vec![
            Cell::styled(line.by.commit.short(), DIM),
            Cell::new(line.by.person.as_deref().unwrap_or(&line.by.author)),
            Cell::styled(line.by.time.date(), DIM),
            Cell::styled(meant, INFORMATION),
            Cell::new(&line.text),
        ]
    };
    let rows: Vec<Vec<Cell>> = lines.iter().zip(&meant).map(row).collect();
    render(&rows, ui.width).into_iter().try_for_each(|line| ui.line(line))
}

/// What a commit meant for a line that it wrote: what it did to the item on the line, else to the record.
fn meaning(state: &RecordState, policy: &Policy, by: &CommitRef, line: &str) -> String {
    let events = || state.events.iter().filter(|event| event.by.commit == by.commit).map(|event| &event.kind);
    let on_line = events().find(|kind| match kind {
        EventKind::Ticked { item } | EventKind::Unticked { item } => line.contains(item.as_str()),
        EventKind::Decided { .. } => line.trim_start().starts_with("decision"),
        EventKind::FieldSet { field, .. } => line.trim_start().starts_with(field.as_str()),
        _ => false,
    });
    if let Some(kind) = on_line {
        return of_event(policy, kind);
    }
    let order = |kind: &&EventKind| match kind {
        EventKind::Created => 0,
        EventKind::ScopeChanged => 1,
        EventKind::Noted => 2,
        _ => 3,
    };
    events().min_by_key(order).map_or_else(|| "edit".to_owned(), |kind| of_event(policy, kind))
}

fn of_event(policy: &Policy, kind: &EventKind) -> String {
    match kind {
        EventKind::Ticked { item } => match (policy.review_for_item(item), policy.environment_for_item(item))
        {
            (Some(review), _) => format!("approval as {}", review.role),
            (None, Some(environment)) => format!("deployment to {}", environment.name),
            (None, None) => "tick".to_owned(),
        },
        EventKind::Unticked { item } => match policy.environment_for_item(item) {
            Some(environment) => format!("rollback of {}", environment.name),
            None => "untick".to_owned(),
        },
        EventKind::ScopeChanged => "scope change".to_owned(),
        EventKind::FieldSet { field, .. } => format!("set {field}"),
        EventKind::Decided { verdict: Some(verdict) } => format!("decision: {}", verdict.as_str()),
        EventKind::ItemsChanged { .. } => "scope change".to_owned(),
        EventKind::Noted => "note".to_owned(),
        other => words(other),
    }
}
