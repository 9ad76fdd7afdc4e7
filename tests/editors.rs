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

/// Where `.ci/run` puts the packages of others: beside what cargo builds.
fn modules() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("editor-client/node_modules")
}

#[test]
fn a_client_in_node() {
    let modules = modules();
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
fn the_grammar_colours_the_frontmatter() {
    let modules = modules();
    if !require("vscode-textmate", modules.join("vscode-textmate").is_dir()) {
        return;
    }
    let grammar = "editors/vscode/syntaxes/frontmatter.tmLanguage.json";
    let mut command = Command::new("node");
    command.env("NODE_PATH", &modules).arg(script("grammar.js"));
    let output = command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(grammar)).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// As the page on editors says: schemas beside the book, and a line in the file or in Taplo's own settings.
#[test]
fn taplo_takes_the_schemas() {
    let taplo = modules().join(".bin/taplo");
    if !require("taplo", taplo.is_file()) {
        return;
    }
    let mut book = Fixture::book();
    book.pipe("mkdir .schemas && for name in policy book; do \"$CHANGEBOOK\" schema $name > .schemas/$name.json; done");
    let page =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/editors.md")).unwrap();
    let settings = page.split("```toml\n[[rule]]").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let line = page.lines().find(|line| line.starts_with("#:schema ")).unwrap();
    let lint = |file: &str| {
        let mut command = Command::new(&taplo);
        let output = command.args(["lint", file]).current_dir(&book.root).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    book.write("whole.toml", include_str!("../templates/policy.toml"));
    let policy = book.read("policy.toml");
    for (name, text) in [("policy.toml", policy.clone()), ("policy.toml", book.read("whole.toml"))] {
        // By the line in the file.
        book.write(name, format!("{line}\n{text}"));
        assert!(lint(name).0, "{}", lint(name).1);
        book.write(name, format!("{line}\n{}", text.replace("[roles]", "[rolls]")));
        let (whole, said) = lint(name);
        assert!(!whole && said.contains("rolls"), "{said}");
    }
    // By Taplo's settings.
    book.write(
        "policy.toml",
        policy.replace("[done]\ndocumentation = false", "[done]\ndocumentation = \"no\""),
    );
    assert!(lint("policy.toml").0, "nothing is known of it yet");
    book.write(".taplo.toml", format!("[[rule]]{settings}"));
    assert!(!lint("policy.toml").0);
    book.write("policy.toml", policy);
    assert!(lint("policy.toml").0, "{}", lint("policy.toml").1);
    assert!(lint("book.toml").0, "{}", lint("book.toml").1);
    book.commit("settings");
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
    // What the server says of a box is what the extension colours.
    let modifiers = ["ticked", "void", "open"];
    let declared = package["contributes"]["semanticTokenModifiers"].as_array().unwrap();
    assert_eq!(
        declared.iter().map(|modifier| modifier["id"].as_str().unwrap()).collect::<Vec<_>>(),
        modifiers
    );
    let scopes = &package["contributes"]["semanticTokenScopes"][0]["scopes"];
    assert!(modifiers.iter().all(|modifier| scopes[format!("event.{modifier}")].is_array()));
    let main = folder.join(package["main"].as_str().unwrap());
    if require("node", Command::new("node").arg("--version").output().is_ok()) {
        assert!(Command::new("node").arg("--check").arg(main).output().unwrap().status.success());
    }
}
