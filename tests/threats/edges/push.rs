//! What a server refuses whatever branch it is pushed to: names that mean another branch, and trees without end (rows 50
//! and 82).

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::support::{Fixture, Run, task};
use crate::threats::PATH;

struct Server {
    book: Fixture,
    bare: PathBuf,
}

impl Server {
    fn new() -> Self {
        let mut book = Fixture::book();
        book.person("ana").later().write(PATH, task("INFRA-1", "risk = \"medium\"\n"));
        book.commit("propose");
        let bare = book.root.parent().unwrap().join("server.git");
        book.git(&["clone", "-q", "--bare", ".", &bare.display().to_string()]);
        book.run_at(&bare, &["hook", "install", "--server"]).expect(0);
        Server { book, bare }
    }

    fn push(&self, reference: &str) -> Run {
        let path = std::path::Path::new(env!("CARGO_BIN_EXE_changebook")).parent().unwrap();
        let path = format!("{}:{}", path.display(), std::env::var("PATH").unwrap());
        let mut command = self.book.git_command();
        command.env("PATH", path).current_dir(&self.book.root);
        let output =
            command.args(["push", "-q", &self.bare.display().to_string(), reference]).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let status = output.status.code().unwrap_or(-1);
        Run { status, stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    #[track_caller]
    fn refuses(&self, reference: &str, code: &str) {
        let begun = Instant::now();
        let run = self.push(reference).expect(1);
        assert!(run.stderr.contains(code), "{code} is not in {}", run.stderr);
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    }

    /// A tree of 10^`levels` paths, made of as many objects as levels, with one leaf of that name.
    fn bomb(&self, levels: usize, leaf: &str) -> String {
        let blob = self.book.pipe("echo x | git hash-object -w --stdin").trim().to_owned();
        let mut tree = self.mktree(&[format!("100644 blob {blob}\t{leaf}")]);
        for _ in 0..levels {
            let entries: Vec<String> = (0..10).map(|n| format!("040000 tree {tree}\td{n}")).collect();
            tree = self.mktree(&entries);
        }
        tree
    }

    fn mktree(&self, entries: &[String]) -> String {
        let lines: String = entries.iter().map(|entry| format!("{entry}\n")).collect();
        std::fs::write(self.book.root.join(".git/entries"), lines).unwrap();
        self.book.pipe("git mktree < .git/entries").trim().to_owned()
    }

    /// The tip's tree with another one in a folder of that name, committed on a branch.
    fn with_folder(&self, branch: &str, folder: &str, tree: &str) -> String {
        let listed = self.book.git(&["ls-tree", "main"]);
        let others = listed.lines().filter(|line| !line.ends_with(&format!("\t{folder}")));
        let mut entries: Vec<String> = others.map(str::to_owned).collect();
        entries.push(format!("040000 tree {tree}\t{folder}"));
        let root = self.mktree(&entries);
        let commit = self.book.git(&["commit-tree", &root, "-p", "main", "-m", "INFRA-1: more files"]);
        self.book.git(&["branch", "-f", branch, &commit]);
        commit
    }
}

#[test]
fn row_50_names_that_mean_another_branch_are_not_pushed() {
    let server = Server::new();
    let id = server.book.head();
    for name in [
        "refs/heads/origin/main",
        "refs/heads/Origin/main",
        "refs/heads/origin",
        "refs/heads/refs/heads/main",
        "refs/heads/refs/remotes/origin/main",
        "refs/heads/remotes/origin/main",
        "refs/heads/heads/main",
        "refs/heads/tags/v1",
        "refs/heads/HEAD",
        "refs/heads/FETCH_HEAD",
        "refs/remotes/origin/main",
        "refs/remotes/origin/HEAD",
        &format!("refs/heads/{id}"),
    ] {
        server.refuses(&format!("main:{name}"), "branch-name");
    }
    for name in ["refs/heads/original", "refs/heads/feature/origin/x", "refs/heads/headless", "refs/tags/v1"]
    {
        server.push(&format!("main:{name}")).expect(0);
    }
    // What came in another way may be taken away.
    server.book.git_at(&server.bare, &["branch", "origin/main", "main"]);
    server.push(":refs/heads/origin/main").expect(0);
}

#[test]
fn row_82_a_tree_of_a_thousand_million_paths_is_refused_on_any_branch() {
    let server = Server::new();
    let bomb = server.bomb(9, "main.tf");
    for folder in ["terraform", "tasks", "docs", "policy.toml"] {
        server.with_folder("side", folder, &bomb);
        server.refuses("side:refs/heads/side", "tree-too-large");
        server.refuses("side:refs/heads/main", "tree-too-large");
    }
    // Books without end.
    let books = server.bomb(9, "book.toml");
    server.with_folder("side", "docs", &books);
    server.refuses("side:refs/heads/side", "tree-too-large");
    // Folders without a file.
    let mut empty = server.mktree(&[]);
    for _ in 0..9 {
        let entries: Vec<String> = (0..10).map(|n| format!("040000 tree {empty}\td{n}")).collect();
        empty = server.mktree(&entries);
    }
    server.with_folder("side", "tasks", &empty);
    server.refuses("side:refs/heads/main", "tree-too-large");
}

#[test]
fn row_82_a_commit_on_the_way_is_refused_where_it_lands() {
    let server = Server::new();
    let bomb = server.bomb(9, "main.tf");
    let through = server.with_folder("side", "terraform", &bomb);
    let after = server.book.git(&["commit-tree", "main^{tree}", "-p", &through, "-m", "clean again"]);
    server.book.git(&["branch", "-f", "side", &after]);
    server.refuses("side:refs/heads/main", "tree-too-large");
}

#[test]
fn row_82_who_reads_such_a_branch_gets_an_error_and_no_full_memory() {
    let server = Server::new();
    let records = server.bomb(9, "INFRA-9.md");
    let commit = server.with_folder("side", "tasks", &records);
    let begun = Instant::now();
    for question in
        [&["list", "--at", &commit][..], &["gate", "INFRA-1", "-e", "production", "--as-landed", "side"]]
    {
        let run = server.book.run(question).expect(1);
        assert!(run.stderr.contains("files"), "{}", run.stderr);
    }
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    server.book.run(&["list"]).expect(0);
}

/// An honest repository with many files is none of that.
#[test]
fn row_82_many_real_files_go_through() {
    let mut server = Server::new();
    for number in 0..2000 {
        server.book.write(&format!("terraform/{}/{number}/main.tf", number % 50), format!("# {number}\n"));
    }
    server.book.person("ana").later().commit("INFRA-1: many");
    server.push("main").expect(0);
}

/// The branch that the server's own configuration names is judged, whatever the policies say.
#[test]
fn row_51_the_servers_configuration_names_the_trunk_too() {
    let mut server = Server::new();
    server.push("main:release").expect(0);
    server.book.person("ana").later().tick(PATH, "Code review");
    server.push("HEAD:release").expect(0);
    server.book.git_at(&server.bare, &["branch", "-f", "release", "main"]);
    server.book.git_at(&server.bare, &["config", "changebook.trunk", "release"]);
    server.refuses("HEAD:release", "approval-self");
    server.refuses("HEAD:main", "approval-self");
    server.push("HEAD:other").expect(0);
}
