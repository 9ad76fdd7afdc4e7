//! The law of items over random graphs made by real `git`, against a slow reading of the definition that was
//! written for this test alone: items, a key of the frontmatter, and the text that approvals bind.
//!
//! One repository holds many graphs that share no commit, each with a record of its own; a last merge of
//! unrelated histories joins them, so that one reading answers for all.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Stdio;

use changebook::book::{Book, Request};
use changebook::ledger::StoryThing;
use changebook::record::{RecordId, RecordType};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

use crate::support::Fixture;

const ITEMS: [&str; 3] = ["one", "two", "three"];
const RISKS: [&str; 3] = ["low", "medium", "high"];
/// Items, the key `risk`, and a sentence of the body.
const N_STATED: usize = 5;
/// What has owners: the items, the key, and the text that approvals bind, which the key and the sentence make.
const THINGS: [usize; 5] = [0, 1, 2, 3, N_STATED];
/// How many values each stated thing can have.
const N_VALUES: [u8; N_STATED] = [2, 2, 2, 3, 3];

/// One commit: its parents, and the state of each stated thing; `None` when the record is absent.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    parents: Vec<usize>,
    stated: Option<[u8; N_STATED]>,
    folder: u8,
}

pub(crate) type Graph = Vec<Node>;

/// The state of a thing; `None` when it is absent.
fn state(node: &Node, thing: usize) -> Option<u8> {
    node.stated.map(|stated| if thing == N_STATED { stated[3] * 3 + stated[4] } else { stated[thing] })
}

/// The definition, word by word: owners and what has been superseded, commit by commit, as plain sets.
fn owners(nodes: &[Node], thing: usize) -> Vec<BTreeSet<usize>> {
    let mut owners: Vec<BTreeSet<usize>> = Vec::new();
    let mut superseded: Vec<BTreeSet<usize>> = Vec::new();
    for (commit, node) in nodes.iter().enumerate() {
        let result = state(node, thing);
        let before: BTreeSet<usize> =
            node.parents.iter().flat_map(|&p| superseded[p].iter().copied()).collect();
        let agreeing = node.parents.iter().filter(|&&p| state(&nodes[p], thing) == result);
        let mut own: BTreeSet<usize> = agreeing.flat_map(|&p| owners[p].iter().copied()).collect();
        own.retain(|owner| !before.contains(owner));
        let ever = result.is_some() || node.parents.iter().any(|&p| !owners[p].is_empty());
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

/// A random choice for a step: which parents, what shape, what happens.
type Step = ([u8; 3], u8, u8, u32);

/// Graphs of up to some 30 commits: lines, merges, octopus and criss-cross merges; a third of the merges are
/// evil. The last commit joins every loose end.
pub(crate) fn graph() -> impl Strategy<Value = Graph> {
    let step = (any::<[u8; 3]>(), 0_u8..14, 0_u8..20, any::<u32>());
    prop::collection::vec(step, 6..24).prop_map(|steps: Vec<Step>| {
        let mut nodes = vec![Node { parents: Vec::new(), stated: Some([0; N_STATED]), folder: 0 }];
        for (picks, shape, action, dice) in steps {
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
            let crossed: Vec<usize> = parents.iter().rev().copied().collect();
            nodes.push(next(&nodes, parents, action, dice));
            if shape >= 12 && crossed.len() > 1 {
                // Criss-cross: both sides merge the other.
                nodes.push(next(&nodes, crossed, action ^ 1, dice.rotate_left(7)));
            }
        }
        let loose: Vec<usize> =
            (0..nodes.len()).filter(|c| !nodes.iter().any(|node| node.parents.contains(c))).rev().collect();
        if loose.len() > 1 {
            let last = next(&nodes, loose, 1, 0);
            nodes.push(last);
        }
        nodes
    })
}

/// The commit that a choice makes of its parents. A merge takes each thing from some side; an evil one, and
/// every other commit, then changes things.
fn next(nodes: &[Node], parents: Vec<usize>, action: u8, dice: u32) -> Node {
    let first = &nodes[parents[0]];
    let merge = parents.len() > 1;
    let side = |thing: usize| &nodes[parents[(dice >> (2 * thing) & 3) as usize % parents.len()]];
    let mut stated = match (merge, dice.is_multiple_of(5)) {
        (true, true) => side(0).stated,
        (true, false) => first.stated.map(|own| {
            std::array::from_fn(|thing| side(thing).stated.map_or(own[thing], |side| side[thing]))
        }),
        (false, _) => first.stated,
    };
    if !merge || action.is_multiple_of(3) {
        let turn = |thing: usize, value: u8| {
            let changes = dice >> (10 + 2 * thing) & 3 == 0;
            if changes { (value + 1 + (dice >> 24) as u8 % 2) % N_VALUES[thing] } else { value }
        };
        match (stated, action) {
            (Some(_), 18) => stated = None,
            (None, _) => stated = Some(std::array::from_fn(|thing| turn(thing, 0))),
            (Some(old), _) => stated = Some(std::array::from_fn(|thing| turn(thing, old[thing]))),
        }
    }
    let folder = if action == 19 { first.folder ^ 1 } else { first.folder };
    Node { parents, stated, folder }
}

fn id(graph: usize) -> String {
    format!("INFRA-{}", graph + 1)
}

/// The record's file at a commit; `None` when it is absent.
fn file(graph: usize, node: &Node) -> Option<(String, String)> {
    let stated = node.stated?;
    let id = id(graph);
    let risk = RISKS[usize::from(stated[3])];
    let mut text = format!(
        "+++\nid = \"{id}\"\ntitle = \"x\"\nkind = \"general\"\nrisk = \"{risk}\"\n+++\n\nText {}.\n\n",
        stated[4]
    );
    for (item, ticked) in ITEMS.iter().zip(stated) {
        let _ = writeln!(text, "- [{}] {item}", if ticked == 1 { 'x' } else { ' ' });
    }
    Some((format!("tasks/f{}/{id}.md", node.folder), text))
}

/// The graphs in one repository, by position of the graph and the commit; and branches that join a commit of
/// each graph: `last`, and `middle`.
pub(crate) struct Made {
    pub(crate) book: Fixture,
    /// Commit to its place.
    places: BTreeMap<String, (usize, usize)>,
}

/// Makes the graphs with `git fast-import`; `swap` turns the order of every merge's parents around.
pub(crate) fn make(graphs: &[Graph], swap: bool) -> Made {
    let book = Fixture::empty();
    let mut stream = String::new();
    let mut mark = 0;
    let mut marks: Vec<Vec<usize>> = Vec::new();
    let mut commit = |branch: &str, parents: &[usize], files: &[(String, String)]| {
        mark += 1;
        let time = 1_700_000_000 + mark;
        let _ = write!(
            stream,
            "commit refs/heads/{branch}\nmark :{mark}\ncommitter a <a@example.org> {time} +0000\ndata 1\nc\n"
        );
        let mut parents = parents.to_vec();
        if swap {
            parents.reverse();
        }
        for (position, parent) in parents.iter().enumerate() {
            let _ = writeln!(stream, "{} :{parent}", if position == 0 { "from" } else { "merge" });
        }
        stream.push_str("deleteall\nM 100644 inline book.toml\ndata 7\n[book]\n\n");
        for (path, text) in files {
            let _ = writeln!(stream, "M 100644 inline {path}\ndata {}\n{text}", text.len());
        }
        mark
    };
    for (graph, nodes) in graphs.iter().enumerate() {
        let mut own = Vec::new();
        for (position, node) in nodes.iter().enumerate() {
            let parents: Vec<usize> = node.parents.iter().map(|&parent| own[parent]).collect();
            let files: Vec<_> = file(graph, node).into_iter().collect();
            own.push(commit(&format!("g{graph}c{position}"), &parents, &files));
        }
        marks.push(own);
    }
    for (branch, at) in [("last", last as fn(&Graph) -> usize), ("middle", middle)] {
        let parents: Vec<usize> = graphs.iter().zip(&marks).map(|(graph, marks)| marks[at(graph)]).collect();
        let files = graphs.iter().enumerate().filter_map(|(graph, nodes)| file(graph, &nodes[at(nodes)]));
        commit(branch, &parents, &files.collect::<Vec<_>>());
    }
    let mut import = std::process::Command::new("git");
    import.args(["fast-import", "--quiet", "--export-marks=marks"]);
    let mut child = import.current_dir(&book.root).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(stream.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    let ids: BTreeMap<usize, String> = book
        .read("marks")
        .lines()
        .map(|line| line[1..].split_once(' ').unwrap())
        .map(|(mark, id)| (mark.parse().unwrap(), id.to_owned()))
        .collect();
    let mut places = BTreeMap::new();
    for (graph, marks) in marks.iter().enumerate() {
        places.extend(marks.iter().enumerate().map(|(commit, mark)| (ids[mark].clone(), (graph, commit))));
    }
    book.git(&["reset", "-q", "--hard", "last"]);
    Made { book, places }
}

fn last(graph: &Graph) -> usize {
    graph.len() - 1
}

fn middle(graph: &Graph) -> usize {
    graph.len() / 2
}

/// State and owners of each thing of each graph at a branch, as the program has them.
fn derived(made: &Made, branch: &str, n_graphs: usize) -> Vec<BTreeMap<usize, (String, BTreeSet<usize>)>> {
    let book = Book::find(&made.book.root).unwrap();
    let request = Request { at: Some(branch.to_owned()), now: 1_800_000_000, ..Request::default() };
    let loaded = book.load(&request).unwrap();
    (0..n_graphs)
        .map(|graph| {
            let stories = loaded.stories(RecordType::Task, &RecordId::parse(&id(graph)).unwrap());
            let things = stories.iter().filter_map(|story| {
                let thing = match (story.thing, story.name.as_str()) {
                    (StoryThing::Item, name) => ITEMS.iter().position(|item| *item == name)?,
                    (StoryThing::Field, "risk") => 3,
                    (StoryThing::Scope, _) => N_STATED,
                    _ => return None,
                };
                let place = |commit: String| {
                    let (of, commit) = made.places[&commit];
                    assert_eq!(of, graph, "a commit of another graph owns it");
                    commit
                };
                let by = story.by.iter().map(|by| place(by.commit.hex())).collect();
                Some((thing, (story.state.clone(), by)))
            });
            things.collect()
        })
        .collect()
}

/// What the program must call the state of a thing; of the bound text only whether it is there.
fn words(thing: usize, state: Option<u8>) -> Option<String> {
    Some(match (thing, state) {
        (_, None) => "absent".to_owned(),
        (0..3, Some(0)) => "unticked".to_owned(),
        (0..3, Some(_)) => "ticked".to_owned(),
        (3, Some(risk)) => format!("\"{}\"", RISKS[usize::from(risk)]),
        _ => return None,
    })
}

#[test]
fn owners_equal_the_definition_on_random_graphs() {
    const N_BATCHES: u32 = 16;
    const N_GRAPHS: usize = 20;
    let config =
        Config { cases: N_BATCHES, max_shrink_iters: 40, failure_persistence: None, ..Config::default() };
    let run = TestRunner::new(config).run(&prop::collection::vec(graph(), N_GRAPHS), |graphs| {
        let (made, swapped) = (make(&graphs, false), make(&graphs, true));
        for (branch, at) in [("last", last as fn(&Graph) -> usize), ("middle", middle)] {
            let found = derived(&made, branch, graphs.len());
            for ((graph, nodes), found) in graphs.iter().enumerate().zip(&found) {
                let commit = at(nodes);
                for thing in THINGS {
                    let expected = &owners(nodes, thing)[commit];
                    let (said, by) = &found[&thing];
                    prop_assert_eq!(
                        by,
                        expected,
                        "graph {} thing {} at {}: {:?}",
                        graph,
                        thing,
                        commit,
                        nodes
                    );
                    let state = state(&nodes[commit], thing);
                    match words(thing, state) {
                        Some(words) => prop_assert_eq!(said, &words, "graph {} thing {}", graph, thing),
                        None => prop_assert_eq!(said.len(), 64, "a hash"),
                    }
                }
            }
            prop_assert_eq!(found, derived(&swapped, branch, graphs.len()), "parents swapped: {:?}", graphs);
        }
        Ok(())
    });
    run.unwrap();
}

#[test]
fn the_random_graphs_have_what_the_law_is_about() {
    let mut runner = TestRunner::deterministic();
    let graphs: Vec<Graph> = (0..200).map(|_| graph().new_tree(&mut runner).unwrap().current()).collect();
    let nodes = || graphs.iter().flat_map(|graph| graph.iter().map(move |node| (graph, node)));
    let merges = || nodes().filter(|(_, node)| node.parents.len() > 1);
    let evil = merges().filter(|(graph, node)| {
        let differs = |thing| !node.parents.iter().any(|&p| state(&graph[p], thing) == state(node, thing));
        THINGS.into_iter().any(differs)
    });
    let crossed = merges().filter(|(graph, node)| {
        let reversed: Vec<usize> = node.parents.iter().rev().copied().collect();
        graph.iter().any(|other| other.parents == reversed)
    });
    let moved = nodes().filter(|(graph, n)| n.parents.first().is_some_and(|&p| graph[p].folder != n.folder));
    let removed = nodes().filter(|(_, node)| node.stated.is_none());
    let octopus = merges().filter(|(_, node)| node.parents.len() > 2);
    let counts = [
        ("merges", merges().count(), 1000),
        ("evil merges", evil.count(), 100),
        ("criss-cross merges", crossed.count(), 100),
        ("octopus merges", octopus.count(), 50),
        ("moves", moved.count(), 50),
        ("commits without the record", removed.count(), 50),
    ];
    for (what, count, least) in counts {
        assert!(count >= least, "{count} {what}");
    }
}
