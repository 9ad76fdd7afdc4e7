//! Addresses: `module.a["x.y"].data.aws_ami.main[0]`. Keys hold any characters, dots and brackets included.

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

/// The address that a text begins with, and what follows: it ends at the first blank outside of keys.
pub(super) fn split_address(text: &str) -> (&str, &str) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b' ' => return (&text[..at], text[at..].trim_start()),
            b'[' => at = key_end(bytes, at),
            _ => at += 1,
        }
    }
    (text, "")
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
    fn an_address_ends_at_a_blank_outside_of_keys() {
        assert_eq!(split_address(r#"t.n["a (b) c"] (moved)"#), (r#"t.n["a (b) c"]"#, "(moved)"));
        assert_eq!(split_address("t.n"), ("t.n", ""));
    }

    #[test]
    fn a_hidden_key_is_hidden_as_it_is_meant() {
        let hides = |key: &str| key == "a \"b\"].c";
        let address = r#"module.m["x"].t.n["a \"b\"].c"]"#;
        assert_eq!(with_keys_hidden(address, "-", &hides), r#"module.m["x"].t.n["-"]"#);
        assert_eq!(with_keys_hidden("t.n[0]", "-", &hides), "t.n[0]");
    }
}
