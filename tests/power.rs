//! No power is ever gained by somebody to whom nobody with that power gave it, and honest acts all count: approvals and the
//! board's word in books that honest and hostile people make, against a slow reading of the law that was written for this
//! test alone.
//!
//! The reading can leave out one rule at a time (see `mutations.rs`). For each rule the books must hold one on which the
//! reading without it says something else, so that a program that forgot the rule could not pass.

mod generator;
mod honest;
mod import;
mod known;
mod mutations;
mod people;
mod reading;
mod rules;
mod signed;
mod state;
mod story;
mod turns;

use changebook::book::Loaded;
use changebook::ledger::{Approval, Status};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use generator::plots;
use honest::honest;
use import::Books;
use known::known;
use mutations::Rule;
use people::People;
use reading::{Answer, Board, Code, Reading, Things};
use rules::Rules;
use state::{File, PEOPLE, ROLES, TASKS};
use story::{Commit, Plot, Story};

/// How many books, unless `CHANGEBOOK_TEST_RUNS` says how many times as many.
const BOOKS: usize = 400;
/// How many of honest people.
const HONEST: usize = 60;
/// How many are made and asked at once.
const BATCH: usize = 50;

fn runs() -> usize {
    std::env::var("CHANGEBOOK_TEST_RUNS").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

fn runner() -> TestRunner {
    let seed = *b"nobody gains power that none gav";
    TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &seed))
}

/// The code of an approval in the order of the table in `docs/approvals.md`.
fn code(approval: &Approval) -> Code {
    if approval.valid {
        return Code::Valid;
    }
    match approval.code.map(|code| code.to_string()).as_deref() {
        Some("approval-missing") => Code::Missing,
        Some("approval-role" | "approval-squashed") => Code::Role,
        Some("policy-role" | "policy-self-grant" | "policy-unreviewed") => Code::Role,
        Some("approval-self") => Code::Own,
        Some("author-unknown") => Code::AuthorUnknown,
        Some("approval-stale") => Code::Stale,
        Some("approval-unsigned") => Code::Unsigned,
        other => panic!("{other:?} is no code of an approval: {}", approval.detail),
    }
}

fn board(approval: Option<&Approval>) -> Board {
    match approval {
        Some(approval) if approval.valid => Board::Approved,
        Some(approval) if approval.code.is_some_and(|code| code.to_string() == "decision-rejected") => {
            Board::Rejected
        }
        _ => Board::Not,
    }
}

/// What the program says of a view.
fn told(story: &Story, view: usize, loaded: &Loaded) -> Answer {
    let record = |id: &str| loaded.state.records.iter().find(|record| record.name == id);
    let approval = |id: &str, role: &str| {
        record(id).and_then(|record| record.approvals.iter().find(|approval| approval.role == role))
    };
    let state = &story.commits[view].state;
    let is_readable = matches!(state.task, Some(File::Good(_)));
    let cancelled = record(TASKS[0]).is_some_and(|record| record.status == Status::Cancelled);
    let is_open = is_readable && !cancelled;
    let valid = |role: &&str| approval(TASKS[0], role).is_some_and(|approval| approval.valid);
    assert!(is_readable || !ROLES.iter().any(valid), "what cannot be read is approved");
    let asked_for = |role| code(approval(TASKS[0], role).expect("each role that is asked for is shown"));
    let of = |id: &str, is_there: bool| is_there.then(|| board(approval(id, "cab")));
    Answer {
        cancelled,
        approvals: is_open.then(|| ROLES.map(asked_for)),
        board: [of(TASKS[0], is_open), of(TASKS[1], state.other.is_some())],
    }
}

/// The views of a story that are asked for: the trunk, and branches whose policy is the one in force.
fn views(story: &Story) -> Vec<usize> {
    let people = People::of(story, story.tips[0], None);
    let is_ruled = |tip: &usize| story.rules(*tip).values() == people.now().values();
    let landed = &story.ancestors[story.tips[0]];
    let mut views: Vec<usize> =
        story.tips[1..].iter().copied().filter(|tip| !landed.contains(tip)).filter(is_ruled).collect();
    views.push(story.tips[0]);
    views.dedup();
    views
}

/// Whether a policy gives somebody a role, by its name.
fn gives(rules: &Rules, person: usize, role: &str) -> bool {
    let holds = match role {
        "security" => rules.security[person],
        "cab" => rules.board[person],
        _ => true,
    };
    rules.listed[person] && holds
}

/// Whether a commit with somebody's name changed the task's text or its code.
fn wrote(story: &Story, person: usize, commit: usize) -> bool {
    let Commit { parents, by, state, .. } = &story.commits[commit];
    let before = || parents.iter().map(|&parent| &story.commits[parent].state);
    let text_differs = before().all(|before| before.task_text() != state.task_text());
    let code_differs = before().all(|before| before.code != state.code);
    commit > 0 && [by.author, by.committer].contains(&person) && (text_differs || code_differs)
}

/// Nobody's act counts for a role that no policy in force ever gave them, and nobody approves what carries their name;
/// where another member of the board stands behind a decision, its writer may have set it.
fn nobody_gained(story: &Story, view: usize, loaded: &Loaded) -> Result<(), String> {
    let people = People::of(story, view, None);
    let record = loaded.state.records.iter().find(|record| record.name == TASKS[0]);
    let approvals = record.into_iter().flat_map(|record| &record.approvals);
    for approval in approvals.filter(|approval| approval.valid) {
        let names = approval.person.iter().chain(&approval.also);
        for person in names.filter_map(|name| PEOPLE.iter().position(|person| name == person)) {
            let gave = |commit: &usize| gives(story.rules(*commit), person, &approval.role);
            if !people.in_force.iter().any(gave) {
                return Err(format!("{} counts as {}", PEOPLE[person], approval.role));
            }
            let may_be_backed = approval.role == "cab" && people.says_anybody_yes();
            if !may_be_backed && people.seen().iter().any(|&commit| wrote(story, person, commit)) {
                return Err(format!("{} approves what they wrote", PEOPLE[person]));
            }
        }
    }
    Ok(())
}

/// Where the program and the reading say other things of a story, in words.
fn differences(books: &Books, story: &Story, name: usize) -> Vec<String> {
    let things = Things::of(story);
    let mut differences = Vec::new();
    for view in views(story) {
        let loaded = books.ask(name, story, view);
        let (told, read) = (told(story, view, &loaded), Reading::of(story, &things, view, None));
        if told != read {
            differences.push(format!("of {view} the program says {told:?}\nand the reading {read:?}"));
        }
        differences.extend(nobody_gained(story, view, &loaded).err());
    }
    differences
}

/// Takes steps away as long as there is a difference.
fn shrunk(plot: &Plot) -> Plot {
    let mut plot = plot.clone();
    let mut place = 0;
    while place < plot.steps.len() {
        let mut shorter = plot.clone();
        shorter.steps.remove(place);
        let story = Story::play(&shorter);
        if differences(&Books::of(std::slice::from_ref(&story)), &story, 0).is_empty() {
            place += 1;
        } else {
            plot = shorter;
        }
    }
    plot
}

/// What a batch of books came to.
struct Found {
    open: Vec<Rule>,
    n_valid: usize,
    n_approved: usize,
}

impl Found {
    fn add(&mut self, story: &Story) {
        let things = Things::of(story);
        for view in views(story) {
            let answer = Reading::of(story, &things, view, None);
            self.n_valid += answer.approvals.iter().flatten().filter(|code| **code == Code::Valid).count();
            self.n_approved += usize::from(answer.board[0] == Some(Board::Approved));
            self.open.retain(|rule| Reading::of(story, &things, view, Some(*rule)) == answer);
        }
    }
}

fn compare(plots: &[Plot]) {
    let stories: Vec<Story> = plots.iter().map(Story::play).collect();
    let books = Books::of(&stories);
    for (name, (story, plot)) in stories.iter().zip(plots).enumerate() {
        if differences(&books, story, name).is_empty() {
            continue;
        }
        let plot = shrunk(plot);
        let story = Story::play(&plot);
        let found = differences(&Books::of(std::slice::from_ref(&story)), &story, 0);
        panic!("{}\n{}\n{plot:?}", found.join("\n"), story.words());
    }
}

#[test]
fn acts_count_as_the_law_says_and_each_rule_makes_a_difference() {
    let (mut runner, n_books) = (runner(), BOOKS * runs());
    let plot = |number: usize| plots(number).new_tree(&mut runner).unwrap().current();
    let plots: Vec<Plot> = (0..n_books).map(plot).collect();
    std::thread::scope(|scope| {
        for half in plots.chunks(n_books.div_ceil(2)) {
            scope.spawn(|| half.chunks(BATCH).for_each(compare));
        }
    });
    let mut found = Found { open: Rule::ALL.to_vec(), n_valid: 0, n_approved: 0 };
    plots.iter().for_each(|plot| found.add(&Story::play(plot)));
    let Found { open, n_valid, n_approved } = found;
    assert!(open.is_empty(), "without these rules the reading says the same of {n_books} books: {open:?}");
    // The books are about something.
    assert!(n_valid > n_books / 4, "{n_valid} approvals count in {n_books} books");
    assert!(n_approved > n_books / 10, "the board approved in {n_approved} of {n_books} books");
}

#[test]
fn what_was_once_wrong_is_right() {
    compare(&known());
}

#[test]
fn among_honest_people_everything_counts() {
    let (mut runner, strategy) = (runner(), honest());
    let plots: Vec<Plot> =
        (0..HONEST * runs()).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect();
    for plots in plots.chunks(BATCH) {
        let stories: Vec<Story> = plots.iter().map(Story::play).collect();
        let books = Books::of(&stories);
        for (name, story) in stories.iter().enumerate() {
            let view = story.tips[0];
            let told = told(story, view, &books.ask(name, story, view));
            let all = Answer {
                cancelled: false,
                approvals: Some([Code::Valid; 2]),
                board: [Some(Board::Approved); 2],
            };
            assert_eq!(told, all, "{}\n{:?}", story.words(), plots[name]);
        }
    }
}
