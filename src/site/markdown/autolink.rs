//! Bare addresses in text as GFM's extended autolinks see them
//! (GitHub Flavored Markdown Spec, section 6.9): `www.`, `http://`, `https://`, `ftp://`, and e-mail.

use std::ops::Range;

/// A bare address in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Autolink {
    /// Its bytes in the text.
    pub(super) range: Range<usize>,
    /// What stands before them in the link's address: `http://` or `mailto:`, or nothing.
    pub(super) prefix: &'static str,
}

const SCHEMES: [&str; 3] = ["http://", "https://", "ftp://"];

/// The bare addresses of a text, in order.
pub(super) fn find(text: &str) -> Vec<Autolink> {
    let mut found: Vec<Autolink> = Vec::new();
    let mut from = 0;
    while let Some(offset) = text[from..].find([':', '@', 'w', 'W']) {
        let at = from + offset;
        let link = match text.as_bytes()[at] {
            b':' => with_scheme(text, at, from),
            b'@' => email(text, at, from),
            _ => www(text, at),
        };
        from = match link {
            Some(link) => {
                let end = link.range.end;
                found.push(link);
                end
            }
            None => at + 1,
        };
    }
    found
}

/// An address whose scheme ends at the colon `at`; nothing before `floor` belongs to it.
fn with_scheme(text: &str, at: usize, floor: usize) -> Option<Autolink> {
    let letters =
        text.as_bytes()[floor..at].iter().rev().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let start = at - letters;
    let scheme = SCHEMES.into_iter().find(|scheme| starts_with(&text[start..], scheme))?;
    let host = start + scheme.len();
    domain(&text[host..], false)?;
    Some(Autolink { range: start..start + address_length(&text[start..]), prefix: "" })
}

fn www(text: &str, start: usize) -> Option<Autolink> {
    let before = text[..start].chars().next_back();
    let begins = before.is_none_or(|c| c.is_whitespace() || "*_~(".contains(c));
    if !begins || !starts_with(&text[start..], "www.") {
        return None;
    }
    domain(&text[start..], true)?;
    Some(Autolink { range: start..start + address_length(&text[start..]), prefix: "http://" })
}

fn email(text: &str, at: usize, floor: usize) -> Option<Autolink> {
    let bytes = text.as_bytes();
    let local = |byte: &&u8| byte.is_ascii_alphanumeric() || b".+-_".contains(byte);
    let length = bytes[floor..at].iter().rev().take_while(local).count();
    let part = |byte: &&u8| byte.is_ascii_alphanumeric() || b".-_".contains(byte);
    let host_length = bytes[at + 1..].iter().take_while(part).count();
    let host = text[at + 1..at + 1 + host_length].trim_end_matches('.');
    let whole = length > 0 && host.contains('.') && !host.contains("..") && !host.starts_with('.');
    if !whole || host.ends_with(['-', '_']) {
        return None;
    }
    Some(Autolink { range: at - length..at + 1 + host.len(), prefix: "mailto:" })
}

fn starts_with(text: &str, prefix: &str) -> bool {
    text.as_bytes().get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}

/// The domain's length: letters, digits, `-`, `_` and `.`, no underscore in the last two parts.
fn domain(text: &str, dotted: bool) -> Option<usize> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    let name = text[..end].trim_end_matches('.');
    let tail: Vec<&str> = name.rsplit('.').take(2).collect();
    let named = !name.is_empty()
        && !name.starts_with('.')
        && !name.contains("..")
        && tail.iter().all(|part| !part.contains('_'));
    (named && (!dotted || tail.len() == 2)).then_some(end)
}

/// Up to white space or `<`, less the punctuation that belongs to the sentence around it.
fn address_length(text: &str) -> usize {
    let mut end = text.find(|c: char| c.is_whitespace() || c == '<').unwrap_or(text.len());
    loop {
        let address = &text[..end];
        let Some(last) = address.chars().next_back() else { return end };
        let unbalanced = |open: char, close: char| {
            last == close && address.matches(close).count() > address.matches(open).count()
        };
        if "?!.,:*_~'\"".contains(last) || unbalanced('(', ')') || unbalanced('[', ']') {
            end -= last.len_utf8();
        } else if last == ';' {
            end -= entity_length(address).unwrap_or(1);
        } else {
            return end;
        }
    }
}

/// The length of what looks like an entity at the end of the address: `&hl;`.
fn entity_length(address: &str) -> Option<usize> {
    let name = address.strip_suffix(';')?;
    let letters = name.bytes().rev().take_while(u8::is_ascii_alphanumeric).count();
    let start = name.len() - letters;
    (letters > 0 && name[..start].ends_with('&')).then_some(letters + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the specification's section, and habits of real pages.
    #[test]
    fn addresses_are_found_as_gfm_finds_them() {
        for (text, expected) in [
            ("www.commonmark.org", &["http://www.commonmark.org"][..]),
            ("Visit www.commonmark.org/help for more", &["http://www.commonmark.org/help"]),
            ("Visit www.commonmark.org.", &["http://www.commonmark.org"]),
            ("Visit www.commonmark.org/a.b.", &["http://www.commonmark.org/a.b"]),
            ("www.google.com/search?q=(a)", &["http://www.google.com/search?q=(a)"]),
            ("(www.google.com/search?q=(a))", &["http://www.google.com/search?q=(a)"]),
            ("www.google.com/search?q=(a)+ok", &["http://www.google.com/search?q=(a)+ok"]),
            ("www.google.com/search?q=a&hl=en", &["http://www.google.com/search?q=a&hl=en"]),
            ("www.google.com/search?q=a&hl;", &["http://www.google.com/search?q=a"]),
            ("www.commonmark.org/he<lp", &["http://www.commonmark.org/he"]),
            ("http://commonmark.org", &["http://commonmark.org"]),
            ("(Visit https://a.example/x?y=(z))", &["https://a.example/x?y=(z)"]),
            ("ftp://foo.bar.baz", &["ftp://foo.bar.baz"]),
            ("foo@bar.baz", &["mailto:foo@bar.baz"]),
            (
                "hello@mail+xyz.example isn't, but hello+xyz@mail.example is",
                &["mailto:hello+xyz@mail.example"],
            ),
            ("a.b-c_d@a.b", &["mailto:a.b-c_d@a.b"]),
            ("a.b-c_d@a.b.", &["mailto:a.b-c_d@a.b"]),
            ("a.b-c_d@a.b-", &[]),
            ("a.b-c_d@a.b_", &[]),
            ("Runbook:https://wiki.example/a_b_c, then", &["https://wiki.example/a_b_c"]),
            ("http://localhost:8080/x", &["http://localhost:8080/x"]),
            ("见https://例子.example/路径。", &["https://例子.example/路径。"]),
            ("xhttp://a.example shttps://b.example", &[]),
            ("http:// https://. www. www..a awww.a.b", &[]),
            ("http://a_b.example", &[]),
            ("[https://a.example]", &["https://a.example"]),
            ("note: time 12:30 @ana", &[]),
        ] {
            let found: Vec<String> = find(text)
                .iter()
                .map(|link| format!("{}{}", link.prefix, &text[link.range.clone()]))
                .collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
