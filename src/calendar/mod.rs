//! When production may change: openings of windows, freezes, meetings, and what gets in each other's way.
//!
//! Pure: the moment is passed in. Moments are seconds since the epoch, intervals hold their start and not their
//! end, every question has bounds. Rules and zones were checked when the policy was read, so nothing here fails.

mod collision;
mod freeze;
mod ics;
mod opening;

pub use collision::{Collision, Occupation, collisions};
pub use freeze::{Frozen, freezes_at, freezes_between};
pub use ics::{IcsEvent, render_ics};
pub use opening::{Opening, joined, meetings, next_opening, open_at, open_until, opening_of, openings};

#[cfg(test)]
mod tests;
