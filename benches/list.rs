//! `changebook list` against one `git log --raw` over the same paths, cold, warm and one commit later, and
//! `changebook build`, on a generated book: the ratio is what counts, since both run on the same machine in turn.
//! A thousand signatures come last.
//!
//! `cargo bench --bench list -- [RECORDS] [COMMITS] [FOLDERS]`; by default 1,000 records and 8,000 commits in two
//! folders.

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
const PROGRAM: &str = env!("CARGO_BIN_EXE_changebook");

/// What is generated.
struct Size {
    records: usize,
    commits: usize,
    folders: usize,
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn main() {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse().ok());
    let mut next = |default: usize| numbers.next().unwrap_or(default);
    let size = Size { records: next(1_000), commits: next(8_000), folders: next(2) };
    let directory = tempfile::tempdir().expect("a temporary directory");
    let book = directory.path();
    generate(book, &size);
    println!("{} records, {} commits, {} folders", size.records, size.commits, size.folders);
    let (mut cold, mut warm, mut later) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let _ = std::fs::remove_dir_all(book.join(".git/changebook"));
        let first = time(&mut list(book));
        let again = time(&mut list(book));
        one_commit_more(book, round);
        let more = time(&mut list(book));
        let log = time(&mut git_log(book));
        println!(
            "cold {first:>8.1?}   warm {again:>8.1?}   one commit more {more:>8.1?}   git log {log:>8.1?}"
        );
        cold.push(first.as_secs_f64() / log.as_secs_f64());
        warm.push(again.as_secs_f64() * 1000.0);
        later.push(more.as_secs_f64() * 1000.0);
    }
    println!(
        "median: cold / git log {:.2}, warm {:.0} ms, one commit more {:.0} ms",
        median(cold),
        median(warm),
        median(later)
    );
    match most_memory(book) {
        Some(kilobytes) => println!("cold list takes {} MB at most", kilobytes / 1024),
        None => println!("memory is not measured: there is no /usr/bin/time that knows -f"),
    }
    let build = time(Command::new(PROGRAM).args(["build", "--out", "site"]).current_dir(book));
    println!("build {build:.1?}");
    signatures();
}

fn list(book: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command.arg("list").current_dir(book);
    command
}

fn git_log(book: &Path) -> Command {
    let mut command = Command::new("git");
    command.args(["log", "--raw", "--no-abbrev", "--format=%H %P %an %ae %at %s %(trailers)"]);
    command.args(["--", "tasks", "cab", "runbooks"]).current_dir(book);
    command
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn time(command: &mut Command) -> Duration {
    let begin = Instant::now();
    let status = command.stdout(Stdio::null()).status().expect("the program starts");
    assert!(status.success(), "{command:?}");
    begin.elapsed()
}

/// The largest resident size of a cold list, in kilobytes.
fn most_memory(book: &Path) -> Option<usize> {
    let _ = std::fs::remove_dir_all(book.join(".git/changebook"));
    let mut command = Command::new("/usr/bin/time");
    command.args(["-f", "%M", PROGRAM, "list"]).current_dir(book).stdout(Stdio::null());
    let output = command.stderr(Stdio::piped()).output().ok()?;
    String::from_utf8_lossy(&output.stderr).lines().last()?.trim().parse().ok()
}

fn one_commit_more(book: &Path, round: usize) {
    let path = folder(0, &Size { records: 1, commits: 1, folders: 1 });
    std::fs::write(book.join(&path), record(0, (0, 1_000 + round))).expect("a record is written");
    let identity = ["-c", "user.name=ana", "-c", "user.email=ana@example.org"];
    git(book, &[&identity[..], &["commit", "--quiet", "-m", "one more", "--", &path]].concat(), "");
}

/// How long a thousand signatures of texts by one ed25519 key take, made by `ssh-keygen` once.
#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn signatures() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let key = directory.path().join("key");
    let text = directory.path().join("text");
    let run = |arguments: &[&str]| {
        let mut command = Command::new("ssh-keygen");
        let status = command.args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    std::fs::write(&text, "what is approved\n").expect("a text is written");
    let (key, text) = (key.to_string_lossy(), text.to_string_lossy());
    if !run(&["-q", "-t", "ed25519", "-N", "", "-f", &key])
        || !run(&["-Y", "sign", "-n", "changebook", "-f", &key, &text])
    {
        return println!("signatures are not measured: there is no ssh-keygen that signs");
    }
    let armor = std::fs::read(format!("{text}.sig")).expect("a signature");
    let content = std::fs::read(&*text).expect("a text");
    let begin = Instant::now();
    for _ in 0..1_000 {
        let check = changebook::history::check_text(&content, &armor);
        assert!(matches!(check, changebook::history::SignatureCheck::Good { .. }), "{check:?}");
    }
    println!("1,000 ed25519 signatures on one core {:.1?}", begin.elapsed());
}

/// The path of a record: as many folders as are asked for, one after the other.
fn folder(position: usize, size: &Size) -> String {
    format!("tasks/{}/INFRA-{position}.md", 2020 + position * size.folders / size.records)
}

/// Each commit makes a record, ticks or unticks an item, or changes words; one in ten is made beside the line
/// and merged by the next.
fn generate(directory: &Path, size: &Size) {
    git(directory, &["init", "--quiet", "--initial-branch=main"], "");
    let mut stream = String::new();
    let mut states: Vec<(u8, usize)> = Vec::new();
    let mut beside = String::new();
    for commit in 0..size.commits {
        let person = PEOPLE[commit % PEOPLE.len()];
        let time = 1_500_000_000 + commit * 600;
        let _ = write!(
            stream,
            "commit refs/heads/main\nmark :{}\nauthor {person} <{person}@example.org> {time} +0200\ncommitter {person} <{person}@example.org> {time} +0200\ndata 4\nwork\n",
            commit + 1
        );
        let (is_beside, is_merge) = (commit > 20 && commit % 10 == 9, commit > 20 && commit % 10 == 0);
        match commit {
            0 => {}
            _ if is_merge => drop(writeln!(stream, "from :{}\nmerge :{commit}", commit - 1)),
            _ if is_beside => drop(writeln!(stream, "from :{}", commit - 1)),
            _ => drop(writeln!(stream, "from :{commit}")),
        }
        if commit == 0 {
            stream.push_str("M 100644 inline book.toml\ndata 18\n[book]\ntitle = \"x\"\n\n");
            continue;
        }
        if is_merge {
            stream.push_str(&beside);
            continue;
        }
        let position = next_record(&mut states, commit, size);
        let (path, text) = (folder(position, size), record(position, states[position]));
        beside = format!("M 100644 inline {path}\ndata {}\n{text}\n", text.len());
        stream.push_str(&beside);
    }
    git(directory, &["fast-import", "--quiet"], &stream);
    git(directory, &["repack", "-adq"], "");
    git(directory, &["checkout", "--quiet", "main"], "");
}

/// Which record a commit is about, changed by it.
fn next_record(states: &mut Vec<(u8, usize)>, commit: usize, size: &Size) -> usize {
    if states.len() < size.records && commit * size.records / size.commits >= states.len() {
        states.push((0, 0));
        return states.len() - 1;
    }
    // A fixed stride over the latest sixty stands in for chance.
    let latest = states.len().min(60);
    let position = states.len() - 1 - (commit * 37) % latest;
    match commit % 7 {
        0 => states[position].1 += 1,
        item => states[position].0 ^= 1 << (item - 1),
    }
    position
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
