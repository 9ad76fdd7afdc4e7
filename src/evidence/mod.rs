//! What tools found for a task: one file for each environment and stack, `evidence/ID/ENVIRONMENT[.STACK].json`.
//!
//! A file holds what was found and no verdict: level, categories and reasons are computed from it by the policy's rules each
//! time they are asked for. It is written and read by one type, and the record's text holds what people read of it, rendered
//! from the file.

mod content;
mod section;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::intake::{Found, helm, kubernetes, terraform};
use crate::policy::Policy;
use crate::record::{Digested, EvidenceKey, RecordId, evidence_path, sha256_digest};

pub use content::Content;
pub use section::{Rendering, unfounded};

/// Form and version of a file; what does not begin with it is not read.
pub const SCHEMA: &str = "changebook.evidence/1";
/// Largest file that is read, in bytes.
pub const MAX_EVIDENCE_BYTES: usize = 16 * 1024 * 1024;

/// What a tool found for a task in an environment.
#[derive(Debug, Clone, PartialEq)]
pub struct EvidenceFile {
    /// The task.
    pub record: RecordId,
    /// What it is for.
    pub key: EvidenceKey,
    /// What was found.
    pub content: Content,
    /// Whether it does not hold what was written: its checksum does not fit. What it says can be shown and is not believed.
    pub is_edited: bool,
}

/// What is wrong with a file of evidence. It never holds a value of the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// Larger than is read.
    #[error("it has {0} bytes; evidence may have at most 16 MiB")]
    TooLarge(usize),
    /// A link or a submodule.
    #[error("it is not a regular file")]
    NotRegular,
    /// No JSON, or not what its schema says.
    #[error("line {line}, column {column}: it does not match `changebook schema evidence`")]
    Malformed {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// Another form, or another version of it.
    #[error("its `schema` is not `{SCHEMA}`")]
    OtherSchema,
    /// Nothing was found by any tool, or several say what they found.
    #[error("it must contain the findings of one tool: `terraform`, `kubernetes` or `helm`")]
    NotOne,
    /// It stands under the name of another task, environment or stack, or under none.
    #[error("its path does not match its content, expected `evidence/ID/ENVIRONMENT[.STACK].json`")]
    Misplaced,
}

/// A file as it is written.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Evidence of a task")]
struct Wire {
    /// Form and version.
    schema: String,
    /// The task's ID.
    record: String,
    /// The environment, by the policy's name.
    environment: String,
    /// The stack, where a change has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stack: Option<String>,
    /// SHA-256 of everything else, so that an edit by hand is told.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    checksum: String,
    /// What a plan of Terraform or OpenTofu does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    terraform: Option<terraform::Plan>,
    /// What differs between two states of manifests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kubernetes: Option<kubernetes::Evidence>,
    /// What differs between two versions of a chart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    helm: Option<helm::Evidence>,
}

impl Wire {
    /// The hash of everything but itself.
    fn sum(&mut self) -> Result<String, serde_json::Error> {
        let said = std::mem::take(&mut self.checksum);
        let text = serde_json::to_string(self);
        self.checksum = said;
        Ok(sha256_digest(&Sha256::digest(text?.as_bytes())))
    }
}

impl EvidenceFile {
    /// Reads a file.
    ///
    /// # Errors
    /// [`EvidenceError`]: what is wrong with it.
    pub fn read(bytes: &[u8]) -> Result<Self, EvidenceError> {
        if bytes.len() > MAX_EVIDENCE_BYTES {
            return Err(EvidenceError::TooLarge(bytes.len()));
        }
        let malformed = |error: &serde_json::Error| EvidenceError::Malformed {
            line: error.line().max(1),
            column: error.column().max(1),
        };
        let mut wire: Wire = serde_json::from_slice(bytes).map_err(|error| malformed(&error))?;
        if wire.schema != SCHEMA {
            return Err(EvidenceError::OtherSchema);
        }
        let holds_together = wire.terraform.as_ref().is_none_or(terraform::Plan::holds_together);
        let is_edited = !holds_together || wire.sum().map_err(|error| malformed(&error))? != wire.checksum;
        let content = match (wire.terraform, wire.kubernetes, wire.helm) {
            (Some(plan), None, None) => Content::Terraform(Box::new(plan)),
            (None, Some(manifests), None) => Content::Kubernetes(Box::new(manifests)),
            (None, None, Some(chart)) => Content::Helm(Box::new(chart)),
            _ => return Err(EvidenceError::NotOne),
        };
        let record = RecordId::parse(&wire.record).map_err(|_| EvidenceError::Misplaced)?;
        let key = EvidenceKey { environment: wire.environment, stack: wire.stack };
        Ok(EvidenceFile { record, key, content, is_edited })
    }

    /// The file's bytes as text, which [`read`](Self::read) gives back.
    ///
    /// # Errors
    /// When what was found cannot be written as JSON.
    pub fn text(&self) -> Result<String, serde_json::Error> {
        let mut wire = Wire {
            schema: SCHEMA.to_owned(),
            record: self.record.to_string(),
            environment: self.key.environment.clone(),
            stack: self.key.stack.clone(),
            checksum: String::new(),
            terraform: None,
            kubernetes: None,
            helm: None,
        };
        match &self.content {
            Content::Terraform(plan) => wire.terraform = Some(plan.as_ref().clone()),
            Content::Kubernetes(manifests) => wire.kubernetes = Some(manifests.as_ref().clone()),
            Content::Helm(chart) => wire.helm = Some(chart.as_ref().clone()),
        }
        wire.checksum = wire.sum()?;
        Ok(format!("{}\n", serde_json::to_string_pretty(&wire)?))
    }

    /// Where it stands in the book.
    pub fn path(&self) -> String {
        self.key.path(&self.record)
    }

    /// Whether it stands where it says that it does.
    pub fn is_at(&self, path: &str) -> bool {
        evidence_path(path).is_some_and(|(record, key)| record == self.record && key == self.key)
    }

    /// What it is for, with its digest.
    pub fn digested(&self) -> Digested {
        Digested { key: self.key.clone(), digest: self.content.digest().to_owned() }
    }

    /// What it comes to by a policy.
    pub fn found(&self, policy: &Policy) -> Found {
        self.content.found(policy)
    }

    /// `plan for production: Plan: 15 to add, 3 to change, 3 to destroy. It touches 4 existing and reaches 11 more.`
    pub fn line(&self) -> String {
        let line = format!("{}: {}", self.words(), self.content.headline());
        match self.content.plan().map(|plan| plan.radius()) {
            Some(radius) if radius.sees_references => format!(
                "{line} It touches {} existing and reaches {} more.",
                radius.touched.len(),
                radius.reached.len()
            ),
            _ => line,
        }
    }

    /// What is wrong with what it holds, in words; `None` where it holds what was written.
    pub fn edited(&self) -> Option<String> {
        let why = "was edited by hand: its checksum does not match";
        self.is_edited.then(|| format!("{} {why}", self.path()))
    }

    /// `plan for production, stack network`: what it is, for people.
    pub fn words(&self) -> String {
        format!("{} for {}", self.content.noun(), self.key.words())
    }
}

/// The path and the text of a file of evidence when its record gets another ID.
///
/// # Errors
/// Why it cannot follow, in words: what was edited by hand is not written again as if a tool had.
pub fn renumbered(path: &str, bytes: &[u8], new: &RecordId) -> Result<(String, String), String> {
    let file = EvidenceFile::read(bytes).map_err(|error| format!("{path}: {error}"))?;
    if let Some(edited) = file.edited() {
        return Err(edited);
    }
    let file = EvidenceFile { record: new.clone(), ..file };
    let text = file.text().map_err(|error| format!("{path}: {error}"))?;
    Ok((file.path(), text))
}

/// The schema of a file, as JSON Schema.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Wire).to_value()
}
