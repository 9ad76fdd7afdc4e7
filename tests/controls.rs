//! What the audit tells of changes of the rules, in each of its formats; and of where its duty begins.

use serde_json::Value;

use crate::support::{Fixture, POLICY, task};

const RULES: &str = "\n[[environments]]\nname = \"staging\"\n[[environments]]\nname = \"production\"\ngated = true\n[paths]\ninfrastructure = [\"terraform/**\", \"ansible/**\"]\n";

/// A book whose policy kim and lee change together.
fn book() -> Fixture {
    let mut book = Fixture::empty();
    book.write("book.toml", "[book]\ntitle = \"Test\"\nsrc = \"docs\"\n");
    book.person("kim").commit("start");
    book.later().write("policy.toml", policy(RULES));
    book.commit("rules");
    book.later();
    book
}

fn policy(rules: &str) -> String {
    POLICY.replace("owner = [\"kim\"]", "owner = [\"kim\", \"lee\"]") + rules
}

fn audit(book: &Fixture) -> Value {
    book.json(&["audit", "--now", "2024-05-10T00:00:00Z"])
}

/// Kim changes the policy, and lee agrees.
fn changed(book: &mut Fixture, rules: &str) -> String {
    book.person("kim").later().write("policy.toml", policy(rules));
    let commit = book.commit("other rules");
    book.person("lee").later().commit(&format!("yes\n\nAffirms: {commit}\n"));
    commit
}

fn codes(book: &Fixture) -> Vec<String> {
    let audit = audit(book);
    let last = audit["controls"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["outcome"], "in-force", "{last}");
    last["codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_change_that_takes_something_out_of_the_audit_is_narrowing() {
    let narrower: &[(&str, String)] = &[
        ("a path", RULES.replace(", \"ansible/**\"", "")),
        ("an exclusion", RULES.replace("\"ansible/**\"", "\"ansible/**\", \"!ansible/x/**\"")),
        ("a gate", RULES.replace("gated = true", "gated = false")),
        ("a gate that is not said any more", RULES.replace("gated = true\n", "")),
        ("an item", RULES.replace("gated = true", "gated = true\ndeployed-by = [\"Ship it\"]")),
        ("an environment", RULES.replace("[[environments]]\nname = \"production\"\ngated = true\n", "")),
    ];
    for (what, rules) in narrower {
        let mut book = book();
        changed(&mut book, rules);
        assert_eq!(codes(&book), ["audit-narrowed"], "{what}");
    }
    let others: &[(&str, String)] = &[
        ("a path more", RULES.replace("\"ansible/**\"", "\"ansible/**\", \"helm/**\"")),
        ("a gate more", RULES.replace("name = \"staging\"\n", "name = \"staging\"\ngated = true\n")),
        ("an environment more", format!("[[environments]]\nname = \"qa\"\n{RULES}")),
        (
            "a freeze",
            format!(
                "{RULES}\n[[freeze]]\nname = \"x\"\nfrom = 2024-05-31T18:00:00Z\nto = 2024-06-03T08:00:00Z\n"
            ),
        ),
    ];
    for (what, rules) in others {
        let mut book = book();
        changed(&mut book, rules);
        assert_eq!(codes(&book), [""; 0], "{what}");
    }
}

#[test]
fn the_duty_moves_forward_and_back() {
    let mut book = book();
    let first = book.head();
    book.write("x", "x");
    let second = book.person("ana").later().commit("x");
    let since = |commit: &str| format!("{RULES}\n[audit]\nsince = \"{commit}\"\n");
    changed(&mut book, &since(&first));
    assert_eq!(codes(&book), ["audit-narrowed"], "it began with the policy");
    changed(&mut book, &since(&second));
    assert_eq!(codes(&book), ["audit-narrowed"]);
    changed(&mut book, &since(&first));
    assert_eq!(codes(&book), [""; 0], "more is audited");
    changed(&mut book, RULES);
    assert_eq!(codes(&book), [""; 0]);
}

#[test]
fn a_duty_from_before_the_policy_is_one_that_nobody_had() {
    let mut book = book();
    let (root, start) = (book.head(), book.git(&["rev-list", "--max-parents=0", "main"]));
    book.git(&["checkout", "-q", "-b", "side"]);
    book.write("x", "x");
    let inside = book.person("ana").later().commit("x");
    book.git(&["checkout", "-q", "main"]);
    book.later().write("y", "y");
    book.commit("y");
    book.git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    let merge = book.head();
    for (since, words) in [
        (&root, None),
        (&merge, None),
        (&start, Some("older than the policy")),
        (&inside, Some("not on the trunk's first-parent line")),
    ] {
        changed(&mut book, &format!("{RULES}\n[audit]\nsince = \"{since}\"\n"));
        let audit = audit(&book);
        let found = audit["diagnostics"].as_array().unwrap().iter();
        let own: Vec<&Value> = found.filter(|found| found["code"] == "audit-since").collect();
        assert_eq!(own.len(), usize::from(words.is_some()), "{since}: {own:?}");
        if let Some(words) = words {
            assert!(own[0]["message"].as_str().unwrap().contains(words), "{}", own[0]);
            book.run(&["audit"]).expect(3);
        }
    }
}

#[test]
fn each_format_tells_who_changed_what_and_who_agreed() {
    let mut book = book();
    let lowered =
        changed(&mut book, &(RULES.replace(", \"ansible/**\"", "") + "[risk.medium]\napprovals = 0\n"));
    book.person("eve").later().replace(
        "policy.toml",
        "security = [\"sam\", \"bot\"]",
        "security = [\"lee\"]",
    );
    let grabbed = book.commit("<b>=mine</b>");
    let affirmed = book.git(&["rev-parse", "HEAD~1"]);
    let now = ["--now", "2024-05-10T00:00:00Z"];
    let said = |what: &str, of: &str| {
        assert!(of.contains("audit-narrowed"), "{what}: {of}");
        assert!(of.contains("policy-role"), "{what}: {of}");
        assert!(of.contains(&affirmed[..7]) && of.contains(&grabbed[..7]), "{what}: {of}");
        assert!(of.contains("ansible") && of.contains("not in force"), "{what}: {of}");
        assert!(of.contains("the policy was introduced"), "{what}: {of}");
    };
    let audit = audit(&book);
    let controls = audit["controls"].as_array().unwrap();
    let outcomes: Vec<&str> = controls.iter().map(|change| change["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["began", "not-in-force", "in-force", "not-in-force"]);
    assert_eq!(controls[1]["settled"]["commit"], affirmed);
    let path = controls[2]["values"]
        .as_array()
        .unwrap()
        .iter()
        .find(|value| value["key"].as_str().unwrap().contains("ansible"));
    let path = path.unwrap();
    assert_eq!(path["by"][0]["commit"], lowered);
    assert_eq!(path["agreed"], serde_json::json!(["kim", "lee"]));
    assert_eq!(path["codes"], serde_json::json!(["audit-narrowed"]));
    assert_eq!(
        (&path["before"], &path["after"], &path["alone"]),
        (&"listed".into(), &Value::Null, &false.into())
    );

    said("text", &book.run(&[&["audit"], &now[..]].concat()).expect(3).stdout);
    said("markdown", &book.run(&[&["audit", "--format", "markdown"], &now[..]].concat()).expect(3).stdout);
    let csv = book.run(&[&["audit", "--format", "csv"], &now[..]].concat()).expect(3).stdout;
    said("csv", &csv);
    let lines: Vec<&str> = csv.lines().filter(|line| line.starts_with("control-change,")).collect();
    assert_eq!(lines.len(), 4, "{csv}");
    assert!(lines[2].contains("kim; lee") && lines[2].contains(&affirmed), "{}", lines[2]);
    let html = book.run(&[&["audit", "--format", "html"], &now[..]].concat()).expect(3).stdout;
    said("html", &html);
    book.run(&[&["build"], &now[..]].concat());
    let page = book.read("book/audit.html");
    said("site", &page);
    let section = page.split("<h2 id=\"controls\">").nth(1).and_then(|rest| rest.split("</section>").next());
    let section = section.unwrap();
    assert_eq!(section.matches("<tr>").count(), 5, "a head and four changes: {section}");
    assert!(
        section.find("not in force").unwrap() < section.find("the policy was introduced").unwrap(),
        "newest first"
    );
    assert!(!page.contains("<b>=mine</b>"));
    said("site's csv", &book.read("book/audit.csv"));
    // Of a period only what landed in it.
    let before = ["--until", "2024-04-30"];
    let audit = book.json(&[&["audit"], &now[..], &before].concat());
    assert_eq!(audit["controls"], serde_json::json!([]));
}

#[test]
fn the_table_has_all_that_was_found() {
    let mut book = book();
    book.person("ana").write("terraform/a.tf", "a");
    let unnamed = book.commit("unnamed");
    book.later().write("terraform/b.tf", "b");
    let late = book.commit("unnamed, and covered");
    book.later().write("tasks/INFRA-1.md", task("INFRA-1", &format!("covers = [\"{late}\"]\n")));
    book.commit("take it on");
    book.later().write("terraform/c.tf", "c");
    let undeployed = book.commit("INFRA-1: code");
    book.later().tick("tasks/INFRA-1.md", "Apply in staging");
    book.later().write("terraform/d.tf", "d");
    book.commit("INFRA-1: after it");
    let csv = book.run(&["audit", "--format", "csv", "--now", "2024-09-01T00:00:00Z"]).expect(3).stdout;
    let kinds: Vec<&str> = csv.lines().map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(
        kinds,
        [
            "row",
            "deployment",
            "unrecorded-change",
            "recorded-late",
            "deployment-unrecorded",
            "control-change"
        ],
        "{csv}"
    );
    let line = |kind: &str| csv.lines().find(|line| line.starts_with(&format!("{kind},"))).unwrap();
    assert!(line("unrecorded-change").contains(&unnamed) && line("recorded-late").contains(&late), "{csv}");
    assert!(
        line("recorded-late").contains("INFRA-1")
            && !csv.contains(&format!("deployment-unrecorded,{undeployed}"))
    );
    book.run(&["build"]);
    let page = book.read("book/audit.html");
    assert!(page.contains("<h2 id=\"late\">Recorded late</h2>"), "{page}");
    assert!(page.contains(&late[..7]) && page.contains("recorded-late"), "{page}");
}
