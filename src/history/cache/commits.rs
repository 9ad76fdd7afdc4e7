//! Facts of commits as bytes.

use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;

use super::KnownCommits;
use super::shelf::{CommitFacts, Parent, Shelf};
use super::wire::{Reader, Writer};
use crate::history::graph::History;
use crate::history::types::{Change, Commit, CommitId, CommitTime, Signature, Trailers};

const SIGNED: u8 = 1;
const TOUCHES_CODE: u8 = 2;
const MALFORMED: u8 = 4;
const TRAILERS: u8 = 8;

/// The facts of a commit wherever they stand.
pub(super) struct View<'a> {
    parents: Vec<CommitId>,
    commit: &'a Commit,
}

impl<'a> View<'a> {
    pub(super) fn of_commit(history: &History, commit: &'a Commit) -> Self {
        let parents = commit.parents.iter().map(|&parent| history.commits[parent].id).collect();
        View { parents, commit }
    }
}

/// The facts of commits that are `known` and of those that are given, each once and in this order, with all else that
/// is known.
pub(super) fn encode<'a>(commits: Vec<View<'a>>, known: &'a KnownCommits) -> Vec<u8> {
    let mut writer = Writer::default();
    let older = known.facts.iter().map(|(commit, parents)| View { parents, commit });
    let mut places: FxHashMap<CommitId, usize> = FxHashMap::default();
    let mut all: Vec<View<'_>> = Vec::new();
    for view in older.chain(commits) {
        if let Entry::Vacant(vacant) = places.entry(view.commit.id) {
            vacant.insert(all.len());
            all.push(view);
        }
    }
    writer.count(all.len());
    for (place, view) in all.iter().enumerate() {
        writer.raw(&view.commit.id.0);
        write(&mut writer, view, |parent| places.get(parent).filter(|of| **of < place).map(|of| place - of));
    }
    let work = sorted(&known.work);
    writer.count(work.len());
    for (id, paths) in work {
        writer.raw(&id.0);
        write_texts(&mut writer, paths);
    }
    let keys = sorted(&known.keys);
    writer.count(keys.len());
    for (id, key) in keys {
        writer.raw(&id.0);
        writer.text(key);
    }
    writer.finish()
}

/// So that the same facts are the same bytes.
fn sorted<V>(map: &FxHashMap<CommitId, V>) -> Vec<(&CommitId, &V)> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_unstable_by_key(|(id, _)| **id);
    entries
}

/// Writes facts. `back` tells how many places before these the facts of a parent stand.
fn write(writer: &mut Writer, view: &View<'_>, back: impl Fn(&CommitId) -> Option<usize>) {
    let facts = view.commit;
    let has_trailers = *facts.trailers != Trailers::default();
    let flag = |holds: bool, flag: u8| if holds { flag } else { 0 };
    writer.byte(
        flag(facts.signed, SIGNED)
            | flag(facts.touches_code, TOUCHES_CODE)
            | flag(facts.malformed.is_some(), MALFORMED)
            | flag(has_trailers, TRAILERS),
    );
    writer.count(view.parents.len());
    for parent in &view.parents {
        match back(parent) {
            Some(steps) => writer.count(steps),
            None => {
                writer.count(0);
                writer.raw(&parent.0);
            }
        }
    }
    write_signature(writer, &facts.author);
    write_signature(writer, &facts.committer);
    writer.text(&facts.subject);
    if let Some(malformed) = &facts.malformed {
        writer.text(malformed);
    }
    if has_trailers {
        for list in lists(&facts.trailers) {
            write_texts(writer, list);
        }
    }
    writer.count(facts.changes.len());
    for change in &facts.changes {
        writer.text(&change.path);
        writer.file(change.old);
        writer.file(change.new);
    }
    writer.file(facts.policy);
}

fn lists(trailers: &Trailers) -> [&[String]; 11] {
    let Trailers {
        changes,
        squashed,
        deployed,
        rolled_back,
        anyway,
        plans,
        exercised,
        affirms,
        approved_by,
        co_authors,
        renumbers,
    } = trailers;
    [
        changes,
        squashed,
        deployed,
        rolled_back,
        anyway,
        plans,
        exercised,
        affirms,
        approved_by,
        co_authors,
        renumbers,
    ]
}

fn write_texts(writer: &mut Writer, texts: &[String]) {
    writer.count(texts.len());
    for text in texts {
        writer.text(text);
    }
}

fn write_signature(writer: &mut Writer, signature: &Signature) {
    writer.text(&signature.name);
    writer.text(&signature.email);
    writer.signed(signature.time.seconds);
    writer.signed(signature.time.offset_minutes.into());
}

pub(super) fn decode(bytes: &[u8]) -> Option<KnownCommits> {
    let mut reader = Reader::new(bytes)?;
    let known = KnownCommits {
        facts: read_shelf(&mut reader)?,
        work: read_map(&mut reader, read_texts)?,
        keys: read_map(&mut reader, |reader| Some((*reader.text()?).into()))?,
    };
    reader.is_at_end().then_some(known)
}

fn read_shelf(reader: &mut Reader<'_>) -> Option<Shelf> {
    let count = reader.count()?;
    let mut shelf = Shelf::with_capacity(count);
    for place in 0..count {
        let facts = read(reader, u32::try_from(place).ok()?)?;
        // Each commit is there once, or places would not be what they are.
        shelf.add(facts).then_some(())?;
    }
    Some(shelf)
}

fn read_map<V>(
    reader: &mut Reader<'_>,
    mut value: impl FnMut(&mut Reader<'_>) -> Option<V>,
) -> Option<FxHashMap<CommitId, V>> {
    let count = reader.count()?;
    let mut map = FxHashMap::with_capacity_and_hasher(count, Default::default());
    for _ in 0..count {
        map.insert(reader.commit()?, value(reader)?);
    }
    Some(map)
}

fn read(reader: &mut Reader<'_>, place: u32) -> Option<CommitFacts> {
    let id = reader.commit()?;
    let flags = reader.byte()?;
    let parents = reader.list(|reader| match u32::try_from(reader.number()?).ok()? {
        0 => reader.commit().map(Parent::Elsewhere),
        steps => place.checked_sub(steps).map(Parent::At),
    })?;
    let commit = Commit {
        id,
        parents: Vec::new(),
        signed: flags & SIGNED != 0,
        touches_code: flags & TOUCHES_CODE != 0,
        author: read_signature(reader)?,
        committer: read_signature(reader)?,
        subject: reader.text()?,
        malformed: if flags & MALFORMED != 0 { Some((*reader.text()?).to_owned()) } else { None },
        trailers: if flags & TRAILERS != 0 { read_trailers(reader)?.into() } else { Default::default() },
        changes: reader
            .list(|reader| Some(Change { path: reader.text()?, old: reader.file()?, new: reader.file()? }))?,
        policy: reader.file()?,
    };
    Some(CommitFacts { parents, commit })
}

fn read_trailers(reader: &mut Reader<'_>) -> Option<Trailers> {
    Some(Trailers {
        changes: read_texts(reader)?,
        squashed: read_texts(reader)?,
        deployed: read_texts(reader)?,
        rolled_back: read_texts(reader)?,
        anyway: read_texts(reader)?,
        plans: read_texts(reader)?,
        exercised: read_texts(reader)?,
        affirms: read_texts(reader)?,
        approved_by: read_texts(reader)?,
        co_authors: read_texts(reader)?,
        renumbers: read_texts(reader)?,
    })
}

fn read_texts(reader: &mut Reader<'_>) -> Option<Vec<String>> {
    reader.list(|reader| Some((*reader.text()?).to_owned()))
}

fn read_signature(reader: &mut Reader<'_>) -> Option<Signature> {
    let (name, email) = (reader.text()?, reader.text()?);
    let seconds = reader.signed()?;
    let offset_minutes = i32::try_from(reader.signed()?).ok()?;
    Some(Signature { name, email, time: CommitTime { seconds, offset_minutes } })
}
