//! `changebook export`

use std::path::PathBuf;

use super::context::Context;
use super::error::CliError;
use super::filter::FilterArgs;
use super::ui::{Ui, escape, json_line};
use crate::act::write_atomically;
use crate::ledger::{CommitRef, Listed, RecordJson, RecordState, TrustLevel, csv_cell};
use crate::record::{Details, Risk};

/// Export every record with its derived state, one per line
///
/// `ndjson` has the keys of `show --json`; `csv` has flat columns (RFC 4180), and a field that a spreadsheet would
/// run as a formula starts with an apostrophe.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook export\n\
    \x20\x20changebook export --events --out records.ndjson\n\
    \x20\x20changebook export --format csv --type task --out tasks.csv")]
pub(super) struct ExportArgs {
    /// Output format
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "ndjson")]
    format: Format,
    /// Add every event of each record's history (ndjson)
    #[arg(long)]
    events: bool,
    /// Write to this file instead of standard output, completely or not at all
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    filter: FilterArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// One JSON document per line
    Ndjson,
    /// A table
    Csv,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &ExportArgs) -> Result<(), CliError> {
    if args.events && args.format == Format::Csv {
        return Err(CliError::usage("`--events` cannot be written as a table".to_owned())
            .with_hint("use `--format ndjson`, or `changebook log --json`"));
    }
    let filter = args.filter.check()?;
    let (_, loaded) = context.load()?;
    args.filter.check_by(loaded.policy())?;
    let records: Vec<&RecordState> =
        loaded.state.records.iter().filter(|record| filter.admits(&Listed::of(record))).collect();
    let text = match args.format {
        Format::Ndjson => ndjson(&records, args.events)?,
        Format::Csv => csv(&records)?,
    };
    match &args.out {
        Some(out) => Ok(write_atomically(out, text.as_bytes())?),
        None => ui.document(&text),
    }
}

fn ndjson(records: &[&RecordState], events: bool) -> Result<String, CliError> {
    let mut text = String::new();
    for record in records {
        text.push_str(&json_line(&RecordJson::new(record, events))?);
        text.push('\n');
    }
    Ok(text)
}

fn csv(records: &[&RecordState]) -> Result<String, CliError> {
    let failed = |error: String| CliError::failure(format!("cannot write the table: {error}"));
    let mut writer = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(COLUMNS.map(|(name, _)| name)).map_err(|error| failed(error.to_string()))?;
    for record in records {
        let fields = COLUMNS.map(|(_, of)| guarded(&of(record)));
        writer.write_record(fields).map_err(|error| failed(error.to_string()))?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| failed(error.to_string()))
}

/// A field that no spreadsheet runs and no terminal obeys (`docs/threats.md`, rows 34 and 92).
fn guarded(field: &str) -> String {
    csv_cell(&escape(field))
}

type Column = (&'static str, fn(&RecordState) -> String);

/// The columns, in order. A list in a field is separated by `; `.
const COLUMNS: [Column; 28] = [
    ("id", |r| r.name.clone()),
    ("type", |r| r.record_type.as_str().to_owned()),
    ("kind", |r| r.kind().map_or("", |kind| kind.as_str()).to_owned()),
    ("title", |r| r.title().to_owned()),
    ("path", |r| r.record.path.clone()),
    ("status", |r| r.status.as_str().to_owned()),
    ("status_commit", |r| commit(r.evidence.as_ref())),
    ("status_by", |r| person(r.evidence.as_ref())),
    ("status_time", |r| time(r.evidence.as_ref())),
    ("approval", |r| r.approval.map_or_else(String::new, |approval| approval.to_string())),
    ("trust", |r| r.weakest_trust().map_or("", TrustLevel::as_str).to_owned()),
    ("approved_by", |r| list(r.approvals.iter().filter(|a| a.valid).map(approved))),
    ("open_approvals", |r| list(r.approvals.iter().filter(|a| a.required && !a.valid).map(open))),
    ("waiting_for", |r| list(r.waiting_for.iter().cloned())),
    ("risk", |r| r.risk.as_ref().map_or("", |risk| Risk::as_str(risk.level)).to_owned()),
    ("emergency", |r| task_text(r, |task| task.emergency.clone())),
    ("requestor", requestor),
    ("services", |r| list(services(r))),
    ("created", |r| time(r.created.as_ref())),
    ("created_commit", |r| commit(r.created.as_ref())),
    ("created_by", |r| person(r.created.as_ref())),
    ("updated", |r| time(r.updated.as_ref())),
    ("updated_commit", |r| commit(r.updated.as_ref())),
    ("deployed", |r| list(r.environments.iter().filter_map(deployed))),
    ("blocked_by", |r| list(r.blocked_by.iter().map(ToString::to_string))),
    ("landed", |r| r.landed.map_or("", |landed| if landed { "yes" } else { "no" }).to_owned()),
    ("next", |r| r.next.clone()),
    ("scope", |r| r.scope.map_or_else(String::new, |scope| scope.to_string())),
];

fn commit(by: Option<&CommitRef>) -> String {
    by.map_or_else(String::new, |by| by.commit.to_string())
}

fn person(by: Option<&CommitRef>) -> String {
    by.map_or_else(String::new, |by| by.person.as_ref().unwrap_or(&by.email).to_string())
}

fn time(by: Option<&CommitRef>) -> String {
    by.map_or_else(String::new, |by| by.time.rfc3339())
}

fn list(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join("; ")
}

fn approved(approval: &crate::ledger::Approval) -> String {
    format!("{}: {}", approval.role, approval.person.as_deref().unwrap_or(""))
}

fn open(approval: &crate::ledger::Approval) -> String {
    format!("{}: {}", approval.role, approval.code.map_or("", |code| code.as_str()))
}

fn deployed(environment: &crate::ledger::EnvironmentState) -> Option<String> {
    let by = environment.by.as_ref()?;
    let time = environment.stated_time.clone().unwrap_or_else(|| by.time.rfc3339());
    Some(format!("{}: {time} {}", environment.name, by.commit))
}

fn task_text(record: &RecordState, of: fn(&crate::record::Task) -> Option<String>) -> String {
    match &record.record.details {
        Details::Task(task) => of(task).unwrap_or_default(),
        _ => String::new(),
    }
}

fn requestor(record: &RecordState) -> String {
    let stated = match &record.record.details {
        Details::Task(task) => &task.requestor,
        Details::Decision(decision) => &decision.requestor,
        Details::Runbook(runbook) => &runbook.owner,
    };
    stated.clone().unwrap_or_default()
}

fn services(record: &RecordState) -> impl Iterator<Item = String> {
    let services = match &record.record.details {
        Details::Task(task) => task.services.clone(),
        Details::Runbook(runbook) => runbook.services.clone(),
        Details::Decision(_) => Vec::new(),
    };
    services.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_is_a_formula() {
        for formula in ["=cmd|'/c calc'!A1", "+1", "-1", "@SUM(A1)", " =1", "\t=1"] {
            assert!(guarded(formula).starts_with('\''), "{formula:?}");
        }
        assert_eq!(guarded("a = b"), "a = b");
    }
}
