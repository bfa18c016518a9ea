//! Whom a TLS connection trusts.

use crate::settings::{Tls, TransportError};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use rustls_platform_verifier::Verifier;
use std::sync::Arc;

/// Which certificates are trusted.
#[derive(Debug, Clone, Copy)]
pub enum Roots<'r> {
    /// The system's, and these PEM certificates.
    System(Option<&'r str>),
    /// These PEM certificates only.
    Only(&'r str),
}

impl Tls {
    /// The TLS client for these settings. The error begins with the setting's name.
    pub fn client_config(&self) -> Result<ClientConfig, TransportError> {
        if self.skip_verify {
            return config(Arc::new(Anybody(provider())));
        }
        client_config(Roots::System(self.ca_cert.as_deref()), true)
    }
}

/// A TLS client that trusts these roots; with `names` a certificate must also be for the name of
/// the host. A certificate that is itself among the roots is trusted as it is: what `openssl req
/// -x509` makes is its own CA, often without any name of a host in it.
pub fn client_config(roots: Roots<'_>, names: bool) -> Result<ClientConfig, TransportError> {
    let pem = match roots {
        Roots::System(pem) => pem,
        Roots::Only(pem) => Some(pem),
    };
    let pinned = certificates(pem)?;
    let wrong = |e: &dyn std::fmt::Display| {
        let setting = if pinned.is_empty() { "" } else { "ca_cert: " };
        TransportError(format!("{setting}{e}"))
    };
    let chain: Arc<dyn ServerCertVerifier> = match roots {
        Roots::System(_) => {
            let verifier = Verifier::new_with_extra_roots(pinned.clone(), provider());
            Arc::new(verifier.map_err(|e| wrong(&e))?)
        }
        Roots::Only(_) => {
            let mut store = RootCertStore::empty();
            for certificate in &pinned {
                store.add(certificate.clone()).map_err(|e| wrong(&e))?;
            }
            let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider());
            builder.build().map_err(|e| wrong(&e))?
        }
    };
    config(Arc::new(Trusted { chain, pinned, names }))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn config(verifier: Arc<dyn ServerCertVerifier>) -> Result<ClientConfig, TransportError> {
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|e| TransportError(e.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(config)
}

/// The certificates of a PEM text.
pub(crate) fn certificates(
    pem: Option<&str>,
) -> Result<Vec<CertificateDer<'static>>, TransportError> {
    let Some(pem) = pem else { return Ok(Vec::new()) };
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|_| TransportError("ca_cert: not PEM certificates".into()))?;
    if certificates.is_empty() {
        return Err(TransportError("ca_cert: holds no PEM certificate".into()));
    }
    Ok(certificates)
}

/// Trusts what a chain leads to, and what is pinned.
#[derive(Debug)]
struct Trusted {
    chain: Arc<dyn ServerCertVerifier>,
    pinned: Vec<CertificateDer<'static>>,
    names: bool,
}

impl ServerCertVerifier for Trusted {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.chain.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        match verified {
            Err(Error::InvalidCertificate(error)) if is_about_name(&error) && !self.names => {
                Ok(ServerCertVerified::assertion())
            }
            // Whoever holds its key is who was meant, whatever the certificate says of itself;
            // but not for ever.
            Err(Error::InvalidCertificate(error))
                if self.pinned.iter().any(|pinned| pinned == end_entity)
                    && !is_about_time(&error) =>
            {
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}

/// Whether a certificate is for another host. It is looked at last, when the chain is right.
fn is_about_name(error: &CertificateError) -> bool {
    use CertificateError::{NotValidForName, NotValidForNameContext};
    matches!(error, NotValidForName | NotValidForNameContext { .. })
}

fn is_about_time(error: &CertificateError) -> bool {
    use CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
    matches!(error, Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. })
}

/// Trusts anybody (`skip_verify_ssl`).
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The setting is named before anything is sent.
    #[test]
    fn a_bad_ca_is_named() {
        for text in ["", "hello", "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n"] {
            let error = certificates(Some(text)).unwrap_err().to_string();
            assert!(error.starts_with("ca_cert:"), "{text:?}: {error}");
        }
    }
}
