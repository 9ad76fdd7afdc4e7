//! Who refers to whom: the blocks of a configuration, through variables, outputs and data sources.

use std::collections::{BTreeMap, BTreeSet};

use super::address::{steps, without_keys};
use super::value::{Members, Value, from_str};
use super::wrong::WrongInput;

/// Longest chain of variables, outputs and data sources that is followed.
const MAX_CHAIN: usize = 64;

/// For each managed block (an address without keys) the managed blocks it refers to.
#[derive(Debug, Default)]
pub(super) struct References {
    pub(super) targets: BTreeMap<String, BTreeSet<String>>,
    /// Whether something refers to a local value: a plan does not say what that refers to.
    pub(super) through_locals: bool,
}

/// A module of the configuration with the calls that lead to it.
#[derive(Clone, Copy)]
struct Place<'m, 'a> {
    module: &'m Value<'a>,
    /// `module.a.`, or empty.
    prefix: &'m str,
    caller: Option<&'m Caller<'m, 'a>>,
}

/// What one block refers to, and which names have been followed for it already.
#[derive(Default)]
struct Targets {
    found: BTreeSet<String>,
    followed: BTreeSet<(String, String)>,
}

struct Caller<'m, 'a> {
    place: Place<'m, 'a>,
    call: &'m Value<'a>,
}

impl References {
    /// Those of the configuration.
    pub(super) fn of(configuration: &Value<'_>) -> Self {
        let mut found = References::default();
        let place = Place { module: configuration.get("root_module"), prefix: "", caller: None };
        found.module(place, 0);
        found
    }

    /// Adds what a state says each resource depends on, which sees through local values too.
    pub(super) fn add_state(&mut self, prior_state: &str) -> Result<(), WrongInput> {
        if !prior_state.contains("\"depends_on\"") {
            return Ok(());
        }
        let state = Members::read(prior_state, "`prior_state`")?;
        let values = state.get("values").map(|raw| Members::read(raw, "`prior_state`")).transpose()?;
        match values.and_then(|values| values.get("root_module")) {
            Some(module) => self.state_module(module, 0),
            None => Ok(()),
        }
    }

    fn state_module(&mut self, raw: &str, depth: usize) -> Result<(), WrongInput> {
        const WHAT: &str = "the state's modules";
        if depth > MAX_CHAIN {
            return Err(WrongInput::Malformed { what: WHAT, problem: "they are nested too deeply" });
        }
        let module = Members::read(raw, WHAT)?;
        let list = |key| match module.get(key) {
            None | Some("null") => Ok(Vec::new()),
            Some(raw) => from_str::<Vec<&serde_json::value::RawValue>>(raw, WHAT),
        };
        for raw in list("resources")? {
            let resource = Members::read(raw.get(), WHAT)?;
            let (Some(address), Some(depends_on)) = (resource.get("address"), resource.get("depends_on"))
            else {
                continue;
            };
            let (address, depends_on) = (Value::read(address, WHAT)?, Value::read(depends_on, WHAT)?);
            let Some(address) = address.as_str().map(without_keys).filter(|address| !is_data(address)) else {
                continue;
            };
            let targets = depends_on.elements().iter().filter_map(Value::as_str).map(without_keys);
            let managed = targets.filter(|target| !is_data(target) && *target != address).collect::<Vec<_>>();
            self.targets.entry(address).or_default().extend(managed);
        }
        list("child_modules")?.into_iter().try_for_each(|child| self.state_module(child.get(), depth + 1))
    }

    fn module(&mut self, place: Place<'_, '_>, depth: usize) {
        if depth > MAX_CHAIN {
            return;
        }
        for resource in place.module.get("resources").elements() {
            let Some(address) = resource.get("address").as_str() else { continue };
            let address = format!("{}{}", place.prefix, without_keys(address));
            if is_data(&address) {
                continue;
            }
            let mut targets = Targets::default();
            self.of_resource(resource, place, &mut targets, 0);
            let mut outer = Some(place);
            while let Some(Caller { place: above, call }) = outer.and_then(|place| place.caller) {
                let mut names = BTreeSet::new();
                for key in ["depends_on", "count_expression", "for_each_expression"] {
                    collect_references(call.get(key), key == "depends_on", &mut names);
                }
                self.resolve_all(&names, *above, &mut targets, 0);
                outer = Some(*above);
            }
            targets.found.remove(&address);
            self.targets.entry(address).or_default().extend(targets.found);
        }
        for (name, call) in place.module.get("module_calls").members() {
            let prefix = format!("{}module.{name}.", place.prefix);
            let caller = Caller { place, call };
            self.module(
                Place { module: call.get("module"), prefix: &prefix, caller: Some(&caller) },
                depth + 1,
            );
        }
    }

    fn of_resource(
        &mut self,
        resource: &Value<'_>,
        place: Place<'_, '_>,
        targets: &mut Targets,
        chain: usize,
    ) {
        let mut names = BTreeSet::new();
        for key in ["expressions", "count_expression", "for_each_expression", "provisioners"] {
            collect_references(resource.get(key), false, &mut names);
        }
        collect_references(resource.get("depends_on"), true, &mut names);
        self.resolve_all(&names, place, targets, chain);
    }

    fn resolve_all(
        &mut self,
        names: &BTreeSet<String>,
        place: Place<'_, '_>,
        targets: &mut Targets,
        chain: usize,
    ) {
        if chain > MAX_CHAIN {
            return;
        }
        for name in names {
            if !targets.followed.insert((place.prefix.to_owned(), name.clone())) {
                continue;
            }
            let parts = steps(name);
            match parts.as_slice() {
                ["var", variable, ..] => self.resolve_variable(variable, place, targets, chain),
                ["local", ..] => self.through_locals = true,
                ["each" | "count" | "path" | "self" | "terraform", ..] => {}
                // The tools write both `module.a.out` and `module.a`: the shorter adds nothing then.
                ["module", module] if names.iter().any(|other| is_longer(other, module)) => {}
                ["module", module, rest @ ..] => {
                    self.resolve_output(module, rest.first().copied(), place, targets, chain);
                }
                ["data", kind, block, ..] => {
                    let address = format!("data.{kind}.{block}");
                    let resources = place.module.get("resources").elements();
                    let found = resources.iter().find(|r| r.get("address").as_str() == Some(&*address));
                    if let Some(data) = found {
                        self.of_resource(data, place, targets, chain + 1);
                    }
                }
                [kind, block, ..] => {
                    targets.found.insert(format!("{}{kind}.{block}", place.prefix));
                }
                _ => {}
            }
        }
    }

    fn resolve_variable(&mut self, name: &str, place: Place<'_, '_>, targets: &mut Targets, chain: usize) {
        let Some(caller) = place.caller else { return };
        let mut names = BTreeSet::new();
        collect_references(caller.call.get("expressions").get(name), false, &mut names);
        self.resolve_all(&names, caller.place, targets, chain + 1);
    }

    fn resolve_output(
        &mut self,
        module: &str,
        output: Option<&str>,
        place: Place<'_, '_>,
        targets: &mut Targets,
        chain: usize,
    ) {
        let call = place.module.get("module_calls").get(module);
        let outputs = call.get("module").get("outputs");
        let mut names = BTreeSet::new();
        let asked = |name: &str| output.is_none_or(|output| output == name);
        for (_, value) in outputs.members().iter().filter(|(name, _)| asked(name)) {
            collect_references(value.get("expression"), false, &mut names);
            collect_references(value.get("depends_on"), true, &mut names);
        }
        let prefix = format!("{}module.{module}.", place.prefix);
        let caller = Caller { place, call };
        let inside = Place { module: call.get("module"), prefix: &prefix, caller: Some(&caller) };
        self.resolve_all(&names, inside, targets, chain + 1);
    }
}

fn is_longer(reference: &str, module: &str) -> bool {
    matches!(steps(reference).as_slice(), ["module", name, _, ..] if *name == module)
}

fn is_data(address: &str) -> bool {
    let parts: Vec<&str> = address.split('.').collect();
    let resource = parts.chunks(2).find(|pair| pair[0] != "module");
    resource.is_some_and(|pair| pair[0] == "data")
}

/// Every reference in an expression, which may be nested blocks; a `depends_on` is a plain list.
fn collect_references(expression: &Value<'_>, plain: bool, names: &mut BTreeSet<String>) {
    match expression {
        Value::Object(members) => {
            for (key, value) in members {
                match (&**key, value) {
                    ("constant_value", _) => {}
                    ("references", Value::Array(_)) => collect_references(value, true, names),
                    _ => collect_references(value, false, names),
                }
            }
        }
        Value::Array(elements) => {
            elements.iter().for_each(|element| match element.as_str() {
                Some(name) if plain => drop(names.insert(name.to_owned())),
                _ => collect_references(element, plain, names),
            });
        }
        _ => {}
    }
}
