//! Every command that the README and the first steps of the manual show is run; those of other pages exist.

use std::path::Path;

use crate::support::{Fixture, task};

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

/// Runs a line in a shell, with the program on its path, in the fixture's surroundings.
fn shell(book: &Fixture, command: &str) -> std::process::Output {
    let program = Path::new(env!("CARGO_BIN_EXE_changebook")).parent().unwrap();
    let search = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut run = std::process::Command::new("sh");
    run.env_clear();
    for (key, value) in book.program().get_envs() {
        if let Some(value) = value {
            run.env(key, value);
        }
    }
    run.env("PATH", &search).args(["-c", command]).current_dir(&book.root).output().unwrap()
}

#[test]
fn the_trust_page_checks_a_detached_approval_as_printed() {
    let mut book = Fixture::book();
    book.person("ana").later().write("tasks/INFRA-1.md", task("INFRA-1", "risk = \"medium\"\n"));
    book.commit("propose");
    let key = book.ssh_key("sam", "ed25519");
    book.list_key("sam", &key);
    book.person("kim").later().commit("list sam's key");
    book.person("sam").later().git(&["config", "user.email", "sam@example.org"]);
    book.run(&["approve", "INFRA-1", "--role", "peer", "--sign", "--key", &key]).expect(0);
    let all = commands(&page("docs/trust.md"));
    let mut said = String::new();
    for command in &all {
        let output = shell(&book, command);
        said += &String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
    assert!(said.contains("Good \"changebook\" signature for sam"), "{said}");
    let scope = book.show("INFRA-1")["scope"].as_str().unwrap().to_owned();
    assert_eq!(said.matches(&scope).count(), 3, "in the text, of the commit, of the printed text: {said}");
    // The same commands see a text that was changed.
    book.replace(&book.approval_file("INFRA-1", "peer", "sam"), "peer", "cab");
    let verify = |command: &&String| command.starts_with("ssh-keygen");
    let before = all.iter().take_while(|command| !verify(command));
    before.for_each(|command| assert!(shell(&book, command).status.success(), "{command}"));
    assert!(!shell(&book, all.iter().find(verify).unwrap()).status.success());
}

#[test]
fn the_approvals_page_runs_on_the_demo() {
    let mut book = Fixture::empty();
    book.run(&["demo", "../demo"]).expect(0);
    book.root = book.root.join("../demo").canonicalize().unwrap();
    book.person("sam");
    for command in commands(&page("docs/approvals.md")) {
        let output = shell(&book, &command);
        // The difference that the page speaks of is there.
        let expected = if command.contains(" diff ") { 3 } else { 0 };
        assert_eq!(
            output.status.code(),
            Some(expected),
            "{command}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// The project's own manual is a book: the program builds it, with nothing to say about it.
#[test]
fn the_manual_builds_without_a_word() {
    let mut book = Fixture::empty();
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    for entry in walkdir::WalkDir::new(project.join("docs")).into_iter().map(Result::unwrap) {
        if entry.file_type().is_file() {
            let name = entry.path().strip_prefix(project).unwrap().display().to_string();
            book.write(&name, std::fs::read(entry.path()).unwrap());
        }
    }
    book.write("book.toml", page("book.toml"));
    book.commit("the manual");
    let run = book.run(&["build"]).expect(0);
    assert_eq!(run.stderr, "");
    for chapter in ["index", "start", "gate", "site"] {
        assert!(book.root.join(format!("book/manual/{chapter}.html")).exists(), "{chapter}");
    }
    let check = book.run(&["check"]).expect(0);
    assert_eq!(check.stderr, "");
}

#[test]
fn the_first_steps_run_as_they_are_written() {
    for path in ["docs/start.md", "README.md"] {
        let all = commands(&page(path));
        let book = Fixture::empty();
        for command in all.iter().filter(|command| !command.starts_with("cargo ")) {
            let output = shell(&book, command);
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

/// What a pipeline runs, in a clone such as a pipeline has: detached, with remote-tracking branches only.
#[test]
fn what_pipelines_run_has_an_answer() {
    let mut book = Fixture::empty();
    book.run(&["demo", "../demo", "--no-site"]).expect(0);
    let home = book.root.parent().unwrap().to_owned();
    let branch = book.git_at(&home.join("demo"), &["branch", "--show-current"]);
    book.git_at(&home, &["clone", "-q", "demo", "job"]);
    book.root = home.join("job");
    book.git(&["checkout", "-q", "--detach"]);
    book.write("plan.json", r#"{"format_version":"1.2","terraform_version":"1.5.0","resource_changes":[]}"#);
    let text = page("docs/pipelines.md");
    let lines = text.lines().filter_map(|line| line.find("changebook ").map(|at| &line[at..]));
    let commands: Vec<&str> =
        lines.filter(|line| !line.contains('`') && !line.ends_with("mdbook\"")).collect();
    assert!(commands.len() >= 7, "{commands:?}");
    for command in commands {
        let surroundings =
            format!("CHANGE=INFRA-150 CI_DEFAULT_BRANCH={branch} HEAD_BRANCH_NAME=add/INFRA-150-vpc");
        let output = shell(&book, &format!("export {surroundings}; {command}"));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(matches!(output.status.code(), Some(0 | 3)), "{command}: {said}");
    }
}
