//! Books: a trunk and two branches, and what people and a forge do to them.

use std::collections::BTreeSet;

use super::rules::Rules;
use super::state::{Addresses, Decision, File, KIM, State, Task, Verdict, address};

/// What somebody changes.
#[derive(Debug, Clone)]
pub(crate) enum Edit {
    /// The first paragraph of the task, and the second.
    Text,
    More,
    Tick(usize, bool),
    Cancel(bool),
    Code,
    /// A version that cannot be read, or can be read again.
    Hide(bool),
    /// The other task is written, or written again.
    Other,
    Decide(Option<Verdict>),
    /// A task is put on the decision's list, or taken off.
    List(usize),
    BoardText,
    BoardGone,
    BoardHide(bool),
    /// A role is given or taken.
    Grant(Role, usize),
    /// Somebody is listed, or leaves.
    Listed(usize),
    Second(Option<usize>),
    /// For whom sam's key is listed.
    Key(Option<usize>),
    /// A detached approval of sam's: of the text that there is, or of another.
    Sign {
        role: usize,
        text: Option<u8>,
        time: u8,
    },
    Unsign(usize),
    /// The policy is as it was at the beginning.
    RulesBack,
    /// A file in which somebody says yes to a commit, or no longer.
    Yes {
        of: usize,
        by: usize,
    },
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Role {
    Owner,
    Security,
    Board,
}

/// One thing that somebody does. Branch 0 is the trunk.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Commit {
        branch: usize,
        by: Addresses,
        edits: Vec<Edit>,
        affirms: Option<usize>,
    },
    /// A branch from a commit of the trunk, by its place from the last.
    Branch {
        which: usize,
        back: usize,
    },
    /// A branch that shares no commit with the trunk, with a task of the same text in which nothing is ticked.
    Foreign {
        which: usize,
        by: usize,
    },
    Merge {
        into: usize,
        from: usize,
        by: Addresses,
        takes: Takes,
        edits: Vec<Edit>,
    },
    /// Onto the trunk; by the branch's own author unless somebody else is named.
    Squash {
        from: usize,
        author: Option<usize>,
        committer: usize,
        affirms: Option<usize>,
        /// Whom its message names as another author.
        co: Option<usize>,
    },
    Rebase {
        from: usize,
        committer: usize,
    },
    FastForward {
        from: usize,
    },
    /// The trunk is moved to a branch that has merged it.
    Foxtrot {
        from: usize,
        by: usize,
    },
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Takes {
    Both,
    Ours,
    Theirs,
}

/// What happens to one book.
#[derive(Debug, Clone)]
pub(crate) struct Plot {
    /// Whether its forge moves the trunk to a branch's own tip.
    pub(crate) fast_forward: bool,
    /// Who writes the task that ana asks for.
    pub(crate) proposer: usize,
    pub(crate) steps: Vec<Step>,
}

/// A commit of a book.
#[derive(Debug, Clone)]
pub(crate) struct Commit {
    pub(crate) parents: Vec<usize>,
    pub(crate) by: Addresses,
    /// The commit to which its message says yes.
    pub(crate) affirms: Option<usize>,
    /// Another author, by its message.
    pub(crate) co: Option<usize>,
    pub(crate) state: State,
}

/// A book that was made.
#[derive(Debug)]
pub(crate) struct Story {
    /// Parents before children.
    pub(crate) commits: Vec<Commit>,
    /// The trunk's tip, and the branches'.
    pub(crate) tips: [usize; 3],
    /// By commit, all that are in its history, it among them.
    pub(crate) ancestors: Vec<BTreeSet<usize>>,
}

impl Story {
    /// Kim begins the policy, and somebody writes a task for ana and puts it before the board.
    pub(crate) fn begun(fast_forward: bool, proposer: usize) -> Self {
        let mut story = Story { commits: Vec::new(), tips: [0; 3], ancestors: Vec::new() };
        let mut state = State::begun(fast_forward);
        story.commit(Vec::new(), Addresses::own(KIM), state.clone(), None);
        state.task = Some(File::Good(Task::default()));
        state.decision = Some(File::Good(Decision::default()));
        let proposed = story.commit(vec![0], Addresses::own(proposer), state, None);
        story.tips = [proposed; 3];
        story
    }

    pub(crate) fn play(plot: &Plot) -> Self {
        let mut story = Story::begun(plot.fast_forward, plot.proposer);
        for step in &plot.steps {
            story.step(step);
        }
        story
    }

    pub(crate) fn rules(&self, commit: usize) -> &Rules {
        &self.commits[commit].state.rules
    }

    /// For somebody who looks at a difference.
    pub(crate) fn words(&self) -> String {
        let mut words = format!("tips {:?}\n", self.tips);
        for (place, Commit { parents, by, affirms, co, state }) in self.commits.iter().enumerate() {
            let (author, committer) = (address(by.author), address(by.committer));
            let rules: Vec<String> = state.rules.values().into_iter().collect();
            words.push_str(&format!(
                "{place} {parents:?} {author} / {committer}, affirms {affirms:?}, with {co:?}\n"
            ));
            words.push_str(&format!("  {:?} {:?}\n  {:?}\n", state.task, state.other, state.decision));
            words.push_str(&format!("  {:?} {:?}, code {}; ", state.signed, state.yes, state.code));
            words.push_str(&format!("{}\n", rules.join(", ")));
        }
        words
    }

    fn commit(&mut self, parents: Vec<usize>, by: Addresses, state: State, affirms: Option<usize>) -> usize {
        let place = self.commits.len();
        let before = parents.iter().flat_map(|&parent| self.ancestors[parent].iter().copied());
        self.ancestors.push(before.chain([place]).collect());
        self.commits.push(Commit { parents, by, affirms, co: None, state });
        place
    }

    /// One of the commits in a history that somebody could have a reason to say yes to, the last one first.
    fn target(&self, tip: usize, back: usize) -> Option<usize> {
        let is_notable = |of: &usize| {
            let Commit { parents, by, state, .. } = &self.commits[*of];
            let differs = |parent: &usize| {
                let before = &self.commits[*parent].state;
                before.rules != state.rules || before.decision != state.decision
            };
            by.author != by.committer || parents.first().is_some_and(differs)
        };
        let notable: Vec<usize> =
            self.ancestors[tip].iter().rev().copied().filter(|of| *of > 1).filter(is_notable).collect();
        (!notable.is_empty()).then(|| notable[back % notable.len()])
    }

    fn edited(&self, state: &State, edits: &[Edit], tip: usize) -> State {
        let mut state = state.clone();
        for edit in edits {
            match edit {
                Edit::Yes { of, by } => {
                    let Some(of) = self.target(tip, *of) else { continue };
                    if !state.yes.remove(&(of, *by)) {
                        state.yes.insert((of, *by));
                    }
                }
                Edit::RulesBack if state.rules.is_there() => state.rules = self.rules(0).clone(),
                edit => state.edit(edit),
            }
        }
        state
    }

    /// The last commit that both have in their histories.
    fn base(&self, one: usize, other: usize) -> usize {
        self.ancestors[one].intersection(&self.ancestors[other]).copied().max().unwrap_or_default()
    }

    fn merged(&self, ours: usize, theirs: usize) -> State {
        let of = |commit: usize| &self.commits[commit].state;
        State::merged(of(self.base(ours, theirs)), of(ours), of(theirs))
    }

    /// The commits of a branch along first parents that the trunk has not, the first one first.
    fn beside(&self, branch: usize) -> Vec<usize> {
        let mut beside = Vec::new();
        let mut at = self.tips[branch];
        while !self.ancestors[self.tips[0]].contains(&at) {
            beside.insert(0, at);
            let Some(&first) = self.commits[at].parents.first() else { break };
            at = first;
        }
        beside
    }

    pub(crate) fn step(&mut self, step: &Step) {
        match step {
            Step::Commit { branch, by, edits, affirms } => {
                let tip = self.tips[*branch];
                let state = self.edited(&self.commits[tip].state, edits, tip);
                let affirms = affirms.and_then(|back| self.target(tip, back));
                self.tips[*branch] = self.commit(vec![tip], *by, state, affirms);
            }
            Step::Branch { which, back } => {
                let mut at = self.tips[0];
                for _ in 0..*back {
                    at = self.commits[at].parents.first().copied().filter(|at| *at > 0).unwrap_or(at);
                }
                self.tips[*which] = at;
            }
            Step::Foreign { which, by } => {
                let task = self.commits[self.tips[0]].state.task.clone();
                let task = task.map(|file| file.without_ticks());
                self.tips[*which] = self.commit(Vec::new(), Addresses::own(*by), State::foreign(task), None);
            }
            Step::Merge { into, from, by, takes, edits } => {
                let (ours, theirs) = (self.tips[*into], self.tips[*from]);
                if self.ancestors[ours].contains(&theirs) {
                    return;
                }
                let both = self.merged(ours, theirs);
                let mut state = match takes {
                    Takes::Both => both.clone(),
                    Takes::Ours => self.commits[ours].state.clone(),
                    Takes::Theirs => self.commits[theirs].state.clone(),
                };
                if !state.rules.is_there() {
                    state.rules = both.rules;
                }
                let state = self.edited(&state, edits, ours);
                self.tips[*into] = self.commit(vec![ours, theirs], *by, state, None);
            }
            Step::Squash { from, author, committer, affirms, co } => {
                let (trunk, tip) = (self.tips[0], self.tips[*from]);
                let Some(&first) = self.beside(*from).first() else { return };
                let author = author.unwrap_or(self.commits[first].by.author);
                let affirms = affirms.and_then(|back| self.target(trunk, back));
                let by = Addresses { author, committer: *committer };
                self.tips[0] = self.commit(vec![trunk], by, self.merged(trunk, tip), affirms);
                self.commits[self.tips[0]].co = *co;
            }
            Step::Rebase { from, committer } => {
                for commit in self.beside(*from).into_iter().take(3) {
                    let Commit { parents, by, affirms, state, .. } = self.commits[commit].clone();
                    let Some(&parent) = parents.first() else { continue };
                    let before = &self.commits[parent].state;
                    let state = State::merged(before, &self.commits[self.tips[0]].state, &state);
                    let by = Addresses { committer: *committer, ..by };
                    self.tips[0] = self.commit(vec![self.tips[0]], by, state, affirms);
                }
            }
            Step::FastForward { from } if self.ancestors[self.tips[*from]].contains(&self.tips[0]) => {
                self.tips[0] = self.tips[*from];
            }
            Step::FastForward { .. } => {}
            Step::Foxtrot { from, by } => {
                let (side, trunk) = (self.tips[*from], self.tips[0]);
                let state = self.merged(side, trunk);
                if !self.ancestors[side].contains(&trunk) && !self.ancestors[trunk].contains(&side) {
                    self.tips[0] = self.commit(vec![side, trunk], Addresses::own(*by), state, None);
                }
            }
        }
    }
}
