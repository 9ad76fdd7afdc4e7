//! Paths of pages and the relative links between them. Every link is relative, so the site works from
//! `file://` and under any sub-path.

use std::collections::HashSet;
use std::fmt::Write;

use sha2::{Digest, Sha256};

/// Longest stem of a generated file, in bytes: with its ending it must fit every file system.
const MAX_STEM_BYTES: usize = 150;

/// A file stem for any text: letters, digits, `-` and `_` stay, every other byte becomes `.hh`. No
/// result needs percent-encoding, and no two texts share one (but see [`Names`] for letter case).
pub(super) fn stem(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, ".{byte:02x}");
        }
    }
    if out.len() > MAX_STEM_BYTES {
        let digest = Sha256::digest(text.as_bytes());
        out.truncate(100);
        out.push_str("..");
        for byte in &digest[..8] {
            let _ = write!(out, "{byte:02x}");
        }
    }
    if out.is_empty() { "-".to_owned() } else { out }
}

/// Hands out file names that stay different where letter case does not count.
#[derive(Debug, Default)]
pub(super) struct Names(HashSet<String>);

impl Names {
    /// `folder/stem.html`, with `..2`, `..3` and so on before the ending when it is taken.
    pub(super) fn page(&mut self, folder: &str, text: &str) -> String {
        let stem = stem(text);
        let mut path = format!("{folder}/{stem}.html");
        let mut number = 2;
        while !self.0.insert(path.to_lowercase()) {
            path = format!("{folder}/{stem}..{number}.html");
            number += 1;
        }
        path
    }

    /// Takes a path as it is; false when it was taken before.
    pub(super) fn claim(&mut self, path: &str) -> bool {
        self.0.insert(path.to_lowercase())
    }
}

/// The way from a page back to the site's root: `""`, `"../"`, `"../../"`.
pub(super) fn root_of(page: &str) -> String {
    "../".repeat(page.matches('/').count())
}

/// The link from one page to another file of the site.
pub(super) fn relative(from_page: &str, to: &str) -> String {
    format!("{}{}", root_of(from_page), percent_encoded(to))
}

/// A path with every byte outside of the unreserved set (and `/`) percent-encoded.
pub(super) fn percent_encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// The text with `%hh` decoded; as it was when the result is no UTF-8.
pub(super) fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let digits = bytes.get(index + 1..index + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        match digits.map(|pair| u8::from_str_radix(pair, 16)) {
            Some(Ok(byte)) if bytes[index] == b'%' && !digits.is_some_and(|pair| pair.starts_with('+')) => {
                out.push(byte);
                index += 3;
            }
            _ => {
                out.push(bytes[index]);
                index += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

/// `target` as seen from the folder of `source`, both relative to the book, `.` and `..` resolved.
/// A leading slash means the book's directory. `None` when it leaves the book.
pub(super) fn joined(source: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    if !target.starts_with('/') {
        parts.extend(source.split('/'));
        parts.pop();
    }
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            other => parts.push(other),
        }
    }
    Some(parts.join("/"))
}

/// Whether a path that is to be written stays inside the output and names a file on every system.
pub(super) fn is_safe(path: &str) -> bool {
    !path.is_empty()
        && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
        && !path.contains(['\\', '\0', ':'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems_are_safe_and_unique() {
        assert_eq!(stem("INFRA-100"), "INFRA-100");
        assert_eq!(stem("tasks/a b.md"), "tasks.2fa.20b.2emd");
        assert_eq!(stem("ä%2f"), ".c3.a4.252f");
        assert_eq!(stem(""), "-");
        assert!(stem(&"ä".repeat(500)).len() < 255);
        assert_ne!(stem(&"a".repeat(500)), stem(&"a".repeat(501)));
        let mut names = Names::default();
        assert_eq!(names.page("label", "PCI"), "label/PCI.html");
        assert_eq!(names.page("label", "pci"), "label/pci..2.html");
    }

    #[test]
    fn links_are_relative() {
        assert_eq!(relative("index.html", "tasks/A.html"), "tasks/A.html");
        assert_eq!(relative("tasks/A.html", "tasks/B.html"), "../tasks/B.html");
        assert_eq!(relative("manual/a/b.html", "manual/ü #.png"), "../../manual/%C3%BC%20%23.png");
    }

    #[test]
    fn targets_are_joined_inside_the_book() {
        for (source, target, expected) in [
            ("tasks/2024/A.md", "../B.md", Some("tasks/B.md")),
            ("tasks/A.md", "../runbooks/./r.md", Some("runbooks/r.md")),
            ("docs/a.md", "/tasks/A.md", Some("tasks/A.md")),
            ("docs/a.md", "../../x.md", None),
            ("docs/a.md", "guide/", Some("docs/guide")),
        ] {
            assert_eq!(joined(source, target).as_deref(), expected, "{source} {target}");
        }
        assert_eq!(percent_decoded("a%20b%2"), "a b%2");
        assert_eq!(percent_decoded("%ff%+1"), "%ff%+1");
    }

    #[test]
    fn unsafe_paths_are_told() {
        for bad in ["", "/etc/passwd", "a/../b", "a//b", "a\\b", "C:/x", "./a"] {
            assert!(!is_safe(bad), "{bad}");
        }
        assert!(is_safe("manual/img/a b.png"));
    }
}
