//! The action that puts a plan which lies in the book's folder into a record. The file is read when the action is
//! chosen: a plan may be large.

use std::ops::Range;

use lsp_types::{CodeAction, CodeActionKind};
use serde::{Deserialize, Serialize};

use super::actions::action;
use super::shelf::Context;
use crate::book::words_of_plan;
use crate::intake::terraform::{Place, Plan, Rules};
use crate::policy::Environment;
use crate::record::{Details, Record};

/// What an offered action is about, until it is chosen.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Offer {
    pub(super) uri: lsp_types::Uri,
    file: String,
    environment: String,
}

/// One action for each plan, where the document's frontmatter or its plan is.
pub(super) fn offers(context: &Context<'_>, record: &Record, span: &Range<usize>) -> Vec<CodeAction> {
    let plan = record.section("Plan").map(|section| section.content.clone());
    let is_there = span.start <= record.body_start
        || plan.is_some_and(|plan| plan.start <= span.end && span.start <= plan.end);
    if !is_there || !matches!(record.details, Details::Task(_)) {
        return Vec::new();
    }
    let offer = |file: String| {
        let environment = environment(context, record, &file)?.name.clone();
        let title = format!("Update the plan for {environment} from {file}");
        let offer = Offer { uri: context.document.uri.clone(), file, environment };
        let data = serde_json::to_value(offer).ok()?;
        let kind = Some(CodeActionKind::REFACTOR);
        Some(CodeAction { title, kind, data: Some(data), ..CodeAction::default() })
    };
    context.open.book.plan_files().into_iter().filter_map(offer).collect()
}

/// The environment that the file's name names, else the last one that the items name.
fn environment<'c>(context: &'c Context<'_>, record: &Record, file: &str) -> Option<&'c Environment> {
    let policy = &context.loaded.policy;
    let named = words_of_plan(file).find_map(|word| policy.environment(word));
    named.or_else(|| policy.last_environment(&record.items))
}

/// The chosen action with its edit; else why there is none, in words.
pub(super) fn resolve(context: &Context<'_>, offer: &Offer) -> Result<CodeAction, String> {
    let record = context.record().filter(|record| !record.is_broken());
    let record = record.ok_or("the record cannot be read")?;
    let policy = &context.loaded.policy;
    let environment =
        policy.environment(&offer.environment).ok_or("the policy does not have that environment any more")?;
    let file = &offer.file;
    let bytes =
        context.open.book.plan_file(file).map_err(|error| format!("`{file}` cannot be read: {error}"))?;
    let plan = Plan::read(&bytes, Rules::of(policy)).map_err(|error| format!("`{file}`: {error}"))?;
    let is_guidance = |text: &str| context.loaded.templates.is_guidance(text);
    let place = Place {
        environment: &environment.name,
        gated: environment.gated,
        list_limit: usize::try_from(policy.plan.list_limit).unwrap_or(usize::MAX),
        is_guidance: &is_guidance,
    };
    let new = plan
        .put(&record.path, &record.source, &plan.found(policy), place)
        .map_err(|error| error.to_string())?;
    let title = format!("Update the plan for {} from {file}", environment.name);
    Ok(action(context, record, title, CodeActionKind::REFACTOR, &new))
}
