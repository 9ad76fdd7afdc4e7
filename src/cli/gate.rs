//! `changebook gate`

use std::path::PathBuf;

use serde::Serialize;

use super::context::Context;
use super::error::CliError;
use super::evidence::{in_hand, plan_bytes, plans_of};
use super::list::as_of;
use super::show::signature;
use super::ui::{BAD, BOLD, DIM, GOOD, Ui, WAITING, escape, markdown_text, paint};
use crate::book::{Book, CacheUse, GateQuestion, Loaded, Request, View};
use crate::history::CommitTime;
use crate::ledger::{CommitRef, Gate, GateJson, Requirement, Stage, Unclear, definition_of_done, stages};

/// Check whether a task may be deployed to an environment now
///
/// Checks what is committed on the trunk, with the trunk's policy. Lists every requirement, met or not, with the
/// commit that shows it. Exit status: 0 open, 3 closed, 1 no answer was possible.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook gate INFRA-150 -e production\n\
    \x20\x20changebook gate INFRA-150 -e production --plan plan.json --json\n\
    \x20\x20changebook gate INFRA-150 -e production --as-landed HEAD\n\
    \x20\x20changebook gate INFRA-150 -e production --now 2024-05-25T02:30:00+02:00")]
pub(super) struct GateArgs {
    /// The task's ID
    id: String,
    /// The environment, as named in the policy
    #[arg(short, long, value_name = "NAME")]
    environment: String,
    /// The plan to be applied, as JSON; it must match the recorded one. For several stacks, all of which must be
    /// given, repeat it, or give a folder or a stream; STACK=FILE names the stack
    #[arg(long, value_name = "FILE")]
    plan: Vec<PathBuf>,
    /// Who would deploy, as named in the policy
    #[arg(long, value_name = "PERSON")]
    deployer: Option<String>,
    /// Check a revision as if it were merged into the trunk
    #[arg(long, value_name = "REV", conflicts_with = "at")]
    as_landed: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value = "text", conflicts_with = "json")]
    format: GateFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum GateFormat {
    /// For people
    Text,
    /// For a pull request
    Markdown,
    /// For a pipeline's test report
    Junit,
}

#[derive(Serialize)]
struct GateAnswer<'a> {
    schema: &'static str,
    at: Option<&'a CommitRef>,
    id: &'a str,
    environment: &'a str,
    progress: Vec<Stage>,
    done: Vec<Stage>,
    #[serde(flatten)]
    gate: GateJson<'a>,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &GateArgs) -> Result<(), CliError> {
    let book = context.book()?;
    // Nor does it trust the name of an object: a file in `.git/objects` may have been overwritten.
    book.repository.verify_objects();
    let view = match &args.as_landed {
        Some(revision) => View::Landed(revision.clone()),
        None => View::Trunk,
    };
    // Whoever judges reads the objects that the answer rests on.
    let request = Request { view, cache: CacheUse::Refused, ..context.request() };
    let loaded = book.load(&request)?;
    context.remark_policy(&loaded);
    let mut inputs = Vec::new();
    for argument in &args.plan {
        inputs.extend(plan_bytes(argument)?);
    }
    let plans = in_hand(plans_of(ui, &inputs, loaded.policy())?);
    if let Some(person) =
        args.deployer.as_deref().filter(|person| !loaded.policy().people.contains_key(*person))
    {
        return Err(CliError::usage(format!("`{person}` is not listed under `[people]`")));
    }
    let question = GateQuestion {
        id: args.id.clone(),
        environment: args.environment.clone(),
        plans,
        deployer: args.deployer.clone(),
    };
    let gate = loaded.gate(&question).map_err(unclear)?;
    let state = loaded.state.record(&question.id);
    match args.format {
        _ if context.json => ui.json(&GateAnswer {
            schema: "changebook.gate/1",
            at: loaded.state.at.as_ref(),
            id: &question.id,
            environment: &question.environment,
            progress: state.map_or_else(Vec::new, stages),
            done: state.map_or_else(Vec::new, definition_of_done),
            gate: GateJson::new(&gate),
        })?,
        GateFormat::Text => {
            text(ui, &loaded, &question, &gate)?;
            if request.view == View::Trunk && request.at.is_none() {
                elsewhere(ui, &book, &loaded, &question, &gate)?;
            }
        }
        GateFormat::Markdown => markdown(ui, &loaded, &question, &gate)?,
        GateFormat::Junit => junit(ui, &question, &gate)?,
    }
    if gate.judgement.is_open() { Ok(()) } else { Err(CliError::no()) }
}

/// "Could not tell", as the command line says it.
pub(super) fn unclear(unclear: Unclear) -> CliError {
    let error = CliError::failure(unclear.to_string());
    match unclear {
        Unclear::UnknownTask { near: Some(near), .. } => error.with_hint(format!("did you mean `{near}`?")),
        Unclear::UnknownTask { .. } => {
            error.with_hint("the gate checks the trunk, and this task has not landed there; check it as if it had: `--as-landed HEAD`")
        }
        Unclear::UnknownEnvironment { known, .. } => error.with_hint(format!("one of {}", known.join(", "))),
        Unclear::NoTask { .. } => error.with_hint("the gate is for tasks; use `changebook show` for other records"),
        Unclear::Broken { path } => error.with_hint(format!("fix it: `changebook check` shows where, `git log -p -- {path}` what it was before")),
        Unclear::Invalid { .. } => error.with_hint("correct it: `changebook check` lists every such place"),
        Unclear::Evidence { .. } => error.with_hint("record it again with `changebook plan`, `manifests` or `chart`, or remove the file"),
        Unclear::Duplicate { .. } => error.with_hint("give one of the files another ID"),
    }
}

/// A moment for people, in UTC.
pub(super) fn moment(seconds: i64) -> String {
    CommitTime { seconds, offset_minutes: 0 }.zoned().strftime("%a %-d %b %Y %H:%M UTC").to_string()
}

/// The headline: open until when, or shut and when next.
fn headline(question: &GateQuestion, gate: &Gate) -> (bool, String) {
    let judgement = &gate.judgement;
    let open = judgement.is_open();
    let when = match (open, judgement.until, judgement.next) {
        (true, Some(until), _) => format!(" until {}", moment(until)),
        (false, _, Some(next)) => format!(" until {}", moment(next)),
        _ => String::new(),
    };
    let word = if open { "open" } else { "closed" };
    (open, format!("{} → {}: {word}{when}", question.id, question.environment))
}

fn text(ui: &mut Ui, loaded: &Loaded, question: &GateQuestion, gate: &Gate) -> Result<(), CliError> {
    let judgement = &gate.judgement;
    let (open, headline) = headline(question, gate);
    ui.line(paint(if open { GOOD } else { BAD }, headline))?;
    let risk =
        format!("{} risk ({})", judgement.risk.level.as_str(), escape(&judgement.risk.reasons.join("; ")));
    ui.line(paint(DIM, format!("{risk} · {}", as_of(&loaded.state))))?;
    if !gate.gated {
        ui.line(format!("{} is not gated; only its deployers are checked", question.environment))?;
    }
    if let Some(by) = &gate.deployed {
        ui.line(format!("already deployed: {}", signature(by)))?;
    }
    for requirement in &judgement.requirements {
        let (mark, style) = if requirement.met { ("✓", GOOD) } else { ("✗", BAD) };
        line(ui, &paint(style, mark), requirement)?;
    }
    for warning in &judgement.warnings {
        line(ui, &paint(WAITING, "!"), warning)?;
    }
    if let Some(first) = judgement.requirements.iter().find(|requirement| !requirement.met) {
        ui.line("")?;
        ui.line(format!("{} {}", paint(BOLD, "next:"), first.code.remedy()))?;
    }
    if let Some(state) = loaded.state.record(&question.id) {
        ui.line(format!("{} {}", paint(BOLD, "progress:"), progress(&stages(state))))?;
        ui.line(format!("{} {}", paint(BOLD, "to be done:"), progress(&definition_of_done(state))))?;
    }
    if let Some(trust) = judgement.trust {
        let trust = serde_json::to_value(trust).ok();
        let word = trust.as_ref().and_then(|trust| trust.as_str()).unwrap_or_default();
        ui.line(paint(DIM, format!("trust level of approvals: {word}")))?;
    }
    Ok(())
}

fn progress(stages: &[Stage]) -> String {
    let stages = stages.iter().map(|stage| {
        let (mark, style) = if stage.reached { ("●", GOOD) } else { ("○", DIM) };
        format!("{} {}", paint(style, mark), escape(&stage.name))
    });
    stages.collect::<Vec<_>>().join("  ")
}

fn line(ui: &mut Ui, mark: &str, requirement: &Requirement) -> Result<(), CliError> {
    let by = requirement.by.as_ref().map_or_else(String::new, |by| format!("  {}", signature(by)));
    let code = match requirement.met {
        true => String::new(),
        false => format!("{}  ", paint(BOLD, requirement.code.as_str())),
    };
    ui.line(format!("  {mark} {code}{}{by}", escape(&requirement.detail)))
}

/// What `HEAD` and the work tree would change about the answer.
fn elsewhere(
    ui: &mut Ui,
    book: &Book,
    loaded: &Loaded,
    question: &GateQuestion,
    gate: &Gate,
) -> Result<(), CliError> {
    if let (Some(root), Some(state)) = (&book.root, loaded.state.record(&question.id)) {
        let on_disk = std::fs::read_to_string(root.join(&state.record.path));
        if on_disk.is_ok_and(|text| *text != *state.record.source) {
            ui.note(&format!(
                "{} differs in the work tree; only what is on the trunk counts",
                state.record.path
            ));
        }
    }
    // Landing adds nothing to an open gate, or to a trunk that has it.
    let head = book.head()?.commit;
    let is_new = head.is_some_and(|head| loaded.history().position(head).is_none());
    if gate.judgement.is_open() || !is_new {
        return Ok(());
    }
    let there = book.gate_as_landed(loaded, "HEAD", question).ok();
    let Some(there) = there else { return Ok(()) };
    let is_met = |gate: &Gate, wanted: &Requirement| {
        gate.judgement
            .requirements
            .iter()
            .find(|r| r.code == wanted.code && r.detail == wanted.detail)
            .is_none_or(|r| r.met)
    };
    let open = gate.judgement.requirements.iter().filter(|r| !r.met && is_met(&there, r));
    let codes: Vec<&str> = open.map(|requirement| requirement.code.as_str()).collect();
    if !codes.is_empty() {
        ui.note(&format!("landing HEAD would meet: {}", codes.join(", ")));
    }
    Ok(())
}

fn markdown(ui: &mut Ui, loaded: &Loaded, question: &GateQuestion, gate: &Gate) -> Result<(), CliError> {
    let (open, headline) = headline(question, gate);
    ui.line(format!("### {} {}", if open { "✅" } else { "⛔" }, markdown_text(&headline)))?;
    ui.line("")?;
    ui.line("| | requirement | commit |")?;
    ui.line("| --- | --- | --- |")?;
    let judgement = &gate.judgement;
    let rows = judgement.requirements.iter().map(|r| (if r.met { "✅" } else { "❌" }, r));
    for (mark, requirement) in rows.chain(judgement.warnings.iter().map(|r| ("⚠️", r))) {
        let code = if requirement.met { String::new() } else { format!("`{}` ", requirement.code) };
        let commit =
            requirement.by.as_ref().map_or_else(String::new, |by| format!("`{}`", by.commit.short()));
        ui.line(format!("| {mark} | {code}{} | {commit} |", markdown_text(&requirement.detail)))?;
    }
    ui.line("")?;
    ui.line(format!("{} risk · {}", judgement.risk.level.as_str(), markdown_text(&as_of(&loaded.state))))
}

fn junit(ui: &mut Ui, question: &GateQuestion, gate: &Gate) -> Result<(), CliError> {
    let requirements = &gate.judgement.requirements;
    let failures = requirements.iter().filter(|requirement| !requirement.met).count();
    let suite = xml(&format!("{} → {}", question.id, question.environment));
    ui.line("<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    ui.line(format!(
        "<testsuites><testsuite name=\"{suite}\" tests=\"{}\" failures=\"{failures}\">",
        requirements.len()
    ))?;
    for requirement in requirements {
        let (code, detail) = (requirement.code.as_str(), xml(&requirement.detail));
        if requirement.met {
            ui.line(format!("<testcase classname=\"{code}\" name=\"{detail}\"/>"))?;
        } else {
            let remedy = xml(requirement.code.remedy());
            ui.line(format!(
                "<testcase classname=\"{code}\" name=\"{detail}\"><failure type=\"{code}\" message=\"{detail}\">{remedy}</failure></testcase>"
            ))?;
        }
    }
    ui.line("</testsuite></testsuites>")
}

fn xml(text: &str) -> String {
    minijinja::HtmlEscape(&escape(text)).to_string()
}
