//! TOML to JSON, with places.

use std::ops::Range;

use serde_json::{Map, Number, Value};
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};
use toml::value::{Datetime, Offset};

use super::Field;

/// Largest whole number that JSON readers keep exactly.
const MAX_EXACT: i64 = (1 << 53) - 1;

/// Deepest nesting of values, dotted keys counted by their parts. The TOML parser bounds brackets and keys each
/// by itself, which together allow values that no stack can hold.
const MAX_DEPTH: usize = 128;

/// Why frontmatter is no TOML; the place is counted from the frontmatter's start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TomlTrouble {
    pub(super) message: String,
    pub(super) span: Range<usize>,
}

/// Parses the text between the fences.
///
/// # Errors
/// The first thing wrong with it.
pub(super) fn parse_table(text: &str) -> Result<DeTable<'_>, TomlTrouble> {
    if let Some(at) = find_too_deep(text) {
        return Err(TomlTrouble {
            message: format!("nested deeper than {MAX_DEPTH} levels"),
            span: at..at + 1,
        });
    }
    DeTable::parse(text).map(Spanned::into_inner).map_err(|error| TomlTrouble {
        message: error.message().trim().to_owned(),
        span: error.span().unwrap_or(0..0),
    })
}

/// Where the nesting exceeds [`MAX_DEPTH`], judged by brackets and dots outside strings and comments.
fn find_too_deep(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    // The dots since the last comma of every open bracket, and their sum with the brackets.
    let mut dots = vec![0];
    let mut depth = 0;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let top = dots.len() - 1;
        let mut next = at + 1;
        match byte {
            b'#' => next = bytes[at..].iter().position(|&byte| byte == b'\n').map_or(bytes.len(), |n| at + n),
            b'"' | b'\'' => next = string_end(bytes, at),
            b'[' | b'{' => {
                dots.push(0);
                depth += 1;
            }
            b']' | b'}' if top > 0 => {
                depth -= 1 + dots[top];
                dots.pop();
            }
            b'.' => {
                dots[top] += 1;
                depth += 1;
            }
            b',' | b'\n' if byte == b',' || top == 0 => depth -= std::mem::take(&mut dots[top]),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Some(at);
        }
        at = next;
    }
    None
}

/// Behind the string that begins at `start`; a string that is not closed ends with its line or the text.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let quote = bytes[start];
    let triple = bytes[start..].starts_with(&[quote; 3]);
    let mut at = start + if triple { 3 } else { 1 };
    while let Some(&byte) = bytes.get(at) {
        if byte == b'\\' && quote == b'"' {
            at += 2;
        } else if triple && bytes[at..].starts_with(&[quote; 3]) {
            return at + 3;
        } else if !triple && (byte == quote || byte == b'\n') {
            return at + 1;
        } else {
            at += 1;
        }
    }
    bytes.len()
}

/// The top-level keys in file order. `base` is where the frontmatter stands in the file.
pub(super) fn read_fields(table: &DeTable<'_>, base: usize) -> Vec<Field> {
    let mut fields: Vec<Field> = table
        .iter()
        .map(|(key, value)| Field {
            key: key.get_ref().to_string(),
            key_span: shift(key.span(), base),
            value_span: value_span(key, value, base),
            value: to_json(value.get_ref()),
        })
        .collect();
    fields.sort_by_key(|field| field.key_span.start);
    fields
}

/// Where a value stands. The parser gives a table that exists only through its entries (`plan.production = …`)
/// the span of its key; that one reaches from its first entry to its last.
pub(super) fn value_span(
    key: &Spanned<impl AsRef<str>>,
    value: &Spanned<DeValue<'_>>,
    base: usize,
) -> Range<usize> {
    let own = value.span();
    let DeValue::Table(table) = value.get_ref() else { return shift(own, base) };
    let implicit = own == key.span();
    let nested = table.iter().map(|(key, value)| {
        let span = value_span(key, value, base);
        if implicit { key.span().start.saturating_add(base).min(span.start)..span.end } else { span }
    });
    let start = (!implicit).then(|| shift(own.clone(), base));
    start
        .into_iter()
        .chain(nested)
        .reduce(|a, b| a.start.min(b.start)..a.end.max(b.end))
        .unwrap_or_else(|| shift(own, base))
}

/// The span in the file of a span in the frontmatter.
pub(super) fn shift(span: Range<usize>, base: usize) -> Range<usize> {
    span.start + base..span.end + base
}

/// The value as JSON. What JSON cannot hold exactly (date-times, numbers beyond 53 bits, `nan`) is text.
pub(super) fn to_json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(integer) => match to_i64(integer) {
            Some(number) if (-MAX_EXACT..=MAX_EXACT).contains(&number) => Value::from(number),
            _ => Value::String(integer.to_string()),
        },
        DeValue::Float(float) => {
            let number = float.as_str().parse().ok().and_then(Number::from_f64);
            number.map_or_else(|| Value::String(float.as_str().to_owned()), Value::Number)
        }
        DeValue::Boolean(flag) => Value::Bool(*flag),
        DeValue::Datetime(datetime) => Value::String(to_rfc3339(datetime)),
        DeValue::Array(array) => Value::Array(array.iter().map(|value| to_json(value.get_ref())).collect()),
        DeValue::Table(table) => {
            let entry = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
                let key: &std::borrow::Cow<'_, str> = key.get_ref();
                (key.to_string(), to_json(value.get_ref()))
            };
            Value::Object(table.iter().map(entry).collect::<Map<_, _>>())
        }
    }
}

/// The number, when it fits.
pub(super) fn to_i64(integer: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// RFC 3339 as far as the value has parts: `T` between them, seconds always, no needless digits.
fn to_rfc3339(datetime: &Datetime) -> String {
    let mut text = String::new();
    if let Some(date) = datetime.date {
        text.push_str(&date.to_string());
    }
    if let Some(time) = datetime.time {
        if datetime.date.is_some() {
            text.push('T');
        }
        text.push_str(&format!("{:02}:{:02}:{:02}", time.hour, time.minute, time.second.unwrap_or(0)));
        let fraction = format!("{:09}", time.nanosecond.unwrap_or(0));
        let fraction = fraction.trim_end_matches('0');
        if !fraction.is_empty() {
            text.push('.');
            text.push_str(fraction);
        }
    }
    match datetime.offset {
        Some(Offset::Z) => text.push('Z'),
        Some(offset) => text.push_str(&offset.to_string()),
        None => {}
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(toml: &str) -> String {
        let table = parse_table(toml).unwrap();
        let fields = read_fields(&table, 0);
        Value::Object(fields.into_iter().map(|field| (field.key, field.value)).collect()).to_string()
    }

    #[test]
    fn values_as_json() {
        assert_eq!(json("a = 1\nb = 'x'\nc = [true, 0x10]\n"), r#"{"a":1,"b":"x","c":[true,16]}"#);
        assert_eq!(json("a = 9007199254740991"), r#"{"a":9007199254740991}"#);
        assert_eq!(json("a = 9007199254740993"), r#"{"a":"9007199254740993"}"#);
        assert_eq!(json("a = -99999999999999999999"), r#"{"a":"-99999999999999999999"}"#);
        assert_eq!(json("a = 0.5\nb = nan\nc = -inf"), r#"{"a":0.5,"b":"nan","c":"-inf"}"#);
        assert_eq!(json("p.x = { n = 1 }\nz = 0\np.y = 2"), r#"{"p":{"x":{"n":1},"y":2},"z":0}"#);
    }

    #[test]
    fn times_as_rfc_3339() {
        for (toml, expected) in [
            ("2024-05-25T02:00:00+02:00", "2024-05-25T02:00:00+02:00"),
            ("2024-05-25 02:00:00.500z", "2024-05-25T02:00:00.5Z"),
            ("2024-05-25T02:00-00:30", "2024-05-25T02:00:00-00:30"),
            ("2024-05-25T02:00:00.000", "2024-05-25T02:00:00"),
            ("2024-05-16", "2024-05-16"),
            ("07:32:00", "07:32:00"),
        ] {
            assert_eq!(json(&format!("a = {toml}")), format!(r#"{{"a":"{expected}"}}"#));
        }
    }

    #[test]
    fn spans() {
        let text = "id = 'a' # c\nplan.x = { n = 1 }\nk = 1\nplan.y = 2\n[t]\nv = 'w'\n[[l]]\n";
        let table = parse_table(text).unwrap();
        let spans: Vec<_> = read_fields(&table, 0)
            .into_iter()
            .map(|field| (field.key, &text[field.key_span], &text[field.value_span]))
            .collect();
        let expected = [
            ("id", "id", "'a'"),
            ("plan", "plan", "x = { n = 1 }\nk = 1\nplan.y = 2"),
            ("k", "k", "1"),
            ("t", "t", "[t]\nv = 'w'"),
            ("l", "l", "[[l]]"),
        ];
        assert_eq!(spans, expected.map(|(key, key_text, value)| (key.to_owned(), key_text, value)));
    }

    #[test]
    fn nesting_is_bounded() {
        let dots = ["a"; 70].join(".");
        let nested = format!("a = {}1{}\n", format!("{{ {dots} = ").repeat(79), "}".repeat(79));
        assert_eq!(parse_table(&nested).unwrap_err().message, "nested deeper than 128 levels");
        let flat = format!(
            "a = [{}]\nb = \"{}\" # {}\nc = \"\"\"\n{}\"\"\"\nd = 'x\\'\ne = '''{}'''\n",
            "1.5, ".repeat(500),
            "[.\\\"".repeat(500),
            "{.".repeat(500),
            "[.\n\\\"".repeat(500),
            "[.'".repeat(500) + " ",
        );
        assert!(parse_table(&flat).is_ok(), "{:?}", parse_table(&flat));
        for torn in ["a = \"", "a = '''", "a = \"\\", "#", "]]]...,", "'"] {
            assert!(find_too_deep(torn).is_none(), "{torn}");
        }
    }

    #[test]
    fn troubles_have_places() {
        let trouble = parse_table("a = 1\nb = \n").unwrap_err();
        assert_eq!(trouble.span.start, 10);
        assert_eq!(parse_table("a = 1\na = 2\n").unwrap_err().message, "duplicate key");
    }
}
