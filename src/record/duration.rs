//! Durations as people write them: `30m`, `4h`, `2d`, `1d12h`, `90s`.

/// Units with their seconds, in the order in which they must stand.
const UNITS: [(u8, i64); 4] = [(b'd', 86_400), (b'h', 3_600), (b'm', 60), (b's', 1)];

/// The longest: ten years. What lasts longer is a slip of the hand, or has no end.
const MAX_SECONDS: i64 = 3_653 * 86_400;

/// Length of a duration in seconds (a day is 24 hours), or `None` when `text` is none: whole numbers, each
/// with a unit, larger units first, none twice, no spaces, more than nothing and at most ten years in all.
pub fn parse_duration(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut units = UNITS.iter();
    let mut seconds: i64 = 0;
    while !rest.is_empty() {
        let n_digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: i64 = rest[..n_digits].parse().ok()?;
        let unit = *rest.as_bytes().get(n_digits)?;
        let (_, length) = units.find(|(name, _)| *name == unit)?;
        seconds = seconds.checked_add(number.checked_mul(*length)?)?;
        rest = &rest[n_digits + 1..];
    }
    (1..=MAX_SECONDS).contains(&seconds).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid() {
        for (text, seconds) in [
            ("30m", 1_800),
            ("4h", 14_400),
            ("2d", 172_800),
            ("1d12h", 129_600),
            ("90s", 90),
            ("1d1h1m1s", 90_061),
            ("0d5m", 300),
            ("3653d", 315_619_200),
        ] {
            assert_eq!(parse_duration(text), Some(seconds), "{text}");
        }
    }

    #[test]
    fn invalid() {
        for text in [
            "",
            "0m",
            "30",
            "m",
            "-5m",
            "+5m",
            "1.5h",
            "1 h",
            "30M",
            "12h1d",
            "1h1h",
            "5w",
            "1hä",
            "٣m",
            "99999999999999999999h",
            "9223372036854775807d",
            "3653d1s",
            "99999999999999d",
        ] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
