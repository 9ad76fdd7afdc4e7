use serde_json::{Value, json};

use super::*;
use crate::intake::terraform::{Plan, Rules};
use crate::record::{Record, RecordType, Risk};

fn plan() -> Plan {
    let file = json!({ "format_version": "1.2", "resource_changes": [
        { "address": "aws_db_instance.main", "mode": "managed", "type": "aws_db_instance", "name": "main",
          "change": { "actions": ["delete", "create"], "before": { "engine": "postgres" },
                      "after": { "engine": "mysql" }, "after_unknown": {} } },
        { "address": "aws_s3_bucket.logs", "mode": "managed", "type": "aws_s3_bucket", "name": "logs",
          "change": { "actions": ["update"], "before": { "tags": { "a": "1" } },
                      "after": { "tags": { "a": "2" } }, "after_unknown": {} } },
    ] });
    Plan::read(file.to_string().as_bytes(), Rules::of(&Policy::builtin())).unwrap()
}

fn file() -> EvidenceFile {
    EvidenceFile {
        record: RecordId::parse("INFRA-1").unwrap(),
        key: EvidenceKey { environment: "production".to_owned(), stack: Some("db".to_owned()) },
        content: Content::Terraform(Box::new(plan())),
        is_edited: false,
    }
}

#[test]
fn what_is_written_is_read_back() {
    let (file, policy) = (file(), Policy::builtin());
    let text = file.text().unwrap();
    let back = EvidenceFile::read(text.as_bytes()).unwrap();
    assert_eq!(back, file);
    assert_eq!(back.text().unwrap(), text);
    assert_eq!(back.found(&policy).risk(), Some(Risk::High));
    assert!(back.is_at("evidence/INFRA-1/production.db.json"));
    assert!(!back.is_at("evidence/INFRA-1/production.json"));
    // No verdict has a place in it.
    let json: Value = serde_json::from_str(&text).unwrap();
    for word in ["risk", "categories", "reasons", "level"] {
        assert!(json.get(word).is_none() && json["terraform"].get(word).is_none(), "{word}");
    }
    // Layout is nothing: a formatter may have been at work.
    let folded = serde_json::to_string(&json).unwrap();
    assert_eq!(EvidenceFile::read(folded.as_bytes()).unwrap(), file);
}

#[test]
fn the_schema_describes_what_is_written() {
    let text: Value = serde_json::from_str(&file().text().unwrap()).unwrap();
    let schema = schema();
    let properties = schema["properties"].as_object().unwrap();
    for key in text.as_object().unwrap().keys() {
        assert!(properties.contains_key(key), "{key}");
    }
    assert_eq!(schema["additionalProperties"], json!(false));
}

#[test]
fn an_edit_by_hand_is_told() {
    let text = file().text().unwrap();
    let edited = |from: &str, to: &str| {
        let edited = text.replacen(from, to, 1);
        assert_ne!(edited, text, "{from}");
        EvidenceFile::read(edited.as_bytes())
    };
    assert!(edited("mysql", "maria").unwrap().is_edited);
    assert!(edited("\"environment\": \"production\"", "\"environment\": \"staging\"").unwrap().is_edited);
    assert_eq!(edited("changebook.evidence/1", "changebook.evidence/2"), Err(EvidenceError::OtherSchema));
    let typed = edited("\"terraform\": {", "\"terraform\": { \"risk\": \"low\",");
    assert!(matches!(typed, Err(EvidenceError::Malformed { line, .. }) if line > 5), "{typed:?}");
    let twice = edited("\"record\":", "\"record\": \"A-1\", \"record\":");
    assert!(matches!(twice, Err(EvidenceError::Malformed { .. })), "{twice:?}");
    // One change left out, and the digest kept.
    let mut json: Value = serde_json::from_str(&text).unwrap();
    json["terraform"]["changes"].as_array_mut().unwrap().remove(0);
    assert!(EvidenceFile::read(json.to_string().as_bytes()).unwrap().is_edited);
}

#[test]
fn the_records_text_says_what_the_file_says() {
    let (file, is_guidance) = (file(), |_: &str| false);
    let source = "+++\nid = \"INFRA-1\"\n+++\n\n## Plan\n\nLook at the database.\n";
    let rendering = Rendering { gated: true, list_limit: 100, is_guidance: &is_guidance };
    let text = file.put("tasks/INFRA-1.md", source, rendering).unwrap();
    assert!(
        text.contains("### production, stack db\n\nPlan: 1 to add, 1 to change, 1 to destroy.\n"),
        "{text}"
    );
    let differs = |text: &str| {
        file.differs(&Record::parse(RecordType::Task, "tasks/INFRA-1.md", text.as_bytes()), true, 100)
    };
    assert_eq!(differs(&text), None);
    assert_eq!(differs(&text.replace("\n\n", "\n\n\n")), None, "white space is nothing");
    assert!(differs(&text.replace("1 to destroy", "0 to destroy")).is_some());
    assert!(differs(source).is_some_and(|why| why.contains("has no “production, stack db”")));
    assert_eq!(file.take_out("tasks/INFRA-1.md", &text, true).unwrap(), source);
}
