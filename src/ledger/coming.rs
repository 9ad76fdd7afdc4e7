//! What is coming: openings of windows with the tasks that go out in them, freezes, meetings, collisions.
//!
//! The calendar knows windows and no records; here both meet. Every view of the calendar is made from this.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::state::{RecordState, State, Status};
use crate::calendar::{
    Collision, IcsEvent, Occupation, Opening, collisions, freezes_between, joined, meetings, openings,
};
use crate::policy::{Freeze, Policy, Window};
use crate::record::{Details, normalize};

/// A day, in seconds.
const DAY: i64 = 86_400;
/// A window that is open longer than this is no appointment, in seconds.
const MAX_APPOINTMENT: i64 = 7 * DAY;
/// How far back and ahead meetings are looked for, in seconds.
const MAX_LOOK: i64 = 400 * DAY;

/// The tasks that have their time and still wait for it.
pub fn occupations(state: &State, policy: &Policy) -> Vec<Occupation> {
    let waits = |record: &&RecordState| record.status.is_open() && record.status != Status::Applied;
    state.records.iter().filter(waits).filter_map(|record| occupation(record, policy)).collect()
}

/// The name of the window that a task goes out in: its own or else its risk's.
pub fn window_of<'r>(record: &'r RecordState, policy: &'r Policy) -> Option<&'r str> {
    let Details::Task(task) = &record.record.details else { return None };
    let of_risk = || policy.risk_rule(record.risk.as_ref()?.level).window.as_deref();
    task.window.as_deref().or_else(of_risk)
}

/// When a task goes out or went out by its record. `None` without a time.
pub fn occupation(record: &RecordState, policy: &Policy) -> Option<Occupation> {
    let Details::Task(task) = &record.record.details else { return None };
    Some(Occupation {
        task: record.name.clone(),
        services: task.services.clone(),
        environments: record
            .environments
            .iter()
            .filter(|environment| environment.gated && !environment.deployed)
            .map(|environment| environment.name.clone())
            .collect(),
        emergency: task.emergency.is_some(),
        window: window_of(record, policy).map(str::to_owned),
        start: task.scheduled.as_ref()?.timestamp().as_second(),
        duration: task.duration.as_ref().map(|duration| duration.seconds),
    })
}

/// What is looked at: a span of time and what the policy and the records say of it.
pub struct Coming<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// First moment that is looked at.
    pub now: i64,
    /// First moment that is not.
    pub until: i64,
    /// The windows that are meant, by name.
    pub windows: Vec<(&'a str, &'a Window)>,
    /// Tasks that have their time.
    pub tasks: Vec<Occupation>,
    /// The services that records and runbooks name, folded.
    pub services: BTreeSet<String>,
    /// Open tasks that meet in one resource.
    same_resources: Vec<Collision>,
    /// The zone of freezes and one-off windows: the board's, else UTC.
    pub zone: TimeZone,
}

/// An opening, or several that join, with what goes out in it.
pub struct Open<'a> {
    /// The window's name.
    pub name: &'a str,
    /// The window's zone.
    pub zone: &'a TimeZone,
    /// From when until when.
    pub span: Opening,
    /// Tasks that begin in it and name the window.
    pub tasks: Vec<&'a Occupation>,
}

impl<'a> Coming<'a> {
    /// Everything from `now` until `until`, every window of the policy.
    pub fn new(state: &State, policy: &'a Policy, now: i64, until: i64) -> Self {
        Coming {
            policy,
            now,
            until,
            windows: policy.windows.iter().map(|(name, window)| (name.as_str(), window)).collect(),
            tasks: occupations(state, policy),
            same_resources: same_resources(state),
            services: super::services::services(state.records.iter().map(|record| &*record.record)),
            zone: board_zone(policy),
        }
    }

    /// The zone in which a window's times are told.
    pub fn zone_of<'w>(&'w self, window: &'w Window) -> &'w TimeZone {
        match window {
            Window::Recurring { timezone, .. } => timezone,
            Window::Once { .. } => &self.zone,
        }
    }

    /// The openings that touch the span, in order.
    pub fn rows(&self) -> Vec<Open<'_>> {
        let mut rows = Vec::new();
        for (name, window) in &self.windows {
            for span in joined(&openings(window, self.now, self.until)) {
                let goes_out =
                    |task: &&Occupation| task.window.as_deref() == Some(name) && span.contains(task.start);
                let tasks = self.tasks.iter().filter(goes_out).collect();
                rows.push(Open { name, zone: self.zone_of(window), span, tasks });
            }
        }
        rows.sort_by(|a, b| (a.span, a.name).cmp(&(b.span, b.name)));
        rows
    }

    /// When the board meets.
    pub fn meetings(&self) -> Vec<i64> {
        self.policy.cab.as_ref().map_or_else(Vec::new, |cab| meetings(cab, self.now, self.until))
    }

    /// The freezes that touch the span.
    pub fn freezes(&self) -> Vec<&'a Freeze> {
        freezes_between(self.policy, self.now, self.until)
    }

    /// What should be moved.
    pub fn collisions(&self) -> Vec<Collision> {
        let is_known = |service: &str| self.services.contains(&normalize(service));
        let mut found = collisions(self.policy, &self.tasks, &is_known);
        found.extend(self.same_resources.iter().cloned());
        found
    }

    /// A collision in a sentence.
    pub fn collision_text(&self, collision: &Collision) -> String {
        self.collision_told(collision, &moment_text)
    }

    /// The same, with moments in zones written by `time`.
    pub fn collision_told(&self, collision: &Collision, time: &dyn Fn(i64, &TimeZone) -> String) -> String {
        let zone =
            |window: &str| self.policy.window(window).map_or(&self.zone, |window| self.zone_of(window));
        match collision {
            Collision::SameService { tasks: [first, second], services, at } => {
                format!("{first} and {second} both change {}, {}", services.join(", "), time(*at, &self.zone))
            }
            Collision::SameResource { tasks: [first, second], what } => {
                format!("{first} and {second} {what}")
            }
            Collision::TooLong { task, window, end, over } => format!(
                "{task} takes {} minutes longer than the time left in `{window}`, which closes {}",
                (over + 59) / 60,
                time(*end, zone(window))
            ),
            Collision::Outside { task, window, at } => {
                format!("{task} is scheduled for {}, outside the window `{window}`", time(*at, zone(window)))
            }
            Collision::Frozen { task, freeze, at, until } => format!(
                "{task} is scheduled for {}, during the freeze `{freeze}`, which ends {}",
                time(*at, &self.zone),
                time(*until, &self.zone)
            ),
        }
    }

    /// Openings, freezes, meetings and tasks as appointments.
    pub fn events(&self, book: &str, title: &dyn Fn(&str) -> String) -> Vec<IcsEvent> {
        let uid =
            |kind: &str, name: &str, at: &str| format!("{kind}.{}{at}@{}", uid_part(name), uid_part(book));
        let day = |at: i64, zone: &TimeZone| {
            format!(".{}", local(at, zone).map_or_else(String::new, |at| at.date().to_string()))
        };
        let mut events = Vec::new();
        for row in self.rows().into_iter().filter(|row| row.span.end - row.span.start <= MAX_APPOINTMENT) {
            events.push(IcsEvent {
                uid: uid("window", row.name, &day(row.span.start, row.zone)),
                summary: format!("Change window: {}", row.name),
                description: row
                    .tasks
                    .iter()
                    .map(|task| format!("{} {}", task.task, title(&task.task)))
                    .collect::<Vec<_>>()
                    .join("\n"),
                start: row.span.start,
                end: row.span.end,
                category: "window",
            });
        }
        for freeze in self.freezes() {
            events.push(IcsEvent {
                uid: uid("freeze", &freeze.name, ""),
                summary: format!("Change freeze: {}", freeze.name),
                description: if freeze.except.is_empty() {
                    String::new()
                } else {
                    format!("except {}", freeze.except.join(", "))
                },
                start: freeze.from,
                end: freeze.to,
                category: "freeze",
            });
        }
        if let Some(cab) = &self.policy.cab {
            events.extend(self.meetings().into_iter().map(|start| IcsEvent {
                uid: uid("meeting", "cab", &day(start, &cab.timezone)),
                summary: "Change advisory board".to_owned(),
                description: String::new(),
                start,
                end: start + 3_600,
                category: "meeting",
            }));
        }
        let is_coming = |task: &&Occupation| self.now <= task.start && task.start < self.until;
        events.extend(self.tasks.iter().filter(is_coming).map(|task| IcsEvent {
            uid: uid("task", &task.task, ""),
            summary: format!("{}: {}", task.task, title(&task.task)),
            description: task.services.join(", "),
            start: task.start,
            end: task.start + task.duration.unwrap_or(3_600),
            category: "change",
        }));
        events
    }
}

/// Open tasks that meet in one resource, each two once.
pub fn same_resources(state: &State) -> Vec<Collision> {
    let mut found = Vec::new();
    for record in &state.records {
        for overlap in
            record.overlaps.open.iter().filter(|overlap| record.name.as_str() < overlap.with.as_str())
        {
            let tasks = [record.name.clone(), overlap.with.to_string()];
            found.push(Collision::SameResource { tasks, what: overlap.both_words() });
        }
    }
    found
}

/// The day of the board's next meeting by the policy; one of the last half day counts as next. `None` when the
/// policy names no meetings, or there is none within a year.
pub fn next_meeting(policy: &Policy, now: i64) -> Option<jiff::civil::Date> {
    let cab = policy.cab.as_ref()?;
    let next = meetings(cab, now.saturating_sub(DAY / 2), now.saturating_add(MAX_LOOK)).into_iter().next()?;
    Some(local(next, &cab.timezone)?.date())
}

/// The zone of the board's meetings, else UTC.
pub fn board_zone(policy: &Policy) -> TimeZone {
    policy.cab.as_ref().map_or(TimeZone::UTC, |cab| cab.timezone.clone())
}

/// A moment in a zone; `None` beyond the calendar.
pub fn local(at: i64, zone: &TimeZone) -> Option<jiff::ZonedDateTime> {
    Some(Timestamp::from_second(at).ok()?.to_zoned_datetime(zone.clone()))
}

/// `Sat 2024-05-25 02:00`
pub fn moment_text(at: i64, zone: &TimeZone) -> String {
    local(at, zone).map_or_else(|| at.to_string(), |at| at.strftime("%a %Y-%m-%d %H:%M").to_string())
}

/// A name in a UID: letters, digits, `-`, `_` and `.` as they are, other bytes as their numbers.
fn uid_part(name: &str) -> String {
    let part = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => char::from(byte).to_string(),
        _ => format!(".{byte:02x}"),
    };
    name.bytes().map(part).collect()
}
