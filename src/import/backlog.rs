//! The files of Backlog.md: YAML frontmatter between `---` lines, then sections between comments.

use super::text::section_parts;
use super::{Cell, Field, Foreign, Left, Reason, Target};
use crate::intake::yaml::documents;

/// A file below a `backlog` folder.
#[derive(Debug, Clone)]
pub struct BacklogFile {
    /// Where it is, for messages.
    pub path: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// Reads tasks; what is no task, or cannot be read, is the second list.
pub fn read_backlog(files: &[BacklogFile]) -> (Vec<Foreign>, Vec<Left>) {
    let (mut tasks, mut left) = (Vec::new(), Vec::new());
    for file in files {
        match read_file(file) {
            Ok(task) => tasks.push(task),
            Err(reason) => {
                left.push(Left {
                    place: file.path.clone(),
                    reason: Reason::Unfit(reason),
                    cells: Vec::new(),
                });
            }
        }
    }
    (tasks, left)
}

fn read_file(file: &BacklogFile) -> Result<Foreign, String> {
    let text = std::str::from_utf8(&file.bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let rest = text.strip_prefix("---\n").ok_or("it has no frontmatter: expected `---` on the first line")?;
    let (yaml, body) = rest
        .split_once("\n---\n")
        .or_else(|| Some((rest.strip_suffix("\n---")?, "")))
        .ok_or("its frontmatter is not closed: expected a second line `---`")?;
    let parsed = documents(yaml).map_err(|error| format!("its frontmatter: {error}"))?;
    let fields = parsed.into_iter().next().map(|document| document.value.to_json());
    let Some(serde_json::Value::Object(fields)) = fields else {
        return Err("its frontmatter is not a table".to_owned());
    };
    let mut cells = Vec::new();
    for (key, value) in fields {
        let targets = field_of(&key).map(Target::Field).into_iter().collect::<Vec<_>>();
        for value in texts(&value) {
            cells.push(Cell { name: key.clone(), value, targets: targets.clone() });
        }
    }
    for (title, text) in section_parts(body) {
        if !text.trim().is_empty() {
            cells.push(Cell { targets: vec![target_of(&title)], name: title, value: text });
        }
    }
    Ok(Foreign { place: file.path.clone(), cells })
}

fn field_of(key: &str) -> Option<Field> {
    match key {
        "id" => Some(Field::Id),
        "title" => Some(Field::Title),
        "labels" => Some(Field::Labels),
        "dependencies" => Some(Field::Depends),
        "reporter" => Some(Field::Requestor),
        _ => None,
    }
}

fn target_of(title: &str) -> Target {
    match title.to_lowercase().as_str() {
        "description" => Target::Section("What".to_owned()),
        "acceptance criteria" | "definition of done" => Target::Checklist("Checklist".to_owned()),
        _ => Target::Note(title.to_owned()),
    }
}

/// The values of a key, one by one; empty ones say nothing.
fn texts(value: &serde_json::Value) -> Vec<String> {
    use serde_json::Value;
    let all: Vec<String> = match value {
        Value::Null => Vec::new(),
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        other => vec![other.to_string()],
    };
    all.into_iter().filter(|text| !text.trim().is_empty()).collect()
}
