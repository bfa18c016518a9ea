//! What a scalar's text means: YAML 1.1 as Go's yaml.v2 resolves it.

use super::timestamp::is_timestamp;
use crate::value::Value;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// What untagged, unquoted text means.
///
/// Dates stay text. Base-60 numbers (`1:30`) stay text as well.
pub fn resolve(text: &str) -> Value {
    if let Some(value) = word(text) {
        return value;
    }
    match text.as_bytes().first() {
        Some(b'.') => float(text).unwrap_or_else(|| text.into()),
        Some(b'+' | b'-' | b'0'..=b'9') if !is_timestamp(text) => {
            let digits = text.replace('_', "");
            integer(&digits)
                .or_else(|| if is_float(&digits) { float(&digits) } else { None })
                .unwrap_or_else(|| text.into())
        }
        _ => text.into(),
    }
}

/// What text with one of YAML's own tags means, by the tag's short name; nothing if the text does
/// not fit the tag.
pub fn tagged(tag: &str, text: &str) -> Option<Value> {
    match tag {
        "str" => Some(text.into()),
        "binary" => {
            let text: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
            BASE64_STANDARD.decode(text).ok().map(Value::from_bytes)
        }
        "bool" | "int" | "float" | "null" | "timestamp" => match (tag, resolve(text)) {
            ("bool", value @ Value::Bool(_))
            | ("int", value @ (Value::Int(_) | Value::Uint(_)))
            | ("float", value @ Value::Float(_))
            | ("null", value @ Value::Null) => Some(value),
            ("float", Value::Int(int)) => Some(Value::Float(int as f64)),
            ("timestamp", value) if is_timestamp(text) => Some(value),
            _ => None,
        },
        // A tag of somebody's own is not understood, and does not matter.
        _ => Some(text.into()),
    }
}

/// Whether unquoted text would be read as this text again.
pub fn is_plain(text: &str) -> bool {
    matches!(resolve(text), Value::String(_)) && !is_timestamp(text) && !is_base60(text)
}

fn word(text: &str) -> Option<Value> {
    Some(match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Value::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Value::Bool(false)
        }
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        ".nan" | ".NaN" | ".NAN" => Value::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Value::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Value::Float(f64::NEG_INFINITY),
        _ => return None,
    })
}

/// `0x1F`, `0o17`, `017` and `0b11`, with a sign if need be.
fn integer(text: &str) -> Option<Value> {
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = unsigned.get(..2).map(str::to_ascii_lowercase);
    let (radix, digits) = match lower.as_deref() {
        Some("0x") => (16, &unsigned[2..]),
        Some("0o") => (8, &unsigned[2..]),
        Some("0b") => (2, &unsigned[2..]),
        Some(_) if unsigned.starts_with('0') => (8, &unsigned[1..]),
        _ => (10, unsigned),
    };
    // The sign has been read: a second one is an error.
    if !digits.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    if negative {
        return 0_i64.checked_sub_unsigned(magnitude).map(Value::Int);
    }
    match i64::try_from(magnitude) {
        Ok(int) => Some(Value::Int(int)),
        // An unsigned number has no sign.
        Err(_) if !text.starts_with('+') => Some(Value::Uint(magnitude)),
        Err(_) => None,
    }
}

/// Digits, a point, an exponent; at least one digit before or after the point.
fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let mantissa = match mantissa.split_once('.') {
        Some(("", after)) => digits(after),
        Some((before, after)) => digits(before) && (after.is_empty() || digits(after)),
        None => digits(mantissa),
    };
    let exponent =
        exponent.is_none_or(|text| digits(text.strip_prefix(['+', '-']).unwrap_or(text)));
    mantissa && exponent
}

fn float(text: &str) -> Option<Value> {
    text.parse().ok().filter(|float: &f64| float.is_finite()).map(Value::Float)
}

/// `1:30`, a number in base 60 to other readers of YAML.
fn is_base60(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let of_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    of_digits(fraction)
        && of_digits(first)
        && first.starts_with(|c: char| c.is_ascii_digit())
        && !rest.is_empty()
        && rest.iter().all(|part| match part.as_bytes() {
            [digit] => digit.is_ascii_digit(),
            [ten, digit] => (b'0'..=b'5').contains(ten) && digit.is_ascii_digit(),
            _ => false,
        })
}

/// A float as Go writes it: the fewest digits that give it back, with an exponent from a million
/// on and below a ten-thousandth.
pub fn float_text(float: f64) -> String {
    if float.is_nan() {
        return ".nan".to_owned();
    }
    if float.is_infinite() {
        return if float > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{float:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..=5).contains(&exponent) {
        return format!("{float}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_yaml_1_1_has_them() {
        for (text, value) in [
            ("017", Value::Int(15)),
            ("0o17", Value::Int(15)),
            ("08", Value::Float(8.0)),
            ("8_192", Value::Int(8192)),
            ("-0x1F", Value::Int(-31)),
            ("0b11", Value::Int(3)),
            ("-0b11", Value::Int(-3)),
            ("0", Value::Int(0)),
            ("-9223372036854775808", Value::Int(i64::MIN)),
            ("18446744073709551615", Value::Uint(u64::MAX)),
            ("18446744073709551616", Value::Float(18446744073709551616.0)),
            ("1e3", Value::Float(1000.0)),
            (".5", Value::Float(0.5)),
            ("1.", Value::Float(1.0)),
            ("0x", "0x".into()),
            ("1:30", "1:30".into()),
            ("2024-01-02", "2024-01-02".into()),
            ("1e999", "1e999".into()),
            ("--1", "--1".into()),
            ("+-1", "+-1".into()),
            (".", ".".into()),
            ("-", "-".into()),
        ] {
            assert_eq!(resolve(text), value, "{text}");
        }
    }

    #[test]
    fn floats_are_written_as_go_writes_them() {
        for (float, text) in [
            (1000.0, "1000"),
            (100_000.0, "100000"),
            (1e6, "1e+06"),
            (123_456_789.0, "1.23456789e+08"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1.5, "1.5"),
            (-0.0, "-0"),
            (f64::NAN, ".nan"),
            (f64::NEG_INFINITY, "-.inf"),
        ] {
            assert_eq!(float_text(float), text);
        }
    }
}
