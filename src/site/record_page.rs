//! The page of one task, decision or runbook.

use serde::Serialize;

use super::found::{FoundView, found};
use super::links::LinkScope;
use super::markdown::{self, Dialect, Heading, Rendered};
use super::model::Model;
use super::page::Page;
use super::paths::relative;
use super::sanitize::key;
use super::text::escaped;
use super::timeline::Timeline;
use super::view::{Act, Problem, Reference, Row, Tone};
use crate::ledger::{Approval, RecordState, shell_quoted};
use crate::record::{Item, Record};

/// Most records of one relation that a page names.
const RELATED: usize = 12;

/// What `site/task.html`, `site/decision.html`, `site/runbook.html` and `site/broken.html` get as `record`.
#[derive(Debug, Serialize)]
pub(super) struct RecordView {
    pub(super) row: Row,
    /// In the book.
    pub(super) path: String,
    pub(super) edit_url: Option<String>,
    pub(super) risk_reasons: Vec<String>,
    pub(super) approvals: Vec<ApprovalView>,
    /// The weakest trust that the counted approvals rest on.
    pub(super) weakest_trust: Option<&'static str>,
    pub(super) found: Vec<FoundView>,
    pub(super) radii: Vec<super::radius::RadiusView>,
    pub(super) schedule: Vec<super::schedule::TimeFact>,
    /// What keeps the way to each environment shut.
    pub(super) gates: Vec<super::gate::GateView>,
    pub(super) badge: String,
    /// What the audit asks about its deployments, newest first.
    pub(super) exceptions: Vec<super::evidence::ExceptionView>,
    /// How many more of them there are.
    pub(super) more_exceptions: usize,
    /// The page with the evidence of its newest deployments.
    pub(super) audit: Option<String>,
    pub(super) progress: Vec<super::progress::Stage>,
    /// Sanitised HTML of the text.
    pub(super) html: String,
    /// Whether the text has a block of Mermaid.
    pub(super) diagrams: bool,
    pub(super) headings: Vec<Heading>,
    /// Headings of the section that answers "what do you see?" (runbooks).
    pub(super) issues: Vec<Heading>,
    pub(super) timeline: Timeline,
    pub(super) relations: Vec<RelationView>,
    pub(super) commands: Vec<Command>,
    /// Frontmatter that has no place of its own on the page.
    pub(super) stated: Vec<Fact>,
    pub(super) problems: Vec<Problem>,
    pub(super) evidence: Option<Act>,
    pub(super) created: Option<Act>,
    pub(super) authors: Vec<Act>,
    pub(super) work: Vec<Act>,
    /// SHA-256 in hex.
    pub(super) scope: Option<String>,
    pub(super) decision: Option<super::decision::DecisionView>,
    pub(super) runbook: Option<super::runbook::RunbookView>,
    /// The file's text, when it is broken.
    pub(super) source: Option<String>,
}

/// One line of the ledger of approvals.
#[derive(Debug, Serialize)]
pub(super) struct ApprovalView {
    pub(super) role: String,
    pub(super) text: String,
    pub(super) decision: Option<Reference>,
    pub(super) person: Option<String>,
    pub(super) trust: Option<&'static str>,
    pub(super) valid: bool,
    /// Whether the risk asks for it.
    pub(super) required: bool,
    pub(super) tone: Tone,
    pub(super) code: Option<&'static str>,
    pub(super) detail: String,
    /// Short hash of the text on which it was given.
    pub(super) scope: Option<String>,
    /// How far the conditions of the decision are met.
    pub(super) conditions: Option<String>,
    /// The detached approval's path in the book.
    pub(super) detached: Option<String>,
    /// What of the text has changed since, in one line.
    pub(super) changed: Option<String>,
    /// The one thing to do.
    pub(super) todo: Option<String>,
    /// Who could do it.
    pub(super) open_to: Vec<String>,
    pub(super) by: Option<Act>,
}

/// A name and what it is.
#[derive(Debug, Serialize)]
pub(super) struct Fact {
    pub(super) name: String,
    pub(super) value: String,
    /// False for a key that means nothing to the program.
    pub(super) known: bool,
}

/// Records that stand in one relation.
#[derive(Debug, Serialize)]
pub(super) struct RelationView {
    pub(super) kind: &'static str,
    pub(super) records: Vec<Reference>,
    /// How many more there are; the pages of the services and `records.json` have them.
    pub(super) n_elsewhere: usize,
}

/// A command that shows the same with plain git.
#[derive(Debug, Serialize)]
pub(super) struct Command {
    pub(super) what: String,
    pub(super) text: String,
}

/// What one record has on pages: its own, and what stands beside it.
pub(super) struct RecordPage {
    pub(super) view: RecordView,
    /// The text with its links.
    pub(super) rendered: Rendered,
    /// The drawings that the page shows.
    pub(super) drawings: Vec<Page>,
}

/// Builds what one record has on pages, without its text, what commits changed, and the timeline that shows it.
pub(super) fn view(model: &Model<'_>, index: usize) -> RecordPage {
    let state = &model.input.state.records[index];
    let own_page = &model.record_pages[index];
    let (radii, drawings) =
        super::radius::views(model, state, own_page).into_iter().unzip::<_, _, Vec<_>, Vec<_>>();
    let rendered = render(model, index);
    let act = |evidence| model.act(evidence);
    let (exceptions, more_exceptions) = super::evidence::exceptions(model, &state.name);
    let view = RecordView {
        row: model.row(index),
        path: state.record.path.clone(),
        edit_url: model.edit_url(&state.record.path),
        risk_reasons: state.risk.as_ref().map(|risk| risk.reasons.clone()).unwrap_or_default(),
        approvals: shown_approvals(model, state),
        weakest_trust: state.weakest_trust().map(crate::ledger::TrustLevel::as_str),
        found: found(state),
        radii,
        schedule: super::schedule::facts(model, state),
        gates: super::gate::views(model, &state.name),
        badge: format!("badges/{}.svg", own_page.trim_end_matches(".html")),
        exceptions,
        more_exceptions,
        audit: super::evidence::newest(model, &state.name),
        progress: super::progress::progress(model, state),
        html: String::new(),
        diagrams: rendered.diagrams,
        headings: rendered.headings.clone(),
        issues: super::runbook::issues(&rendered.headings),
        timeline: Timeline::default(),
        relations: relations(model, state),
        commands: commands(state),
        stated: super::stated::facts(model, state),
        problems: state.diagnostics.iter().map(|diagnostic| model.problem(diagnostic)).collect(),
        evidence: state.evidence.as_ref().map(act),
        created: state.created.as_ref().map(act),
        authors: distinct_authors(model, state),
        work: state.work.iter().map(act).collect(),
        scope: state.scope.as_ref().map(ToString::to_string),
        decision: super::decision::view(model, state),
        runbook: super::runbook::view(model, state),
        source: state.record.is_broken().then(|| state.record.source.to_string()),
    };
    RecordPage { view, rendered, drawings: drawings.into_iter().flatten().collect() }
}

/// The text of a record as its page shows it.
pub(super) fn html(model: &Model<'_>, state: &RecordState, rendered: &Rendered) -> String {
    let html = rendered.html.text();
    match is_unsaved(model, state) {
        true => format!("{NOT_COMMITTED}{html}"),
        false => html.into_owned(),
    }
}

/// Whether the text that is shown is not that of the commit.
pub(super) fn is_unsaved(model: &Model<'_>, state: &RecordState) -> bool {
    model.input.unsaved.contains_key(&state.record.path)
}

/// What the page shows the text of: the commit's record, or the work tree's where that is wanted.
pub(super) fn shown<'a>(model: &Model<'a>, state: &'a RecordState) -> &'a Record {
    let unsaved = model.input.unsaved.get(&state.record.path).filter(|record| !record.is_broken());
    unsaved.map_or(&state.record, |record| record)
}

/// Stands before a text that nobody has committed.
const NOT_COMMITTED: &str = "<p class=\"flag t-wait\">not committed: this is the text of the work tree; everything else on the page is of the commit</p>\n";

fn render(model: &Model<'_>, index: usize) -> Rendered {
    let state = &model.input.state.records[index];
    let record = shown(model, state);
    let scope = LinkScope { model, source: &record.path, page: &model.record_pages[index] };
    let start = record.body_start.min(record.source.len());
    let text = record.source.get(start..).unwrap_or("");
    if record.is_broken() {
        return Rendered { words: markdown::words_of(text), ..Rendered::default() };
    }
    let options = markdown::Options {
        scope: &scope,
        offset: start,
        dialect: Dialect::Record,
        note: &|mark| {
            let item_idx = record.items.binary_search_by_key(&mark, |item| item.mark.start).ok()?;
            let item = record.items.get(item_idx)?;
            note(model, state, item_idx, item).or_else(|| by_the_board(model, state, item, scope.page))
        },
    };
    markdown::render(text, &options)
}

/// Who ticked the box: safe HTML behind the item's text. Only the present state's owners are named.
fn note(model: &Model<'_>, state: &RecordState, item_idx: usize, item: &Item) -> Option<String> {
    let (key_of, is_checked) = (&item.key, item.checked);
    let same_place = state.items.get(item_idx).filter(|item| item.key == *key_of);
    let item = same_place.or_else(|| state.items.iter().find(|item| item.key == *key_of))?;
    if !item.checked || !is_checked || item.by.is_empty() {
        return None;
    }
    let acts = item.by.iter().map(|evidence| {
        let act = model.act(evidence);
        format!("{} {}", escaped(&act.who), time_and_commit(&act))
    });
    Some(format!("<span class=\"{}by\">{}</span>", key(), acts.collect::<Vec<_>>().join(", ")))
}

/// The decision that stands for an open box, which nobody ticks: the board answers in a record of its own.
fn by_the_board(model: &Model<'_>, state: &RecordState, item: &Item, page: &str) -> Option<String> {
    if item.checked {
        return None;
    }
    let review = model.input.policy.review_of_item(&item.key.text)?;
    let approval = state.approvals.iter().find(|approval| approval.valid && approval.role == review.role)?;
    let decision = model.reference(approval.decision.as_ref()?.as_str());
    let address = relative(page, decision.page.as_deref()?);
    let act = model.act(approval.by.as_ref()?);
    let name = escaped(&decision.name);
    let told = time_and_commit(&act);
    Some(format!("<span class=\"{}by\">approved in <a href=\"{address}\">{name}</a> {told}</span>", key()))
}

fn time_and_commit(act: &Act) -> String {
    let commit = match &act.commit.url {
        Some(url) => format!("<a href=\"{}\"><code>{}</code></a>", escaped(url), act.commit.short),
        None => format!("<code>{}</code>", act.commit.short),
    };
    format!("<time datetime=\"{}\">{}</time> {commit}", escaped(&act.iso), escaped(&act.day))
}

/// What is asked for, and what somebody gave without being asked.
fn shown_approvals(model: &Model<'_>, state: &RecordState) -> Vec<ApprovalView> {
    let shown = state.approvals.iter().filter(|approval| approval.required || approval.by.is_some());
    shown.map(|approval| approval_view(model, approval)).collect()
}

fn approval_view(model: &Model<'_>, approval: &Approval) -> ApprovalView {
    let tone = match (approval.valid, &approval.by, approval.code.map(|code| code.as_str())) {
        (true, ..) => Tone::Ok,
        _ if !approval.required => Tone::None,
        (false, None, _) | (false, _, Some("approval-missing" | "decision-missing" | "condition-open")) => {
            Tone::Wait
        }
        _ => Tone::Bad,
    };
    ApprovalView {
        role: approval.role.clone(),
        text: approval.text.clone(),
        decision: approval.decision.as_ref().map(|id| model.reference(id.as_str())),
        person: approval.person.as_deref().map(|key| model.person(key)),
        trust: approval.trust.map(crate::ledger::TrustLevel::as_str),
        valid: approval.valid,
        required: approval.required,
        tone,
        code: approval.code.map(|code| code.as_str()),
        detail: approval.detail.clone(),
        scope: approval.scope.map(|scope| scope.to_string()[..7].to_owned()),
        conditions: approval.decision.as_ref().and_then(|id| conditions(model, id.as_str())),
        detached: approval.detached.clone(),
        changed: (!approval.changed.is_empty()).then(|| approval.changed.join(", ")),
        todo: approval.todo.clone(),
        open_to: approval.open_to.iter().map(|person| model.person(person)).collect(),
        by: approval.by.as_ref().map(|evidence| model.act(evidence)),
    }
}

/// `2 of 3 conditions open`; none where the decision has none.
fn conditions(model: &Model<'_>, decision: &str) -> Option<String> {
    let checks = super::decision::checks(model, model.by_name(decision)?, "Conditions");
    let open = checks.iter().filter(|check| !check.checked && !check.elsewhere).count();
    let all = checks.len();
    match (open, all) {
        (_, 0) => None,
        (0, 1) => Some("its condition is met".to_owned()),
        (0, all) => Some(format!("its {all} conditions are met")),
        (_, 1) => Some("its condition is open".to_owned()),
        (open, all) => Some(format!("{open} of {all} conditions open")),
    }
}

fn relations(model: &Model<'_>, state: &RecordState) -> Vec<RelationView> {
    let mut groups: Vec<RelationView> = Vec::new();
    for relation in &state.relations {
        let kind = relation.kind.words();
        let at = groups.iter().position(|group| group.kind == kind).unwrap_or_else(|| {
            groups.push(RelationView { kind, records: Vec::new(), n_elsewhere: 0 });
            groups.len() - 1
        });
        if groups[at].records.len() == RELATED {
            groups[at].n_elsewhere += 1;
            continue;
        }
        let mut reference = model.reference(relation.id.as_str());
        reference.title = reference.title.or_else(|| relation.title.clone());
        groups[at].records.push(reference);
    }
    groups
}

fn distinct_authors(model: &Model<'_>, state: &RecordState) -> Vec<Act> {
    let mut seen = std::collections::BTreeSet::new();
    let fresh = state
        .authors
        .iter()
        .filter(|evidence| seen.insert(evidence.person.as_ref().unwrap_or(&evidence.email)));
    fresh.map(|evidence| model.act(evidence)).collect()
}

fn commands(state: &RecordState) -> Vec<Command> {
    let git = "git --no-replace-objects";
    let mut commands = Vec::new();
    let mut push = |what: &str, text: String| commands.push(Command { what: what.to_owned(), text });
    if let Some(evidence) = &state.evidence {
        push("The commit that proves the status", format!("{git} show {}", evidence.commit.hex()));
    }
    if state.created.is_some() {
        let path = shell_quoted(&state.record.path);
        push("Every change to the text, including moves", format!("{git} log -p --follow -- {path}"));
    }
    for approval in &state.approvals {
        if let Some(by) = &approval.by {
            let what = format!("The approval: {}", approval.text);
            push(&what, format!("{git} show --show-signature {}", by.commit.hex()));
        }
    }
    if let (Some(id), Some(_)) = (&state.id, &state.scope) {
        push(
            "The text that approvals are bound to, and its hash",
            format!("changebook scope {id} --text | sha256sum"),
        );
        push("Every claim on this page with its proof", format!("changebook show {id} --evidence"));
    }
    commands
}
