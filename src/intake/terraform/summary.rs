//! The counts of a plan and its summary line, exactly as the tool prints it.

use super::action::Action;
use super::change::Change;

/// Which program made the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// HashiCorp's.
    Terraform,
    /// The Linux Foundation's.
    OpenTofu,
}

/// How many of what. A replace counts in `add` and in `destroy`, as the tools count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Who counts.
    pub tool: Tool,
    /// Taken under management.
    pub import: usize,
    /// Made.
    pub add: usize,
    /// Changed in place.
    pub change: usize,
    /// Destroyed.
    pub destroy: usize,
    /// Destroyed and made again.
    pub replace: usize,
    /// Left alone from now on.
    pub forget: usize,
    /// Known under another address afterwards.
    pub moved: usize,
    /// Read during the apply.
    pub read: usize,
    /// Actions that are invoked.
    pub invoke: usize,
    /// Outputs that change.
    pub outputs: usize,
    /// Objects that had changed outside of the tool.
    pub drift: usize,
    /// Changes that the tool lists.
    pub listed: usize,
    /// Whether planning ended in an error.
    pub errored: bool,
}

impl Summary {
    pub(super) fn count(tool: Tool, changes: &[Change], invoke: usize, outputs: usize, drift: usize) -> Self {
        let listed: Vec<&Change> = changes.iter().filter(|change| change.is_listed()).collect();
        let count = |holds: &dyn Fn(&Change) -> bool| listed.iter().filter(|change| holds(change)).count();
        let replace = count(&|change| change.action.replaces());
        let again = count(&|change| change.action == Action::CreateForget);
        Summary {
            tool,
            import: count(&|change| change.importing),
            add: count(&|change| change.action == Action::Create) + replace + again,
            change: count(&|change| change.action == Action::Update),
            destroy: count(&|change| change.action == Action::Delete) + replace,
            replace,
            forget: count(&|change| change.action == Action::Forget) + again,
            moved: count(&|change| change.previous.is_some()),
            read: count(&|change| change.action == Action::Read),
            invoke,
            outputs,
            drift,
            listed: listed.len(),
            errored: false,
        }
    }

    /// The line that the tool prints.
    pub fn line(&self) -> String {
        let Summary { import, add, change, destroy, forget, invoke, .. } = self;
        if self.listed == 0 && *invoke == 0 {
            return self.line_without_changes();
        }
        let imports = if *import > 0 { format!("{import} to import, ") } else { String::new() };
        let forgets = match self.tool {
            Tool::OpenTofu if *forget > 0 => format!(", {forget} to forget"),
            _ => String::new(),
        };
        let invokes = if *invoke > 0 { format!(" Actions: {invoke} to invoke.") } else { String::new() };
        format!("Plan: {imports}{add} to add, {change} to change, {destroy} to destroy{forgets}.{invokes}")
    }

    /// Without a change of a resource the tools print no `Plan:` line.
    fn line_without_changes(&self) -> String {
        if self.errored {
            let tool = match self.tool {
                Tool::Terraform => "Terraform",
                Tool::OpenTofu => "OpenTofu",
            };
            return format!("Planning failed. {tool} encountered an error while generating this plan.");
        }
        if self.outputs > 0 {
            let plural = if self.outputs == 1 { "output" } else { "outputs" };
            return format!(
                "Changes to Outputs: {} {plural}, without changing any real infrastructure.",
                self.outputs
            );
        }
        "No changes. Your infrastructure matches the configuration.".to_owned()
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
