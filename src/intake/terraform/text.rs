//! From the bytes of a file to the JSON documents in it: encodings, byte order marks, a wrapper's lines.

use std::borrow::Cow;

use super::value::Members;
use super::wrong::WrongInput;

/// A file's text as UTF-8, its byte order mark cut.
///
/// # Errors
/// [`WrongInput`] for what is no text at all.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, WrongInput> {
    match bytes {
        [] => Err(WrongInput::Empty),
        [b'P', b'K', 3, 4, ..] => Err(zipped(bytes)),
        [b't', b'f', b'p', b'l', b'a', b'n', 0..=9, ..] => Err(WrongInput::Binary),
        [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] | [b'B', b'Z', b'h', ..] => Err(WrongInput::Packed),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [first, 0, ..] if *first != 0 => utf16(bytes, u16::from_le_bytes),
        [0, second, ..] if *second != 0 => utf16(bytes, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest),
        _ => utf8(bytes),
    }
}

/// A saved plan is an archive whose first file has a name of the tool's own.
fn zipped(bytes: &[u8]) -> WrongInput {
    const NAMES: [&[u8]; 4] = [b"tfplan", b"tfstate", b"tfconfig/", b".terraform.lock.hcl"];
    let name = bytes.get(30..).unwrap_or_default();
    // What is cut off right behind its mark is most likely a plan as well.
    let is_plan = name.is_empty() || NAMES.iter().any(|known| name.starts_with(known)) || bytes.len() < 64;
    if is_plan { WrongInput::Binary } else { WrongInput::Packed }
}

fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>, WrongInput> {
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| WrongInput::NotText)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'static, str>, WrongInput> {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| unit(*pair));
    let text = char::decode_utf16(units).collect::<Result<String, _>>().map_err(|_| WrongInput::NotText)?;
    // Half a unit at the end: the file was cut off.
    if odd.is_empty() { Ok(Cow::Owned(text)) } else { Err(cut_off(&text)) }
}

/// A document of a text.
pub(super) struct Document<'a> {
    /// Its top-level members.
    pub(super) members: Members<'a>,
    /// How many lines stood before it that are none of it.
    pub(super) n_lines_before: usize,
}

/// Finds the documents, one after another, with nothing but a wrapper's lines around them.
///
/// # Errors
/// [`WrongInput`] for text without one, or with a broken one.
pub(super) fn find_documents(text: &str) -> Result<Vec<Document<'_>>, WrongInput> {
    if text.trim().is_empty() {
        return Err(WrongInput::Empty);
    }
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = document_start(&text[at..]) {
        let between = &text[at..at + start];
        if !found.is_empty() && between.lines().any(is_json_line) {
            break;
        }
        let start = at + start;
        let mut documents = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Members<'_>>();
        let members = match documents.next() {
            Some(Ok(members)) => members,
            Some(Err(error)) => return Err(broken(text, start, &error)),
            None => return Err(WrongInput::NoJson),
        };
        let n_lines_before = between.matches('\n').count();
        found.push(Document { members: members.checked("the document")?, n_lines_before });
        at = start + documents.byte_offset();
        // The same line may go on only with another document.
        let rest = text[at..].split('\n').next().unwrap_or_default().trim();
        if !rest.is_empty() && !rest.starts_with('{') {
            return Err(WrongInput::Trailing { line: text[..at].matches('\n').count() + 1 });
        }
    }
    if found.is_empty() {
        return Err(without_json(text));
    }
    if !is_wrapping(&text[at..]) {
        return Err(WrongInput::Trailing { line: text[..at].matches('\n').count() + 1 });
    }
    Ok(found)
}

/// The first brace that begins a line: what stands before it are a wrapper's or a warning's lines.
fn document_start(text: &str) -> Option<usize> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start_matches([' ', '\t', '\r']);
        if trimmed.starts_with('{') {
            return Some(start + line.len() - trimmed.len());
        }
        start += line.len();
    }
    None
}

/// Whether a line looks like a part of JSON rather than like somebody's message.
fn is_json_line(line: &str) -> bool {
    matches!(line.trim().as_bytes(), [b'}' | b']' | b'"' | b',' | b':', ..] | [b'{', ..])
}

/// Whether what follows the document is nothing, or what a CI wrapper adds.
fn is_wrapping(rest: &str) -> bool {
    rest.lines().map(str::trim).all(|line| {
        line.is_empty() || line.starts_with("::") || line.starts_with("%0A") || line.starts_with("##[")
    })
}

fn without_json(text: &str) -> WrongInput {
    const SAYINGS: [&str; 5] =
        ["Terraform will perform", "OpenTofu will perform", "No changes.", "Plan:", " will be "];
    if SAYINGS.iter().any(|saying| text.contains(saying)) {
        WrongInput::HumanText
    } else {
        WrongInput::NoJson
    }
}

fn broken(text: &str, start: usize, error: &serde_json::Error) -> WrongInput {
    if error.is_eof() {
        return cut_off(text);
    }
    // Human text can hold a line that begins with a brace.
    if matches!(without_json(&text[..start]), WrongInput::HumanText) {
        return WrongInput::HumanText;
    }
    let n_lines_before = text[..start].matches('\n').count();
    WrongInput::Damaged { line: n_lines_before + error.line(), column: error.column() }
}

fn cut_off(text: &str) -> WrongInput {
    let last = text.rsplit('\n').next().unwrap_or_default();
    WrongInput::Truncated { line: text.matches('\n').count() + 1, column: last.chars().count() + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(bytes: &[u8]) -> Result<(usize, bool), WrongInput> {
        let text = decode(bytes)?;
        let documents = find_documents(&text)?;
        Ok((documents[0].n_lines_before, documents.iter().all(|document| document.members.has("a"))))
    }

    fn utf16(text: &str, mark: &[u8], unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        mark.iter().copied().chain(text.encode_utf16().flat_map(unit)).collect()
    }

    #[test]
    fn encodings_and_wrappers() {
        let text = "{\"a\": \"é\"}\r\n";
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            utf16(text, &[0xff, 0xfe], u16::to_le_bytes),
            utf16(text, &[0xfe, 0xff], u16::to_be_bytes),
            utf16(text, &[], u16::to_le_bytes),
            utf16(text, &[], u16::to_be_bytes),
        ] {
            assert_eq!(document(&bytes), Ok((0, true)));
        }
        assert_eq!(document(b"{\"a\":1}\n{\"a\":2} {\"a\":3}\nnext\n{\"a\":4}"), Ok((0, true)));
        let wrapped = "[command]/tf show -json p\n│ Warning\n{\"a\":1}\n%0A\n::set-output name=x::\n";
        assert_eq!(document(wrapped.as_bytes()), Ok((2, true)));
    }

    #[test]
    fn what_is_no_document() {
        for (text, expected) in [
            ("", WrongInput::Empty),
            (" \n", WrongInput::Empty),
            ("PK\u{3}\u{4}xyz", WrongInput::Binary),
            ("hello", WrongInput::NoJson),
            ("Terraform will perform the following actions:\n", WrongInput::HumanText),
            ("{\"a\":1}\n}", WrongInput::Trailing { line: 1 }),
            ("{\"a\":1} x", WrongInput::Trailing { line: 1 }),
            ("{\"a\":1}\nx\n", WrongInput::Trailing { line: 1 }),
            ("{\"a\":1}\n}\n{\"a\":2}", WrongInput::Trailing { line: 1 }),
            (
                "PK\u{3}\u{4}0123456789012345678901234\u{0}plan.json and what else there is of it in the archive",
                WrongInput::Packed,
            ),
            ("x\n{\"a\":[1,\n2", WrongInput::Truncated { line: 3, column: 2 }),
            ("{\"a\":tru}", WrongInput::Damaged { line: 1, column: 9 }),
        ] {
            assert_eq!(document(text.as_bytes()), Err(expected), "{text:?}");
        }
        assert_eq!(document(b"{\"a\":\"\xe9\"}"), Err(WrongInput::NotText));
    }
}
