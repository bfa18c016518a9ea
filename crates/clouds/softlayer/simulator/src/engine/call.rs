//! From a request to a call: service, object, method and arguments.

use super::Exception;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A request as it came in.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// `GET`, `POST`, `PUT` or `DELETE`.
    pub verb: String,
    /// What stands after `/rest/v3.1/`: `SoftLayer_Virtual_Guest/7/setTags.json`.
    pub path: String,
    /// `objectMask`, `objectFilter`, `resultLimit`.
    pub query: BTreeMap<String, String>,
    /// The header `Authorization`.
    pub authorization: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// A call.
#[derive(Debug, Clone, Default)]
pub struct Call {
    /// `SoftLayer_Virtual_Guest`.
    pub service: String,
    /// The object, if there is one.
    pub id: Option<u64>,
    /// `setTags`.
    pub method: String,
    /// The arguments, in order.
    pub arguments: Vec<Value>,
}

impl Request {
    /// The name by which faults and the log know this call: `SoftLayer_Virtual_Guest::setTags`.
    pub fn name(&self) -> String {
        let (service, _, method) = self.address();
        format!("{service}::{method}")
    }

    /// Service, what stands between, and method. Both forms of a URL are understood: with the
    /// method's name, and without it for the four methods that a verb stands for.
    fn address(&self) -> (String, Vec<String>, String) {
        let path = self.path.trim_matches('/');
        let path = path.strip_suffix(".json").unwrap_or(path);
        let mut parts =
            path.split('/').map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned());
        let service = parts.next().unwrap_or_default();
        let mut rest: Vec<String> = parts.collect();
        let at = rest.iter().position(|part| part.parse::<u64>().is_err());
        let method = match at {
            // What follows the method's name are arguments.
            Some(at) => rest.remove(at),
            None => match self.verb.as_str() {
                "POST" => "createObject",
                "PUT" => "editObject",
                "DELETE" => "deleteObject",
                _ => "getObject",
            }
            .to_owned(),
        };
        (service, rest, method)
    }

    /// Reads the call.
    pub fn call(&self) -> Result<Call, Exception> {
        let (service, mut rest, method) = self.address();
        let named = self.path.contains(&method);
        let has_id =
            self.path.split('/').nth(1).is_some_and(|part| {
                part.strip_suffix(".json").unwrap_or(part).parse::<u64>().is_ok()
            });
        let id = if has_id { rest.remove(0).parse().ok() } else { None };
        if !named && !rest.is_empty() {
            return Err(Exception::bad_request("The URL holds more than one object."));
        }
        let mut arguments: Vec<Value> = rest.into_iter().map(Value::from).collect();
        if matches!(self.verb.as_str(), "POST" | "PUT") && !self.body.is_empty() {
            arguments = self.parameters()?;
        }
        Ok(Call { service, id, method, arguments })
    }

    fn parameters(&self) -> Result<Vec<Value>, Exception> {
        let body: Value = serde_json::from_slice(&self.body)
            .map_err(|error| Exception::bad_request(format!("Unable to parse JSON: {error}")))?;
        match body.get("parameters") {
            Some(Value::Array(values)) => Ok(values.clone()),
            // Named parameters come in order, too.
            Some(Value::Object(values)) => Ok(values.values().cloned().collect()),
            None if body.as_object().is_some_and(Map::is_empty) => Ok(Vec::new()),
            _ => Err(Exception::bad_request("The body has no list of parameters.")),
        }
    }
}

impl Call {
    /// The id of the object, without which there is nothing to call the method of.
    pub fn id(&self) -> Result<u64, Exception> {
        self.id.ok_or_else(|| {
            Exception::public(format!("{}::{} needs an object.", self.service, self.method))
        })
    }

    /// An argument; null where there is none.
    pub fn argument(&self, at: usize) -> &Value {
        self.arguments.get(at).unwrap_or(&Value::Null)
    }

    /// An argument that is an object.
    pub fn object(&self, at: usize) -> Result<&Value, Exception> {
        let value = self.argument(at);
        if value.is_object() { Ok(value) } else { Err(self.wrong(at, "an object")) }
    }

    /// An argument that is a text.
    pub fn text(&self, at: usize) -> Result<&str, Exception> {
        self.argument(at).as_str().ok_or_else(|| self.wrong(at, "a string"))
    }

    /// An argument that is a list.
    pub fn list(&self, at: usize) -> Result<&Vec<Value>, Exception> {
        self.argument(at).as_array().ok_or_else(|| self.wrong(at, "a list"))
    }

    /// The id of an object that is an argument.
    pub fn reference(&self, at: usize) -> Result<u64, Exception> {
        number(&self.argument(at)["id"]).ok_or_else(|| self.wrong(at, "an object with an id"))
    }

    fn wrong(&self, at: usize, wanted: &str) -> Exception {
        let method = &self.method;
        Exception::invalid(format!("{method}: parameter {} has to be {wanted}.", at + 1))
    }
}

/// A number, which clients may send as a text.
pub fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64().or_else(|| {
            number.as_f64().filter(|it| it.fract() == 0.0 && *it >= 0.0).map(|it| it as u64)
        }),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A flag, which clients may send as a number.
pub fn flag(value: &Value) -> bool {
    match value {
        Value::Bool(flag) => *flag,
        other => number(other).is_some_and(|number| number != 0),
    }
}

/// A text that says something.
pub fn words(value: &Value) -> Option<&str> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// URLs with and without the method's name are the same call.
    #[test]
    fn both_forms_of_a_url_are_read() {
        for (verb, path, wanted) in [
            ("GET", "S/7.json", ("S", Some(7), "getObject", 0)),
            ("GET", "S/7/getObject.json", ("S", Some(7), "getObject", 0)),
            ("GET", "S/7/deleteObject.json", ("S", Some(7), "deleteObject", 0)),
            ("DELETE", "S/7.json", ("S", Some(7), "deleteObject", 0)),
            ("POST", "S.json", ("S", None, "createObject", 0)),
            ("POST", "S/createObject.json", ("S", None, "createObject", 0)),
            ("PUT", "S/7.json", ("S", Some(7), "editObject", 0)),
            ("GET", "S/getAll.json", ("S", None, "getAll", 0)),
            ("GET", "S/7/setX/5.json", ("S", Some(7), "setX", 1)),
            ("GET", "S/setX/5.json", ("S", None, "setX", 1)),
        ] {
            let request = Request { verb: verb.into(), path: path.into(), ..Request::default() };
            let call = request.call().expect(path);
            let read = (call.service.as_str(), call.id, call.method.as_str(), call.arguments.len());
            assert_eq!(read, wanted, "{verb} {path}");
            assert_eq!(request.name(), format!("{}::{}", wanted.0, wanted.2));
        }
    }
}
