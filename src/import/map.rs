//! The small file that says which column goes where.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Field, Target};
use crate::record::TaskKind;

/// Maps that come with the program, by name.
pub const READY_MAPS: [(&str, &str); 3] = [
    ("gitscrum", include_str!("../../templates/import/gitscrum.toml")),
    ("jira", include_str!("../../templates/import/jira.toml")),
    ("servicenow", include_str!("../../templates/import/servicenow.toml")),
];

/// The text of a map that comes with the program.
pub fn ready_map(name: &str) -> Option<&'static str> {
    READY_MAPS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// Which column goes where.
#[derive(Debug, Clone)]
pub struct Map {
    /// What the tool is called; stands in every record beside the task's name there.
    pub source: String,
    /// The kind of a task that says none.
    pub kind: TaskKind,
    /// Of times without an offset.
    pub timezone: Option<jiff::tz::TimeZone>,
    /// Between cells; without it, what the first line holds most of.
    pub delimiter: Option<u8>,
    /// Column and where it goes, in the order in which targets are tried.
    pub columns: Vec<(String, Target)>,
    /// What words of a column mean here; where a field has such a table, no other word is taken.
    pub values: BTreeMap<Field, BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Raw {
    source: String,
    kind: Option<String>,
    timezone: Option<String>,
    delimiter: Option<String>,
    #[serde(default)]
    columns: BTreeMap<Field, Names>,
    #[serde(default)]
    sections: BTreeMap<String, Names>,
    #[serde(default)]
    checklists: BTreeMap<String, Names>,
    #[serde(default)]
    values: BTreeMap<Field, BTreeMap<String, String>>,
}

/// One column or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Names {
    One(String),
    Several(Vec<String>),
}

impl Names {
    fn list(self) -> Vec<String> {
        match self {
            Names::One(name) => vec![name],
            Names::Several(names) => names,
        }
    }
}

impl Map {
    /// Reads a map.
    ///
    /// # Errors
    /// What is wrong, with line and column, as a message.
    pub fn parse(text: &str) -> Result<Map, String> {
        let raw: Raw = toml::from_str(text).map_err(|error| error.to_string().trim().to_owned())?;
        let kind = match &raw.kind {
            None => TaskKind::General,
            Some(word) => TaskKind::parse(word).ok_or_else(|| {
                format!(
                    "kind = \"{word}\": expected one of {}",
                    TaskKind::ALL.map(TaskKind::as_str).join(", ")
                )
            })?,
        };
        let timezone = raw.timezone.as_deref().map(|name| {
            jiff::tz::TimeZone::get(name).map_err(|_| format!("timezone = \"{name}\": expected an IANA name"))
        });
        let delimiter = raw.delimiter.as_deref().map(|text| match text.as_bytes() {
            [byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() && *byte != b'"' => Ok(*byte),
            _ => Err(format!("delimiter = \"{text}\": expected one ASCII character")),
        });
        let fields = raw.columns.into_iter().map(|(field, names)| (Target::Field(field), names));
        let sections = raw.sections.into_iter().map(|(title, names)| (Target::Section(title), names));
        let checklists = raw.checklists.into_iter().map(|(title, names)| (Target::Checklist(title), names));
        let columns: Vec<(String, Target)> = fields
            .chain(sections)
            .chain(checklists)
            .flat_map(|(target, names)| names.list().into_iter().map(move |name| (name, target.clone())))
            .collect();
        if !columns.iter().any(|(_, target)| *target == Target::Field(Field::Title)) {
            return Err("[columns] has no `title`: expected the column that contains it".to_owned());
        }
        let values = raw.values.into_iter().map(|(field, words)| {
            (field, words.into_iter().map(|(word, meaning)| (word.to_lowercase(), meaning)).collect())
        });
        Ok(Map {
            source: raw.source.split_whitespace().collect::<Vec<_>>().join(" "),
            kind,
            timezone: timezone.transpose()?,
            delimiter: delimiter.transpose()?,
            columns,
            values: values.collect(),
        })
    }

    /// Where a column goes.
    pub(super) fn targets(&self, column: &str) -> Vec<Target> {
        let same = |name: &str| name.trim().eq_ignore_ascii_case(column.trim());
        self.columns.iter().filter(|(name, _)| same(name)).map(|(_, target)| target.clone()).collect()
    }

    /// The columns that hold the title.
    pub(super) fn title_columns(&self) -> Vec<&str> {
        let is_title = |target: &Target| *target == Target::Field(Field::Title);
        self.columns.iter().filter(|(_, target)| is_title(target)).map(|(name, _)| name.as_str()).collect()
    }

    /// What a word of a column means for a field; `None` when the map knows words and this is none of them.
    pub(super) fn meaning(&self, field: Field, word: &str) -> Option<String> {
        match self.values.get(&field) {
            None => Some(word.to_owned()),
            Some(words) => words.get(&word.to_lowercase()).cloned(),
        }
    }
}
