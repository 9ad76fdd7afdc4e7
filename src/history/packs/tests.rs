#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::PathBuf;
use std::process::Command;

use super::*;

fn git(directory: &Path, arguments: &[&str]) {
    let identity = ["-c", "user.name=ana", "-c", "user.email=ana@example.org"];
    let mut command = Command::new("git");
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    let output = command.args(identity).args(arguments).current_dir(directory).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A hundred versions of a long file in a folder of many, so that trees and blobs come as chains of deltas.
fn repository(directory: &Path) {
    git(directory, &["init", "--quiet"]);
    std::fs::create_dir(directory.join("tasks")).unwrap();
    for file in 0..50 {
        std::fs::write(directory.join(format!("tasks/{file}.md")), format!("file {file}\n")).unwrap();
    }
    let mut text = String::new();
    for version in 0..100 {
        text.push_str(&format!("line {version} of a text that grows\n"));
        std::fs::write(directory.join("tasks/7.md"), &text).unwrap();
        git(directory, &["add", "."]);
        git(directory, &["commit", "--quiet", "-m", &format!("version {version}")]);
    }
}

/// Holds every object against libgit2's reading, and gives how many a pack had.
fn compare(directory: &Path) -> usize {
    let repository = git2::Repository::open(directory).unwrap();
    let odb = repository.odb().unwrap();
    let mut reader = PackReader::new(Arc::new(Packs::open(&directory.join(".git/objects"))));
    let (mut out, mut packed) = (Vec::new(), 0);
    odb.foreach(|oid| {
        let id = ObjectId::try_from(oid.as_bytes()).unwrap();
        if let Some(kind) = reader.read(&id, &mut out) {
            let object = odb.read(*oid).unwrap();
            assert_eq!((kind.to_string(), &out[..]), (object.kind().to_string(), object.data()), "{oid}");
            packed += 1;
        }
        true
    })
    .unwrap();
    packed
}

#[test]
fn every_object_is_read_as_libgit2_reads_it() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    repository(root);
    assert_eq!(compare(root), 0, "nothing is packed yet");
    // 50 + 99 blobs (one file's first version is replaced before it is committed), 100 commits, 200 trees.
    let all = 449;
    git(root, &["repack", "-adfq", "--depth=4", "--window=20"]);
    assert_eq!(compare(root), all);
    git(root, &["-c", "repack.useDeltaBaseOffset=false", "repack", "-adfq", "--depth=50", "--window=50"]);
    assert_eq!(compare(root), all);
    std::fs::write(root.join("more.md"), "more\n").unwrap();
    git(root, &["add", "."]);
    git(root, &["commit", "--quiet", "-m", "loose"]);
    assert_eq!(compare(root), all, "what is loose is left to libgit2");
    git(root, &["repack", "-dq"]);
    assert_eq!(compare(root), all + 3, "two packs");
    let borrower = root.join("borrower");
    git(root, &["clone", "-q", "--shared", ".", "borrower"]);
    assert_eq!(compare(&borrower), all + 3, "borrowed packs");
}

#[test]
fn a_damaged_pack_is_left_to_libgit2() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    repository(root);
    git(root, &["repack", "-adfq"]);
    let folder = root.join(".git/objects/pack");
    let pack: PathBuf = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|extension| extension == "pack"))
        .unwrap();
    let whole = std::fs::read(&pack).unwrap();
    let packs = Packs::open(&root.join(".git/objects"));
    let ids: Vec<ObjectId> = packs.0[0].index.iter().map(|entry| entry.oid).collect();
    let mut unread = 0;
    for at in (12..whole.len()).step_by(97) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x55;
        std::fs::remove_file(&pack).unwrap();
        std::fs::write(&pack, damaged).unwrap();
        let mut reader = PackReader::new(Arc::new(Packs::open(&root.join(".git/objects"))));
        let mut out = Vec::new();
        for id in &ids {
            match reader.read(id, &mut out) {
                None => unread += 1,
                Some(kind) => assert!(out.len() <= LARGEST, "{kind}"),
            }
        }
    }
    assert!(unread > 0, "damage goes unseen");
}
