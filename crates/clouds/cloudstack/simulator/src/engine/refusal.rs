//! What the cloud answers when it does not do what it was asked.

use serde_json::{Value, json};

/// A refusal of the cloud, of a call or of a job.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {text}")]
pub struct Refusal {
    /// HTTP status and `errorcode`.
    pub code: u16,
    /// `cserrorcode`: which Java exception it was. None where CloudStack's servlet speaks.
    pub cs: Option<u16>,
    /// `errortext`.
    pub text: String,
    /// Ids that the text speaks of, and what they are.
    pub about: Vec<(String, String)>,
}

impl Refusal {
    /// A refusal with a code of CloudStack's (`cloudstack-api` 1.6).
    pub fn new(code: u16, cs: u16, text: impl Into<String>) -> Self {
        Self { code, cs: Some(cs), text: text.into(), about: Vec::new() }
    }

    /// 401: who calls is unknown, or the signature is wrong.
    pub fn unauthorized() -> Self {
        let text = "unable to verify user credentials and/or request signature";
        Self { code: 401, cs: None, text: text.into(), about: Vec::new() }
    }

    /// 431 from reading the parameters (cserrorcode 9999).
    pub fn parameter(text: impl Into<String>) -> Self {
        Self::new(431, 9999, text)
    }

    /// 431 from the service behind (cserrorcode 4350): the value does not fit the state.
    pub fn invalid(text: impl Into<String>) -> Self {
        Self::new(431, 4350, text)
    }

    /// 432: not with this cloud, or not with this thing.
    pub fn unsupported(text: impl Into<String>) -> Self {
        Self::new(432, 9999, text)
    }

    /// 530: CloudStack's catch-all (CloudRuntimeException).
    pub fn internal(text: impl Into<String>) -> Self {
        Self::new(530, 4250, text)
    }

    /// 531: not yours.
    pub fn denied(text: impl Into<String>) -> Self {
        Self::new(531, 4365, text)
    }

    /// 533: no room (host or storage).
    pub fn capacity(text: impl Into<String>) -> Self {
        Self::new(533, 4335, text)
    }

    /// 535: an account's limit.
    pub fn limit(text: impl Into<String>) -> Self {
        Self::new(535, 4370, text)
    }

    /// The same, naming an entity in `uuidList`.
    pub fn about(mut self, id: impl Into<String>, what: impl Into<String>) -> Self {
        self.about.push((id.into(), what.into()));
        self
    }

    /// The body of a call's error answer.
    pub fn body(&self) -> Value {
        let about: Vec<Value> =
            self.about.iter().map(|(id, what)| json!({"uuid": id, "description": what})).collect();
        let mut body = json!({"uuidList": about, "errorcode": self.code});
        if let Some(cs) = self.cs {
            body["cserrorcode"] = cs.into();
        }
        body["errortext"] = self.text.as_str().into();
        body
    }

    /// The same as a job tells it: some codes become 530 on the way.
    pub fn in_job(self) -> Self {
        match self.code {
            531 | 536 | 537 => Self { code: 530, ..self },
            _ => self,
        }
    }

    /// The `jobresult` of a failed job: no cserrorcode.
    pub fn job_result(&self) -> Value {
        json!({"errorcode": self.code, "errortext": self.text})
    }
}
