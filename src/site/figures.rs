//! The page of the figures: how changes go, drawn and as tables.

use jiff::civil::Date;
use serde::Serialize;

use super::chart::{Chart, Month, Scale, chart};
use super::model::Model;
use super::overview::{float, ratio, share, span};
use crate::ledger::{Figures, Metrics, local, metrics};

/// Months that are drawn, the present one last.
const MONTHS: i64 = 12;
/// Most rows of a table: the last months, and the services with the most deployments.
const ROWS: usize = 24;

/// What `site/metrics.html` gets as `metrics`.
#[derive(Debug, Serialize)]
pub(super) struct MetricsView {
    pub(super) charts: Vec<Chart>,
    pub(super) tables: Vec<Table>,
    pub(super) deployments: usize,
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

/// One figure. Every page calls it by this title.
pub(super) struct Measure {
    /// Of its chart.
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    definition: &'static str,
    scale: Scale,
    pub(super) of: fn(&Figures) -> Option<f64>,
    pub(super) told: fn(&Figures) -> String,
}

pub(super) const MEASURES: [Measure; 5] = [
    Measure {
        id: "frequency",
        title: "Changes deployed",
        definition: "Deployments to gated environments: each commit on the trunk that ticks a deployment item. Deploying again after a rollback counts again.",
        scale: Scale::Count,
        of: |figures| Some(float(figures.deployments)),
        told: |figures| figures.deployments.to_string(),
    },
    Measure {
        id: "emergencies",
        title: "Emergency share",
        definition: "Share of deployments whose task is an emergency.",
        scale: Scale::Share,
        of: |figures| ratio(figures.emergencies, figures.deployments),
        told: |figures| share(figures.emergencies, figures.deployments),
    },
    Measure {
        id: "failures",
        title: "Failure rate",
        definition: "Share of deployments that were later rolled back (the item was unticked).",
        scale: Scale::Share,
        of: |figures| ratio(figures.failures, figures.deployments),
        told: |figures| share(figures.failures, figures.deployments),
    },
    Measure {
        id: "lead-time",
        title: "Lead time",
        definition: "Median time from a task’s first commit to its first deployment.",
        scale: Scale::Time,
        of: |figures| figures.lead_time.map(seconds),
        told: |figures| figures.lead_time.map_or_else(dash, span),
    },
    Measure {
        id: "waiting",
        title: "Approval wait",
        definition: "Median time from the last change to a task’s text to each approval that counted.",
        scale: Scale::Time,
        of: |figures| figures.approval_wait.map(seconds),
        told: |figures| figures.approval_wait.map_or_else(dash, span),
    },
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
    let today = local(model.input.state.now, &model.zone)?.date();
    let table = |title, head, groups: &[(&String, &Figures)]| Table {
        title,
        head,
        rows: groups.iter().take(ROWS).map(|(name, figures)| row(name, figures)).collect(),
        n_elsewhere: groups.len().saturating_sub(ROWS),
    };
    let named = found.months.iter().map(|(month, figures)| (title_of(month), figures));
    let named: Vec<(String, &Figures)> = named.rev().collect();
    let newest: Vec<_> = named.iter().map(|(month, figures)| (month, *figures)).collect();
    let mut services: Vec<_> = found.services.iter().collect();
    if services.len() > ROWS {
        services.sort_by_key(|(_, figures)| std::cmp::Reverse(figures.deployments));
    }
    Some(MetricsView {
        charts: MEASURES.iter().map(|measure| drawn(measure, &found, today)).collect(),
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

/// A figure of the last months. One without a deployment has no value.
fn drawn(measure: &Measure, found: &Metrics, today: Date) -> Chart {
    let month = |back: i64| {
        let day = today.first_of_month().checked_sub(jiff::Span::new().months(back)).ok()?;
        let figures = found.months.get(&day.strftime("%Y-%m").to_string());
        Some(Month {
            title: day.strftime("%b %Y").to_string(),
            short: day.strftime("%b").to_string(),
            // The first names its year too, where the next would not stand in the way.
            year: (day.month() == 1 || (back == MONTHS - 1 && day.month() != 12))
                .then(|| day.year().to_string()),
            value: figures.and_then(measure.of),
            told: figures.map_or_else(dash, measure.told),
        })
    };
    let months = (0..MONTHS).rev().filter_map(month).collect();
    chart((measure.id, measure.title, measure.definition), measure.scale, months)
}

/// `May 2024` of `2024-05`, as one word.
fn title_of(month: &str) -> String {
    let day = format!("{month}-01").parse::<Date>();
    day.map_or_else(|_| month.to_owned(), |day| day.strftime("%b\u{a0}%Y").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: of the twelve months until May 2024 the first is June 2023; one of three changes of March failed.
    #[test]
    fn months_without_deployments_are_gaps() {
        let march = Figures { deployments: 3, failures: 1, ..Figures::default() };
        let old = Figures { deployments: 9, ..Figures::default() };
        let months = [("2024-03".to_owned(), march), ("2023-05".to_owned(), old)].into();
        let found = Metrics { months, ..Metrics::default() };
        let charts = MEASURES.map(|measure| drawn(&measure, &found, Date::constant(2024, 5, 29)));
        let told: Vec<(&str, Option<&str>, &str, Option<&str>)> = charts[2]
            .bars
            .iter()
            .map(|bar| (bar.short.as_str(), bar.year.as_deref(), bar.value.as_str(), bar.label.as_deref()))
            .collect();
        assert_eq!((told.len(), told[0]), (12, ("Jun", Some("2023"), "–", None)));
        assert_eq!(told[7], ("Jan", Some("2024"), "–", None));
        assert_eq!(told[9], ("Mar", None, "33 %", Some("33\u{202f}%")));
        assert_eq!(charts[2].summary, "Failure rate by month: Mar 2024 33 %");
        assert_eq!(charts[3].summary, "Lead time by month: none", "no task was committed");
        assert_eq!(title_of("2024-05"), "May\u{a0}2024");
    }
}
