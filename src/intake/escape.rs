//! Text from evidence as it may stand in a record and on a terminal.

/// A line as it may stand in a record: control and bidirectional characters are written out.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        let bidi = matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
        if c.is_control() || bidi { escaped.extend(c.escape_unicode()) } else { escaped.push(c) }
    }
    escaped
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_takes_over_a_terminal_or_ends_a_line() {
        assert_eq!(super::escape("a\u{1b}[1m\nb\u{202e}é"), "a\\u{1b}[1m\\u{a}b\\u{202e}é");
    }
}
