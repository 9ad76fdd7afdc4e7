//! The hooks: a real `git push` to a bare repository, a real `git commit` with something staged.

use std::path::PathBuf;
use std::time::Instant;

use crate::support::{Fixture, POLICY, Run, task};

const PATH: &str = "tasks/INFRA-1.md";

/// A clone with a task by ana, pushed to a server that judges.
struct Server {
    book: Fixture,
    bare: PathBuf,
}

impl Server {
    fn new() -> Self {
        Self::with("pre-receive")
    }

    fn with(hook: &str) -> Self {
        let mut book = Fixture::book();
        writes(&mut book, "ana", PATH, task("INFRA-1", "risk = \"medium\"\n"));
        let bare = book.root.parent().unwrap().join("server.git");
        let path = bare.to_string_lossy().into_owned();
        book.git(&["init", "-q", "--bare", "--initial-branch=main", &path]);
        book.git(&["remote", "add", "origin", &path]);
        book.git(&["push", "-q", "origin", "main"]);
        let server = Server { book, bare };
        match hook {
            "pre-receive" => {
                drop(server.book.run_at(&server.bare, &["hook", "install", "--server"]).expect(0))
            }
            _ => {
                let file = server.bare.join("hooks/update");
                std::fs::write(&file, "#!/bin/sh\nexec changebook hook update \"$@\"\n").unwrap();
                make_executable(&file);
            }
        }
        server
    }

    fn push(&self, arguments: &[&str]) -> Run {
        run_git(&self.book, &[&["push", "-q", "origin"], arguments].concat())
    }

    #[track_caller]
    fn refuses(&self, code: &str, words: &str) {
        let before = self.book.git_at(&self.bare, &["rev-parse", "main"]);
        let run = self.push(&["main"]).expect(1);
        let told = format!(": {code}: ");
        assert!(run.stderr.contains(&told) && run.stderr.contains(words), "{code} {words}: {}", run.stderr);
        assert_eq!(self.book.git_at(&self.bare, &["rev-parse", "main"]), before);
        assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    }

    #[track_caller]
    fn takes(&self) {
        let run = self.push(&["main"]);
        assert_eq!(run.status, 0, "{}", run.stderr);
        assert_eq!(self.book.git_at(&self.bare, &["rev-parse", "main"]), self.book.head());
    }
}

/// What somebody does that is no good.
type Break = fn(&mut Fixture);

/// Somebody changes a text in a file and commits it.
fn edits(book: &mut Fixture, person: &str, path: &str, from: &str, to: &str) {
    book.person(person).later().replace(path, from, to);
    book.commit(&format!("{path}: edit"));
}

/// Somebody writes a file and commits it.
fn writes(book: &mut Fixture, person: &str, path: &str, text: impl AsRef<[u8]>) {
    book.person(person).later().write(path, text);
    book.commit(&format!("{path}: write"));
}

fn make_executable(file: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Runs git with the program on the path, where hooks look for it.
fn run_git(book: &Fixture, arguments: &[&str]) -> Run {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_changebook")).parent().unwrap();
    let search = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut command = book.git_command();
    let output = command.env("PATH", search).current_dir(&book.root).args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Run { status: output.status.code().unwrap(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

#[test]
fn what_breaks_the_policy_is_refused_and_said() {
    let breaks: [(&str, &str, Break); 13] = [
        ("approval-self", "INFRA-1 in ", |book| {
            book.person("ana").later().tick(PATH, "Code review");
        }),
        ("approval-role", "INFRA-1 in ", |book| {
            book.person("sam").later().tick(PATH, "DevOps lead review");
        }),
        ("approval-unsigned", "INFRA-1 in ", |book| {
            book.person("sam").committed_by("lee").later().tick(PATH, "Code review");
        }),
        ("author-unknown", "eve@example.org changes tasks/INFRA-1.md", |book| {
            edits(book, "eve", PATH, "Something.", "Something else.");
        }),
        ("author-unknown", "eve@example.org changes the policy", |book| {
            edits(
                book,
                "eve",
                "policy.toml",
                "[done]",
                "[people.eve]\nemails = [\"eve@example.net\"]\n[done]",
            );
        }),
        ("policy-self-grant", "`ana` in `roles.security`, changed by ana@example.org", |book| {
            edits(book, "ana", "policy.toml", "security = [\"sam\"", "security = [\"ana\", \"sam\"");
        }),
        ("record-broken", "tasks/INFRA-1.md:1:1", |book| {
            writes(book, "ana", PATH, "nothing");
        }),
        ("record-broken", "merge conflict", |book| {
            let text = format!("{}\n<<<<<<< a\n=======\n>>>>>>> b\n", book.read(PATH));
            book.person("ana").later().write(PATH, text);
            book.commit("conflict");
        }),
        ("id-duplicate", "tasks/2026/INFRA-1.md", |book| {
            writes(book, "kim", "tasks/2026/INFRA-1.md", task("INFRA-1", ""));
        }),
        ("reference-broken", "INFRA-9", |book| {
            writes(book, "kim", "tasks/INFRA-2.md", task("INFRA-2", "depends = [\"INFRA-9\"]\n"));
        }),
        ("policy-invalid", "policy.toml:", |book| {
            edits(book, "kim", "policy.toml", "[roles]", "[rolls]");
        }),
        ("policy-role", "the policy was deleted", |book| {
            book.git(&["rm", "-q", "policy.toml"]);
            book.person("kim").later().commit("no policy");
        }),
        ("history-rewritten", "the book", |book| {
            book.git(&["rm", "-q", "book.toml"]);
            book.person("kim").later().commit("no book");
        }),
    ];
    for (code, words, make) in breaks {
        let mut server = Server::new();
        make(&mut server.book);
        server.refuses(code, words);
    }
}

#[test]
fn a_decision_by_somebody_who_may_not_is_refused() {
    let mut server = Server::new();
    let decision = "+++\nid = \"CAB-1\"\ntitle = \"Review\"\nchanges = [\"INFRA-1\"]\nrequestor = \"ana\"\n";
    writes(&mut server.book, "kim", "cab/CAB-1.md", format!("{decision}+++\n"));
    server.takes();
    // Lee is not of the board.
    writes(&mut server.book, "lee", "cab/CAB-1.md", format!("{decision}decision = \"approved\"\n+++\n"));
    server.refuses("decision-missing", "was not set by the board");
    server.book.git(&["reset", "-q", "--hard", "HEAD~1"]);
    // That it asks for changes is no breach.
    writes(&mut server.book, "kim", "cab/CAB-1.md", format!("{decision}decision = \"needs-changes\"\n+++\n"));
    server.takes();
}

#[test]
fn all_else_goes_through() {
    let mut server = Server::new();
    // Code by anybody, an approval by somebody else, a stale one, a deployment, a policy change by another.
    writes(&mut server.book, "eve", "main.tf", "# redis\n");
    server.takes();
    server.book.person("sam").later().tick(PATH, "Code review");
    server.takes();
    edits(&mut server.book, "ana", PATH, "Something.", "Something else.");
    server.takes();
    server.book.person("kim").later().tick(PATH, "Apply in staging");
    server.takes();
    edits(&mut server.book, "kim", "policy.toml", "security = [\"sam\"", "security = [\"ana\", \"sam\"");
    server.takes();
    // A new person and what they write, in one push.
    edits(
        &mut server.book,
        "kim",
        "policy.toml",
        "[roles]",
        "[people.eve]\nemails = [\"eve@example.org\"]\n[roles]",
    );
    writes(&mut server.book, "eve", "tasks/INFRA-2.md", task("INFRA-2", "risk = \"low\"\n"));
    server.takes();
    // A branch merged as it should be; another branch, a tag, a deletion of a branch.
    server.book.git(&["checkout", "-q", "-b", "side"]);
    server.book.person("ana").later().tick(PATH, "Terraform code");
    server.push(&["side"]).expect(0);
    server.book.git(&["checkout", "-q", "main"]);
    server.book.person("lee").later().git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    server.takes();
    server.book.git(&["tag", "v1"]);
    server.push(&["v1"]).expect(0);
    server.push(&["--delete", "side"]).expect(0);
    // A branch is nobody's trunk: drafts may be broken there.
    server.book.git(&["checkout", "-q", "-b", "draft"]);
    server.book.write(PATH, "broken");
    server.book.commit("draft");
    server.push(&["draft"]).expect(0);
}

#[test]
fn the_trunk_is_neither_rewritten_nor_deleted_nor_turned_round() {
    let mut server = Server::new();
    server.book.person("sam").later().tick(PATH, "Code review");
    server.takes();
    server.book.git(&["reset", "-q", "--hard", "HEAD~1"]);
    writes(&mut server.book, "kim", "x", "x");
    let run = server.push(&["--force", "main"]).expect(1);
    assert!(
        run.stderr.contains("history-rewritten") && run.stderr.contains("would be rewritten"),
        "{}",
        run.stderr
    );
    // The old trunk as the second parent.
    server.book.git(&["merge", "-q", "--no-ff", "-m", "turned round", "origin/main"]);
    server.refuses("history-rewritten", "only as a side branch");
    server.book.git_at(&server.bare, &["config", "receive.denyDeleteCurrent", "ignore"]);
    let run = server.push(&["--delete", "main"]).expect(1);
    assert!(run.stderr.contains("the trunk `main` would be deleted"), "{}", run.stderr);
}

#[test]
fn what_was_wrong_before_is_not_held_against_a_push() {
    let mut server = Server::new();
    std::fs::rename(server.bare.join("hooks/pre-receive"), server.bare.join("hooks/off")).unwrap();
    server.book.person("ana").later().tick(PATH, "Code review");
    server.book.write("tasks/INFRA-2.md", "broken");
    server.book.write("tasks/INFRA-3.md", task("INFRA-3", "depends = [\"INFRA-4\"]\n"));
    server.book.write("tasks/INFRA-4.md", task("INFRA-4", ""));
    server.book.commit("before there was a hook");
    server.takes();
    std::fs::rename(server.bare.join("hooks/off"), server.bare.join("hooks/pre-receive")).unwrap();
    writes(&mut server.book, "kim", "x", "x");
    server.takes();
    // A record goes and leaves another, untouched one without what it depends on.
    server.book.git(&["rm", "-q", "tasks/INFRA-4.md"]);
    server.book.person("kim").later().commit("remove");
    server.refuses("reference-broken", "tasks/INFRA-3.md");
}

#[test]
fn the_first_push_makes_the_trunk() {
    let mut book = Fixture::book();
    writes(&mut book, "ana", PATH, "broken");
    let bare = book.root.parent().unwrap().join("server.git");
    // Whatever HEAD names on the server.
    book.git(&["init", "-q", "--bare", "--initial-branch=other", &bare.to_string_lossy()]);
    book.git(&["remote", "add", "origin", &bare.to_string_lossy()]);
    book.run_at(&bare, &["hook", "install", "--server"]).expect(0);
    let server = Server { book, bare };
    let run = server.push(&["main"]).expect(1);
    assert!(run.stderr.contains("record-broken"), "{}", run.stderr);
    let mut server = server;
    server.book.write(PATH, task("INFRA-1", ""));
    server.book.commit("mend");
    server.takes();
}

#[test]
fn the_update_hook_judges_the_same() {
    let mut server = Server::with("update");
    server.book.person("ana").later().tick(PATH, "Code review");
    server.refuses("approval-self", "INFRA-1");
    server.book.untick(PATH, "Code review");
    server.takes();
}

#[test]
fn a_thousand_commits_are_judged_at_once() {
    let mut server = Server::new();
    let mut stream = String::new();
    let tip = server.book.head();
    for number in 0..1000 {
        let text = task(&format!("INFRA-{}", number + 10), "");
        stream += &format!(
            "commit refs/heads/main\nauthor ana <ana@example.org> {time} +0000\ncommitter ana <ana@example.org> {time} +0000\ndata 3\nadd\n{from}M 100644 inline tasks/INFRA-{id}.md\ndata {length}\n{text}\n",
            time = 1_716_000_000 + number,
            from = if number == 0 { format!("from {tip}\n") } else { String::new() },
            id = number + 10,
            length = text.len(),
        );
    }
    server.book.import(&stream);
    server.book.git(&["reset", "-q", "--hard"]);
    let begun = Instant::now();
    server.takes();
    // A debug build on a busy machine: the figure of the manual is measured with a release build.
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    server.book.person("ana").later().tick(PATH, "Code review");
    server.refuses("approval-self", "INFRA-1");
}

#[test]
fn existing_hooks_stay_as_they_are() {
    let server = Server::new();
    let hook = server.bare.join("hooks/pre-receive");
    std::fs::write(
        &hook,
        "#!/bin/sh\nwhile read line; do echo \"mine $1 $line\" >&2; done\ntest ! -e refuse\n",
    )
    .unwrap();
    make_executable(&hook);
    let before = std::fs::read(&hook).unwrap();
    let run = server.book.run_at(&server.bare, &["hook", "install", "--server"]).expect(3);
    assert!(run.stderr.contains("left unchanged") && run.stderr.contains("--chain"), "{}", run.stderr);
    assert_eq!(std::fs::read(&hook).unwrap(), before);
    server.book.run_at(&server.bare, &["hook", "install", "--server", "--chain"]).expect(0);
    server.book.run_at(&server.bare, &["hook", "install", "--server", "--chain"]).expect(0);
    assert_eq!(std::fs::read(server.bare.join("hooks/pre-receive.before-changebook")).unwrap(), before);
    let mut server = server;
    server.book.person("ana").later().tick(PATH, "Code review");
    server.refuses("approval-self", "mine");
    server.book.git(&["reset", "-q", "--hard", "HEAD~1"]);
    server.book.person("sam").later().tick(PATH, "Code review");
    std::fs::write(server.bare.join("refuse"), "").unwrap();
    assert_eq!(server.push(&["main"]).status, 1, "the hook that was there refuses");
    std::fs::remove_file(server.bare.join("refuse")).unwrap();
    server.takes();
}

fn clone_with_hooks() -> Fixture {
    let mut book = Fixture::book();
    book.write(PATH, task("INFRA-1", ""));
    book.write("tasks/INFRA-2.md", task("INFRA-2", ""));
    book.commit("propose");
    book.run(&["hook", "install"]).expect(0);
    book
}

#[test]
fn a_commit_is_checked_as_it_is_staged() {
    let book = clone_with_hooks();
    // Broken in the index and whole in the work tree.
    let whole = book.read(PATH);
    book.write(PATH, "broken");
    book.git(&["add", PATH]);
    book.write(PATH, &whole);
    let run = run_git(&book, &["commit", "-q", "-m", "x"]).expect(1);
    assert!(
        run.stderr.contains("record-broken") && run.stderr.contains("nothing was committed"),
        "{}",
        run.stderr
    );
    // Whole in the index and broken in the work tree.
    book.git(&["reset", "-q"]);
    book.replace(PATH, "Something.", "Something else.");
    book.git(&["add", PATH]);
    book.write(PATH, "broken");
    run_git(&book, &["commit", "-q", "-m", "x"]).expect(0);
    // Part of the changes, from an index that git makes for this commit.
    book.write("tasks/INFRA-2.md", "broken too");
    run_git(&book, &["commit", "-q", "-m", "x", "tasks/INFRA-2.md"]).expect(1);
    book.write("other.txt", "x");
    book.git(&["add", "other.txt"]);
    run_git(&book, &["commit", "-q", "-m", "x", "other.txt"]).expect(0);
}

#[test]
fn a_broken_policy_is_not_committed_and_its_repair_is() {
    let book = clone_with_hooks();
    book.write("policy.toml", POLICY.replace("[roles]", "[rolls]"));
    book.git(&["add", "-A"]);
    let run = run_git(&book, &["commit", "-q", "-m", "x"]).expect(1);
    assert!(run.stderr.contains("policy.toml:") && run.stderr.contains("rolls"), "{}", run.stderr);
    run_git(&book, &["commit", "-q", "--no-verify", "-m", "x"]).expect(0);
    book.write("policy.toml", POLICY);
    book.git(&["add", "-A"]);
    run_git(&book, &["commit", "-q", "-m", "mend"]).expect(0);
    book.git(&["rm", "-q", "policy.toml"]);
    run_git(&book, &["commit", "-q", "-m", "x"]).expect(1);
}

#[test]
fn what_is_broken_elsewhere_stops_no_commit() {
    let mut book = clone_with_hooks();
    book.write("tasks/INFRA-3.md", "broken");
    book.commit("broken");
    book.replace(PATH, "Something.", "Something else.");
    book.git(&["add", PATH]);
    run_git(&book, &["commit", "-q", "-m", "x"]).expect(0);
}

#[test]
fn the_task_is_named_when_it_is_sure() {
    let book = clone_with_hooks();
    let message = |book: &Fixture| book.git(&["log", "-1", "--format=%B"]);
    book.git(&["checkout", "-q", "-b", "infra-1-redis"]);
    book.write("main.tf", "a");
    book.git(&["add", "-A"]);
    run_git(&book, &["commit", "-q", "-m", "add redis", "-m", "For the sessions."]).expect(0);
    assert_eq!(message(&book), "add redis\n\nFor the sessions.\n\nChange: INFRA-1");
    // Not twice, not for records alone, not when in doubt.
    run_git(&book, &["commit", "-q", "--amend", "--no-edit"]).expect(0);
    assert_eq!(message(&book).matches("Change:").count(), 1);
    book.replace(PATH, "Something.", "Something else.");
    run_git(&book, &["commit", "-q", "-am", "words"]).expect(0);
    assert_eq!(message(&book), "words");
    book.write("main.tf", "b");
    run_git(&book, &["commit", "-q", "-am", "INFRA-2: other"]).expect(0);
    assert_eq!(message(&book), "INFRA-2: other");
    book.git(&["checkout", "-q", "main"]);
    book.write("x.tf", "c");
    book.replace("tasks/INFRA-2.md", "[ ] Terraform code", "[x] Terraform code");
    book.git(&["add", "-A"]);
    run_git(&book, &["commit", "-q", "-m", "code"]).expect(0);
    assert_eq!(message(&book), "code\n\nChange: INFRA-2");
}

/// A branch is nobody's trunk: whatever it holds counts for nothing until it lands, and then it is judged.
#[test]
fn what_a_branch_holds_is_judged_where_it_lands() {
    let breaks: [(&str, Break); 4] = [
        ("approval-self", |book| drop(book.person("ana").later().tick(PATH, "Code review"))),
        // Written in another's name, by somebody else's hand.
        ("approval-unsigned", |book| {
            drop(book.person("sam").committed_by("ana").later().tick(PATH, "Code review"));
        }),
        ("author-unknown", |book| edits(book, "eve", PATH, "Something.", "Something else.")),
        ("record-broken", |book| writes(book, "ana", PATH, "broken")),
    ];
    for (code, make) in breaks {
        let mut server = Server::new();
        server.book.git(&["checkout", "-q", "-b", "side"]);
        make(&mut server.book);
        server.push(&["side"]).expect(0);
        // Rewritten, which on a branch is everyday work, and again.
        server.book.git(&["commit", "-q", "--amend", "--allow-empty", "-m", "again"]);
        server.push(&["--force", "side"]).expect(0);
        server.book.git(&["checkout", "-q", "main"]);
        server.book.person("lee").later().git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
        server.refuses(code, "INFRA-1");
        server.push(&["--delete", "side"]).expect(0);
    }
}

/// Where approvals must be signed, a name that somebody else has set in a commit is worth nothing.
#[test]
fn a_name_alone_does_not_approve_where_signatures_are_asked_for() {
    let mut server = Server::new();
    let key = server.book.ssh_key("sam", "ed25519");
    server.book.list_key("sam", &key);
    server.book.person("kim").later().commit("a key");
    server.takes();
    edits(&mut server.book, "kim", "policy.toml", "[roles]", "[trust]\napprove = \"signed\"\n[roles]");
    server.takes();
    // Author and committer are sam; whoever pushes may be anybody.
    server.book.git(&["checkout", "-q", "-b", "side"]);
    server.book.person("sam").later().tick(PATH, "Code review");
    server.push(&["side"]).expect(0);
    server.book.git(&["checkout", "-q", "main"]);
    server.book.git(&["merge", "-q", "--ff-only", "side"]);
    server.refuses("approval-unsigned", "INFRA-1");
    server.book.git(&["reset", "-q", "--hard", "HEAD~1"]);
    server.book.replace(PATH, "[ ] Code review", "[x] Code review");
    server.book.person("sam").later().commit_signed("approve", &key);
    server.takes();
}

/// A branch that calls itself the trunk in its own policy is judged as one, and the trunk stays what it was.
#[test]
fn a_branch_that_names_itself_the_trunk_gains_nothing() {
    let mut server = Server::new();
    server.book.git(&["checkout", "-q", "-b", "mine"]);
    edits(&mut server.book, "ana", "policy.toml", "trunk = \"main\"", "trunk = \"mine\"");
    server.book.person("ana").later().tick(PATH, "Code review");
    let run = server.push(&["mine"]);
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    server.book.git(&["checkout", "-q", "main"]);
    server.book.person("ana").later().tick(PATH, "Code review");
    server.refuses("approval-self", "INFRA-1");
}
