//! When something changed that the site may depend on.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};

use notify::{Event, EventKind, RecursiveMode, Watcher};

use super::SETTLE;

/// One item for each burst of changes; it ends when the folder can no longer be watched.
pub(super) fn changes(root: &Path, git_folder: &Path) -> notify::Result<impl Iterator<Item = ()> + use<>> {
    let (sender, receiver) = channel();
    let git = git_folder.to_path_buf();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        let counts = event.is_ok_and(|event| counts(&event, &git));
        if counts {
            let _ = sender.send(());
        }
    })?;
    watcher.watch(root, RecursiveMode::Recursive)?;
    if !git_folder.starts_with(root) {
        watcher.watch(git_folder, RecursiveMode::Recursive)?;
    }
    Ok(Changes { receiver, _watcher: watcher })
}

struct Changes {
    receiver: Receiver<()>,
    _watcher: notify::RecommendedWatcher,
}

impl Iterator for Changes {
    type Item = ();

    fn next(&mut self) -> Option<()> {
        self.receiver.recv().ok()?;
        while self.receiver.recv_timeout(SETTLE).is_ok() {}
        Some(())
    }
}

/// Of the git folder only what names commits counts; our own cache and the objects do not.
fn counts(event: &Event, git: &Path) -> bool {
    if matches!(event.kind, EventKind::Access(_)) {
        return false;
    }
    event.paths.iter().any(|path| match path.strip_prefix(git) {
        Ok(inside) => is_reference(inside),
        Err(_) => true,
    })
}

fn is_reference(inside: &Path) -> bool {
    let first: Option<PathBuf> = inside.iter().next().map(PathBuf::from);
    let named = first.is_some_and(|first| {
        ["HEAD", "refs", "packed-refs", "reftable"].iter().any(|name| first.as_path() == Path::new(name))
    });
    named && inside.extension().is_none_or(|extension| extension != "lock")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_references_of_the_git_folder_count() {
        let event = |path: &str| Event::new(EventKind::Any).add_path(PathBuf::from(path));
        let git = Path::new("/book/.git");
        for (path, expected) in [
            ("/book/tasks/INFRA-100.md", true),
            ("/book/.git/HEAD", true),
            ("/book/.git/refs/heads/main", true),
            ("/book/.git/refs/heads/main.lock", false),
            ("/book/.git/changebook/facts", false),
            ("/book/.git/objects/ab/cd", false),
            ("/book/.git/index", false),
        ] {
            assert_eq!(counts(&event(path), git), expected, "{path}");
        }
    }
}
