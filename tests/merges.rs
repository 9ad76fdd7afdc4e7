//! The merge driver, asked by real `git`: merge, rebase, cherry-pick, stash, a missing or killed program.

use std::path::Path;

use crate::support::{Fixture, Run, task};

const PATH: &str = "tasks/INFRA-1.md";

/// A book whose git knows the driver, with one task.
fn book() -> Fixture {
    let mut book = Fixture::book();
    book.run(&["init", "--git"]).expect(0);
    use_driver(&book, env!("CARGO_BIN_EXE_changebook"));
    book.write(PATH, task("INFRA-1", "risk = \"medium\"\nwindow = \"standard\"\n"));
    book.commit("propose");
    book
}

/// The configured command with the program at that place.
fn use_driver(book: &Fixture, program: &str) {
    let command = book.git(&["config", "merge.changebook.driver"]);
    let (_, rest) = command.split_once(' ').unwrap();
    book.git(&["config", "merge.changebook.driver", &format!("{program} {rest}")]);
}

/// Makes a branch `other` and two commits, one on each side; stays on `main`.
fn both(book: &mut Fixture, ours: impl Fn(&Fixture), theirs: impl Fn(&Fixture)) {
    book.git(&["checkout", "-q", "-b", "other"]);
    theirs(book);
    book.person("sam").commit("theirs");
    book.git(&["checkout", "-q", "main"]);
    ours(book);
    book.person("kim").commit("ours");
}

fn merge(book: &Fixture) -> Run {
    let output = book.try_git(&book.root, &["merge", "-q", "--no-edit", "other"]);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Run { status: output.status.code().unwrap(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

fn replace(from: &'static str, to: &'static str) -> impl Fn(&Fixture) {
    move |book: &Fixture| book.replace(PATH, from, to)
}

#[test]
fn both_sides_ticks_are_kept_and_belong_to_whom_ticked() {
    let mut book = book();
    // Neighbouring lines: a merge by lines conflicts.
    both(
        &mut book,
        replace("[ ] Terraform code", "[x] Terraform code"),
        replace("[ ] Apply in staging", "[x] Apply in staging"),
    );
    merge(&book).expect(0);
    let text = book.read(PATH);
    assert!(text.contains("[x] Terraform code\n- [x] Apply in staging\n- [ ] Apply in production"), "{text}");
    let record = book.show("INFRA-1");
    let by = |item: &str| {
        let items = record["items"].as_array().unwrap();
        items.iter().find(|found| found["text"] == item).unwrap()["by"][0]["author"].clone()
    };
    assert_eq!((by("Terraform code"), by("Apply in staging")), ("kim".into(), "sam".into()));
}

#[test]
fn keys_sections_and_items_are_merged_each_by_itself() {
    let mut book = book();
    both(
        &mut book,
        |book| {
            book.replace(PATH, "risk = \"medium\"", "risk = \"high\"");
            book.replace(PATH, "## Approvals", "## Rollback\n\nGo back.\n\n## Approvals");
            book.replace(
                PATH,
                "- [ ] Apply in production\n",
                "- [ ] Apply in production\n- [ ] Watch the load\n",
            );
        },
        |book| {
            book.replace(PATH, "window = \"standard\"", "window = \"emergency\"\nservices = [\"api\"]");
            book.replace(PATH, "## Approvals", "## Testing\n\nTry it.\n\n## Approvals");
            book.replace(
                PATH,
                "- [ ] Apply in production\n",
                "- [ ] Apply in production\n- [x] Tell the team\n",
            );
        },
    );
    merge(&book).expect(0);
    let expected = task("INFRA-1", "risk = \"high\"\nwindow = \"emergency\"\nservices = [\"api\"]\n")
        .replace("## Approvals", "## Rollback\n\nGo back.\n\n## Testing\n\nTry it.\n\n## Approvals")
        .replace("Apply in production\n", "Apply in production\n- [ ] Watch the load\n- [x] Tell the team\n");
    assert_eq!(book.read(PATH), expected);
}

#[test]
fn what_is_in_doubt_has_the_markers_and_labels_of_git() {
    let mut book = book();
    both(
        &mut book,
        |book| {
            book.replace(PATH, "risk = \"medium\"", "risk = \"high\"");
            book.replace(PATH, "[ ] Security review", "[x] Security review");
        },
        |book| {
            book.replace(PATH, "risk = \"medium\"", "risk = \"low\"");
            book.replace(PATH, "[ ] DevOps lead review", "[x] DevOps lead review");
        },
    );
    let run = merge(&book).expect(1);
    assert!(run.stdout.contains("CONFLICT (content)"), "{}", run.stdout);
    let text = book.read(PATH);
    let conflict = "<<<<<<< HEAD\nrisk = \"high\"\n=======\nrisk = \"low\"\n>>>>>>> other\nwindow";
    assert!(text.contains(conflict), "{text}");
    assert!(text.contains("[x] Security review") && text.contains("[x] DevOps lead review"), "{text}");
    // The style is the user's.
    book.git(&["merge", "--abort"]);
    book.git(&["config", "merge.conflictStyle", "diff3"]);
    merge(&book).expect(1);
    let text = book.read(PATH);
    assert!(
        text.contains("risk = \"high\"\n||||||| ")
            && text.contains("\nrisk = \"medium\"\n=======\nrisk = \"low\"\n"),
        "{text}"
    );
}

#[test]
fn an_item_that_one_side_removed_and_the_other_ticked_is_a_conflict() {
    let mut book = book();
    both(
        &mut book,
        replace("- [ ] Apply in staging\n", ""),
        replace("[ ] Apply in staging", "[x] Apply in staging"),
    );
    merge(&book).expect(1);
    assert!(book.read(PATH).contains("- [x] Apply in staging\n>>>>>>> other"), "{}", book.read(PATH));
}

#[test]
fn an_item_that_both_sides_added_in_two_states_is_a_conflict_wherever_it_stands() {
    let mut book = book();
    both(
        &mut book,
        replace("## Notes\n", "## Notes\n\n- [ ] Customers told\n"),
        replace("## What\n", "## What\n\n- [x] Customers told\n"),
    );
    merge(&book).expect(1);
    let text = book.read(PATH);
    assert!(text.contains("<<<<<<< HEAD") && text.contains("[x] Customers told"), "{text}");
}

#[test]
fn a_clean_merge_by_lines_that_breaks_the_record_is_none() {
    let mut book = book();
    // Git merges both without a word, and the key stands twice.
    both(
        &mut book,
        |book| book.replace(PATH, "title", "downtime = \"30m\"\ntitle"),
        |book| book.replace(PATH, "window = \"standard\"\n", "window = \"standard\"\ndowntime = \"30m\"\n"),
    );
    merge(&book).expect(0);
    assert_eq!(book.read(PATH).matches("downtime").count(), 1);
    book.run(&["check"]).expect(0);
}

#[test]
fn two_records_of_one_number_are_never_made_one() {
    let mut book = book();
    both(
        &mut book,
        |book| book.write("tasks/INFRA-2.md", task("INFRA-2", "risk = \"low\"\n")),
        |book| {
            book.write(
                "tasks/INFRA-2.md",
                task("INFRA-2", "risk = \"high\"\n").replace("A change", "Another"),
            )
        },
    );
    let text = |book: &Fixture| book.read("tasks/INFRA-2.md");
    merge(&book).expect(1);
    let ours = text(&book);
    // Git's own result, byte for byte.
    book.git(&["merge", "--abort"]);
    book.git(&[
        "config",
        "merge.changebook.driver",
        "git merge-file --marker-size=%L -L %X -L %S -L %Y %A %O %B",
    ]);
    merge(&book).expect(1);
    assert_eq!(ours, text(&book));
}

#[test]
fn rebase_cherry_pick_stash_and_mergetool_ask_the_driver_too() {
    let tick = || {
        (
            replace("[ ] Terraform code", "[x] Terraform code"),
            replace("[ ] Apply in staging", "[x] Apply in staging"),
        )
    };
    let is_merged = |book: &Fixture| {
        let text = book.read(PATH);
        assert!(text.contains("[x] Terraform code\n- [x] Apply in staging"), "{text}");
    };
    let mut rebased = book();
    both(&mut rebased, tick().0, tick().1);
    rebased.git(&["rebase", "-q", "other"]);
    is_merged(&rebased);

    let mut picked = book();
    both(&mut picked, tick().0, tick().1);
    picked.git(&["cherry-pick", "other"]);
    is_merged(&picked);

    let mut stashed = book();
    tick().1(&stashed);
    stashed.git(&["stash", "-q"]);
    tick().0(&stashed);
    stashed.commit("ours");
    stashed.git(&["stash", "pop", "-q"]);
    is_merged(&stashed);

    let mut tooled = book();
    both(&mut tooled, tick().0, tick().1);
    // A merge that was made by lines, done again by the tool.
    tooled.git(&["config", "merge.changebook.driver", "git merge-file %A %O %B"]);
    merge(&tooled).expect(1);
    let program = env!("CARGO_BIN_EXE_changebook");
    let command =
        format!("cp \"$LOCAL\" \"$MERGED\" && {program} merge-driver \"$BASE\" \"$MERGED\" \"$REMOTE\"");
    tooled.git(&["config", "mergetool.changebook.cmd", &command]);
    tooled.git(&["config", "mergetool.changebook.trustExitCode", "true"]);
    tooled.git(&["mergetool", "--no-prompt", "--tool=changebook"]);
    is_merged(&tooled);
}

#[test]
fn a_program_that_is_missing_killed_or_broken_loses_nothing() {
    for program in ["no-such-changebook", "sh -c 'kill -9 $$' --", "sh -c 'exit 101' --", "false"] {
        let mut book = book();
        use_driver(&book, program);
        both(
            &mut book,
            replace("[ ] Terraform code", "[x] Terraform code"),
            replace("[ ] Apply in staging", "[x] Apply in staging"),
        );
        merge(&book).expect(1);
        let text = book.read(PATH);
        assert!(
            text.contains("<<<<<<< HEAD\n- [x] Terraform code\n- [ ] Apply in staging\n=======\n"),
            "{program}: {text}"
        );
        assert!(text.contains("- [x] Apply in staging\n>>>>>>> other\n"), "{program}: {text}");
        // And what git merges by itself is merged.
        book.git(&["merge", "--abort"]);
        book.git(&["reset", "-q", "--hard", "HEAD~1"]);
        book.replace(PATH, "A change", "Our change");
        book.commit("elsewhere");
        merge(&book).expect(0);
        assert!(book.read(PATH).contains("Our change") && book.read(PATH).contains("[x] Apply in staging"));
    }
}

#[test]
fn bytes_that_are_no_text_are_left_to_git() {
    let mut book = book();
    both(
        &mut book,
        |book| book.write(PATH, [book.read(PATH).as_bytes(), b"\xff\n"].concat()),
        replace("[ ] Apply in staging", "[x] Apply in staging"),
    );
    merge(&book).expect(0);
    let bytes = std::fs::read(book.root.join(PATH)).unwrap();
    assert!(bytes.ends_with(b"\xff\n") && String::from_utf8_lossy(&bytes).contains("[x] Apply in staging"));
}

#[test]
fn line_ends_stay_as_they_are() {
    let mut book = Fixture::book();
    book.run(&["init", "--git"]).expect(0);
    use_driver(&book, env!("CARGO_BIN_EXE_changebook"));
    book.write(PATH, task("INFRA-1", "").replace('\n', "\r\n"));
    book.commit("propose");
    both(&mut book, replace("[ ] Terraform code", "[x] Terraform code"), |book| {
        book.replace(PATH, "[ ] Apply in staging", "[x] Apply in staging");
        book.replace(PATH, "## Notes\r\n", "## Testing\r\n\r\nTry.\r\n\r\n## Notes\r\n");
    });
    merge(&book).expect(0);
    let text = book.read(PATH);
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "{text:?}");
    assert!(
        text.contains("[x] Terraform code")
            && text.contains("[x] Apply in staging")
            && text.contains("## Testing")
    );
}

#[test]
fn a_criss_cross_merge_ends_and_keeps_all_ticks() {
    let mut book = book();
    both(
        &mut book,
        replace("[ ] Terraform code", "[x] Terraform code"),
        replace("[ ] Apply in staging", "[x] Apply in staging"),
    );
    let ours = book.head();
    merge(&book).expect(0);
    book.git(&["checkout", "-q", "other"]);
    book.git(&["merge", "-q", "--no-edit", &ours]);
    book.replace(PATH, "[ ] Security review", "[x] Security review");
    book.commit("theirs again");
    book.git(&["checkout", "-q", "main"]);
    book.replace(PATH, "[ ] DevOps lead review", "[x] DevOps lead review");
    book.commit("ours again");
    merge(&book).expect(0);
    assert_eq!(book.read(PATH).matches("[x]").count(), 4, "{}", book.read(PATH));
}

#[test]
fn check_finds_what_a_merge_lost() {
    let mut book = book();
    book.person("sam").later().tick(PATH, "Security review");
    both(
        &mut book,
        |book| book.write("other.txt", "x"),
        |book| book.replace(PATH, "[x] Security review", "[ ] Security review"),
    );
    // As a hand does that resolves with the wrong side, or a tool that keeps ours.
    let ticked = book.read(PATH);
    book.git(&["merge", "-q", "--no-commit", "other"]);
    book.write(PATH, ticked);
    let merge = book.commit("merge");
    let check = book.run(&["check"]).expect(0);
    assert!(check.stdout.contains("merge-lost") && check.stdout.contains(&merge[..7]), "{}", check.stdout);
    book.untick(PATH, "Security review");
    assert!(!book.run(&["check"]).stdout.contains("merge-lost"));
}

#[test]
fn init_sets_git_up_once_and_keeps_what_is_there() {
    let book = Fixture::empty();
    book.write(".gitattributes", "*.png binary\n");
    book.run(&["init", "--git"]).expect(0);
    let attributes = book.read(".gitattributes");
    assert!(attributes.starts_with("*.png binary\ntasks/**/*.md merge=changebook"), "{attributes}");
    book.run(&["init", "--git"]).expect(0);
    assert_eq!(book.read(".gitattributes"), attributes);
    let checked = book.git(&[
        "check-attr",
        "merge",
        "tasks/INFRA-1.md",
        "tasks/2026/INFRA-2.md",
        "cab/CAB-1.md",
        "docs/index.md",
    ]);
    assert_eq!(checked.matches(": changebook").count(), 3, "{checked}");
    assert!(!Path::new(&book.root).join("tasks/x").exists());
}

#[test]
fn a_diff_names_the_section() {
    let mut book = book();
    book.replace(PATH, "[ ] Apply in production", "[x] Apply in production");
    let diff = book.git(&["diff", "-U0"]);
    assert!(diff.contains("@@ ## Deployment"), "{diff}");
    let words = book.git(&["diff", "-U0", "--word-diff=plain"]);
    assert!(words.contains("- [-[ ]-]{+[x]+} Apply in production"), "{words}");
    book.commit("tick");
}
