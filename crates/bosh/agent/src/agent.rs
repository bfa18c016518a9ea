//! An agent, as far as one message goes.

use crate::client::{self, Exchange};
use crate::{AgentError, Failure, Mbus};
use reqwest::{Client, Method};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// The largest answer to a message.
const LARGEST: usize = 64 << 20;

/// An agent at the other end of a message bus. Its calls block.
#[derive(Debug)]
pub struct Agent {
    pub(crate) mbus: Mbus,
    pub(crate) client: Client,
    pub(crate) runtime: Runtime,
    reply_to: String,
}

#[derive(Deserialize)]
struct Answer {
    value: Option<Value>,
    exception: Option<Exception>,
}

#[derive(Deserialize)]
struct Exception {
    #[serde(default)]
    message: String,
}

impl Agent {
    /// Talks to the bus at `mbus`, which has to prove who it is by a certificate of `ca`; without
    /// a CA every certificate is taken, as the CLI does. `director` is what messages say under
    /// `reply_to`; `proxy` leads to the VM (`socks5://…`), proxies of the environment do not.
    ///
    /// # Errors
    /// `Setup`.
    pub fn new(
        mbus: &Mbus,
        ca: Option<&str>,
        proxy: Option<&str>,
        director: &str,
    ) -> Result<Self, AgentError> {
        let failed = |failure| AgentError { url: mbus.shown(), what: "TLS".into(), failure };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Ok(Self {
            mbus: mbus.clone(),
            client: client::new(ca, proxy).map_err(failed)?,
            runtime: runtime.map_err(|error| failed(Failure::File(error)))?,
            reply_to: director.to_owned(),
        })
    }

    /// The URL of the bus, without password.
    pub fn shown(&self) -> String {
        self.mbus.shown()
    }

    /// Sends one message: the value that is answered. A long task answers with its id; see
    /// [`Agent::run`].
    ///
    /// # Errors
    /// Whatever stands between us and an answer, and `Exception`.
    pub fn ask(&self, method: &str, arguments: Value) -> Result<Value, AgentError> {
        tracing::debug!(method, "message to the agent");
        let message = json!({"method": method, "arguments": arguments, "reply_to": self.reply_to});
        let exchange = self.exchange(method);
        let body = self.runtime.block_on(async {
            let body = Some(message.to_string().into());
            let url = self.mbus.messages();
            let response = exchange.send(Method::POST, url, body, &[200]).await?;
            exchange.read(response, LARGEST).await
        })?;
        let invalid = |error: serde_json::Error| {
            // The parser's words could quote a secret.
            exchange.failed(Failure::Invalid(format!("not JSON (column {})", error.column())))
        };
        let answer: Answer = serde_json::from_slice(&body).map_err(invalid)?;
        match (answer.exception, answer.value) {
            (Some(exception), _) => Err(exchange.failed(Failure::Exception(exception.message))),
            (None, value) => Ok(value.unwrap_or_default()),
        }
    }

    pub(crate) fn exchange<'a>(&'a self, what: &'a str) -> Exchange<'a> {
        Exchange { mbus: &self.mbus, client: &self.client, what }
    }
}
