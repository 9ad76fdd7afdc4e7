//! Recurrence rules (RFC 5545, section 3.3.10).
//!
//! The rule is expanded by a library on the calendar alone, as if all days were alike; time zones and their clock
//! changes are put on the days that come out, so that no rule of a zone can shift or swallow one.

use std::fmt;

use chrono::{Datelike, TimeZone as _};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use rrule::{Frequency, RRule, RRuleSet, Tz, Unvalidated};

/// No calendar of a policy reaches outside of these years.
pub(crate) const YEARS: std::ops::RangeInclusive<i16> = 1970..=2199;

/// A rule that gives days: `FREQ` from `DAILY` to `YEARLY`, without times of day.
#[derive(Debug, Clone)]
pub struct Recurrence {
    text: String,
    /// Without `UNTIL`, which is compared apart.
    rule: Box<RRule<Unvalidated>>,
    until: Option<Until>,
}

/// The last moment that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    /// The whole day.
    Day(Date),
    /// In the zone's own time.
    Local(DateTime),
    /// In UTC.
    Utc(DateTime),
}

impl PartialEq for Recurrence {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Display for Recurrence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Recurrence {
    /// Parses a rule.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        check_grammar(text)?;
        let parts = || text.split(';');
        let until = parts().find_map(|part| part.strip_prefix("UNTIL=")).map(parse_until).transpose()?;
        let counts = parts().any(|part| part.starts_with("COUNT="));
        if until.is_some() && counts {
            return Err("`UNTIL` and `COUNT` cannot be used together".to_owned());
        }
        let plain: Vec<&str> = parts().filter(|part| !part.starts_with("UNTIL=")).collect();
        let rule = plain.join(";").parse::<RRule<Unvalidated>>().map_err(|error| error.to_string())?;
        let first = noon(Date::constant(2024, 1, 1)).ok_or("no first day")?;
        rule.clone().validate(first).map_err(|error| error.to_string())?;
        Ok(Recurrence { text: text.to_owned(), rule: Box::new(rule), until })
    }

    /// The rule as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What in the rule means something only with a first day, when there is such a part.
    pub fn needs_first_day(&self) -> Option<&'static str> {
        let has = |name: &str| self.text.split(';').any(|part| part.starts_with(name));
        let number =
            |name: &str| self.text.split(';').find_map(|part| part.strip_prefix(name)?.parse::<u32>().ok());
        let names_days = ["BYDAY=", "BYMONTHDAY=", "BYYEARDAY="].into_iter().any(has);
        if number("INTERVAL=").is_some_and(|interval| interval > 1) {
            Some("INTERVAL")
        } else if has("COUNT=") {
            Some("COUNT")
        } else if !names_days && !has("FREQ=DAILY") {
            Some("FREQ without the day in BYDAY or BYMONTHDAY")
        } else {
            None
        }
    }

    /// The days from `from` to `to`, both included, at which the rule opens at `start` in `zone`; none before
    /// `first`. Days outside the years 1970 to 2199 are none.
    pub fn days(
        &self,
        first: Option<Date>,
        start: Time,
        zone: &TimeZone,
        from: Date,
        to: Date,
    ) -> impl Iterator<Item = Date> + use<> {
        let from = from.max(first.unwrap_or(Date::MIN)).max(Date::constant(*YEARS.start(), 1, 1));
        let to = to.min(Date::constant(*YEARS.end(), 12, 31));
        let until = self.until.map(|until| until.local(zone));
        let within =
            move |day: &Date| *day <= to && until.is_none_or(|until| day.to_datetime(start) <= until);
        self.expand(self.first_day(first, from)).take_while(within).filter(move |day| *day >= from)
    }

    /// Where expanding begins: a whole period before what is asked for, but for rules that count from their first
    /// day.
    fn first_day(&self, first: Option<Date>, from: Date) -> Date {
        let before = |days: i32| from.checked_sub(jiff::Span::new().days(days)).unwrap_or(Date::MIN);
        let near = match self.rule.get_freq() {
            Frequency::Yearly => Date::new(from.year().saturating_sub(1), 1, 1).unwrap_or(from),
            Frequency::Monthly => before(31).first_of_month(),
            _ => before(14),
        };
        first.filter(|_| self.needs_first_day().is_some()).unwrap_or(near)
    }

    /// All days of the rule from its first one on, as far as the library goes.
    fn expand(&self, first: Date) -> impl Iterator<Item = Date> + use<> {
        let days = noon(first).and_then(|first| {
            let rule = (*self.rule).clone().validate(first).ok()?;
            // The library bounds its search when it is told to.
            Some((&RRuleSet::new(first).rrule(rule).limit()).into_iter())
        });
        days.into_iter().flatten().filter_map(|day| {
            let (year, month) = (i16::try_from(day.year()).ok()?, i8::try_from(day.month()).ok()?);
            Date::new(year, month, i8::try_from(day.day()).ok()?).ok()
        })
    }
}

impl Until {
    fn local(self, zone: &TimeZone) -> DateTime {
        match self {
            Until::Day(day) => day.to_datetime(Time::MAX),
            Until::Local(moment) => moment,
            Until::Utc(moment) => match moment.to_zoned_datetime(TimeZone::UTC) {
                Ok(utc) => utc.with_time_zone(zone.clone()).datetime(),
                Err(_) => moment,
            },
        }
    }
}

/// A day for the library, whose calendar is UTC.
fn noon(day: Date) -> Option<chrono::DateTime<Tz>> {
    let (month, number) = (u32::try_from(day.month()).ok()?, u32::try_from(day.day()).ok()?);
    Tz::UTC.with_ymd_and_hms(i32::from(day.year()), month, number, 12, 0, 0).single()
}

/// `20261231`, `20261231T235959` or `20261231T235959Z`.
fn parse_until(text: &str) -> Result<Until, String> {
    let bad = || format!("`{text}` is not a valid date for `UNTIL`, expected one such as `20261231`");
    let (moment, is_utc) = match text.strip_suffix('Z') {
        Some(moment) => (moment, true),
        None => (text, false),
    };
    let number = |from: usize, to: usize| moment.get(from..to).and_then(|digits| digits.parse::<i16>().ok());
    let small = |from: usize, to: usize| number(from, to).and_then(|number| i8::try_from(number).ok());
    let date = || Date::new(number(0, 4)?, small(4, 6)?, small(6, 8)?).ok();
    let time = || Time::new(small(9, 11)?, small(11, 13)?, small(13, 15)?, 0).ok();
    let date = date().filter(|date| YEARS.contains(&date.year())).ok_or_else(bad)?;
    match (moment.len(), moment.as_bytes().get(8), is_utc) {
        (8, None, false) => Ok(Until::Day(date)),
        (15, Some(b'T'), _) => {
            let moment = date.to_datetime(time().ok_or_else(bad)?);
            Ok(if is_utc { Until::Utc(moment) } else { Until::Local(moment) })
        }
        _ => Err(bad()),
    }
}

fn check_grammar(text: &str) -> Result<(), String> {
    const FREQUENCIES: [&str; 4] = ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"];
    const PARTS: [&str; 10] = [
        "FREQ",
        "UNTIL",
        "COUNT",
        "INTERVAL",
        "BYDAY",
        "BYMONTHDAY",
        "BYYEARDAY",
        "BYMONTH",
        "BYSETPOS",
        "WKST",
    ];
    let mut seen: Vec<&str> = Vec::new();
    for part in text.split(';') {
        let (name, value) = part.split_once('=').ok_or_else(|| format!("`{part}` has no `=`"))?;
        if !PARTS.contains(&name) {
            return Err(format!("unknown part `{name}`, expected one of {}", PARTS.join(", ")));
        }
        if seen.contains(&name) {
            return Err(format!("`{name}` appears twice"));
        }
        seen.push(name);
        let numbers = |low: i32, high: i32| {
            value.split(',').all(|n| n.parse::<i32>().is_ok_and(|n| n != 0 && (low..=high).contains(&n)))
        };
        let valid = match name {
            "FREQ" => FREQUENCIES.contains(&value),
            "COUNT" | "INTERVAL" => value.parse::<u16>().is_ok_and(|number| number > 0),
            "BYDAY" => value.split(',').all(is_weekday),
            "WKST" => value.len() == 2 && is_weekday(value),
            "BYMONTHDAY" => numbers(-31, 31),
            "BYMONTH" => numbers(1, 12),
            "BYYEARDAY" | "BYSETPOS" => numbers(-366, 366),
            _ => true,
        };
        if !valid {
            return Err(format!("`{value}` is not a valid value of `{name}`"));
        }
    }
    check_parts_fit(text, &seen)
}

/// Parts that RFC 5545 forbids beside others.
fn check_parts_fit(text: &str, parts: &[&str]) -> Result<(), String> {
    let value = |name: &str| text.split(';').find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
    let frequency = value("FREQ").ok_or("no `FREQ`")?;
    let is_numbered = value("BYDAY").is_some_and(|days| days.split(',').any(|day| day.len() > 2));
    let forbidden = |part: &str| Err(format!("`{part}` cannot be used with `FREQ={frequency}`"));
    if is_numbered && matches!(frequency, "DAILY" | "WEEKLY") {
        return forbidden("BYDAY with a number");
    }
    if parts.contains(&"BYMONTHDAY") && frequency == "WEEKLY" {
        return forbidden("BYMONTHDAY");
    }
    if parts.contains(&"BYYEARDAY") && frequency != "YEARLY" {
        return forbidden("BYYEARDAY");
    }
    let by_others = ["BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYMONTH"];
    if parts.contains(&"BYSETPOS") && !by_others.iter().any(|other| parts.contains(other)) {
        return Err("`BYSETPOS` needs another part that starts with `BY`".to_owned());
    }
    Ok(())
}

/// `SA`, `1MO`, `-1FR`.
fn is_weekday(text: &str) -> bool {
    let Some(at) = text.len().checked_sub(2).filter(|at| text.is_char_boundary(*at)) else { return false };
    let (ordinal, day) = text.split_at(at);
    ["MO", "TU", "WE", "TH", "FR", "SA", "SU"].contains(&day)
        && (ordinal.is_empty() || ordinal.parse::<i32>().is_ok_and(|n| n != 0 && (-53..=53).contains(&n)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn days(rule: &str, first: Option<&str>, from: &str, to: &str) -> Vec<String> {
        let rule = Recurrence::parse(rule).unwrap();
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let start = Time::constant(2, 0, 0, 0);
        rule.days(first.map(day), start, &zone, day(from), day(to)).map(|day| day.to_string()).collect()
    }

    #[test]
    fn days_of_rules() {
        type Case<'a> = (&'a str, Option<&'a str>, &'a str, &'a str, &'a [&'a str]);
        let table: &[Case<'_>] = &[
            (
                "FREQ=WEEKLY;BYDAY=SA",
                None,
                "2024-05-20",
                "2024-06-08",
                &["2024-05-25", "2024-06-01", "2024-06-08"],
            ),
            ("FREQ=MONTHLY;BYDAY=-1FR", None, "2024-01-01", "2024-02-29", &["2024-01-26", "2024-02-23"]),
            (
                "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
                None,
                "2024-05-15",
                "2024-06-30",
                &["2024-05-31", "2024-06-28"],
            ),
            (
                "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
                None,
                "2024-03-01",
                "2032-12-31",
                &["2028-02-29", "2032-02-29"],
            ),
            (
                "FREQ=WEEKLY;INTERVAL=2;BYDAY=SA",
                Some("2024-05-18"),
                "2024-05-20",
                "2024-06-20",
                &["2024-06-01", "2024-06-15"],
            ),
            (
                "FREQ=DAILY;COUNT=2",
                Some("2024-05-18"),
                "2024-05-01",
                "2024-12-31",
                &["2024-05-18", "2024-05-19"],
            ),
            ("FREQ=DAILY;UNTIL=20240520", None, "2024-05-19", "2024-12-31", &["2024-05-19", "2024-05-20"]),
            // Midnight in UTC is 2 AM in Berlin's summer: that opening is the last one.
            (
                "FREQ=DAILY;UNTIL=20240520T000000Z",
                None,
                "2024-05-19",
                "2024-12-31",
                &["2024-05-19", "2024-05-20"],
            ),
            ("FREQ=DAILY;UNTIL=20240519T235959Z", None, "2024-05-19", "2024-12-31", &["2024-05-19"]),
            ("FREQ=WEEKLY;BYDAY=SA", Some("2024-06-02"), "2024-05-20", "2024-06-08", &["2024-06-08"]),
            ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", None, "1970-01-01", "2199-12-31", &[]),
            ("FREQ=DAILY", None, "-009999-01-01", "1970-01-02", &["1970-01-01", "1970-01-02"]),
            ("FREQ=DAILY", None, "2199-12-31", "9999-12-31", &["2199-12-31"]),
        ];
        for (rule, first, from, to, expected) in table {
            assert_eq!(days(rule, *first, from, to), *expected, "{rule}");
        }
    }

    /// Where expanding begins makes no difference.
    #[test]
    fn the_days_are_the_same_from_wherever_one_looks() {
        for rule in [
            "FREQ=DAILY",
            "FREQ=DAILY;BYDAY=SA,SU",
            "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=-1",
            "FREQ=WEEKLY;BYDAY=SA",
            "FREQ=WEEKLY;BYDAY=MO,WE,SU;BYSETPOS=-1",
            "FREQ=WEEKLY;BYDAY=MO,WE,SU;BYSETPOS=1;WKST=SU",
            "FREQ=MONTHLY;BYDAY=-1FR",
            "FREQ=MONTHLY;BYMONTHDAY=31",
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1,1",
            "FREQ=YEARLY;BYDAY=-1SU",
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
            "FREQ=YEARLY;BYYEARDAY=-1,1,366",
        ] {
            let all = days(rule, None, "2018-01-01", "2026-12-31");
            assert!(!all.is_empty(), "{rule}");
            for offset in 0..800 {
                let from = day("2019-11-20").checked_add(jiff::Span::new().days(offset)).unwrap().to_string();
                let expected: Vec<String> = all.iter().filter(|day| **day >= from).take(4).cloned().collect();
                let rule = Recurrence::parse(rule).unwrap();
                let zone = TimeZone::UTC;
                let found = rule.days(None, Time::midnight(), &zone, day(&from), day("2026-12-31")).take(4);
                assert_eq!(found.map(|day| day.to_string()).collect::<Vec<_>>(), expected, "{rule} {from}");
            }
        }
    }

    #[test]
    fn bad_rules_say_why() {
        for (rule, part) in [
            ("", "has no `=`"),
            ("FREQ=HOURLY", "not a valid value of `FREQ`"),
            ("BYDAY=SA", "no `FREQ`"),
            ("FREQ=DAILY;FREQ=DAILY", "twice"),
            ("FREQ=DAILY;INTERVAL=0", "not a valid value of `INTERVAL`"),
            ("FREQ=DAILY;INTERVAL=99999999", "not a valid value of `INTERVAL`"),
            ("FREQ=DAILY;COUNT=-1", "not a valid value of `COUNT`"),
            ("FREQ=WEEKLY;BYDAY=XX", "not a valid value of `BYDAY`"),
            ("FREQ=WEEKLY;BYHOUR=3", "unknown part `BYHOUR`"),
            ("FREQ=DAILY;UNTIL=20241301", "not a valid date for `UNTIL`"),
            ("FREQ=DAILY;UNTIL=99991231", "not a valid date for `UNTIL`"),
            ("FREQ=DAILY;UNTIL=2024", "not a valid date for `UNTIL`"),
            ("FREQ=DAILY;COUNT=2;UNTIL=20240101", "cannot be used together"),
            ("FREQ=WEEKLY;BYDAY=1MO", "cannot be used with `FREQ=WEEKLY`"),
            ("FREQ=WEEKLY;BYMONTHDAY=1", "cannot be used with"),
            ("FREQ=MONTHLY;BYYEARDAY=1", "cannot be used with"),
            ("FREQ=DAILY;BYSETPOS=1", "needs another part"),
        ] {
            let error = Recurrence::parse(rule).unwrap_err();
            assert!(error.contains(part), "{rule}: {error}");
        }
    }

    #[test]
    fn what_counts_from_its_first_day() {
        for (rule, needs) in [
            ("FREQ=WEEKLY;BYDAY=SA", false),
            ("FREQ=DAILY", false),
            ("FREQ=DAILY;INTERVAL=1", false),
            ("FREQ=DAILY;INTERVAL=2", true),
            ("FREQ=WEEKLY", true),
            ("FREQ=YEARLY;BYMONTH=5", true),
            ("FREQ=WEEKLY;BYDAY=SA;COUNT=4", true),
        ] {
            assert_eq!(Recurrence::parse(rule).unwrap().needs_first_day().is_some(), needs, "{rule}");
        }
    }
}
