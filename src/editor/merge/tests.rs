//! One case of each rule, with git's merge by lines standing aside: what it cannot settle is settled here.

use std::convert::Infallible;

use super::*;

const BASE: &str = "+++\nid = \"A-1\"\n# How bad.\nrisk = \"low\"\nplan.staging = { add = 1 }\n\n[cost]\nmonthly = 4\n+++\n\n## What\n\n- [ ] a\n- [x] b\n";

/// Merges as if git could not settle anything.
fn merged(ours: &str, theirs: &str) -> Merged {
    let nothing = |_: Versions<&str>| -> Result<Merged, Infallible> {
        Ok(Merged { text: "<<<<<<< by lines\n".to_owned(), n_conflicts: 9 })
    };
    let labels = Versions { base: "base", ours: "ours", theirs: "theirs" }.map(str::to_owned);
    let markers = Markers { size: 7, labels, style: ConflictStyle::Merge };
    let Ok(merged) = merge(Versions { base: BASE, ours, theirs }, &markers, &nothing);
    merged
}

fn check(ours: [&str; 2], theirs: [&str; 2], expected: &str) {
    let edited = |[from, to]: [&str; 2]| {
        assert!(BASE.contains(from), "{from}");
        BASE.replacen(from, to, 1)
    };
    let merged = merged(&edited(ours), &edited(theirs));
    assert_eq!((merged.text.as_str(), merged.n_conflicts), (expected, expected.matches("<<<<<<<").count()));
}

#[test]
fn keys_of_the_frontmatter() {
    check(
        ["risk = \"low\"", "risk = \"high\""],
        ["plan.staging = { add = 1 }", "plan.staging = { add = 1 }\nplan.production = { add = 2 }"],
        &BASE.replace("\"low\"", "\"high\"").replace("1 }", "1 }\nplan.production = { add = 2 }"),
    );
    // The comment before a key goes with it.
    check(
        ["# How bad.\nrisk = \"low\"\n", ""],
        ["monthly = 4", "monthly = 5"],
        &BASE.replace("# How bad.\nrisk = \"low\"\n", "").replace("= 4", "= 5"),
    );
    // One value in two forms is no conflict.
    check(["\"low\"", "\"high\""], ["\"low\"", "'high'"], &BASE.replace("\"low\"", "\"high\""));
    check(
        ["\"low\"", "\"high\""],
        ["\"low\"", "\"medium\""],
        &BASE.replace(
            "risk = \"low\"",
            "<<<<<<< ours\nrisk = \"high\"\n=======\nrisk = \"medium\"\n>>>>>>> theirs",
        ),
    );
}

#[test]
fn ticks() {
    check(["[ ] a", "[x] a"], ["[x] b", "[ ] b"], &BASE.replace("[ ] a\n- [x] b", "[x] a\n- [ ] b"));
    check(["[ ] a", "[x] a"], ["[ ] a", "[x] a"], &BASE.replace("[ ] a", "[x] a"));
    check(
        ["- [ ] a\n", ""],
        ["[ ] a", "[x] a"],
        &BASE.replace("- [ ] a\n", "<<<<<<< ours\n=======\n- [x] a\n>>>>>>> theirs\n\n"),
    );
    check(
        ["- [x] b\n", "- [x] b\n- [x] c\n"],
        ["- [x] b\n", "- [x] b\n- [ ] c\n"],
        &BASE.replace("b\n", "b\n<<<<<<< ours\n- [x] c\n=======\n- [ ] c\n>>>>>>> theirs\n"),
    );
}

#[test]
fn a_moved_item_keeps_the_tick_of_the_other_side() {
    check(
        ["- [ ] a\n- [x] b\n", "- [x] b\n- [ ] a\n"],
        ["[ ] a", "[x] a"],
        &BASE.replace("- [ ] a\n- [x] b\n", "- [x] b\n- [x] a\n"),
    );
}

#[test]
fn sections_that_both_sides_added_are_two_or_a_conflict() {
    check(
        ["- [x] b\n", "- [x] b\n\n## Testing\n\nTry.\n"],
        ["- [x] b\n", "- [x] b\n\n## Rollback\n\nBack.\n"],
        &format!("{BASE}\n## Testing\n\nTry.\n\n## Rollback\n\nBack.\n"),
    );
    check(
        ["- [x] b\n", "- [x] b\n\n## Testing\n\nTry.\n"],
        ["- [x] b\n", "- [x] b\n\n## Testing\n\nTest.\n"],
        &format!("{BASE}\n## Testing\n\n<<<<<<< ours\nTry.\n=======\nTest.\n>>>>>>> theirs\n"),
    );
}

#[test]
fn without_a_record_that_can_be_read_git_decides() {
    assert_eq!(merged("no frontmatter", BASE).n_conflicts, 9);
    assert_eq!(merged(&BASE.replace("id =", "id"), BASE).n_conflicts, 9);
}
