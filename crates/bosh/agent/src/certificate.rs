//! Whether we shall trust the agent's certificate, found out before there is a VM.

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{InconsistentKeys, RootCertStore};
use std::sync::Arc;

/// A certificate with its key, as `env.bosh.mbus.cert` has them.
#[derive(Clone, Copy)]
pub struct Identity<'a> {
    /// PEM; the agent's own certificate comes first.
    pub certificate: &'a str,
    /// PEM.
    pub private_key: &'a str,
}

/// Why the agent's certificate will not be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateProblem {
    /// Something is not PEM.
    #[error("{0} is not valid PEM")]
    NotPem(&'static str),
    /// The key is another certificate's.
    #[error("env.bosh.mbus.cert: private_key does not belong to certificate")]
    OtherKey,
    /// The key cannot be used.
    #[error("env.bosh.mbus.cert.private_key cannot be used: {0}")]
    Key(String),
    /// The host of `cloud_provider.mbus` is neither a name nor an address.
    #[error("cloud_provider.mbus: '{0}' is not a host")]
    Host(String),
    /// A client that trusts the CA would refuse it for this host, now.
    #[error(
        "env.bosh.mbus.cert will not be trusted by cloud_provider.cert.ca for host '{host}': {reason}"
    )]
    Untrusted {
        /// The host of `cloud_provider.mbus`.
        host: String,
        /// Why.
        reason: String,
    },
}

/// Checks that the certificate fits its key, is of the CA, is valid now, and names the host; just
/// as the client will.
///
/// # Errors
/// The first that does not fit.
pub fn check_certificate(
    ca: &str,
    identity: Identity<'_>,
    host: &str,
) -> Result<(), CertificateProblem> {
    let authorities = certificates(ca, "cloud_provider.cert.ca")?;
    let chain = certificates(identity.certificate, "env.bosh.mbus.cert.certificate")?;
    // The parser's error may hold what it read.
    let key = PrivateKeyDer::from_pem_slice(identity.private_key.as_bytes())
        .map_err(|_| CertificateProblem::NotPem("env.bosh.mbus.cert.private_key"))?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let key = provider.key_provider.load_private_key(key);
    let key = key.map_err(|error| CertificateProblem::Key(error.to_string()))?;
    match CertifiedKey::new(chain.clone(), key).keys_match() {
        Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => {}
        Err(_) => return Err(CertificateProblem::OtherKey),
    }
    let untrusted =
        |reason: String| CertificateProblem::Untrusted { host: host.to_owned(), reason };
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        roots.add(authority).map_err(|error| untrusted(error.to_string()))?;
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
    let verifier = verifier.map_err(|error| untrusted(error.to_string()))?;
    let name = ServerName::try_from(host.to_owned());
    let name = name.map_err(|_| CertificateProblem::Host(host.to_owned()))?;
    let verified = verifier.verify_server_cert(&chain[0], &chain[1..], &name, &[], UnixTime::now());
    match verified {
        Ok(_) => Ok(()),
        Err(rustls::Error::InvalidCertificate(why)) => Err(untrusted(why.to_string())),
        Err(error) => Err(untrusted(error.to_string())),
    }
}

fn certificates(
    pem: &str,
    what: &'static str,
) -> Result<Vec<CertificateDer<'static>>, CertificateProblem> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    let read = read.map_err(|_| CertificateProblem::NotPem(what))?;
    if read.is_empty() { Err(CertificateProblem::NotPem(what)) } else { Ok(read) }
}
