//! `changebook windows`

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};

use super::context::Context;
use super::error::CliError;
use super::table::{Cell, render};
use super::ui::{BAD, BOLD, DIM, GOOD, INFORMATION, Ui, WAITING, paint};
use crate::book::Loaded;
use crate::calendar::{
    Collision, IcsEvent, Occupation, Opening, collisions, freezes_between, joined, meetings, next_opening,
    open_until, openings, render_ics,
};
use crate::ledger::{RecordState, Status};
use crate::policy::{Policy, Window};
use crate::record::Details;

/// A day, in seconds.
const DAY: i64 = 86_400;
/// A window that is open longer than this is no appointment, in seconds.
const MAX_APPOINTMENT: i64 = 7 * DAY;

/// Show the coming windows, freezes and meetings, and tasks that are in each other's way
///
/// Times are those of each window's zone; freezes are in the zone of the board's meetings, else in UTC.
///
/// Examples:
///   changebook windows
///   changebook windows --window standard --days 90
///   changebook windows --ics > changes.ics
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct WindowsArgs {
    /// Only this window of the policy
    #[arg(long, value_name = "NAME")]
    window: Option<String>,
    /// How many days ahead; without it 28, and 366 for a calendar
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=3660))]
    days: Option<u16>,
    /// Write a calendar (iCalendar) that other programs subscribe to or import
    #[arg(long, conflicts_with = "json")]
    ics: bool,
}

/// What there is to show.
struct Coming<'a> {
    policy: &'a Policy,
    now: i64,
    until: i64,
    windows: Vec<(&'a str, &'a Window)>,
    tasks: Vec<Occupation>,
    /// Of freezes and one-off windows.
    zone: TimeZone,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &WindowsArgs) -> Result<(), CliError> {
    let (book, loaded) = context.load()?;
    let policy = &loaded.policy;
    if let Some(name) = args.window.as_deref().filter(|name| policy.window(name).is_none()) {
        let names: Vec<&str> = policy.windows.keys().map(String::as_str).collect();
        return Err(CliError::usage(format!("the policy has no window `{name}`"))
            .with_hint(format!("it has {}", names.join(", "))));
    }
    let days = i64::from(args.days.unwrap_or(if args.ics { 366 } else { 28 }));
    let now = loaded.state.now;
    let is_meant = |name: &&String| args.window.as_ref().is_none_or(|only| only == *name);
    let coming = Coming {
        policy,
        now,
        until: now.saturating_add(days * DAY),
        windows: policy
            .windows
            .iter()
            .filter(|(name, _)| is_meant(name))
            .map(|(name, w)| (name.as_str(), w))
            .collect(),
        tasks: occupations(&loaded),
        zone: policy.cab.as_ref().map_or(TimeZone::UTC, |meetings| meetings.timezone.clone()),
    };
    if args.ics {
        let name =
            policy.book.clone().or(loaded.config.title.clone()).unwrap_or_else(|| "changebook".to_owned());
        let stamp = loaded.state.at.as_ref().map_or(now, |at| at.time.seconds);
        let titles = |id: &str| loaded.state.record(id).map_or("", RecordState::title).to_owned();
        return ui.text(&render_ics(&name, stamp, &coming.events(&name, &titles)));
    }
    drop(book);
    if context.json { ui.json(&coming.json(&loaded)) } else { coming.show(ui) }
}

/// The tasks that have their time and still wait for it.
pub(super) fn occupations(loaded: &Loaded) -> Vec<Occupation> {
    let waits = |record: &&RecordState| record.status.is_open() && record.status != Status::Applied;
    let occupation = |record: &RecordState| {
        let Details::Task(task) = &record.record.details else { return None };
        let of_risk =
            || record.risk.as_ref().and_then(|risk| loaded.policy.risk_rule(risk.level).window.clone());
        Some(Occupation {
            task: record.name.clone(),
            services: task.services.clone(),
            window: task.window.clone().or_else(of_risk),
            start: task.scheduled.as_ref()?.timestamp().as_second(),
            duration: task.duration.as_ref().map(|duration| duration.seconds),
        })
    };
    loaded.state.records.iter().filter(waits).filter_map(occupation).collect()
}

/// An opening, or several that join, with what goes out in it.
struct Row<'a> {
    name: &'a str,
    zone: &'a TimeZone,
    span: Opening,
    tasks: Vec<&'a Occupation>,
}

impl Coming<'_> {
    fn zone_of<'a>(&'a self, window: &'a Window) -> &'a TimeZone {
        match window {
            Window::Recurring { timezone, .. } => timezone,
            Window::Once { .. } => &self.zone,
        }
    }

    fn rows(&self) -> Vec<Row<'_>> {
        let mut rows = Vec::new();
        for (name, window) in &self.windows {
            for span in joined(&openings(window, self.now, self.until)) {
                let goes_out =
                    |task: &&Occupation| task.window.as_deref() == Some(name) && span.contains(task.start);
                let tasks = self.tasks.iter().filter(goes_out).collect();
                rows.push(Row { name, zone: self.zone_of(window), span, tasks });
            }
        }
        rows.sort_by(|a, b| (a.span, a.name).cmp(&(b.span, b.name)));
        rows
    }

    fn meetings(&self) -> Vec<i64> {
        self.policy.cab.as_ref().map_or_else(Vec::new, |cab| meetings(cab, self.now, self.until))
    }

    fn show(&self, ui: &mut Ui) -> Result<(), CliError> {
        ui.line(paint(BOLD, "Windows"))?;
        let rows = self.rows();
        let cells = |row: &Row<'_>| {
            let is_open = row.span.contains(self.now);
            let tasks: Vec<&str> = row.tasks.iter().map(|task| task.task.as_str()).collect();
            vec![
                Cell::styled(span_text(row.span, row.zone, self.until), INFORMATION),
                Cell::new(row.name),
                Cell::styled(if is_open { "open now" } else { "" }, GOOD),
                Cell::new(tasks.join(", ")),
            ]
        };
        lines(ui, &rows.iter().map(cells).collect::<Vec<_>>(), "none in these days")?;
        let freezes = freezes_between(self.policy, self.now, self.until);
        ui.line("")?;
        ui.line(paint(BOLD, "Freezes"))?;
        let cells = |freeze: &&crate::policy::Freeze| {
            let list = |names: &[String], all: &str| {
                if names.is_empty() { all.to_owned() } else { names.join(", ") }
            };
            let except = if freeze.except.is_empty() {
                String::new()
            } else {
                format!("except {}", freeze.except.join(", "))
            };
            vec![
                Cell::styled(
                    span_text(Opening { start: freeze.from, end: freeze.to }, &self.zone, i64::MAX),
                    WAITING,
                ),
                Cell::new(&freeze.name),
                Cell::new(list(&freeze.environments, "all gated environments")),
                Cell::new(list(&freeze.services, "all services")),
                Cell::styled(except, DIM),
            ]
        };
        lines(ui, &freezes.iter().map(cells).collect::<Vec<_>>(), "none in these days")?;
        if let Some(cab) = &self.policy.cab {
            ui.line("")?;
            ui.line(paint(BOLD, "The board meets"))?;
            let cells = |at: &i64| {
                vec![Cell::new(format!("{} {}", moment_text(*at, &cab.timezone), zone_name(&cab.timezone)))]
            };
            lines(ui, &self.meetings().iter().map(cells).collect::<Vec<_>>(), "not in these days")?;
        }
        let found = collisions(self.policy, &self.tasks);
        if !found.is_empty() {
            ui.line("")?;
            ui.line(paint(BOLD, "In each other's way"))?;
            let cells = |collision: &Collision| vec![Cell::styled(self.collision_text(collision), BAD)];
            lines(ui, &found.iter().map(cells).collect::<Vec<_>>(), "")?;
        }
        Ok(())
    }

    fn collision_text(&self, collision: &Collision) -> String {
        let zone =
            |window: &str| self.policy.window(window).map_or(&self.zone, |window| self.zone_of(window));
        match collision {
            Collision::SameService { tasks: [first, second], services, at } => format!(
                "{first} and {second} both change {}, {}",
                services.join(", "),
                moment_text(*at, &self.zone)
            ),
            Collision::TooLong { task, window, end, over } => format!(
                "{task} takes {} minutes longer than what is left of `{window}`, which closes {}",
                (over + 59) / 60,
                moment_text(*end, zone(window))
            ),
            Collision::Outside { task, window, at } => {
                format!("{task} is scheduled for {}, when `{window}` is shut", moment_text(*at, zone(window)))
            }
        }
    }

    fn json(&self, loaded: &Loaded) -> Json {
        let rows = self.rows();
        let span = |row: &Row<'_>| {
            let tasks: Vec<&str> = row.tasks.iter().map(|task| task.task.as_str()).collect();
            json!({
                "window": row.name, "timezone": zone_name(row.zone), "start": rfc3339(row.span.start, row.zone),
                "end": rfc3339(row.span.end, row.zone), "open": row.span.contains(self.now), "tasks": tasks,
            })
        };
        let next = |(name, window): &(&str, &Window)| {
            let zone = self.zone_of(window);
            let moment = |at: Option<i64>| at.map(|at| rfc3339(at, zone));
            let state = json!({
                "open_until": moment(open_until(window, self.now)),
                "next": moment(next_opening(window, self.now).map(|opening| opening.start)),
            });
            ((*name).to_owned(), state)
        };
        let freeze = |freeze: &&crate::policy::Freeze| {
            json!({
                "name": freeze.name, "from": rfc3339(freeze.from, &self.zone), "to": rfc3339(freeze.to, &self.zone),
                "environments": freeze.environments, "services": freeze.services, "except": freeze.except,
            })
        };
        let meeting_zone = self.policy.cab.as_ref().map_or(&self.zone, |cab| &cab.timezone);
        json!({
            "schema": "changebook.windows/1",
            "at": loaded.state.at,
            "from": rfc3339(self.now, &self.zone),
            "to": rfc3339(self.until, &self.zone),
            "openings": rows.iter().map(span).collect::<Vec<_>>(),
            "windows": self.windows.iter().map(next).collect::<serde_json::Map<_, _>>(),
            "freezes": freezes_between(self.policy, self.now, self.until).iter().map(freeze).collect::<Vec<_>>(),
            "meetings": self.meetings().iter().map(|at| rfc3339(*at, meeting_zone)).collect::<Vec<_>>(),
            "collisions": collisions(self.policy, &self.tasks).iter().map(|c| self.collision_text(c)).collect::<Vec<_>>(),
        })
    }

    /// Openings, freezes, meetings and tasks as appointments.
    fn events(&self, book: &str, title: &dyn Fn(&str) -> String) -> Vec<IcsEvent> {
        let uid =
            |kind: &str, name: &str, at: &str| format!("{kind}.{}{at}@{}", uid_part(name), uid_part(book));
        let day = |at: i64, zone: &TimeZone| {
            format!(".{}", local(at, zone).map_or_else(String::new, |at| at.date().to_string()))
        };
        let mut events = Vec::new();
        for row in self.rows().into_iter().filter(|row| row.span.end - row.span.start <= MAX_APPOINTMENT) {
            events.push(IcsEvent {
                uid: uid("window", row.name, &day(row.span.start, row.zone)),
                summary: format!("Change window: {}", row.name),
                description: row
                    .tasks
                    .iter()
                    .map(|task| format!("{} {}", task.task, title(&task.task)))
                    .collect::<Vec<_>>()
                    .join("\n"),
                start: row.span.start,
                end: row.span.end,
                category: "window",
            });
        }
        for freeze in freezes_between(self.policy, self.now, self.until) {
            events.push(IcsEvent {
                uid: uid("freeze", &freeze.name, ""),
                summary: format!("Change freeze: {}", freeze.name),
                description: if freeze.except.is_empty() {
                    String::new()
                } else {
                    format!("except {}", freeze.except.join(", "))
                },
                start: freeze.from,
                end: freeze.to,
                category: "freeze",
            });
        }
        if let Some(cab) = &self.policy.cab {
            events.extend(self.meetings().into_iter().map(|start| IcsEvent {
                uid: uid("meeting", "cab", &day(start, &cab.timezone)),
                summary: "Change advisory board".to_owned(),
                description: String::new(),
                start,
                end: start + 3_600,
                category: "meeting",
            }));
        }
        let is_coming = |task: &&Occupation| self.now <= task.start && task.start < self.until;
        events.extend(self.tasks.iter().filter(is_coming).map(|task| IcsEvent {
            uid: uid("task", &task.task, ""),
            summary: format!("{}: {}", task.task, title(&task.task)),
            description: task.services.join(", "),
            start: task.start,
            end: task.start + task.duration.unwrap_or(3_600),
            category: "change",
        }));
        events
    }
}

fn lines(ui: &mut Ui, rows: &[Vec<Cell>], nothing: &str) -> Result<(), CliError> {
    if rows.is_empty() {
        return ui.line(format!("  {}", paint(DIM, nothing)));
    }
    for line in render(rows, ui.width.map(|width| width.saturating_sub(2))) {
        ui.line(format!("  {line}"))?;
    }
    Ok(())
}

fn local(at: i64, zone: &TimeZone) -> Option<jiff::ZonedDateTime> {
    Some(Timestamp::from_second(at).ok()?.to_zoned_datetime(zone.clone()))
}

/// `Sat 2024-05-25 02:00`
fn moment_text(at: i64, zone: &TimeZone) -> String {
    local(at, zone).map_or_else(|| at.to_string(), |at| at.strftime("%a %Y-%m-%d %H:%M").to_string())
}

/// `Sat 2024-05-25 02:00 – 06:00 Europe/Berlin`
fn span_text(span: Opening, zone: &TimeZone, until: i64) -> String {
    let (Some(start), Some(end)) = (local(span.start, zone), local(span.end, zone)) else {
        return String::new();
    };
    let end_text = if span.end > until {
        "…".to_owned()
    } else if start.date() == end.date() {
        end.strftime("%H:%M").to_string()
    } else {
        end.strftime("%a %Y-%m-%d %H:%M").to_string()
    };
    format!("{} – {end_text} {}", start.strftime("%a %Y-%m-%d %H:%M"), zone_name(zone))
}

fn zone_name(zone: &TimeZone) -> String {
    zone.iana_name().unwrap_or("UTC").to_owned()
}

fn rfc3339(at: i64, zone: &TimeZone) -> String {
    local(at, zone).map_or_else(|| at.to_string(), |at| at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
}

/// A name in a UID: letters, digits, `-`, `_` and `.` as they are, other bytes as their numbers.
fn uid_part(name: &str) -> String {
    let part = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => char::from(byte).to_string(),
        _ => format!(".{byte:02x}"),
    };
    name.bytes().map(part).collect()
}
