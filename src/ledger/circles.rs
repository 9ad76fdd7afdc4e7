//! Tasks that depend on each other in a circle: none of them can ever go out first.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

/// By task, its dependencies.
type Depends<'a> = BTreeMap<&'a str, Vec<&'a str>>;

/// For every task in a circle of two or more, the way round from it: `[a, b, a]`. Each circle is searched once, so
/// that a task in several shows one of them. A task that names itself is no circle here.
pub(super) fn circles<'a>(mut depends: Depends<'a>) -> HashMap<&'a str, Vec<&'a str>> {
    for (task, dependencies) in &mut depends {
        dependencies.retain(|dependency| dependency != task);
    }
    cut_loose_ends(&mut depends);
    let mut found: HashMap<&str, Vec<&str>> = HashMap::new();
    let tasks: Vec<&str> = depends.keys().copied().collect();
    for task in tasks {
        if found.contains_key(task) {
            continue;
        }
        let Some(circle) = way_round(task, &depends) else { continue };
        for start in 0..circle.len() {
            let way = [&circle[start..], &circle[..=start]].concat();
            found.entry(circle[start]).or_insert(way);
        }
    }
    found
}

/// Takes away, again and again, what depends on nothing that is left: what stays leads into a circle.
fn cut_loose_ends(depends: &mut Depends<'_>) {
    let mut dependents: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut n_open: HashMap<&str, usize> = HashMap::new();
    for (task, dependencies) in depends.iter() {
        let known: BTreeSet<&str> =
            dependencies.iter().copied().filter(|id| depends.contains_key(id)).collect();
        n_open.insert(task, known.len());
        known.into_iter().for_each(|id| dependents.entry(id).or_default().push(task));
    }
    let mut loose: Vec<&str> = depends.keys().copied().filter(|task| n_open[task] == 0).collect();
    while let Some(task) = loose.pop() {
        depends.remove(task);
        for dependent in dependents.get(task).into_iter().flatten() {
            let left = n_open.entry(dependent).or_default();
            *left = left.saturating_sub(1);
            if *left == 0 {
                loose.push(dependent);
            }
        }
    }
}

/// The shortest way from a task back to itself, without its end.
fn way_round<'a>(task: &'a str, depends: &Depends<'a>) -> Option<Vec<&'a str>> {
    let mut came_from: HashMap<&str, &str> = HashMap::new();
    let mut queue = VecDeque::from([task]);
    while let Some(at) = queue.pop_front() {
        for &next in depends.get(at).into_iter().flatten() {
            if next == task {
                let mut way = vec![at];
                while let Some(&before) = way.last().and_then(|last| came_from.get(last)) {
                    way.push(before);
                }
                way.reverse();
                return Some(way);
            }
            if !came_from.contains_key(next) {
                came_from.insert(next, at);
                queue.push_back(next);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// | depends | circles |
    /// | --- | --- |
    /// | a on b, b on c | none |
    /// | a on b, b on a | a, b |
    /// | a on b, b on c, c on a; d on a; c on x, which is not there | a, b, c; d only leads into it |
    /// | a on a | none here: the record alone shows it |
    #[test]
    fn the_way_round_is_found_from_each_task_in_it() {
        let of = |pairs: &[(&'static str, &'static str)]| {
            let mut depends = Depends::new();
            for (task, dependency) in pairs {
                depends.entry(task).or_default().push(dependency);
                depends.entry(dependency).or_default();
            }
            depends.remove("x");
            circles(depends).into_iter().map(|(task, way)| (task, way.join(" "))).collect::<BTreeMap<_, _>>()
        };
        let table = |rows: &[(&'static str, &str)]| {
            rows.iter().map(|(task, way)| (*task, (*way).to_owned())).collect::<BTreeMap<_, _>>()
        };
        assert_eq!(of(&[("a", "b"), ("b", "c")]), table(&[]));
        assert_eq!(of(&[("a", "b"), ("b", "a")]), table(&[("a", "a b a"), ("b", "b a b")]));
        assert_eq!(
            of(&[("a", "b"), ("b", "c"), ("c", "x"), ("c", "a"), ("d", "a")]),
            table(&[("a", "a b c a"), ("b", "b c a b"), ("c", "c a b c")])
        );
        assert_eq!(of(&[("a", "a")]), table(&[]));
    }
}
