//! A push to the trunk, judged on a repository in which it has gone through.

use std::collections::BTreeMap;
use std::path::Path;

use super::{BOOK_FILE, Book, BookError, Request};
use crate::diagnostic::{Code, Diagnostic};
use crate::history::{BookPath, CommitId, HistoryError, Repository, Survey, TreeFile};
use crate::ledger::{Push, Refusal, judge_push};
use crate::record::RecordType;

/// Files that a pushed commit may hold. The largest repositories have some four million.
const MAX_FILES: u64 = 10_000_000;

/// What a push does to a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The branch's short name.
    pub branch: String,
    /// Its tip before; `None` for a new one.
    pub old: Option<CommitId>,
    /// Its tip after; `None` for one that is deleted.
    pub new: Option<CommitId>,
    /// Whether `HEAD` of the repository names it, or git's configuration: the trunk, whatever the policy says.
    pub is_head: bool,
}

impl Update {
    /// The branch's full name.
    fn reference(&self) -> String {
        format!("refs/heads/{}", self.branch)
    }
}

/// Why an update is refused; empty when it may go through, as every update of a branch that is no trunk.
/// `directory` is a repository whose `HEAD` is the branch's new tip (the old one's, for a deletion).
///
/// # Errors
/// An update of the trunk that cannot be judged.
pub fn judge_update(directory: &Path, update: &Update, request: &Request) -> Result<Vec<Refusal>, BookError> {
    let repository = Repository::discover(directory)?;
    repository.verify_objects();
    let survey = |commit: Option<CommitId>| {
        commit.map_or_else(|| Ok(Survey::default()), |commit| repository.survey(commit, BOOK_FILE))
    };
    let before = match survey(update.old) {
        // It came in another way, and may go.
        Err(HistoryError::TreeTooLarge { .. }) => Survey::default(),
        before => before?,
    };
    let after = match survey(update.new) {
        Ok(after) if after.n_files <= MAX_FILES => after,
        Ok(_) => return Ok(vec![too_large(update)]),
        Err(HistoryError::TreeTooLarge { .. }) => return Ok(vec![too_large(update)]),
        Err(error) => return Err(error.into()),
    };
    let (before, after) = (before.folders, after.folders);
    let mut all: Vec<&String> = before.iter().chain(&after).collect();
    all.sort();
    all.dedup();
    let mut refusals = Vec::new();
    for folder in all {
        let book = Book { repository: repository.reopen()?, path: BookPath::new(folder), root: None };
        let settled = update.old.filter(|_| before.contains(folder)).or(update.new);
        if !book.has_as_trunk(settled, update) {
            continue;
        }
        let refused = |message: String| Refusal {
            code: Code::HistoryRewritten,
            place: update.branch.clone(),
            message,
            help: "only the server's administrator can do that, with the hook disabled".to_owned(),
        };
        match update.new {
            None => refusals.push(refused(format!("the trunk `{}` would be deleted", update.branch))),
            Some(_) if !after.contains(folder) => {
                let place = book.path.join(BOOK_FILE);
                refusals.push(refused(format!("`{place}` is missing, and the book with it")));
            }
            Some(_) => match book.judge_push(update, update.old.filter(|_| before.contains(folder)), request)
            {
                // One of its commits, where the tip is of a common size.
                Err(BookError::History(HistoryError::TreeTooLarge { .. })) => {
                    refusals.push(too_large(update))
                }
                judged => refusals.extend(judged?),
            },
        }
    }
    Ok(refusals)
}

fn too_large(update: &Update) -> Refusal {
    Refusal {
        code: Code::TreeTooLarge,
        place: update.branch.clone(),
        message: format!("one of its commits has more than {MAX_FILES} files"),
        help: Code::TreeTooLarge.remedy().to_owned(),
    }
}

impl Book {
    /// Whether the policy of a commit calls the branch the trunk; where it names none or cannot be read, the
    /// branch that `HEAD` names is it.
    fn has_as_trunk(&self, commit: Option<CommitId>, update: &Update) -> bool {
        let policy = self.policy(commit).ok();
        match policy.and_then(|policy| policy.trunk.clone()) {
            Some(trunk) => trunk == update.branch || update.is_head,
            None => update.is_head,
        }
    }

    /// Why the trunk may not go from `old` to what `HEAD` names here; empty when it may.
    ///
    /// # Errors
    /// As [`load`](Self::load): a push that cannot be judged does not go through.
    fn judge_push(
        &self,
        update: &Update,
        old: Option<CommitId>,
        request: &Request,
    ) -> Result<Vec<Refusal>, BookError> {
        let head = self.head()?.commit.ok_or(BookError::NoTrunk)?;
        let request = Request { trunk: Some(update.reference()), ..request.clone() };
        let loaded = match self.load(&request) {
            Ok(loaded) => loaded,
            Err(BookError::Settings(wrong)) => return Ok(wrong.iter().map(Refusal::of).collect()),
            Err(error) => return Err(error),
        };
        // One that cannot be read changes nothing of what is in force; it is refused with its places all the same.
        if let Err(BookError::Settings(wrong)) = self.policy(Some(head)) {
            return Ok(wrong.iter().map(Refusal::of).collect());
        }
        let diagnostics = loaded.diagnostics();
        let old_files = old.map_or_else(|| Ok(BTreeMap::new()), |old| self.all_records(old))?;
        let new_files = self.all_records(head)?;
        let changed = |path: &str| old_files.get(path) != new_files.get(path);
        // Of a file that is as it was, what is wrong may be new, when another one is gone; it is asked only then.
        let before = std::cell::OnceCell::new();
        let known = |found: &Diagnostic| {
            let Some(old) = old.filter(|_| !changed(&found.path)) else { return false };
            let before = before.get_or_init(|| {
                let request = Request { at: Some(old.hex()), now_is_stated: true, ..request.clone() };
                self.load(&request).map(|loaded| loaded.diagnostics()).unwrap_or_default()
            });
            super::staged::is_among(found, before)
        };
        // The old tip may have gone from the new one's history.
        let tips: Vec<CommitId> = old.into_iter().chain([head]).collect();
        let both;
        let history = match old.is_none_or(|old| loaded.history().position(old).is_some()) {
            true => loaded.history(),
            false => {
                both = self.repository.read(&tips, &self.path)?;
                &both
            }
        };
        let new = history.position(head).ok_or(BookError::NoTrunk)?;
        Ok(judge_push(&Push {
            history,
            old: old.and_then(|old| history.position(old)),
            new,
            policy: old.and_then(|old| loaded.in_force_after(old)).unwrap_or(loaded.policy()),
            policy_after: loaded.policy(),
            state: &loaded.state,
            diagnostics: &diagnostics,
            known: &known,
        }))
    }

    /// The record files of a commit, by path in the book.
    fn all_records(&self, commit: CommitId) -> Result<BTreeMap<String, TreeFile>, BookError> {
        let mut all = BTreeMap::new();
        for record_type in RecordType::ALL {
            let folder = record_type.folder();
            let files = self.repository.files(commit, &self.path.join(folder))?;
            all.extend(files.into_iter().map(|(path, file)| (format!("{folder}/{path}"), file)));
        }
        Ok(all)
    }
}
