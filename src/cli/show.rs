//! `changebook show`

use serde::Serialize;

use super::context::{Context, record};
use super::error::CliError;
use super::list::{as_of, show_command};
use super::log::{event_rows, words};
use super::table::{Cell, render};
use super::ui::{
    BAD, BOLD, DIM, GOOD, INFORMATION, Ui, WAITING, escape, paint, render_diagnostic, status_style,
};
use crate::book::Loaded;
use crate::ledger::{Approval, CommitRef, ItemState, RecordJson, RecordState, Story, StoryThing, WorkTree};

/// Show one record: status, approvals, items with who ticked them, links
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook show INFRA-150\n\
    \x20\x20changebook show INFRA-150 --events\n\
    \x20\x20changebook show INFRA-150 --json --at 2024-05-20")]
pub(super) struct ShowArgs {
    /// The record's ID
    id: String,
    /// Show every event of its history
    #[arg(long)]
    events: bool,
    /// Print the git commands that show each claim
    #[arg(long)]
    evidence: bool,
}

#[derive(Serialize)]
struct ShowAnswer<'a> {
    schema: &'static str,
    at: Option<&'a CommitRef>,
    record: RecordJson<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stories: Option<Vec<Story>>,
}

fn stories(loaded: &Loaded, state: &RecordState) -> Vec<Story> {
    state.id.as_ref().map_or_else(Vec::new, |id| loaded.stories(state.record_type, id))
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &ShowArgs) -> Result<(), CliError> {
    let (_, loaded) = context.load()?;
    let state = record(&loaded, &args.id)?;
    if context.json {
        let at = loaded.state.at.as_ref();
        return ui.json(&ShowAnswer {
            schema: "changebook.show/1",
            at,
            record: RecordJson::new(state, args.events),
            stories: args.events.then(|| stories(&loaded, state)),
        });
    }
    head(ui, state)?;
    approvals(ui, state)?;
    found(ui, state)?;
    environments(ui, state)?;
    items(ui, state)?;
    relations(ui, state)?;
    if args.events {
        heading(ui, "Events")?;
        for line in render(&event_rows(state.events.iter().map(|event| (None, event))), ui.width) {
            ui.line(format!("  {line}"))?;
        }
        states(ui, state, &stories(&loaded, state))?;
    }
    for diagnostic in &state.diagnostics {
        ui.note(&render_diagnostic(diagnostic, Some(&state.record.source)));
    }
    if args.evidence {
        evidence(ui, state)?;
    }
    ui.line("")?;
    ui.line(paint(DIM, format!("{} · {}", escape(&state.record.path), as_of(&loaded.state))))
}

/// Why each thing is in the state it is in. Keys that never changed need no words.
fn states(ui: &mut Ui, state: &RecordState, stories: &[Story]) -> Result<(), CliError> {
    heading(ui, "States")?;
    // Items as the file has them, then what is gone and the rest.
    let place = |story: &Story| state.items.iter().position(|item| is_of(story, item)).unwrap_or(usize::MAX);
    let mut told: Vec<&Story> =
        stories.iter().filter(|story| story.thing != StoryThing::Field || story.steps.len() > 1).collect();
    told.sort_by_key(|story| place(story));
    for story in told {
        let name = match story.thing {
            StoryThing::Item => {
                format!("“{}”", state.items.get(place(story)).map_or(&*story.name, |item| &item.text))
            }
            StoryThing::Scope => "the text that approvals are bound to".to_owned(),
            _ => story.name.clone(),
        };
        ui.line(format!("  {}: {}", escape(&name), escape(&story.steps.join("; "))))?;
        let owner = |by: &CommitRef| {
            format!("{} ({})", by.commit.short(), escape(by.person.as_deref().unwrap_or(&by.author)))
        };
        let owners: Vec<String> = story.by.iter().map(owner).collect();
        let now = if story.thing == StoryThing::Scope {
            &story.state[..story.state.len().min(7)]
        } else {
            &story.state
        };
        ui.line(paint(DIM, format!("    now {}, owned by {}", escape(now), owners.join(" and "))))?;
    }
    Ok(())
}

fn is_of(story: &Story, item: &ItemState) -> bool {
    story.thing == StoryThing::Item && (&*item.key.text, item.key.nth) == (story.name.as_str(), story.nth)
}

fn heading(ui: &mut Ui, text: &str) -> Result<(), CliError> {
    ui.line("")?;
    ui.line(paint(BOLD, text))
}

fn head(ui: &mut Ui, state: &RecordState) -> Result<(), CliError> {
    ui.line(paint(BOLD, format!("{} {}", state.name, escape(state.title()))))?;
    let mut rows: Vec<(&str, String)> = Vec::new();
    let status = paint(status_style(state.status), state.status.as_str());
    let proof = state.evidence.as_ref().map_or_else(String::new, |by| format!("  {}", signature(by)));
    rows.push(("status", format!("{status}{proof}")));
    match state.work_tree {
        WorkTree::Modified => rows.push(("work tree", paint(WAITING, "has uncommitted changes"))),
        WorkTree::Removed => {
            rows.push(("work tree", paint(WAITING, "the file is deleted, but that is not committed")))
        }
        WorkTree::Added => rows.push(("work tree", paint(WAITING, "not committed yet"))),
        WorkTree::Clean => {}
    }
    if state.landed == Some(false) {
        rows.push(("trunk", paint(WAITING, "not landed yet")));
    }
    if let Some(kind) = state.kind() {
        rows.push(("kind", kind.as_str().to_owned()));
    }
    if let Some(risk) = &state.risk {
        let level = risk.level.as_str();
        match risk.reasons.as_slice() {
            [reason] => rows.push(("risk", format!("{level} ({})", escape(reason)))),
            reasons => {
                rows.push(("risk", level.to_owned()));
                rows.extend(reasons.iter().map(|reason| ("", format!("- {}", escape(reason)))));
            }
        }
    }
    if let Some(approval) = state.approval {
        rows.push(("approval", approval.to_string()));
    }
    if !state.blocked_by.is_empty() {
        let ids: Vec<String> = state.blocked_by.iter().map(ToString::to_string).collect();
        rows.push(("blocked by", paint(BAD, ids.join(", "))));
    }
    match state.covers.len() {
        0 => {}
        1 => rows.push(("covers", "1 commit".to_owned())),
        n => rows.push(("covers", format!("{n} commits"))),
    }
    rows.push(("next", escape(&state.next)));
    rows.extend(state.created.as_ref().map(|by| ("created", signature(by))));
    rows.extend(state.updated.as_ref().map(|by| ("updated", signature(by))));
    for (label, text) in rows {
        ui.line(format!("  {}  {text}", paint(DIM, format!("{label:<10}"))))?;
    }
    Ok(())
}

/// Commit, person and time.
pub(super) fn signature(by: &CommitRef) -> String {
    let who = by.person.as_deref().unwrap_or(&by.author);
    paint(DIM, format!("{} {} {}", by.commit.short(), escape(who), by.time.human()))
}

/// Each approval: met or not, by whom, worth what, on which text, in which commit; and what to do.
fn approvals(ui: &mut Ui, state: &RecordState) -> Result<(), CliError> {
    if state.approvals.is_empty() {
        return Ok(());
    }
    heading(ui, "Approvals")?;
    let rows: Vec<Vec<Cell>> = state.approvals.iter().map(approval_row).collect();
    let lines = render(&rows, ui.width.map(|width| width.saturating_sub(2)));
    for (line, approval) in lines.into_iter().zip(&state.approvals) {
        ui.line(format!("  {line}"))?;
        if !approval.changed.is_empty() {
            ui.line(format!("          changed since: {}", escape(&approval.changed.join(", "))))?;
        }
        if let Some(todo) = &approval.todo {
            let who = match &approval.open_to[..] {
                [] => String::new(),
                people => format!("  ({})", people.join(", ")),
            };
            ui.line(format!(
                "          to do: {}{}",
                paint(INFORMATION, escape(todo)),
                paint(DIM, escape(&who))
            ))?;
        }
    }
    if let Some(trust) = state.weakest_trust() {
        ui.line(paint(DIM, format!("  Weakest trust level: {}", trust.as_str())))?;
    }
    Ok(())
}

fn approval_row(approval: &Approval) -> Vec<Cell> {
    let (mark, style) = match (approval.valid, approval.required) {
        (true, _) => ("✓ met", GOOD),
        (false, true) => ("✗ open", WAITING),
        (false, false) => ("– open", DIM),
    };
    let text =
        if approval.required { approval.text.clone() } else { format!("{} (not required)", approval.text) };
    let scope = approval.scope.map_or_else(String::new, |scope| format!("on {}", &scope.to_string()[..7]));
    let finding = match approval.code {
        Some(code) => format!("{code}: {}", approval.detail),
        None => approval.detail.clone(),
    };
    vec![
        Cell::styled(mark, style),
        Cell::new(text),
        Cell::new(approval.person.as_deref().unwrap_or("")),
        Cell::new(approval.trust.map_or("", |trust| trust.as_str())),
        Cell::styled(scope, DIM),
        Cell::styled(approval.by.as_ref().map_or_else(String::new, |by| by.commit.short()), DIM),
        Cell::new(finding),
    ]
}

fn environments(ui: &mut Ui, state: &RecordState) -> Result<(), CliError> {
    if state.environments.is_empty() {
        return Ok(());
    }
    heading(ui, "Environments")?;
    for environment in &state.environments {
        let text = match (&environment.by, &environment.rolled_back) {
            (Some(by), _) => format!("{} {}", paint(GOOD, "deployed"), signature(by)),
            (None, Some(by)) => format!("{} {}", paint(BAD, "rolled back"), signature(by)),
            (None, None) => "not deployed".to_owned(),
        };
        ui.line(format!("  {:<12}{text}", escape(&environment.name)))?;
    }
    Ok(())
}

/// What tools found for it.
fn found(ui: &mut Ui, state: &RecordState) -> Result<(), CliError> {
    if state.found.is_empty() {
        return Ok(());
    }
    heading(ui, "Evidence")?;
    for held in &state.found {
        let wrong = match &held.file {
            Ok(file) => file.edited(),
            Err(error) => Some(format!("{}: {error}", held.path)),
        };
        match (&held.file, wrong) {
            (_, Some(wrong)) => ui.line(format!("  {} {}", paint(BAD, "✗"), escape(&wrong)))?,
            (Ok(file), None) => {
                ui.line(format!("  {}: {}", escape(&file.words()), escape(&file.content.headline())))?;
            }
            (Err(_), None) => {}
        }
    }
    Ok(())
}

fn items(ui: &mut Ui, state: &RecordState) -> Result<(), CliError> {
    let mut section = None;
    for item in &*state.items {
        if section != Some(item.section.as_deref()) {
            section = Some(item.section.as_deref());
            heading(ui, &escape(item.section.as_deref().unwrap_or("Items")))?;
        }
        let mark = if item.checked { paint(GOOD, "[x]") } else { "[ ]".to_owned() };
        let ticks: Vec<String> = item.by.iter().filter(|_| item.checked).map(signature).collect();
        ui.line(format!("  {mark} {}  {}", escape(&item.text), ticks.join(" and ")).trim_end())?;
    }
    Ok(())
}

fn relations(ui: &mut Ui, state: &RecordState) -> Result<(), CliError> {
    if state.relations.is_empty() {
        return Ok(());
    }
    heading(ui, "Related")?;
    for relation in &state.relations {
        let title = match (&relation.title, relation.exists) {
            (Some(title), _) => escape(title),
            (None, _) => paint(BAD, "does not exist"),
        };
        ui.line(format!(
            "  {:<14}{}  {title}",
            relation.kind.words(),
            paint(INFORMATION, relation.id.as_str())
        ))?;
    }
    Ok(())
}

/// The git commands for the status, and for each item's state and event.
fn evidence(ui: &mut Ui, state: &RecordState) -> Result<(), CliError> {
    heading(ui, "Check it yourself")?;
    let mut lines: Vec<(String, String)> = Vec::new();
    lines.extend(state.evidence.iter().map(|by| (show_command(by.commit), state.status.as_str().to_owned())));
    lines.extend(state.created.iter().map(|by| (show_command(by.commit), "created".to_owned())));
    lines.extend(state.updated.iter().map(|by| (show_command(by.commit), "updated".to_owned())));
    for item in state.items.iter().filter(|item| item.checked) {
        lines.extend(item.by.iter().map(|by| (show_command(by.commit), format!("ticked: {}", item.text))));
    }
    for event in &*state.events {
        lines.push((show_command(event.by.commit), words(&event.kind)));
    }
    let mut seen = std::collections::HashSet::new();
    for (command, what) in lines.into_iter().filter(|line| seen.insert(line.clone())) {
        ui.line(format!("  {command}  # {}", escape(&what)))?;
    }
    Ok(())
}
