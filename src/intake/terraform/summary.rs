//! The counts of a plan and its summary line, as the tool prints it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Plan;
use super::action::Action;
use super::change::Change;
use crate::intake::phrase::count;

/// Which program made the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Tool {
    /// HashiCorp's.
    Terraform,
    /// The Linux Foundation's.
    OpenTofu,
}

impl Tool {
    /// As it calls itself.
    pub fn name(self) -> &'static str {
        match self {
            Tool::Terraform => "Terraform",
            Tool::OpenTofu => "OpenTofu",
        }
    }
}

/// How many of what. A replace counts in `add` and in `destroy`, as the tools count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Summary {
    /// Taken under management.
    #[serde(skip_serializing_if = "is_zero")]
    pub import: usize,
    /// Made.
    #[serde(skip_serializing_if = "is_zero")]
    pub add: usize,
    /// Changed in place.
    #[serde(skip_serializing_if = "is_zero")]
    pub change: usize,
    /// Destroyed.
    #[serde(skip_serializing_if = "is_zero")]
    pub destroy: usize,
    /// Destroyed and made again.
    #[serde(skip_serializing_if = "is_zero")]
    pub replace: usize,
    /// Left alone from now on.
    #[serde(skip_serializing_if = "is_zero")]
    pub forget: usize,
    /// Known under another address afterwards.
    #[serde(skip_serializing_if = "is_zero")]
    pub moved: usize,
    /// Read during the apply.
    #[serde(skip_serializing_if = "is_zero")]
    pub read: usize,
    /// Actions that are invoked.
    #[serde(skip_serializing_if = "is_zero")]
    pub invoke: usize,
    /// Outputs that change.
    #[serde(skip_serializing_if = "is_zero")]
    pub outputs: usize,
    /// Objects that had changed outside of the tool.
    #[serde(skip_serializing_if = "is_zero")]
    pub drift: usize,
    /// Changes that are left for a later plan.
    #[serde(skip_serializing_if = "is_zero")]
    pub deferred: usize,
    /// Changes that the tool lists.
    #[serde(skip_serializing_if = "is_zero")]
    pub listed: usize,
}

impl Summary {
    /// Counts what a plan lists.
    pub(super) fn of(plan: &Plan) -> Self {
        let count =
            |holds: &dyn Fn(&Change) -> bool| plan.changes.iter().filter(|change| holds(change)).count();
        let replace = count(&|change| change.action.replaces());
        let again = count(&|change| change.action == Action::CreateForget);
        let invoke = plan.invocations.iter().filter(|invocation| invocation.deferred.is_none()).count();
        Summary {
            import: count(&|change| change.importing),
            add: count(&|change| change.action == Action::Create) + replace + again,
            change: count(&|change| change.action == Action::Update),
            destroy: count(&|change| change.action == Action::Delete) + replace,
            replace,
            forget: count(&|change| change.action == Action::Forget) + again,
            moved: count(&|change| change.previous.is_some()),
            read: count(&|change| change.action == Action::Read),
            invoke,
            outputs: plan.outputs.len(),
            drift: plan.drift.len(),
            deferred: plan.deferred.len() + plan.invocations.len() - invoke,
            listed: plan.changes.len(),
        }
    }

    /// Whether nothing that is there changes: there is something to make, and only that.
    pub fn is_new_only(&self) -> bool {
        self.add > 0
            && self.change == 0
            && self.destroy == 0
            && self.forget == 0
            && self.import == 0
            && self.moved == 0
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl Plan {
    /// The line that the tool prints; what was deferred is said behind it.
    pub fn headline(&self) -> String {
        let Summary { import, add, change, destroy, forget, invoke, deferred, .. } = &self.summary;
        let later =
            if *deferred > 0 { format!(" Deferred: {deferred} for a later plan.") } else { String::new() };
        if self.summary.listed == 0 && *invoke == 0 {
            return format!("{}{later}", self.line_without_changes());
        }
        let imports = if *import > 0 { format!("{import} to import, ") } else { String::new() };
        let forgets = match self.tool {
            Tool::OpenTofu if *forget > 0 => format!(", {forget} to forget"),
            _ => String::new(),
        };
        let invokes = if *invoke > 0 { format!(" Actions: {invoke} to invoke.") } else { String::new() };
        format!(
            "Plan: {imports}{add} to add, {change} to change, {destroy} to destroy{forgets}.{invokes}{later}"
        )
    }

    /// Without a change of a resource the tools print no `Plan:` line.
    fn line_without_changes(&self) -> String {
        let tool = self.tool.name();
        if self.errored {
            return format!("Planning failed. {tool} encountered an error while generating this plan.");
        }
        match (self.summary.outputs, self.summary.drift) {
            (0, 0) if self.summary.deferred > 0 => "No changes yet.".to_owned(),
            (0, 0) => "No changes. Your infrastructure matches the configuration.".to_owned(),
            (0, n) => format!("No changes. {} had changed outside of {tool}.", count(n, "object")),
            (n, _) => {
                format!(
                    "Changes to Outputs: {}, without changing any real infrastructure.",
                    count(n, "output")
                )
            }
        }
    }
}
