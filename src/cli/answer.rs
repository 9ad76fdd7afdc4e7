//! Says an answer again that was given before, where it would be the same.
//!
//! For views only: what judges (a gate, an audit, a hook) derives each time what it says.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::context::Context;
use super::error::CliError;
use super::ui::{Recording, Ui};
use crate::book::{Loaded, Snapshot, drop_later};
use crate::history::Answers;

/// An answer and when it holds.
#[derive(Serialize, Deserialize)]
struct KeptAnswer {
    /// First and last second since the epoch at which the same would be derived.
    from: i64,
    until: i64,
    said: Recording,
}

/// Gives the answer of `derive`; where the same `question` (the command with its own options) was asked of the same
/// snapshot, without deriving it.
pub(super) fn again_or(
    ui: &mut Ui,
    context: &Context,
    question: &str,
    derive: impl FnOnce(&mut Ui, &Loaded) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let book = context.book()?;
    let snapshot = context.snapshot(&book)?;
    let Some(key) = key(context, ui, question, &snapshot) else {
        let read = context.derive(&book, snapshot)?;
        derive(ui, &read)?;
        drop_later(read);
        return Ok(());
    };
    let answers = Answers::new(&book.repository, &book.path);
    let kept = answers.get(&key).and_then(|kept| postcard::from_bytes::<KeptAnswer>(&kept).ok());
    if let Some(kept) = kept.filter(|kept| (kept.from..=kept.until).contains(&snapshot.now())) {
        return ui.replay(&kept.said);
    }
    let read = context.derive(&book, snapshot)?;
    ui.record();
    derive(ui, &read)?;
    let said = ui.take_recording();
    // Whoever reads the answer need not wait until it is kept.
    ui.flush()?;
    let holds = read.holds();
    drop_later(read);
    let kept = KeptAnswer { from: *holds.start(), until: *holds.end(), said };
    if let Ok(bytes) = postcard::to_allocvec(&kept) {
        answers.put(&key, &bytes);
    }
    Ok(())
}

/// A hash of the question, of what it is asked of, of the program, and of how wide the answer may be. `None`
/// where nothing may be kept, or the snapshot has no fingerprint.
fn key(context: &Context, ui: &Ui, question: &str, snapshot: &Snapshot) -> Option<[u8; 32]> {
    let program = context.program()?;
    let mut hash = Sha256::new();
    hash.update(snapshot.fingerprint()?);
    hash.update(program);
    hash.update(format!("{:?} {} {:?}\n{question}", ui.width, context.json, context.trunk));
    Some(hash.finalize().into())
}
