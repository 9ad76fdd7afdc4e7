//! Plans from the command line: files, folders, standard input, streams of several documents.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use walkdir::WalkDir;

use super::{plan_remarks, read_file};
use crate::cli::error::CliError;
use crate::cli::ui::Ui;
use crate::intake::terraform::{Plan, Rules};
use crate::ledger::{PlanInHand, StackSaid};
use crate::policy::Policy;
use crate::record::is_stack_name;

/// The bytes of one input, which may hold several plans.
pub(in crate::cli) struct PlanBytes {
    /// For messages.
    file: PathBuf,
    /// The stack as whoever gave the file names it.
    named: Option<Option<String>>,
    /// As the place of the file in a folder names it; a file alone is named by its stem.
    stem: Option<String>,
    /// Whether it is one of a folder's.
    in_folder: bool,
    bytes: Vec<u8>,
}

/// Reads what an argument names, whole, before the book is held: a pipeline may take its time. `NAME=FILE` names the stack.
///
/// # Errors
/// When a file or folder cannot be read, or a folder holds no JSON.
pub(in crate::cli) fn plan_bytes(argument: &Path) -> Result<Vec<PlanBytes>, CliError> {
    let text = argument.to_string_lossy();
    let split = text
        .split_once('=')
        .filter(|(name, _)| !argument.exists() && (name.is_empty() || is_stack_name(name)));
    let (named, file) = match split {
        Some((name, file)) => {
            (Some(Some(name.to_owned()).filter(|name| !name.is_empty())), PathBuf::from(file))
        }
        None => (None, argument.to_path_buf()),
    };
    if !file.is_dir() {
        let stem = file.file_stem().map(|stem| stack_name(&stem.to_string_lossy()));
        let stem = stem.filter(|_| file.to_str() != Some("-"));
        let bytes = read_file(&file)?;
        return Ok(vec![PlanBytes { file, named, stem, in_folder: false, bytes }]);
    }
    let mut found = Vec::new();
    for entry in WalkDir::new(&file).sort_by_file_name() {
        let entry = entry
            .map_err(|error| CliError::failure(format!("`{}` cannot be read: {error}", file.display())))?;
        let is_json = entry.path().extension().is_some_and(|extension| extension == "json");
        if !entry.file_type().is_file() || !is_json {
            continue;
        }
        let place = entry.path().strip_prefix(&file).unwrap_or(entry.path());
        found.push(PlanBytes {
            stem: Some(stack_of_place(place)),
            named: named.clone(),
            in_folder: true,
            bytes: read_file(entry.path())?,
            file: entry.path().to_path_buf(),
        });
    }
    if found.is_empty() {
        return Err(CliError::failure(format!("`{}` does not contain a `.json` file", file.display()))
            .with_hint("write each plan with `terraform show -json plan.tfplan > NAME.json`"));
    }
    Ok(found)
}

/// The stack that a file of a folder is of: its path without what every plan is called.
fn stack_of_place(place: &Path) -> String {
    let stem = place.with_extension("");
    let is_plain = |part: &str| matches!(part, "plan" | "tfplan" | "plan.tfplan" | "tfplan.json");
    let mut parts: Vec<String> =
        stem.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    if parts.len() > 1 && parts.last().is_some_and(|last| is_plain(last)) {
        parts.pop();
    }
    stack_name(&parts.join("-"))
}

/// A name of a stack from a path or a unit: what cannot stand in one becomes a hyphen.
pub(in crate::cli) fn stack_name(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let name: String = text.chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
    let name = name.trim_matches('-');
    let name = if name.is_empty() { "stack" } else { name };
    name.chars().take(64).collect()
}

/// A plan with the stack that it is of.
pub(in crate::cli) struct StackPlan {
    pub(in crate::cli) file: PathBuf,
    pub(in crate::cli) stack: StackSaid,
    pub(in crate::cli) plan: Plan,
    /// Whether its input held others.
    pub(in crate::cli) among_several: bool,
}

impl StackPlan {
    /// What the stack is called, as far as that is known.
    pub(in crate::cli) fn name(&self) -> Option<&str> {
        match &self.stack {
            StackSaid::Named(stack) | StackSaid::Guessed(stack) => stack.as_deref(),
        }
    }
}

/// The plans in what was read, by a policy's rules, with their remarks to standard error.
///
/// # Errors
/// When one is not a plan.
pub(in crate::cli) fn plans_of(
    ui: &mut Ui,
    inputs: &[PlanBytes],
    policy: &Policy,
) -> Result<Vec<StackPlan>, CliError> {
    let mut found = Vec::new();
    for input in inputs {
        let read = Plan::read_all(&input.bytes, Rules::of(policy))
            .map_err(|error| CliError::wrong_input(&input.file, &error))?;
        let among_several = input.in_folder || read.len() > 1;
        let has_several = read.len() > 1;
        for (number, (unit, plan)) in read.into_iter().enumerate() {
            plan_remarks(ui, &plan);
            let stack = match (&input.named, unit) {
                (Some(named), _) => StackSaid::Named(named.clone()),
                (None, Some(unit)) => StackSaid::Guessed(Some(stack_name(&unit))),
                (None, None) if has_several => {
                    let stem = input.stem.as_deref().unwrap_or("stack");
                    StackSaid::Guessed(Some(format!("{stem}-{}", number + 1)))
                }
                (None, None) => StackSaid::Guessed(input.stem.clone()),
            };
            found.push(StackPlan { file: input.file.clone(), stack, plan, among_several });
        }
    }
    Ok(found)
}

/// Plans as the gate looks at them.
pub(in crate::cli) fn in_hand(plans: Vec<StackPlan>) -> Vec<PlanInHand> {
    let in_hand = |plan: StackPlan| PlanInHand {
        file: plan.file.display().to_string(),
        stack: plan.stack,
        plan: Arc::new(plan.plan),
    };
    plans.into_iter().map(in_hand).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_name_stacks() {
        let cases = [
            ("network.json", "network"),
            ("network/plan.json", "network"),
            ("eu-west-1/network/tfplan.json", "eu-west-1-network"),
            ("plan.json", "plan"),
            ("a b/ü.json", "a-b"),
        ];
        for (place, name) in cases {
            assert_eq!(stack_of_place(Path::new(place)), name, "{place}");
        }
        assert_eq!(stack_name("///"), "stack");
        assert_eq!(stack_name(&"x".repeat(80)).len(), 64);
    }
}
