//! What was typed proves nothing: digests, trailers and keys of the frontmatter switch no check off.

use serde_json::Value;

use super::{PATH, peer, proposed};
use crate::support::{Fixture, POLICY, task};

/// A plan that updates one resource; `value` stands in `attribute`, sensitive or not.
fn plan(kind: &str, attribute: &str, value: &str, sensitive: bool) -> String {
    let mask = |on: bool| if on { format!("{{\"{attribute}\":true}}") } else { "{}".to_owned() };
    format!(
        "{{\"format_version\":\"1.2\",\"terraform_version\":\"1.9.0\",\"resource_changes\":[{{\"address\":\"{kind}.main\",\"mode\":\"managed\",\"type\":\"{kind}\",\"name\":\"main\",\"change\":{{\"actions\":[\"update\"],\"before\":{{\"{attribute}\":\"old\"}},\"after\":{{\"{attribute}\":\"{value}\"}},\"after_unknown\":{{}},\"before_sensitive\":{0},\"after_sensitive\":{0}}}}}]}}",
        mask(sensitive)
    )
}

/// A medium task with a recorded plan, approved by sam, staged.
fn approved(plan: &str) -> Fixture {
    let mut book = Fixture::book();
    let rules = "\n[kinds.terraform]\nsections = []\nitems = []\nplan = true\n";
    book.write("policy.toml", book.read("policy.toml") + rules);
    book.commit("rules");
    book.person("ana").later().write(PATH, task("INFRA-1", "risk = \"medium\"\n"));
    book.commit("propose");
    book.write("../plan.json", plan);
    book.run(&["plan", "INFRA-1", "../plan.json", "-e", "production"]).expect(0);
    book.later().tick(PATH, "Apply in staging");
    book.person("sam").later().tick(PATH, "Code review");
    assert_eq!(peer(&book), "valid");
    book.person("ana").later();
    book
}

fn code_afterwards(book: &mut Fixture) -> String {
    book.write("terraform/main.tf", "resource \"x\" \"y\" {}\n");
    book.later().commit("INFRA-1: one more thing")
}

fn gate(book: &Fixture, plan: Option<&str>) -> Value {
    let plan = plan.map(|plan| {
        book.write("../given.json", plan);
        ["--plan", "../given.json"]
    });
    let arguments =
        [&["gate", "INFRA-1", "-e", "production"][..], plan.as_ref().map_or(&[], |plan| &plan[..])];
    book.json(&arguments.concat())
}

fn unmet(gate: &Value) -> Vec<String> {
    let all = gate["requirements"].as_array().unwrap().iter();
    all.filter(|found| found["met"] != true).map(|found| found["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn row_64_a_typed_plan_trailer_excuses_no_code() {
    let plain = plan("aws_instance", "ami", "new", false);
    let mut book = approved(&plain);
    code_afterwards(&mut book);
    assert_eq!(peer(&book), "approval-stale");
    let evidence: Value = serde_json::from_str(&book.read("evidence/INFRA-1/production.json")).unwrap();
    let digest = evidence["terraform"]["digest"].as_str().unwrap().to_owned();
    book.replace(PATH, "[ ] Apply in production", "[x] Apply in production");
    book.later().commit(&format!("INFRA-1: deployed\n\nPlan: {digest}\n"));
    assert_eq!(peer(&book), "approval-stale", "the trailer is compared, and excuses nothing");
    let audit = book.json(&["audit", "--now", "2024-06-01T00:00:00Z"]);
    let row =
        audit["rows"].as_array().unwrap().iter().find(|row| row["environment"] == "production").unwrap();
    assert_eq!(row["exceptions"], serde_json::json!(["approval-stale"]), "{row}");
}

#[test]
fn row_65_code_after_the_approval_needs_the_plan_itself_without_masked_values() {
    let plain = plan("aws_instance", "ami", "new", false);
    let mut book = approved(&plain);
    assert_eq!(unmet(&gate(&book, None)), [""; 0]);
    code_afterwards(&mut book);
    assert_eq!(unmet(&gate(&book, None)), ["approval-stale"]);
    assert_eq!(unmet(&gate(&book, Some(&plain))), [""; 0], "the plan itself shows that nothing changed");
    let other = plan("aws_instance", "ami", "newer", false);
    assert_eq!(unmet(&gate(&book, Some(&other))), ["approval-stale", "plan-differs"]);

    let masked = plan("aws_instance", "user_data", "new", true);
    let mut book = approved(&masked);
    assert!(!unmet(&gate(&book, Some(&masked))).contains(&"plan-differs".to_owned()));
    code_afterwards(&mut book);
    let swapped = plan("aws_instance", "user_data", "evil", true);
    for given in [&masked, &swapped] {
        let answer = gate(&book, Some(given));
        let approvals = answer["approvals"].as_array().unwrap();
        let review = approvals.iter().find(|approval| approval["role"] == "peer").unwrap();
        assert_eq!(review["code"], "approval-stale", "{given}");
    }
}

#[test]
fn row_54_evidence_that_was_edited_to_say_less() {
    let high = plan("aws_db_instance", "engine_version", "16", false);
    let file = "evidence/INFRA-1/production.json";
    for (from, to) in
        [("aws_db_instance", "aws_s3_bucket"), ("engine_version", "tags"), ("\"change\": 1", "\"change\": 0")]
    {
        let mut book = proposed();
        book.write(
            "policy.toml",
            format!("{POLICY}\n[kinds.terraform]\nsections = []\nitems = []\nplan = true\n"),
        );
        book.person("kim").commit("rules");
        book.person("ana").later().write("../plan.json", &high);
        book.run(&["plan", "INFRA-1", "../plan.json", "-e", "production"]).expect(0);
        let edited = book.read(file).replace(from, to);
        assert_ne!(edited, book.read(file), "{from}");
        book.write(file, edited);
        book.later().commit("a correction");
        let answer = gate(&book, Some(&high));
        assert_eq!(answer["risk"], "high", "{from}");
        assert!(unmet(&answer).contains(&"evidence-differs".to_owned()), "{from}: {answer}");
        assert!(unmet(&answer).contains(&"decision-missing".to_owned()), "{from}: {answer}");
    }
    // The record as it was written says what the plan gives.
    let mut book = proposed();
    book.person("ana").write("../plan.json", &high);
    book.run(&["plan", "INFRA-1", "../plan.json", "-e", "production"]).expect(0);
    book.later();
    assert!(!unmet(&gate(&book, Some(&high))).contains(&"evidence-differs".to_owned()));
}

fn with_work(more: &str, message: &str, path: &str) -> Fixture {
    let mut book = Fixture::book();
    book.person("ana").later().write(PATH, task("INFRA-1", more));
    book.commit("propose");
    book.write(path, "x\n");
    book.later().commit(message);
    book
}

#[test]
fn row_73_infrastructure_work_without_evidence_has_the_default_risk() {
    let level = |book: &Fixture| book.show("INFRA-1")["risk"].as_str().unwrap().to_owned();
    let general = |more: &str| with_work(more, "INFRA-1: the code", "terraform/main.tf");
    for book in [
        general("risk = \"low\"\n"),
        with_work("risk = \"low\"\ncategories = [\"tags\"]\n", "INFRA-1: charts", "charts/x/Chart.yaml"),
        with_work("risk = \"low\"\n", "code\n\nChange: INFRA-1\n", "k8s/a.yaml"),
    ] {
        assert_eq!(level(&book), "medium");
        assert!(unmet(&gate(&book, None)).contains(&"approval-missing".to_owned()));
    }
    for book in [
        with_work("risk = \"low\"\n", "INFRA-1: a page", "docs/page.md"),
        with_work("risk = \"low\"\n", "the code of something else", "terraform/main.tf"),
    ] {
        assert_eq!(level(&book), "low");
    }
    assert_eq!(level(&general("risk = \"high\"\n")), "high");
    // Evidence speaks for itself.
    let mut book = general("risk = \"low\"\n");
    book.write("../plan.json", plan("aws_instance", "tags", "x", false));
    book.run(&["plan", "INFRA-1", "../plan.json", "-e", "production"]).expect(0);
    assert_eq!(level(&book), "low");
    book.later();
}

#[test]
fn row_74_an_item_that_deploys_nothing_is_missing() {
    let kinds = "\n[kinds.terraform]\nsections = []\nitems = []\nplan = false\n";
    let shut_by = |item: &str, more: &str| {
        let mut book = Fixture::book();
        book.write("policy.toml", book.read("policy.toml") + kinds);
        book.person("kim").commit("rules");
        let text =
            task("INFRA-1", &format!("risk = \"low\"\n{more}")).replace("- [ ] Apply in production", item);
        book.write(PATH, text);
        book.person("ana").commit("propose");
        book.later().tick(PATH, "Apply in staging");
        unmet(&gate(&book, None))
    };
    let listed = "environments = [\"staging\", \"production\"]\n";
    assert_eq!(shut_by("- [ ] Apply in production (eu-west-1)", listed), ["item-missing", "item-missing"]);
    assert_eq!(shut_by("- [ ] Roll it out", listed), ["item-missing"]);
    assert_eq!(
        shut_by("- [ ] Apply in production\n- [ ] Apply in production (us-east-1)", listed),
        ["item-missing"]
    );
    assert_eq!(shut_by("- [ ] Apply in production", listed), [""; 0]);
    assert_eq!(shut_by("- [ ] Apply in production", ""), [""; 0]);
}

#[test]
fn row_86_only_records_are_skipped_in_their_folders() {
    for path in
        ["tasks/main.tf", "approvals/INFRA-1/main.tf", "runbooks/module/main.tf", "cab/not a record.md"]
    {
        let mut book = Fixture::book();
        book.write(
            "policy.toml",
            book.read("policy.toml") + "\n[paths]\ninfrastructure = [\"**/*.tf\", \"cab/**\"]\n",
        );
        book.person("kim").commit("what is infrastructure");
        book.person("ana").later().write(path, "x\n");
        let commit = book.commit("hidden");
        let audit = book.json(&["audit", "--now", "2024-09-01T00:00:00Z"]);
        let unrecorded = audit["unrecorded"].to_string();
        assert!(unrecorded.contains(&commit), "{path}: {unrecorded}");
    }
    // Records stay out of it, whatever the globs say.
    let mut book = Fixture::book();
    book.write("policy.toml", book.read("policy.toml") + "\n[paths]\ninfrastructure = [\"tasks/**\"]\n");
    book.person("kim").commit("what is infrastructure");
    book.person("ana").later().write(PATH, task("INFRA-1", ""));
    book.commit("a proposal");
    let audit = book.json(&["audit", "--now", "2024-09-01T00:00:00Z"]);
    assert_eq!(audit["unrecorded"], serde_json::json!([]));
}

/// A name alone makes no record: what cannot be read as what its path says is a file like any other.
#[test]
fn row_86_a_file_under_the_name_of_a_record_is_work_like_any_other() {
    let affirmed = format!("approvals/affirmed/{}.kim.md", "a".repeat(40));
    let infrastructure =
        "\n[paths]\ninfrastructure = [\"tasks/**\", \"cab/**\", \"runbooks/**\", \"approvals/**\"]\n";
    for path in ["tasks/INFRA-9.md", "tasks/2024/INFRA-9.md", "cab/CAB-1.md", "runbooks/redis.md", &affirmed]
    {
        for text in ["- hosts: all\n", "+++\nid = [\n+++\n", "+++\nid = \"INFRA-8\"\n+++\n- hosts: all\n", ""]
        {
            let mut book = Fixture::book();
            book.write("policy.toml", format!("{}{infrastructure}", book.read("policy.toml")));
            book.person("kim").commit("what is infrastructure");
            book.person("ana").later().write(path, text);
            let commit = book.commit("hidden");
            let unrecorded = || {
                let audit = book.json(&["audit", "--now", "2024-09-01T00:00:00Z"]);
                let found = audit["unrecorded"].as_array().unwrap().clone();
                found.iter().map(|found| found["paths"][0].as_str().unwrap().to_owned()).collect::<Vec<_>>()
            };
            assert_eq!(unrecorded(), [path], "{path}: {text:?} in {commit}");
        }
    }
    // A merge brings it, and has not written it; a link is no record either.
    let mut book = Fixture::book();
    book.write("policy.toml", format!("{}{infrastructure}", book.read("policy.toml")));
    book.person("kim").commit("what is infrastructure");
    book.git(&["checkout", "-q", "-b", "side"]);
    std::fs::create_dir_all(book.root.join("tasks")).unwrap();
    std::os::unix::fs::symlink("../policy.toml", book.root.join("tasks/INFRA-9.md")).unwrap();
    let linked = book.person("ana").later().commit("a link");
    book.git(&["checkout", "-q", "main"]);
    book.later().git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    let audit = book.json(&["audit", "--now", "2024-09-01T00:00:00Z"]);
    let found = audit["unrecorded"].as_array().unwrap();
    assert_eq!((found.len(), &found[0]["brings"][0]["commit"]), (1, &linked.into()));
    // The product's own files stay out of it, affirmations too.
    let mut book = Fixture::book();
    book.write("policy.toml", format!("{}{infrastructure}", book.read("policy.toml")));
    let commit = book.person("kim").commit("what is infrastructure");
    book.person("ana").later().write(PATH, task("INFRA-1", ""));
    book.write("cab/CAB-1.md", "+++\nid = \"CAB-1\"\ntitle = \"Board\"\nchanges = [\"INFRA-1\"]\n+++\n");
    book.write("runbooks/redis.md", "+++\nid = \"redis\"\ntitle = \"Redis\"\n+++\n");
    book.commit("records");
    book.person("kim").later().run(&["affirm", &commit]);
    let affirmation =
        format!("changebook affirmation 1\ncommit: {commit}\nperson: kim\ntime: 2024-05-06T12:00:00Z\n");
    book.write(&format!("approvals/affirmed/{commit}.kim.md"), affirmation);
    book.commit("yes");
    let audit = book.json(&["audit", "--now", "2024-09-01T00:00:00Z"]);
    assert_eq!(audit["unrecorded"], serde_json::json!([]));
}

/// It is a task's work where it is named, it makes approvals stale, and a table says the same as a page.
#[test]
fn row_86_what_pretends_to_be_a_record_is_work_of_the_task_that_it_names() {
    let mut book = Fixture::book();
    book.write("policy.toml", book.read("policy.toml") + "\n[paths]\ninfrastructure = [\"tasks/**\"]\n");
    book.person("kim").commit("what is infrastructure");
    book.person("ana").later().write(PATH, task("INFRA-1", "risk = \"medium\"\n"));
    book.commit("propose");
    book.person("sam").later().tick(PATH, "Code review");
    assert_eq!(peer(&book), "valid");
    book.git(&["checkout", "-q", "-b", "side"]);
    book.person("ana").later().write("tasks/INFRA-9.md", "- hosts: all\n");
    book.commit("INFRA-1: play it");
    assert_eq!(peer(&book), "approval-stale");
    let list = book.json(&["list"]);
    let listed = list["records"].as_array().unwrap().iter().find(|record| record["id"] == "INFRA-1").unwrap();
    assert_eq!((&listed["status"], &listed["approval"]), (&book.show("INFRA-1")["status"], &"stale".into()));
}

#[test]
fn a_robot_that_a_role_lists_deploys_and_does_nothing_else() {
    let rules = "\n[kinds.terraform]\nsections = []\nitems = []\nplan = false\n[[environments]]\nname = \"staging\"\n[[environments]]\nname = \"production\"\ngated = true\ndeployers = [\"deployer\"]\n";
    let policy =
        POLICY.replace("[roles]\n", "[roles]\ndeployer = [\"ana\", \"bot\"]\npeer = [\"sam\", \"bot\"]\n");
    let mut book = Fixture::book();
    book.write("policy.toml", policy + rules);
    book.commit("rules");
    book.person("ana").later().write(PATH, task("INFRA-1", "risk = \"medium\"\n"));
    book.commit("propose");
    book.later().tick(PATH, "Apply in staging");
    book.person("bot").later().tick(PATH, "Code review");
    assert_ne!(peer(&book), "valid", "a robot never approves");
    let deployer = |person: &str| {
        let answer = book.json(&["gate", "INFRA-1", "-e", "production", "--deployer", person]);
        !unmet(&answer).contains(&"deployer-role".to_owned())
    };
    assert!(deployer("bot") && deployer("ana"));
    assert!(!deployer("kim"));
}

#[test]
fn evidence_of_a_done_task_is_not_written_over() {
    let plain = plan("aws_instance", "tags", "x", false);
    let mut book = Fixture::book();
    book.person("ana").later().write(PATH, task("INFRA-1", "risk = \"low\"\n"));
    book.commit("propose");
    for item in
        ["Code review", "DevOps lead review", "Security review", "Change advisory board", "Terraform code"]
    {
        book.later().tick(PATH, item);
    }
    book.later().tick(PATH, "Apply in staging");
    book.later().tick(PATH, "Apply in production");
    assert_eq!(book.status("INFRA-1").0, "done");
    book.write("../plan.json", &plain);
    let refused = book.run(&["plan", "INFRA-1", "../plan.json", "-e", "production"]).expect(2);
    assert!(refused.stderr.contains("--replace"), "{}", refused.stderr);
    book.write("../old.yaml", "");
    book.write("../new.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
    book.run(&["manifests", "INFRA-1", "/dev/null", "../new.yaml", "-e", "production"]).expect(2);
    book.later().run(&["plan", "INFRA-1", "../plan.json", "-e", "production", "--replace"]).expect(0);
}

#[test]
fn drift_without_an_address_is_read() {
    let drift = "\"resource_drift\":[{\"mode\":\"managed\",\"type\":\"aws_instance\",\"name\":\"a\",\"index\":0,\"change\":{\"actions\":[\"update\"],\"before\":{\"ami\":\"a\"},\"after\":{\"ami\":\"b\"}}}],\"resource_changes\"";
    let text = plan("aws_instance", "ami", "new", false).replace("\"resource_changes\"", drift);
    let book = Fixture::book();
    book.write("../plan.json", text);
    let risk = book.json(&["risk", "../plan.json"]);
    assert_eq!(risk["stacks"][0]["plan"]["change"], 1);
}
