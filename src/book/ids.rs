//! Which IDs are taken.

use std::collections::{BTreeMap, BTreeSet};

use super::files::work_tree;
use super::{Book, BookError};
use crate::record::RecordId;

impl Book {
    /// Every ID that any local or remote-tracking branch holds or ever held, and those of the work tree.
    ///
    /// # Errors
    /// History's errors; files that cannot be read.
    pub fn ids_ever(&self) -> Result<Vec<RecordId>, BookError> {
        let tips = self.repository.all_tips()?;
        let history = self.repository.read(&tips, &self.path)?;
        let on_disk: Vec<String> = match &self.root {
            Some(root) => work_tree(root)?.into_keys().collect(),
            None => Vec::new(),
        };
        let committed = history.commits.iter().flat_map(|commit| &commit.changes).map(|change| &*change.path);
        let paths = committed.chain(on_disk.iter().map(String::as_str));
        let ids: BTreeSet<RecordId> = paths.filter_map(RecordId::of_path).collect();
        Ok(ids.into_iter().collect())
    }

    /// The texts of the records in the work tree, by path; what cannot be read is left out.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn record_texts(&self) -> Result<BTreeMap<String, String>, BookError> {
        let Some(root) = &self.root else { return Ok(BTreeMap::new()) };
        let paths = work_tree(root)?.into_keys();
        Ok(paths.filter_map(|path| Some((path.clone(), self.text(None, &path).ok()??))).collect())
    }
}
