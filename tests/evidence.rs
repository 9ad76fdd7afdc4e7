//! `plan`, `risk` and `pr`, with plans that the real `terraform` makes where it is installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Fixture, Run, task};

const PATH: &str = "tasks/INFRA-1.md";
const SECRET: &str = "planted-hunter2-value";

const CONFIGURATION: &str = r#"
variable "size" { default = 3 }
variable "pw" {
  default   = "planted-hunter2-value"
  sensitive = true
}
locals { name = terraform_data.vpc.output }
resource "terraform_data" "vpc" { input = "vpc-${var.size}" }
resource "terraform_data" "app" { input = terraform_data.vpc.id }
resource "terraform_data" "via_local" { input = "${local.name}x" }
resource "terraform_data" "secret" { input = var.pw }
resource "terraform_data" "alone" {
  for_each = toset(["a.b", "c \"d\""])
  input    = each.key
}
module "m" {
  source = "./m"
  vpc    = terraform_data.app.output
}
output "o" { value = module.m.out }
"#;

const MODULE: &str = r#"
variable "vpc" {}
resource "terraform_data" "in" {
  count = 2
  input = var.vpc
}
output "out" { value = terraform_data.in[0].id }
"#;

/// A directory with a configuration and the real program.
struct Terraform {
    directory: tempfile::TempDir,
}

impl Terraform {
    /// `None`, and a word about it, where the program is not installed.
    #[expect(clippy::print_stderr, reason = "a test that does not run says so")]
    fn new(configuration: &str) -> Option<Self> {
        let found =
            Command::new("terraform").arg("version").output().is_ok_and(|output| output.status.success());
        if !found {
            eprintln!("`terraform` is not installed: this test has not run");
            return None;
        }
        let terraform = Terraform { directory: tempfile::tempdir().unwrap() };
        std::fs::create_dir(terraform.path("m")).unwrap();
        std::fs::write(terraform.path("main.tf"), configuration).unwrap();
        std::fs::write(terraform.path("m/main.tf"), MODULE).unwrap();
        terraform.run(&["init", "-input=false"]);
        Some(terraform)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> String {
        let output = Command::new("terraform")
            .current_dir(self.directory.path())
            .env("TF_CLI_CONFIG_FILE", "/dev/null")
            .env("CHECKPOINT_DISABLE", "1")
            .env("TF_IN_AUTOMATION", "1")
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Makes a plan; gives the JSON's path and the line that the tool printed.
    fn plan(&self, name: &str, more: &[&str]) -> (String, String) {
        let out = format!("-out={name}");
        let said = self.run(&[&["plan", "-no-color", "-input=false", &out], more].concat());
        let json = self.path(&format!("{name}.json"));
        std::fs::write(&json, self.run(&["show", "-json", name])).unwrap();
        let line = said.lines().find(|line| line.starts_with("Plan: ") || line.starts_with("No changes."));
        (json.to_str().unwrap().to_owned(), line.unwrap_or_default().to_owned())
    }
}

fn book(more: &str) -> Fixture {
    let mut book = Fixture::book();
    book.person("ana").write(PATH, task("INFRA-1", more));
    book.commit("propose");
    book
}

fn says_no_secret(run: &Run) {
    assert!(!run.stdout.contains(SECRET) && !run.stderr.contains(SECRET), "{}{}", run.stdout, run.stderr);
}

#[test]
fn a_plan_from_first_apply_to_the_next_change() {
    let Some(terraform) = Terraform::new(CONFIGURATION) else { return };
    let book = book("risk = \"low\"\n");
    let (first, line) = terraform.plan("first", &[]);
    let run = book.run(&["plan", "INFRA-1", &first]).expect(0);
    says_no_secret(&run);
    assert!(run.stdout.contains(&line) && run.stdout.contains("New resources only"), "{}", run.stdout);
    assert_eq!(book.show("INFRA-1")["risk"], "low");
    let text = book.read(PATH);
    assert!(text.contains("+ terraform_data.alone[\"c \\\"d\\\"\"]\n"), "{text}");
    assert!(text.contains(&format!("## Plan\n\n### production\n\n{line}\n")), "{text}");

    terraform.run(&["apply", "-no-color", "first"]);
    let change = ["-var=size=5", "-var=pw=planted-hunter2-value-2"];
    let (second, line) = terraform.plan("second", &change);
    let run = book.run(&["plan", "INFRA-1", &second]).expect(0);
    says_no_secret(&run);
    assert!(run.stdout.contains(&line), "{} is not in {}", line, run.stdout);
    assert!(run.stderr.contains("risk-understated"), "{}", run.stderr);
    let text = book.read(PATH);
    assert!(text.contains("~ terraform_data.vpc (input: vpc-3 → vpc-5)\n"), "{text}");
    assert!(text.contains("~ terraform_data.secret (input changed (sensitive))\n"), "{text}");
    assert!(
        text.contains("module.m.terraform_data.in[0] (through terraform_data.app, terraform_data.vpc)"),
        "{text}"
    );
    assert!(!text.contains(SECRET) && !text.contains("New resources only"), "{text}");
    assert_eq!(text.matches("### production").count(), 1);

    // A plan made again changes no byte; another change is another plan, and it is said where.
    let head = book.head();
    let (again, _) = terraform.plan("again", &change);
    book.run(&["plan", "INFRA-1", &again]).expect(0);
    assert_eq!((book.head(), book.read(PATH)), (head, text));
    book.run(&["plan", "INFRA-1", &again, "--compare"]).expect(0);
    let (other, _) = terraform.plan("other", &["-var=size=6", "-var=pw=planted-hunter2-value-2"]);
    let run = book.run(&["plan", "INFRA-1", &other, "--compare"]).expect(3);
    assert!(run.stdout.contains("this is not the plan recorded in"), "{}", run.stdout);
    book.run(&["plan", "INFRA-1", &first, "--compare"]).expect(3);
}

#[test]
fn destroys_moves_and_outputs_are_as_the_tool_says() {
    let Some(terraform) = Terraform::new(CONFIGURATION) else { return };
    let book = book("");
    terraform.plan("first", &[]);
    terraform.run(&["apply", "-no-color", "first"]);
    let unchanged = terraform.plan("same", &[]);
    let run = book.run(&["risk", &unchanged.0]).expect(0);
    assert!(run.stdout.starts_with(&unchanged.1) && unchanged.1.starts_with("No changes."), "{}", run.stdout);

    let moved = CONFIGURATION
        .replace("\"app\"", "\"web\"")
        .replace("terraform_data.app.output", "terraform_data.web.output")
        .replace("toset([\"a.b\", \"c \\\"d\\\"\"])", "toset([\"a.b\"])")
        + "moved {\n  from = terraform_data.app\n  to   = terraform_data.web\n}\n";
    std::fs::write(terraform.path("main.tf"), moved).unwrap();
    let (file, line) = terraform.plan("moved", &[]);
    let run = book.run(&["risk", &file]).expect(0);
    assert!(run.stdout.starts_with(&line), "{line}: {}", run.stdout);
    assert!(run.stdout.contains("→ terraform_data.web (moved from terraform_data.app)"), "{}", run.stdout);
    assert!(
        run.stdout.contains("- terraform_data.alone[\"c \\\"d\\\"\"] (key not in for_each)"),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout.contains("Risk: low") && run.stdout.contains("routine-replacement (low)"),
        "{}",
        run.stdout
    );
}

/// A plan small enough to write by hand.
fn hand_plan(changes: &str) -> String {
    format!("{{\"format_version\":\"1.2\",\"terraform_version\":\"1.9.0\",\"resource_changes\":[{changes}]}}")
}

const UPDATE: &str = r#"{"address":"aws_security_group.app","mode":"managed","type":"aws_security_group","name":"app",
"change":{"actions":["update"],"before":{"egress":[{"port":80}]},"after":{"egress":[{"port":80},{"port":6379}]}}}"#;

const CREATE: &str = r#"{"address":"aws_s3_bucket.logs","mode":"managed","type":"aws_s3_bucket","name":"logs",
"change":{"actions":["create"],"before":null,"after":{"bucket":"logs"},"after_unknown":{}}}"#;

#[test]
fn a_task_that_claims_too_little_is_told_so() {
    let mut book = book("");
    book.replace(PATH, "## Notes", "## Blast radius\n\nNew resources only.\n\n## Notes");
    book.commit("claim");
    book.write("plan.json", hand_plan(UPDATE));
    let run = book.run(&["plan", "INFRA-1", "plan.json"]).expect(0);
    assert!(run.stderr.contains("“Blast radius” says “new resources only”"), "{}", run.stderr);
    let text = book.read(PATH);
    assert!(text.contains("~ aws_security_group.app (egress rule added)\n"), "{text}");
    assert!(!text.contains("security-groups"), "the text holds no verdict: {text}");
    let show = book.show("INFRA-1");
    assert_eq!(show["risk"], "medium");
    assert!(
        show["risk_reasons"].to_string().contains("security-groups (medium)"),
        "{}",
        show["risk_reasons"]
    );
}

#[test]
fn an_environment_that_is_not_gated_is_logged() {
    let book = book("");
    book.write("plan.json", hand_plan(UPDATE));
    let scope = book.show("INFRA-1")["scope"].clone();
    book.run(&["plan", "INFRA-1", "plan.json", "-e", "staging"]).expect(0);
    let text = book.read(PATH);
    assert!(
        text.contains("## Deployment log\n\n### Plan for staging\n\nPlan: 0 to add, 1 to change"),
        "{text}"
    );
    assert!(!text.contains("## Plan\n") && !text.contains("plan.staging"), "{text}");
    assert!(book.root.join("evidence/INFRA-1/staging.json").exists());
    assert_eq!(book.show("INFRA-1")["scope"], scope);
    let run = book.run(&["plan", "INFRA-1", "plan.json", "-e", "prod"]).expect(2);
    assert!(run.stderr.contains("did you mean `production`?"), "{}", run.stderr);
}

#[test]
fn only_the_key_and_the_section_change() {
    let mut book = book("");
    let awkward = book.read(PATH).replace('\n', "\r\n");
    let awkward = awkward.replace("## Notes", "## Plan\r\n\r\nSee the wiki.  \r\n\r\n## Notes");
    book.write(PATH, &awkward);
    book.commit("awkward");
    book.write("plan.json", hand_plan(UPDATE));
    book.run(&["plan", "INFRA-1", "plan.json"]).expect(0);
    let text = book.read(PATH);
    let without: Vec<&str> = text.lines().collect();
    let kept: Vec<&str> = awkward.lines().collect();
    let at = kept.iter().position(|line| line.starts_with("See the wiki")).unwrap() + 1;
    assert_eq!(without[..at - 1], kept[..at - 1]);
    assert_eq!(without[without.len() - (kept.len() - at)..], kept[at..]);
    assert!(
        text.contains("See the wiki.") && text.contains("\r\n### production\r\n\r\nPlan: 0 to add"),
        "{text}"
    );
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    book.run(&["plan", "INFRA-1", "plan.json"]).expect(0);
    assert_eq!(book.read(PATH), text);
}

#[test]
fn wrong_input_is_named_and_nothing_changes() {
    let book = book("");
    let (head, text) = (book.head(), book.read(PATH));
    for (name, bytes, word) in [
        ("state.json", &br#"{"format_version":"1.0","values":{}}"#[..], "a state, not a plan"),
        ("tfstate", br#"{"version":4,"serial":1,"lineage":"x"}"#, "a state file"),
        ("plan.tfplan", b"PK\x03\x04rest", "binary form"),
        ("words.txt", b"Terraform will perform the following actions:\n", "in text form"),
        ("empty.json", b"", "empty"),
        ("cut.json", br#"{"format_version":"1.2","resource_"#, "cut off"),
        ("new.json", br#"{"format_version":"2.0","resource_changes":[]}"#, "0.x and 1.x"),
        (
            "word.json",
            br#"{"format_version":"1.2","resource_changes":[{"address":"a.b","change":{"actions":["explode"]}}]}"#,
            "are unknown",
        ),
    ] {
        book.write(name, bytes);
        let run = book.run(&["plan", "INFRA-1", name]).expect(1);
        assert!(run.stderr.contains(word) && run.stderr.contains("hint: "), "{name}: {}", run.stderr);
        assert_eq!((book.head(), book.read(PATH)), (head.clone(), text.clone()));
    }
    book.run(&["plan", "INFRA-1", "absent.json"]).expect(1);
}

#[test]
fn a_plan_may_come_by_standard_input() {
    let book = book("");
    book.write("plan.json", hand_plan(UPDATE));
    let file = std::fs::File::open(book.root.join("plan.json")).unwrap();
    let output =
        book.program().current_dir(&book.root).args(["risk", "-", "--json"]).stdin(file).output().unwrap();
    assert!(output.status.success());
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["schema"], "changebook.risk/1");
    assert_eq!(json["stacks"][0]["plan"]["categories"], serde_json::json!(["security-groups"]));
    assert_eq!(json["stacks"][0]["plan"]["changes"][0]["words"], "egress rule added");
    assert_eq!(json["stacks"][0]["plan"]["radius"]["touched"], serde_json::json!(["aws_security_group.app"]));
}

#[test]
fn cost_and_its_budget() {
    let mut book = book("");
    book.write("policy.toml", format!("{}[cost]\nbudget-above = 100\n", crate::support::POLICY));
    book.person("kim").commit("budget");
    book.write("plan.json", hand_plan(UPDATE));
    book.write("cost.json", r#"{"currency":"USD","diffTotalMonthlyCost":"408.8","projects":[]}"#);
    book.run(&["plan", "INFRA-1", "plan.json", "--infracost", "cost.json"]).expect(0);
    let text = book.read(PATH);
    assert!(text.contains("cost.monthly = 408.80\ncost.currency = \"USD\"\n"), "{text}");
    assert!(text.contains("## Cost impact\n\n### Estimate\n\n408.80 USD a month, by Infracost.\n"), "{text}");
    let run = book.run(&["check"]);
    assert!(run.stdout.contains("budget-missing") || run.stderr.contains("budget-missing"), "{}", run.stdout);
    book.replace(PATH, "cost.currency", "cost.budget = \"BUDGET-123\"\ncost.currency");
    let run = book.run(&["check"]);
    assert!(
        !run.stdout.contains("budget-missing") && !run.stderr.contains("budget-missing"),
        "{}",
        run.stdout
    );
    let run = book.run(&["plan", "INFRA-1", "plan.json", "--infracost", "plan.json"]).expect(1);
    assert!(run.stderr.contains("not Infracost's JSON"), "{}", run.stderr);
}

/// | state of the task | what `check` misses |
/// | --- | --- |
/// | proposed | nothing: there is no code to plan |
/// | code is ready, no plan | the plan |
/// | a plan with a new resource | what it costs |
/// | the cost is written | nothing |
#[test]
fn check_asks_for_what_a_pull_request_must_show() {
    let mut book = book("");
    let missing = |book: &Fixture| -> Vec<String> {
        let found = book.json(&["check"])["diagnostics"].take();
        let codes = found.as_array().unwrap().iter().map(|found| found["code"].as_str().unwrap().to_owned());
        codes.filter(|code| ["plan-missing", "cost-missing"].contains(&code.as_str())).collect()
    };
    assert!(missing(&book).is_empty());
    book.replace(PATH, "- [ ] Terraform code", "- [x] Terraform code");
    book.commit("code");
    assert_eq!(missing(&book), ["plan-missing"]);
    book.write("plan.json", hand_plan(CREATE));
    book.run(&["plan", "INFRA-1", "plan.json"]).expect(0);
    assert_eq!(missing(&book), ["cost-missing"]);
    book.replace(PATH, "## Notes", "## Cost impact\n\nNothing: it is free of charge.\n\n## Notes");
    assert!(missing(&book).is_empty());
}

/// | the plan touches | "Blast radius" says | `check` says |
/// | --- | --- | --- |
/// | 1 existing resource | New resources only. | where it contradicts |
/// | 1 existing resource | The app's security group. | nothing |
/// | new resources only | New resources only. | nothing |
#[test]
fn check_holds_the_typed_blast_radius_against_the_plan() {
    let mut book = book("");
    book.replace(PATH, "- [ ] Terraform code", "- [x] Terraform code");
    book.replace(PATH, "## Notes", "## Blast radius\n\nNew resources\nonly.\n\n## Notes");
    book.commit("code");
    let told = |book: &Fixture| -> Vec<String> {
        let found = book.json(&["check"])["diagnostics"].take();
        let found =
            found.as_array().unwrap().iter().filter(|found| found["code"] == "blast-radius-contradicted");
        found.map(|found| found["message"].as_str().unwrap().to_owned()).collect()
    };
    book.write("plan.json", hand_plan(UPDATE));
    book.run(&["plan", "INFRA-1", "plan.json"]).expect(0);
    assert_eq!(
        told(&book),
        ["it says “new resources only”, but the plan for production touches 1 existing resource"]
    );
    book.replace(PATH, "New resources\nonly.", "The app's security group.");
    assert!(told(&book).is_empty());
    book.replace(PATH, "The app's security group.", "New resources only.");
    book.commit("radius");
    book.write("plan.json", hand_plan(CREATE));
    book.run(&["plan", "INFRA-1", "plan.json", "--replace"]).expect(0);
    assert!(told(&book).is_empty());
}

/// A change of Kubernetes manifests shows its sentences, and is not asked for a plan.
#[test]
fn a_pull_request_shows_what_its_kind_of_change_has() {
    let mut book = book("");
    let text = book.read(PATH).replace("kind = \"terraform\"", "kind = \"kubernetes\"");
    let text = text.replace("## Checklist", "## Testing");
    let changes = "## Changes\n\n- Deployment api: replicas 3 → 5\n\n## Manifests affected\n\n- `k8s/api.yaml`\n\n## Notes";
    book.write(PATH, text.replace("## Notes", changes));
    book.commit("manifests");
    let body = book.run(&["pr", "INFRA-1"]).expect(0).stdout;
    for line in [
        "## Changes\n\n- Deployment api: replicas 3 → 5\n",
        "## Manifests affected\n\n- `k8s/api.yaml`\n",
        "- [x] Changes of the manifests included (written)\n",
    ] {
        assert!(body.contains(line), "{line:?} is not in {body}");
    }
    assert!(!body.contains("## Plan") && !body.contains("terraform"), "{body}");
}

/// The words of a record go out as they are, but for lines that look as if they held a secret.
#[test]
fn what_a_record_should_not_hold_does_not_leave_by_a_pull_request() {
    let mut book = book("");
    let key = format!("AKIA{}", "PLANTEDPLANTED12");
    book.replace(PATH, "Something.", &format!("Something.\n\nUse {key} for it."));
    book.commit("oh dear");
    for arguments in [&["pr", "INFRA-1"][..], &["pr", "INFRA-1", "--json"]] {
        let body = book.run(arguments).expect(0).stdout;
        assert!(!body.contains(&key) && body.contains("Something."), "{body}");
        assert!(body.contains("(hidden: this line looks like it contains an AWS access key)"), "{body}");
    }
}

#[test]
fn the_pull_request_is_described() {
    let mut book = book("");
    book.replace(PATH, "## Notes", "## Rollback\n\n`terraform destroy`\n\n## Notes");
    book.commit("rollback");
    let empty = book.run(&["pr", "INFRA-1"]).expect(0).stdout;
    assert!(empty.contains("- [ ] Plan output included (none recorded)\n"), "{empty}");
    book.write("plan.json", hand_plan(UPDATE));
    book.run(&["plan", "INFRA-1", "plan.json"]).expect(0);
    book.write("valid.json", r#"{"valid":true,"diagnostics":[]}"#);
    book.write("fmt.txt", "main.tf\n");
    book.write("diff.txt", "+++ b/main.tf\n@@ -0,0 +1 @@\n+db_password = \"planted-hunter2-value\"\n");
    let arguments = ["pr", "INFRA-1", "--validate", "valid.json", "--fmt", "fmt.txt", "--diff", "diff.txt"];
    let run = book.run(&arguments).expect(0);
    says_no_secret(&run);
    let body = run.stdout;
    for line in [
        "## What\n\nSomething.\n",
        "Plan: 0 to add, 1 to change, 0 to destroy.",
        "~ aws_security_group.app (egress rule added)",
        "## Risk: medium\n",
        "- [ ] `terraform fmt` applied (1 file is not formatted)\n",
        "- [x] `terraform validate` passes (checked)\n",
        "- [x] Plan output included (recorded)\n",
        "- [ ] No secrets in code (look at main.tf:1 (a literal secret))\n",
        "- [x] Rollback plan written (written)\n",
        "\nChange: INFRA-1\n",
    ] {
        assert!(body.contains(line), "{line:?} is not in {body}");
    }
    assert!(Path::new(&book.root).exists());
}
