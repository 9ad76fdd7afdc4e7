//! What evidence puts into a section that people write in too.

/// A section's new text: the block that evidence put there before is replaced where it stands, template's words
/// give way, and what people wrote stays.
///
/// A block is a line for which `begins` holds and the list below it. `block` begins with such a line.
pub fn with_block(
    section: &str,
    block: &str,
    begins: &dyn Fn(&str) -> bool,
    is_guidance: &dyn Fn(&str) -> bool,
) -> String {
    let lines: Vec<&str> = section.trim_matches(['\n', '\r']).lines().collect();
    if is_guidance(section) {
        return block.trim_end().to_owned();
    }
    let Some(start) = lines.iter().position(|line| begins(line)) else {
        return format!("{}\n\n{}", lines.join("\n").trim_end(), block.trim_end());
    };
    let belongs = |line: &&&str| line.trim().is_empty() || line.starts_with("- ") || line.starts_with("  ");
    let mut n_lines = lines[start + 1..].iter().take_while(belongs).count();
    while n_lines > 0 && lines[start + n_lines].trim().is_empty() {
        n_lines -= 1;
    }
    let before = &lines[..start];
    let after = &lines[start + 1 + n_lines..];
    [before, &[block.trim_end()], after].concat().join("\n")
}

/// A section that lists paths, one in each item: those items give way to `paths`, and what people wrote stays.
pub fn with_paths(section: &str, paths: &[String], is_guidance: &dyn Fn(&str) -> bool) -> String {
    let list: Vec<String> = paths.iter().map(|path| format!("- `{path}`")).collect();
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

#[cfg(test)]
mod tests {
    use super::*;

    fn put(section: &str) -> String {
        let begins = |line: &str| line.starts_with("Manifests for production: ");
        let is_guidance = |text: &str| text.trim().is_empty() || text.contains("_Each change_");
        with_block(section, "Manifests for production: 1 changed\n\n- new\n", &begins, &is_guidance)
    }

    #[test]
    fn the_block_is_put_and_replaced_and_the_rest_stays() {
        const BLOCK: &str = "Manifests for production: 1 changed\n\n- new";
        for (section, expected) in [
            ("", BLOCK.to_owned()),
            ("\n_Each change_\n", BLOCK.to_owned()),
            ("\nMore pods.\n", format!("More pods.\n\n{BLOCK}")),
            ("Manifests for production: 9 changed\n\n- old\n  - older\n", BLOCK.to_owned()),
            (
                "Before.\n\nManifests for production: 9 changed\n\n- old\n\nManifests for staging: 1\n\n- s\n",
                format!("Before.\n\n{BLOCK}\n\nManifests for staging: 1\n\n- s"),
            ),
        ] {
            let once = put(section);
            assert_eq!(once, expected, "{section}");
            assert_eq!(put(&once), once, "twice: {section}");
        }
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
