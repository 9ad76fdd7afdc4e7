//! What a site is made from, put together from a book. What a reading before knows of the same commits is not read again.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::page::Spool;
use super::render::build_site;
use super::snapshot::{SiteFiles, SiteSnapshot};
use super::{Earlier, GateAnswer, Judged, Memory, Site, SiteConfig, SiteError, SiteInput};
use crate::book::{
    AuditQuestion, Audited, Book, BookConfig, BookError, Deleted, GateQuestion, Loaded, Request, Steps, View,
};
use crate::ledger::{RecordState, State, Status, WorkTree};
use crate::policy::Policy;
use crate::record::{Record, RecordId, RecordType};

/// How many of a record's newest commits the timeline shows with what they changed.
const DIFFERENCES: usize = 12;

/// How a site is built, apart from the book's own settings.
#[derive(Debug, Clone, Default)]
pub struct SiteOptions {
    /// Build although links are broken.
    pub allow_broken_links: bool,
    /// Where the site is served.
    pub base: Option<String>,
}

/// What earlier builds made.
#[derive(Clone, Copy, Default)]
pub(super) struct Kept<'a> {
    /// Texts and code.
    pub(super) pieces: Option<&'a dyn Memory>,
    /// Whole pages.
    pub(super) earlier: Option<Earlier<'a>>,
    /// Where pages wait that memory should not hold.
    pub(super) spool: Option<&'a Arc<Spool>>,
}

/// Everything that a site is made from.
pub struct Assembly {
    state: Arc<State>,
    config: BookConfig,
    policy: Policy,
    trunk: Option<Arc<JudgedTrunk>>,
    steps: Arc<Steps>,
    files: SiteFiles,
    /// Records that have another ID now, from the old one.
    renamed: BTreeMap<RecordId, RecordId>,
    /// Records that history deleted.
    deleted: Arc<Vec<Deleted>>,
    /// Records as they stand in the work tree, where that is what is to be shown.
    unsaved: BTreeMap<String, Arc<Record>>,
}

/// What was read for a site, from which the next reading may start. It is much, and no page is made from it.
pub(super) struct SiteReading {
    /// The book.
    pub(super) loaded: Arc<Loaded>,
    /// The work tree may come to differ while the trunk stays as it is.
    trunk: Option<Arc<JudgedTrunk>>,
    steps: Arc<Steps>,
    deleted: Arc<Vec<Deleted>>,
}

impl Assembly {
    /// Reads it.
    ///
    /// # Errors
    /// As [`Book::load`].
    pub(super) fn new(
        book: &Book,
        snapshot: SiteSnapshot,
        before: Option<&SiteReading>,
    ) -> Result<(Self, SiteReading), BookError> {
        let SiteSnapshot { book: snapshot, files } = snapshot;
        let loaded = Arc::new(book.derive(snapshot, before.map(|before| &*before.loaded))?);
        let same = before.filter(|before| before.loaded.is_of_commits_of(&loaded));
        let known = match same {
            Some(before) => SiteReading {
                trunk: before.trunk.clone(),
                steps: Arc::clone(&before.steps),
                deleted: Arc::clone(&before.deleted),
                loaded,
            },
            None => {
                let trunk = judged(book, &loaded)?.map(Arc::new);
                let steps = Arc::new(Book::steps(&loaded, DIFFERENCES));
                SiteReading { trunk, steps, deleted: Arc::new(book.deleted(&loaded)?), loaded }
            }
        };
        let SiteReading { loaded, trunk, steps, deleted, .. } = &known;
        let assembly = Assembly {
            state: Arc::clone(&loaded.state),
            config: loaded.config.clone(),
            policy: loaded.policy().clone(),
            trunk: trunk.clone(),
            steps: Arc::clone(steps),
            files,
            renamed: loaded.renamed(),
            deleted: Arc::clone(deleted),
            unsaved: BTreeMap::new(),
        };
        Ok((assembly, known))
    }

    /// Shows the texts of records as they stand in the work tree, and not as they were committed.
    pub(super) fn with_unsaved(self, known: &SiteReading) -> Self {
        Assembly { unsaved: known.loaded.in_work_tree.clone(), ..self }
    }

    /// Renders the site's files, whatever its links are.
    ///
    /// # Errors
    /// As [`build_site`].
    pub(super) fn site(&self, book: &Book, options: &SiteOptions, kept: Kept<'_>) -> Result<Site, SiteError> {
        let config = &self.config;
        let site_config = SiteConfig {
            allow_broken_links: config.allow_broken_links || options.allow_broken_links,
            site_url: options.base.clone().or_else(|| config.site_url.clone()),
            ..site_config(config)
        };
        let input = SiteInput {
            config: &site_config,
            state: &self.state,
            docs: &self.files.docs,
            docs_problems: &self.files.docs_problems,
            docs_dir: &config.docs,
            assets: &self.files.assets,
            policy: &self.policy,
            judged: self.trunk.as_ref().map(|trunk| Judged {
                state: &trunk.state,
                audit: &trunk.audited.audit,
                gates: &trunk.gates,
            }),
            steps: &self.steps,
            renamed: &self.renamed,
            deleted: &self.deleted,
            theme_files: &self.files.theme_files,
            template_overrides: &self.files.template_overrides,
            unsaved: &self.unsaved,
            memory: kept.pieces,
            earlier: kept.earlier,
            spool: kept.spool,
        };
        build_site(&input, &|steps| book.differences(steps))
    }
}

fn site_config(config: &BookConfig) -> SiteConfig {
    SiteConfig {
        title: config.title.clone().unwrap_or_else(|| "Changes".to_owned()),
        description: config.description.clone(),
        authors: config.authors.clone(),
        language: config.language.clone().unwrap_or_else(|| "en".to_owned()),
        site_url: config.site_url.clone(),
        repository_url: config.repository_url.clone(),
        edit_url_template: config.edit_url_template.clone(),
        smart_punctuation: config.smart_punctuation,
        hidelines: config.hidelines.clone(),
        allow_broken_links: config.allow_broken_links,
        redirects: config.redirects.clone(),
        settings: config.source.clone(),
        theme: config.theme.clone(),
    }
}

/// The trunk, with what the gate and the audit say of it.
struct JudgedTrunk {
    state: Arc<State>,
    audited: Audited,
    gates: BTreeMap<String, Vec<GateAnswer>>,
}

/// Asks the gate and the audit about the trunk, as they do themselves. `None` without a trunk.
fn judged(book: &Book, shown: &Arc<Loaded>) -> Result<Option<JudgedTrunk>, BookError> {
    if shown.state.trunk.is_none() || shown.state.at.is_none() {
        return Ok(None);
    }
    let request = Request { view: View::Trunk, ..shown.request().clone() };
    let trunk = match shows_trunk(book, shown)? {
        true => Arc::clone(shown),
        false => Arc::new(book.derive(book.snapshot(&request)?, Some(shown))?),
    };
    let audited = book.audit(&trunk, &AuditQuestion::default())?;
    let open: Vec<(&str, Vec<&str>)> = trunk.state.records.iter().filter_map(still_to_reach).collect();
    let questions: Vec<GateQuestion> = open
        .iter()
        .flat_map(|(id, environments)| environments.iter().map(move |environment| (id, environment)))
        .map(|(id, environment)| GateQuestion {
            id: (*id).to_owned(),
            environment: (*environment).to_owned(),
            ..GateQuestion::default()
        })
        .collect();
    let mut gates: BTreeMap<String, Vec<GateAnswer>> = BTreeMap::new();
    let answers = trunk.gates(&questions);
    for (GateQuestion { id, environment, .. }, answer) in questions.into_iter().zip(answers) {
        gates.entry(id).or_default().push(GateAnswer { environment, answer });
    }
    Ok(Some(JudgedTrunk { gates, audited, state: Arc::clone(&trunk.state) }))
}

/// Whether what is shown is the trunk itself, so that it need not be read again: the same commit, and nothing
/// of the work tree beside it that the gate or the audit would read.
fn shows_trunk(book: &Book, shown: &Loaded) -> Result<bool, BookError> {
    let Some(commit) = shown.commit() else { return Ok(false) };
    if shown.request().at.is_some() {
        return Ok(true);
    }
    Ok(shown.trunk_tip() == Some(commit)
        && shown.state.records.iter().all(|record| record.work_tree == WorkTree::Clean)
        && (book.root.is_none() || book.record_templates(None)? == book.record_templates(Some(commit))?))
}

/// A task that may still go out, with its gated environments that are not deployed.
fn still_to_reach(record: &RecordState) -> Option<(&str, Vec<&str>)> {
    let over = matches!(
        record.status,
        Status::Applied | Status::Done | Status::Cancelled | Status::Rejected | Status::Unknown
    );
    if record.record_type != RecordType::Task || over {
        return None;
    }
    let ahead = record.environments.iter().filter(|found| found.gated && !found.deployed);
    let names: Vec<&str> = ahead.map(|found| found.name.as_str()).collect();
    (!names.is_empty()).then_some((record.name.as_str(), names))
}
