//! What `check` says of a pull request, by the list that `pr` prints: secrets in what a branch adds, and what the
//! real `terraform` says where it is installed.

use std::process::Command;

use serde_json::Value;

use crate::support::{Fixture, Run, say_skipped, task};

const TOKEN: &str = "AKIAPLANTEDPLANTED12";
const PASSWORD: &str = "planted-hunter2";

/// A book in `ops/` with infrastructure beside it, and a branch.
fn branch() -> Fixture {
    let mut book = Fixture::empty();
    book.write("ops/book.toml", "[book]\ntitle = \"Test\"\nsrc = \"docs\"\n");
    book.write("ops/policy.toml", crate::support::POLICY);
    book.write("terraform/main.tf", format!("locals {{\n  old = \"{TOKEN}\"\n}}\n"));
    book.commit("start");
    book.git(&["switch", "-q", "-c", "redis"]);
    book.person("ana").later().write("ops/tasks/INFRA-1.md", task("INFRA-1", ""));
    book.commit("propose");
    book
}

fn run(book: &Fixture, arguments: &[&str]) -> Run {
    let run = book.run_at(&book.root.join("ops"), arguments);
    for planted in [TOKEN, PASSWORD, "AKIAGONE"] {
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(!said.contains(planted), "{arguments:?} says {planted}: {said}");
    }
    run
}

/// Code, severity, place and message of what is found about secrets and by tools.
fn found(book: &Fixture, more: &[&str]) -> Vec<String> {
    let run = run(book, &[&["check", "--json"], more].concat());
    let answer: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}", run.stderr));
    let found = answer["diagnostics"].as_array().unwrap().iter();
    let text = |found: &Value, key: &str| found[key].as_str().unwrap().to_owned();
    found
        .filter(|found| {
            ["secret-suspect", "terraform-format", "terraform-invalid"]
                .contains(&found["code"].as_str().unwrap())
        })
        .map(|found| {
            let (code, severity, path) = (text(found, "code"), text(found, "severity"), text(found, "path"));
            format!("{code} {severity} {path}:{}:{}", found["line"], found["column"])
        })
        .collect()
}

/// | what the branch does | what is found |
/// | --- | --- |
/// | nothing new | nothing: the trunk's own line is not the branch's |
/// | adds a literal password in line 3 | a warning there |
/// | adds two lines above it | the same, at line 5 |
/// | adds a key, and takes it away in the next commit | an error about the file's history |
/// | pastes a token into the record | an error there |
#[test]
fn secrets_of_a_branch_are_found_where_they_stand() {
    let mut book = branch();
    assert!(found(&book, &[]).is_empty());
    let file = "terraform/redis.tf";
    book.write(file, format!("resource \"x\" \"y\" {{\n  size = 3\n  password = \"{PASSWORD}\"\n}}\n"));
    book.later().commit("code");
    assert_eq!(found(&book, &[]), ["secret-suspect warning ../terraform/redis.tf:3:1"]);
    let text = book.read(file);
    book.write(file, format!("# Redis\n\n{text}"));
    book.later().commit("comment");
    assert_eq!(found(&book, &[]), ["secret-suspect warning ../terraform/redis.tf:5:1"]);

    book.write("terraform/key.tf", "locals {\n  key = \"AKIAGONEGONEGONEGONE\"\n}\n");
    let with_key = book.later().commit("key");
    book.write("terraform/key.tf", "locals {\n}\n");
    book.later().commit("no key");
    let all = found(&book, &[]);
    assert_eq!(all[0], "secret-suspect error ../terraform/key.tf:1:1");
    let told = run(&book, &["check"]).expect(3).stdout;
    let gone = format!(
        "line 2 in {} looks like it contains an AWS access key; later commits removed it",
        &with_key[..7]
    );
    assert!(told.contains(&gone), "{told}");

    book.replace("ops/tasks/INFRA-1.md", "Something.", &format!("Something with {TOKEN}."));
    book.later().commit("paste");
    let line = book.read("ops/tasks/INFRA-1.md").lines().position(|line| line.contains(TOKEN)).unwrap() + 1;
    assert_eq!(found(&book, &[])[2], format!("secret-suspect error tasks/INFRA-1.md:{line}:1"));

    // The same list in every form, the same item in the description; paths there are from the root of the work tree.
    let annotations = run(&book, &["check", "--format", "github"]).expect(3).stdout;
    assert!(annotations.contains("::warning file=terraform/redis.tf,line=5,col=1,title=secret-suspect::"));
    assert!(
        annotations.contains(&format!("::error file=ops/tasks/INFRA-1.md,line={line},")),
        "{annotations}"
    );
    let json = |format: &str| -> Value {
        serde_json::from_str(&run(&book, &["check", "--format", format]).expect(3).stdout).unwrap()
    };
    let sarif = json("sarif");
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let uri = |result: &Value| result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].clone();
    assert!(
        results
            .iter()
            .any(|result| result["ruleId"] == "secret-suspect" && uri(result) == "terraform/redis.tf")
    );
    let quality = json("gitlab");
    assert!(
        quality.as_array().unwrap().iter().any(|issue| issue["location"]["path"] == "terraform/redis.tf")
    );
    // The description has the record's own words, whatever they are.
    let body = book.run_at(&book.root.join("ops"), &["pr", "INFRA-1"]).expect(0).stdout;
    assert!(body.contains("- [ ] No secrets in code (look at ops/tasks/INFRA-1.md:"), "{body}");
    assert!(body.contains("terraform/redis.tf:5 (a literal secret)"), "{body}");
}

#[test]
fn a_range_is_looked_at_and_a_merge_adds_nothing_of_its_own() {
    let mut book = branch();
    let before = book.head();
    book.git(&["switch", "-q", "main"]);
    book.write("terraform/other.tf", format!("locals {{\n  k = \"{TOKEN}\"\n}}\n"));
    book.later().commit("on the trunk");
    book.git(&["switch", "-q", "redis"]);
    book.later().git(&["merge", "-q", "--no-edit", "main"]);
    assert!(found(&book, &[]).is_empty(), "the trunk has it already");
    let range = format!("{before}..");
    assert_eq!(found(&book, &["--range", &range]), ["secret-suspect error ../terraform/other.tf:2:1"]);
    assert_eq!(found(&book, &["--range", "main...HEAD"]), Vec::<String>::new());
    for (range, status) in [("main", 2), ("", 2), ("..nothing", 1), ("a..b", 1)] {
        run(&book, &["check", "--range", range]).expect(status);
    }
    book.write("clean.diff", "");
    let body = run(&book, &["pr", "INFRA-1", "--diff", "../clean.diff"]).expect(0).stdout;
    assert!(body.contains("- [x] No secrets in code (scanned for private keys, known token formats, passwords in URLs and options, literal values of secret-looking names, and Kubernetes Secrets)\n"), "{body}");
    book.write("no.diff", "fatal: ambiguous argument\n");
    let refused = run(&book, &["check", "--diff", "../no.diff"]).expect(1).stderr;
    assert!(refused.contains("not the output of `git diff`"), "{refused}");
    run(&book, &["check", "--diff", "../clean.diff", "--range", "main.."]).expect(2);
    run(&book, &["check", "--fmt", "-", "--validate", "-"]).expect(2);
    run(&book, &["check", "--fmt", "../absent"]).expect(1);
}

/// What a user pipes: the two tools run in `terraform/`, as this program does.
#[test]
fn what_terraform_says_is_said_at_its_place() {
    let terraform = |book: &Fixture, arguments: &[&str]| {
        let mut command = Command::new("terraform");
        command.env("TF_CLI_CONFIG_FILE", "/dev/null").env("CHECKPOINT_DISABLE", "1");
        command.current_dir(book.root.join("terraform")).args(arguments).output()
    };
    let book = branch();
    if terraform(&book, &["version"]).is_err() {
        say_skipped("`terraform` is not installed");
        return;
    }
    book.write(
        "terraform/main.tf",
        format!("resource \"terraform_data\" \"x\" {{\n  input    = 1\n  password = \"{PASSWORD}\"\n}}\n"),
    );
    book.write("terraform/ugly.tf", "locals {\na=1\n}\n");
    assert!(terraform(&book, &["init", "-input=false"]).unwrap().status.success());
    let format = terraform(&book, &["fmt", "-check", "-recursive"]).unwrap().stdout;
    let validation = terraform(&book, &["validate", "-json"]).unwrap().stdout;
    assert!(
        String::from_utf8_lossy(&validation).contains(PASSWORD),
        "the excerpt is what must not be printed"
    );
    book.write("fmt.txt", format);
    book.write("valid.json", validation);
    let ask = |arguments: &[&str]| {
        let more = ["--fmt", "../fmt.txt", "--validate", "../valid.json"];
        let run = book.run_at(&book.root.join("terraform"), &[&["-C", "../ops"], arguments, &more].concat());
        assert!(!format!("{}{}", run.stdout, run.stderr).contains(PASSWORD), "{}", run.stdout);
        run
    };
    let annotations = ask(&["check", "--format", "github"]).expect(3).stdout;
    for expected in [
        "::warning file=terraform/ugly.tf,line=1,col=1,title=terraform-format::",
        "::error file=terraform/main.tf,line=3,col=3,title=terraform-invalid::Unsupported argument (",
    ] {
        assert!(annotations.contains(expected), "{expected}: {annotations}");
    }
    let told = ask(&["check"]).expect(3).stdout;
    assert!(
        told.contains("../terraform/main.tf:3:3: error[terraform-invalid]: Unsupported argument\n"),
        "{told}"
    );
    let body = ask(&["pr", "INFRA-1"]).expect(0).stdout;
    assert!(body.contains("- [ ] `terraform fmt` applied (1 file is not formatted)\n"), "{body}");
    assert!(body.contains("- [ ] `terraform validate` passes (it is not valid)\n"), "{body}");
}
