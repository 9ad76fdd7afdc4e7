//! An emergency at night, what goes out next, and what is not committed yet.

use crate::demo::stage::{DemoError, Stage};
use crate::demo::{files, plan};
use crate::record::edit;
use crate::template::NewRecord;

/// INFRA-220: one on-call approval at night, and the board looks at it afterwards.
pub(super) fn emergency(stage: &mut Stage) -> Result<(), DemoError> {
    let record = NewRecord {
        id: "INFRA-220".to_owned(),
        title: "Grow the full log volume".to_owned(),
        requestor: Some("lee".to_owned()),
        risk: Some("medium".to_owned()),
        environments: vec!["production".to_owned()],
        services: vec!["logging".to_owned()],
        emergency: Some("the log volume is full and the API cannot write".to_owned()),
        ..NewRecord::default()
    };
    stage
        .at("lee", "2024-05-26T23:10:00+02:00")
        .new_record(
            "general",
            &record,
            &[
                ("What", "The log volume from 100 to 200 GiB.\n"),
                ("Why", "It is full; the API blocks on its log.\n"),
                ("Blast radius", "The volume grows online.\n"),
                ("Rollback", "None: a volume does not shrink. The old logs stay readable.\n"),
                ("Deployment", "- [ ] Apply in production\n- [ ] Verify and monitor\n"),
            ],
        )?
        .commit("INFRA-220: emergency, the log volume is full\n")?;
    stage
        .at("lee", "2024-05-26T23:15:00+02:00")
        .file("terraform/logging.tf", "resource \"aws_ebs_volume\" \"logs\" {\n  size = 200\n}\n")?
        .commit("INFRA-220: twice the volume\n\nChange: INFRA-220\n")?;
    stage
        .at("kim", "2024-05-26T23:18:00+02:00")
        .tick("INFRA-220", &["On-call approval"])?
        .commit("INFRA-220: approve as on-call\n")?;
    stage
        .at("lee", "2024-05-26T23:25:00+02:00")
        .tick("INFRA-220", &["Apply in production"])?
        .commit("INFRA-220: deployed to production\n\nDeployed: production\n")?;
    Ok(())
}

/// What is on its way: the board's next meeting and a change for Saturday.
pub(super) fn upcoming(stage: &mut Stage) -> Result<(), DemoError> {
    let record = NewRecord {
        id: "INFRA-230".to_owned(),
        title: "Move the orders database to a larger instance".to_owned(),
        requestor: Some("ana".to_owned()),
        risk: Some("high".to_owned()),
        categories: vec!["database".to_owned()],
        environments: vec!["staging".to_owned(), "production".to_owned()],
        services: vec!["orders".to_owned()],
        window: Some("standard".to_owned()),
        ..NewRecord::default()
    };
    stage.at("ana", "2024-05-27T10:00:00+02:00");
    stage
        .new_record(
            "terraform",
            &record,
            &[
                ("What", "`db.r6g.large` becomes `db.r6g.xlarge`, with a restart.\n"),
                ("Why", "CPU is above 80 % in the evening; orders wait.\n"),
                ("Resources", "- `aws_db_instance.orders`, changed in place\n"),
                ("Cost impact", "About $190 a month more, under BUDGET-131.\n"),
                ("Blast radius", "Orders cannot be placed for some five minutes.\n"),
                ("Rollback", "Apply the old instance class; another restart.\n"),
                ("Deployment window", "Saturday 1 June, 2 AM, one hour; no orders for five minutes of it.\n"),
                ("On call", "Kim, by the on-call rotation.\n"),
            ],
        )?
        .edit("INFRA-230", |text| {
            let scheduled: toml_edit::Datetime =
                "2024-06-01T02:00:00+02:00".parse().expect("an RFC 3339 constant");
            let text = edit::set_field(text, "downtime", "5m".into())?;
            let text = edit::set_field(&text, "scheduled", scheduled.into())?;
            Ok(edit::set_field(&text, "duration", "1h".into())?)
        })?
        .commit("INFRA-230: propose a larger database\n")?;
    stage
        .at("ana", "2024-05-27T11:00:00+02:00")
        .file("terraform/database.tf", files::DATABASE_TF)?
        .tick("INFRA-230", &["Terraform code"])?
        .plan("INFRA-230", &plan::database())?
        .commit("INFRA-230: instance class\n\nChange: INFRA-230\n")?;
    let meeting = NewRecord {
        id: "CAB-2024-06".to_owned(),
        title: "Database and the night of 26 May".to_owned(),
        requestor: Some("ana".to_owned()),
        changes: vec!["INFRA-230".to_owned(), "INFRA-220".to_owned()],
        meeting: Some("2024-05-30".to_owned()),
        ..NewRecord::default()
    };
    stage
        .at("ana", "2024-05-27T11:30:00+02:00")
        .new_record("decision", &meeting, &[])?
        .commit("CAB-2024-06: INFRA-230 and the emergency INFRA-220\n")?;
    Ok(())
}

/// A draft, and a record with an edit that is not committed.
pub(super) fn uncommitted(stage: &mut Stage) -> Result<(), DemoError> {
    let draft = NewRecord {
        id: "INFRA-240".to_owned(),
        title: "Rotate the signing keys".to_owned(),
        requestor: Some("ana".to_owned()),
        environments: vec!["staging".to_owned(), "production".to_owned()],
        ..NewRecord::default()
    };
    stage.new_record(
        "general",
        &draft,
        &[("What", "New keys for the token service, without a restart.\n")],
    )?;
    stage.edit("INFRA-230", |text| {
        Ok(edit::append_to_section(text, "Notes", "Ask finance whether BUDGET-131 covers June.\n")?)
    })?;
    Ok(())
}
