//! `changebook list` against one `git log --raw` over the same paths, and `changebook build`, on a generated
//! book: the ratio is what counts, since both run on the same machine in turn.
//!
//! `cargo bench --bench list -- [RECORDS] [COMMITS]`; by default 1,000 records and 8,000 commits.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 5;
const ITEMS: [&str; 6] = [
    "Terraform code",
    "Apply in staging",
    "Verify in staging",
    "Apply in production",
    "Verify and monitor",
    "Update documentation",
];
const PEOPLE: [&str; 4] = ["ana", "sam", "kim", "lee"];

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let (records, commits) =
        (numbers.first().copied().unwrap_or(1_000), numbers.get(1).copied().unwrap_or(8_000));
    let directory = tempfile::tempdir().expect("a temporary directory");
    generate(directory.path(), records, commits);
    let program = env!("CARGO_BIN_EXE_changebook");
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let list = time(Command::new(program).arg("list").current_dir(directory.path()));
        let log = time(
            Command::new("git")
                .args(["log", "--raw", "--no-abbrev", "--format=%H", "--", "tasks", "cab", "runbooks"])
                .current_dir(directory.path()),
        );
        println!("list {list:>8.1?}   git log --raw {log:>8.1?}");
        ratios.push(list.as_secs_f64() / log.as_secs_f64());
    }
    ratios.sort_by(f64::total_cmp);
    println!("{records} records, {commits} commits: list / git log, median {:.2}", ratios[ROUNDS / 2]);
    let build = time(Command::new(program).args(["build", "--out", "site"]).current_dir(directory.path()));
    println!("build {build:.1?}");
}

fn time(command: &mut Command) -> Duration {
    let begin = Instant::now();
    let status = command.stdout(Stdio::null()).status().expect("the program starts");
    assert!(status.success(), "{command:?}");
    begin.elapsed()
}

/// A linear history: each commit makes a record, ticks or unticks an item, or changes words.
fn generate(directory: &Path, records: usize, commits: usize) {
    git(directory, &["init", "--quiet", "--initial-branch=main"], "");
    let mut stream = String::new();
    let mut states: Vec<(u8, usize)> = Vec::new();
    for commit in 0..commits {
        let person = PEOPLE[commit % PEOPLE.len()];
        let time = 1_600_000_000 + commit * 600;
        let _ = write!(
            stream,
            "commit refs/heads/main\nauthor {person} <{person}@example.org> {time} +0200\ncommitter {person} <{person}@example.org> {time} +0200\ndata 4\nwork\n"
        );
        if commit == 0 {
            stream.push_str("M 100644 inline book.toml\ndata 18\n[book]\ntitle = \"x\"\n\n");
            continue;
        }
        let position = if states.len() < records && commit * records / commits >= states.len() {
            states.push((0, 0));
            states.len() - 1
        } else {
            // A fixed stride over the latest sixty stands in for chance.
            let latest = states.len().min(60);
            let position = states.len() - 1 - (commit * 37) % latest;
            match commit % 7 {
                0 => states[position].1 += 1,
                item => states[position].0 ^= 1 << (item - 1),
            }
            position
        };
        let text = record(position, states[position]);
        let _ = writeln!(stream, "M 100644 inline tasks/INFRA-{position}.md\ndata {}\n{text}", text.len());
    }
    git(directory, &["fast-import", "--quiet"], &stream);
    git(directory, &["repack", "-adq"], "");
    git(directory, &["checkout", "--quiet", "main"], "");
}

fn record(position: usize, (ticks, words): (u8, usize)) -> String {
    let mut text = format!(
        "+++\nid = \"INFRA-{position}\"\ntitle = \"Change number {position}\"\nkind = \"terraform\"\nrisk = \"medium\"\nservices = [\"svc{}\"]\n+++\n\n## What\n\nMove the thing from one place to another, with care, {words} times over.\n\n## Why\n\nThe old place is full.\n\n## Blast radius\n\nAll traffic during the cutover.\n\n## Rollback\n\n1. Switch back\n\n## Deployment\n\n",
        position % 37
    );
    for (bit, item) in ITEMS.iter().enumerate() {
        let mark = if ticks & (1 << bit) == 0 { ' ' } else { 'x' };
        let _ = writeln!(text, "- [{mark}] {item}");
    }
    text
}

fn git(directory: &Path, arguments: &[&str], input: &str) {
    let mut child = Command::new("git")
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::piped())
        .spawn()
        .expect("git starts");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("git reads its input");
    assert!(child.wait().expect("git ends").success(), "git {arguments:?}");
}
