//! `changebook metrics`

use serde::Serialize;

use super::context::Context;
use super::error::CliError;
use super::list::as_of;
use super::table::{Cell, render};
use super::ui::{BOLD, DIM, Ui, paint};
use crate::book::{AuditQuestion, Request, View};
use crate::ledger::{CommitRef, Figures, metrics};

/// Show delivery metrics: frequency, lead time, failures, time to restore, waiting, emergencies
///
/// Counts only deployments to gated environments on the trunk, by month, risk and service. Times are medians; the
/// manual defines each figure.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook metrics\n\
    \x20\x20changebook metrics --since 2024-01-01 --json")]
pub(super) struct MetricsArgs {
    /// First day of the period
    #[arg(long, value_name = "DAY")]
    since: Option<String>,
    /// Last day of the period
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
}

#[derive(Serialize)]
struct FiguresJson<'a> {
    name: &'a str,
    deployments: usize,
    emergencies: usize,
    emergency_share: Option<f64>,
    failures: usize,
    failure_rate: Option<f64>,
    lead_time_seconds: Option<i64>,
    time_to_restore_seconds: Option<i64>,
    approval_wait_seconds: Option<i64>,
}

#[derive(Serialize)]
struct MetricsAnswer<'a> {
    schema: &'static str,
    at: Option<&'a CommitRef>,
    total: FiguresJson<'a>,
    months: Vec<FiguresJson<'a>>,
    risks: Vec<FiguresJson<'a>>,
    services: Vec<FiguresJson<'a>>,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &MetricsArgs) -> Result<(), CliError> {
    let book = context.book()?;
    let loaded = book.load(&Request { view: View::Trunk, ..context.request() })?;
    context.remark_policy(&loaded);
    let question =
        AuditQuestion { since: args.since.clone(), until: args.until.clone(), ..AuditQuestion::default() };
    let audited = book.audit(&loaded, &question)?;
    let zone = crate::ledger::board_zone(loaded.policy());
    let found = metrics(&audited.audit.rows, &loaded.state.records, &zone);
    let groups = [("month", &found.months), ("risk", &found.risks), ("service", &found.services)];
    if context.json {
        let [months, risks, services] =
            groups.map(|(_, group)| group.iter().map(|(name, figures)| json(name, figures)).collect());
        return ui.json(&MetricsAnswer {
            schema: "changebook.metrics/1",
            at: loaded.state.at.as_ref(),
            total: json("total", &found.total),
            months,
            risks,
            services,
        });
    }
    if found.total.deployments == 0 {
        return ui.line("No deployments to a gated environment in this period.");
    }
    let header = ["", "DEPLOYMENTS", "LEAD TIME", "FAILED", "RESTORED IN", "APPROVAL WAIT", "EMERGENCY"];
    for (kind, group) in groups {
        ui.line(paint(BOLD, format!("By {kind}")))?;
        let mut rows: Vec<Vec<Cell>> = vec![header.iter().map(|text| Cell::styled(text, DIM)).collect()];
        rows.extend(group.iter().map(|(name, figures)| row(name, figures)));
        for line in render(&rows, ui.width) {
            ui.line(format!("  {line}"))?;
        }
        ui.line("")?;
    }
    ui.line(paint(DIM, as_of(&loaded.state)))
}

fn share(part: usize, of: usize) -> Option<f64> {
    // Counts of deployments are far below what a float holds exactly.
    #[expect(clippy::cast_precision_loss, reason = "counts of deployments are small")]
    (of > 0).then(|| part as f64 / of as f64)
}

fn json<'a>(name: &'a str, figures: &Figures) -> FiguresJson<'a> {
    FiguresJson {
        name,
        deployments: figures.deployments,
        emergencies: figures.emergencies,
        emergency_share: share(figures.emergencies, figures.deployments),
        failures: figures.failures,
        failure_rate: share(figures.failures, figures.deployments),
        lead_time_seconds: figures.lead_time,
        time_to_restore_seconds: figures.time_to_restore,
        approval_wait_seconds: figures.approval_wait,
    }
}

fn row(name: &str, figures: &Figures) -> Vec<Cell> {
    let time = |seconds: Option<i64>| seconds.map_or_else(|| "–".to_owned(), span);
    let of = |part: usize| match share(part, figures.deployments) {
        Some(share) => format!("{part} ({:.0} %)", share * 100.0),
        None => "–".to_owned(),
    };
    vec![
        Cell::new(if name.is_empty() { "no service" } else { name }),
        Cell::new(figures.deployments.to_string()),
        Cell::new(time(figures.lead_time)),
        Cell::new(of(figures.failures)),
        Cell::new(time(figures.time_to_restore)),
        Cell::new(time(figures.approval_wait)),
        Cell::new(of(figures.emergencies)),
    ]
}

/// A span of time in its two largest units.
fn span(seconds: i64) -> String {
    let sign = if seconds < 0 { "-" } else { "" };
    let minutes = seconds.unsigned_abs() / 60;
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    match (days, hours) {
        (0, 0) => format!("{sign}{minutes}m"),
        (0, _) => format!("{sign}{hours}h {minutes}m"),
        _ => format!("{sign}{days}d {hours}h"),
    }
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn spans_have_two_units() {
        for (seconds, text) in [(59, "0m"), (3600, "1h 0m"), (93_780, "1d 2h"), (-120, "-2m")] {
            assert_eq!(span(seconds), text);
        }
    }
}
