//! What must not leave this room: everything a plan marks as sensitive, wherever it stands.
//!
//! The tools mask a value in one place and print the same text in another (a computed output of a masked input,
//! a variable, the prior state), so a string that is sensitive anywhere is redacted everywhere.

use std::sync::Arc;

use super::super::secret::{
    Gathered, Known, Verdict, hides_number, hides_text, in_words, is_name_key, is_value_key, judge,
    text_is_secret,
};
use super::value::{Mask, Members, NULL, Value, from_str};
use super::wrong::WrongInput;

/// Shown in a value's place.
pub(super) const REDACTED: &str = "(sensitive)";

/// The secret texts of a plan.
#[derive(Debug, Clone, Default)]
pub(super) struct Secrets {
    known: Known,
}

/// What a plan that was read knows of its secrets. It is never written, and no part of what two plans are compared by.
#[derive(Debug, Clone, Default)]
pub(super) struct Hidden(pub(super) Arc<Secrets>);

impl PartialEq for Hidden {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Hidden {}

impl Secrets {
    /// Whether a text as a whole is secret somewhere in the plan.
    pub(super) fn is_secret(&self, text: &str) -> bool {
        self.known.is_one(text)
    }

    /// Whether a text may be shown: it is no secret, and holds none, in whatever encoding.
    pub(super) fn may_show(&self, text: &str) -> bool {
        !self.known.stands_in(text) && !text_is_secret(text)
    }

    /// Whether an address may be shown whose keys have been looked at: its names are the configuration's own, so that
    /// words of them say nothing.
    pub(super) fn may_show_names(&self, address: &str) -> bool {
        !self.known.stands_inside(address)
    }

    /// The text, or in its place that it is sensitive.
    pub(super) fn shown<'t>(&self, text: &'t str) -> &'t str {
        if self.may_show(text) { text } else { REDACTED }
    }
}

/// Whether a value is to be hidden for its place alone.
pub(super) fn hides(verdict: Verdict, value: &Value<'_>) -> bool {
    match value {
        Value::String(text) => hides_text(verdict, text),
        Value::Number(digits) => hides_number(verdict, digits),
        Value::Array(elements) => elements.iter().any(|element| hides(verdict, element)),
        Value::Object(_) => {
            value.members().iter().any(|(key, member)| hides(member_verdict(verdict, value, key), member))
        }
        Value::Null | Value::Bool(_) => false,
    }
}

/// The verdict on a member of an object in a place of the verdict `of`: by its key, or by the name that stands beside it.
pub(super) fn member_verdict(of: Verdict, object: &Value<'_>, key: &str) -> Verdict {
    if matches!(key, "data" | "stringData") && object.get("kind").as_str() == Some("Secret") {
        return Verdict::Secret;
    }
    if !is_value_key(key) {
        return of.below(key);
    }
    let says = |words: &[&str], name: &str| words.iter().any(|word| name.eq_ignore_ascii_case(word));
    let kind = object.get("type").as_str().unwrap_or_default();
    // CodeBuild and others name a place where the value stands.
    if says(&["PARAMETER_STORE", "SECRETS_MANAGER"], kind) {
        return Verdict::Harmless;
    }
    let is_marked = ["sensitive", "is_secret", "secret", "secure", "masked"]
        .iter()
        .any(|mark| matches!(object.get(mark), Value::Bool(true)));
    let is_named = || {
        let mut names =
            object.members().iter().filter(|(key, _)| is_name_key(key)).filter_map(|(_, name)| name.as_str());
        names.any(|name| judge(name) == Verdict::Secret)
    };
    match is_marked || says(&["SecureString"], kind) || is_named() {
        true => Verdict::Secret,
        false => of.below(key),
    }
}

/// Which elements of a list are the values of options that take a secret.
pub(super) fn secret_arguments(elements: &[Value<'_>]) -> Vec<usize> {
    if !elements.iter().any(|element| element.as_str().is_some_and(|text| text.starts_with('-'))) {
        return Vec::new();
    }
    let words: Vec<&str> = elements.iter().map(|element| element.as_str().unwrap_or_default()).collect();
    in_words(&words)
}

/// Collects secret texts while the parts of a plan are read.
#[derive(Default)]
pub(super) struct Collector {
    found: Gathered,
}

impl Collector {
    pub(super) fn finish(self) -> Secrets {
        Secrets { known: self.found.finish() }
    }

    /// Takes up what another one has found.
    pub(super) fn merge(self, other: Collector) -> Collector {
        Collector { found: self.found.merge(other.found) }
    }

    /// What is secret in a value that stands in a place of a verdict: by its mask, its name or its form.
    pub(super) fn value(&mut self, value: &Value<'_>, mask: Mask<'_, '_>, verdict: Verdict) {
        if mask.all() {
            return self.all(value);
        }
        match value {
            Value::String(text) if hides_text(verdict, text) => self.found.add(text),
            Value::String(text) => self.found.add_inside(text),
            Value::Number(digits) if hides_number(verdict, digits) => self.found.add(digits),
            Value::Object(members) => {
                for (key, member) in members {
                    self.value(member, mask.key(key), member_verdict(verdict, value, key));
                    self.found.add_inside(key);
                }
            }
            Value::Array(elements) => {
                for at in secret_arguments(elements) {
                    self.found.add(elements[at].as_str().unwrap_or_default());
                }
                for (index, element) in elements.iter().enumerate() {
                    self.value(element, mask.index(index), verdict);
                }
            }
            _ => {}
        }
    }

    /// The same without a mask, in a place of which nothing is known.
    fn by_name(&mut self, value: &Value<'_>) {
        self.value(value, Mask::new(&NULL), Verdict::Silent);
    }

    fn all(&mut self, value: &Value<'_>) {
        value.each_string(&mut |text| self.found.add(text));
    }

    /// `variables`: those that the configuration marks, and those whose names say so.
    pub(super) fn variables(&mut self, raw: &str, configuration: &Value<'_>) -> Result<(), WrongInput> {
        let declared = configuration.get("root_module").get("variables");
        for (name, raw) in Members::read(raw, "`variables`")?.0 {
            let value = Value::read(raw.get(), "`variables`")?;
            match declared.get(&name).get("sensitive").holds_true() {
                true => self.all(&value),
                false => self.value(value.get("value"), Mask::new(&NULL), judge(&name)),
            }
        }
        Ok(())
    }

    /// The values of a state: `prior_state.values`, `planned_values`.
    pub(super) fn state(&mut self, raw: &str) -> Result<(), WrongInput> {
        const WHAT: &str = "the state's values";
        let values = Members::read(raw, WHAT)?;
        for (name, output) in
            values.get("outputs").map(|raw| Members::read(raw, WHAT)).transpose()?.iter().flat_map(|m| &m.0)
        {
            let output = Value::read(output.get(), WHAT)?;
            self.value(output.get("value"), Mask::new(output.get("sensitive")), judge(name));
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
            let Some(values) = resource.get("values") else { continue };
            let mask = resource.get("sensitive_values").unwrap_or("null");
            // What a resource holds stands in its change as well, besides what is marked; a data source has none.
            if mask.contains("true") || resource.get("mode") == Some("\"data\"") {
                let mask = Value::read(mask, WHAT)?;
                let kind =
                    resource.get("type").map(|raw| judge(raw.trim_matches('"'))).unwrap_or(Verdict::Silent);
                self.value(&Value::read(values, WHAT)?, Mask::new(&mask), kind);
            }
        }
        list("child_modules")?.into_iter().try_for_each(|child| self.state_module(child.get(), depth + 1))
    }

    /// `configuration`: what providers are given under names of secrets, and defaults of sensitive variables.
    pub(super) fn configuration(&mut self, configuration: &Value<'_>) {
        for (_, provider) in configuration.get("provider_config").members() {
            self.expressions(provider.get("expressions"), Verdict::Silent);
        }
        self.module(configuration.get("root_module"));
    }

    /// Constants of a block: each stands below its name as `constant_value`.
    fn expressions(&mut self, block: &Value<'_>, verdict: Verdict) {
        for (key, member) in block.members() {
            match &**key {
                "constant_value" => self.value(member, Mask::new(&NULL), verdict),
                "references" => {}
                key => self.expressions(member, constant_verdict(verdict, block, key)),
            }
        }
        block.elements().iter().for_each(|element| self.expressions(element, verdict));
    }

    fn module(&mut self, module: &Value<'_>) {
        for resource in module.get("resources").elements() {
            self.expressions(
                resource.get("expressions"),
                judge(resource.get("type").as_str().unwrap_or_default()),
            );
            for provisioner in resource.get("provisioners").elements() {
                self.expressions(provisioner.get("expressions"), Verdict::Silent);
            }
        }
        for (name, variable) in module.get("variables").members() {
            match variable.get("sensitive").holds_true() {
                true => self.all(variable.get("default")),
                false => self.value(variable.get("default"), Mask::new(&NULL), judge(name)),
            }
            self.by_name(variable.get("description"));
        }
        for (name, output) in module.get("outputs").members() {
            match output.get("sensitive").holds_true() {
                true => self.all(output.get("expression").get("constant_value")),
                false => self.expressions(output.get("expression"), judge(name)),
            }
        }
        for (_, call) in module.get("module_calls").members() {
            let variables = call.get("module").get("variables");
            for (name, expression) in call.get("expressions").members() {
                match variables.get(name).get("sensitive").holds_true() {
                    true => self.all(expression.get("constant_value")),
                    false => self.expressions(expression, judge(name)),
                }
            }
            self.module(call.get("module"));
        }
    }
}

/// The verdict on a member of a block of the configuration, in which the name beside it is a constant too.
fn constant_verdict(of: Verdict, block: &Value<'_>, key: &str) -> Verdict {
    let mut names = block.members().iter().filter(|(key, _)| is_name_key(key));
    let is_named = is_value_key(key)
        && names.any(|(_, name)| {
            name.get("constant_value").as_str().is_some_and(|name| judge(name) == Verdict::Secret)
        });
    if is_named { Verdict::Secret } else { of.below(key) }
}
