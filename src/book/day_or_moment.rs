//! A day or a moment, as people write it.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

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
                let start = day.to_zoned_datetime(zone.clone()).map_err(|_| "is beyond the calendar")?;
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
                let next = day.tomorrow().map_err(|_| "is the last day of the calendar")?;
                DayOrMoment::Day(next).start(zone)
            }
        }
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
        assert_eq!(of("9999-12-31").end(&utc), Err("is the last day of the calendar"));
        assert_eq!(DayOrMoment::parse("main"), None);
    }
}
