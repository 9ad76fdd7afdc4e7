//! The typed values of a parsed record.

use std::ops::Range;
use std::sync::Arc;

use jiff::ZonedDateTime;
use serde::Serialize;

use super::{ItemKey, RecordId, Risk, TaskKind, Verdict};
use crate::diagnostic::Diagnostic;

/// Files larger than this are not read as records, in bytes.
pub const MAX_RECORD_BYTES: usize = 4 * 1024 * 1024;

/// One file, as far as it could be understood.
#[derive(Debug, Clone)]
pub struct Record {
    /// The file's stem (not the frontmatter's `id`, which `id-mismatch` compares with it). `None` when the
    /// stem is no valid ID.
    pub id: Option<RecordId>,
    /// Relative to the book's directory, with forward slashes.
    pub path: String,
    /// The file's text as it is, line ends and BOM included; invalid UTF-8 replaced (then it is broken).
    pub source: Arc<str>,
    /// Where the frontmatter's TOML text stands (between the fences), when there are fences.
    pub frontmatter: Option<Range<usize>>,
    /// Where the body begins: after the closing fence's line; without frontmatter the start of the text.
    pub body_start: usize,
    /// Top-level keys in file order; empty when the TOML is invalid.
    pub fields: Vec<Field>,
    /// The typed frontmatter. Absent and invalid values are `None` or empty.
    pub details: Details,
    /// Level-2 headings, in order.
    pub sections: Vec<Section>,
    /// Task-list items, in order, as GFM sees them.
    pub items: Vec<Item>,
    /// Items of ordered lists, in order.
    pub steps: Vec<Step>,
    /// Links and images, in order.
    pub links: Vec<Link>,
    /// Definitions of links and footnotes in sections that are no part of the scope, which the scope's text uses: they
    /// render there, and are part of it.
    pub definitions: Vec<Range<usize>>,
    /// Everything wrong with this file by itself.
    pub diagnostics: Vec<Diagnostic>,
}

/// One top-level key of the frontmatter.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The key's first part: `plan` for `plan.production = …`.
    pub key: String,
    /// Where the key stands (its first occurrence), in the whole file.
    pub key_span: Range<usize>,
    /// Where the value stands, in the whole file.
    pub value_span: Range<usize>,
    /// The value as JSON; date-times as RFC 3339 text.
    pub value: serde_json::Value,
}

/// The typed frontmatter by type of record.
#[derive(Debug, Clone, PartialEq)]
pub enum Details {
    /// A change.
    Task(Box<Task>),
    /// A board's decision.
    Decision(Decision),
    /// A runbook.
    Runbook(Runbook),
}

/// A task's frontmatter.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Task {
    /// What the change is called.
    pub title: String,
    /// What it changes.
    pub kind: Option<TaskKind>,
    /// Who asked for it: a name of the policy's people.
    pub requestor: Option<String>,
    /// Declared categories, by the policy's names.
    pub categories: Vec<String>,
    /// Declared risk.
    pub risk: Option<Risk>,
    /// Environments it goes to.
    pub environments: Vec<String>,
    /// Expected downtime, as written (`30m`).
    pub downtime: Option<Text>,
    /// Name of a change window of the policy.
    pub window: Option<String>,
    /// When it is to be applied, with offset.
    pub scheduled: Option<ZonedDateTime>,
    /// How long it will take, as written (`3h`).
    pub duration: Option<Text>,
    /// Why it cannot wait, for an emergency.
    pub emergency: Option<String>,
    /// Tasks that must be applied before.
    pub depends: Vec<String>,
    /// Tasks that this one follows up.
    pub follows: Vec<String>,
    /// Landed commits that are its work although they do not name it: IDs, or how they begin.
    pub covers: Vec<String>,
    /// Runbooks that it needs or changes.
    pub runbooks: Vec<String>,
    /// Services that it touches.
    pub services: Vec<String>,
    /// Free labels; no part of what is approved.
    pub labels: Vec<String>,
    /// What it costs.
    pub cost: Option<Cost>,
    /// The chart's jump, for Helm.
    pub chart: Option<Chart>,
    /// Why it was given up.
    pub cancelled: Option<String>,
}

/// A duration in the words of the file, checked to be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// As written.
    pub text: String,
    /// Its length in seconds; a day is 24 hours.
    pub seconds: i64,
}

/// `cost = { monthly, currency, budget }`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cost {
    /// Per month, in `currency`, as written.
    pub monthly: Option<String>,
    /// ISO 4217 code.
    pub currency: Option<String>,
    /// Reference of the budget that carries it.
    pub budget: Option<String>,
}

/// `chart = { name, current, target }`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chart {
    /// The chart's name.
    pub name: Option<String>,
    /// Version before.
    pub current: Option<String>,
    /// Version after.
    pub target: Option<String>,
}

/// A decision's frontmatter.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decision {
    /// What the meeting is called.
    pub title: String,
    /// The tasks it decides on.
    pub changes: Vec<String>,
    /// Who asked.
    pub requestor: Option<String>,
    /// The meeting's date.
    pub meeting: Option<jiff::civil::Date>,
    /// What was decided; `None` while pending.
    pub decision: Option<Verdict>,
}

/// A runbook's frontmatter.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Runbook {
    /// What it is called.
    pub title: String,
    /// Services that it serves.
    pub services: Vec<String>,
    /// A role or person that answers for it.
    pub owner: Option<String>,
    /// Recovery time objective.
    pub rto: Option<Text>,
    /// Recovery point objective.
    pub rpo: Option<Text>,
    /// How often it must be looked at.
    pub review_every: Option<Text>,
    /// Free labels.
    pub labels: Vec<String>,
}

/// A level-2 heading and what stands under it, up to the next heading of level 1 or 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The heading's text without markup.
    pub title: String,
    /// The heading's line(s).
    pub heading: Range<usize>,
    /// What stands under it.
    pub content: Range<usize>,
}

/// A task-list item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its identity in the record.
    pub key: ItemKey,
    /// The text as shown, without markup, white space as one.
    pub text: String,
    /// Whether its box is ticked.
    pub checked: bool,
    /// Index into the record's sections; `None` before the first.
    pub section: Option<usize>,
    /// The whole list item, in bytes of the file.
    pub span: Range<usize>,
    /// The three bytes `[ ]`.
    pub mark: Range<usize>,
    /// The mark of a deployment behind its text, which is no part of it.
    pub deployed_on: Option<DeploymentMark>,
    /// Where its text ends in the file, that mark left out.
    pub text_end: usize,
}

/// `(on 4ed4da57c2b1)` or `(on 4ed4da57c2b1 2)`: of which text and evidence a deployment was one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentMark {
    /// What stands between `(on ` and `)`.
    pub text: Arc<str>,
    /// With its parentheses and the blanks before it, in bytes of the file.
    pub span: Range<usize>,
}

/// An item of an ordered list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its number, as rendered.
    pub number: u64,
    /// Index into the record's sections.
    pub section: Option<usize>,
    /// Where it stands.
    pub span: Range<usize>,
}

/// A link or image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The destination after Markdown's decoding.
    pub destination: String,
    /// Whether it is an image.
    pub image: bool,
    /// Where it stands.
    pub span: Range<usize>,
}
