//! `changebook agenda`

use std::path::PathBuf;

use serde::Serialize;

use super::context::Context;
use super::error::CliError;
use super::ui::{Ui, markdown_text};
use crate::book::{AuditQuestion, Loaded};
use crate::calendar::{Collision, collisions};
use crate::diagnostic::{Code, Severity};
use crate::evidence::EvidenceFile;
use crate::history::CommitTime;
use crate::ledger::{
    Agenda, CommitRef, Matter, RecordState, Review, agenda, board_zone, is_met_elsewhere, next_meeting,
    occupations, same_resources, services,
};
use crate::record::{Details, normalize};

/// Write the agenda of the board's meeting, or its minutes
///
/// Lists pending decisions with their tasks, risk, plan and window; high-risk tasks without a decision; emergencies
/// to review; open conditions; and the outcomes of the last meeting. The output is Markdown.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook agenda\n\
    \x20\x20changebook agenda 2024-05-16 --out docs/agenda-2024-05-16.md\n\
    \x20\x20changebook agenda 2024-05-16 --minutes")]
pub(super) struct AgendaArgs {
    /// The meeting's date [default: the next one in the policy]
    #[arg(value_name = "DAY")]
    meeting: Option<String>,
    /// Write the minutes: what was decided
    #[arg(long)]
    minutes: bool,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Serialize)]
struct AgendaAnswer<'a> {
    schema: &'static str,
    at: Option<&'a CommitRef>,
    meeting: String,
    decisions: Vec<MatterJson<'a>>,
    unlisted: Vec<&'a str>,
    reviews: Vec<ReviewJson<'a>>,
    conditions: Vec<ConditionJson<'a>>,
    last: Vec<MatterJson<'a>>,
}

#[derive(Serialize)]
struct MatterJson<'a> {
    id: &'a str,
    title: &'a str,
    status: &'static str,
    next: &'a str,
    changes: Vec<&'a str>,
    evidence: Option<&'a CommitRef>,
}

#[derive(Serialize)]
struct ReviewJson<'a> {
    id: &'a str,
    environment: &'a str,
    due: String,
    overdue: bool,
}

#[derive(Serialize)]
struct ConditionJson<'a> {
    id: &'a str,
    open: &'a [String],
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &AgendaArgs) -> Result<(), CliError> {
    let (book, loaded) = context.load()?;
    let meeting = day(&loaded, args.meeting.as_deref())?;
    // Only what has landed can have been deployed; without a trunk nothing has.
    let audited = match loaded.state.at.is_some() && loaded.state.trunk.is_some() {
        true => Some(book.audit(&loaded, &AuditQuestion::default())?),
        false => None,
    };
    let rows = audited.as_ref().map_or(&[][..], |audited| &audited.audit.rows);
    let found = agenda(&loaded.state, loaded.policy(), rows, meeting);
    if context.json {
        return ui.json(&json(&loaded, &found));
    }
    let text = if args.minutes { minutes(&loaded, &found) } else { markdown(&loaded, &found) };
    match &args.out {
        Some(file) => {
            crate::act::create_file(file, text.as_bytes())?;
            ui.line(format!("wrote {}", file.display()))
        }
        None => ui.document(&text),
    }
}

/// The meeting's day.
fn day(loaded: &Loaded, asked: Option<&str>) -> Result<jiff::civil::Date, CliError> {
    let policy = loaded.policy();
    let meeting = match asked {
        Some(text) => text.parse::<jiff::civil::Date>().map_err(|_| {
            CliError::usage(format!("`{text}` is not a valid date")).with_hint("write it like `2024-05-16`")
        })?,
        None if policy.cab.is_none() => {
            return Err(CliError::failure("the policy does not say when the board meets".to_owned())
                .with_hint("give the date, or set `[cab]` in policy.toml"));
        }
        None => next_meeting(policy, loaded.state.now).ok_or_else(|| {
            CliError::failure("the board has no meeting within the next year".to_owned())
                .with_hint("give the date, or check `[cab] rrule` in policy.toml")
        })?,
    };
    meeting
        .to_zoned_datetime(board_zone(policy))
        .map_err(|_| CliError::usage("the date is out of range".to_owned()))?;
    Ok(meeting)
}

fn json<'a>(loaded: &'a Loaded, found: &'a Agenda<'a>) -> AgendaAnswer<'a> {
    let matter = |matter: &'a Matter<'a>| MatterJson {
        id: &matter.decision.name,
        title: matter.decision.title(),
        status: matter.decision.status.as_str(),
        next: &matter.decision.next,
        changes: matter.changes.iter().map(|(id, _)| *id).collect(),
        evidence: matter.decision.evidence.as_ref(),
    };
    AgendaAnswer {
        schema: "changebook.agenda/1",
        at: loaded.state.at.as_ref(),
        meeting: found.meeting.to_string(),
        decisions: found.decisions.iter().map(matter).collect(),
        unlisted: found.unlisted.iter().map(|record| record.name.as_str()).collect(),
        reviews: found
            .reviews
            .iter()
            .filter_map(|row| {
                let (due, overdue) = due(row.review.as_ref()?)?;
                Some(ReviewJson { id: row.id.as_str(), environment: &row.environment, due, overdue })
            })
            .collect(),
        conditions: found
            .conditions
            .iter()
            .map(|(record, open)| ConditionJson { id: &record.name, open })
            .collect(),
        last: found.last.iter().map(matter).collect(),
    }
}

fn due(review: &Review) -> Option<(String, bool)> {
    let moment = |seconds: i64| CommitTime { seconds, offset_minutes: 0 }.rfc3339();
    match review {
        Review::Owed { until } => Some((moment(*until), false)),
        Review::Overdue { since } => Some((moment(*since), true)),
        Review::InTime { .. } | Review::Late { .. } => None,
    }
}

fn markdown(loaded: &Loaded, found: &Agenda<'_>) -> String {
    let mut lines = vec![format!("# Agenda, {}", found.meeting), String::new()];
    section(
        &mut lines,
        "To decide",
        "Nothing to decide.",
        found.decisions.iter().map(|m| matter(loaded, m)).collect(),
    );
    let collided = collided(loaded, found);
    if !collided.is_empty() {
        section(&mut lines, "Conflicting tasks", "", collided);
    }
    let unlisted =
        found.unlisted.iter().map(|record| format!("- {}\n", change(loaded, &record.name, Some(record))));
    section(&mut lines, "High-risk tasks without a decision", "None.", unlisted.collect());
    let reviews = found.reviews.iter().filter_map(|row| {
        let (due, overdue) = due(row.review.as_ref()?)?;
        let word = if overdue { "overdue since" } else { "due" };
        let why = markdown_text(row.emergency.as_deref().unwrap_or_default());
        Some(format!(
            "- {} {} → {}: {why} ({word} {due})\n",
            row.id,
            markdown_text(&row.title),
            row.environment
        ))
    });
    section(&mut lines, "Emergencies to review", "None.", reviews.collect());
    let conditions = found.conditions.iter().map(|(record, open)| {
        let open: Vec<String> = open.iter().map(|text| markdown_text(text)).collect();
        format!("- {} {}: {}\n", record.name, markdown_text(record.title()), open.join("; "))
    });
    section(&mut lines, "Open conditions", "None.", conditions.collect());
    let last = found.last.iter().map(|m| outcome(m));
    section(&mut lines, "Outcomes of the last meeting", "None.", last.collect());
    lines.join("\n")
}

fn section(lines: &mut Vec<String>, title: &str, none: &str, texts: Vec<String>) {
    lines.extend([format!("## {title}"), String::new()]);
    if texts.is_empty() {
        lines.extend([none.to_owned(), String::new()]);
    }
    lines.push(texts.concat());
}

/// A decision with what the board must know of each task.
fn matter(loaded: &Loaded, matter: &Matter<'_>) -> String {
    let decision = matter.decision;
    let mut text = format!("### {} {}\n\n", decision.name, markdown_text(decision.title()));
    let standing = format!("{}: {}", decision.status.as_str(), decision.next);
    text.push_str(&format!("{}\n\n", markdown_text(&standing)));
    for (id, record) in &matter.changes {
        text.push_str(&format!("- {}\n", change(loaded, id, *record)));
    }
    let open = decision
        .items
        .iter()
        .filter(|item| !item.checked)
        .map(|item| format!("- [ ] {}\n", markdown_text(&item.text)));
    let open: String = open.collect();
    if !open.is_empty() {
        text.push_str(&format!("\nOpen:\n\n{open}"));
    }
    text.push('\n');
    text
}

/// A task in one list item: risk, plan, reach, window.
fn change(loaded: &Loaded, id: &str, record: Option<&RecordState>) -> String {
    let Some(record) = record else { return format!("{id} does not exist") };
    let mut parts = vec![format!("**{id}** {}", markdown_text(record.title()))];
    if let Some(risk) = &record.risk {
        parts.push(format!("{} risk ({})", risk.level.as_str(), markdown_text(&risk.reasons.join("; "))));
    }
    if let Details::Task(task) = &record.record.details {
        parts.extend(record.evidence_files().map(EvidenceFile::line));
        let of_risk =
            || record.risk.as_ref().and_then(|risk| loaded.policy().risk_rule(risk.level).window.clone());
        parts.extend(task.window.clone().or_else(of_risk).map(|window| format!("window `{window}`")));
        parts.extend(
            task.scheduled
                .as_ref()
                .map(|scheduled| format!("scheduled {}", scheduled.strftime("%-d %b %Y %H:%M %:z"))),
        );
    }
    let radius =
        record.record.section("Blast radius").map(|section| record.record.text(section.content.clone()));
    let radius = radius.filter(|text| !loaded.templates.is_guidance(text));
    parts.extend(
        radius
            .and_then(|text| text.lines().find(|line| !line.trim().is_empty()))
            .map(|line| format!("blast radius: {}", markdown_text(line.trim()))),
    );
    if let Some(approval) = record.approval {
        parts.push(format!("approval: {approval}"));
    }
    parts.join("; ")
}

fn collided(loaded: &Loaded, found: &Agenda<'_>) -> Vec<String> {
    let names: Vec<&str> = found.tasks().iter().map(|record| record.name.as_str()).collect();
    let known = services(loaded.state.records.iter().map(|record| &*record.record));
    let is_known = |service: &str| known.contains(&normalize(service));
    let mut all = collisions(loaded.policy(), &occupations(&loaded.state, loaded.policy()), &is_known);
    all.extend(same_resources(&loaded.state));
    all.iter()
        .filter_map(|collision| match collision {
            Collision::SameService { tasks, services, .. }
                if tasks.iter().any(|task| names.contains(&task.as_str())) =>
            {
                Some(format!(
                    "- {} both change {}\n",
                    tasks.join(" and "),
                    markdown_text(&services.join(", "))
                ))
            }
            Collision::SameResource { tasks, what }
                if tasks.iter().any(|task| names.contains(&task.as_str())) =>
            {
                Some(format!("- {} {}\n", tasks.join(" and "), markdown_text(what)))
            }
            Collision::TooLong { task, .. } if names.contains(&task.as_str()) => {
                Some(format!("- {task} takes longer than the time left in its window\n"))
            }
            Collision::Frozen { task, freeze, .. } if names.contains(&task.as_str()) => {
                Some(format!("- {task} is scheduled during the freeze {}\n", markdown_text(freeze)))
            }
            _ => None,
        })
        .collect()
}

fn outcome(matter: &Matter<'_>) -> String {
    let decision = matter.decision;
    let changes = matter.changes.iter().map(|(id, record)| match record {
        Some(record) => format!("{id} {}", record.status.as_str()),
        None => format!("{id} does not exist"),
    });
    let changes: Vec<String> = changes.collect();
    let by = decision.evidence.as_ref().map_or_else(String::new, |by| {
        format!(
            " ({} {} {})",
            by.commit.short(),
            markdown_text(by.person.as_deref().unwrap_or(&by.author)),
            by.time.human()
        )
    });
    let title = markdown_text(decision.title());
    let is_claimed = decision
        .diagnostics
        .iter()
        .any(|found| found.code == Code::DecisionRole && found.severity == Severity::Error);
    let claimed = if is_claimed { format!("; {}", markdown_text(&decision.next)) } else { String::new() };
    let status = decision.status.as_str();
    format!("- {} {title}: **{status}**{by}: {}{claimed}\n", decision.name, changes.join(", "))
}

fn minutes(loaded: &Loaded, found: &Agenda<'_>) -> String {
    let mut lines = vec![format!("# Minutes, {}", found.meeting), String::new()];
    let of_meeting = found.decisions.iter().filter(|matter| match &matter.decision.record.details {
        Details::Decision(decision) => decision.meeting == Some(found.meeting),
        _ => false,
    });
    let decided = of_meeting.map(|matter| {
        let conditions = matter.decision.items.iter().filter(|item| {
            item.section.as_deref().is_some_and(|section| section.eq_ignore_ascii_case("conditions"))
        });
        let conditions = conditions.map(|item| {
            let mark = if item.checked && item.uncounted.is_none() { "x" } else { " " };
            let elsewhere =
                if is_met_elsewhere(loaded.policy(), &item.text) { " (checked by the gate)" } else { "" };
            format!("    - [{mark}] {}{elsewhere}\n", markdown_text(&item.text))
        });
        format!("{}{}", outcome(matter), conditions.collect::<String>())
    });
    section(&mut lines, "Decided", "Nothing was on the agenda.", decided.collect());
    lines.join("\n")
}
