//! Turns: some steps that are likely to lead to an act which counts, or which must not.

use proptest::prelude::*;

use super::generator::verdict;
use super::signed::N_TEXTS;
use super::state::{ANA, Addresses, BOT, EVE, FORGE, KIM, LEE, N_ROLES, SAM, SECOND, Verdict};
use super::story::{Edit, Role, Step, Takes};

fn commit(branch: usize, by: Addresses, edits: Vec<Edit>) -> Step {
    Step::Commit { branch, by, edits, affirms: None }
}

pub(crate) fn own(branch: usize, person: usize, edit: Edit) -> Step {
    commit(branch, Addresses::own(person), vec![edit])
}

pub(crate) fn affirm(person: usize, back: usize) -> Step {
    Step::Commit { branch: 0, by: Addresses::own(person), edits: Vec::new(), affirms: Some(back) }
}

pub(crate) fn merge(into: usize, from: usize, takes: Takes) -> Step {
    Step::Merge { into, from, by: Addresses { author: LEE, committer: FORGE }, takes, edits: Vec::new() }
}

/// Mostly that person, else anybody.
fn mostly(person: usize) -> impl Strategy<Value = usize> {
    prop_oneof![3 => Just(person), 1 => 0..6_usize]
}

fn of_the_board() -> impl Strategy<Value = usize> {
    prop_oneof![2 => Just(SAM), 2 => Just(KIM), 1 => 0..6_usize]
}

/// Somebody who may approve, with the role.
fn approver() -> impl Strategy<Value = (usize, usize)> {
    let of = |role: usize, people: Vec<usize>| (prop::sample::select(people), Just(role));
    prop_oneof![3 => of(0, vec![SAM, KIM, LEE]), 2 => of(1, vec![SAM]), 1 => of(1, vec![BOT]), 1 => of(0, vec![ANA])]
}

/// How somebody says yes, or another for them.
#[derive(Debug, Clone, Copy)]
enum Says {
    Trailer(usize),
    /// A file with the name of one who is named, that somebody commits.
    File(usize),
    Squash,
}

/// A text in somebody's name, what is said to that, and an approval.
pub(crate) fn in_anothers_name() -> impl Strategy<Value = Vec<Step>> {
    let committer = prop_oneof![2 => Just(FORGE), 2 => prop::sample::select(vec![KIM, LEE]), 1 => Just(EVE)];
    let what = prop_oneof![4 => Just(Edit::Text), 1 => Just(Edit::Code)];
    let author = || prop_oneof![3 => Just(ANA), 2 => Just(LEE), 2 => Just(BOT), 1 => Just(SAM)];
    let says = prop_oneof![
        3 => (0..6_usize).prop_map(Says::Trailer),
        2 => author().prop_map(Says::Trailer),
        2 => (0..6_usize).prop_map(Says::File),
        1 => Just(Says::Squash),
    ];
    let leaves = prop::bool::weighted(0.3);
    let n = prop_oneof![3 => Just(1_usize), 1 => Just(2_usize)];
    (author(), committer, (what, n), prop::collection::vec(says, 0..3), leaves, approver()).prop_map(
        |(author, committer, (what, n), says, leaves, (person, role))| {
            let by = Addresses { author, committer };
            let branch = if committer == FORGE { 1 } else { 0 };
            let written = std::iter::repeat_n(commit(branch, by, vec![what]), n);
            let mut steps: Vec<Step> =
                [Step::Branch { which: 1, back: 0 }].into_iter().chain(written).collect();
            steps.extend((branch == 1).then(|| merge(0, 1, Takes::Both)));
            // A branch that can be squashed.
            steps.extend([Step::Branch { which: 1, back: 0 }, own(1, ANA, Edit::Other)]);
            if leaves && author == LEE {
                steps.extend([own(0, KIM, Edit::Listed(LEE)), affirm(LEE, 0), affirm(KIM, 2)]);
            }
            // The merge by the forge can be said yes to as well.
            let back = branch;
            steps.extend(says.into_iter().map(|says| match says {
                Says::Trailer(person) => affirm(person, back),
                Says::File(person) => own(0, person, Edit::Yes { of: back, by: author }),
                Says::Squash => Step::Squash {
                    from: 1,
                    author: Some(author),
                    committer: FORGE,
                    affirms: Some(back),
                    co: None,
                },
            }));
            if n == 2 {
                steps.extend([affirm(KIM, back), affirm(KIM, back + 1)]);
            }
            steps.extend([own(0, person, Edit::Tick(role, false)), own(0, person, Edit::Tick(role, true))]);
            steps
        },
    )
}

/// What may end an approval.
pub(crate) fn ended() -> impl Strategy<Value = Vec<Step>> {
    let end = prop_oneof![
        2 => (0..6_usize, 0..6_usize).prop_map(|(one, other)| {
            vec![own(0, one, Edit::Cancel(true)), own(0, other, Edit::Cancel(false))]
        }),
        1 => mostly(ANA).prop_map(|person| vec![own(0, person, Edit::Text)]),
        1 => mostly(ANA).prop_map(|person| vec![own(0, person, Edit::Code)]),
        1 => Just(Vec::new()),
    ];
    let decides = of_the_board().prop_map(|person| own(0, person, Edit::Decide(Some(Verdict::Approved))));
    (approver(), end, prop::option::of(decides)).prop_map(|((person, role), end, decides)| {
        let tick = [own(0, person, Edit::Tick(role, false)), own(0, person, Edit::Tick(role, true))];
        tick.into_iter().chain(decides).chain(end).collect()
    })
}

/// Ticked here and there, and taken away here.
pub(crate) fn withdrawn() -> impl Strategy<Value = Vec<Step>> {
    (approver(), approver(), 0..6_usize).prop_map(|((here, role), (there, _), takes_away)| {
        vec![
            own(0, here, Edit::Tick(role, false)),
            Step::Branch { which: 1, back: 0 },
            own(0, here, Edit::Tick(role, true)),
            own(0, takes_away, Edit::Tick(role, false)),
            own(1, there, Edit::Tick(role, true)),
            merge(0, 1, Takes::Both),
        ]
    })
}

/// A version that cannot be read, with something in it that somebody else brings to light.
pub(crate) fn hidden() -> impl Strategy<Value = Vec<Step>> {
    let what = prop_oneof![2 => Just(Edit::More), 2 => (0..N_ROLES).prop_map(|role| Edit::Tick(role, true))];
    let board = (0..6_usize, of_the_board()).prop_map(|(hides, repairs)| {
        let decided = vec![Edit::Decide(Some(Verdict::Approved)), Edit::BoardHide(true)];
        vec![commit(0, Addresses::own(hides), decided), own(0, repairs, Edit::BoardHide(false))]
    });
    let task =
        (0..6_usize, what, mostly(SAM), approver()).prop_map(|(hides, what, repairs, (person, role))| {
            vec![
                commit(0, Addresses::own(hides), vec![what, Edit::Hide(true)]),
                own(0, repairs, Edit::Hide(false)),
                own(0, person, Edit::Tick(role, true)),
            ]
        });
    prop_oneof![1 => board, 2 => task]
}

/// The board speaks, and something happens to what it said.
pub(crate) fn spoken() -> impl Strategy<Value = Vec<Step>> {
    let anybody = 0..6_usize;
    let then = prop_oneof![
        2 => (of_the_board(), anybody.clone()).prop_map(|(one, other)| {
            vec![own(0, one, Edit::List(0)), own(0, other, Edit::List(0))]
        }),
        1 => of_the_board().prop_map(|person| vec![own(0, person, Edit::List(0))]),
        // The board touches the list after somebody else, or without knowing that it has spoken.
        2 => (anybody.clone(), of_the_board()).prop_map(|(one, other)| {
            vec![own(0, one, Edit::List(0)), own(0, other, Edit::List(1))]
        }),
        2 => (of_the_board(), 0..2_usize).prop_map(|(person, task)| {
            vec![Step::Branch { which: 1, back: 1 }, own(1, person, Edit::List(task)), merge(0, 1, Takes::Both)]
        }),
        2 => of_the_board().prop_map(|person| vec![own(0, person, Edit::BoardText)]),
        1 => anybody.clone().prop_map(|person| vec![own(0, person, Edit::BoardGone)]),
        2 => (of_the_board(), verdict()).prop_map(|(person, verdict)| vec![own(0, person, Edit::Decide(verdict))]),
        3 => anybody.clone().prop_map(|person| vec![affirm(person, 0)]),
        1 => mostly(ANA).prop_map(|person| vec![own(0, person, Edit::Text)]),
        3 => mostly(ANA).prop_map(|person| vec![own(0, person, Edit::Other)]),
        1 => Just(Vec::new()),
    ];
    let before = prop_oneof![
        2 => Just(Vec::new()),
        1 => of_the_board().prop_map(|person| vec![own(0, person, Edit::Text)]),
        3 => anybody.prop_map(|person| vec![own(0, person, Edit::List(1))]),
    ];
    let says = prop_oneof![3 => Just(Verdict::Approved), 1 => Just(Verdict::Rejected)];
    (before, of_the_board(), says, then).prop_map(|(mut steps, person, verdict, then)| {
        steps.extend([own(0, person, Edit::Decide(None)), own(0, person, Edit::Decide(Some(verdict)))]);
        steps.extend(then);
        steps
    })
}

/// Two members speak without knowing of each other.
pub(crate) fn spoken_apart() -> impl Strategy<Value = Vec<Step>> {
    let takes = prop_oneof![Just(Takes::Both), Just(Takes::Ours), Just(Takes::Theirs)];
    let refuses = prop_oneof![
        2 => Just(Some(Verdict::Rejected)),
        1 => Just(Some(Verdict::NeedsChanges)),
        1 => verdict(),
    ];
    (of_the_board(), refuses, of_the_board(), verdict(), takes).prop_map(
        |(one, first, other, second, takes)| {
            vec![
                Step::Branch { which: 1, back: 0 },
                own(0, one, Edit::Decide(first)),
                own(1, other, Edit::Decide(second)),
                merge(0, 1, takes),
            ]
        },
    )
}

/// An act on a branch, and a change of the policy that gives or takes the power to do it.
pub(crate) fn ruled_otherwise() -> impl Strategy<Value = Vec<Step>> {
    let of = |role: Role, person: usize| match role {
        Role::Security => (Edit::Grant(role, person), own(1, person, Edit::Tick(1, true))),
        _ => (Edit::Grant(role, person), own(1, person, Edit::Decide(Some(Verdict::Approved)))),
    };
    let role = prop_oneof![Just(Role::Security), Just(Role::Board)];
    let moved =
        (0..4_usize).prop_map(|person| (Edit::Second(Some(person)), own(1, SECOND, Edit::Tick(0, true))));
    let left = prop::sample::select(vec![LEE, SAM]);
    let left = left.prop_map(|person| (Edit::Listed(person), own(1, person, Edit::Tick(0, true))));
    let person = prop::sample::select(vec![SAM, SAM, KIM, LEE, ANA]);
    let granted = (role, person).prop_map(move |(role, person)| of(role, person));
    let power = prop_oneof![4 => granted, 1 => moved, 1 => left];
    let gives = prop_oneof![6 => Just(KIM), 1 => 0..6_usize];
    let agrees = prop::option::weighted(0.8, prop_oneof![6 => Just(LEE), 1 => 0..6_usize]);
    let order = (any::<bool>(), prop::bool::weighted(0.6), prop::bool::weighted(0.3));
    (power, gives, agrees, order).prop_map(|((power, act), gives, agrees, (before, lands, on_branch))| {
        let mut steps = vec![own(0, ANA, Edit::Tick(1, false)), Step::Branch { which: 1, back: 0 }];
        let place = if on_branch { 1 } else { 0 };
        let given: Vec<Step> =
            [own(place, gives, power)].into_iter().chain(agrees.map(|person| affirm(person, 0))).collect();
        match before {
            true => steps.extend(given.into_iter().chain([act])),
            false => steps.extend([act].into_iter().chain(given)),
        }
        steps.extend([merge(1, 0, Takes::Both)]);
        steps.extend(lands.then(|| merge(0, 1, Takes::Both)));
        steps
    })
}

/// What carries the name of somebody who may, and that another committed, or a merge made, or the forge.
pub(crate) fn lent() -> impl Strategy<Value = Vec<Step>> {
    let tick = approver().prop_map(|(person, role)| (person, Edit::Tick(role, true)));
    let decide = of_the_board().prop_map(|person| (person, Edit::Decide(Some(Verdict::Approved))));
    let act = prop_oneof![2 => tick, 1 => decide];
    let committer = prop_oneof![2 => Just(FORGE), 2 => 0..6_usize];
    (act, committer, 0..4_usize, prop::option::of(0..2_usize)).prop_map(
        |((person, edit), committer, how, affirms)| {
            let by = Addresses { author: person, committer };
            let off = match edit {
                Edit::Tick(role, _) => own(0, person, Edit::Tick(role, false)),
                _ => own(0, person, Edit::Decide(None)),
            };
            let mut steps = vec![off, Step::Branch { which: 1, back: 0 }];
            match how {
                0 => steps.push(commit(0, by, vec![edit])),
                1 => steps.extend([commit(1, by, vec![edit]), merge(0, 1, Takes::Both)]),
                2 => {
                    steps.extend([own(1, person, edit)]);
                    steps.push(Step::Squash {
                        from: 1,
                        author: Some(person),
                        committer: FORGE,
                        affirms,
                        co: None,
                    });
                }
                _ => {
                    let (by, edits) = (Addresses::own(person), vec![edit]);
                    steps.push(own(1, ANA, Edit::Other));
                    steps.push(Step::Merge { into: 0, from: 1, by, takes: Takes::Both, edits });
                }
            }
            steps
        },
    )
}

/// A text that came to be by a squash with another author, or by a merge of two.
pub(crate) fn written_together() -> impl Strategy<Value = Vec<Step>> {
    let who = || prop_oneof![2 => Just(ANA), 1 => 0..6_usize];
    let co = prop_oneof![3 => prop::sample::select(vec![KIM, LEE, SAM]).prop_map(Some), 1 => Just(Some(EVE)), 1 => Just(None)];
    (who(), who(), co, any::<bool>(), approver(), 0..6_usize).prop_map(
        |(one, other, co, squashed, (person, role), merges)| {
            let mut steps = vec![Step::Branch { which: 1, back: 0 }, own(1, one, Edit::Text)];
            match squashed {
                true => {
                    steps.push(Step::Squash { from: 1, author: None, committer: FORGE, affirms: None, co })
                }
                false => steps.extend([
                    own(0, other, Edit::More),
                    Step::Merge {
                        into: 0,
                        from: 1,
                        by: Addresses { author: merges, committer: FORGE },
                        takes: Takes::Both,
                        edits: Vec::new(),
                    },
                ]),
            }
            steps.extend([own(0, person, Edit::Tick(role, false)), own(0, person, Edit::Tick(role, true))]);
            steps
        },
    )
}

/// Acts in another book, which is merged in.
pub(crate) fn joined() -> impl Strategy<Value = Vec<Step>> {
    let takes = prop_oneof![2 => Just(Takes::Both), 1 => Just(Takes::Theirs)];
    let board = of_the_board().prop_map(|person| own(1, person, Edit::Decide(Some(Verdict::Approved))));
    let tick = approver().prop_map(|(person, role)| own(1, person, Edit::Tick(role, true)));
    (mostly(ANA), prop_oneof![2 => tick, 1 => board], takes, prop::bool::weighted(0.2)).prop_map(
        |(by, act, takes, moved)| {
            let lands = if moved { Step::Foxtrot { from: 1, by } } else { merge(0, 1, takes) };
            vec![Step::Foreign { which: 1, by }, act, lands]
        },
    )
}

/// A member of the board decides on what they wrote, and another says yes to that.
pub(crate) fn backed() -> impl Strategy<Value = Vec<Step>> {
    let pair =
        prop::sample::select(vec![(KIM, SAM), (KIM, SAM), (SAM, KIM), (KIM, LEE), (KIM, ANA), (KIM, KIM)]);
    (pair, any::<bool>()).prop_map(|((writes, backs), by_file)| {
        let yes = if by_file { own(0, backs, Edit::Yes { of: 0, by: backs }) } else { affirm(backs, 0) };
        let decides = [None, Some(Verdict::Approved)].map(|verdict| own(0, writes, Edit::Decide(verdict)));
        [own(0, writes, Edit::Text)].into_iter().chain(decides).chain([yes]).collect()
    })
}

/// Sam signs, and somebody brings the file, takes it away, and brings it again.
pub(crate) fn signed() -> impl Strategy<Value = Vec<Step>> {
    let key = prop_oneof![5 => Just(Some(SAM)), 1 => Just(None), 1 => (0..4_usize).prop_map(Some)];
    let sign = || {
        let text = prop_oneof![3 => Just(None), 1 => (0..N_TEXTS).prop_map(Some)];
        (0..N_ROLES, text, 0..2_u8).prop_map(|(role, text, time)| Edit::Sign { role, text, time })
    };
    let brings = (0..3_usize, 0..7_usize, sign());
    let again = prop_oneof![
        3 => Just(None),
        2 => (0..6_usize, 0..6_usize, 0..2_u8).prop_map(Some),
    ];
    let key = prop::option::weighted(0.9, key);
    (key, brings, again, any::<bool>()).prop_map(|(key, (how, person, sign), again, merged)| {
        let mut steps: Vec<Step> =
            key.into_iter().flat_map(|key| [own(0, KIM, Edit::Key(key)), affirm(LEE, 0)]).collect();
        steps.push(Step::Branch { which: 1, back: 0 });
        let role = if let Edit::Sign { role, .. } = sign { role } else { 0 };
        match how {
            0 => steps.push(own(0, person, sign)),
            1 => {
                steps.extend([own(1, person, sign)]);
                steps.push(Step::Squash { from: 1, author: None, committer: FORGE, affirms: None, co: None });
            }
            _ => steps.extend([own(1, person, sign), merge(0, 1, Takes::Both)]),
        }
        let ends = [own(0, ANA, Edit::Cancel(true)), own(0, ANA, Edit::Cancel(false))];
        steps.splice(0..0, ends.into_iter().filter(|_| merged));
        if let Some((takes, brings, time)) = again {
            steps.extend([
                own(0, takes, Edit::Unsign(role)),
                own(0, brings, Edit::Sign { role, text: None, time }),
            ]);
        }
        steps
    })
}

/// Everything that there is, approved once more: what the authors are shows in what that is worth.
pub(crate) fn renewed(peer: usize) -> Vec<Step> {
    let again = |person: usize, role: usize| {
        [own(0, person, Edit::Tick(role, false)), own(0, person, Edit::Tick(role, true))]
    };
    again(peer, 0).into_iter().chain(again(SAM, 1)).collect()
}
