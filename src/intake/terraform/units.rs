//! A stream of plans as Terragrunt writes it: lines of several units, each behind a prefix.
//!
//! `[live/prod/bucket] {`, `16:14:46.042 STDOUT [bucket] tofu: {`, in colours or not. What a unit prints is put together
//! again; lines of its log and of other units are left out.

use std::borrow::Cow;

/// Longest prefix of a line, in bytes.
const MAX_PREFIX: usize = 400;

/// What one unit printed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Printed<'t> {
    /// The unit, as the prefix names it.
    pub(super) unit: Option<String>,
    pub(super) text: Cow<'t, str>,
}

/// What each unit printed, in the order of their first lines. A text without prefixes is one.
pub(super) fn split(text: &str) -> Vec<Printed<'_>> {
    let first = text.lines().find_map(|line| {
        let prefixed = prefixed(line).filter(|prefixed| prefixed.rest.starts_with('{'));
        (prefixed.is_some() || line.trim_start().starts_with('{')).then_some(prefixed)
    });
    if first.flatten().is_none() {
        return vec![Printed { unit: None, text: Cow::Borrowed(text) }];
    }
    let mut printed: Vec<(Option<&str>, String)> = Vec::new();
    for Prefixed { unit, rest } in text.lines().filter_map(prefixed) {
        let at = printed.iter().position(|(known, _)| *known == unit).unwrap_or_else(|| {
            printed.push((unit, String::new()));
            printed.len() - 1
        });
        printed[at].1.push_str(rest);
        printed[at].1.push('\n');
    }
    // Units that print no document say nothing about a plan.
    printed.retain(|(_, text)| text.lines().any(|line| line.trim_start().starts_with('{')));
    printed
        .into_iter()
        .map(|(unit, text)| Printed { unit: unit.map(str::to_owned), text: Cow::Owned(text) })
        .collect()
}

/// The text without what sets colours.
pub(super) fn without_colours(text: Cow<'_, str>) -> Cow<'_, str> {
    if !text.contains("\u{1b}[") {
        return text;
    }
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| c.is_ascii_alphabetic()).map_or(part.len(), |at| at + 1);
        plain.push_str(&part[end..]);
    }
    Cow::Owned(plain)
}

struct Prefixed<'l> {
    unit: Option<&'l str>,
    rest: &'l str,
}

/// A line behind a prefix; `None` for one without, or of a log.
fn prefixed(line: &str) -> Option<Prefixed<'_>> {
    match line.as_bytes().first()? {
        b'[' => {
            let (unit, rest) = bracketed(line)?;
            // A unit's own log: `[unit] time=… level=…`.
            (!rest.starts_with("time=")).then_some(Prefixed { unit: Some(unit), rest: tool(rest) })
        }
        b'0'..=b'9' => {
            let (time, rest) = line.split_once(' ')?;
            let is_time = time.len() >= 8
                && time.bytes().all(|byte| {
                    byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b'-' | b'T' | b'Z' | b'+')
                });
            let rest = rest.trim_start().strip_prefix("STDOUT").filter(|_| is_time)?.trim_start_matches(' ');
            match bracketed(rest) {
                Some((unit, rest)) => Some(Prefixed { unit: Some(unit), rest: tool(rest) }),
                None => Some(Prefixed { unit: None, rest: tool(rest) }),
            }
        }
        _ => None,
    }
}

/// `[unit] rest`.
fn bracketed(text: &str) -> Option<(&str, &str)> {
    let (unit, rest) =
        text.strip_prefix('[')?.split_once("] ").or_else(|| text.strip_prefix('[')?.split_once(']'))?;
    let is_name = !unit.is_empty() && unit.len() <= MAX_PREFIX && !unit.contains(['"', '{', ',']);
    is_name.then_some((unit, rest))
}

/// What stands behind the name of the program that printed it.
fn tool(text: &str) -> &str {
    for name in ["terraform:", "tofu:", "terragrunt:"] {
        if let Some(rest) = text.strip_prefix(name) {
            return rest.strip_prefix(' ').unwrap_or(rest);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(text: &str) -> Vec<(Option<String>, String)> {
        let plain = without_colours(Cow::Borrowed(text)).into_owned();
        split(&plain).into_iter().map(|printed| (printed.unit, printed.text.into_owned())).collect()
    }

    #[test]
    fn lines_of_units_are_put_together() {
        let some = |unit: &str, text: &str| (Some(unit.to_owned()), text.to_owned());
        let mixed = "[live/a] {\n[live/b] {\"x\":1}\n[live/a]   \"y\": 2\n[live/a] }\n";
        assert_eq!(units(mixed), [some("live/a", "{\n  \"y\": 2\n}\n"), some("live/b", "{\"x\":1}\n")]);
        let log = "16:14:46.001 INFO   [a] downloading\n16:14:46.042 STDOUT [a] tofu: {}\n16:14:46.050 STDERR [a] tofu: warning\n";
        assert_eq!(units(log), [some("a", "{}\n")]);
        let coloured = "\u{1b}[90m16:14:46.042\u{1b}[0m STDOUT \u{1b}[36mterraform: \u{1b}[0m{}\n";
        assert_eq!(units(coloured), [(None, "{}\n".to_owned())]);
    }

    #[test]
    fn a_text_without_prefixes_is_one() {
        for text in
            ["{\n[1]\n}", "[command]/tf show\n{}", "warning\n{\"a\": [\n\"x\"] }", "", "[a] no document"]
        {
            assert_eq!(units(text), [(None, text.to_owned())], "{text}");
        }
    }
}
