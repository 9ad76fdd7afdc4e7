//! Near words of a record, by the policy and the templates (field law: they fail closed on the gate's side).

use std::collections::HashSet;

use crate::policy::Policy;
use crate::record::{Details, NearRules, NearWord, Record, Risk, near_words, normalize, without_parenthesis};

/// The near words of a task of that risk, or of a decision. `is_guidance` tells whether a line is the template's.
pub(super) fn near(
    record: &Record,
    policy: &Policy,
    risk: Risk,
    is_guidance: &dyn Fn(&str) -> bool,
) -> Vec<NearWord> {
    let fixed = match &record.details {
        Details::Task(_) => &["approvals", "deployment", "checklist", "deployment log", "notes"][..],
        Details::Decision(_) => &["conditions", "notes"][..],
        Details::Runbook(_) => return Vec::new(),
    };
    let mut sections: Vec<String> = fixed.iter().map(|title| (*title).to_owned()).collect();
    if let Details::Task(task) = &record.details {
        let of_kind = task.kind.into_iter().flat_map(|kind| &policy.kind_rule(kind).sections);
        let of_risk = &policy.risk_rule(risk).sections;
        sections.extend(of_kind.chain(of_risk).map(|title| normalize(title)));
    }
    let of_policy: HashSet<String> = policy
        .kinds
        .values()
        .flat_map(|kind| &kind.sections)
        .chain(policy.risks.values().flat_map(|risk| &risk.sections))
        .map(|title| normalize(title))
        .collect();
    let known = policy.known_items();
    let is_heading =
        |title: &str| of_policy.contains(&normalize(title)) || is_guidance(&format!("## {}", title.trim()));
    let is_item = |text: &str| known.has(text) || policy.conditions.contains_key(without_parenthesis(text));
    near_words(record, &NearRules { sections: &sections, is_heading: &is_heading, is_item: &is_item })
}

/// What one is, in words.
pub(super) fn words(near: &NearWord) -> String {
    match near {
        NearWord::Heading { title, section, .. } => {
            format!("heading “{title}” almost matches the section “{section}”")
        }
        NearWord::Bullet { text, .. } => format!("“{text}” looks like an item but has no checkbox"),
    }
}
