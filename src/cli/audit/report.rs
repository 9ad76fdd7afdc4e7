//! The audit for people: exceptions first, then every deployment with its evidence.

use serde::Serialize;

use super::Report;
use crate::book::Book;
use crate::cli::error::CliError;
use crate::cli::list::as_of;
use crate::cli::table::{Cell, render};
use crate::cli::ui::{BAD, BOLD, DIM, GOOD, escape, markdown_text, paint};
use crate::diagnostic::Code;
use crate::history::CommitTime;
use crate::ledger::{Audit, Exception, Review, Row, by_code};
use crate::site::shell_quoted;

/// What a report says before its rows.
fn preamble(report: &Report<'_>) -> Vec<String> {
    let audit = &report.audited.audit;
    let moment = |seconds: i64| CommitTime { seconds, offset_minutes: 0 }.rfc3339();
    let period = report.audited.period;
    let from = match period.since {
        i64::MIN => "the beginning".to_owned(),
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
    if let Some(sample) = &report.sample {
        lines.push(format!("Sample: {sample}"));
    }
    if let Some(duty) = &audit.duty {
        lines.push(format!("The book's duty begins after {} ({})", duty.commit.short(), duty.time));
    }
    if let Some(rewritten) = &report.audited.rewritten {
        lines.push(format!("history-rewritten: {rewritten}"));
    }
    lines
}

fn time(row: &Row) -> String {
    let time = CommitTime { seconds: row.time, offset_minutes: row.by.time.offset_minutes };
    format!("{}{}", time.human(), if row.stated { " (stated)" } else { "" })
}

fn codes(row: &Row) -> String {
    let mut codes: Vec<&str> = row.exceptions.iter().map(|exception| exception.code.as_str()).collect();
    codes.dedup();
    codes.join(", ")
}

fn who(by: &crate::ledger::Evidence) -> &str {
    by.person.as_deref().unwrap_or(&by.email)
}

/// Other things to explain: code, what, commit.
fn others(report: &Report<'_>) -> Vec<(String, String, String)> {
    let audit = &report.audited.audit;
    let unrecorded = audit.unrecorded.iter().map(|found| {
        let what = format!("{} changed {} and names no task", who(&found.by), found.paths.join(", "));
        ("unrecorded-change".to_owned(), what, found.by.commit.short())
    });
    let undeployed = audit.undeployed.iter().map(|found| {
        let what =
            format!("work on {} landed in {} and was never deployed", found.id, found.landed.commit.short());
        ("deployment-unrecorded".to_owned(), what, found.by.commit.short())
    });
    let policy =
        audit.policy.iter().map(|found| (found.code.to_string(), found.message.clone(), String::new()));
    unrecorded.chain(undeployed).chain(policy).collect()
}

fn review(review: &Review) -> String {
    let moment = |seconds: i64| CommitTime { seconds, offset_minutes: 0 }.rfc3339();
    match review {
        Review::InTime { by } => format!("reviewed in time, {} ({})", by.commit.short(), by.time),
        Review::Late { by } => format!("reviewed late, {} ({})", by.commit.short(), by.time),
        Review::Owed { until } => format!("review owed until {}", moment(*until)),
        Review::Overdue { since } => format!("review overdue since {}", moment(*since)),
    }
}

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
    lines.push(String::new());
    let header = ["TIME", "TASK", "ENVIRONMENT", "RISK", "BY", "COMMIT", "EXCEPTIONS"];
    let mut rows: Vec<Vec<Cell>> = vec![header.iter().map(|text| Cell::styled(text, BOLD)).collect()];
    rows.extend(report.rows.iter().map(|&position| {
        let row = &audit.rows[position];
        let mut exceptions = codes(row);
        if let Some(state) = &row.review {
            exceptions = format!("{exceptions} ({})", review(state)).trim_start().to_owned();
        }
        vec![
            Cell::new(time(row)),
            Cell::new(row.id.as_str()),
            Cell::new(&row.environment),
            Cell::new(row.level().map_or("", |level| level.as_str())),
            Cell::new(who(&row.by)),
            Cell::styled(row.by.commit.short(), DIM),
            Cell::styled(exceptions, if row.exceptions.is_empty() { DIM } else { BAD }),
        ]
    }));
    lines.extend(render(&rows, width));
    lines.push(String::new());
    lines.join("\n")
}

/// A row as every document shows it.
#[derive(Serialize)]
struct RowView {
    heading: String,
    facts: Vec<(String, String)>,
    exceptions: Vec<(String, String)>,
    requirements: Vec<(bool, String, String)>,
    commands: Vec<String>,
}

fn row_view(row: &Row, path: &str) -> RowView {
    let judgement = row.judgement.as_ref();
    let mut facts = vec![
        ("Deployed".to_owned(), format!("{} by {} in {}", time(row), who(&row.by), row.by.commit.short())),
        ("Asked for by".to_owned(), row.requestor.clone().unwrap_or_else(|| "nobody named".to_owned())),
    ];
    facts.extend(
        row.landed.as_ref().map(|by| ("Landed".to_owned(), format!("{} {}", by.commit.short(), by.time))),
    );
    facts.extend(
        row.risk().map(|risk| {
            ("Risk".to_owned(), format!("{} ({})", risk.level.as_str(), risk.reasons.join("; ")))
        }),
    );
    facts.extend(row.emergency.clone().map(|why| ("Emergency".to_owned(), why)));
    facts.extend(row.review.as_ref().map(|state| ("Board's review".to_owned(), review(state))));
    facts.extend(row.plan.clone().map(|digest| ("Plan".to_owned(), digest)));
    let back = if row.rollback_written { "written" } else { "not written" };
    facts.push(("Way back".to_owned(), back.to_owned()));
    if !row.tests.is_empty() {
        let tests: Vec<String> =
            row.tests.iter().map(|(text, by)| format!("{text} ({})", by.commit.short())).collect();
        facts.push(("Tests".to_owned(), tests.join("; ")));
    }
    facts.extend(row.anyway.clone().map(|why| ("Deployed anyway".to_owned(), why)));
    facts.extend(
        row.rolled_back
            .as_ref()
            .map(|by| ("Rolled back".to_owned(), format!("{} {}", by.commit.short(), by.time))),
    );
    let exception = |exception: &Exception| (exception.code.to_string(), exception.detail.clone());
    RowView {
        heading: format!("{} {} → {}", row.id, row.title, row.environment),
        facts,
        exceptions: row.exceptions.iter().map(exception).collect(),
        requirements: judgement.map_or_else(Vec::new, |judgement| {
            let requirements = judgement.requirements.iter();
            requirements
                .map(|r| {
                    let commit = r.by.as_ref().map_or_else(String::new, |by| by.commit.short());
                    (r.met, r.detail.clone(), commit)
                })
                .collect()
        }),
        commands: commands(row, path),
    }
}

/// The plain git commands that show a row: each commit, and that it came before the deployment.
pub(super) fn commands(row: &Row, path: &str) -> Vec<String> {
    let git = "git --no-replace-objects";
    let deployment = row.by.commit;
    let mut commands = vec![format!("{git} show --format=fuller {deployment}")];
    for commit in row.commits().into_iter().filter(|commit| *commit != deployment) {
        commands.push(format!("{git} show --format=fuller --no-patch {commit}"));
    }
    let judgement = row.judgement.iter();
    let approvals =
        judgement.flat_map(|judgement| judgement.approvals.iter().filter(|approval| approval.valid));
    for by in approvals.filter_map(|approval| approval.by.as_ref()) {
        commands.push(format!("{git} merge-base --is-ancestor {} {deployment}", by.commit));
    }
    let judged = row.judgement.iter().flat_map(|judgement| &judgement.approvals);
    let late =
        judged.filter(|approval| row.gated && approval.required && approval.code == Some(Code::ApprovalLate));
    let late = late.filter_map(|approval| approval.by.as_ref()).filter(|by| by.commit != deployment);
    for by in late {
        commands.push(format!(
            "if {git} merge-base --is-ancestor {} {deployment}; then echo 'not late'; exit 1; fi",
            by.commit
        ));
    }
    if let Some(landed) = row.landed.as_ref().filter(|landed| landed.commit != deployment) {
        commands.push(format!("{git} merge-base --is-ancestor {deployment} {}", landed.commit));
    }
    if !path.is_empty() {
        commands.push(format!("{git} show {}", shell_quoted(&format!("{deployment}:{path}"))));
    }
    commands
}

/// Git commands that show what the records do not tell, each with the words that head it.
pub(super) fn other_commands(audit: &Audit) -> Vec<(String, Vec<String>)> {
    let git = "git --no-replace-objects";
    let unrecorded = audit.unrecorded.iter().map(|found| {
        let commits = std::iter::once(&found.by).chain(&found.brings);
        let show = commits.map(|by| format!("{git} show --format=fuller --name-only {}", by.commit));
        (format!("unrecorded-change {}", found.by.commit), show.collect())
    });
    let undeployed = audit.undeployed.iter().map(|found| {
        let (work, landed) = (found.by.commit, found.landed.commit);
        let show = vec![
            format!("{git} show --format=fuller --name-only {work}"),
            format!("{git} merge-base --is-ancestor {work} {landed}"),
        ];
        (format!("deployment-unrecorded {} {work}", found.id), show)
    });
    unrecorded.chain(undeployed).collect()
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

fn views(report: &Report<'_>, book: &Book) -> Vec<RowView> {
    let rows = report.rows.iter().map(|&position| &report.audited.audit.rows[position]);
    rows.map(|row| row_view(row, &path_of(report, book, row))).collect()
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
    lines.extend([String::new(), "## Deployments".to_owned(), String::new()]);
    for view in views(report, book) {
        lines.extend([format!("### {}", markdown_text(&view.heading)), String::new()]);
        lines.extend(view.facts.iter().map(|(name, value)| format!("- {name}: {}", markdown_text(value))));
        lines.extend(
            view.exceptions.iter().map(|(code, detail)| format!("- **`{code}`**: {}", markdown_text(detail))),
        );
        lines.push(String::new());
        if !view.requirements.is_empty() {
            lines.extend(["| | asked for | commit |".to_owned(), "| --- | --- | --- |".to_owned()]);
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
    let failure = |error: minijinja::Error| CliError::failure(format!("the page cannot be written: {error}"));
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
        rows => minijinja::Value::from(minijinja::value::Serde(views(report, book))),
    };
    environment.get_template("audit.html").and_then(|page| page.render(values)).map_err(failure)
}
