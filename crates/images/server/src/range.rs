//! `Range`: a part of a file (RFC 9110, 14).

use std::ops::Range;

/// What a request wants of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// All of it; also where the header is none that we know, or names several parts.
    All,
    /// These bytes.
    Part(Range<u64>),
    /// Bytes that it does not have.
    Beyond,
}

/// Reads the header, for a file of that length.
pub fn wanted(header: Option<&str>, length: u64) -> Wanted {
    let Some(spec) = header.and_then(|text| text.trim().strip_prefix("bytes=")) else {
        return Wanted::All;
    };
    let Some((first, last)) = spec.split_once('-').map(|(a, b)| (a.trim(), b.trim())) else {
        return Wanted::All;
    };
    let number = |text: &str| match text.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than a length ever has.
        true => Some(text.parse::<u64>().unwrap_or(u64::MAX)),
        false => None,
    };
    let part = match (first, last) {
        ("", "") => return Wanted::All,
        ("", count) => match number(count) {
            Some(0) => return Wanted::Beyond,
            Some(count) => length.saturating_sub(count)..length,
            None => return Wanted::All,
        },
        (first, "") => match number(first) {
            Some(first) => first..length,
            None => return Wanted::All,
        },
        (first, last) => match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(length),
            _ => return Wanted::All,
        },
    };
    if part.start >= length { Wanted::Beyond } else { Wanted::Part(part) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_rfc_has_them() {
        let of = |text| wanted(Some(text), 1000);
        assert_eq!(of("bytes=0-0"), Wanted::Part(0..1));
        assert_eq!(of("bytes=500-"), Wanted::Part(500..1000));
        assert_eq!(of("bytes=-300"), Wanted::Part(700..1000));
        assert_eq!(of("bytes=-3000"), Wanted::Part(0..1000));
        assert_eq!(of("bytes=999-99999999999999999999999"), Wanted::Part(999..1000));
        for beyond in ["bytes=1000-", "bytes=1000-2000", "bytes=-0"] {
            assert_eq!(of(beyond), Wanted::Beyond, "{beyond}");
        }
        for all in [
            "",
            "bytes=",
            "bytes=-",
            "bytes=5-4",
            "bytes=a-b",
            "bytes=0-1,5-6",
            "lines=1-2",
            "bytes=-+5",
        ] {
            assert_eq!(of(all), Wanted::All, "{all}");
        }
        assert_eq!(wanted(None, 1000), Wanted::All);
        assert_eq!(wanted(Some("bytes=0-"), 0), Wanted::Beyond);
    }
}
