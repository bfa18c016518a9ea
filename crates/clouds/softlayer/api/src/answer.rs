//! Reads an HTTP answer: what was asked for, a refusal, or what else it may be.

use bytes::Bytes;
use serde_json::Value;
use std::fmt;

/// What an HTTP answer holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// SoftLayer's answer.
    Good(Value),
    /// SoftLayer's refusal.
    Refused(Fault),
    /// Not an answer of SoftLayer.
    Foreign(Foreign),
}

/// What SoftLayer says went wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fault {
    /// The exception: `SoftLayer_Exception_ObjectNotFound`.
    pub code: String,
    /// Its words.
    pub text: String,
}

/// What came instead of SoftLayer's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// A redirect. It is not followed: the key would go along.
    Redirect,
    /// Nothing.
    Empty,
    /// A web page.
    Html,
    /// A SOAP error, which the REST gateway passes on when the API behind it stumbles.
    Soap,
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
            Self::Soap => "a SOAP error",
            Self::Truncated => "half an answer",
            Self::OtherJson => "JSON that is not SoftLayer's",
            Self::Other => "something that is not JSON",
        })
    }
}

/// What the gateway writes when the API behind it stumbles.
const SOAP: &str = "SOAP-ERROR";

/// Reads an answer. No bytes make it panic.
pub fn read(answer: &http::Response<Bytes>) -> Answer {
    let (status, body) = (answer.status(), answer.body());
    if status.is_redirection() {
        return Answer::Foreign(Foreign::Redirect);
    }
    if body.trim_ascii().is_empty() {
        return Answer::Foreign(Foreign::Empty);
    }
    let value: Value = match serde_json::from_slice(body) {
        Ok(value) => value,
        Err(error) => return Answer::Foreign(foreign(body, &error)),
    };
    match fault(&value) {
        Some(fault) if fault.text.contains(SOAP) => Answer::Foreign(Foreign::Soap),
        // Also with HTTP 200: "Internal Error" of an answer that became too large.
        Some(fault) => Answer::Refused(fault),
        None if status.is_success() => Answer::Good(value),
        None => Answer::Foreign(Foreign::OtherJson),
    }
}

/// The refusal that an object with `error` and nothing of a resource is.
fn fault(value: &Value) -> Option<Fault> {
    let map = value.as_object()?;
    let text = map.get("error")?.as_str()?;
    if map.keys().any(|key| !matches!(key.as_str(), "error" | "code")) {
        return None;
    }
    let code = map.get("code").and_then(Value::as_str).unwrap_or_default();
    Some(Fault { code: code.into(), text: text.into() })
}

fn foreign(body: &[u8], error: &serde_json::Error) -> Foreign {
    let text = String::from_utf8_lossy(body);
    let start = text.trim_start().to_ascii_lowercase();
    if text.contains(SOAP) {
        Foreign::Soap
    } else if start.starts_with("<!doctype html") || start.starts_with("<html") {
        Foreign::Html
    } else if error.is_eof() {
        Foreign::Truncated
    } else {
        Foreign::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answer(status: u16, body: &str) -> Answer {
        read(&http::Response::builder().status(status).body(Bytes::from(body.to_owned())).unwrap())
    }

    fn refused(code: &str, text: &str) -> Answer {
        Answer::Refused(Fault { code: code.into(), text: text.into() })
    }

    #[test]
    fn a_refusal_is_one_at_any_status() {
        let body = r#"{"error":"Internal Error","code":"SoftLayer_Exception_Public"}"#;
        let expected = refused("SoftLayer_Exception_Public", "Internal Error");
        assert_eq!(answer(200, body), expected);
        assert_eq!(answer(500, body), expected);
        assert_eq!(
            answer(401, r#"{"error":"Invalid API token."}"#),
            refused("", "Invalid API token.")
        );
        // A resource may have a field of that name.
        assert!(matches!(answer(200, r#"{"id":1,"error":"x"}"#), Answer::Good(_)));
    }

    #[test]
    fn plain_values_are_answers() {
        assert_eq!(answer(200, "true"), Answer::Good(json!(true)));
        assert_eq!(answer(201, r#"{"id":1}"#), Answer::Good(json!({"id": 1})));
        assert_eq!(answer(200, "null"), Answer::Good(Value::Null));
        assert_eq!(answer(200, r#""eyJ9""#), Answer::Good(json!("eyJ9")));
    }

    #[test]
    fn what_somebody_else_said_is_told_apart() {
        for (status, body, what) in [
            (200, "", Foreign::Empty),
            (200, " \n", Foreign::Empty),
            (302, "", Foreign::Redirect),
            (502, "<html><body>Bad gateway", Foreign::Html),
            (500, "WSDL: SOAP-ERROR: Parsing WSDL: Couldn't load from", Foreign::Soap),
            (500, r#"{"error":"WSDL: SOAP-ERROR: Parsing WSDL","code":"WSDL"}"#, Foreign::Soap),
            (200, r#"{"id":1"#, Foreign::Truncated),
            (503, r#"{"message":"busy"}"#, Foreign::OtherJson),
            (500, "oops", Foreign::Other),
        ] {
            assert_eq!(answer(status, body), Answer::Foreign(what), "{status} {body}");
        }
    }
}
