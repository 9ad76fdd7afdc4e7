//! Histories: a trunk, branches, and what honest and hostile people and a forge do to them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;

use crate::history::{
    BlobId, Change, Commit, CommitId, CommitTime, FileKind, History, Signature, Trailers, TrailersOfCommit,
    TreeFile,
};
use crate::ledger::sources::Policies;
use crate::policy::Policy;

/// People who may begin with a power: the first two change the policy. The last one is nobody's friend.
pub(super) const PEOPLE: [&str; 4] = ["ana", "kim", "sam", "eve"];
pub(super) const FORGE: &str = "forge@x";

/// What a policy says, as far as these histories are about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rules {
    /// Who may change the policy, and who is in the guarded role: by place in [`PEOPLE`].
    pub(super) owners: [bool; 4],
    pub(super) power: [bool; 4],
    /// Whose `second@x` is.
    pub(super) second: Option<usize>,
    /// Whether the forge is listed, and may move the trunk to a branch's own tip.
    pub(super) forge: bool,
    pub(super) fast_forward: bool,
    /// A value that one may change alone.
    pub(super) window: bool,
}

/// What stands at the path of the policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum File {
    None,
    Broken,
    Rules(Rules),
}

impl Rules {
    fn text(&self) -> String {
        let list = |of: [bool; 4]| {
            let named = PEOPLE.iter().zip(of).filter(|(_, is)| *is).map(|(name, _)| format!("\"{name}\""));
            named.collect::<Vec<_>>().join(", ")
        };
        let mut text = "policy-roles = [\"owner\"]\n".to_owned();
        for (place, name) in PEOPLE.iter().enumerate() {
            let second = if self.second == Some(place) { ", \"second@x\"" } else { "" };
            text.push_str(&format!("[people.{name}]\nemails = [\"{name}@x\"{second}]\n"));
        }
        text.push_str(&format!("[roles]\nowner = [{}]\npower = [{}]\n", list(self.owners), list(self.power)));
        if self.forge {
            text.push_str(&format!("[trust]\nforges = [\"{FORGE}\"]\n"));
        }
        if self.fast_forward {
            text.push_str("[forge]\nmerge = \"fast-forward\"\n");
        }
        // A team's first window takes the place of the built-in ones, and with them of what the risks say of those: that is
        // more than one may change alone.
        text.push_str("[windows.day]\nfrom = 2024-01-01T00:00:00Z\nto = 2024-01-02T00:00:00Z\n");
        if self.window {
            text.push_str("[windows.night]\nfrom = 2024-01-01T00:00:00Z\nto = 2024-01-02T00:00:00Z\n");
        }
        text
    }
}

/// A change of the rules.
#[derive(Debug, Clone)]
pub(super) enum Edit {
    Owner(usize),
    Power(usize),
    Second(Option<usize>),
    Forge,
    FastForward,
    Window,
    Delete,
    Break,
    /// As it was at a commit, by its place from the last.
    Back(usize),
    Nothing,
}

/// Whose name a commit has, by place among all addresses.
type Address = usize;

pub(super) fn address(place: Address) -> String {
    match place {
        0..4 => format!("{}@x", PEOPLE[place]),
        4 => "second@x".to_owned(),
        _ => FORGE.to_owned(),
    }
}

/// One thing that somebody does. Branch 0 is the trunk.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Commit {
        branch: usize,
        author: Address,
        committer: Address,
        edit: Edit,
        affirms: Option<usize>,
    },
    /// A branch from a commit of the trunk's line, by its place from the last, or an orphan.
    Branch {
        from: Option<usize>,
    },
    Merge {
        into: usize,
        from: usize,
        by: Address,
        edit: Edit,
        takes_theirs: bool,
    },
    Squash {
        from: usize,
        author: Address,
        affirms: Option<usize>,
    },
    Rebase {
        from: usize,
        committer: Address,
    },
    FastForward {
        from: usize,
    },
    Foxtrot {
        from: usize,
        by: Address,
    },
    /// The commit that began the policy is named from outside.
    Root,
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        3 => (0..4_usize).prop_map(Edit::Owner),
        5 => (0..4_usize).prop_map(Edit::Power),
        2 => prop::option::of(0..4_usize).prop_map(Edit::Second),
        1 => Just(Edit::Forge),
        1 => Just(Edit::FastForward),
        2 => Just(Edit::Window),
        1 => Just(Edit::Delete),
        1 => Just(Edit::Break),
        2 => (0..6_usize).prop_map(Edit::Back),
        5 => Just(Edit::Nothing),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let who = || prop_oneof![8 => 0..4_usize, 1 => Just(4_usize), 1 => Just(5_usize)];
    let affirms = || prop::option::weighted(0.5, 0..5_usize);
    let plain = (0..3_usize, who(), edit(), affirms());
    let plain = plain.prop_map(|(branch, author, edit, affirms)| Step::Commit {
        branch,
        author,
        committer: author,
        edit,
        affirms,
    });
    let lying = (0..3_usize, who(), who(), edit(), affirms());
    let lying = lying.prop_map(|(branch, author, committer, edit, affirms)| Step::Commit {
        branch,
        author,
        committer,
        edit,
        affirms,
    });
    prop_oneof![
        8 => plain,
        3 => lying,
        2 => prop::option::weighted(0.8, 0..5_usize).prop_map(|from| Step::Branch { from }),
        3 => (0..3_usize, 0..3_usize, who(), edit(), any::<bool>()).prop_map(
            |(into, from, by, edit, takes_theirs)| Step::Merge { into, from, by, edit, takes_theirs }
        ),
        3 => (1..3_usize, prop_oneof![2 => 0..2_usize, 1 => who()], prop::option::weighted(0.7, 0..3_usize))
            .prop_map(|(from, author, affirms)| Step::Squash { from, author, affirms }),
        1 => (1..3_usize, who()).prop_map(|(from, committer)| Step::Rebase { from, committer }),
        1 => (1..3_usize).prop_map(|from| Step::FastForward { from }),
        1 => (1..3_usize, who()).prop_map(|(from, by)| Step::Foxtrot { from, by }),
        1 => Just(Step::Root),
    ]
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 3..16)
}

/// A history that was made.
pub(super) struct Story {
    pub(super) history: History,
    pub(super) files: Vec<File>,
    pub(super) policies: Policies,
    pub(super) tip: usize,
    pub(super) root: Option<usize>,
    /// Tips of the branches.
    pub(super) branches: Vec<usize>,
    /// By commit, all that are in its history, it among them.
    pub(super) ancestors: Vec<BTreeSet<usize>>,
}

thread_local! {
    /// Few different policies are written, and to read one takes longer than to make a history.
    static READ: RefCell<BTreeMap<Rules, Policy>> = const { RefCell::new(BTreeMap::new()) };
}

fn read(rules: &Rules) -> Policy {
    let parse = || Policy::parse("policy.toml", &rules.text()).0.expect("a valid policy");
    READ.with_borrow_mut(|known| known.entry(rules.clone()).or_insert_with(parse).clone())
}

struct Maker {
    commits: Vec<Commit>,
    /// The file of each commit.
    of: Vec<File>,
    /// All different files.
    files: Vec<File>,
    /// Tips; the trunk's first.
    tips: Vec<usize>,
    root: Option<usize>,
}

impl Story {
    pub(super) fn play(steps: &[Step]) -> Self {
        // Some books begin with people and no roles.
        let has_roles = !steps.len().is_multiple_of(5);
        let start = Rules {
            owners: [has_roles, has_roles, false, false],
            power: [false, has_roles, has_roles, false],
            second: None,
            // Half of the books know their forge from the beginning.
            forge: steps.len().is_multiple_of(2),
            fast_forward: steps.len().is_multiple_of(4),
            window: false,
        };
        let mut maker =
            Maker { commits: Vec::new(), of: Vec::new(), files: Vec::new(), tips: Vec::new(), root: None };
        maker.commit(Vec::new(), (0, 0), File::None, None);
        let begun = maker.commit(vec![0], (0, 0), File::Rules(start), None);
        maker.tips = vec![begun, 0, begun];
        for step in steps {
            maker.step(step);
        }
        let mut policies = Policies::default();
        for (place, file) in maker.files.iter().enumerate() {
            let policy = match file {
                File::Rules(rules) => Some(read(rules)),
                File::None | File::Broken => None,
            };
            policies.insert(blob(place), policy);
        }
        let (tip, root, branches) = (maker.tips[0], maker.root, maker.tips[1..].to_vec());
        let mut ancestors: Vec<BTreeSet<usize>> = Vec::new();
        for (place, commit) in maker.commits.iter().enumerate() {
            let of_parents = commit.parents.iter().flat_map(|&parent| ancestors[parent].iter().copied());
            ancestors.push(of_parents.chain([place]).collect());
        }
        Story {
            history: History::new(maker.commits),
            files: maker.of,
            policies,
            tip,
            root,
            branches,
            ancestors,
        }
    }

    /// For somebody who looks at a difference.
    pub(super) fn words(&self) -> String {
        let commits = self.history.commits.iter().zip(&self.files).enumerate();
        let line = |(place, (commit, file)): (usize, (&Commit, &File))| {
            let (author, committer) = (&commit.author.email, &commit.committer.email);
            let affirms: Vec<&str> = commit.trailers.affirms.iter().map(|of| &of[..4]).collect();
            format!("{place} {:?} {author}/{committer} {affirms:?} {file:?}", commit.parents)
        };
        let root = format!("tip {} root {:?}", self.tip, self.root);
        commits.map(line).chain([root]).collect::<Vec<_>>().join("\n")
    }
}

fn blob(place: usize) -> BlobId {
    BlobId([u8::try_from(place).expect("few files"); 20])
}

pub(super) fn name(place: usize) -> CommitId {
    CommitId([u8::try_from(place + 1).expect("few commits"); 20])
}

impl Maker {
    fn commit(
        &mut self,
        parents: Vec<usize>,
        (author, committer): (Address, Address),
        file: File,
        affirms: Option<usize>,
    ) -> usize {
        let place = self.commits.len();
        let by = |who: Address| Signature {
            name: "".into(),
            email: address(who).into(),
            time: CommitTime { seconds: 0, offset_minutes: 0 },
        };
        let known = self.files.iter().position(|known| *known == file).unwrap_or_else(|| {
            self.files.push(file.clone());
            self.files.len() - 1
        });
        let policy = (file != File::None).then(|| TreeFile { blob: blob(known), kind: FileKind::Regular });
        let affirms: Vec<String> = affirms
            .and_then(|back| place.checked_sub(1 + back))
            .map(|of| name(of).hex())
            .into_iter()
            .collect();
        self.commits.push(Commit {
            id: name(place),
            parents,
            author: by(author),
            committer: by(committer),
            subject: Arc::from(""),
            trailers: TrailersOfCommit::from(Trailers { affirms, ..Trailers::default() }),
            signed: false,
            malformed: None,
            changes: Vec::<Change>::new(),
            policy,
            touches_code: false,
        });
        self.of.push(file);
        place
    }

    fn edited(&self, file: &File, edit: &Edit) -> File {
        let flip = |of: &[bool; 4], place: usize| {
            let mut of = *of;
            of[place] = !of[place];
            of
        };
        let File::Rules(rules) = file else {
            return match edit {
                Edit::Back(back) => self.of[self.of.len().saturating_sub(1 + back)].clone(),
                // Whoever adds a policy where there is none may write what they like.
                Edit::Owner(of) | Edit::Power(of) => {
                    let mut all = [false; 4];
                    all[*of] = true;
                    File::Rules(Rules {
                        owners: all,
                        power: all,
                        second: None,
                        forge: false,
                        fast_forward: false,
                        window: false,
                    })
                }
                _ => file.clone(),
            };
        };
        let rules = rules.clone();
        File::Rules(match edit {
            Edit::Owner(of) => Rules { owners: flip(&rules.owners, *of), ..rules },
            Edit::Power(of) => Rules { power: flip(&rules.power, *of), ..rules },
            Edit::Second(of) => Rules { second: *of, ..rules },
            Edit::Forge => Rules { forge: !rules.forge, ..rules },
            Edit::FastForward => Rules { fast_forward: !rules.fast_forward, ..rules },
            Edit::Window => Rules { window: !rules.window, ..rules },
            Edit::Delete => return File::None,
            Edit::Break => return File::Broken,
            Edit::Back(back) => return self.of[self.of.len().saturating_sub(1 + back)].clone(),
            Edit::Nothing => rules,
        })
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Commit { branch, author, committer, edit, affirms } => {
                let tip = self.tips[*branch];
                let file = self.edited(&self.of[tip].clone(), edit);
                self.tips[*branch] = self.commit(vec![tip], (*author, *committer), file, *affirms);
            }
            Step::Branch { from: Some(back) } => {
                self.tips[1] = self.tips[2];
                self.tips[2] = self.trunk(*back);
            }
            Step::Branch { from: None } => {
                self.tips[1] = self.commit(Vec::new(), (3, 3), File::None, None);
            }
            Step::Merge { into, from, by, edit, takes_theirs } if self.tips[*into] != self.tips[*from] => {
                let (ours, theirs) = (self.tips[*into], self.tips[*from]);
                let taken = if *takes_theirs { theirs } else { ours };
                let file = self.edited(&self.of[taken].clone(), edit);
                self.tips[*into] = self.commit(vec![ours, theirs], (*by, *by), file, None);
            }
            Step::Squash { from, author, affirms } => {
                let file = self.of[self.tips[*from]].clone();
                self.tips[0] = self.commit(vec![self.tips[0]], (*author, 5), file, *affirms);
            }
            Step::Rebase { from, committer } => {
                let tip = self.tips[*from];
                let (author, affirms) = (self.commits[tip].author.email.clone(), None);
                let author = (0..6).find(|&who| *address(who) == *author).unwrap_or(3);
                let file = self.of[tip].clone();
                self.tips[0] = self.commit(vec![self.tips[0]], (author, *committer), file, affirms);
            }
            Step::FastForward { from } => self.tips[0] = self.tips[*from],
            Step::Foxtrot { from, by } if self.tips[*from] != self.tips[0] => {
                let (side, trunk) = (self.tips[*from], self.tips[0]);
                let file = self.of[side].clone();
                self.tips[0] = self.commit(vec![side, trunk], (*by, *by), file, None);
            }
            Step::Root => self.root = Some(1),
            Step::Merge { .. } | Step::Foxtrot { .. } => {}
        }
        // A trunk that left the named beginning behind is refused before any line is followed.
        if self.root.is_some() && !self.has(1, self.tips[0]) {
            self.root = None;
        }
    }

    /// The commit so many before the tip along first parents.
    fn trunk(&self, back: usize) -> usize {
        let mut at = self.tips[0];
        for _ in 0..back {
            at = self.commits[at].parents.first().copied().unwrap_or(at);
        }
        at
    }

    fn has(&self, ancestor: usize, of: usize) -> bool {
        let mut holds = vec![false; self.commits.len()];
        for (place, commit) in self.commits.iter().enumerate() {
            holds[place] = place == ancestor || commit.parents.iter().any(|&parent| holds[parent]);
        }
        holds[of]
    }
}
