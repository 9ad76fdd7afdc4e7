//! A small book made by hand: the cards as state, without git. For tests only.

mod cards;
mod parts;

use std::collections::BTreeMap;

use self::cards::{broken, cab, infra_100, infra_150, infra_200, infra_210, infra_doc_01, redis_cluster};
use super::{DocFile, SiteConfig, SiteInput};
use crate::history::{CommitId, CommitTime};
use crate::ledger::*;
use crate::record::*;

/// 24 May 2024 02:14 +02:00.
const NOW: i64 = 1_716_509_640;

/// Everything that a [`SiteInput`] borrows.
pub(super) struct Book {
    pub(super) config: SiteConfig,
    pub(super) state: State,
    pub(super) docs: Vec<DocFile>,
    pub(super) assets: Vec<DocFile>,
    pub(super) policy: crate::policy::Policy,
    pub(super) steps: crate::book::Steps,
    pub(super) overrides: BTreeMap<String, String>,
    pub(super) renamed: BTreeMap<RecordId, RecordId>,
    pub(super) deleted: Vec<crate::book::Deleted>,
    pub(super) unsaved: BTreeMap<String, std::sync::Arc<crate::record::Record>>,
}

impl Book {
    pub(super) fn input(&self) -> SiteInput<'_> {
        SiteInput {
            config: &self.config,
            state: &self.state,
            docs: &self.docs,
            docs_problems: &[],
            docs_dir: "docs",
            assets: &self.assets,
            policy: &self.policy,
            judged: None,
            steps: &self.steps,
            template_overrides: &self.overrides,
            renamed: &self.renamed,
            deleted: &self.deleted,
            theme_files: &[],
            unsaved: &self.unsaved,
            memory: None,
            earlier: None,
            spool: None,
        }
    }
}

/// A book without anything in it.
pub(super) fn empty() -> Book {
    let config = SiteConfig {
        title: "Platform infrastructure".to_owned(),
        description: Some("Every change to the platform: why, who agreed, when it ran.".to_owned()),
        authors: vec!["Ana".to_owned()],
        language: "en".to_owned(),
        repository_url: Some("https://git.example.org/platform/infrastructure".to_owned()),
        edit_url_template: Some(
            "https://git.example.org/platform/infrastructure/edit/main/{path}".to_owned(),
        ),
        ..SiteConfig::default()
    };
    let mut policy = crate::policy::Policy::builtin();
    policy.people = ["ana", "sam", "kim", "lee"]
        .map(|key| {
            let person = crate::policy::Person {
                name: super::text::capitalized(key),
                emails: vec![format!("{key}@example.org")],
                keys: Vec::new(),
                robot: false,
            };
            (key.to_owned(), person)
        })
        .into();
    let state = State {
        at: Some(act("lee", NOW, 0xf0)),
        now: NOW,
        branch: Some("main".to_owned()),
        trunk: Some("origin/main".to_owned()),
        records: Vec::new(),
        diagnostics: Vec::new(),
    };
    Book {
        config,
        state,
        docs: Vec::new(),
        assets: Vec::new(),
        policy,
        steps: BTreeMap::new(),
        overrides: BTreeMap::new(),
        renamed: BTreeMap::new(),
        deleted: Vec::new(),
        unsaved: BTreeMap::new(),
    }
}

/// The cards.
pub(super) fn book() -> Book {
    let mut book = empty();
    book.state.records = vec![
        infra_100(),
        infra_150(),
        infra_200(),
        infra_210(),
        infra_doc_01(),
        broken(),
        cab(),
        redis_cluster(),
    ];
    let doc = |path: &str, text: &str| DocFile::new(path, text);
    book.docs = vec![
        doc("docs/SUMMARY.md", include_str!("testdata/SUMMARY.md")),
        doc("docs/README.md", include_str!("testdata/README.md")),
        doc("docs/guide/windows.md", include_str!("testdata/windows.md")),
        doc(
            "docs/guide/trust.md",
            "# What an approval is worth\n\nAs much as the forge's control of pushes.\n",
        ),
        doc(
            "docs/img/flow.svg",
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 320 60\"><path d=\"M10 30h300\" stroke=\"#55697a\" fill=\"none\" stroke-width=\"2\"/><circle cx=\"20\" cy=\"30\" r=\"8\" fill=\"#55697a\"/><circle cx=\"160\" cy=\"30\" r=\"8\" fill=\"#55697a\"/><circle cx=\"300\" cy=\"30\" r=\"8\" fill=\"#55697a\"/></svg>",
        ),
    ];
    book
}

/// Seconds of a day in May 2024 at an hour, +02:00.
fn may(day: i64, hour: i64, minute: i64) -> i64 {
    NOW + (day - 24) * 86_400 + (hour - 2) * 3_600 + (minute - 14) * 60
}

/// An act of a person; `seed` makes the commit.
pub(super) fn act(person: &str, seconds: i64, seed: u8) -> CommitRef {
    let mut id = [seed; 20];
    for (index, byte) in id.iter_mut().enumerate() {
        *byte = byte.wrapping_mul(31).wrapping_add((index as u8).wrapping_mul(57)) ^ 0x5a;
    }
    CommitRef {
        commit: CommitId(id),
        author: super::text::capitalized(person).into(),
        email: format!("{person}@example.org").into(),
        time: CommitTime { seconds, offset_minutes: 120 },
        person: ["ana", "sam", "kim", "lee"].contains(&person).then(|| person.into()),
        subject: "a subject".into(),
    }
}
