//! stub
use super::{context::Context, error::CliError, ui::Ui};
/// x
#[derive(Debug, clap::Args)]
pub(super) struct DemoArgs {}
pub(super) fn run(_: &mut Ui, _: &Context, _: &DemoArgs) -> Result<(), CliError> {
    Ok(())
}
