//! `changebook init`

use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;

use super::context::Context;
use super::error::CliError;
use super::ui::{DIM, GOOD, Ui, paint};
use crate::act::{set_git_setting, write_atomically};
use crate::book::{BOOK_FILE, POLICY_FILE, POLICY_ROOT_KEY};
use crate::editor::merge::{ATTRIBUTES_FILE, DRIVER_SETTINGS, has_attributes, with_attributes};
use crate::history::{CommitId, Repository};
use crate::policy::BUILTIN_TEXT;

/// Create a book here: book.toml, policy.toml with comments, folders, a first page
///
/// Writes the missing files and overwrites nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook init\n\
    \x20\x20changebook init --git\n\
    \x20\x20changebook -C infrastructure init --title \"Platform infrastructure\"")]
pub(super) struct InitArgs {
    /// The book's title [default: the directory's name]
    #[arg(long)]
    title: Option<String>,
    /// Let git merge and diff records with this program
    ///
    /// Adds lines to `.gitattributes`, which is shared, and sets `merge.changebook` and `diff.changebook` in this
    /// clone, which everybody does once. On a terminal, `init` asks about it.
    #[arg(long)]
    git: bool,
    /// Do not ask about git
    #[arg(long, conflicts_with = "git")]
    no_git: bool,
}

const SUMMARY: &str = "# Summary\n\n[Welcome](index.md)\n";
const KEEP: &str = "";

pub(super) fn run(ui: &mut Ui, context: &Context, args: &InitArgs) -> Result<(), CliError> {
    context.refuse_at("init")?;
    let directory =
        std::path::absolute(&context.directory).map_err(|error| CliError::failure(error.to_string()))?;
    if !directory.is_dir() {
        return Err(CliError::failure(format!("`{}` is not a directory", directory.display())));
    }
    let repository = Repository::discover(&directory)?;
    if repository.work_tree().is_none() {
        return Err(CliError::failure("a bare repository has no files, so it cannot hold a book")
            .with_hint("work in a clone of it"));
    }
    let name =
        directory.file_name().map_or_else(|| "Changes".into(), |name| name.to_string_lossy().into_owned());
    let title = args.title.clone().unwrap_or(name);
    let policy = policy_of(&repository)?;
    let (mut made, kept) = write_book(&directory, &title, &policy)?;
    let is_known = is_known_to_git(&directory);
    let sets_up = args.git || (!args.no_git && !is_known && !context.json && asks_for_git(ui)?);
    if sets_up {
        made.extend(set_up_git(&directory)?);
    }
    let root = if sets_up { remember_root(context, &directory)? } else { None };
    if context.json {
        return ui.json(&serde_json::json!({ "schema": "changebook.init/1", "made": made, "kept": kept }));
    }
    for path in &made {
        ui.line(format!("{} {path}", paint(GOOD, "created")))?;
    }
    for path in &kept {
        ui.line(paint(DIM, format!("kept {path}")))?;
    }
    if sets_up {
        ui.line(format!("{} merge.changebook and diff.changebook in this clone", paint(GOOD, "set")))?;
        if let Some(root) = root {
            let short = root.short();
            ui.line(format!(
                "{} {POLICY_ROOT_KEY} in this clone: the policy was introduced in {short}",
                paint(GOOD, "set")
            ))?;
        }
    } else if !is_known {
        ui.line(paint(DIM, "`changebook init --git` lets git merge records by key, section and item"))?;
    }
    ui.line("")?;
    ui.line("Next: list your people and roles in policy.toml, commit, then `changebook new task \"…\"`.")
}

/// Asks at a terminal; elsewhere the answer is no.
fn asks_for_git(ui: &mut Ui) -> Result<bool, CliError> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Ok(false);
    }
    ui.flush()?;
    let mut stdout = std::io::stdout();
    write!(stdout, "Let git merge records by key, section and item, with this program? [y/N] ")
        .and_then(|()| stdout.flush())
        .map_err(CliError::output)?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).map_err(|error| CliError::failure(error.to_string()))?;
    Ok(answer.trim().to_lowercase().starts_with('y'))
}

/// Commits that tell whether a forge commits here.
const LATELY: usize = 1000;

/// The built-in policy with the forges that commit here. A forge that no policy lists cannot vouch for the change that
/// lists it, so that the first policy had better do so.
fn policy_of(repository: &Repository) -> Result<String, CliError> {
    let committers = repository.recent_committers(LATELY)?;
    let forges: Vec<&str> = committers.iter().map(String::as_str).filter(|email| is_forge(email)).collect();
    if forges.is_empty() {
        return Ok(BUILTIN_TEXT.to_owned());
    }
    let list =
        toml::Value::Array(forges.into_iter().map(|email| toml::Value::String(email.to_owned())).collect());
    Ok(BUILTIN_TEXT.replacen("\nforges = [] ", &format!("\nforges = {list} "), 1))
}

/// The addresses that forges commit with, on their own sites and on others' servers. People's private addresses there
/// (`1234+name@users.noreply.…`) are not of this form.
fn is_forge(email: &str) -> bool {
    email.split_once('@').is_some_and(|(local, _)| matches!(local, "noreply" | "no-reply"))
}

/// Keeps in this clone which commit began the policy, where that is known and nothing was kept: whoever brings another
/// beginning later is refused.
fn remember_root(context: &Context, directory: &Path) -> Result<Option<CommitId>, CliError> {
    let (book, loaded) = context.load()?;
    let is_kept = context.policy_root.is_some() || book.repository.config_string(POLICY_ROOT_KEY)?.is_some();
    let Some(root) = loaded.policy_root().filter(|_| !is_kept) else { return Ok(None) };
    set_git_setting(directory, POLICY_ROOT_KEY, &root.hex())?;
    Ok(Some(root))
}

/// Whether the attributes name all records already.
fn is_known_to_git(directory: &Path) -> bool {
    std::fs::read_to_string(directory.join(ATTRIBUTES_FILE)).is_ok_and(|text| has_attributes(&text))
}

/// Adds the attributes and sets the drivers; gives the file that was changed.
fn set_up_git(directory: &Path) -> Result<Option<String>, CliError> {
    for (key, value) in DRIVER_SETTINGS {
        set_git_setting(directory, key, value)?;
    }
    let file = directory.join(ATTRIBUTES_FILE);
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(CliError::failure(format!("`{}`: {error}", file.display()))),
    };
    if has_attributes(&text) {
        return Ok(None);
    }
    write_atomically(&file, with_attributes(&text).as_bytes())?;
    Ok(Some(ATTRIBUTES_FILE.to_owned()))
}

/// Writes what is missing of a book; gives what was made and what was kept, relative to the directory.
pub(super) fn write_book(
    directory: &Path,
    title: &str,
    policy: &str,
) -> Result<(Vec<String>, Vec<String>), CliError> {
    let (mut made, mut kept) = (Vec::new(), Vec::new());
    let quoted = toml::Value::String(title.to_owned()).to_string();
    let book = format!(
        "# The keys that mdBook knows; `mdbook build` works on this book too.\n[book]\ntitle = {quoted}\nlanguage = \"en\"\nsrc = \"docs\"\n\n[build]\nbuild-dir = \"book\"\n\n# Settings of Changebook.\n[preprocessor.changebook]\noptional = true\n"
    );
    let index = format!(
        "# {title}\n\nChanges to this repository are recorded next to the code: tasks in `tasks/`, decisions of the board in `cab/`,\nrunbooks in `runbooks/`. Their status comes from commits.\n"
    );
    let files: [(&str, &str); 8] = [
        (BOOK_FILE, &book),
        (POLICY_FILE, policy),
        ("tasks/.gitkeep", KEEP),
        ("cab/.gitkeep", KEEP),
        ("runbooks/.gitkeep", KEEP),
        ("docs/SUMMARY.md", SUMMARY),
        ("docs/index.md", &index),
        (".gitignore", "/book/\n"),
    ];
    for (path, text) in files {
        let file = directory.join(path);
        let folder = file.parent().unwrap_or(directory);
        let folder_has_files =
            path.ends_with(".gitkeep") && folder.read_dir().is_ok_and(|mut entries| entries.next().is_some());
        if file.symlink_metadata().is_ok() || folder_has_files {
            kept.push(path.to_owned());
            continue;
        }
        std::fs::create_dir_all(folder)
            .map_err(|error| CliError::failure(format!("`{}`: {error}", folder.display())))?;
        write_atomically(&file, text.as_bytes())?;
        made.push(path.to_owned());
    }
    Ok((made, kept))
}
