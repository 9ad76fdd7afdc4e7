//! Facts of record files as bytes: each shape and each list of values once, as versions share them.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::FileFacts;
use super::wire::{Reader, Writer};
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
        writer.count(facts.marks.len());
        for (item, mark) in facts.marks.iter() {
            writer.number((*item).into());
            writer.text(mark);
        }
        if let Some(scope) = &facts.scope {
            writer.raw(&scope.0);
        }
        writer.raw(&facts.body.to_be_bytes());
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
    writer.count(shape.conditions.len());
    for place in &shape.conditions {
        writer.number(u64::from(*place));
    }
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

pub(super) fn decode(bytes: &[u8]) -> Option<FileFacts> {
    let mut reader = Reader::new(bytes)?;
    let shapes: Vec<Arc<Shape>> = reader.list(|reader| Some(read_shape(reader)?.into()))?;
    let values: Vec<Values> = reader.list(|reader| Some(reader.list(Reader::text)?.into()))?;
    let count = reader.count()?;
    let mut files = FileFacts::with_capacity_and_hasher(count, Default::default());
    for _ in 0..count {
        let record_type = *RecordType::ALL.get(usize::from(reader.byte()?))?;
        let blob = reader.blob()?;
        files.insert((record_type, blob), read(&mut reader, &shapes, &values)?);
    }
    reader.is_at_end().then_some(files)
}

fn read_shape(reader: &mut Reader<'_>) -> Option<Shape> {
    let items = reader.list(|reader| {
        let text = reader.text()?;
        Some(ItemKey { text, nth: u16::try_from(reader.number()?).ok()? })
    })?;
    let fields = reader.list(Reader::text)?;
    let n_items = items.len();
    let is_place = |place: &u16| usize::from(*place) < n_items;
    let conditions = reader.list(|reader| u16::try_from(reader.number()?).ok().filter(is_place))?;
    Some(Shape { items, fields, conditions })
}

fn read(reader: &mut Reader<'_>, shapes: &[Arc<Shape>], values: &[Values]) -> Option<Facts> {
    let flags = reader.byte().filter(|flags| *flags <= READABLE | SCOPE)?;
    let shape = Arc::clone(shapes.get(usize::try_from(reader.number()?).ok()?)?);
    let values = Arc::clone(values.get(usize::try_from(reader.number()?).ok()?)?);
    if values.len() != shape.fields.len() {
        return None;
    }
    let bytes = reader.raw(shape.items.len().div_ceil(8))?;
    let ticks = (0..shape.items.len()).map(|item| bytes[item / 8] >> (item % 8) & 1 == 1).collect();
    let marks: Vec<(u16, Arc<str>)> =
        reader.list(|reader| Some((u16::try_from(reader.number()?).ok()?, reader.text()?)))?;
    let scope = match flags & SCOPE != 0 {
        true => Some(ScopeHash(reader.raw(32)?.try_into().ok()?)),
        false => None,
    };
    let body = u64::from_be_bytes(reader.raw(8)?.try_into().ok()?);
    Some(Facts { readable: flags & READABLE != 0, shape, ticks, marks: marks.into(), values, scope, body })
}
