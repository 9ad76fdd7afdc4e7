//! From the bytes of a file to the one JSON document in it: encodings, byte order marks, a wrapper's lines.

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
        [b'P', b'K', 3, 4, ..] => Err(WrongInput::Binary),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [first, 0, ..] if *first != 0 => utf16(bytes, u16::from_le_bytes),
        [0, second, ..] if *second != 0 => utf16(bytes, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest),
        _ => utf8(bytes),
    }
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

/// The one document of a text.
pub(super) struct Document<'a> {
    /// Its top-level members.
    pub(super) members: Members<'a>,
    /// How many lines stood before it that are none of it.
    pub(super) n_lines_before: usize,
}

/// Finds the document.
///
/// # Errors
/// [`WrongInput`] for text without one, with several, or with a broken one.
pub(super) fn find_document(text: &str) -> Result<Document<'_>, WrongInput> {
    if text.trim().is_empty() {
        return Err(WrongInput::Empty);
    }
    let start = document_start(text).ok_or_else(|| without_json(text))?;
    let mut documents = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Members<'_>>();
    let first = match documents.next() {
        Some(Ok(first)) => first,
        Some(Err(error)) => return Err(broken(text, start, &error)),
        None => return Err(WrongInput::NoJson),
    };
    let end = start + documents.byte_offset();
    let members = first.checked("the document")?;
    if !is_wrapping(&text[end..]) {
        let messages = members.has("@level") || members.has("@message");
        let another = text[end..].trim_start().starts_with('{');
        return Err(match (messages, another) {
            (true, _) => WrongInput::Messages,
            (false, true) => WrongInput::Several,
            (false, false) => WrongInput::Trailing { line: text[..end].matches('\n').count() + 1 },
        });
    }
    Ok(Document { members, n_lines_before: text[..start].matches('\n').count() })
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
        let document = find_document(&text)?;
        Ok((document.n_lines_before, document.members.has("a")))
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
            ("{\"a\":1}\n{\"a\":2}", WrongInput::Several),
            ("{\"a\":1}\n}", WrongInput::Trailing { line: 1 }),
            ("{\"@level\":1}\n{\"@level\":2}", WrongInput::Messages),
            ("x\n{\"a\":[1,\n2", WrongInput::Truncated { line: 3, column: 2 }),
            ("{\"a\":tru}", WrongInput::Damaged { line: 1, column: 9 }),
        ] {
            assert_eq!(document(text.as_bytes()), Err(expected), "{text:?}");
        }
        assert_eq!(document(b"{\"a\":\"\xe9\"}"), Err(WrongInput::NotText));
    }
}
