//! Nobody gains a power that nobody with that power gave, and honest acts all count: the line against an independent slow
//! reading of the law, over histories that honest and hostile people make.
//!
//! The reading can leave out one rule at a time. For each rule the generator must make a history on which the reading
//! without it says something else; so a line that forgot the rule could not pass.

mod generator;
mod reading;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::{InForce, Material, Pending, PolicyLine};
use crate::ledger::authority::{Worth, wanted};
use crate::ledger::sources::{Affirmations, Signatures};
use crate::policy::Policy;
use generator::{Story, steps};
use reading::{Reading, Rule};

/// Histories that are made for the law itself, and the most for each rule.
const STORIES: usize = 300;
const MOST: usize = 4_000;

/// What a line says: the policy in force after each commit of the trunk's line, and for each commit whether it counts as
/// an act of its author in the role that is guarded.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Forked,
    Line { in_force: Vec<(usize, Option<usize>)>, counts: Vec<bool> },
}

fn runner() -> TestRunner {
    let seed = *b"who may change the policy, truly";
    TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &seed))
}

fn told(story: &Story) -> Answer {
    let (signatures, affirmations, builtin) =
        (Signatures::default(), Affirmations::default(), Policy::builtin());
    let material = Material {
        history: &story.history,
        policies: &story.policies,
        builtin: &builtin,
        signatures: &signatures,
        affirmations: &affirmations,
        tip: story.tip,
        root: story.root,
    };
    let Ok(line) = PolicyLine::new(&material) else { return Answer::Forked };
    let blob = |of: usize| story.history.commits[of].policy.map(|file| usize::from(file.blob.0[0]));
    let text = |in_force: InForce| match in_force {
        InForce::Builtin => None,
        InForce::File(of) | InForce::Unreadable(of) => blob(of),
    };
    let on_line = (0..story.history.commits.len()).filter(|&commit| line.is_on(commit));
    let in_force = on_line.filter_map(|commit| Some((commit, text(line.in_force_after(commit)?)))).collect();
    let worth =
        Worth { history: &story.history, signatures: &signatures, is_on_line: Box::new(|of| line.is_on(of)) };
    let counts = |commit: usize| {
        let policy = match line.judge_of(commit) {
            InForce::Builtin => &builtin,
            InForce::File(of) => material.policy_of(of).expect("a file that came into force can be read"),
            InForce::Unreadable(_) => return false,
        };
        let facts = &story.history.commits[commit];
        let person = policy.person_by_email(&facts.author.email);
        person.is_some_and(|person| policy.has_role(person, "power"))
            && facts.parents.len() < 2
            && worth.of(policy, commit) >= wanted(policy.trust.approve)
    };
    Answer::Line { in_force, counts: (0..story.history.commits.len()).map(counts).collect() }
}

#[test]
fn the_line_agrees_with_the_slow_reading() {
    let (mut runner, strategy) = (runner(), steps());
    let (mut n_improper, mut n_counting) = (0, 0);
    for _ in 0..STORIES {
        let steps = strategy.new_tree(&mut runner).unwrap().current();
        let story = Story::play(&steps);
        let (told, read) = (told(&story), Reading::of(&story, None));
        assert_eq!(told, read, "{steps:#?}\n{}", story.words());
        if let Answer::Line { in_force, counts } = read {
            let tip = story.history.commits[story.tip].policy.map(|file| usize::from(file.blob.0[0]));
            n_improper += usize::from(in_force.last().is_some_and(|(_, text)| *text != tip));
            n_counting += counts.into_iter().filter(|counts| *counts).count();
        }
    }
    // The histories are about something.
    assert!(n_improper > STORIES / 10, "{n_improper} of {STORIES} end with a policy that is not in force");
    assert!(n_counting > STORIES, "{n_counting} acts count");
}

#[test]
fn each_rule_makes_a_difference() {
    for rule in Rule::ALL {
        let (mut runner, strategy) = (runner(), steps());
        let differs = (0..MOST).any(|_| {
            let story = Story::play(&strategy.new_tree(&mut runner).unwrap().current());
            Reading::of(&story, None) != Reading::of(&story, Some(rule))
        });
        assert!(differs, "without the rule {rule:?} the reading says the same of {MOST} histories");
    }
}

#[test]
fn what_has_not_landed_is_told_as_if_it_landed() {
    let (mut runner, strategy) = (runner(), steps());
    let builtin = Policy::builtin();
    let (signatures, affirmations) = (Signatures::default(), Affirmations::default());
    let mut n_pending = 0;
    for _ in 0..STORIES / 3 {
        let story = Story::play(&strategy.new_tree(&mut runner).unwrap().current());
        let material = Material {
            history: &story.history,
            policies: &story.policies,
            builtin: &builtin,
            signatures: &signatures,
            affirmations: &affirmations,
            tip: story.tip,
            root: story.root,
        };
        let Ok(line) = PolicyLine::new(&material) else { continue };
        for branch in story.branches.iter().copied().filter(|&branch| line.landing(branch).is_none()) {
            let (in_force, pending) = line.as_landed(&material, branch);
            // What is pending leaves in force what was.
            assert!(pending.is_none() || in_force == line.at_tip(), "{}", story.words());
            n_pending += usize::from(matches!(pending, Some(Pending::Values(_))));
        }
    }
    assert!(n_pending > 20, "{n_pending}");
}
