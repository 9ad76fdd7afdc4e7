//! How changes go, from events alone: the definitions stand in the manual.

use std::collections::{BTreeMap, BTreeSet};

use super::audit::Row;
use super::state::RecordState;

/// The figures of one group of deployments; only deployments to gated environments count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// How many deployments.
    pub deployments: usize,
    /// How many of emergencies.
    pub emergencies: usize,
    /// How many were rolled back.
    pub failures: usize,
    /// Median time from a task's first commit to its first deployment, in seconds.
    pub lead_time: Option<i64>,
    /// Median time from a failed deployment to its rollback, in seconds.
    pub time_to_restore: Option<i64>,
    /// Median time from the last change of the text to each approval that counted, in seconds.
    pub approval_wait: Option<i64>,
}

/// Figures by month (`2024-05`), by risk and by service; a deployment without service counts under `""`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metrics {
    /// Over all.
    pub total: Figures,
    /// By month of the deployment.
    pub months: BTreeMap<String, Figures>,
    /// By risk.
    pub risks: BTreeMap<String, Figures>,
    /// By service.
    pub services: BTreeMap<String, Figures>,
}

/// Computes the figures of rows; months are those of `zone`.
pub fn metrics(rows: &[Row], records: &[RecordState], zone: &jiff::tz::TimeZone) -> Metrics {
    let gated: Vec<&Row> = rows.iter().filter(|row| row.gated).collect();
    let created: BTreeMap<&str, i64> = records
        .iter()
        .filter_map(|record| Some((record.name.as_str(), record.created.as_ref()?.time.seconds)))
        .collect();
    let of = |rows: &[&Row]| figures(rows, &created);
    let mut months: BTreeMap<String, Vec<&Row>> = BTreeMap::new();
    let mut risks: BTreeMap<String, Vec<&Row>> = BTreeMap::new();
    let mut services: BTreeMap<String, Vec<&Row>> = BTreeMap::new();
    for row in &gated {
        months.entry(month(row.time, zone)).or_default().push(row);
        if let Some(level) = row.level() {
            risks.entry(level.as_str().to_owned()).or_default().push(row);
        }
        let named = row.services.iter().cloned().chain(row.services.is_empty().then(String::new));
        for service in named {
            services.entry(service).or_default().push(row);
        }
    }
    let each = |groups: BTreeMap<String, Vec<&Row>>| {
        groups.into_iter().map(|(name, rows)| (name, of(&rows))).collect()
    };
    Metrics { total: of(&gated), months: each(months), risks: each(risks), services: each(services) }
}

fn month(time: i64, zone: &jiff::tz::TimeZone) -> String {
    let timestamp = jiff::Timestamp::from_second(time).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    timestamp.to_zoned_datetime(zone.clone()).strftime("%Y-%m").to_string()
}

fn figures(rows: &[&Row], created: &BTreeMap<&str, i64>) -> Figures {
    let mut seen = BTreeSet::new();
    // Oldest first: the first deployment of a task ends its lead time.
    let firsts = rows.iter().filter(|row| seen.insert(row.id.as_str()));
    let lead_times = firsts.filter_map(|row| Some(row.time - created.get(row.id.as_str())?)).collect();
    let failed = rows.iter().filter_map(|row| Some((row, row.rolled_back.as_ref()?)));
    let restored = failed.clone().map(|(row, by)| by.time.seconds - row.time).collect();
    Figures {
        deployments: rows.len(),
        emergencies: rows.iter().filter(|row| row.emergency.is_some()).count(),
        failures: failed.count(),
        lead_time: median(lead_times),
        time_to_restore: median(restored),
        approval_wait: median(rows.iter().flat_map(|row| row.waits.iter().copied()).collect()),
    }
}

/// The middle value; of an even number the lower of the two, so that it is one that occurred.
fn median(mut values: Vec<i64>) -> Option<i64> {
    values.sort_unstable();
    values.get(values.len().checked_sub(1)? / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_a_value_that_occurred() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![5]), Some(5));
        assert_eq!(median(vec![9, 1, 5]), Some(5));
        assert_eq!(median(vec![9, 1, 5, 7]), Some(5));
    }

    #[test]
    fn months_are_those_of_the_zone() {
        let berlin = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
        // 2024-05-31T23:00:00Z is June in Berlin.
        assert_eq!(month(1_717_196_400, &berlin), "2024-06");
        assert_eq!(month(1_717_196_400, &jiff::tz::TimeZone::UTC), "2024-05");
    }
}
