//! Reads an HTTP answer: one top-level value, whatever its key, or what else it may be.

use bytes::Bytes;
use serde::de::{DeserializeOwned, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::fmt;
use std::marker::PhantomData;

/// What an HTTP answer holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer<T> {
    /// CloudStack's answer.
    Good(T),
    /// CloudStack's refusal.
    Refused(Fault),
    /// CloudStack's answer, but not of the expected shape. It was carried out nevertheless.
    Odd(String),
    /// Not an answer of CloudStack.
    Foreign(Foreign),
}

impl<T> Answer<T> {
    /// The same without what was read.
    pub fn forget(self) -> Answer<()> {
        match self {
            Answer::Good(_) => Answer::Good(()),
            Answer::Refused(fault) => Answer::Refused(fault),
            Answer::Odd(reason) => Answer::Odd(reason),
            Answer::Foreign(what) => Answer::Foreign(what),
        }
    }
}

/// What CloudStack says went wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fault {
    /// Its error code; the HTTP status says the same.
    pub errorcode: i64,
    /// The kind of exception; some answers have none.
    pub cserrorcode: Option<i64>,
    /// Its words.
    pub text: String,
    /// The ids it speaks of.
    pub uuids: Vec<String>,
}

/// What came instead of CloudStack's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// A redirect. It is not followed: the keys would go along.
    Redirect,
    /// Nothing.
    Empty,
    /// A web page.
    Html,
    /// XML, although JSON was asked for.
    Xml,
    /// The beginning of JSON.
    Truncated,
    /// JSON of somebody else.
    OtherJson,
    /// Anything else.
    Other,
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Redirect => "a redirect",
            Self::Empty => "an empty answer",
            Self::Html => "a web page",
            Self::Xml => "XML",
            Self::Truncated => "half an answer",
            Self::OtherJson => "JSON that is not CloudStack's",
            Self::Other => "something that is not JSON",
        })
    }
}

/// Reads an answer. No bytes make it panic.
pub fn read<T: DeserializeOwned>(answer: &http::Response<Bytes>) -> Answer<T> {
    let status = answer.status();
    if status.is_redirection() {
        return Answer::Foreign(Foreign::Redirect);
    }
    let body = answer.body();
    let fault = match serde_json::from_slice::<Single<Claims>>(body) {
        Ok(Single(claims)) => claims.fault(),
        Err(error) => return Answer::Foreign(foreign(body, &error)),
    };
    match fault {
        Some(fault) => Answer::Refused(fault),
        // A proxy may wrap its own errors in JSON.
        None if !status.is_success() => Answer::Foreign(Foreign::OtherJson),
        None => match serde_json::from_slice::<Single<T>>(body) {
            Ok(Single(value)) => Answer::Good(value),
            Err(error) => Answer::Odd(error.to_string()),
        },
    }
}

/// What `jobresult` of a failed job says; None if it is no error.
pub fn job_fault(result: &Value) -> Option<Fault> {
    serde_json::from_value::<Claims>(result.clone()).ok()?.fault()
}

/// An object with one key, of whatever name.
struct Single<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Single<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneKey<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for OneKey<T> {
            type Value = T;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with one key")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
                let Some((IgnoredAny, value)) = map.next_entry()? else {
                    return Err(A::Error::custom("an object without a key"));
                };
                match map.next_entry::<IgnoredAny, IgnoredAny>()? {
                    None => Ok(value),
                    Some(_) => Err(A::Error::custom("an object with several keys")),
                }
            }
        }
        deserializer.deserialize_map(OneKey(PhantomData)).map(Single)
    }
}

/// The fields by which an answer tells that it is a refusal. Everything else is skipped.
#[derive(Deserialize)]
struct Claims {
    errorcode: Option<Value>,
    cserrorcode: Option<Value>,
    errortext: Option<Value>,
    #[serde(rename = "uuidList")]
    uuids: Option<Value>,
    success: Option<Value>,
    displaytext: Option<Value>,
    details: Option<Value>,
}

impl Claims {
    fn fault(self) -> Option<Fault> {
        let text = |value: Option<Value>| match value {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        if let Some(errorcode) = self.errorcode.as_ref().and_then(number) {
            return Some(Fault {
                errorcode,
                cserrorcode: self.cserrorcode.as_ref().and_then(number),
                text: text(self.errortext).unwrap_or_default(),
                uuids: self.uuids.as_ref().map(uuids).unwrap_or_default(),
            });
        }
        // Some commands say politely that they failed.
        let failed = matches!(self.success, Some(Value::Bool(false)))
            || matches!(&self.success, Some(Value::String(text)) if text == "false");
        failed.then(|| Fault {
            errorcode: 530,
            text: text(self.displaytext)
                .or_else(|| text(self.details))
                .unwrap_or_else(|| "success: false".into()),
            ..Fault::default()
        })
    }
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// `uuidList` holds objects with a `uuid`, in older releases plain texts.
fn uuids(value: &Value) -> Vec<String> {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let uuid = |item: &Value| item.as_str().or_else(|| item.get("uuid")?.as_str()).map(Into::into);
    items.iter().filter_map(uuid).collect()
}

fn foreign(body: &[u8], error: &serde_json::Error) -> Foreign {
    let start = body.trim_ascii_start();
    let begins = |prefix: &str| {
        start.get(..prefix.len()).is_some_and(|b| b.eq_ignore_ascii_case(prefix.as_bytes()))
    };
    match start.first() {
        None => Foreign::Empty,
        Some(b'<') if begins("<?xml") && !contains(start, b"<html") => Foreign::Xml,
        Some(b'<') => Foreign::Html,
        Some(b'{') if error.is_eof() => Foreign::Truncated,
        Some(b'{' | b'[' | b'"') if error.is_data() => Foreign::OtherJson,
        Some(_) => Foreign::Other,
    }
}

fn contains(body: &[u8], piece: &[u8]) -> bool {
    body.get(..body.len().min(512))
        .is_some_and(|head| head.windows(piece.len()).any(|w| w.eq_ignore_ascii_case(piece)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{List, Object, Started, Success, Volume, Zone};

    fn answer(status: u16, body: impl Into<Bytes>) -> http::Response<Bytes> {
        http::Response::builder().status(status).body(body.into()).unwrap()
    }

    const REFUSED: &str = r#"{"deployvirtualmachineresponse":{"uuidList":[{"uuid":"u"},"w",3],
        "errorcode":431,"cserrorcode":4350,"errortext":"no"}}"#;

    #[test]
    fn the_one_value_is_read_whatever_its_key() {
        for key in ["listzonesresponse", "restorevmresponse", "createLBStickinessPolicy", ""] {
            let body = format!(r#"{{"{key}":{{"id":"v","jobid":"j"}}}}"#);
            let read = read::<Started>(&answer(200, body));
            assert_eq!(read, Answer::Good(Started { id: Some("v".into()), jobid: "j".into() }));
        }
    }

    #[test]
    fn a_refusal_is_one_at_any_status() {
        for status in [431, 200] {
            let Answer::Refused(fault) = read::<List<Zone>>(&answer(status, REFUSED)) else {
                panic!("{status}")
            };
            assert_eq!((fault.errorcode, fault.cserrorcode), (431, Some(4350)));
            assert_eq!((fault.text.as_str(), fault.uuids), ("no", vec!["u".into(), "w".into()]));
        }
    }

    #[test]
    fn numbers_and_truth_may_be_texts() {
        let old = r#"{"errorresponse":{"errorcode":"401","errortext":"keys"}}"#;
        let Answer::Refused(fault) = read::<Success>(&answer(401, old)) else { panic!() };
        assert_eq!((fault.errorcode, fault.cserrorcode), (401, None));
        let read = |body: &'static str| read::<Success>(&answer(200, body));
        assert_eq!(read(r#"{"r":{"success":"true"}}"#), Answer::Good(Success(true)));
        assert_eq!(read(r#"{"r":{"success":true}}"#), Answer::Good(Success(true)));
    }

    /// `success: false` with HTTP 200 must not pass for a success.
    #[test]
    fn a_polite_failure_is_a_refusal() {
        for body in [
            r#"{"r":{"success":false,"displaytext":"why"}}"#,
            r#"{"r":{"success":"false","details":"why"}}"#,
        ] {
            let Answer::Refused(fault) = read::<Success>(&answer(200, body)) else { panic!() };
            assert_eq!((fault.errorcode, fault.text.as_str()), (530, "why"));
        }
    }

    #[test]
    fn an_unknown_shape_is_odd_not_refused() {
        let body = r#"{"r":{"count":1,"zone":[{"name":"without id"}]}}"#;
        let Answer::Odd(reason) = read::<List<Zone>>(&answer(200, body)) else { panic!() };
        assert!(reason.contains("id"), "{reason}");
        assert!(matches!(read::<Object<Volume>>(&answer(200, r#"{"r":{}}"#)), Answer::Odd(_)));
    }

    #[test]
    fn what_is_not_cloudstacks_is_told_apart() {
        for (status, body, what) in [
            (302, "", Foreign::Redirect),
            (200, "", Foreign::Empty),
            (200, " \r\n", Foreign::Empty),
            (503, "<html>", Foreign::Html),
            (200, "<!DOCTYPE html>", Foreign::Html),
            (200, "<?xml version='1.0'?>\n<html xmlns='…'>", Foreign::Html),
            (200, "<?xml version='1.0'?><listzonesresponse/>", Foreign::Xml),
            (200, r#"{"r":{"count":1,"zo"#, Foreign::Truncated),
            (200, "{", Foreign::Truncated),
            (200, "{}", Foreign::OtherJson),
            (200, r#"{"a":{},"b":{}}"#, Foreign::OtherJson),
            (200, r#"{"a":[]}"#, Foreign::OtherJson),
            (200, r#"{"a":1}"#, Foreign::OtherJson),
            (200, "null", Foreign::Other),
            (403, r#"{"error":{"message":"policy"}}"#, Foreign::OtherJson),
            (200, "\u{feff}{}", Foreign::Other),
        ] {
            let read = read::<List<Zone>>(&answer(status, body));
            assert!(matches!(read, Answer::Foreign(w) if w == what), "{body:?}: {read:?}");
        }
    }

    /// Whatever bytes come, reading them ends with one of the four answers.
    #[test]
    fn no_bytes_make_it_panic() {
        let mut random = fastrand::Rng::with_seed(7);
        let good = r#"{"listzonesresponse":{"count":1,"zone":[{"id":"é","name":"\u0041"}]}}"#;
        for _ in 0..20_000 {
            let mut bytes = if random.bool() { good } else { REFUSED }.as_bytes().to_vec();
            for _ in 0..random.usize(1..6) {
                let at = random.usize(..bytes.len());
                match random.u8(..3) {
                    0 => bytes[at] = random.u8(..),
                    1 => bytes.truncate(at.max(1)),
                    _ => bytes.insert(at, *random.choice(b"{}[]\",:\\0e-").unwrap()),
                }
            }
            let status = *random.choice(&[200, 302, 431, 503]).unwrap();
            read::<List<Zone>>(&answer(status, bytes.clone()));
            read::<Object<Volume>>(&answer(status, bytes));
        }
        let deep = "[".repeat(100_000);
        assert!(matches!(read::<List<Zone>>(&answer(200, deep)), Answer::Foreign(_)));
        let deep = format!(r#"{{"r":{{"errorcode":{}"#, r#"{"a":"#.repeat(100_000));
        assert!(matches!(read::<List<Zone>>(&answer(200, deep)), Answer::Foreign(_)));
    }
}
