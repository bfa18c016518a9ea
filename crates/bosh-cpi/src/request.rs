//! One request, as it stands on standard input.

use crate::{ApiVersion, CpiError, Result};
use serde_json::{Map, Value};

/// A request whose arguments are still raw.
///
/// Source: director `external_cpi.rb` (`build_request`), bosh-cli `cpi_cmd_runner.go`.
#[derive(Debug, Clone)]
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
#[derive(Debug, Clone, Default)]
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
        Ok(Request {
            method: method(request.remove("method"))?,
            arguments: arguments(request.remove("arguments"))?,
            context: context(request.remove("context"))?,
            api_version: api_version(request.remove("api_version"))?,
        })
    }
}

fn method(value: Option<Value>) -> Result<String> {
    match value {
        Some(Value::String(name)) if !name.is_empty() => Ok(name),
        Some(other) => Err(CpiError::cpi(format!("method: expected a name, got {other}"))),
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

fn api_version(value: Option<Value>) -> Result<ApiVersion> {
    match value {
        None | Some(Value::Null) => Ok(ApiVersion::default()),
        Some(value) => value.as_u64().and_then(ApiVersion::new).ok_or_else(|| {
            CpiError::cpi(format!("api_version: expected 1, 2 or 3, got {value}"))
        }),
    }
}
