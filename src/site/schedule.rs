//! When a task goes out, and what is in its way.

use std::collections::HashMap;

use jiff::tz::TimeZone;
use serde::Serialize;

use super::gate::moment;
use super::model::Model;
use super::overview::is_coming;
use super::view::{self, Tone};
use crate::calendar::{Collision, Opening, next_opening, opening_of};
use crate::ledger::{Coming, RecordState, State, local, window_of};
use crate::policy::{Policy, Window};
use crate::record::{Details, Task, Text};

/// What should be moved, told once for all pages.
#[derive(Debug, Default)]
pub(super) struct InTheWay {
    told: Vec<(Collision, String)>,
    by_task: HashMap<String, Vec<usize>>,
}

impl InTheWay {
    pub(super) fn new(state: &State, policy: &Policy) -> Self {
        let coming = Coming::new(state, policy, state.now, state.now);
        let mut found = InTheWay::default();
        for (place, collision) in coming.collisions().into_iter().enumerate() {
            for task in collision.tasks() {
                found.by_task.entry(task.clone()).or_default().push(place);
            }
            let text = coming.collision_told(&collision, &page_time);
            found.told.push((collision, text));
        }
        found
    }

    /// Everything, in sentences.
    pub(super) fn all(&self) -> impl Iterator<Item = &(Collision, String)> {
        self.told.iter()
    }

    /// What is in the way of a task, or has it in its way, with a sentence each.
    pub(super) fn of(&self, task: &str) -> impl Iterator<Item = &(Collision, String)> {
        self.by_task.get(task).into_iter().flatten().map(|place| &self.told[*place])
    }
}

/// A moment as pages write it.
fn page_time(at: i64, zone: &TimeZone) -> String {
    local(at, zone).map_or_else(|| at.to_string(), |at| view::moment(&at))
}

/// The freeze in which a task is scheduled: `freeze “Quarter end” until Mon 3 Jun 2024 08:00 +02:00`.
pub(super) fn freeze_of(model: &Model<'_>, task: &str) -> Option<String> {
    model.in_the_way.of(task).find_map(|(collision, _)| match collision {
        Collision::Frozen { freeze, until, .. } => {
            Some(format!("freeze “{freeze}” until {}", moment(model, *until)))
        }
        _ => None,
    })
}

/// A part of the line about time: what `record.schedule` holds.
#[derive(Debug, Serialize)]
pub(super) struct TimeFact {
    /// Empty where the value says it all.
    pub(super) name: &'static str,
    pub(super) value: String,
    pub(super) tone: Tone,
}

/// When a task goes out or went out by its record, how long it takes, and what is in its way.
pub(super) fn facts(model: &Model<'_>, state: &RecordState) -> Vec<TimeFact> {
    let Details::Task(task) = &state.record.details else { return Vec::new() };
    let fact = |name, value: String| TimeFact { name, value, tone: Tone::None };
    let length = |name, length: &Option<Text>| length.as_ref().map(|length| fact(name, span(length)));
    let mut facts: Vec<TimeFact> = Vec::new();
    facts.extend(task.window.clone().map(|window| fact("", window)));
    // A window is not open in a freeze, which stands below.
    let is_frozen = freeze_of(model, &state.name).is_some();
    facts.extend(
        opening(model, state, task).filter(|_| !is_frozen).map(|(name, opening)| fact(name, opening)),
    );
    facts.extend(task.scheduled.as_ref().map(|time| fact("scheduled", view::moment(time))));
    facts.extend(length("needs", &task.duration));
    facts.extend(length("downtime", &task.downtime));
    if task.scheduled.is_some() && is_coming(state) {
        facts.extend(in_the_way(model, &state.name));
    }
    facts
}

/// The opening that the task is scheduled for; the next one where it has no time yet. None once it is out.
fn opening(model: &Model<'_>, state: &RecordState, task: &Task) -> Option<(&'static str, String)> {
    let policy = model.input.policy;
    let window = policy.window(window_of(state, policy)?)?;
    if !is_coming(state) {
        return None;
    }
    let (name, opening) = match &task.scheduled {
        Some(time) => ("open", opening_of(window, time.timestamp().as_second())?),
        None => ("opens next", next_opening(window, model.input.state.now)?),
    };
    Some((name, opening_text(model, window, opening)?))
}

/// `Sat 25 May 2024 02:00–06:00 +02:00`, in the window's zone.
fn opening_text(model: &Model<'_>, window: &Window, opening: Opening) -> Option<String> {
    let zone = match window {
        Window::Recurring { timezone, .. } => timezone,
        Window::Once { .. } => &model.zone,
    };
    let (start, end) = (local(opening.start, zone)?, local(opening.end, zone)?);
    Some(match start.date() == end.date() {
        true => format!("{}–{}", start.strftime("%a %-d %b %Y %H:%M"), end.strftime("%H:%M %:z")),
        false => format!("{} – {}", view::moment(&start), view::moment(&end)),
    })
}

fn in_the_way(model: &Model<'_>, task: &str) -> Vec<TimeFact> {
    let others = model.in_the_way.of(task).filter(|(found, _)| !matches!(found, Collision::Frozen { .. }));
    let mut facts: Vec<TimeFact> =
        others.map(|(_, text)| TimeFact { name: "", value: text.clone(), tone: Tone::Bad }).collect();
    let fine = |value: &str| TimeFact { name: "", value: value.to_owned(), tone: Tone::Ok };
    if facts.is_empty() {
        facts.push(fine("no collision"));
    }
    facts.push(match freeze_of(model, task) {
        Some(value) => TimeFact { name: "", value, tone: Tone::Bad },
        None => fine("no freeze"),
    });
    facts
}

/// `3 h`, `1 h 30 min`, `2 d`; as it is written where it is less than a minute.
fn span(length: &Text) -> String {
    let minutes = length.seconds / 60;
    let parts = [(minutes / 1_440, "d"), (minutes / 60 % 24, "h"), (minutes % 60, "min")];
    let told: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n} {unit}")).collect();
    if told.is_empty() { length.text.clone() } else { told.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_told_in_units() {
        for (text, seconds, told) in
            [("1h", 3_600, "1 h"), ("90m", 5_400, "1 h 30 min"), ("2d", 172_800, "2 d"), ("30s", 30, "30s")]
        {
            assert_eq!(span(&Text { text: text.to_owned(), seconds }), told);
        }
    }
}
