//! `changebook log`

use serde::Serialize;

use super::context::{Context, record};
use super::error::CliError;
use super::filter::unknown;
use super::table::{Cell, render};
use super::ui::{DIM, INFORMATION, Ui};
use crate::ledger::{Event, EventJson, EventKind, Evidence, RecordState};

/// Show what happened, newest first: who did what to which record, in which commit
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook log\n\
    \x20\x20changebook log INFRA-150\n\
    \x20\x20changebook log --person sam --since 2024-05-01")]
pub(super) struct LogArgs {
    /// Only this record's events
    id: Option<String>,
    /// Only what this person did (a name of the policy, or an e-mail)
    #[arg(long, value_name = "PERSON")]
    person: Option<String>,
    /// Only this kind of event (`ticked`, `decided`, `worked`, …)
    #[arg(long, value_name = "EVENT")]
    event: Option<String>,
    /// Only what happened on or after this date
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// At most so many events
    #[arg(long, short = 'n', value_name = "N")]
    max_count: Option<usize>,
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    at: Option<&'a Evidence>,
    events: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    #[serde(flatten)]
    event: EventJson<'a>,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &LogArgs) -> Result<(), CliError> {
    let since = args.since.as_deref().map(parse_date).transpose()?;
    if let Some(kind) = args.event.as_deref().filter(|kind| !NAMES.contains(kind)) {
        return Err(unknown("event", kind, NAMES.into_iter()));
    }
    let (_, loaded) = context.load()?;
    if let Some(person) = args.person.as_deref()
        && !person.contains('@')
        && !loaded.policy.people.contains_key(person)
    {
        return Err(unknown("person of the policy", person, loaded.policy.people.keys().map(String::as_str))
            .with_hint("an e-mail address finds those that the policy does not list"));
    }
    let records: Vec<&RecordState> = match &args.id {
        Some(id) => vec![record(&loaded, id)?],
        None => loaded.state.records.iter().collect(),
    };
    let mut events: Vec<(&str, &Event)> = records
        .iter()
        .flat_map(|record| record.events.iter().map(|event| (record.name.as_str(), event)))
        .collect();
    events.retain(|(_, event)| admits(event, args, since));
    // Newest first; what one commit did keeps its order.
    let position = |event: &Event| loaded.history.position(event.by.commit);
    events.sort_by_key(|(_, event)| std::cmp::Reverse((event.by.time.seconds, position(event))));
    events.truncate(args.max_count.unwrap_or(usize::MAX));
    if context.json {
        let rows = events.iter().map(|(id, event)| Row { id, event: EventJson::new(event) }).collect();
        return ui.json(&Answer { schema: "changebook.log/1", at: loaded.state.at.as_ref(), events: rows });
    }
    if events.is_empty() {
        return ui.line("Nothing happened that these filters let through.");
    }
    for line in render(&event_rows(events.into_iter().map(|(id, event)| (Some(id), event))), ui.width) {
        ui.line(line)?;
    }
    Ok(())
}

fn parse_date(text: &str) -> Result<i64, CliError> {
    let date = text.parse::<jiff::civil::Date>().ok();
    let midnight = date.and_then(|date| date.to_zoned_datetime(jiff::tz::TimeZone::UTC).ok());
    midnight.map(|midnight| midnight.timestamp().as_second()).ok_or_else(|| {
        CliError::usage(format!("`{text}` is no date")).with_hint("write it like `2024-05-25`")
    })
}

fn admits(event: &Event, args: &LogArgs, since: Option<i64>) -> bool {
    let by = &event.by;
    let person = |name: &str| by.person.as_deref() == Some(name) || by.email.eq_ignore_ascii_case(name);
    args.person.as_deref().is_none_or(person)
        && args.event.as_deref().is_none_or(|kind| name(&event.kind) == kind)
        && since.is_none_or(|since| by.time.seconds >= since)
}

/// One row for each event: time, commit, person, record, words.
pub(super) fn event_rows<'a>(events: impl Iterator<Item = (Option<&'a str>, &'a Event)>) -> Vec<Vec<Cell>> {
    events
        .map(|(id, event)| {
            let mut row = vec![
                Cell::styled(event.by.time.human(), DIM),
                Cell::styled(event.by.commit.short(), DIM),
                Cell::new(event.by.person.as_deref().unwrap_or(&event.by.author)),
            ];
            row.extend(id.map(|id| Cell::styled(id, INFORMATION)));
            let merge = if event.merge { " (by the merge itself)" } else { "" };
            row.push(Cell::new(format!("{}{merge}", words(&event.kind))));
            row
        })
        .collect()
}

/// The names of events.
const NAMES: [&str; 13] = [
    "created",
    "moved",
    "removed",
    "ticked",
    "unticked",
    "items-changed",
    "field-set",
    "scope-changed",
    "noted",
    "decided",
    "worked",
    "deployed",
    "rolled-back",
];

/// The event's name in JSON and filters.
fn name(kind: &EventKind) -> &'static str {
    match kind {
        EventKind::Created => "created",
        EventKind::Moved { .. } => "moved",
        EventKind::Removed => "removed",
        EventKind::Ticked { .. } => "ticked",
        EventKind::Unticked { .. } => "unticked",
        EventKind::ItemsChanged { .. } => "items-changed",
        EventKind::FieldSet { .. } => "field-set",
        EventKind::ScopeChanged => "scope-changed",
        EventKind::Noted => "noted",
        EventKind::Decided { .. } => "decided",
        EventKind::Worked => "worked",
        EventKind::Deployed { .. } => "deployed",
        EventKind::RolledBack { .. } => "rolled-back",
    }
}

/// What an event did, in words.
pub(super) fn words(kind: &EventKind) -> String {
    match kind {
        EventKind::Created => "created".to_owned(),
        EventKind::Moved { from, to } => format!("moved from {from} to {to}"),
        EventKind::Removed => "removed".to_owned(),
        EventKind::Ticked { item } => format!("ticked “{item}”"),
        EventKind::Unticked { item } => format!("unticked “{item}”"),
        EventKind::ItemsChanged { added, removed } => {
            let list = |verb: &str, items: &[String]| {
                (!items.is_empty()).then(|| format!("{verb} “{}”", items.join("”, “")))
            };
            let parts: Vec<String> =
                [list("added", added), list("removed", removed)].into_iter().flatten().collect();
            parts.join("; ")
        }
        EventKind::FieldSet { field, value: Some(value) } => format!("set {field} = {value}"),
        EventKind::FieldSet { field, value: None } => format!("removed {field}"),
        EventKind::ScopeChanged => "changed the text".to_owned(),
        EventKind::Noted => "wrote a note".to_owned(),
        EventKind::Decided { verdict: Some(verdict) } => format!("decided: {}", verdict.as_str()),
        EventKind::Decided { verdict: None } => "took the decision back".to_owned(),
        EventKind::Worked => "worked on the code".to_owned(),
        EventKind::Deployed { environment } => format!("deployed to {environment}"),
        EventKind::RolledBack { environment, reason } => match reason {
            Some(reason) => format!("rolled {environment} back: {reason}"),
            None => format!("rolled {environment} back"),
        },
    }
}
