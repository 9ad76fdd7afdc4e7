//! `changebook new`

use std::io::IsTerminal;
use std::path::Path;
use std::process::Command;

use super::context::Context;
use super::error::CliError;
use super::ui::{GOOD, Ui, paint};
use crate::act::{Hold, create_atomically};
use crate::book::Book;
use crate::diagnostic::nearest;
use crate::policy::{IdPattern, Policy};
use crate::record::{RecordId, RecordType, Risk, TaskKind};
use crate::template::NewRecord;

/// Create a record from a template, with the next free number across all branches
///
/// KIND is `task` (or `terraform`, `kubernetes`, `helm`, `documentation`, `general`), `decision` or `runbook`. On a
/// terminal, the file opens in your editor; committing it is up to you.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook new terraform \"Add a Redis cluster for caching\" --risk low\n\
    \x20\x20changebook new helm \"Upgrade ingress-nginx\" --chart ingress-nginx,4.6.0,4.8.0\n\
    \x20\x20changebook new decision \"VPC migration review\" --change INFRA-150 --meeting 2024-05-16\n\
    \x20\x20changebook new runbook \"Redis cluster\" --id redis-cluster --service redis")]
pub(super) struct NewArgs {
    /// What to create
    kind: String,
    /// Its title
    #[arg(required = true, num_args = 1..)]
    title: Vec<String>,
    /// Use this ID instead of the next number
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Declared risk: low, medium or high
    #[arg(long, value_name = "RISK")]
    risk: Option<String>,
    /// Declared category of the policy (repeatable)
    #[arg(long, value_name = "NAME")]
    category: Vec<String>,
    /// Service that it touches (repeatable)
    #[arg(long, value_name = "NAME")]
    service: Vec<String>,
    /// Change window
    #[arg(long, value_name = "NAME")]
    window: Option<String>,
    /// Why it cannot wait: makes it an emergency
    #[arg(long, value_name = "WHY")]
    emergency: Option<String>,
    /// Task that this one follows up (repeatable)
    #[arg(long, value_name = "ID")]
    follows: Vec<String>,
    /// Task that a decision is about (repeatable)
    #[arg(long = "change", value_name = "ID")]
    changes: Vec<String>,
    /// Date of the meeting, for a decision
    #[arg(long, value_name = "DATE")]
    meeting: Option<String>,
    /// Chart, with current and target version
    #[arg(long, value_name = "NAME,NOW,TO", value_delimiter = ',', num_args = 1)]
    chart: Vec<String>,
    /// Who requests it, as named in the policy [default: you]
    #[arg(long, value_name = "PERSON")]
    requestor: Option<String>,
    /// Do not open an editor
    #[arg(long)]
    no_edit: bool,
}

/// What kind of record is made, with the template's name.
enum NewKind {
    Task(TaskKind),
    Decision,
    Runbook,
}

impl NewKind {
    fn parse(word: &str) -> Result<Self, CliError> {
        match word {
            "task" => Ok(NewKind::Task(TaskKind::General)),
            "decision" => Ok(NewKind::Decision),
            "runbook" => Ok(NewKind::Runbook),
            _ => TaskKind::parse(word).map(NewKind::Task).ok_or_else(|| unknown_kind(word)),
        }
    }

    fn template(&self) -> &'static str {
        match self {
            NewKind::Task(kind) => kind.as_str(),
            NewKind::Decision => "decision",
            NewKind::Runbook => "runbook",
        }
    }

    fn record_type(&self) -> RecordType {
        match self {
            NewKind::Task(_) => RecordType::Task,
            NewKind::Decision => RecordType::Decision,
            NewKind::Runbook => RecordType::Runbook,
        }
    }
}

fn unknown_kind(word: &str) -> CliError {
    let known =
        ["task", "terraform", "kubernetes", "helm", "documentation", "general", "decision", "runbook"];
    let error = CliError::usage(format!("`{word}` is not a kind of record"));
    match nearest(word, known) {
        Some(near) => error.with_hint(format!("did you mean `{near}`?")),
        None => error.with_hint(format!("one of {}", known.join(", "))),
    }
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &NewArgs) -> Result<(), CliError> {
    context.refuse_at("new")?;
    let kind = NewKind::parse(&args.kind)?;
    let (hold, book) = context.held("new")?;
    let root = book.root.clone().ok_or_else(|| {
        CliError::failure("a bare repository has no files").with_hint("work in a clone of it")
    })?;
    let policy = book.policy(None)?;
    let mut record = values(&book, &policy, &kind, args)?;
    let templates = book.record_templates(None)?;
    let date = match &args.meeting {
        Some(meeting) => meeting.parse::<jiff::civil::Date>().map_err(|_| {
            CliError::usage(format!("`{meeting}` is not a valid date"))
                .with_hint("write it like `2024-05-16`")
        })?,
        None => today(context.now),
    };
    let taken = book.ids_ever()?;
    check_references(&taken, args)?;
    let mut number = 0;
    let path = loop {
        let id = match &args.id {
            Some(id) => RecordId::parse(id).map_err(|error| CliError::usage(error.to_string()))?,
            None => next_id(&policy, &kind, &record.title, date.year(), &taken, &mut number)?,
        };
        if args.id.is_some() && taken.iter().any(|other| other.folded() == id.folded()) {
            return Err(CliError::failure(format!(
                "`{id}` is taken: this history has, or had, a record with that ID"
            ))
            .with_hint("without `--id` the next free number is used"));
        }
        record.id = id.to_string();
        let text = templates.render(kind.template(), &record)?;
        let year =
            (policy.ids.by_year && !matches!(kind, NewKind::Runbook)).then(|| format!("{:04}/", date.year()));
        let path = format!("{}/{}{id}.md", kind.record_type().folder(), year.unwrap_or_default());
        if create(&hold, &root.join(&path), &text)? {
            break path;
        }
        if args.id.is_some() {
            return Err(CliError::failure(format!("`{path}` already exists")));
        }
    };
    drop(hold);
    report(ui, context, &record.id, &path)?;
    if !args.no_edit && !context.json && std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        open_editor(&book, &root.join(&path))?;
    }
    Ok(())
}

fn report(ui: &mut Ui, context: &Context, id: &str, path: &str) -> Result<(), CliError> {
    if context.json {
        return ui.json(&serde_json::json!({ "schema": "changebook.new/1", "id": id, "path": path }));
    }
    ui.line(format!("{} {path}", paint(GOOD, "created")))
}

/// The template's values, checked against the policy.
fn values(book: &Book, policy: &Policy, kind: &NewKind, args: &NewArgs) -> Result<NewRecord, CliError> {
    let known = |what: &str, name: &str, known: Vec<&str>| {
        if known.contains(&name) {
            return Ok(());
        }
        let error = CliError::usage(format!("{what} `{name}` is not in the policy"));
        Err(match nearest(name, known.iter().copied()) {
            Some(near) => error.with_hint(format!("did you mean `{near}`?")),
            None => error.with_hint(format!("one of {}", known.join(", "))),
        })
    };
    if let Some(risk) = args.risk.as_deref().filter(|risk| Risk::parse(risk).is_none()) {
        return Err(CliError::usage(format!("`{risk}` is not a valid risk")).with_hint("low, medium or high"));
    }
    for category in &args.category {
        known(
            "category",
            category,
            policy.categories.iter().map(|category| category.name.as_str()).collect(),
        )?;
    }
    if let Some(window) = &args.window {
        known("window", window, policy.windows.keys().map(String::as_str).collect())?;
    }
    let chart = match &args.chart[..] {
        [] => None,
        [name, current, target] => Some((name.clone(), current.clone(), target.clone())),
        _ => {
            return Err(CliError::usage(
                "`--chart` takes a name and two versions: `ingress-nginx,4.6.0,4.8.0`",
            ));
        }
    };
    let requestor = match &args.requestor {
        Some(requestor) => Some(requestor.clone()),
        None => crate::act::author_email(book)
            .ok()
            .and_then(|email| policy.person_by_email(&email).map(str::to_owned)),
    };
    let level = args.risk.as_deref().and_then(Risk::parse);
    let window = args.window.clone().or_else(|| policy.risk_rule(level?).window.clone());
    let new = NewRecord {
        id: String::new(),
        title: args.title.join(" "),
        requestor,
        risk: args.risk.clone(),
        categories: args.category.clone(),
        services: args.service.clone(),
        emergency: args.emergency.clone(),
        follows: args.follows.clone(),
        changes: args.changes.clone(),
        meeting: args.meeting.clone(),
        window,
        chart,
        ..NewRecord::default()
    };
    Ok(match kind {
        NewKind::Task(kind) => new.with_environments(policy, *kind),
        NewKind::Decision | NewKind::Runbook => new,
    })
}

/// A record that is referred to must be somewhere: in the work tree, or in the history of any branch.
fn check_references(taken: &[RecordId], args: &NewArgs) -> Result<(), CliError> {
    for (option, id) in
        args.follows.iter().map(|id| ("follows", id)).chain(args.changes.iter().map(|id| ("change", id)))
    {
        if taken.iter().any(|known| known.as_str() == id) {
            continue;
        }
        let error = CliError::usage(format!("`--{option} {id}`: no branch has a record `{id}`"));
        return Err(match nearest(id, taken.iter().map(RecordId::as_str)) {
            Some(near) => error.with_hint(format!("did you mean `{near}`?")),
            None => error.with_hint("`changebook list` shows all records"),
        });
    }
    Ok(())
}

/// The next free number of a pattern; a runbook is named after its title.
fn next_id(
    policy: &Policy,
    kind: &NewKind,
    title: &str,
    year: i16,
    taken: &[RecordId],
    number: &mut u32,
) -> Result<RecordId, CliError> {
    let pattern: &IdPattern = match kind {
        NewKind::Task(kind) => policy.ids.of_task(*kind),
        NewKind::Decision => &policy.ids.decision,
        NewKind::Runbook => return runbook_id(title, taken, number),
    };
    let next = policy.ids.next_number(pattern, year, taken);
    let next = next.ok_or_else(|| CliError::failure("the numbers of this pattern are used up"))?.max(*number);
    *number = next.saturating_add(1);
    RecordId::parse(&pattern.format(year, next)).map_err(|error| CliError::failure(error.to_string()))
}

fn runbook_id(title: &str, taken: &[RecordId], number: &mut u32) -> Result<RecordId, CliError> {
    let words: Vec<String> = title
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let base: String = words.join("-").chars().take(60).collect();
    loop {
        *number += 1;
        let text = if *number == 1 { base.clone() } else { format!("{base}-{number}") };
        let id = RecordId::parse(&text).map_err(|_| {
            CliError::usage("no ID can be derived from this title")
                .with_hint("give one, such as `--id redis-cluster`")
        })?;
        if !taken.iter().any(|other| other.folded() == id.folded()) {
            return Ok(id);
        }
    }
}

fn today(now: i64) -> jiff::civil::Date {
    let timestamp = jiff::Timestamp::from_second(now).unwrap_or_default();
    timestamp.to_zoned_datetime(jiff::tz::TimeZone::UTC).date()
}

/// Creates the file; `false` when somebody has made it meanwhile.
fn create(hold: &Hold, file: &Path, text: &str) -> Result<bool, CliError> {
    let failure = |error: std::io::Error| {
        CliError::failure(format!("`{}` cannot be written: {error}", file.display()))
            .with_hint("no number was taken; check that the folder is writable and the disk is not full")
    };
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(failure)?;
        hold.note_folder(folder)?;
    }
    if file.symlink_metadata().is_ok() {
        return Ok(false);
    }
    match create_atomically(file, text.as_bytes()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(failure(error)),
    }
}

/// Opens git's editor, as git does: through the shell, so that `EDITOR="code --wait"` works.
fn open_editor(book: &Book, file: &Path) -> Result<(), CliError> {
    let directory = book.root.as_deref().unwrap_or(Path::new("."));
    let output = Command::new("git").arg("var").arg("GIT_EDITOR").current_dir(directory).output();
    let editor = output.ok().filter(|output| output.status.success());
    let Some(editor) = editor.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()) else {
        return Ok(());
    };
    let status = Command::new("sh").arg("-c").arg(format!("{editor} \"$@\"")).arg(&editor).arg(file).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        _ => Err(CliError::failure(format!(
            "the editor `{editor}` failed; the record is at {}",
            file.display()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(texts: &[&str]) -> Vec<RecordId> {
        texts.iter().map(|text| RecordId::parse(text).unwrap()).collect()
    }

    #[test]
    fn the_next_number_is_one_more_than_the_highest_ever() {
        let policy = Policy::builtin();
        let next = |kind: &NewKind, taken: &[&str]| {
            next_id(&policy, kind, "A title: of two", 2024, &ids(taken), &mut 0).unwrap().to_string()
        };
        let task = NewKind::Task(TaskKind::Terraform);
        assert_eq!(next(&task, &[]), "INFRA-1");
        assert_eq!(next(&task, &["INFRA-7", "INFRA-100", "INFRA-DOC-200"]), "INFRA-101");
        assert_eq!(next(&NewKind::Task(TaskKind::Documentation), &["INFRA-7"]), "INFRA-DOC-01");
        assert_eq!(next(&NewKind::Decision, &["CAB-2023-09", "CAB-2024-04"]), "CAB-2024-05");
        assert_eq!(next(&NewKind::Runbook, &["A-title-of-two"]), "a-title-of-two-2");
    }
}
