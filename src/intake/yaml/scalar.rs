//! What a plain word means.
//!
//! The table is that of `sigs.k8s.io/yaml` (`goyaml.v2/resolve.go`); dates stay text, as they do there on the way
//! to JSON.

use super::super::tree::Value;

/// The meaning of an unquoted word.
pub(super) fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Value::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Value::Bool(false);
        }
        _ => {}
    }
    let begins_as_number = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
    let number = begins_as_number.then(|| number(&text.replace('_', ""))).flatten();
    number.map_or_else(|| Value::Text(text.to_owned()), Value::Number)
}

/// The one way to write a number: decimal, without needless zeros, all its digits kept.
fn number(text: &str) -> Option<String> {
    integer(text).or_else(|| decimal(text))
}

fn integer(text: &str) -> Option<String> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let prefixed = |prefixes: [&str; 2]| prefixes.into_iter().find_map(|prefix| digits.strip_prefix(prefix));
    let parse = |digits: &str, radix| {
        let is_plain = digits.starts_with(|c: char| c.is_ascii_alphanumeric());
        u128::from_str_radix(digits, radix).ok().filter(|_| is_plain)
    };
    let value = if let Some(hexadecimal) = prefixed(["0x", "0X"]) {
        parse(hexadecimal, 16)?
    } else if let Some(octal) = prefixed(["0o", "0O"]) {
        parse(octal, 8)?
    } else if let Some(binary) = prefixed(["0b", "0B"]) {
        parse(binary, 2)?
    } else if digits.len() > 1 && digits.starts_with('0') {
        parse(&digits[1..], 8)?
    } else if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(format!("{}{digits}", if digits == "0" { "" } else { sign }));
    } else {
        return None;
    };
    Some(format!("{}{value}", if value == 0 { "" } else { sign }))
}

/// `-?digits.digits` with an exponent, as far as it can be written out.
fn decimal(text: &str) -> Option<String> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !are_digits(whole) || !are_digits(fraction) || whole.len() + fraction.len() == 0 {
        return None;
    }
    if !(-300..=300).contains(&exponent) {
        return Some(text.to_owned());
    }
    let digits = format!("{whole}{fraction}");
    let point = i32::try_from(whole.len()).ok()? + exponent;
    let digits = match usize::try_from(-point) {
        Ok(missing) if missing > 0 => format!("{}{digits}", "0".repeat(missing)),
        _ => digits,
    };
    let point = usize::try_from(point.max(0)).ok()?;
    let digits = format!("{digits:0<point$}");
    let whole = digits[..point].trim_start_matches('0');
    let fraction = digits[point..].trim_end_matches('0');
    let sign = if text.starts_with('-') && !(whole.is_empty() && fraction.is_empty()) { "-" } else { "" };
    let whole = if whole.is_empty() { "0" } else { whole };
    Some(if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_way_to_write_a_number() {
        for (text, expected) in [
            ("-0", "0"),
            ("+7", "7"),
            ("-0x10", "-16"),
            ("00", "0"),
            ("09.5", "9.5"),
            (".5", "0.5"),
            ("-.50", "-0.5"),
            ("5.", "5"),
            ("1.5e2", "150"),
            ("1.5e-3", "0.0015"),
            ("25E-1", "2.5"),
            ("-0.0", "0"),
        ] {
            assert_eq!(resolve(text), Value::Number(expected.to_owned()), "{text}");
        }
        for text in ["1.2.3", "-", "+", ".", "0x", "0xg", "1e", "e3", "1-2", "--1", ".inf", "0x+5", "1e5x"] {
            assert_eq!(resolve(text), Value::Text(text.to_owned()), "{text}");
        }
    }
}
