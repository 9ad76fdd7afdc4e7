//! Code blocks in colour, by classes that both colour schemes know.
//!
//! This is the slow part of a page, so blocks are remembered by language and text (see [`Memory`]), and the
//! grammars are loaded only for a block that is not. What is done depends on sizes alone and never on a clock:
//! the same text gives the same bytes.

mod classes;
mod prompt;

use std::sync::LazyLock;

use syntect::parsing::{ParseState, ScopeStack, SyntaxReference, SyntaxSet};
use syntect::util::LinesWithEndings;

use super::memory::{Kind, Memory};
use super::text::{push_escaped, visible};
use classes::Painter;

/// Largest block that is read by a grammar, in bytes.
const MAX_BLOCK: usize = 32 * 1024;
/// Longest line of such a block, in bytes: some grammars take time that grows with its square.
const MAX_LINE: usize = 400;
/// How much code of one page is read by grammars, in bytes.
pub(super) const MAX_PAGE: usize = 128 * 1024;

static GRAMMARS: LazyLock<SyntaxSet> = LazyLock::new(two_face::syntax::extra_newlines);

/// The block's text as HTML with a class on each part that its grammar names; `None` where it stays plain: in
/// a language that is not known, or too large.
///
/// Nothing in it comes from the text but escaped characters.
pub(super) fn highlighted(language: &str, text: &str, memory: Option<&dyn Memory>) -> Option<String> {
    let language = language.to_ascii_lowercase();
    if language.is_empty() || text.len() > MAX_BLOCK || text.lines().any(|line| line.len() > MAX_LINE) {
        return None;
    }
    let Some(memory) = memory else { return fresh(&language, text) };
    let key = Kind::Code.key(&[language.as_bytes(), text.as_bytes()]);
    // An empty answer says that the language is not known.
    let kept = memory.get(&key).and_then(|bytes| std::str::from_utf8(&bytes).ok().map(str::to_owned));
    let html = kept.unwrap_or_else(|| {
        let html = fresh(&language, text).unwrap_or_default();
        memory.put(key, html.as_bytes());
        html
    });
    Some(html).filter(|html| !html.is_empty())
}

fn fresh(language: &str, text: &str) -> Option<String> {
    if prompt::is_session(language) {
        return Some(prompt::highlighted(text, shell()?));
    }
    Some(painted(text, grammar(language)?))
}

fn shell() -> Option<&'static SyntaxReference> {
    grammar("sh")
}

fn grammar(language: &str) -> Option<&'static SyntaxReference> {
    let name = match language {
        "" | "text" | "txt" | "plain" | "plaintext" | "mermaid" => return None,
        "terraform" | "opentofu" | "tofu" | "hcl2" => "tf",
        "shell" => "sh",
        "yml" | "helm" | "k8s" | "kubernetes" => "yaml",
        "jsonc" | "json5" | "jsonl" | "ndjson" => "json",
        "golang" => "go",
        "docker" => "dockerfile",
        "env" | "dotenv" => "ini",
        other => other,
    };
    GRAMMARS.find_syntax_by_token(name).filter(|found| found.name != "Plain Text")
}

/// The text with its parts in spans.
fn painted(text: &str, grammar: &SyntaxReference) -> String {
    let mut painter = Painter::new(text.len());
    let mut reader = Reader::new(grammar);
    for line in LinesWithEndings::from(text) {
        reader.line(line, &mut painter);
    }
    painter.finish()
}

/// A grammar as it stands between two lines.
struct Reader {
    state: ParseState,
    stack: ScopeStack,
    failed: bool,
}

impl Reader {
    fn new(grammar: &SyntaxReference) -> Self {
        Reader { state: ParseState::new(grammar), stack: ScopeStack::new(), failed: false }
    }

    /// Paints one line. Where the grammar fails, the rest of the block stays plain.
    fn line(&mut self, line: &str, painter: &mut Painter) {
        let mut done = 0;
        if !self.failed {
            match self.state.parse_line(line, &GRAMMARS) {
                Ok(operations) => {
                    for (at, operation) in operations {
                        // The grammar's places are those of whole characters.
                        let Some(part) = line.get(done..at) else { continue };
                        let class = painter.class(self.stack.as_slice());
                        painter.push(part, class);
                        done = at;
                        self.failed |= self.stack.apply(&operation).is_err();
                    }
                }
                Err(_) => self.failed = true,
            }
        }
        let class = if self.failed { None } else { painter.class(self.stack.as_slice()) };
        painter.push(&line[done..], class);
    }
}

/// Appends a part of a block, with deceptive characters written out as everywhere else.
pub(super) fn push_text(out: &mut String, text: &str) {
    push_escaped(out, &visible(text));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(language: &str, text: &str) -> String {
        let html = highlighted(language, text, None).unwrap_or_else(|| "plain".to_owned());
        html.replace("<span class=\"h", "<").replace("\">", ">").replace("</span>", "</>")
    }

    #[test]
    fn the_languages_of_infrastructure_are_known() {
        for (language, text, expected) in [
            (
                "hcl",
                "a = \"x-${var.b}\" # c",
                "<v>a</> = <s>&quot;x-</>${<n>var</>.<v>b</>}<s>&quot;</> <c># c</>",
            ),
            ("terraform", "count = 1", "<v>count</> = <n>1</>"),
            ("yaml", "on: [a, 3]", "<n>on</>: [<s>a</>, <n>3</>]"),
            ("yaml", "spec: \"x\"", "<t>spec</>: <s>&quot;x&quot;</>"),
            ("toml", "[a]\nk = true", "[<t>a</>]\n<t>k</> = <n>true</>"),
            ("json", "{\"k\": \"v\"}", "{<t>&quot;k&quot;</>: <s>&quot;v&quot;</>}"),
            ("sh", "ls -l | wc", "<f>ls</> <v>-l</> | <f>wc</>"),
            ("console", "$ ls -l\n<b>", "<c>$</> <f>ls</> <v>-l</>\n&lt;b&gt;"),
            ("diff", "-a\n+b\n", "<d>-a</>\n<i>+b</>\n"),
        ] {
            assert_eq!(shown(language, text), expected, "{language}: {text}");
        }
        for language in
            ["dockerfile", "rust", "python", "go", "sql", "ini", "nginx", "xml", "css", "rego", "bash"]
        {
            assert!(highlighted(language, "x = 1", None).is_some(), "{language}");
        }
    }

    #[test]
    fn other_languages_and_large_blocks_stay_plain() {
        let long_line = "a".repeat(MAX_LINE + 1);
        let large = "a\n".repeat(MAX_BLOCK / 2 + 1);
        for (language, text) in [
            ("", "a"),
            ("mermaid", "graph TD"),
            ("no-such", "a"),
            ("text", "a"),
            ("yaml", long_line.as_str()),
            ("yaml", large.as_str()),
        ] {
            assert_eq!(highlighted(language, text, None), None, "{language}");
        }
    }

    #[test]
    fn the_text_is_escaped_and_whole() {
        for text in
            ["</code><script>alert(1)</script>", "a\u{202E}b", "ä€😀 'x' \"y\" & z", "\u{0}", "\r\n\r\n"]
        {
            for language in ["sh", "yaml", "rust", "html", "console", "json"] {
                let html = highlighted(language, text, None).unwrap();
                let mut bare = html.replace("</span>", "");
                while let Some(start) = bare.find("<span class=\"h") {
                    bare.replace_range(start..start + "<span class=\"hx\">".len(), "");
                }
                let mut expected = String::new();
                push_text(&mut expected, text);
                assert_eq!(bare, expected, "{language}");
            }
        }
    }

    /// Every nested line stays on the grammar's stack.
    #[test]
    fn deep_nesting_takes_no_time_that_grows_with_its_depth() {
        for (language, open) in [("sh", "$(("), ("json", "["), ("rust", "{"), ("hcl", "["), ("yaml", "[")] {
            let line = open.repeat(300 / open.len());
            let text = format!("{line}\n").repeat(MAX_BLOCK / 301);
            assert!(highlighted(language, &text, None).is_some());
        }
    }
}
