//! Reads a book at one commit and moment, and derives its state.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::files::{self, FileContent, RecordFile};
use super::{BOOK_FILE, Book, BookConfig, BookError, POLICY_FILE};
use crate::diagnostic::{Diagnostic, Severity};
use crate::history::{Blob, BlobId, CommitId, History};
use crate::ledger::{self, Evidence, Policies, Shown, Sources, State, Versions, Walk, WorkTree};
use crate::policy::Policy;
use crate::record::{Facts, MAX_RECORD_BYTES, Record, RecordType, ScopeRules};
use crate::template::RecordTemplates;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// A revision or a date; `None` for `HEAD` and the work tree beside it.
    pub at: Option<String>,
    /// The clock, as seconds since the epoch.
    pub now: i64,
    /// The branch that counts, when the user names one.
    pub trunk: Option<String>,
}

/// A book at one commit and moment.
pub struct Loaded {
    /// The derived state.
    pub state: State,
    /// The settings that hold there.
    pub config: BookConfig,
    /// The policy that holds there.
    pub policy: Policy,
    /// The record templates, the book's own over the built-in ones.
    pub templates: RecordTemplates,
    /// The commits in the history of what was read and of the trunk.
    pub history: History,
    /// Every ID that this history ever held.
    pub walk: Walk,
}

impl Loaded {
    /// The commit that was read.
    pub fn commit(&self) -> Option<CommitId> {
        self.state.at.as_ref().map(|at| at.commit)
    }

    /// Everything that is wrong: with the settings, the records by themselves, by the policy and beside each
    /// other. What the work tree holds is judged where there is one, else the commit.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let records = self.state.records.iter();
        let mut found: Vec<Diagnostic> =
            self.state.diagnostics.iter().chain(records.flat_map(|record| &record.diagnostics)).cloned().collect();
        found.sort_by(|a, b| (&a.path, a.span.start, a.code).cmp(&(&b.path, b.span.start, b.code)));
        found.dedup();
        found
    }
}

impl Book {
    /// Reads the book and derives its state.
    ///
    /// # Errors
    /// [`BookError::Settings`] when `book.toml` or the policy of what is read is unusable (nobody has authority
    /// then, and no answer would be right); history's errors.
    pub fn load(&self, ask: &Ask) -> Result<Loaded, BookError> {
        let head = self.repository.head()?;
        let branch = head.branch.clone();
        let tip_id = match &ask.at {
            Some(at) => Some(self.moment(at, ask)?),
            None => head.commit,
        };
        let policy = self.policy(tip_id)?;
        let trunk = self.trunk(ask, &policy)?;
        let tips: Vec<CommitId> = tip_id.into_iter().chain(trunk.as_ref().map(|(_, id)| *id)).collect();
        let history = self.repository.read(&tips, &self.path)?;
        self.refuse_vanished_policy(&history, tip_id)?;
        let rules = ScopeRules { gated: policy.gated_environments() };
        let versions = self.versions(&history, &rules)?;
        let positions: Vec<usize> = tips.iter().filter_map(|tip| history.position(*tip)).collect();
        let walk = ledger::walk(&history, &versions, &positions);
        let named = ledger::named_tasks(&history, &walk, policy.book.as_deref());
        let work_paths = self.work_paths(&history, &named)?;
        let policies = self.policies(&history)?;
        let builtin = Policy::builtin();
        let shown = self.shown(tip_id, ask.at.is_none())?;
        let sources = tip_id.and_then(|tip| history.position(tip)).map(|tip| Sources {
            history: &history,
            walk: &walk,
            work_paths: &work_paths,
            policies: &policies,
            builtin: &builtin,
            policy: &policy,
            tip,
            trunk: trunk.as_ref().and_then(|(_, id)| history.position(*id)),
            now: ask.now,
        });
        let records: Vec<Shown> = shown.iter().map(|(shown, _)| shown.clone()).collect();
        let mut states = ledger::derive(sources, &named, &records);
        let templates = self.record_templates(tip_id.filter(|_| ask.at.is_some() || self.root.is_none()))?;
        attach_diagnostics(&mut states, &shown, &policy, &templates);
        states.sort_by(|a, b| (a.record_type, natural(&a.name)).cmp(&(b.record_type, natural(&b.name))));
        let at = tip_id.and_then(|id| history.position(id)).map(|tip| evidence(&history, &policy, tip));
        let diagnostics = ledger::duplicates(shown.iter().map(|(shown, on_disk)| on_disk.as_deref().unwrap_or(&shown.record)));
        let config = self.config(tip_id.filter(|_| ask.at.is_some() || self.root.is_none()))?;
        let trunk = trunk.map(|(name, _)| name);
        let branch = branch.filter(|_| ask.at.is_none());
        let state = State { at, now: ask.now, branch, trunk, records: states, diagnostics };
        Ok(Loaded { state, config, policy, templates, history, walk })
    }

    /// `book.toml` of a commit, or of the work tree.
    ///
    /// # Errors
    /// [`BookError::Settings`] with the place.
    pub fn config(&self, commit: Option<CommitId>) -> Result<BookConfig, BookError> {
        let text = self.text(commit, BOOK_FILE)?.unwrap_or_default();
        BookConfig::parse(&text).map_err(|diagnostic| BookError::Settings(vec![*diagnostic]))
    }

    /// The policy of a commit; before the first commit that of the work tree; without a file the built-in one.
    ///
    /// # Errors
    /// [`BookError::Settings`] with every place: a policy that cannot be read gives nobody authority.
    pub fn policy(&self, commit: Option<CommitId>) -> Result<Policy, BookError> {
        let Some(text) = self.text(commit, POLICY_FILE)? else { return Ok(Policy::builtin()) };
        let (policy, diagnostics) = Policy::parse(POLICY_FILE, &text);
        policy.ok_or(BookError::Settings(diagnostics))
    }

    /// The built-in record templates, overlaid by those in `templates/records/`.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn record_templates(&self, commit: Option<CommitId>) -> Result<RecordTemplates, BookError> {
        Ok(RecordTemplates::new(self.templates(commit, "templates/records", ".md")?))
    }

    /// The book's own templates below a folder, by path below `templates/`.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn site_templates(&self, commit: Option<CommitId>) -> Result<BTreeMap<String, String>, BookError> {
        let templates = self.templates(commit, "templates/site", "")?;
        Ok(templates.into_iter().map(|(name, text)| (format!("site/{name}"), text)).collect())
    }

    fn templates(
        &self,
        commit: Option<CommitId>,
        folder: &str,
        ending: &str,
    ) -> Result<BTreeMap<String, String>, BookError> {
        let mut templates = BTreeMap::new();
        let names: Vec<String> = match (commit, &self.root) {
            (Some(commit), _) => {
                self.repository.files(commit, &self.path.join(folder))?.into_iter().map(|(path, _)| path).collect()
            }
            (None, Some(root)) => std::fs::read_dir(root.join(folder))
                .into_iter()
                .flatten()
                .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
                .collect(),
            (None, None) => Vec::new(),
        };
        for name in names.into_iter().filter(|name| name.ends_with(ending) && !name.contains('/')) {
            if let Some(text) = self.text(commit, &format!("{folder}/{name}"))? {
                templates.insert(name, text);
            }
        }
        Ok(templates)
    }

    /// The trunk's name and tip: `--trunk`, else `origin/HEAD`, else the branch that the policy names
    /// (`origin/NAME` before `NAME`).
    fn trunk(&self, ask: &Ask, policy: &Policy) -> Result<Option<(String, CommitId)>, BookError> {
        if let Some(name) = &ask.trunk {
            let id = self.repository.branch(name).map_or_else(|| self.repository.resolve(name), Ok)?;
            return Ok(Some((name.clone(), id)));
        }
        let named = policy.trunk.iter().flat_map(|name| [format!("origin/{name}"), name.clone()]);
        let candidates = self.repository.origin_head().into_iter().chain(named);
        Ok(candidates.into_iter().find_map(|name| self.repository.branch(&name).map(|id| (name, id))))
    }

    /// The commit that `--at` names: a revision, or the trunk as it was at a date or moment.
    fn moment(&self, at: &str, ask: &Ask) -> Result<CommitId, BookError> {
        let Some(end) = moment_end(at) else { return Ok(self.repository.resolve(at)?) };
        let problem = |problem: &str| BookError::Moment { text: at.to_owned(), problem: problem.to_owned() };
        if end > ask.now.saturating_add(24 * 3600) {
            return Err(problem("lies in the future"));
        }
        let head = self.repository.head()?.commit;
        let policy = self.policy(head)?;
        let (_, tip) = self.trunk(ask, &policy)?.ok_or(BookError::NoTrunk)?;
        let history = self.repository.read(&[tip], &self.path)?;
        let line = history.first_parent_line(history.position(tip).ok_or_else(|| problem("has no history"))?);
        let before = line.iter().rev().take_while(|&&commit| history.commits[commit].committer.time.seconds < end);
        before.last().map(|&commit| history.commits[commit].id).ok_or_else(|| problem("lies before the first commit"))
    }

    fn refuse_vanished_policy(&self, history: &History, tip: Option<CommitId>) -> Result<(), BookError> {
        let Some(tip) = tip.and_then(|id| history.position(id)) else { return Ok(()) };
        if history.commits[tip].policy.is_some() {
            return Ok(());
        }
        let reachable = history.reachable(tip);
        let was_there = history.commits.iter().zip(reachable).any(|(commit, reached)| reached && commit.policy.is_some());
        if was_there { Err(BookError::PolicyVanished) } else { Ok(()) }
    }

    /// Facts of every version of every record file, on all cores.
    fn versions(&self, history: &History, rules: &ScopeRules) -> Result<Versions, BookError> {
        let mut inputs: HashMap<(RecordType, BlobId), &str> = HashMap::new();
        for change in history.commits.iter().flat_map(|commit| &commit.changes) {
            let Some(record_type) = type_of(&change.path) else { continue };
            for file in [change.old, change.new].into_iter().flatten().filter(|file| file.is_regular()) {
                inputs.entry((record_type, file.blob)).or_insert(&change.path);
            }
        }
        let mut inputs: Vec<(BlobId, (RecordType, &str))> =
            inputs.into_iter().map(|((record_type, blob), path)| (blob, (record_type, path))).collect();
        inputs.sort_unstable();
        let facts = self.repository.map_blobs(&inputs, MAX_RECORD_BYTES, |(record_type, path), blob| match blob {
            Blob::Bytes(bytes) => Some(Facts::read(*record_type, path, &bytes, rules)),
            Blob::TooLarge(_) => None,
        })?;
        let keyed = inputs.into_iter().zip(facts);
        Ok(keyed.filter_map(|((blob, (record_type, _)), facts)| Some(((record_type, blob), facts?))).collect())
    }

    fn work_paths(
        &self,
        history: &History,
        named: &HashMap<usize, Vec<u32>>,
    ) -> Result<HashMap<usize, Vec<String>>, BookError> {
        let mut positions: Vec<usize> = named.keys().copied().collect();
        positions.sort_unstable();
        let commits: Vec<CommitId> = positions.iter().map(|&position| history.commits[position].id).collect();
        let paths = self.repository.work_paths(&commits, &self.path)?;
        Ok(positions.into_iter().zip(paths).collect())
    }

    fn policies(&self, history: &History) -> Result<Policies, BookError> {
        let blobs: BTreeSet<BlobId> = history.commits.iter().filter_map(|commit| commit.policy).map(|file| file.blob).collect();
        let mut policies = Policies::new();
        for blob in blobs {
            let policy = match self.repository.blob(blob, MAX_RECORD_BYTES)? {
                Blob::Bytes(bytes) => {
                    std::str::from_utf8(&bytes).ok().and_then(|text| Policy::parse(POLICY_FILE, text).0)
                }
                Blob::TooLarge(_) => None,
            };
            policies.insert(blob, policy);
        }
        Ok(policies)
    }

    /// What is shown: the commit's records, with how the work tree differs, and the work tree's drafts. The
    /// second value is the work tree's own reading, where it differs.
    fn shown(&self, tip: Option<CommitId>, with_work_tree: bool) -> Result<Vec<(Shown, Option<Arc<Record>>)>, BookError> {
        let committed = tip.map_or_else(|| Ok(BTreeMap::new()), |tip| files::committed(self, tip))?;
        let on_disk = match &self.root {
            Some(root) if with_work_tree => Some(files::work_tree(root)?),
            _ => None,
        };
        let mut paths: BTreeSet<&String> = committed.keys().collect();
        paths.extend(on_disk.iter().flat_map(BTreeMap::keys));
        let pairs: Vec<(Option<&RecordFile>, Option<&RecordFile>)> = paths
            .into_iter()
            .map(|path| (committed.get(path), on_disk.as_ref().and_then(|files| files.get(path))))
            .collect();
        use rayon::prelude::*;
        let has_work_tree = on_disk.is_some();
        Ok(pairs.par_iter().filter_map(|(committed, disk)| pair(*committed, *disk, has_work_tree)).collect())
    }
}

/// One path's part of [`Book::shown`].
fn pair(
    committed: Option<&RecordFile>,
    disk: Option<&RecordFile>,
    has_work_tree: bool,
) -> Option<(Shown, Option<Arc<Record>>)> {
    let shown = |file: &RecordFile, work_tree| Shown { record: Arc::new(file.parse()), work_tree };
    match (committed, disk) {
        (Some(committed), None) if has_work_tree => Some((shown(committed, WorkTree::Removed), None)),
        (Some(committed), None) => Some((shown(committed, WorkTree::Clean), None)),
        (Some(committed), Some(disk)) if same_content(&committed.content, &disk.content) => {
            Some((shown(committed, WorkTree::Clean), None))
        }
        (Some(committed), Some(disk)) => {
            Some((shown(committed, WorkTree::Modified), Some(Arc::new(disk.parse()))))
        }
        (None, Some(disk)) => Some((shown(disk, WorkTree::Added), None)),
        (None, None) => None,
    }
}

/// Whether a checkout of one is the other: line ends may differ, as `core.autocrlf` makes them.
fn same_content(a: &FileContent, b: &FileContent) -> bool {
    match (a, b) {
        (FileContent::Bytes(a), FileContent::Bytes(b)) => {
            a == b || (a.len() != b.len() && without_returns(a).eq(without_returns(b)))
        }
        (a, b) => a == b,
    }
}

fn without_returns(bytes: &[u8]) -> impl Iterator<Item = u8> + '_ {
    bytes.iter().enumerate().filter(|(at, byte)| **byte != b'\r' || bytes.get(at + 1) != Some(&b'\n')).map(|(_, byte)| *byte)
}

/// Adds what the policy and the other records say; where the work tree differs, its reading is judged.
fn attach_diagnostics(
    states: &mut [ledger::RecordState],
    shown: &[(Shown, Option<Arc<Record>>)],
    policy: &Policy,
    templates: &RecordTemplates,
) {
    let ids: BTreeSet<&str> =
        shown.iter().filter_map(|(shown, _)| shown.record.id.as_ref()).map(|id| id.as_str()).collect();
    let is_guidance = |text: &str| templates.is_guidance(text);
    for (state, (shown, on_disk)) in states.iter_mut().zip(shown) {
        let judged = on_disk.as_ref().unwrap_or(&shown.record);
        if on_disk.is_some() {
            state.diagnostics.retain(|diagnostic| !shown.record.diagnostics.contains(diagnostic));
            state.diagnostics.extend(judged.diagnostics.iter().cloned());
        }
        let closed = !state.status.is_open();
        let found = ledger::check(judged, policy, &ids, &is_guidance);
        state.diagnostics.extend(found.into_iter().filter(|d| !closed || d.severity == Severity::Error));
    }
}

fn evidence(history: &History, policy: &Policy, position: usize) -> Evidence {
    let commit = &history.commits[position];
    Evidence {
        commit: commit.id,
        author: commit.author.name.clone(),
        email: commit.author.email.clone(),
        time: commit.committer.time,
        person: policy.person_by_email(&commit.author.email).map(str::to_owned),
        subject: commit.subject.clone(),
    }
}

fn type_of(path: &str) -> Option<RecordType> {
    let folder = path.split('/').next()?;
    RecordType::ALL.into_iter().find(|record_type| record_type.folder() == folder)
}

/// The end of the day or the moment that a text names, as seconds since the epoch, exclusive.
fn moment_end(text: &str) -> Option<i64> {
    if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
        return Some(timestamp.as_second().saturating_add(1));
    }
    let date: jiff::civil::Date = (text.len() == 10).then(|| text.parse().ok()).flatten()?;
    let next = date.tomorrow().ok()?;
    Some(next.to_zoned_datetime(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
}

/// A key that sorts `INFRA-9` before `INFRA-10`.
pub(crate) fn natural(name: &str) -> Vec<(u8, u64, String)> {
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let other = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (part, tail) = rest.split_at(if digits > 0 { digits } else { other });
        match part.parse::<u64>() {
            Ok(number) if digits > 0 => parts.push((0, number, part.to_owned())),
            _ => parts.push((1, 0, part.to_owned())),
        }
        rest = tail;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn natural_order() {
        let mut names = ["INFRA-100", "INFRA-20", "INFRA-DOC-01", "a", "INFRA-3"];
        names.sort_by_key(|name| natural(name));
        assert_eq!(names, ["INFRA-3", "INFRA-20", "INFRA-100", "INFRA-DOC-01", "a"]);
    }

    #[test]
    fn a_checkout_with_other_line_ends_is_the_same() {
        let bytes = |text: &str| FileContent::Bytes(text.as_bytes().to_vec());
        assert!(same_content(&bytes("a\nb\n"), &bytes("a\r\nb\r\n")));
        assert!(!same_content(&bytes("a\nb\n"), &bytes("a\r\nc\r\n")));
        assert!(!same_content(&bytes("a\rb"), &bytes("ab")));
    }

    #[test]
    fn a_day_ends_with_its_last_second() {
        assert_eq!(moment_end("1970-01-01"), Some(86_400));
        assert_eq!(moment_end("1970-01-01T02:00:00+02:00"), Some(1));
        assert_eq!(moment_end("main"), None);
    }
}
