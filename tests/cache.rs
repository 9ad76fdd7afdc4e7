//! What is kept below the git directory changes no answer: not on histories that grow and are rewritten, not
//! when it is damaged, cut short, foreign, full, read-only, or written by several at once.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{Fixture, say_skipped, task};

/// The answer with a cache is the answer without: one from facts alone, one that may be said again.
#[track_caller]
fn agrees(fixture: &Fixture) {
    let questions: [(&[&str], usize); 3] =
        [(&["log", "--json"], 1), (&["list", "--json"], 2), (&["list"], 1)];
    for (question, rounds) in questions {
        let plain = fixture.run(&[question, &["--no-cache"]].concat());
        for round in 0..rounds {
            let cached = fixture.run(question);
            assert_eq!(cached.stdout, plain.stdout, "{question:?}, round {round}");
            assert_eq!(cached.status, plain.status, "{question:?}, round {round}");
        }
    }
}

fn book() -> Fixture {
    let mut fixture = Fixture::book();
    for number in 1..=3 {
        fixture.write(&format!("tasks/INFRA-{number}.md"), task(&format!("INFRA-{number}"), ""));
        fixture.commit(&format!("INFRA-{number}"));
    }
    fixture.later().person("sam").tick("tasks/INFRA-1.md", "Security review");
    fixture
}

fn kept(fixture: &Fixture) -> PathBuf {
    fixture.root.join(".git/changebook/cache")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

fn named(fixture: &Fixture, prefix: &str) -> Vec<PathBuf> {
    let of_kind = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with(prefix);
    files(&kept(fixture)).into_iter().filter(of_kind).collect()
}

#[test]
fn nothing_is_written_when_it_is_not_wanted() {
    let fixture = book();
    fixture.run(&["list", "--no-cache"]).expect(0);
    let output =
        fixture.program().arg("list").env("CHANGEBOOK_CACHE", "0").current_dir(&fixture.root).output();
    assert!(output.unwrap().status.success());
    assert_eq!(files(&fixture.root.join(".git/changebook")), Vec::<PathBuf>::new());
    fixture.run(&["list"]).expect(0);
    assert_eq!((named(&fixture, "facts-").len(), named(&fixture, "answer-").len()), (1, 1));
    assert_eq!(fixture.git(&["status", "--porcelain"]), "");
}

/// One step of a repository's life.
#[derive(Debug, Clone)]
enum Step {
    Tick { record: u8, item: u8 },
    Words { record: u8 },
    Branch { back: u8 },
    Merge { evil: bool },
    Amend,
    Reset { back: u8 },
    Code { record: u8 },
    Policy,
    Uncommitted { record: u8 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0_u8..4, 0_u8..7).prop_map(|(record, item)| Step::Tick { record, item }),
        2 => (0_u8..4).prop_map(|record| Step::Words { record }),
        2 => (0_u8..4).prop_map(|back| Step::Branch { back }),
        2 => any::<bool>().prop_map(|evil| Step::Merge { evil }),
        1 => Just(Step::Amend),
        1 => (1_u8..4).prop_map(|back| Step::Reset { back }),
        1 => (0_u8..4).prop_map(|record| Step::Code { record }),
        1 => Just(Step::Policy),
        1 => (0_u8..4).prop_map(|record| Step::Uncommitted { record }),
    ];
    prop::collection::vec(step, 4..10)
}

const ITEMS: [&str; 7] = [
    "Code review",
    "DevOps lead review",
    "Security review",
    "Change advisory board",
    "Terraform code",
    "Apply in staging",
    "Apply in production",
];

fn path(record: u8) -> String {
    format!("tasks/INFRA-{record}.md")
}

fn text(fixture: &Fixture, record: u8) -> String {
    let file = fixture.root.join(path(record));
    std::fs::read_to_string(file).unwrap_or_else(|_| task(&format!("INFRA-{record}"), ""))
}

fn flip(fixture: &Fixture, record: u8, item: &str) {
    let before = text(fixture, record);
    let (off, on) = (format!("[ ] {item}"), format!("[x] {item}"));
    let after = if before.contains(&off) { before.replace(&off, &on) } else { before.replace(&on, &off) };
    fixture.write(&path(record), after);
}

fn take(fixture: &mut Fixture, number: usize, step: &Step) {
    let people = ["ana", "sam", "kim", "lee"];
    fixture.later().person(people[number % people.len()]);
    match step {
        Step::Tick { record, item } => {
            flip(fixture, *record, ITEMS[usize::from(*item)]);
            fixture.commit("tick");
        }
        Step::Words { record } => {
            let words = text(fixture, *record).replace("Something", "Something more");
            fixture.write(&path(*record), words);
            fixture.commit("words");
        }
        Step::Branch { back } => {
            let from = format!("HEAD~{back}");
            if fixture.try_git(&fixture.root, &["rev-parse", "-q", "--verify", &from]).status.success() {
                fixture.git(&["checkout", "-q", "-f", "-b", &format!("b{number}"), &from]);
            }
        }
        Step::Merge { evil } => {
            let branches = fixture.git(&["branch", "--format=%(refname:short)"]);
            let other = branches.lines().nth(number % branches.lines().count()).unwrap().to_owned();
            fixture.try_git(&fixture.root, &["merge", "-q", "-X", "ours", "--no-ff", "--no-commit", &other]);
            if *evil {
                flip(fixture, 1, ITEMS[number % ITEMS.len()]);
            }
            fixture.commit("merge");
        }
        Step::Amend => {
            fixture.git(&["commit", "-q", "-a", "--amend", "--allow-empty", "-m", "amended"]);
        }
        Step::Reset { back } => {
            fixture.try_git(&fixture.root, &["reset", "-q", "--hard", &format!("HEAD~{back}")]);
        }
        Step::Code { record } => {
            fixture.write("terraform/main.tf", format!("# {number}\n"));
            fixture.commit(&format!("work\n\nChange: INFRA-{record}"));
        }
        Step::Policy => {
            let policy = fixture.read("policy.toml").replace("devops-lead = [", "devops-lead = [\"sam\", ");
            if !policy.contains("\"sam\", \"sam\"") {
                fixture.write("policy.toml", policy);
            }
            fixture.commit("policy");
        }
        Step::Uncommitted { record } => flip(fixture, *record, ITEMS[0]),
    }
}

#[test]
fn a_cache_changes_no_answer_while_history_grows_and_is_rewritten() {
    let mut runner = TestRunner::new(Config { cases: 4, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&steps(), |steps| {
        let mut fixture = book();
        for (number, step) in steps.iter().enumerate() {
            take(&mut fixture, number, step);
            agrees(&fixture);
        }
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn damage_is_found_said_in_a_word_and_repaired() {
    let fixture = book();
    let plain = fixture.run(&["list", "--json", "--no-cache"]).expect(0).stdout;
    fixture.run(&["list", "--json"]).expect(0);
    let facts = named(&fixture, "facts-").remove(0);
    let whole = std::fs::read(&facts).unwrap();
    let mut damages: Vec<Vec<u8>> = [0, 1, 40, whole.len() / 2, whole.len() - 1]
        .into_iter()
        .map(|length| whole[..length].to_vec())
        .collect();
    for part in 1..40 {
        let mut bytes = whole.clone();
        let at = (part * 7919) % bytes.len();
        bytes[at] ^= 1 << (part % 8);
        damages.push(bytes);
    }
    damages.push([&whole[..], b"more"].concat());
    damages.push(vec![0; 4096]);
    for bytes in damages {
        for answer in named(&fixture, "answer-") {
            std::fs::write(answer, &bytes).unwrap();
        }
        std::fs::write(&facts, &bytes).unwrap();
        let run = fixture.run(&["list", "--json"]).expect(0);
        assert_eq!(run.stdout, plain);
        assert_eq!(run.stderr.lines().next(), Some("the cache was damaged and has been rebuilt"));
        let again = fixture.run(&["log", "--json"]).expect(0);
        assert_eq!(again.stderr, "", "it was repaired");
        assert_eq!(std::fs::read(&facts).unwrap(), whole, "the same facts are the same bytes");
    }
}

/// Puts the right checksum to changed bytes, as another program would.
fn reseal(path: &Path, from: &[u8], to: &[u8]) {
    use sha2::{Digest, Sha256};
    let bytes = std::fs::read(path).unwrap();
    let body = &bytes[..bytes.len() - 32];
    let at = body.windows(from.len()).position(|window| window == from).expect("it is there");
    let body = [&body[..at], to, &body[at + from.len()..]].concat();
    let checksum = Sha256::digest(&body);
    std::fs::write(path, [&body[..], &checksum[..]].concat()).unwrap();
}

#[test]
fn what_another_version_wrote_is_not_trusted() {
    for (from, to) in [
        ("facts 12 ".to_owned(), "facts 40 "),
        (format!(" {} ", env!("CARGO_PKG_VERSION")), " 9.9.9 "),
        (" sha1 ".to_owned(), " sha2 "),
    ] {
        let fixture = book();
        let plain = fixture.run(&["log", "--json", "--no-cache"]).expect(0).stdout;
        fixture.run(&["log", "--json"]).expect(0);
        // A fact that would be seen if it were believed.
        let facts = named(&fixture, "facts-").remove(0);
        reseal(&facts, b"sam@example.org", b"sum@example.org");
        let believed = fixture.run(&["log", "--json"]).expect(0).stdout;
        assert_ne!(believed, plain, "the cache is read at all");
        reseal(&facts, from.as_bytes(), to.as_bytes());
        assert_eq!(fixture.run(&["log", "--json"]).expect(0).stdout, plain);
    }
}

#[test]
fn what_judges_believes_no_cache() {
    let fixture = book();
    let gate =
        |more: &[&str]| fixture.run(&[&["gate", "INFRA-1", "-e", "production", "--json"], more].concat());
    let plain = gate(&["--no-cache"]);
    assert!(plain.stdout.contains("sam"), "the answer rests on sam's tick: {}", plain.stdout);
    fixture.run(&["list"]).expect(0);
    let facts = named(&fixture, "facts-").remove(0);
    reseal(&facts, b"sam@example.org", b"kim@example.org");
    assert!(fixture.run(&["show", "INFRA-1"]).expect(0).stdout.contains("kim"), "the cache is read at all");
    let judged = gate(&[]);
    assert_eq!((judged.status, judged.stdout), (plain.status, plain.stdout));
}

#[test]
fn eight_at_once_and_ended_at_any_moment() {
    let mut fixture = book();
    for round in 0..4 {
        fixture.later().write("tasks/INFRA-9.md", task("INFRA-9", &format!("services = [\"s{round}\"]\n")));
        fixture.commit("more");
        let plain = fixture.run(&["list", "--json", "--no-cache"]).expect(0).stdout;
        let start = || {
            let mut command = fixture.program();
            command.args(["list", "--json"]).current_dir(&fixture.root);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        for (position, mut child) in (0..8).map(|_| start()).collect::<Vec<_>>().into_iter().enumerate() {
            if position % 2 == 1 {
                // Ended at some moment of its run, which the bytes of its answer do not tell.
                std::thread::sleep(Duration::from_millis((position * (round + 1) * 2) as u64));
                let _ = child.kill();
                let _ = child.wait();
                continue;
            }
            let output = child.wait_with_output().unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stderr), "", "nothing was found damaged");
            assert_eq!(String::from_utf8_lossy(&output.stdout), plain);
        }
        agrees(&fixture);
    }
}

#[test]
fn many_small_files_become_one() {
    let mut fixture = book();
    for round in 0..20 {
        fixture.later().write("tasks/INFRA-9.md", task("INFRA-9", &format!("services = [\"s{round}\"]\n")));
        fixture.commit("more");
        fixture.run(&["list"]).expect(0);
        assert!(named(&fixture, "facts-").len() <= 8, "round {round}");
        assert!(named(&fixture, "answer-").len() <= 16, "round {round}");
    }
    agrees(&fixture);
}

#[test]
fn work_trees_share_it_and_books_do_not() {
    let mut fixture = book();
    fixture.write("other/book.toml", "[book]\ntitle = \"Other\"\n");
    fixture.write("other/tasks/INFRA-1.md", task("INFRA-1", "risk = \"low\"\n"));
    fixture.commit("a second book");
    agrees(&fixture);
    let other = fixture.root.join("other");
    let plain = fixture.run_at(&other, &["list", "--json", "--no-cache"]).expect(0).stdout;
    for _ in 0..2 {
        assert_eq!(fixture.run_at(&other, &["list", "--json"]).expect(0).stdout, plain);
    }
    agrees(&fixture);
    assert_eq!(std::fs::read_dir(kept(&fixture)).unwrap().count(), 2, "a folder for each book");

    let before = named(&fixture, "facts-");
    let linked = fixture.root.with_file_name("linked");
    fixture.git(&["worktree", "add", "-q", &linked.to_string_lossy(), "-b", "topic"]);
    let plain = fixture.run_at(&linked, &["list", "--json", "--no-cache"]).expect(0).stdout;
    assert_eq!(fixture.run_at(&linked, &["list", "--json"]).expect(0).stdout, plain);
    assert_eq!(named(&fixture, "facts-"), before, "nothing had to be read again");
    assert!(!linked.join(".git/changebook").exists());
}

#[test]
fn the_work_tree_is_looked_at_each_time() {
    let fixture = book();
    fixture.run(&["list"]).expect(0);
    let before = fixture.read("tasks/INFRA-2.md");
    fixture.write("tasks/INFRA-2.md", before.replace("A change", "B change"));
    agrees(&fixture);
    fixture.write("tasks/INFRA-2.md", &before);
    agrees(&fixture);
    std::fs::remove_file(fixture.root.join("tasks/INFRA-3.md")).unwrap();
    agrees(&fixture);
    fixture.write("templates/records/terraform.md", "+++\n+++\n\n## What\n\nSomething.\n");
    agrees(&fixture);
    fixture.write("book.toml", "[book]\ntitle = \"Else\"\nnonsense = 1\n");
    agrees(&fixture);
}

#[test]
fn an_answer_is_kept_for_as_long_as_it_holds() {
    let mut fixture = Fixture::book();
    let runbook =
        "+++\nid = \"redis\"\ntitle = \"Redis\"\nreview-every = \"2d\"\n+++\n\n## Escalation\n\nCall.\n";
    fixture.write("runbooks/redis.md", runbook);
    fixture.commit("a runbook");
    // Made at 1,715,000,000; due 172,800 seconds later; in words from the second after.
    let asked = |now: i64| fixture.run(&["list", "--now", &now.to_string()]).expect(0).stdout;
    for now in [1_715_000_001, 1_715_172_800, 1_715_172_801, 1_716_000_000, 1_715_172_800, 1_715_000_001] {
        let expected = if now <= 1_715_172_800 { "current" } else { "review-due" };
        assert!(asked(now).contains(expected), "{now}");
    }
}

#[test]
fn where_nothing_can_be_written_the_answer_is_the_same() {
    let fixture = book();
    let plain = fixture.run(&["list", "--no-cache"]).expect(0);
    // A file where the folder would be stands in for a directory that nobody may write to: root may always.
    std::fs::write(fixture.root.join(".git/changebook"), "in the way").unwrap();
    let run = fixture.run(&["list"]).expect(0);
    assert_eq!((run.stdout, run.stderr), (plain.stdout, plain.stderr));

    let bare = fixture.root.with_file_name("bare.git");
    fixture.git(&["clone", "-q", "--bare", ".", &bare.to_string_lossy()]);
    let plain = fixture.run_at(&bare, &["list", "--json", "--no-cache"]).expect(0).stdout;
    for _ in 0..2 {
        assert_eq!(fixture.run_at(&bare, &["list", "--json"]).expect(0).stdout, plain);
    }
}

#[test]
fn a_full_disk_costs_time_and_no_answer() {
    let fixture = book();
    let plain = fixture.run(&["list", "--json", "--no-cache"]).expect(0).stdout;
    let folder = fixture.root.join(".git/changebook");
    std::fs::create_dir(&folder).unwrap();
    let mounted = |arguments: &[&str]| {
        std::process::Command::new(arguments[0])
            .args(&arguments[1..])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    let place = folder.to_string_lossy().into_owned();
    if !mounted(&["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", &place]) {
        return say_skipped("a small file system cannot be mounted here");
    }
    let mut wrong = Vec::new();
    for filling in [0_usize, 4 * 1024, 8 * 1024, 12 * 1024, 16 * 1024] {
        let _ = std::fs::write(folder.join("filling"), vec![1; filling]);
        for _ in 0..2 {
            let run = fixture.run(&["list", "--json"]);
            if (run.status, &run.stdout, &*run.stderr) != (0, &plain, "") {
                wrong.push(format!("{filling}: {}", run.stderr));
            }
        }
        let _ = std::fs::remove_dir_all(folder.join("cache"));
    }
    assert!(mounted(&["umount", &place]), "{place} stays mounted");
    assert_eq!(wrong, Vec::<String>::new());
}
