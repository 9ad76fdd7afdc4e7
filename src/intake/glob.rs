//! Globs of a policy against paths of a document.

use globset::{GlobBuilder, GlobMatcher};

use super::tree::{Path, Step};

/// Globs of field paths: `*` stands for one key, `**` for any number of them.
pub(super) struct FieldGlobs(Vec<GlobMatcher>);

impl FieldGlobs {
    /// What is no glob matches nothing; the policy says so where it stands.
    pub(super) fn new(patterns: &[String]) -> Self {
        let compile = |pattern: &String| {
            let pattern = pattern.replace('.', "/");
            Some(GlobBuilder::new(&pattern).literal_separator(true).build().ok()?.compile_matcher())
        };
        FieldGlobs(patterns.iter().filter_map(compile).collect())
    }

    /// Whether a path, or one that leads to it, is meant.
    pub(super) fn matches(&self, path: &Path) -> bool {
        let keys: Vec<String> = path
            .0
            .iter()
            .filter_map(|step| match step {
                Step::Key(key) => Some(key.replace(['.', '/'], "_")),
                Step::Item(_) | Step::Index(_) => None,
            })
            .collect();
        self.0.iter().any(|glob| (1..=keys.len()).any(|length| glob.is_match(keys[..length].join("/"))))
    }
}

/// Whether a word, such as a kind, is one that the globs mean.
pub(super) fn word_matches(patterns: &[String], word: &str) -> bool {
    patterns.iter().any(|pattern| {
        pattern == word
            || GlobBuilder::new(pattern).build().is_ok_and(|glob| glob.compile_matcher().is_match(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_of_fields() {
        let path = |keys: &[&str]| Path(keys.iter().map(|key| Step::Key((*key).to_owned())).collect());
        let globs = FieldGlobs::new(&["metadata.labels.*".to_owned(), "**.replicas".to_owned()]);
        assert!(globs.matches(&path(&["metadata", "labels", "app.kubernetes.io/name"])));
        assert!(globs.matches(&path(&["spec", "replicas"])) && globs.matches(&path(&["replicas"])));
        assert!(!globs.matches(&path(&["metadata", "labels"])));
        assert!(!globs.matches(&path(&["spec", "template", "metadata", "labels", "app"])));
    }
}
