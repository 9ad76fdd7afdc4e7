//! A figure by month as bars on an axis: where lines, bars and words stand. The template writes the elements.

use serde::Serialize;

use super::overview::float;

/// Drawing space in user units, which are CSS pixels where there is room.
const WIDTH: usize = 360;
const HEIGHT: usize = 172;
/// Room for the words of the axis, and for the value above the highest bar.
const LEFT: usize = 44;
const TOP: usize = 18;
/// Where the axis lies.
const BASE: usize = 136;

/// What a figure is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scale {
    Count,
    /// Of one; drawn to a hundred percent.
    Share,
    /// In seconds; drawn in minutes, hours or days.
    Time,
}

/// A month's figure.
pub(super) struct Month {
    /// `May 2024`.
    pub(super) title: String,
    /// `May`.
    pub(super) short: String,
    /// Under the first month, and under each January.
    pub(super) year: Option<String>,
    /// None without data.
    pub(super) value: Option<f64>,
    /// The value in words.
    pub(super) told: String,
}

/// One figure by month.
#[derive(Debug, Serialize)]
pub(super) struct Chart {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    /// What is counted, and how.
    pub(super) definition: &'static str,
    /// All values in words.
    pub(super) summary: String,
    /// Lines across, that of nothing first.
    pub(super) ticks: Vec<Tick>,
    pub(super) bars: Vec<Column>,
    /// Drawing space.
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) left: usize,
    pub(super) base: usize,
}

/// A line across.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Tick {
    pub(super) y: usize,
    pub(super) label: String,
}

/// One month.
#[derive(Debug, Serialize)]
pub(super) struct Column {
    pub(super) month: String,
    pub(super) short: String,
    pub(super) year: Option<String>,
    /// In words.
    pub(super) value: String,
    /// Above the bar; none without data.
    pub(super) label: Option<String>,
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) middle: usize,
}

/// Draws a figure.
pub(super) fn chart(
    (id, title, definition): (&'static str, &'static str, &'static str),
    scale: Scale,
    months: Vec<Month>,
) -> Chart {
    let known = || months.iter().filter_map(|month| Some((month, month.value?)));
    let axis = axis(scale, known().map(|(_, value)| value).fold(0.0, f64::max));
    let told: Vec<String> = known().map(|(month, _)| format!("{} {}", month.title, month.told)).collect();
    let tick = |half: usize| Tick {
        y: BASE - (BASE - TOP) * half / 2,
        label: axis.label(axis.top * float(half) / 2.0),
    };
    let (step, n) = ((WIDTH - LEFT) / months.len().max(1), months.len());
    let bar = |(index, month): (usize, Month)| {
        let height = month.value.map_or(0, |value| whole(value / axis.top * float(BASE - TOP)));
        let x = WIDTH - (n - index) * step;
        Column {
            label: month.value.map(|value| axis.short(value)),
            month: month.title,
            short: month.short,
            year: month.year,
            value: month.told,
            x: x + step / 6,
            y: BASE - height,
            width: step - 2 * (step / 6),
            height,
            middle: x + step / 2,
        }
    };
    Chart {
        id,
        title,
        definition,
        summary: format!(
            "{title} by month: {}",
            if told.is_empty() { "none".to_owned() } else { told.join(", ") }
        ),
        ticks: (0..=2).map(tick).collect(),
        bars: months.into_iter().enumerate().map(bar).collect(),
        width: WIDTH,
        height: HEIGHT,
        left: LEFT,
        base: BASE,
    }
}

/// From nothing to a round number.
struct Axis {
    scale: Scale,
    top: f64,
    /// How much one of the unit is, and its name.
    unit: (f64, &'static str),
}

fn axis(scale: Scale, highest: f64) -> Axis {
    let unit = match scale {
        Scale::Count => (1.0, ""),
        Scale::Share => return Axis { scale, top: 1.0, unit: (0.01, " %") },
        Scale::Time if highest < 2.0 * 3_600.0 => (60.0, " min"),
        Scale::Time if highest < 2.0 * 86_400.0 => (3_600.0, " h"),
        Scale::Time => (86_400.0, " d"),
    };
    Axis { scale, top: round_up(highest / unit.0) * unit.0, unit }
}

impl Axis {
    /// A value of the axis with its unit.
    fn label(&self, value: f64) -> String {
        let name = if value > 0.0 { self.unit.1 } else { "" };
        format!("{}{name}", whole(value / self.unit.0))
    }

    /// A value above its bar, which has little room: of a time without the unit.
    fn short(&self, value: f64) -> String {
        let value = value / self.unit.0;
        match self.scale {
            Scale::Share => format!("{}\u{202f}%", whole(value)),
            Scale::Time if value > 0.0 && value < 10.0 => {
                let text = format!("{value:.1}");
                text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
            }
            _ => whole(value).to_string(),
        }
    }
}

/// The next of 2, 4, 6, 8, 10, 20, 40 and so on, whose half is whole too.
fn round_up(value: f64) -> f64 {
    let mut power = 1.0;
    for _ in 0..12 {
        let found = [2.0, 4.0, 6.0, 8.0, 10.0].into_iter().map(|step| step * power).find(|top| value <= *top);
        if let Some(top) = found {
            return top;
        }
        power *= 10.0;
    }
    value
}

/// Rounded; nothing below nothing.
fn whole(value: f64) -> usize {
    // The cast is of a whole number that is not negative, and saturates.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is rounded and not negative"
    )]
    let whole = value.round().max(0.0) as usize;
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(short: &str, value: Option<f64>, told: &str) -> Month {
        let year = (short == "Jan").then(|| "2024".to_owned());
        Month { title: format!("{short} 2024"), short: short.to_owned(), year, value, told: told.to_owned() }
    }

    /// By hand: the bar area is 118 high, so that a sixth of it is 20 and a bar of 17 % no higher.
    #[test]
    fn a_share_is_drawn_to_a_hundred_percent() {
        let months = vec![month("Jan", None, "–"), month("Feb", Some(1.0 / 6.0), "17 %")];
        let found = chart(("failures", "Failure rate", ""), Scale::Share, months);
        let labels: Vec<(usize, &str)> =
            found.ticks.iter().map(|tick| (tick.y, tick.label.as_str())).collect();
        assert_eq!(labels, [(136, "0"), (77, "50 %"), (18, "100 %")]);
        assert_eq!((found.bars[1].y, found.bars[1].height), (116, 20));
        assert_eq!(
            (found.bars[0].label.as_deref(), found.bars[1].label.as_deref()),
            (None, Some("17\u{202f}%"))
        );
        assert_eq!(found.summary, "Failure rate by month: Feb 2024 17 %");
    }

    /// By hand: 7 changes have an axis to 8; 26 hours, less than two days, one in hours to 40; 5 days one to 6.
    #[test]
    fn counts_and_times_are_drawn_to_a_round_number() {
        for (scale, value, top, half, label) in [
            (Scale::Count, 7.0, "8", "4", "7"),
            (Scale::Count, 1.0, "2", "1", "1"),
            (Scale::Count, 800.0, "800", "400", "800"),
            (Scale::Time, 93_600.0, "40 h", "20 h", "26"),
            (Scale::Time, 1_800.0, "40 min", "20 min", "30"),
            (Scale::Time, 432_000.0, "6 d", "3 d", "5"),
            (Scale::Time, 0.0, "2 min", "1 min", "0"),
        ] {
            let found = chart(("x", "X", ""), scale, vec![month("Jan", Some(value), "")]);
            let labels: Vec<&str> = found.ticks.iter().map(|tick| tick.label.as_str()).collect();
            assert_eq!(labels, ["0", half, top]);
            assert_eq!(found.bars[0].label.as_deref(), Some(label));
        }
    }
}
