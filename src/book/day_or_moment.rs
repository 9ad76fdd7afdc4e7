//! A day or a moment, as people write it.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::BookError;
use crate::ledger;
use crate::policy::Policy;

/// What a text names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DayOrMoment {
    Moment(Timestamp),
    Day(Date),
}

impl DayOrMoment {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let moment = text.parse().ok().map(DayOrMoment::Moment);
        moment.or_else(|| text.parse().ok().map(DayOrMoment::Day))
    }

    /// Its first second, since the epoch; that of a day in a zone.
    ///
    /// # Errors
    /// What is wrong with the day.
    pub(super) fn start(self, zone: &TimeZone) -> Result<i64, &'static str> {
        match self {
            DayOrMoment::Moment(moment) => Ok(moment.as_second()),
            DayOrMoment::Day(day) => {
                let start = day.to_zoned_datetime(zone.clone()).map_err(|_| "is out of range")?;
                Ok(start.timestamp().as_second())
            }
        }
    }

    /// The first second after it.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub(super) fn end(self, zone: &TimeZone) -> Result<i64, &'static str> {
        match self {
            DayOrMoment::Moment(moment) => Ok(moment.as_second().saturating_add(1)),
            DayOrMoment::Day(day) => {
                let next = day.tomorrow().map_err(|_| "is the last supported day")?;
                DayOrMoment::Day(next).start(zone)
            }
        }
    }
}

/// A period in seconds since the epoch: from the first moment on, before the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// First moment that counts.
    pub since: i64,
    /// First moment that no longer counts.
    pub until: i64,
}

impl Period {
    /// Both days of a period are included; a day is one of the board's zone, else of UTC (`docs/design.md#time`).
    ///
    /// # Errors
    /// [`BookError::Moment`] when a text names neither a day nor a moment, or the period ends before it begins.
    pub fn named(policy: &Policy, since: Option<&str>, until: Option<&str>) -> Result<Self, BookError> {
        let zone = ledger::board_zone(policy);
        let wrong = |text: &str, problem: &str| BookError::Moment {
            text: text.to_owned(),
            problem: problem.to_owned(),
        };
        let named = |text| DayOrMoment::parse(text).ok_or_else(|| wrong(text, "is not a valid date or time"));
        let start = |text| named(text)?.start(&zone).map_err(|problem| wrong(text, problem));
        let end = |text| named(text)?.end(&zone).map_err(|problem| wrong(text, problem));
        let period =
            Period { since: since.map_or(Ok(i64::MIN), start)?, until: until.map_or(Ok(i64::MAX), end)? };
        match until {
            Some(until) if period.until <= period.since => {
                Err(wrong(until, "is before the start of the period"))
            }
            _ => Ok(period),
        }
    }

    /// Whether it holds that second.
    pub(crate) fn holds(self, seconds: i64) -> bool {
        (self.since..self.until).contains(&seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_with_its_last_second() {
        let (utc, east) = (TimeZone::UTC, TimeZone::fixed(jiff::tz::offset(2)));
        let of = |text: &str| DayOrMoment::parse(text).unwrap();
        assert_eq!((of("1970-01-01").start(&utc), of("1970-01-01").end(&utc)), (Ok(0), Ok(86_400)));
        assert_eq!(of("1970-01-01").end(&east), Ok(79_200), "two hours before it is midnight in London");
        for zone in [&utc, &east] {
            let moment = of("1970-01-01T02:00:00+02:00");
            assert_eq!((moment.start(zone), moment.end(zone)), (Ok(0), Ok(1)));
        }
        assert_eq!(of("9999-12-31").end(&utc), Err("is the last supported day"));
        assert_eq!(DayOrMoment::parse("main"), None);
    }
}
