//! What happened, held against the rules: the gate's own rules, run on the state before each deployment
//! (`docs/design.md#gate-and-audit`).

mod controls;
mod csv;
mod evidence;
mod json;
mod late;
mod population;
mod types;
mod words;

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::context::Context;
use super::deployment::{environments_of, time};
use super::derive::Shown;
use super::gate::{Case, Deployed, Deployer, Judgement, Review, askers, invalid_field, review};
use super::ix::RecordIx;
use super::landing::LandingTimes;
use super::sources::Sources;
use super::state::CommitRef;
use super::subject::Subject;
use super::suspicions;
use super::walk::Key;
use crate::diagnostic::Code;
use crate::policy::{self, Policy};
use crate::record::Record;

pub use controls::{ControlChange, ControlOutcome, ControlValue, control_words};
pub use csv::{audit_csv, csv_cell};
pub use evidence::DeployedEvidence;
use evidence::deployed_evidence;
pub use json::AuditJson;
pub use late::RecordedLate;
pub use population::{Unrecorded, UnrecordedDeployment};
pub use types::{Audit, AuditAsk, Exception, Row};
pub use words::{
    RowFacts, codes_of_row, commands_of_row, other_commands, review_text, row_facts, shell_quoted,
    time_of_row,
};

/// How far two machines' clocks may be apart, in seconds.
const CLOCKS_DIFFER: i64 = 24 * 3600;

/// Judges every deployment of a period that the tip's history holds.
pub(super) fn audit(
    sources: Sources<'_>,
    named: &FxHashMap<usize, Vec<RecordIx>>,
    shown: &[Shown],
    ask: &AuditAsk<'_>,
) -> Audit {
    use rayon::prelude::*;
    let context = Context::new(sources, named, shown);
    let exempt = |commit: usize| ask.duty.is_some_and(|duty| context.in_history(commit, duty));
    let deployments: Vec<(usize, RecordIx)> = sources
        .walk
        .deployments
        .iter()
        .copied()
        .filter(|(commit, _)| context.has(*commit) && !exempt(*commit))
        .collect();
    // A period holds what landed in it, whatever dates the commits have.
    let times = LandingTimes::new(sources.history, sources.line, sources.now.saturating_add(CLOCKS_DIFFER));
    let in_period =
        |commit: usize| times.of(sources.history, sources.line, commit).is_within(ask.since, ask.until);
    let mut rows: Vec<(usize, Row)> = deployments
        .par_iter()
        .filter(|(commit, _)| in_period(*commit))
        .flat_map_iter(|&(commit, record)| {
            of_commit(&context, commit, record, &times, ask).into_iter().map(move |row| (commit, row))
        })
        .collect();
    rows.sort_by(|(a, one), (b, other)| {
        (one.time, *a, &one.id, &one.environment).cmp(&(other.time, *b, &other.id, &other.environment))
    });
    let mut policy = suspicions::policy_not_in_force(&context, ask.policy_path);
    policy.extend(controls::duty(&context, ask));
    let steps = population::steps(&context, named, ask);
    Audit {
        rows: rows.into_iter().map(|(_, row)| row).collect(),
        unrecorded: population::unrecorded(&context, &steps, &in_period),
        late: late::late(&context, &steps, &in_period),
        undeployed: population::undeployed(&context, &in_period, ask),
        controls: controls::controls(&context, &times, ask),
        policy,
        duty: ask.duty.map(|duty| context.evidence(duty)),
    }
}

/// The deployments that one commit makes of one record: one for each environment whose items it ticks.
fn of_commit(
    context: &Context<'_>,
    commit: usize,
    record: RecordIx,
    times: &LandingTimes,
    ask: &AuditAsk<'_>,
) -> Vec<Row> {
    let Some(policy) = context.judge(commit) else {
        let policy = context.sources.policy;
        return environments_of(context, policy, commit, record)
            .into_iter()
            .map(|environment| unjudged(context, commit, record, &environment))
            .collect();
    };
    environments_of(context, policy, commit, record)
        .into_iter()
        .map(|environment| row(context, policy, commit, record, &environment, times, ask))
        .collect()
}

fn row(
    context: &Context<'_>,
    policy: &Policy,
    commit: usize,
    record: RecordIx,
    environment: &policy::Environment,
    times: &LandingTimes,
    ask: &AuditAsk<'_>,
) -> Row {
    let view = context.at(commit, policy);
    let parsed = view.parsed(record).or_else(|| context.parsed(record));
    let task = parsed.and_then(|parsed| Some((parsed, parsed.task()?)));
    let Some((parsed, task)) = task else { return unjudged(context, commit, record, environment) };
    let id = &context.sources.walk.ids[record].1;
    let mut time = time(context, policy, commit, record, &environment.name);
    if time.seconds > context.sources.now.saturating_add(CLOCKS_DIFFER) {
        time.suspect.get_or_insert_with(|| "it is dated after the time of this audit".to_owned());
    }
    let now = context
        .parsed(record)
        .and_then(|parsed| Some(Subject { context, record, id, parsed, task: parsed.task()? }));
    let mut case = Case {
        subject: Subject { context: &view, record, id, parsed, task },
        environment,
        deployment: Some(commit),
        time: Some(time.seconds),
        onto: None,
        now,
        plans: &[],
        stated: &context.sources.history.commits[commit].trailers.plans,
        deployer: Some(Deployer::Author(commit)),
        is_guidance: ask.is_guidance,
    };
    let landed = times.of(context.sources.history, context.sources.line, commit).at_least();
    if landed.saturating_sub(time.seconds) > policy.audit.lag && case.rests_on_time(time.seconds, landed) {
        let lag = policy.audit.lag / 3600;
        time.suspect
            .get_or_insert_with(|| format!("it landed more than {lag} hours after the time that it states"));
    }
    case.time = case.time.filter(|_| time.suspect.is_none());
    let judgement = case.judge();
    let review = task.emergency.as_ref().filter(|_| environment.gated).map(|_| {
        let askers = &askers(&view, record);
        let deployed = Deployed { record, commit, askers, time: time.seconds };
        review(context, policy, deployed, context.sources.now)
    });
    let mut row = Row {
        title: parsed.title().to_owned(),
        kind: task.kind,
        requestor: task.requestor.clone(),
        gated: environment.gated,
        emergency: task.emergency.clone(),
        time: time.seconds,
        stated: time.stated,
        evidence: deployed_evidence(&view, record, &environment.name),
        rollback_written: parsed.section("Rollback").is_some_and(|section| {
            let text = parsed.text(section.content.clone());
            !text.trim().is_empty() && !(ask.is_guidance)(text)
        }),
        tests: tests(&view, record, parsed),
        changed_by: population::makers(&view, &view.work(record)),
        services: task.services.clone(),
        waits: waits(&view, record, &judgement),
        review,
        ..unjudged(context, commit, record, environment)
    };
    row.exceptions = exceptions(&view, environment, &judgement, &row, time.suspect);
    if let Some(wrong) = invalid_field(parsed).filter(|_| environment.gated) {
        let by = Some(row.by.clone());
        let detail = format!("{}:{}: {}", wrong.path, wrong.line, wrong.message);
        row.exceptions.push(Exception { code: Code::RecordBroken, detail, by });
    }
    row.judgement = Some(judgement);
    row
}

/// A row of which nothing but the commit is known.
fn unjudged(
    context: &Context<'_>,
    commit: usize,
    record: RecordIx,
    environment: &policy::Environment,
) -> Row {
    let facts = &context.sources.history.commits[commit];
    let id = context.sources.walk.ids[record].1.clone();
    let broken = Exception {
        code: Code::RecordBroken,
        detail: format!("{id} or the policy could not be read at the deployment"),
        by: Some(context.evidence(commit)),
    };
    let unticked = context.withdrawals(record).iter().filter(|withdrawal| {
        let of_environment = match context.sources.walk.keys.item(withdrawal.key) {
            Key::Item(item) => environment.is_deployed_by(&item.text),
            _ => false,
        };
        let by = withdrawal.commit as usize;
        of_environment && context.has(by) && by != commit && context.in_history(commit, by)
    });
    let rolled_back = unticked.map(|withdrawal| withdrawal.commit as usize).min();
    Row {
        title: id.to_string(),
        id,
        kind: None,
        requestor: None,
        environment: environment.name.clone(),
        gated: environment.gated,
        emergency: None,
        time: facts.committer.time.seconds,
        stated: false,
        by: context.evidence(commit),
        deployed_by: population::makers(context, &[commit]),
        changed_by: Vec::new(),
        landed: context.landing(commit).map(|landing| context.evidence(landing)),
        judgement: None,
        services: Vec::new(),
        waits: Vec::new(),
        evidence: DeployedEvidence::default(),
        rollback_written: false,
        tests: Vec::new(),
        review: None,
        anyway: facts.trailers.anyway.first().cloned(),
        rolled_back: rolled_back.map(|commit| context.evidence(commit)),
        exceptions: vec![broken],
    }
}

/// Ticked items that speak of a test, a check or monitoring.
fn tests(view: &Context<'_>, record: RecordIx, parsed: &Record) -> Vec<(String, CommitRef)> {
    const WORDS: [&str; 3] = ["test", "verify", "monitor"];
    let about_tests = parsed.items.iter().filter(|item| {
        item.key.text.split(' ').any(|word| WORDS.iter().any(|known| word.starts_with(known)))
    });
    about_tests
        .filter_map(|item| {
            let cell = view.cell(record, &Key::Item(item.key.clone()));
            let by = view.latest(super::approval::tickers(view, cell))?;
            Some((item.text.clone(), view.evidence(by)))
        })
        .collect()
}

/// How long each approval that counted came after the text that it is on.
fn waits(view: &Context<'_>, record: RecordIx, judgement: &Judgement) -> Vec<i64> {
    let history = view.sources.history;
    let transitions = view.transitions(record);
    let given = judgement.approvals.iter().filter(|approval| approval.valid && approval.decision.is_none());
    let commits = given.filter_map(|approval| history.position(approval.by.as_ref()?.commit));
    commits
        .filter_map(|approval| {
            let texts = transitions.iter().filter(|t| *view.key(t) == Key::Scope).map(|t| t.commit as usize);
            let text = view.latest(texts.filter(|&text| view.in_history(text, approval)))?;
            let time = |commit: usize| history.commits[commit].committer.time.seconds;
            Some(time(approval) - time(text))
        })
        .collect()
}

/// What was not allowed: every requirement that is not met, and what is a warning at the gate.
fn exceptions(
    view: &Context<'_>,
    environment: &policy::Environment,
    judgement: &Judgement,
    row: &Row,
    suspect: Option<String>,
) -> Vec<Exception> {
    let of = |code, detail: &str, by: &Option<CommitRef>| Exception {
        code,
        detail: detail.to_owned(),
        by: by.clone(),
    };
    let mut found: Vec<Exception> = judgement
        .requirements
        .iter()
        .filter(|requirement| !requirement.met)
        .map(|requirement| of(requirement.code, &requirement.detail, &requirement.by))
        .collect();
    if !environment.gated {
        return found;
    }
    let warned = [Code::RiskUnderstated, Code::DeployerApproved];
    let warnings = judgement.warnings.iter().filter(|warning| warned.contains(&warning.code));
    found.extend(warnings.map(|warning| of(warning.code, &warning.detail, &warning.by)));
    let own = Some(row.by.clone());
    found.extend(suspect.map(|why| of(Code::TimeSuspect, &why, &own)));
    if let Some(malformed) = &view.sources.history.commits[view.sources.tip].malformed {
        found.push(of(Code::CommitMalformed, malformed, &own));
    }
    if let Some(Review::Overdue { .. }) = row.review {
        found.push(of(Code::EmergencyUnreviewed, "the board has not reviewed this emergency in time", &own));
    }
    found
}

/// Rows by exception code, for a summary: how many rows have each.
pub fn by_code(audit: &Audit) -> BTreeMap<Code, usize> {
    let mut counts = BTreeMap::new();
    for row in &audit.rows {
        let mut codes: Vec<Code> = row.exceptions.iter().map(|exception| exception.code).collect();
        codes.sort_unstable();
        codes.dedup();
        for code in codes {
            *counts.entry(code).or_default() += 1;
        }
    }
    counts
}

/// A sample of `n` rows that anybody draws again from the same seed: those whose SHA-256 of seed, commit, ID and
/// environment is smallest. Positions in [`Audit::rows`], ascending.
pub fn sample(audit: &Audit, n: usize, seed: &str) -> Vec<usize> {
    use sha2::{Digest, Sha256};
    let mut drawn: Vec<([u8; 32], usize)> = audit
        .rows
        .iter()
        .enumerate()
        .map(|(position, row)| {
            let text = format!("{seed}\n{}\n{}\n{}\n", row.by.commit, row.id, row.environment);
            (Sha256::digest(text).into(), position)
        })
        .collect();
    drawn.sort_unstable();
    let mut positions: Vec<usize> = drawn.into_iter().take(n).map(|(_, position)| position).collect();
    positions.sort_unstable();
    positions
}
