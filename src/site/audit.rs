//! The audit: the ledger's answer for every deployment that the trunk has, what is to be explained before the rest. The
//! first page has the newest, and pages by year, quarter or month have all.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rayon::prelude::*;
use serde::Serialize;

use super::gate::moment;
use super::model::Model;
use super::parts::{Dated, Part, YearLinks, links, page_of, parts};
use super::view::{Act, Reference, Word};
use crate::diagnostic::{Code, Diagnostic};
use crate::ledger::{
    Audit, CommitRef, ControlChange, RecordedLate, Row, State, Unrecorded, UnrecordedDeployment, by_code,
    control_words,
};

/// Most rows of a page; something to explain takes two more beside its row.
const ROWS: usize = 28;
/// The same for the first page of several, which has the codes too.
const FIRST: usize = 20;
/// Most exceptions of one deployment that the page tells in words; its evidence has all.
const TOLD: usize = 3;

/// What `site/audit.html` gets as `audit`.
#[derive(Debug, Serialize)]
pub(super) struct AuditView {
    /// From the site's root.
    pub(super) page: String,
    /// `May 2024` on the page of a period; none on the first.
    pub(super) shown: Option<String>,
    /// The pages of the periods, by year; empty where the first page has all.
    pub(super) parts: Vec<YearLinks>,
    pub(super) trunk: Option<String>,
    /// The whole audit in figures; on the first page alone.
    pub(super) whole: Option<WholeView>,
    /// Of this page.
    pub(super) exceptions: Vec<ExceptionView>,
    /// Of this page, newest first.
    pub(super) rows: Vec<RowView>,
    /// The command that repeats the report for the page's days.
    pub(super) command: String,
}

/// The audit of the whole trunk in figures.
#[derive(Debug, Serialize)]
pub(super) struct WholeView {
    /// `from the first commit to 29 May 2024`.
    pub(super) period: String,
    pub(super) commit: Option<super::view::Commit>,
    pub(super) duty: Option<Act>,
    pub(super) population: usize,
    pub(super) with_exceptions: usize,
    /// Things to explain.
    pub(super) n_exceptions: usize,
    pub(super) codes: Vec<CodeView>,
    /// What tasks took on after it had landed.
    pub(super) late: Vec<LateView>,
    /// Changes of the policy, newest first.
    pub(super) controls: Vec<ControlView>,
}

/// What a task took on after it had landed.
#[derive(Debug, Serialize)]
pub(super) struct LateView {
    pub(super) reference: Reference,
    pub(super) landed: Act,
    pub(super) recorded: Option<Act>,
    pub(super) changed_by: String,
    pub(super) paths: String,
    /// Why it is an exception.
    pub(super) open: Option<String>,
}

/// A change of the policy.
#[derive(Debug, Serialize)]
pub(super) struct ControlView {
    pub(super) landed: Act,
    pub(super) outcome: String,
    /// A sentence for each value.
    pub(super) values: Vec<String>,
    /// Whether all of it is in force, and nothing of it narrows the audit.
    pub(super) plain: bool,
}

/// A code with what it means.
#[derive(Debug, Clone, Serialize)]
pub(super) struct CodeView {
    pub(super) code: &'static str,
    pub(super) count: usize,
    pub(super) remedy: &'static str,
}

/// Something to explain.
#[derive(Debug, Serialize)]
pub(super) struct ExceptionView {
    /// Code and sentence of each.
    pub(super) found: Vec<(&'static str, String)>,
    /// How many more the deployment's evidence has.
    pub(super) more: usize,
    pub(super) reference: Option<Reference>,
    pub(super) environment: Option<String>,
    /// Where the evidence stands, from the site's root.
    pub(super) evidence: Option<String>,
    pub(super) by: Option<Act>,
}

/// One deployment.
#[derive(Debug, Serialize)]
pub(super) struct RowView {
    pub(super) time: String,
    pub(super) iso: String,
    pub(super) stated: bool,
    pub(super) reference: Reference,
    pub(super) title: String,
    pub(super) environment: String,
    pub(super) risk: Option<Word>,
    pub(super) emergency: bool,
    pub(super) by: Act,
    pub(super) codes: Vec<&'static str>,
    pub(super) rolled_back: bool,
    /// Whether anything was asked for; not where the environment has no gate.
    pub(super) asked: bool,
    /// Where the evidence stands, from the site's root.
    pub(super) evidence: String,
}

/// What the audit found.
#[derive(Clone, Copy)]
enum AuditEntry<'a> {
    Deployment(&'a Row),
    Unrecorded(&'a Unrecorded),
    Late(&'a RecordedLate),
    Undeployed(&'a UnrecordedDeployment),
}

/// The pages, the first one at `audit.html`; none without a trunk.
pub(super) fn views(model: &Model<'_>) -> Vec<AuditView> {
    let Some(judged) = model.input.judged else { return Vec::new() };
    let found = found(model, judged.audit);
    let whole: usize = found.iter().map(|dated| dated.weight).sum();
    if whole <= ROWS {
        let days = days(&found);
        let values: Vec<AuditEntry<'_>> = found.into_iter().map(|dated| dated.value).collect();
        return vec![first(model, judged.audit, &values, days)];
    }
    let days_of_all = days(&found);
    let mut room = FIRST;
    let newest = found.iter().take_while(|dated| {
        let fits = dated.weight <= room;
        room = room.saturating_sub(dated.weight);
        fits
    });
    let newest: Vec<AuditEntry<'_>> = newest.map(|dated| dated.value).collect();
    let parts = parts(found, ROWS);
    let first = first(model, judged.audit, &newest, days_of_all);
    let first = AuditView { parts: links(FOLDER, &parts, None), ..first };
    let page = |part: &Part<AuditEntry<'_>>| {
        let days = part.values.iter().filter_map(|found| day(model, found));
        let days = days.clone().min().zip(days.max());
        AuditView {
            shown: Some(part.title.clone()),
            parts: links(FOLDER, &parts, Some(&part.slug)),
            ..view(model, &page_of(FOLDER, part), &part.values, days)
        }
    };
    let pages: Vec<AuditView> = parts.par_iter().map(page).collect();
    std::iter::once(first).chain(pages).collect()
}

/// The page of the audit that has a day's deployments; of a day on several pages the newest.
pub(super) fn pages_by_day(model: &Model<'_>) -> BTreeMap<Date, String> {
    let Some(judged) = model.input.judged else { return BTreeMap::new() };
    let found = found(model, judged.audit);
    if found.iter().map(|dated| dated.weight).sum::<usize>() <= ROWS {
        return found.iter().map(|dated| (dated.date, "audit.html".to_owned())).collect();
    }
    let mut pages = BTreeMap::new();
    for part in parts(found, ROWS) {
        for day in part.values.iter().filter_map(|found| day(model, found)) {
            pages.entry(day).or_insert_with(|| page_of(FOLDER, &part));
        }
    }
    pages
}

/// Where the pages of periods stand.
const FOLDER: &str = "audit";

/// Everything that has a day, newest first.
fn found<'a>(model: &Model<'_>, audit: &'a Audit) -> Vec<Dated<AuditEntry<'a>>> {
    let rows = audit.rows.iter().map(AuditEntry::Deployment);
    let unrecorded = audit.unrecorded.iter().map(AuditEntry::Unrecorded);
    let late = audit.late.iter().filter(|late| late.open.is_some()).map(AuditEntry::Late);
    let undeployed = audit.undeployed.iter().map(AuditEntry::Undeployed);
    let mut all: Vec<AuditEntry<'a>> = rows.chain(unrecorded).chain(late).chain(undeployed).collect();
    all.sort_by_key(|found| std::cmp::Reverse(seconds(found)));
    let dated = all.into_iter().map(|found| {
        let weight = match found {
            AuditEntry::Deployment(row) if row.exceptions.is_empty() => 1,
            AuditEntry::Deployment(_) => 3,
            _ => 2,
        };
        Dated { date: day(model, &found).unwrap_or(Date::ZERO), weight, value: found }
    });
    dated.collect()
}

fn seconds(found: &AuditEntry<'_>) -> i64 {
    match found {
        AuditEntry::Deployment(row) => row.time,
        AuditEntry::Unrecorded(found) => found.by.time.seconds,
        AuditEntry::Late(found) => found.by.time.seconds,
        AuditEntry::Undeployed(found) => found.landed.time.seconds,
    }
}

fn day(model: &Model<'_>, found: &AuditEntry<'_>) -> Option<Date> {
    crate::ledger::local(seconds(found), &model.zone).map(|time| time.date())
}

fn days(found: &[Dated<AuditEntry<'_>>]) -> Option<(Date, Date)> {
    let days = found.iter().map(|dated| dated.date);
    days.clone().min().zip(days.max())
}

fn view(model: &Model<'_>, page: &str, found: &[AuditEntry<'_>], days: Option<(Date, Date)>) -> AuditView {
    let rows = found.iter().filter_map(|found| match found {
        AuditEntry::Deployment(row) => Some(row_view(model, row)),
        _ => None,
    });
    AuditView {
        page: page.to_owned(),
        shown: None,
        parts: Vec::new(),
        trunk: state(model).trunk.clone(),
        whole: None,
        exceptions: found.iter().filter_map(|found| exception(model, found)).collect(),
        rows: rows.collect(),
        command: match days {
            Some((first, last)) => format!("changebook audit --since {first} --until {last}"),
            None => "changebook audit".to_owned(),
        },
    }
}

/// The first page, which has the whole audit's figures and what is wrong with the policy.
fn first(
    model: &Model<'_>,
    audit: &Audit,
    found: &[AuditEntry<'_>],
    days: Option<(Date, Date)>,
) -> AuditView {
    let mut first = view(model, "audit.html", found, days);
    first.whole = Some(whole_of(model, audit));
    first.exceptions.extend(audit.policy.iter().map(of_policy));
    first
}

/// What the audit is of.
fn state<'a>(model: &Model<'a>) -> &'a State {
    model.input.judged.map_or(model.input.state, |judged| judged.state)
}

fn whole_of(model: &Model<'_>, audit: &Audit) -> WholeView {
    let state = state(model);
    let codes = codes(audit);
    WholeView {
        period: format!("from the first commit to {}", moment(model, state.now)),
        commit: state.at.as_ref().map(|at| model.commit(at.commit)),
        duty: audit.duty.as_ref().map(|by| model.act(by)),
        population: audit.rows.len(),
        with_exceptions: audit.rows.iter().filter(|row| !row.exceptions.is_empty()).count(),
        n_exceptions: codes.iter().map(|code| code.count).sum(),
        codes,
        late: audit.late.iter().rev().map(|found| late_view(model, found)).collect(),
        controls: audit.controls.iter().rev().map(|change| control_view(model, change)).collect(),
    }
}

fn late_view(model: &Model<'_>, found: &RecordedLate) -> LateView {
    LateView {
        reference: model.reference(found.id.as_str()),
        landed: model.act(&found.by),
        recorded: found.recorded.as_ref().map(|by| model.act(by)),
        changed_by: found.changed_by.join(", "),
        paths: found.paths.join(", "),
        open: found.open.clone(),
    }
}

fn control_view(model: &Model<'_>, change: &ControlChange) -> ControlView {
    let (outcome, values) = control_words(change);
    let plain = change.gone.is_none() && change.values.iter().all(|value| value.codes.is_empty());
    ControlView { landed: model.act(&change.landed), outcome, values, plain }
}

/// Every code that the audit has, with how many have it.
fn codes(audit: &Audit) -> Vec<CodeView> {
    let mut counts = by_code(audit);
    let mut add = |code: Code, n: usize| {
        if n > 0 {
            *counts.entry(code).or_default() += n;
        }
    };
    add(Code::UnrecordedChange, audit.unrecorded.len());
    add(Code::RecordedLate, audit.late.iter().filter(|late| late.open.is_some()).count());
    add(Code::DeploymentUnrecorded, audit.undeployed.len());
    audit.policy.iter().for_each(|found| add(found.code, 1));
    let view = |(code, count): (Code, usize)| CodeView { code: code.as_str(), count, remedy: code.remedy() };
    counts.into_iter().map(view).collect()
}

fn exception(model: &Model<'_>, found: &AuditEntry<'_>) -> Option<ExceptionView> {
    let single = |code: Code, what: String, id: Option<&str>, by: &CommitRef| ExceptionView {
        found: vec![(code.as_str(), what)],
        more: 0,
        reference: id.map(|id| model.reference(id)),
        environment: None,
        evidence: None,
        by: Some(model.act(by)),
    };
    match found {
        AuditEntry::Deployment(row) if row.exceptions.is_empty() => None,
        AuditEntry::Deployment(row) => {
            let told = row.exceptions.iter().map(|found| (found.code.as_str(), found.detail.clone()));
            Some(ExceptionView {
                found: told.take(TOLD).collect(),
                more: row.exceptions.len().saturating_sub(TOLD),
                reference: Some(model.reference(row.id.as_str())),
                environment: Some(row.environment.clone()),
                evidence: Some(super::evidence::address(model, row)),
                by: Some(model.act(&row.by)),
            })
        }
        AuditEntry::Unrecorded(found) => {
            // Of a merge what it brings, since whoever merged has changed nothing.
            let by = found.brings.first().unwrap_or(&found.by);
            Some(single(Code::UnrecordedChange, found.words(), None, by))
        }
        AuditEntry::Late(found) => {
            let by = found.brings.first().unwrap_or(&found.by);
            Some(single(Code::RecordedLate, found.words(), Some(found.id.as_str()), by))
        }
        AuditEntry::Undeployed(found) => {
            Some(single(Code::DeploymentUnrecorded, found.words(), Some(found.id.as_str()), &found.by))
        }
    }
}

fn of_policy(found: &Diagnostic) -> ExceptionView {
    ExceptionView {
        found: vec![(found.code.as_str(), found.message.clone())],
        more: 0,
        reference: None,
        environment: None,
        evidence: None,
        by: None,
    }
}

/// One deployment as a row.
pub(super) fn row_view(model: &Model<'_>, row: &Row) -> RowView {
    let time = crate::history::CommitTime { seconds: row.time, offset_minutes: row.by.time.offset_minutes };
    let mut codes: Vec<&'static str> = row.exceptions.iter().map(|found| found.code.as_str()).collect();
    codes.dedup();
    RowView {
        time: time.human(),
        iso: time.rfc3339(),
        stated: row.stated,
        reference: model.reference(row.id.as_str()),
        title: row.title.clone(),
        environment: row.environment.clone(),
        risk: row.level().map(|level| model.risk(level)),
        emergency: row.emergency.is_some(),
        by: model.act(&row.by),
        codes,
        rolled_back: row.rolled_back.is_some(),
        asked: row.judgement.as_ref().is_none_or(|judgement| !judgement.requirements.is_empty()),
        evidence: super::evidence::address(model, row),
    }
}
