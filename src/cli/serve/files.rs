//! The files of the site that is shown, each once in memory.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use crate::site::{Key, Page, PageStore};

/// Files by their paths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Files(HashMap<String, Arc<[u8]>>);

impl Files {
    pub(super) fn get(&self, path: &str) -> Option<&[u8]> {
        self.0.get(path).map(|bytes| &**bytes)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The files of the next build: what it made, and what stayed as it is here. A file that was made again with the
    /// same bytes stays the one in memory.
    ///
    /// # Errors
    /// When a page waits in a file and that cannot be read.
    pub(super) fn followed(&self, made: Vec<Page>, standing: Vec<String>) -> io::Result<Self> {
        let made = made.into_iter().map(|page| {
            let bytes = page.read()?;
            let same = self.0.get(&page.path).filter(|before| ***before == *bytes);
            let bytes = same.map_or_else(|| Arc::from(&*bytes), Arc::clone);
            Ok((page.path, bytes))
        });
        let standing = standing.into_iter().filter_map(|path| {
            let bytes = self.0.get(&path).map(Arc::clone)?;
            Some(Ok((path, bytes)))
        });
        made.chain(standing).collect::<io::Result<_>>().map(Files)
    }
}

impl PageStore for Files {
    /// Nobody changes a file in memory: what was built last is there.
    fn read(&self, path: &str, _: &Key) -> Option<Vec<u8>> {
        self.get(path).map(<[u8]>::to_vec)
    }

    fn has(&self, path: &str, _: &Key) -> bool {
        self.0.contains_key(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_what_was_made_and_what_stands() {
        let page = |path: &str, text: &str| Page::new(path, text.as_bytes().to_vec());
        let first = Files::default()
            .followed(vec![page("a", "1"), page("b", "1"), page("c", "1")], Vec::new())
            .unwrap();
        let second = first.followed(vec![page("a", "1"), page("b", "2")], vec!["c".to_owned()]).unwrap();
        assert_eq!(second.len(), 3);
        assert!(Arc::ptr_eq(&first.0["a"], &second.0["a"]) && Arc::ptr_eq(&first.0["c"], &second.0["c"]));
        assert_eq!(second.get("b"), Some(&b"2"[..]));
        assert_eq!(second.followed(vec![page("a", "1")], Vec::new()).unwrap().get("c"), None);
    }
}
