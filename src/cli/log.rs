//! `changebook log`

use serde::Serialize;

use super::context::{Context, record};
use super::error::CliError;
use super::filter::unknown;
use super::table::{Cell, render};
use super::ui::{DIM, INFORMATION, Ui};
use crate::book::Period;
use crate::ledger::{CommitRef, Event, EventJson, EventKind, RecordState};
use crate::policy::Policy;
use crate::record::RecordType;

/// Show what happened, newest first: who did what to which record, in which commit
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook log\n\
    \x20\x20changebook log INFRA-150\n\
    \x20\x20changebook log --person sam --since 2024-05-01\n\
    \x20\x20changebook log --event deployed,rolled-back --type task --until 2024-05-31")]
pub(super) struct LogArgs {
    /// Only this record's events
    id: Option<String>,
    /// Only what this person did (a name in the policy, or an e-mail address)
    #[arg(long, value_name = "PERSON", value_delimiter = ',')]
    person: Vec<String>,
    /// Only this kind of event (`ticked`, `decided`, `worked`, …)
    #[arg(long, value_name = "EVENT", value_delimiter = ',')]
    event: Vec<String>,
    /// Only events of tasks, decisions or runbooks
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',')]
    record_type: Vec<String>,
    /// Only events on or after this day (in the board's time zone) or time
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// Only events on or before this day (in the board's time zone) or time
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
    /// Show at most N events
    #[arg(long, short = 'n', value_name = "N")]
    max_count: Option<usize>,
}

#[derive(Serialize)]
struct LogAnswer<'a> {
    schema: &'static str,
    at: Option<&'a CommitRef>,
    events: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    #[serde(flatten)]
    event: EventJson<'a>,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &LogArgs) -> Result<(), CliError> {
    if let Some(kind) = args.event.iter().find(|kind| !NAMES.contains(&kind.as_str())) {
        return Err(unknown("event", kind, NAMES.into_iter()));
    }
    let types = RecordType::ALL.map(RecordType::as_str);
    if let Some(name) = args.record_type.iter().find(|name| !types.contains(&name.as_str())) {
        return Err(unknown("type", name, types.into_iter()));
    }
    let (_, loaded) = context.load()?;
    let period = period(loaded.policy(), args)?;
    let is_known = |person: &&String| person.contains('@') || loaded.policy().people.contains_key(*person);
    if let Some(person) = args.person.iter().find(|person| !is_known(person)) {
        return Err(unknown(
            "person of the policy",
            person,
            loaded.policy().people.keys().map(String::as_str),
        )
        .with_hint("use an e-mail address for people that the policy does not list"));
    }
    let records: Vec<&RecordState> = match &args.id {
        Some(id) => vec![record(&loaded, id)?],
        None => loaded.state.records.iter().collect(),
    };
    let of_type = |record: &&&RecordState| {
        args.record_type.is_empty() || args.record_type.iter().any(|name| name == record.record_type.as_str())
    };
    let mut events: Vec<(&str, &Event)> = records
        .iter()
        .filter(of_type)
        .flat_map(|record| record.events.iter().map(|event| (record.name.as_str(), event)))
        .collect();
    events.retain(|(_, event)| admits(event, args, period));
    // Newest first; what one commit did keeps its order.
    let position = |event: &Event| loaded.history().position(event.by.commit);
    events.sort_by_key(|(_, event)| std::cmp::Reverse((event.by.time.seconds, position(event))));
    events.truncate(args.max_count.unwrap_or(usize::MAX));
    if context.json {
        let rows = events.iter().map(|(id, event)| Row { id, event: EventJson::new(event) }).collect();
        return ui.json(&LogAnswer {
            schema: "changebook.log/1",
            at: loaded.state.at.as_ref(),
            events: rows,
        });
    }
    if events.is_empty() {
        return ui.line("No events match these filters.");
    }
    for line in render(&event_rows(events.into_iter().map(|(id, event)| (Some(id), event))), ui.width) {
        ui.line(line)?;
    }
    Ok(())
}

fn period(policy: &Policy, args: &LogArgs) -> Result<Period, CliError> {
    Period::named(policy, args.since.as_deref(), args.until.as_deref()).map_err(|error| {
        CliError::usage(error.to_string())
            .with_hint("write it like `2024-05-25` or `2024-05-25T02:00:00+02:00`")
    })
}

fn admits(event: &Event, args: &LogArgs, period: Period) -> bool {
    let by = &event.by;
    let person = |name: &String| by.person.as_deref() == Some(name) || by.email.eq_ignore_ascii_case(name);
    (args.person.is_empty() || args.person.iter().any(person))
        && (args.event.is_empty() || args.event.iter().any(|kind| name(&event.kind) == kind))
        && period.holds(by.time.seconds)
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
pub(super) const NAMES: [&str; 15] = [
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
    "recorded",
    "took-out",
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
        EventKind::Recorded { .. } => "recorded",
        EventKind::TookOut { .. } => "took-out",
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
        EventKind::Decided { verdict: None } => "withdrew the decision".to_owned(),
        EventKind::Worked => "worked on the code".to_owned(),
        EventKind::Recorded { noun, place, line } => format!("recorded the {noun} for {place}: {line}"),
        EventKind::TookOut { place } => format!("removed the evidence for {place}"),
        EventKind::Deployed { environment } => format!("deployed to {environment}"),
        EventKind::RolledBack { environment, reason } => match reason {
            Some(reason) => format!("rolled {environment} back: {reason}"),
            None => format!("rolled {environment} back"),
        },
    }
}
