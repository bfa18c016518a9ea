//! What can go wrong between us and an agent, told apart as far as it helps.

use std::error::Error as _;
use std::io;

/// A message or a blob that did not come through, or was refused.
#[derive(Debug, thiserror::Error)]
#[error("{url}: {what}: {failure}")]
pub struct AgentError {
    /// The bus, without password.
    pub url: String,
    /// The message, or what was sent.
    pub what: String,
    /// Why.
    pub failure: Failure,
}

/// Why: the further down, the further the message came.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The client cannot be made: the CA is invalid.
    #[error("{0}")]
    Setup(String),
    /// The host's name is unknown.
    #[error("the host's name cannot be resolved: {0}")]
    Name(String),
    /// No way to the host, or nobody answers there.
    #[error(
        "the host cannot be reached: {0}; is the VM running, and does a route or firewall stand in the way?"
    )]
    Unreachable(String),
    /// The host refuses the port.
    #[error("the port is closed: the host is up, the agent does not listen (yet)")]
    Refused,
    /// The host shows a certificate that is not trusted.
    #[error("the certificate of the agent is not trusted: {0}")]
    Untrusted(String),
    /// TLS fails otherwise.
    #[error("TLS fails: {0}")]
    Tls(String),
    /// The password is wrong.
    #[error(
        "the agent refuses user or password (401): cloud_provider.mbus and the agent's mbus property must have the same"
    )]
    Unauthorized,
    /// Another status than expected.
    #[error("the agent answers with status {0}")]
    Status(u16),
    /// The connection broke, so that nobody knows what the message did.
    #[error("the answer was lost: {0}")]
    Lost(String),
    /// No answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// The answer cannot be read.
    #[error("the answer is invalid: {0}")]
    Invalid(String),
    /// The agent says that it failed.
    #[error("the agent says: {0}")]
    Exception(String),
    /// A file of ours cannot be read or written.
    #[error("{0}")]
    File(io::Error),
    /// Whoever waits was told to stop.
    #[error("interrupted")]
    Interrupted,
}

impl AgentError {
    /// Whether no later try can succeed: the certificate or the password is wrong.
    pub fn is_final(&self) -> bool {
        matches!(self.failure, Failure::Setup(_) | Failure::Untrusted(_) | Failure::Unauthorized)
    }

    /// Whether the agent was reached, and answered that it failed.
    pub fn is_exception(&self) -> bool {
        matches!(self.failure, Failure::Exception(_))
    }

    /// Whether whoever waits was told to stop.
    pub fn is_interruption(&self) -> bool {
        matches!(self.failure, Failure::Interrupted)
    }

    /// Whether the agent does not know the message: older ones lack some.
    pub fn is_unknown_message(&self) -> bool {
        matches!(&self.failure, Failure::Exception(text) if text.contains("unknown message"))
    }

    /// Whether it may be sent again, as a poll may: something went wrong on the way.
    pub(crate) fn may_heal(&self) -> bool {
        !self.is_final() && !self.is_exception() && !self.is_interruption()
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        let causes = causes(&error);
        if let Some(tls) = find::<rustls::Error>(&error) {
            return match tls {
                rustls::Error::InvalidCertificate(why) => Self::Untrusted(why.to_string()),
                other => Self::Tls(other.to_string()),
            };
        }
        if error.is_connect() {
            if causes.contains("dns error") || causes.contains("lookup address") {
                return Self::Name(causes);
            }
            return match find::<io::Error>(&error).map(io::Error::kind) {
                Some(io::ErrorKind::ConnectionRefused) => Self::Refused,
                Some(io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof) => {
                    Self::Tls(causes)
                }
                _ => Self::Unreachable(causes),
            };
        }
        if error.is_timeout() { Self::TimedOut } else { Self::Lost(causes) }
    }
}

/// A cause of this type, also where an I/O error hides it.
fn find<T: std::error::Error + 'static>(error: &reqwest::Error) -> Option<&T> {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(found) = cause.downcast_ref::<T>() {
            return Some(found);
        }
        let mut inner = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        while let Some(hidden) = inner {
            if let Some(found) = hidden.downcast_ref::<T>() {
                return Some(found);
            }
            inner = hidden.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        }
        source = cause.source();
    }
    None
}

/// The causes without the outermost, which only says that there was one.
fn causes(error: &reqwest::Error) -> String {
    let mut texts: Vec<String> = Vec::new();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if !texts.iter().any(|known| known.contains(&text)) {
            texts.push(text);
        }
        source = cause.source();
    }
    if texts.is_empty() { error.to_string() } else { texts.join(": ") }
}
