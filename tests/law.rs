//! The law of items over random graphs made by real `git`, against a slow reading of the definition that was
//! written for this test alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Stdio;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::Fixture;

const ITEMS: [&str; 3] = ["one", "two", "three"];

/// One commit: its parents, and the state of each item; `None` when the record is absent.
#[derive(Debug, Clone)]
struct Node {
    parents: Vec<usize>,
    items: Option<[bool; 3]>,
    folder: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Unticked,
    Ticked,
}

fn state(node: &Node, item: usize) -> State {
    match node.items.map(|items| items[item]) {
        None => State::Absent,
        Some(false) => State::Unticked,
        Some(true) => State::Ticked,
    }
}

/// The definition, word by word: owners and what has been superseded, commit by commit, as plain sets.
fn owners(nodes: &[Node], item: usize) -> Vec<BTreeSet<usize>> {
    let mut owners: Vec<BTreeSet<usize>> = Vec::new();
    let mut superseded: Vec<BTreeSet<usize>> = Vec::new();
    for (commit, node) in nodes.iter().enumerate() {
        let result = state(node, item);
        let before: BTreeSet<usize> =
            node.parents.iter().flat_map(|&p| superseded[p].iter().copied()).collect();
        let agreeing = node.parents.iter().filter(|&&p| state(&nodes[p], item) == result);
        let mut own: BTreeSet<usize> = agreeing.flat_map(|&p| owners[p].iter().copied()).collect();
        own.retain(|owner| !before.contains(owner));
        let ever = result != State::Absent || node.parents.iter().any(|&p| !owners[p].is_empty());
        if own.is_empty() && ever {
            own.insert(commit);
        }
        let mut after = before;
        after.extend(
            node.parents.iter().flat_map(|&p| owners[p].iter().copied()).filter(|owner| !own.contains(owner)),
        );
        owners.push(own);
        superseded.push(after);
    }
    owners
}

/// Graphs of up to 24 commits; a third of the merges are evil. The last commit joins every loose end.
fn graphs() -> impl Strategy<Value = Vec<Node>> {
    let step = (any::<[u8; 3]>(), 0_u8..12, 0_u8..20, any::<u8>());
    prop::collection::vec(step, 6..24).prop_map(|steps| {
        let first = Node { parents: Vec::new(), items: Some([false; 3]), folder: 0 };
        let mut nodes = vec![first];
        for (picks, shape, action, flips) in steps {
            let pick = |pick: u8| nodes.len() - 1 - usize::from(pick) % nodes.len().min(5);
            let mut parents = vec![pick(picks[0])];
            if shape >= 7 {
                parents.push(pick(picks[1]));
            }
            if shape == 11 {
                parents.push(pick(picks[2]));
            }
            let mut seen = BTreeSet::new();
            parents.retain(|parent| seen.insert(*parent));
            nodes.push(next(&nodes, parents, action, flips));
        }
        let loose: Vec<usize> =
            (0..nodes.len()).filter(|c| !nodes.iter().any(|node| node.parents.contains(c))).rev().collect();
        if loose.len() > 1 {
            let last = next(&nodes, loose, 3, 0);
            nodes.push(last);
        }
        nodes
    })
}

fn next(nodes: &[Node], parents: Vec<usize>, action: u8, flips: u8) -> Node {
    let first = &nodes[parents[0]];
    let merge = parents.len() > 1;
    let evil = !merge || action.is_multiple_of(3);
    let mut items = match (merge, flips % 3) {
        (true, 1) => nodes[parents[1]].items,
        _ => first.items,
    };
    if evil {
        match (items, action) {
            (Some(_), 18) => items = None,
            (None, _) => items = Some([flips & 1 != 0, flips & 2 != 0, false]),
            (Some(old), _) => items = Some(std::array::from_fn(|i| old[i] != (flips >> i & 1 == 1))),
        }
    }
    let folder = if action == 19 { first.folder ^ 1 } else { first.folder };
    Node { parents, items, folder }
}

/// Makes the graph with `git fast-import`; `swap` turns the order of every merge's parents around.
fn make(nodes: &[Node], swap: bool) -> (Fixture, Vec<String>) {
    let book = Fixture::empty();
    let mut stream = String::new();
    for (commit, node) in nodes.iter().enumerate() {
        let _ = write!(
            stream,
            "commit refs/heads/c{commit}\nmark :{}\ncommitter a <a@example.org> {} +0000\ndata 1\nc\n",
            commit + 1,
            1_700_000_000 + commit
        );
        let mut parents = node.parents.clone();
        if swap {
            parents.reverse();
        }
        for (position, parent) in parents.iter().enumerate() {
            let _ = writeln!(stream, "{} :{}", if position == 0 { "from" } else { "merge" }, parent + 1);
        }
        stream.push_str("deleteall\n");
        let mut file = |path: &str, text: &str| {
            let _ = writeln!(stream, "M 100644 inline {path}\ndata {}\n{text}", text.len());
        };
        file("book.toml", "[book]\n");
        file("counter.txt", &commit.to_string());
        if let Some(items) = node.items {
            let mut text = "+++\nid = \"INFRA-1\"\ntitle = \"x\"\nkind = \"general\"\n+++\n\n".to_owned();
            for (item, ticked) in ITEMS.iter().zip(items) {
                let _ = writeln!(text, "- [{}] {item}", if ticked { 'x' } else { ' ' });
            }
            file(&format!("tasks/f{}/INFRA-1.md", node.folder), &text);
        }
    }
    let last = nodes.len() - 1;
    let _ = write!(stream, "reset refs/heads/main\nfrom :{}\n\n", last + 1);
    let mut import = std::process::Command::new("git");
    import
        .args(["fast-import", "--quiet", "--export-marks=marks"])
        .current_dir(&book.root)
        .stdin(Stdio::piped());
    let mut child = import.spawn().unwrap();
    child.stdin.take().unwrap().write_all(stream.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    let marks: BTreeMap<usize, String> = book
        .read("marks")
        .lines()
        .map(|line| line[1..].split_once(' ').unwrap())
        .map(|(mark, id)| (mark.parse().unwrap(), id.to_owned()))
        .collect();
    book.git(&["checkout", "-q", "-f", "main"]);
    (book, marks.into_values().collect())
}

/// Owners of each item at a commit, as the program has them, by position of the commit.
fn derived(book: &Fixture, ids: &[String], commit: usize) -> BTreeMap<String, (bool, BTreeSet<usize>)> {
    let list = book.json(&["list", "--at", &ids[commit]]);
    let records = list["records"].as_array().unwrap();
    let items = records.first().map(|record| record["items"].as_array().unwrap().clone()).unwrap_or_default();
    items
        .iter()
        .map(|item| {
            let by = item["by"].as_array().unwrap().iter();
            let by = by.map(|by| ids.iter().position(|id| by["commit"] == **id).unwrap()).collect();
            (item["text"].as_str().unwrap().to_owned(), (item["checked"] == true, by))
        })
        .collect()
}

#[test]
fn owners_equal_the_definition_on_random_graphs() {
    let mut runner = TestRunner::new(Config {
        cases: 24,
        max_shrink_iters: 40,
        failure_persistence: None,
        ..Config::default()
    });
    runner
        .run(&graphs(), |nodes| {
            let expected: Vec<Vec<BTreeSet<usize>>> = (0..3).map(|item| owners(&nodes, item)).collect();
            let (book, ids) = make(&nodes, false);
            let (swapped, swapped_ids) = make(&nodes, true);
            let last = nodes.len() - 1;
            for commit in [last, last / 2] {
                let found = derived(&book, &ids, commit);
                prop_assert_eq!(found.is_empty(), nodes[commit].items.is_none());
                for (item, name) in ITEMS.iter().enumerate() {
                    if let Some((checked, by)) = found.get(*name) {
                        prop_assert_eq!(*checked, state(&nodes[commit], item) == State::Ticked);
                        prop_assert_eq!(
                            by,
                            &expected[item][commit],
                            "item {} at {}: {:?}",
                            name,
                            commit,
                            nodes
                        );
                    }
                }
                prop_assert_eq!(
                    found,
                    derived(&swapped, &swapped_ids, commit),
                    "parents swapped: {:?}",
                    nodes
                );
            }
            Ok(())
        })
        .unwrap();
}
