//! What `check` found, as other programs read it. Paths are from the root of the work tree.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::super::ui::escape;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::record::hex;

/// A workflow command; what the message holds cannot end it or begin another.
pub(super) fn github(diagnostic: &Diagnostic, path: &str) -> String {
    let data = |text: &str| {
        // A log is shown in a browser or on a terminal: what either would obey is spelled out.
        let lines = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
        escape(&lines)
    };
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    format!(
        "::{} file={},line={},col={},title={}::{}",
        diagnostic.severity.as_str(),
        property(path),
        diagnostic.line,
        diagnostic.column,
        diagnostic.code,
        data(&words(diagnostic))
    )
}

/// A report of GitLab's code quality. The fingerprint is of what is wrong and not of the line, so that a finding that
/// moves stays the same one.
pub(super) fn gitlab(found: &[Diagnostic], place: &dyn Fn(&str) -> String) -> Value {
    let mut seen: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    let issues = found.iter().map(|diagnostic| {
        let path = place(&diagnostic.path);
        let what = format!("{}\n{path}\n{}\n", diagnostic.code, diagnostic.message);
        let n = seen.entry(what.clone()).or_default();
        *n += 1;
        let fingerprint = hex(&Sha256::digest(format!("{what}{n}")));
        json!({
            "description": words(diagnostic),
            "check_name": diagnostic.code,
            "fingerprint": fingerprint,
            "severity": if diagnostic.severity == Severity::Error { "major" } else { "minor" },
            "location": { "path": path, "lines": { "begin": diagnostic.line } },
        })
    });
    issues.collect()
}

/// SARIF 2.1.0 (OASIS, 2020): one run with a rule for each code that was found.
pub(super) fn sarif(found: &[Diagnostic], place: &dyn Fn(&str) -> String) -> Value {
    let mut codes: Vec<Code> = found.iter().map(|diagnostic| diagnostic.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let rules: Vec<Value> = codes
        .iter()
        .map(|code| {
            json!({ "id": code, "shortDescription": { "text": code.summary() }, "help": { "text": code.remedy() } })
        })
        .collect();
    let results: Vec<Value> = found
        .iter()
        .map(|diagnostic| {
            json!({
                "ruleId": diagnostic.code,
                "ruleIndex": codes.iter().position(|code| *code == diagnostic.code),
                "level": diagnostic.severity.as_str(),
                "message": { "text": words(diagnostic) },
                "locations": [{ "physicalLocation": {
                    "artifactLocation": { "uri": uri(&place(&diagnostic.path)) },
                    "region": { "startLine": diagnostic.line, "startColumn": diagnostic.column },
                } }],
            })
        })
        .collect();
    let driver = json!({ "name": "changebook", "version": env!("CARGO_PKG_VERSION"), "rules": rules });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{ "tool": { "driver": driver }, "columnKind": "unicodeCodePoints", "results": results }],
    })
}

fn words(diagnostic: &Diagnostic) -> String {
    let help = diagnostic.help.as_deref().map_or_else(String::new, |help| format!(" ({help})"));
    format!("{}{help}", diagnostic.message)
}

/// A relative path as a URI reference (RFC 3986): what stands for itself there, and the rest by its bytes.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workflow_command_cannot_be_broken_out_of() {
        let diagnostic = Diagnostic::error(Code::IdMismatch, "a,b:c\n.md", "", 0..0, "x\n::error::y %");
        assert_eq!(
            github(&diagnostic, &diagnostic.path),
            "::error file=a%2Cb%3Ac%0A.md,line=1,col=1,title=id-mismatch::x%0A::error::y %25"
        );
        let diagnostic =
            Diagnostic::error(Code::IdMismatch, "a\u{1b}[2J.md", "", 0..0, "x\u{1b}]0;y\u{7}\u{202e}");
        assert_eq!(
            github(&diagnostic, &diagnostic.path),
            "::error file=a\\u{1b}[2J.md,line=1,col=1,title=id-mismatch::x\\u{1b}]0;y\\u{7}\\u{202e}"
        );
    }

    #[test]
    fn reports_name_places_and_know_a_finding_again() {
        let at = |line| {
            let message = "the file is not formatted";
            Diagnostic::at_line(Code::TerraformFormat, Severity::Warning, "../a b/ä.tf", (line, 1), message)
        };
        let place = |path: &str| path.trim_start_matches("../").to_owned();
        let issues = gitlab(&[at(1), at(2)], &place);
        assert_ne!(issues[0]["fingerprint"], issues[1]["fingerprint"]);
        assert_eq!(gitlab(&[at(7)], &place)[0]["fingerprint"], issues[0]["fingerprint"]);
        let result = &sarif(&[at(3)], &place)["runs"][0]["results"][0];
        let location = &result["locations"][0]["physicalLocation"];
        assert_eq!(location["artifactLocation"]["uri"], "a%20b/%C3%A4.tf");
        assert_eq!((&location["region"]["startLine"], &result["level"]), (&json!(3), &json!("warning")));
    }
}
