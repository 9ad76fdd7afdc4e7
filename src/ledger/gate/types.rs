//! What is asked of the gate and what it answers.

use std::sync::Arc;

use crate::diagnostic::Code;
use crate::intake::terraform::Plan;
use crate::ledger::state::{Approval, CommitRef, RiskState, TrustLevel};
use crate::record::RecordId;

/// What is asked of the gate.
#[derive(Clone, Copy)]
pub struct GateAsk<'a> {
    /// The task.
    pub id: &'a RecordId,
    /// The environment, by the policy's name.
    pub environment: &'a str,
    /// The plans that would be applied, where they are given.
    pub plans: &'a [PlanInHand],
    /// Who would deploy, by the policy's name, when that is known.
    pub deployer: Option<&'a str>,
    /// Another commit whose policy and withdrawals hold: that into which the judged one would be merged.
    pub onto: Option<usize>,
    /// Whether a section still holds the template's words.
    pub is_guidance: &'a dyn Fn(&str) -> bool,
}

/// A plan that is given to the gate, read again from what the tool wrote.
#[derive(Debug, Clone)]
pub struct PlanInHand {
    /// What it was read from, for messages.
    pub file: String,
    /// Which stack it is of.
    pub stack: StackSaid,
    /// What it does.
    pub plan: Arc<Plan>,
}

/// Which stack a plan in hand is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StackSaid {
    /// As whoever gave it says; `None`: the one without a name.
    Named(Option<String>),
    /// As its file or unit is called: believed where no digest tells.
    Guessed(Option<String>),
}

/// One thing that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Its code; the same word in the gate, the audit and `explain`.
    pub code: Code,
    /// Whether it is met.
    pub met: bool,
    /// What was found, in one sentence.
    pub detail: String,
    /// The commit that shows it.
    pub by: Option<CommitRef>,
}

/// Everything that the rules say of one deployment.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// In the fixed order of the rules.
    pub requirements: Vec<Requirement>,
    /// What shuts nothing and is an exception in the audit.
    pub warnings: Vec<Requirement>,
    /// Approvals as they are judged here, the board's among them.
    pub approvals: Vec<Approval>,
    /// The risk that counts.
    pub risk: RiskState,
    /// While nothing else changes: the moment at which it shuts (seconds since the epoch).
    pub until: Option<i64>,
    /// When only the time is wrong: the next moment at which it may open.
    pub next: Option<i64>,
    /// The weakest trust that a met approval rests on.
    pub trust: Option<TrustLevel>,
}

impl Judgement {
    /// Whether every requirement is met.
    pub fn is_open(&self) -> bool {
        self.requirements.iter().all(|requirement| requirement.met)
    }
}

/// The gate's answer.
#[derive(Debug, Clone)]
pub struct Gate {
    /// What the rules say.
    pub judgement: Judgement,
    /// Whether the environment is gated at all.
    pub gated: bool,
    /// Whether the task is an emergency.
    pub emergency: bool,
    /// The commit that deployed the environment, when it is deployed.
    pub deployed: Option<CommitRef>,
}

/// Why there is no answer: "could not tell".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unclear {
    /// No such task in what is judged.
    #[error("there is no task `{id}` on the branch that is checked")]
    UnknownTask {
        /// As asked.
        id: String,
        /// The nearest.
        near: Option<String>,
    },
    /// The record is no task.
    #[error("`{id}` is not a task")]
    NoTask {
        /// As asked.
        id: String,
    },
    /// No such environment in the policy.
    #[error("environment `{name}` is not in the policy")]
    UnknownEnvironment {
        /// As asked.
        name: String,
        /// The policy's.
        known: Vec<String>,
    },
    /// A file that the answer depends on cannot be read.
    #[error("`{path}` cannot be read, and the answer depends on it")]
    Broken {
        /// In the book.
        path: String,
    },
    /// Evidence that the answer depends on cannot be relied on.
    #[error("{path}: {why}, and the answer depends on it")]
    Evidence {
        /// In the book.
        path: String,
        /// What is wrong with it, in words.
        why: String,
    },
    /// A field that the answer depends on has no meaning.
    #[error("{path}:{line}:{column}: {message}, and the answer depends on it")]
    Invalid {
        /// In the book.
        path: String,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// Several files carry the ID.
    #[error("several files have the ID `{id}`, so their histories cannot be told apart")]
    Duplicate {
        /// As asked.
        id: String,
    },
}
