//! The blast radius that a record tells, drawn and as lists that say the same.

use serde::Serialize;

use crate::intake::terraform::{Radius, recorded_list, svg, svg_tree};
use crate::ledger::RecordState;
use crate::record::Details;

/// How far a recorded plan reaches.
#[derive(Debug, Serialize)]
pub(super) struct RadiusView {
    environment: String,
    sentence: String,
    /// A drawing without style, script or links: safe HTML.
    wide: String,
    /// The same for narrow screens.
    narrow: String,
    touched: Vec<Touched>,
    reached: Vec<Reached>,
    /// How many more are reached.
    n_unnamed: usize,
}

#[derive(Debug, Serialize)]
struct Touched {
    address: String,
    verb: &'static str,
}

#[derive(Debug, Serialize)]
struct Reached {
    address: String,
    through: String,
}

/// The radius of each recorded plan that touches something and names it.
pub(super) fn views(state: &RecordState) -> Vec<RadiusView> {
    let Details::Task(task) = &state.record.details else { return Vec::new() };
    let (path, source) = (&state.record.path, &state.record.source);
    let view = |environment: &str| {
        let radius = Radius::recorded(&recorded_list(path, source, environment))?;
        let touched = radius.touched.iter();
        let reached = radius.reached.iter();
        (!radius.touched.is_empty()).then(|| RadiusView {
            environment: environment.to_owned(),
            sentence: radius.sentence(),
            wide: svg(&radius),
            narrow: svg_tree(&radius),
            n_unnamed: radius.n_unnamed,
            touched: touched.map(|t| Touched { address: t.address.clone(), verb: t.verb }).collect(),
            reached: reached
                .map(|r| Reached { address: r.address.clone(), through: r.through.join(", ") })
                .collect(),
        })
    };
    task.plans.iter().filter_map(|(environment, _)| view(environment)).collect()
}
