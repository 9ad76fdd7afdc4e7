//! Which elements of two lists without names are meant to be the same.

use super::Value;

/// Most pairs that are looked at; longer lists are paired by position.
const MAX_PAIRS: usize = 40_000;
/// What two equal elements weigh: more than any number of elements that are merely alike.
const EQUAL: usize = 10_000;

/// Positions before and after, in order: pairs of what is equal or most alike, and what stands on one side alone.
pub(crate) fn aligned(old: &[Value], new: &[Value]) -> Vec<(Option<usize>, Option<usize>)> {
    let n_head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let tails = old[n_head..].iter().rev().zip(new[n_head..].iter().rev());
    let n_tail = tails.take_while(|(a, b)| a == b).count();
    let (inner_old, inner_new) = (&old[n_head..old.len() - n_tail], &new[n_head..new.len() - n_tail]);
    let head = (0..n_head).map(|at| (Some(at), Some(at)));
    let inner = if inner_old.len() * inner_new.len() > MAX_PAIRS {
        by_position(inner_old.len(), inner_new.len())
    } else {
        by_weight(inner_old, inner_new)
    };
    let inner = inner.into_iter().map(|(a, b)| (a.map(|at| at + n_head), b.map(|at| at + n_head)));
    let tail = (0..n_tail).rev().map(|back| (Some(old.len() - 1 - back), Some(new.len() - 1 - back)));
    head.chain(inner).chain(tail).collect()
}

fn by_position(n_old: usize, n_new: usize) -> Vec<(Option<usize>, Option<usize>)> {
    let at = |index: usize, n: usize| (index < n).then_some(index);
    (0..n_old.max(n_new)).map(|index| (at(index, n_old), at(index, n_new))).collect()
}

/// The pairing that weighs most, as the longest common subsequence is found.
fn by_weight(old: &[Value], new: &[Value]) -> Vec<(Option<usize>, Option<usize>)> {
    let width = new.len() + 1;
    let mut best = vec![0; (old.len() + 1) * width];
    for (i, before) in old.iter().enumerate().rev() {
        for (j, after) in new.iter().enumerate().rev() {
            let weight = weight(before, after);
            let paired = if weight > 0 { weight + best[(i + 1) * width + j + 1] } else { 0 };
            best[i * width + j] = paired.max(best[(i + 1) * width + j]).max(best[i * width + j + 1]);
        }
    }
    let (mut i, mut j, mut found) = (0, 0, Vec::new());
    while i < old.len() && j < new.len() {
        let here = best[i * width + j];
        let weight = weight(&old[i], &new[j]);
        if weight > 0 && here == weight + best[(i + 1) * width + j + 1] {
            found.push((Some(i), Some(j)));
            (i, j) = (i + 1, j + 1);
        } else if here == best[(i + 1) * width + j] {
            found.push((Some(i), None));
            i += 1;
        } else {
            found.push((None, Some(j)));
            j += 1;
        }
    }
    found.extend((i..old.len()).map(|at| (Some(at), None)));
    found.extend((j..new.len()).map(|at| (None, Some(at))));
    found
}

/// How much two elements are alike.
fn weight(old: &Value, new: &Value) -> usize {
    if old == new { EQUAL } else { alike(old, new).min(EQUAL / 100) }
}

/// Counts what two values share: keys, and values at them.
fn alike(old: &Value, new: &Value) -> usize {
    match (old, new) {
        (Value::Map(old), Value::Map(new)) => {
            let shared = old.iter().filter_map(|(key, value)| Some(1 + alike(value, new.get(key)?)));
            shared.sum()
        }
        (Value::List(old), Value::List(new)) => {
            1 + old.iter().zip(new).map(|(old, new)| alike(old, new)).sum::<usize>()
        }
        _ => 2 * usize::from(old == new),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_moves_nothing() {
        let list = |json: serde_json::Value| Value::from_json(json).items().to_vec();
        let rules = |names: &[&str]| {
            list(names.iter().map(|name| serde_json::json!({ "x": name, "for": "5m" })).collect())
        };
        assert_eq!(
            aligned(&rules(&["a", "b"]), &rules(&["new", "a", "b"])),
            [(None, Some(0)), (Some(0), Some(1)), (Some(1), Some(2))]
        );
        assert_eq!(
            aligned(&rules(&["a", "b", "c"]), &rules(&["a", "c"])),
            [(Some(0), Some(0)), (Some(1), None), (Some(2), Some(1))]
        );
        assert_eq!(aligned(&rules(&["a"]), &rules(&["b"])), [(Some(0), Some(0))]);
        let route =
            |host: &str, weight: u8| serde_json::json!({ "route": [{ "host": host, "weight": weight }] });
        let (before, after) = (route("a", 90), [route("b", 10), route("a", 50)]);
        assert_eq!(
            aligned(&[Value::from_json(before)], &list(after.into_iter().collect())),
            [(None, Some(0)), (Some(0), Some(1))]
        );
        let words = |words: &[&str]| list(serde_json::json!(words));
        assert_eq!(
            aligned(&words(&["-v", "1", "-v"]), &words(&["-v", "2", "-v"])),
            [(Some(0), Some(0)), (Some(1), None), (None, Some(1)), (Some(2), Some(2))]
        );
    }
}
