//! What must not be shown: by its name, by its form, and because it is secret elsewhere. The one judgement for every kind
//! of evidence.

mod form;
mod known;
mod name;
mod places;
mod text;
mod value;
mod view;

pub(super) use form::{forms, is_mixed};
pub(super) use known::{Gathered, Known};
pub(super) use name::{Verdict, is_name_key, is_value_key, judge, words};
pub(super) use places::Secrets;
pub(super) use text::{in_words, is_secret as text_is_secret, may_hold};
use value::is_setting;
pub(super) use value::{is_placeholder, is_reference};
pub(super) use view::{base64, encoded_login};

/// Stands where a secret value was.
pub(super) const HIDDEN: &str = "(hidden)";

/// Numbers of fewer digits are settings, whatever they are called.
const MIN_SECRET_DIGITS: usize = 4;

/// Whether a text in a place of this verdict is to be hidden for its place alone.
pub(super) fn hides_text(verdict: Verdict, text: &str) -> bool {
    verdict == Verdict::Secret && !is_setting(text) && !is_reference(text)
}

/// The same for a number.
pub(super) fn hides_number(verdict: Verdict, digits: &str) -> bool {
    verdict == Verdict::Secret && digits.len() >= MIN_SECRET_DIGITS
}
