//! Sending a large file: how it looks on the wire, and what is told when it fails.

use crate::scripted::{Reply, Server};
use cloud_http::{
    Deadline, Proxy, Put, Secret, SendError, Tls, TransportSettings, Upload, Uploaded,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

const FILE: &[u8] = b"an image";

async fn send(
    url: &str,
    settings: &TransportSettings,
    claimed: u64,
) -> (Result<Uploaded, SendError>, u64) {
    let upload = Upload {
        url,
        headers: &[("X-signature", "s="), ("X-expires", "2026")],
        file_name: "x.qcow2",
        file: FILE,
        length: claimed,
    };
    let mut gone = 0;
    let deadline = Deadline::after(Duration::from_secs(30));
    let answer = cloud_http::upload(settings, upload, |bytes| gone = bytes, deadline).await;
    (answer.map(|answer| Uploaded { head: String::new(), ..answer }), gone)
}

fn said(status: u16, text: &str) -> Result<Uploaded, SendError> {
    Ok(Uploaded { status, head: String::new(), text: text.into() })
}

/// The storage VMs of older clouds know these headers in this spelling only.
#[tokio::test]
async fn headers_are_spelled_as_given_and_the_length_is_told() {
    let server = Server::start([Reply::Http(200, "text/plain", "upload successful.".into())]).await;
    let url = server.url("/upload/1?x=y");
    let (answer, gone) = send(&url, &TransportSettings::default(), FILE.len() as u64).await;
    assert_eq!((answer, gone), (said(200, "upload successful."), FILE.len() as u64));
    let seen = server.seen().remove(0);
    assert!(seen.head.starts_with("POST /upload/1?x=y HTTP/1.1\r\n"), "{}", seen.head);
    for part in ["\r\nX-signature: s=\r\n", "\r\nX-expires: 2026\r\n", "\r\nContent-Length: "] {
        assert!(format!("{}\r\n", seen.head).contains(part), "{part:?}: {}", seen.head);
    }
    assert!(!seen.head.to_lowercase().contains("transfer-encoding"), "{}", seen.head);
    assert!(
        seen.body.contains("filename=\"x.qcow2\"") && seen.body.contains("\r\n\r\nan image\r\n")
    );
}

/// Nothing stands around a file that is put, and the answer's headers can be read.
#[tokio::test]
async fn a_file_that_is_put_is_the_whole_body() {
    let server = Server::start([Reply::Http(201, "text/plain", "made".into())]).await;
    let (url, headers) = (server.url("/files/x"), [("Authorization", "Basic eA==")]);
    let put = Put { url: &url, headers: &headers, file: FILE, length: FILE.len() as u64 };
    let deadline = Deadline::after(Duration::from_secs(30));
    let answer = cloud_http::put(&TransportSettings::default(), put, |_| {}, deadline).await;
    let answer = answer.unwrap();
    assert_eq!((answer.status, answer.text.as_str()), (201, "made"));
    assert_eq!(answer.header("Content-Type"), Some("text/plain"));
    let seen = server.seen().remove(0);
    assert!(seen.head.starts_with("PUT /files/x HTTP/1.1\r\n"), "{}", seen.head);
    assert!(seen.head.contains("\r\nAuthorization: Basic eA=="), "{}", seen.head);
    assert_eq!(seen.body.as_bytes(), FILE);
}

/// The reason stands in the answer, however early it comes.
#[tokio::test]
async fn a_refusal_is_told_in_the_other_side_s_words() {
    let server = Server::start([Reply::Http(400, "text/plain", "signature failed.".into())]).await;
    let (answer, _) =
        send(&server.url("/upload/1"), &TransportSettings::default(), FILE.len() as u64).await;
    assert_eq!(answer, said(400, "signature failed."));
}

#[tokio::test]
async fn a_file_that_shrinks_and_a_lost_answer_are_errors() {
    let server = Server::start([Reply::Close]).await;
    let settings = TransportSettings::default();
    let (answer, _) = send(&server.url("/"), &settings, 100).await;
    assert!(matches!(&answer, Err(SendError::Setup(why)) if why.contains("92 bytes shorter")));
    let (answer, _) = send(&server.url("/"), &settings, FILE.len() as u64).await;
    assert!(matches!(answer, Err(SendError::MaybeSent(_))), "{answer:?}");
    let (answer, _) = send("http://127.0.0.1:1/", &settings, 1).await;
    assert!(matches!(answer, Err(SendError::NotSent(_))), "{answer:?}");
}

/// A storage VM whose certificate is signed by its own CA; and that CA as PEM.
async fn storage() -> (Server, String) {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["127.0.0.1".to_string()]).unwrap();
    let certificate = params.signed_by(&key, &ca).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.into())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let server = Server::start_tls([Reply::Http(200, "text/plain", "done".into())], acceptor).await;
    (server, ca.pem())
}

#[tokio::test]
async fn a_certificate_is_checked_unless_told_otherwise() {
    let (server, ca) = storage().await;
    let url = format!("https://{}/upload/1", server.address);
    let with = |ca_cert, skip_verify| TransportSettings {
        tls: Tls { ca_cert, skip_verify },
        ..TransportSettings::default()
    };
    let length = FILE.len() as u64;
    let (answer, gone) = send(&url, &with(None, false), length).await;
    assert!(matches!(answer, Err(SendError::Untrusted(..))), "{answer:?}");
    assert_eq!((gone, server.seen().len()), (0, 0));
    assert_eq!(send(&url, &with(Some(ca), false), length).await.0, said(200, "done"));
    assert_eq!(send(&url, &with(None, true), length).await.0, said(200, "done"));
}

/// A proxy that lets through who has the password, to wherever.
async fn proxy() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(client.read_u8().await.unwrap());
            }
            let head = String::from_utf8(head).unwrap();
            // user:pw
            if !head.contains("Proxy-Authorization: Basic dXNlcjpwdw==\r\n") {
                client.write_all(b"HTTP/1.1 407 Who are you\r\n\r\n").await.unwrap();
                continue;
            }
            let to = head.strip_prefix("CONNECT ").unwrap().split(' ').next().unwrap();
            let mut server = TcpStream::connect(to).await.unwrap();
            client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await.unwrap();
            tokio::spawn(async move {
                drop(tokio::io::copy_bidirectional(&mut client, &mut server).await);
            });
        }
    });
    format!("http://{address}")
}

#[tokio::test]
async fn a_proxy_is_gone_through() {
    let ((server, ca), proxy) = (storage().await, proxy().await);
    let url = format!("https://{}/upload/1", server.address);
    let with = |password: &str, no_proxy: Option<&str>| TransportSettings {
        tls: Tls { ca_cert: Some(ca.clone()), skip_verify: false },
        proxy: Some(Proxy {
            url: proxy.clone(),
            user: Some("user".into()),
            password: Some(Secret::from(password)),
            no_proxy: no_proxy.map(str::to_owned),
        }),
        ..TransportSettings::default()
    };
    let length = FILE.len() as u64;
    assert_eq!(send(&url, &with("pw", None), length).await.0, said(200, "done"));
    let (answer, _) = send(&url, &with("hush", None), length).await;
    let Err(SendError::NotSent(why)) = answer else { panic!("{answer:?}") };
    assert!(why.contains("407") && !why.contains("hush"), "{why}");
    // Past the proxy, which would not let it in.
    let (answer, _) = send(&url, &with("hush", Some("127.0.0.1")), length).await;
    assert_eq!(answer, said(200, "done"));
}

/// A proxy reads plain requests, and wants to know where to.
#[tokio::test]
async fn a_plain_upload_goes_to_the_proxy() {
    let proxy = Server::start([Reply::Http(200, "text/plain", "passed on".into())]).await;
    let settings = TransportSettings {
        proxy: Some(Proxy { url: proxy.url(""), user: None, password: None, no_proxy: None }),
        ..TransportSettings::default()
    };
    let (answer, _) = send("http://storage.example/upload/1", &settings, FILE.len() as u64).await;
    assert_eq!(answer, said(200, "passed on"));
    let head = proxy.seen().remove(0).head;
    assert!(head.starts_with("POST http://storage.example/upload/1 HTTP/1.1\r\n"), "{head}");
    assert!(!head.contains("Proxy-Authorization"), "{head}");
}
