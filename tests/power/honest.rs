//! The control: among honest people everything counts, whichever way it comes to the trunk.

use proptest::prelude::*;

use super::state::{ANA, Addresses, FORGE, KIM, LEE, SAM, Verdict};
use super::story::{Edit, Plot, Role, Step, Takes};
use super::turns::{affirm, merge, own};

/// How an act comes to the trunk.
#[derive(Debug, Clone, Copy)]
enum Way {
    Direct,
    /// A branch that somebody else merges by hand, or by the forge's button.
    Merged {
        by_forge: bool,
    },
    /// A branch of one's own, squashed by the forge: its author is who acted.
    Squashed,
    /// A branch of one's own that one rebases.
    Rebased,
    FastForwarded,
}

fn way() -> impl Strategy<Value = Way> {
    prop_oneof![
        Just(Way::Direct),
        any::<bool>().prop_map(|by_forge| Way::Merged { by_forge }),
        Just(Way::Squashed),
        Just(Way::Rebased),
        Just(Way::FastForwarded),
    ]
}

/// The steps of an act on a branch from the trunk of some commits before.
fn acted(person: usize, edit: Edit, way: Way, back: usize) -> Vec<Step> {
    let back = if matches!(way, Way::FastForwarded) { 0 } else { back };
    let branch = [Step::Branch { which: 1, back }, own(1, person, edit.clone())];
    let lands = match way {
        Way::Direct => return vec![own(0, person, edit)],
        Way::Merged { by_forge: true } => merge(0, 1, Takes::Both),
        Way::Merged { by_forge: false } => {
            Step::Merge { into: 0, from: 1, by: Addresses::own(LEE), takes: Takes::Both, edits: Vec::new() }
        }
        Way::Squashed => Step::Squash { from: 1, author: None, committer: FORGE, affirms: None, co: None },
        Way::Rebased => Step::Rebase { from: 1, committer: person },
        Way::FastForwarded => Step::FastForward { from: 1 },
    };
    branch.into_iter().chain([lands]).collect()
}

/// How the text came to be what it is; with who cannot approve it.
fn written() -> impl Strategy<Value = (Vec<Step>, Vec<usize>)> {
    let by_kim = vec![own(0, KIM, Edit::Text)];
    let by_forge = acted(ANA, Edit::Text, Way::Squashed, 0);
    let rebased =
        vec![Step::Branch { which: 1, back: 0 }, own(1, ANA, Edit::Text), own(0, LEE, Edit::RulesBack)];
    let rebased = rebased.into_iter().chain([Step::Rebase { from: 1, committer: KIM }, affirm(ANA, 0)]);
    prop_oneof![
        Just((Vec::new(), Vec::new())),
        Just((vec![own(0, ANA, Edit::Text), own(0, ANA, Edit::Code)], Vec::new())),
        Just((by_kim, vec![KIM])),
        Just((by_forge, Vec::new())),
        Just((rebased.collect::<Vec<_>>(), vec![KIM])),
    ]
}

/// A book of honest people, in which everything is approved by somebody who may, and the board decides on both tasks.
pub(crate) fn honest() -> impl Strategy<Value = Plot> {
    let ways = prop::collection::vec((way(), 0..3_usize), 3);
    let order = Just(vec![0_usize, 1, 2]).prop_shuffle();
    let granted = any::<bool>();
    (written(), ways, order, granted, prop::sample::select(vec![SAM, KIM, LEE]), any::<bool>()).prop_map(
        |((mut steps, authors), ways, order, granted, peer, by_sam)| {
            steps.extend([own(0, ANA, Edit::Other), own(0, ANA, Edit::List(1))]);
            if granted {
                steps.extend([own(0, KIM, Edit::Grant(Role::Security, LEE)), affirm(LEE, 0)]);
            }
            let may = |person: usize| !authors.contains(&person);
            let peer = if may(peer) { peer } else { SAM };
            let decides = if by_sam || !may(KIM) { SAM } else { KIM };
            for (n_before, which) in order.into_iter().enumerate() {
                let (person, edit) = match which {
                    0 => (peer, Edit::Tick(0, true)),
                    1 => (if granted { LEE } else { SAM }, Edit::Tick(1, true)),
                    _ => (decides, Edit::Decide(Some(Verdict::Approved))),
                };
                let (way, back) = ways[which];
                steps.extend(acted(person, edit, way, back.min(n_before)));
            }
            // Who leaves has still approved what they approved.
            steps.extend([own(0, KIM, Edit::Listed(LEE)), affirm(LEE, 0)]);
            Plot { fast_forward: false, proposer: ANA, steps }
        },
    )
}
