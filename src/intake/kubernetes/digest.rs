//! The digest of a state, for approvals to be bound to.

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use super::super::secret::HIDDEN;
use super::super::tree::{Path, Value};
use super::compare::Comparison;
use super::meaning::Same;
use super::object::{Manifests, ObjectId};
use super::quantity::{amount, is_quantity};
use super::sentence::hides;
use crate::record::sha256_digest;

/// SHA-256 of the new state as canonical JSON (RFC 8785), as `sha256:…`. No value that is hidden is in it,
/// for what is short could be guessed from a hash: only which of them change.
pub fn digest(new: &Manifests, comparison: &Comparison) -> String {
    let objects: Vec<Json> = new
        .objects
        .iter()
        .map(|(id, object)| {
            let same = Same::of(&id.group, [false; 2]);
            let said = |(path, value): &(Path, &Value)| !same.holds(path, None, Some(value));
            let leaves = object.value.leaves().into_iter().filter(said).map(|(path, value)| {
                let hidden = hides(&comparison.secrets, &id.kind, &path, value);
                // One amount has one digest, however it is written.
                let amount = amount(value).filter(|_| is_quantity(&path));
                json!([
                    path.to_string(),
                    match amount {
                        _ if hidden => HIDDEN.into(),
                        Some(amount) => amount.into(),
                        None => value.to_json(),
                    }
                ])
            });
            json!([identity(id), leaves.collect::<Vec<_>>()])
        })
        .collect();
    let changed: Vec<Json> = comparison
        .changes
        .iter()
        .flat_map(|change| change.fields.iter().map(move |field| (change, field)))
        .filter(|(change, field)| {
            let values = [&field.old, &field.new].into_iter().flatten();
            values.flat_map(Value::leaves).any(|(leaf, value)| {
                hides(&comparison.secrets, &change.id.kind, &field.path.join(&leaf), value)
            })
        })
        .map(|(change, field)| json!([identity(&change.id), field.path.to_string()]))
        .collect();
    let text = serde_json_canonicalizer::to_string(&json!({ "objects": objects, "secrets": changed }))
        .expect("plain JSON can be written");
    sha256_digest(&Sha256::digest(text.as_bytes()))
}

fn identity(id: &ObjectId) -> Json {
    json!([id.group, id.kind, id.namespace, id.name, id.file])
}
