//! The list of what a pull request must show: `pr` prints it ticked as far as it is known, `check` says what of it is
//! missing. One function knows.

use super::{Tools, plain, section};
use crate::diagnostic::{Code, Diagnostic};
use crate::intake::secret_scan::{LOOKED_FOR, SecretPlace, hide};
use crate::intake::terraform::{Plan, claims_nothing_existing};
use crate::policy::Policy;
use crate::record::{Record, Task, TaskKind, normalize};

/// One line of the checklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The item's text, in Markdown.
    pub text: String,
    /// Whether it is ticked.
    pub done: bool,
    /// How that is known; empty when nothing is.
    pub why: String,
}

/// A recorded plan, with the environment and stack that it is for.
#[derive(Debug, Clone)]
pub struct NamedPlan<'p> {
    /// For people.
    pub place: String,
    /// What it does.
    pub plan: &'p Plan,
}

/// What a pull request must show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Topic {
    Format,
    Validation,
    Plan,
    Manifests,
    Chart,
    Secrets,
    Cost,
    Documentation,
    Rollback,
}

/// What is known about a topic.
enum Known {
    Yes(String),
    No(String),
    Nothing,
}

impl Topic {
    /// Those of a record without a list of its own, in order: what the tools of its kind can show.
    fn usual(record: &Record) -> Vec<Topic> {
        let of_kind = match record.task().and_then(|task| task.kind) {
            Some(TaskKind::Kubernetes) => vec![Topic::Manifests, Topic::Secrets],
            Some(TaskKind::Helm) => vec![Topic::Chart, Topic::Secrets],
            Some(TaskKind::Documentation | TaskKind::General) => vec![Topic::Secrets],
            Some(TaskKind::Terraform) | None => {
                vec![Topic::Format, Topic::Validation, Topic::Plan, Topic::Secrets, Topic::Cost]
            }
        };
        of_kind.into_iter().chain([Topic::Documentation, Topic::Rollback]).collect()
    }

    fn text(self) -> &'static str {
        match self {
            Topic::Format => "`terraform fmt` applied",
            Topic::Validation => "`terraform validate` passes",
            Topic::Plan => "Plan output included",
            Topic::Manifests => "Changes of the manifests included",
            Topic::Chart => "Changelog review included",
            Topic::Secrets => "No secrets in code",
            Topic::Cost => "Cost estimate for new resources",
            Topic::Documentation => "Documentation updated",
            Topic::Rollback => "Rollback plan written",
        }
    }

    /// The topic that an item of a record's own list is about; `item` is normalised.
    fn of(item: &str) -> Option<Topic> {
        let words: [(&str, Topic); 9] = [
            ("fmt", Topic::Format),
            ("validate", Topic::Validation),
            ("plan output", Topic::Plan),
            ("changes manifests included", Topic::Manifests),
            ("changelog review included", Topic::Chart),
            ("secrets", Topic::Secrets),
            ("cost", Topic::Cost),
            ("rollback", Topic::Rollback),
            ("documentation", Topic::Documentation),
        ];
        let has = |words: &str| words.split(' ').all(|word| item.contains(word));
        words.into_iter().find(|(words, _)| has(words)).map(|(_, topic)| topic)
    }

    /// What the record and the tools tell about it.
    fn known(
        self,
        record: &Record,
        plans: &[NamedPlan<'_>],
        tools: &Tools,
        is_written: &dyn Fn(&str) -> bool,
    ) -> Known {
        match self {
            Topic::Format => {
                tools.format.as_ref().map_or(Known::Nothing, |format| match format.files.len() {
                    0 => Known::Yes("checked".to_owned()),
                    1 => Known::No("1 file is not formatted".to_owned()),
                    n => Known::No(format!("{n} files are not formatted")),
                })
            }
            Topic::Validation => {
                tools.validation.as_ref().map_or(Known::Nothing, |found| match found.valid {
                    true => Known::Yes("checked".to_owned()),
                    false => Known::No("it is not valid".to_owned()),
                })
            }
            Topic::Plan if plans.is_empty() => Known::No("none recorded".to_owned()),
            Topic::Plan => Known::Yes("recorded".to_owned()),
            Topic::Manifests if is_written("Changes") => Known::Yes("written".to_owned()),
            Topic::Chart if is_written("Changelog review") => Known::Yes("written".to_owned()),
            Topic::Manifests | Topic::Chart => Known::No("none recorded".to_owned()),
            Topic::Secrets => tools.secrets.as_deref().map_or(Known::Nothing, without_secrets),
            Topic::Cost => cost(record.task(), plans, is_written),
            Topic::Rollback if is_written("Rollback") => Known::Yes("written".to_owned()),
            Topic::Documentation if documented(record) => Known::Yes(String::new()),
            Topic::Rollback | Topic::Documentation => Known::Nothing,
        }
    }
}

impl Check {
    pub(super) fn line(&self) -> String {
        let mark = if self.done { 'x' } else { ' ' };
        let why = if self.why.is_empty() { String::new() } else { format!(" ({})", self.why) };
        format!("- [{mark}] {}{why}", self.text)
    }
}

/// The record's own checklist, else the usual one; ticked is what the record ticks or what is known otherwise.
pub(super) fn checks(
    record: &Record,
    plans: &[NamedPlan<'_>],
    tools: &Tools,
    is_written: &dyn Fn(&str) -> bool,
) -> Vec<Check> {
    let own = record.items.iter().filter(|item| {
        let section = item.section.and_then(|at| record.sections.get(at));
        section.is_some_and(|section| normalize(&section.title) == "checklist")
    });
    let own: Vec<(&str, bool)> = own.map(|item| (item.text.as_str(), item.checked)).collect();
    let usual = || Topic::usual(record).into_iter().map(|topic| (topic.text(), false)).collect();
    let items: Vec<(&str, bool)> = if own.is_empty() { usual() } else { own };
    items
        .into_iter()
        .map(|(text, ticked)| {
            let topic = Topic::of(&normalize(text));
            let known = topic.map_or(Known::Nothing, |topic| topic.known(record, plans, tools, is_written));
            let (done, why) = match known {
                Known::Yes(why) => (true, why),
                Known::No(why) => (false, why),
                Known::Nothing => (ticked, String::new()),
            };
            Check { text: hide(&plain(text)), done, why }
        })
        .collect()
}

/// What of the list the record itself shows to be missing, as warnings: for tasks that somebody works on, whose
/// kind asks for a plan. Sections and items that the policy asks for are not looked at here; what tools say has
/// places of its own ([`Tools::diagnostics`]).
pub fn missing(
    record: &Record,
    plans: &[NamedPlan<'_>],
    policy: &Policy,
    is_guidance: &dyn Fn(&str) -> bool,
) -> Vec<Diagnostic> {
    let Some(task) = record.task() else { return Vec::new() };
    if !task.kind.is_some_and(|kind| policy.kind_rule(kind).plan) {
        return Vec::new();
    }
    let id = record.id.as_ref().map_or("ID", |id| id.as_str());
    let is_written = |title: &str| section(record, title, is_guidance).is_some();
    let at = |title: &str| record.section(title).map_or(0..0, |section| section.heading.clone());
    let warn = |code, title: &str, message: &str, help: String| {
        let (path, source) = (&record.path, &record.source);
        Diagnostic::warning(code, path, source, at(title), message).with_help(help)
    };
    let is_open =
        |topic: Topic| !matches!(topic.known(record, plans, &Tools::default(), &is_written), Known::Yes(_));
    let mut found = Vec::new();
    if is_open(Topic::Plan) {
        let of_plan = |text: &str| Topic::of(&normalize(text)) == Some(Topic::Plan);
        let ticked = record.items.iter().any(|item| item.checked && of_plan(&item.text));
        let message = match ticked {
            true => "no plan is recorded, although the item for its output is ticked",
            false => "no plan is recorded, so nobody can see what this will do",
        };
        let help = format!("`terraform show -json plan.tfplan | changebook plan {id} -`");
        found.push(warn(Code::PlanMissing, "Plan", message, help));
    }
    for NamedPlan { place, plan } in plans {
        let n = plan.radius().touched.len();
        if n == 0 {
            continue;
        }
        let Some(claim) = section(record, "Blast radius", is_guidance).and_then(claims_nothing_existing)
        else {
            break;
        };
        let existing =
            if n == 1 { "1 existing resource".to_owned() } else { format!("{n} existing resources") };
        let message = format!("it says “{claim}”, but the plan for {place} touches {existing}");
        let help = format!("say which ones; `changebook show {id}` lists them");
        found.push(warn(Code::BlastRadiusContradicted, "Blast radius", &message, help));
    }
    let makes_new = plans.iter().any(|named| named.plan.summary.add > named.plan.summary.replace);
    if makes_new && is_open(Topic::Cost) {
        let message = "new resources are planned, but the record does not say what they cost";
        let help = format!(
            "write the section “Cost impact”, or run `changebook plan {id} FILE --infracost cost.json`"
        );
        found.push(warn(Code::CostMissing, "Cost impact", message, help));
    }
    found
}

/// Whether a plan is what shows this change.
pub(super) fn asks_for_plan(record: &Record) -> bool {
    Topic::usual(record).contains(&Topic::Plan)
}

fn documented(record: &Record) -> bool {
    record.items.iter().any(|item| item.checked && item.key.text.contains("documentation"))
}

fn without_secrets(found: &[SecretPlace]) -> Known {
    if found.is_empty() {
        return Known::Yes(LOOKED_FOR.to_owned());
    }
    let places: Vec<String> = found.iter().take(3).map(ToString::to_string).collect();
    let more = found.len().saturating_sub(3);
    let rest = if more == 0 { String::new() } else { format!(", and {more} more") };
    Known::No(format!("look at {}{rest}", places.join(", ")))
}

fn cost(task: Option<&Task>, plans: &[NamedPlan<'_>], is_written: &dyn Fn(&str) -> bool) -> Known {
    let Some(task) = task else { return Known::Nothing };
    let monthly = task.cost.as_ref().and_then(|cost| cost.monthly.clone());
    let currency = task.cost.as_ref().and_then(|cost| cost.currency.clone()).unwrap_or_default();
    match monthly {
        Some(monthly) => Known::Yes(format!("{monthly} {currency} a month").replace("  ", " ")),
        None if is_written("Cost impact") => Known::Yes("written".to_owned()),
        None if !plans.is_empty() && plans.iter().all(|named| named.plan.summary.add == 0) => {
            Known::Yes("no new resources".to_owned())
        }
        None => Known::Nothing,
    }
}
