//! What a commit's tree holds, counted without listing it: each object is read once, however often it is named.

use git2::Oid;
use rustc_hash::FxHashMap;

use super::raw_tree::entries;
use super::read::read_raw;
use super::tree::{Budget, MAX_DEPTH, TreeReader};
use super::{CommitId, HistoryError, Repository};

/// Entries that are looked at.
const MAX_ENTRIES: usize = 20_000_000;
/// Folders that are named.
const MAX_FOLDERS: usize = 1000;

/// What a tree holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// How many files, down to the depth that is ever looked at.
    pub n_files: u64,
    /// The folders with a file of the name that was asked for, in order; the empty path is the root.
    pub folders: Vec<String>,
}

impl Repository {
    /// Counts the files of a commit and names the folders that hold a file called `name`.
    ///
    /// # Errors
    /// [`HistoryError::TreeTooLarge`]; others when an object is missing or unreadable.
    pub fn survey(&self, commit: CommitId, name: &str) -> Result<Survey, HistoryError> {
        let mut objects = self.objects.reader();
        let root = read_raw(&mut objects, super::repository::oid(&commit)?)?.tree;
        let reader = TreeReader::new(objects, Budget::new());
        let mut surveyor = Surveyor { reader, name, known: FxHashMap::default(), left: MAX_ENTRIES };
        surveyor.survey(root, 0)
    }
}

struct Surveyor<'a> {
    reader: TreeReader,
    name: &'a str,
    /// By tree and depth: what is too deep is not looked at.
    known: FxHashMap<(Oid, usize), Survey>,
    left: usize,
}

impl Surveyor<'_> {
    fn survey(&mut self, tree: Oid, depth: usize) -> Result<Survey, HistoryError> {
        if let Some(known) = self.known.get(&(tree, depth)) {
            return Ok(known.clone());
        }
        let too_large = || HistoryError::TreeTooLarge { id: tree.to_string(), limit: MAX_ENTRIES };
        let mut found = Survey::default();
        let bytes = self.reader.tree(tree)?;
        for entry in entries(&bytes) {
            self.left = self.left.checked_sub(1).ok_or_else(too_large)?;
            if !entry.is_tree() {
                found.n_files += 1;
                if entry.name == self.name.as_bytes() {
                    found.folders.push(String::new());
                }
            } else if depth < MAX_DEPTH {
                let below = self.survey(entry.oid, depth + 1)?;
                found.n_files = found.n_files.saturating_add(below.n_files);
                let folder = String::from_utf8_lossy(entry.name);
                let join = |path: &String| match path.is_empty() {
                    true => folder.clone().into_owned(),
                    false => format!("{folder}/{path}"),
                };
                found.folders.extend(below.folders.iter().map(join));
            }
            if found.folders.len() > MAX_FOLDERS {
                return Err(too_large());
            }
        }
        found.folders.sort();
        self.known.insert((tree, depth), found.clone());
        Ok(found)
    }
}
