//! Completions that know the book: the program's answers, and real shells that put them into the line.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{Fixture, say_skipped, task};

const PATH: &str = "tasks/INFRA-1.md";

fn book() -> Fixture {
    let mut book = Fixture::book();
    let first = task("INFRA-1", "services = [\"redis\"]\nenvironments = [\"staging\"]\n");
    book.write(
        PATH,
        first.replace("- [ ] Terraform code", "- [ ] Terraform code\n- [x] It's $5 \"odd\" (or not)"),
    );
    book.write("tasks/2026/INFRA-12.md", task("INFRA-12", "").replace("A change", "The \\u001b[31mtwelfth"));
    book.write("runbooks/redis.md", "+++\nid = \"redis\"\ntitle = \"Redis\"\nservices = [\"cache\"]\n+++\n");
    let decision = "+++\nid = \"CAB-1\"\ntitle = \"Board\"\nmeeting = 2024-05-16\n+++\n";
    book.write("cab/CAB-1.md", decision);
    book.commit("propose");
    book
}

/// What is offered for the last of the words, as the program tells fish: values, and values with their help.
fn offered(book: &Fixture, directory: &Path, words: &[&str]) -> String {
    let mut command = book.program();
    command.env("CHANGEBOOK_COMPLETE", "fish").current_dir(directory);
    let output =
        command.arg(words.len().to_string()).args(["--", "changebook"]).args(words).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{words:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn offers(book: &Fixture, words: &[&str], expected: &[&str]) {
    let found = offered(book, &book.root, words);
    let values: Vec<&str> = found.lines().map(|line| line.split('\t').next().unwrap()).collect();
    assert_eq!(values, expected, "{words:?}");
}

#[test]
fn what_the_book_knows_is_offered() {
    let book = book();
    assert_eq!(
        offered(&book, &book.root, &["show", "infra"]),
        "INFRA-12\tThe twelfth\nINFRA-1\tA change\n",
        "whatever its case, the highest first, with titles that do nothing to a terminal"
    );
    offers(&book, &["show", ""], &["INFRA-12", "INFRA-1", "CAB-1", "redis"]);
    offers(&book, &["gate", ""], &["INFRA-12", "INFRA-1"]);
    offers(&book, &["decide", ""], &["CAB-1"]);
    offers(&book, &["new", "task", "x", "--follows", "INFRA-12"], &["INFRA-12"]);
    offers(&book, &["untick", "INFRA-1", ""], &["It's $5 \"odd\" (or not)"]);
    offers(&book, &["tick", "INFRA-1", "code"], &["Code review"]);
    offers(&book, &["tick", "INFRA-1", "Apply"], &["Apply in staging", "Apply in production"]);
    assert!(offered(&book, &book.root, &["tick", "INFRA-1", "Code"]).contains("\tApprovals\n"));
    offers(&book, &["approve", "INFRA-1", "--role", "sec"], &["security"]);
    offers(&book, &["log", "--person", ""], &["ana", "bot", "kim", "lee", "sam"]);
    offers(&book, &["list", "--waiting-for", "ana,s"], &["ana,sam"]);
    offers(&book, &["list", "--status", "in-"], &["in-review"]);
    offers(&book, &["list", "--status=rol"], &["--status=rolled-back"]);
    offers(&book, &["list", "--service", ""], &["cache", "redis"]);
    offers(&book, &["gate", "INFRA-1", "-e", ""], &["staging"]);
    offers(&book, &["gate", "INFRA-12", "-e", ""], &["staging", "production"]);
    offers(&book, &["agenda", ""], &["2024-05-16"]);
    offers(&book, &["explain", "approval-s"], &["approval-self", "approval-stale", "approval-squashed"]);
    offers(&book, &["show", "INFRA-1", "--at", ""], &["main"]);
    offers(&book, &["new", "te"], &["terraform"]);
    offers(&book, &["import", "--map", "j"], &["jira"]);
    // Commands and options too, and where `-C` leads.
    offers(&book, &["renu"], &["renumber"]);
    offers(&book, &["renumber", "--dry"], &["--dry-run"]);
    let outside = book.root.parent().unwrap();
    assert_eq!(offered(&book, outside, &["-C", "book", "show", "CAB"]), "CAB-1\tBoard\n");
}

#[test]
fn what_is_wrong_is_silent() {
    let book = book();
    let outside = book.root.parent().unwrap();
    assert_eq!(offered(&book, outside, &["show", "I"]), "");
    assert_eq!(offered(&book, outside, &["-C", "/nowhere", "show", "I"]), "");
    book.write("policy.toml", "[rolls]\n");
    assert_eq!(offered(&book, &book.root, &["log", "--person", ""]), "");
    book.write(PATH, [0xff, 0xfe]);
    offers(&book, &["show", "INFRA-1"], &["INFRA-12", "INFRA-1"]);
    let options = offered(&book, &book.root, &["tick", "INFRA-1", ""]);
    assert!(options.lines().all(|line| line.starts_with('-')), "where nothing else is known: {options}");
    // A bare repository has no work tree: HEAD is asked.
    book.git(&["restore", "."]);
    let bare = outside.join("bare.git");
    book.git(&["clone", "-q", "--bare", ".", &bare.to_string_lossy()]);
    assert_eq!(offered(&book, &bare, &["show", "CAB"]), "CAB-1\tBoard\n");
    assert_eq!(offered(&book, &bare, &["log", "--person", "s"]), "sam\tsam\n");
    for words in [&["x"][..], &["1"], &["99999999999999999999", "--", "a"]] {
        let output = book.program().env("CHANGEBOOK_COMPLETE", "bash").args(words).output().unwrap();
        assert!(output.status.success() && output.stdout.is_empty() && output.stderr.is_empty(), "{words:?}");
    }
}

fn is_there(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    let required = std::env::var_os("CHANGEBOOK_REQUIRE_TOOLS").is_some();
    assert!(found || !required, "{program} is not there, and is required");
    if !found {
        say_skipped(&format!("{program} is not there"));
    }
    found
}

/// With the program as `changebook` on the path.
fn with_program(book: &Fixture, command: &mut Command) {
    let folder = book.root.parent().unwrap().join("bin");
    if !folder.is_dir() {
        std::fs::create_dir(&folder).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_changebook"), folder.join("changebook")).unwrap();
    }
    let path = std::env::var("PATH").unwrap();
    command.env("PATH", format!("{}:{path}", folder.display())).env("TERM", "dumb").current_dir(&book.root);
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "sam").env(format!("GIT_{role}_EMAIL"), "sam@example.org");
    }
    command.env("HOME", book.root.parent().unwrap()).env("GIT_CONFIG_GLOBAL", "/dev/null");
    command.env_remove("XDG_DATA_HOME").env_remove("XDG_CONFIG_HOME");
}

/// Types into an interactive shell; what the lines did is seen in the repository.
fn types(book: &Fixture, shell: &[&str], keys: &str) -> String {
    let mut command = Command::new("python3");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shells/terminal.py")).args(shell);
    with_program(book, &mut command);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(keys.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let screen = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{screen}{}", String::from_utf8_lossy(&output.stderr));
    screen
}

/// Lines with Tab in them, whose commands are carried out as they are completed.
const KEYS: &str = "changebook tic\tINFRA-1 Code\t\r\
    changebook untick INFRA-1 It\t\r\
    changebook tick INFRA-1 \"Apply in st\t\r\
    changebook list --status propo\t --json > listed\r\
    exit\r";

#[track_caller]
fn has_carried_out(book: &Fixture, screen: &str) {
    let text = book.read(PATH);
    assert!(text.contains("[x] Code review"), "{screen}");
    assert!(text.contains("[ ] It's $5 \"odd\" (or not)"), "{screen}");
    assert!(text.contains("[x] Apply in staging"), "{screen}");
    assert!(book.read("listed").contains("changebook.list/1"), "{screen}");
}

#[test]
fn bash_puts_them_into_the_line() {
    if !is_there("bash") || !is_there("python3") {
        return;
    }
    let book = book();
    let before = "PS1='$ '; bind 'set enable-bracketed-paste off'; . <(changebook completions bash)\r";
    let screen = types(&book, &["bash", "--norc", "--noprofile", "-i"], &format!("{before}{KEYS}"));
    has_carried_out(&book, &screen);
}

#[test]
fn zsh_puts_them_into_the_line() {
    if !is_there("zsh") || !is_there("python3") {
        return;
    }
    let book = book();
    book.run(&["completions", "zsh", "--install"]).expect(0);
    let before = "PS1='$ '; fpath=(~/.zfunc $fpath); autoload -Uz compinit; compinit -u -D\r";
    let screen = types(&book, &["zsh", "-f", "-i"], &format!("{before}{KEYS}"));
    has_carried_out(&book, &screen);
}

#[test]
fn fish_asks_for_them() {
    if !is_there("fish") {
        return;
    }
    let book = book();
    book.run(&["completions", "fish", "--install"]).expect(0);
    let asks = |line: &str| {
        let mut command = Command::new("fish");
        with_program(&book, &mut command);
        let output = command.args(["-c", "complete -C $argv[1]", line]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
    };
    assert_eq!(asks("changebook tick INFRA-1 Code"), "Code review\tApprovals\n");
    assert_eq!(asks("changebook tick INFRA-1 'DevOps l"), "DevOps lead review\tApprovals\n");
    assert_eq!(asks("changebook untick INFRA-1 "), "It's $5 \"odd\" (or not)\tDeployment\n");
    assert_eq!(asks("changebook show CAB"), "CAB-1\tBoard\n");
    assert_eq!(asks("changebook list --status=propo"), "--status=proposed\n");
}
