//! The audit for people: exceptions first, then every deployment with its evidence.

use super::Report;
use crate::book::Book;
use crate::cli::error::CliError;
use crate::cli::list::as_of;
use crate::cli::table::{Cell, render};
use crate::cli::ui::{BAD, BOLD, DIM, GOOD, escape, markdown_text, paint};
use crate::diagnostic::Code;
use crate::history::CommitTime;
use crate::ledger::{
    CommitRef, Row, RowFacts, by_code, codes_of_row, control_words, review_text, row_facts, time_of_row,
};

/// What a report says before its rows.
fn preamble(report: &Report<'_>) -> Vec<String> {
    let audit = &report.audited.audit;
    let moment = |seconds: i64| CommitTime { seconds, offset_minutes: 0 }.rfc3339();
    let period = report.audited.period;
    let from = match period.since {
        i64::MIN => "start of history".to_owned(),
        since => moment(since),
    };
    let to = match period.until {
        i64::MAX => "now".to_owned(),
        until => moment(until - 1),
    };
    let mut lines = vec![
        format!("Period: {from} to {to}, {}", as_of(&report.loaded.state)),
        format!("Population: {} deployments, from the commits of the trunk", audit.rows.len()),
    ];
    let proven: Vec<bool> = audit.rows.iter().filter_map(|row| row.evidence.proven).collect();
    if !proven.is_empty() {
        let count = proven.iter().filter(|proven| **proven).count();
        lines.push(format!("Evidence: recorded for {}, proven for {count}", proven.len()));
    }
    if let Some(began) = report.audited.beginning.filter(|began| began.named) {
        let again = if began.again { ", although there was a policy before it" } else { "" };
        lines.push(format!(
            "The policy begins in {}, as configured for this run{again}",
            began.commit.short()
        ));
    }
    if let Some(sample) = &report.sample {
        lines.push(format!("Sample: {sample}"));
    }
    if let Some(duty) = &audit.duty {
        lines.push(format!("Audited changes begin after {} ({})", duty.commit.short(), duty.time));
    }
    if let Some(rewritten) = &report.audited.rewritten {
        lines.push(format!("history-rewritten: {rewritten}"));
    }
    lines
}

/// Changes of the policy: day, commit, what became of it, and a sentence for each value.
fn controls(report: &Report<'_>) -> Vec<(String, String, String, Vec<String>)> {
    let changes = report.audited.audit.controls.iter();
    changes
        .map(|change| {
            let time = CommitTime { seconds: change.time, offset_minutes: change.landed.time.offset_minutes };
            let (outcome, values) = control_words(change);
            (time.date(), change.landed.commit.short(), outcome, values)
        })
        .collect()
}

/// What had changed outside of the tools before each deployment's plan, where the policy asks for that.
fn drift<'r>(report: &'r Report<'_>) -> Vec<(String, &'r [String])> {
    if !report.loaded.policy().audit.drift {
        return Vec::new();
    }
    let rows = report.rows.iter().map(|&position| &report.audited.audit.rows[position]);
    let drifted = rows.filter(|row| !row.evidence.drift.is_empty());
    drifted.map(|row| (format!("{} → {}", row.id, row.environment), &row.evidence.drift[..])).collect()
}

/// Other things to explain: code, what, commit.
fn others(report: &Report<'_>) -> Vec<(String, String, String)> {
    let audit = &report.audited.audit;
    let other = |code: Code, what: String, by: &CommitRef| (code.to_string(), what, by.commit.short());
    let unrecorded =
        audit.unrecorded.iter().map(|found| other(Code::UnrecordedChange, found.words(), &found.by));
    let late = audit.late.iter().map(|found| other(Code::RecordedLate, found.words(), &found.by));
    let undeployed =
        audit.undeployed.iter().map(|found| other(Code::DeploymentUnrecorded, found.words(), &found.by));
    let policy =
        audit.policy.iter().map(|found| (found.code.to_string(), found.message.clone(), String::new()));
    unrecorded.chain(late).chain(undeployed).chain(policy).collect()
}

/// Columns from which the table of the audit is shown as a whole.
const NARROW: usize = 100;

pub(super) fn text(report: &Report<'_>, width: Option<usize>) -> String {
    let audit = &report.audited.audit;
    let mut lines: Vec<String> = preamble(report).iter().map(|line| escape(line)).collect();
    lines.push(String::new());
    let counts: Vec<String> = by_code(audit).iter().map(|(code, n)| format!("{code} {n}")).collect();
    lines.push(match counts.is_empty() {
        true => paint(GOOD, "No deployment has an exception."),
        false => format!("{} {}", paint(BAD, "Exceptions:"), counts.join(", ")),
    });
    for (code, what, commit) in others(report) {
        lines.push(format!("  {} {} {}", paint(BAD, &code), escape(&what), paint(DIM, &commit)));
    }
    let controls = controls(report);
    if !controls.is_empty() {
        lines.extend([String::new(), paint(BOLD, "Control changes")]);
    }
    for (day, commit, outcome, values) in controls {
        lines.push(format!("  {day} {} {}", paint(DIM, &commit), escape(&outcome)));
        lines.extend(values.iter().map(|value| format!("    {}", escape(value))));
    }
    let drift = drift(report);
    if !drift.is_empty() {
        lines.extend([String::new(), paint(BOLD, "Changed outside of the tools")]);
    }
    for (what, objects) in drift {
        lines.push(format!("  {}", escape(&what)));
        lines.extend(objects.iter().map(|object| format!("    {}", escape(object))));
    }
    lines.push(String::new());
    let header = ["TIME", "TASK", "ENVIRONMENT", "RISK", "BY", "COMMIT", "EXCEPTIONS"];
    let mut rows: Vec<Vec<Cell>> = vec![header.iter().map(|text| Cell::styled(text, BOLD)).collect()];
    rows.extend(report.rows.iter().map(|&position| {
        let row = &audit.rows[position];
        let mut exceptions = codes_of_row(row);
        if let Some(state) = &row.review {
            exceptions = format!("{exceptions} ({})", review_text(state)).trim_start().to_owned();
        }
        vec![
            Cell::new(time_of_row(row)),
            Cell::new(row.id.as_str()),
            Cell::new(&row.environment),
            Cell::new(row.level().map_or("", |level| level.as_str())),
            Cell::new(row.deployed_by.join(", ")),
            Cell::styled(row.by.commit.short(), DIM),
            Cell::styled(exceptions, if row.exceptions.is_empty() { DIM } else { BAD }),
        ]
    }));
    // A narrow terminal gives up risk, deployer and commit, so that the exceptions stay readable.
    if width.is_some_and(|width| width < NARROW) {
        rows.iter_mut().for_each(|row| drop(row.drain(3..6)));
    }
    lines.extend(render(&rows, width));
    lines.push(String::new());
    lines.join("\n")
}

/// The path of a row's record in the repository, when the tip still has it there.
pub(super) fn path_of(report: &Report<'_>, book: &Book, row: &Row) -> String {
    let state = report.loaded.state.record(row.id.as_str());
    state
        .filter(|state| {
            let moved =
                state.events.iter().any(|event| matches!(event.kind, crate::ledger::EventKind::Moved { .. }));
            !moved
        })
        .map_or_else(String::new, |state| book.path.join(&state.record.path))
}

fn views(report: &Report<'_>, book: &Book) -> Vec<RowFacts> {
    let rows = report.rows.iter().map(|&position| &report.audited.audit.rows[position]);
    rows.map(|row| row_facts(row, &path_of(report, book, row))).collect()
}

pub(super) fn markdown(report: &Report<'_>, book: &Book) -> String {
    let audit = &report.audited.audit;
    let mut lines = vec!["# Audit".to_owned(), String::new()];
    lines.extend(preamble(report).iter().map(|line| format!("- {}", markdown_text(line))));
    lines.extend([String::new(), "## Exceptions".to_owned(), String::new()]);
    let others = others(report);
    if audit.is_clean() && report.audited.rewritten.is_none() {
        lines.push("None.".to_owned());
    }
    for row in audit.rows.iter().filter(|row| !row.exceptions.is_empty()) {
        for exception in &row.exceptions {
            let (code, detail) = (exception.code, markdown_text(&exception.detail));
            lines.push(format!("- `{code}` {} → {}: {detail}", row.id, markdown_text(&row.environment)));
        }
    }
    lines.extend(others.iter().map(|(code, what, commit)| {
        format!("- `{code}` {} {commit}", markdown_text(what)).trim_end().to_owned()
    }));
    lines.extend([String::new(), "## Control changes".to_owned(), String::new()]);
    let controls = controls(report);
    if controls.is_empty() {
        lines.push("None.".to_owned());
    }
    for (day, commit, outcome, values) in controls {
        lines.push(format!("- {day} `{commit}`: {outcome}"));
        lines.extend(values.iter().map(|value| format!("  - {}", markdown_text(value))));
    }
    let drift = drift(report);
    if !drift.is_empty() {
        lines.extend([String::new(), "## Changed outside of the tools".to_owned(), String::new()]);
    }
    for (what, objects) in drift {
        lines.push(format!("- {}", markdown_text(&what)));
        lines.extend(objects.iter().map(|object| format!("  - {}", markdown_text(object))));
    }
    lines.extend([String::new(), "## Deployments".to_owned(), String::new()]);
    for view in views(report, book) {
        lines.extend([format!("### {}", markdown_text(&view.heading)), String::new()]);
        lines.extend(view.facts.iter().map(|(name, value)| format!("- {name}: {}", markdown_text(value))));
        lines.extend(
            view.exceptions.iter().map(|(code, detail)| format!("- **`{code}`**: {}", markdown_text(detail))),
        );
        lines.push(String::new());
        if !view.requirements.is_empty() {
            lines.extend(["| | requirement | commit |".to_owned(), "| --- | --- | --- |".to_owned()]);
            lines.extend(view.requirements.iter().map(|(met, detail, commit)| {
                format!(
                    "| {} | {} | {commit} |",
                    if *met { "met" } else { "**open**" },
                    markdown_text(detail)
                )
            }));
            lines.push(String::new());
        }
        lines.push("```text".to_owned());
        lines.extend(view.commands);
        lines.extend(["```".to_owned(), String::new()]);
    }
    lines.join("\n")
}

const PAGE: &str = include_str!("../../../templates/audit.html");

pub(super) fn html(report: &Report<'_>, book: &Book) -> Result<String, CliError> {
    let mut environment = minijinja::Environment::new();
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::Html);
    let failure = |error: minijinja::Error| CliError::failure(format!("cannot write the page: {error}"));
    environment.add_template("audit.html", PAGE).map_err(failure)?;
    let audit = &report.audited.audit;
    let counts: Vec<(String, usize)> =
        by_code(audit).into_iter().map(|(code, n)| (code.to_string(), n)).collect();
    let values = minijinja::context! {
        title => report.loaded.config.title.clone(),
        preamble => preamble(report),
        clean => audit.is_clean() && report.audited.rewritten.is_none(),
        counts => counts,
        others => others(report),
        controls => controls(report),
        rows => minijinja::Value::from(minijinja::value::Serde(views(report, book))),
    };
    environment.get_template("audit.html").and_then(|page| page.render(values)).map_err(failure)
}
