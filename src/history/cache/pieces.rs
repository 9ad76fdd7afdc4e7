//! Rendered pieces of pages, each under a hash of everything that it was made from.
//!
//! What a run makes anew goes into a file of its own. When there are many files, or much in them, the pieces that
//! the run used go into one, and the others are dropped: what is kept stays about as large as the site.

use std::fs::File;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use rustc_hash::{FxHashMap, FxHashSet};

use super::file::{Folder, Found, name};
use crate::history::{BookPath, Repository};

type Key = [u8; 32];

const PREFIX: &str = "pieces-";
/// How many files there may be.
const MANY: usize = 8;
/// How much may be in them, in bytes.
const MUCH: u64 = 64 * 1024 * 1024;

/// The pieces that are kept for a book. A run may build several times with one of these.
pub struct Pieces {
    /// `None` where nothing is kept on disk.
    folder: Option<Folder>,
    /// A hash of the program: another one may render otherwise.
    program: [u8; 32],
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    pieces: FxHashMap<Key, Bytes>,
    /// Those that were asked for or made since the last save.
    used: FxHashSet<Key>,
    /// Those that no file has yet.
    fresh: Vec<Key>,
}

impl Pieces {
    /// The place where a program, told by a hash of it, keeps pieces for a book. Nothing is read yet.
    pub fn new(repository: &Repository, book: &BookPath, program: [u8; 32]) -> Self {
        let folder = Some(Folder::new(repository, book, "pieces"));
        Pieces { folder, program, state: Mutex::default() }
    }

    /// Reads what is kept there.
    pub fn read(&self) {
        let Some(folder) = &self.folder else { return };
        let mut state = self.state();
        for (path, _) in folder.list(PREFIX) {
            let read = match folder.read(&path) {
                Found::Payload(payload) => {
                    let payload = Bytes::from(payload);
                    // What another program wrote is of no use.
                    let of_program = payload.starts_with(&self.program);
                    let own = of_program.then(|| payload.slice(self.program.len()..));
                    own.and_then(|payload| decode(payload, &mut state.pieces))
                }
                Found::Damaged => None,
                Found::Foreign | Found::Nothing => Some(()),
            };
            if read.is_none() {
                folder.remove(&path);
            }
        }
    }

    /// Keeps pieces in memory alone.
    pub fn in_memory() -> Self {
        Pieces { folder: None, program: [0; 32], state: Mutex::default() }
    }

    /// An empty file without a name beside what is kept, where one can be had: it is gone when nobody has it open.
    pub fn temporary_file(&self) -> Option<File> {
        let folder = self.folder.as_ref()?.path();
        std::fs::create_dir_all(folder).and_then(|()| tempfile::tempfile_in(folder)).ok()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The piece under a key.
    pub fn get(&self, key: &Key) -> Option<Bytes> {
        let mut state = self.state();
        let piece = state.pieces.get(key)?.clone();
        state.used.insert(*key);
        Some(piece)
    }

    /// Keeps a piece.
    pub fn put(&self, key: Key, piece: &[u8]) {
        let mut state = self.state();
        if state.pieces.insert(key, Bytes::copy_from_slice(piece)).is_none() {
            state.fresh.push(key);
        }
        state.used.insert(key);
    }

    /// Ends a build: what is new goes to disk, and what was not used for long is dropped. What cannot be written
    /// is not kept.
    pub fn save(&self) {
        let mut state = self.state();
        let State { pieces, used, fresh } = &mut *state;
        if pieces.len() > 4 * used.len() + 1_000 {
            pieces.retain(|key, _| used.contains(key));
        }
        let mut fresh = std::mem::take(fresh);
        let used = std::mem::take(used);
        let Some(folder) = self.folder.as_ref().filter(|_| !fresh.is_empty()) else { return };
        let files = folder.list(PREFIX);
        let size: u64 = files.iter().map(|(_, size)| size).sum();
        fresh.sort_unstable();
        if files.len() < MANY && size < MUCH {
            let _ = folder.write_named(PREFIX, &encode(&self.program, &fresh, pieces));
            return;
        }
        let mut used: Vec<Key> = used.into_iter().collect();
        used.sort_unstable();
        if let Ok(written) = folder.write_named(PREFIX, &encode(&self.program, &used, pieces)) {
            let others: Vec<PathBuf> =
                files.into_iter().map(|(path, _)| path).filter(|path| *path != written).collect();
            for path in &others {
                folder.remove(path);
            }
        }
    }
}

/// What names of notes begin with.
const NOTE: &str = "note-";
/// How many notes there may be.
const NOTES: usize = 8;

impl Pieces {
    /// What was noted under a key: one that stays the same while what is noted changes.
    pub fn note(&self, key: &[u8; 32]) -> Option<Vec<u8>> {
        let folder = self.folder.as_ref()?;
        match folder.read(&folder.path_of(&name(NOTE, key))) {
            Found::Payload(mut payload) => {
                let stamp = [self.program, *key].concat();
                payload.starts_with(&stamp).then(|| payload.split_off(stamp.len()))
            }
            _ => None,
        }
    }

    /// Notes something in the place of what was noted before; where it cannot be written, it is not.
    pub fn put_note(&self, key: &[u8; 32], note: &[u8]) {
        let Some(folder) = &self.folder else { return };
        if folder.write(&name(NOTE, key), &[&self.program[..], key, note]).is_err() {
            folder.remove(&folder.path_of(&name(NOTE, key)));
        }
        let files = folder.list(NOTE).into_iter();
        let mut by_age: Vec<_> =
            files.filter_map(|(path, _)| Some((path.metadata().ok()?.modified().ok()?, path))).collect();
        by_age.sort();
        for (_, path) in by_age.iter().rev().skip(NOTES) {
            folder.remove(path);
        }
    }
}

impl std::fmt::Debug for Pieces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pieces").field("n_pieces", &self.state().pieces.len()).finish_non_exhaustive()
    }
}

/// The parts of a file.
fn encode(program: &[u8; 32], keys: &[Key], pieces: &FxHashMap<Key, Bytes>) -> Vec<Bytes> {
    let mut parts = vec![Bytes::copy_from_slice(program)];
    for key in keys {
        let Some(piece) = pieces.get(key) else { continue };
        let Ok(length) = u32::try_from(piece.len()) else { continue };
        parts.push([&key[..], &length.to_le_bytes()].concat().into());
        parts.push(piece.clone());
    }
    parts
}

/// The pieces are parts of the payload, and are not copied.
fn decode(mut payload: Bytes, pieces: &mut FxHashMap<Key, Bytes>) -> Option<()> {
    while !payload.is_empty() {
        let (key, rest) = payload.split_first_chunk::<32>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let length =
            usize::try_from(u32::from_le_bytes(*length)).ok().filter(|length| *length <= rest.len())?;
        let key = *key;
        let mut piece = payload.split_off(36);
        payload = piece.split_off(length);
        pieces.insert(key, piece);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(folder: &std::path::Path, program: [u8; 32]) -> Pieces {
        let repository = Repository::discover(folder).unwrap();
        let pieces = Pieces::new(&repository, &BookPath::default(), program);
        pieces.read();
        pieces
    }

    #[test]
    fn pieces_are_kept_and_the_unused_dropped() {
        let directory = tempfile::tempdir().unwrap();
        git2::Repository::init(directory.path()).unwrap();
        for round in 0..=u8::try_from(MANY).unwrap() + 1 {
            let kept = pieces(directory.path(), [1; 32]);
            kept.put([round; 32], &[round]);
            assert_eq!(kept.get(&[100; 32]), None);
            if round > 0 {
                assert_eq!(kept.get(&[round - 1; 32]), Some(Bytes::from(vec![round - 1])));
            }
            kept.save();
        }
        let kept = pieces(directory.path(), [1; 32]);
        let last = u8::try_from(MANY).unwrap() + 1;
        assert_eq!(kept.get(&[last; 32]), Some(Bytes::from(vec![last])));
        assert_eq!(kept.get(&[0; 32]), None, "one that no build used for long");
        assert_eq!(pieces(directory.path(), [2; 32]).get(&[last; 32]), None, "of another program");
    }

    #[test]
    fn a_note_is_the_last_one_of_the_same_program() {
        let directory = tempfile::tempdir().unwrap();
        git2::Repository::init(directory.path()).unwrap();
        let kept = pieces(directory.path(), [1; 32]);
        assert_eq!(kept.note(&[7; 32]), None);
        kept.put_note(&[7; 32], b"first");
        kept.put_note(&[7; 32], b"second");
        assert_eq!(pieces(directory.path(), [1; 32]).note(&[7; 32]), Some(b"second".to_vec()));
        assert_eq!(pieces(directory.path(), [2; 32]).note(&[7; 32]), None, "of another program");
        for other in 20..40 {
            kept.put_note(&[other; 32], b"x");
        }
        assert_eq!(kept.folder.as_ref().unwrap().list(NOTE).len(), NOTES);
    }

    #[test]
    fn what_is_cut_off_is_no_piece() {
        let mut known = FxHashMap::default();
        known.insert([1; 32], Bytes::from_static(b"abc"));
        let payload = Bytes::from(encode(&[0; 32], &[[1; 32]], &known).concat()).slice(32..);
        for end in 1..payload.len() {
            assert_eq!(decode(payload.slice(..end), &mut FxHashMap::default()), None);
        }
        assert_eq!(decode(payload, &mut FxHashMap::default()), Some(()));
    }
}
