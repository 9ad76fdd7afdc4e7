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
        if is_alone(history, step, position) {
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

/// Whether a commit is a whole step of the trunk.
fn is_alone(history: &History, step: Option<usize>, commit: usize) -> bool {
    step == Some(commit) && history.commits[commit].parents.len() < 2
}

/// Commits with work of their own, by the step with which they landed; those that are a step alone are left out.
#[derive(Debug)]
pub(super) struct Steps(Vec<(Option<usize>, usize)>);

impl Steps {
    pub(super) fn new(history: &History, line: &PolicyLine, work_paths: &WorkPaths) -> Self {
        let worked = work_paths.iter().filter(|(_, paths)| !paths.is_empty());
        let steps = worked.map(|(&commit, _)| (line.landing(commit), commit));
        let mut steps: Vec<(Option<usize>, usize)> =
            steps.filter(|(step, commit)| !is_alone(history, *step, *commit)).collect();
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

/// When a commit landed, by the clocks of those who committed what is on the trunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LandedAt {
    /// By the clock of whoever committed the landing, as seconds since the epoch.
    stated: i64,
    /// Between these dates, by what landed before it and after it; both are the stated one where nothing contradicts it.
    earliest: i64,
    latest: i64,
    /// The date of what stood there before.
    before: i64,
}

impl LandedAt {
    fn of(seconds: i64) -> Self {
        LandedAt { stated: seconds, earliest: seconds, latest: seconds, before: seconds }
    }

    /// What its commit says.
    pub(super) fn stated(self) -> i64 {
        self.stated
    }

    /// Whether it may have landed in a period: a date of one's own choosing takes nothing out of a period that history
    /// allows, since somebody may have looked at the others already.
    pub(super) fn is_within(self, since: i64, until: i64) -> bool {
        (since..until).contains(&self.stated) || (self.earliest < until && self.latest >= since)
    }

    /// The latest time at which, by all that is known, it had not landed yet.
    pub(super) fn at_least(self) -> i64 {
        self.stated.max(self.earliest).max(self.before)
    }
}

/// When each step of the trunk landed.
#[derive(Debug)]
pub(super) struct LandingTimes(FxHashMap<usize, LandedAt>);

impl LandingTimes {
    /// Dates after `latest` are no evidence of anything.
    pub(super) fn new(history: &History, line: &PolicyLine, latest: i64) -> Self {
        let dates: Vec<i64> =
            line.commits().iter().map(|&step| history.commits[step].committer.time.seconds).collect();
        let mut times: Vec<LandedAt> = Vec::with_capacity(dates.len());
        // The two latest dates so far: the last one alone may be that of a clock which was wrong.
        let (mut last, mut second) = (i64::MIN, i64::MIN);
        for (place, &stated) in dates.iter().enumerate() {
            let before = place.checked_sub(1).map_or(i64::MIN, |before| dates[before].min(latest));
            let in_order = stated <= latest && stated >= last;
            let (earliest, until) = if in_order { (stated, stated) } else { (second, last) };
            times.push(LandedAt { stated, earliest, latest: until, before });
            if stated <= latest {
                (last, second) = (last.max(stated), last.min(stated).max(second));
            }
        }
        let mut next = latest;
        for time in times.iter_mut().rev() {
            match time.earliest == time.stated && time.latest == time.stated {
                true => next = time.stated,
                false => time.latest = time.latest.max(next),
            }
        }
        LandingTimes(line.commits().iter().copied().zip(times).collect())
    }

    /// Of a commit; of what has not landed, and where there is no trunk, its own.
    pub(super) fn of(&self, history: &History, line: &PolicyLine, commit: usize) -> LandedAt {
        let own = history.commits[commit].committer.time.seconds;
        let known = line.landing(commit).and_then(|step| self.0.get(&step)).copied();
        known.unwrap_or_else(|| LandedAt::of(own))
    }
}
