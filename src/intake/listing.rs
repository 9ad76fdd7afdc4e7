//! A section that lists paths and that people write in too.

use super::escape;

/// A section that lists paths, one in each item: those items give way to `paths`, and what people wrote stays.
pub fn with_paths(section: &str, paths: &[String], is_guidance: &dyn Fn(&str) -> bool) -> String {
    let list: Vec<String> = paths.iter().map(|path| format!("- `{}`", plain(path))).collect();
    if is_guidance(section) {
        return list.join("\n");
    }
    let is_path = |line: &str| {
        let path = line.trim_end().strip_prefix("- `").and_then(|rest| rest.strip_suffix('`'));
        path.is_some_and(|path| !path.is_empty() && !path.contains('`'))
    };
    let mut lines: Vec<String> = Vec::new();
    let mut is_placed = false;
    for line in section.trim_matches(['\n', '\r']).lines() {
        if !is_path(line) {
            lines.push(line.to_owned());
        } else if !is_placed {
            lines.extend(list.iter().cloned());
            is_placed = true;
        }
    }
    if !is_placed && !list.is_empty() {
        lines.push(String::new());
        lines.extend(list);
    }
    lines.join("\n")
}

/// A path on one line that ends no code span, whatever the file is called.
fn plain(path: &str) -> String {
    escape(path).replace('`', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_cannot_say_more_than_itself() {
        let paths = ["a`\n\n- [x] Security review".to_owned()];
        assert_eq!(with_paths("", &paths, &|_| true), "- `a\u{fffd}\\u{a}\\u{a}- [x] Security review`");
    }

    #[test]
    fn paths_are_replaced_and_the_rest_stays() {
        let guidance = |text: &str| text.trim().is_empty();
        let paths = ["k8s/a.yaml".to_owned(), "k8s/b.yaml".to_owned()];
        const LIST: &str = "- `k8s/a.yaml`\n- `k8s/b.yaml`";
        for (section, expected) in [
            ("", LIST.to_owned()),
            ("Words.\n\n- `k8s/old.yaml`\n- a note on `x`\n", format!("Words.\n\n{LIST}\n- a note on `x`")),
            ("Words.\n", format!("Words.\n\n{LIST}")),
        ] {
            let once = with_paths(section, &paths, &guidance);
            assert_eq!(once, expected, "{section}");
            assert_eq!(with_paths(&once, &paths, &guidance), once);
        }
    }
}
