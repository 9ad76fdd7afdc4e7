//! The policy file, its defaults, people and roles, and the matching of items.
//!
//! A book's `policy.toml` is laid on a complete built-in default. Its own environments, windows, reviews and `[done]`
//! replace the built-in ones, and what built-in rules say of one that is gone falls away. A policy with any error
//! gives nobody authority: parsing then gives no policy, and every error with its place.

mod category;
mod decode;
mod evidence;
mod fallen;
mod matching;
mod pattern;
mod read;
mod read_power;
mod recurrence;
mod rules;
mod types;
mod validate;
mod value;
mod values;
mod window;

use std::sync::{Arc, LazyLock};

use crate::diagnostic::Diagnostic;
pub(crate) use category::{HELM_CHANGES, KUBERNETES_FACTS};
use decode::Decoder;
pub use evidence::EvidenceRules;
use fallen::fall_away;
pub use matching::{KindItem, KnownItems};
use pattern::Compiled;
pub use pattern::{FieldGlobs, IdPattern, NameGlobs, PathGlobs};
pub use recurrence::Recurrence;
pub use rules::{Category, HelmRule, KubernetesRule, PlanAction, PlanTrait, TerraformRule};
pub use types::*;
use value::{Value, overlay_file};
pub use values::{A_LIST, PolicyKey, PolicyValues};

/// The built-in default, which `init` writes out: complete, commented, and valid by itself.
pub const BUILTIN_TEXT: &str = include_str!("../../templates/policy.toml");

struct Builtin {
    value: Value,
    policy: Policy,
    compiled: Compiled,
}

static BUILTIN: LazyLock<Builtin> = LazyLock::new(|| {
    let value = Value::parse(BUILTIN_TEXT, false).expect("the built-in policy is TOML, which a test covers");
    let mut decoder = Decoder::new("policy.toml", BUILTIN_TEXT, Compiled::built_in());
    let policy = read::policy(&mut decoder, &value);
    let policy = Policy { values: Arc::new(values::values(&value)), ..policy };
    Builtin { value, policy, compiled: decoder.compiled.for_others() }
});

#[cfg(test)]
fn built_in_globs() -> &'static Compiled {
    &BUILTIN.compiled
}

impl Policy {
    /// The built-in default. It lists no people, so nobody has a role by it.
    pub fn builtin() -> Policy {
        BUILTIN.policy.clone()
    }

    /// Parses a book's policy and lays it on the default. `None` with at least one error; `path` is that of
    /// the file, for messages.
    pub fn parse(path: &str, text: &str) -> (Option<Policy>, Vec<Diagnostic>) {
        let mut decoder = Decoder::new(path, text, BUILTIN.compiled.clone());
        let own = match Value::parse(text, true) {
            Ok(own) => own,
            Err(_) if crate::record::conflict_in(text).is_some() => {
                let at = crate::record::conflict_in(text).unwrap_or_default();
                let help = Some("keep one side and remove the markers".to_owned());
                decoder.error(at..at + 7, "an unresolved merge conflict starts here".to_owned(), help);
                return (None, decoder.found);
            }
            Err(errors) => {
                // The first errors tell what is wrong; those behind them mostly follow from them.
                for (span, message) in errors.into_iter().take(5) {
                    decoder.error(
                        span,
                        format!("invalid TOML: {}", message.lines().next().unwrap_or_default()),
                        None,
                    );
                }
                return (None, decoder.found);
            }
        };
        let merged = fall_away(overlay_file(BUILTIN.value.clone(), own));
        let policy = read::policy(&mut decoder, &merged);
        validate::validate(&mut decoder, &policy, &merged);
        let policy = Policy { values: Arc::new(values::values(&merged)), ..policy };
        decoder.found.sort_by_key(|diagnostic| diagnostic.span.start);
        decoder.found.dedup();
        (decoder.found.is_empty().then_some(policy), decoder.found)
    }
}

#[cfg(test)]
mod tests;
