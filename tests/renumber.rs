//! Two records of one ID after a merge or a rebase, and renumbering by hand.

use crate::support::{Fixture, task};

/// Two branches take INFRA-2, each with a record that follows it and a page that names it; `main` lands first.
pub(crate) fn collided(ours: &str, theirs: &str) -> Fixture {
    let mut book = Fixture::book();
    book.write("tasks/INFRA-1.md", task("INFRA-1", ""));
    book.write("docs/index.md", "# Pages\n\nSee tasks.\n");
    book.write("docs/SUMMARY.md", "# Summary\n\n[Pages](index.md)\n");
    book.commit("start");
    book.git(&["checkout", "-q", "-b", "side"]);
    book.person("sam").later().write(theirs, task("INFRA-2", "").replace("A change", "Theirs"));
    book.write("tasks/INFRA-3.md", task("INFRA-3", "follows = [\"INFRA-2\"]\n"));
    book.replace("docs/index.md", "See tasks.", "See tasks.\n\nINFRA-2 is theirs.");
    book.commit("theirs");
    book.git(&["checkout", "-q", "main"]);
    book.person("kim").later().write(ours, task("INFRA-2", "").replace("A change", "Ours"));
    book.write("tasks/INFRA-4.md", task("INFRA-4", "depends = [\"INFRA-2\"]\n"));
    book.commit("ours");
    book
}

#[track_caller]
fn is_parted(book: &Fixture) {
    let title = |id: &str| book.show(id)["title"].as_str().unwrap().to_owned();
    assert_eq!((title("INFRA-2").as_str(), title("INFRA-5").as_str()), ("Ours", "Theirs"));
    assert!(book.read("tasks/INFRA-3.md").contains("follows = [\"INFRA-5\"]"), "theirs follows theirs");
    assert!(book.read("tasks/INFRA-4.md").contains("depends = [\"INFRA-2\"]"), "ours depends on ours");
    assert!(book.read("docs/index.md").contains("INFRA-5 is theirs."));
    book.run(&["check"]).expect(0);
    assert_eq!(book.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_merge_of_two_records_at_one_path_goes_on() {
    let path = "tasks/INFRA-2.md";
    let mut book = collided(path, path);
    assert!(!book.try_git(&book.root, &["merge", "-q", "side"]).status.success());
    let run = book.run(&["renumber"]).expect(0);
    assert!(
        run.stdout.contains("renumbered INFRA-2 to INFRA-5")
            && run.stdout.contains("continue the merge with `git commit`"),
        "{}",
        run.stdout
    );
    book.later().git(&["commit", "-q", "--no-edit"]);
    is_parted(&book);
}

#[test]
fn the_trunk_merged_into_a_branch_keeps_its_numbers() {
    let path = "tasks/INFRA-2.md";
    let mut book = collided(path, path);
    book.git(&["checkout", "-q", "side"]);
    assert!(!book.try_git(&book.root, &["merge", "-q", "main"]).status.success());
    book.run(&["renumber"]).expect(0);
    book.later().git(&["commit", "-q", "--no-edit"]);
    is_parted(&book);
}

#[test]
fn a_rebase_onto_the_trunk_goes_on() {
    let path = "tasks/INFRA-2.md";
    let mut book = collided(path, path);
    book.git(&["checkout", "-q", "side"]);
    assert!(!book.try_git(&book.root, &["rebase", "-q", "main"]).status.success());
    book.run(&["renumber"]).expect(0);
    book.later().git(&["-c", "core.editor=true", "rebase", "--continue"]);
    is_parted(&book);
    assert_eq!(book.git(&["rev-list", "--count", "main..side"]), "1");
}

#[test]
fn records_in_two_folders_are_parted_in_one_commit() {
    let mut book = collided("tasks/INFRA-2.md", "tasks/2026/INFRA-2.md");
    book.git(&["merge", "-q", "--no-edit", "side"]);
    book.run(&["check"]).expect(3);
    let before = book.head();
    let dry = book.run(&["renumber", "--dry-run"]).expect(0);
    assert!(dry.stdout.contains("nothing was changed"), "{}", dry.stdout);
    assert_eq!((book.head(), book.git(&["status", "--porcelain"])), (before.clone(), String::new()));
    let answer = book.later().json(&["renumber"]);
    assert_eq!(answer["renumbered"][0]["kept"], "tasks/INFRA-2.md");
    assert_eq!(book.git(&["rev-list", "--count", &format!("{before}..HEAD")]), "1");
    is_parted(&book);
    assert_eq!(
        book.git(&["log", "-1", "--format=%B"]),
        "INFRA-2: renumber to INFRA-5\n\nRenumbers: INFRA-2 INFRA-5"
    );
    let again = book.run(&["renumber"]).expect(0);
    assert_eq!(again.stdout, "all IDs are unique\n");
}

#[test]
fn a_record_takes_a_number_with_all_that_names_it() {
    let path = "tasks/INFRA-2.md";
    let mut book = collided(path, path);
    book.person("sam").later().tick(path, "Code review");
    book.write("unrelated.txt", "mine");
    book.git(&["add", "unrelated.txt"]);
    book.later().run(&["renumber", "INFRA-2", "INFRA-20"]).expect(0);
    assert!(book.read("tasks/INFRA-20.md").contains("id = \"INFRA-20\""));
    assert!(book.read("tasks/INFRA-20.md").contains("[ ] Code review"), "given again");
    assert!(book.read("tasks/INFRA-4.md").contains("depends = [\"INFRA-20\"]"));
    assert!(!book.root.join(path).exists());
    assert_eq!(book.git(&["status", "--porcelain"]), "A  unrelated.txt", "what is staged stays staged");
    book.run(&["check"]).expect(0);
    // Taken, wrong, unknown, half given.
    book.run(&["renumber", "INFRA-20", "INFRA-1"]).expect(1);
    book.run(&["renumber", "INFRA-20", "../x"]).expect(2);
    book.run(&["renumber", "INFRA-99", "INFRA-30"]).expect(1);
    book.run(&["renumber", "INFRA-20"]).expect(2);
}

#[test]
fn nothing_is_changed_when_it_is_refused() {
    let path = "tasks/INFRA-2.md";
    let mut book = collided(path, path);
    book.replace("tasks/INFRA-4.md", "Something.", "Something of mine.");
    let before = (book.head(), book.git(&["status", "--porcelain"]));
    let run = book.run(&["renumber", "INFRA-2", "INFRA-20"]).expect(1);
    assert!(run.stderr.contains("tasks/INFRA-4.md"), "{}", run.stderr);
    assert_eq!((book.head(), book.git(&["status", "--porcelain"])), before);
    book.git(&["restore", "."]);
    book.later().tick(path, "Apply in production");
    let run = book.run(&["renumber", "INFRA-2", "INFRA-20"]).expect(1);
    assert!(run.stderr.contains("it has been deployed as INFRA-2"), "{}", run.stderr);
}

const PATH: &str = "tasks/INFRA-2.md";

/// Ana's task is another one's request; sam renumbers it, or says so.
pub(crate) fn written_by_ana() -> Fixture {
    let mut book = Fixture::book();
    let text = task("INFRA-2", "risk = \"medium\"\n").replace("requestor = \"ana\"", "requestor = \"kim\"");
    book.person("ana").write(PATH, text.replace("Something.", "INFRA-2 is this."));
    book.write("tasks/INFRA-3.md", task("INFRA-3", "risk = \"medium\"\ndepends = [\"INFRA-2\"]\n"));
    book.commit("propose");
    book
}

#[test]
fn who_renumbers_is_no_author_and_the_author_stays_one() {
    let mut book = written_by_ana();
    book.person("sam").later().run(&["renumber", "INFRA-2", "INFRA-20"]).expect(0);
    let new = "tasks/INFRA-20.md";
    assert!(book.read(new).contains("INFRA-20 is this."));
    book.later().tick(new, "Code review");
    assert_eq!(book.approval("INFRA-20", "peer"), "valid", "sam has written nothing");
    book.later().tick("tasks/INFRA-3.md", "Code review");
    assert_eq!(book.approval("INFRA-3", "peer"), "valid", "nor where only the number changed");
    // Nor does a second number wash the first author off.
    book.person("lee").later().run(&["renumber", "INFRA-20", "INFRA-30"]).expect(0);
    book.person("ana").later().tick("tasks/INFRA-30.md", "Code review");
    assert_eq!(
        book.approval("INFRA-30", "peer"),
        "approval-self",
        "ana wrote the text under its first number"
    );
    let mut approve = |person: &str| {
        book.later().untick("tasks/INFRA-30.md", "Code review");
        book.person(person).later().tick("tasks/INFRA-30.md", "Code review");
        book.approval("INFRA-30", "peer")
    };
    assert_eq!((approve("sam"), approve("lee")), ("valid".to_owned(), "valid".to_owned()));
}

#[test]
fn an_edit_that_comes_along_is_authorship() {
    // By hand, as `renumber` would, but for a word.
    for (from, to, code) in [
        ("is this.", "is this.", "valid"),
        ("is this.", "is that.", "approval-self"),
        ("INFRA-20 is", "INFRA-2 is", "approval-self"),
        ("title = \"A change\"", "title = \"Another change\"", "approval-self"),
        ("[ ] Terraform code", "[ ] Terraform codes", "approval-self"),
    ] {
        let mut book = written_by_ana();
        let text = book.read(PATH).replace("INFRA-2", "INFRA-20").replace(from, to);
        std::fs::remove_file(book.root.join(PATH)).unwrap();
        book.write("tasks/INFRA-20.md", text);
        book.replace("tasks/INFRA-3.md", "INFRA-2", "INFRA-20");
        book.person("sam").later().commit("INFRA-2: renumber to INFRA-20");
        book.later().tick("tasks/INFRA-20.md", "Code review");
        assert_eq!(book.approval("INFRA-20", "peer"), code, "{from} → {to}");
    }
    // In a record that names it.
    let mut book = written_by_ana();
    let text = book.read(PATH).replace("INFRA-2", "INFRA-20");
    std::fs::remove_file(book.root.join(PATH)).unwrap();
    book.write("tasks/INFRA-20.md", text);
    book.replace("tasks/INFRA-3.md", "INFRA-2", "INFRA-20");
    book.replace("tasks/INFRA-3.md", "Something.", "Something else.");
    book.person("sam").later().commit("INFRA-2: renumber to INFRA-20");
    book.later().tick("tasks/INFRA-3.md", "Code review");
    assert_eq!(book.approval("INFRA-3", "peer"), "approval-self");
}

#[test]
fn a_merge_that_renumbers_writes_nothing() {
    let mut book = collided(PATH, PATH);
    assert!(!book.try_git(&book.root, &["merge", "-q", "side"]).status.success());
    book.person("lee").later().run(&["renumber"]).expect(0);
    book.git(&["commit", "-q", "--no-edit"]);
    // Sam wrote theirs, and lee merged.
    book.person("lee").later().tick("tasks/INFRA-5.md", "Code review");
    assert_eq!(book.approval("INFRA-5", "peer"), "valid");
    book.later().untick("tasks/INFRA-5.md", "Code review");
    book.person("sam").later().tick("tasks/INFRA-5.md", "Code review");
    assert_eq!(book.approval("INFRA-5", "peer"), "approval-self");
}

#[test]
fn signatures_for_the_old_number_are_void_and_go() {
    let mut book = written_by_ana();
    let key = book.ssh_key("sam", "ed25519");
    book.list_key("sam", &key);
    book.person("kim").later().commit("a key");
    book.person("sam").later();
    book.run(&["approve", "INFRA-2", "--role", "peer", "--sign", "--key", &key]).expect(0);
    assert_eq!(book.approval("INFRA-2", "peer"), "valid");
    let file = book.approval_file("INFRA-2", "peer", "sam");
    let run = book.person("kim").later().run(&["renumber", "INFRA-2", "INFRA-20"]).expect(0);
    assert!(
        run.stdout.contains(&format!("{file} was given for INFRA-2: it no longer counts")),
        "{}",
        run.stdout
    );
    assert!(!book.root.join(&file).exists(), "nothing is left that looks like an approval");
    assert_eq!(book.git(&["status", "--porcelain"]), "");
    assert_eq!(book.approval("INFRA-20", "peer"), "approval-missing");
    // Put where the new number has its own, it is for another record.
    let old = book.git(&["show", &format!("HEAD~1:{file}")]);
    book.write(&file.replace("INFRA-2/", "INFRA-20/"), format!("{old}\n"));
    book.later().commit("moved");
    assert_ne!(book.approval("INFRA-20", "peer"), "valid");
    book.person("sam").later();
    book.run(&["approve", "INFRA-20", "--role", "peer", "--sign", "--key", &key]).expect(0);
    assert_eq!(book.approval("INFRA-20", "peer"), "valid");
}

#[test]
fn of_two_records_the_one_that_keeps_its_number_keeps_its_signatures() {
    let mut book = Fixture::book();
    let key = book.ssh_key("sam", "ed25519");
    book.list_key("sam", &key);
    book.write(PATH, task("INFRA-2", "risk = \"medium\"\n"));
    book.commit("the first");
    book.person("sam").later();
    book.run(&["approve", "INFRA-2", "--role", "peer", "--sign", "--key", &key]).expect(0);
    book.person("ana").later().write("tasks/2026/INFRA-2.md", task("INFRA-2", "risk = \"high\"\n"));
    book.commit("the second");
    let answer = book.person("kim").later().json(&["renumber"]);
    assert_eq!(answer["renumbered"][0]["void"], serde_json::json!([]));
    assert_eq!(book.approval("INFRA-2", "peer"), "valid");
}
