//! Lines of code that a reader need not see: those that make an example whole, as mdBook marks them.

/// A block with and without its hidden lines.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lines {
    pub(super) shown: String,
    /// With the hidden lines, where there are any.
    pub(super) whole: Option<String>,
}

/// Rust's: lines that begin with `# `; `##` is a `#` that is shown.
pub(super) fn of_rust(text: &str) -> Lines {
    split(text, |line| {
        let code = line.trim_start();
        let blank = &line[..line.len() - code.len()];
        match code.strip_prefix('#') {
            Some("") => Line::Hidden(blank.to_owned()),
            Some(rest) if rest.starts_with('#') => Line::Shown(format!("{blank}{rest}")),
            Some(rest) => match rest.strip_prefix(' ') {
                Some(rest) => Line::Hidden(format!("{blank}{rest}")),
                None => Line::Shown(line.to_owned()),
            },
            None => Line::Shown(line.to_owned()),
        }
    })
}

/// Of other languages: lines that begin with a prefix of the block or the settings.
pub(super) fn of_prefix(text: &str, prefix: &str) -> Lines {
    split(text, |line| {
        let code = line.trim_start();
        match code.strip_prefix(prefix) {
            Some(rest) => Line::Hidden(format!("{}{rest}", &line[..line.len() - code.len()])),
            None => Line::Shown(line.to_owned()),
        }
    })
}

enum Line {
    Shown(String),
    Hidden(String),
}

fn split(text: &str, read: impl Fn(&str) -> Line) -> Lines {
    let (mut shown, mut whole, mut hides) = (String::new(), String::new(), false);
    for line in text.lines() {
        let line = match read(line) {
            Line::Shown(line) => {
                shown.push_str(&line);
                shown.push('\n');
                line
            }
            Line::Hidden(line) => {
                hides = true;
                line
            }
        };
        whole.push_str(&line);
        whole.push('\n');
    }
    Lines { shown, whole: hides.then_some(whole) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_lines_are_those_of_mdbook() {
        let lines = of_rust("# fn main() {\n    let x = 1;\n#\n    # y();\n## z\n#[test]\n#![a]\n# }\n");
        assert_eq!(lines.shown, "    let x = 1;\n# z\n#[test]\n#![a]\n");
        let whole = "fn main() {\n    let x = 1;\n\n    y();\n# z\n#[test]\n#![a]\n}\n";
        assert_eq!(lines.whole.as_deref(), Some(whole));
        assert_eq!(of_rust("a\n"), Lines { shown: "a\n".to_owned(), whole: None });
        let lines = of_prefix("~import x\n  ~y\nz ~\n", "~");
        assert_eq!((lines.shown.as_str(), lines.whole.as_deref()), ("z ~\n", Some("import x\n  y\nz ~\n")));
    }
}
