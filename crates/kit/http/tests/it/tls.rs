//! Who is trusted with the keys.

use crate::scripted::{Reply, Server};
use bytes::Bytes;
use cloud_http::{Deadline, SendError, Tls, Transport, TransportSettings};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
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
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.into())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    (Server::start_tls([Reply::json(200, "{}")], acceptor).await, ca.pem())
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
    let error = send(&server, Tls::default()).await.unwrap_err();
    assert!(
        matches!(&error, SendError::Untrusted(why) if why.contains("certificate")),
        "{error:?}"
    );
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn another_name_gets_no_byte() {
    let (server, ca) = cloud("other.example").await;
    let error = send(&server, Tls { ca_cert: Some(ca), skip_verify: false }).await.unwrap_err();
    assert!(matches!(error, SendError::Untrusted(_)), "{error:?}");
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
    let error = send_to(&url, Tls::default()).await.unwrap_err();
    assert!(error.certainly_not_sent(), "{error:?}");
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
