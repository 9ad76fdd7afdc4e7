//! The law of acts, read slowly and by itself: plain sets of commits, asked again each time. Nothing is shared with the
//! program.

use std::collections::BTreeSet;

use super::mutations::Rule;
use super::people::{Held, People, owners};
use super::rules::Rules;
use super::state::{ANA, BOT, Decision, FORGE, File, N_ROLES, SAM, Signed, Task, Verdict};
use super::story::Story;

/// What an approval comes to, in the order of the table in `docs/approvals.md`: of several the last one is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Code {
    Missing,
    Role,
    Own,
    AuthorUnknown,
    Stale,
    Unsigned,
    Valid,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Board {
    Approved,
    Rejected,
    Not,
}

/// What is said of a book at a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) cancelled: bool,
    /// By role; `None` where the task cannot be read, or is cancelled.
    pub(crate) approvals: Option<[Code; N_ROLES]>,
    /// By task; `None` where it is not there, too.
    pub(crate) board: [Option<Board>; 2],
}

/// By commit, who owns each thing that a record says.
pub(crate) struct Things {
    text: [Vec<BTreeSet<usize>>; 2],
    ticks: [Vec<BTreeSet<usize>>; N_ROLES],
    cancelled: Vec<BTreeSet<usize>>,
    verdict: Vec<BTreeSet<usize>>,
    list: Vec<BTreeSet<usize>>,
    decision: Vec<BTreeSet<usize>>,
}

/// What a file says after a commit: one that cannot be read leaves what was said before it.
fn said<'s, T>(
    story: &'s Story,
    of: fn(&'s Story, usize) -> &'s Option<File<T>>,
    at: usize,
) -> Option<&'s T> {
    match of(story, at) {
        Some(File::Good(inner)) => Some(inner),
        Some(File::Broken(_)) => said(story, of, *story.commits[at].parents.first()?),
        None => None,
    }
}

fn task_file(story: &Story, at: usize) -> &Option<File<Task>> {
    &story.commits[at].state.task
}

fn decision_file(story: &Story, at: usize) -> &Option<File<Decision>> {
    &story.commits[at].state.decision
}

fn task(story: &Story, at: usize) -> Option<&Task> {
    said(story, task_file, at)
}

fn decision(story: &Story, at: usize) -> Option<&Decision> {
    said(story, decision_file, at)
}

/// The text of a task; the one of the other is its own.
fn text(story: &Story, of: usize, at: usize) -> Option<u8> {
    if of == 0 { task(story, at).map(|task| task.text) } else { story.commits[at].state.other }
}

impl Things {
    pub(crate) fn of(story: &Story) -> Self {
        Things {
            text: [0, 1].map(|of| owners(story, |at| text(story, of, at))),
            ticks: [0, 1].map(|role| owners(story, |at| task(story, at).map(|task| task.ticks[role]))),
            cancelled: owners(story, |at| task(story, at).filter(|task| task.cancelled).map(drop)),
            verdict: owners(story, |at| decision(story, at).and_then(|decision| decision.verdict)),
            list: owners(story, |at| decision(story, at).map(|decision| decision.listed)),
            decision: owners(story, |at| decision(story, at)),
        }
    }
}

/// The authors of a task.
struct Authors {
    people: BTreeSet<usize>,
    unknown: bool,
}

pub(crate) struct Reading<'s> {
    people: People<'s>,
    story: &'s Story,
    things: &'s Things,
}

impl<'s> Reading<'s> {
    /// What the law says of a view, without a rule where one is left out.
    pub(crate) fn of(story: &'s Story, things: &'s Things, view: usize, off: Option<Rule>) -> Answer {
        let reading = Reading { people: People::of(story, view, off), story, things };
        let readable = match task_file(story, view) {
            Some(File::Good(task)) => Some(task),
            Some(File::Broken(_)) | None => None,
        };
        let cancelled = readable.is_some_and(|task| task.cancelled);
        let is_open = readable.is_some() && !cancelled;
        let approvals = is_open.then(|| {
            [Held::Peer, Held::Security].map(|role| reading.approval(usize::from(role != Held::Peer), role))
        });
        let has_other = story.commits[view].state.other.is_some();
        let board = [is_open, has_other]
            .into_iter()
            .enumerate()
            .map(|(of, is_there)| is_there.then(|| reading.board(of)));
        let board: Vec<Option<Board>> = board.collect();
        Answer { cancelled, approvals, board: [board[0], board[1]] }
    }

    fn holds(&self, rule: Rule) -> bool {
        self.people.holds(rule)
    }

    fn seen(&self) -> impl Iterator<Item = usize> + use<'s> {
        self.people.seen().iter().copied()
    }

    /// Commits of the view that changed a thing.
    fn changed(&self, owners: &'s [BTreeSet<usize>]) -> impl Iterator<Item = usize> + use<'s> {
        self.seen().filter(move |&at| owners[at] == BTreeSet::from([at]))
    }

    fn differs<T: PartialEq>(&self, at: usize, of: impl Fn(usize) -> T) -> bool {
        self.story.commits[at].parents.iter().all(|&parent| of(parent) != of(at))
    }

    fn is_repair<T: PartialEq>(&self, at: usize, of: fn(&'s Story, usize) -> &'s Option<File<T>>) -> bool {
        let is_hidden = |at: usize| matches!(of(self.story, at), Some(File::Broken(_)));
        let was_hidden = self.story.commits[at].parents.iter().any(|&parent| is_hidden(parent));
        let is_there = matches!(of(self.story, at), Some(File::Good(_)));
        was_hidden && is_there && self.differs(at, |at| of(self.story, at))
    }

    /// Commits that did a part of the task's work.
    fn work(&self) -> Vec<usize> {
        let code = |at: usize| self.story.commits[at].state.code;
        self.seen().filter(|&at| self.differs(at, code) && code(at) > 0).collect()
    }

    fn authors(&self, of: usize, act: usize) -> Authors {
        let counts = |at: &usize| self.holds(Rule::MergeIsWritten) || !self.people.is_merge(*at);
        let mut made: BTreeSet<usize> = self.changed(&self.things.text[of]).filter(counts).collect();
        if of == 0 {
            let is_hidden = |at: &usize| matches!(task_file(self.story, *at), Some(File::Broken(_)));
            let hidden = self.seen().filter(is_hidden);
            let hidden = hidden.filter(|&at| self.differs(at, |at| task_file(self.story, at)));
            made.extend(hidden.filter(|_| self.holds(Rule::HiddenVersionIsWritten)));
            made.extend(self.work().into_iter().filter(|_| self.holds(Rule::WorkerIsAuthor)));
        }
        let mut authors = Authors { people: BTreeSet::new(), unknown: false };
        let unproven: Vec<(usize, usize)> =
            made.into_iter().filter_map(|commit| self.add(&mut authors, commit, act)).collect();
        let wrote = authors.people.clone();
        for (commit, named) in unproven {
            let said = self.people.affirmers(commit);
            let now = self.people.now();
            let gone = named == BOT || !now.listed[named];
            let vouches =
                |person: &usize| People::may_change_policy(now, *person) && !wrote.contains(person) && gone;
            let voucher = said.iter().copied().find(vouches).filter(|_| self.holds(Rule::VouchedForWhoLeft));
            let anybody = !self.holds(Rule::AffirmedByTheNamed) && !said.is_empty();
            if said.contains(&named) || anybody {
                continue;
            }
            authors.unknown |= voucher.is_none() && self.holds(Rule::UnprovenAuthor);
            authors.people.extend(voucher);
        }
        if of == 0 && self.holds(Rule::RequestorIsAuthor) {
            authors.people.insert(ANA);
        }
        authors
    }

    /// Adds who made a commit; gives the commit with who is named where that is not proven.
    fn add(&self, authors: &mut Authors, commit: usize, act: usize) -> Option<(usize, usize)> {
        let (by, judge) = (self.people.by(commit), self.people.judge(commit));
        let policies: Vec<&Rules> =
            [Some(self.people.now()), judge, self.people.judge(act)].into_iter().flatten().collect();
        let whose = |address: usize| -> Vec<usize> {
            policies.iter().filter_map(|rules| People::person(rules, address)).collect()
        };
        let (author, committer) = (whose(by.author), whose(by.committer));
        let is_forge = by.committer == FORGE && judge.is_some();
        let by_robot = !author.is_empty() && author.iter().all(|person| *person == BOT);
        let listed = self.holds(Rule::AuthorsAreListed);
        authors.unknown |= author.is_empty() && listed;
        authors.people.extend(author.iter().filter(|person| **person != BOT));
        let co = self.story.commits[commit].co.filter(|_| self.holds(Rule::CoAuthorIsAuthor));
        authors.unknown |= co.is_some_and(|co| whose(co).is_empty()) && listed;
        authors.people.extend(co.into_iter().flat_map(whose).filter(|person| *person != BOT));
        let counts = match by_robot {
            true => self.holds(Rule::RobotHidesNobody),
            false => self.holds(Rule::CommitterIsAuthor),
        };
        if !is_forge && counts {
            authors.unknown |= by_robot && committer.is_empty() && listed;
            authors.people.extend(committer.iter().filter(|person| **person != BOT));
        }
        let named = *author.first()?;
        let vouched = judge.is_some_and(|judge| self.people.is_vouched(judge, commit));
        let proven = match is_forge {
            true => vouched,
            false => by_robot || committer.contains(&named),
        };
        (!proven).then_some((commit, named))
    }

    /// Commits that ended what was approved before them.
    fn ends(&self) -> Vec<usize> {
        let cancels = self.changed(&self.things.cancelled).filter(|_| self.holds(Rule::CancellingEnds));
        cancels.filter(|&at| task(self.story, at).is_some_and(|task| task.cancelled)).collect()
    }

    /// Whether what ended approvals is unknown to an act.
    fn is_ended(&self, act: usize) -> bool {
        self.ends().into_iter().any(|end| end == act || !self.people.has(end, act))
    }

    fn approval(&self, role: usize, held: Held) -> Code {
        let is_ticked = task(self.story, self.people.view).is_some_and(|task| task.ticks[role]);
        let ticks = self.things.ticks[role][self.people.view].iter().filter(|_| is_ticked);
        let ticks = ticks.map(|&act| self.ticked(role, held, act));
        let signed = self.story.commits[self.people.view].state.signed[role];
        ticks.chain(signed.map(|signed| self.signed(signed, held))).max().unwrap_or(Code::Missing)
    }

    fn ticked(&self, role: usize, held: Held, act: usize) -> Code {
        let ticked = |at: usize| task(self.story, at).is_some_and(|task| task.ticks[role]);
        let mut unticks = self
            .changed(&self.things.ticks[role])
            .filter(|&at| !ticked(at) && self.story.commits[at].parents.iter().any(|&parent| ticked(parent)));
        let withdrawn = unticks.any(|untick| !self.people.has(untick, act));
        let nobodys = self.people.is_merge(act) && self.holds(Rule::MergesApproveNothing)
            || self.is_repair(act, task_file) && self.holds(Rule::RepairsApproveNothing)
            || !self.people.is_of_book(act);
        if nobodys || withdrawn && self.holds(Rule::WithdrawnStaysWithdrawn) {
            return Code::Missing;
        }
        let Some(person) = self.people.actor(act, held) else { return Code::Role };
        let is_other = text(self.story, 0, act) != text(self.story, 0, self.people.view);
        let claimed = self.people.judge(act).is_none_or(|rules| !self.people.is_authors(rules, act));
        let claimed = claimed && self.holds(Rule::ClaimsCountNothing);
        self.judged(person, act, is_other && self.holds(Rule::BoundToTheText), claimed)
    }

    /// A detached approval of sam's, by the last commit that carries it. Each text has a place of its own.
    fn signed(&self, signed: Signed, held: Held) -> Code {
        let stands = |at: usize| self.story.commits[at].state.signed[signed.role];
        let of = |at: usize| stands(at).filter(|other| other.text == signed.text);
        let things = owners(self.story, of);
        let withdrawn = self.seen().any(|at| {
            let had = self.story.commits[at].parents.iter().any(|&parent| of(parent) == Some(signed));
            things[at] == BTreeSet::from([at]) && had && of(at) != Some(signed)
        });
        if withdrawn && self.holds(Rule::SignedTextStaysWithdrawn) {
            return Code::Missing;
        }
        let Some(&carrier) = things[self.people.view].last() else { return Code::Missing };
        let Some(judge) = self.people.judge(carrier) else { return Code::Role };
        if !self.people.has_role(judge, SAM, held) {
            return Code::Role;
        }
        let is_other = Some(signed.text) != text(self.story, 0, self.people.view);
        let unlisted = judge.key != Some(SAM) && self.holds(Rule::SignedByAListedKey);
        // Who signed before the book began knows of nothing that ended approvals in it, whoever brings the file.
        let too_early = signed.time == 0 && !self.ends().is_empty() && self.holds(Rule::SignedBeforeTheEnd);
        let stale = is_other && self.holds(Rule::SignedForTheText) || too_early;
        self.judged(SAM, carrier, stale, unlisted)
    }

    /// What an act by somebody with the role comes to.
    fn judged(&self, person: usize, act: usize, is_stale: bool, claimed: bool) -> Code {
        let authors = self.authors(0, act);
        if authors.people.contains(&person) {
            return Code::Own;
        }
        if authors.unknown {
            return Code::AuthorUnknown;
        }
        let added = self.work().into_iter().any(|work| !self.people.has(work, act));
        if is_stale || added && self.holds(Rule::BoundToTheCode) || self.is_ended(act) {
            return Code::Stale;
        }
        if claimed { Code::Unsigned } else { Code::Valid }
    }

    /// Whether what a commit did to the decision is the board's act.
    fn is_boards(&self, act: usize) -> bool {
        let nobodys = self.people.is_merge(act) && self.holds(Rule::MergesApproveNothing)
            || self.is_repair(act, decision_file) && self.holds(Rule::RepairsApproveNothing);
        let authors = |rules: &Rules| self.people.is_authors(rules, act);
        let proven = self.people.judge(act).is_some_and(authors) || !self.holds(Rule::ClaimsCountNothing);
        let actor = self.people.actor(act, Held::Board).is_some() || !self.holds(Rule::BoardDecides);
        !nobodys && proven && actor
    }

    fn verdict(&self, act: usize) -> Option<Verdict> {
        decision(self.story, act).and_then(|decision| decision.verdict)
    }

    /// The board's word: of acts that do not know of each other the strictest; taking back is stricter than approving.
    fn word(&self) -> Option<usize> {
        let ends = |act: &usize| self.is_boards(*act) || !self.holds(Rule::BoardsWordStands);
        let sets: Vec<usize> = self.changed(&self.things.verdict).filter(ends).collect();
        let is_last =
            |act: &&usize| !sets.iter().any(|other| other != *act && self.people.has(**act, *other));
        let strictness = |act: usize| match self.verdict(act) {
            _ if !self.holds(Rule::StrictestOfTheBoard) => 0,
            Some(Verdict::Approved) => 0,
            None => 1,
            Some(Verdict::NeedsChanges) => 2,
            Some(Verdict::Rejected) => 3,
        };
        let word =
            sets.iter().copied().filter(|act| is_last(&act)).max_by_key(|&act| (strictness(act), act))?;
        self.is_boards(word).then_some(word)
    }

    /// Whether the board has taken a task from its list, in an act of its own of which its word does not know.
    fn is_taken_off(&self, of: usize, word: usize) -> bool {
        let lists = |at: usize| decision(self.story, at).is_some_and(|decision| decision.listed[of]);
        let was_on = |at: usize| self.story.commits[at].parents.iter().any(|&parent| lists(parent));
        let mut acts = self.changed(&self.things.list).filter(|&at| !lists(at));
        acts.any(|at| {
            let takes = was_on(at) || !self.holds(Rule::TakenOffByTheBoard);
            let is_boards = self.is_boards(at) && self.holds(Rule::BoardTakesBack) && takes;
            let by_anybody = !self.holds(Rule::BoardsWordStands);
            at != word && !self.people.has(at, word) && (is_boards || by_anybody)
        })
    }

    fn board(&self, of: usize) -> Board {
        let Some(word) = self.word() else { return Board::Not };
        let is_listed = decision(self.story, word).is_some_and(|decision| decision.listed[of]);
        if !is_listed || self.is_taken_off(of, word) {
            return Board::Not;
        }
        match self.verdict(word) {
            Some(Verdict::Rejected) => return Board::Rejected,
            Some(Verdict::Approved) => {}
            Some(Verdict::NeedsChanges) | None => return Board::Not,
        }
        let authors = self.authors(of, word);
        let ended = of == 0 && self.is_ended(word);
        match self.is_alone(word, &authors) || authors.unknown || self.is_outdated(word) || ended {
            true => Board::Not,
            false => Board::Approved,
        }
    }

    fn is_alone(&self, word: usize, authors: &Authors) -> bool {
        let setter =
            self.people.judge(word).and_then(|rules| People::person(rules, self.people.by(word).author));
        let is_own = setter.is_some_and(|setter| authors.people.contains(&setter));
        let backs = |person: &usize| {
            self.people.has_role(self.people.now(), *person, Held::Board) && !authors.people.contains(person)
        };
        let backed = self.people.affirmers(word).iter().any(backs) && self.holds(Rule::AnotherMemberBacks);
        is_own && !backed && self.holds(Rule::NotDecidedAlone)
    }

    /// Whether what the board approved is not what there is.
    fn is_outdated(&self, word: usize) -> bool {
        let same = decision(self.story, word) == decision(self.story, self.people.view);
        let mut edits = self.changed(&self.things.decision).filter(|&at| !self.people.has(at, word));
        let by_board = |at| {
            self.is_boards(at) && self.holds(Rule::BoundToItsOwnText) || !self.holds(Rule::BoardsWordStands)
        };
        let own = !same && edits.any(by_board);
        let listed = decision(self.story, word).map_or([false; 2], |decision| decision.listed);
        let other = (0..2).filter(|&of| listed[of] && !self.is_taken_off(of, word)).any(|of| {
            let (then, now) = (text(self.story, of, word), text(self.story, of, self.people.view));
            let rule = if then.is_none() { Rule::BoundToAbsence } else { Rule::BoundToItsTasks };
            then != now && self.holds(rule)
        });
        own || other
    }
}
