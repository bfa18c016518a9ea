//! The server as its users and the clouds see it, over real sockets.

use crate::harness::{Harness, LIFETIME, basic, certificate, settings, soon};
use bytes::Bytes;
use cloud_http::{Transport, TransportSettings};
use http::Request;
use image_hosting::{ImageFile, PublishError, Published};
use image_server::{ServeError, Server, Settings, TlsSettings};
use std::path::Path;
use std::time::Duration;

/// The whole way of an image: put, fetched without credentials, removed.
#[tokio::test]
async fn what_is_published_can_be_fetched_by_its_link() {
    let server = Harness::new().await;
    let (path, content) = server.image(1_000_003);
    let (_, sums) = stemcell_sums(&path);
    let file = ImageFile::new(&path, Some(&sums)).unwrap();
    let mut gone = 0;
    let (published, link) = server
        .client()
        .put("a-1.qcow2", &file, LIFETIME, &mut |done| gone = done, soon())
        .await
        .unwrap();
    assert_eq!((published.bytes, gone), (1_000_003, 1_000_003));
    assert_eq!(published.sha256, sums);
    assert_eq!((published.sha1.len(), published.md5.len()), (40, 32));
    assert!(link.reveal().ends_with("/a-1.qcow2"), "CloudStack looks at the extension");
    assert!(link.to_string().ends_with("/get/…/a-1.qcow2"), "{link}");

    assert_eq!(server.get(link.reveal(), &[]).await, (200, content.into()));
    let head = server.ask("HEAD", link.reveal(), &[]).await;
    assert_eq!(head.headers()["content-length"], "1000003");
    assert_eq!(head.headers()["etag"], format!("\"{sums}\""));
    assert!(head.headers()["repr-digest"].to_str().unwrap().starts_with("sha-256=:"));
    let sidecar = server.get(&format!("{}.sha256", link.reveal()), &[]).await;
    assert_eq!(sidecar, (200, format!("{sums}  a-1.qcow2\n").into()));

    assert!(server.client().delete("a-1.qcow2", soon()).await.unwrap());
    assert!(!server.client().delete("a-1.qcow2", soon()).await.unwrap());
    assert_eq!(server.get(link.reveal(), &[]).await.0, 404);
    assert!(server.left().is_empty());
}

fn stemcell_sums(path: &Path) -> (u64, String) {
    use sha2::Digest as _;
    let bytes = std::fs::read(path).unwrap();
    let sum = sha2::Sha256::digest(&bytes);
    (bytes.len() as u64, sum.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// CloudStack's downloader goes on where it was cut off.
#[tokio::test]
async fn a_part_can_be_fetched() {
    let server = Harness::new().await;
    let (_, link) = server.put("a", 1000).await;
    let (_, content) = server.image(1000);
    let response = server.ask("GET", link.reveal(), &[("range", "bytes=100-299")]).await;
    assert_eq!(response.status(), 206);
    assert_eq!(response.headers()["content-range"], "bytes 100-299/1000");
    assert_eq!(response.body()[..], content[100..300]);
    let (status, body) = server.get(link.reveal(), &[("range", "bytes=900-")]).await;
    assert_eq!((status, &body[..]), (206, &content[900..]));
    let (status, body) =
        server.get(link.reveal(), &[("range", "bytes=0-9"), ("if-range", "\"other\"")]).await;
    assert_eq!((status, body.len()), (200, 1000), "of another file a part is of no use");
    let response = server.ask("GET", link.reveal(), &[("range", "bytes=1000-")]).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["content-range"]),
        (416, &"bytes */1000".parse().unwrap())
    );
}

#[tokio::test]
async fn only_who_has_the_password_publishes_or_looks() {
    let server = Harness::new().await;
    let (path, _) = server.image(10);
    let file = ImageFile::new(&path, None).unwrap();
    let wrong = server.client_with("wrong horse battery");
    let error = wrong.put("a", &file, LIFETIME, &mut |_| {}, soon()).await.unwrap_err();
    assert!(matches!(error, PublishError::Refused { status: 401, .. }), "{error}");
    assert!(!error.to_string().contains("wrong horse"), "{error}");
    server.put("a", 10).await;
    let error = wrong.delete("a", soon()).await.unwrap_err();
    assert!(matches!(error, PublishError::Refused { status: 401, .. }), "{error}");
    for method in ["GET", "HEAD", "PROPFIND", "POST", "PUT", "DELETE"] {
        for path in ["/images/a", "/images/", "/images"] {
            let response = server.ask(method, &format!("{}{path}", server.plain()), &[]).await;
            assert_eq!(response.status(), 401, "{method} {path}");
        }
    }
    assert_eq!(server.get(&format!("{}/healthz", server.plain()), &[]).await, (200, "ok\n".into()));
}

/// A link is good for one file, as long as it says.
#[tokio::test]
async fn a_link_cannot_be_made_up() {
    let server = Harness::new().await;
    let (_, link) = server.put("a", 10).await;
    server.put("b", 10).await;
    let url = link.reveal();
    let token = url.split('/').rev().nth(1).unwrap();
    let (expires, mac) = token.split_once('-').unwrap();
    for wrong in [
        url.replace("/a", "/b"),
        url.replace(expires, "99999999999"),
        url.replace(mac, &"0".repeat(64)),
        url.replace(token, "x"),
        format!("{}/get/a", server.plain()),
        format!("{}/a", server.plain()),
        format!("{url}.sha1"),
        format!("{}/get/{token}/../../etc/passwd", server.plain()),
        format!("{}/get/{token}/..%2f.key", server.plain()),
        format!("{}/get/{token}/.key", server.plain()),
    ] {
        assert_eq!(server.get(&wrong, &[]).await.0, 404, "{wrong}");
    }
    for method in ["PUT", "DELETE", "POST", "PROPFIND"] {
        assert_eq!(server.ask(method, url, &[("authorization", &basic())]).await.status(), 405);
    }
    let key = format!("{}/images/.key", server.plain());
    assert_eq!(server.get(&key, &[("authorization", &basic())]).await.0, 404);
}

#[tokio::test]
async fn webdav_clients_see_what_is_there() {
    let server = Harness::new().await;
    let authorization = basic();
    let auth = ("authorization", authorization.as_str());
    let (published, _) = server.put("a-1.qcow2", 1234).await;
    server.put("b.vhd.bz2", 5).await;
    let folder = format!("{}/images/", server.plain());
    let response = server.ask("PROPFIND", &folder, &[auth, ("depth", "1")]).await;
    let text = String::from_utf8_lossy(response.body()).into_owned();
    assert_eq!(response.status(), 207);
    for part in [
        "<D:href>/images/a-1.qcow2</D:href>",
        "<D:getcontentlength>1234<",
        "b.vhd.bz2",
        &published.sha256,
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let response = server.ask("PROPFIND", &folder, &[auth, ("depth", "0")]).await;
    assert!(!String::from_utf8_lossy(response.body()).contains("a-1"));
    let response = server.ask("OPTIONS", &folder, &[auth]).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["dav"]),
        (200, &"1".parse().unwrap())
    );
    assert!(response.headers()["allow"].to_str().unwrap().contains("PROPFIND"));
    let one = format!("{folder}a-1.qcow2");
    let response = server.ask("POST", &one, &[auth, ("x-link-lifetime", "60")]).await;
    let again: Published = serde_json::from_slice(response.body()).unwrap();
    assert!(again.sha256 == published.sha256 && again.expires < published.expires);
    assert_eq!(server.get(&one, &[auth]).await.1.len(), 1234);
    assert_eq!(server.ask("MKCOL", &one, &[auth]).await.status(), 405);
    assert_eq!(server.ask("DELETE", &one, &[auth]).await.status(), 204);
    assert_eq!(server.ask("PROPFIND", &one, &[auth]).await.status(), 404);
}

#[tokio::test]
async fn what_is_not_as_promised_is_not_taken() {
    let server = Harness::new().await;
    let (path, _) = server.image(1000);
    let file = ImageFile::new(&path, Some(&"0".repeat(64))).unwrap();
    let error = server.client().put("a", &file, LIFETIME, &mut |_| {}, soon()).await.unwrap_err();
    assert!(error.to_string().contains("not what was promised"), "{error}");
    let file = ImageFile::new(&path, None).unwrap();
    let longest = Duration::from_secs(100_000_000);
    let error = server.client().put("a", &file, longest, &mut |_| {}, soon()).await.unwrap_err();
    assert!(error.to_string().contains("X-Link-Lifetime: must be 1 to 86400 seconds"), "{error}");
    for name in ["..", "a/b", ".key", ""] {
        let error = server.client().put(name, &file, LIFETIME, &mut |_| {}, soon()).await;
        assert!(matches!(error, Err(PublishError::Setting { .. })), "{name}");
    }
    let url = format!("{}/images/a", server.plain());
    let authorization = basic();
    let part = [("authorization", authorization.as_str()), ("content-range", "bytes 0-1/2")];
    assert_eq!(server.ask("PUT", &url, &part).await.status(), 400);
    assert_eq!(server.get(&url, &[("authorization", &authorization)]).await.0, 404);
    assert!(server.left().is_empty());
}

/// Half an upload is never seen, nor is it left; and what was there before stays.
#[tokio::test]
async fn an_upload_that_is_cut_off_changes_nothing() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let server = Harness::new().await;
    let (_, link) = server.put("a", 1000).await;
    let mut stream = tokio::net::TcpStream::connect(server.running.plain().unwrap()).await.unwrap();
    let head = format!(
        "PUT /images/a HTTP/1.1\r\nHost: x\r\nAuthorization: {}\r\nContent-Length: 500000\r\n\r\n",
        basic()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&[1; 100_000]).await.unwrap();
    // Until it is under way.
    while server.left().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(server.get(link.reveal(), &[]).await.1.len(), 1000);
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    // The server may answer or not: nobody is there to hear it.
    let _ = stream.read_to_string(&mut answer).await;
    while !server.left().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(server.get(link.reveal(), &[]).await.1.len(), 1000);
}

/// Several at once, of one name, too: each link gives a whole file.
#[tokio::test]
async fn several_are_published_at_once() {
    let server = Harness::new().await;
    let (path, content) = server.image(3_000_000);
    let file = ImageFile::new(&path, None).unwrap();
    let client = server.client();
    let put =
        async |name: &str| client.put(name, &file, LIFETIME, &mut |_| {}, soon()).await.unwrap().1;
    let links = tokio::join!(put("a"), put("b"), put("c"), put("a"));
    for link in [links.0, links.1, links.2, links.3] {
        assert_eq!(server.get(link.reveal(), &[]).await.1, content);
        assert_eq!(
            server.get(&format!("{}.md5", link.reveal()), &[]).await.0,
            200,
            "checksums fit"
        );
    }
    assert!(server.left().is_empty());
}

/// Where there is TLS, a password does not go about without it; links work either way.
#[tokio::test]
async fn with_tls_nothing_is_published_without() {
    let server = Harness::secure().await;
    let (_, link) = server.put("a", 100).await;
    assert!(link.reveal().starts_with("https://"));
    assert_eq!(server.get(link.reveal(), &[]).await.1.len(), 100);
    let plain = link.reveal().replace(&server.url(), &server.plain());
    assert_eq!(server.get(&plain, &[]).await.1.len(), 100);
    let url = format!("{}/images/a", server.plain());
    let response = server.ask("DELETE", &url, &[("authorization", &basic())]).await;
    assert_eq!(response.status(), 403);
    assert!(String::from_utf8_lossy(response.body()).contains("published over https"));
}

#[tokio::test]
async fn a_handshake_that_dawdles_stops_nobody() {
    let server = Harness::secure().await;
    let address = server.running.tls().unwrap();
    let _silent = tokio::net::TcpStream::connect(address).await.unwrap();
    assert_eq!(server.get(&format!("{}/healthz", server.url()), &[]).await.0, 200);
}

/// The name by which clouds reach the server is not the one by which it is published.
#[tokio::test]
async fn links_begin_with_the_public_url() {
    let server = Harness::of(|settings| {
        settings.public_url = Some("https://images.example.com/".into());
    })
    .await;
    let (published, link) = server.put("a", 10).await;
    assert_eq!(link.reveal(), format!("https://images.example.com{}", published.path));
}

/// A stop lets a transfer end, and a restart knows the links that were made before.
#[tokio::test]
async fn a_stop_is_graceful_and_a_restart_forgets_nothing() {
    let server = Harness::new().await;
    let (published, link) = server.put("a", 5_000_000).await;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(server.running.plain().unwrap()).await.unwrap();
    let request = format!("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", published.path);
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut begun = [0; 1000];
    stream.read_exact(&mut begun).await.unwrap();
    let Harness { folder, running, .. } = server;
    let address = running.plain().unwrap();
    let rest = async {
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.unwrap();
        rest.len()
    };
    let (_, rest) = tokio::join!(running.stop(), rest);
    assert!(rest > 4_999_000, "{rest}");
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "nobody listens");

    let running = Server::new(settings(folder.path())).unwrap().start().await.unwrap();
    let again = format!("http://{}{}", running.plain().unwrap(), published.path);
    let transport = Transport::new(TransportSettings::default()).unwrap();
    let request = Request::get(again).body(Bytes::new()).unwrap();
    let response = transport.send(request, soon()).await.unwrap();
    assert_eq!((response.status().as_u16(), response.body().len()), (200, 5_000_000), "{link}");
}

#[test]
fn what_cannot_work_is_told_at_the_start() {
    let (folder, _) = certificate();
    let good = settings(folder.path());
    let refused = |settings: Settings| match Server::new(settings) {
        Ok(_) => panic!("it starts"),
        Err(error) => error.to_string(),
    };
    let tls = |certificate: &str, key: &str| {
        let at = |name: &str| folder.path().join(name);
        let listen = ([127, 0, 0, 1], 0).into();
        let tls = Some(TlsSettings { listen, certificate: at(certificate), key: at(key) });
        Settings { tls, ..good.clone() }
    };
    std::fs::write(folder.path().join("file"), "x").unwrap();
    for (settings, said) in [
        (Settings { listen: None, ..good.clone() }, "listen: --listen"),
        (Settings { user: "a:b".into(), ..good.clone() }, "user:"),
        (Settings { password: "short".into(), ..good.clone() }, "password: must have"),
        (Settings { public_url: Some("images.example.com".into()), ..good.clone() }, "public-url:"),
        (Settings { folder: folder.path().join("file"), ..good.clone() }, "file"),
        (tls("none.pem", "key.pem"), "none.pem: No such file"),
        (tls("key.pem", "key.pem"), "key.pem: contains no PEM certificate"),
        (tls("cert.pem", "cert.pem"), "cert.pem: contains no PEM key"),
    ] {
        let error = refused(settings);
        assert!(error.contains(said), "{said}: {error}");
    }
    let _one = Server::new(good.clone()).unwrap();
    let error = Server::new(good).err().unwrap();
    assert!(matches!(&error, ServeError::InUse(_)), "{error}");
}
