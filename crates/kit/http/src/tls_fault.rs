//! Why a TLS connection did not come about, as far as the handshake shows it.

use rustls::{AlertDescription, CertificateError, Error};

/// Why a TLS connection did not come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsFault {
    /// The certificate has expired.
    Expired,
    /// The certificate is not valid yet.
    NotYetValid,
    /// The certificate is for another host.
    WrongHost,
    /// Nobody who is trusted has signed the certificate; or it is signed by itself.
    UnknownIssuer,
    /// The certificate was revoked.
    Revoked,
    /// The other side speaks only versions or ciphers of TLS that are not safe any more.
    OldProtocol,
    /// The other side does not speak TLS.
    NotTls,
    /// The other side asks for a certificate of ours.
    ClientCertificate,
    /// Something else.
    Other,
}

impl TlsFault {
    /// What a rustls error is about.
    pub(crate) fn of(error: &Error) -> Self {
        match error {
            Error::InvalidCertificate(error) => Self::of_certificate(error),
            Error::InvalidMessage(_) => Self::NotTls,
            Error::PeerIncompatible(_) => Self::OldProtocol,
            Error::AlertReceived(alert) => match alert {
                AlertDescription::ProtocolVersion
                | AlertDescription::HandshakeFailure
                | AlertDescription::InsufficientSecurity => Self::OldProtocol,
                AlertDescription::CertificateRequired => Self::ClientCertificate,
                _ => Self::Other,
            },
            _ => Self::Other,
        }
    }

    fn of_certificate(error: &CertificateError) -> Self {
        match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Self::NotYetValid
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Self::WrongHost
            }
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Self::UnknownIssuer,
            CertificateError::Revoked => Self::Revoked,
            // A CA's certificate as the server's own, as people make it with openssl.
            CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
                Self::UnknownIssuer
            }
            _ => Self::Other,
        }
    }

    /// What the operator can do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Expired => "the server needs a new certificate; is this machine's clock right?",
            Self::NotYetValid => "is this machine's clock right?",
            Self::WrongHost => {
                "use the host name that the server's certificate is for, or put the certificate \
                 itself into ca_cert"
            }
            Self::UnknownIssuer => {
                "put the certificate of the CA, or the server's own if it is self-signed, into \
                 ca_cert; skip_verify_ssl trusts anybody"
            }
            Self::Revoked => "the server needs a new certificate",
            Self::OldProtocol => "the server must speak TLS 1.2 or 1.3",
            Self::NotTls => "does this port speak http instead of https?",
            Self::ClientCertificate => "certificates of clients are not supported",
            Self::Other => "see the server's TLS settings, and any proxy on the way",
        }
    }
}

impl std::fmt::Display for TlsFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Expired => "the certificate has expired",
            Self::NotYetValid => "the certificate is not valid yet",
            Self::WrongHost => "the certificate is for another host",
            Self::UnknownIssuer => "the certificate is self-signed, or of an unknown CA",
            Self::Revoked => "the certificate was revoked",
            Self::OldProtocol => "no common version of TLS",
            Self::NotTls => "the server does not speak TLS",
            Self::ClientCertificate => "the server wants a client certificate",
            Self::Other => "the TLS handshake failed",
        })
    }
}
