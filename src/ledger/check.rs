//! What is wrong with records as they are, by the policy and beside each other.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::HeldEvidence;
use super::near::near;
use super::relations::{RelationKind, outgoing};
use super::risk::risk;
use super::state::RiskState;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::evidence::{EvidenceFile, unfounded};
use crate::policy::{KindItem, KnownItems, Policy};
use crate::record::{Decision, Details, NearWord, Record, Risk, Runbook, Task, renders, without_comments};

/// What a record is held against.
pub struct CheckBy<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// Its items.
    pub known: &'a KnownItems<'a>,
    /// The other records' IDs.
    pub ids: &'a BTreeSet<&'a str>,
    /// The evidence of the record.
    pub evidence: &'a [HeldEvidence],
    /// Why nobody vouches for that, where it is so.
    pub unproven: Option<&'a str>,
    /// Tells whether a section still holds the template's words.
    pub is_guidance: &'a dyn Fn(&str) -> bool,
}

/// Diagnostics of one record against the policy, its evidence and the other records' IDs. What the file says by itself is in
/// its own diagnostics.
pub fn check(record: &Record, by: &CheckBy<'_>) -> Vec<Diagnostic> {
    let CheckBy { policy, known, ids, is_guidance, .. } = *by;
    let level = match &record.details {
        Details::Task(task) => risk(task, policy, by.evidence, by.unproven),
        _ => RiskState { level: policy.default_risk, reasons: Vec::new() },
    };
    let mut checker = Checker { record, policy, risk: level, found: Vec::new() };
    if record.is_broken() {
        return checker.found;
    }
    checker.references(ids);
    checker.near_misses(known);
    checker.near_words(is_guidance);
    match &record.details {
        Details::Task(task) => checker.task(task, is_guidance),
        Details::Decision(decision) => checker.decision(decision),
        Details::Runbook(runbook) => checker.runbook(runbook),
    }
    checker.unwritten(is_guidance);
    checker.found
}

/// What is wrong with the evidence of a task, and with what its text says of it.
pub fn check_evidence(record: &Record, policy: &Policy, evidence: &[HeldEvidence]) -> Vec<Diagnostic> {
    let limit = policy.plan.list_limit;
    let gated = |name: &str| policy.environment(name).is_some_and(|environment| environment.gated);
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut files: Vec<&EvidenceFile> = Vec::new();
    for held in evidence {
        if let Some(why) = held.broken(policy) {
            found.push(Diagnostic::error_at_file(
                Code::EvidenceBroken,
                &held.path,
                format!("evidence: {why}"),
            ));
        } else if let Ok(file) = &held.file {
            files.push(file);
            let why = file.differs(record, gated(&file.key.environment), limit);
            found.extend(why.map(|why| Diagnostic::error_at_file(Code::EvidenceDiffers, &record.path, why)));
        }
    }
    let names: Vec<&str> =
        policy.environments.iter().filter(|known| known.gated).map(|known| known.name.as_str()).collect();
    let unfounded = unfounded(record, &files, &names).into_iter();
    found.extend(unfounded.map(|why| Diagnostic::error_at_file(Code::EvidenceDiffers, &record.path, why)));
    let with_remedy = |found: Diagnostic| {
        let remedy = found.code.remedy();
        found.with_help(remedy)
    };
    found.into_iter().map(with_remedy).collect()
}

/// Errors for files that share an ID; letter case makes no difference.
pub fn duplicates<'a>(records: impl IntoIterator<Item = &'a Record>) -> Vec<Diagnostic> {
    let mut by_id: BTreeMap<String, Vec<&Record>> = BTreeMap::new();
    for record in records {
        if let Some(id) = &record.id {
            by_id.entry(id.folded()).or_default().push(record);
        }
    }
    let several = by_id.into_values().filter(|records| records.len() > 1);
    several
        .flat_map(|records| {
            let paths: Vec<String> = records.iter().map(|record| record.path.clone()).collect();
            records.into_iter().map(move |record| {
                let others: Vec<String> = paths
                    .iter()
                    .filter(|path| **path != record.path)
                    .map(|path| format!("`{path}`"))
                    .collect();
                let span = record.field("id").map_or(0..0, |field| field.value_span.clone());
                let message = format!("another file has this ID: {}", others.join(", "));
                Diagnostic::error(Code::IdDuplicate, &record.path, &record.source, span, message).with_help(
                    "`changebook renumber` gives the later one a new number and updates every reference to it",
                )
            })
        })
        .collect()
}

struct Checker<'a> {
    record: &'a Record,
    policy: &'a Policy,
    /// That of a task.
    risk: RiskState,
    found: Vec<Diagnostic>,
}

impl Checker<'_> {
    fn at_field(
        &mut self,
        severity_error: bool,
        code: Code,
        field: &str,
        message: String,
        help: Option<String>,
    ) {
        let record = self.record;
        let span = record.field(field).map_or(0..0, |field| field.value_span.clone());
        let make = if severity_error { Diagnostic::error } else { Diagnostic::warning };
        let diagnostic = make(code, &record.path, &record.source, span, message);
        self.found.push(match help {
            Some(help) => diagnostic.with_help(help),
            None => diagnostic,
        });
    }

    fn references(&mut self, ids: &BTreeSet<&str>) {
        let own = self.record.id.as_ref().map(|own| own.as_str());
        for (kind, id) in outgoing(self.record) {
            if kind == RelationKind::DependsOn && own == Some(id) {
                let message = format!("`{id}` depends on itself, so it can never be deployed");
                self.at_field(true, Code::ReferenceBroken, "depends", message, None);
            }
            if ids.contains(id) {
                continue;
            }
            let field = match kind {
                RelationKind::DependsOn => "depends",
                RelationKind::Follows => "follows",
                RelationKind::UsesRunbook => "runbooks",
                _ => "changes",
            };
            let help = nearest(id, ids.iter().copied()).map(|near| format!("did you mean `{near}`?"));
            self.at_field(true, Code::ReferenceBroken, field, format!("there is no record `{id}`"), help);
        }
    }

    fn near_misses(&mut self, known: &KnownItems<'_>) {
        for item in &self.record.items {
            if let Some(near) = known.near_miss(&item.key.text) {
                let message = format!("`{}` almost matches an item in the policy", item.text);
                let diagnostic = Diagnostic::warning(
                    Code::ItemNearMiss,
                    &self.record.path,
                    &self.record.source,
                    item.span.clone(),
                    message,
                );
                self.found.push(diagnostic.with_help(format!("did you mean `{near}`?")));
            }
        }
    }

    /// What fails closed at the gate.
    fn near_words(&mut self, is_guidance: &dyn Fn(&str) -> bool) {
        for near in near(self.record, self.policy, self.risk.level, is_guidance) {
            let (code, span) = match &near {
                NearWord::Heading { span, .. } => (Code::SectionNearMiss, span.clone()),
                NearWord::Bullet { span, .. } => (Code::BoxMissing, span.clone()),
            };
            let (path, source) = (&self.record.path, &self.record.source);
            let diagnostic = Diagnostic::error(code, path, source, span, super::near::words(&near));
            self.found.push(diagnostic.with_help(code.remedy()));
        }
    }

    fn task(&mut self, task: &Task, is_guidance: &dyn Fn(&str) -> bool) {
        let policy = self.policy;
        for name in &task.categories {
            if policy.category(name).is_none() {
                let known = policy.categories.iter().map(|category| category.name.as_str());
                let help = nearest(name, known).map(|near| format!("did you mean `{near}`?"));
                let message = format!("category `{name}` is not in the policy");
                self.at_field(true, Code::FieldInvalid, "categories", message, help);
            }
        }
        for name in &task.environments {
            if policy.environment(name).is_none() {
                let known = policy.environments.iter().map(|environment| environment.name.as_str());
                let help = nearest(name, known).map(|near| format!("did you mean `{near}`?"));
                let message = format!("environment `{name}` is not in the policy");
                self.at_field(true, Code::FieldInvalid, "environments", message, help);
            }
        }
        if let Some(window) = task.window.as_deref().filter(|window| !policy.windows.contains_key(*window)) {
            let help = nearest(window, policy.windows.keys().map(String::as_str))
                .map(|near| format!("did you mean `{near}`?"));
            self.at_field(
                true,
                Code::FieldInvalid,
                "window",
                format!("window `{window}` is not in the policy"),
                help,
            );
        }
        self.person("requestor", task.requestor.as_deref());
        let level = self.risk.level;
        let reasons = self.risk.reasons.join("; ");
        if let Some(declared) = task.risk.filter(|declared| *declared < level) {
            let message = format!(
                "declared {}, found {}; the requirements of the higher one apply",
                declared.as_str(),
                level.as_str()
            );
            self.at_field(
                false,
                Code::RiskUnderstated,
                "risk",
                message,
                Some(format!("declare `risk = \"{}\"`; {}", level.as_str(), reasons)),
            );
        }
        self.budget(task);
        self.required(task, level, is_guidance);
    }

    /// A cost above the policy's limit names its budget.
    fn budget(&mut self, task: &Task) {
        let (Some(limit), Some(cost)) = (self.policy.cost.budget_above, &task.cost) else { return };
        let monthly = cost.monthly.as_deref().and_then(|text| text.replace('_', "").parse::<f64>().ok());
        if cost.budget.is_none() && monthly.is_some_and(|monthly| monthly > f64::from(limit)) {
            let amount = cost.monthly.as_deref().unwrap_or_default();
            let message = format!(
                "it costs {amount} a month but names no budget; the policy requires one above {limit}"
            );
            let help = Some("add `budget = \"…\"` to `cost`".to_owned());
            self.at_field(false, Code::BudgetMissing, "cost", message, help);
        }
    }

    fn person(&mut self, field: &str, name: Option<&str>) {
        let policy = self.policy;
        let Some(name) = name.filter(|name| !policy.people.is_empty() && !policy.people.contains_key(*name))
        else {
            return;
        };
        let help = nearest(name, policy.people.keys().map(String::as_str))
            .map(|near| format!("did you mean `{near}`?"));
        self.at_field(
            false,
            Code::FieldInvalid,
            field,
            format!("`{name}` is not listed under `[people]`"),
            help,
        );
    }

    /// Sections and items that the kind and the risk ask for.
    fn required(&mut self, task: &Task, level: Risk, is_guidance: &dyn Fn(&str) -> bool) {
        let policy = self.policy;
        let (kind, risk) = (task.kind.map(|kind| policy.kind_rule(kind)), policy.risk_rule(level));
        let mut sections: Vec<&String> =
            kind.iter().flat_map(|kind| &kind.sections).chain(&risk.sections).collect();
        sections.sort_unstable();
        sections.dedup();
        for title in sections {
            let section = self.record.section(title);
            let text = section.map(|section| self.record.text(section.content.clone()));
            let problem = match text {
                None => "is missing",
                Some(text) if !renders(text) => "is empty",
                Some(text) if is_guidance(&without_comments(text)) => "still contains the template's text",
                Some(_) => continue,
            };
            let span = section.map_or(0..0, |section| section.heading.clone());
            let message = format!("section `{title}` {problem}");
            let diagnostic = Diagnostic::warning(
                Code::SectionEmpty,
                &self.record.path,
                &self.record.source,
                span,
                message,
            );
            self.found.push(diagnostic.with_help("write it before it can be deployed"));
        }
        let of_kind =
            task.kind.map(|kind| policy.items_of_kind(kind, &task.environments)).unwrap_or_default();
        let of_risk = risk.items.iter().chain(&risk.communication);
        let of_risk = of_risk.map(|text| KindItem { text: text.clone(), environment: None });
        let missing: BTreeSet<String> = of_kind
            .into_iter()
            .chain(of_risk)
            .filter(|asked| !self.record.items.iter().any(|item| asked.is_met_by(item)))
            .map(|asked| asked.text)
            .collect();
        for text in missing {
            let message = format!("item `{text}` is required but not in the record");
            let diagnostic =
                Diagnostic::warning(Code::ItemMissing, &self.record.path, &self.record.source, 0..0, message);
            self.found.push(diagnostic.with_help(format!("add `- [ ] {text}`")));
        }
    }

    /// Sections that nobody asks for and that still hold the template's words: to be written, or cut.
    fn unwritten(&mut self, is_guidance: &dyn Fn(&str) -> bool) {
        for section in &self.record.sections {
            let text = self.record.text(section.content.clone());
            let known = self
                .found
                .iter()
                .any(|found| found.code == Code::SectionEmpty && found.span.start == section.heading.start);
            if known || text.trim().is_empty() || !is_guidance(text) {
                continue;
            }
            let message = format!("section `{}` still contains the template's text", section.title);
            let (path, source) = (&self.record.path, &self.record.source);
            let diagnostic =
                Diagnostic::warning(Code::SectionEmpty, path, source, section.heading.clone(), message);
            self.found.push(diagnostic.with_help("write it, or delete the section; it is not required"));
        }
    }

    fn decision(&mut self, decision: &Decision) {
        self.person("requestor", decision.requestor.as_deref());
    }

    fn runbook(&mut self, runbook: &Runbook) {
        let policy = self.policy;
        let known = |owner: &str| policy.people.contains_key(owner) || policy.roles.contains_key(owner);
        if let Some(owner) =
            runbook.owner.as_deref().filter(|owner| !policy.people.is_empty() && !known(owner))
        {
            let names = policy.people.keys().chain(policy.roles.keys()).map(String::as_str);
            let help = nearest(owner, names).map(|near| format!("did you mean `{near}`?"));
            self.at_field(
                false,
                Code::FieldInvalid,
                "owner",
                format!("`{owner}` is neither a role nor a person in the policy"),
                help,
            );
        }
    }
}
