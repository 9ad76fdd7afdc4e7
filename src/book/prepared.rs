//! What the ledger derives from, read once for a book at a commit.

use rustc_hash::{FxHashMap, FxHashSet};

use super::pretended::{OwnFiles, infrastructure};
use super::renumbered::Known;
use super::ruled::Ruled;
use super::versions::Foreseen;
use super::{Book, BookError};
use crate::history::{BlobId, CommitId, FactCache, History};
use crate::ledger::{
    self, Affirmations, Covers, DeployedRecords, Depth, DetachedFiles, EvidenceFiles, InForce, Needed,
    Pending, Policies, PolicyLine, Pretended, RecordIx, Renumberings, Shown, Signatures, Sources, Versions,
    Walk, WorkPaths,
};
use crate::policy::Policy;
use crate::record::RecordType;

/// Which commits are asked about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) tip: Option<CommitId>,
    pub(super) trunk: Option<CommitId>,
    pub(super) depth: Depth,
}

/// Everything that was read for a derivation, so that further questions can be asked of it.
pub(super) struct Prepared {
    pub(super) walk: Walk,
    pub(super) named: FxHashMap<usize, Vec<RecordIx>>,
    work_paths: WorkPaths,
    pub(super) pretended: Pretended,
    covers: Covers,
    signatures: Signatures,
    detached: DetachedFiles,
    affirmations: Affirmations,
    evidence: EvidenceFiles,
    deployed: DeployedRecords,
    renumberings: Renumberings,
    policies: Policies,
    builtin: Policy,
    line: PolicyLine,
    pending: Option<Pending>,
    tip: Option<usize>,
    trunk: Option<usize>,
    depth: Depth,
    /// Of versions that some commit took away, as far as their facts tell.
    pub(super) last_titles: Titles,
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

impl Prepared {
    /// The policy in force after a commit of the trunk's line; `None` where there is none that can be read.
    pub(super) fn in_force_after(&self, history: &History, commit: usize) -> Option<&Policy> {
        match self.line.in_force_after(commit)? {
            InForce::Builtin => Some(&self.builtin),
            InForce::File(of) => self.policy_of(history, of),
            InForce::Unreadable(_) => None,
        }
    }

    /// How much may be asked of it.
    pub(super) fn depth(&self) -> Depth {
        self.depth
    }

    /// The same sources with more of the commits' own work.
    pub(super) fn sources_with_work<'a>(
        &'a self,
        history: &'a History,
        policy: &'a Policy,
        now: i64,
        work_paths: &'a WorkPaths,
    ) -> Option<Sources<'a>> {
        Some(Sources { work_paths, ..self.sources(history, policy, now)? })
    }

    /// Whether the policy file says something that is not in force.
    pub(super) fn is_policy_pending(&self) -> bool {
        self.pending.is_some()
    }

    /// Whether what a commit gave to the policy waits for the word of a person.
    pub(super) fn awaits_word(&self, person: &str, commit: usize) -> bool {
        let Some(Pending::Values(values)) = &self.pending else { return false };
        values.iter().any(|improper| {
            improper.owners.contains(&commit) && improper.open_to.iter().any(|open| open == person)
        })
    }

    /// Which policy is in force where.
    pub(super) fn line(&self) -> &PolicyLine {
        &self.line
    }

    /// The policy file of a commit, where it can be read.
    pub(super) fn policy_of(&self, history: &History, commit: usize) -> Option<&Policy> {
        self.policies.get(&history.commits[commit].policy?.blob)?.as_ref()
    }

    /// The trunk's position, when there is one.
    pub(super) fn trunk(&self) -> Option<usize> {
        self.trunk
    }

    /// The sources of a derivation at a moment (seconds since the epoch); `None` before the first commit.
    pub(super) fn sources<'a>(
        &'a self,
        history: &'a History,
        policy: &'a Policy,
        now: i64,
    ) -> Option<Sources<'a>> {
        Some(Sources {
            history,
            walk: &self.walk,
            work_paths: &self.work_paths,
            covers: &self.covers,
            signatures: &self.signatures,
            detached: &self.detached,
            affirmations: &self.affirmations,
            evidence: &self.evidence,
            deployed: &self.deployed,
            renumberings: &self.renumberings,
            policies: &self.policies,
            builtin: &self.builtin,
            line: &self.line,
            policy,
            pending: self.pending.as_ref(),
            tip: self.tip?,
            trunk: self.trunk,
            now,
            depth: self.depth,
        })
    }
}

/// How much is read for a derivation.
#[derive(Debug, Clone, Copy)]
pub(super) enum Extent<'a> {
    /// Every version of every record.
    Everything,
    /// What tells where each of these files stands.
    Standing(&'a [Shown]),
}

/// A walk over history, with what was read for it.
struct Walked<'h> {
    needed: Needed,
    versions: Versions,
    /// Of them those that were not known.
    read: Vec<(RecordType, BlobId)>,
    walk: Walk,
    foreseen: Foreseen<'h>,
    renumberings: Renumberings,
}

/// What a run read that the cache did not have.
pub(super) struct ToKeep {
    cache: FactCache,
    versions: Versions,
    read: Vec<(RecordType, BlobId)>,
}

impl ToKeep {
    /// Writes it for the next run.
    pub(super) fn save(&self, history: &History) {
        self.cache.save(history, self.read.iter().filter_map(|version| self.versions.get_key_value(version)));
    }
}

impl Book {
    /// Reads what the ledger needs of a history, as far as the cache does not know it. The cache is one for the
    /// scope rules of the policy that is asked by; what is new is given beside, to be kept.
    pub(super) fn prepare(
        &self,
        history: &History,
        asked: Asked,
        ruled: Ruled,
        mut cache: Option<FactCache>,
        extent: Extent<'_>,
    ) -> Result<(Prepared, Option<ToKeep>), BookError> {
        let Ruled { policy, policies, builtin, affirmations, line, pending } = ruled;
        let policy = &policy;
        if let Some(cache) = &mut cache {
            cache.go_by(&policy.scope);
        }
        let position = |commit: Option<CommitId>| commit.and_then(|commit| history.position(commit));
        let (tip, trunk) = (position(asked.tip), position(asked.trunk));
        let every_policy = policies.values().flatten().chain([policy, &builtin]);
        let items = ledger::deployment_items(every_policy);
        let known = cache.as_mut().map(|cache| std::mem::take(&mut cache.files)).unwrap_or_default();
        let infrastructure = infrastructure(history, &self.path, &policies);
        let Walked { needed, versions, read, walk, foreseen, renumberings } =
            self.walk(history, policy, extent, &items, &infrastructure, known)?;
        let detached = self.detached(history)?;
        let evidence = self.evidence(history)?;
        let files = OwnFiles {
            versions: &versions,
            needed: &needed,
            detached: &detached,
            affirmations: &affirmations,
            evidence: &evidence,
        };
        let pretended = self.pretended(history, &files, &infrastructure)?;
        let mut named = ledger::named_tasks(history, &walk, policy.book.as_deref(), &renumberings, trunk);
        let by_text = ledger::by_text(history, &walk, &named, &pretended);
        let beside = ledger::code_beside_acts(history, &line, &pretended);
        let covers = tip.map_or_else(Covers::default, |tip| Covers::new(history, &walk, &line, tip));
        let asked_of = named.keys().chain(by_text.keys()).chain(&beside).copied().chain(covers.commits());
        let work_paths = self.work_paths(history, asked_of.collect(), &pretended, cache.as_mut())?;
        let judge = |commit| line.judge(commit, history, &policies, &builtin);
        ledger::name_by_text(&mut named, &by_text, &work_paths, judge);
        let signatures = self.signatures(history, &walk, &named, &covers, cache.as_mut())?;
        let deployed = tip.map_or_else(
            || Ok(DeployedRecords::default()),
            |tip| self.deployed(history, &walk, tip, foreseen),
        )?;
        // A table tells nothing of deleted records.
        let last_titles = match asked.depth {
            Depth::Everything => last_titles(history, &versions),
            Depth::Standing => Titles::default(),
        };
        let prepared = Prepared {
            walk,
            named,
            work_paths,
            pretended,
            covers,
            signatures,
            detached,
            affirmations,
            evidence,
            deployed,
            renumberings,
            policies,
            builtin,
            line,
            pending,
            tip,
            trunk,
            depth: asked.depth,
            last_titles,
        };
        Ok((prepared, cache.map(|cache| ToKeep { cache, versions, read })))
    }

    /// Reads the versions of the records that are needed, and walks over them.
    fn walk<'h>(
        &self,
        history: &'h History,
        policy: &Policy,
        extent: Extent<'_>,
        items: &FxHashSet<String>,
        infrastructure: &FxHashSet<&str>,
        known: Versions,
    ) -> Result<Walked<'h>, BookError> {
        let rules = &policy.scope;
        let (mut versions, mut read) = (known, Vec::new());
        let mut needed = match extent {
            Extent::Everything => Needed::Every,
            Extent::Standing(shown) => {
                let decisions = |record_type, _: &str| record_type == RecordType::Decision;
                versions = self.versions(history, rules, versions, &decisions, &mut read)?;
                Needed::for_standing(shown, history, &versions, policy, infrastructure)
            }
        };
        needed.add_renumbered(history);
        loop {
            let is_needed = |_, path: &str| needed.has_path(path);
            versions = self.versions(history, rules, versions, &is_needed, &mut read)?;
            // The walk is for one thread; another reads what it will ask for.
            let (other, known, those) = (self.reopen()?, &versions, &needed);
            let (walk, foreseen) = rayon::join(
                || ledger::walk(history, known, items, those),
                move || other.foresee_deployed(history, known, items, those),
            );
            let known = Known { versions: &versions, rules, ids: &policy.ids };
            let renumberings = self.renumberings(history, &walk, known)?;
            if !needed.follow(&renumberings) {
                return Ok(Walked { needed, foreseen: foreseen?, versions, read, walk, renumberings });
            }
        }
    }
}
