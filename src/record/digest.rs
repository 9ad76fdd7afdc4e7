//! Digests as they are written, and as they are shown.

/// What a digest is written with: the hash that made it.
const SHA256: &str = "sha256:";
/// Digits of a digest that people are shown.
const SHORT: usize = 12;

/// In base 16.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// `sha256:…`, of a SHA-256 hash.
pub(crate) fn sha256_digest(hash: &[u8]) -> String {
    format!("{SHA256}{}", hex(hash))
}

/// As much of a digest as tells it from others, for people.
pub(crate) fn short_digest(digest: &str) -> String {
    digest.trim_start_matches(SHA256).chars().take(SHORT).collect()
}
