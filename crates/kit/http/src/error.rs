//! Why no answer came, and what that tells.

use crate::tls_fault::TlsFault;
use std::error::Error as _;
use std::io;

/// Why no answer came, and whether the request may have arrived. Never holds a URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It certainly never left: no connection, or none in time.
    #[error("no connection: {0}")]
    NotSent(String),
    /// It certainly never left: the other side could not prove who it is, or TLS did not come
    /// about otherwise. With the words of the TLS library.
    #[error("no trusted connection: {0} ({1})")]
    Untrusted(TlsFault, String),
    /// It certainly never left: the settings make no client.
    #[error("{0}")]
    Setup(String),
    /// It left, or may have: connection reset, half an answer.
    #[error("the answer was lost: {0}")]
    MaybeSent(String),
    /// The deadline passed while waiting for the answer.
    #[error("no answer in time")]
    TimedOut,
    /// The answer is larger than this many bytes.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
}

impl SendError {
    /// Whether the request certainly had no effect.
    pub fn certainly_not_sent(&self) -> bool {
        matches!(self, Self::NotSent(_) | Self::Untrusted(..) | Self::Setup(_))
    }
}

/// What was wrong with the certificate or the TLS handshake, if it was that.
pub(crate) fn tls_fault(error: &reqwest::Error) -> Option<TlsFault> {
    let mut source = error.source();
    while let Some(error) = source {
        // An I/O error hides what it wraps from `source`, and may wrap another.
        let mut inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        while let Some(error) = inner {
            if let Some(error) = error.downcast_ref::<rustls::Error>() {
                return Some(TlsFault::of(error));
            }
            inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        }
        source = error.source();
    }
    None
}

/// The causes, with what they mean where the other side did not answer in HTTP at all.
pub(crate) fn not_http(error: &reqwest::Error) -> String {
    let causes = causes(error);
    let meaning = STRANGE_ANSWERS.iter().find(|(words, _)| causes.contains(words));
    match meaning {
        Some((_, meaning)) => format!("{causes}; {meaning}"),
        None => causes,
    }
}

/// How hyper says that it got something else than HTTP, such as a TLS alert, and what that means.
const STRANGE_ANSWERS: &[(&str, &str)] = &[
    ("invalid HTTP version parsed", "does this port speak TLS (https), or not HTTP?"),
    ("invalid HTTP header parsed", "does this port speak TLS (https), or not HTTP?"),
    ("tunnel error: unsuccessful", "the proxy refuses this host, or does it speak TLS (https)?"),
];

/// The causes of an error without the outermost, which only says that there was one.
pub(crate) fn causes(error: &reqwest::Error) -> String {
    let mut texts: Vec<String> = Vec::new();
    let mut source = error.source();
    while let Some(error) = source {
        let text = error.to_string();
        // Many wrappers repeat what they wrap.
        if !texts.iter().any(|known| known.contains(&text)) {
            texts.push(text);
        }
        source = error.source();
    }
    if texts.is_empty() {
        texts.push(error.to_string());
    }
    texts.join(": ")
}
