//! Paths into values: as people read them, and as files hold them.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// One step down.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Into a table.
    Key(String),
    /// Into a list whose elements have names.
    Item(String),
    /// Into a list by position, 0-based.
    Index(usize),
}

/// The path of a value: `spec.containers[api].image`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Path(pub Vec<Step>);

impl Path {
    /// Whether it leads nowhere: to the value itself.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// One step further.
    #[must_use]
    pub fn with(&self, step: Step) -> Path {
        let mut steps = self.0.clone();
        steps.push(step);
        Path(steps)
    }

    /// One key further.
    #[must_use]
    pub fn with_key(&self, key: &str) -> Path {
        self.with(Step::Key(key.to_owned()))
    }

    /// Whether the last step leads into a table.
    pub fn ends_in_key(&self) -> bool {
        matches!(self.0.last(), Some(Step::Key(_)))
    }

    /// The path `rest` further.
    #[must_use]
    pub fn join(&self, rest: &Path) -> Path {
        Path([&self.0[..], &rest.0[..]].concat())
    }

    /// The keys alone: what the globs of a policy are held against.
    pub fn keys(&self) -> Vec<&str> {
        self.0.iter().filter_map(Step::key).collect()
    }

    /// The name of the last key.
    pub fn last_key(&self) -> &str {
        self.0.iter().rev().find_map(Step::key).unwrap_or_default()
    }
}

impl Step {
    fn key(&self) -> Option<&str> {
        match self {
            Step::Key(key) => Some(key),
            Step::Item(_) | Step::Index(_) => None,
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if key.contains(['.', '[', ']']) => write!(f, "[{key}]")?,
                Step::Key(key) if position > 0 => write!(f, ".{key}")?,
                Step::Key(key) => f.write_str(key)?,
                Step::Item(name) => write!(f, "[{name}]")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

impl Path {
    /// The path as a file holds it: as people read it, with quotes where that could be read in two ways.
    pub fn stored(&self) -> String {
        let mut text = String::new();
        for step in &self.0 {
            match step {
                Step::Key(key) if is_plain(key) && !text.is_empty() => text.extend([".", key]),
                Step::Key(key) if is_plain(key) => text.push_str(key),
                Step::Key(key) => text.push_str(&format!("[{}]", json_text(key))),
                Step::Item(name) => text.push_str(&format!("[={}]", json_text(name))),
                Step::Index(index) => text.push_str(&format!("[{index}]")),
            }
        }
        text
    }

    /// The path that [`Path::stored`] wrote; `None` for any other text.
    pub fn parse_stored(text: &str) -> Option<Path> {
        let mut steps = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let step;
            (step, rest) = if let Some(inner) = rest.strip_prefix("[=") {
                let (name, rest) = quoted_text(inner)?;
                (Step::Item(name), rest)
            } else if rest.starts_with("[\"") {
                let (key, rest) = quoted_text(&rest[1..])?;
                (Step::Key(key), rest)
            } else if let Some(inner) = rest.strip_prefix('[') {
                let (index, rest) = inner.split_once(']')?;
                (Step::Index(index.parse().ok()?), rest)
            } else {
                let key = if steps.is_empty() { rest } else { rest.strip_prefix('.')? };
                let end = key.find(['.', '[']).unwrap_or(key.len());
                (Step::Key(key[..end].to_owned()), &key[end..])
            };
            steps.push(step);
        }
        let path = Path(steps);
        (path.stored() == text).then_some(path)
    }
}

fn is_plain(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A JSON string and what follows its closing bracket.
fn quoted_text(text: &str) -> Option<(String, &str)> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<String>();
    let value = stream.next()?.ok()?;
    Some((value, text[stream.byte_offset()..].strip_prefix(']')?))
}

impl Serialize for Path {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.stored().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Path::parse_stored(&text).ok_or_else(|| de::Error::custom(format!("`{text}` is not a valid path")))
    }
}

impl JsonSchema for Path {
    fn schema_name() -> Cow<'static, str> {
        "Path".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "The path of a value: `spec.containers[=\"api\"].image`, `args[0]`."
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_path_is_read_back() {
        let key = |text: &str| Step::Key(text.to_owned());
        let item = |text: &str| Step::Item(text.to_owned());
        for (steps, stored) in [
            (vec![], ""),
            (vec![key("spec"), key("replicas")], "spec.replicas"),
            (vec![key("a"), key("x.y/z"), key("b")], r#"a["x.y/z"].b"#),
            (vec![key("env"), item("A]\"B"), key("value")], r#"env[="A]\"B"].value"#),
            (vec![key("args"), Step::Index(0)], "args[0]"),
            (vec![Step::Index(3), key("a")], "[3].a"),
            (vec![key(""), item("")], r#"[""][=""]"#),
            (vec![key("ärger")], r#"["ärger"]"#),
        ] {
            let path = Path(steps);
            assert_eq!(path.stored(), stored);
            assert_eq!(Path::parse_stored(stored), Some(path));
        }
        for text in [".a", "a.", "a[", "a[x]", "[=a]", "a]b", "a[01]", "[\"a\"]x"] {
            assert_eq!(Path::parse_stored(text), None, "{text}");
        }
    }
}
