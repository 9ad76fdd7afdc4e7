//! Whether a merge by structure says what both sides said.

use super::expected::Expected;
use super::parse;
use super::piece::{Piece, Side, resolve};

/// A clean merge says exactly what is expected. One with conflicts can be read whichever side is taken, and
/// loses or invents nothing outside of them.
pub(super) fn holds(pieces: &[Piece], expected: &Expected) -> bool {
    let ours = parse(&resolve(pieces, Side::Ours));
    if pieces.iter().all(|piece| matches!(piece, Piece::Settled(_))) {
        return expected.is_met_by(&ours);
    }
    let theirs = parse(&resolve(pieces, Side::Theirs));
    expected.is_not_contradicted_by(&ours, &theirs) && expected.is_not_contradicted_by(&theirs, &ours)
}
