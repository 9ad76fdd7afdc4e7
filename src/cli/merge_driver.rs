//! `changebook merge-driver`

use std::path::{Path, PathBuf};

use super::context::Context;
use super::error::CliError;
use super::ui::Ui;
use crate::act::{ActError, Texts, conflict_style, merge_by_lines, write_atomically};
use crate::editor::merge::{ConflictStyle, Markers, Merged, Versions, merge};

/// Merge three versions of a record; called by git
///
/// After `changebook init --git`, git runs this for every record that both sides changed. Frontmatter keys, sections
/// and items are merged separately, and both sides' ticks are kept. Conflicts get git's conflict markers. The result
/// overwrites OURS. Exit status 3 if there are conflicts.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook merge-driver base.md ours.md theirs.md\n\
    \x20\x20changebook init --git")]
pub(super) struct MergeDriverArgs {
    /// The common ancestor (%O)
    base: PathBuf,
    /// Our version; the result is written here (%A)
    ours: PathBuf,
    /// Their version (%B)
    theirs: PathBuf,
    /// Length of the conflict markers (%L)
    #[arg(long, value_name = "N", default_value_t = 7)]
    marker_size: usize,
    /// Label of the base in conflicts (%S)
    #[arg(long, value_name = "TEXT", default_value = "base", allow_hyphen_values = true)]
    base_label: String,
    /// Label of our side in conflicts (%X)
    #[arg(long, value_name = "TEXT", default_value = "ours", allow_hyphen_values = true)]
    ours_label: String,
    /// Label of their side in conflicts (%Y)
    #[arg(long, value_name = "TEXT", default_value = "theirs", allow_hyphen_values = true)]
    theirs_label: String,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &MergeDriverArgs) -> Result<(), CliError> {
    let place = |path: &PathBuf| context.directory.join(path);
    let read = |path: &PathBuf| {
        std::fs::read_to_string(place(path))
            .map_err(|error| CliError::failure(format!("`{}` cannot be read: {error}", path.display())))
    };
    let texts = Versions { base: read(&args.base)?, ours: read(&args.ours)?, theirs: read(&args.theirs)? };
    let markers = args.markers(&context.directory);
    let by_lines = |versions: Versions<&str>| by_lines(&context.directory, versions, &markers);
    let merged = merge(texts.as_ref().map(String::as_str), &markers, &by_lines)?;
    write_atomically(&place(&args.ours), merged.text.as_bytes())?;
    match merged.n_conflicts {
        0 => Ok(()),
        n_conflicts if context.json => {
            ui.json(&serde_json::json!({ "schema": "changebook.merge/1", "conflicts": n_conflicts }))?;
            Err(CliError::no())
        }
        _ => Err(CliError::no()),
    }
}

impl MergeDriverArgs {
    fn markers(&self, directory: &Path) -> Markers {
        // A git that does not know the placeholder leaves it as it is.
        let label = |given: &str, usual: &str| {
            if given.starts_with('%') { usual.to_owned() } else { given.to_owned() }
        };
        Markers {
            size: self.marker_size.clamp(1, 1000),
            labels: Versions {
                base: label(&self.base_label, "base"),
                ours: label(&self.ours_label, "ours"),
                theirs: label(&self.theirs_label, "theirs"),
            },
            style: ConflictStyle::parse(&conflict_style(directory)),
        }
    }
}

fn by_lines(directory: &Path, versions: Versions<&str>, markers: &Markers) -> Result<Merged, ActError> {
    let labels = &markers.labels;
    let texts = Texts {
        base: (versions.base, &labels.base),
        ours: (versions.ours, &labels.ours),
        theirs: (versions.theirs, &labels.theirs),
    };
    let (text, n_conflicts) = merge_by_lines(directory, texts, markers.size)?;
    Ok(Merged { text, n_conflicts })
}
