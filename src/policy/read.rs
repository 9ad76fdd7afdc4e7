//! Reads each table of the policy.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::IdPattern;
use super::category::{category, globs};
use super::decode::{Decoder, Table, place};
use super::evidence::{evidence_rules, scope_rules};
use super::read_power::{alone, members, merge_methods, person, reviews, trust};
use super::types::*;
use super::value::{Kind, Value};
use super::window::{check_rule, window};
use crate::record::{Risk, TaskKind, normalize};

/// Reads the whole policy; what cannot be read is noted and left at its simplest.
pub(super) fn policy(decoder: &mut Decoder<'_>, value: &Value) -> Policy {
    let mut top = decoder.table(value, "");
    let policy = Policy {
        book: top.text(decoder, "book"),
        trunk: top.text(decoder, "trunk"),
        default_risk: top
            .take("default-risk")
            .and_then(|value| decoder.risk_value(value, "default-risk"))
            .unwrap_or(Risk::Medium),
        policy_roles: top.texts(decoder, "policy-roles"),
        alone: section(decoder, &mut top, "policy", alone),
        ids: section(decoder, &mut top, "ids", ids),
        people: named(decoder, &mut top, "people", person),
        roles: named(decoder, &mut top, "roles", members),
        reviews: reviews(decoder, &mut top),
        trust: section(decoder, &mut top, "trust", trust),
        merge_methods: section(decoder, &mut top, "forge", merge_methods),
        environments: list(decoder, &mut top, "environments", environment),
        risks: risks(decoder, &mut top),
        categories: list(decoder, &mut top, "category", category),
        windows: named(decoder, &mut top, "windows", window)
            .into_iter()
            .filter_map(|(k, v)| Some((k, v?)))
            .collect(),
        freezes: list(decoder, &mut top, "freeze", freeze),
        emergency: section(decoder, &mut top, "emergency", emergency),
        cab: top.take("cab").and_then(|value| {
            let mut table = decoder.table(value, "cab");
            let cab = meetings(decoder, &mut table);
            decoder.finish(&table);
            cab
        }),
        conditions: named(decoder, &mut top, "conditions", condition)
            .into_iter()
            .filter_map(|(text, rule)| Some((normalize(&text), rule?)))
            .collect(),
        kinds: kinds(decoder, &mut top),
        done: section(decoder, &mut top, "done", done),
        paths: section(decoder, &mut top, "paths", paths),
        scope: section(decoder, &mut top, "scope", scope_rules),
        plan: section(decoder, &mut top, "plan", plan),
        evidence: section(decoder, &mut top, "evidence", evidence_rules),
        cost: section(decoder, &mut top, "cost", cost),
        audit: section(decoder, &mut top, "audit", audit),
        values: Arc::default(),
    };
    decoder.finish(&top);
    policy
}

/// A table that is always read: an absent one as if it were empty.
fn section<T>(
    decoder: &mut Decoder<'_>,
    top: &mut Table<'_>,
    name: &'static str,
    read: impl Fn(&mut Decoder<'_>, &mut Table<'_>) -> T,
) -> T {
    let empty = Value { kind: Kind::Table(BTreeMap::new()), span: 0..0, own: false };
    let value = top.take(name);
    let mut table = decoder.table(value.unwrap_or(&empty), name);
    let found = read(decoder, &mut table);
    decoder.finish(&table);
    found
}

/// A table whose keys are names.
fn named<T>(
    decoder: &mut Decoder<'_>,
    top: &mut Table<'_>,
    name: &'static str,
    read: impl Fn(&mut Decoder<'_>, &str, &Value) -> T,
) -> BTreeMap<String, T> {
    let Some(value) = top.take(name) else { return BTreeMap::new() };
    let table = decoder.table(value, name);
    let entries = table.each().into_iter();
    entries
        .map(|(key, entry)| (key.to_owned(), read(decoder, &format!("{name}.{key}"), &entry.value)))
        .collect()
}

/// An array of tables.
fn list<T>(
    decoder: &mut Decoder<'_>,
    top: &mut Table<'_>,
    name: &'static str,
    read: impl Fn(&mut Decoder<'_>, &mut Table<'_>) -> Option<T>,
) -> Vec<T> {
    let Some(value) = top.take(name) else { return Vec::new() };
    let Kind::Array(values) = &value.kind else {
        decoder.error(place(value), format!("`{name}` must be an array of tables: `[[{name}]]`"), None);
        return Vec::new();
    };
    let mut found = Vec::new();
    for value in values {
        let mut table = decoder.table(value, name);
        let Some(element) = read(decoder, &mut table) else { continue };
        decoder.finish(&table);
        found.push(element);
    }
    found
}

pub(super) fn required(
    decoder: &mut Decoder<'_>,
    table: &mut Table<'_>,
    key: &'static str,
) -> Option<String> {
    if table.take(key).is_none() {
        decoder.error(table.span(), format!("`{key}` is missing"), None);
    }
    table.text(decoder, key)
}

fn pattern(decoder: &mut Decoder<'_>, table: &mut Table<'_>, key: &'static str) -> Option<IdPattern> {
    let value = table.take(key)?;
    let text = decoder.text_value(value, key)?;
    IdPattern::parse(&text)
        .map_err(|problem| {
            decoder.error(place(value), format!("`{text}` is not a valid ID pattern"), Some(problem))
        })
        .ok()
}

fn ids(decoder: &mut Decoder<'_>, table: &mut Table<'_>) -> Ids {
    let fallback = |text| IdPattern::parse(text).expect("a constant pattern that a test covers");
    let kinds =
        TaskKind::ALL.into_iter().filter_map(|kind| Some((kind, pattern(decoder, table, kind.as_str())?)));
    let kinds = kinds.collect();
    Ids {
        task: pattern(decoder, table, "task").unwrap_or_else(|| fallback("INFRA-{n}")),
        kinds,
        decision: pattern(decoder, table, "decision").unwrap_or_else(|| fallback("CAB-{year}-{n:02}")),
        first: table.count(decoder, "first", 1).max(1),
        by_year: table.boolean(decoder, "by-year", false),
    }
}

fn environment(decoder: &mut Decoder<'_>, table: &mut Table<'_>) -> Option<Environment> {
    let name = required(decoder, table, "name")?;
    let deployed_by = match table.take("deployed-by") {
        Some(_) => table.texts(decoder, "deployed-by"),
        None => DEPLOYING_ITEMS.map(|text| text.replace(ENVIRONMENT_MARK, &name)).into(),
    };
    Some(Environment {
        name,
        deploying: deployed_by.iter().map(|text| normalize(text)).collect(),
        deployed_by,
        gated: table.boolean(decoder, "gated", false),
        deployers: table.texts(decoder, "deployers"),
    })
}

fn risks(decoder: &mut Decoder<'_>, top: &mut Table<'_>) -> BTreeMap<Risk, RiskRule> {
    section(decoder, top, "risk", |decoder, table| {
        let mut rules = BTreeMap::new();
        for risk in Risk::ALL {
            let rule = match table.take(risk.as_str()) {
                Some(value) => {
                    let mut table = decoder.table(value, &format!("risk.{}", risk.as_str()));
                    let rule = risk_rule(decoder, &mut table);
                    decoder.finish(&table);
                    rule
                }
                None => RiskRule { renew_after_rollback: true, ..RiskRule::default() },
            };
            rules.insert(risk, rule);
        }
        rules
    })
}

fn risk_rule(decoder: &mut Decoder<'_>, table: &mut Table<'_>) -> RiskRule {
    RiskRule {
        approvals: table.count(decoder, "approvals", 0),
        roles: table.texts(decoder, "roles"),
        decision: table.boolean(decoder, "decision", false),
        window: table.text(decoder, "window"),
        windows: table.texts(decoder, "windows"),
        environments: table.texts(decoder, "environments"),
        sections: table.texts(decoder, "sections"),
        items: table.texts(decoder, "items"),
        communication: table.texts(decoder, "communication"),
        communication_when: communication_when(decoder, table),
        renew_after_rollback: table.boolean(decoder, "renew-after-rollback", true),
    }
}

fn communication_when(decoder: &mut Decoder<'_>, table: &mut Table<'_>) -> Vec<CommunicationRule> {
    let Some(value) = table.take("communication-when") else { return Vec::new() };
    let items = decoder.table(value, "communication-when");
    let mut rules = Vec::new();
    for (item, entry) in items.each() {
        let mut table = decoder.table(&entry.value, item);
        let downtime = table.duration(decoder, "downtime");
        decoder.finish(&table);
        rules.extend(downtime.map(|downtime| CommunicationRule { item: item.to_owned(), downtime }));
    }
    rules
}

fn freeze(decoder: &mut Decoder<'_>, table: &mut Table<'_>) -> Option<Freeze> {
    let name = required(decoder, table, "name")?;
    let mut moment = |key| match table.take(key) {
        Some(value) => decoder.moment_value(value, key),
        None => {
            decoder.error(table.span(), format!("freeze `{name}` does not have `{key}`"), None);
            None
        }
    };
    let (from, to) = (moment("from"), moment("to"));
    if from.zip(to).is_some_and(|(from, to)| to <= from) {
        decoder.error(table.span(), format!("freeze `{name}` ends before it starts"), None);
    }
    let environments = table.texts(decoder, "environments");
    let services = table.texts(decoder, "services");
    let except = table.texts(decoder, "except");
    Some(Freeze { name, from: from?, to: to?, environments, services, except })
}

fn emergency(decoder: &mut Decoder<'_>, table: &mut Table<'_>) -> Emergency {
    Emergency {
        roles: table.texts(decoder, "roles"),
        review_within: table.duration(decoder, "review-within").unwrap_or(48 * 3600),
    }
}

fn meetings(decoder: &mut Decoder<'_>, table: &mut Table<'_>) -> Option<Meetings> {
    let (rrule, start, timezone) =
        (table.rrule(decoder, "rrule"), table.time(decoder, "start"), table.timezone(decoder, "timezone"));
    for key in ["rrule", "start", "timezone"] {
        if table.take(key).is_none() {
            decoder.error(table.span(), format!("`cab` does not have `{key}`"), None);
        }
    }
    if let Some(rule) = &rrule {
        check_rule(decoder, table, rule, None);
    }
    Some(Meetings { rrule: rrule?, start: start?, timezone: timezone? })
}

fn condition(decoder: &mut Decoder<'_>, name: &str, value: &Value) -> Option<ConditionRule> {
    Some(match decoder.text_value(value, name)?.as_str() {
        "window" => ConditionRule::Window,
        "after" => ConditionRule::After,
        role => ConditionRule::Role(role.to_owned()),
    })
}

fn kinds(decoder: &mut Decoder<'_>, top: &mut Table<'_>) -> BTreeMap<TaskKind, KindRule> {
    section(decoder, top, "kinds", |decoder, table| {
        let mut rules = BTreeMap::new();
        for kind in TaskKind::ALL {
            let by_default = kind == TaskKind::Terraform;
            let rule = match table.take(kind.as_str()) {
                Some(value) => {
                    let mut table = decoder.table(value, &format!("kinds.{}", kind.as_str()));
                    let rule = KindRule {
                        sections: table.texts(decoder, "sections"),
                        items: table.texts(decoder, "items"),
                        plan: table.boolean(decoder, "plan", by_default),
                    };
                    decoder.finish(&table);
                    rule
                }
                None => KindRule { plan: by_default, ..KindRule::default() },
            };
            rules.insert(kind, rule);
        }
        rules
    })
}

fn done(decoder: &mut Decoder<'_>, table: &mut Table<'_>) -> Done {
    Done {
        documentation: table.boolean(decoder, "documentation", false),
        runbook: table.boolean(decoder, "runbook", false),
        monitoring: table.boolean(decoder, "monitoring", false),
    }
}

fn paths(decoder: &mut Decoder<'_>, table: &mut Table<'_>) -> Paths {
    Paths { infrastructure: globs(decoder, table, "infrastructure") }
}

fn plan(decoder: &mut Decoder<'_>, table: &mut Table<'_>) -> PlanRules {
    PlanRules {
        volatile: globs(decoder, table, "volatile"),
        list_limit: usize::try_from(table.count(decoder, "list-limit", 100)).unwrap_or(usize::MAX),
    }
}

fn cost(decoder: &mut Decoder<'_>, table: &mut Table<'_>) -> CostRules {
    let asked = table.take("budget-above").is_some();
    CostRules { budget_above: asked.then(|| table.count(decoder, "budget-above", 0)) }
}

/// How much later than a deployment its commit may be made, and land: more would let it choose its window.
const MAX_LAG: i64 = 7 * 24 * 3600;

/// Whether a text is the whole name of a commit: what a branch or another revision names can be moved.
fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn audit(decoder: &mut Decoder<'_>, table: &mut Table<'_>) -> AuditRules {
    let lag = table.duration(decoder, "lag").unwrap_or(72 * 3600);
    if let Some(value) = table.take("lag").filter(|_| lag > MAX_LAG) {
        let help = Some("use at most `7d`; deployments should be recorded promptly".to_owned());
        decoder.error(place(value), "`audit.lag` is too long".to_owned(), help);
    }
    let since = table.text(decoder, "since");
    if let Some(value) = table.take("since").filter(|_| !since.as_deref().is_none_or(is_commit)) {
        let help = Some("give the full commit ID of 40 digits, as `git rev-parse` prints it".to_owned());
        decoder.error(place(value), "`audit.since` is not a full commit ID".to_owned(), help);
    }
    AuditRules {
        since,
        lag,
        unrecorded_after: table.duration(decoder, "unrecorded-after").unwrap_or(14 * 24 * 3600),
        drift: table.boolean(decoder, "drift", false),
    }
}
