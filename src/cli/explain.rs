//! `changebook explain`

use serde::Serialize;

use super::context::Context;
use super::error::CliError;
use super::ui::{BOLD, INFORMATION, Ui, paint};
use crate::diagnostic::{Code, nearest};

/// Explain what a code means and how to fix it
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook explain approval-stale\n\
    \x20\x20changebook explain            (all codes)")]
pub(super) struct ExplainArgs {
    /// The code; without one, all codes are listed
    code: Option<String>,
}

#[derive(Serialize)]
struct Explanation {
    code: Code,
    summary: &'static str,
    remedy: &'static str,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &ExplainArgs) -> Result<(), CliError> {
    let codes: Vec<Code> = match &args.code {
        None => Code::ALL.to_vec(),
        Some(name) => vec![Code::parse(name).ok_or_else(|| unknown(name))?],
    };
    if context.json {
        let all: Vec<Explanation> = codes
            .iter()
            .map(|code| Explanation { code: *code, summary: code.summary(), remedy: code.remedy() })
            .collect();
        return ui.json(&serde_json::json!({ "schema": "changebook.explain/1", "codes": all }));
    }
    for code in &codes {
        ui.line(paint(BOLD, code.as_str()))?;
        ui.line(format!("  {}", code.summary()))?;
        ui.line(format!("  {} {}", paint(INFORMATION, "Fix:"), code.remedy()))?;
    }
    Ok(())
}

fn unknown(name: &str) -> CliError {
    let error = CliError::failure(format!("`{name}` is not a known code"));
    match nearest(name, Code::ALL.iter().map(|code| code.as_str())) {
        Some(near) => error.with_hint(format!("did you mean `{near}`?")),
        None => error.with_hint("`changebook explain` lists them all"),
    }
}
