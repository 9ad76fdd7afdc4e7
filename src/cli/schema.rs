//! `changebook schema`

use super::error::CliError;
use super::ui::Ui;
use crate::diagnostic::nearest;
use crate::editor::schema::{SCHEMAS, schema};

/// Print the JSON Schema of a frontmatter, or of the settings in book.toml
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook schema task\n\
    \x20\x20changebook schema")]
pub(super) struct SchemaArgs {
    /// Which one; without it the names are listed
    name: Option<String>,
}

pub(super) fn run(ui: &mut Ui, args: &SchemaArgs) -> Result<(), CliError> {
    let Some(name) = &args.name else {
        return SCHEMAS.iter().try_for_each(|name| ui.line(*name));
    };
    match schema(name) {
        Some(schema) => ui.json(&schema),
        None => {
            let error = CliError::usage(format!("there is no schema `{name}`"));
            Err(match nearest(name, SCHEMAS) {
                Some(near) => error.with_hint(format!("did you mean `{near}`?")),
                None => error.with_hint(format!("one of {}", SCHEMAS.join(", "))),
            })
        }
    }
}
