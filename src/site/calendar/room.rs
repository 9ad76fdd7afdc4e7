//! How much of a day a page has room for: a month of eight hundred deployments is no heavier than one of eighty.

use super::Entry;
use crate::site::parts::shares;

/// Most windows, freezes and meetings of a day.
const OTHERS: usize = 4;

/// The room that a page has.
pub(super) struct Room {
    /// What the page is called: `month`, `week`.
    pub(super) name: &'static str,
    /// Most changes and deployments of one day, and of all days together.
    pub(super) of_day: usize,
    pub(super) of_all: usize,
}

/// Leaves of each day as many entries as there is room for, in their order, and says how many more there are. What is
/// in the way, or to be explained, stays longest.
pub(super) fn cut(days: &mut [Vec<Entry>], room: &Room) -> Vec<usize> {
    let n_changes = |day: &Vec<Entry>| day.iter().filter(|entry| is_change(entry)).count();
    let others: usize = days.iter().map(|day| (day.len() - n_changes(day)).min(OTHERS)).sum();
    let counts: Vec<usize> = days.iter().map(|day| n_changes(day).min(room.of_day)).collect();
    // A window takes about a third of what a change takes.
    let shares = shares(&counts, room.of_all.saturating_sub(others / 3));
    let each = days.iter_mut().zip(shares);
    each.map(|(day, share)| {
        let before = day.len();
        keep(day, share);
        before - day.len()
    })
    .collect()
}

fn is_change(entry: &Entry) -> bool {
    matches!(entry.kind, "change" | "deployed")
}

fn keep(day: &mut Vec<Entry>, share: usize) {
    let mut order: Vec<usize> = (0..day.len()).collect();
    order.sort_by_key(|index| {
        let entry = &day[*index];
        (!entry.collides, entry.found.is_none(), entry.kind == "deployed", entry.kind == "window", *index)
    });
    let (mut changes, mut others) = (share, OTHERS);
    let mut kept = vec![false; day.len()];
    for index in order {
        let left = if is_change(&day[index]) { &mut changes } else { &mut others };
        kept[index] = *left > 0;
        *left = left.saturating_sub(1);
    }
    let mut kept = kept.into_iter();
    day.retain(|_| kept.next().unwrap_or(true));
}

#[cfg(test)]
mod tests {
    use super::super::ToExplain;
    use super::super::days::entry;
    use super::*;

    /// By hand: room for 5 less a third of 3 windows is 4; the days share it, the first ones have the rest.
    #[test]
    fn days_share_the_room_and_what_is_to_be_explained_stays() {
        let room = Room { name: "month", of_day: 2, of_all: 5 };
        let found = ToExplain { label: "freeze".to_owned(), page: String::new() };
        let plain = |label: &str| entry("deployed", label);
        let mut days = vec![
            vec![entry("window", "w"), plain("a"), plain("b"), Entry { found: Some(found), ..plain("c") }],
            vec![entry("window", "w"), plain("d")],
            vec![entry("window", "w")],
            vec![plain("e"), entry("change", "f"), plain("g"), plain("h")],
        ];
        assert_eq!(cut(&mut days, &room), [1, 0, 0, 3]);
        let labels: Vec<Vec<&str>> =
            days.iter().map(|day| day.iter().map(|entry| entry.label.as_str()).collect()).collect();
        assert_eq!(labels, [vec!["w", "a", "c"], vec!["w", "d"], vec!["w"], vec!["f"]]);
    }
}
