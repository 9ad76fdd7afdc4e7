//! Why a thing is in its state, in words, over real merges; each row was worked out by hand.

use crate::support::{Fixture, task};

const PATH: &str = "tasks/INFRA-1.md";

/// The book after the proposal by ana, on `main`; a branch `side` begins there.
fn forked() -> (Fixture, String) {
    let mut book = Fixture::book();
    book.person("ana").later().write(PATH, task("INFRA-1", "risk = \"medium\"\n"));
    let proposed = book.commit("propose");
    book.git(&["branch", "side"]);
    (book, short(&proposed))
}

fn short(commit: &str) -> String {
    commit[..7].to_owned()
}

/// Merges `side` into the present branch by kim, with the given content of the record.
fn merge_with(book: &mut Fixture, content: &str) -> String {
    book.person("kim").later();
    let _ = book.try_git(&book.root, &["merge", "-q", "--no-ff", "--no-commit", "side"]);
    book.write(PATH, content);
    short(&book.commit("merge"))
}

/// State, owners and steps of the story of an item.
fn story(book: &Fixture, name: &str) -> (String, Vec<String>, Vec<String>) {
    let answer = book.json(&["show", "INFRA-1", "--events"]);
    let stories = answer["stories"].as_array().unwrap();
    let story = stories.iter().find(|story| story["name"] == name).unwrap();
    let strings = |value: &serde_json::Value, key: Option<&str>| -> Vec<String> {
        let each = value.as_array().unwrap().iter();
        each.map(|one| key.map_or(one, |key| &one[key]).as_str().unwrap().to_owned()).collect()
    };
    let owners = strings(&story["by"], Some("commit")).iter().map(|commit| short(commit)).collect();
    (story["state"].as_str().unwrap().to_owned(), owners, strings(&story["steps"], None))
}

#[track_caller]
fn check(book: &Fixture, name: &str, state: &str, owners: &[&str], steps: &[String]) {
    let found = story(book, name);
    assert_eq!(
        (found.0.as_str(), found.1.iter().map(String::as_str).collect(), found.2.as_slice()),
        (state, owners.to_vec(), steps)
    );
}

#[test]
fn two_who_tick_on_two_branches_own_it_both() {
    let (mut book, created) = forked();
    let here = short(&book.person("sam").later().tick(PATH, "Code review"));
    book.git(&["checkout", "-q", "side"]);
    let there = short(&book.person("lee").later().tick(PATH, "Code review"));
    book.git(&["checkout", "-q", "main"]);
    book.person("kim").later().git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    let steps = [
        format!("added unticked by ana in {created}"),
        format!("ticked by sam in {here}"),
        format!("ticked by lee in {there}"),
    ];
    let (state, mut owners, mut told) = story(&book, "code review");
    owners.sort();
    told[1..].sort();
    let (mut both, mut expected) = ([here, there], steps.to_vec());
    both.sort();
    expected[1..].sort();
    assert_eq!((state.as_str(), owners, told), ("ticked", both.to_vec(), expected));
}

#[test]
fn a_merge_that_drops_a_tick_says_whose_side_it_kept() {
    let (mut book, created) = forked();
    let unticked = book.read(PATH);
    let tick = short(&book.person("sam").later().tick(PATH, "Code review"));
    book.git(&["checkout", "-q", "side"]);
    book.person("lee").later().write("x", "x");
    let side = short(&book.commit("side"));
    book.git(&["checkout", "-q", "main"]);
    let merge = merge_with(&mut book, &unticked);
    let steps = [
        format!("added unticked by ana in {created}"),
        format!("ticked by sam in {tick}"),
        format!("taken away by the merge {merge}, which kept the side of its second parent {side}"),
    ];
    check(&book, "code review", "unticked", &[&merge], &steps);
    // The same seen from the branch, which had never seen the tick.
    book.git(&["checkout", "-q", "side"]);
    book.git(&["branch", "-q", "-f", "main2", &format!("{merge}^1")]);
    book.person("kim").later();
    book.git(&["merge", "-q", "--no-ff", "--no-commit", "main2"]);
    book.write(PATH, &unticked);
    let merge = short(&book.commit("merge the other way"));
    let (state, owners, told) = story(&book, "code review");
    assert_eq!((state.as_str(), owners), ("unticked", vec![merge.clone()]));
    let words = format!("taken away by the merge {merge}, which kept the side of its first parent {side}");
    assert_eq!(told.last(), Some(&words));
    let log = book.json(&["log", "INFRA-1", "--event", "unticked"]);
    assert_eq!(log["events"][0]["by"]["commit"].as_str().map(short), Some(merge), "the log has it too");
}

#[test]
fn a_merge_that_brings_a_tick_back_owns_it() {
    let (mut book, created) = forked();
    book.git(&["checkout", "-q", "side"]);
    book.git(&["checkout", "-q", "main"]);
    let tick = short(&book.person("sam").later().tick(PATH, "Code review"));
    book.git(&["branch", "-q", "-f", "side"]);
    let ticked = book.read(PATH);
    let untick = short(&book.person("ana").later().untick(PATH, "Code review"));
    book.git(&["checkout", "-q", "side"]);
    book.person("lee").later().write("x", "x");
    let side = short(&book.commit("side"));
    book.git(&["checkout", "-q", "main"]);
    let merge = merge_with(&mut book, &ticked);
    let steps = [
        format!("added unticked by ana in {created}"),
        format!("ticked by sam in {tick}"),
        format!("unticked by ana in {untick}"),
        format!("brought back by the merge {merge}, which kept the side of its second parent {side}"),
    ];
    check(&book, "code review", "ticked", &[&merge], &steps);
}

#[test]
fn a_merge_that_ticks_by_itself_says_so() {
    let (mut book, created) = forked();
    book.git(&["checkout", "-q", "side"]);
    book.person("lee").later().write("x", "x");
    book.commit("side");
    book.git(&["checkout", "-q", "main"]);
    book.person("ana").later().write("y", "y");
    book.commit("main");
    let ticked = book.read(PATH).replacen("[ ] Code review", "[x] Code review", 1);
    let merge = merge_with(&mut book, &ticked);
    let steps = [
        format!("added unticked by ana in {created}"),
        format!("ticked by the merge {merge} itself, as no side of it has it"),
    ];
    check(&book, "code review", "ticked", &[&merge], &steps);
    let shown = book.run(&["show", "INFRA-1", "--events"]).expect(0).stdout;
    assert!(shown.contains(&format!("“Code review”: {}", steps.join("; "))), "{shown}");
    assert!(shown.contains(&format!("now ticked, owned by {merge} (kim)")), "{shown}");
}

#[test]
fn fields_and_the_bound_text_have_stories_too() {
    let (mut book, created) = forked();
    book.person("ana").later().replace(PATH, "risk = \"medium\"", "risk = \"high\"");
    let raised = short(&book.commit("raise"));
    book.git(&["checkout", "-q", "side"]);
    book.person("lee").later().write("x", "x");
    let side = short(&book.commit("side"));
    let before = book.read(PATH);
    book.git(&["checkout", "-q", "main"]);
    let merge = merge_with(&mut book, &before);
    let steps = [
        format!("set to \"medium\" by ana in {created}"),
        format!("set to \"high\" by ana in {raised}"),
        format!(
            "set back to \"medium\" by the merge {merge}, which kept the side of its second parent {side}"
        ),
    ];
    check(&book, "risk", "\"medium\"", &[&merge], &steps);
    let scope = story(&book, "");
    assert_eq!(scope.1, [merge.as_str()]);
    assert_eq!(
        scope.2,
        [
            format!("written by ana in {created}"),
            format!("changed by ana in {raised}"),
            format!("set back by the merge {merge}, which kept the side of its second parent {side}"),
        ]
    );
}
