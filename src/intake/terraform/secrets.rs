//! What must not leave this room: everything a plan marks as sensitive, wherever it stands.
//!
//! The tools mask a value in one place and print the same text in another (a computed output of a masked input,
//! a variable, the prior state), so a string that is sensitive anywhere is redacted everywhere.

use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;

use super::super::secret::attribute_is_secret;
use super::value::{Mask, Members, Value, from_str};
use super::wrong::WrongInput;

/// Shown in a value's place.
pub(super) const REDACTED: &str = "(sensitive)";

/// Secrets at least this long are found inside longer texts too, in bytes. Shorter ones, such as `on`, would
/// hide half of every plan.
const MIN_PART: usize = 6;

/// The sensitive strings of a plan.
pub(super) struct Secrets {
    whole: BTreeSet<String>,
    parts: Option<AhoCorasick>,
}

impl Secrets {
    /// Whether a text as a whole is sensitive somewhere in the plan.
    pub(super) fn is_secret(&self, text: &str) -> bool {
        self.whole.contains(text)
    }

    /// Whether a text may be shown: it is no secret, and holds none.
    pub(super) fn may_show(&self, text: &str) -> bool {
        !self.is_secret(text) && !self.parts.as_ref().is_some_and(|parts| parts.is_match(text))
    }

    /// The text, or in its place that it is sensitive.
    pub(super) fn shown<'t>(&self, text: &'t str) -> &'t str {
        if self.may_show(text) { text } else { REDACTED }
    }

    fn new(whole: BTreeSet<String>) -> Self {
        let long: Vec<&String> = whole.iter().filter(|text| text.len() >= MIN_PART).collect();
        // Building fails only for sets larger than a plan can be; whole values are redacted all the same.
        let parts = if long.is_empty() { None } else { AhoCorasick::new(long).ok() };
        Secrets { whole, parts }
    }
}

/// Collects sensitive strings while the parts of a plan are read.
#[derive(Default)]
pub(super) struct Collector {
    found: BTreeSet<String>,
}

impl Collector {
    pub(super) fn finish(self) -> Secrets {
        Secrets::new(self.found)
    }

    /// Takes up what another one has found.
    pub(super) fn merge(mut self, other: Collector) -> Collector {
        self.found.extend(other.found);
        self
    }

    /// Every string of a value where its mask is set.
    pub(super) fn masked(&mut self, value: &Value<'_>, mask: Mask<'_, '_>) {
        if mask.all() {
            self.all(value);
        } else if mask.any() {
            for (key, member) in value.members() {
                self.masked(member, mask.key(key));
            }
            for (index, element) in value.elements().iter().enumerate() {
                self.masked(element, mask.index(index));
            }
        }
    }

    /// Every string that stands under a name of a secret.
    pub(super) fn by_name(&mut self, value: &Value<'_>) {
        for (key, member) in value.members() {
            if attribute_is_secret(key) { self.all(member) } else { self.by_name(member) }
        }
        value.elements().iter().for_each(|element| self.by_name(element));
    }

    fn all(&mut self, value: &Value<'_>) {
        value.each_string(&mut |text| {
            // What every plan is full of is no secret, even where it is masked.
            if !text.is_empty() && text != "true" && text != "false" {
                self.found.insert(text.to_owned());
            }
        });
    }

    /// `variables`: those that the configuration marks, and those whose names say so.
    pub(super) fn variables(&mut self, raw: &str, configuration: &Value<'_>) -> Result<(), WrongInput> {
        let declared = configuration.get("root_module").get("variables");
        for (name, raw) in Members::read(raw, "`variables`")?.0 {
            let sensitive = declared.get(&name).get("sensitive").holds_true() || attribute_is_secret(&name);
            if sensitive {
                self.all(&Value::read(raw.get(), "`variables`")?);
            }
        }
        Ok(())
    }

    /// The values of a state: `prior_state.values`, `planned_values`.
    pub(super) fn state(&mut self, raw: &str) -> Result<(), WrongInput> {
        const WHAT: &str = "the state's values";
        let values = Members::read(raw, WHAT)?;
        for (_, output) in
            values.get("outputs").map(|raw| Members::read(raw, WHAT)).transpose()?.iter().flat_map(|m| &m.0)
        {
            let output = Value::read(output.get(), WHAT)?;
            self.masked(output.get("value"), Mask::new(output.get("sensitive")));
        }
        values.get("root_module").map_or(Ok(()), |module| self.state_module(module, 0))
    }

    fn state_module(&mut self, raw: &str, depth: usize) -> Result<(), WrongInput> {
        const WHAT: &str = "the state's modules";
        if depth > 100 {
            return Err(WrongInput::Malformed { what: WHAT, problem: "they are nested too deeply" });
        }
        let module = Members::read(raw, WHAT)?;
        let list = |key| match module.get(key) {
            None | Some("null") => Ok(Vec::new()),
            Some(raw) => from_str::<Vec<&serde_json::value::RawValue>>(raw, WHAT),
        };
        for resource in list("resources")? {
            let resource = Members::read(resource.get(), WHAT)?;
            let (Some(values), Some(mask)) = (resource.get("values"), resource.get("sensitive_values"))
            else {
                continue;
            };
            // Most resources mark nothing; theirs need not be read.
            if mask.contains("true") {
                let mask = Value::read(mask, WHAT)?;
                self.masked(&Value::read(values, WHAT)?, Mask::new(&mask));
            }
        }
        list("child_modules")?.into_iter().try_for_each(|child| self.state_module(child.get(), depth + 1))
    }

    /// `configuration`: what providers are given under names of secrets, and defaults of sensitive variables.
    pub(super) fn configuration(&mut self, configuration: &Value<'_>) {
        for (_, provider) in configuration.get("provider_config").members() {
            self.by_name(provider.get("expressions"));
        }
        self.module(configuration.get("root_module"));
    }

    fn module(&mut self, module: &Value<'_>) {
        for (name, variable) in module.get("variables").members() {
            if variable.get("sensitive").holds_true() || attribute_is_secret(name) {
                self.all(variable.get("default"));
            }
        }
        for (_, output) in module.get("outputs").members() {
            if output.get("sensitive").holds_true() {
                self.all(output.get("expression").get("constant_value"));
            }
        }
        for (_, call) in module.get("module_calls").members() {
            let variables = call.get("module").get("variables");
            for (name, expression) in call.get("expressions").members() {
                if variables.get(name).get("sensitive").holds_true() || attribute_is_secret(name) {
                    self.all(expression.get("constant_value"));
                }
            }
            self.module(call.get("module"));
        }
    }
}
