//! The files that steer a book: `book.toml`, `policy.toml`, its own templates.

use std::collections::BTreeMap;

use super::{BOOK_FILE, Book, BookConfig, BookError, POLICY_FILE};
use crate::diagnostic::{Code, Diagnostic};
use crate::history::CommitId;
use crate::policy::Policy;
use crate::template::RecordTemplates;

/// The settings that a `book.toml` holds.
pub(super) fn parse_config(text: &str) -> Result<BookConfig, BookError> {
    BookConfig::parse(text).map_err(|diagnostic| BookError::Settings(vec![*diagnostic]))
}

impl Book {
    /// `book.toml` of a commit, or of the work tree.
    ///
    /// # Errors
    /// [`BookError::Settings`] with the place.
    pub fn config(&self, commit: Option<CommitId>) -> Result<BookConfig, BookError> {
        let text = self.text(commit, BOOK_FILE)?.unwrap_or_default();
        parse_config(&text)
    }

    /// The policy of a commit; before the first commit that of the work tree; without a file the built-in one.
    ///
    /// # Errors
    /// [`BookError::Settings`] with every place: a policy that cannot be read gives nobody authority.
    pub fn policy(&self, commit: Option<CommitId>) -> Result<Policy, BookError> {
        let Some(text) = self.text(commit, POLICY_FILE)? else { return Ok(Policy::builtin()) };
        let (policy, diagnostics) = Policy::parse(POLICY_FILE, &text);
        policy.ok_or(BookError::Settings(diagnostics))
    }

    /// What is wrong with the policy of the work tree, which counts once it is committed.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn policy_in_work_tree(&self) -> Result<Vec<Diagnostic>, BookError> {
        if self.root.is_none() {
            return Ok(Vec::new());
        }
        if let Some(text) = self.text(None, POLICY_FILE)? {
            return Ok(Policy::parse(POLICY_FILE, &text).1);
        }
        let committed = match self.head()?.commit {
            Some(head) => self.text(Some(head), POLICY_FILE)?,
            None => None,
        };
        let removed = committed.map(|_| {
            let message =
                "the policy is committed but missing from the work tree; without it nobody has any authority";
            Diagnostic::error_at_file(Code::PolicyInvalid, POLICY_FILE, message.to_owned())
                .with_help("restore it with `git restore policy.toml`")
        });
        Ok(removed.into_iter().collect())
    }

    /// The built-in record templates, overlaid by those in `templates/records/`.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn record_templates(&self, commit: Option<CommitId>) -> Result<RecordTemplates, BookError> {
        Ok(RecordTemplates::new(self.record_template_files(commit)?))
    }

    /// The book's own record templates, by file name.
    pub(super) fn record_template_files(
        &self,
        commit: Option<CommitId>,
    ) -> Result<BTreeMap<String, String>, BookError> {
        self.templates(commit, "templates/records", ".md")
    }

    /// The book's own templates below a folder, by path below `templates/`.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn site_templates(&self, commit: Option<CommitId>) -> Result<BTreeMap<String, String>, BookError> {
        let templates = self.templates(commit, "templates/site", "")?;
        Ok(templates.into_iter().map(|(name, text)| (format!("site/{name}"), text)).collect())
    }

    fn templates(
        &self,
        commit: Option<CommitId>,
        folder: &str,
        ending: &str,
    ) -> Result<BTreeMap<String, String>, BookError> {
        let mut templates = BTreeMap::new();
        let names: Vec<String> = match (commit, &self.root) {
            (Some(commit), _) => self
                .repository
                .files(commit, &self.path.join(folder))?
                .into_iter()
                .map(|(path, _)| path)
                .collect(),
            (None, Some(root)) => std::fs::read_dir(root.join(folder))
                .into_iter()
                .flatten()
                .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
                .collect(),
            (None, None) => Vec::new(),
        };
        for name in names.into_iter().filter(|name| name.ends_with(ending) && !name.contains('/')) {
            if let Some(text) = self.text(commit, &format!("{folder}/{name}"))? {
                templates.insert(name, text);
            }
        }
        Ok(templates)
    }
}
