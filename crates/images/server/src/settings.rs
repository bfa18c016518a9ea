//! The settings of a server, and what may be wrong with them.

use cloud_http::Secret;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The settings of a server.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The folder of the images; made if it is not there.
    pub folder: PathBuf,
    /// Where to listen without TLS.
    pub listen: Option<SocketAddr>,
    /// Where to listen with TLS. Files are published there only, then.
    pub tls: Option<TlsSettings>,
    /// Who may publish.
    pub user: String,
    /// Their password.
    pub password: Secret,
    /// By which URL clouds reach the server: what links begin with. Without, whoever publishes
    /// is told the path only.
    pub public_url: Option<String>,
    /// What is kept, and how long.
    pub limits: Limits,
}

/// TLS.
#[derive(Debug, Clone)]
pub struct TlsSettings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// A PEM file with the certificate, and those between it and its CA.
    pub certificate: PathBuf,
    /// A PEM file with its key.
    pub key: PathBuf,
}

/// What is kept, and how long.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Files that are older are removed.
    pub age: Duration,
    /// The bytes of all files together. The oldest ones make room for a new one.
    pub bytes: Option<u64>,
    /// A file that is younger makes room for none: somebody may be about to fetch it.
    pub keep: Duration,
    /// The longest that a link is good.
    pub link: Duration,
    /// How often what is too old is looked for.
    pub sweep: Duration,
    /// How long transfers may go on once the server is to stop.
    pub grace: Duration,
    /// How long a client may take to send the headers of a request.
    pub headers: Duration,
    /// How long a client may take nothing of an answer.
    pub write: Duration,
    /// How many connections there may be at once. Default: a third of the file descriptors that
    /// the process may have, at most 512.
    pub connections: Option<usize>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            age: Duration::from_secs(7 * 24 * 3600),
            bytes: None,
            keep: Duration::from_secs(3600),
            link: Duration::from_secs(24 * 3600),
            sweep: Duration::from_secs(60),
            grace: Duration::from_secs(30),
            headers: Duration::from_secs(10),
            write: Duration::from_secs(60),
            connections: None,
        }
    }
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A setting is missing, or makes no sense.
    #[error("{name}: {reason}")]
    Setting {
        /// The setting, as the command line has it.
        name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The folder, or something in it, cannot be used.
    #[error("{path}: {reason}")]
    Folder {
        /// What.
        path: PathBuf,
        /// Why not.
        reason: io::Error,
    },
    /// Another server uses the folder.
    #[error("{0}: another image server uses this folder")]
    InUse(PathBuf),
    /// The certificate or its key is invalid.
    #[error("{path}: {reason}")]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        reason: io::Error,
    },
}

impl Settings {
    pub(crate) fn check(&self) -> Result<(), ServeError> {
        let wrong = |name, reason: &str| Err(ServeError::Setting { name, reason: reason.into() });
        if self.listen.is_none() && self.tls.is_none() {
            return wrong("listen", "--listen, --listen-tls or both are required");
        }
        if self.user.is_empty() || self.user.contains(':') {
            return wrong("user", "must not be empty, nor contain a ':'");
        }
        if cloud_http::reveal(&self.password).len() < SHORTEST_PASSWORD {
            return wrong(
                "password",
                "must have at least 12 characters: it guards the images that VMs are made of",
            );
        }
        match &self.public_url {
            Some(url) if !(url.starts_with("http://") || url.starts_with("https://")) => {
                wrong("public-url", "expected something like https://images.example.com:8443")
            }
            _ if self.limits.connections == Some(0) => wrong("connections", "must be 1 or more"),
            _ => Ok(()),
        }
    }
}

const SHORTEST_PASSWORD: usize = 12;
