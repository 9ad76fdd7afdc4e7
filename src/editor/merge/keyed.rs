//! Merges sequences of parts that are known by a key: keys of the frontmatter, sections, items.

use super::Versions;
use super::expected::{Outcome, three_way};
use super::piece::Piece;

/// A part with its key. Blank lines before or behind it are no part of what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Keyed {
    pub(super) key: String,
    /// Blank lines before it.
    pub(super) before: String,
    pub(super) text: String,
    /// Blank lines behind it.
    pub(super) behind: String,
}

/// What comes of a part that both sides changed, each to another text.
pub(super) type BothChanged<'a> = dyn Fn(Versions<Option<&Keyed>>) -> Vec<Piece> + 'a;

/// The parts in pieces: what one side alone added, changed, moved or removed is done, and `both_changed`
/// decides on the rest. `None` when a key stands twice, or when both sides changed the order.
pub(super) fn merge(sides: Versions<&[Keyed]>, both_changed: &BothChanged<'_>) -> Option<Vec<Piece>> {
    let keys = sides.map(|parts| parts.iter().map(|part| part.key.as_str()).collect::<Vec<_>>());
    let mut pieces = Vec::new();
    for key in order(&keys)? {
        let versions = sides.map(|parts| parts.iter().find(|part| part.key == key));
        let text = versions.map(|part| part.map(|part| part.text.as_str()));
        match three_way(text) {
            Outcome::Settled(None) => {}
            Outcome::Settled(Some(text)) => {
                let (before, behind) = blanks(versions);
                pieces.push(Piece::Settled([before, text, behind].concat()));
            }
            Outcome::Conflict => pieces.extend(both_changed(versions)),
        }
    }
    Some(pieces)
}

/// The part as each version has it; the blank lines round it are no part of the conflict.
pub(super) fn conflict(versions: Versions<Option<&Keyed>>) -> Vec<Piece> {
    let (before, behind) = blanks(versions);
    let texts = versions.map(|part| part.map(|part| part.text.clone()).unwrap_or_default());
    let blank = |lines: &str| Piece::Settled(lines.to_owned());
    vec![blank(before), Piece::conflict(texts), blank(behind)]
}

/// The blank lines round a part that one text was settled for.
pub(super) fn blanks<'a>(versions: Versions<Option<&'a Keyed>>) -> (&'a str, &'a str) {
    let of = |blank: fn(&Keyed) -> &str| -> &'a str {
        let lines = versions.map(|part| part.map(blank));
        // A side without the part has nothing to say on the lines round it.
        let (Some(ours), Some(theirs)) = (lines.ours, lines.theirs) else {
            return lines.ours.or(lines.theirs).unwrap_or_default();
        };
        if lines.base == Some(ours) { theirs } else { ours }
    };
    (of(|part| &part.before), of(|part| &part.behind))
}

/// All keys that any side has, in the order of the side that changed it; what the other added stands behind
/// what it stood behind there, ours before theirs.
fn order<'a>(keys: &Versions<Vec<&'a str>>) -> Option<Vec<&'a str>> {
    let all = [&keys.base, &keys.ours, &keys.theirs];
    let is_set = |list: &Vec<&str>| list.iter().enumerate().all(|(at, key)| !list[..at].contains(key));
    if !all.iter().all(|list| is_set(list)) {
        return None;
    }
    let common = |list: &Vec<&'a str>| -> Vec<&'a str> {
        list.iter().filter(|key| all.iter().all(|list| list.contains(key))).copied().collect()
    };
    let orders = keys.as_ref().map(common);
    let (lead, other, other_is_theirs) = match three_way(orders.as_ref()) {
        Outcome::Settled(order) if *order == orders.ours => (&keys.ours, &keys.theirs, true),
        Outcome::Settled(_) => (&keys.theirs, &keys.ours, false),
        Outcome::Conflict => return None,
    };
    let mut result = lead.clone();
    for (at, key) in other.iter().enumerate() {
        if result.contains(key) {
            continue;
        }
        let predecessor =
            other[..at].iter().rev().find_map(|before| result.iter().position(|key| key == before));
        let mut place = predecessor.map_or(0, |predecessor| predecessor + 1);
        let is_new = |key: &&&str| !keys.base.contains(*key) && !other.contains(*key);
        if other_is_theirs {
            place += result[place..].iter().take_while(is_new).count();
        }
        result.insert(place, key);
    }
    Some(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(base: &str, ours: &str, theirs: &str, expected: Option<&str>) {
        let split = |text: &'static str| text.split_whitespace().collect::<Vec<_>>();
        let leak = |text: &str| -> &'static str { text.to_owned().leak() };
        let keys = Versions { base: split(leak(base)), ours: split(leak(ours)), theirs: split(leak(theirs)) };
        assert_eq!(order(&keys).map(|keys| keys.join(" ")).as_deref(), expected);
    }

    #[test]
    fn order_of_keys() {
        check("a b", "a x b", "a y b", Some("a x y b"));
        check("a b", "b a", "a y b", Some("b a y"));
        check("a b", "a x b", "b a", Some("b a x"));
        check("a b c", "c a b", "b a c", None);
        check("a b", "b a", "b a", Some("b a"));
        check("a b", "a", "a b y", Some("a b y"));
        check("", "x", "y", Some("x y"));
        check("a", "a a", "a", None);
    }
}
