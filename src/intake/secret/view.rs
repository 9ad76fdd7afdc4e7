//! What a text says when its encodings are undone: a secret in base64, in a JSON string, in an address.

/// Texts longer than this are not looked into, in bytes: what is shown is far shorter.
const MAX_BYTES: usize = 256 * 1024;
/// How many encodings may lie over each other.
const MAX_DEPTH: usize = 4;
/// Shortest run of letters that is taken for an encoding.
const MIN_RUN: usize = 8;

/// Whether `test` holds for the text or for what it says with its encodings undone, one inside the other.
pub(in crate::intake) fn any_view(text: &str, test: &mut dyn FnMut(&str) -> bool) -> bool {
    any(text, MAX_DEPTH, test)
}

fn any(text: &str, depth: usize, test: &mut dyn FnMut(&str) -> bool) -> bool {
    if test(text) {
        return true;
    }
    if depth == 0 || text.len() > MAX_BYTES {
        return false;
    }
    let unescaped = [
        text.contains('\\').then(|| without_escapes(text)),
        text.contains('%').then(|| without_percent(text)),
        text.contains('&').then(|| without_entities(text)),
        text.contains('+').then(|| text.replace('+', " ")),
        ["$${", "%%{", "''"]
            .iter()
            .any(|mark| text.contains(mark))
            .then(|| text.replace("$${", "${").replace("%%{", "%{").replace("''", "'")),
    ];
    let lines: String = text.split_whitespace().collect();
    let is_wrapped = text.contains('\n') && base64(&lines).is_some();
    if is_wrapped && any(&lines, depth - 1, test) {
        return true;
    }
    unescaped.into_iter().flatten().filter(|view| view != text).any(|view| any(&view, depth - 1, test))
        || runs(text).any(|run| decoded(run).iter().any(|view| any(view, depth - 1, test)))
}

/// Runs of letters that may be an encoding; blanks at the ends of base64's lines do not end one.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_');
    text.split(move |c: char| !is_letter(c)).filter(|run| run.len() >= MIN_RUN)
}

/// What a run of letters stands for, from each place where its first whole group can begin.
fn decoded(run: &str) -> Vec<String> {
    let mut views: Vec<String> =
        (0..4).filter_map(|skip| run.get(skip..)).flat_map(|run| printable(&bytes_of_base64(run))).collect();
    for skip in 0..2 {
        views.extend(run.get(skip..).and_then(hex).into_iter().flat_map(|bytes| printable(&bytes)));
    }
    views
}

/// The readable parts of bytes; what is no text is passed over, as it is between the texts of a binary file.
fn printable(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let parts = text.split(|c: char| c == '\u{fffd}' || (c.is_control() && !c.is_whitespace()));
    let mut views: Vec<String> = parts.filter(|part| part.len() >= 4).map(str::to_owned).collect();
    // UTF-16, as PowerShell encodes its commands.
    if bytes.len() >= 8
        && bytes.iter().skip(1).step_by(2).filter(|byte| **byte == 0).count() * 2 + 2 >= bytes.len()
    {
        views.push(bytes.iter().step_by(2).map(|byte| char::from(*byte)).collect());
    }
    views
}

/// The text that base64 stands for, with or without padding, in either alphabet; blanks in it do not count.
pub(in crate::intake) fn base64(text: &str) -> Option<String> {
    let is_letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_');
    if !text.bytes().all(|b| is_letter(b) || b == b'=' || b.is_ascii_whitespace()) {
        return None;
    }
    let text: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let letters = text.trim_end_matches('=');
    if letters.is_empty() || letters.contains('=') {
        return None;
    }
    String::from_utf8(bytes_of_base64(letters)).ok()
}

/// A user and a password in base64, as registries and HTTP take them: `user:password`.
pub(in crate::intake) fn encoded_login(text: &str) -> Option<String> {
    base64(text).filter(|text| text.contains(':'))
}

fn bytes_of_base64(run: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(run.len() * 3 / 4);
    let (mut buffer, mut n_bits) = (0u32, 0);
    for byte in run.bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            _ => 63,
        };
        buffer = (buffer << 6) | u32::from(digit);
        n_bits += 6;
        if n_bits >= 8 {
            n_bits -= 8;
            bytes.push((buffer >> n_bits).to_le_bytes()[0]);
        }
    }
    bytes
}

fn hex(run: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> =
        run.chars().map_while(|c| c.to_digit(16)).filter_map(|digit| u8::try_from(digit).ok()).collect();
    (digits.len() >= MIN_RUN).then(|| digits.chunks_exact(2).map(|pair| (pair[0] << 4) | pair[1]).collect())
}

/// The escapes of JSON, of shells and of the configuration language undone, once.
fn without_escapes(text: &str) -> String {
    let mut view = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(c) = letters.next() {
        if c != '\\' {
            view.push(c);
            continue;
        }
        match letters.next() {
            Some('n') => view.push('\n'),
            Some('t') => view.push('\t'),
            Some('r') => view.push('\r'),
            Some(kind @ ('u' | 'x' | 'U')) => {
                let length = match kind {
                    'u' => 4,
                    'x' => 2,
                    _ => 8,
                };
                let rest = letters.as_str();
                let code = rest.get(..length).and_then(|digits| u32::from_str_radix(digits, 16).ok());
                match code.and_then(char::from_u32) {
                    Some(c) => {
                        view.push(c);
                        letters = rest[length..].chars();
                    }
                    None => view.push(kind),
                }
            }
            Some(other) => view.push(other),
            None => {}
        }
    }
    view
}

fn without_percent(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut view, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let code = text
            .get(at + 1..at + 3)
            .filter(|_| bytes[at] == b'%')
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        view.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&view).into_owned()
}

/// The entities of HTML and XML undone, as far as they stand for single characters of ASCII or have a number.
fn without_entities(text: &str) -> String {
    let mut view = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        view.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find(';').filter(|end| *end <= 10);
        let entity = end.map_or("", |end| &rest[1..end]);
        let number = |text: &str, base| u32::from_str_radix(text, base).ok().and_then(char::from_u32);
        let c = match entity {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            "nbsp" => Some(' '),
            _ => entity.strip_prefix('#').and_then(|code| match code.strip_prefix(['x', 'X']) {
                Some(digits) => number(digits, 16),
                None => number(code, 10),
            }),
        };
        match (c, end) {
            (Some(c), Some(end)) => {
                view.push(c);
                rest = &rest[end + 1..];
            }
            _ => {
                view.push('&');
                rest = &rest[1..];
            }
        }
    }
    view.push_str(rest);
    view
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(text: &str, secret: &str) -> bool {
        any_view(text, &mut |view| view.contains(secret))
    }

    #[test]
    fn encodings_are_undone_one_inside_the_other() {
        let secret = "p\"s/s+w<&>\\rd";
        for text in [
            "p\"s/s+w<&>\\rd",
            r#"{"v":"p\"s/s+w<&>\\rd"}"#,
            r#"{\"v\":\"p\\\"s/s+w<&>\\\\rd\"}"#,
            r#""p\u0022s/s+w\u003c\u0026\u003e\u005crd""#,
            "p%22s%2Fs%2Bw%3C%26%3E%5Crd",
            "p&quot;s/s+w&lt;&amp;&gt;&#92;rd",
            "p&#x22;s/s+w&lt;&amp;&gt;\\rd",
            // Base64 at each of the three places of a group, and hex.
            "cCJzL3MrdzwmPlxyZA==",
            "eHAicy9zK3c8Jj5ccmQ",
            "eHhwInMvcyt3PCY-XHJk",
            "7022732f732b773c263e5c7264",
        ] {
            assert!(says(text, secret), "{text}");
        }
        assert!(!says("nothing of that kind", secret));
        // Base64 of JSON of base64.
        assert!(says("eyJhIjoiYUhWdWRHVnlNbWgxYm5SbGNqST0ifQ==", "hunter2hunter2"));
    }

    #[test]
    fn texts_in_base64() {
        assert_eq!(base64("aHVudGVyMg==").as_deref(), Some("hunter2"));
        assert_eq!(base64("aHVu\n dGVyMg").as_deref(), Some("hunter2"));
        assert_eq!(base64("w6Q=").as_deref(), Some("ä"));
        assert_eq!(base64("not base64!"), None);
        assert_eq!(base64(""), None);
    }
}
