//! The built-in templates carry what the built-in policy asks for.

use super::*;
use crate::policy::Policy;
use crate::record::{Record, RecordType, Risk, TaskKind, normalize, normalize_review};

fn templates() -> RecordTemplates {
    RecordTemplates::new(BTreeMap::new())
}

fn new_record(risk: Option<Risk>) -> NewRecord {
    NewRecord {
        id: "INFRA-7".to_owned(),
        title: "A \"quoted\" title with {{ braces }} and a \\".to_owned(),
        requestor: Some("ana".to_owned()),
        risk: risk.map(|risk| risk.as_str().to_owned()),
        meeting: Some("2024-05-16".to_owned()),
        ..NewRecord::default()
    }
}

fn new_task(kind: TaskKind, risk: Option<Risk>) -> NewRecord {
    new_record(risk).with_environments(&Policy::builtin(), kind)
}

fn parse(record_type: RecordType, text: &str) -> Record {
    let path = format!("{}/INFRA-7.md", record_type.folder());
    let record = Record::parse(record_type, &path, text.as_bytes());
    assert_eq!(record.diagnostics, [], "{text}");
    record
}

#[test]
fn every_kind_in_every_risk_has_what_the_policy_asks_for() {
    let (templates, policy) = (templates(), Policy::builtin());
    for kind in TaskKind::ALL {
        for risk in [None, Some(Risk::Low), Some(Risk::Medium), Some(Risk::High)] {
            let text = templates.render(kind.as_str(), &new_task(kind, risk)).unwrap();
            let record = parse(RecordType::Task, &text);
            assert_eq!(record.title(), "A \"quoted\" title with {{ braces }} and a \\");
            let level = risk.unwrap_or(Risk::Medium);
            let (of_kind, of_risk) = (policy.kind_rule(kind), policy.risk_rule(level));
            let documents = kind == TaskKind::Documentation;
            let sections = of_kind.sections.iter().chain(of_risk.sections.iter().filter(|_| !documents));
            for section in sections {
                assert!(record.section(section).is_some(), "{kind:?} {risk:?}: section {section}");
            }
            for asked in policy.items_of_kind(kind, &[]) {
                assert!(
                    record.items.iter().any(|item| asked.is_met_by(item)),
                    "{kind:?} {risk:?}: {asked:?}"
                );
            }
            let items = of_risk.items.iter().filter(|_| !documents);
            for item in items.chain(&of_risk.communication) {
                let has = |text: &str| {
                    normalize(text) == normalize(item) || normalize_review(text) == normalize_review(item)
                };
                assert!(record.items.iter().any(|found| has(&found.text)), "{kind:?} {risk:?}: item {item}");
            }
            let reviews: Vec<&str> = record
                .items
                .iter()
                .filter_map(|item| policy.review_of_item(&item.key.text))
                .map(|r| r.role.as_str())
                .collect();
            let asked = if documents && level < Risk::Medium { &[][..] } else { &of_risk.roles[..] };
            for role in asked.iter().filter(|_| !(documents && risk.is_none())) {
                assert!(reviews.contains(&role.as_str()), "{kind:?} {risk:?}: role {role}");
            }
        }
    }
}

#[test]
fn decision_and_runbook_parse() {
    let templates = templates();
    let decision = templates.render("decision", &new_record(None)).unwrap();
    assert_eq!(parse(RecordType::Decision, &decision).items.len(), 7);
    let runbook = templates.render("runbook", &new_record(None)).unwrap();
    let runbook = parse(RecordType::Runbook, &runbook);
    assert!(runbook.section("Disaster recovery").is_some());
    let of_items =
        ["Approvals", "Checklist", "Deployment", "Testing", "Communication", "Notes", "Deployment log"];
    let tasks =
        TaskKind::ALL.map(|kind| templates.render(kind.as_str(), &new_task(kind, Some(Risk::High))).unwrap());
    for record in tasks.iter().map(|text| parse(RecordType::Task, text)).chain([runbook]) {
        for section in record.sections.iter().filter(|section| !of_items.contains(&&*section.title)) {
            let text = record.text(section.content.clone());
            assert!(!text.trim().is_empty() && templates.is_guidance(text), "{}", section.title);
        }
    }
}

#[test]
fn an_emergency_asks_for_the_one_on_call() {
    let record = NewRecord { emergency: Some("disk full".to_owned()), ..new_record(Some(Risk::High)) };
    let text = templates().render("terraform", &record).unwrap();
    assert!(text.contains("- [ ] On-call approval") && !text.contains("Change advisory board"));
}

#[test]
fn the_items_are_those_of_the_books_environments() {
    let own = "[[environments]]\nname = \"integration\"\n[[environments]]\nname = \"prod-eu\"\ngated = true\n[[environments]]\nname = \"prod-us\"\ndeployed-by = [\"Roll out to the US\"]\n";
    let policy = Policy::parse("policy.toml", own).0.unwrap();
    let items = |kind: TaskKind| {
        let text =
            templates().render(kind.as_str(), &new_record(None).with_environments(&policy, kind)).unwrap();
        let items = parse(RecordType::Task, &text).items.into_iter().map(|item| item.text);
        items.filter(|item| policy.environment_for_item(item).is_some()).collect::<Vec<String>>()
    };
    assert_eq!(
        items(TaskKind::Terraform),
        ["Apply in integration", "Apply in prod-eu", "Roll out to the US"]
    );
    assert_eq!(
        items(TaskKind::Kubernetes),
        ["Apply to integration namespace", "Apply to prod-eu namespace", "Roll out to the US"]
    );
    assert_eq!(items(TaskKind::Helm), ["Upgrade in integration", "Upgrade in prod-eu", "Roll out to the US"]);
    assert_eq!(items(TaskKind::Documentation), [""; 0]);
}

#[test]
fn guidance_is_recognised_until_somebody_writes() {
    let templates = templates();
    assert!(templates.is_guidance("\n_Why it is needed._\n"));
    assert!(templates.is_guidance(""));
    assert!(!templates.is_guidance("_Why it is needed._\n\nBecause.\n"));
    assert!(!templates.is_guidance("_Emphasis of my own_"));
}

#[test]
fn errors_name_the_template_and_the_line() {
    let own = BTreeMap::from([("terraform.md".to_owned(), "+++\n{% if %}\n".to_owned())]);
    let error = RecordTemplates::new(own).render("terraform", &new_record(None)).unwrap_err();
    assert!(error.to_string().starts_with("templates/records/terraform.md:2"), "{error}");
    let error = templates().render("spell", &new_record(None)).unwrap_err();
    assert!(error.to_string().contains("terraform"), "{error}");
}
