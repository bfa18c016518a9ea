//! What people ask of a certificate: until when it is valid.

use crate::generation::der::{Der, INTEGER, SEQUENCE};
use time::{Date, Month, OffsetDateTime, Time};

/// Until when a certificate is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry(OffsetDateTime);

impl Expiry {
    /// Of the first certificate in PEM.
    pub fn of_pem(text: &str) -> Option<Expiry> {
        let certificate = pem::parse(text).ok()?;
        let mut fields = Der::new(certificate.contents()).enter(SEQUENCE)?.enter(SEQUENCE)?;
        // The version may be left out, the serial number may not.
        if fields.next()?.tag != INTEGER {
            fields.expect(INTEGER)?;
        }
        // Algorithm and issuer.
        fields.expect(SEQUENCE)?;
        fields.expect(SEQUENCE)?;
        let mut validity = fields.enter(SEQUENCE)?;
        validity.next()?;
        let end = validity.next()?;
        parse(end.tag, std::str::from_utf8(end.content).ok()?).map(Expiry)
    }

    /// The day, such as `2027-11-28`.
    pub fn day(self) -> String {
        let date = self.0.date();
        format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
    }

    /// How many days are left after a moment, in seconds since 1970; negative if it is over.
    pub fn days_after(self, now: i64) -> i64 {
        (self.0.unix_timestamp() - now).div_euclid(24 * 60 * 60)
    }
}

/// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`.
fn parse(tag: u8, text: &str) -> Option<OffsetDateTime> {
    const UTC_TIME: u8 = 0x17;
    const GENERALIZED_TIME: u8 = 0x18;
    let digits = text.strip_suffix('Z')?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = match tag {
        UTC_TIME => {
            let (year, rest) = digits.split_at_checked(2)?;
            let year: i32 = year.parse().ok()?;
            // RFC 5280: 50 is 1950.
            (year + if year < 50 { 2000 } else { 1900 }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = digits.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    let part = |at: usize| rest.get(at..at + 2)?.parse::<u8>().ok();
    let date = Date::from_calendar_date(year, Month::try_from(part(0)?).ok()?, part(2)?).ok()?;
    let time = Time::from_hms(part(4)?, part(6)?, part(8)?).ok()?;
    Some(date.with_time(time).assume_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generation::generate;
    use crate::yaml;
    use std::time::{SystemTime, UNIX_EPOCH};

    #[test]
    fn the_end_of_a_certificate_is_found() {
        let options =
            yaml::parse("{is_ca: true, common_name: ca, duration: 40, key_length: 2048}").unwrap();
        let ca = generate("certificate", &options, None).unwrap();
        let expiry = Expiry::of_pem(ca.get("certificate").unwrap().as_str().unwrap()).unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        assert!((39..=40).contains(&expiry.days_after(now as i64)), "{expiry:?}");
    }

    #[test]
    fn both_forms_of_time_are_read() {
        let seconds = |tag, text| parse(tag, text).map(OffsetDateTime::unix_timestamp);
        assert_eq!(seconds(0x17, "700101000001Z"), Some(1));
        assert_eq!(seconds(0x18, "20500101000000Z"), Some(2_524_608_000));
        assert_eq!(
            (seconds(0x17, "7001010000Z"), seconds(0x17, "700101000001+0100")),
            (None, None)
        );
        assert_eq!(Expiry::of_pem("x"), None);
    }
}
