//! What the commands that commit share: find the record, make the edit, commit, say so.

use super::context::{Context, record};
use super::error::CliError;
use super::ui::{BAD, DIM, GOOD, Ui, paint};
use super::worth::{ActStep, Uncounted};
use crate::act::{
    BranchWorkTree, Change, Edit, Hold, NewFiles, commit_edit, commit_file, edit_only, is_current_branch,
    refuse_while_behind, write_file,
};
use crate::book::{Book, Loaded};
use crate::history::CommitId;
use crate::ledger::{RecordState, WorkTree};
use crate::record::{Item, ItemKey, ItemMatch, Record, RecordType, edit, find_items};

/// Options of every command that commits.
#[derive(Debug, clap::Args)]
pub(super) struct CommitArgs {
    /// Edit the file in the work tree without committing
    #[arg(long)]
    no_commit: bool,
    /// Commit message, instead of the default one
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,
    /// Commit on this branch, without touching the work tree or the current branch
    ///
    /// A branch that exists only on a remote starts there; a new one starts at the trunk.
    #[arg(long, value_name = "BRANCH", conflicts_with = "no_commit")]
    branch: Option<String>,
}

/// A record that is about to be edited.
pub(super) struct Target {
    pub(super) book: Book,
    pub(super) loaded: Loaded,
    pub(super) name: String,
    branch: Option<Branch>,
    // Given up last, when the work tree of the branch is gone. Who only reads needs none.
    hold: Option<Hold>,
}

/// Another branch, with the work tree that the commit is made in.
struct Branch {
    name: String,
    _tree: BranchWorkTree,
}

impl Target {
    pub(super) fn find(
        context: &Context,
        command: &str,
        id: &str,
        args: &CommitArgs,
    ) -> Result<Self, CliError> {
        context.refuse_at(command)?;
        let (hold, here) = context.held(&format!("{command} {id}"))?;
        let (book, branch) = match &args.branch {
            Some(name) if !is_current_branch(&here, name)? => {
                let policy = here.policy(here.head()?.commit)?;
                let trunk = here.trunk(&context.request(), &policy)?;
                let start = trunk.map(|(_, tip)| tip.to_string());
                let tree = BranchWorkTree::open(&hold, &here, name, start.as_deref())?;
                let there = Book::find(&tree.root(&here))?;
                (there, Some(Branch { name: name.clone(), _tree: tree }))
            }
            Some(name) => {
                refuse_while_behind(&hold, &here, name)?;
                (here, None)
            }
            None => (here, None),
        };
        let loaded = book.load(&context.request())?;
        hold.read_at(loaded.commit());
        let name = record(&loaded, id)?.name.clone();
        Ok(Target { book, loaded, name, branch, hold: Some(hold) })
    }

    /// The same for a command that will write nothing.
    pub(super) fn find_to_read(
        context: &Context,
        command: &str,
        id: &str,
        args: &CommitArgs,
    ) -> Result<Self, CliError> {
        if args.branch.is_some() {
            return Self::find(context, command, id, args);
        }
        context.refuse_at(command)?;
        let book = context.book()?;
        let loaded = book.load(&context.request())?;
        let name = record(&loaded, id)?.name.clone();
        Ok(Target { book, loaded, name, branch: None, hold: None })
    }

    pub(super) fn hold(&self) -> Result<&Hold, CliError> {
        self.hold.as_ref().ok_or_else(|| CliError::failure("this command writes nothing"))
    }

    pub(super) fn state(&self) -> Result<&RecordState, CliError> {
        record(&self.loaded, &self.name)
    }

    /// The record must be of that type.
    pub(super) fn expect(&self, record_type: RecordType) -> Result<(), CliError> {
        let found = self.state()?.record_type;
        if found == record_type {
            return Ok(());
        }
        let wanted = record_type.as_str();
        Err(CliError::usage(format!("{} is a {}, not a {wanted}", self.name, found.as_str()))
            .with_hint(format!("`changebook list --type {wanted}` lists them")))
    }

    /// The item that a part of its text names, without doubt.
    pub(super) fn item(&self, query: &str) -> Result<Item, CliError> {
        let record = &self.state()?.record;
        let list = |found: &[usize]| -> Vec<String> {
            found.iter().map(|&index| format!("“{}”", record.items[index].text)).collect()
        };
        match find_items(record, query) {
            ItemMatch::One(index) => Ok(record.items[index].clone()),
            ItemMatch::Ambiguous(found) => Err(CliError::usage(format!(
                "`{query}` matches several items of {}: {}",
                self.name,
                list(&found).join(", ")
            ))
            .with_hint("give more of the text")),
            ItemMatch::None(near) => {
                let error = CliError::usage(format!("{} has no item `{query}`", self.name));
                let all: Vec<usize> = (0..record.items.len()).collect();
                let candidates = list(if near.is_empty() { &all } else { &near });
                Err(match candidates.is_empty() {
                    true => error.with_hint("the record has no items"),
                    false => error.with_hint(format!("its items: {}", candidates.join(", "))),
                })
            }
        }
    }

    /// Applies an edit: as a commit, or to the work tree alone. Says what was done.
    pub(super) fn apply(
        &self,
        ui: &mut Ui,
        context: &Context,
        args: &CommitArgs,
        done: &str,
        message: &str,
        edit: &Edit<'_>,
    ) -> Result<(), CliError> {
        self.commit_with(ui, context, args, [done, message], edit, &[])
    }

    fn commit_with(
        &self,
        ui: &mut Ui,
        context: &Context,
        args: &CommitArgs,
        [done, message]: [&str; 2],
        edit: &Edit<'_>,
        beside: &NewFiles,
    ) -> Result<(), CliError> {
        let state = self.state()?;
        let path = &state.record.path;
        if args.no_commit || state.work_tree == WorkTree::Added {
            if !args.no_commit {
                return Err(crate::act::ActError::NotCommitted { path: path.clone() }.into());
            }
            edit_only(self.hold()?, &self.book, path, edit, beside)?;
            return self.report(ui, context, done, None, None);
        }
        let commit = commit_edit(self.hold()?, &self.book, path, edit, beside, &args.message(message))?;
        self.report(ui, context, done, Some(commit), None)
    }

    /// Makes one commit of an act whose message is ready, or writes it into the work tree alone.
    pub(super) fn commit_step(
        &self,
        args: &CommitArgs,
        step: &ActStep<'_>,
    ) -> Result<Option<CommitId>, CliError> {
        let (hold, book, path) = (self.hold()?, &self.book, step.path.as_str());
        let commit = match (args.no_commit, step.change) {
            (true, Change::Edit(edit)) => edit_only(hold, book, path, edit, &[]).map(|()| None),
            (true, Change::Text(text)) => write_file(hold, book, path, text).map(|()| None),
            (false, Change::Edit(edit)) => commit_edit(hold, book, path, edit, &[], &step.message).map(Some),
            (false, Change::Text(text)) => commit_file(hold, book, path, text, &step.message).map(Some),
        };
        Ok(commit?)
    }

    /// As [`Target::apply`], with files that a tool writes beside the record; both may be as they should be already: then
    /// nothing is committed.
    pub(super) fn apply_with(
        &self,
        ui: &mut Ui,
        context: &Context,
        args: &CommitArgs,
        words: [&str; 2],
        edit: &Edit<'_>,
        beside: &NewFiles,
    ) -> Result<(), CliError> {
        let state = self.state()?;
        let unchanged = |text: &str| edit(text).is_ok_and(|edited| edited == text);
        let on_disk = self
            .book
            .root
            .as_ref()
            .and_then(|root| std::fs::read_to_string(root.join(&state.record.path)).ok());
        let head = self.book.head()?.commit;
        let mut committed_is_right = state.work_tree != WorkTree::Added && unchanged(&state.record.source);
        let mut disk_is_right = on_disk.as_deref().is_none_or(unchanged);
        for (path, text) in beside {
            let at = |commit| self.book.text(commit, path).ok().flatten();
            committed_is_right &= head.is_some() && at(head) == *text;
            disk_is_right &= self.book.root.is_none() || at(None) == *text;
        }
        match (committed_is_right, disk_is_right) {
            (true, true) => return self.report_unchanged(ui, context, words[0]),
            // Only the work tree has lost it.
            (true, false) => {
                edit_only(self.hold()?, &self.book, &state.record.path, edit, beside)?;
                return self.report(ui, context, words[0], None, None);
            }
            (false, _) => {}
        }
        self.commit_with(ui, context, args, words, edit, beside)
    }

    fn report_unchanged(&self, ui: &mut Ui, context: &Context, done: &str) -> Result<(), CliError> {
        if context.json {
            return self.report(ui, context, done, None, None);
        }
        let remark = paint(DIM, "(already recorded)");
        ui.line(format!("{} {}: {done} {remark}", paint(GOOD, "✓"), self.name))
    }

    pub(super) fn report(
        &self,
        ui: &mut Ui,
        context: &Context,
        done: &str,
        commit: Option<CommitId>,
        uncounted: Option<&Uncounted>,
    ) -> Result<(), CliError> {
        if context.json {
            return ui.json(&serde_json::json!({
                "schema": "changebook.act/1", "id": self.name, "done": done, "commit": commit,
                "branch": self.branch.as_ref().map(|branch| &branch.name),
                "counts": uncounted.is_none(), "code": uncounted.map(|uncounted| uncounted.code),
                "why": uncounted.map(|uncounted| &uncounted.why),
            }));
        }
        let place = match commit {
            Some(commit) => match &self.branch {
                Some(branch) => format!("commit {} on {}", commit.short(), branch.name),
                None => format!("commit {}", commit.short()),
            },
            None => "in the work tree, not committed".to_owned(),
        };
        let (mark, but) = match uncounted {
            None => (paint(GOOD, "✓"), ""),
            Some(_) => (paint(BAD, "✗"), ", which does not count"),
        };
        let place = paint(DIM, format!("({place})"));
        ui.line(format!("{mark} {}: {done}{but} {place}", self.name))
    }
}

impl CommitArgs {
    /// The usual message; a user's own subject keeps its trailers.
    pub(super) fn message(&self, usual: &str) -> String {
        let Some(own) = &self.message else { return usual.to_owned() };
        match usual.split_once("\n\n") {
            Some((_, trailers)) => format!("{}\n\n{trailers}", own.trim_end()),
            None => format!("{}\n", own.trim_end()),
        }
    }
}

/// An edit that puts items into a state; an item that is not there, or a broken file, refuses it.
pub(super) fn set_items(
    path: &str,
    record_type: RecordType,
    keys: Vec<ItemKey>,
    checked: bool,
) -> impl Fn(&str) -> Result<String, String> {
    let path = path.to_owned();
    move |text| {
        let mut text = text.to_owned();
        for key in &keys {
            let record = Record::parse(record_type, &path, text.as_bytes());
            if let Some(broken) = record.diagnostics.iter().find(|_| record.is_broken()) {
                return Err(format!("line {}: {}", broken.line, broken.message));
            }
            let item = record.items.iter().find(|item| item.key == *key);
            let item = item.ok_or_else(|| format!("it does not have the item “{}”", key.text))?;
            if item.checked != checked {
                text = edit::set_item(&text, item, checked).map_err(|error| error.to_string())?;
            }
        }
        Ok(text)
    }
}

/// An edit that sets a key of the frontmatter to a text.
pub(super) fn set_field(key: &'static str, value: String) -> impl Fn(&str) -> Result<String, String> {
    move |text| edit::set_field(text, key, value.as_str().into()).map_err(|error| error.to_string())
}
