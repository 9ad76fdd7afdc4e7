//! `changebook audit`

mod bundle;
mod report;

use std::path::PathBuf;

use serde::Serialize;

use super::context::Context;
use super::error::CliError;
use super::ui::{BAD, BOLD, GOOD, Ui, paint};
use crate::book::{AuditQuestion, Audited, Began, Book, CacheUse, Loaded, Request, View};
use crate::ledger::{AuditJson, CommitRef, sample};

/// Check every deployment of a period against the rules, with the evidence
///
/// Runs the gate's rules on the state before each deployment, with the policy in force at that time. Also reports
/// what the records do not show: infrastructure that changed without a task, and work that was never deployed. Exit
/// status: 0 no exceptions, 3 exceptions, 1 no answer was possible.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook audit --since 2024-05-01 --until 2024-05-31\n\
    \x20\x20changebook audit --format csv --out audit.csv\n\
    \x20\x20changebook audit --since 2024-01-01 --sample 25 --seed Q1\n\
    \x20\x20changebook audit --since 2024-05-01 --until 2024-05-31 --bundle audit-may")]
pub(super) struct AuditArgs {
    /// First day or time of the period
    #[arg(long, value_name = "DAY")]
    since: Option<String>,
    /// Last day or time of the period
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
    /// Show a sample of N rows; exceptions in the other rows are still counted
    #[arg(long, value_name = "N")]
    sample: Option<usize>,
    /// Seed of the sample: the same seed selects the same rows
    #[arg(long, value_name = "TEXT", default_value = "changebook", requires = "sample")]
    seed: String,
    /// The last known head of the trunk; it must still be on the first-parent line
    #[arg(long, value_name = "COMMIT")]
    after: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value = "text", conflicts_with = "json")]
    format: AuditFormat,
    /// Write the report to this file
    #[arg(long, value_name = "FILE", conflicts_with = "bundle")]
    out: Option<PathBuf>,
    /// Write the report, the commits that it cites and the commands that verify it to this folder
    #[arg(long, value_name = "DIR")]
    bundle: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum AuditFormat {
    /// For people
    Text,
    /// For a document
    Markdown,
    /// A self-contained page
    Html,
    /// One row for each deployment and each other finding
    Csv,
}

/// What every format tells.
pub(super) struct Report<'a> {
    pub(super) loaded: &'a Loaded,
    pub(super) audited: &'a Audited,
    /// Positions of the rows that are shown.
    pub(super) rows: Vec<usize>,
    /// How they were drawn, when they are a sample.
    pub(super) sample: Option<String>,
}

#[derive(Serialize)]
struct AuditAnswer<'a> {
    schema: &'static str,
    at: Option<&'a CommitRef>,
    trunk: Option<&'a str>,
    since: Option<&'a str>,
    until: Option<&'a str>,
    population: usize,
    sample: Option<&'a str>,
    rewritten: Option<&'a str>,
    beginning: Option<Began>,
    #[serde(flatten)]
    audit: AuditJson<'a>,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &AuditArgs) -> Result<(), CliError> {
    let book = context.book()?;
    // Whoever audits trusts no name of an object.
    book.repository.verify_objects();
    let request = Request { view: View::Trunk, cache: CacheUse::Refused, ..context.request() };
    let loaded = book.load(&request)?;
    context.remark_policy(&loaded);
    let question = AuditQuestion {
        since: args.since.clone(),
        until: args.until.clone(),
        after: args.after.clone(),
        seen: book.seen_before(&loaded),
    };
    let audited = book.audit(&loaded, &question)?;
    if audited.rewritten.is_none() {
        book.remember_trunk(&loaded);
    }
    let rows = match args.sample {
        Some(n) => sample(&audited.audit, n, &args.seed),
        None => (0..audited.audit.rows.len()).collect(),
    };
    let drawn = args.sample.map(|n| format!("{n} of {} by seed `{}`", audited.audit.rows.len(), args.seed));
    let report = Report { loaded: &loaded, audited: &audited, rows, sample: drawn };
    if let Some(directory) = &args.bundle {
        bundle::write(ui, &book, &report, &json(&report, args)?, directory)?;
    } else {
        print(ui, &book, &report, context.json, args)?;
    }
    let clean = audited.audit.is_clean() && audited.rewritten.is_none();
    if args.out.is_some() || args.bundle.is_some() {
        summary(ui, &report)?;
    }
    if clean { Ok(()) } else { Err(CliError::no()) }
}

fn json(report: &Report<'_>, args: &AuditArgs) -> Result<String, CliError> {
    let answer = AuditAnswer {
        schema: "changebook.audit/1",
        at: report.loaded.state.at.as_ref(),
        trunk: report.loaded.state.trunk.as_deref(),
        since: args.since.as_deref(),
        until: args.until.as_deref(),
        population: report.audited.audit.rows.len(),
        sample: report.sample.as_deref(),
        rewritten: report.audited.rewritten.as_deref(),
        beginning: report.audited.beginning,
        audit: AuditJson::new(&report.audited.audit, &report.rows),
    };
    serde_json::to_string_pretty(&answer).map_err(|error| CliError::failure(error.to_string()))
}

fn print(
    ui: &mut Ui,
    book: &Book,
    report: &Report<'_>,
    as_json: bool,
    args: &AuditArgs,
) -> Result<(), CliError> {
    let text = match args.format {
        _ if as_json => format!("{}\n", super::ui::escape_json(&json(report, args)?)),
        AuditFormat::Text => report::text(report, ui.width),
        AuditFormat::Markdown => report::markdown(report, book),
        AuditFormat::Html => report::html(report, book)?,
        AuditFormat::Csv => csv(report)?,
    };
    match &args.out {
        Some(file) => crate::act::create_file(file, text.as_bytes()).map_err(CliError::from),
        None if args.format == AuditFormat::Text && !as_json => ui.text(&text),
        None => ui.document(&text),
    }
}

/// What was found, in one line, where the report itself goes into a file.
fn summary(ui: &mut Ui, report: &Report<'_>) -> Result<(), CliError> {
    let audit = &report.audited.audit;
    let with = audit.rows.iter().filter(|row| !row.exceptions.is_empty()).count();
    let style = if audit.is_clean() { GOOD } else { BAD };
    let counted = |n: usize, noun: &str| format!("{n} {noun}{}", if n == 1 { "" } else { "s" });
    let line = format!(
        "{}, {with} with exceptions; {} without a task, {} recorded late; {} never deployed",
        counted(audit.rows.len(), "deployment"),
        counted(audit.unrecorded.len(), "change"),
        audit.late.len(),
        counted(audit.undeployed.len(), "change")
    );
    ui.line(format!(
        "{} {line}",
        paint(style, paint(BOLD, if audit.is_clean() { "clean:" } else { "exceptions:" }))
    ))
}

/// The shown rows as a table for spreadsheets.
fn csv(report: &Report<'_>) -> Result<String, CliError> {
    let rows = report.rows.iter().map(|&position| &report.audited.audit.rows[position]);
    crate::ledger::audit_csv(&report.audited.audit, rows)
        .map_err(|error| CliError::failure(format!("cannot write the table: {error}")))
}
