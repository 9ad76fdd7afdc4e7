//! When it may happen: windows and freezes.

use super::{Case, Judgement, Requirement, met, unmet};
use crate::calendar::{
    Frozen, Opening, freezes_at, freezes_between, next_opening, open_at, open_until, opening_of,
};
use crate::diagnostic::Code;
use crate::policy::Window;
use crate::record::Risk;

/// How far ahead the next possible moment is looked for, in openings.
const MAX_OPENINGS: usize = 100;

impl Case<'_, '_> {
    /// Adds what the clock says, with the moment at which an open gate shuts, or a shut one may open.
    pub(super) fn timing(&self, judgement: &mut Judgement) {
        let freezes = self.freezes();
        let window = self.window(judgement);
        let shut_by_time_alone = window.iter().chain(&freezes).any(|requirement| !requirement.met)
            && judgement.requirements.iter().all(|requirement| requirement.met);
        judgement.requirements.extend(window);
        judgement.requirements.extend(freezes);
        let Some(time) = self.time else { return };
        if shut_by_time_alone {
            judgement.next = self.next(judgement, time);
            return;
        }
        let next_freeze = freezes_between(self.policy(), time.saturating_add(1), i64::MAX)
            .into_iter()
            .map(|freeze| freeze.from)
            .find(|from| !self.freezes_at(*from).is_empty());
        judgement.until = judgement.until.into_iter().chain(next_freeze).min();
    }

    /// The window that holds for the task: its own where the risk lists it, else the risk's.
    fn named_window(&self, risk: Risk) -> Result<Option<(&str, &Window)>, String> {
        let policy = self.policy();
        let rule = policy.risk_rule(risk);
        let level = risk.as_str();
        let name = match (self.subject.task.window.as_deref(), rule.window.as_deref()) {
            (Some(own), Some(asked)) if own != asked && !rule.windows.iter().any(|window| window == own) => {
                return Err(format!("window `{own}` is not allowed for {level} risk"));
            }
            (Some(own), _) => own,
            (None, Some(asked)) => asked,
            (None, None) => return Ok(None),
        };
        match policy.window(name) {
            Some(window) => Ok(Some((name, window))),
            None => Err(format!("window `{name}` is not in the policy")),
        }
    }

    /// Whether neither the record nor its risk names a window.
    pub(super) fn asks_no_window(&self, risk: Risk) -> bool {
        matches!(self.named_window(risk), Ok(None))
    }

    /// Whether something that is asked depends on when it was between two moments: a window, a freeze, or the deadline of
    /// an emergency's review.
    pub(in crate::ledger) fn rests_on_time(&self, from: i64, until: i64) -> bool {
        let risk = crate::ledger::risk::of_subject(&self.subject).level;
        let mut freezes = freezes_between(self.policy(), from, until).into_iter();
        self.subject.task.emergency.is_some()
            || !self.asks_no_window(risk)
            || freezes.any(|freeze| !self.freezes_at(freeze.from.max(from)).is_empty())
    }

    fn window(&self, judgement: &mut Judgement) -> Option<Requirement> {
        if self.subject.task.emergency.is_some() {
            return None;
        }
        let (name, window) = match self.named_window(judgement.risk.level) {
            Ok(named) => named?,
            Err(why) => return Some(unmet(Code::WindowClosed, why)),
        };
        let Some(time) = self.time else {
            return Some(unmet(
                Code::WindowClosed,
                "its time is not reliable, so it does not satisfy a window".to_owned(),
            ));
        };
        let opening = match self.scheduled(window) {
            Some(Ok(own)) => Some(own).filter(|own| own.contains(time)),
            Some(Err(why)) => return Some(unmet(Code::WindowClosed, why)),
            None => open_at(window, time)
                .map(|own| Opening { end: open_until(window, time).unwrap_or(own.end), ..own }),
        };
        let Some(opening) = opening else {
            return Some(unmet(Code::WindowClosed, format!("window `{name}` is closed")));
        };
        judgement.until = Some(opening.end);
        if let Some(needed) = &self.subject.task.duration
            && opening.end - time < needed.seconds
        {
            let left = (opening.end - time) / 60;
            let detail = format!("{left} minutes are left in `{name}`, but {} are planned", needed.text);
            judgement.warnings.push(unmet(Code::WindowShort, detail));
        }
        Some(met(Code::WindowClosed, format!("window `{name}` is open")))
    }

    /// The occurrence of the window that the task is scheduled for.
    fn scheduled(&self, window: &Window) -> Option<Result<Opening, String>> {
        let scheduled = self.subject.task.scheduled.as_ref()?;
        let found = opening_of(window, scheduled.timestamp().as_second());
        Some(found.ok_or_else(|| format!("it is scheduled for {scheduled}, outside its window")))
    }

    fn freezes(&self) -> Vec<Requirement> {
        let Some(time) = self.time else { return Vec::new() };
        let freezes = self.freezes_at(time);
        freezes.into_iter().map(|name| unmet(Code::Freeze, format!("freeze `{name}` is in force"))).collect()
    }

    fn freezes_at(&self, time: i64) -> Vec<&str> {
        let task = self.subject.task;
        let (id, emergency) = (self.subject.id.as_str(), task.emergency.is_some());
        let change = Frozen {
            environment: &self.environment.name,
            services: &task.services,
            task: id,
            emergency,
            is_known: &|service| self.subject.context.names_service(service),
        };
        let found = freezes_at(self.policy(), time, change);
        found.into_iter().map(|freeze| freeze.name.as_str()).collect()
    }

    /// The next moment at which neither window nor freeze shuts it.
    fn next(&self, judgement: &Judgement, time: i64) -> Option<i64> {
        let window = match self.subject.task.emergency {
            Some(_) => None,
            None => self.named_window(judgement.risk.level).ok()?.map(|(_, window)| window),
        };
        let mut moment = time;
        for _ in 0..MAX_OPENINGS {
            if let Some(window) = window {
                let open = match self.scheduled(window) {
                    Some(own) => {
                        let own = own.ok()?;
                        if own.end <= moment {
                            return None;
                        }
                        moment.max(own.start)
                    }
                    None => match open_at(window, moment) {
                        Some(_) => moment,
                        None => next_opening(window, moment)?.start,
                    },
                };
                moment = open;
            }
            let names = self.freezes_at(moment);
            let Some(end) =
                self.policy().freezes.iter().filter(|f| names.contains(&f.name.as_str())).map(|f| f.to).max()
            else {
                return Some(moment);
            };
            moment = end;
        }
        None
    }
}
