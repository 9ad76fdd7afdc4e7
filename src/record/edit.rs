//! Edits that change no byte outside what they must: comments, order, line ends, BOM and blanks survive.
//!
//! Every edit takes a file's text and gives the new text, or says why not. An edit that would make the record
//! say anything else than asked is refused.

mod fields;
mod sections;

pub use fields::{remove_field, set_field, set_nested_field};
pub use sections::{add_item, append_to_section, replace_section};

use super::Item;
use super::layout::find_layout;
use super::markdown::{Outline, read_outline};

/// Why an edit was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The record cannot be read, so nothing can be found in it.
    #[error("the record is broken: {reason}")]
    Broken {
        /// What is wrong with it.
        reason: String,
    },
    /// The item is not where it was when the text was read.
    #[error("the item `{text}` is no longer where it was")]
    ItemMoved {
        /// The item's text.
        text: String,
    },
    /// The key holds a table where a value was to be set.
    #[error("`{key}` is a table, expected a value")]
    IsTable {
        /// The key.
        key: String,
    },
    /// The key holds a value where an entry of a table was to be set.
    #[error("`{key}` is a value, expected a table")]
    IsValue {
        /// The key.
        key: String,
    },
    /// An item's text must be something, on one line.
    #[error("an item needs text")]
    NoText,
    /// The new text would say something else than asked, as when it ends up inside a code block.
    #[error("{what} cannot go here: it would change the meaning of the rest of the record")]
    WouldChangeMeaning {
        /// What was to be put in.
        what: String,
    },
}

/// Ticks or unticks one item. Nothing changes when the box is in that state, `[X]` included.
///
/// # Errors
/// [`EditError::ItemMoved`] when the item's mark is no box of `source`.
pub fn set_item(source: &str, item: &Item, checked: bool) -> Result<String, EditError> {
    let moved = || EditError::ItemMoved { text: item.text.clone() };
    let mark = source.get(item.mark.clone()).ok_or_else(moved)?;
    let was_checked = match mark.as_bytes() {
        [b'[', b'x' | b'X', b']'] => true,
        [b'[', inner, b']'] if inner.is_ascii_whitespace() || *inner == 0x0b => false,
        _ => return Err(moved()),
    };
    if was_checked == checked {
        return Ok(source.to_owned());
    }
    Ok(splice(source, item.mark.clone(), if checked { "[x]" } else { "[ ]" }))
}

/// Puts the mark of a deployment behind an item's text, in the place of the one that is there.
///
/// # Errors
/// [`EditError::ItemMoved`] when the item is not where it was.
pub fn set_deployment_mark(source: &str, item: &Item, mark: &str) -> Result<String, EditError> {
    let moved = || EditError::ItemMoved { text: item.text.clone() };
    let place = match &item.deployed_on {
        Some(there) => there.span.clone(),
        // Behind what closes its markup.
        None => {
            let rest = source.get(item.text_end..).ok_or_else(moved)?;
            let line = rest.lines().next().unwrap_or_default();
            let end = item.text_end + line.trim_end().len();
            end..end
        }
    };
    source.get(place.clone()).ok_or_else(moved)?;
    Ok(splice(source, place, &format!(" (on {mark})")))
}

fn splice(source: &str, range: std::ops::Range<usize>, replacement: &str) -> String {
    [&source[..range.start], replacement, &source[range.end..]].concat()
}

/// The line ending of the file, which is that of its first line.
fn line_ending(source: &str) -> &'static str {
    match source.find('\n') {
        Some(newline) if source[..newline].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// `text` with the file's line ends, outer blank lines cut.
fn with_line_ends(text: &str, source: &str) -> String {
    let lines: Vec<&str> = text.trim_matches(['\n', '\r']).lines().collect();
    lines.join(line_ending(source))
}

/// The start of the line after the one that holds `offset`.
fn line_end(text: &str, offset: usize) -> usize {
    text[offset..].find('\n').map_or(text.len(), |newline| offset + newline + 1)
}

/// The start of the line that holds `offset`.
fn line_start(text: &str, offset: usize) -> usize {
    text[..offset].rfind('\n').map_or(0, |newline| newline + 1)
}

fn outline(source: &str) -> Result<Outline, EditError> {
    read_outline(source, find_layout(source).body_start).map_err(|_| EditError::Broken {
        reason: "its body is nested too deeply or contains too many items".to_owned(),
    })
}

#[cfg(test)]
mod tests;
