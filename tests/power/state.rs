//! What stands in a book at a commit, as far as these histories are about it, and the files that say so.

use std::collections::BTreeSet;

use super::rules::Rules;
use super::signed::SIGNATURES;
use super::story::{Edit, Role};

pub(crate) const ANA: usize = 0;
pub(crate) const SAM: usize = 1;
pub(crate) const KIM: usize = 2;
pub(crate) const LEE: usize = 3;
pub(crate) const BOT: usize = 4;
pub(crate) const EVE: usize = 5;
/// By number: ana asks for the change, sam is of security and of the board, kim of the board and with lee may change the
/// policy, the bot is a robot that a role lists, and nobody lists eve.
pub(crate) const PEOPLE: [&str; 6] = ["ana", "sam", "kim", "lee", "bot", "eve"];
/// Addresses have the numbers of their people. This one is moved between them.
pub(crate) const SECOND: usize = 6;
pub(crate) const FORGE: usize = 7;

/// The roles whose boxes the task has.
pub(crate) const N_ROLES: usize = 2;
pub(crate) const ROLES: [&str; N_ROLES] = ["peer", "security"];
const BOXES: [&str; N_ROLES] = ["Code review", "Security review"];
pub(crate) const TASKS: [&str; 2] = ["INFRA-1", "INFRA-2"];

pub(crate) fn address(of: usize) -> String {
    let name = match of {
        SECOND => "second",
        FORGE => "noreply",
        person => PEOPLE[person],
    };
    format!("{name}@example.org")
}

/// Whose names a commit carries, as addresses.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addresses {
    pub(crate) author: usize,
    pub(crate) committer: usize,
}

impl Addresses {
    pub(crate) fn own(person: usize) -> Self {
        Addresses { author: person, committer: person }
    }
}

/// A detached approval of sam's: of a text of the task, before a book began (0) or after all that happened in it (1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Signed {
    pub(crate) role: usize,
    pub(crate) text: u8,
    pub(crate) time: u8,
}

/// A file, and whether it can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum File<T> {
    Good(T),
    Broken(T),
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Task {
    /// Two paragraphs, a bit each, so that a merge can have a text that neither side has.
    pub(crate) text: u8,
    pub(crate) ticks: [bool; N_ROLES],
    pub(crate) cancelled: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    Approved,
    NeedsChanges,
    Rejected,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) listed: [bool; 2],
    pub(crate) verdict: Option<Verdict>,
    pub(crate) text: u8,
}

impl Default for Decision {
    fn default() -> Self {
        Decision { listed: [true, false], verdict: None, text: 0 }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) rules: Rules,
    pub(crate) task: Option<File<Task>>,
    /// The text of another task.
    pub(crate) other: Option<u8>,
    pub(crate) decision: Option<File<Decision>>,
    /// Detached approvals, by role.
    pub(crate) signed: [Option<Signed>; N_ROLES],
    /// Files in which somebody says yes to a commit.
    pub(crate) yes: BTreeSet<(usize, usize)>,
    /// What is in the infrastructure's folder; 0 is nothing.
    pub(crate) code: u8,
}

impl<T: Clone> File<T> {
    fn inner(&mut self) -> &mut T {
        match self {
            File::Good(inner) | File::Broken(inner) => inner,
        }
    }

    fn hidden(&self, hide: bool) -> Self {
        let (File::Good(inner) | File::Broken(inner)) = self;
        if hide { File::Broken(inner.clone()) } else { File::Good(inner.clone()) }
    }
}

impl File<Task> {
    pub(crate) fn without_ticks(mut self) -> Self {
        self.inner().ticks = [false; N_ROLES];
        self
    }
}

impl State {
    /// Before there is a task.
    pub(crate) fn begun(fast_forward: bool) -> Self {
        let of = |people: &[usize]| std::array::from_fn(|person| people.contains(&person));
        let rules = Rules {
            listed: of(&[ANA, SAM, KIM, LEE, BOT]),
            owner: of(&[KIM, LEE]),
            security: of(&[SAM, BOT]),
            board: of(&[SAM, KIM]),
            second: None,
            key: None,
            fast_forward,
        };
        State {
            rules,
            task: None,
            other: None,
            decision: None,
            signed: [None; N_ROLES],
            yes: BTreeSet::new(),
            code: 0,
        }
    }

    pub(super) fn edit(&mut self, edit: &Edit) {
        let is_of_rules = matches!(edit, Edit::Grant(..) | Edit::Listed(_) | Edit::Second(_) | Edit::Key(_));
        if is_of_rules && !self.rules.is_there() {
            return;
        }
        let task = self.task.get_or_insert_with(|| File::Good(Task::default()));
        match edit {
            Edit::Text => task.inner().text ^= 1,
            Edit::More => task.inner().text ^= 2,
            Edit::Sign { role, text, time } => {
                let text = text.unwrap_or(task.inner().text);
                self.signed[*role] = Some(Signed { role: *role, text, time: *time });
            }
            Edit::Unsign(role) => self.signed[*role] = None,
            Edit::Key(whose) => self.rules.key = *whose,
            Edit::Tick(role, on) => task.inner().ticks[*role] = *on,
            Edit::Cancel(on) => task.inner().cancelled = *on,
            Edit::Hide(hide) => *task = task.hidden(*hide),
            Edit::Code => self.code += 1,
            Edit::Other => self.other = Some(self.other.map_or(0, |text| text + 1)),
            Edit::Grant(role, person) => {
                let holders = match role {
                    Role::Owner => &mut self.rules.owner,
                    Role::Security => &mut self.rules.security,
                    Role::Board => &mut self.rules.board,
                };
                holders[*person] = !holders[*person];
            }
            Edit::Listed(person) => self.rules.list(*person),
            Edit::Second(whose) => self.rules.second = *whose,
            Edit::BoardGone => self.decision = None,
            Edit::Decide(_) | Edit::List(_) | Edit::BoardText | Edit::BoardHide(_) => {
                self.edit_decision(edit)
            }
            Edit::RulesBack | Edit::Yes { .. } => {}
        }
    }

    fn edit_decision(&mut self, edit: &Edit) {
        let decision = self.decision.get_or_insert_with(|| File::Good(Decision::default()));
        match edit {
            Edit::Decide(verdict) => decision.inner().verdict = *verdict,
            Edit::List(task) => decision.inner().listed[*task] = !decision.inner().listed[*task],
            Edit::BoardText => decision.inner().text = (decision.inner().text + 1) % 3,
            Edit::BoardHide(hide) => *decision = decision.hidden(*hide),
            _ => {}
        }
    }

    /// What the task's file says, whether it can be read or not.
    pub(crate) fn task_text(&self) -> Option<u8> {
        self.task.as_ref().map(|file| match file {
            File::Good(task) | File::Broken(task) => task.text,
        })
    }

    /// Of a book that has nothing to do with this one, and no policy.
    pub(crate) fn foreign(task: Option<File<Task>>) -> State {
        let nobody = [false; 6];
        let (owner, security, board) = (nobody, nobody, nobody);
        let rules = Rules { listed: nobody, owner, security, board, ..State::begun(false).rules };
        State { rules, task, decision: Some(File::Good(Decision::default())), ..State::begun(false) }
    }

    /// As git merges: what one side alone changed, is as that side has it; of what both changed, theirs.
    pub(crate) fn merged(base: &State, ours: &State, theirs: &State) -> State {
        let all = ours.yes.union(&theirs.yes);
        let yes = |yes: &(usize, usize)| {
            pick(base.yes.contains(yes), ours.yes.contains(yes), theirs.yes.contains(yes))
        };
        State {
            rules: match (ours.rules.is_there(), theirs.rules.is_there()) {
                (true, false) => ours.rules.clone(),
                (false, true) => theirs.rules.clone(),
                _ => Rules::merged(&base.rules, &ours.rules, &theirs.rules),
            },
            task: merged(&base.task, &ours.task, &theirs.task, |base, ours, theirs| Task {
                text: paragraphs(base.text, ours.text, theirs.text),
                ticks: each(base.ticks, ours.ticks, theirs.ticks),
                cancelled: pick(base.cancelled, ours.cancelled, theirs.cancelled),
            }),
            other: pick(base.other, ours.other, theirs.other),
            decision: merged(&base.decision, &ours.decision, &theirs.decision, |base, ours, theirs| {
                Decision {
                    listed: each(base.listed, ours.listed, theirs.listed),
                    verdict: pick(base.verdict, ours.verdict, theirs.verdict),
                    text: pick(base.text, ours.text, theirs.text),
                }
            }),
            signed: std::array::from_fn(|role| {
                pick(base.signed[role], ours.signed[role], theirs.signed[role])
            }),
            yes: all.copied().filter(yes).collect(),
            code: pick(base.code, ours.code, theirs.code),
        }
    }

    /// The files of the book; a commit's name is asked for by its place.
    pub(crate) fn files(&self, mut name: impl FnMut(usize) -> String) -> Vec<(String, String)> {
        let mut files = Vec::new();
        if self.rules.is_there() {
            files.push(("policy.toml".to_owned(), self.rules.text()));
            files.push(("book.toml".to_owned(), "[book]\ntitle = \"Test\"\nsrc = \"docs\"\n".to_owned()));
        }
        let mut add = |path: &str, text: String| files.push((path.to_owned(), text));
        if let Some(task) = &self.task {
            add("tasks/INFRA-1.md", readable(task, Task::text));
        }
        if let Some(text) = self.other {
            let head = "id = \"INFRA-2\"\ntitle = \"Another\"\nkind = \"general\"\nrisk = \"medium\"";
            add("tasks/INFRA-2.md", format!("+++\n{head}\n+++\n\n## What\n\nText {text}.\n"));
        }
        if let Some(decision) = &self.decision {
            add("cab/CAB-2024-01.md", readable(decision, Decision::text));
        }
        if self.code > 0 {
            add("terraform/x.tf", format!("# {}\n", self.code));
        }
        for signed in self.signed.iter().flatten() {
            let (path, text) = SIGNATURES.file(*signed);
            add(&path, text);
        }
        for (of, by) in &self.yes {
            let (of, by) = (name(*of), PEOPLE[*by]);
            let text = format!("changebook affirmation 1\ncommit: {of}\nperson: {by}\n");
            add(&format!("approvals/affirmed/{of}.{by}.md"), format!("{text}time: 2024-05-06T12:00:00Z\n"));
        }
        files
    }
}

fn readable<T>(file: &File<T>, text: impl Fn(&T) -> String) -> String {
    match file {
        File::Good(inner) => text(inner),
        File::Broken(inner) => format!("{}\n\0\n", text(inner)),
    }
}

pub(super) fn pick<T: PartialEq>(base: T, ours: T, theirs: T) -> T {
    if theirs == base { ours } else { theirs }
}

fn paragraphs(base: u8, ours: u8, theirs: u8) -> u8 {
    [1, 2].map(|bit| pick(base & bit, ours & bit, theirs & bit)).iter().sum()
}

pub(super) fn each<const N: usize>(base: [bool; N], ours: [bool; N], theirs: [bool; N]) -> [bool; N] {
    std::array::from_fn(|place| pick(base[place], ours[place], theirs[place]))
}

fn merged<T: Clone + PartialEq>(
    base: &Option<File<T>>,
    ours: &Option<File<T>>,
    theirs: &Option<File<T>>,
    inner: impl Fn(&T, &T, &T) -> T,
) -> Option<File<T>> {
    match (base, ours, theirs) {
        (Some(File::Good(base)), Some(File::Good(ours)), Some(File::Good(theirs))) => {
            Some(File::Good(inner(base, ours, theirs)))
        }
        _ => pick(base, ours, theirs).clone(),
    }
}

impl Task {
    pub(crate) fn text(&self) -> String {
        let mut text =
            "+++\nid = \"INFRA-1\"\ntitle = \"A change\"\nkind = \"general\"\nrisk = \"medium\"\n".to_owned();
        text.push_str("requestor = \"ana\"\n");
        text.push_str(if self.cancelled { "cancelled = \"no need\"\n" } else { "" });
        text.push_str(&format!("+++\n\n## What\n\nText {}.\n\nMore {}.\n\n", self.text & 1, self.text & 2));
        text.push_str("## Approvals\n\n");
        for (text_of_box, ticked) in BOXES.iter().zip(self.ticks) {
            text.push_str(&format!("- [{}] {text_of_box}\n", if ticked { 'x' } else { ' ' }));
        }
        text
    }
}

impl Verdict {
    fn as_str(self) -> &'static str {
        match self {
            Verdict::Approved => "approved",
            Verdict::NeedsChanges => "needs-changes",
            Verdict::Rejected => "rejected",
        }
    }
}

impl Decision {
    fn text(&self) -> String {
        let listed = TASKS.iter().zip(self.listed).filter(|(_, is)| *is);
        let listed: Vec<String> = listed.map(|(id, _)| format!("\"{id}\"")).collect();
        let verdict =
            self.verdict.map_or_else(String::new, |verdict| format!("decision = \"{}\"\n", verdict.as_str()));
        let head = format!("id = \"CAB-2024-01\"\ntitle = \"Meeting\"\nchanges = [{}]\n", listed.join(", "));
        format!("+++\n{head}{verdict}+++\n\n## Review items\n\nText {}.\n", self.text)
    }
}
