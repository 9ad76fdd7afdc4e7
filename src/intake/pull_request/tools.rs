//! What other tools said of a change: read once, for the checklist of a pull request and for `check`.

use serde::Deserialize;

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::intake::secret_scan::{SecretPlace, Suspicion, look, scan_diff};

/// What is known of a change besides its record; `None` where nobody looked.
#[derive(Debug, Clone, Default)]
pub struct Tools {
    /// What `terraform fmt -check` said.
    pub format: Option<Format>,
    /// What `terraform validate -json` said.
    pub validation: Option<Validation>,
    /// The lines added that look as if they held a secret.
    pub secrets: Option<Vec<SecretPlace>>,
}

/// The files that are not formatted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    /// As the tool names them: from the directory where it ran.
    pub files: Vec<String>,
}

/// Whether the configuration is valid, and what the tool has to say.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Validation {
    /// The tool's own verdict.
    pub valid: bool,
    /// Errors and warnings.
    #[serde(default, rename = "diagnostics")]
    pub problems: Vec<Problem>,
}

/// One remark of `terraform validate`. The excerpt of the code that comes with it is left out: it may hold a secret.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Problem {
    severity: String,
    summary: String,
    #[serde(default)]
    detail: String,
    range: Option<ProblemRange>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct ProblemRange {
    filename: String,
    start: ProblemStart,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct ProblemStart {
    line: usize,
    column: usize,
}

/// Why what was given is not what a tool prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoToolOutput {
    /// Something else than a list of files.
    #[error("that is not the output of `terraform fmt -check`: it is not empty, but names no file")]
    Format,
    /// Something else than one JSON document with a verdict.
    #[error("that is not the output of `terraform validate -json`")]
    Validation,
    /// Text without a file's header.
    #[error("that is not the output of `git diff`: it is not empty, but names no file")]
    Diff,
}

impl NoToolOutput {
    /// What to give instead.
    pub fn hint(self) -> &'static str {
        match self {
            NoToolOutput::Format => "give the output of `terraform fmt -check -recursive`",
            NoToolOutput::Validation => "give the output of `terraform validate -json`",
            NoToolOutput::Diff => {
                "give the output of `git diff main...`, or the commits: `--range main..HEAD`"
            }
        }
    }
}

/// Endings of the files that `terraform fmt` looks at; OpenTofu's own among them.
const FORMATTED: [&str; 5] = [".tf", ".tfvars", ".tofu", ".tftest.hcl", ".tofutest.hcl"];

impl Format {
    /// Reads the output of `terraform fmt -check`, with or without `-diff`.
    ///
    /// # Errors
    /// [`NoToolOutput::Format`] for a text that is not empty and names no file.
    pub fn read(output: &str) -> Result<Self, NoToolOutput> {
        let lines = output.lines().map(str::trim);
        let is_file = |line: &&str| {
            let changed = ["+", "-", "@@"].iter().any(|mark| line.starts_with(mark));
            !changed && FORMATTED.iter().any(|ending| line.ends_with(ending)) && !line.contains(": ")
        };
        let files: Vec<String> = lines.filter(is_file).map(str::to_owned).collect();
        match files.is_empty() && !output.trim().is_empty() {
            true => Err(NoToolOutput::Format),
            false => Ok(Format { files }),
        }
    }
}

impl Validation {
    /// Reads the output of `terraform validate -json`.
    ///
    /// # Errors
    /// [`NoToolOutput::Validation`] for anything else.
    pub fn read(output: &str) -> Result<Self, NoToolOutput> {
        serde_json::from_str(output.trim_start_matches('\u{feff}')).map_err(|_| NoToolOutput::Validation)
    }
}

/// Looks for secrets in the output of `git diff`.
///
/// # Errors
/// [`NoToolOutput::Diff`] for a text that is not empty and names no file: "none found" would be wrong.
pub fn secrets_in_diff(diff: &str) -> Result<Vec<SecretPlace>, NoToolOutput> {
    let is_header = |line: &str| line.starts_with("diff --git ") || line.starts_with("+++ ");
    match diff.trim().is_empty() || diff.lines().any(is_header) {
        true => Ok(scan_diff(diff)),
        false => Err(NoToolOutput::Diff),
    }
}

impl Tools {
    /// What is wrong, where. A tool names files from the directory where it ran, a diff from the root of the work
    /// tree: `here` and `from_root` turn each into a path from the book's directory.
    pub fn diagnostics(
        &self,
        here: &dyn Fn(&str) -> String,
        from_root: &dyn Fn(&str) -> String,
    ) -> Vec<Diagnostic> {
        let files = self.format.iter().flat_map(|format| &format.files).map(|file| {
            let message = "the file is not formatted";
            Diagnostic::at_line(Code::TerraformFormat, Severity::Warning, &here(file), (1, 1), message)
                .with_help("run `terraform fmt -recursive`")
        });
        let problems = self.validation.iter().flat_map(|validation| validation.diagnostics(here));
        let secrets = self.secrets.iter().flatten().map(|place| secret(place, from_root(&place.path)));
        files.chain(problems).chain(secrets).collect()
    }
}

impl Validation {
    fn diagnostics(&self, here: &dyn Fn(&str) -> String) -> Vec<Diagnostic> {
        let mut found: Vec<Diagnostic> =
            self.problems.iter().map(|problem| problem.diagnostic(here)).collect();
        // A verdict without a reason is a verdict all the same.
        if !self.valid && !found.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
            let message = "`terraform validate` reports that the configuration is not valid";
            let code = Code::TerraformInvalid;
            found.push(Diagnostic::at_line(code, Severity::Error, &here("."), (1, 1), message));
        }
        found
    }
}

impl Problem {
    fn diagnostic(&self, here: &dyn Fn(&str) -> String) -> Diagnostic {
        let severity = if self.severity == "warning" { Severity::Warning } else { Severity::Error };
        let (file, place) = self
            .range
            .as_ref()
            .map_or((".", (1, 1)), |range| (range.filename.as_str(), (range.start.line, range.start.column)));
        let summary = words(&self.summary).unwrap_or_else(|| "it is not valid".to_owned());
        let found = Diagnostic::at_line(Code::TerraformInvalid, severity, &here(file), place, summary);
        match words(&self.detail) {
            Some(detail) => found.with_help(detail),
            None => found,
        }
    }
}

/// The tool's words on one line; `None` for none, and for such as hold what looks like a secret.
fn words(text: &str) -> Option<String> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_secret = text.lines().any(|line| look(line).is_some()) || look(&line).is_some();
    (!line.is_empty() && !is_secret).then_some(line)
}

fn secret(place: &SecretPlace, path: String) -> Diagnostic {
    let severity = match place.suspicion {
        Suspicion::Form(_) => Severity::Error,
        Suspicion::Name => Severity::Warning,
    };
    let what = place.suspicion.words();
    let (message, help) = match &place.only_in {
        None => (
            format!("this line looks like it contains {what}"),
            "remove it from the branch's history too, and rotate it if it was pushed".to_owned(),
        ),
        Some(commit) => (
            format!(
                "line {} in {commit} looks like it contains {what}; later commits removed it",
                place.line
            ),
            "it is still in the history: rewrite the branch without it, and rotate it if it was pushed"
                .to_owned(),
        ),
    };
    let line = if place.only_in.is_some() { 1 } else { place.line };
    Diagnostic::at_line(Code::SecretSuspect, severity, &path, (line, 1), message).with_help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_not_formatted() {
        let files = |output: &str| Format::read(output).map(|format| format.files);
        assert_eq!(files(""), Ok(vec![]));
        assert_eq!(files("main.tf\nmodules/a b/x.tfvars\n").unwrap(), ["main.tf", "modules/a b/x.tfvars"]);
        let with_diff = "main.tf\n--- old/main.tf\n+++ new/main.tf\n@@ -1 +1 @@\n-a=1\n+a = 1\n";
        assert_eq!(files(with_diff).unwrap(), ["main.tf"]);
        assert_eq!(files("Error: no file main.tf"), Err(NoToolOutput::Format));
        assert_eq!(files("zsh: command not found: terraform"), Err(NoToolOutput::Format));
    }

    #[test]
    fn remarks_keep_their_place_and_never_the_code() {
        let output = r#"{"format_version":"1.0","valid":false,"error_count":1,"warning_count":1,"diagnostics":[
            {"severity":"error","summary":"Unsupported argument","detail":"An argument named\n\"colour\" is not expected here.",
             "range":{"filename":"main.tf","start":{"line":3,"column":5,"byte":40},"end":{"line":3,"column":9,"byte":44}},
             "snippet":{"context":"resource","code":"  password = \"planted-one\"","start_line":3}},
            {"severity":"warning","summary":"Deprecated","detail":"password = \"planted-two\""}]}"#;
        let tools = Tools { validation: Some(Validation::read(output).unwrap()), ..Tools::default() };
        let found = tools.diagnostics(&|file| format!("infra/{file}"), &str::to_owned);
        let told: Vec<String> =
            found.iter().map(|d| format!("{}:{}:{} {d:?}", d.path, d.line, d.column)).collect();
        assert!(
            told[0].starts_with("infra/main.tf:3:5 ")
                && told[0].contains("An argument named \\\"colour\\\" is")
        );
        assert!(told[1].starts_with("infra/.:1:1 ") && found[1].severity == Severity::Warning);
        assert!(!told.join("\n").contains("planted"), "{told:?}");
        for other in ["", "{}", "[]", "null", "Success! The configuration is valid.", "{\"valid\":\"yes\"}"] {
            assert_eq!(Validation::read(other), Err(NoToolOutput::Validation), "{other}");
        }
    }

    #[test]
    fn a_verdict_without_a_reason_is_an_error() {
        let tools = Tools { validation: Validation::read(r#"{"valid":false}"#).ok(), ..Tools::default() };
        let found = tools.diagnostics(&str::to_owned, &str::to_owned);
        assert_eq!((found.len(), found[0].severity), (1, Severity::Error));
    }

    #[test]
    fn what_is_no_diff_is_not_called_clean() {
        assert_eq!(secrets_in_diff(""), Ok(vec![]));
        assert_eq!(secrets_in_diff("fatal: bad revision"), Err(NoToolOutput::Diff));
    }
}
