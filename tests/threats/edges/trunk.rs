//! Which branch is the trunk, rows 50, 51 and 87.

use std::path::{Path, PathBuf};

use crate::support::{Fixture, Run, task};
use crate::threats::PATH;

/// A book with a task on `main`, and beside it a branch where eve says that everything is hers.
struct Named {
    book: Fixture,
    home: PathBuf,
    main: String,
    evil: String,
}

impl Named {
    fn new() -> Self {
        let mut book = Fixture::book();
        book.person("ana").later().write(PATH, task("INFRA-1", "risk = \"medium\"\n"));
        let main = book.commit("propose");
        book.git(&["checkout", "-q", "-b", "evil"]);
        book.replace("policy.toml", "ana@example.org", "eve@example.org");
        book.replace("policy.toml", "trunk = \"main\"", "trunk = \"evil\"");
        let evil = book.person("eve").later().commit("mine");
        book.git(&["checkout", "-q", "main"]);
        let home = book.root.parent().unwrap().to_path_buf();
        Named { book, home, main, evil }
    }

    fn cloned(&self, name: &str, options: &[&str]) -> PathBuf {
        let clone = self.home.join(name);
        let (from, into) = (self.book.root.display().to_string(), clone.display().to_string());
        self.book.git(&[&["clone", "-q"], options, &[&from, &into]].concat());
        clone
    }

    /// The commit that the audit reads as the trunk's tip.
    #[track_caller]
    fn trunk(&self, directory: &Path, options: &[&str]) -> String {
        let run = self.audit(directory, options);
        // What else is found there is not asked here.
        assert!(matches!(run.status, 0 | 3), "{}", run.stderr);
        let answer: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        answer["at"]["commit"].as_str().unwrap().to_owned()
    }

    fn audit(&self, directory: &Path, options: &[&str]) -> Run {
        self.book.run_at(directory, &[&["audit", "--json"], options].concat())
    }

    #[track_caller]
    fn refused(&self, directory: &Path, options: &[&str], words: &str) {
        let run = self.audit(directory, options).expect(1);
        assert!(run.stderr.contains(words), "{words:?} is not in {}", run.stderr);
        assert_eq!(run.stdout, "");
    }
}

#[test]
fn row_50_a_branch_called_origin_main_is_not_the_trunk_of_a_bare_clone() {
    let named = Named::new();
    named.book.git(&["branch", "origin/main", "evil"]);
    for (name, option) in [("bare.git", "--bare"), ("mirror.git", "--mirror")] {
        let bare = named.cloned(name, &[option]);
        named.refused(&bare, &["--trunk", "origin/main"], "could mean two branches");
        assert_eq!(named.trunk(&bare, &[]), named.main, "a bare repository's own HEAD");
        assert_eq!(named.trunk(&bare, &["--trunk", "main"]), named.main);
        assert_eq!(named.trunk(&bare, &["--trunk", "refs/heads/origin/main"]), named.evil, "said in full");
        named.book.git_at(&bare, &["branch", "-D", "origin/main"]);
        named.refused(&bare, &["--trunk", "origin/main"], "there is no branch `origin/main`");
    }
}

#[test]
fn row_50_references_below_refs_remotes_count_only_where_git_fetches_into_them() {
    let named = Named::new();
    let bare = named.cloned("server.git", &["--bare"]);
    // Anybody who may push may make it, on a server that allows any reference; `main` is its ancestor.
    let push = named.evil.clone() + ":refs/remotes/origin/main";
    named.book.git(&["push", "-q", &bare.display().to_string(), &push]);
    assert_eq!(named.trunk(&bare, &["--trunk", "main"]), named.main);
    assert_eq!(named.trunk(&bare, &[]), named.main);
    // A plain reference where `clone` makes a symbolic one.
    let push = named.evil.clone() + ":refs/remotes/origin/HEAD";
    named.book.git(&["push", "-q", &bare.display().to_string(), &push]);
    assert_eq!(named.trunk(&bare, &[]), named.main);
}

#[test]
fn row_50_a_local_branch_called_origin_main_makes_the_name_ambiguous() {
    let named = Named::new();
    let clone = named.cloned("clone", &[]);
    named.book.git_at(&clone, &["branch", "origin/main", &named.evil]);
    named.refused(&clone, &["--trunk", "origin/main"], "could mean two branches");
    named.book.git_at(&clone, &["config", "changebook.trunk", "origin/main"]);
    named.refused(&clone, &[], "could mean two branches");
    named.book.git_at(&clone, &["config", "changebook.trunk", "refs/remotes/origin/main"]);
    assert_eq!(named.trunk(&clone, &[]), named.main);
    assert_eq!(named.trunk(&clone, &["--trunk", "refs/heads/origin/main"]), named.evil);
}

#[test]
fn row_51_without_origin_head_no_policy_names_the_trunk() {
    let named = Named::new();
    let clone = named.cloned("clone", &[]);
    named.book.git_at(&clone, &["remote", "set-head", "origin", "--delete"]);
    for branch in ["main", "evil"] {
        named.book.git_at(&clone, &["checkout", "-q", branch]);
        named.refused(&clone, &[], "git remote set-head origin --auto");
        named.refused(&clone, &[], "--trunk");
        for question in [&["gate", "INFRA-1", "-e", "production"][..], &["list", "--at", "2024-05-07"]] {
            let run = named.book.run_at(&clone, question).expect(1);
            assert!(run.stderr.contains("git remote set-head origin --auto"), "{}", run.stderr);
        }
        // What needs no trunk goes on and says what it does not know, the second time too.
        for _ in 0..2 {
            let run = named.book.run_at(&clone, &["list"]).expect(0);
            assert!(run.stdout.contains("INFRA-1") && run.stderr.contains("not known what has landed"));
        }
        let shown = named.book.run_at(&clone, &["show", "INFRA-1", "--json"]).expect(0);
        assert!(shown.stdout.contains("\"landed\": null"), "{}", shown.stdout);
        // Named from outside, it is known again.
        assert_eq!(named.trunk(&clone, &["--trunk", "main"]), named.main);
    }
    named.book.git_at(&clone, &["remote", "set-head", "origin", "--auto"]);
    assert_eq!(named.trunk(&clone, &[]), named.main, "whatever is checked out");
}

#[test]
fn row_51_a_detached_checkout_of_a_pipeline_is_told_the_trunk() {
    let named = Named::new();
    let job = named.home.join("job");
    named.book.git(&["init", "-q", &job.display().to_string()]);
    named.book.git_at(&job, &["remote", "add", "origin", &named.book.root.display().to_string()]);
    named.book.git_at(&job, &["fetch", "-q", "origin"]);
    // Newer versions of git note the remote's HEAD when they fetch.
    named.book.try_git(&job, &["remote", "set-head", "origin", "--delete"]);
    named.book.git_at(&job, &["checkout", "-q", "--detach", &named.evil]);
    named.refused(&job, &[], "no `origin/HEAD`");
    for name in ["origin/main", "main", "refs/remotes/origin/main"] {
        assert_eq!(named.trunk(&job, &["--trunk", name]), named.main, "{name}");
    }
    named.book.git_at(&job, &["config", "changebook.trunk", "main"]);
    assert_eq!(named.trunk(&job, &[]), named.main);
    assert_eq!(named.trunk(&job, &["--trunk", "origin/evil"]), named.evil, "the flag comes first");
}

#[test]
fn row_51_without_remotes_a_branch_is_the_trunk_when_its_own_policy_says_so_too() {
    let named = Named::new();
    assert_eq!(named.trunk(&named.book.root, &[]), named.main);
    // A policy that calls another branch the trunk, which says otherwise itself.
    named.book.git(&["checkout", "-q", "evil"]);
    named.book.replace("policy.toml", "trunk = \"evil\"", "trunk = \"main2\"");
    named.book.git(&["commit", "-qam", "point elsewhere"]);
    named.book.git(&["branch", "main2", "main"]);
    named.refused(&named.book.root, &[], "no trunk");
    named.book.git(&["config", "changebook.trunk", "main"]);
    assert_eq!(named.trunk(&named.book.root, &[]), named.main);
}

#[test]
fn row_87_only_branches_are_looked_for() {
    let named = Named::new();
    named.book.git(&["branch", "-m", "main", "trunk"]);
    named.book.git(&["tag", "main", "evil"]);
    let root = named.book.root.clone();
    let hash = named.main.as_str();
    for name in
        ["main", "HEAD", "HEAD~0", "@", "trunk~0", "trunk@{0}", ":/propose", hash, &hash[..12], "tags/main"]
    {
        named.refused(&root, &["--trunk", name], "there is no branch");
    }
    for name in ["refs/tags/main", "refs/heads/main", "heads/trunk", "refs/heads/", "refs/stash", ""] {
        named.refused(&root, &["--trunk", name], "there is no branch");
    }
    assert_eq!(named.trunk(&root, &["--trunk", "trunk"]), named.main);
    named.book.git(&["config", "changebook.trunk", "main"]);
    named.refused(&root, &[], "there is no branch `main`");
    // A branch beside the tag of its name is the branch.
    named.book.git(&["branch", "main", "trunk"]);
    assert_eq!(named.trunk(&root, &[]), named.main);
}

/// | the local branch | what `--trunk main` means |
/// | --- | --- |
/// | where the remote's is | that |
/// | behind it | the remote's |
/// | ahead of it, not pushed | the remote's |
/// | gone another way | neither: exit 1 |
#[test]
fn row_87_the_remote_branch_counts_where_both_are_there() {
    let named = Named::new();
    let clone = named.cloned("clone", &[]);
    let git = |arguments: &[&str]| named.book.git_at(&clone, arguments);
    let commit = |message: &str| {
        git(&["commit", "-q", "--allow-empty", "-m", message]);
        git(&["rev-parse", "HEAD"])
    };
    assert_eq!(named.trunk(&clone, &["--trunk", "main"]), named.main, "the same");
    let ahead = commit("not pushed");
    assert_eq!(named.trunk(&clone, &["--trunk", "main"]), named.main, "ahead");
    assert_eq!(named.trunk(&clone, &["--trunk", "refs/heads/main"]), ahead, "said in full");
    git(&["reset", "-q", "--hard", "HEAD~2"]);
    assert_eq!(named.trunk(&clone, &["--trunk", "main"]), named.main, "behind");
    commit("another way");
    named.refused(&clone, &["--trunk", "main"], "neither has the other in its history");
    assert_eq!(named.trunk(&clone, &["--trunk", "origin/main"]), named.main);
    assert_eq!(named.trunk(&clone, &[]), named.main, "origin/HEAD is the remote's");
}
