//! The identity of a record.

use std::fmt;

use serde::{Serialize, Serializer};

/// A record's ID: ASCII letters, digits, `-` and `_`, beginning with a letter or digit, at most 100 bytes.
/// It equals the stem of the record's file (`docs/design.md#records`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(Box<str>);

/// A text finds the ID that it is in a map, without being one.
impl std::borrow::Borrow<str> for RecordId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// Why a text is no record ID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a valid record ID: {}", shortened(text), self.expected())]
pub struct IdError {
    /// The text.
    pub text: String,
}

impl IdError {
    /// What of the grammar does not hold.
    fn expected(&self) -> String {
        if self.text.len() > RecordId::MAX_BYTES {
            return format!(
                "it has {} bytes, but at most {} are allowed",
                self.text.len(),
                RecordId::MAX_BYTES
            );
        }
        if is_device_name(&self.text) {
            return "Windows reserves this name for a device".to_owned();
        }
        if is_reserved(&self.text) {
            return "it has another meaning in the policy's `except`".to_owned();
        }
        "expected ASCII letters, digits, `-` and `_`, starting with a letter or digit".to_owned()
    }
}

/// What `except` of a freeze can name besides a task's ID.
pub const EMERGENCY: &str = "emergency";

fn is_reserved(text: &str) -> bool {
    text.eq_ignore_ascii_case(EMERGENCY)
}

fn shortened(text: &str) -> String {
    let mut characters = text.chars();
    let start: String = characters.by_ref().take(40).collect();
    let more = if characters.next().is_some() { "…" } else { "" };
    format!("{}{more}", start.escape_default())
}

impl RecordId {
    /// Longest ID, in bytes: a file name with its ending must fit every file system.
    pub const MAX_BYTES: usize = 100;

    /// The ID that a record's path stands for: its file's name without `.md`.
    pub fn of_path(path: &str) -> Option<Self> {
        RecordId::parse(Self::stem(path)?).ok()
    }

    /// The text that stands where the ID does in a path.
    pub fn stem(path: &str) -> Option<&str> {
        path.rsplit('/').next()?.strip_suffix(".md")
    }

    /// Checks the grammar.
    ///
    /// # Errors
    /// [`IdError`] when the text is empty, too long, a Windows device name, a reserved word, or holds another character.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let mut bytes = text.bytes();
        let well_formed = bytes.next().is_some_and(|first| first.is_ascii_alphanumeric())
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            && text.len() <= Self::MAX_BYTES
            && !is_device_name(text)
            && !is_reserved(text);
        if well_formed { Ok(RecordId(text.into())) } else { Err(IdError { text: text.to_owned() }) }
    }

    /// The ID as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which two IDs of one book must differ.
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

/// Names that Windows gives to devices whatever their ending.
fn is_device_name(text: &str) -> bool {
    let upper = text.to_ascii_uppercase();
    matches!(upper.as_str(), "CON" | "PRN" | "AUX" | "NUL")
        || (upper.len() == 4
            && (upper.starts_with("COM") || upper.starts_with("LPT"))
            && upper.as_bytes()[3].is_ascii_digit())
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Serialize for RecordId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grammar() {
        for good in ["INFRA-100", "INFRA-DOC-01", "redis-cluster", "a", "7", "CAB-2024-05", "x_y"] {
            assert!(RecordId::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "-x", "_x", "a b", "ä", "а", "a/b", "..", "a.b", "con", "LPT1", &"x".repeat(101)] {
            assert!(RecordId::parse(bad).is_err(), "{bad}");
        }
        let said = |text: &str| RecordId::parse(text).unwrap_err().to_string();
        assert_eq!(said("con"), "`con` is not a valid record ID: Windows reserves this name for a device");
        assert!(
            said(&"x".repeat(101))
                .ends_with("x…` is not a valid record ID: it has 101 bytes, but at most 100 are allowed")
        );
        assert!(said("ä b").starts_with("`\\u{e4} b` is not a valid record ID: expected ASCII letters"));
    }
}
