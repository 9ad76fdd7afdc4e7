//! Reads the tables of the policy that say who may do what, and what that takes.

use super::decode::{Decoder, Table, place};
use super::read::required;
use super::types::*;
use super::value::{Kind, Value};
use super::values::NEVER_ALONE;
use crate::record::normalize_review;

pub(super) fn person(decoder: &mut Decoder<'_>, name: &str, value: &Value) -> Person {
    let mut table = decoder.table(value, name);
    let key = name.rsplit('.').next().unwrap_or(name);
    let robot = match table.take("kind") {
        Some(kind) => match decoder.text_value(kind, "kind").as_deref() {
            Some("robot") => true,
            Some("person") | None => false,
            Some(other) => {
                decoder.error(
                    place(kind),
                    format!("`{other}` is not a valid kind of person"),
                    Some("person or robot".to_owned()),
                );
                false
            }
        },
        None => false,
    };
    let person = Person {
        name: table.text(decoder, "name").unwrap_or_else(|| key.to_owned()),
        emails: table.texts(decoder, "emails"),
        keys: table.texts(decoder, "keys"),
        robot,
    };
    decoder.finish(&table);
    person
}

pub(super) fn members(decoder: &mut Decoder<'_>, name: &str, value: &Value) -> Members {
    match &value.kind {
        Kind::String(text) if text == "*" => Members::Anyone,
        Kind::Array(values) => {
            Members::People(values.iter().filter_map(|value| decoder.text_value(value, name)).collect())
        }
        _ => {
            decoder.error(place(value), format!("`{name}` must be `\"*\"` or an array of people"), None);
            Members::People(Vec::new())
        }
    }
}

pub(super) fn reviews(decoder: &mut Decoder<'_>, top: &mut Table<'_>) -> Vec<Review> {
    let Some(value) = top.take("reviews") else { return Vec::new() };
    let table = decoder.table(value, "reviews");
    let mut reviews = Vec::new();
    for (text, entry) in table.each() {
        let (role, via_decision) = match &entry.value.kind {
            Kind::String(role) => (Some(role.clone()), false),
            _ => {
                let mut table = decoder.table(&entry.value, &format!("reviews.{text}"));
                let role = required(decoder, &mut table, "role");
                let via = table.text(decoder, "via");
                if via.as_deref().is_some_and(|via| via != "decision") {
                    decoder.error(table.span(), "`via` can only be `\"decision\"`".to_owned(), None);
                }
                decoder.finish(&table);
                (role, via.is_some())
            }
        };
        let Some(role) = role else { continue };
        reviews.push(Review { text: text.to_owned(), key: normalize_review(text), role, via_decision });
    }
    reviews
}

pub(super) fn trust(decoder: &mut Decoder<'_>, table: &mut Table<'_>) -> TrustRules {
    let mut level = |key| {
        let Some(value) = table.take(key) else { return Trust::Committed };
        match decoder.text_value(value, key).as_deref() {
            Some("signed") => Trust::Signed,
            Some("committed") | None => Trust::Committed,
            Some(other) => {
                let help = Some("committed or signed".to_owned());
                decoder.error(place(value), format!("`{other}` is not a valid trust level"), help);
                Trust::Signed
            }
        }
    };
    let (approve, deploy, policy) = (level("approve"), level("deploy"), level("policy"));
    TrustRules { approve, deploy, policy, forges: forges(decoder, table) }
}

/// Each an address, or a table with the address and the keys that the forge signs with.
fn forges(decoder: &mut Decoder<'_>, table: &mut Table<'_>) -> Vec<Forge> {
    let Some(value) = table.take("forges") else { return Vec::new() };
    let Kind::Array(values) = &value.kind else {
        decoder.error(place(value), "`forges` must be an array of committers".to_owned(), None);
        return Vec::new();
    };
    let mut forges = Vec::new();
    for value in values {
        if let Kind::String(committer) = &value.kind {
            forges.push(Forge { committer: committer.clone(), keys: Vec::new(), pgp: Vec::new() });
            continue;
        }
        let mut forge = decoder.table(value, "forges");
        let committer = required(decoder, &mut forge, "committer");
        let (keys, pgp) = (forge.texts(decoder, "keys"), forge.texts(decoder, "pgp"));
        decoder.finish(&forge);
        forges.extend(committer.map(|committer| Forge { committer, keys, pgp }));
    }
    forges
}

pub(super) fn merge_methods(decoder: &mut Decoder<'_>, table: &mut Table<'_>) -> Vec<MergeMethod> {
    let Some(value) = table.take("merge") else { return Vec::new() };
    let one = std::slice::from_ref(value);
    let values = if let Kind::Array(values) = &value.kind { values } else { one };
    let mut methods = Vec::new();
    for value in values {
        match decoder.text_value(value, "merge").as_deref() {
            Some("merge") => methods.push(MergeMethod::Merge),
            Some("squash") => methods.push(MergeMethod::Squash),
            Some("rebase") => methods.push(MergeMethod::Rebase),
            Some("fast-forward") => methods.push(MergeMethod::FastForward),
            Some(other) => {
                let help = Some("merge, squash, rebase or fast-forward".to_owned());
                decoder.error(place(value), format!("`{other}` is not a way to merge"), help);
            }
            None => {}
        }
    }
    methods
}

/// What a policy person may change without a second one.
pub(super) fn alone(decoder: &mut Decoder<'_>, table: &mut Table<'_>) -> Vec<String> {
    let alone = table.texts(decoder, "alone");
    if let Some(name) = alone.iter().find(|name| NEVER_ALONE.contains(&name.as_str())) {
        let help = Some("a second person must agree to powers and to who has them".to_owned());
        decoder.error(table.span(), format!("`{name}` cannot be changed alone"), help);
    }
    alone
}
