//! Tasks of another tool, made into records: a CSV file with a map of its columns, or the files of Backlog.md.
//!
//! Pure: texts in, records out. What finds no place is listed in the record, or in the answer; nothing is dropped.
//! What a tick means here (an approval, a deployment) is never taken over from elsewhere: whoever commits the file
//! would own it.

mod backlog;
mod csv_file;
mod draft;
mod map;
mod text;

use std::collections::{BTreeMap, HashSet};

pub use backlog::{BacklogFile, read_backlog};
pub use csv_file::read_csv;
pub use map::{Map, READY_MAPS, ready_map};

use crate::policy::Policy;
use crate::record::{RecordId, TaskKind};
use crate::template::RecordTemplates;

/// Where a cell goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A key of the frontmatter.
    Field(Field),
    /// The text of a section.
    Section(String),
    /// Items of a checklist, one a line.
    Checklist(String),
    /// Text below a heading in Notes.
    Note(String),
}

/// A key of a task's frontmatter that can be filled from elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    /// The name of the task there.
    Id,
    /// What it is called.
    Title,
    /// The kind of task.
    Kind,
    /// Who asks: a person of the policy, by key, name or e-mail.
    Requestor,
    /// The declared risk.
    Risk,
    /// Categories of the policy.
    Categories,
    /// Environments of the policy.
    Environments,
    /// Services.
    Services,
    /// Free words.
    Labels,
    /// A window of the policy.
    Window,
    /// Why it cannot wait.
    Emergency,
    /// When it is to begin.
    Scheduled,
    /// When it is to end: gives the duration.
    Until,
    /// Tasks that come before.
    Depends,
    /// Tasks that it follows up.
    Follows,
    /// Why it was given up.
    Cancelled,
}

/// One value of a foreign task, and where it is meant to go; nowhere means into the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// What it is called there.
    pub name: String,
    /// What it says; never empty.
    pub value: String,
    /// In order; it is placed when one of them takes it.
    pub targets: Vec<Target>,
}

/// A task as another tool has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// The file, with the line where one file holds many.
    pub place: String,
    /// In the order of the file.
    pub cells: Vec<Cell>,
}

impl Foreign {
    /// The first value that is meant for a field.
    pub fn first(&self, field: Field) -> Option<&str> {
        let wanted = |cell: &&Cell| cell.targets.contains(&Target::Field(field));
        self.cells.iter().find(wanted).map(|cell| cell.value.trim())
    }
}

/// What is asked of the book.
pub struct Surroundings<'a> {
    /// The policy that gives IDs, people and meaning to items.
    pub policy: &'a Policy,
    /// What `new` fills.
    pub templates: &'a RecordTemplates,
    /// Every ID that was ever used.
    pub taken: &'a [RecordId],
    /// The texts of the records that are there, by path: what was imported before is known by its source.
    pub present: &'a BTreeMap<String, String>,
    /// Of the numbers and folders of new records.
    pub year: i16,
}

/// A record that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Its ID.
    pub id: RecordId,
    /// In the book.
    pub path: String,
    /// Its whole text.
    pub text: String,
    /// Where it comes from.
    pub place: String,
    /// Its name there, when it had one.
    pub key: Option<String>,
    /// What found no place in the record proper, by name; it stands in Notes.
    pub listed: Vec<(String, String)>,
}

/// Why a task was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It was imported before, or its ID is that of another record.
    There(String),
    /// No record can be made of it.
    Unfit(String),
}

/// A task that was not taken, with all it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Where it stands.
    pub place: String,
    /// Why.
    pub reason: Reason,
    /// Everything it says.
    pub cells: Vec<(String, String)>,
}

/// The outcome.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Import {
    /// To be written.
    pub records: Vec<Imported>,
    /// Not taken.
    pub left: Vec<Left>,
}

/// Which IDs the records get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbering {
    /// Those they had, where these fit the grammar of IDs and hold a letter and a digit; else the next free one.
    Keep,
    /// The next free ones.
    New,
}

/// Makes records of foreign tasks.
pub fn import(
    foreign: &[Foreign],
    map: &Map,
    numbering: Numbering,
    surroundings: &Surroundings<'_>,
) -> Import {
    let mut outcome = Import::default();
    let mut taken = surroundings.taken.to_vec();
    let mut accepted: Vec<(usize, Option<RecordId>)> = Vec::new();
    let mut seen = HashSet::new();
    for (position, task) in foreign.iter().enumerate() {
        match kept_id(task, map, numbering, surroundings, &mut seen) {
            Ok(id) => {
                taken.extend(id.clone());
                accepted.push((position, id));
            }
            Err(reason) => outcome.left.push(left(task, reason)),
        }
    }
    let mut numbered = Vec::new();
    for (position, id) in accepted {
        let task = &foreign[position];
        match id.map_or_else(|| next_id(task, map, surroundings, &taken), Ok) {
            Ok(id) => {
                taken.push(id.clone());
                numbered.push((task, id));
            }
            Err(reason) => outcome.left.push(left(task, reason)),
        }
    }
    let names: BTreeMap<String, RecordId> = numbered
        .iter()
        .filter_map(|(task, id)| Some((task.first(Field::Id)?.to_lowercase(), id.clone())))
        .chain(surroundings.taken.iter().map(|id| (id.folded(), id.clone())))
        .collect();
    for (task, id) in numbered {
        match draft::record(task, &id, map, &names, surroundings) {
            Ok(record) => outcome.records.push(record),
            Err(reason) => outcome.left.push(left(task, Reason::Unfit(reason))),
        }
    }
    outcome
}

fn left(task: &Foreign, reason: Reason) -> Left {
    let cells = task.cells.iter().map(|cell| (cell.name.clone(), cell.value.clone())).collect();
    Left { place: task.place.clone(), reason, cells }
}

/// The ID that a task keeps; `None` when it is to get a number.
fn kept_id(
    task: &Foreign,
    map: &Map,
    numbering: Numbering,
    surroundings: &Surroundings<'_>,
    seen: &mut HashSet<String>,
) -> Result<Option<RecordId>, Reason> {
    if task.first(Field::Title).is_none_or(str::is_empty) {
        return Err(Reason::Unfit("it has no title".to_owned()));
    }
    let Some(key) = task.first(Field::Id) else { return Ok(None) };
    if !seen.insert(key.to_lowercase()) {
        return Err(Reason::Unfit(format!(
            "the name `{}` appears twice in what is imported",
            text::shown(key)
        )));
    }
    let line = draft::source_line(map, key);
    let before = surroundings.present.iter().find(|(_, text)| text.lines().any(|known| known == line));
    if let Some((path, _)) = before {
        return Err(Reason::There(format!("it was imported before, as {path}")));
    }
    let telling = |key: &str| {
        key.bytes().any(|byte| byte.is_ascii_alphabetic()) && key.bytes().any(|byte| byte.is_ascii_digit())
    };
    // GitScrum writes `#TK-1`.
    let id = RecordId::parse(key.trim_start_matches('#'))
        .ok()
        .filter(|_| numbering == Numbering::Keep && telling(key));
    match id {
        Some(id) if surroundings.taken.iter().any(|taken| taken.folded() == id.folded()) => {
            Err(Reason::There(format!("`{id}` is taken: this history has, or had, a record with that ID")))
        }
        id => Ok(id),
    }
}

fn next_id(
    task: &Foreign,
    map: &Map,
    surroundings: &Surroundings<'_>,
    taken: &[RecordId],
) -> Result<RecordId, Reason> {
    let kind = draft::kind_of(task, map).unwrap_or(map.kind);
    let policy = surroundings.policy;
    let next = policy.ids.next(policy.ids.of_task(kind), surroundings.year, taken);
    next.ok_or_else(|| Reason::Unfit("the numbers of this pattern are used up".to_owned()))
}

impl Default for Map {
    fn default() -> Self {
        Map {
            source: "import".to_owned(),
            kind: TaskKind::General,
            timezone: None,
            delimiter: None,
            columns: Vec::new(),
            values: BTreeMap::new(),
        }
    }
}

#[cfg(test)]
mod tests;
