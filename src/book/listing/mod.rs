//! Where every record stands, as lists show it. After some commits more, only what these reach is derived again.

mod kept;
mod step;

use std::ops::RangeInclusive;

use super::files::edited;
use super::load::{Ask, Commits, evidence, in_order};
use super::prepared::{Asked, Extent, ToKeep};
use super::shown::attach_diagnostics;
use super::{Book, BookError, CacheUse, Inputs, Loaded, POLICY_FILE};
use crate::diagnostic::{Diagnostic, Severity};
use crate::history::{Answers, FactCache, History};
use crate::ledger::{self, Depth, Evidence, Listed, Shown};
use crate::policy::Policy;
use crate::template::RecordTemplates;
use kept::{Basis, Kept};
use step::{OnDisk, Step};

/// A book's records in lines.
pub struct Listing {
    /// The commit that was read; `None` before the first.
    pub at: Option<Evidence>,
    /// Name of the branch that was read, when it is one.
    pub branch: Option<String>,
    /// The policy that holds there.
    pub policy: Policy,
    /// How many errors there are in the book.
    pub errors: usize,
    /// How many of the lines were derived for it; the others stand as they were kept.
    pub n_derived: usize,
    /// What to tell the user about the cache.
    pub remark: Option<String>,
    all: Kept,
    /// Under which the next listing may find it.
    key: Option<[u8; 32]>,
    /// What was read for it and is not kept yet.
    to_keep: Option<(History, ToKeep)>,
    /// What it was derived from: whoever ends after the answer need not wait until that is taken apart.
    _read: Box<dyn std::any::Any>,
}

impl Listing {
    /// The lines of a book that was read as a whole.
    pub fn of(mut loaded: Loaded) -> Self {
        Listing {
            at: loaded.state.at.clone(),
            branch: loaded.state.branch.clone(),
            policy: loaded.policy.clone(),
            errors: errors(loaded.found()),
            n_derived: loaded.state.records.len(),
            remark: loaded.remark.take(),
            all: Kept::of(&loaded),
            key: None,
            to_keep: None,
            _read: Box::new(loaded),
        }
    }

    /// By type and natural order of their names.
    pub fn records(&self) -> impl Iterator<Item = &Listed> {
        self.all.lines.iter().map(|line| &line.listed)
    }

    /// First and last second since the epoch at which the same is derived.
    pub fn holds(&self) -> RangeInclusive<i64> {
        self.all.basis.from..=self.all.basis.until
    }
}

impl Book {
    /// Reads the book and says where each record stands. `program` is a hash of what reads: nothing that another one
    /// kept is taken up.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn listing(
        &self,
        inputs: Inputs,
        ask: &Ask,
        program: Option<[u8; 32]>,
    ) -> Result<Listing, BookError> {
        let may_keep = ask.cache == CacheUse::Allowed && ask.depth == Depth::Standing;
        let key = program.filter(|_| may_keep).and_then(|program| inputs.fingerprint_of_settings(&program));
        let kept = key
            .and_then(|key| self.listings_kept().get(&key))
            .filter(|kept| Basis::read(kept).is_some_and(|basis| basis.may_lead_to(&inputs)));
        let mut commits = None;
        if let Some(kept) = kept {
            match self.after(&kept, &inputs, ask)? {
                After::Listed(listing) => return Ok(Listing { key, ..*listing }),
                After::Unclear(read) => commits = read.map(|read| *read),
            }
        }
        let trunk = inputs.trunk.as_ref().map(|(_, tip)| tip.0);
        let loaded = self.load_by(inputs, ask, None, commits)?;
        let of_book = errors(loaded.state.diagnostics.iter());
        let mut listing = Listing::of(loaded);
        listing.all.basis.trunk = trunk;
        // Where each error is one of a record's or of the book's, they can be counted line by line.
        let is_plain = || listing.all.is_plain() && listing.all.errors() + of_book == listing.errors;
        listing.key = key.filter(|_| is_plain());
        Ok(listing)
    }

    /// Keeps a listing for the next one, and what was read for it.
    pub fn keep(&self, listing: &Listing) {
        if let Some((history, to_keep)) = &listing.to_keep {
            to_keep.save(history);
        }
        if let Some((key, bytes)) = listing.key.zip(listing.all.write()) {
            self.listings_kept().put(&key, &bytes);
        }
    }

    fn listings_kept(&self) -> Answers {
        Answers::of_listings(&self.repository, &self.path)
    }

    /// The listing after the commits since another.
    fn after(&self, kept: &[u8], inputs: &Inputs, ask: &Ask) -> Result<After, BookError> {
        let Some((tip, on_disk)) = inputs.tip.zip(inputs.on_disk.as_ref()) else {
            return Ok(After::Unclear(None));
        };
        let trunk = inputs.trunk.as_ref().map(|(_, tip)| *tip);
        let asked = Asked { tip: Some(tip), trunk, policy: &inputs.policy, depth: ask.depth };
        let other = self.reopen()?;
        let (beside, commits) = std::thread::scope(|scope| {
            let beside = scope.spawn(move || -> Result<_, BookError> {
                Ok(edited(&other, tip, on_disk)?.zip(Kept::read(kept)))
            });
            let commits = self.read_commits(asked, ask.cache);
            (beside.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), commits)
        });
        let (beside, (history, cache)): (Option<_>, Commits) = (beside?, commits?);
        let remark = cache.as_ref().and_then(FactCache::remark);
        let Some((edited, kept)) = beside else {
            return Ok(After::Unclear(Some(Box::new((history, cache)))));
        };
        let on_disk = OnDisk::of(on_disk, &edited);
        let step = on_disk.and_then(|on_disk| Step::new(&kept, inputs, &history, on_disk));
        let Some(again) = step.as_ref().and_then(|step| step.again(&kept)) else {
            return Ok(After::Unclear(Some(Box::new((history, cache)))));
        };
        let (prepared, to_keep) = self.prepare(&history, asked, cache, Extent::Only(&again.read))?;
        let sources = prepared.sources(&history, &inputs.policy, inputs.now);
        let step = step.filter(|step| step.is_sure(&prepared.walk));
        let Some((sources, step)) = sources.zip(step) else { return Ok(After::Unclear(None)) };
        let shown: Vec<Shown> = again.pairs.iter().map(|pair| pair.shown.clone()).collect();
        let templates = RecordTemplates::new(inputs.templates.clone());
        let mut derived = ledger::derive(Some(sources), &prepared.named, &shown, POLICY_FILE);
        attach_diagnostics(&mut derived.records, &again.pairs, &inputs.policy, &templates, &step.ids());
        let mut others = derived.diagnostics;
        others.extend(self.watch(ask, inputs.trunk.as_ref(), inputs.seen, &history));
        let at = Some(evidence(&history, &inputs.policy, step.tip));
        let all = kept.after(again.lines(&derived.records), prepared.walk.decided(), inputs);
        Ok(After::Listed(Box::new(Listing {
            at,
            branch: inputs.head.branch.clone(),
            policy: inputs.policy.clone(),
            errors: errors(others.iter()) + all.errors(),
            n_derived: derived.records.len(),
            remark,
            all,
            key: None,
            to_keep: to_keep.map(|to_keep| (history, to_keep)),
            _read: Box::new(prepared),
        })))
    }
}

/// What came of going on from what was kept.
enum After {
    Listed(Box<Listing>),
    /// It must be derived as a whole; the commits may have been read already.
    Unclear(Option<Box<Commits>>),
}

/// How many different errors there are.
fn errors<'d>(found: impl Iterator<Item = &'d Diagnostic>) -> usize {
    in_order(found.filter(|diagnostic| diagnostic.severity == Severity::Error)).len()
}
