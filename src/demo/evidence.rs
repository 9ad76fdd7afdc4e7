//! Evidence in the story's records, as the commands `plan`, `manifests` and `chart` write it.

use super::files;
use super::stage::{DemoError, Stage, path_of};
use crate::evidence::{Content, EvidenceFile, Rendering};
use crate::intake::helm::Evidence as Upgrade;
use crate::intake::kubernetes::{Evidence as Changes, Manifests, compare};
use crate::intake::terraform::{Plan, Rules};
use crate::policy::Policy;
use crate::record::{EvidenceKey, RecordId};

/// Paths and texts of files.
type Texts<'t> = &'t [(&'t str, &'t str)];

const PRODUCTION: &str = "production";

impl Stage {
    /// What a plan for production will do.
    pub(super) fn plan(&mut self, id: &str, json: &str) -> Result<&mut Self, DemoError> {
        let policy = policy();
        let plan = Plan::read(json.as_bytes(), Rules::of(&policy)).map_err(evidence)?;
        self.evidence(id, Content::Terraform(Box::new(plan)))
    }

    /// What a change of manifests in a folder does to production.
    pub(super) fn manifests(
        &mut self,
        id: &str,
        folder: &str,
        [old, new]: [Texts<'_>; 2],
    ) -> Result<&mut Self, DemoError> {
        let read = |texts| Manifests::read(folder, &bytes(texts)).map_err(evidence);
        let (old, new) = (read(old)?, read(new)?);
        let comparison = compare(&old, &new);
        let shown = |path: &str| format!("{folder}/{path}");
        let changes = Changes::of(&comparison, &new, comparison.affected(&shown, &shown));
        self.evidence(id, Content::Kubernetes(Box::new(changes)))
    }

    /// What another version of a chart brings.
    pub(super) fn chart(&mut self, id: &str, [old, new]: [Texts<'_>; 2]) -> Result<&mut Self, DemoError> {
        let states = [("the old chart", &*bytes(old)), ("the new chart", &*bytes(new))];
        let upgrade = Upgrade::of(states, &[]).map_err(evidence)?;
        self.evidence(id, Content::Helm(Box::new(upgrade)))
    }

    /// Writes what was found for production.
    fn evidence(&mut self, id: &str, content: Content) -> Result<&mut Self, DemoError> {
        let record = RecordId::parse(id).map_err(evidence)?;
        let file = EvidenceFile { record, key: EvidenceKey::of(PRODUCTION), content, is_edited: false };
        self.file(&file.path(), &file.text().map_err(evidence)?)?;
        let templates = self.templates();
        let list_limit = policy().plan.list_limit;
        self.edit(id, |text| {
            let is_guidance = &|text: &str| templates.is_guidance(text);
            Ok(file.put(&path_of(id), text, Rendering { gated: true, list_limit, is_guidance })?)
        })
    }
}

fn policy() -> Policy {
    Policy::parse("policy.toml", files::POLICY).0.expect("the demo's policy is valid, which a test covers")
}

fn bytes(texts: Texts<'_>) -> Vec<(String, Vec<u8>)> {
    texts.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
}

fn evidence(error: impl std::error::Error) -> DemoError {
    DemoError::Evidence { message: error.to_string() }
}
