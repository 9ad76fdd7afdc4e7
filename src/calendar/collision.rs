//! What gets in each other's way.

use crate::policy::Policy;
use crate::record::same_name;

use super::freeze::{Frozen, freezes_at};
use super::opening::{Opening, opening_of};

/// A task that has its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occupation {
    /// Its ID.
    pub task: String,
    /// Services that it touches.
    pub services: Vec<String>,
    /// The environments that it is still to reach.
    pub environments: Vec<String>,
    /// Whether it is an emergency, which most freezes let through.
    pub emergency: bool,
    /// The policy's window that it goes out in.
    pub window: Option<String>,
    /// When it begins, in seconds since the epoch.
    pub start: i64,
    /// How long it takes, in seconds.
    pub duration: Option<i64>,
}

/// Something that should be moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Collision {
    /// Two tasks change one service in one opening of a window, or at the same time.
    SameService {
        /// Their IDs, the earlier first.
        tasks: [String; 2],
        /// What both change.
        services: Vec<String>,
        /// When the later one begins.
        at: i64,
    },
    /// Two open tasks change one resource, or one changes what the other reaches, whenever they go out.
    SameResource {
        /// Their IDs, in order.
        tasks: [String; 2],
        /// What they meet in, and where, in words.
        what: String,
    },
    /// A task takes longer than what is left of its window.
    TooLong {
        /// Its ID.
        task: String,
        /// The window.
        window: String,
        /// When the window closes.
        end: i64,
        /// By how much, in seconds.
        over: i64,
    },
    /// A task is scheduled while its window is shut.
    Outside {
        /// Its ID.
        task: String,
        /// The window.
        window: String,
        /// When it would begin.
        at: i64,
    },
    /// A task is scheduled while production may not change.
    Frozen {
        /// Its ID.
        task: String,
        /// The freeze.
        freeze: String,
        /// When it would begin.
        at: i64,
        /// When the freeze ends.
        until: i64,
    },
}

impl Collision {
    /// The IDs of the tasks that are in the way or have something in theirs.
    pub fn tasks(&self) -> &[String] {
        match self {
            Collision::SameService { tasks, .. } | Collision::SameResource { tasks, .. } => tasks,
            Collision::TooLong { task, .. }
            | Collision::Outside { task, .. }
            | Collision::Frozen { task, .. } => std::slice::from_ref(task),
        }
    }
}

/// All collisions among tasks that have their time, in order of the times. `is_known` tells whether a record or runbook
/// names a service.
pub fn collisions(
    policy: &Policy,
    occupations: &[Occupation],
    is_known: &dyn Fn(&str) -> bool,
) -> Vec<Collision> {
    let mut sorted: Vec<&Occupation> = occupations.iter().collect();
    sorted.sort_by(|a, b| (a.start, &a.task).cmp(&(b.start, &b.task)));
    let openings: Vec<Option<Opening>> =
        sorted.iter().map(|occupation| opening(policy, occupation)).collect();
    let mut found = Vec::new();
    for (position, occupation) in sorted.iter().enumerate() {
        let own = openings[position];
        found.extend(with_window(policy, occupation, own));
        found.extend(with_freeze(policy, occupation, is_known));
        for (before, other) in sorted[..position].iter().enumerate() {
            let services: Vec<String> = {
                let shared = |name: &&String| occupation.services.iter().any(|own| same_name(own, name));
                other.services.iter().filter(shared).cloned().collect()
            };
            let same_opening = own.is_some() && own == openings[before] && occupation.window == other.window;
            if !services.is_empty() && (same_opening || overlap(other, occupation)) {
                let tasks = [other.task.clone(), occupation.task.clone()];
                found.push(Collision::SameService { tasks, services, at: occupation.start });
            }
        }
    }
    found
}

fn opening(policy: &Policy, occupation: &Occupation) -> Option<Opening> {
    opening_of(policy.window(occupation.window.as_deref()?)?, occupation.start)
}

fn with_window(policy: &Policy, occupation: &Occupation, opening: Option<Opening>) -> Option<Collision> {
    let name = occupation.window.as_ref()?;
    policy.window(name)?;
    let (task, window) = (occupation.task.clone(), name.clone());
    let Some(opening) = opening else {
        return Some(Collision::Outside { task, window, at: occupation.start });
    };
    let over = occupation.start.saturating_add(occupation.duration?) - opening.end;
    (over > 0).then_some(Collision::TooLong { task, window, end: opening.end, over })
}

/// The freeze that ends last of those that hold where the task is still to go.
fn with_freeze(
    policy: &Policy,
    occupation: &Occupation,
    is_known: &dyn Fn(&str) -> bool,
) -> Option<Collision> {
    let Occupation { task, services, environments, emergency, start: at, .. } = occupation;
    let holds = |environment| {
        freezes_at(policy, *at, Frozen { environment, services, task, emergency: *emergency, is_known })
    };
    let freeze = environments.iter().flat_map(|name| holds(name)).max_by_key(|freeze| freeze.to)?;
    Some(Collision::Frozen { task: task.clone(), freeze: freeze.name.clone(), at: *at, until: freeze.to })
}

/// Whether the later one begins while the earlier one runs; one without a duration takes a moment.
fn overlap(earlier: &Occupation, later: &Occupation) -> bool {
    let end = earlier.start.saturating_add(earlier.duration.unwrap_or(0));
    later.start == earlier.start || later.start < end
}
