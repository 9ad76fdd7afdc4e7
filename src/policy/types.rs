//! The typed policy.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::EvidenceRules;
use super::{Category, FieldGlobs, IdPattern, PathGlobs, PolicyValues, Recurrence};
use crate::record::{RecordId, Risk, ScopeRules, TaskKind};

/// The whole of `policy.toml`, overlaid on the built-in default.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Name of the book in approvals' files and in `Change: BOOK/ID`.
    pub book: Option<String>,
    /// The branch that counts.
    pub trunk: Option<String>,
    /// The risk when nothing says.
    pub default_risk: Risk,
    /// Roles whose members may change the policy.
    pub policy_roles: Vec<String>,
    /// Tables of the file that one of them may change alone.
    pub alone: Vec<String>,
    /// How IDs are numbered.
    pub ids: Ids,
    /// By the key used everywhere else.
    pub people: BTreeMap<String, Person>,
    /// Who is in which role.
    pub roles: BTreeMap<String, Members>,
    /// Items that are approvals, in the order of the file's keys.
    pub reviews: Vec<Review>,
    /// What acts must be worth.
    pub trust: TrustRules,
    /// The ways in which the forge merges; empty: nothing is said.
    pub merge_methods: Vec<MergeMethod>,
    /// In the order in which a change travels.
    pub environments: Vec<Environment>,
    /// What each level asks for.
    pub risks: BTreeMap<Risk, RiskRule>,
    /// What is risky.
    pub categories: Vec<Category>,
    /// When production may change.
    pub windows: BTreeMap<String, Window>,
    /// When it may not.
    pub freezes: Vec<Freeze>,
    /// What an emergency owes.
    pub emergency: Emergency,
    /// When the board meets.
    pub cab: Option<Meetings>,
    /// What meets a condition, by normalised text.
    pub conditions: BTreeMap<String, ConditionRule>,
    /// What a record of a kind must have.
    pub kinds: BTreeMap<TaskKind, KindRule>,
    /// What `done` asks for besides a task's own boxes.
    pub done: Done,
    /// Which paths are infrastructure.
    pub paths: Paths,
    /// What may change without anybody approving again.
    pub scope: ScopeRules,
    /// Reading of plans.
    pub plan: PlanRules,
    /// What evidence is worth.
    pub evidence: EvidenceRules,
    /// What money asks for.
    pub cost: CostRules,
    /// Bounds of the audit.
    pub audit: AuditRules,
    /// Everything above as values, by which a change of the file is judged.
    pub values: Arc<PolicyValues>,
}

/// Patterns of IDs.
#[derive(Debug, Clone, PartialEq)]
pub struct Ids {
    /// For tasks whose kind has none of its own.
    pub task: IdPattern,
    /// For kinds of task.
    pub kinds: BTreeMap<TaskKind, IdPattern>,
    /// For decisions.
    pub decision: IdPattern,
    /// The first number of a pattern that no record has.
    pub first: u32,
    /// Whether `new` puts records into a folder per year.
    pub by_year: bool,
}

impl Ids {
    /// The pattern of a kind of task.
    pub fn of_task(&self, kind: TaskKind) -> &IdPattern {
        self.kinds.get(&kind).unwrap_or(&self.task)
    }

    /// Whether one of the patterns makes the ID. A name, such as a runbook's, may be a word of any text.
    pub fn is_number(&self, id: &RecordId) -> bool {
        let patterns = self.kinds.values().chain([&self.task, &self.decision]);
        patterns.into_iter().any(|pattern| pattern.matches(id.as_str()))
    }

    /// One more than the highest number that a pattern ever made in that year.
    pub fn next_number(&self, pattern: &IdPattern, year: i16, taken: &[RecordId]) -> Option<u32> {
        let highest = taken.iter().filter_map(|id| pattern.number_of(id.as_str(), year)).max();
        highest.map_or(Some(self.first), |highest| highest.checked_add(1))
    }

    /// The ID of that number.
    pub fn next(&self, pattern: &IdPattern, year: i16, taken: &[RecordId]) -> Option<RecordId> {
        RecordId::parse(&pattern.format(year, self.next_number(pattern, year, taken)?)).ok()
    }
}

/// Somebody, or a robot, with every address they write under.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// For people to read.
    pub name: String,
    /// Compared without regard to letter case.
    pub emails: Vec<String>,
    /// OpenSSH public keys.
    pub keys: Vec<String>,
    /// Robots deploy and never fill a person's role.
    pub robot: bool,
}

/// Who is in a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Members {
    /// Any listed person.
    Anyone,
    /// These, by key.
    People(Vec<String>),
}

/// An item's text that is an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// As the policy writes it.
    pub text: String,
    /// Normalised as review items are.
    pub key: String,
    /// Whose approval it is.
    pub role: String,
    /// Met by a decision record only.
    pub via_decision: bool,
}

/// What an act must be worth. Ordered: claimed < committed < signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trust {
    /// Never enough.
    Claimed,
    /// Author and committer are the same person.
    Committed,
    /// Verified, by a key of its author.
    Signed,
}

/// `[trust]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustRules {
    /// For approvals.
    pub approve: Trust,
    /// For deployments.
    pub deploy: Trust,
    /// For changes of the policy.
    pub policy: Trust,
    /// Committers that stand in for an author without keys.
    pub forges: Vec<Forge>,
}

/// A forge that commits what people write and merge in a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forge {
    /// The address that it commits under; compared without regard to letter case.
    pub committer: String,
    /// OpenSSH public keys that it signs with.
    pub keys: Vec<String>,
    /// Files with OpenPGP keys that it signs with.
    pub pgp: Vec<String>,
}

/// A way in which a forge brings a branch into the trunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MergeMethod {
    /// A merge commit: the branch's commits are kept.
    Merge,
    /// One commit by whoever opened the pull request.
    Squash,
    /// New commits by the authors of the branch's.
    Rebase,
    /// The trunk moves to the branch's own tip.
    FastForward,
}

/// Stands for the name of each environment that a record goes to, in items of `[kinds]`.
pub const ENVIRONMENT_MARK: &str = "{environment}";

/// The items that deploy an environment of which the policy does not say.
pub(super) const DEPLOYING_ITEMS: [&str; 3] =
    ["Apply in {environment}", "Apply to {environment} namespace", "Upgrade in {environment}"];

/// Somewhere a change goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// Texts of the items that say it is deployed.
    pub deployed_by: Vec<String>,
    /// The same, normalised.
    pub(super) deploying: Vec<String>,
    /// Whether the gate asks for more than the deployer.
    pub gated: bool,
    /// Roles, people and robots that may deploy; empty: anybody.
    pub deployers: Vec<String>,
}

/// What a level of risk asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RiskRule {
    /// How many different people.
    pub approvals: u32,
    /// Whose approval.
    pub roles: Vec<String>,
    /// Whether the board decides.
    pub decision: bool,
    /// The window it goes out in.
    pub window: Option<String>,
    /// Other windows that a record may name.
    pub windows: Vec<String>,
    /// Environments that must come before.
    pub environments: Vec<String>,
    /// Sections that must be written.
    pub sections: Vec<String>,
    /// Items that must be ticked.
    pub items: Vec<String>,
    /// Notices that must be given.
    pub communication: Vec<String>,
    /// Notices that must be given from some downtime on.
    pub communication_when: Vec<CommunicationRule>,
    /// Whether a rollback ends the approvals.
    pub renew_after_rollback: bool,
}

/// A notice that is due from some downtime on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommunicationRule {
    /// The item's text.
    pub item: String,
    /// In seconds.
    pub downtime: i64,
}

/// When production may change.
#[derive(Debug, Clone, PartialEq)]
pub enum Window {
    /// Again and again.
    Recurring {
        /// On which days.
        rrule: Recurrence,
        /// First day that counts.
        from: Option<jiff::civil::Date>,
        /// Local time at which it opens.
        start: Time,
        /// In seconds.
        duration: i64,
        /// A zone of the IANA database.
        timezone: TimeZone,
    },
    /// Once; seconds since the epoch, the end exclusive.
    Once {
        /// Opens.
        from: i64,
        /// Closes.
        to: i64,
    },
}

/// When production may not change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freeze {
    /// Its name.
    pub name: String,
    /// Seconds since the epoch.
    pub from: i64,
    /// Seconds since the epoch, exclusive.
    pub to: i64,
    /// Environments it holds for; empty: all gated ones.
    pub environments: Vec<String>,
    /// Services it holds for; empty: all.
    pub services: Vec<String>,
    /// `emergency`, or names of tasks, that it lets through.
    pub except: Vec<String>,
}

/// `[emergency]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emergency {
    /// One of them approves.
    pub roles: Vec<String>,
    /// How soon the board looks at it, in seconds.
    pub review_within: i64,
}

/// When the board meets.
#[derive(Debug, Clone, PartialEq)]
pub struct Meetings {
    /// On which days.
    pub rrule: Recurrence,
    /// Local time.
    pub start: Time,
    /// A zone of the IANA database.
    pub timezone: TimeZone,
}

/// What meets a condition of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConditionRule {
    /// The gate's own look at the window.
    Window,
    /// Owed after the deployment.
    After,
    /// A tick of this role.
    Role(String),
}

/// What a record of a kind must have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KindRule {
    /// Sections.
    pub sections: Vec<String>,
    /// Items, as the policy writes them: one with [`ENVIRONMENT_MARK`] stands for one in each environment.
    pub items: Vec<String>,
    /// Whether the plan must be the approved one.
    pub plan: bool,
}

/// `[done]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// A follow-up documentation task, or an updated runbook.
    pub documentation: bool,
    /// A runbook made or updated.
    pub runbook: bool,
    /// A ticked item about monitoring.
    pub monitoring: bool,
}

/// `[paths]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Paths {
    /// Globs from the root of the work tree.
    pub infrastructure: PathGlobs,
}

impl Paths {
    /// Whether a path from the root of the work tree is infrastructure.
    pub fn matches(&self, path: &str) -> bool {
        self.infrastructure.matches(path)
    }
}

/// `[plan]`.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanRules {
    /// Attributes whose values change from run to run: `TYPE.PLACE`.
    pub volatile: FieldGlobs,
    /// Longest list of addresses.
    pub list_limit: usize,
}

/// `[cost]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostRules {
    /// The most that a task may cost a month without naming its budget, in whatever currency it has.
    pub budget_above: Option<u32>,
}

/// `[audit]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRules {
    /// The commit where the duty begins, by its 40 digits.
    pub since: Option<String>,
    /// How much later than the deployment its commit may be, and land, in seconds.
    pub lag: i64,
    /// How long landed work may wait for its deployment, in seconds.
    pub unrecorded_after: i64,
    /// Whether a report lists what had changed outside of the tools.
    pub drift: bool,
}
