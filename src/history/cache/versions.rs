//! Facts of record files as bytes.

use super::FileFacts;
use super::wire::{Reader, Writer};
use crate::history::types::BlobId;
use crate::record::{Facts, ItemFact, ItemKey, RecordType, ScopeHash};

pub(super) fn encode(files: &[(&(RecordType, BlobId), &Facts)]) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.count(files.len());
    for ((record_type, blob), facts) in files {
        let position = RecordType::ALL.iter().position(|of| of == record_type);
        writer.count(position.unwrap_or_default());
        writer.raw(&blob.0);
        write(&mut writer, facts);
    }
    writer.finish()
}

fn write(writer: &mut Writer, facts: &Facts) {
    writer.byte(facts.readable.into());
    writer.count(facts.items.len());
    for item in &facts.items {
        writer.text(&item.key.text);
        writer.number(u64::from(item.key.nth) << 1 | u64::from(item.checked));
    }
    writer.count(facts.fields.len());
    for (key, value) in &facts.fields {
        writer.text(key);
        writer.text(value);
    }
    writer.byte(facts.scope.is_some().into());
    if let Some(scope) = &facts.scope {
        writer.raw(&scope.0);
    }
}

pub(super) fn decode(bytes: &[u8]) -> Option<FileFacts> {
    let mut reader = Reader::new(bytes)?;
    let count = reader.count()?;
    let mut files = FileFacts::with_capacity_and_hasher(count, Default::default());
    for _ in 0..count {
        let record_type = *RecordType::ALL.get(usize::from(reader.byte()?))?;
        let blob = reader.blob()?;
        files.insert((record_type, blob), read(&mut reader)?);
    }
    reader.is_at_end().then_some(files)
}

fn read(reader: &mut Reader<'_>) -> Option<Facts> {
    Some(Facts {
        readable: reader.flag()?,
        items: reader.list(|reader| {
            let text = reader.text()?;
            let number = reader.number()?;
            let nth = u16::try_from(number >> 1).ok()?;
            Some(ItemFact { key: ItemKey { text, nth }, checked: number & 1 == 1 })
        })?,
        fields: reader.list(|reader| Some((reader.text()?, reader.text()?)))?,
        scope: match reader.flag()? {
            true => Some(ScopeHash(reader.raw(32)?.try_into().ok()?)),
            false => None,
        },
    })
}
