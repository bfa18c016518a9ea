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
