//! Facts of record files as bytes: each shape and each list of values once, as versions share them.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::wire::{Reader, Writer};
use super::{FileFacts, Wanted};
use crate::history::types::BlobId;
use crate::record::{Facts, ItemKey, RecordType, ScopeHash, Shape};

const READABLE: u8 = 1;
const SCOPE: u8 = 2;

type Values = Arc<[Arc<str>]>;

pub(super) fn encode(files: &[(&(RecordType, BlobId), &Facts)]) -> Vec<u8> {
    let shapes = Numbered::new(files.iter().map(|(_, facts)| &*facts.shape));
    let values = Numbered::new(files.iter().map(|(_, facts)| &*facts.values));
    let mut writer = Writer::default();
    writer.count(shapes.items.len());
    for shape in &shapes.items {
        write_shape(&mut writer, shape);
    }
    writer.count(values.items.len());
    for values in &values.items {
        write_texts(&mut writer, values);
    }
    writer.count(files.len());
    for ((record_type, blob), facts) in files {
        let position = RecordType::ALL.iter().position(|of| of == record_type);
        writer.count(position.unwrap_or_default());
        writer.raw(&blob.0);
        let readable = if facts.readable { READABLE } else { 0 };
        writer.byte(readable | if facts.scope.is_some() { SCOPE } else { 0 });
        writer.count(shapes.number(&facts.shape));
        writer.count(values.number(&facts.values));
        write_ticks(&mut writer, &facts.ticks);
        if let Some(scope) = &facts.scope {
            writer.raw(&scope.0);
        }
    }
    writer.finish()
}

/// Equal things once, in order of first sight.
struct Numbered<'a, T: ?Sized> {
    items: Vec<&'a T>,
    numbers: FxHashMap<&'a T, usize>,
}

impl<'a, T: std::hash::Hash + Eq + ?Sized> Numbered<'a, T> {
    fn new(all: impl Iterator<Item = &'a T>) -> Self {
        let mut numbered = Numbered { items: Vec::new(), numbers: FxHashMap::default() };
        for item in all {
            numbered.numbers.entry(item).or_insert_with(|| {
                numbered.items.push(item);
                numbered.items.len() - 1
            });
        }
        numbered
    }

    fn number(&self, item: &T) -> usize {
        self.numbers.get(item).copied().unwrap_or_default()
    }
}

fn write_shape(writer: &mut Writer, shape: &Shape) {
    writer.count(shape.items.len());
    for item in &shape.items {
        writer.text(&item.text);
        writer.number(item.nth.into());
    }
    write_texts(writer, &shape.fields);
}

fn write_texts(writer: &mut Writer, texts: &[Arc<str>]) {
    writer.count(texts.len());
    for text in texts {
        writer.text(text);
    }
}

/// Eight to a byte, the first in the lowest bit; how many there are the shape says.
fn write_ticks(writer: &mut Writer, ticks: &[bool]) {
    for eight in ticks.chunks(8) {
        writer.byte(eight.iter().rev().fold(0, |byte, tick| byte << 1 | u8::from(*tick)));
    }
}

/// Reads the facts of those files that are `wanted`.
pub(super) fn decode(bytes: &[u8], wanted: &Wanted<'_>) -> Option<FileFacts> {
    let mut reader = Reader::new(bytes)?;
    let shapes: Vec<Arc<Shape>> = reader.list(|reader| Some(read_shape(reader)?.into()))?;
    let values: Vec<Values> = reader.list(|reader| Some(reader.list(Reader::text)?.into()))?;
    let count = reader.count()?;
    let expected = match wanted {
        Wanted::All => count,
        Wanted::Those(those) => those.len().min(count),
    };
    let mut files = FileFacts::with_capacity_and_hasher(expected, Default::default());
    for _ in 0..count {
        let record_type = *RecordType::ALL.get(usize::from(reader.byte()?))?;
        let version = (record_type, reader.blob()?);
        let facts = read(&mut reader, &shapes, &values)?;
        if wanted.has(&version) {
            files.insert(version, facts.made()?);
        }
    }
    reader.is_at_end().then_some(files)
}

fn read_shape(reader: &mut Reader<'_>) -> Option<Shape> {
    let items = reader.list(|reader| {
        let text = reader.text()?;
        Some(ItemKey { text, nth: u16::try_from(reader.number()?).ok()? })
    })?;
    Some(Shape { items, fields: reader.list(Reader::text)? })
}

/// Facts of a file as they stand in the bytes.
struct Raw<'b, 's> {
    readable: bool,
    shape: &'s Arc<Shape>,
    values: &'s Values,
    ticks: &'b [u8],
    scope: Option<&'b [u8]>,
}

impl Raw<'_, '_> {
    fn made(&self) -> Option<Facts> {
        let ticks = (0..self.shape.items.len()).map(|item| self.ticks[item / 8] >> (item % 8) & 1 == 1);
        let scope = match self.scope {
            Some(bytes) => Some(ScopeHash(bytes.try_into().ok()?)),
            None => None,
        };
        Some(Facts {
            readable: self.readable,
            shape: Arc::clone(self.shape),
            ticks: ticks.collect(),
            values: Arc::clone(self.values),
            scope,
        })
    }
}

fn read<'b, 's>(
    reader: &mut Reader<'b>,
    shapes: &'s [Arc<Shape>],
    values: &'s [Values],
) -> Option<Raw<'b, 's>> {
    let flags = reader.byte().filter(|flags| *flags <= READABLE | SCOPE)?;
    let shape = shapes.get(usize::try_from(reader.number()?).ok()?)?;
    let values = values.get(usize::try_from(reader.number()?).ok()?)?;
    if values.len() != shape.fields.len() {
        return None;
    }
    let ticks = reader.raw(shape.items.len().div_ceil(8))?;
    let scope = if flags & SCOPE != 0 { Some(reader.raw(32)?) } else { None };
    Some(Raw { readable: flags & READABLE != 0, shape, values, ticks, scope })
}
