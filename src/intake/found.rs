//! What evidence says about risk: categories of the policy, each with its reason.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::policy::Category;
use crate::record::Risk;

/// Names after which a reason says "and N more".
const MAX_NAMED: usize = 3;

/// How much of a change a rule names. Of the rules that match one change, the most precise ones decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    /// What is changed, or what happens to it.
    General,
    /// What is changed and what happens to it.
    Exact,
    /// A part of what is changed, of whatever name.
    Part,
    /// That nothing else changes at all.
    Only,
}

/// A category whose rule matches a change.
#[derive(Debug, Clone, Copy)]
pub struct Match<'p> {
    /// How much of the change its rule names.
    pub precision: Precision,
    /// The category.
    pub category: &'p Category,
}

/// The categories that decide on one change: those of the most precise rules.
pub fn most_precise<'p>(matches: &[Match<'p>]) -> Vec<&'p Category> {
    let best = matches.iter().map(|found| found.precision).max();
    matches.iter().filter(|found| Some(found.precision) == best).map(|found| found.category).collect()
}

/// One changed thing in one category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The category's name.
    pub category: String,
    /// Its risk.
    pub risk: Risk,
    /// What was found, in a few words with the thing's name: `aws_db_instance.main` is replaced.
    pub reason: String,
}

/// Everything that was found in a piece of evidence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    findings: Vec<Finding>,
}

impl Found {
    /// Adds a changed thing with the categories that decide on it.
    pub fn add(&mut self, categories: &[&Category], reason: &str) {
        for category in categories {
            self.push(Finding {
                category: category.name.clone(),
                risk: category.risk,
                reason: reason.to_owned(),
            });
        }
    }

    /// Adds a finding.
    pub fn push(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Adds findings.
    pub fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        self.findings.extend(findings);
    }

    /// The findings, in the order in which they were added.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The highest risk; `None` when nothing was found.
    pub fn risk(&self) -> Option<Risk> {
        self.findings.iter().map(|finding| finding.risk).max()
    }

    /// Names of the categories, riskiest first, each once.
    pub fn categories(&self) -> Vec<&str> {
        self.by_category().into_iter().map(|(_, name, _)| name).collect()
    }

    /// A line for each category, riskiest first: ``database (high): `a.b` is replaced; and 2 more``.
    pub fn reasons(&self) -> Vec<String> {
        let line = |(risk, name, reasons): (Risk, &str, Vec<&str>)| {
            let more = reasons.len().saturating_sub(MAX_NAMED);
            let named = reasons[..reasons.len() - more].join("; ");
            let rest = if more == 0 { String::new() } else { format!("; and {more} more") };
            format!("{name} ({}): {named}{rest}", risk.as_str())
        };
        self.by_category().into_iter().map(line).collect()
    }

    /// Reasons by category, riskiest first, then by name.
    fn by_category(&self) -> Vec<(Risk, &str, Vec<&str>)> {
        let mut grouped: BTreeMap<(Reverse<Risk>, &str), Vec<&str>> = BTreeMap::new();
        for finding in &self.findings {
            let reasons = grouped.entry((Reverse(finding.risk), &finding.category)).or_default();
            reasons.push(&finding.reason);
        }
        grouped.into_iter().map(|((Reverse(risk), name), reasons)| (risk, name, reasons)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    fn found(findings: &[(&str, Risk, &str)]) -> Found {
        let mut found = Found::default();
        for (category, risk, reason) in findings {
            found.push(Finding { category: (*category).into(), risk: *risk, reason: (*reason).into() });
        }
        found
    }

    #[test]
    fn riskiest_first_and_long_lists_counted() {
        let all = found(&[
            ("tags", Risk::Low, "a"),
            ("database", Risk::High, "b"),
            ("tags", Risk::Low, "c"),
            ("tags", Risk::Low, "d"),
            ("tags", Risk::Low, "e"),
        ]);
        assert_eq!(all.risk(), Some(Risk::High));
        assert_eq!(all.categories(), ["database", "tags"]);
        assert_eq!(all.reasons(), ["database (high): b", "tags (low): a; c; d; and 1 more"]);
        assert_eq!(Found::default().risk(), None);
    }

    #[test]
    fn the_most_precise_rules_decide() {
        let policy = Policy::builtin();
        let named = |name: &str, precision| Match { precision, category: policy.category(name).unwrap() };
        let names = |matches: &[Match<'_>]| -> Vec<String> {
            most_precise(matches).iter().map(|category| category.name.clone()).collect()
        };
        let (general, exact) =
            (named("configuration", Precision::General), named("database", Precision::Exact));
        assert_eq!(names(&[general, exact]), ["database"]);
        assert_eq!(names(&[general, exact, named("tags", Precision::Only)]), ["tags"]);
        assert_eq!(names(&[general]), ["configuration"]);
        assert!(names(&[]).is_empty());
    }
}
