//! The pages of records, and those beside them.
//!
//! Whether a record's pages stand is told before anybody asks what its commits changed: those answers are read from
//! objects, and are slow.

use std::collections::BTreeMap;

use minijinja::Value;
use rayon::prelude::*;

use super::checks::{Draft, draft};
use super::input::{Differ, SiteError};
use super::memory::{Key, Kind, bytes_of, hash_of};
use super::record_page::{self, RecordPage, RecordView};
use super::render::{Renderer, Target, data};
use super::standing::Asked;
use super::timeline::{self, Timeline, TimelineRow};
use crate::book::{Differences, Step};
use crate::record::RecordType;

/// Records whose pages are made at once: what they show, and the texts that their commits changed, stand in memory.
const AT_ONCE: usize = 100;

/// Most bytes of a record's page that holds its whole history: with its style sheets it stays below 60 KB.
const MOST: usize = 34_000;

/// A record's pages, before what its commits changed is known.
struct Begun {
    index: usize,
    page: RecordPage,
    key: Key,
    standing: Option<Vec<Asked>>,
}

impl Renderer<'_> {
    /// The page of each record, and the files beside it.
    pub(super) fn records(&self, differ: Differ<'_>) -> Result<(Vec<Draft>, Vec<Vec<Asked>>), SiteError> {
        let n_records = self.model.input.state.records.len();
        let (mut drafts, mut beside) = (Vec::with_capacity(n_records), Vec::with_capacity(n_records));
        for start in (0..n_records).step_by(AT_ONCE) {
            let indexes = start..n_records.min(start + AT_ONCE);
            let begun: Vec<Begun> = indexes.into_par_iter().map(|index| self.begin(index)).collect();
            let anew = begun.iter().filter(|begun| begun.standing.is_none());
            let steps: Vec<Step<'_>> = anew.flat_map(|begun| self.steps(begun.index)).collect();
            let known = if steps.is_empty() { Differences::new() } else { differ(&steps)? };
            let finished = begun.into_par_iter().map(|begun| self.finish(begun, &known));
            for (draft, more) in finished.collect::<Result<Vec<_>, SiteError>>()? {
                drafts.push(draft);
                beside.push(more);
            }
        }
        Ok((drafts, beside))
    }

    fn steps(&self, index: usize) -> impl Iterator<Item = Step<'_>> {
        let state = &self.model.input.state.records[index];
        let key = |commit| (state.name.clone(), crate::history::CommitId([commit; 20]));
        self.model.input.steps.range(key(u8::MIN)..=key(u8::MAX))
    }

    fn begin(&self, index: usize) -> Begun {
        let page = record_page::view(self.model, index);
        let Target { path, place, template } = self.target(index);
        let view = bytes_of(&page.view);
        let state = &self.model.input.state.records[index];
        let is_unsaved = [u8::from(record_page::is_unsaved(self.model, state))];
        // What the timeline is made from, which only a page that is made anew needs.
        let decisions = timeline::decisions(self.model, state);
        let decisions: Vec<_> =
            decisions.iter().map(|(by, event)| (&by.name, &by.record.path, event)).collect();
        let history = hash_of(&(&state.events, &state.record.path, decisions));
        let mut steps = Vec::new();
        for ((_, commit), (old, new)) in self.steps(index) {
            steps.extend([commit.0, old.0, new.0].concat());
        }
        let names = [path, place, template].map(str::as_bytes);
        let text = [&page.rendered.html.digest[..], &is_unsaved].concat();
        let inputs: [&[u8]; 6] = [&view, &text, &history, &self.people, &steps, &self.site.digest];
        let key = Kind::Page.key(&[&names[..], &inputs].concat());
        let standing = self.builder.all_made_before(path, &key);
        Begun { index, page, key, standing }
    }

    fn target(&self, index: usize) -> Target<'_> {
        let state = &self.model.input.state.records[index];
        let (place, template) = match state.record_type {
            _ if state.record.is_broken() => ("records", "site/broken.html"),
            RecordType::Task => ("records", "site/task.html"),
            RecordType::Decision => ("records", "site/decision.html"),
            RecordType::Runbook => ("runbooks", "site/runbook.html"),
        };
        Target { path: &self.model.record_pages[index], place, template }
    }

    fn finish(&self, begun: Begun, known: &Differences) -> Result<(Draft, Vec<Asked>), SiteError> {
        let Begun { index, page: RecordPage { mut view, rendered, drawings, .. }, key, standing } = begun;
        let state = &self.model.input.state.records[index];
        let mut pages = match standing {
            Some(pages) => pages,
            None => {
                let target = self.target(index);
                let history = timeline::rows(self.model, state, known);
                view.html = record_page::html(self.model, state, &rendered);
                let (text, beside) = self.with_history(&mut view, target, history)?;
                let with = beside.iter().map(|(path, _)| path.clone()).collect();
                let mut pages = vec![self.builder.rendered_with(target.path, &key, &text, with)];
                pages.extend(beside.iter().map(|(path, text)| self.builder.rendered(path, &key, text)));
                pages
            }
        };
        let own = pages.remove(0);
        pages.extend(drawings.into_iter().map(Asked::New));
        let shown = record_page::shown(self.model, state);
        Ok((draft(own, &shown.path, &shown.source, rendered), pages))
    }

    /// The text of a record's page, with its whole history where it stays light; else the pages of the history too.
    fn with_history(
        &self,
        view: &mut RecordView,
        target: Target<'_>,
        history: Vec<TimelineRow>,
    ) -> Result<(String, Vec<(String, String)>), SiteError> {
        let text =
            |view: &RecordView| self.text(target, Value::from(BTreeMap::from([("record", data(view))])));
        // A page that is too heavy is made twice; of most this is known beforehand.
        let expected = view.html.len() + super::history::weight(&history);
        view.timeline = Timeline { rows: history, ..Timeline::default() };
        if expected <= MOST {
            let whole = text(view)?;
            if whole.len() <= MOST {
                return Ok((whole, Vec::new()));
            }
        }
        let history = std::mem::take(&mut view.timeline.rows);
        view.timeline = Timeline::shortened(&history, target.path);
        let beside = super::history::texts(self, view, target.place, &history)?;
        Ok((text(view)?, beside))
    }
}
