//! What other tools said of a change, as `pr` and `check` take it.

use std::path::{Path, PathBuf};

use super::context::Context;
use super::error::CliError;
use super::evidence::{read_file, warn};
use super::ui::Ui;
use crate::book::{Book, Loaded, Scanned};
use crate::intake::pull_request::{Format, NoToolOutput, Tools, Validation, secrets_in_diff};

#[derive(Debug, clap::Args)]
pub(super) struct ToolArgs {
    /// The output of `terraform fmt -check -recursive`
    #[arg(long, value_name = "FILE")]
    fmt: Option<PathBuf>,
    /// The output of `terraform validate -json`
    #[arg(long, value_name = "FILE")]
    validate: Option<PathBuf>,
    /// The output of `git diff` to scan for secrets
    #[arg(long, value_name = "FILE", conflicts_with = "range")]
    diff: Option<PathBuf>,
    /// The commits to scan for secrets, `A..B` [default: those that are not on the trunk yet, unless `--diff` is
    /// given]
    #[arg(long, value_name = "RANGE")]
    range: Option<String>,
}

impl ToolArgs {
    /// Reads what was given, and looks for secrets where it can. `loaded` is `None` for a book whose settings are
    /// broken.
    pub(super) fn read(
        &self,
        ui: &mut Ui,
        context: &Context,
        book: &Book,
        loaded: Option<&Loaded>,
    ) -> Result<Tools, CliError> {
        let files = [&self.fmt, &self.validate, &self.diff];
        if files.iter().filter(|file| file.as_deref() == Some(Path::new("-"))).count() > 1 {
            return Err(CliError::usage("only one file can come from standard input"));
        }
        let format = given(self.fmt.as_deref(), Format::read)?;
        let validation = given(self.validate.as_deref(), Validation::read)?;
        let secrets = match given(self.diff.as_deref(), secrets_in_diff)? {
            Some(secrets) => Some(secrets),
            None => {
                let scanned = match (&self.range, loaded) {
                    (Some(range), _) => Some(book.scan_range(range)?),
                    (None, Some(loaded)) if context.at.is_none() => book.scan_branch(loaded)?,
                    (None, _) => None,
                };
                scanned.map(|scanned| told(ui, scanned))
            }
        };
        Ok(Tools { format, validation, secrets })
    }
}

fn told(ui: &mut Ui, scanned: Scanned) -> Vec<crate::intake::secret_scan::SecretPlace> {
    for path in &scanned.too_large {
        warn(ui, &format!("`{}` is too large to scan for secrets", crate::intake::escape(path)));
    }
    scanned.secrets
}

fn given<T>(
    file: Option<&Path>,
    read: impl Fn(&str) -> Result<T, NoToolOutput>,
) -> Result<Option<T>, CliError> {
    let Some(file) = file else { return Ok(None) };
    let bytes = read_file(file)?;
    let name = file.display();
    read(&String::from_utf8_lossy(&bytes))
        .map(Some)
        .map_err(|error| CliError::failure(format!("`{name}`: {error}")).with_hint(error.hint()))
}

/// A path that a tool named, which ran where this program was started (`-C` changes nothing, as for files that are
/// read), from the book's directory.
pub(super) fn from_here(book: &Book, file: &str) -> String {
    let file = Path::new(file);
    let work_tree = book.repository.work_tree().and_then(|root| root.canonicalize().ok());
    let directory = std::env::current_dir().and_then(|directory| directory.canonicalize()).ok();
    let absolute = directory.map(|directory| directory.join(file));
    let in_repository = match (&work_tree, &absolute) {
        (Some(root), Some(absolute)) => absolute.strip_prefix(root).ok(),
        _ => None,
    };
    match in_repository {
        // `..` in it is resolved as text: the file need not be there.
        Some(path) => {
            let from_book = book.relative(&crate::book::slashes(path));
            book.relative(&book.in_repository(&from_book))
        }
        None => crate::book::slashes(file),
    }
}
