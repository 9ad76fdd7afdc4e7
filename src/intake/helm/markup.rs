//! Headings and plain text of Markdown, with the HTML that people write in it.

/// The text of a heading: behind `#`, underlined, or a line that is bold as a whole.
pub(super) fn heading(line: &str, is_underlined: bool) -> Option<&str> {
    if let Some(heading) = line.strip_prefix('#') {
        return Some(heading.trim_start_matches('#'));
    }
    let is_html = ["<h1", "<h2", "<h3", "<h4"].iter().any(|tag| line.starts_with(tag));
    let bold = line.strip_prefix("**").and_then(|rest| rest.strip_suffix("**"));
    let is_text = !line.trim().is_empty() && !line.starts_with(['-', '*', '+', ' ', '=']);
    bold.or_else(|| (is_html || is_underlined && is_text).then_some(line))
}

/// Whether a line makes the one above it a heading.
pub(super) fn is_underline(line: &str) -> bool {
    let line = line.trim_end();
    line.len() >= 3 && (line.bytes().all(|byte| byte == b'-') || line.bytes().all(|byte| byte == b'='))
}

/// Text without the tags of HTML and the addresses of links.
pub(super) fn without_markup(text: &str) -> String {
    let mut plain = String::new();
    let (mut in_tag, mut in_address, mut before) = (false, false, ' ');
    for c in text.chars() {
        match c {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                plain.push(' ');
            }
            '(' if before == ']' => in_address = true,
            ')' if in_address => in_address = false,
            _ if in_tag || in_address => {}
            c => plain.push(c),
        }
        before = c;
    }
    one_line(&plain)
}

/// Text on one line.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
