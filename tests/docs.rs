//! Every command that the README and the first steps of the manual show is run; those of other pages exist.

use std::path::Path;

use crate::support::Fixture;

fn page(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The lines after `$ ` in blocks fenced as `console`.
fn commands(text: &str) -> Vec<String> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| inside) {
            found.push(command.to_owned());
        }
    }
    found
}

#[test]
fn the_first_steps_run_as_they_are_written() {
    for path in ["docs/start.md", "README.md"] {
        let all = commands(&page(path));
        let book = Fixture::empty();
        let program = Path::new(env!("CARGO_BIN_EXE_changebook")).parent().unwrap();
        let search = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
        for command in all.iter().filter(|command| !command.starts_with("cargo ")) {
            let mut shell = book.program();
            // The fixture's surroundings with a shell in the program's place.
            let mut run = std::process::Command::new("sh");
            run.env_clear();
            for (key, value) in shell.current_dir(&book.root).get_envs() {
                if let Some(value) = value {
                    run.env(key, value);
                }
            }
            let output =
                run.env("PATH", &search).args(["-c", command]).current_dir(&book.root).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{path}: {command}: {said}");
        }
    }
    assert!(!commands(&page("docs/start.md")).is_empty());
}

/// The pages about the demo's book: each command ends with yes or no, never with wrong usage or a failure.
#[test]
fn what_is_asked_of_the_demo_has_an_answer() {
    let book = Fixture::empty();
    book.run(&["demo", "../demo", "--no-site"]).expect(0);
    let demo = book.root.parent().unwrap().join("demo");
    for path in ["docs/gate.md", "docs/audit.md", "docs/board.md"] {
        let all = commands(&page(path));
        assert!(!all.is_empty());
        for command in all {
            let words = split(&command);
            let words: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
            let run = book.run_at(&demo, &words);
            let wanted = if words[0] == "agenda" && words.len() == 1 { &[0][..] } else { &[0, 3] };
            assert!(wanted.contains(&run.status), "{path}: {command}: {}", run.stderr);
        }
    }
}

/// The words of a command, those in quotes as one.
fn split(command: &str) -> Vec<String> {
    let parts = command.split('"').enumerate();
    parts
        .flat_map(|(position, part)| match position % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        })
        .collect()
}

#[test]
fn every_command_of_the_manual_exists() {
    let book = Fixture::empty();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let mut n_commands = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        for command in commands(&std::fs::read_to_string(&path).unwrap()) {
            let mut words = command.split_whitespace().skip_while(|word| *word != "changebook").skip(1);
            let Some(subcommand) = words.find(|word| word.chars().all(|c| c.is_ascii_lowercase())) else {
                continue;
            };
            n_commands += 1;
            book.run(&[subcommand, "--help"]).expect(0);
        }
    }
    assert!(n_commands > 10, "{n_commands}");
}
