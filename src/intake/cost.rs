//! What a change costs, from Infracost's JSON.

use serde::Deserialize;

use super::block::put_section;
use super::escape;
use super::secret::{HIDDEN, text_is_secret};
use crate::record::edit::{EditError, set_nested_field};

/// Resources that are listed at most; the others are counted.
const MAX_LISTED: usize = 10;

/// A monthly cost as an estimate has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimate {
    /// What the change adds a month, two decimals at most.
    pub monthly: String,
    /// What everything costs a month afterwards, when the estimate says.
    pub total: Option<String>,
    /// ISO 4217 code.
    pub currency: String,
    /// Resources by name, dearest first.
    pub resources: Vec<(String, String)>,
    /// How many more there are.
    pub n_more: usize,
}

/// Why a file is no estimate. It repeats nothing of the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EstimateError {
    /// Something else.
    #[error("this is not Infracost's JSON")]
    NotInfracost,
    /// An amount is missing or no number.
    #[error("the estimate has no `{key}` that is a number")]
    NoAmount {
        /// The key.
        key: &'static str,
    },
}

#[derive(Deserialize)]
struct File {
    currency: Option<String>,
    #[serde(rename = "totalMonthlyCost")]
    total: Option<String>,
    #[serde(rename = "diffTotalMonthlyCost")]
    difference: Option<String>,
    projects: Vec<Project>,
}

#[derive(Deserialize)]
struct Project {
    breakdown: Option<Breakdown>,
    diff: Option<Breakdown>,
}

#[derive(Deserialize)]
struct Breakdown {
    #[serde(default)]
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    name: String,
    #[serde(rename = "monthlyCost")]
    monthly: Option<String>,
}

impl Estimate {
    /// Reads `infracost breakdown --format json` or `infracost diff --format json`.
    ///
    /// # Errors
    /// [`EstimateError`].
    pub fn read(bytes: &[u8]) -> Result<Self, EstimateError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let file: File = serde_json::from_slice(bytes).map_err(|_| EstimateError::NotInfracost)?;
        let total = file.total.as_deref().map(|text| amount(text, "totalMonthlyCost")).transpose()?;
        let difference =
            file.difference.as_deref().map(|text| amount(text, "diffTotalMonthlyCost")).transpose()?;
        let by_difference = difference.is_some();
        let monthly = difference.or(total).ok_or(EstimateError::NoAmount { key: "totalMonthlyCost" })?;
        let mut resources: Vec<(String, f64)> = file
            .projects
            .into_iter()
            .filter_map(
                |project| if by_difference { project.diff.or(project.breakdown) } else { project.breakdown },
            )
            .flat_map(|breakdown| breakdown.resources)
            .filter_map(|resource| Some((resource.name, resource.monthly?.parse::<f64>().ok()?)))
            .filter(|(_, cost)| cost.is_finite() && *cost != 0.0)
            .collect();
        resources.sort_by(|(a_name, a), (b_name, b)| b.total_cmp(a).then_with(|| a_name.cmp(b_name)));
        let n_more = resources.len().saturating_sub(MAX_LISTED);
        resources.truncate(MAX_LISTED);
        let mut estimate = Estimate {
            monthly: written(monthly),
            total: total.filter(|_| by_difference).map(written),
            currency: file.currency.filter(|code| is_currency(code)).unwrap_or_else(|| "USD".to_owned()),
            resources: resources.into_iter().map(|(name, cost)| (name, written(cost))).collect(),
            n_more,
        };
        estimate.hide(&|name| !text_is_secret(name));
        Ok(estimate)
    }

    /// Hides the names that may not be shown: keys of resources stand in them, and may be secrets.
    pub fn hide(&mut self, may_show: &dyn Fn(&str) -> bool) {
        for (name, _) in &mut self.resources {
            if !may_show(name) {
                HIDDEN.clone_into(name);
            }
        }
    }

    /// The record's text with `cost` and an estimate in "Cost impact". A budget that stands there stays.
    ///
    /// # Errors
    /// [`EditError`] when the record cannot be read or takes no such edit.
    pub fn put(
        &self,
        path: &str,
        source: &str,
        is_guidance: &dyn Fn(&str) -> bool,
    ) -> Result<String, EditError> {
        let monthly: toml_edit::Value =
            self.monthly.parse().map_err(|_| EditError::WouldChangeMeaning { what: "`cost`".to_owned() })?;
        let text = set_nested_field(source, "cost", "monthly", monthly)?;
        let text = set_nested_field(&text, "cost", "currency", self.currency.as_str().into())?;
        put_section(path, &text, "Cost impact", "Estimate", &self.block(), is_guidance)
    }

    fn block(&self) -> String {
        let currency = &self.currency;
        let total =
            self.total.as_ref().map_or(String::new(), |total| format!(" ({total} {currency} in all)"));
        let mut text = format!("{} {currency} a month{total}, by Infracost.\n", self.monthly);
        if !self.resources.is_empty() {
            text.push_str("\n```text\n");
            for (name, cost) in &self.resources {
                text.push_str(&format!("{}: {cost}\n", escape(name)));
            }
            if self.n_more > 0 {
                text.push_str(&format!("and {} more\n", self.n_more));
            }
            text.push_str("```\n");
        }
        text
    }
}

fn amount(text: &str, key: &'static str) -> Result<f64, EstimateError> {
    text.parse::<f64>().ok().filter(|amount| amount.is_finite()).ok_or(EstimateError::NoAmount { key })
}

/// Two decimals, none when they are zero.
fn written(amount: f64) -> String {
    let text = format!("{amount:.2}");
    text.strip_suffix(".00").map_or(text.clone(), str::to_owned)
}

fn is_currency(code: &str) -> bool {
    code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_change_counts_and_the_rest_is_named() {
        let file = br#"{"version":"0.2","currency":"USD","totalMonthlyCost":"1412.499","pastTotalMonthlyCost":"1003.7",
            "diffTotalMonthlyCost":"408.799","projects":[{"diff":{"resources":[
            {"name":"aws_elasticache_cluster.main","monthlyCost":"408.799"},{"name":"free","monthlyCost":"0"}]}}]}"#;
        let estimate = Estimate::read(file).unwrap();
        assert_eq!((estimate.monthly.as_str(), estimate.total.as_deref()), ("408.80", Some("1412.50")));
        assert_eq!(estimate.resources, [("aws_elasticache_cluster.main".to_owned(), "408.80".to_owned())]);
        let total = Estimate::read(br#"{"totalMonthlyCost":"5","projects":[]}"#).unwrap();
        assert_eq!((total.monthly.as_str(), total.currency.as_str()), ("5", "USD"));
        assert_eq!(Estimate::read(b"{}"), Err(EstimateError::NotInfracost));
        let nan = Estimate::read(br#"{"totalMonthlyCost":"NaN","projects":[]}"#);
        assert_eq!(nan, Err(EstimateError::NoAmount { key: "totalMonthlyCost" }));
    }

    #[test]
    fn a_budget_stays() {
        let estimate = Estimate {
            monthly: "408.80".into(),
            total: None,
            currency: "USD".into(),
            resources: Vec::new(),
            n_more: 0,
        };
        let source = "+++\nid = \"A-1\"\ncost = { budget = \"BUDGET-123\" }\n+++\n\n## What\n\nx\n";
        let text = estimate.put("tasks/A-1.md", source, &|_| false).unwrap();
        assert!(
            text.contains("cost = { budget = \"BUDGET-123\", monthly = 408.80, currency = \"USD\" }"),
            "{text}"
        );
        assert!(
            text.contains("## Cost impact\n\n### Estimate\n\n408.80 USD a month, by Infracost."),
            "{text}"
        );
        assert_eq!(estimate.put("tasks/A-1.md", &text, &|_| false).unwrap(), text);
    }
}
