//! Books that were once answered wrongly.

use super::state::{ANA, Addresses, BOT, EVE, FORGE, KIM, LEE, SAM, Verdict};
use super::story::{Edit, Plot, Role, Step, Takes};
use super::turns::{affirm, merge, own};

fn plot(steps: Vec<Step>) -> Plot {
    Plot { fast_forward: false, proposer: ANA, steps }
}

pub(crate) fn known() -> Vec<Plot> {
    let on_branch = |author: usize| Step::Commit {
        branch: 1,
        by: Addresses { author, committer: FORGE },
        edits: vec![Edit::Text],
        affirms: None,
    };
    // Whoever vouches for one commit of a robot, or of somebody who has left, may vouch for the next.
    let vouched = |author: usize, gone: Vec<Step>| {
        let branch = vec![on_branch(author), on_branch(author), merge(0, 1, Takes::Both)];
        let vouches = [own(0, SAM, Edit::Tick(0, true)), affirm(KIM, 1), affirm(KIM, 2)];
        plot(branch.into_iter().chain(gone).chain(vouches).collect())
    };
    // An act that waits for the policy's second person is not nearer to counting than one on an earlier text.
    let waiting = plot(vec![
        own(1, LEE, Edit::Tick(1, true)),
        own(0, SAM, Edit::Tick(1, true)),
        merge(0, 1, Takes::Both),
        own(0, ANA, Edit::Text),
        own(0, KIM, Edit::Grant(Role::Security, LEE)),
    ]);
    // Whoever takes a task from the list does not undo the board's refusal once the board touches the list after them.
    let refused = plot(vec![
        own(0, SAM, Edit::Decide(Some(Verdict::Rejected))),
        own(0, EVE, Edit::List(0)),
        own(0, KIM, Edit::List(1)),
    ]);
    // And the board takes it off itself, without knowing that a member has approved it.
    let apart = plot(vec![
        own(1, KIM, Edit::List(0)),
        own(0, SAM, Edit::Decide(Some(Verdict::Approved))),
        merge(0, 1, Takes::Both),
        own(0, LEE, Edit::List(0)),
    ]);
    let left = vec![own(0, KIM, Edit::Listed(LEE)), affirm(LEE, 0)];
    vec![vouched(BOT, Vec::new()), vouched(LEE, left), waiting, refused, apart]
}
