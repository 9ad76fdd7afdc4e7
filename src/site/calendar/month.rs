//! A month as a grid and as a list.

use jiff::civil::Date;
use serde::Serialize;

use super::notice::Notice;
use super::room::Room;
use super::{Book, DayView, Entry, Link, Span, week};

/// Months before and after the present one that have a page although nothing is in them.
const AROUND: i32 = 2;
/// Most months of a book that have a page.
const MAX_MONTHS: usize = 120;

/// What a month has room for, in a grid and a list.
const ROOM: Room = Room { name: "month", of_day: 4, of_all: 24 };

/// What `site/calendar.html` gets as `month`.
#[derive(Debug, Serialize)]
pub(in crate::site) struct MonthView {
    /// `May 2024`.
    pub(in crate::site) title: String,
    pub(in crate::site) page: String,
    pub(in crate::site) previous: Option<Link>,
    pub(in crate::site) next: Option<Link>,
    /// The month of the moment of judgement.
    pub(in crate::site) today: Link,
    /// The week of today, or the first one of the month that has a page.
    pub(in crate::site) week: Option<Link>,
    pub(in crate::site) zone: String,
    /// Weeks from Monday to Sunday.
    pub(in crate::site) weeks: Vec<WeekRow>,
    /// Days on which something is, in order.
    pub(in crate::site) days: Vec<DayView>,
    /// Windows that are open for longer than a week.
    pub(in crate::site) long: Vec<Entry>,
    pub(in crate::site) collisions: Vec<Notice>,
}

/// A week of the grid.
#[derive(Debug, Serialize)]
pub(in crate::site) struct WeekRow {
    /// By ISO 8601.
    pub(in crate::site) number: i8,
    /// Where it has one.
    pub(in crate::site) page: Option<String>,
    pub(in crate::site) days: Vec<DayView>,
}

/// All months that have a page, in order. `mondays` are those of the weeks that have one.
pub(super) fn views(book: &Book<'_, '_>, mondays: &[Date]) -> Vec<MonthView> {
    let present = number(book.today);
    let mut months: Vec<i32> = (present - AROUND..=present + AROUND).collect();
    months.extend(book.busy_days().map(number));
    months.sort_unstable();
    months.dedup();
    let from = months.partition_point(|month| *month < present).saturating_sub(MAX_MONTHS / 2);
    let months: Vec<i32> = months.into_iter().skip(from).take(MAX_MONTHS).collect();
    let view = |(index, month): (usize, &i32)| {
        let first = first_day(*month)?;
        let start = week::monday(first)?;
        let back = usize::from(first.weekday().to_monday_zero_offset().unsigned_abs());
        let n_weeks = (back + usize::from(first.days_in_month().unsigned_abs())).div_ceil(7);
        let rest = |day: Date| {
            let monday = week::monday(day).filter(|monday| mondays.binary_search(monday).is_ok());
            monday.map(|monday| week::link(monday).page).or_else(|| book.audit.get(&day).cloned())
        };
        let span = Span::new(book, start, n_weeks * 7, &ROOM, |day| number(day) == *month, rest)?;
        let days = span.busy();
        let of_today = week::monday(book.today).filter(|_| *month == present);
        let shown = of_today.or_else(|| mondays.iter().find(|monday| number(**monday) == *month).copied());
        Some(MonthView {
            title: link(*month, present).title,
            page: link(*month, present).page,
            previous: index.checked_sub(1).map(|before| link(months[before], present)),
            next: months.get(index + 1).map(|after| link(*after, present)),
            today: link(present, present),
            week: shown.map(week::link),
            zone: book.zone(),
            weeks: rows(start, &span.days, mondays),
            days,
            long: span.long,
            collisions: span.collisions,
        })
    };
    months.iter().enumerate().filter_map(view).collect()
}

fn rows(start: Date, days: &[DayView], mondays: &[Date]) -> Vec<WeekRow> {
    let mut monday = Some(start);
    let row = |days: &[DayView]| {
        let first = monday?;
        monday = first.checked_add(jiff::Span::new().days(7)).ok();
        let page = mondays.binary_search(&first).is_ok().then(|| week::link(first).page);
        Some(WeekRow { number: first.iso_week_date().week(), page, days: days.to_vec() })
    };
    days.chunks(7).map_while(row).collect()
}

/// The page of the month of a day, when it has one or not.
pub(super) fn link_of(day: Date, book: &Book<'_, '_>) -> Link {
    link(number(day), number(book.today))
}

fn link(month: i32, present: i32) -> Link {
    let title = first_day(month).map_or_else(String::new, |day| day.strftime("%B %Y").to_string());
    Link { title, page: page(month, present) }
}

/// Months since the year 0.
fn number(day: Date) -> i32 {
    i32::from(day.year()) * 12 + i32::from(day.month()) - 1
}

fn first_day(month: i32) -> Option<Date> {
    let year = i16::try_from(month.div_euclid(12)).ok()?;
    Date::new(year, i8::try_from(month.rem_euclid(12) + 1).ok()?, 1).ok()
}

fn page(month: i32, present: i32) -> String {
    if month == present {
        return "calendar.html".to_owned();
    }
    format!("calendar/{:04}-{:02}.html", month.div_euclid(12), month.rem_euclid(12) + 1)
}
