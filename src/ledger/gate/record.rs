//! What the record itself must hold: sections, items, notices.

use super::{Case, Requirement, met, unmet};
use crate::diagnostic::Code;
use crate::ledger::near::{near, words};
use crate::record::{
    Item, NearWord, Record, Risk, TaskKind, normalize, normalize_review, renders, without_comments,
    without_parenthesis,
};

impl Case<'_, '_> {
    /// Sections that the kind and the risk ask for are written.
    pub(super) fn sections(&self, risk: Risk) -> Vec<Requirement> {
        let (policy, parsed) = (self.policy(), self.subject.parsed);
        let kind = policy.kind_rule(self.kind());
        let mut asked: Vec<&String> = Vec::new();
        for title in kind.sections.iter().chain(&policy.risk_rule(risk).sections) {
            if !asked.iter().any(|other| normalize(other) == normalize(title)) {
                asked.push(title);
            }
        }
        asked
            .into_iter()
            .map(|title| {
                let text = parsed.section(title).map(|section| parsed.text(section.content.clone()));
                let problem = match text {
                    None => "is missing",
                    Some(text) if !renders(text) => "is empty",
                    Some(text) if (self.is_guidance)(&without_comments(text)) => {
                        "still contains the template's text"
                    }
                    Some(_) => return met(Code::SectionEmpty, format!("section “{title}” is written")),
                };
                unmet(Code::SectionEmpty, format!("section “{title}” {problem}"))
            })
            .collect()
    }

    /// Items of the kind are there; items of the risk and notices are ticked.
    pub(super) fn items(&self, risk: Risk) -> Vec<Requirement> {
        let policy = self.policy();
        let rule = policy.risk_rule(risk);
        let downtime = self.subject.task.downtime.as_ref().map_or(0, |downtime| downtime.seconds);
        let due =
            rule.communication_when.iter().filter(|when| downtime >= when.downtime).map(|when| &when.item);
        let asked = policy.items_of_kind(self.kind(), &self.subject.task.environments);
        let present = asked.into_iter().map(|asked| {
            let text = &asked.text;
            match self.subject.parsed.items.iter().any(|item| asked.is_met_by(item)) {
                true => met(Code::ItemMissing, format!("item “{text}” is in the record")),
                false => unmet(Code::ItemMissing, format!("item “{text}” is not in the record")),
            }
        });
        let ticked = rule.items.iter().map(|text| self.must_be_ticked(Code::ItemOpen, text));
        let told = rule
            .communication
            .iter()
            .chain(due)
            .map(|text| self.must_be_ticked(Code::CommunicationOpen, text));
        present.chain(ticked).chain(told).collect()
    }

    /// An item says that this environment is deployed: without one there is nothing to tick, and no deployment is ever seen.
    /// One that says so but for what stands behind it in a parenthesis is none.
    pub(super) fn deployment_items(&self) -> Vec<Requirement> {
        let items = &self.subject.parsed.items;
        let name = &self.environment.name;
        let policy = self.policy();
        let unnamed = items.iter().filter(|item| policy.environment_deployed_by(&item.key.text).is_none());
        let nearly =
            unnamed.filter(|item| self.environment.is_deployed_by(without_parenthesis(&item.key.text)));
        let mut found: Vec<Requirement> = nearly
            .map(|item| {
                let text = &item.text;
                unmet(
                    Code::ItemMissing,
                    format!("item “{text}” does not deploy anything according to the policy"),
                )
            })
            .collect();
        if !items.iter().any(|item| self.environment.is_deployed_by(&item.key.text)) {
            found.push(unmet(Code::ItemMissing, format!("no item of the record deploys to {name}")));
        }
        found
    }

    /// Words of the task that are nearly what counts.
    pub(super) fn near_words(&self, risk: Risk) -> Vec<Requirement> {
        self.near(self.subject.parsed, risk, None)
    }

    /// The same of a decision, which is named.
    pub(super) fn near(&self, record: &Record, risk: Risk, name: Option<&str>) -> Vec<Requirement> {
        let found = near(record, self.policy(), risk, self.is_guidance).into_iter();
        found
            .map(|near| {
                let code = match near {
                    NearWord::Heading { .. } => Code::SectionNearMiss,
                    NearWord::Bullet { .. } => Code::BoxMissing,
                };
                let words = words(&near);
                unmet(code, name.map_or_else(|| words.clone(), |name| format!("{name}: {words}")))
            })
            .collect()
    }

    fn must_be_ticked(&self, code: Code, text: &str) -> Requirement {
        let items = self.named(text);
        let ticks: Option<Vec<usize>> = items.iter().map(|item| self.ticked(item)).collect();
        match ticks {
            _ if items.is_empty() => unmet(code, format!("item “{text}” is not in the record")),
            None => unmet(code, format!("“{text}” is not ticked")),
            Some(ticks) => {
                let by = self.subject.context.latest(ticks);
                let by = by.map(|commit| self.subject.context.evidence(commit));
                Requirement { code, met: true, detail: format!("“{text}” is ticked"), by }
            }
        }
    }

    /// Items of that text; a trailing parenthesis makes no difference.
    fn named(&self, text: &str) -> Vec<&Item> {
        let (exact, review) = (normalize(text), normalize_review(text));
        let of_text = |item: &&Item| *item.key.text == *exact || normalize_review(&item.text) == review;
        self.subject.parsed.items.iter().filter(of_text).collect()
    }

    fn kind(&self) -> TaskKind {
        self.subject.task.kind.unwrap_or(TaskKind::General)
    }
}
