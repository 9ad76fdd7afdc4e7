//! Record templates: what `new` writes, and which words of it count as not yet filled in.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use serde::Serialize;

use crate::policy::{self, Policy};
use crate::record::{TaskKind, normalize};

/// The built-in templates, by name.
const BUILTIN: [(&str, &str); 7] = [
    ("terraform.md", include_str!("../../templates/records/terraform.md")),
    ("kubernetes.md", include_str!("../../templates/records/kubernetes.md")),
    ("helm.md", include_str!("../../templates/records/helm.md")),
    ("documentation.md", include_str!("../../templates/records/documentation.md")),
    ("general.md", include_str!("../../templates/records/general.md")),
    ("decision.md", include_str!("../../templates/records/decision.md")),
    ("runbook.md", include_str!("../../templates/records/runbook.md")),
];

/// Parts that the templates of tasks share.
const PARTS: (&str, &str) = ("parts", include_str!("../../templates/records/parts"));

/// What a template is filled with. Every text is put in once and never read as a template itself.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewRecord {
    /// The ID.
    pub id: String,
    /// The title, as given.
    pub title: String,
    /// Who asks, by the policy's name.
    pub requestor: Option<String>,
    /// `low`, `medium` or `high`.
    pub risk: Option<String>,
    /// Declared categories.
    pub categories: Vec<String>,
    /// Environments, in the policy's order.
    pub environments: Vec<String>,
    /// Their items: of those through which a change travels first, and of those from the first gated one on.
    pub before: Vec<Deployment>,
    /// See `before`.
    pub after: Vec<Deployment>,
    /// Services it touches.
    pub services: Vec<String>,
    /// Why it cannot wait.
    pub emergency: Option<String>,
    /// Tasks that it follows up.
    pub follows: Vec<String>,
    /// Tasks that a decision is about.
    pub changes: Vec<String>,
    /// Date of the meeting, `2024-05-16`.
    pub meeting: Option<String>,
    /// Name of a window.
    pub window: Option<String>,
    /// Chart name, version now and version to be.
    pub chart: Option<(String, String, String)>,
}

/// An environment with the item that deploys it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deployment {
    /// The environment's name.
    pub environment: String,
    /// The item's text.
    pub item: String,
}

impl NewRecord {
    /// Takes the environments of a policy, with the items of a kind of task.
    pub fn with_environments(mut self, policy: &Policy, kind: TaskKind) -> Self {
        let all = &policy.environments;
        self.environments = all.iter().map(|environment| environment.name.clone()).collect();
        let gated = all.iter().position(|environment| environment.gated);
        let split = gated.unwrap_or_else(|| all.len().saturating_sub(1));
        let items = |environments: &[policy::Environment]| {
            let item = |environment: &policy::Environment| {
                let item = policy.deployment_item(kind, environment)?;
                Some(Deployment { environment: environment.name.clone(), item })
            };
            environments.iter().filter_map(item).collect()
        };
        (self.before, self.after) = (items(&all[..split]), items(&all[split..]));
        self
    }
}

/// Why a record cannot be made from a template.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// No template of that name.
    #[error("there is no template `{name}`; available: {}", known.join(", "))]
    Unknown {
        /// As asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The template is wrong.
    #[error("templates/records/{name}:{line}: {message}")]
    Invalid {
        /// Its file.
        name: String,
        /// 1-based.
        line: usize,
        /// What is wrong.
        message: String,
    },
}

/// The record templates of a book: its own over the built-in ones.
#[derive(PartialEq, Eq)]
pub struct RecordTemplates {
    texts: BTreeMap<String, String>,
    guidance: BTreeSet<String>,
}

impl RecordTemplates {
    /// Lays the book's own templates (by file name, `terraform.md`) over the built-in ones.
    pub fn new(own: BTreeMap<String, String>) -> Self {
        let mut texts: BTreeMap<String, String> =
            BUILTIN.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        texts.insert(PARTS.0.to_owned(), PARTS.1.to_owned());
        texts.extend(own);
        let builtin = BUILTIN.iter().map(|(_, text)| *text).chain([PARTS.1]);
        let guidance = builtin
            .chain(texts.values().map(String::as_str))
            .flat_map(str::lines)
            .filter_map(guidance)
            .collect();
        RecordTemplates { texts, guidance }
    }

    /// Whether a section's text is empty or only the template's words.
    pub fn is_guidance(&self, text: &str) -> bool {
        text.lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .all(|line| guidance(line).is_some_and(|line| self.guidance.contains(&line)))
    }

    /// Fills a template (`terraform`, `decision`, …).
    ///
    /// # Errors
    /// [`TemplateError`], with the template's line.
    pub fn render(&self, name: &str, record: &NewRecord) -> Result<String, TemplateError> {
        let file = format!("{name}.md");
        if !self.texts.contains_key(&file) {
            let known =
                self.texts.keys().filter_map(|name| name.strip_suffix(".md")).map(str::to_owned).collect();
            return Err(TemplateError::Unknown { name: name.to_owned(), known });
        }
        let invalid = |error: minijinja::Error| TemplateError::Invalid {
            name: error.name().unwrap_or(&file).to_owned(),
            line: error.line().unwrap_or(0),
            message: error.to_string(),
        };
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let syntax = SyntaxConfig::builder().trim_blocks(true).keep_trailing_newline(true).build();
        environment.set_syntax(syntax.map_err(invalid)?);
        environment.add_filter("toml", toml_literal);
        for (name, text) in &self.texts {
            environment.add_template(name, text).map_err(invalid)?;
        }
        environment
            .get_template(&file)
            .and_then(|template| template.render(Value::from(Serde(record))))
            .map_err(invalid)
    }
}

/// A line of guidance stands in emphasis by itself; headings are the template's words too, whatever their level.
fn guidance(line: &str) -> Option<String> {
    let line = line.trim();
    if line.starts_with('#') {
        return Some(normalize(&format!("# {}", line.trim_start_matches('#'))));
    }
    (line.len() > 2 && line.starts_with('_') && line.ends_with('_')).then(|| normalize(line))
}

/// A value as TOML: strings quoted and escaped, lists of them in brackets.
fn toml_literal(value: Value) -> Result<String, minijinja::Error> {
    let invalid = |error: String| minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, error);
    let json = serde_json::to_value(&value).map_err(|error| invalid(error.to_string()))?;
    let value = toml::Value::try_from(&json).map_err(|error| invalid(error.to_string()))?;
    Ok(value.to_string())
}

#[cfg(test)]
mod tests;
