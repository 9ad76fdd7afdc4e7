//! The page of the figures: how changes go, drawn and as tables.

use serde::Serialize;

use super::model::Model;
use super::overview::{float, ratio, share, span};
use crate::ledger::{Figures, metrics};

/// Drawing space of a chart, in its own units.
const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 120.0;
/// Most months that are drawn.
const MONTHS: usize = 18;
/// Most rows of a table: the last months, and the services with the most deployments.
const ROWS: usize = 30;

/// What `site/metrics.html` gets as `metrics`.
#[derive(Debug, Serialize)]
pub(super) struct MetricsView {
    pub(super) charts: Vec<Chart>,
    pub(super) tables: Vec<Table>,
    pub(super) deployments: usize,
}

/// One figure by month.
#[derive(Debug, Serialize)]
pub(super) struct Chart {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    /// What is counted, and how.
    pub(super) definition: &'static str,
    /// Label of the highest line, and of none.
    pub(super) top: String,
    pub(super) bars: Vec<Column>,
    /// Drawing space.
    pub(super) width: usize,
    pub(super) height: usize,
}

/// One month.
#[derive(Debug, Serialize)]
pub(super) struct Column {
    pub(super) month: String,
    /// In words; a dash when there is nothing.
    pub(super) value: String,
    pub(super) x: String,
    pub(super) y: String,
    pub(super) width: String,
    pub(super) height: String,
    pub(super) middle: String,
    /// Whether its name stands below the axis.
    pub(super) named: bool,
}

/// The figures of a group in rows.
#[derive(Debug, Serialize)]
pub(super) struct Table {
    pub(super) title: &'static str,
    pub(super) head: &'static str,
    pub(super) rows: Vec<[String; 7]>,
    /// Rows that only `changebook metrics` tells.
    pub(super) n_elsewhere: usize,
}

type Measure =
    (&'static str, &'static str, &'static str, fn(&Figures) -> Option<f64>, fn(&Figures) -> String);

const MEASURES: [Measure; 5] = [
    (
        "frequency",
        "Changes deployed",
        "Deployments to gated environments: each commit of the trunk that ticks an item which deploys one. A second deployment after a rollback counts again.",
        |figures| Some(float(figures.deployments)),
        |figures| figures.deployments.to_string(),
    ),
    (
        "emergencies",
        "Emergency share",
        "Deployments of tasks that give a reason for an emergency, of all deployments.",
        |figures| ratio(figures.emergencies, figures.deployments),
        |figures| share(figures.emergencies, figures.deployments),
    ),
    (
        "failures",
        "Failure rate",
        "Deployments that were rolled back later (the item was unticked), of all deployments.",
        |figures| ratio(figures.failures, figures.deployments),
        |figures| share(figures.failures, figures.deployments),
    ),
    (
        "lead-time",
        "Lead time",
        "Median time from a task’s first commit to its first deployment.",
        |figures| figures.lead_time.map(seconds),
        |figures| figures.lead_time.map_or_else(dash, span),
    ),
    (
        "waiting",
        "Approval wait",
        "Median time from the last change of a task’s text to each approval that counted.",
        |figures| figures.approval_wait.map(seconds),
        |figures| figures.approval_wait.map_or_else(dash, span),
    ),
];

fn dash() -> String {
    "–".to_owned()
}

fn seconds(seconds: i64) -> f64 {
    float(usize::try_from(seconds).unwrap_or(0))
}

/// The page, when there is a trunk to count on.
pub(super) fn view(model: &Model<'_>) -> Option<MetricsView> {
    let judged = model.input.judged?;
    let found = metrics(&judged.audit.rows, &judged.state.records, &model.zone);
    let months: Vec<(&String, &Figures)> = found.months.iter().rev().take(MONTHS).collect();
    let months: Vec<(&String, &Figures)> = months.into_iter().rev().collect();
    let table = |title, head, groups: &[(&String, &Figures)]| Table {
        title,
        head,
        rows: groups.iter().take(ROWS).map(|(name, figures)| row(name, figures)).collect(),
        n_elsewhere: groups.len().saturating_sub(ROWS),
    };
    let newest: Vec<_> = found.months.iter().rev().collect();
    let mut services: Vec<_> = found.services.iter().collect();
    if services.len() > ROWS {
        services.sort_by_key(|(_, figures)| std::cmp::Reverse(figures.deployments));
    }
    Some(MetricsView {
        charts: MEASURES.iter().map(|measure| chart(measure, &months)).collect(),
        tables: vec![
            table("By month", "Month", &newest),
            table("By risk", "Risk", &found.risks.iter().collect::<Vec<_>>()),
            table("By service", "Service", &services),
        ],
        deployments: found.total.deployments,
    })
}

fn row(name: &str, figures: &Figures) -> [String; 7] {
    let time = |seconds: Option<i64>| seconds.map_or_else(dash, span);
    [
        if name.is_empty() { "no service".to_owned() } else { name.to_owned() },
        figures.deployments.to_string(),
        share(figures.emergencies, figures.deployments),
        share(figures.failures, figures.deployments),
        time(figures.lead_time),
        time(figures.time_to_restore),
        time(figures.approval_wait),
    ]
}

fn chart((id, title, definition, of, told): &Measure, months: &[(&String, &Figures)]) -> Chart {
    let values: Vec<Option<f64>> = months.iter().map(|(_, figures)| of(figures)).collect();
    let highest = values.iter().flatten().copied().fold(0.0, f64::max);
    let step = WIDTH / float(months.len().max(6));
    let bar = |(index, (month, figures)): (usize, &(&String, &Figures))| {
        let share = values[index].filter(|_| highest > 0.0).map_or(0.0, |value| value / highest);
        let height = share * (HEIGHT - 8.0);
        let x = float(index) * step;
        Column {
            month: (*month).clone(),
            value: told(figures),
            x: short(x + step * 0.15),
            y: short(HEIGHT - height),
            width: short(step * 0.7),
            height: short(height),
            middle: short(x + step * 0.5),
            named: months.len() <= 6 || (months.len() - 1 - index).is_multiple_of(3),
        }
    };
    let top =
        months.iter().zip(&values).filter(|(_, value)| **value == Some(highest)).map(|((_, f), _)| told(f));
    Chart {
        id,
        title,
        definition,
        top: top.into_iter().next().filter(|_| highest > 0.0).unwrap_or_default(),
        bars: months.iter().enumerate().map(bar).collect(),
        width: 320,
        height: 120,
    }
}

fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}
