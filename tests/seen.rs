//! What people see: help, and the answers over the demo and over the scripted year, as snapshots. A changed word is a
//! changed snapshot, which is read before it is accepted (`docs/contributing.md`).

use std::collections::{BTreeMap, BTreeSet};

use crate::support::Fixture;
use crate::year::year;

/// The widths that tables and help are laid out for.
const WIDTHS: [usize; 2] = [80, 120];

/// The week after the demo's last commit, and the last day of the year's story.
const DEMO_NOW: &str = "2024-05-30T09:00:00+02:00";
const YEAR_NOW: &str = "2025-12-27T03:00:00+01:00";

/// The book that an answer is over, and the names of its commits: they change with every word of a template, so an
/// answer shows them numbered, in as many letters as it printed.
struct Seen {
    book: Fixture,
    commits: Vec<String>,
    group: &'static str,
    names: BTreeSet<String>,
}

impl Seen {
    fn over(book: Fixture, group: &'static str) -> Self {
        let commits = book.git(&["log", "--all", "--format=%H"]).lines().map(str::to_owned).collect();
        Seen { book, commits, group, names: BTreeSet::new() }
    }

    /// What a command prints, with its exit status where that is not zero.
    fn said(&self, arguments: &[&str], columns: usize) -> String {
        let mut program = self.book.program();
        program.env("COLUMNS", columns.to_string()).current_dir(&self.book.root).args(arguments);
        let output = program.output().unwrap();
        let mut said = String::from_utf8(output.stdout).unwrap();
        let remarks = String::from_utf8(output.stderr).unwrap();
        if !remarks.is_empty() {
            said.push_str(&format!("\n-- standard error --\n{remarks}"));
        }
        if !output.status.success() {
            said.push_str(&format!("\n-- exit status {} --\n", output.status.code().unwrap()));
        }
        let version = concat!("changebook ", env!("CARGO_PKG_VERSION"));
        let root = self.book.root.to_string_lossy();
        let home = self.book.root.parent().unwrap().to_string_lossy();
        let said =
            said.replace(version, "changebook VERSION").replace(&*root, "BOOK").replace(&*home, "HOME");
        self.with_commits_numbered(&said)
    }

    fn with_commits_numbered(&self, text: &str) -> String {
        let mut numbers = BTreeMap::new();
        let mut numbered = String::new();
        for word in text.split_inclusive(|letter: char| !letter.is_ascii_alphanumeric()) {
            let name = word.trim_end_matches(|letter: char| !letter.is_ascii_alphanumeric());
            let commit =
                (name.len() >= 7).then(|| self.commits.iter().find(|commit| commit.starts_with(name)));
            let Some(commit) = commit.flatten() else {
                numbered.push_str(word);
                continue;
            };
            let next = numbers.len() + 1;
            let number = format!("commit{:02}", numbers.entry(commit).or_insert(next));
            numbered.push_str(&format!("{number:_<width$}{}", &word[name.len()..], width = name.len()));
        }
        numbered
    }

    /// Asserts that a command prints what its snapshot holds, which is the same at every width.
    fn assert_once(&mut self, arguments: &[&str]) -> String {
        let said = self.said(arguments, WIDTHS[0]);
        self.assert_text("", arguments, &said);
        said
    }

    /// The same at both widths. Where that makes a difference, each has its own snapshot.
    fn assert(&mut self, arguments: &[&str]) -> String {
        let [narrow, wide] = WIDTHS.map(|columns| self.said(arguments, columns));
        if narrow == wide {
            self.assert_text("", arguments, &narrow);
        } else {
            self.assert_text("_at_80", arguments, &narrow);
            self.assert_text("_at_120", arguments, &wide);
        }
        narrow
    }

    fn assert_text(&mut self, width: &str, arguments: &[&str], text: &str) {
        let said = arguments.iter().take_while(|argument| **argument != "--now");
        let words = said.map(|argument| argument.trim_start_matches('-')).collect::<Vec<_>>();
        let name = format!("{}_{}{width}", self.group, words.join("_").replace('/', "-"));
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.set_description(format!("changebook {}", arguments.join(" ")));
        settings.bind(|| insta::assert_snapshot!(name.clone(), text));
        self.names.insert(name);
    }

    /// Asserts that every snapshot of the group is still asked for.
    fn end(self) {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snapshots");
        let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name());
        let stored = files.filter_map(|name| Some(name.to_str()?.strip_suffix(".snap")?.to_owned()));
        let stored: BTreeSet<String> =
            stored.filter(|name| name.starts_with(&format!("{}_", self.group))).collect();
        assert_eq!(stored, self.names, "a snapshot that nothing asks for");
    }
}

/// The commands that a page of help lists.
fn listed(help: &str) -> Vec<String> {
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = commands.take_while(|line| !line.is_empty());
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.filter_map(|line| Some(line.split_whitespace().next()?.to_owned())).collect()
}

#[test]
fn every_page_of_help() {
    let mut seen = Seen::over(Fixture::book(), "help");
    let mut waiting = vec![Vec::new()];
    while let Some(command) = waiting.pop() {
        let mut arguments: Vec<&str> = command.iter().map(String::as_str).collect();
        arguments.push("--help");
        let help = match command.is_empty() {
            // All pages wrap alike: the first stands for them.
            true => seen.assert(&arguments),
            false => seen.assert_once(&arguments),
        };
        for name in listed(&help).into_iter().filter(|name| name != "help") {
            waiting.push([command.clone(), vec![name]].concat());
        }
    }
    assert!(seen.names.len() > 40, "{:?}", seen.names);
    seen.end();
}

#[test]
fn the_answers_over_the_demo() {
    let mut book = Fixture::empty();
    book.run(&["demo", "../demo", "--no-site"]).expect(0);
    book.root = book.root.join("../demo").canonicalize().unwrap();
    let mut seen = Seen::over(book, "demo");
    let now = ["--now", DEMO_NOW];
    let records = [
        "CAB-2024-05",
        "CAB-2024-06",
        "INFRA-100",
        "INFRA-150",
        "INFRA-200",
        "INFRA-210",
        "INFRA-220",
        "INFRA-230",
        "INFRA-235",
        "INFRA-240",
        "INFRA-DOC-01",
        "redis-cluster",
    ];
    for record in records {
        seen.assert(&[&["show", record][..], &now].concat());
        if record.starts_with("INFRA-") {
            seen.assert_once(&[&["gate", record, "-e", "production"][..], &now].concat());
        }
    }
    for answer in [
        &["show", "INFRA-150", "--events"][..],
        &["show", "INFRA-230", "--evidence"],
        &["list"],
        &["list", "--evidence"],
        &["board"],
        &["check"],
        &["audit"],
        &["audit", "--format", "markdown"],
        &["agenda"],
        &["agenda", "2024-05-16", "--minutes"],
        &["log"],
        &["metrics"],
        &["windows"],
        &["explain"],
        &["explain", "approval-stale"],
        &["blame", "INFRA-150"],
        &["diff", "INFRA-230"],
        &["announce", "INFRA-220"],
        &["risk", "INFRA-150"],
        // What is said to somebody who may not, or who mistypes; none of these changes the book.
        &["approve", "INFRA-240"],
        &["tick", "INFRA-230", "review"],
        &["deployed", "INFRA-230", "production"],
        &["show", "INFRA-15"],
        &["gate", "INFRA-150", "-e", "prod"],
        &["list", "--status", "dne"],
        &["explain", "approval-stail"],
    ] {
        seen.assert(&[answer, &now].concat());
    }
    seen.end();
}

#[test]
fn the_answers_over_the_year() {
    let mut seen = Seen::over(year().book, "year");
    let now = ["--now", YEAR_NOW];
    for record in [
        "INFRA-101",
        "INFRA-104",
        "INFRA-105",
        "INFRA-107",
        "INFRA-109",
        "INFRA-110",
        "INFRA-111",
        "INFRA-112",
        "INFRA-114",
        "INFRA-115",
        "INFRA-118",
        "INFRA-120",
        "INFRA-124",
        "INFRA-125",
        "INFRA-127",
        "INFRA-135",
        "INFRA-141",
        "INFRA-145",
    ] {
        seen.assert(&[&["show", record][..], &now].concat());
        seen.assert_once(&[&["gate", record, "-e", "production"][..], &now].concat());
    }
    seen.assert(&[&["list"][..], &now].concat());
    seen.assert(&[&["audit"][..], &now].concat());
    seen.assert(&[&["audit", "--format", "markdown"][..], &now].concat());
    seen.end();
}
