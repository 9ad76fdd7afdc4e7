//! What history says: commits, the policy in force and every version of the records, read for one commit beside one trunk.
//!
//! What an earlier run read of the same objects comes from the cache of facts, which is opened and written here.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::policy_in_force::PolicyInForce;
use super::pretended::{OwnFiles, infrastructure};
use super::renumbered::TaskVersions;
use super::versions::Foreseen;
use super::{Book, BookError, CacheUse, Snapshot};
use crate::history::{BlobId, CommitId, FactCache, History};
use crate::ledger::{
    self, Covers, DeployedRecords, DetachedFiles, EvidenceFiles, Ledger, Pretended, RecordIx, Renumberings,
    Shown, Signatures, Sources, Versions, Walk, WorkPaths,
};
use crate::record::RecordType;

/// Everything that was read of history, so that any question can be asked of it.
pub(super) struct Facts {
    pub(super) history: History,
    pub(super) rules: PolicyInForce,
    pub(super) walk: Walk,
    /// The tasks that commits name.
    named: FxHashMap<usize, Vec<RecordIx>>,
    work_paths: WorkPaths,
    pub(super) pretended: Pretended,
    covers: Covers,
    signatures: Signatures,
    detached: DetachedFiles,
    evidence: EvidenceFiles,
    deployed: DeployedRecords,
    renumberings: Renumberings,
    /// Of versions that some commit took away.
    pub(super) last_titles: Titles,
    /// The position of the commit that was read.
    pub(super) tip: Option<usize>,
    /// That of the trunk's tip, when there is one.
    pub(super) trunk: Option<usize>,
    of: Of,
}

/// What facts depend on besides the objects.
#[derive(PartialEq, Eq)]
struct Of {
    tip: Option<CommitId>,
    trunk: Option<CommitId>,
    policy_root: Option<String>,
    /// A day that is past is judged by what was in force then.
    is_past: bool,
}

impl Of {
    fn new(snapshot: &Snapshot) -> Self {
        Of {
            tip: snapshot.tip,
            trunk: snapshot.trunk.as_ref().map(|(_, tip)| *tip),
            policy_root: snapshot.policy_root.clone(),
            is_past: snapshot.request.at.is_some(),
        }
    }
}

/// Titles of versions.
pub(super) type Titles = FxHashMap<(RecordType, BlobId), String>;

/// The titles of the versions that some commit takes away.
fn last_titles(history: &History, versions: &Versions) -> Titles {
    let changes = history.commits.iter().flat_map(|commit| &commit.changes);
    let gone = changes.filter(|change| change.new.is_none()).filter_map(|change| {
        let version = (RecordType::of_path(&change.path)?, change.old?.blob);
        Some((version, versions.get(&version)?.title()?))
    });
    gone.collect()
}

impl Facts {
    /// Whether the same would be read for a snapshot. Before the first commit the policy is the work tree's, which changes.
    fn are_of(&self, snapshot: &Snapshot) -> bool {
        snapshot.tip.is_some() && self.of == Of::new(snapshot)
    }

    /// What is asked about records that are `shown`, at a moment (seconds since the epoch); `None` before the first commit.
    pub(super) fn ledger<'a>(&'a self, shown: &'a [Shown], now: i64) -> Option<Ledger<'a>> {
        let rules = &self.rules;
        let sources = Sources {
            history: &self.history,
            walk: &self.walk,
            work_paths: &self.work_paths,
            covers: &self.covers,
            signatures: &self.signatures,
            detached: &self.detached,
            affirmations: &rules.affirmations,
            evidence: &self.evidence,
            deployed: &self.deployed,
            renumberings: &self.renumberings,
            policies: &rules.policies,
            builtin: &rules.builtin,
            line: &rules.line,
            policy: &rules.policy,
            pending: rules.pending.as_ref(),
            tip: self.tip?,
            trunk: self.trunk,
            now,
        };
        Some(Ledger { sources, named: &self.named, shown })
    }
}

/// Facts, and what of them is to be kept for the next run.
pub(super) type Read = (Arc<Facts>, Option<FreshFacts>);

/// What a run read that the cache did not have.
pub(super) struct FreshFacts {
    cache: FactCache,
    versions: Versions,
    read: Vec<(RecordType, BlobId)>,
}

impl FreshFacts {
    /// Writes it for the next run.
    pub(super) fn save(&self, history: &History) {
        self.cache.save(history, self.read.iter().filter_map(|version| self.versions.get_key_value(version)));
    }

    /// What to tell the user about the cache.
    pub(super) fn remark(&self) -> Option<String> {
        self.cache.remark()
    }
}

impl Book {
    /// What history says for a snapshot: the facts `before`, where they are the same, else read.
    pub(super) fn facts(&self, snapshot: &Snapshot, before: Option<&Arc<Facts>>) -> Result<Read, BookError> {
        match before.filter(|before| before.are_of(snapshot)) {
            Some(before) => Ok((Arc::clone(before), None)),
            None => self.read_facts(snapshot),
        }
    }

    /// Reads the history of a snapshot's commits, and of that what the ledger needs, as far as the cache does not know it.
    fn read_facts(&self, snapshot: &Snapshot) -> Result<Read, BookError> {
        let of = Of::new(snapshot);
        let mut cache = self.fact_cache(snapshot);
        let tips: Vec<CommitId> = of.tip.into_iter().chain(of.trunk).collect();
        let history = self.repository.read_with(&tips, &self.path, cache.as_mut())?;
        let rules = self.policy_in_force(&history, snapshot, cache.as_mut())?;
        if let Some(cache) = &mut cache {
            cache.go_by(&rules.policy.scope);
        }
        let position = |commit: Option<CommitId>| commit.and_then(|commit| history.position(commit));
        let (tip, trunk) = (position(of.tip), position(of.trunk));
        let known = cache.as_mut().map(|cache| std::mem::take(&mut cache.files)).unwrap_or_default();
        let (versions, read) = self.versions(&history, &rules.policy.scope, known)?;
        let (walk, foreseen) = self.walk(&history, &versions, &rules)?;
        let known = TaskVersions { versions: &versions, rules: &rules.policy.scope, ids: &rules.policy.ids };
        let renumberings = self.renumberings(&history, &walk, known)?;
        let (detached, evidence) = (self.detached(&history)?, self.evidence(&history)?);
        let files = OwnFiles {
            versions: &versions,
            detached: &detached,
            affirmations: &rules.affirmations,
            evidence: &evidence,
        };
        let infrastructure = infrastructure(&history, &self.path, &rules.policies);
        let pretended = self.pretended(&history, &files, &infrastructure)?;
        let book_name = rules.policy.book.as_deref();
        let mut named = ledger::named_tasks(&history, &walk, book_name, &renumberings, trunk);
        let by_text = ledger::by_text(&history, &walk, &named, &pretended);
        let beside = ledger::code_beside_acts(&history, &rules.line, &pretended);
        let covers = tip.map_or_else(Covers::default, |tip| Covers::new(&history, &walk, &rules.line, tip));
        let worked = named.keys().chain(by_text.keys()).chain(&beside).copied().chain(covers.commits());
        let work_paths = self.work_paths(&history, worked.collect(), &pretended, cache.as_mut())?;
        let judge = |commit| rules.line.judge(commit, &history, &rules.policies, &rules.builtin);
        ledger::name_by_text(&mut named, &by_text, &work_paths, judge);
        let signatures = self.signatures(&history, &walk, &named, &covers, cache.as_mut())?;
        let deployed = match tip {
            Some(tip) => self.deployed(&history, &walk, tip, foreseen)?,
            None => DeployedRecords::default(),
        };
        let last_titles = last_titles(&history, &versions);
        let facts = Facts {
            rules,
            walk,
            named,
            work_paths,
            pretended,
            covers,
            signatures,
            detached,
            evidence,
            deployed,
            renumberings,
            last_titles,
            tip,
            trunk,
            of,
            history,
        };
        Ok((Arc::new(facts), cache.map(|cache| FreshFacts { cache, versions, read })))
    }

    /// What earlier runs read; `None` where that may not be used.
    fn fact_cache(&self, snapshot: &Snapshot) -> Option<FactCache> {
        if snapshot.request.cache == CacheUse::Refused {
            return None;
        }
        // Which policy is in force is told by the commits; that of the files is the same nearly always.
        let trunk = snapshot.trunk.as_ref().map(|(_, tip)| *tip);
        let likely = self.policy_or_builtin(trunk.or(snapshot.tip));
        FactCache::open(&self.repository, &self.path, &likely.scope)
    }

    /// Walks over the versions. The walk is for one thread; another reads what will be asked of its outcome.
    fn walk<'h>(
        &self,
        history: &'h History,
        versions: &Versions,
        rules: &PolicyInForce,
    ) -> Result<(Walk, Foreseen<'h>), BookError> {
        let every_policy = rules.policies.values().flatten().chain([&rules.policy, &rules.builtin]);
        let items = &ledger::deployment_items(every_policy);
        let other = self.reopen()?;
        let (walk, foreseen) = rayon::join(
            || ledger::walk(history, versions, items),
            move || other.foresee_deployed(history, versions, items),
        );
        Ok((walk, foreseen?))
    }
}
