//! What a change costs, from Infracost's JSON.

use serde::Deserialize;

use super::block::put_section;
use super::escape;
use super::phrase::{count, quoted};
use super::secret::{HIDDEN, text_is_secret};
use super::yaml::decode;
use crate::record::edit::{EditError, set_nested_field};

/// Resources that are listed at most; the others are counted.
const MAX_LISTED: usize = 10;

/// A monthly cost as an estimate has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Estimate {
    /// What the change adds a month, or what everything costs when the estimate compares nothing; two decimals at most.
    pub monthly: String,
    /// What everything costs a month afterwards, when the estimate says.
    pub total: Option<String>,
    /// ISO 4217 code.
    pub currency: String,
    /// Whether it is a breakdown: it says what everything costs, and not what the change adds.
    pub is_breakdown: bool,
    /// Resources by name, the largest amounts first, savings too.
    pub resources: Vec<(String, String)>,
    /// How many more there are.
    pub n_more: usize,
    /// Why the amount is not the whole of it, in words; empty when it is.
    pub partial: Vec<String>,
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
    version: Option<String>,
    currency: Option<String>,
    #[serde(rename = "totalMonthlyCost")]
    total: Option<String>,
    #[serde(rename = "pastTotalMonthlyCost")]
    past: Option<String>,
    #[serde(rename = "diffTotalMonthlyCost")]
    difference: Option<String>,
    metadata: Option<FileMetadata>,
    summary: Option<Summary>,
    projects: Vec<Project>,
}

#[derive(Deserialize)]
struct FileMetadata {
    #[serde(rename = "infracostCommand")]
    command: Option<String>,
}

#[derive(Deserialize)]
struct Summary {
    #[serde(rename = "totalUnsupportedResources")]
    unsupported: Option<usize>,
}

#[derive(Deserialize)]
struct Project {
    #[serde(default)]
    name: String,
    metadata: Option<ProjectMetadata>,
    breakdown: Option<Breakdown>,
    diff: Option<Breakdown>,
}

/// Of errors it matters that there are some: their words may hold anything.
#[derive(Default, Deserialize)]
struct ProjectMetadata {
    errors: Option<Vec<serde::de::IgnoredAny>>,
    #[serde(rename = "currentErrors")]
    current: Option<Vec<serde::de::IgnoredAny>>,
    #[serde(rename = "pastErrors")]
    past: Option<Vec<serde::de::IgnoredAny>>,
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
    /// Reads `infracost breakdown --format json` or `infracost diff --format json`, as UTF-8 or UTF-16.
    ///
    /// # Errors
    /// [`EstimateError`].
    pub fn read(bytes: &[u8]) -> Result<Self, EstimateError> {
        let text = decode(bytes).ok_or(EstimateError::NotInfracost)?;
        let file: File = serde_json::from_str(text.trim_start_matches('\u{feff}'))
            .map_err(|_| EstimateError::NotInfracost)?;
        let of = |text: &Option<String>, key| text.as_deref().map(|text| amount(text, key)).transpose();
        let total = of(&file.total, "totalMonthlyCost")?;
        let past = of(&file.past, "pastTotalMonthlyCost")?;
        let difference = of(&file.difference, "diffTotalMonthlyCost")?;
        let command = file.metadata.as_ref().and_then(|metadata| metadata.command.as_deref());
        // A breakdown of what exists nowhere else calls all of it the difference.
        let compares_nothing = command == Some("breakdown") && past.is_none_or(|past| past == 0.0);
        let by_difference = difference.is_some() && !compares_nothing;
        let partial = partial(&file);
        let monthly = match difference.filter(|_| by_difference).or(total) {
            Some(monthly) => monthly,
            // Infracost writes no amount where it could price nothing.
            None if file.version.is_some() && !partial.is_empty() => 0.0,
            None => return Err(EstimateError::NoAmount { key: "totalMonthlyCost" }),
        };
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
        resources.sort_by(|(a_name, a), (b_name, b)| {
            b.abs().total_cmp(&a.abs()).then_with(|| b.total_cmp(a)).then_with(|| a_name.cmp(b_name))
        });
        let n_more = resources.len().saturating_sub(MAX_LISTED);
        resources.truncate(MAX_LISTED);
        let mut estimate = Estimate {
            monthly: written(monthly),
            total: total.filter(|_| by_difference).map(written),
            currency: file.currency.filter(|code| is_currency(code)).unwrap_or_else(|| "USD".to_owned()),
            is_breakdown: !by_difference,
            resources: resources.into_iter().map(|(name, cost)| (name, written(cost))).collect(),
            n_more,
            partial,
        };
        estimate.hide(&|text| !text_is_secret(text));
        Ok(estimate)
    }

    /// Hides names and messages that may not be shown: keys of resources stand in them, and may be secrets.
    pub fn hide(&mut self, may_show: &dyn Fn(&str) -> bool) {
        let names = self.resources.iter_mut().map(|(name, _)| name);
        for text in names.chain(&mut self.partial) {
            if !may_show(text) {
                HIDDEN.clone_into(text);
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

    /// One line: `408.80 USD a month`, and that it is partial or no difference where it is.
    pub fn headline(&self) -> String {
        let currency = &self.currency;
        let total =
            self.total.as_ref().map_or(String::new(), |total| format!(" ({total} {currency} in all)"));
        let what = match self.is_breakdown {
            true => " in all (a breakdown: it does not say what the change adds)",
            false => "",
        };
        let partial = if self.partial.is_empty() { "" } else { "Partial: " };
        format!("{partial}{} {currency} a month{what}{total}", self.monthly)
    }

    fn block(&self) -> String {
        let mut text = format!("{}, by Infracost.\n", self.headline());
        for reason in &self.partial {
            text.push_str(&format!("\n- {reason}"));
        }
        if !self.partial.is_empty() {
            text.push('\n');
        }
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

/// What is not in the amount.
fn partial(file: &File) -> Vec<String> {
    let mut reasons = Vec::new();
    for project in &file.projects {
        let metadata = project.metadata.as_ref();
        let has = |errors: Option<&Vec<_>>| errors.is_some_and(|errors| !errors.is_empty());
        let is_failed = metadata.is_some_and(|metadata| {
            [&metadata.errors, &metadata.current, &metadata.past]
                .into_iter()
                .any(|errors| has(errors.as_ref()))
        });
        if is_failed {
            let name = if project.name.is_empty() { "without a name" } else { project.name.as_str() };
            reasons.push(format!("The project {} failed, and its costs are not known", quoted(name)));
        }
    }
    let is_priced = |breakdown: &Option<Breakdown>| {
        breakdown
            .as_ref()
            .is_some_and(|breakdown| breakdown.resources.iter().any(|resource| resource.monthly.is_some()))
    };
    let is_amount = |text: &Option<String>| {
        text.as_deref().and_then(|text| text.parse::<f64>().ok()).is_some_and(|amount| amount != 0.0)
    };
    let has_amount = [&file.total, &file.past, &file.difference].into_iter().any(is_amount);
    if !has_amount
        && !file.projects.iter().any(|project| is_priced(&project.breakdown) || is_priced(&project.diff))
    {
        reasons.push("Infracost found nothing that it can price".to_owned());
    }
    let unsupported = file.summary.as_ref().and_then(|summary| summary.unsupported).unwrap_or(0);
    if unsupported > 0 {
        let verb = if unsupported == 1 { "is" } else { "are" };
        let resources = count(unsupported, "resource");
        reasons.push(format!("{resources} {verb} not in it, for Infracost does not know the type"));
    }
    reasons
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

    fn estimate(more: &str, project: &str) -> Estimate {
        let text =
            format!(r#"{{"version":"0.2","currency":"USD","projects":[{{"name":"net",{project}}}]{more}}}"#);
        Estimate::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn what_is_not_in_it_is_said() {
        let resources = r#""breakdown":{"resources":[{"name":"a","monthlyCost":"1"}]}"#;
        let failed = estimate(
            r#","totalMonthlyCost":"0","diffTotalMonthlyCost":"-100""#,
            &format!(r#""metadata":{{"errors":[{{"code":3,"message":"planted"}}]}},{resources}"#),
        );
        assert_eq!(failed.headline(), "Partial: -100 USD a month (0 USD in all)");
        assert_eq!(failed.partial, ["The project net failed, and its costs are not known"]);
        assert!(!failed.block().contains("planted"));
        let nothing = estimate("", r#""breakdown":{"resources":[]}"#);
        assert_eq!((nothing.monthly.as_str(), nothing.partial.len()), ("0", 1));
        let unknown =
            estimate(r#","totalMonthlyCost":"1","summary":{"totalUnsupportedResources":2}"#, resources);
        assert_eq!(unknown.partial, ["2 resources are not in it, for Infracost does not know the type"]);
        let whole = estimate(r#","totalMonthlyCost":"1","diffTotalMonthlyCost":"1""#, resources);
        assert!(whole.partial.is_empty() && !whole.is_breakdown, "{whole:?}");
    }

    #[test]
    fn a_breakdown_is_no_difference() {
        let resources = r#""breakdown":{"resources":[{"name":"a","monthlyCost":"5"}]}"#;
        let command = r#","totalMonthlyCost":"5","diffTotalMonthlyCost":"5","metadata":{"infracostCommand":"breakdown"}"#;
        assert_eq!(
            estimate(command, resources).headline(),
            "5 USD a month in all (a breakdown: it does not say what the change adds)"
        );
        let compared = format!(r#"{command},"pastTotalMonthlyCost":"2""#);
        assert!(!estimate(&compared, resources).is_breakdown);
    }

    #[test]
    fn the_largest_amount_comes_first_and_any_unicode_is_read() {
        let resources: String =
            (0..12).map(|n| format!(r#"{{"name":"x{n:02}","monthlyCost":"1"}},"#)).collect();
        let text = format!(
            r#"{{"version":"0.2","totalMonthlyCost":"0","projects":[{{"breakdown":{{"resources":[{resources}{{"name":"old","monthlyCost":"-4912"}}]}}}}]}}"#
        );
        let read = Estimate::read(text.as_bytes()).unwrap();
        assert_eq!((read.resources[0].clone(), read.n_more), (("old".to_owned(), "-4912".to_owned()), 3));
        for mark in [&[][..], &[0xfeff]] {
            let units = mark.iter().copied().chain(text.encode_utf16());
            let little: Vec<u8> = units.clone().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = units.flat_map(u16::to_be_bytes).collect();
            assert_eq!(Estimate::read(&little).unwrap(), read);
            assert_eq!(Estimate::read(&big).unwrap(), read);
        }
    }

    #[test]
    fn a_budget_stays() {
        let estimate = Estimate { monthly: "408.80".into(), currency: "USD".into(), ..Estimate::default() };
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
