//! `changebook manifests`

use serde_json::json;

use super::context::Context;
use super::error::CliError;
use super::evidence::{
    Recording, ReplaceArgs, StackArgs, compared_json, comparison_json, environment, recorded, tell_risk,
};
use super::file_set::FileSet;
use super::record_act::{CommitArgs, Target};
use super::render::rendered;
use super::ui::{BAD, GOOD, Ui, paint};
use crate::book::Book;
use crate::evidence::Content;
use crate::intake::kubernetes::{Comparison, Evidence as Changes, Manifests, compare};
use crate::policy::{Environment, Policy};
use crate::record::{EvidenceKey, RecordType};

/// Record what a change to Kubernetes manifests does, and commit it
///
/// OLD and NEW are files, folders, `-` for standard input, `/dev/null` for no files, or REVISION:PATH in this
/// repository. Writes an evidence file with the differences, and the sections "Changes" and "Manifests affected" of
/// the record. Values of secrets are never written. Recording the same change again changes nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook manifests INFRA-200 main:k8s/api k8s/api\n\
    \x20\x20changebook manifests INFRA-200 old.yaml new.yaml -e staging\n\
    \x20\x20changebook manifests INFRA-200 main:k8s/api k8s/api --print\n\
    \x20\x20changebook manifests INFRA-200 main:k8s/api k8s/api --compare")]
pub(super) struct ManifestsArgs {
    /// The task's ID
    id: String,
    /// The state before
    old: String,
    /// The state after
    new: String,
    /// The environment [default: the last one that the task's items name]
    #[arg(short, long, value_name = "NAME")]
    environment: Option<String>,
    /// Print what would be recorded, without recording it
    #[arg(long, conflicts_with_all = ["no_commit", "message"])]
    print: bool,
    /// Check whether these are the recorded manifests; exit status 3 if they are not
    #[arg(long, conflicts_with_all = ["print", "no_commit", "message"])]
    compare: bool,
    #[command(flatten)]
    stack: StackArgs,
    #[command(flatten)]
    replace: ReplaceArgs,
    #[command(flatten)]
    commit: CommitArgs,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &ManifestsArgs) -> Result<(), CliError> {
    let find = if args.compare || args.print { Target::find_to_read } else { Target::find };
    let target = find(context, "manifests", &args.id, &args.commit)?;
    target.expect(RecordType::Task)?;
    let environment = environment(&target, args.environment.as_deref())?;
    // The states are those of the user's own work tree, whatever branch the record is edited on.
    let pair = Pair::read(ui, Some(&context.book()?), context, [&args.old, &args.new])?;
    let evidence = pair.evidence(environment, target.loaded.policy());
    let key = args.stack.key(environment);
    if args.compare {
        return evidence.compare(ui, context, &target, &key);
    }
    let content = Content::Kubernetes(Box::new(evidence.found.clone()));
    let recording = Recording::new(&target, environment, vec![(key.stack, content)])?;
    if !args.print {
        if evidence.found.objects.is_empty() {
            args.replace.refuse_nothing(&target, "the two states are the same")?;
        }
        recording.refuse_replacing(&args.replace)?;
    }
    if args.print || !context.json {
        evidence.show(ui, context)?;
    }
    if args.print {
        return Ok(());
    }
    let name = &environment.name;
    let done = format!("manifests for {name}: {}", evidence.found.headline());
    let message = format!("{}: manifests for {name}\n", target.name);
    recording.write(ui, context, &args.commit, [&done, &message], &|text| Ok(text.to_owned()))
}

/// Two states of manifests, read and compared.
pub(super) struct Pair {
    old_set: FileSet,
    new_set: FileSet,
    new: Manifests,
    comparison: Comparison,
}

impl Pair {
    /// Reads both states; what holds no object is named on standard error.
    pub(super) fn read(
        ui: &mut Ui,
        book: Option<&Book>,
        context: &Context,
        arguments: [&str; 2],
    ) -> Result<Self, CliError> {
        if arguments == ["-", "-"] {
            return Err(CliError::usage("only one state can come from standard input"));
        }
        let mut read = |argument: &str| -> Result<(FileSet, Manifests), CliError> {
            let set = rendered(book, FileSet::read(book, &context.directory, argument)?)?;
            let manifests = manifests(&set)?;
            for path in &manifests.skipped {
                ui.note(&format!("{} does not contain a Kubernetes object", set.shown(path)));
            }
            Ok((set, manifests))
        };
        let (old_set, old) = read(arguments[0])?;
        let (new_set, new) = read(arguments[1])?;
        Ok(Pair { comparison: compare(&old, &new), old_set, new_set, new })
    }

    /// What the pair says, by a policy.
    pub(super) fn evidence<'a>(&self, environment: &'a Environment, policy: &'a Policy) -> Evidence<'a> {
        let affected =
            self.comparison.affected(&|path| self.old_set.shown(path), &|path| self.new_set.shown(path));
        Evidence { environment, policy, found: Changes::of(&self.comparison, &self.new, affected) }
    }
}

fn manifests(set: &FileSet) -> Result<Manifests, CliError> {
    if set.files.is_empty() && set.argument == "/dev/null" {
        return Ok(Manifests::nothing());
    }
    let is_yaml = |path: &str| [".yaml", ".yml", ".json"].iter().any(|end| path.ends_with(end));
    let alone = set.files.len() == 1;
    let files: Vec<_> = set.files.iter().filter(|(path, _)| alone || is_yaml(path)).cloned().collect();
    Manifests::read(&set.argument, &files).map_err(|error| CliError::failure(error.to_string()))
}

/// What goes into the record, for an environment.
pub(super) struct Evidence<'a> {
    environment: &'a Environment,
    policy: &'a Policy,
    found: Changes,
}

impl Evidence<'_> {
    /// Says whether this is what is recorded.
    fn compare(
        &self,
        ui: &mut Ui,
        context: &Context,
        target: &Target,
        key: &EvidenceKey,
    ) -> Result<(), CliError> {
        let (name, place) = (&target.name, key.words());
        let file = recorded(target.state()?, key).and_then(|file| file.content.manifests());
        let Some(file) = file else {
            let environment = &key.environment;
            return Err(CliError::failure(format!("{name} has no manifests for {place}"))
                .with_hint(format!("record them: `changebook manifests {name} OLD NEW -e {environment}`")));
        };
        let same = file.same(&self.found);
        if context.json {
            let compared = compared_json(key, same, [&file.digest, &self.found.digest], json!({}));
            ui.json(&comparison_json(name, same, vec![compared]))?;
        } else if same {
            ui.line(format!("{} these are the manifests recorded in {name} for {place}", paint(GOOD, "✓")))?;
        } else {
            ui.line(format!(
                "{} these are not the manifests recorded in {name} for {place}",
                paint(BAD, "✗")
            ))?;
        }
        if same { Ok(()) } else { Err(CliError::no()) }
    }

    /// Tells it to people, or as JSON.
    pub(super) fn show(&self, ui: &mut Ui, context: &Context) -> Result<(), CliError> {
        let found = self.found.found(self.policy);
        let block = self.found.block(self.policy.plan.list_limit);
        if context.json {
            return ui.json(&json!({
                "schema": "changebook.manifests/1", "environment": self.environment.name, "digest": self.found.digest,
                "risk": found.risk(), "categories": found.categories(), "reasons": found.reasons(),
                "changes": block, "paths": self.found.paths,
            }));
        }
        ui.line(super::ui::escape_lines(&block))?;
        tell_risk(ui, &found)
    }
}
