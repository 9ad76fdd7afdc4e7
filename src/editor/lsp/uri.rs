//! `file:` addresses and paths.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use lsp_types::Uri;

/// The path of a `file:` address; `None` for another scheme or host.
pub(super) fn path(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.as_str().strip_prefix("file://")?;
    let rest = rest.strip_prefix("localhost").unwrap_or(rest);
    let rest = rest.split(['?', '#']).next()?;
    let mut bytes = Vec::with_capacity(rest.len());
    let mut from = rest.bytes();
    while let Some(byte) = from.next() {
        match byte {
            b'%' => {
                let digits = [from.next()?, from.next()?];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
            }
            byte => bytes.push(byte),
        }
    }
    let text = String::from_utf8(bytes).ok().filter(|text| text.starts_with('/'))?;
    // `/C:/x` on Windows.
    let is_drive = text.as_bytes().get(2) == Some(&b':') && cfg!(windows);
    Some(PathBuf::from(if is_drive { &text[1..] } else { &text[..] }))
}

/// The address of a path.
pub(super) fn of(path: &Path) -> Option<Uri> {
    let mut text = "file://".to_owned();
    let path = path.to_str()?.replace('\\', "/");
    if !path.starts_with('/') {
        text.push('/');
    }
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                text.push(char::from(byte))
            }
            byte => text.push_str(&format!("%{byte:02X}")),
        }
    }
    Uri::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for name in ["/a/b.md", "/a b/ö#?.md", "/%41.md"] {
            assert_eq!(path(&of(Path::new(name)).unwrap()).as_deref(), Some(Path::new(name)));
        }
        let parse = |text: &str| path(&Uri::from_str(text).unwrap());
        assert_eq!(parse("file:///a%20b"), Some(PathBuf::from("/a b")));
        assert_eq!(parse("file://host/a"), None);
        assert_eq!(parse("https://example.org/a"), None);
        assert_eq!(parse("untitled:Untitled-1"), None);
    }
}
