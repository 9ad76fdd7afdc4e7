//! Values and names in sentences of a record.

use super::escape;
use super::secret::HIDDEN;
use super::tree::Value;

/// Longest value shown, in characters.
const MAX_VALUE: usize = 120;

/// A name or value as Markdown text that means nothing but itself.
pub(super) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | ':' | '-' | '%' | '=' | ',');
    let is_plain = !text.is_empty()
        && text.chars().all(|c| plain(c) || c == ' ')
        && text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/')
        && !text.contains("://")
        && !text.contains("  ")
        && !text.ends_with(' ');
    if is_plain {
        return text.to_owned();
    }
    let text = escape(text);
    if text.trim().is_empty() {
        return "`\"\"`".to_owned();
    }
    let longest_run = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest_run + 1);
    let pad = if longest_run > 0 { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A scalar, shortened; a list or table by its size.
pub(super) fn value(value: &Value, hidden: bool) -> String {
    if hidden {
        return HIDDEN.to_owned();
    }
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(text) => text.clone(),
        Value::Text(text) if text.contains('\n') => format!("text of {} lines", text.lines().count()),
        Value::Text(text) => quoted(&shortened(text)),
        Value::List(items) if items.is_empty() => "an empty list".to_owned(),
        Value::Map(entries) if entries.is_empty() => "an empty table".to_owned(),
        Value::List(items) => format!("a list of {}", items.len()),
        Value::Map(entries) => format!("a table of {}", entries.len()),
    }
}

/// `old → new`, in such words that two different values never read alike.
pub(super) fn from_to(old: &Value, new: &Value, hidden: bool) -> String {
    if hidden {
        return "changed (value hidden)".to_owned();
    }
    if let (Value::Text(old), Value::Text(new)) = (old, new)
        && (old.contains('\n') || new.contains('\n'))
    {
        return format!("changed ({} → {} lines)", old.lines().count(), new.lines().count());
    }
    let (before, after) = (value(old, false), value(new, false));
    if before != after {
        return format!("{before} → {after}");
    }
    match (old, new) {
        (Value::Text(old), Value::Text(new)) => {
            let at = old.chars().zip(new.chars()).take_while(|(a, b)| a == b).count();
            format!("{before} changed from character {} on", at + 1)
        }
        _ => format!("{before} ({}) → {after} ({})", type_name(old), type_name(new)),
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::Text(_) => "text",
        Value::List(_) => "list",
        Value::Map(_) => "table",
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= MAX_VALUE {
        return text.to_owned();
    }
    let head: String = text.chars().take(MAX_VALUE).collect();
    format!("{head}…")
}

/// Where two texts begin to differ: `other from line 3 on`.
pub(super) fn first_difference(old: &str, new: &str) -> String {
    let same = old.chars().zip(new.chars()).take_while(|(a, b)| a == b).map(|(c, _)| c);
    if old.contains('\n') || new.contains('\n') {
        return format!("other from line {} on", same.filter(|c| *c == '\n').count() + 1);
    }
    format!("other from character {} on", same.count() + 1)
}

/// `1 object`, `2 objects`.
pub(super) fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_means_nothing_but_itself() {
        for (text, expected) in [
            ("nginx:1.25", "nginx:1.25"),
            ("a_b_c", "`a_b_c`"),
            ("<b>", "`<b>`"),
            ("a\u{202e}b\n- [x] c", "`a\\u{202e}b\\u{a}- [x] c`"),
            ("a`b", "`` a`b ``"),
            ("[ ] done", "`[ ] done`"),
            ("https://example.org", "`https://example.org`"),
            ("", "`\"\"`"),
        ] {
            assert_eq!(quoted(text), expected, "{text}");
        }
    }

    #[test]
    fn different_values_never_read_alike() {
        let text = |text: &str| Value::Text(text.to_owned());
        assert_eq!(from_to(&Value::Number("80".into()), &text("80"), false), "80 (number) → 80 (text)");
        let long = "x".repeat(130);
        let said = from_to(&text(&long), &text(&format!("{long}y")), false);
        assert!(said.ends_with("changed from character 131 on"), "{said}");
        assert_eq!(from_to(&text("a"), &text("b"), true), "changed (value hidden)");
        assert_eq!(from_to(&text("a\nb"), &text("a\nc"), false), "changed (2 → 2 lines)");
    }
}
