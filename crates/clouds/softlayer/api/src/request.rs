//! From a call to an HTTP request, without I/O.

use crate::call::Call;
use crate::error::Error;
use crate::field::Field;
use crate::settings::Credentials;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use cloud_http::{Effect, Secret, reveal};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

/// A call, ready to be sent any number of times.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The call, for people.
    pub name: &'static str,
    /// What it does to the cloud.
    pub effect: Effect,
    verb: Method,
    /// `SoftLayer_Virtual_Guest/7/setTags.json`.
    path: String,
    /// `objectMask`, `objectFilter`, `resultLimit`.
    query: Vec<(&'static str, String)>,
    /// The arguments as JSON; none for a method without.
    body: Option<Secret>,
    /// What nobody may see of it.
    pub(crate) secrets: Vec<Secret>,
    /// What is being waited for, if it is asked again and again.
    pub(crate) poll: Option<String>,
}

impl Prepared {
    /// A call whose answer is read as `View`, and which asks for no more than that.
    pub fn of<C: Call, View: Field>(call: &C) -> Result<Self, Error> {
        let unusable = |reason: &str| Error::Unusable { call: C::NAME, reason: reason.into() };
        let (mut id, mut arguments) = (None, Vec::new());
        for (name, value) in call.entries() {
            match name.as_str() {
                "id" => id = value.as_u64(),
                _ => arguments.push(value),
            }
        }
        if id == Some(0) {
            return Err(unusable("id is 0"));
        }
        let (verb, path) = route(C::SERVICE, id, C::METHOD, arguments.is_empty());
        let body = json!({ "parameters": arguments });
        let mut secrets = Vec::new();
        call.secrets(&mut secrets);
        let mut query = Vec::new();
        // Of calls that only read: were a mask refused, the answer to something done would be lost.
        if let Some(mask) = C::mask::<View>().filter(|_| C::EFFECT == Effect::Read) {
            query.push(("objectMask", mask));
        }
        Ok(Self {
            name: C::NAME,
            effect: C::EFFECT,
            verb,
            path,
            query,
            body: (!arguments.is_empty()).then(|| body.to_string().into()),
            secrets: secrets.into_iter().map(Secret::from).collect(),
            poll: None,
        })
    }

    /// Sets a query parameter, in place of what it was.
    pub(crate) fn set(&mut self, name: &'static str, value: String) {
        self.query.retain(|(known, _)| *known != name);
        self.query.push((name, value));
    }

    /// The arguments, as they are sent. They may hold secrets.
    pub fn arguments(&self) -> Value {
        let body = self.body.as_ref().and_then(|body| serde_json::from_str(reveal(body)).ok());
        body.map_or(Value::Null, |body: Value| body["parameters"].clone())
    }

    /// The request. Credentials go into a header and arguments into the body, so that nothing in
    /// the URL is secret.
    pub fn request(
        &self,
        endpoint: &str,
        credentials: &Credentials,
    ) -> Result<http::Request<Bytes>, Error> {
        let mut uri = format!("{}/{}", endpoint.trim_end_matches('/'), self.path);
        for (i, (name, value)) in self.query.iter().enumerate() {
            uri.push(if i == 0 { '?' } else { '&' });
            uri.push_str(name);
            uri.push('=');
            uri.extend(utf8_percent_encode(value, NON_ALPHANUMERIC));
        }
        let mut request = http::Request::builder()
            .method(self.verb.clone())
            .uri(uri)
            .header(ACCEPT, "application/json")
            .header(AUTHORIZATION, authorization(credentials)?);
        if self.body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let body = self.body.as_ref().map(|body| Bytes::from(reveal(body).to_owned()));
        request
            .body(body.unwrap_or_default())
            .map_err(|e| Error::Settings(format!("api_endpoint: {e}")))
    }
}

/// Verb and path: the object methods have verbs of their own, others are a POST with arguments and
/// a GET without.
fn route(service: &str, id: Option<u64>, method: &str, bare: bool) -> (Method, String) {
    let object = match id {
        Some(id) => format!("{service}/{id}"),
        None => service.to_owned(),
    };
    match method {
        "getObject" => (Method::GET, format!("{object}.json")),
        "createObject" => (Method::POST, format!("{object}.json")),
        "editObject" => (Method::PUT, format!("{object}.json")),
        "deleteObject" => (Method::DELETE, format!("{object}.json")),
        method => {
            let verb = if bare { Method::GET } else { Method::POST };
            (verb, format!("{object}/{method}.json"))
        }
    }
}

fn authorization(credentials: &Credentials) -> Result<HeaderValue, Error> {
    let text = match credentials {
        Credentials::Key { username, api_key } => {
            let pair = STANDARD.encode(format!("{username}:{}", reveal(api_key)));
            format!("Basic {pair}")
        }
        Credentials::Token(token) => format!("Bearer {}", reveal(token)),
    };
    let mut value = HeaderValue::from_str(&text)
        .map_err(|_| Error::Settings("api_key: holds what no header can hold".into()))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{account, virtual_guest};

    fn sent(prepared: &Prepared) -> http::Request<Bytes> {
        let keys = Credentials::Key { username: "apikey".into(), api_key: "k:y".into() };
        prepared.request("https://api.example/rest/v3.1/", &keys).unwrap()
    }

    fn prepared<C: Call>(call: &C) -> Prepared {
        Prepared::of::<C, C::Answer>(call).unwrap()
    }

    #[test]
    fn arguments_go_into_the_body_and_the_id_into_the_path() {
        let call = virtual_guest::SetTags { id: 7, tags: "a,b".into() };
        let request = sent(&prepared(&call));
        assert_eq!(request.method(), Method::POST);
        assert_eq!(
            request.uri(),
            "https://api.example/rest/v3.1/SoftLayer_Virtual_Guest/7/setTags.json"
        );
        assert_eq!(request.body(), r#"{"parameters":["a,b"]}"#);
        assert_eq!(request.headers()[AUTHORIZATION], "Basic YXBpa2V5Oms6eQ==");
    }

    #[test]
    fn object_methods_have_verbs_of_their_own() {
        let path = |request: &http::Request<Bytes>| request.uri().path().to_owned();
        let request = sent(&prepared(&virtual_guest::DeleteObject { id: 7 }));
        let expected = "/rest/v3.1/SoftLayer_Virtual_Guest/7.json";
        assert_eq!((request.method(), path(&request)), (&Method::DELETE, expected.into()));
        let request = sent(&prepared(&virtual_guest::GetObject { id: 7 }));
        assert_eq!((request.method(), path(&request)), (&Method::GET, expected.into()));
        assert!(request.body().is_empty());
        let request = sent(&prepared(&virtual_guest::RebootSoft { id: 7 }));
        assert_eq!(request.method(), Method::GET);
        assert_eq!(path(&request), "/rest/v3.1/SoftLayer_Virtual_Guest/7/rebootSoft.json");
    }

    #[test]
    fn the_mask_is_that_of_the_answer() {
        let request = sent(&prepared(&account::GetCurrentUser {}));
        let query = request.uri().query().unwrap();
        let decoded = percent_encoding::percent_decode_str(query).decode_utf8().unwrap();
        assert_eq!(decoded, "objectMask=mask[id,accountId,username,email]");
    }

    #[test]
    fn a_token_is_a_bearer_and_nothing_secret_is_printed() {
        let call = virtual_guest::SetUserMetadata { id: 7, metadata: vec!["hush-hush".into()] };
        let prepared = prepared(&call);
        let token = Credentials::Token("the-token".into());
        let request = prepared.request("https://api.example", &token).unwrap();
        assert_eq!(request.headers()[AUTHORIZATION], "Bearer the-token");
        assert_eq!(request.body(), r#"{"parameters":[["hush-hush"]]}"#);
        let printed = format!("{call:?} {prepared:?} {token:?} {:?}", request.headers());
        assert!(!printed.contains("hush") && !printed.contains("the-token"), "{printed}");
    }

    /// What a sub-type alone has is refused without a cast to it.
    #[test]
    fn properties_of_a_sub_type_are_asked_for_by_a_cast() {
        let request = sent(&prepared(&account::GetHardware {}));
        let query = request.uri().query().unwrap();
        let decoded = percent_encoding::percent_decode_str(query).decode_utf8().unwrap();
        assert!(decoded.starts_with("objectMask=mask(SoftLayer_Hardware_Server)[id,"), "{decoded}");
    }

    /// An id of 0 would speak of the whole service, or of nothing.
    #[test]
    fn no_id_is_refused() {
        let call = virtual_guest::DeleteObject { id: 0 };
        let error = Prepared::of::<_, bool>(&call).unwrap_err().to_string();
        assert_eq!(error, "SoftLayer_Virtual_Guest::deleteObject: id is 0");
    }
}
