//! Changes of the rules themselves: what landed, who gave it, who agreed, and whether it came into force.

use super::AuditAsk;
use crate::diagnostic::{Code, Diagnostic};
use crate::history::CommitId;
use crate::ledger::context::Context;
use crate::ledger::landing::LandingTimes;
use crate::ledger::policy_line::{Control, Given, InForce, Pending};
use crate::ledger::state::CommitRef;
use crate::policy::{A_LIST, PolicyKey};

/// What became of a change of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlOutcome {
    /// The policy began with it.
    Began,
    /// It came into force.
    InForce,
    /// The file says again what is in force.
    PutBack,
    /// It did not come into force with this landing.
    NotInForce {
        /// The landing with which it was affirmed or put back; none so far.
        until: Option<CommitRef>,
    },
}

impl ControlOutcome {
    /// The word for it in every format.
    pub fn as_str(&self) -> &'static str {
        match self {
            ControlOutcome::Began => "began",
            ControlOutcome::InForce => "in-force",
            ControlOutcome::PutBack => "put-back",
            ControlOutcome::NotInForce { .. } => "not-in-force",
        }
    }
}

/// One value of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlValue {
    /// Its key.
    pub key: PolicyKey,
    /// What it was.
    pub before: Option<String>,
    /// What it is.
    pub after: Option<String>,
    /// Who gave it to the file, or took it away.
    pub by: Vec<CommitRef>,
    /// People who may change the policy and made it or agreed to it.
    pub agreed: Vec<String>,
    /// Whether nobody could agree, since only one person may change the policy.
    pub alone: bool,
    /// Why it does not count, or that it takes something out of what is audited.
    pub codes: Vec<Code>,
}

/// A change of the policy that landed in the period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlChange {
    /// The commit with which it landed.
    pub landed: CommitRef,
    /// When, as seconds since the epoch.
    pub time: i64,
    /// What became of it.
    pub outcome: ControlOutcome,
    /// The codes of a file that is gone or cannot be read.
    pub gone: Option<Code>,
    /// What it changes.
    pub values: Vec<ControlValue>,
}

/// Every change of the policy that landed in the period, the first one first.
pub(super) fn controls(
    context: &Context<'_>,
    times: &LandingTimes,
    ask: &AuditAsk<'_>,
) -> Vec<ControlChange> {
    let (history, line) = (context.sources.history, context.sources.line);
    let all = line.controls();
    let in_period = |control: &Control| {
        times.of(history, line, control.landing).is_within(ask.since, ask.until)
            && context.has(control.landing)
    };
    let change = |(place, control): (usize, &Control)| {
        let outcome = match (&control.pending, control.before) {
            (Some(_), _) => {
                let end = all[place..].iter().find(|later| later.pending.is_none());
                ControlOutcome::NotInForce { until: end.map(|end| context.evidence(end.landing)) }
            }
            (None, InForce::Builtin) => ControlOutcome::Began,
            (None, before) if before == control.after => ControlOutcome::PutBack,
            (None, _) => ControlOutcome::InForce,
        };
        ControlChange {
            landed: context.evidence(control.landing),
            time: times.of(history, line, control.landing).stated(),
            outcome,
            gone: matches!(control.pending, Some(Pending::Gone)).then_some(Code::PolicyRole),
            values: (control.values.iter())
                .map(|given| (given, value(context, &control.values, given)))
                .filter(|(given, told)| !told.codes.is_empty() || !is_list_of_others(given, &control.values))
                .map(|(_, told)| told)
                .collect(),
        }
    };
    all.iter().enumerate().filter(|(_, control)| in_period(control)).map(change).collect()
}

/// Whether a value says no more than that there is a list, of which others are the members.
fn is_list_of_others(given: &Given, all: &[Given]) -> bool {
    let is_list = |text: &Option<String>| text.as_deref().is_none_or(|text| text == A_LIST);
    let is_member = |other: &Given| other.key.member.is_some() && other.key.path == given.key.path;
    given.key.member.is_none() && is_list(&given.before) && is_list(&given.after) && all.iter().any(is_member)
}

fn value(context: &Context<'_>, all: &[Given], given: &Given) -> ControlValue {
    let narrowed = narrows(context, all, given).then_some(Code::AuditNarrowed);
    ControlValue {
        key: given.key.clone(),
        before: given.before.clone(),
        after: given.after.clone(),
        by: given.owners.iter().map(|&owner| context.evidence(owner)).collect(),
        agreed: given.behind.clone(),
        alone: given.alone,
        codes: given.code.into_iter().chain(narrowed).collect(),
    }
}

/// Whether a value takes something out of what is audited: the duty's beginning, a path, an environment's gate.
fn narrows(context: &Context<'_>, all: &[Given], given: &Given) -> bool {
    let key = &given.key;
    let is_exclusion = key.member.as_deref().is_some_and(|member| member.starts_with('!'));
    match (key.table(), key.path.last().map(String::as_str)) {
        ("audit", Some("since")) => !begins_earlier(context, given),
        ("paths", Some("infrastructure")) if key.member.is_some() => given.after.is_none() != is_exclusion,
        ("environments", Some("gated")) => {
            given.before.as_deref() == Some("true") && given.after.as_deref() != Some("true")
        }
        ("environments", Some("deployed-by")) if key.member.is_some() => given.after.is_none(),
        // The items that deploy it where the policy says nothing deploy it no more.
        ("environments", Some("deployed-by")) => given.before.is_none() && !is_new_environment(all, given),
        _ => false,
    }
}

/// Whether a value is of an environment that came with it.
fn is_new_environment(all: &[Given], given: &Given) -> bool {
    let of_same = |other: &&Given| other.key.path.len() == 3 && other.key.path[..2] == given.key.path[..2];
    let mut names = all.iter().filter(of_same).filter(|other| other.key.path[2] == "name");
    names.any(|name| name.before.is_none())
}

/// Whether the duty begins earlier than it did: where no commit is named it begins with the policy.
fn begins_earlier(context: &Context<'_>, given: &Given) -> bool {
    let position = |name: &Option<String>| {
        name.as_deref().and_then(CommitId::from_hex).and_then(|id| context.sources.history.position(id))
    };
    match (&given.before, &given.after) {
        (_, None) => true,
        (None, Some(_)) => false,
        (before, after) => match (position(before), position(after)) {
            (Some(before), Some(after)) => context.in_history(after, before),
            _ => false,
        },
    }
}

/// What is wrong with where the policy says that the duty begins.
pub(super) fn duty(context: &Context<'_>, ask: &AuditAsk<'_>) -> Option<Diagnostic> {
    let named = context.sources.policy.audit.since.as_deref()?;
    let line = context.sources.line;
    let name = |commit: usize| context.sources.history.commits[commit].id;
    let (why, help) = match (ask.duty.filter(|&duty| context.has(duty)), line.root()) {
        (None, _) => {
            let help = "name a commit of the trunk: `git log --first-parent` shows them".to_owned();
            (format!("`audit.since` names {named}, which is not on the trunk; nothing is exempt"), help)
        }
        (Some(duty), _) if !line.is_on(duty) => {
            let landing = context.landing(duty).unwrap_or(duty);
            let why = format!(
                "`audit.since` names {}, which is not on the trunk's first-parent line",
                name(duty).short()
            );
            (why, format!("name the commit that landed it: {}", name(landing)))
        }
        (Some(duty), Some(root)) if duty != root && context.in_history(duty, root) => {
            let (duty, began) = (name(duty).short(), name(root).short());
            let why = format!(
                "`audit.since` names {duty}, which is older than the policy, introduced in {began}: there were no rules \
                               to follow then"
            );
            (why, format!("name {} or a later commit", name(root)))
        }
        _ => return None,
    };
    Some(Diagnostic::error_at_file(Code::AuditSince, ask.policy_path, why).with_help(help))
}

/// A change as every document shows it: day, commit, outcome, and a sentence for each value.
pub fn control_words(change: &ControlChange) -> (String, Vec<String>) {
    let outcome = match &change.outcome {
        ControlOutcome::Began => "the policy was introduced".to_owned(),
        ControlOutcome::InForce => "in force".to_owned(),
        ControlOutcome::PutBack => "reverted to what is in force".to_owned(),
        ControlOutcome::NotInForce { until: None } => "not in force".to_owned(),
        ControlOutcome::NotInForce { until: Some(end) } => {
            format!("not in force; settled with {}", end.commit.short())
        }
    };
    let gone = change.gone.map(|code| format!("the file is gone or cannot be read ({code})"));
    (outcome, gone.into_iter().chain(change.values.iter().map(value_words)).collect())
}

fn value_words(value: &ControlValue) -> String {
    let path = value.key.path.join(".");
    let what = match (&value.key.member, &value.before, &value.after) {
        (Some(member), None, _) => format!("adds `{member}` to `{path}`"),
        (Some(member), Some(_), _) => format!("removes `{member}` from `{path}`"),
        (None, None, Some(after)) => format!("sets `{path}`: {after}"),
        (None, Some(before), Some(after)) => format!("changes `{path}` from {before} to {after}"),
        (None, Some(before), None) => format!("removes `{path}`: {before}"),
        (None, None, None) => format!("`{path}`"),
    };
    let by: Vec<String> = value.by.iter().map(|by| format!("{} in {}", who(by), by.commit.short())).collect();
    let agreed = match (value.agreed.is_empty(), value.alone) {
        (true, _) => String::new(),
        (false, true) => {
            format!("; by {} alone, the only person who may change the policy", value.agreed.join(", "))
        }
        (false, false) => format!("; confirmed by {}", value.agreed.join(", ")),
    };
    let codes: Vec<&str> = value.codes.iter().map(|code| code.as_str()).collect();
    let codes = if codes.is_empty() { String::new() } else { format!(" ({})", codes.join(", ")) };
    format!("{what}, by {}{agreed}{codes}", by.join(" and "))
}

fn who(by: &CommitRef) -> &str {
    by.person.as_deref().unwrap_or(&by.email)
}
