//! `changebook announce`

use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};
use serde::Serialize;

use super::context::{Context, record};
use super::error::CliError;
use super::record_act::{CommitArgs, Target, set_items};
use super::ui::{BOLD, DIM, Ui, escape, paint};
use crate::book::{Book, Loaded};
use crate::calendar::{next_opening, open_at};
use crate::ledger::RecordState;
use crate::policy::{Policy, Window};
use crate::record::{RecordType, Task, normalize};

/// Write drafts of the notices that a task requires, or record that one has been sent
///
/// The policy decides which notices are required: `communication` of the risk, and `communication-when` above a
/// certain downtime. Each notice uses a template from the book's `templates/announce/`, or a built-in one.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook announce INFRA-150\n\
    \x20\x20changebook announce INFRA-150 --channel status-page --zone America/New_York\n\
    \x20\x20changebook announce INFRA-150 --sent status-page")]
pub(super) struct AnnounceArgs {
    /// The task's ID
    id: String,
    /// Only this notice (part of its name is enough)
    #[arg(long, value_name = "NAME", conflicts_with = "sent")]
    channel: Option<String>,
    /// Also show times in this time zone (IANA name; repeatable)
    #[arg(long, value_name = "ZONE")]
    zone: Vec<String>,
    /// Record that this notice has been sent: tick its item and commit
    #[arg(long, value_name = "NAME")]
    sent: Option<String>,
    #[command(flatten)]
    commit: CommitArgs,
}

/// A notice: its item's text, and the name of its template.
struct Channel {
    item: String,
    name: String,
    owed: bool,
}

#[derive(Serialize)]
struct Draft {
    channel: String,
    item: String,
    owed: bool,
    sent: bool,
    text: String,
}

const BUILTIN: [(&str, &str); 4] = [
    ("default", include_str!("../../templates/announce/default.md")),
    ("status-page", include_str!("../../templates/announce/status-page.md")),
    ("customer-email", include_str!("../../templates/announce/customer-email.md")),
    ("internal-slack-notification", include_str!("../../templates/announce/internal-slack-notification.md")),
];

pub(super) fn run(ui: &mut Ui, context: &Context, args: &AnnounceArgs) -> Result<(), CliError> {
    if let Some(name) = &args.sent {
        return sent(ui, context, args, name);
    }
    let (book, loaded) = context.load()?;
    let state = record(&loaded, &args.id)?;
    let task = task(state)?;
    let channels = channels(loaded.policy(), state, task);
    let chosen: Vec<&Channel> = match &args.channel {
        Some(name) => vec![find(&channels, name)?],
        None => channels.iter().filter(|channel| channel.owed).collect(),
    };
    let zones = zones(args, &loaded, state, task)?;
    let drafts: Result<Vec<Draft>, CliError> =
        chosen.into_iter().map(|channel| draft(&book, &loaded, state, task, channel, &zones)).collect();
    let drafts = drafts?;
    if context.json {
        return ui.json(&serde_json::json!({
            "schema": "changebook.announce/1", "at": loaded.state.at, "id": state.name, "drafts": drafts,
        }));
    }
    if drafts.is_empty() {
        let risk = state.risk.as_ref().map_or("this", |risk| risk.level.as_str());
        return ui.line(format!("{} needs no notice: {risk} risk requires none.", state.name));
    }
    for draft in &drafts {
        let sent = if draft.sent { " (sent)" } else { "" };
        ui.line(format!("{} {}", paint(BOLD, format!("{}{sent}", draft.item)), paint(DIM, &draft.channel)))?;
        ui.line("")?;
        for line in draft.text.lines() {
            ui.line(escape(line))?;
        }
        ui.line("")?;
    }
    Ok(())
}

fn task(state: &RecordState) -> Result<&Task, CliError> {
    let no_task =
        || CliError::usage(format!("{} is not a task, so there is nothing to announce", state.name));
    state.record.task().ok_or_else(no_task)
}

/// Every notice that the policy knows; owed are those of the task's risk and downtime.
fn channels(policy: &Policy, state: &RecordState, task: &Task) -> Vec<Channel> {
    let downtime = task.downtime.as_ref().map_or(0, |downtime| downtime.seconds);
    let own = state.risk.as_ref().map(|risk| risk.level);
    let mut channels: Vec<Channel> = Vec::new();
    for (level, rule) in &policy.risks {
        let due = rule.communication_when.iter().map(|when| (&when.item, downtime >= when.downtime));
        for (item, is_due) in rule.communication.iter().map(|item| (item, true)).chain(due) {
            let owed = is_due && own == Some(*level);
            match channels.iter_mut().find(|channel| normalize(&channel.item) == normalize(item)) {
                Some(known) => known.owed |= owed,
                None => {
                    let name = normalize(item).replace(|c: char| !c.is_alphanumeric(), "-");
                    channels.push(Channel { item: item.clone(), name, owed });
                }
            }
        }
    }
    channels
}

/// The notice of that name, or the one that a part of it names without doubt.
fn find<'c>(channels: &'c [Channel], name: &str) -> Result<&'c Channel, CliError> {
    let wanted = normalize(name).replace(' ', "-");
    if let Some(exact) = channels.iter().find(|channel| channel.name == wanted) {
        return Ok(exact);
    }
    let fits: Vec<&Channel> = channels.iter().filter(|channel| channel.name.contains(&wanted)).collect();
    let names =
        |channels: &[&Channel]| channels.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ");
    match fits[..] {
        [one] => Ok(one),
        [] => Err(CliError::usage(format!("`{name}` is not a notice in the policy"))
            .with_hint(format!("the policy has {}", names(&channels.iter().collect::<Vec<_>>())))),
        _ => Err(CliError::usage(format!("`{name}` matches several notices: {}", names(&fits)))),
    }
}

fn window<'p>(policy: &'p Policy, state: &RecordState, task: &Task) -> Option<&'p Window> {
    let of_risk = || state.risk.as_ref().and_then(|risk| policy.risk_rule(risk.level).window.clone());
    policy.window(&task.window.clone().or_else(of_risk)?)
}

/// The window's zone first, then the readers'.
fn zones(
    args: &AnnounceArgs,
    loaded: &Loaded,
    state: &RecordState,
    task: &Task,
) -> Result<Vec<jiff::tz::TimeZone>, CliError> {
    let own = match window(loaded.policy(), state, task) {
        Some(Window::Recurring { timezone, .. }) => timezone.clone(),
        _ => crate::ledger::board_zone(loaded.policy()),
    };
    let mut zones = vec![own];
    for name in &args.zone {
        let zone = jiff::tz::TimeZone::get(name).map_err(|_| {
            CliError::usage(format!("`{name}` is not a valid time zone"))
                .with_hint("write it like `Europe/Berlin`")
        })?;
        if !zones.contains(&zone) {
            zones.push(zone);
        }
    }
    Ok(zones)
}

/// When it begins and ends at the latest: as scheduled, else in the next opening of its window.
fn span(loaded: &Loaded, state: &RecordState, task: &Task) -> Option<(i64, Option<i64>)> {
    let window = window(loaded.policy(), state, task);
    let scheduled = task.scheduled.as_ref().map(|scheduled| scheduled.timestamp().as_second());
    let duration = task.duration.as_ref().map(|duration| duration.seconds);
    match (scheduled, window) {
        (Some(start), window) => {
            let opening = window.and_then(|window| open_at(window, start)).map(|opening| opening.end);
            Some((start, duration.map(|duration| start.saturating_add(duration)).or(opening)))
        }
        (None, Some(window)) => {
            let opening = next_opening(window, loaded.state.now)?;
            Some((opening.start, Some(opening.end)))
        }
        (None, None) => None,
    }
}

fn draft(
    book: &Book,
    loaded: &Loaded,
    state: &RecordState,
    task: &Task,
    channel: &Channel,
    zones: &[jiff::tz::TimeZone],
) -> Result<Draft, CliError> {
    let moments = |seconds: i64| -> Vec<String> {
        let timestamp = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let written = |zone: &jiff::tz::TimeZone| {
            timestamp.to_zoned_datetime(zone.clone()).strftime("%a %-d %b %Y %H:%M %Z").to_string()
        };
        zones.iter().map(written).collect()
    };
    let span = span(loaded, state, task);
    let record = &state.record;
    let section = |title: &str| {
        let text = record.section(title).map(|section| record.text(section.content.clone()).trim());
        text.filter(|text| !text.is_empty() && !loaded.templates.is_guidance(text)).map(str::to_owned)
    };
    let contact = task.requestor.as_deref().map_or_else(
        || "the team".to_owned(),
        |name| {
            let email = loaded.policy().people.get(name).and_then(|person| person.emails.first());
            let shown = loaded.policy().display_name(name);
            email.map_or_else(|| shown.to_owned(), |email| format!("{shown} <{email}>"))
        },
    );
    let name = format!("announce/{}.md", channel.name);
    let own = book.text(None, &format!("templates/{name}"))?;
    let builtin = BUILTIN.iter().find(|(name, _)| *name == channel.name).unwrap_or(&BUILTIN[0]).1;
    let source = own.unwrap_or_else(|| builtin.to_owned());
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let failure = |error: minijinja::Error| {
        CliError::failure(format!("templates/{name}:{}: {error}", error.line().unwrap_or(1)))
            .with_hint("the manual's page on commands lists the variables of a notice's template")
    };
    environment.add_template("notice", &source).map_err(failure)?;
    let values = context! {
        id => state.name.clone(),
        title => state.title().to_owned(),
        risk => state.risk.as_ref().map(|risk| risk.level.as_str()),
        starts => span.map_or_else(Vec::new, |(start, _)| moments(start)),
        ends => span.and_then(|(_, end)| end).map_or_else(Vec::new, moments),
        downtime => task.downtime.as_ref().map(|downtime| downtime.text.clone()),
        services => task.services.clone(),
        impact => section("What").unwrap_or_default(),
        contact => contact,
    };
    let text = environment.get_template("notice").and_then(|page| page.render(values)).map_err(failure)?;
    let item = state.items.iter().find(|item| normalize(&item.text) == normalize(&channel.item));
    Ok(Draft {
        channel: channel.name.clone(),
        item: channel.item.clone(),
        owed: channel.owed,
        sent: item.is_some_and(|item| item.checked),
        text: format!("{}\n", text.trim()),
    })
}

fn sent(ui: &mut Ui, context: &Context, args: &AnnounceArgs, name: &str) -> Result<(), CliError> {
    let target = Target::find(context, "announce", &args.id, &args.commit)?;
    target.expect(RecordType::Task)?;
    let state = target.state()?;
    let channels = channels(target.loaded.policy(), state, task(state)?);
    let channel = find(&channels, name)?;
    let item = target.item(&channel.item)?;
    if item.checked {
        return Err(CliError::failure(format!("“{}” has already been sent", channel.item))
            .with_hint(format!("`changebook show {}` shows by whom", target.name)));
    }
    let message = format!("{}: {} sent\n", target.name, channel.item);
    let edit = set_items(&state.record.path, state.record_type, vec![item.key.clone()], true);
    target.apply(ui, context, &args.commit, &format!("“{}” sent", channel.item), &message, &edit)
}
