//! Pure derivation: facts, records and policy in; events, state, approvals out. No I/O, no clock.
//!
//! [`mod@walk`] reads history once by the law of items; [`Ledger::states`] turns the outcome into the [`State`] that
//! every view shows; [`check()`] says what is wrong with the records as they are.

mod affirmed;
mod agenda;
mod approval;
mod audit;
mod authority;
mod check;
mod circles;
mod coming;
mod context;
mod covers;
mod decision;
mod deployment;
mod derive;
mod environment;
mod events;
mod evidence;
mod finished;
mod gate;
mod groups;
mod if_committed;
mod ix;
mod json;
mod landing;
mod law;
mod listed;
mod metrics;
mod naming;
mod near;
mod overlap;
mod policy_line;
mod progress;
mod push;
mod questions;
mod relations;
mod renumbering;
mod risk;
mod runbook;
mod services;
mod sources;
mod state;
mod stories;
mod subject;
mod suspicions;
mod task;
mod waiting;
mod walk;

pub use agenda::{Agenda, Matter, agenda, is_met_elsewhere};
pub(crate) use approval::decide_command;
pub use audit::{
    Audit, AuditAsk, AuditJson, ControlChange, ControlOutcome, ControlValue, DeployedEvidence, Exception,
    RecordedLate, Row, RowFacts, Unrecorded, UnrecordedDeployment, audit_csv, by_code, codes_of_row,
    commands_of_row, control_words, csv_cell, other_commands, review_text, row_facts, sample, shell_quoted,
    time_of_row,
};
pub use check::{CheckBy, check, check_evidence, duplicates};
pub use coming::{
    Coming, Open, board_zone, local, moment_text, next_meeting, occupation, occupations, same_resources,
    window_of,
};
pub use covers::Covers;
pub use derive::{Derived, Shown};
pub use evidence::{EvidenceFiles, HeldEvidence};
pub use gate::{
    Desk, Gate, GateAsk, GateJson, Judgement, PlanInHand, Requirement, RequirementJson, Review, StackSaid,
    Unclear,
};
pub use if_committed::{Consequence, if_committed};
pub use ix::RecordIx;
pub use json::{EventJson, RecordJson};
pub use landing::code_beside_acts;
pub use listed::{Listed, Since, Writer};
pub use metrics::{Figures, Metrics, metrics};
pub use naming::{by_text, deployment_items, name_by_text, named_tasks};
pub use overlap::{Overlap, Overlaps, Overtaken};
pub use policy_line::{
    Beginning, Control, Forked, Given, Improper, InForce, Material, Pending, PolicyLine, policy_acts,
};
pub use progress::{Stage, definition_of_done, stages};
pub use push::{Push, Refusal, judge_push, refused_name};
pub use questions::Ledger;
pub use relations::RelationKind;
pub use renumbering::{Renumbered, Renumberings, is_renumbered, may_be_renumbered, merges_with_texts};
pub use runbook::holds;
pub use services::{services, unknown_services};
pub use sources::{
    Affirmations, DeployedRecords, DetachedFiles, Policies, Pretended, Signatures, SignedFile, Sources,
    WorkPaths,
};
pub use state::*;
pub use stories::{Story, StoryThing};
pub use walk::{Versions, Walk, deployed_versions, deploys, signed_acts, walk};
