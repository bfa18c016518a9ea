//! Certificate and key of the TLS listener.

use crate::settings::{ServeError, TlsSettings};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::Path;
use std::sync::Arc;

/// Reads certificate and key.
pub fn config(settings: &TlsSettings) -> Result<Arc<ServerConfig>, ServeError> {
    let wrong = |path: &Path, reason: String| ServeError::Certificate { path: path.into(), reason };
    let pem = |path: &Path| std::fs::read(path).map_err(|e| wrong(path, e.to_string()));
    let text = pem(&settings.certificate)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let chain = match chain {
        Ok(chain) if !chain.is_empty() => chain,
        _ => return Err(wrong(&settings.certificate, "contains no PEM certificate".into())),
    };
    let key = PrivateKeyDer::from_pem_slice(&pem(&settings.key)?)
        .map_err(|_| wrong(&settings.key, "contains no PEM key".into()))?;
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key));
    let mut config = config.map_err(|e| wrong(&settings.certificate, e.to_string()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
