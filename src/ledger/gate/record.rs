//! What the record itself must hold: sections, items, notices.

use super::{Case, Requirement, met, unmet};
use crate::diagnostic::Code;
use crate::record::{Item, Risk, TaskKind, normalize, normalize_review};

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
                    None => "is absent",
                    Some(text) if text.trim().is_empty() => "is empty",
                    Some(text) if (self.is_guidance)(text) => "still holds the template's words",
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
        let present =
            policy.kind_rule(self.kind()).items.iter().map(|text| match self.named(text).is_empty() {
                true => unmet(Code::ItemMissing, format!("item “{text}” is not in the record")),
                false => met(Code::ItemMissing, format!("item “{text}” is in the record")),
            });
        let ticked = rule.items.iter().map(|text| self.must_be_ticked(Code::ItemOpen, text));
        let told = rule
            .communication
            .iter()
            .chain(due)
            .map(|text| self.must_be_ticked(Code::CommunicationOpen, text));
        present.chain(ticked).chain(told).collect()
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
