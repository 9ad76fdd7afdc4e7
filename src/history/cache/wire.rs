//! Bytes out and in: numbers of variable length, and each text once.
//!
//! Reading gives `None` at the first byte that does not fit, and takes no more room than the bytes themselves
//! account for.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::history::types::{BlobId, CommitId, FileKind, TreeFile};

/// Writes a part of a file.
#[derive(Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
    texts: Vec<Arc<str>>,
    numbers: FxHashMap<Arc<str>, u64>,
}

impl Writer {
    pub(super) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn number(&mut self, number: u64) {
        write_number(&mut self.bytes, number);
    }

    pub(super) fn count(&mut self, count: usize) {
        self.number(count as u64);
    }

    /// A number that may be negative: the sign goes to the lowest bit.
    pub(super) fn signed(&mut self, number: i64) {
        self.number(((number << 1) ^ (number >> 63)).cast_unsigned());
    }

    pub(super) fn text(&mut self, text: &str) {
        let number = match self.numbers.get(text) {
            Some(number) => *number,
            None => {
                let number = self.texts.len() as u64;
                let text: Arc<str> = text.into();
                self.texts.push(Arc::clone(&text));
                self.numbers.insert(text, number);
                number
            }
        };
        self.number(number);
    }

    pub(super) fn file(&mut self, file: Option<TreeFile>) {
        let Some(file) = file else { return self.byte(0) };
        self.byte(match file.kind {
            FileKind::Regular => 1,
            FileKind::Symlink => 2,
            FileKind::Submodule => 3,
        });
        self.raw(&file.blob.0);
    }

    /// The texts, then what was written.
    pub(super) fn finish(self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.bytes.len() + self.texts.len() * 32);
        write_number(&mut out, self.texts.len() as u64);
        for text in &self.texts {
            write_number(&mut out, text.len() as u64);
            out.extend_from_slice(text.as_bytes());
        }
        out.extend_from_slice(&self.bytes);
        out
    }
}

fn write_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number as u8 & 0x7f) | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Reads a part of a file.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    texts: Vec<Arc<str>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader { rest: bytes, texts: Vec::new() };
        let count = reader.count()?;
        reader.texts.reserve_exact(count);
        for _ in 0..count {
            let length = reader.count()?;
            let text = std::str::from_utf8(reader.raw(length)?).ok()?;
            reader.texts.push(text.into());
        }
        Some(reader)
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn raw(&mut self, length: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(bytes)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*byte)
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    pub(super) fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    /// How many things follow; each takes a byte at least.
    pub(super) fn count(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok().filter(|count| *count <= self.rest.len())
    }

    pub(super) fn text(&mut self) -> Option<Arc<str>> {
        let number = usize::try_from(self.number()?).ok()?;
        self.texts.get(number).cloned()
    }

    pub(super) fn commit(&mut self) -> Option<CommitId> {
        Some(CommitId(self.raw(20)?.try_into().ok()?))
    }

    pub(super) fn blob(&mut self) -> Option<BlobId> {
        Some(BlobId(self.raw(20)?.try_into().ok()?))
    }

    pub(super) fn file(&mut self) -> Option<Option<TreeFile>> {
        let kind = match self.byte()? {
            0 => return Some(None),
            1 => FileKind::Regular,
            2 => FileKind::Symlink,
            3 => FileKind::Submodule,
            _ => return None,
        };
        Some(Some(TreeFile { blob: self.blob()?, kind }))
    }

    /// As many as are said to follow.
    pub(super) fn list<T>(&mut self, mut each: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.count()?;
        (0..count).map(|_| each(self)).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_and_texts_come_back(
            numbers in prop::collection::vec((any::<u64>(), any::<i64>()), 0..20),
            texts in prop::collection::vec(".{0,6}", 0..20),
        ) {
            let mut writer = Writer::default();
            for (number, signed) in &numbers {
                writer.number(*number);
                writer.signed(*signed);
            }
            for text in &texts {
                writer.text(text);
            }
            let bytes = writer.finish();
            let mut reader = Reader::new(&bytes).unwrap();
            for (number, signed) in &numbers {
                prop_assert_eq!(reader.number(), Some(*number));
                prop_assert_eq!(reader.signed(), Some(*signed));
            }
            for text in &texts {
                let read = reader.text();
                prop_assert_eq!(read.as_deref(), Some(&**text));
            }
            prop_assert!(reader.is_at_end());
        }

        #[test]
        fn nothing_is_too_strange_to_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = super::super::commits::decode(&bytes);
            let _ = super::super::versions::decode(&bytes);
        }
    }
}
