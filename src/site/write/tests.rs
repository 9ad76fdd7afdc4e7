//! What is put on disk, and what is refused.

use super::*;
use crate::site::PageStore;

fn page(path: &str, text: &str) -> Page {
    Page::new(path, text.as_bytes().to_vec())
}

fn report(written: usize, unchanged: usize, removed: usize) -> WriteReport {
    WriteReport { written, unchanged, removed }
}

#[test]
fn writes_what_differs_and_removes_only_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("site");
    let first = [page("index.html", "1"), page("tasks/A.html", "a"), page("tasks/old/B.html", "b")];
    assert_eq!(write_site(&out, &first).unwrap(), report(3, 0, 0));
    let time = fs::metadata(out.join("index.html")).unwrap().modified().unwrap();
    assert_eq!(write_site(&out, &first).unwrap(), report(0, 3, 0));
    assert_eq!(fs::metadata(out.join("index.html")).unwrap().modified().unwrap(), time);

    fs::write(out.join("CNAME"), "x").unwrap();
    fs::write(out.join("tasks/mine.txt"), "x").unwrap();
    assert_eq!(write_site(&out, &[page("index.html", "2")]).unwrap(), report(1, 0, 2));
    assert!(out.join("CNAME").exists() && out.join("tasks/mine.txt").exists());
    assert!(!out.join("tasks/A.html").exists() && !out.join("tasks/old").exists());
}

#[test]
fn a_page_that_somebody_changed_is_not_removed() {
    let folder = tempfile::tempdir().unwrap();
    write_site(folder.path(), &[page("a.html", "1"), page("b.html", "1")]).unwrap();
    fs::write(folder.path().join("b.html"), "by hand").unwrap();
    assert_eq!(write_site(folder.path(), &[page("a.html", "1")]).unwrap(), report(0, 1, 0));
    assert_eq!(fs::read_to_string(folder.path().join("b.html")).unwrap(), "by hand");
}

#[test]
fn foreign_directories_and_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thesis.doc"), "x").unwrap();
    let refused = write_site(folder.path(), &[page("a.html", "1")]);
    assert!(matches!(refused, Err(WriteError::NotOurs { found, .. }) if found == "thesis.doc"));
    assert!(!folder.path().join("a.html").exists());

    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.html"), "old").unwrap();
    assert_eq!(write_site(folder.path(), &[page("a.html", "1")]).unwrap(), report(1, 0, 0));
    fs::write(folder.path().join("b.html"), "mine").unwrap();
    let refused = write_site(folder.path(), &[page("a.html", "1"), page("b.html", "2")]);
    assert!(matches!(refused, Err(WriteError::InTheWay { .. })));
    assert_eq!(fs::read_to_string(folder.path().join("b.html")).unwrap(), "mine");
}

#[test]
fn paths_stay_inside() {
    let folder = tempfile::tempdir().unwrap();
    for bad in ["../x", "/x", "a/../../x", "", "a\\b", MANIFEST] {
        let refused = write_site(folder.path(), &[page(bad, "1")]);
        assert!(matches!(refused, Err(WriteError::UnsafePath { .. })), "{bad}");
    }
}

#[cfg(unix)]
#[test]
fn symbolic_links_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    write_site(folder.path(), &[page("index.html", "1")]).unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), folder.path().join("tasks")).unwrap();
    let refused = write_site(folder.path(), &[page("index.html", "1"), page("tasks/A.html", "1")]);
    assert!(matches!(refused, Err(WriteError::SymbolicLink { .. })));
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);

    std::os::unix::fs::symlink(elsewhere.path().join("f"), folder.path().join("b.html")).unwrap();
    let refused = write_site(folder.path(), &[page("b.html", "1")]);
    assert!(matches!(refused, Err(WriteError::SymbolicLink { .. })));
}

#[cfg(unix)]
#[test]
fn a_file_is_told_by_its_look_once_no_change_can_hide() {
    let folder = tempfile::tempdir().unwrap();
    let pages = [page("a.html", "1")];
    let first = OnDisk::new(folder.path(), Looks::default());
    write_among(&first, &pages, &[]).unwrap();
    let own = hash(b"1");
    // The clock of the file system goes in steps: until the next one, a look tells nothing and the file is read.
    let now = || fs::metadata(tempfile::NamedTempFile::new_in(&folder).unwrap()).unwrap().modified().unwrap();
    let mut looks = first.into_looks(std::time::SystemTime::UNIX_EPOCH);
    assert!(stands(&OnDisk::new(folder.path(), looks.clone()), 1), "what is not settled is read");
    let settled = loop {
        let disk = OnDisk::new(folder.path(), looks);
        assert!(disk.has("a.html", &own) && !disk.has("a.html", &hash(b"2")));
        let later = disk.into_looks(now());
        if OnDisk::new(folder.path(), later.clone()).is_settled("a.html") {
            break later;
        }
        looks = later;
    };
    let looks = settled;
    let disk = || OnDisk::new(folder.path(), looks.clone());
    assert!(disk().has("a.html", &own) && disk().into_looks(now()) == Looks::default());
    let target = folder.path().join("a.html");
    let modified = fs::metadata(&target).unwrap().modified().unwrap();
    fs::write(&target, "2").unwrap();
    fs::File::options().write(true).open(&target).unwrap().set_modified(modified).unwrap();
    assert!(!disk().has("a.html", &own), "the same size and time of modification hide nothing");
    assert!(!disk().has("a.html", &hash(b"3")));
    assert_eq!(write_among(&disk(), &pages, &[]).unwrap(), report(1, 0, 0));
    assert_eq!(fs::read_to_string(&target).unwrap(), "1");
}

/// A build that was ended after it had said what it would write, and before it wrote it.
#[test]
fn a_manifest_that_says_more_than_was_written_hides_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let first = OnDisk::new(folder.path(), Looks::default());
    write_among(&first, &[page("a.html", "1")], &[]).unwrap();
    let later = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(4_000_000_000);
    let looks = first.into_looks(later);
    fs::write(folder.path().join(MANIFEST), manifest([("a.html", &hash(b"2"))])).unwrap();
    let second = OnDisk::new(folder.path(), looks);
    assert_eq!(write_among(&second, &[page("a.html", "2")], &[]).unwrap(), report(1, 0, 0));
    assert_eq!(fs::read_to_string(folder.path().join("a.html")).unwrap(), "2");
}
