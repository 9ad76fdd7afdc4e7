//! `changebook schema`

use super::error::CliError;
use super::ui::Ui;
use crate::diagnostic::nearest;
use crate::editor::schema::{schema, schemas};

/// Print the JSON Schema of frontmatter, policy.toml, book.toml, or a command's `--json` output
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook schema task\n\
    \x20\x20changebook schema gate\n\
    \x20\x20changebook schema")]
pub(super) struct SchemaArgs {
    /// The schema; without one, all names are listed
    name: Option<String>,
}

pub(super) fn run(ui: &mut Ui, args: &SchemaArgs) -> Result<(), CliError> {
    let Some(name) = &args.name else {
        return schemas().try_for_each(|name| ui.line(name));
    };
    match schema(name) {
        Some(schema) => ui.json(&schema),
        None => {
            let error = CliError::usage(format!("`{name}` is not a known schema"));
            Err(match nearest(name, schemas()) {
                Some(near) => error.with_hint(format!("did you mean `{near}`?")),
                None => error.with_hint(format!("one of {}", schemas().collect::<Vec<_>>().join(", "))),
            })
        }
    }
}
