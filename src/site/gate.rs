//! The gate's answers in words. The rules are the ledger's: here they are only told.

use serde::Serialize;

use super::model::Model;
use super::view::{Act, Tone};
use crate::diagnostic::Code;
use crate::ledger::{Judgement, RecordState, Requirement, local};

/// The gate of one environment: what `record.gates` holds, and the mark of a change that goes out.
#[derive(Debug, Clone, Serialize)]
pub(super) struct GateView {
    /// By the policy's name.
    pub(super) environment: String,
    pub(super) tone: Tone,
    /// `open until Sat 25 May 2024 06:00 +02:00`, `shut`.
    pub(super) word: String,
    /// What keeps it shut besides the time, in the order of the rules.
    pub(super) open: Vec<Need>,
    /// What waiting alone meets.
    pub(super) times: Vec<Need>,
    /// How many of those are approvals.
    pub(super) approvals: usize,
    /// What is met.
    pub(super) met: Vec<Need>,
    /// What shuts nothing and the audit will ask about.
    pub(super) warnings: Vec<Need>,
    /// Whether nothing but the time is missing.
    pub(super) only_time: bool,
}

/// One requirement.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Need {
    pub(super) code: &'static str,
    pub(super) detail: String,
    /// What to do about it, in general.
    pub(super) remedy: &'static str,
    pub(super) by: Option<Act>,
}

/// The gates that a task has still to pass.
pub(super) fn views(model: &Model<'_>, name: &str) -> Vec<GateView> {
    let Some(answers) = model.input.judged.and_then(|judged| judged.gates.get(name)) else {
        return Vec::new();
    };
    let views = answers.iter().map(|answer| match &answer.answer {
        Ok(gate) => view(model, &answer.environment, &gate.judgement),
        Err(unclear) => GateView {
            environment: answer.environment.clone(),
            tone: Tone::Bad,
            word: "unknown".to_owned(),
            open: vec![Need {
                code: Code::RecordBroken.as_str(),
                detail: unclear.to_string(),
                remedy: "",
                by: None,
            }],
            times: Vec::new(),
            approvals: 0,
            met: Vec::new(),
            warnings: Vec::new(),
            only_time: false,
        },
    });
    views.collect()
}

fn view(model: &Model<'_>, environment: &str, judgement: &Judgement) -> GateView {
    let open = judgement.is_open();
    let (tone, word) = match (open, judgement.until, judgement.next) {
        (true, Some(until), _) => (Tone::Ok, format!("open until {}", moment(model, until))),
        (true, None, _) => (Tone::Ok, "open".to_owned()),
        (false, _, Some(next)) => (Tone::Wait, format!("closed until {}", moment(model, next))),
        (false, _, None) => (Tone::Bad, "closed".to_owned()),
    };
    let need = |requirement: &Requirement| Need {
        code: requirement.code.as_str(),
        detail: requirement.detail.clone(),
        remedy: requirement.code.remedy(),
        by: requirement.by.as_ref().map(|by| model.act(by)),
    };
    let (met, unmet): (Vec<_>, Vec<_>) = judgement.requirements.iter().partition(|found| found.met);
    let (times, unmet): (Vec<_>, Vec<_>) = unmet.into_iter().partition(|found| is_of_time(found.code));
    GateView {
        environment: environment.to_owned(),
        tone,
        word,
        only_time: !open && unmet.is_empty(),
        approvals: unmet.iter().filter(|found| is_approval(found.code.as_str())).count(),
        open: unmet.into_iter().map(need).collect(),
        times: times.into_iter().map(need).collect(),
        met: met.into_iter().map(need).collect(),
        warnings: judgement.warnings.iter().map(need).collect(),
    }
}

/// What comes next for a record. Of a deployment that its gate refuses, that is what the gate asks for first.
pub(super) fn next(model: &Model<'_>, state: &RecordState) -> String {
    let Some(environment) = state.next.strip_prefix("deploy to ") else { return state.next.clone() };
    let gates = model.input.judged.and_then(|judged| judged.gates.get(&state.name));
    let gate = gates.into_iter().flatten().find(|gate| gate.environment == environment);
    let answer = gate.and_then(|gate| gate.answer.as_ref().ok());
    let requirements = answer.map_or(&[][..], |gate| &gate.judgement.requirements);
    let mut unmet = requirements.iter().filter(|found| !found.met && !is_of_time(found.code));
    match (unmet.next(), unmet.count()) {
        (None, _) => state.next.clone(),
        (Some(first), 0) => format!("{}; before that: {}", state.next, first.detail),
        (Some(first), more) => format!("{}; before that: {}, and {more} more", state.next, first.detail),
    }
}

/// Whether the ledger of approvals tells it.
pub(super) fn is_approval(code: &str) -> bool {
    code.starts_with("approval-") || code.starts_with("decision-")
}

/// Whether waiting alone meets it.
fn is_of_time(code: Code) -> bool {
    matches!(code, Code::WindowClosed | Code::Freeze)
}

/// `Sat 25 May 2024 02:00 +02:00`, in the board's zone.
pub(super) fn moment(model: &Model<'_>, seconds: i64) -> String {
    local(seconds, &model.zone).map_or_else(|| seconds.to_string(), |time| super::view::moment(&time))
}
