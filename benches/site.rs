//! `changebook build` of a book with an empty cache, again, after one file changed and after one commit, against mdBook
//! over the same documents where that is installed: the ratios are what counts, since both run on the same machine in
//! turn.
//!
//! `cargo bench --bench site -- [BOOK]`: a clone of that book, or by default a thousand generated records of 8 KB.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 3;
const RECORDS: usize = 1_000;
const PROGRAM: &str = env!("CARGO_BIN_EXE_changebook");

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn main() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let book = directory.path().join("book");
    match std::env::args().skip(1).find(|argument| !argument.starts_with("--")) {
        Some(path) => git(directory.path(), &["clone", "--quiet", &path, "book"]),
        None => generate(&book),
    }
    let records = records(&book);
    println!("{} records", records.len());
    let others = mdbook(directory.path(), &records);
    if others.is_none() {
        println!("mdBook is not measured: it is not installed");
    }
    for (round, record) in records.iter().enumerate().take(ROUNDS) {
        let _ = std::fs::remove_dir_all(book.join(".git/changebook"));
        let out = directory.path().join(format!("site-{round}"));
        let cold = time(&mut build(&book, &out));
        let again = time(&mut build(&book, &out));
        let text = std::fs::read_to_string(record).expect("a record");
        std::fs::write(record, format!("{text}\nOne line more.\n")).expect("a record is written");
        let one_file = time(&mut build(&book, &out));
        git(&book, &["commit", "--quiet", "-a", "-m", "One line more"]);
        let one_commit = time(&mut build(&book, &out));
        print!(
            "cold {cold:>8.1?}   again {again:>8.1?}   one file {one_file:>8.1?}   one commit {one_commit:>8.1?}"
        );
        match others.as_deref().map(|source| time(Command::new("mdbook").arg("build").arg(source))) {
            Some(other) => println!(
                "   mdBook {other:>8.1?}: {:.1} times a cold build, {:.1} times one file",
                other.as_secs_f64() / cold.as_secs_f64(),
                other.as_secs_f64() / one_file.as_secs_f64()
            ),
            None => println!(),
        }
    }
}

fn build(book: &Path, out: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(["build", "--allow-broken-links", "--out"]).arg(out).current_dir(book);
    command
}

fn time(command: &mut Command) -> Duration {
    let begin = Instant::now();
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("the program starts");
    assert!(status.success(), "{command:?}");
    begin.elapsed()
}

/// The files of a book's tasks, sorted.
fn records(book: &Path) -> Vec<PathBuf> {
    let files = walkdir::WalkDir::new(book.join("tasks")).sort_by_file_name();
    let files = files.into_iter().map(|entry| entry.expect("a readable folder").into_path());
    files.filter(|path| path.extension().is_some_and(|ending| ending == "md")).collect()
}

/// The same documents as a book of mdBook's; `None` without mdBook.
fn mdbook(directory: &Path, records: &[PathBuf]) -> Option<PathBuf> {
    let version = Command::new("mdbook").arg("--version").stdout(Stdio::null()).status();
    version.ok().filter(std::process::ExitStatus::success)?;
    let root = directory.join("mdbook");
    std::fs::create_dir_all(root.join("src")).expect("a folder");
    std::fs::write(root.join("book.toml"), "[book]\ntitle = \"x\"\n").expect("a file is written");
    let mut summary = String::from("# Summary\n\n");
    for record in records {
        let name = record.file_name().expect("a file").to_string_lossy();
        std::fs::copy(record, root.join("src").join(&*name)).expect("a file is copied");
        let _ = writeln!(summary, "- [{name}]({name})");
    }
    std::fs::write(root.join("src/SUMMARY.md"), summary).expect("a file is written");
    Some(root)
}

/// Records of prose, tables and code, in one commit, and a second one that changes each.
fn generate(book: &Path) {
    std::fs::create_dir_all(book.join("tasks/2024")).expect("a folder");
    git(book, &["init", "--quiet", "--initial-branch=main"]);
    std::fs::write(book.join("book.toml"), "[book]\ntitle = \"x\"\n").expect("a file is written");
    for subject in ["Records", "More words"] {
        for position in 0..RECORDS {
            let path = book.join(format!("tasks/2024/INFRA-{position}.md"));
            std::fs::write(path, record(position, subject)).expect("a record is written");
        }
        git(book, &["add", "."]);
        git(book, &["commit", "--quiet", "-m", subject]);
    }
}

fn record(position: usize, subject: &str) -> String {
    let mut text = format!(
        "+++\nid = \"INFRA-{position}\"\ntitle = \"Change number {position}\"\nkind = \"terraform\"\nrisk = \"medium\"\nservices = [\"svc{}\"]\n+++\n\n## What\n\n{subject}.\n\n",
        position % 37
    );
    for part in 0..8 {
        let _ = write!(
            text,
            "### Part {part}\n\n{}\n\n| Zone | Nodes |\n| --- | ---: |\n| a{part} | {position} |\n\n```hcl\nresource \"aws_subnet\" \"s{part}\" {{\n  cidr_block = \"10.{part}.0.0/16\" # of INFRA-{}\n}}\n```\n\n```sh\nterraform plan -out=plan.{part} && kubectl get pods -n svc{part} | grep -v Running\n```\n\n",
            format!(
                "The thing of **part {part}** moves from `here` to [there](https://example.org/{part}). "
            )
            .repeat(6),
            position / 2
        );
    }
    text.push_str("## Deployment\n\n- [ ] Terraform code\n- [ ] Apply in production\n");
    text
}

fn git(directory: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=ana", "-c", "user.email=ana@example.org"]).args(arguments);
    let status = command.current_dir(directory).status().expect("git starts");
    assert!(status.success(), "git {arguments:?}");
}
