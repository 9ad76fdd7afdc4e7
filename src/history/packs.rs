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
use libdeflater::Decompressor;
use rustc_hash::FxHashMap;

/// Objects up to this many bytes are read here.
const LARGEST: usize = 64 * 1024 * 1024;
/// Bases that one reader keeps at most, in bytes: half of it lately used, half before that.
const KEPT: usize = 8 * 1024 * 1024;
/// Git makes chains of some fifty; a longer one is left to libgit2.
const LONGEST_CHAIN: usize = 4096;

/// The packs of an `objects` directory as they were when it was opened.
pub(super) struct Packs(Vec<Bundle>);

impl Packs {
    /// Opens every pack that can be opened, those that are borrowed from another repository too; what is left out,
    /// or comes later, is left to libgit2.
    pub(super) fn open(objects: &Path) -> Self {
        let borrowed = std::fs::read_to_string(objects.join("info/alternates")).unwrap_or_default();
        let folders =
            std::iter::once(objects.to_path_buf()).chain(borrowed.lines().map(|line| objects.join(line)));
        let entries =
            folders.filter_map(|folder| std::fs::read_dir(folder.join("pack")).ok()).flatten().flatten();
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
    /// In bytes.
    kept: usize,
    /// Those that were used before.
    older: FxHashMap<(usize, data::Offset), Known>,
    inflate: gix_zlib::Inflate,
    /// For objects that stand whole, as commits do: their size is known, and there are many small ones.
    whole: Decompressor,
    /// Where the last object was found: the next one is most likely there too.
    recent: usize,
}

impl PackReader {
    pub(super) fn new(packs: Arc<Packs>) -> Self {
        let inflate = gix_zlib::Inflate::default();
        let whole = Decompressor::new();
        PackReader {
            packs,
            bases: FxHashMap::default(),
            kept: 0,
            older: FxHashMap::default(),
            inflate,
            whole,
            recent: 0,
        }
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
            if let Some(base) = self.kept(pack, at) {
                return Some(Base::Of(deltas, base));
            }
            let entry = file.entry(at).ok()?;
            at = match entry.header {
                Header::OfsDelta { base_distance } => entry.checked_base_pack_offset(base_distance)?,
                Header::RefDelta { base_id } => index.pack_offset_at_index(index.lookup(base_id)?),
                header => {
                    let size =
                        usize::try_from(entry.decompressed_size).ok().filter(|size| *size <= LARGEST)?;
                    out.resize(size, 0);
                    let rest = file.entry_slice(entry.data_offset..u64::try_from(file.pack_end()).ok()?)?;
                    self.whole.zlib_decompress(rest, out).ok().filter(|read| *read == size)?;
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
        self.remember(pack, offset, known.clone());
        known
    }

    /// The base at a place, if it is at hand.
    fn kept(&mut self, pack: usize, offset: data::Offset) -> Option<Known> {
        if let Some(known) = self.bases.get(&(pack, offset)) {
            return Some(known.clone());
        }
        let known = self.older.remove(&(pack, offset))?;
        self.remember(pack, offset, known.clone());
        Some(known)
    }

    /// What has not been used since half of the room was filled goes when the other half is full.
    fn remember(&mut self, pack: usize, offset: data::Offset, known: Known) {
        let size = known.1.len();
        if size > KEPT / 4 {
            return;
        }
        if self.kept + size > KEPT / 2 {
            self.older = std::mem::take(&mut self.bases);
            self.kept = 0;
        }
        self.kept += size;
        self.bases.insert((pack, offset), known);
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
mod tests;
