//! Which text YAML takes for a point in time.
//!
//! Such text stays a string when it is read, but must be quoted when it is written.

/// Whether text is a date, or a date with a time, as Go's reader recognises them.
pub fn is_timestamp(text: &str) -> bool {
    let mut rest = Rest(text);
    let Some((year, month, day)) = rest.date() else { return false };
    if !(1..=12).contains(&month) || day == 0 || day > days(year, month) {
        return false;
    }
    if rest.0.is_empty() {
        return true;
    }
    let zoned = match rest.0.as_bytes()[0] {
        b'T' | b't' => true,
        b' ' => false,
        _ => return false,
    };
    rest.0 = &rest.0[1..];
    rest.time() && if zoned { rest.zone() } else { rest.0.is_empty() }
}

struct Rest<'a>(&'a str);

impl Rest<'_> {
    /// A number of at least one and at most `most` digits.
    fn number(&mut self, least: usize, most: usize) -> Option<u32> {
        let digits = self.0.bytes().take(most).take_while(u8::is_ascii_digit).count();
        if digits < least {
            return None;
        }
        let (number, rest) = self.0.split_at(digits);
        self.0 = rest;
        number.parse().ok()
    }

    fn skip(&mut self, text: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(text)?;
        Some(())
    }

    fn date(&mut self) -> Option<(u32, u32, u32)> {
        let year = self.number(4, 4)?;
        self.skip("-")?;
        let month = self.number(1, 2)?;
        self.skip("-")?;
        Some((year, month, self.number(1, 2)?))
    }

    fn time(&mut self) -> bool {
        let Some(hour) = self.number(1, 2) else { return false };
        let Some(minute) = self.skip(":").and_then(|()| self.number(1, 2)) else { return false };
        let Some(second) = self.skip(":").and_then(|()| self.number(1, 2)) else { return false };
        self.fraction();
        hour < 24 && minute < 60 && second < 60
    }

    fn fraction(&mut self) {
        let after = self.0.strip_prefix(['.', ',']);
        let Some(after) = after else { return };
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            self.0 = &after[digits..];
        }
    }

    fn zone(&mut self) -> bool {
        if self.0 == "Z" {
            return true;
        }
        let Some(offset) = self.0.strip_prefix(['+', '-']) else { return false };
        let mut offset = Rest(offset);
        let hours = offset.number(2, 2);
        let minutes = offset.skip(":").and_then(|()| offset.number(2, 2));
        hours.is_some_and(|h| h <= 24) && minutes.is_some_and(|m| m < 60) && offset.0.is_empty()
    }
}

fn days(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::is_timestamp;

    #[test]
    fn dates_and_times_are_recognised_and_impossible_ones_are_not() {
        for text in [
            "2024-01-02",
            "2024-1-2",
            "2024-02-29",
            "2024-01-02T03:04:05Z",
            "2024-01-02t3:4:5.123+02:00",
            "2024-01-02 03:04:05.5",
        ] {
            assert!(is_timestamp(text), "{text}");
        }
        for text in [
            "",
            "2024",
            "2024-13-01",
            "2023-02-29",
            "24-01-02",
            "2024-01-02T03:04:05",
            "2024-01-02 25:00:00",
            "2024-01-02x",
            "12024-01-02",
        ] {
            assert!(!is_timestamp(text), "{text}");
        }
    }
}
