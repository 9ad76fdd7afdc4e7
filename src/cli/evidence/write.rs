//! Writes evidence: its files and what the record's text holds of them, in one commit.

use super::ReplaceArgs;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::record_act::{CommitArgs, Target};
use crate::cli::ui::Ui;
use crate::evidence::{Content, EvidenceFile, Rendering};
use crate::ledger::RecordState;
use crate::policy::Environment;
use crate::record::{EvidenceKey, RecordId};

/// What is to be written for a task in an environment.
pub(in crate::cli) struct Recording<'t> {
    pub(in crate::cli) target: &'t Target,
    pub(in crate::cli) environment: &'t Environment,
    pub(in crate::cli) files: Vec<EvidenceFile>,
    pub(in crate::cli) removed: Vec<EvidenceFile>,
}

impl<'t> Recording<'t> {
    /// Of what was found, with the stack that each is of.
    ///
    /// # Errors
    /// When two are of one stack, or the environment's name cannot stand in a file's.
    pub(in crate::cli) fn new(
        target: &'t Target,
        environment: &'t Environment,
        found: Vec<(Option<String>, Content)>,
    ) -> Result<Self, CliError> {
        let record = id(target)?;
        let mut files: Vec<EvidenceFile> = Vec::new();
        for (stack, content) in found {
            let key = EvidenceKey { environment: environment.name.clone(), stack };
            if EvidenceKey::parse(&key.to_string()).as_ref() != Some(&key) {
                return Err(CliError::usage(format!("`{key}` cannot be the name of an evidence file"))
                    .with_hint("use at most 64 letters, digits, `-` and `_`"));
            }
            if files.iter().any(|file| file.key == key) {
                return Err(CliError::usage(format!("two plans are for the same stack: {}", key.words()))
                    .with_hint(
                        "name the files after their stacks, or record them one by one with `--stack`",
                    ));
            }
            files.push(EvidenceFile { record: record.clone(), key, content, is_edited: false });
        }
        Ok(Recording { target, environment, files, removed: Vec::new() })
    }

    /// Refuses to write over what is another's: the evidence of a task that is done, or of another stack.
    pub(in crate::cli) fn refuse_replacing(&self, replace: &ReplaceArgs) -> Result<(), CliError> {
        replace.refuse_done(self.target)?;
        if replace.replace {
            return Ok(());
        }
        let state = self.target.state()?;
        for file in &self.files {
            let before = state.evidence_files().find(|known| known.key == file.key);
            let Some(before) = before.filter(|before| !continues(before, file)) else { continue };
            let (held, found, place) = (before.content.noun(), file.content.noun(), file.key.words());
            let why = match held == found {
                true => format!("the {held} recorded for {place} has nothing in common with this one"),
                false => format!("what is recorded for {place} is a {held}, and this is not"),
            };
            return Err(CliError::usage(format!("{why}: is it for another stack?")).with_hint(
                "`--stack NAME` records it in addition; `--replace` overwrites the recorded one",
            ));
        }
        Ok(())
    }

    /// Writes it, with a further edit of the record.
    pub(in crate::cli) fn write(
        &self,
        ui: &mut Ui,
        context: &Context,
        args: &CommitArgs,
        [done, message]: [&str; 2],
        further: &dyn Fn(&str) -> Result<String, String>,
    ) -> Result<(), CliError> {
        let policy = self.target.loaded.policy();
        let is_guidance = |text: &str| self.target.loaded.templates.is_guidance(text);
        let rendering = Rendering {
            gated: self.environment.gated,
            list_limit: policy.plan.list_limit,
            is_guidance: &is_guidance,
        };
        let path = self.target.state()?.record.path.clone();
        let edit = |text: &str| {
            let mut text = text.to_owned();
            for file in &self.removed {
                let taken = file.take_out(&path, &text, self.environment.gated);
                text = taken.map_err(|error| error.to_string())?;
            }
            for file in &self.files {
                text = file.put(&path, &text, rendering).map_err(|error| error.to_string())?;
            }
            further(&text)
        };
        let mut beside: Vec<(String, Option<String>)> =
            self.removed.iter().map(|file| (file.path(), None)).collect();
        for file in &self.files {
            let text = file.text().map_err(|error| CliError::failure(format!("{}: {error}", file.path())))?;
            beside.push((file.path(), Some(text)));
        }
        self.target.apply_with(ui, context, args, [done, message], &edit, &beside)
    }
}

/// The task's ID.
pub(in crate::cli) fn id(target: &Target) -> Result<RecordId, CliError> {
    let id = target.state()?.id.clone();
    id.ok_or_else(|| CliError::failure(format!("{} has no ID", target.name)))
}

/// Whether evidence is of the same stack as what is recorded under its name: of the same tool, and about something of the
/// same. What changed nothing gives way.
fn continues(before: &EvidenceFile, after: &EvidenceFile) -> bool {
    let touched = before.content.touched();
    let is_same_tool = before.content.noun() == after.content.noun();
    is_same_tool && (touched.is_empty() || after.content.touched().iter().any(|name| touched.contains(name)))
}

/// The evidence of a task for an environment and stack.
pub(in crate::cli) fn recorded<'s>(state: &'s RecordState, key: &EvidenceKey) -> Option<&'s EvidenceFile> {
    state.evidence_files().find(|file| file.key == *key)
}
