//! Who is trusted with the keys.

use crate::scripted::{Reply, Server};
use bytes::Bytes;
use cloud_http::{Deadline, Proxy, SendError, Tls, TlsFault, Transport, TransportSettings};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

/// A cloud whose certificate, for `name`, is signed by its own CA; and that CA as PEM.
async fn cloud(name: &str) -> (Server, String) {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new([name.to_string()]).unwrap();
    let certificate = params.signed_by(&key, &ca).unwrap();
    let acceptor = acceptor(&certificate, key);
    (Server::start_tls([Reply::json(200, "{}")], acceptor).await, ca.pem())
}

fn acceptor(certificate: &Certificate, key: KeyPair) -> TlsAcceptor {
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.into())
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// A cloud whose certificate nobody but itself has signed, and that certificate as PEM.
async fn self_signed(change: impl FnOnce(&mut CertificateParams)) -> (Server, String) {
    let mut params = CertificateParams::new([]).unwrap();
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let acceptor = acceptor(&certificate, key);
    (Server::start_tls([Reply::json(200, "{}")], acceptor).await, certificate.pem())
}

/// What was wrong with the connection.
fn fault(result: Result<u16, SendError>) -> TlsFault {
    match result {
        Err(SendError::Untrusted(fault, _)) => fault,
        other => panic!("{other:?}"),
    }
}

async fn send(server: &Server, tls: Tls) -> Result<u16, SendError> {
    send_to(&format!("https://localhost:{}/client/api", server.address.port()), tls).await
}

async fn send_to(url: &str, tls: Tls) -> Result<u16, SendError> {
    let transport = Transport::new(TransportSettings { tls, ..Default::default() }).unwrap();
    let request = http::Request::post(url).body(Bytes::from_static(b"apikey=x")).unwrap();
    let deadline = Deadline::after(Duration::from_secs(30));
    transport.send(request, deadline).await.map(|answer| answer.status().as_u16())
}

#[tokio::test]
async fn a_cloud_is_trusted_by_its_ca() {
    let (server, ca) = cloud("localhost").await;
    assert_eq!(send(&server, Tls { ca_cert: Some(ca), skip_verify: false }).await, Ok(200));
}

#[tokio::test]
async fn an_unknown_ca_gets_no_byte() {
    let (server, _) = cloud("localhost").await;
    assert_eq!(fault(send(&server, Tls::default()).await), TlsFault::UnknownIssuer);
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn another_name_gets_no_byte() {
    let (server, ca) = cloud("other.example").await;
    let tls = Tls { ca_cert: Some(ca), skip_verify: false };
    assert_eq!(fault(send(&server, tls).await), TlsFault::WrongHost);
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn verification_can_be_skipped() {
    let (server, _) = cloud("other.example").await;
    assert_eq!(send(&server, Tls { ca_cert: None, skip_verify: true }).await, Ok(200));
}

#[tokio::test]
async fn https_to_a_plain_port_was_certainly_not_sent() {
    let plain = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/client/api", plain.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = plain.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 No TLS here\r\n\r\n").await.unwrap();
    });
    assert_eq!(fault(send_to(&url, Tls::default()).await), TlsFault::NotTls);
}

/// `openssl req -x509` makes a certificate that is its own CA and names no host: people put that
/// into ca_cert. Without it, or with another one there, nobody is trusted.
#[tokio::test]
async fn a_self_signed_certificate_in_ca_cert_is_trusted() {
    let as_ca = |params: &mut CertificateParams| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    };
    let (server, own) = self_signed(as_ca).await;
    assert_eq!(fault(send(&server, Tls::default()).await), TlsFault::UnknownIssuer);
    let (_, other) = self_signed(as_ca).await;
    let tls = Tls { ca_cert: Some(other), skip_verify: false };
    assert_eq!(fault(send(&server, tls).await), TlsFault::UnknownIssuer);
    let tls = Tls { ca_cert: Some(own), skip_verify: false };
    assert_eq!(send(&server, tls).await, Ok(200));

    let (server, own) = self_signed(|_| ()).await;
    let tls = Tls { ca_cert: Some(own), skip_verify: false };
    assert_eq!(send(&server, tls).await, Ok(200));
}

/// A certificate that has run out is told from one of an unknown CA: the remedies differ.
#[tokio::test]
async fn an_expired_certificate_is_named() {
    let expired = |params: &mut CertificateParams| {
        params.subject_alt_names =
            CertificateParams::new(["localhost".to_owned()]).unwrap().subject_alt_names;
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    };
    let (server, own) = self_signed(expired).await;
    let tls = Tls { ca_cert: Some(own), skip_verify: false };
    assert_eq!(fault(send(&server, tls).await), TlsFault::Expired);
    assert!(server.seen().is_empty());
}

/// A port that speaks TLS, written as `http://`, as endpoint or as proxy: it is said that this may
/// be the cause.
#[tokio::test]
async fn a_tls_port_behind_plain_http_is_named() {
    let (server, _) = cloud("localhost").await;
    let plain = format!("http://localhost:{}", server.address.port());
    let error = send_to(&format!("{plain}/client/api"), Tls::default()).await.unwrap_err();
    assert!(error.to_string().contains("speak TLS (https)"), "{error}");

    let proxy = Some(Proxy::from_url(&plain, None).unwrap());
    let transport = Transport::new(TransportSettings { proxy, ..Default::default() }).unwrap();
    let request = http::Request::post("https://cloud.example/client/api").body(Bytes::new());
    let deadline = Deadline::after(Duration::from_secs(30));
    let error = transport.send(request.unwrap(), deadline).await.unwrap_err();
    assert!(error.certainly_not_sent(), "{error:?}");
    assert!(error.to_string().contains("speak TLS (https)"), "{error}");
}

/// PEM around something that is no certificate is only noticed when the roots are put together.
#[tokio::test]
async fn a_ca_that_is_none_is_named() {
    let pem = "-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n";
    let (server, _) = cloud("localhost").await;
    let tls = Tls { ca_cert: Some(pem.into()), skip_verify: false };
    let error = send(&server, tls).await.unwrap_err();
    assert!(matches!(&error, SendError::Setup(why) if why.starts_with("ca_cert: ")), "{error:?}");
}
