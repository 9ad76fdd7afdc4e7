//! Hostile text made harmless and visible: HTML escaping, control characters.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether the character changes how the text around it reads without being seen itself: control
/// characters, bidirectional controls, and invisible marks. Joiners are left alone: emoji and several
/// scripts need them.
pub(super) fn is_deceptive(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => false,
        '\u{061C}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}' | '\u{2029}' | '\u{2060}'
        | '\u{FEFF}' => true,
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => true,
        other => other.is_control(),
    }
}

/// The text with every deceptive character written out as `⟨U+202E⟩`.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    // Most texts are plain ASCII, which is told without decoding it.
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r');
    if text.bytes().all(is_plain) || !text.contains(is_deceptive) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_deceptive(character) {
            let _ = write!(out, "⟨U+{:04X}⟩", u32::from(character));
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

/// Appends `text` to `out`, escaped for element content and double-quoted attributes.
pub(super) fn push_escaped(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'')) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&#39;",
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

/// The text escaped for element content and double-quoted attributes.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_escaped(&mut out, text);
    out
}

/// The text with its first letter in upper case.
pub(super) fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deceptive_characters_are_written_out() {
        assert_eq!(visible("plain äöü 👩‍💻\n"), "plain äöü 👩‍💻\n");
        assert_eq!(visible("a\u{202E}b\u{1b}[0m"), "a⟨U+202E⟩b⟨U+001B⟩[0m");
        assert_eq!(visible("\u{200B}\u{FEFF}\u{85}"), "⟨U+200B⟩⟨U+FEFF⟩⟨U+0085⟩");
    }
}
