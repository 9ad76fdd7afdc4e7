//! Quantities: one amount has many ways to be written.
//!
//! The grammar is that of the API ("Quantity"): a decimal number with a suffix (`m`, `k`, `Mi` …) or an exponent.

use super::super::tree::{Path, Value};

/// Multipliers of suffixes.
const SUFFIXES: [(&str, f64); 15] = [
    ("Ki", 1024.0),
    ("Mi", 1_048_576.0),
    ("Gi", 1_073_741_824.0),
    ("Ti", 1_099_511_627_776.0),
    ("Pi", 1_125_899_906_842_624.0),
    ("Ei", 1_152_921_504_606_846_976.0),
    ("n", 1e-9),
    ("u", 1e-6),
    ("m", 1e-3),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
    ("P", 1e15),
    ("E", 1e18),
];

/// Whether the API reads a quantity at a path.
pub(super) fn is_quantity(path: &Path) -> bool {
    let keys = path.keys();
    let [.., above, last] = &keys[..] else { return false };
    matches!(
        *above,
        "limits"
            | "requests"
            | "capacity"
            | "hard"
            | "allocatable"
            | "overhead"
            | "podFixed"
            | "min"
            | "max"
            | "default"
            | "defaultRequest"
            | "minAllowed"
            | "maxAllowed"
    ) || matches!(*last, "sizeLimit" | "averageValue" | "divisor")
}

/// The amount that a quantity stands for.
pub(super) fn amount(value: &Value) -> Option<f64> {
    let text = match value {
        Value::Number(text) | Value::Text(text) => text.trim(),
        _ => return None,
    };
    let number = |text: &str| {
        let begins = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
        text.parse::<f64>().ok().filter(|number| begins && number.is_finite())
    };
    number(text).or_else(|| {
        let (digits, factor) = SUFFIXES
            .iter()
            .find_map(|(suffix, factor)| text.strip_suffix(suffix).map(|digits| (digits, factor)))?;
        Some(number(digits)? * factor)
    })
}

/// Whether two quantities are one amount.
pub(super) fn is_same_amount(old: &Value, new: &Value) -> bool {
    // What two ways to write one amount differ by is the rounding of the arithmetic.
    amount(old)
        .zip(amount(new))
        .is_some_and(|(old, new)| (old - new).abs() <= old.abs().max(new.abs()) * 1e-12)
}

/// The amount of anything that people write as one: a quantity, a share, a time.
pub(super) fn measure(value: &Value) -> Option<f64> {
    let Value::Text(text) = value else { return amount(value) };
    let text = text.trim();
    if let Some(share) = text.strip_suffix('%') {
        return share.parse().ok();
    }
    amount(value).or_else(|| duration(text))
}

/// Seconds of a duration such as `15d` or `1h30m`.
fn duration(text: &str) -> Option<f64> {
    let (mut total, mut rest) = (0.0, text);
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        let unit_end = rest[end..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| end + at);
        total += number
            * match &rest[end..unit_end] {
                "ms" => 1e-3,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3_600.0,
                "d" => 86_400.0,
                "w" => 604_800.0,
                "y" => 31_536_000.0,
                _ => return None,
            };
        rest = &rest[unit_end..];
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn one_amount_in_many_ways() {
        for (a, b) in [("1000m", "1"), ("2048Mi", "2Gi"), ("0.5", "500m"), ("1e3", "1k"), ("128M", "128000k")]
        {
            assert!(is_same_amount(&text(a), &text(b)), "{a} {b}");
        }
        for (a, b) in [("1G", "1Gi"), ("1", "1m"), ("a", "a"), ("", "0"), ("1Mib", "1Mi")] {
            assert!(!is_same_amount(&text(a), &text(b)), "{a} {b}");
        }
        assert!(is_same_amount(&text("1"), &Value::Number("1".into())));
    }

    #[test]
    fn shares_and_times() {
        assert_eq!(measure(&text("50%")), Some(50.0));
        assert_eq!(measure(&text("15d")), Some(1_296_000.0));
        assert_eq!(measure(&text("1h30s")), Some(3_630.0));
        assert_eq!(measure(&text("main")), None);
    }
}
