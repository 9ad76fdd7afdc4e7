//! What records say, by its exact meaning: near words fail closed, and nothing that a reader sees escapes the approval.

use super::{PATH, found, peer, proposed};
use crate::support::{Fixture, task};

/// A runbook of an ID that a task takes later.
fn once_a_runbook(folder: &str) -> Fixture {
    let mut book = Fixture::book();
    let text = match folder {
        "cab" => "+++\nid = \"INFRA-1\"\ntitle = \"Meeting\"\n+++\n\n## Review items\n\n- [ ] Code review\n",
        _ => "+++\nid = \"INFRA-1\"\ntitle = \"Redis\"\n+++\n\n## Steps\n\n- [ ] Code review\n",
    };
    book.person("ana").later().write(&format!("{folder}/INFRA-1.md"), text);
    book.commit("another record of that name");
    book
}

#[test]
fn row_61_an_id_that_once_was_a_runbook() {
    for folder in ["runbooks", "cab"] {
        let mut book = once_a_runbook(folder);
        std::fs::remove_file(book.root.join(folder).join("INFRA-1.md")).unwrap();
        book.later().commit("no longer needed");
        book.later().write(PATH, task("INFRA-1", "risk = \"medium\"\n"));
        book.commit("propose");
        book.person("sam").later().tick(PATH, "Code review");
        assert_eq!(peer(&book), "valid", "{folder}: the tick of the task is seen");
        book.person("ana").later().tick(PATH, "Apply in staging");
        let audited = book.tick(PATH, "Apply in production");
        assert_eq!(book.status("INFRA-1"), ("applied".to_owned(), audited.clone()));
        let audit = book.run(&["audit", "--json"]);
        assert!(
            audit.stdout.contains(&audited),
            "{folder}: the deployment is in the audit: {}",
            audit.stdout
        );
    }
}

#[test]
fn row_61_a_runbook_that_becomes_a_task_and_the_way_back() {
    let mut book = once_a_runbook("runbooks");
    std::fs::remove_file(book.root.join("runbooks/INFRA-1.md")).unwrap();
    book.later().write(PATH, task("INFRA-1", "risk = \"medium\"\n"));
    book.commit("a task from here on");
    book.person("sam").later().tick(PATH, "Code review");
    assert_eq!(peer(&book), "valid");

    // The same bytes in another folder are another record: what was ticked there approves nothing here.
    let mut book = proposed();
    std::fs::create_dir_all(book.root.join("runbooks")).unwrap();
    book.person("sam").git(&["mv", PATH, "runbooks/INFRA-1.md"]);
    book.commit("a runbook for now");
    book.later().tick("runbooks/INFRA-1.md", "Code review");
    book.person("ana").later();
    std::fs::create_dir_all(book.root.join("tasks")).unwrap();
    book.git(&["mv", "runbooks/INFRA-1.md", PATH]);
    book.commit("and a task again");
    assert_eq!(peer(&book), "approval-self", "who brought the ticked box in is ana, who wrote the task");
}

#[test]
fn row_61_a_task_and_a_runbook_of_one_id_are_an_error() {
    let mut book = proposed();
    book.write("runbooks/INFRA-1.md", "+++\nid = \"INFRA-1\"\ntitle = \"Redis\"\n+++\n");
    book.commit("two of that name");
    assert!(found(&book).contains(&"id-duplicate".to_owned()));
    book.run(&["gate", "INFRA-1", "-e", "production"]).expect(1);
}

/// A team with environments of its own; only the last is gated.
const ENVIRONMENTS: &str = "\n[[environments]]\nname = \"integration\"\n[[environments]]\nname = \"staging\"\n[[environments]]\nname = \"production\"\ngated = true\n";

#[test]
fn environments_of_the_book_do_not_mix_with_the_built_in_ones() {
    let mut book = Fixture::book();
    book.write("policy.toml", book.read("policy.toml") + ENVIRONMENTS);
    book.commit("where we deploy");
    let text = task("INFRA-1", "risk = \"low\"\n")
        .replace("- [ ] Apply in staging", "- [ ] Apply in integration\n- [ ] Apply in staging");
    book.person("ana").later().write(PATH, text);
    book.commit("propose");
    book.later().tick(PATH, "Apply in integration");
    assert_eq!(book.status("INFRA-1").0, "staged", "integration comes first, not last");
    book.later().tick(PATH, "Apply in staging");
    assert_eq!(book.status("INFRA-1").0, "staged");
    let last = book.later().tick(PATH, "Apply in production");
    assert_eq!(book.status("INFRA-1"), ("applied".to_owned(), last));

    let made = book.json(&["new", "terraform", "Redis", "--risk", "low"]);
    let text = book.read(made["path"].as_str().unwrap());
    let at = |item: &str| text.find(item).unwrap_or_else(|| panic!("no {item}: {text}"));
    assert!(at("- [ ] Apply in integration") < at("- [ ] Apply in staging"), "{text}");
    assert!(at("- [ ] Apply in staging") < at("- [ ] Apply in production"), "{text}");
}

#[test]
fn an_environment_that_the_book_no_longer_has_is_asked_for_nowhere() {
    let mut book = Fixture::book();
    let live = "\n[[environments]]\nname = \"live\"\ngated = true\n";
    book.write("policy.toml", book.read("policy.toml") + live);
    book.commit("one environment");
    let made = book.json(&["new", "helm", "Ingress", "--risk", "low"]);
    let path = made["path"].as_str().unwrap().to_owned();
    assert!(book.read(&path).contains("- [ ] Upgrade in live") && !book.read(&path).contains("staging"));
    book.person("ana").later().commit("propose");
    let gate = book.json(&["gate", "INFRA-1", "-e", "live"]);
    let items: Vec<&serde_json::Value> =
        gate["requirements"].as_array().unwrap().iter().filter(|r| r["code"] == "item-missing").collect();
    assert!(!items.is_empty() && items.iter().all(|item| item["met"] == true), "{items:?}");
    book.run(&["gate", "INFRA-1", "-e", "production"]).expect(1);
}

/// Requirements of the gate that are not met, by code.
fn shut(book: &Fixture, id: &str, environment: &str) -> Vec<String> {
    let gate = book.json(&["gate", id, "-e", environment]);
    let unmet =
        gate["requirements"].as_array().unwrap().iter().filter(|requirement| requirement["met"] != true);
    unmet.map(|requirement| requirement["code"].as_str().unwrap().to_owned()).collect()
}

const LINKED: &str = "Something, see [the design][d], and[^1].\n";
const NOTES: &str = "## Notes\n\nFree text.\n\n[d]: https://example.org/design\n\n[^1]: Only in the night, by [this][n].\n\n[n]: https://example.org/night\n[other]: https://example.org/other\n";

fn linked() -> Fixture {
    let mut book = Fixture::book();
    let text =
        task("INFRA-1", "risk = \"medium\"\n").replace("Something.\n", LINKED).replace("## Notes\n", NOTES);
    book.person("ana").later().write(PATH, text);
    book.commit("propose");
    book.person("sam").later().tick(PATH, "Code review");
    assert_eq!(peer(&book), "valid");
    book.person("ana").later();
    book
}

#[test]
fn row_66_definitions_in_notes_are_part_of_what_is_approved() {
    for (from, to) in [
        ("[d]: https://example.org/design", "[d]: https://example.net/evil"),
        ("Only in the night", "At any time"),
        ("[n]: https://example.org/night", "[n]: https://example.net/day"),
        ("[d]: https://example.org/design\n", ""),
    ] {
        let mut book = linked();
        book.replace(PATH, from, to);
        book.commit("a footnote");
        assert_eq!(peer(&book), "approval-stale", "{from} → {to}");
    }
}

#[test]
fn row_66_what_does_not_render_in_the_text_stays_free() {
    for (from, to) in [
        ("Free text.", "Other text, and more."),
        ("[other]: https://example.org/other", "[other]: https://example.org/elsewhere"),
        ("Free text.\n", "Free text.\n\n- [ ] Remember the milk\n"),
    ] {
        let mut book = linked();
        book.replace(PATH, from, to);
        book.commit("notes");
        assert_eq!(peer(&book), "valid", "{from} → {to}");
    }
}

#[test]
fn row_66_written_is_judged_on_what_renders() {
    let kinds = "\n[kinds.terraform]\nsections = [\"What\", \"Rollback\"]\nitems = []\nplan = false\n";
    let rollback = |text: &str| {
        let mut book = Fixture::book();
        book.write("policy.toml", book.read("policy.toml") + kinds);
        book.person("kim").commit("rules");
        let text = task("INFRA-1", "risk = \"low\"\n")
            .replace("## Notes", &format!("## Rollback\n\n{text}\n\n## Notes"));
        book.write(PATH, text);
        book.person("ana").commit("propose");
        book.later().tick(PATH, "Apply in staging");
        shut(&book, "INFRA-1", "production")
    };
    for nothing in [
        "<!-- later -->",
        "[a]: /url",
        "&nbsp;",
        "\u{200b}",
        "_The commands that roll it back, in order._ <!-- x -->",
    ] {
        assert_eq!(rollback(nothing), ["section-empty"], "{nothing}");
    }
    assert_eq!(rollback("`git revert` <!-- of the merge -->"), [""; 0]);
}

const BOARD: &str = "cab/CAB-2024-01.md";

/// A high task that lacks nothing but what the decision's conditions ask for.
fn decided(conditions: &str) -> Fixture {
    let mut book = Fixture::book();
    let rules = "\n[kinds.terraform]\nsections = []\nitems = []\nplan = false\n[risk.high]\nsections = []\nitems = []\ncommunication = []\nwindow = \"always\"\nwindows = []\n[windows.always]\nrrule = \"FREQ=DAILY\"\nstart = \"00:00\"\nduration = \"24h\"\ntimezone = \"UTC\"\n";
    book.write("policy.toml", book.read("policy.toml") + rules);
    book.commit("rules");
    book.person("ana").later().write(PATH, task("INFRA-1", "risk = \"high\"\n"));
    let board = format!(
        "+++\nid = \"CAB-2024-01\"\ntitle = \"Review\"\nchanges = [\"INFRA-1\"]\n+++\n\n{conditions}"
    );
    book.write(BOARD, board);
    book.commit("propose");
    book.later().tick(PATH, "Apply in staging");
    book.person("lee").later().tick(PATH, "DevOps lead review");
    book.person("sam").later().tick(PATH, "Security review");
    book.later().replace(BOARD, "changes =", "decision = \"approved\"\nchanges =");
    book.commit("decide");
    book
}

#[test]
fn row_75_conditions_by_near_words_are_open() {
    for (conditions, code) in [
        ("## Condtions\n\n- [ ] Somebody watches\n", "section-near-miss"),
        ("## Condition\n\n- [ ] Somebody watches\n", "section-near-miss"),
        ("### Conditions\n\n- [ ] Somebody watches\n", "section-near-miss"),
        ("# Conditions\n\n- [ ] Somebody watches\n", "section-near-miss"),
        ("## Conditions\n\n- Somebody watches\n", "box-missing"),
        ("## Conditions\n\n- [] Somebody watches\n", "box-missing"),
        ("## Conditions\n\n- [_] Somebody watches\n", "box-missing"),
        ("## Conditions\n\n- [ ]Somebody watches\n", "box-missing"),
        ("## Conditions\n\n-[ ] Somebody watches\n", "box-missing"),
    ] {
        let book = decided(conditions);
        assert_eq!(shut(&book, "INFRA-1", "production"), [code], "{conditions}");
        assert!(found(&book).contains(&code.to_owned()), "{conditions}");
    }
    for honest in [
        "## Review items\n\n- [ ] Business justification\n",
        "## Conditions\n\nNone.\n",
        "## Conditions\n\n- None\n",
        "## Notes\n\n### Condtions\n\n- [] Somebody watches\n",
    ] {
        assert_eq!(shut(&decided(honest), "INFRA-1", "production"), [""; 0], "{honest}");
    }
}

#[test]
fn row_75_near_words_of_a_task_shut_the_gate() {
    let shut_by = |from: &str, to: &str| {
        let mut book = Fixture::book();
        let kinds = "\n[kinds.terraform]\nsections = []\nitems = []\nplan = false\n";
        book.write("policy.toml", book.read("policy.toml") + kinds);
        book.person("kim").commit("rules");
        let text = task("INFRA-1", "risk = \"low\"\n");
        assert!(text.contains(from), "{from}");
        book.write(PATH, text.replacen(from, to, 1));
        book.person("ana").commit("propose");
        book.later().tick(PATH, "Apply in staging");
        shut(&book, "INFRA-1", "production")
    };
    for (from, to, code) in [
        ("## Approvals", "## Aprovals", "section-near-miss"),
        ("## Deployment", "#### Deploymnt", "section-near-miss"),
        ("- [ ] Terraform code", "- Terraform code", "box-missing"),
        ("- [ ] Code review", "* [] Code review", "box-missing"),
        ("- [ ] Security review", "Then:\n\n- Security review", "box-missing"),
    ] {
        assert_eq!(shut_by(from, to), [code], "{to}");
    }
    for (from, to) in [
        ("Something.", "Something, with [] brackets.\n\n- Code review\n- [] x"),
        ("## Notes\n", "## Notes\n\n- [] x\n- Code review\n"),
        ("- [ ] Terraform code", "- [ ] Terraform code\n  - in three modules"),
        ("## Deployment", "## Development\n\nLocal.\n\n## Deployment"),
    ] {
        assert_eq!(shut_by(from, to), [""; 0], "{to}");
    }
}

/// A low task that is ready for production, with a freeze in force.
fn frozen(freeze: &str, more: &str) -> Fixture {
    let mut book = Fixture::book();
    let rules = format!(
        "\n[kinds.terraform]\nsections = []\nitems = []\nplan = false\n[[freeze]]\nname = \"Close\"\nfrom = \"2024-01-01T00:00:00Z\"\nto = 2024-12-31T00:00:00+01:00\n{freeze}"
    );
    book.write("policy.toml", book.read("policy.toml") + &rules);
    book.write(
        "runbooks/billing.md",
        "+++\nid = \"billing\"\ntitle = \"Billing\"\nservices = [\"billing\", \"web\"]\n+++\n",
    );
    book.commit("a freeze");
    book.person("ana").later().write(PATH, task("INFRA-1", &format!("risk = \"low\"\n{more}")));
    book.commit("propose");
    book.later().tick(PATH, "Apply in staging");
    book
}

fn is_frozen(book: &Fixture) -> bool {
    let arguments = ["gate", "INFRA-1", "-e", "production", "--now", "2024-05-20T12:00:00Z"];
    let gate = book.json(&arguments);
    gate["requirements"]
        .as_array()
        .unwrap()
        .iter()
        .any(|found| found["code"] == "freeze" && found["met"] == false)
}

#[test]
fn row_85_freezes_compare_folded_and_trimmed_names() {
    for (freeze, more) in [
        ("services = [\"billing\"]\n", "services = [\"Billing\"]\n"),
        ("services = [\"billing\"]\n", "services = [\"billing \"]\n"),
        ("services = [\" BILLING\"]\n", "services = [\"web\", \"billing\"]\n"),
        ("environments = [\"Production \"]\n", "services = [\"web\"]\n"),
        // A word that nothing names may be any service.
        ("services = [\"biling\"]\n", "services = [\"web\"]\n"),
    ] {
        assert!(is_frozen(&frozen(freeze, more)), "{freeze} {more}");
    }
    for (freeze, more) in [
        ("services = [\"billing\"]\n", "services = [\"web\"]\n"),
        ("environments = [\"staging\"]\n", ""),
        ("except = [\"INFRA-1\"]\n", ""),
        ("except = [\"Emergency\"]\n", "emergency = \"disk full\"\n"),
    ] {
        assert!(!is_frozen(&frozen(freeze, more)), "{freeze} {more}");
    }
}

#[test]
fn row_85_an_unknown_service_is_an_error_of_the_change_and_a_warning_later() {
    let mut book = frozen("", "services = [\"web\"]\n");
    let severity = |book: &Fixture| {
        let check = book.json(&["check"]);
        let all = check["diagnostics"].as_array().unwrap();
        let found = all.iter().find(|diagnostic| diagnostic["code"] == "service-unknown");
        found.map(|diagnostic| diagnostic["severity"].as_str().unwrap().to_owned())
    };
    assert_eq!(severity(&book), None);
    book.replace("policy.toml", "name = \"Close\"\n", "name = \"Close\"\nservices = [\"biling\"]\n");
    assert_eq!(severity(&book).as_deref(), Some("error"), "in the work tree");
    book.person("kim").later().commit("freeze billing");
    assert_eq!(severity(&book).as_deref(), Some("error"), "in the commit that changed it");
    book.write("README.md", "x\n");
    book.later().commit("something else");
    assert_eq!(severity(&book).as_deref(), Some("warning"));
}

#[test]
fn row_85_a_task_named_emergency_is_none() {
    for id in ["emergency", "Emergency"] {
        let mut book = frozen("except = [\"emergency\"]\n", "");
        let path = format!("tasks/{id}.md");
        book.later().write(&path, task(id, "risk = \"low\"\n"));
        book.commit("a clever name");
        assert!(found(&book).contains(&"id-invalid".to_owned()));
        book.run(&["gate", id, "-e", "production"]).expect(1);
    }
}
