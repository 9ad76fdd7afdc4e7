//! The slow reading's first half: who is who by which policy, whose act a commit is, and who stands behind it.

use std::collections::BTreeSet;

use super::mutations::Rule;
use super::rules::Rules;
use super::state::{Addresses, BOT, FORGE, SECOND};
use super::story::Story;

/// A role by the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    Peer,
    Security,
    Board,
}

/// Who may do what, along the trunk of a story.
pub(crate) struct People<'s> {
    pub(crate) story: &'s Story,
    off: Option<Rule>,
    /// The commit that is looked at.
    pub(crate) view: usize,
    /// The trunk's line, the first commit first.
    pub(crate) line: Vec<usize>,
    /// By place on the line, the commit whose policy is in force after it.
    pub(crate) in_force: Vec<usize>,
}

impl<'s> People<'s> {
    pub(crate) fn of(story: &'s Story, view: usize, off: Option<Rule>) -> Self {
        let mut line = vec![story.tips[0]];
        while let parents = &story.commits[line[0]].parents
            && let Some(&first) = parents.first()
        {
            // A trunk that was moved to another history is where the policy began.
            let begun = parents.iter().find(|parent| story.ancestors[**parent].contains(&0));
            line.insert(0, begun.copied().unwrap_or(first));
        }
        let mut people = People { story, off, view, line, in_force: Vec::new() };
        let mut now = 0;
        for commit in people.line.clone() {
            if people.is_proper(story.rules(now), commit) {
                now = commit;
            }
            people.in_force.push(now);
        }
        people
    }

    pub(crate) fn holds(&self, rule: Rule) -> bool {
        self.off != Some(rule)
    }

    pub(crate) fn seen(&self) -> &'s BTreeSet<usize> {
        &self.story.ancestors[self.view]
    }

    pub(crate) fn has(&self, ancestor: usize, of: usize) -> bool {
        self.story.ancestors[of].contains(&ancestor)
    }

    pub(crate) fn by(&self, commit: usize) -> Addresses {
        self.story.commits[commit].by
    }

    pub(crate) fn is_merge(&self, commit: usize) -> bool {
        self.story.commits[commit].parents.len() > 1
    }

    fn landing(&self, commit: usize) -> Option<usize> {
        self.line.iter().position(|&at| self.has(commit, at))
    }

    /// The policy in force at the trunk's tip.
    pub(crate) fn now(&self) -> &'s Rules {
        self.story.rules(self.in_force.last().copied().unwrap_or_default())
    }

    /// The policy by which a commit is judged; `None` is the built-in one, which lists nobody.
    pub(crate) fn judge(&self, commit: usize) -> Option<&'s Rules> {
        let own = || self.story.commits[commit].parents.first().map(|&parent| self.story.rules(parent));
        match self.landing(commit) {
            Some(_) if !self.holds(Rule::JudgedAtTheLanding) => own(),
            None if !self.holds(Rule::UnlandedAsIfNow) => own(),
            Some(place) => place.checked_sub(1).map(|before| self.story.rules(self.in_force[before])),
            None => Some(self.now()),
        }
    }

    /// Whose an address is.
    pub(crate) fn person(rules: &Rules, address: usize) -> Option<usize> {
        match address {
            FORGE => None,
            SECOND => rules.second.filter(|whose| rules.listed[*whose]),
            person => Some(person).filter(|person| rules.listed[*person]),
        }
    }

    pub(crate) fn has_role(&self, rules: &Rules, person: usize, role: Held) -> bool {
        let is_person = person != BOT || !self.holds(Rule::RobotsApproveNothing);
        let holds = match role {
            Held::Peer => true,
            Held::Security => rules.security[person],
            Held::Board => rules.board[person],
        };
        rules.listed[person] && is_person && holds
    }

    pub(crate) fn may_change_policy(rules: &Rules, person: usize) -> bool {
        rules.listed[person] && rules.owner[person] && person != BOT
    }

    /// Whether the forge that a commit names can be believed by a policy.
    pub(crate) fn is_vouched(&self, rules: &Rules, commit: usize) -> bool {
        let on_line = self.line.contains(&commit) || !self.holds(Rule::ForgeOnTheLine);
        let moves = rules.fast_forward && self.holds(Rule::NoFastForward);
        self.by(commit).committer == FORGE && on_line && !moves
    }

    /// Whether a commit is more than a claim to be its author's.
    pub(crate) fn is_authors(&self, rules: &Rules, commit: usize) -> bool {
        let Addresses { author, committer } = self.by(commit);
        let own = match (Self::person(rules, author), Self::person(rules, committer)) {
            (Some(author), Some(committer)) => author == committer,
            _ => author == committer,
        };
        // Nobody's commits are signed here, and who has a key could have signed.
        let owes = Self::person(rules, author).is_some_and(|person| rules.key == Some(person));
        (own || self.is_vouched(rules, commit)) && !(owes && self.holds(Rule::WhoHasAKeySigns))
    }

    /// Whether a commit is of this book, and was not brought by a merge of another history.
    pub(crate) fn is_of_book(&self, commit: usize) -> bool {
        self.has(0, commit) || !self.holds(Rule::OwnBookAlone)
    }

    /// The person who holds a role and whose act a commit is by its author's name.
    pub(crate) fn actor(&self, commit: usize, role: Held) -> Option<usize> {
        let rules = self.judge(commit).filter(|_| self.is_of_book(commit))?;
        let person = Self::person(rules, self.by(commit).author)?;
        self.has_role(rules, person, role).then_some(person)
    }

    /// The one person who is author and committer.
    fn speaker(&self, rules: &Rules, commit: usize) -> Option<usize> {
        let Addresses { author, committer } = self.by(commit);
        let person = Self::person(rules, author)?;
        let own = Self::person(rules, committer) == Some(person);
        (own && !self.is_merge(commit) && self.is_authors(rules, commit)).then_some(person)
    }

    /// What a message says yes to, and who says it.
    fn said(&self, rules: &Rules, commit: usize) -> Option<(usize, usize)> {
        let of = self.story.commits[commit].affirms?;
        let person = match self.holds(Rule::TrailersOfOnesOwn) {
            true => self.speaker(rules, commit),
            false => Self::person(rules, self.by(commit).author),
        };
        person.map(|person| (of, person))
    }

    /// The owners of a file that says yes, at a commit.
    fn owners_of_yes(&self, yes: (usize, usize), at: usize) -> BTreeSet<usize> {
        let is_there = |commit: usize| self.story.commits[commit].state.yes.contains(&yes).then_some(());
        if is_there(at).is_none() {
            return BTreeSet::new();
        }
        owners(self.story, is_there).swap_remove(at)
    }

    /// Who says yes to a commit, in the view.
    pub(crate) fn affirmers(&self, commit: usize) -> BTreeSet<usize> {
        let said = self.seen().iter().filter(|act| self.is_of_book(**act));
        let said = said.filter_map(|&act| self.said(self.judge(act)?, act));
        let by_message = said.filter(|(of, _)| *of == commit).map(|(_, person)| person);
        let files = &self.story.commits[self.view].state.yes;
        let by_file = files.iter().filter(|(of, _)| *of == commit).filter(|yes| {
            let is_theirs = |owner: &usize| {
                let rules = self.judge(*owner).filter(|_| self.is_of_book(*owner));
                rules.is_some_and(|rules| self.speaker(rules, *owner) == Some(yes.1))
                    || !self.holds(Rule::YesOfItsOwner)
            };
            self.owners_of_yes(**yes, self.view).iter().any(is_theirs)
        });
        by_message.chain(by_file.map(|(_, person)| *person)).collect()
    }

    /// Whether anybody says yes to anything, in the view.
    pub(crate) fn says_anybody_yes(&self) -> bool {
        self.seen().iter().any(|&commit| !self.affirmers(commit).is_empty())
    }

    /// Whether all in which a commit's file differs from the policy in force was said by those who may.
    fn is_proper(&self, rules: &Rules, commit: usize) -> bool {
        let (before, after) = (rules.values(), self.story.rules(commit).values());
        let differing: Vec<&String> = before.symmetric_difference(&after).collect();
        let is_given = |value: &&String| self.is_given(rules, value, commit);
        !self.holds(Rule::ProperPolicyAlone) || differing.iter().all(is_given)
    }

    fn is_given(&self, rules: &Rules, value: &str, commit: usize) -> bool {
        let says = |at: usize| self.story.rules(at).values().contains(value).then_some(());
        let givers = owners(self.story, says).swap_remove(commit);
        let may = |person: &usize| Self::may_change_policy(rules, *person);
        let made = |act: usize| {
            let person = Self::person(rules, self.by(act).author).filter(may)?;
            self.is_authors(rules, act).then_some(person)
        };
        let landed = givers.iter().filter_map(|&giver| self.landing(giver)).map(|place| self.line[place]);
        let names: BTreeSet<usize> = givers.iter().copied().chain(landed).collect();
        let said = self.story.ancestors[commit].iter().filter_map(|&act| {
            made(act).and(self.said(rules, act)).filter(|(of, person)| names.contains(of) && may(person))
        });
        let files = self.story.commits[commit].state.yes.iter().filter(|yes| names.contains(&yes.0));
        let files = files.filter(|yes| may(&yes.1)).filter(|yes| {
            let is_theirs = |owner: &usize| self.speaker(rules, *owner) == Some(yes.1);
            self.owners_of_yes(**yes, commit).iter().any(is_theirs)
        });
        let behind: BTreeSet<usize> = givers
            .iter()
            .filter_map(|&giver| made(giver))
            .chain(said.map(|(_, person)| person))
            .chain(files.map(|(_, person)| *person))
            .collect();
        let n_people = (0..rules.listed.len()).filter(may).count();
        behind.len() >= n_people.clamp(1, 2)
    }
}

/// The law of items: by commit, who owns the state of a thing after it. `None` is "not there".
pub(crate) fn owners<T: PartialEq>(
    story: &Story,
    state: impl Fn(usize) -> Option<T>,
) -> Vec<BTreeSet<usize>> {
    let mut owners: Vec<BTreeSet<usize>> = Vec::new();
    let mut superseded: Vec<BTreeSet<usize>> = Vec::new();
    for (commit, facts) in story.commits.iter().enumerate() {
        let (own_state, parents) = (state(commit), &facts.parents);
        let mut gone: BTreeSet<usize> = parents.iter().flat_map(|&p| superseded[p].iter().copied()).collect();
        let agreeing = parents.iter().filter(|&&parent| state(parent) == own_state);
        let mut own: BTreeSet<usize> = agreeing.flat_map(|&p| owners[p].iter().copied()).collect();
        own.retain(|owner| !gone.contains(owner));
        let ever = own_state.is_some() || parents.iter().any(|&parent| !owners[parent].is_empty());
        if own.is_empty() && ever {
            own.insert(commit);
        }
        let before = parents.iter().flat_map(|&parent| owners[parent].iter().copied());
        gone.extend(before.filter(|owner| !own.contains(owner)));
        owners.push(own);
        superseded.push(gone);
    }
    owners
}
