//! The language server, asked by real clients: the protocol's reference implementation in Node, and Neovim.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Fixture, say_skipped, task};

fn require(what: &str, found: bool) -> bool {
    let required = std::env::var_os("CHANGEBOOK_REQUIRE_TOOLS").is_some();
    assert!(found || !required, "{what} is not there, and is required");
    if !found {
        say_skipped(&format!("{what} is not there"));
    }
    found
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/editors").join(name)
}

/// A book with two tasks, of which the second depends on the first. Of the ticks in the first one counts. On another
/// branch it has another title.
fn book() -> Fixture {
    let mut book = Fixture::book();
    let more = "risk = \"low\"\nservices = [\"redis\"]\n";
    let plan = "## Plan\n\n```text\n+ aws_elasticache_cluster.redis\n```\n\n## Approvals\n";
    let first = task("INFRA-1", more).replace("A change", "The 😀 first").replace("## Approvals\n", plan);
    book.person("ana").write("tasks/INFRA-1.md", first);
    let more = "risk = \"medium\"\ndepends = [\"INFRA-1\"]\n";
    let second = task("INFRA-2", more).replace("## Notes\n", "## Notes\n\nAfter INFRA-1 😀 comes this.\n");
    book.write("tasks/INFRA-2.md", second);
    book.write("docs/index.md", "# Pages\n\nSee INFRA-1.\n");
    book.write("main.tf", "");
    book.commit("propose");
    book.git(&["checkout", "-q", "-b", "side"]);
    book.later().replace("tasks/INFRA-1.md", "The 😀 first", "The other first");
    book.replace("tasks/INFRA-1.md", "[ ] Code review", "[ ] Code review (two people)");
    book.commit("another title");
    book.git(&["checkout", "-q", "main"]);
    book.later().tick("tasks/INFRA-1.md", "Security review");
    book.person("sam").later().tick("tasks/INFRA-1.md", "Code review");
    book
}

/// Another book, with two records of one ID.
fn other_book() -> Fixture {
    let mut book = Fixture::book();
    book.write("tasks/INFRA-1.md", task("INFRA-1", ""));
    book.commit("one");
    book.later().write("tasks/2026/INFRA-1.md", task("INFRA-1", ""));
    book.commit("two");
    book
}

#[test]
fn a_client_in_node() {
    // Where `.ci/run` puts it: beside what cargo builds.
    let modules = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("editor-client/node_modules");
    if !require("vscode-languageserver-protocol", modules.join("vscode-languageserver-protocol").is_dir()) {
        return;
    }
    let (book, other) = (book(), other_book());
    // What a stranger's repository may hold: a link to a file outside of it that reads as a record.
    book.write("../secret.md", task("LINK-1", "risk = \"low\"\n").replace("A change", "Secret"));
    std::os::unix::fs::symlink("../../secret.md", book.root.join("tasks/LINK-1.md")).unwrap();
    let mut command = Command::new("node");
    command.env("NODE_PATH", &modules).arg(script("client.js"));
    command.arg(env!("CARGO_BIN_EXE_changebook")).arg(&book.root).arg(&other.root);
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
}

#[test]
fn neovim() {
    in_neovim("neovim.lua", &book().root);
}

#[test]
fn neovim_over_the_demo() {
    let place = Fixture::empty();
    place.run(&["demo", "../demo", "--no-site"]).expect(0);
    in_neovim("demo.lua", &place.root.parent().unwrap().join("demo"));
}

/// Runs a script in a headless Neovim that stands in a book.
fn in_neovim(name: &str, root: &Path) {
    let is_there = Command::new("nvim").arg("--version").output().is_ok_and(|output| output.status.success());
    if !require("nvim", is_there) {
        return;
    }
    let home = root.parent().unwrap().to_owned();
    let mut command = Command::new("nvim");
    command
        .env("HOME", &home)
        .env("XDG_CONFIG_HOME", home.join("config"))
        .env("XDG_STATE_HOME", home.join("state"));
    command.env("CHANGEBOOK", env!("CARGO_BIN_EXE_changebook")).current_dir(root);
    command.args(["--headless", "--clean", "-n", "-c"]).arg(format!("luafile {}", script(name).display()));
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.contains("all is well"), "{said}");
}

#[test]
fn the_extension_is_whole() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("editors/vscode");
    let json = |name: &str| -> serde_json::Value {
        serde_json::from_str(&std::fs::read_to_string(folder.join(name)).unwrap()).unwrap()
    };
    let package = json("package.json");
    let grammar = &package["contributes"]["grammars"][0];
    let syntax = json(grammar["path"].as_str().unwrap());
    assert_eq!(syntax["scopeName"], grammar["scopeName"]);
    let main = folder.join(package["main"].as_str().unwrap());
    if require("node", Command::new("node").arg("--version").output().is_ok()) {
        assert!(Command::new("node").arg("--check").arg(main).output().unwrap().status.success());
    }
}
