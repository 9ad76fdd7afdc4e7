//! Reads objects out of packs without locks, so that each thread reads as fast as one alone.
//!
//! `gix-pack` knows the format. What is added is git's own habit of keeping every base of a delta that was made on
//! the way: neighbours in history build on the same ones.

use std::path::Path;
use std::sync::Arc;

use gix_hash::ObjectId;
use gix_object::Kind;
use gix_pack::cache::Never;
use gix_pack::data::decode::entry::ResolvedBase;
use gix_pack::data::entry::Header;
use gix_pack::{Bundle, data};
use rustc_hash::FxHashMap;

/// Objects up to this many bytes are read here.
const LARGEST: usize = 64 * 1024 * 1024;
/// Bases that one reader keeps, in bytes.
const KEPT: usize = 12 * 1024 * 1024;
/// Git makes chains of some fifty; a longer one is left to libgit2.
const LONGEST_CHAIN: usize = 4096;

/// The packs of an `objects` directory as they were when it was opened.
pub(super) struct Packs(Vec<Bundle>);

impl Packs {
    /// Opens every pack that can be opened; the others, and those that come later, are left to libgit2.
    pub(super) fn open(objects: &Path) -> Self {
        let entries = std::fs::read_dir(objects.join("pack")).into_iter().flatten().flatten();
        let mut paths: Vec<_> = entries
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "idx"))
            .collect();
        paths.sort_unstable();
        let open = |path| {
            let Bundle { pack, index } = Bundle::at(path, gix_hash::Kind::Sha1).ok()?;
            Some(Bundle { pack: pack.with_alloc_limit_bytes(Some(LARGEST)), index })
        };
        Packs(paths.into_iter().filter_map(open).collect())
    }
}

/// An object whose place in a pack is known, with its content.
type Known = (Kind, Arc<[u8]>);

/// Reads packs on one thread.
pub(super) struct PackReader {
    packs: Arc<Packs>,
    /// By number of the pack and offset in it.
    bases: FxHashMap<(usize, data::Offset), Known>,
    kept: usize,
    inflate: gix_zlib::Inflate,
    /// Where the last object was found: the next one is most likely there too.
    recent: usize,
}

impl PackReader {
    pub(super) fn new(packs: Arc<Packs>) -> Self {
        let inflate = gix_zlib::Inflate::default();
        PackReader { packs, bases: FxHashMap::default(), kept: 0, inflate, recent: 0 }
    }

    /// Reads an object into `out`; `None` where no pack has it, or none that can be read here.
    pub(super) fn read(&mut self, id: &ObjectId, out: &mut Vec<u8>) -> Option<Kind> {
        let (pack, offset) = self.find(id)?;
        let (kind, content) = match self.deltas(pack, offset, out)? {
            Base::Whole(kind) => return Some(kind),
            Base::Of(deltas, base) => self.apply(pack, deltas, base, out)?,
        };
        out.clear();
        out.extend_from_slice(&content);
        Some(kind)
    }

    fn find(&mut self, id: &ObjectId) -> Option<(usize, data::Offset)> {
        let packs = &self.packs.0;
        let others = (0..packs.len()).filter(|pack| *pack != self.recent);
        let found = std::iter::once(self.recent).chain(others).find_map(|pack| {
            let index = &packs.get(pack)?.index;
            Some((pack, index.pack_offset_at_index(index.lookup(id)?)))
        })?;
        self.recent = found.0;
        Some(found)
    }

    /// The deltas that make an object, the outermost first, and what the innermost one starts from.
    fn deltas(&mut self, pack: usize, offset: data::Offset, out: &mut Vec<u8>) -> Option<Base> {
        let packs = Arc::clone(&self.packs);
        let Bundle { pack: file, index } = &packs.0[pack];
        let mut deltas = Vec::new();
        let mut at = offset;
        while deltas.len() < LONGEST_CHAIN {
            if let Some(base) = self.bases.get(&(pack, at)) {
                return Some(Base::Of(deltas, base.clone()));
            }
            let entry = file.entry(at).ok()?;
            at = match entry.header {
                Header::OfsDelta { base_distance } => entry.checked_base_pack_offset(base_distance)?,
                Header::RefDelta { base_id } => index.pack_offset_at_index(index.lookup(base_id)?),
                header => {
                    let size =
                        usize::try_from(entry.decompressed_size).ok().filter(|size| *size <= LARGEST)?;
                    out.resize(size, 0);
                    file.decompress_entry(&entry, &mut self.inflate, out).ok()?;
                    let kind = header.as_kind()?;
                    if deltas.is_empty() {
                        return Some(Base::Whole(kind));
                    }
                    return Some(Base::Of(deltas, self.keep(pack, at, kind, out)));
                }
            };
            deltas.push(entry);
        }
        None
    }

    fn apply(
        &mut self,
        pack: usize,
        mut deltas: Vec<data::Entry>,
        mut base: Known,
        out: &mut Vec<u8>,
    ) -> Option<Known> {
        let packs = Arc::clone(&self.packs);
        let file = &packs.0[pack].pack;
        while let Some(entry) = deltas.pop() {
            let offset = entry.pack_offset();
            // Named like a base of another pack, so that the base at hand is taken.
            let header = Header::RefDelta { base_id: ObjectId::null(gix_hash::Kind::Sha1) };
            let (kind, content) = &base;
            let resolve = |_: &gix_hash::oid, buffer: &mut Vec<u8>| {
                buffer.clear();
                buffer.extend_from_slice(content);
                Ok(Some(ResolvedBase::OutOfPack { kind: *kind, end: content.len() }))
            };
            let delta = data::Entry { header, ..entry };
            let decoded = file.decode_entry(delta, out, &mut self.inflate, &resolve, &mut Never).ok()?;
            out.truncate(usize::try_from(decoded.object_size).ok()?);
            base = self.keep(pack, offset, *kind, out);
        }
        Some(base)
    }

    fn keep(&mut self, pack: usize, offset: data::Offset, kind: Kind, content: &[u8]) -> Known {
        let known: Known = (kind, Arc::from(content));
        if self.kept + content.len() > KEPT {
            self.bases.clear();
            self.kept = 0;
        }
        if content.len() <= KEPT / 4 {
            self.kept += content.len();
            self.bases.insert((pack, offset), known.clone());
        }
        known
    }
}

/// What an object is made from.
enum Base {
    /// It is in the buffer as it is.
    Whole(Kind),
    /// Deltas on something.
    Of(Vec<data::Entry>, Known),
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
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
}
