//! Reads the categories of change and the rules that find them.

use super::decode::{Decoder, Table, place};
use super::read::required;
use super::types::*;
use super::value::{Kind, Value};
use super::{FieldGlobs, NameGlobs};
use crate::record::Risk;

/// What may differ between two versions of a chart besides its values.
const HELM_CHANGES: &[&str] =
    &["patch", "minor", "major", "downgrade", "app", "dependencies", "templates", "crds", "values-in-use"];

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
    let kubernetes = table.take("kubernetes").map(|value| {
        let mut rule = decoder.table(value, "kubernetes");
        let found = KubernetesRule {
            kinds: globs(decoder, &mut rule, "kinds", NameGlobs::parse),
            actions: rule.words(decoder, "actions", &["create", "update", "delete"]),
            fields: globs(decoder, &mut rule, "fields", FieldGlobs::parse),
        };
        decoder.finish(&rule);
        found
    });
    let helm = table.take("helm").map(|value| {
        let mut rule = decoder.table(value, "helm");
        let found = HelmRule {
            values: globs(decoder, &mut rule, "values", FieldGlobs::parse),
            changes: rule.words(decoder, "changes", HELM_CHANGES),
        };
        decoder.finish(&rule);
        found
    });
    Some(Category { name, risk, terraform, kubernetes, helm })
}

fn terraform_rule(decoder: &mut Decoder<'_>, value: &Value) -> TerraformRule {
    let mut rule = decoder.table(value, "terraform");
    let found = TerraformRule {
        types: globs(decoder, &mut rule, "types", NameGlobs::parse),
        except: globs(decoder, &mut rule, "except", NameGlobs::parse),
        actions: actions(decoder, &mut rule),
        attributes: globs(decoder, &mut rule, "attributes", FieldGlobs::parse),
        only: globs(decoder, &mut rule, "only", FieldGlobs::parse),
        grows: globs(decoder, &mut rule, "grows", FieldGlobs::parse),
        sensitive: rule.boolean(decoder, "sensitive", false),
    };
    decoder.finish(&rule);
    found
}

fn actions(decoder: &mut Decoder<'_>, rule: &mut Table<'_>) -> Vec<PlanAction> {
    let words = rule.texts(decoder, "actions");
    let span = rule.take("actions").map_or(0..0, place);
    let mut known = Vec::new();
    for word in words {
        match PlanAction::parse(&word) {
            Some(action) => known.push(action),
            None => {
                let help = PlanAction::ALL.map(PlanAction::as_str).join(", ");
                decoder.error(span.clone(), format!("`{word}` is no action"), Some(format!("one of {help}")));
            }
        }
    }
    known
}

/// Globs of a kind; a bad one is an error, and none at all.
pub(super) fn globs<G: Default>(
    decoder: &mut Decoder<'_>,
    table: &mut Table<'_>,
    key: &'static str,
    parse: impl Fn(&[String]) -> Result<G, (usize, String)>,
) -> G {
    let patterns = table.texts(decoder, key);
    let span = table.take(key).map_or(0..0, place);
    parse(&patterns).unwrap_or_else(|(position, problem)| {
        let pattern = patterns.get(position).cloned().unwrap_or_default();
        decoder.error(span, format!("`{pattern}` is no glob: {problem}"), None);
        G::default()
    })
}
