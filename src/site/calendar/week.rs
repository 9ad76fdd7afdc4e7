//! A week with its hours: a drawing, a row a day, and a list that says the same.

use jiff::civil::Date;
use serde::Serialize;

use super::days::DAY;
use super::notice::Notice;
use super::room::Room;
use super::{Book, DayView, Entry, Link, Span, month};

/// Weeks before and after the present one that have a page although nothing is in them.
const BEFORE: i64 = 4;
const AFTER: i64 = 8;
/// Most weeks of a book that have a page.
const MAX_WEEKS: usize = 156;

/// What a week has room for, in a drawing and a list.
const ROOM: Room = Room { name: "week", of_day: 24, of_all: 32 };

/// In user units, which are CSS pixels.
const LEFT: usize = 104;
const WIDTH: usize = 1184;
const TOP: usize = 28;
/// Height of the names of windows and freezes, and of a change.
const NAMES: usize = 22;
const LANE: usize = 30;
const BAR: usize = 20;
/// Behind midnight, for the last hour's name.
const RIGHT: usize = 24;
/// Between a bar and its words, and what the mark before them takes.
const GAP: isize = 6;
const MARK: usize = 17;
/// A letter's width at the size of the text, taken wide.
const LETTER: usize = 7;
/// Least width of a bar.
const LEAST: usize = 6;

/// What `site/week.html` gets as `week`.
#[derive(Debug, Serialize)]
pub(in crate::site) struct WeekView {
    /// `20 – 26 May 2024`.
    pub(in crate::site) title: String,
    /// By ISO 8601.
    pub(in crate::site) number: i8,
    pub(in crate::site) page: String,
    pub(in crate::site) previous: Option<Link>,
    pub(in crate::site) next: Option<Link>,
    /// The week of the moment of judgement.
    pub(in crate::site) today: Link,
    pub(in crate::site) month: Link,
    pub(in crate::site) zone: String,
    pub(in crate::site) drawing: Drawing,
    /// Days on which something is, in order.
    pub(in crate::site) days: Vec<DayView>,
    /// Windows that are open for longer than a week.
    pub(in crate::site) long: Vec<Entry>,
    pub(in crate::site) collisions: Vec<Notice>,
}

/// The week as it is drawn.
#[derive(Debug, Serialize)]
pub(in crate::site) struct Drawing {
    width: usize,
    height: usize,
    left: usize,
    /// The hours that have a line.
    hours: Vec<Hour>,
    rows: Vec<DayRow>,
}

#[derive(Debug, Serialize)]
struct Hour {
    x: usize,
    label: String,
}

/// A day of the drawing.
#[derive(Debug, Serialize)]
struct DayRow {
    title: String,
    today: bool,
    /// What is not drawn.
    more: usize,
    y: usize,
    height: usize,
    /// Windows and freezes, which lie behind.
    bands: Vec<Mark>,
    /// Changes and meetings.
    bars: Vec<Mark>,
}

/// Something in the drawing.
#[derive(Debug, Serialize)]
struct Mark {
    x: usize,
    y: usize,
    width: usize,
    height: usize,
    /// Where its words begin.
    text_x: usize,
    text_y: usize,
    /// Its words, cut to the room that they have.
    label: String,
    entry: Entry,
}

/// The Monday of a day's week.
pub(super) fn monday(day: Date) -> Option<Date> {
    let back = i64::from(day.weekday().to_monday_zero_offset());
    day.checked_sub(jiff::Span::new().days(back)).ok()
}

/// The Mondays of the weeks that have a page, in order.
pub(super) fn mondays(book: &Book<'_, '_>) -> Vec<Date> {
    let Some(present) = monday(book.today) else { return Vec::new() };
    let around =
        (-BEFORE..=AFTER).filter_map(|week| present.checked_add(jiff::Span::new().days(7 * week)).ok());
    let mut mondays: Vec<Date> = around.chain(book.busy_days().filter_map(monday)).collect();
    mondays.sort_unstable();
    mondays.dedup();
    let from = mondays.partition_point(|monday| *monday < present).saturating_sub(MAX_WEEKS / 2);
    mondays.into_iter().skip(from).take(MAX_WEEKS).collect()
}

/// The page of the week that begins on that day.
pub(super) fn link(monday: Date) -> Link {
    let week = monday.iso_week_date();
    Link {
        title: format!("Week {}", week.week()),
        page: format!("calendar/{:04}-W{:02}.html", week.year(), week.week()),
    }
}

/// All weeks that have a page.
pub(super) fn views(book: &Book<'_, '_>, mondays: &[Date]) -> Vec<WeekView> {
    let Some(present) = monday(book.today) else { return Vec::new() };
    let view = |(index, start): (usize, &Date)| {
        let rest = |day: Date| book.audit.get(&day).cloned();
        let span = Span::new(book, *start, 7, &ROOM, |_| true, rest)?;
        let last = start.checked_add(jiff::Span::new().days(6)).ok()?;
        Some(WeekView {
            title: title(*start, last),
            number: start.iso_week_date().week(),
            page: link(*start).page,
            previous: index.checked_sub(1).map(|before| link(mondays[before])),
            next: mondays.get(index + 1).map(|after| link(*after)),
            today: link(present),
            month: month::link_of(*start, book),
            zone: book.zone(),
            drawing: drawing(&span.days),
            days: span.busy(),
            long: span.long,
            collisions: span.collisions,
        })
    };
    mondays.iter().enumerate().filter_map(view).collect()
}

/// `20 – 26 May 2024`, with as much of the first day as differs.
fn title(first: Date, last: Date) -> String {
    let begins = match (first.year() == last.year(), first.month() == last.month()) {
        (true, true) => "%-d",
        (true, false) => "%-d %B",
        _ => "%-d %B %Y",
    };
    format!("{} – {}", first.strftime(begins), last.strftime("%-d %B %Y"))
}

fn drawing(days: &[DayView]) -> Drawing {
    let hour = |hour: u16| Hour { x: x(hour * 60), label: format!("{hour:02}:00") };
    let (mut y, mut rows) = (TOP, Vec::new());
    for day in days {
        let row = row(day, y);
        y += row.height;
        rows.push(row);
    }
    Drawing { width: WIDTH, height: y + 1, left: LEFT, hours: (0..=24).step_by(3).map(hour).collect(), rows }
}

/// The place of a minute of the day.
fn x(minute: u16) -> usize {
    LEFT + (WIDTH - LEFT - RIGHT) * usize::from(minute) / usize::from(DAY)
}

fn row(day: &DayView, y: usize) -> DayRow {
    let behind = |entry: &&Entry| matches!(entry.kind, "window" | "freeze");
    let mut lanes: Vec<usize> = Vec::new();
    let bars = day.entries.iter().filter(|entry| !behind(entry));
    let bars: Vec<Mark> = bars.map(|entry| bar(entry, y + NAMES, &mut lanes)).collect();
    let height = NAMES + LANE * lanes.len().max(1);
    let mut names_end = 0;
    let bands = day.entries.iter().filter(behind);
    let bands = bands.map(|entry| band(entry, y, height, &mut names_end)).collect();
    DayRow { title: day.title.clone(), today: day.today, more: day.more, y, height, bands, bars }
}

/// A window or a freeze: the whole height of the row, its name on top. Names stand behind one another.
fn band(entry: &Entry, y: usize, height: usize, names_end: &mut usize) -> Mark {
    let (from, to) = (x(entry.minutes.0), x(entry.minutes.1));
    let words = format!("{} {}", entry.label, entry.time);
    let words = words.trim_end();
    let text_x = (from + 6).max(*names_end);
    let label = cut(words, WIDTH.saturating_sub(text_x) / LETTER);
    *names_end = text_x + (label.chars().count() + 2) * LETTER;
    Mark {
        x: from,
        y,
        width: (to - from).max(2),
        height,
        text_x,
        text_y: y + 16,
        label,
        entry: entry.clone(),
    }
}

/// A change or a meeting, in the first lane where it and its words have room. The words stand behind the bar, before it
/// where the day ends too soon.
fn bar(entry: &Entry, top: usize, lanes: &mut Vec<usize>) -> Mark {
    let from = x(entry.minutes.0);
    let least = if entry.kind == "change" { LEAST } else { 0 };
    let to = x(entry.minutes.1).min(WIDTH - RIGHT).max(from + least);
    let title = entry.title.as_deref().filter(|title| *title != entry.label);
    let words =
        [entry.time.as_str(), &entry.label, title.unwrap_or("")].into_iter().filter(|word| !word.is_empty());
    let words = words.collect::<Vec<_>>().join(" ");
    let wanted = (words.chars().count() + 1) * LETTER + MARK;
    let before = from.saturating_sub(wanted).max(LEFT);
    // A moment has its mark on itself.
    let gap = if to > from { GAP } else { -6 };
    let behind = to.saturating_add_signed(gap);
    let (mark_x, room) = match behind + wanted <= WIDTH || WIDTH - to > from - LEFT {
        true => (behind, WIDTH - behind),
        false => (before, from - before),
    };
    let label = cut(&words, room.saturating_sub(MARK) / LETTER);
    let ends = to.max(mark_x + MARK + (label.chars().count() + 2) * LETTER);
    let starts = from.min(mark_x);
    let lane = lanes.iter().position(|end| *end <= starts).unwrap_or(lanes.len());
    if lane == lanes.len() {
        lanes.push(0);
    }
    lanes[lane] = ends;
    let (y, text_x) = (top + lane * LANE, mark_x + MARK);
    Mark { x: from, y, width: to - from, height: BAR, text_x, text_y: y + 15, label, entry: entry.clone() }
}

fn cut(text: &str, n_letters: usize) -> String {
    if text.chars().count() <= n_letters {
        return text.to_owned();
    }
    text.chars().take(n_letters.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::calendar::days::entry;

    fn change(label: &str, title: &str, minutes: (u16, u16)) -> Entry {
        Entry { title: Some(title.to_owned()), minutes, ..entry("change", label) }
    }

    fn of(entries: Vec<Entry>) -> DayRow {
        let day = DayView {
            number: 25,
            title: "Sat 25 May".to_owned(),
            inside: true,
            today: false,
            frozen: None,
            entries,
            more: 0,
            more_page: None,
        };
        row(&day, 100)
    }

    /// Bars lie where their hours are; words stand beside them, and nothing lies on anything else.
    #[test]
    fn bars_and_words_have_places_of_their_own() {
        let found = of(vec![
            Entry { minutes: (120, 360), ..entry("window", "standard window") },
            change("A-1", "Short", (120, 300)),
            change("A-2", "A title that goes on and on and on", (180, 360)),
            change("A-3", "Late", (1380, DAY)),
            change("A-4", &"long ".repeat(60), (600, 660)),
            Entry { minutes: (900, 900), ..entry("meeting", "Board meets") },
        ]);
        assert_eq!((found.bands[0].x, found.bands[0].width), (x(120), x(360) - x(120)));
        assert_eq!((found.bars[0].x, found.bars[0].width), (x(120), x(300) - x(120)));
        assert!(found.bars[2].text_x < found.bars[2].x, "late in the day the words stand before the bar");
        assert!(found.bars[3].label.ends_with('…'));
        let extent = |mark: &Mark| {
            let words = (mark.text_x - MARK, mark.text_x + mark.label.chars().count() * LETTER);
            (mark.x.min(words.0), (mark.x + mark.width).max(words.1))
        };
        for (index, one) in found.bars.iter().enumerate() {
            assert!(extent(one).0 >= LEFT && extent(one).1 <= WIDTH, "{one:?}");
            assert!(one.y + one.height <= found.y + found.height, "{one:?}");
            for other in found.bars[..index].iter().filter(|other| other.y == one.y) {
                let (a, b) = (extent(one), extent(other));
                assert!(a.1 <= b.0 || b.1 <= a.0, "{one:?} lies on {other:?}");
            }
        }
    }

    #[test]
    fn weeks_are_those_of_iso_8601() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let found = link(monday(day("2025-01-01")).unwrap());
        assert_eq!((found.title.as_str(), found.page.as_str()), ("Week 1", "calendar/2025-W01.html"));
        assert_eq!(title(day("2024-12-30"), day("2025-01-05")), "30 December 2024 – 5 January 2025");
        assert_eq!(title(day("2024-05-27"), day("2024-06-02")), "27 May – 2 June 2024");
    }
}
