//! The figures of the last days, and how figures are written.

use serde::Serialize;

use super::{MONTH, WEEK};
use crate::ledger::{Figures, metrics};
use crate::site::figures::{MEASURES, Measure};
use crate::site::model::Model;
use crate::site::spark::{self, Spark};

/// A number with its way here.
#[derive(Debug, Serialize)]
pub(in crate::site) struct Figure {
    pub(in crate::site) label: &'static str,
    /// Its definition, from the site's root.
    pub(in crate::site) page: String,
    pub(in crate::site) value: String,
    pub(in crate::site) note: String,
    pub(in crate::site) spark: Spark,
}

pub(super) fn figures(model: &Model<'_>) -> Vec<Figure> {
    let Some(judged) = model.input.judged else { return Vec::new() };
    let (rows, now) = (&judged.audit.rows, model.input.state.now);
    // Rows stand in order of time.
    let between = |from: i64, to: i64| -> Figures {
        let start = rows.partition_point(|row| row.time < from);
        let end = rows.partition_point(|row| row.time < to);
        metrics(&rows[start..end.max(start)], &judged.state.records, &model.zone).total
    };
    let last = between(now.saturating_sub(MONTH), now.saturating_add(1));
    let before = between(now.saturating_sub(2 * MONTH), now.saturating_sub(MONTH));
    let weeks: Vec<Figures> = (0..12)
        .rev()
        .map(|week| {
            let end = now.saturating_add(1).saturating_sub(week * WEEK);
            between(end.saturating_sub(WEEK), end)
        })
        .collect();
    let notes = [
        format!("{} in the 30 days before", before.deployments),
        format!("{} of {}", last.emergencies, last.deployments),
        format!("{} of {}", last.failures, last.deployments),
        "median".to_owned(),
        "median".to_owned(),
    ];
    let figure = |(measure, note): (&Measure, String)| Figure {
        label: measure.title,
        page: format!("metrics.html#{}", measure.id),
        value: (measure.told)(&last),
        note,
        spark: spark::bars(&weeks.iter().map(measure.of).collect::<Vec<_>>()),
    };
    MEASURES.iter().zip(notes).map(figure).collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts and spans of time are far below what a float holds")]
pub(in crate::site) fn float(n: usize) -> f64 {
    n as f64
}

pub(in crate::site) fn ratio(part: usize, of: usize) -> Option<f64> {
    (of > 0).then(|| float(part) / float(of))
}

/// `17 %`, or a dash of nothing.
pub(in crate::site) fn share(part: usize, of: usize) -> String {
    ratio(part, of).map_or_else(|| "–".to_owned(), |share| format!("{:.0} %", share * 100.0))
}

/// A span of time in its two largest units.
pub(in crate::site) fn span(seconds: i64) -> String {
    let sign = if seconds < 0 { "-" } else { "" };
    let minutes = seconds.unsigned_abs() / 60;
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    match (days, hours) {
        (0, 0) => format!("{sign}{minutes} min"),
        (0, _) => format!("{sign}{hours} h {minutes} min"),
        _ => format!("{sign}{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_two_units() {
        for (seconds, text) in [(59, "0 min"), (3600, "1 h 0 min"), (93_780, "1 d 2 h"), (-120, "-2 min")] {
            assert_eq!(span(seconds), text);
        }
    }
}
