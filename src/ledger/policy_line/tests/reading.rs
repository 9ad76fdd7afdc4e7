//! The law read slowly and by itself: sets of commits, recomputed at each step, no structure shared with the line.

use std::collections::{BTreeMap, BTreeSet};

use super::Answer;
use super::generator::{FORGE, File, PEOPLE, Rules, Story, name};

/// A rule that the reading can leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// The line goes through the beginning of the policy, and not always along first parents.
    LineHoldsTheRoot,
    /// Two beginnings are not told apart from inside.
    TwoRootsAreForked,
    /// Only who may change the policy gives a value.
    PolicyPeople,
    /// A second person agrees.
    SecondPerson,
    /// An author in whose name another committed has given nothing.
    CommitterIsAuthor,
    /// Trailers count in a person's own commits alone.
    TrailersOfOnesOwn,
    /// A forge is believed on the trunk's own line alone.
    ForgeOnTheLine,
    /// And not where it moves the trunk to a branch's own tip.
    NoFastForward,
    /// Who gave a value is who wrote it, and not who merged it.
    GivenByItsAuthor,
    /// A deleted or unreadable file is never in force.
    GoneIsImproper,
    /// Whoever brings back a file that somebody else had hidden gives nothing by it.
    RepairIsNobodys,
    /// One may change windows alone.
    Alone,
    /// Until somebody has a role, anybody begins.
    Bootstrap,
    /// An act is judged by what was in force when it landed, and not by its own parent's file.
    JudgedAtTheLanding,
    /// What has not landed is judged by what is in force now.
    UnlandedAsIfNow,
}

impl Rule {
    pub(super) const ALL: [Rule; 15] = [
        Rule::LineHoldsTheRoot,
        Rule::TwoRootsAreForked,
        Rule::PolicyPeople,
        Rule::SecondPerson,
        Rule::CommitterIsAuthor,
        Rule::TrailersOfOnesOwn,
        Rule::ForgeOnTheLine,
        Rule::NoFastForward,
        Rule::GivenByItsAuthor,
        Rule::GoneIsImproper,
        Rule::RepairIsNobodys,
        Rule::Alone,
        Rule::Bootstrap,
        Rule::JudgedAtTheLanding,
        Rule::UnlandedAsIfNow,
    ];
}

/// A state, its owners, and what that history has superseded.
type Owned = (Option<String>, BTreeSet<usize>, BTreeSet<usize>);

/// A value of the rules, by its name.
type Values = BTreeMap<String, String>;

pub(super) struct Reading<'s> {
    story: &'s Story,
    off: Option<Rule>,
    line: Vec<usize>,
}

impl<'s> Reading<'s> {
    pub(super) fn of(story: &'s Story, off: Option<Rule>) -> Answer {
        let mut reading = Reading { story, off, line: Vec::new() };
        let roots = reading.roots();
        let root = match (story.root, &roots[..]) {
            (Some(root), _) => Some(root),
            (None, [_, _, ..]) if reading.holds(Rule::TwoRootsAreForked) => return Answer::Forked,
            (None, roots) => roots.first().copied(),
        };
        reading.line = reading.line_through(root);
        let mut in_force: Vec<(usize, Option<usize>)> = Vec::new();
        let mut now: Option<usize> = None;
        let mut begun = false;
        for &commit in &reading.line {
            begun |= Some(commit) == root;
            if begun {
                now = reading.after(commit, now);
            }
            in_force.push((commit, now));
        }
        let counts = (0..reading.story.files.len()).map(|act| reading.counts(act, &in_force)).collect();
        let text = |of: Option<usize>| of.map(|of| story.blob(of));
        let mut in_force: Vec<(usize, Option<usize>)> =
            in_force.into_iter().map(|(commit, of)| (commit, text(of))).collect();
        in_force.sort_unstable();
        Answer::Line { in_force, counts }
    }

    fn holds(&self, rule: Rule) -> bool {
        self.off != Some(rule)
    }

    fn parents(&self, commit: usize) -> &'s [usize] {
        &self.story.history.commits[commit].parents
    }

    fn ancestors(&self, commit: usize) -> &'s BTreeSet<usize> {
        &self.story.ancestors[commit]
    }

    fn roots(&self) -> Vec<usize> {
        let has = |commit: &usize| self.story.files[*commit] != File::None;
        let of_trunk = self.ancestors(self.story.tip);
        let first = |commit: &usize| self.ancestors(*commit).iter().all(|at| at == commit || !has(at));
        of_trunk.iter().copied().filter(|commit| has(commit) && first(commit)).collect()
    }

    fn line_through(&self, root: Option<usize>) -> Vec<usize> {
        let mut line = vec![self.story.tip];
        loop {
            let at = line[0];
            let parents = self.parents(at);
            let Some(&first) = parents.first() else { return line };
            let holds = |parent: &&usize| root.is_none_or(|root| self.ancestors(**parent).contains(&root));
            let through = parents.iter().find(holds).filter(|_| Some(at) != root);
            let next =
                if self.holds(Rule::LineHoldsTheRoot) { through.copied().unwrap_or(first) } else { first };
            line.insert(0, next);
        }
    }

    fn rules(&self, commit: usize) -> Option<&'s Rules> {
        match &self.story.files[commit] {
            File::Rules(rules) => Some(rules),
            File::None | File::Broken => None,
        }
    }

    /// The commit whose file is in force after a commit of the line.
    fn after(&self, commit: usize, before: Option<usize>) -> Option<usize> {
        let Some(rules) = before.and_then(|before| self.rules(before)) else {
            // Nothing was in force, or nothing that can be read: what comes is the beginning.
            return if self.story.files[commit] == File::None { before } else { Some(commit) };
        };
        let guarded = rules.owners.contains(&true) || rules.power.contains(&true);
        if !guarded && self.holds(Rule::Bootstrap) {
            return if self.story.files[commit] == File::None { before } else { Some(commit) };
        }
        let Some(file) = self.rules(commit) else {
            let is_there = self.story.files[commit] != File::None;
            return if self.holds(Rule::GoneIsImproper) || !is_there { before } else { Some(commit) };
        };
        let (old, new) = (values(rules), values(file));
        let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        let proper = keys
            .into_iter()
            .filter(|key| old.get(*key) != new.get(*key))
            .all(|key| self.is_proper(rules, key, commit));
        if proper { Some(commit) } else { before }
    }

    fn is_proper(&self, rules: &Rules, key: &str, commit: usize) -> bool {
        let owners = match self.holds(Rule::GivenByItsAuthor) {
            true => self.owners(key, commit),
            false => BTreeSet::from([commit]),
        };
        let may = |person: usize| rules.owners[person] || !self.holds(Rule::PolicyPeople);
        let made = |commit: usize| self.acted(rules, commit).filter(|&p| may(p));
        let hidden =
            |owner: usize, maker| self.hidden_before(owner).into_iter().any(|by| made(by) != Some(maker));
        let stands = |&owner: &usize| {
            made(owner).filter(|&maker| !hidden(owner, maker) || !self.holds(Rule::RepairIsNobodys))
        };
        let mut behind: BTreeSet<usize> = owners.iter().filter_map(stands).collect();
        let landed = owners.iter().map(|&owner| self.landing(owner).unwrap_or(commit));
        let names: BTreeSet<String> = owners.iter().copied().chain(landed).map(|at| name(at).hex()).collect();
        for &act in self.ancestors(commit) {
            let facts = &self.story.history.commits[act];
            let person = self.acted(rules, act).filter(|&p| may(p));
            let own = facts.author.email == facts.committer.email
                || person.is_some_and(|person| self.person(rules, &facts.committer.email) == Some(person));
            let own = (own && facts.parents.len() < 2) || !self.holds(Rule::TrailersOfOnesOwn);
            if facts.trailers.affirms.iter().any(|of| names.contains(of)) && own {
                behind.extend(person);
            }
        }
        let n_owners = rules.owners.iter().filter(|is| **is).count();
        let alone = key.starts_with("window") && self.holds(Rule::Alone);
        let needed = if n_owners < 2 || alone || !self.holds(Rule::SecondPerson) { 1 } else { 2 };
        behind.len() >= needed
    }

    /// Whose a commit is, if it is worth more than a claim.
    fn acted(&self, rules: &Rules, commit: usize) -> Option<usize> {
        let facts = &self.story.history.commits[commit];
        let (author, committer) = (&*facts.author.email, &*facts.committer.email);
        let person = self.person(rules, author)?;
        let same = self.person(rules, committer) == Some(person);
        let on_line = self.line.contains(&commit) || !self.holds(Rule::ForgeOnTheLine);
        let moves = rules.fast_forward && self.holds(Rule::NoFastForward);
        let forge = rules.forge && committer == FORGE && on_line && !moves;
        (same || forge || !self.holds(Rule::CommitterIsAuthor)).then_some(person)
    }

    fn person(&self, rules: &Rules, email: &str) -> Option<usize> {
        match email {
            "second@x" => rules.second,
            _ => PEOPLE.iter().position(|name| email == format!("{name}@x")),
        }
    }

    /// The values at a commit: of the last file along first parents that can be read.
    fn values_at(&self, commit: usize) -> Values {
        match self.rules(commit) {
            Some(rules) => values(rules),
            None => self.parents(commit).first().map_or_else(Values::new, |&parent| self.values_at(parent)),
        }
    }

    /// The law of items: who owns the state of a value after a commit.
    fn owners(&self, key: &str, commit: usize) -> BTreeSet<usize> {
        // By commit: the state, its owners, and what that history has superseded.
        let mut known: BTreeMap<usize, Owned> = BTreeMap::new();
        for &at in self.ancestors(commit) {
            let state = self.values_at(at).get(key).cloned();
            let before: Vec<_> = self.parents(at).iter().map(|parent| &known[parent]).collect();
            let mut gone: BTreeSet<usize> = before.iter().flat_map(|(_, _, gone)| gone).copied().collect();
            let of_state = before.iter().filter(|(other, ..)| *other == state);
            let mut owners: BTreeSet<usize> = of_state.flat_map(|(_, owners, _)| owners).copied().collect();
            owners.retain(|owner| !gone.contains(owner));
            let never =
                state.is_none() && before.iter().all(|(other, by, _)| other.is_none() && by.is_empty());
            if owners.is_empty() && !never {
                owners.insert(at);
            }
            gone.extend(before.iter().flat_map(|(_, by, _)| by).copied().filter(|by| !owners.contains(by)));
            known.insert(at, (state, owners, gone));
        }
        known.remove(&commit).map(|(_, owners, _)| owners).unwrap_or_default()
    }

    /// The commits that made the file unreadable, or took it away, where it still is so.
    fn hidden(&self, commit: usize) -> BTreeSet<usize> {
        if self.rules(commit).is_some() || !self.was_read(commit) {
            return BTreeSet::new();
        }
        let parents = self.parents(commit);
        let mut hidden: BTreeSet<usize> = parents.iter().flat_map(|&parent| self.hidden(parent)).collect();
        if !parents.iter().any(|&parent| self.story.files[parent] == self.story.files[commit]) {
            hidden.insert(commit);
        }
        hidden
    }

    /// Whether there is a last file along first parents that can be read.
    fn was_read(&self, commit: usize) -> bool {
        self.rules(commit).is_some()
            || self.parents(commit).first().is_some_and(|&parent| self.was_read(parent))
    }

    /// The same of the file that a commit brought back.
    fn hidden_before(&self, commit: usize) -> BTreeSet<usize> {
        let parents = self.parents(commit);
        let has = |parent: &usize| self.story.files[*parent] == self.story.files[commit];
        if self.rules(commit).is_none() || parents.iter().any(has) {
            return BTreeSet::new();
        }
        parents.iter().flat_map(|&parent| self.hidden(parent)).collect()
    }

    fn landing(&self, commit: usize) -> Option<usize> {
        self.line.iter().copied().find(|&at| self.ancestors(at).contains(&commit))
    }

    fn counts(&self, act: usize, in_force: &[(usize, Option<usize>)]) -> bool {
        if self.parents(act).len() > 1 {
            return false;
        }
        let last = in_force.last().and_then(|(_, of)| *of);
        let judge = match self.landing(act) {
            _ if !self.holds(Rule::JudgedAtTheLanding) => self.parents(act).first().copied(),
            Some(landing) => {
                let place = in_force.iter().position(|(at, _)| *at == landing).unwrap_or(0);
                place.checked_sub(1).and_then(|before| in_force[before].1)
            }
            None if !self.holds(Rule::UnlandedAsIfNow) => self.parents(act).first().copied(),
            None => last,
        };
        let Some(rules) = judge.and_then(|judge| self.rules(judge)) else { return false };
        self.acted(rules, act).is_some_and(|person| rules.power[person])
    }
}

impl Story {
    fn blob(&self, commit: usize) -> usize {
        self.history.commits[commit].policy.map_or(usize::MAX, |file| usize::from(file.blob.0[0]))
    }
}

fn values(rules: &Rules) -> Values {
    let mut values = Values::new();
    let mut put = |key: String| drop(values.insert(key, "yes".to_owned()));
    for (place, person) in PEOPLE.iter().enumerate() {
        if rules.owners[place] {
            put(format!("owner {person}"));
        }
        if rules.power[place] {
            put(format!("power {person}"));
        }
        if rules.second == Some(place) {
            put(format!("second {person}"));
        }
    }
    if rules.forge {
        put("forge".to_owned());
    }
    if rules.fast_forward {
        put("fast-forward".to_owned());
    }
    if rules.window {
        put("window".to_owned());
    }
    values
}
