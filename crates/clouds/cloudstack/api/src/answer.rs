//! Reads an HTTP answer: one top-level value under the command's own key, or what else it may be.

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
    /// A web page that asks for a password: a proxy's, or the cloud's own for people.
    Login,
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
            Self::Login => "a login page",
            Self::Xml => "XML",
            Self::Truncated => "half an answer",
            Self::OtherJson => "JSON that is not CloudStack's",
            Self::Other => "something that is not JSON",
        })
    }
}

/// Reads an answer to `command`. No bytes make it panic.
///
/// The key of the one value must be this command's: JSON of a proxy, or the answer to another
/// command, would else pass for an empty list.
pub fn read<T: DeserializeOwned>(command: &str, answer: &http::Response<Bytes>) -> Answer<T> {
    let status = answer.status();
    if status.is_redirection() {
        return Answer::Foreign(Foreign::Redirect);
    }
    let body = answer.body();
    let (fault, is_own) = match serde_json::from_slice::<Single<Claims>>(body) {
        Ok(Single(key, claims)) => (claims.fault(), is_envelope(command, &key)),
        Err(error) => return Answer::Foreign(foreign(body, &error)),
    };
    match fault {
        Some(fault) if is_own == Envelope::Own || is_own == Envelope::Error => {
            Answer::Refused(fault)
        }
        // A proxy may wrap its own errors in JSON.
        _ if is_own != Envelope::Own || !status.is_success() => Answer::Foreign(Foreign::OtherJson),
        _ => match serde_json::from_slice::<Single<T>>(body) {
            Ok(Single(_, value)) => Answer::Good(value),
            Err(error) => Answer::Odd(error.to_string()),
        },
    }
}

/// Whose an answer is, by its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Envelope {
    /// The command's.
    Own,
    /// That of a refusal of a command which was not even looked at.
    Error,
    /// Another's.
    Other,
}

/// Commands whose key is not made of their name, or was not in older releases.
const OTHER_KEYS: &[(&str, &str)] = &[
    ("getUploadParamsForTemplate", "postuploadtemplateresponse"),
    ("addIpToNic", "addiptovmnicresponse"),
    ("revokeSecurityGroupIngress", "revokesecuritygroupingress"),
    ("revokeSecurityGroupEgress", "revokesecuritygroupegress"),
];

fn is_envelope(command: &str, key: &str) -> Envelope {
    let usual = key.len() == command.len() + RESPONSE.len()
        && key[..].to_ascii_lowercase() == format!("{}{RESPONSE}", command.to_ascii_lowercase());
    let is_other = |(of, other): &(&str, &str)| *of == command && other.eq_ignore_ascii_case(key);
    if usual || OTHER_KEYS.iter().any(is_other) {
        Envelope::Own
    } else if key == "errorresponse" {
        Envelope::Error
    } else {
        Envelope::Other
    }
}

const RESPONSE: &str = "response";

/// What `jobresult` of a failed job says; None if it is no error.
pub fn job_fault(result: &Value) -> Option<Fault> {
    serde_json::from_value::<Claims>(result.clone()).ok()?.fault()
}

/// An object with one key: the key and its value.
struct Single<T>(String, T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Single<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneKey<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for OneKey<T> {
            type Value = (String, T);
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with one key")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(String, T), A::Error> {
                let Some((key, value)) = map.next_entry()? else {
                    return Err(A::Error::custom("an object without a key"));
                };
                match map.next_entry::<IgnoredAny, IgnoredAny>()? {
                    None => Ok((key, value)),
                    Some(_) => Err(A::Error::custom("an object with several keys")),
                }
            }
        }
        let (key, value) = deserializer.deserialize_map(OneKey(PhantomData))?;
        Ok(Single(key, value))
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
        Some(b'<') if is_login(start) => Foreign::Login,
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

/// Whether a page has a field for a password, or calls itself a login.
fn is_login(page: &[u8]) -> bool {
    let head = &page[..page.len().min(32 << 10)];
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let titled = head.split_once("<title").and_then(|(_, rest)| rest.split_once("</title"));
    head.contains("type=\"password\"")
        || head.contains("type='password'")
        || titled.is_some_and(|(title, _)| title.contains("login") || title.contains("sign in"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{List, Object, Started, Success, Volume, Zone};

    fn answer(status: u16, body: impl Into<Bytes>) -> http::Response<Bytes> {
        http::Response::builder().status(status).body(body.into()).unwrap()
    }

    const REFUSED: &str = r#"{"rresponse":{"uuidList":[{"uuid":"u"},"w",3],
        "errorcode":431,"cserrorcode":4350,"errortext":"no"}}"#;

    /// A command whose answers have the key `r`.
    fn read<T: DeserializeOwned>(answer: &http::Response<Bytes>) -> Answer<T> {
        let body =
            String::from_utf8_lossy(answer.body()).replacen(r#"{"r":"#, r#"{"rresponse":"#, 1);
        let same = answer.body() == body.as_bytes();
        let renamed = http::Response::builder().status(answer.status());
        let renamed = renamed.body(if same { answer.body().clone() } else { body.into() }).unwrap();
        super::read("r", &renamed)
    }

    /// A proxy's `{"error":{…}}`, an empty object under any key, and the answer to another command
    /// would be an empty list, so that a director would forget a live disk.
    #[test]
    fn an_answer_under_another_key_is_not_the_command_s() {
        for body in [
            r#"{"error":{"message":"policy"}}"#,
            r#"{"message":{}}"#,
            r#"{"listzonesresponse":{"count":0}}"#,
            r#"{"":{}}"#,
            r#"{"errorresponse":{}}"#,
        ] {
            let read = super::read::<List<Volume>>("listVolumes", &answer(200, body)).forget();
            assert_eq!(read, Answer::Foreign(Foreign::OtherJson), "{body}");
        }
        let refused = r#"{"listzonesresponse":{"errorcode":431,"errortext":"no"}}"#;
        let read = super::read::<List<Volume>>("listVolumes", &answer(431, refused)).forget();
        assert_eq!(read, Answer::Foreign(Foreign::OtherJson));
    }

    /// The keys that do not follow from the command's name, and those in another case.
    #[test]
    fn keys_of_every_release_are_known() {
        for (command, key) in [
            ("listVolumes", "listvolumesresponse"),
            ("restoreVirtualMachine", "restoreVirtualMachineResponse"),
            ("getUploadParamsForTemplate", "postuploadtemplateresponse"),
            ("addIpToNic", "addiptovmnicresponse"),
        ] {
            let body = format!(r#"{{"{key}":{{"id":"v","jobid":"j"}}}}"#);
            let read = super::read::<Started>(command, &answer(200, body));
            let started = Started { id: Some("v".into()), jobid: "j".into() };
            assert_eq!(read, Answer::Good(started), "{command}");
        }
    }

    /// People look for the word.
    #[test]
    fn a_login_page_is_named() {
        for page in [
            "<html><head><title>Login</title>",
            "<!DOCTYPE html><form><input name=p type=\"password\">",
        ] {
            let read = read::<Success>(&answer(200, page));
            assert_eq!(read, Answer::Foreign(Foreign::Login), "{page}");
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
        let good = r#"{"rresponse":{"count":1,"zone":[{"id":"é","name":"\u0041"}]}}"#;
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
