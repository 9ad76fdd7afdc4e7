//! Looks for secrets in the lines that a diff adds. It names places and never what stands there.

use std::fmt;

/// A line that looks as if it held a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretPlace {
    /// From the root of the work tree, as the diff has it.
    pub path: String,
    /// In the new file, from 1.
    pub line: usize,
    /// Why it was found.
    pub suspicion: Suspicion,
    /// The commit that has the line, in short, where it stands in the history alone.
    pub only_in: Option<String>,
}

/// Why a line looks as if it held a secret, in words that quote nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspicion {
    /// The form of a well-known kind of key or token.
    Form(&'static str),
    /// A quoted text behind a name such as `password`, which may be an example.
    Name,
}

impl Suspicion {
    /// What it looks like.
    pub fn words(self) -> &'static str {
        match self {
            Suspicion::Form(words) => words,
            Suspicion::Name => "a literal secret",
        }
    }
}

impl fmt::Display for SecretPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let commit = self.only_in.as_ref().map_or_else(String::new, |commit| format!(" in {commit}"));
        write!(f, "{}:{}{commit} ({})", super::escape(&self.path), self.line, self.suspicion.words())
    }
}

/// Beginnings of well-known tokens, each with how many letters and digits follow at least.
const TOKENS: [(&str, usize, &str); 12] = [
    ("AKIA", 16, "an AWS access key"),
    ("ASIA", 16, "an AWS access key"),
    ("ghp_", 30, "a GitHub token"),
    ("gho_", 30, "a GitHub token"),
    ("ghs_", 30, "a GitHub token"),
    ("github_pat_", 20, "a GitHub token"),
    ("glpat-", 16, "a GitLab token"),
    ("xoxb-", 16, "a Slack token"),
    ("xoxp-", 16, "a Slack token"),
    ("sk_live_", 16, "a Stripe key"),
    ("AIza", 30, "a Google API key"),
    ("hvs.", 20, "a Vault token"),
];

/// The places in the lines that a `git diff` adds.
pub fn scan_diff(diff: &str) -> Vec<SecretPlace> {
    let (mut found, mut path, mut line) = (Vec::new(), String::new(), 0usize);
    // Lines of a hunk that are still to come in the new file and the old one.
    let (mut new_left, mut old_left) = (0usize, 0usize);
    for text in diff.lines() {
        if new_left == 0 && old_left == 0 {
            if let Some(name) = text.strip_prefix("+++ ") {
                name.strip_prefix("b/").unwrap_or(name).clone_into(&mut path);
            } else if let Some(hunk) = text.strip_prefix("@@ ") {
                let (old, new) = hunk_ranges(hunk).unwrap_or(((0, 0), (0, 0)));
                (line, new_left, old_left) = (new.0, new.1, old.1);
            }
            continue;
        }
        match text.as_bytes().first() {
            Some(b'+') => {
                let suspicion = look(&text[1..]);
                found.extend(suspicion.map(|suspicion| SecretPlace {
                    path: path.clone(),
                    line,
                    suspicion,
                    only_in: None,
                }));
                (line, new_left) = (line + 1, new_left.saturating_sub(1));
            }
            Some(b'-') => old_left = old_left.saturating_sub(1),
            Some(b'\\') => {}
            _ => {
                line += 1;
                (new_left, old_left) = (new_left.saturating_sub(1), old_left.saturating_sub(1));
            }
        }
    }
    found
}

type Lines = (usize, usize);

/// `-1,4 +1,6 @@ …`: where the old and new lines start, and how many they are.
fn hunk_ranges(hunk: &str) -> Option<(Lines, Lines)> {
    let mut words = hunk.split(' ');
    let range = |word: &str| -> Option<Lines> {
        let (start, count) = word.split_once(',').unwrap_or((word, "1"));
        Some((start.parse().ok()?, count.parse().ok()?))
    };
    let old = range(words.next()?.strip_prefix('-')?)?;
    let new = range(words.next()?.strip_prefix('+')?)?;
    Some((old, new))
}

/// What a line looks as if it held.
pub fn look(line: &str) -> Option<Suspicion> {
    if line.contains("-----BEGIN") && line.contains("PRIVATE KEY") {
        return Some(Suspicion::Form("a private key"));
    }
    let token = TOKENS.iter().find(|(start, length, _)| {
        line.match_indices(start).any(|(at, _)| {
            let before = line[..at].chars().next_back().is_none_or(|c| !c.is_ascii_alphanumeric());
            let rest = line[at + start.len()..].chars();
            before
                && rest.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).count() >= *length
        })
    });
    token.map(|(_, _, words)| Suspicion::Form(words)).or_else(|| literal(line).then_some(Suspicion::Name))
}

/// `db_password = "…"`, `"token": "…"`: a quoted text behind such a name, and no reference.
fn literal(line: &str) -> bool {
    let Some((name, value)) = line.split_once(['=', ':']) else { return false };
    let is_secret = super::secret::ends_as_secret(name);
    let value = value.trim().trim_end_matches(',');
    let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    is_secret
        && quoted.is_some_and(|text| text.len() >= 4 && !text.contains("${") && !text.starts_with("var."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn added_lines_are_looked_at_and_never_quoted() {
        let key = format!("AKIA{}", "ABCDEFGH12345678");
        let diff = format!(
            "diff --git a/main.tf b/main.tf\n--- a/main.tf\n+++ b/main.tf\n@@ -1,2 +1,4 @@\n a\n-  password = \"removed-one\"\n+  db_password = \"planted-one\"\n+  key = \"{key}\"\n+  password = \"${{var.password}}\"\n@@ -9 +11 @@\n-x\n+-----BEGIN RSA PRIVATE KEY-----\n"
        );
        let found = scan_diff(&diff);
        let places: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(
            places,
            ["main.tf:2 (a literal secret)", "main.tf:3 (an AWS access key)", "main.tf:11 (a private key)"]
        );
    }

    #[test]
    fn references_and_other_names_are_none() {
        for line in
            ["password = var.password", "token_count = \"many\"", "password = \"\"", "name = \"AKIA\""]
        {
            assert_eq!(look(line), None, "{line}");
        }
    }
}
