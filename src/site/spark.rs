//! Small drawings as numbers: the templates write the elements.

use serde::Serialize;

/// Height of a sparkline, in its own units.
const HEIGHT: f64 = 24.0;
/// Width of a bar with its gap, in the same units.
const STEP: usize = 8;

/// Bars in a row, the oldest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Spark {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) bars: Vec<Bar>,
}

/// One bar.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Bar {
    pub(super) x: usize,
    /// From the top.
    pub(super) y: String,
    pub(super) height: String,
    /// Whether it is the newest.
    pub(super) last: bool,
}

/// Bars as high as their values; what is not known has no bar, and nothing is a line.
pub(super) fn bars(values: &[Option<f64>]) -> Spark {
    let highest = values.iter().flatten().copied().fold(0.0, f64::max);
    let bar = |(index, value): (usize, &Option<f64>)| {
        let value = (*value)?;
        let height = if highest > 0.0 { (value / highest * (HEIGHT - 1.0)).max(0.0) + 1.0 } else { 1.0 };
        let last = index + 1 == values.len();
        Some(Bar { x: index * STEP, y: short(HEIGHT - height), height: short(height), last })
    };
    Spark {
        width: values.len() * STEP,
        height: 24,
        bars: values.iter().enumerate().filter_map(bar).collect(),
    }
}

/// One decimal at most.
fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_fill_their_height() {
        let spark = bars(&[Some(0.0), None, Some(2.0), Some(1.0)]);
        let heights: Vec<(usize, &str)> = spark.bars.iter().map(|bar| (bar.x, bar.height.as_str())).collect();
        assert_eq!(heights, [(0, "1"), (16, "24"), (24, "12.5")]);
        assert!(spark.bars[2].last);
        assert_eq!(bars(&[Some(0.0)]).bars[0].height, "1");
    }
}
