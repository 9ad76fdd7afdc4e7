//! What somebody may have meant who wrote a path that leads nowhere.

use std::collections::HashMap;

use crate::diagnostic::nearest;

/// The paths of a book's files, for suggestions.
#[derive(Debug)]
pub(super) struct Candidates {
    /// Sorted.
    paths: Vec<String>,
    /// The first path with each file name, in lower case.
    by_name: HashMap<String, usize>,
}

impl Candidates {
    pub(super) fn new<'p>(paths: impl Iterator<Item = &'p String>) -> Self {
        let mut paths: Vec<String> = paths.cloned().collect();
        paths.sort_unstable();
        let mut by_name = HashMap::new();
        for (index, path) in paths.iter().enumerate() {
            by_name.entry(file_name(path).to_lowercase()).or_insert(index);
        }
        Candidates { paths, by_name }
    }

    /// The path of a file of that name elsewhere.
    pub(super) fn elsewhere(&self, path: &str) -> Option<&str> {
        self.by_name.get(&file_name(path).to_lowercase()).map(|index| self.paths[*index].as_str())
    }

    /// The path that looks most like this one: a file of that name elsewhere, else one with a slip in it, for which all
    /// paths are looked at.
    pub(super) fn similar(&self, path: &str) -> Option<&str> {
        self.elsewhere(path).or_else(|| nearest(path, self.paths.iter().map(String::as_str)))
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_name_elsewhere_is_meant_before_a_slip() {
        let paths = ["tasks/2024/INFRA-100.md", "tasks/2025/INFRA-101.md"].map(str::to_owned);
        let candidates = Candidates::new(paths.iter());
        for (path, expected) in [
            ("tasks/2024/INFRA-101.md", Some("tasks/2025/INFRA-101.md")),
            ("tasks/2025/infra-100.md", Some("tasks/2024/INFRA-100.md")),
            ("tasks/2024/INFRA-10.md", Some("tasks/2024/INFRA-100.md")),
            ("zebra", None),
        ] {
            assert_eq!(candidates.similar(path), expected, "{path}");
        }
    }
}
