//! Which tasks commits name, and which items deploy.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::walk::{RecordIx, Walk};
use crate::history::{Commit, History};
use crate::policy::{Environment, Policy};

/// Normalised texts of the items that deploy an environment by any of the policies.
pub fn deployment_items<'p>(policies: impl Iterator<Item = &'p Policy>) -> FxHashSet<String> {
    let environments = policies.flat_map(|policy| &policy.environments);
    environments.flat_map(Environment::deploying_items).map(str::to_owned).collect()
}

/// Whose the commits are that name tasks: by `Change:` trailer or by a word of the subject.
pub fn named_tasks(history: &History, walk: &Walk, book: Option<&str>) -> FxHashMap<usize, Vec<RecordIx>> {
    let tasks_of = |(position, commit): (usize, &Commit)| {
        let mut tasks: Vec<RecordIx> = words_that_name(commit, book)
            .filter_map(|word| walk.id_index.get(word).copied())
            .filter(|record| walk.ids[*record as usize].0 == crate::record::RecordType::Task)
            .collect();
        tasks.sort_unstable();
        tasks.dedup();
        (!tasks.is_empty()).then_some((position, tasks))
    };
    history.commits.par_iter().enumerate().filter_map(tasks_of).collect()
}

/// What may be the ID of a task that a commit names, in a book of that name.
fn words_that_name<'c>(commit: &'c Commit, book: Option<&str>) -> impl Iterator<Item = &'c str> {
    let is_id_byte = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let words = commit.subject.split(move |c| !is_id_byte(c)).map(|word| word.trim_end_matches('-'));
    let trailers = commit.trailers.changes.iter().filter_map(move |change| match change.rsplit_once('/') {
        Some((of_book, id)) => (Some(of_book) == book).then_some(id),
        None => Some(change.as_str()),
    });
    words.chain(trailers)
}
