//! YAML documents as Kubernetes and Helm read them.
//!
//! Both go through `sigs.k8s.io/yaml`, which is YAML 1.1 in what plain words mean (`yes` is true, `0777` is 511)
//! and JSON in what a document can say. So the grammar comes from a YAML library and the meaning of plain words
//! from [`scalar`]; keys that stand twice are errors, merge keys are merged, and what aliases multiply is capped.

mod scalar;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::tree::Value;

/// Deepest nesting of lists and tables.
const MAX_DEPTH: usize = 96;
/// What a file may hold once its aliases are written out, in bytes; a value counts as 64 beside its text.
const MAX_WEIGHT: usize = 128 * 1024 * 1024;
const NODE_WEIGHT: usize = 64;

/// Why a text is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct YamlError {
    /// 1-based.
    pub line: usize,
    /// 1-based, in characters.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

/// A document of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The line on which its content begins, 1-based.
    pub line: usize,
    /// What it says.
    pub value: Value,
}

/// The text of a file: UTF-8, or UTF-16 as some shells write what they redirect, with or without a byte order mark.
/// These texts begin with a character of ASCII, so that one of its two bytes is zero.
pub fn decode(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let utf16 = |bytes: &[u8], from: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| from([pair[0], pair[1]])).collect();
        String::from_utf16(&units).ok().filter(|_| bytes.len().is_multiple_of(2)).map(Cow::Owned)
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [1..=0xff, 0, ..] => utf16(bytes, u16::from_le_bytes),
        [0, 1..=0xff, ..] => utf16(bytes, u16::from_be_bytes),
        _ => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
    }
}

/// Reads all documents of a stream; empty ones are left out.
///
/// # Errors
/// The first thing that is wrong, with its place.
pub fn documents(text: &str) -> Result<Vec<Document>, YamlError> {
    load(text, Loader::default()).map(|loader| loader.documents)
}

/// A key that stands twice in one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Repeated {
    /// The line of the second one, 1-based.
    pub line: usize,
    /// The key.
    pub key: String,
}

/// Reads all documents of a stream as those do who take the last one of a key that stands twice; which keys do.
///
/// # Errors
/// The first thing else that is wrong, with its place.
pub fn documents_with_repeats(text: &str) -> Result<(Vec<Document>, Vec<Repeated>), YamlError> {
    let loader = load(text, Loader { repeated: Some(Vec::new()), ..Loader::default() })?;
    Ok((loader.documents, loader.repeated.unwrap_or_default()))
}

fn load(text: &str, mut loader: Loader) -> Result<Loader, YamlError> {
    for event in Parser::new_from_str(text.trim_start_matches('\u{feff}')) {
        match event {
            Ok((event, span)) => loader.take(event, span)?,
            Err(error) => {
                let marker = error.marker();
                let message = error.info().to_owned();
                return Err(YamlError { line: marker.line().max(1), column: marker.col() + 1, message });
            }
        }
    }
    Ok(loader)
}

/// A list or table that is still open.
struct Frame {
    anchor: usize,
    weight: usize,
    content: Content,
}

enum Content {
    List(Vec<Value>),
    Map { entries: BTreeMap<String, Value>, merged: Vec<Value>, key: Option<Key> },
}

enum Key {
    Named(String),
    Merge,
}

#[derive(Default)]
struct Loader {
    documents: Vec<Document>,
    open: Vec<Frame>,
    anchors: HashMap<usize, (Value, usize)>,
    /// What all aliases so far have added.
    weight: usize,
    /// Where the open document's content begins.
    line: usize,
    /// Keys that stand twice; `None` where that is an error.
    repeated: Option<Vec<Repeated>>,
}

fn error(span: &Span, message: impl Into<String>) -> YamlError {
    YamlError { line: span.start.line().max(1), column: span.start.col() + 1, message: message.into() }
}

impl Loader {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), YamlError> {
        match event {
            Event::DocumentStart(_) => self.anchors.clear(),
            Event::Scalar(text, style, anchor, tag) => {
                if style == ScalarStyle::Plain && text == "<<" && tag.is_none() && self.wants_key() {
                    return self.set_key(Key::Merge, &span);
                }
                let weight = NODE_WEIGHT + text.len();
                let value = read_scalar(text.into_owned(), style, tag.as_deref(), &span)?;
                self.finish(value, weight, anchor, &span)?;
            }
            Event::SequenceStart(anchor, _) => self.begin(anchor, Content::List(Vec::new()), &span)?,
            Event::MappingStart(anchor, _) => {
                let content = Content::Map { entries: BTreeMap::new(), merged: Vec::new(), key: None };
                self.begin(anchor, content, &span)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(&span)?,
            Event::Alias(anchor) => {
                let (value, weight) = self.anchors.get(&anchor).cloned().ok_or_else(|| {
                    error(&span, "this alias refers to an incomplete anchor, expected one before it")
                })?;
                self.weight += weight;
                self.finish(value, weight, 0, &span)?;
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn begin(&mut self, anchor: usize, content: Content, span: &Span) -> Result<(), YamlError> {
        if self.wants_key() {
            return Err(error(span, "a key must be a word or number, not a list or table"));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(error(span, format!("nested more than {MAX_DEPTH} levels deep")));
        }
        if self.open.is_empty() {
            self.line = span.start.line().max(1);
        }
        self.open.push(Frame { anchor, weight: NODE_WEIGHT, content });
        Ok(())
    }

    fn end(&mut self, span: &Span) -> Result<(), YamlError> {
        let Some(frame) = self.open.pop() else { return Ok(()) };
        let value = match frame.content {
            Content::List(items) => Value::List(items),
            Content::Map { mut entries, merged, .. } => {
                for merged in merged {
                    merge(&mut entries, merged, span)?;
                }
                Value::Map(entries)
            }
        };
        self.finish(value, frame.weight, frame.anchor, span)
    }

    fn wants_key(&self) -> bool {
        matches!(self.open.last(), Some(Frame { content: Content::Map { key: None, .. }, .. }))
    }

    fn set_key(&mut self, new: Key, span: &Span) -> Result<(), YamlError> {
        if let Some(Frame { content: Content::Map { entries, key, .. }, .. }) = self.open.last_mut() {
            if let Key::Named(name) = &new
                && entries.contains_key(name)
            {
                let Some(repeated) = &mut self.repeated else {
                    return Err(error(span, format!("the key `{name}` appears twice in this table")));
                };
                repeated.push(Repeated { line: span.start.line().max(1), key: name.clone() });
            }
            *key = Some(new);
        }
        Ok(())
    }

    /// Puts a whole value where it belongs.
    fn finish(&mut self, value: Value, weight: usize, anchor: usize, span: &Span) -> Result<(), YamlError> {
        if self.weight + weight > MAX_WEIGHT {
            let limit = MAX_WEIGHT / (1024 * 1024);
            return Err(error(span, format!("its aliases make it larger than {limit} MiB")));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, (value.clone(), weight));
        }
        if self.wants_key() {
            let name = value.as_key().ok_or_else(|| error(span, "a key must be a word or number"))?;
            return self.set_key(Key::Named(name), span);
        }
        match self.open.last_mut() {
            None => {
                let is_table = matches!(value, Value::List(_) | Value::Map(_));
                let line = if is_table { self.line } else { span.start.line().max(1) };
                if value != Value::Null {
                    self.documents.push(Document { line, value });
                }
            }
            Some(frame) => {
                frame.weight += weight;
                match &mut frame.content {
                    Content::List(items) => items.push(value),
                    Content::Map { entries, merged, key } => match key.take() {
                        Some(Key::Named(name)) => {
                            entries.insert(name, value);
                        }
                        Some(Key::Merge) | None => merged.push(value),
                    },
                }
            }
        }
        Ok(())
    }
}

/// Fills in the entries of a merge key; what the table says itself stays, and the first of several wins.
fn merge(entries: &mut BTreeMap<String, Value>, merged: Value, span: &Span) -> Result<(), YamlError> {
    match merged {
        Value::Map(more) => {
            for (key, value) in more {
                entries.entry(key).or_insert(value);
            }
            Ok(())
        }
        Value::List(items) => items.into_iter().try_for_each(|item| match item {
            Value::Map(_) => merge(entries, item, span),
            _ => Err(error(span, "`<<` merges tables, expected a table in its list")),
        }),
        _ => Err(error(span, "`<<` merges tables, expected a table or a list of them")),
    }
}

fn read_scalar(text: String, style: ScalarStyle, tag: Option<&Tag>, span: &Span) -> Result<Value, YamlError> {
    let tag = tag.filter(|tag| tag.is_yaml_core_schema()).map(|tag| tag.suffix.as_str());
    match tag {
        Some("str" | "binary" | "timestamp") => Ok(Value::Text(text)),
        Some(word @ ("int" | "float" | "bool" | "null")) => {
            let value = scalar::resolve(&text);
            let fits = match &value {
                Value::Number(_) => matches!(word, "int" | "float"),
                Value::Bool(_) => word == "bool",
                Value::Null => word == "null",
                _ => false,
            };
            if fits { Ok(value) } else { Err(error(span, format!("this is not a valid `!!{word}`"))) }
        }
        _ if style == ScalarStyle::Plain => Ok(scalar::resolve(&text)),
        _ => Ok(Value::Text(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        let documents = documents(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        documents.iter().map(|document| document.value.to_json().to_string()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn traps_of_1_1_and_1_2() {
        for (text, expected) in [
            ("a: yes", r#"{"a":true}"#),
            ("a: 'yes'", r#"{"a":"yes"}"#),
            ("a: Off", r#"{"a":false}"#),
            ("a: ~\nb:", r#"{"a":null,"b":null}"#),
            ("a: 0777", r#"{"a":511}"#),
            ("a: 0o17", r#"{"a":15}"#),
            ("a: 08", r#"{"a":8}"#),
            ("a: 0x1F", r#"{"a":31}"#),
            ("a: 0b11", r#"{"a":3}"#),
            ("a: 1_000", r#"{"a":1000}"#),
            ("a: 12:30:45", r#"{"a":"12:30:45"}"#),
            ("a: 1.10", r#"{"a":1.1}"#),
            ("a: 1.0", r#"{"a":1}"#),
            ("a: 1e3", r#"{"a":1000}"#),
            ("a: 2001-01-01", r#"{"a":"2001-01-01"}"#),
            ("a: 1.2.3", r#"{"a":"1.2.3"}"#),
            ("a: 500m", r#"{"a":"500m"}"#),
            ("a: !!str 5", r#"{"a":"5"}"#),
            ("on: 1\n8080: 2", r#"{"8080":2,"true":1}"#),
            ("a: |\n  x\n  y\n", r#"{"a":"x\ny\n"}"#),
            ("x: &x {a: 1, b: 2}\nz:\n  <<: *x\n  b: 3\n", r#"{"x":{"a":1,"b":2},"z":{"a":1,"b":3}}"#),
            (
                "u: &u {a: 1}\nv: &v {a: 2, b: 2}\nz: {<<: [*u, *v]}",
                r#"{"u":{"a":1},"v":{"a":2,"b":2},"z":{"a":1,"b":2}}"#,
            ),
            ("---\na: 1\n---\n# nothing\n---\nb: 2\n...\n", r#"{"a":1} {"b":2}"#),
            ("{\"a\": [1, true, null]}", r#"{"a":[1,true,null]}"#),
        ] {
            assert_eq!(json(text), expected, "{text}");
        }
    }

    #[test]
    fn files_of_shells() {
        let le = [&[0xff, 0xfe][..], &"a: ä".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()]
            .concat();
        let be = [&[0xfe, 0xff][..], &"a: ä".encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>()]
            .concat();
        for bytes in [&le[..], &be, "\u{feff}a: ä".as_bytes(), "a: ä\r\n".as_bytes()] {
            assert_eq!(json(&decode(bytes).unwrap()), r#"{"a":"ä"}"#);
        }
        assert_eq!((decode(b"\xff\xfea"), decode(b"\xe4")), (None, None));
    }

    #[test]
    fn numbers_keep_all_their_digits() {
        let value = documents("a: 12345678901234567890123").unwrap().remove(0).value;
        assert_eq!(value.get("a"), Some(&Value::Number("12345678901234567890123".to_owned())));
    }

    #[test]
    fn errors_say_where() {
        for (text, line, part) in [
            ("a: 1\na: 2\n", 2, "`a` appears twice"),
            ("a: {b: 1, b: 1}", 1, "`b` appears twice"),
            ("yes: 1\ntrue: 2", 2, "`true` appears twice"),
            ("a: &x [*x]", 1, "incomplete"),
            ("a: *nobody", 1, ""),
            ("[a]: 1", 1, "a key must be"),
            ("a: 1\n<<: 5\n", 2, "`<<` merges tables"),
            ("a: [1, 2", 1, ""),
            ("a: !!int word", 1, "not a valid `!!int`"),
            ("a:\n\t- b", 2, ""),
        ] {
            let error = documents(text).unwrap_err();
            assert!(error.message.contains(part), "{text}: {error}");
            assert!(error.line >= line, "{text}: {error}");
        }
    }

    #[test]
    fn the_last_one_of_a_key_may_win() {
        let (documents, repeated) = documents_with_repeats("a: {x: 1}\nb: 1\na: {z: 2}\n").unwrap();
        assert_eq!(documents[0].value.to_json().to_string(), r#"{"a":{"z":2},"b":1}"#);
        assert_eq!(repeated, [Repeated { line: 3, key: "a".to_owned() }]);
        assert!(documents_with_repeats("a: [1").is_err());
    }

    #[test]
    fn bombs_are_refused() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let before = format!("*a{}", level - 1);
            text.push_str(&format!("a{level}: &a{level} [{}]\n", [before.as_str(); 10].join(", ")));
        }
        assert!(documents(&text).unwrap_err().message.contains("aliases"), "a bomb");
        let deep: String = (0..200).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
        assert!(documents(&deep).unwrap_err().message.contains("nested"), "deep");
        assert!(documents(&"[".repeat(100_000)).is_err(), "deep without end");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[-a-z0-9:{}\\[\\],&*!<| \n'\"#?\t~.]{0,80}") {
            let _ = documents(&text);
        }
    }
}
