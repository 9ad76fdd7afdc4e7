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
