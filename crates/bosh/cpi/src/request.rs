//! One request, as it stands on standard input.

use crate::{ApiVersion, CpiError, Result};
use serde_json::{Map, Value};

/// A request whose arguments are still raw.
///
/// Source: director `external_cpi.rb` (`build_request`), bosh-cli `cpi_cmd_runner.go`.
#[derive(Clone)]
pub struct Request {
    /// The method's name.
    pub method: String,
    /// The arguments, not yet typed.
    pub arguments: Vec<Value>,
    /// Who asks, and the properties of a cpi-config, flat beside it.
    pub context: Context,
    /// 2 where the caller names none: the director's probe of `info` and the oldest callers.
    pub api_version: ApiVersion,
}

/// The request's `context`.
#[derive(Clone, Default)]
pub struct Context(Map<String, Value>);

impl Context {
    /// The director's UUID; `bosh create-env` sends one too.
    pub fn director_uuid(&self) -> Option<&str> {
        self.text("director_uuid")
    }

    /// The director's id of this request (`cpi-123456`): for logs only, it is not unique.
    pub fn request_id(&self) -> Option<&str> {
        self.text("request_id")
    }

    /// Everything else: a cpi-config's properties among keys that are not ours.
    pub fn properties(&self) -> &Map<String, Value> {
        &self.0
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(Value::as_str)
    }
}

/// Shows no value: a cpi-config puts credentials here.
impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Shows no argument: `env` holds passwords and keys.
impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("arguments", &self.arguments.len())
            .field("context", &self.context)
            .field("api_version", &self.api_version.number())
            .finish()
    }
}

impl From<Map<String, Value>> for Context {
    fn from(map: Map<String, Value>) -> Self {
        Self(map)
    }
}

impl Request {
    /// Reads a request. The error names what is wrong and where.
    pub fn parse(bytes: &[u8]) -> Result<Request> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(CpiError::cpi("standard input is empty: expected one JSON request"));
        }
        let value: Value = serde_json::from_slice(bytes)
            .map_err(|e| CpiError::cpi(format!("the request is not JSON: {e}")))?;
        let Value::Object(mut request) = value else {
            return Err(CpiError::cpi("the request is not a JSON object"));
        };
        let method = method(request.remove("method"))?;
        Ok(Request {
            arguments: arguments(request.remove("arguments"))?,
            context: context(request.remove("context"))?,
            api_version: api_version(&method, request.remove("api_version"))?,
            method,
        })
    }
}

fn method(value: Option<Value>) -> Result<String> {
    match value {
        Some(Value::String(name)) if !name.is_empty() => Ok(name),
        Some(_) => Err(CpiError::cpi("method: expected the name of a method")),
        None => Err(CpiError::cpi("method: missing from the request")),
    }
}

fn arguments(value: Option<Value>) -> Result<Vec<Value>> {
    match value {
        Some(Value::Array(list)) => Ok(list),
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(_) => Err(CpiError::cpi("arguments: expected an array")),
    }
}

fn context(value: Option<Value>) -> Result<Context> {
    match value {
        Some(Value::Object(map)) => Ok(Context(map)),
        None | Some(Value::Null) => Ok(Context::default()),
        Some(_) => Err(CpiError::cpi("context: expected an object")),
    }
}

/// `info` is how a caller finds out which versions there are, so it answers to any.
fn api_version(method: &str, value: Option<Value>) -> Result<ApiVersion> {
    match value {
        None | Some(Value::Null) => Ok(ApiVersion::default()),
        Some(_) if method == "info" => Ok(ApiVersion::default()),
        Some(value) => value
            .as_u64()
            .and_then(ApiVersion::new)
            .ok_or_else(|| CpiError::cpi(format!("api_version: expected 1, 2 or 3, got {value}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn message(bytes: &[u8]) -> String {
        let error = Request::parse(bytes).unwrap_err();
        assert_eq!(error.kind, crate::ErrorKind::CpiError);
        error.message
    }

    fn parse(value: Value) -> Request {
        Request::parse(value.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_request_of_a_director_is_read() {
        let request = parse(json!({
            "method": "has_vm",
            "arguments": ["vm-1"],
            "api_version": 3,
            "context": {"director_uuid": "d-1", "request_id": "cpi-7", "endpoint": "http://x"},
        }));
        assert_eq!((request.method.as_str(), request.api_version.number()), ("has_vm", 3));
        assert_eq!(request.arguments, [json!("vm-1")]);
        assert_eq!(request.context.director_uuid(), Some("d-1"));
        assert_eq!(request.context.request_id(), Some("cpi-7"));
    }

    #[test]
    fn the_least_request_is_a_method() {
        let request = parse(json!({"method": "info"}));
        assert_eq!((request.arguments.len(), request.api_version.number()), (0, 2));
        let nulls = json!({"method": "ping", "arguments": null, "context": null,
                           "api_version": null, "more": 1});
        assert_eq!(parse(nulls).context.director_uuid(), None);
    }

    #[test]
    fn what_is_no_request_is_told_apart() {
        let cases: &[(&[u8], &str)] = &[
            (b"", "standard input is empty"),
            (b" \n\t", "standard input is empty"),
            (b"{\"method\": \"info\"", "the request is not JSON: "),
            (b"\xff\xfe", "the request is not JSON: "),
            (b"{\"method\":\"info\"} {}", "the request is not JSON: trailing"),
            (b"[]", "the request is not a JSON object"),
            (b"{}", "method: missing"),
            (b"{\"method\": null}", "method: expected the name"),
            (b"{\"method\": \"\"}", "method: expected the name"),
            (b"{\"method\": \"a\", \"arguments\": {}}", "arguments: expected an array"),
            (b"{\"method\": \"a\", \"context\": []}", "context: expected an object"),
        ];
        for (bytes, expected) in cases {
            let message = message(bytes);
            assert!(message.starts_with(expected), "{message}");
        }
    }

    #[test]
    fn versions_are_1_to_3_and_info_answers_to_any() {
        for version in 1..=3 {
            let request = parse(json!({"method": "has_vm", "api_version": version}));
            assert_eq!(request.api_version.number(), version);
        }
        for version in [json!(0), json!(4), json!(-1), json!(2.5), json!("2"), json!([])] {
            let bytes = json!({"method": "has_vm", "api_version": version}).to_string();
            assert!(message(bytes.as_bytes()).starts_with("api_version: expected 1, 2 or 3"));
            let info = json!({"method": "info", "api_version": version}).to_string();
            assert!(Request::parse(info.as_bytes()).is_ok());
        }
    }

    #[test]
    fn nesting_without_end_is_an_error_and_no_crash() {
        let deep = "[".repeat(1_000_000);
        assert!(message(deep.as_bytes()).contains("recursion limit"));
    }

    #[test]
    fn debug_shows_neither_arguments_nor_values_of_the_context() {
        let request = parse(json!({
            "method": "create_vm",
            "arguments": [{"password": "s3cret-a"}],
            "context": {"api_key": "s3cret-b"},
        }));
        let shown = format!("{request:?}");
        assert!(shown.contains("api_key") && !shown.contains("s3cret"), "{shown}");
    }
}
