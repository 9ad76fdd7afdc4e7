//! An approval that its author lost by a change of the text, and one that is still waited for.

use crate::demo::stage::{DemoError, Stage};
use crate::record::edit;
use crate::template::NewRecord;

/// INFRA-230 with Lee's approval.
pub(super) fn approve(stage: &mut Stage) -> Result<(), DemoError> {
    stage
        .at("lee", "2024-05-28T15:10:00+02:00")
        .tick("INFRA-230", &["DevOps lead review"])?
        .commit("INFRA-230: approve as devops-lead\n")?;
    Ok(())
}

/// INFRA-230 after a change of its text, and a task that nobody has looked at.
pub(super) fn outdate(stage: &mut Stage) -> Result<(), DemoError> {
    stage
        .at("ana", "2024-05-29T10:20:00+02:00")
        .edit("INFRA-230", |text| {
            let text = edit::replace_section(
                text,
                "Rollback",
                "Apply the old instance class; another restart. Snapshot before.\n",
            )?;
            Ok(text)
        })?
        .commit("INFRA-230: take a snapshot first\n")?;
    let record = NewRecord {
        id: "INFRA-235".to_owned(),
        title: "Tag every resource with its cost centre".to_owned(),
        requestor: Some("sam".to_owned()),
        risk: Some("low".to_owned()),
        categories: vec!["tags".to_owned()],
        environments: vec!["staging".to_owned(), "production".to_owned()],
        ..NewRecord::default()
    };
    stage
        .at("sam", "2024-05-29T16:45:00+02:00")
        .new_record(
            "terraform",
            &record,
            &[
                ("What", "A tag `cost-centre` on every resource.\n"),
                ("Why", "Finance asks who spends what.\n"),
                ("Blast radius", "Tags only.\n"),
                ("Rollback", "Revert and apply.\n"),
                ("Resources", "Every resource of `terraform/`; no attribute but `tags`.\n"),
                ("Cost impact", "None.\n"),
                ("Plan", "Follows the review of the tag's name.\n"),
                ("Deployment window", "Any time; no downtime is expected.\n"),
            ],
        )?
        .commit("INFRA-235: propose cost centre tags\n")?;
    Ok(())
}
