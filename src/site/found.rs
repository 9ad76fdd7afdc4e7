//! What tools found for a task, on its page.

use serde::Serialize;

use super::text::capitalized;
use crate::ledger::{HeldEvidence, RecordState};

/// Evidence of any kind.
#[derive(Debug, Serialize)]
pub(super) struct FoundView {
    /// `Plan`, `Manifests` or `Chart`.
    pub(super) noun: String,
    /// The environment, and the stack in it.
    pub(super) place: String,
    pub(super) line: String,
    pub(super) digest: String,
    /// How far it reaches, where that can be told.
    pub(super) touches: Option<usize>,
    pub(super) reaches: Option<usize>,
    /// Why it cannot be read.
    pub(super) broken: Option<String>,
}

/// What tools found for it.
pub(super) fn found(state: &RecordState) -> Vec<FoundView> {
    state.found.iter().map(found_view).collect()
}

fn found_view(held: &HeldEvidence) -> FoundView {
    let file = match &held.file {
        Ok(file) => file,
        Err(error) => {
            return FoundView {
                noun: "Evidence".to_owned(),
                place: held.path.clone(),
                line: String::new(),
                digest: String::new(),
                touches: None,
                reaches: None,
                broken: Some(error.to_string()),
            };
        }
    };
    let radius = file.content.plan().map(|plan| plan.radius());
    let noun = file.content.noun();
    FoundView {
        noun: capitalized(noun),
        place: file.key.words(),
        line: file.content.headline(),
        digest: file.content.digest().to_owned(),
        touches: radius.as_ref().map(|radius| radius.touched.len()),
        reaches: radius.filter(|radius| radius.sees_references).map(|radius| radius.reached.len()),
        broken: file.edited(),
    }
}
