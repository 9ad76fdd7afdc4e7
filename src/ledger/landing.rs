//! What lands in one step of the trunk: a merge with all that it brings, or one commit.

use rustc_hash::FxHashMap;

use super::policy_line::PolicyLine;
use super::sources::{Pretended, WorkPaths};
use crate::history::{Commit, History};
use crate::record::{RecordType, detached_path};

/// Commits with code that landed in one step with a change of a task or of an approval, or that would: whether what they
/// change is infrastructure matters to the approvals in that step, whatever they name. Ascending.
pub fn code_beside_acts(history: &History, line: &PolicyLine, pretended: &Pretended) -> Vec<usize> {
    let is_act = |commit: &Commit| {
        let mut paths = commit.changes.iter().map(|change| &*change.path);
        paths.any(|path| RecordType::of_path(path) == Some(RecordType::Task) || detached_path(path).is_some())
    };
    let mut steps: FxHashMap<Option<usize>, (bool, Vec<usize>)> = FxHashMap::default();
    for (position, commit) in history.commits.iter().enumerate() {
        let step = line.landing(position);
        if step == Some(position) && commit.parents.len() < 2 {
            continue;
        }
        let (has_acts, code) = steps.entry(step).or_default();
        *has_acts |= is_act(commit);
        let may_work = commit.touches_code || commit.parents.len() > 1 || pretended.contains_key(&position);
        code.extend(may_work.then_some(position));
    }
    let mut found: Vec<usize> =
        steps.into_values().filter(|(has_acts, _)| *has_acts).flat_map(|(_, code)| code).collect();
    found.sort_unstable();
    found
}

/// Commits with work of their own, by the step with which they landed; those that are a step alone are left out.
#[derive(Debug)]
pub(super) struct Steps(Vec<(Option<usize>, usize)>);

impl Steps {
    pub(super) fn new(history: &History, line: &PolicyLine, work_paths: &WorkPaths) -> Self {
        let worked = work_paths.iter().filter(|(_, paths)| !paths.is_empty());
        let steps = worked.map(|(&commit, _)| (line.landing(commit), commit));
        let mut steps: Vec<(Option<usize>, usize)> = steps
            .filter(|(step, commit)| *step != Some(*commit) || history.commits[*commit].parents.len() > 1)
            .collect();
        steps.sort_unstable();
        Steps(steps)
    }

    /// Of one step, parents before children; `None` is what has not landed.
    pub(super) fn of(&self, step: Option<usize>) -> impl Iterator<Item = usize> {
        let from = self.0.partition_point(|(other, _)| *other < step);
        let to = self.0.partition_point(|(other, _)| *other <= step);
        self.0[from..to].iter().map(|(_, commit)| *commit)
    }
}

/// When a commit landed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LandedAt {
    /// By the clock of whoever committed the landing, as seconds since the epoch.
    pub(super) stated: i64,
    /// At the earliest, by the clocks of what had landed before.
    pub(super) earliest: i64,
}

impl LandedAt {
    /// Whether it may have landed in a period: a date of one's own choosing takes nothing out of the period that history
    /// shows.
    pub(super) fn is_within(self, since: i64, until: i64) -> bool {
        [self.stated, self.earliest].iter().any(|time| (since..until).contains(time))
    }

    /// The later of both.
    pub(super) fn latest(self) -> i64 {
        self.stated.max(self.earliest)
    }
}

/// When each step of the trunk landed.
#[derive(Debug)]
pub(super) struct LandingTimes(FxHashMap<usize, LandedAt>);

impl LandingTimes {
    /// Times after `latest` are no evidence of anything, nor is one that a single commit has: its clock was wrong.
    pub(super) fn new(history: &History, line: &PolicyLine, latest: i64) -> Self {
        let mut times = FxHashMap::default();
        // The two latest dates so far.
        let (mut last, mut before) = (i64::MIN, i64::MIN);
        for &step in line.commits() {
            let stated = history.commits[step].committer.time.seconds;
            if stated <= latest {
                (last, before) = (last.max(stated), last.min(stated).max(before));
            }
            let earliest = if stated <= latest { before.max(stated) } else { before };
            times.insert(step, LandedAt { stated, earliest });
        }
        LandingTimes(times)
    }

    /// Of a commit; of what has not landed, and where there is no trunk, its own.
    pub(super) fn of(&self, history: &History, line: &PolicyLine, commit: usize) -> LandedAt {
        let own = history.commits[commit].committer.time.seconds;
        let known = line.landing(commit).and_then(|step| self.0.get(&step)).copied();
        known.unwrap_or(LandedAt { stated: own, earliest: own })
    }
}
