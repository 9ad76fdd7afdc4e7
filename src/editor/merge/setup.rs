//! What git must be told to merge and compare records with the program.

/// The file that tells git which files are records, in the book's directory.
pub const ATTRIBUTES_FILE: &str = ".gitattributes";

/// The lines of [`ATTRIBUTES_FILE`].
const ATTRIBUTES: [&str; 3] = [
    "tasks/**/*.md merge=changebook diff=changebook",
    "cab/**/*.md merge=changebook diff=changebook",
    "runbooks/**/*.md merge=changebook diff=changebook",
];

/// Settings of git, by key. A driver that ends with anything but 0 (clean) or 3 (conflicts marked) has not done
/// its work: it is not installed, was killed, or failed. Git would then take our side without a marker, so git's
/// own merge is made instead.
pub const DRIVER_SETTINGS: [(&str, &str); 4] = [
    ("merge.changebook.name", "records of Changebook: by key, section and item"),
    (
        "merge.changebook.driver",
        "changebook merge-driver %O %A %B --marker-size %L --base-label %S --ours-label %X --theirs-label %Y; \
         s=$?; case $s in 0|3) exit $s;; esac; \
         exec git merge-file --marker-size=%L -L %X -L %S -L %Y %A %O %B",
    ),
    ("diff.changebook.xfuncname", "^##[ \t]+.*$"),
    ("diff.changebook.wordRegex", "\\[[ xX]\\]|[^[:space:]]+"),
];

/// Whether the text of [`ATTRIBUTES_FILE`] names all records.
pub fn has_attributes(text: &str) -> bool {
    ATTRIBUTES.iter().all(|line| text.lines().any(|found| found.trim() == *line))
}

/// The text with the lines that it lacks at its end.
pub fn with_attributes(text: &str) -> String {
    let mut new = text.to_owned();
    if !new.is_empty() && !new.ends_with('\n') {
        new.push('\n');
    }
    for line in ATTRIBUTES.iter().filter(|line| !text.lines().any(|found| found.trim() == **line)) {
        new.push_str(line);
        new.push('\n');
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_added_once() {
        let once = with_attributes("*.png binary");
        assert!(once.starts_with("*.png binary\ntasks/") && has_attributes(&once));
        assert_eq!(with_attributes(&once), once);
        assert!(!has_attributes("tasks/**/*.md merge=changebook"));
    }
}
