//! What happens to books: single steps by anybody, and turns.

use proptest::prelude::*;

use super::state::{ANA, Addresses, BOT, EVE, FORGE, KIM, LEE, N_ROLES, SAM, SECOND, Verdict};
use super::story::{Edit, Plot, Role, Step, Takes};
use super::turns::{
    backed, ended, hidden, in_anothers_name, joined, lent, renewed, ruled_otherwise, signed, spoken,
    spoken_apart, withdrawn, written_together,
};

fn edit() -> impl Strategy<Value = Edit> {
    let role = || prop_oneof![1 => Just(Role::Owner), 2 => Just(Role::Security), 2 => Just(Role::Board)];
    prop_oneof![
        3 => Just(Edit::Text),
        2 => Just(Edit::More),
        4 => (0..N_ROLES, prop::bool::weighted(0.7)).prop_map(|(role, on)| Edit::Tick(role, on)),
        2 => any::<bool>().prop_map(Edit::Cancel),
        1 => Just(Edit::Code),
        2 => any::<bool>().prop_map(Edit::Hide),
        2 => Just(Edit::Other),
        4 => verdict().prop_map(Edit::Decide),
        2 => (0..2_usize).prop_map(Edit::List),
        1 => Just(Edit::BoardText),
        1 => Just(Edit::BoardGone),
        1 => any::<bool>().prop_map(Edit::BoardHide),
        2 => (role(), 0..6_usize).prop_map(|(role, person)| Edit::Grant(role, person)),
        1 => prop_oneof![Just(LEE), Just(EVE), Just(SAM)].prop_map(Edit::Listed),
        1 => prop::option::of(0..4_usize).prop_map(Edit::Second),
        1 => Just(Edit::RulesBack),
        1 => (0..4_usize, 0..5_usize).prop_map(|(of, by)| Edit::Yes { of, by }),
    ]
}

pub(crate) fn verdict() -> impl Strategy<Value = Option<Verdict>> {
    prop_oneof![
        6 => Just(Some(Verdict::Approved)),
        1 => Just(Some(Verdict::NeedsChanges)),
        1 => Just(Some(Verdict::Rejected)),
        1 => Just(None),
    ]
}

/// A commit of one's own that is likely to be in one's power.
fn likely() -> impl Strategy<Value = Step> {
    let tick = |people: Vec<usize>, role: usize| {
        prop::sample::select(people).prop_map(move |person| (person, vec![Edit::Tick(role, true)], None))
    };
    let affirms = (0..5_usize, 0..4_usize).prop_map(|(person, of)| (person, Vec::new(), Some(of)));
    let yes = (0..4_usize, 0..4_usize).prop_map(|(by, of)| (by, vec![Edit::Yes { of, by }], None));
    let policy = (prop::sample::select(vec![KIM, LEE]), edit(), prop::option::of(0..3_usize));
    let act = prop_oneof![
        4 => tick(vec![SAM, KIM, LEE], 0),
        3 => tick(vec![SAM, BOT], 1),
        3 => (prop::sample::select(vec![SAM, KIM]), verdict()).prop_map(|(person, verdict)| {
            (person, vec![Edit::Decide(verdict)], None)
        }),
        5 => affirms,
        1 => yes,
        3 => policy.prop_map(|(person, edit, affirms)| (person, vec![edit], affirms)),
        1 => prop::sample::select(vec![(KIM, LEE), (LEE, LEE), (KIM, SAM)])
            .prop_map(|(by, gone)| (by, vec![Edit::Listed(gone)], None)),
    ];
    (prop_oneof![2 => Just(0_usize), 1 => 1..3_usize], act).prop_map(|(branch, (person, edits, affirms))| {
        Step::Commit { branch, by: Addresses::own(person), edits, affirms }
    })
}

fn step() -> impl Strategy<Value = Step> {
    let who = || prop_oneof![10 => 0..6_usize, 1 => Just(SECOND), 1 => Just(FORGE)];
    let presses = || prop_oneof![3 => Just(FORGE), 2 => 0..5_usize];
    let edits = || prop::collection::vec(edit(), 1..3);
    let affirms = || prop::option::weighted(0.3, 0..4_usize);
    let plain = (0..3_usize, who(), edits(), affirms()).prop_map(|(branch, author, edits, affirms)| {
        Step::Commit { branch, by: Addresses::own(author), edits, affirms }
    });
    let lying = (0..3_usize, who(), prop_oneof![2 => who(), 1 => Just(FORGE)], edits(), affirms()).prop_map(
        |(branch, author, committer, edits, affirms)| Step::Commit {
            branch,
            by: Addresses { author, committer },
            edits,
            affirms,
        },
    );
    let takes = prop_oneof![4 => Just(Takes::Both), 1 => Just(Takes::Ours), 2 => Just(Takes::Theirs)];
    let evil = prop_oneof![3 => Just(Vec::new()), 1 => edits()];
    let merge = (0..3_usize, 0..3_usize, who(), presses(), takes, evil).prop_map(
        |(into, from, author, committer, takes, edits)| Step::Merge {
            into,
            from,
            by: Addresses { author, committer },
            takes,
            edits,
        },
    );
    let co = prop::option::weighted(0.2, 0..6_usize);
    let squash = (1..3_usize, prop::option::weighted(0.4, who()), presses(), affirms(), co).prop_map(
        |(from, author, committer, affirms, co)| Step::Squash { from, author, committer, affirms, co },
    );
    prop_oneof![
        6 => likely(),
        4 => plain,
        3 => lying,
        2 => (1..3_usize, 0..4_usize).prop_map(|(which, back)| Step::Branch { which, back }),
        3 => merge,
        3 => squash,
        1 => (1..3_usize, presses()).prop_map(|(from, committer)| Step::Rebase { from, committer }),
        1 => (1..3_usize).prop_map(|from| Step::FastForward { from }),
        1 => (1..3_usize, 0..6_usize).prop_map(|(from, by)| Step::Foxtrot { from, by }),
    ]
}

/// Every kind of turn, each as often as it takes for its rules to make a difference.
fn turns() -> Vec<BoxedStrategy<Vec<Step>>> {
    vec![
        step().prop_map(|step| vec![step]).boxed(),
        in_anothers_name().boxed(),
        in_anothers_name().boxed(),
        in_anothers_name().boxed(),
        ended().boxed(),
        ended().boxed(),
        withdrawn().boxed(),
        hidden().boxed(),
        spoken().boxed(),
        spoken().boxed(),
        spoken().boxed(),
        spoken_apart().boxed(),
        spoken_apart().boxed(),
        ruled_otherwise().boxed(),
        ruled_otherwise().boxed(),
        lent().boxed(),
        backed().boxed(),
        joined().boxed(),
        written_together().boxed(),
        signed().boxed(),
        signed().boxed(),
    ]
}

/// What happens to the book of a number: one kind of turn after the other, and others around it.
pub(crate) fn plots(number: usize) -> impl Strategy<Value = Plot> {
    let turns = turns();
    let own = turns[number % turns.len()].clone();
    let steps = turns[0].clone();
    let other = || prop_oneof![2 => steps.clone(), 3 => prop::strategy::Union::new(turns.clone())];
    let (before, after) = (prop::collection::vec(other(), 0..2), prop::collection::vec(other(), 0..2));
    let proposer = prop_oneof![2 => Just(ANA), 1 => Just(LEE)];
    let renews = prop::option::of(prop_oneof![2 => Just(LEE), 1 => Just(KIM), 1 => Just(ANA)]);
    (prop::bool::weighted(0.2), proposer, before, own, after, renews).prop_map(
        |(fast_forward, proposer, before, own, after, renews)| {
            let turns = before.into_iter().chain([own]).chain(after).chain(renews.map(renewed));
            Plot { fast_forward, proposer, steps: turns.flatten().collect() }
        },
    )
}
