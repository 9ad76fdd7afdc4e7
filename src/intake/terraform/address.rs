//! Addresses: `module.a["x.y"].data.aws_ami.main[0]`. Keys hold any characters, dots and brackets included.

use std::cmp::Ordering;

/// The steps of an address without their keys: `module`, `a`, `aws_instance`, `web`.
pub(super) fn steps(address: &str) -> Vec<&str> {
    let bytes = address.as_bytes();
    let (mut steps, mut start, mut at) = (Vec::new(), Some(0), 0);
    while at < bytes.len() {
        match bytes[at] {
            b'.' => {
                steps.extend(start.map(|start| &address[start..at]));
                start = Some(at + 1);
            }
            b'[' => {
                steps.extend(start.take().map(|start| &address[start..at]));
                at = key_end(bytes, at);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    steps.extend(start.map(|start| &address[start..]));
    steps
}

/// The position behind a key that begins at `at`.
fn key_end(bytes: &[u8], at: usize) -> usize {
    let quote = bytes.get(at + 1).copied().filter(|byte| matches!(byte, b'"' | b'\''));
    let mut position = at + 1 + usize::from(quote.is_some());
    while let Some(&byte) = bytes.get(position) {
        match (quote, byte) {
            (Some(_), b'\\') => position += 1,
            (Some(quote), byte) if byte == quote && bytes.get(position + 1) == Some(&b']') => {
                return (position + 2).min(bytes.len());
            }
            (None, b']') => return position + 1,
            _ => {}
        }
        position += 1;
    }
    bytes.len()
}

/// The address with each key that `hides` says so replaced by `instead`. Keys are asked about as they are meant, not
/// as they are written in quotes.
pub(super) fn with_keys_hidden(address: &str, instead: &str, hides: &dyn Fn(&str) -> bool) -> String {
    let bytes = address.as_bytes();
    let (mut shown, mut at, mut copied) = (String::with_capacity(address.len()), 0, 0);
    while at < bytes.len() {
        if bytes[at] != b'[' {
            at += 1;
            continue;
        }
        let end = key_end(bytes, at);
        let written = address[at..end].trim_start_matches('[').trim_end_matches(']');
        let inner = written.get(1..written.len().saturating_sub(1)).unwrap_or_default();
        if hides(&unquoted(inner)) || hides(inner) || hides(written) {
            shown.push_str(&address[copied..at]);
            shown.push_str(&format!("[\"{instead}\"]"));
            copied = end;
        }
        at = end;
    }
    shown.push_str(&address[copied..]);
    shown
}

/// What a quoted key means: the escapes of the configuration language undone.
fn unquoted(key: &str) -> String {
    let key = key.replace("$${", "${").replace("%%{", "%{");
    let (mut text, mut letters) = (String::with_capacity(key.len()), key.chars());
    while let Some(c) = letters.next() {
        match (c, c == '\\') {
            (_, false) => text.push(c),
            (_, true) => text.extend(letters.next().map(|escaped| match escaped {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                other => other,
            })),
        }
    }
    text
}

/// The order of two addresses: runs of digits count as numbers.
pub(super) fn compare_addresses(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.as_bytes(), b.as_bytes());
    let digits = |bytes: &[u8]| bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    while let (Some(x), Some(y)) = (left.first(), right.first()) {
        let (n, m) = (digits(left), digits(right));
        let order = match (n, m) {
            (0, _) | (_, 0) => x.cmp(y),
            _ => {
                let number = |bytes: &[u8]| -> Vec<u8> {
                    bytes.iter().copied().skip_while(|byte| *byte == b'0').collect()
                };
                let (x, y) = (number(&left[..n]), number(&right[..m]));
                x.len().cmp(&y.len()).then_with(|| x.cmp(&y))
            }
        };
        if order != Ordering::Equal {
            return order;
        }
        let (n, m) = if n == 0 || m == 0 { (1, 1) } else { (n, m) };
        (left, right) = (&left[n..], &right[m..]);
    }
    left.len().cmp(&right.len()).then_with(|| a.cmp(b))
}

/// The address without any keys: that of the block in the configuration.
pub(super) fn without_keys(address: &str) -> String {
    steps(address).join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_may_hold_anything() {
        for (address, expected) in [
            ("aws_instance.web", "aws_instance|web"),
            ("aws_instance.web[0]", "aws_instance|web"),
            (r#"module.m["a.b"].data.aws_ami.x["c[0].\"d\"]e"]"#, "module|m|data|aws_ami|x"),
            (r#"terraform_data.fe["new[0]"]"#, "terraform_data|fe"),
            ("a.b['c.d']", "a|b"),
            ("a.b[\"never closed", "a|b"),
            ("", ""),
        ] {
            assert_eq!(steps(address).join("|"), expected, "{address}");
        }
    }

    #[test]
    fn numbers_stand_in_their_own_order() {
        let mut addresses = ["t.n[10]", "t.n[2]", "t.m", "t.n[02]", "t.n", "t.n[\"a\"]"];
        addresses.sort_by(|a, b| compare_addresses(a, b));
        assert_eq!(addresses, ["t.m", "t.n", "t.n[\"a\"]", "t.n[02]", "t.n[2]", "t.n[10]"]);
    }

    #[test]
    fn a_hidden_key_is_hidden_as_it_is_meant() {
        let hides = |key: &str| key == "a \"b\"].c";
        let address = r#"module.m["x"].t.n["a \"b\"].c"]"#;
        assert_eq!(with_keys_hidden(address, "-", &hides), r#"module.m["x"].t.n["-"]"#);
        assert_eq!(with_keys_hidden("t.n[0]", "-", &hides), "t.n[0]");
    }
}
