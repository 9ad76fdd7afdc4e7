//! `changebook windows`

use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};

use super::context::Context;
use super::error::CliError;
use super::table::{Cell, render};
use super::ui::{BAD, BOLD, DIM, GOOD, INFORMATION, Ui, WAITING, paint};
use crate::book::Loaded;
use crate::calendar::{Collision, Opening, next_opening, open_until, render_ics};
use crate::ledger::{Coming, Open, RecordState, local, moment_text};
use crate::policy::Window;

/// A day, in seconds.
const DAY: i64 = 86_400;

/// Show upcoming windows, freezes and meetings, and conflicting tasks
///
/// Times are in each window's time zone; freezes are in the time zone of the board's meetings, or in UTC.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook windows\n\
    \x20\x20changebook windows --window standard --days 90\n\
    \x20\x20changebook windows --ics > changes.ics")]
pub(super) struct WindowsArgs {
    /// Only this change window
    #[arg(long, value_name = "NAME")]
    window: Option<String>,
    /// How many days ahead [default: 28, or 366 with `--ics`]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=3660))]
    days: Option<u16>,
    /// Write an iCalendar file that other programs can subscribe to or import
    #[arg(long, conflicts_with = "json")]
    ics: bool,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &WindowsArgs) -> Result<(), CliError> {
    let (book, loaded) = context.load()?;
    let policy = loaded.policy();
    if let Some(name) = args.window.as_deref().filter(|name| policy.window(name).is_none()) {
        let names: Vec<&str> = policy.windows.keys().map(String::as_str).collect();
        return Err(CliError::usage(format!("the policy does not have the window `{name}`"))
            .with_hint(format!("it has {}", names.join(", "))));
    }
    let days = i64::from(args.days.unwrap_or(if args.ics { 366 } else { 28 }));
    let now = loaded.state.now;
    let mut coming = Coming::new(&loaded.state, policy, now, now.saturating_add(days * DAY));
    coming.windows.retain(|(name, _)| args.window.as_ref().is_none_or(|only| only == name));
    if args.ics {
        let name =
            policy.book.clone().or(loaded.config.title.clone()).unwrap_or_else(|| "changebook".to_owned());
        let stamp = loaded.state.at.as_ref().map_or(now, |at| at.time.seconds);
        let titles = |id: &str| loaded.state.record(id).map_or("", RecordState::title).to_owned();
        return ui.document(&render_ics(&name, stamp, &coming.events(&name, &titles)));
    }
    drop(book);
    if context.json { ui.json(&json_of(&coming, &loaded)) } else { show(&coming, ui) }
}

fn show(coming: &Coming<'_>, ui: &mut Ui) -> Result<(), CliError> {
    ui.line(paint(BOLD, "Windows"))?;
    let rows = coming.rows();
    let cells = |row: &Open<'_>| {
        let is_open = row.span.contains(coming.now);
        let tasks: Vec<&str> = row.tasks.iter().map(|task| task.task.as_str()).collect();
        vec![
            Cell::styled(span_text(row.span, row.zone, coming.until), INFORMATION),
            Cell::new(row.name),
            Cell::styled(if is_open { "open now" } else { "" }, GOOD),
            Cell::new(tasks.join(", ")),
        ]
    };
    lines(ui, &rows.iter().map(cells).collect::<Vec<_>>(), "none in this period")?;
    let freezes = coming.freezes();
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
                span_text(Opening { start: freeze.from, end: freeze.to }, &coming.zone, i64::MAX),
                WAITING,
            ),
            Cell::new(&freeze.name),
            Cell::new(list(&freeze.environments, "all gated environments")),
            Cell::new(list(&freeze.services, "all services")),
            Cell::styled(except, DIM),
        ]
    };
    lines(ui, &freezes.iter().map(cells).collect::<Vec<_>>(), "none in this period")?;
    if let Some(cab) = &coming.policy.cab {
        ui.line("")?;
        ui.line(paint(BOLD, "The board meets"))?;
        let cells = |at: &i64| {
            vec![Cell::new(format!("{} {}", moment_text(*at, &cab.timezone), zone_name(&cab.timezone)))]
        };
        lines(ui, &coming.meetings().iter().map(cells).collect::<Vec<_>>(), "not in this period")?;
    }
    let found = coming.collisions();
    if !found.is_empty() {
        ui.line("")?;
        ui.line(paint(BOLD, "Conflicting tasks"))?;
        let cells = |collision: &Collision| vec![Cell::styled(coming.collision_text(collision), BAD)];
        lines(ui, &found.iter().map(cells).collect::<Vec<_>>(), "")?;
    }
    Ok(())
}

fn json_of(coming: &Coming<'_>, loaded: &Loaded) -> Json {
    let rows = coming.rows();
    let span = |row: &Open<'_>| {
        let tasks: Vec<&str> = row.tasks.iter().map(|task| task.task.as_str()).collect();
        json!({
            "window": row.name, "timezone": zone_name(row.zone), "start": rfc3339(row.span.start, row.zone),
            "end": rfc3339(row.span.end, row.zone), "open": row.span.contains(coming.now), "tasks": tasks,
        })
    };
    let next = |(name, window): &(&str, &Window)| {
        let zone = coming.zone_of(window);
        let moment = |at: Option<i64>| at.map(|at| rfc3339(at, zone));
        let state = json!({
            "open_until": moment(open_until(window, coming.now)),
            "next": moment(next_opening(window, coming.now).map(|opening| opening.start)),
        });
        ((*name).to_owned(), state)
    };
    let freeze = |freeze: &&crate::policy::Freeze| {
        json!({
            "name": freeze.name, "from": rfc3339(freeze.from, &coming.zone), "to": rfc3339(freeze.to, &coming.zone),
            "environments": freeze.environments, "services": freeze.services, "except": freeze.except,
        })
    };
    let meeting_zone = coming.policy.cab.as_ref().map_or(&coming.zone, |cab| &cab.timezone);
    json!({
        "schema": "changebook.windows/1",
        "at": loaded.state.at,
        "from": rfc3339(coming.now, &coming.zone),
        "to": rfc3339(coming.until, &coming.zone),
        "openings": rows.iter().map(span).collect::<Vec<_>>(),
        "windows": coming.windows.iter().map(next).collect::<serde_json::Map<_, _>>(),
        "freezes": coming.freezes().iter().map(freeze).collect::<Vec<_>>(),
        "meetings": coming.meetings().iter().map(|at| rfc3339(*at, meeting_zone)).collect::<Vec<_>>(),
        "collisions": coming.collisions().iter().map(|c| coming.collision_text(c)).collect::<Vec<_>>(),
    })
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
