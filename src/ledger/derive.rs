//! From sources to the state of every record.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use rayon::prelude::*;

use super::circles::circles;
use super::context::Context;
use super::covers::unfit;
use super::decision::{DecisionState, decisions, deleted, not_the_boards};
use super::events::events;
use super::evidence::{evidence, unproven};
use super::ix::RecordIx;
use super::overlap::{Overlaps, overlaps};
use super::relations::{References, relations};
use super::runbook::runbook;
use super::sources::Sources;
use super::state::{CommitRef, ItemState, RecordState, Status, WorkTree};
use super::suspicions;
use super::task::{Others, task};
use super::waiting::waiting_for;
use super::walk::Key;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::record::{Details, Item, ItemKey, Record, RecordId, RecordType, Task, TaskKind};

/// A record file of the commit that is read, or of the work tree.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The parsed file.
    pub record: Arc<Record>,
    /// How the work tree differs.
    pub work_tree: WorkTree,
}

/// What is derived of a whole book.
#[derive(Debug, Default)]
pub struct Derived {
    /// Every record that is shown, in the order given.
    pub records: Vec<RecordState>,
    /// What is wrong with the history of the policy, and with decisions that are not there any more.
    pub diagnostics: Vec<Diagnostic>,
}

/// Derives every record that is shown. Files of the work tree alone are drafts. `policy_path` is the policy's in
/// the book, for diagnostics.
pub(super) fn derive(
    sources: Option<Sources<'_>>,
    named: &FxHashMap<usize, Vec<RecordIx>>,
    shown: &[Shown],
    policy_path: &str,
) -> Derived {
    let book = Book::new(shown);
    let Some(sources) = sources else {
        let records = shown.iter().map(|shown| draft(shown, &book)).collect();
        return Derived { records, ..Derived::default() };
    };
    let context = Context::new(sources, named, shown);
    let decisions = decisions(&context);
    let deriver = Deriver { context: &context, book: &book, decisions: &decisions };
    let mut records: Vec<RecordState> = shown.par_iter().map(|shown| deriver.record(shown)).collect();
    block(&mut records);
    let mut diagnostics = suspicions::policy_not_in_force(&context, policy_path);
    diagnostics.extend(deleted(&decisions));
    Derived { records, diagnostics }
}

fn committed<'s>(context: &Context<'_>, shown: &'s Shown) -> Option<(&'s RecordId, RecordIx)> {
    let id = shown.record.id.as_ref().filter(|_| shown.work_tree != WorkTree::Added)?;
    let record = context.record(shown.record.record_type(), id.as_str())?;
    context.node(record).map(|_| (id, record))
}

/// The records of the book by ID, for what refers to what.
pub(super) struct Book<'a> {
    pub(super) records: BTreeMap<&'a str, &'a Record>,
    pub(super) references: References<'a>,
    /// IDs that several files carry: whose history is whose cannot be told.
    duplicates: BTreeSet<&'a str>,
    /// Tasks that depend on each other, each with the way back to itself.
    circles: HashMap<&'a str, Vec<&'a str>>,
}

impl<'a> Book<'a> {
    fn new(shown: &'a [Shown]) -> Self {
        let mut records: BTreeMap<&str, &Record> = BTreeMap::new();
        let mut duplicates = BTreeSet::new();
        for shown in shown.iter().filter(|shown| shown.work_tree != WorkTree::Removed) {
            let Some(id) = &shown.record.id else { continue };
            if records.insert(id.as_str(), &shown.record).is_some() {
                duplicates.insert(id.as_str());
            }
        }
        let depends = records.iter().filter_map(|(id, record)| match &record.details {
            Details::Task(task) => Some((*id, task.depends.iter().map(String::as_str).collect())),
            _ => None,
        });
        let circles = circles(depends.collect());
        Book { references: References::new(&records), records, duplicates, circles }
    }
}

struct Deriver<'s> {
    context: &'s Context<'s>,
    book: &'s Book<'s>,
    decisions: &'s [DecisionState<'s>],
}

impl Deriver<'_> {
    fn record(&self, shown: &Shown) -> RecordState {
        let mut state = draft(shown, self.book);
        if let Details::Task(task) = &shown.record.details {
            state.diagnostics.extend(unfit(self.context, &shown.record, task));
        }
        let Some((id, record)) = committed(self.context, shown) else { return state };
        state.work_tree = shown.work_tree;
        self.history(&mut state, shown, record);
        let parsed = &shown.record;
        if self.book.duplicates.contains(id.as_str()) {
            state.status = Status::Unknown;
            state.evidence.clone_from(&state.updated);
            state.next = "give one of the files another ID".to_owned();
            return state;
        }
        if parsed.is_broken() {
            state.status = Status::Unknown;
            state.evidence.clone_from(&state.updated);
            state.next = "fix the file".to_owned();
            return state;
        }
        match &parsed.details {
            Details::Task(details) => self.task(&mut state, id, record, parsed, details),
            Details::Decision(_) => {
                if let Some(found) = self.decisions.iter().find(|decision| decision.record == record) {
                    state.status = found.status;
                    state.evidence = found.evidence.map(|commit| self.context.evidence(commit));
                    state.verdict = found.verdict;
                    state.open_conditions = found.open_conditions();
                    for item in Arc::make_mut(&mut state.items) {
                        let condition = found.conditions.iter().find(|condition| *condition.key == item.key);
                        item.uncounted = condition.and_then(|condition| condition.uncounted.clone());
                    }
                    state.next = decision_next(found, &state.open_conditions);
                    let claimed = not_the_boards(found, parsed);
                    if claimed.as_ref().is_some_and(|found| found.severity == Severity::Error) {
                        state.next = claim_next(found);
                    }
                    state.diagnostics.extend(claimed);
                }
            }
            Details::Runbook(details) => {
                let found = runbook(self.context, record, id, details);
                state.status = found.status;
                state.evidence = found.evidence.map(|commit| self.context.evidence(commit));
                state.exercised = found.exercised.map(|commit| self.context.evidence(commit));
                state.review_due = found.due;
                state.next = found.next;
            }
        }
        state.diagnostics.extend(owed(&state));
        state.waiting_for = waiting_for(self.context, self.book, &state);
        state
    }

    /// What every record has: dates, authors, work.
    fn history(&self, state: &mut RecordState, shown: &Shown, record: RecordIx) {
        let context = self.context;
        let latest =
            |key: &Key| context.cell(record, key).and_then(|cell| context.latest(context.owners(cell)));
        let evidence = |commit: Option<usize>| commit.map(|commit| context.evidence(commit));
        let updated = latest(&Key::Text);
        state.created = evidence(latest(&Key::Exists));
        state.updated = evidence(updated);
        state.landed = updated.and_then(|commit| context.landed(commit));
        state.scope = context.cell(record, &Key::Scope).and_then(|cell| context.scope(cell.value));
        state.work = context.work(record).iter().map(|&commit| context.evidence(commit)).collect();
        state.covers = context.covered(record).into_iter().map(|commit| context.evidence(commit)).collect();
        state.authors = authors(context, record);
        self.acts(state, shown, record);
    }

    /// Who did what to it: items with owners, events.
    fn acts(&self, state: &mut RecordState, shown: &Shown, record: RecordIx) {
        let context = self.context;
        for item in Arc::make_mut(&mut state.items) {
            let cell = context.cell(record, &Key::Item(item.key.clone()));
            let mut owners = cell.map_or_else(Vec::new, |cell| context.owners(cell));
            owners.sort_by_key(|&owner| (context.sources.history.commits[owner].author.time.seconds, owner));
            item.by = owners.into_iter().map(|owner| context.evidence(owner)).collect();
        }
        let texts: HashMap<&ItemKey, &str> =
            shown.record.items.iter().map(|item| (&item.key, item.text.as_str())).collect();
        let text =
            |key: &ItemKey| texts.get(key).map_or_else(|| key.text.to_string(), |text| (*text).to_owned());
        state.events = events(context, record, &text).into();
        state.diagnostics.extend(suspicions::acts(context, record, &shown.record));
        state.diagnostics.extend(suspicions::lost_in_merges(context, record, &shown.record));
    }

    fn task(
        &self,
        state: &mut RecordState,
        id: &RecordId,
        record: RecordIx,
        parsed: &Record,
        details: &Task,
    ) {
        let others = Others {
            decisions: self.decisions,
            follow_ups: &|id| self.follow_up(id),
            runbook_updates: &|task, created| self.runbook_update(task, created),
        };
        let found = task(self.context, record, id, parsed, details, &others);
        state.status = found.status;
        state.evidence = found.evidence.map(|commit| self.context.evidence(commit));
        state.found = evidence(self.context, record);
        if !state.found.is_empty() {
            state.unproven = unproven(self.context, record).into_values().next();
            if found.status.is_open() {
                state.overlaps = overlaps(self.context, record);
                state.diagnostics.extend(met(&state.overlaps, parsed));
            }
        }
        state.risk = Some(found.risk);
        state.approvals = found.approvals;
        state.approval = Some(found.facet);
        state.environments = found.environments;
        state.next = found.next;
        state.diagnostics.extend(found.diagnostics);
    }

    fn owner(&self, record_type: RecordType, id: &str, key: &Key) -> Option<usize> {
        let record = self.context.record(record_type, id)?;
        self.context.cell(record, key).and_then(|cell| self.context.latest(self.context.owners(cell)))
    }

    /// The commit that made a documentation task which follows this one.
    fn follow_up(&self, id: &RecordId) -> Option<usize> {
        let follow_up = self.book.references.followers(id.as_str()).find(|follower| {
            let record = self.book.records.get(follower);
            matches!(record.map(|record| &record.details), Some(Details::Task(task)) if task.kind == Some(TaskKind::Documentation))
        })?;
        self.owner(RecordType::Task, follow_up, &Key::Exists)
    }

    /// The update of a runbook that the task names, or that serves one of its services, after the task was
    /// made.
    fn runbook_update(&self, task: &Task, created: usize) -> Option<usize> {
        let runbooks = self.book.references.runbooks_of(task);
        let runbooks = runbooks.into_iter().filter(|id| {
            let record = self.book.records.get(id);
            matches!(record.map(|record| &record.details), Some(Details::Runbook(_)))
        });
        let updates = runbooks.filter_map(|id| self.owner(RecordType::Runbook, id, &Key::Text));
        self.context.latest(updates.filter(|&update| !self.context.in_history(update, created)))
    }
}

/// That a task depends on itself by way of others.
fn circle(record: &Record, book: &Book<'_>) -> Option<Diagnostic> {
    let way = book.circles.get(record.id.as_ref()?.as_str())?;
    let span = record.field("depends").map_or(0..0, |field| field.value_span.clone());
    let steps: Vec<String> = way.iter().map(|id| format!("`{id}`")).collect();
    let message = format!("it depends on itself: {}; none of them can ever be deployed", steps.join(" → "));
    let found = Diagnostic::error(Code::ReferenceBroken, &record.path, &record.source, span, message);
    Some(found.with_help("remove one of these from its `depends`"))
}

/// Other tasks that change the same resources.
fn met(overlaps: &Overlaps, record: &Record) -> Vec<Diagnostic> {
    let open = overlaps.open.iter().map(|overlap| (Code::ResourceCollision, overlap.words()));
    let overtaken = overlaps.overtaken.iter().map(|overtaken| (Code::PlanOvertaken, overtaken.words()));
    let warning = |(code, words): (Code, String)| {
        Diagnostic::warning_at_file(code, &record.path, words).with_help(code.remedy())
    };
    open.chain(overtaken).map(warning).collect()
}

/// What a record owes after the fact: the papers of a change that has gone out, the review of a runbook.
fn owed(state: &RecordState) -> Option<Diagnostic> {
    let open_items = state.items.iter().any(|item| !item.checked);
    let (code, message) = match (state.status, state.record_type) {
        (Status::Applied, RecordType::Task) if !open_items => (Code::FollowUpOwed, state.next.clone()),
        (Status::ReviewDue, _) => (Code::ReviewDue, "its review is overdue".to_owned()),
        _ => return None,
    };
    Some(Diagnostic::warning_at_file(code, &state.record.path, message).with_help(code.remedy()))
}

fn decision_next(decision: &DecisionState<'_>, open: &[String]) -> String {
    match (decision.status, &decision.outdated, open) {
        (Status::Pending, ..) => "the board decides".to_owned(),
        (Status::Outdated, Some(why), _) => format!("the board decides again: {why}"),
        (_, _, []) => "nothing; it is decided".to_owned(),
        (_, _, [open]) => format!("meet the open condition: {open}"),
        (_, _, open) => format!("meet {} open conditions: {}", open.len(), open.join("; ")),
    }
}

/// What is next where the file says what the board has not said: every view that says what is next says so.
fn claim_next(decision: &DecisionState<'_>) -> String {
    let code = Code::DecisionRole;
    match decision.verdict {
        None => format!("the board decides; what the file says is not its decision ({code})"),
        Some(_) => format!("restore the file; what it says is not the board's decision ({code})"),
    }
}

fn authors(context: &Context<'_>, record: RecordIx) -> Vec<CommitRef> {
    let mut authors: Vec<CommitRef> = Vec::new();
    for transition in context.transitions(record).iter().filter(|t| *context.key(t) == Key::Text) {
        let evidence = context.evidence(transition.commit as usize);
        if !authors.iter().any(|author| author.email.eq_ignore_ascii_case(&evidence.email)) {
            authors.push(evidence);
        }
    }
    authors
}

fn items(record: &Record) -> Arc<[ItemState]> {
    let section = |index: Option<usize>| index.map(|index| record.sections[index].title.clone());
    let state = |item: &Item| ItemState {
        key: item.key.clone(),
        section: section(item.section),
        text: item.text.clone(),
        checked: item.checked,
        by: Vec::new(),
        uncounted: None,
    };
    record.items.iter().map(state).collect()
}

/// A record as far as its file alone tells.
fn draft(shown: &Shown, book: &Book<'_>) -> RecordState {
    let record = &shown.record;
    let broken = record.is_broken();
    RecordState {
        name: record.id.as_ref().map_or_else(|| record.path.clone(), RecordId::to_string),
        id: record.id.clone(),
        record_type: record.record_type(),
        record: Arc::clone(record),
        status: if broken { Status::Unknown } else { Status::Draft },
        evidence: None,
        exercised: None,
        review_due: None,
        created: None,
        updated: None,
        authors: Vec::new(),
        work: Vec::new(),
        covers: Vec::new(),
        risk: None,
        approval: None,
        approvals: Vec::new(),
        waiting_for: Vec::new(),
        blocked_by: Vec::new(),
        items: items(record),
        environments: Vec::new(),
        verdict: None,
        open_conditions: Vec::new(),
        relations: relations(record, book),
        events: Arc::default(),
        scope: None,
        work_tree: shown.work_tree,
        landed: None,
        next: if broken { "fix the file".to_owned() } else { "commit it".to_owned() },
        found: Vec::new(),
        unproven: None,
        overlaps: Overlaps::default(),
        diagnostics: record.diagnostics.iter().cloned().chain(circle(record, book)).collect(),
    }
}

/// Notes which dependencies are neither applied nor done.
fn block(states: &mut [RecordState]) {
    let finished: HashMap<String, bool> = states
        .iter()
        .filter(|state| state.record_type == RecordType::Task)
        .map(|state| (state.name.clone(), matches!(state.status, Status::Applied | Status::Done)))
        .collect();
    for state in states {
        let Details::Task(task) = &state.record.details else { continue };
        let open = task.depends.iter().filter(|id| finished.get(*id) != Some(&true));
        state.blocked_by = open.filter_map(|id| RecordId::parse(id).ok()).collect();
    }
}
