//! Reads the categories of change and the rules that find them.

use super::decode::{Decoder, Table, place};
use super::pattern::Globs;
use super::read::required;
use super::value::{Kind, Value};
use super::{Category, FieldGlobs, HelmRule, KubernetesRule, PlanAction, PlanTrait, TerraformRule};
use crate::record::Risk;

/// What may differ between two versions of a chart besides its values.
pub(crate) const HELM_CHANGES: &[&str] = &[
    "patch",
    "minor",
    "major",
    "downgrade",
    "breaking",
    "app",
    "dependencies",
    "templates",
    "crds",
    "values-in-use",
];

/// What may be so of an object of Kubernetes.
pub(crate) const KUBERNETES_FACTS: &[&str] = &[
    "administrator",
    "everybody",
    "identity",
    "privileged",
    "host-namespace",
    "host-path",
    "capability",
    "root",
    "unprotected",
    "exposed",
    "reachable",
    "opened",
    "snippet",
    "blocking",
    "version-gone",
    "immutable",
];

/// One `[[category]]`.
pub(super) fn category(decoder: &mut Decoder<'_>, table: &mut Table<'_>) -> Option<Category> {
    let name = required(decoder, table, "name")?;
    let value = table.take("risk");
    if value.is_none() {
        decoder.error(table.span(), format!("category `{name}` has no `risk`"), None);
    }
    let risk = value.and_then(|value| decoder.risk_value(value, "risk")).unwrap_or(Risk::High);
    let terraform = match table.take("terraform") {
        None => Vec::new(),
        Some(value) => match &value.kind {
            Kind::Array(rules) => rules.iter().map(|value| terraform_rule(decoder, value)).collect(),
            _ => vec![terraform_rule(decoder, value)],
        },
    };
    let kubernetes = match table.take("kubernetes") {
        None => Vec::new(),
        Some(value) => match &value.kind {
            Kind::Array(rules) => rules.iter().map(|value| kubernetes_rule(decoder, value)).collect(),
            _ => vec![kubernetes_rule(decoder, value)],
        },
    };
    let helm = table.take("helm").map(|value| {
        let mut rule = decoder.table(value, "helm");
        let found = HelmRule {
            values: globs(decoder, &mut rule, "values"),
            changes: rule.words(decoder, "changes", HELM_CHANGES),
        };
        decoder.finish(&rule);
        found
    });
    Some(Category { name, risk, terraform, kubernetes, helm })
}

fn kubernetes_rule(decoder: &mut Decoder<'_>, value: &Value) -> KubernetesRule {
    let mut rule = decoder.table(value, "kubernetes");
    let found = KubernetesRule {
        kinds: globs(decoder, &mut rule, "kinds"),
        except: globs(decoder, &mut rule, "except"),
        actions: rule.words(decoder, "actions", &["create", "update", "delete"]),
        fields: globs(decoder, &mut rule, "fields"),
        labels: globs(decoder, &mut rule, "labels"),
        facts: rule.words(decoder, "facts", KUBERNETES_FACTS),
        shrinks: globs(decoder, &mut rule, "shrinks"),
        stops: globs(decoder, &mut rule, "stops"),
    };
    decoder.finish(&rule);
    found
}

fn terraform_rule(decoder: &mut Decoder<'_>, value: &Value) -> TerraformRule {
    let mut rule = decoder.table(value, "terraform");
    let found = TerraformRule {
        types: globs(decoder, &mut rule, "types"),
        except: globs(decoder, &mut rule, "except"),
        actions: known_words(
            decoder,
            &mut rule,
            "actions",
            "not a known action",
            PlanAction::parse,
            &PlanAction::ALL.map(PlanAction::as_str),
        ),
        attributes: globs(decoder, &mut rule, "attributes"),
        only: globs(decoder, &mut rule, "only"),
        grows: globs(decoder, &mut rule, "grows"),
        unless: globs(decoder, &mut rule, "unless"),
        shrinks: globs(decoder, &mut rule, "shrinks"),
        becomes: becomes(decoder, &mut rule),
        shows: known_words(
            decoder,
            &mut rule,
            "shows",
            "not a known fact",
            PlanTrait::parse,
            &PlanTrait::ALL.map(PlanTrait::as_str),
        ),
        sensitive: rule.boolean(decoder, "sensitive", false),
        into: rule.texts(decoder, "into"),
        opens: ports(decoder, &mut rule, "opens"),
        grants: rule.texts(decoder, "grants"),
    };
    decoder.finish(&rule);
    found
}

/// Words of a vocabulary; another one is an error at its place.
fn known_words<T>(
    decoder: &mut Decoder<'_>,
    rule: &mut Table<'_>,
    key: &'static str,
    what: &str,
    parse: fn(&str) -> Option<T>,
    all: &[&str],
) -> Vec<T> {
    let words = rule.texts(decoder, key);
    let value = rule.take(key);
    let mut known = Vec::new();
    for (position, word) in words.into_iter().enumerate() {
        match parse(&word) {
            Some(parsed) => known.push(parsed),
            None => {
                let span = value.map_or(0..0, |value| element(value, position));
                decoder.error(
                    span,
                    format!("`{word}` is {what}"),
                    Some(format!("one of {}", all.join(", "))),
                );
            }
        }
    }
    known
}

/// Values, each with the places that come to have it: `{ false = ["deletion_protection"] }`.
fn becomes(decoder: &mut Decoder<'_>, rule: &mut Table<'_>) -> Vec<(String, FieldGlobs)> {
    let Some(value) = rule.take("becomes") else { return Vec::new() };
    let table = decoder.table(value, "becomes");
    let mut known = Vec::new();
    for (text, entry) in table.each() {
        let Kind::Array(places) = &entry.value.kind else {
            decoder.error(place(&entry.value), format!("`becomes.{text}` must be an array of places"), None);
            continue;
        };
        let texts = places.iter().filter_map(|place| decoder.text_value(place, "becomes")).collect();
        known.push((text.to_owned(), compiled(decoder, texts, &entry.value)));
    }
    known
}

fn ports(decoder: &mut Decoder<'_>, rule: &mut Table<'_>, key: &'static str) -> Vec<u16> {
    let Some(value) = rule.take(key) else { return Vec::new() };
    let Kind::Array(elements) = &value.kind else {
        decoder.error(place(value), format!("`{key}` must be an array of ports"), None);
        return Vec::new();
    };
    let port = |element: &Value| match element.kind {
        Kind::Integer(number) => u16::try_from(number).ok(),
        _ => None,
    };
    let mut known = Vec::new();
    for element in elements {
        match port(element) {
            Some(port) => known.push(port),
            None => {
                decoder.error(place(element), format!("`{key}` contains something that is not a port"), None)
            }
        }
    }
    known
}

/// Globs of a kind; a bad one is an error at its place, and none at all.
pub(super) fn globs<G: Globs>(decoder: &mut Decoder<'_>, table: &mut Table<'_>, key: &'static str) -> G {
    let patterns = table.texts(decoder, key);
    match table.take(key) {
        Some(value) => compiled(decoder, patterns, value),
        None => G::default(),
    }
}

fn compiled<G: Globs>(decoder: &mut Decoder<'_>, patterns: Vec<String>, value: &Value) -> G {
    decoder.compiled.get(patterns.clone()).unwrap_or_else(|(position, problem)| {
        let pattern = patterns.get(position).cloned().unwrap_or_default();
        decoder.error(element(value, position), format!("`{pattern}` is not a valid glob: {problem}"), None);
        G::default()
    })
}

/// The place of an element of an array, or of what stands in an array's place.
fn element(value: &Value, position: usize) -> std::ops::Range<usize> {
    match &value.kind {
        Kind::Array(elements) => elements.get(position).map_or_else(|| place(value), place),
        _ => place(value),
    }
}
