//! Questions to the gate: what may be asked at all, and what many questions share.

use rustc_hash::{FxHashMap, FxHashSet};

use super::types::{Gate, GateAsk, Unclear};
use super::{Case, Deployer};
use crate::diagnostic::{Code, Diagnostic, Severity, nearest};
use crate::ledger::context::Context;
use crate::ledger::derive::Shown;
use crate::ledger::environment::environments;
use crate::ledger::evidence::{HeldEvidence, evidence};
use crate::ledger::ix::RecordIx;
use crate::ledger::sources::Sources;
use crate::ledger::subject::Subject;
use crate::record::{Details, Record, RecordId, RecordType};

/// Answers many questions about one commit and moment: what they share is looked up once.
pub struct Desk<'a> {
    context: Context<'a>,
    shown: &'a [Shown],
    /// IDs that several records have.
    doubled: FxHashSet<&'a str>,
    /// Whether every decision can be read.
    decisions: Result<(), Unclear>,
}

impl<'a> Desk<'a> {
    /// Looks up what the questions share.
    pub(in crate::ledger) fn new(
        sources: Sources<'a>,
        named: &FxHashMap<usize, Vec<RecordIx>>,
        shown: &'a [Shown],
    ) -> Self {
        let (mut seen, mut doubled) = (FxHashSet::default(), FxHashSet::default());
        for id in ids(shown) {
            if !seen.insert(id) {
                doubled.insert(id);
            }
        }
        let decisions = decisions_readable(shown);
        Desk { context: Context::new(sources, named, shown), shown, doubled, decisions }
    }

    /// Asks whether a task may be applied to an environment now.
    ///
    /// # Errors
    /// [`Unclear`] when the task, a dependency or a decision cannot be read, or there is no such thing.
    pub fn gate(&self, ask: &GateAsk<'_>) -> Result<Gate, Unclear> {
        answer(self, ask)
    }
}

fn answer(desk: &Desk<'_>, ask: &GateAsk<'_>) -> Result<Gate, Unclear> {
    let context = &desk.context;
    let (sources, policy) = (&context.sources, context.sources.policy);
    let environment = policy.environment(ask.environment).ok_or_else(|| Unclear::UnknownEnvironment {
        name: ask.environment.to_owned(),
        known: policy.environments.iter().map(|environment| environment.name.clone()).collect(),
    })?;
    let record = find(desk, ask.id)?;
    readable(context, record)?;
    desk.decisions.clone()?;
    let parsed = context.parsed(record).ok_or_else(|| broken(context, record))?;
    let Details::Task(task) = &parsed.details else {
        return Err(Unclear::NoTask { id: ask.id.to_string() });
    };
    let subject = Subject { context, record, id: ask.id, parsed, task };
    let case = Case {
        subject,
        environment,
        deployment: None,
        time: Some(sources.now),
        onto: ask.onto,
        now: None,
        plans: ask.plans,
        stated: &[],
        deployer: ask.deployer.map(Deployer::Person),
        is_guidance: ask.is_guidance,
    };
    let deployed = environments(context, record).into_iter().find(|found| found.name == ask.environment);
    let deployed = deployed.filter(|found| found.deployed).and_then(|found| found.completed);
    Ok(Gate {
        judgement: case.judge(),
        gated: environment.gated,
        emergency: task.emergency.is_some(),
        deployed: deployed.map(|commit| context.evidence(commit)),
    })
}

fn ids(shown: &[Shown]) -> impl Iterator<Item = &str> {
    shown.iter().filter_map(|shown| shown.record.id.as_ref()).map(RecordId::as_str)
}

fn find(desk: &Desk<'_>, id: &RecordId) -> Result<RecordIx, Unclear> {
    if desk.doubled.contains(id.as_str()) {
        return Err(Unclear::Duplicate { id: id.to_string() });
    }
    let context = &desk.context;
    let mut records = RecordType::ALL.into_iter().filter_map(|of_type| context.record(of_type, id.as_str()));
    records.find(|&record| context.node(record).is_some()).ok_or_else(|| Unclear::UnknownTask {
        id: id.to_string(),
        near: nearest(id.as_str(), ids(desk.shown)).map(str::to_owned),
    })
}

/// The task itself and what it depends on must be readable: what a broken file says is unknown.
fn readable(context: &Context<'_>, record: RecordIx) -> Result<(), Unclear> {
    let parsed = context.parsed(record).ok_or_else(|| broken(context, record))?;
    meant(parsed)?;
    let unreliable = |held: HeldEvidence| {
        let why = held.broken(context.sources.policy)?;
        Some(Unclear::Evidence { path: held.path, why })
    };
    if let Some(unclear) = evidence(context, record).into_iter().find_map(unreliable) {
        return Err(unclear);
    }
    if let Details::Task(task) = &parsed.details {
        for id in &task.depends {
            let dependency = context.record(RecordType::Task, id);
            if let Some(dependency) = dependency.filter(|&dependency| context.node(dependency).is_some()) {
                meant(context.parsed(dependency).ok_or_else(|| broken(context, dependency))?)?;
            }
        }
    }
    Ok(())
}

/// The same of every decision.
fn decisions_readable(shown: &[Shown]) -> Result<(), Unclear> {
    let decisions = shown.iter().filter(|shown| shown.record.record_type() == RecordType::Decision);
    for shown in decisions {
        if shown.record.is_broken() {
            return Err(Unclear::Broken { path: shown.record.path.clone() });
        }
        meant(&shown.record)?;
    }
    Ok(())
}

/// What a field without meaning was meant to say is unknown.
fn meant(record: &Record) -> Result<(), Unclear> {
    match invalid_field(record) {
        None => Ok(()),
        Some(wrong) => Err(Unclear::Invalid {
            path: wrong.path.clone(),
            line: wrong.line,
            column: wrong.column,
            message: wrong.message.clone(),
        }),
    }
}

/// The first field of a record that has no meaning.
pub(in crate::ledger) fn invalid_field(record: &Record) -> Option<&Diagnostic> {
    record
        .diagnostics
        .iter()
        .find(|found| found.severity == Severity::Error && found.code == Code::FieldInvalid)
}

fn broken(context: &Context<'_>, record: RecordIx) -> Unclear {
    let walk = context.sources.walk;
    let path = context.node(record).and_then(|node| node.files.records.first());
    let path =
        path.map_or_else(|| walk.ids[record].1.to_string(), |(path, _)| walk.paths.item(*path).to_string());
    Unclear::Broken { path }
}
