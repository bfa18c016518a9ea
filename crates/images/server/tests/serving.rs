//! The server as its users and the clouds see it, over real sockets.

use bytes::Bytes;
use cloud_http::{Deadline, Secret, Tls, Transport, TransportSettings};
use http::{Method, Request, Response};
use image_hosting::{ImageFile, ImageServer, ImageServerSettings, Link, PublishError, Published};
use image_server::{Limits, Running, ServeError, Server, Settings, TlsSettings};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

const PASSWORD: &str = "correct horse battery";
const LIFETIME: Duration = Duration::from_secs(600);

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(60))
}

struct Stage {
    folder: TempDir,
    /// Not in the folder: images to publish.
    images: TempDir,
    running: Running,
    ca: Option<String>,
}

fn settings(folder: &Path) -> Settings {
    Settings {
        folder: folder.join("images"),
        listen: Some(([127, 0, 0, 1], 0).into()),
        tls: None,
        user: "bosh".into(),
        password: Secret::from(PASSWORD),
        public_url: None,
        limits: Limits::default(),
    }
}

impl Stage {
    async fn new() -> Self {
        Self::of(|_| {}).await
    }

    async fn of(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = settings(folder.path());
        change(&mut settings);
        let running = Server::new(settings).unwrap().start().await.unwrap();
        Self { folder, images: tempfile::tempdir().unwrap(), running, ca: None }
    }

    /// With a certificate of a CA of its own.
    async fn secure() -> Self {
        let (folder, ca) = certificate();
        let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        let mut settings = settings(folder.path());
        let listen = ([127, 0, 0, 1], 0).into();
        settings.tls = Some(TlsSettings { listen, certificate, key });
        let running = Server::new(settings).unwrap().start().await.unwrap();
        Self { folder, images: tempfile::tempdir().unwrap(), running, ca: Some(ca) }
    }

    fn plain(&self) -> String {
        format!("http://{}", self.running.plain().unwrap())
    }

    fn url(&self) -> String {
        match self.running.tls() {
            Some(address) => format!("https://{address}"),
            None => self.plain(),
        }
    }

    fn transport(&self) -> TransportSettings {
        let tls = Tls { ca_cert: self.ca.clone(), skip_verify: false };
        TransportSettings { tls, ..TransportSettings::default() }
    }

    fn client(&self) -> ImageServer {
        self.client_with(PASSWORD)
    }

    fn client_with(&self, password: &str) -> ImageServer {
        let settings = ImageServerSettings {
            url: self.url(),
            user: "bosh".into(),
            password: Secret::from(password),
            transport: self.transport(),
        };
        ImageServer::new(settings).unwrap()
    }

    fn image(&self, bytes: usize) -> (PathBuf, Vec<u8>) {
        let content: Vec<u8> = (0..bytes).map(|at| (at % 251) as u8).collect();
        let path = self.images.path().join("image");
        std::fs::write(&path, &content).unwrap();
        (path, content)
    }

    async fn put(&self, name: &str, bytes: usize) -> (Published, Link) {
        let (path, _) = self.image(bytes);
        let file = ImageFile::new(&path, None).unwrap();
        self.client().put(name, &file, LIFETIME, &mut |_| {}, soon()).await.unwrap()
    }

    async fn ask(&self, method: &str, url: &str, headers: &[(&str, &str)]) -> Response<Bytes> {
        let method: Method = method.parse().unwrap();
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let transport = Transport::new(self.transport()).unwrap();
        transport.send(request.body(Bytes::new()).unwrap(), soon()).await.unwrap()
    }

    async fn get(&self, url: &str, headers: &[(&str, &str)]) -> (u16, Bytes) {
        let response = self.ask("GET", url, headers).await;
        (response.status().as_u16(), response.into_body())
    }

    /// Whatever lies in the folder that is neither a file nor the server's own.
    fn left(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path().join("images")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with(".upload")).collect()
    }
}

fn certificate() -> (TempDir, String) {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &ca).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("cert.pem"), certificate.pem()).unwrap();
    std::fs::write(folder.path().join("key.pem"), key.serialize_pem()).unwrap();
    (folder, ca.pem())
}

/// `Authorization` of the user.
fn basic() -> String {
    use base64::Engine as _;
    let pair = format!("bosh:{PASSWORD}");
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
}

/// The whole way of an image: put, fetched without credentials, removed.
#[tokio::test]
async fn what_is_published_can_be_fetched_by_its_link() {
    let stage = Stage::new().await;
    let (path, content) = stage.image(1_000_003);
    let (_, sums) = stemcell_sums(&path);
    let file = ImageFile::new(&path, Some(&sums)).unwrap();
    let mut gone = 0;
    let (published, link) = stage
        .client()
        .put("a-1.qcow2", &file, LIFETIME, &mut |done| gone = done, soon())
        .await
        .unwrap();
    assert_eq!((published.bytes, gone), (1_000_003, 1_000_003));
    assert_eq!(published.sha256, sums);
    assert_eq!((published.sha1.len(), published.md5.len()), (40, 32));
    assert!(link.reveal().ends_with("/a-1.qcow2"), "CloudStack looks at the extension");
    assert!(link.to_string().ends_with("/get/…/a-1.qcow2"), "{link}");

    assert_eq!(stage.get(link.reveal(), &[]).await, (200, content.into()));
    let head = stage.ask("HEAD", link.reveal(), &[]).await;
    assert_eq!(head.headers()["content-length"], "1000003");
    assert_eq!(head.headers()["etag"], format!("\"{sums}\""));
    assert!(head.headers()["repr-digest"].to_str().unwrap().starts_with("sha-256=:"));
    let sidecar = stage.get(&format!("{}.sha256", link.reveal()), &[]).await;
    assert_eq!(sidecar, (200, format!("{sums}  a-1.qcow2\n").into()));

    assert!(stage.client().delete("a-1.qcow2", soon()).await.unwrap());
    assert!(!stage.client().delete("a-1.qcow2", soon()).await.unwrap());
    assert_eq!(stage.get(link.reveal(), &[]).await.0, 404);
    assert!(stage.left().is_empty());
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
    let stage = Stage::new().await;
    let (_, link) = stage.put("a", 1000).await;
    let (_, content) = stage.image(1000);
    let response = stage.ask("GET", link.reveal(), &[("range", "bytes=100-299")]).await;
    assert_eq!(response.status(), 206);
    assert_eq!(response.headers()["content-range"], "bytes 100-299/1000");
    assert_eq!(response.body()[..], content[100..300]);
    let (status, body) = stage.get(link.reveal(), &[("range", "bytes=900-")]).await;
    assert_eq!((status, &body[..]), (206, &content[900..]));
    let (status, body) =
        stage.get(link.reveal(), &[("range", "bytes=0-9"), ("if-range", "\"other\"")]).await;
    assert_eq!((status, body.len()), (200, 1000), "of another file a part is of no use");
    let response = stage.ask("GET", link.reveal(), &[("range", "bytes=1000-")]).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["content-range"]),
        (416, &"bytes */1000".parse().unwrap())
    );
}

#[tokio::test]
async fn only_who_has_the_password_publishes_or_looks() {
    let stage = Stage::new().await;
    let (path, _) = stage.image(10);
    let file = ImageFile::new(&path, None).unwrap();
    let wrong = stage.client_with("wrong horse battery");
    let error = wrong.put("a", &file, LIFETIME, &mut |_| {}, soon()).await.unwrap_err();
    assert!(matches!(error, PublishError::Refused { status: 401, .. }), "{error}");
    assert!(!error.to_string().contains("wrong horse"), "{error}");
    stage.put("a", 10).await;
    let error = wrong.delete("a", soon()).await.unwrap_err();
    assert!(matches!(error, PublishError::Refused { status: 401, .. }), "{error}");
    for method in ["GET", "HEAD", "PROPFIND", "POST", "PUT", "DELETE"] {
        for path in ["/images/a", "/images/", "/images"] {
            let response = stage.ask(method, &format!("{}{path}", stage.plain()), &[]).await;
            assert_eq!(response.status(), 401, "{method} {path}");
        }
    }
    assert_eq!(stage.get(&format!("{}/healthz", stage.plain()), &[]).await, (200, "ok\n".into()));
}

/// A link is good for one file, as long as it says.
#[tokio::test]
async fn a_link_cannot_be_made_up() {
    let stage = Stage::new().await;
    let (_, link) = stage.put("a", 10).await;
    stage.put("b", 10).await;
    let url = link.reveal();
    let token = url.split('/').rev().nth(1).unwrap();
    let (expires, mac) = token.split_once('-').unwrap();
    for wrong in [
        url.replace("/a", "/b"),
        url.replace(expires, "99999999999"),
        url.replace(mac, &"0".repeat(64)),
        url.replace(token, "x"),
        format!("{}/get/a", stage.plain()),
        format!("{}/a", stage.plain()),
        format!("{url}.sha1"),
        format!("{}/get/{token}/../../etc/passwd", stage.plain()),
        format!("{}/get/{token}/..%2f.key", stage.plain()),
        format!("{}/get/{token}/.key", stage.plain()),
    ] {
        assert_eq!(stage.get(&wrong, &[]).await.0, 404, "{wrong}");
    }
    for method in ["PUT", "DELETE", "POST", "PROPFIND"] {
        assert_eq!(stage.ask(method, url, &[("authorization", &basic())]).await.status(), 405);
    }
    let key = format!("{}/images/.key", stage.plain());
    assert_eq!(stage.get(&key, &[("authorization", &basic())]).await.0, 404);
}

#[tokio::test]
async fn webdav_clients_see_what_is_there() {
    let stage = Stage::new().await;
    let authorization = basic();
    let auth = ("authorization", authorization.as_str());
    let (published, _) = stage.put("a-1.qcow2", 1234).await;
    stage.put("b.vhd.bz2", 5).await;
    let folder = format!("{}/images/", stage.plain());
    let response = stage.ask("PROPFIND", &folder, &[auth, ("depth", "1")]).await;
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
    let response = stage.ask("PROPFIND", &folder, &[auth, ("depth", "0")]).await;
    assert!(!String::from_utf8_lossy(response.body()).contains("a-1"));
    let response = stage.ask("OPTIONS", &folder, &[auth]).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["dav"]),
        (200, &"1".parse().unwrap())
    );
    assert!(response.headers()["allow"].to_str().unwrap().contains("PROPFIND"));
    let one = format!("{folder}a-1.qcow2");
    let response = stage.ask("POST", &one, &[auth, ("x-link-lifetime", "60")]).await;
    let again: Published = serde_json::from_slice(response.body()).unwrap();
    assert!(again.sha256 == published.sha256 && again.expires < published.expires);
    assert_eq!(stage.get(&one, &[auth]).await.1.len(), 1234);
    assert_eq!(stage.ask("MKCOL", &one, &[auth]).await.status(), 405);
    assert_eq!(stage.ask("DELETE", &one, &[auth]).await.status(), 204);
    assert_eq!(stage.ask("PROPFIND", &one, &[auth]).await.status(), 404);
}

#[tokio::test]
async fn what_is_not_as_promised_is_not_taken() {
    let stage = Stage::new().await;
    let (path, _) = stage.image(1000);
    let file = ImageFile::new(&path, Some(&"0".repeat(64))).unwrap();
    let error = stage.client().put("a", &file, LIFETIME, &mut |_| {}, soon()).await.unwrap_err();
    assert!(error.to_string().contains("not what was promised"), "{error}");
    let file = ImageFile::new(&path, None).unwrap();
    let longest = Duration::from_secs(100_000_000);
    let error = stage.client().put("a", &file, longest, &mut |_| {}, soon()).await.unwrap_err();
    assert!(error.to_string().contains("X-Link-Lifetime: 1 to 86400 seconds"), "{error}");
    for name in ["..", "a/b", ".key", ""] {
        let error = stage.client().put(name, &file, LIFETIME, &mut |_| {}, soon()).await;
        assert!(matches!(error, Err(PublishError::Setting { .. })), "{name}");
    }
    let url = format!("{}/images/a", stage.plain());
    let authorization = basic();
    let part = [("authorization", authorization.as_str()), ("content-range", "bytes 0-1/2")];
    assert_eq!(stage.ask("PUT", &url, &part).await.status(), 400);
    assert_eq!(stage.get(&url, &[("authorization", &authorization)]).await.0, 404);
    assert!(stage.left().is_empty());
}

/// Half an upload is never seen, nor is it left; and what was there before stays.
#[tokio::test]
async fn an_upload_that_is_cut_off_changes_nothing() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let stage = Stage::new().await;
    let (_, link) = stage.put("a", 1000).await;
    let mut stream = tokio::net::TcpStream::connect(stage.running.plain().unwrap()).await.unwrap();
    let head = format!(
        "PUT /images/a HTTP/1.1\r\nHost: x\r\nAuthorization: {}\r\nContent-Length: 500000\r\n\r\n",
        basic()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&[1; 100_000]).await.unwrap();
    // Until it is under way.
    while stage.left().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(stage.get(link.reveal(), &[]).await.1.len(), 1000);
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    // The server may answer or not: nobody is there to hear it.
    let _ = stream.read_to_string(&mut answer).await;
    while !stage.left().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(stage.get(link.reveal(), &[]).await.1.len(), 1000);
}

/// Several at once, of one name, too: each link gives a whole file.
#[tokio::test]
async fn several_are_published_at_once() {
    let stage = Stage::new().await;
    let (path, content) = stage.image(3_000_000);
    let file = ImageFile::new(&path, None).unwrap();
    let client = stage.client();
    let put =
        async |name: &str| client.put(name, &file, LIFETIME, &mut |_| {}, soon()).await.unwrap().1;
    let links = tokio::join!(put("a"), put("b"), put("c"), put("a"));
    for link in [links.0, links.1, links.2, links.3] {
        assert_eq!(stage.get(link.reveal(), &[]).await.1, content);
        assert_eq!(stage.get(&format!("{}.md5", link.reveal()), &[]).await.0, 200, "checksums fit");
    }
    assert!(stage.left().is_empty());
}

/// Where there is TLS, a password does not go about without it; links work either way.
#[tokio::test]
async fn with_tls_nothing_is_published_without() {
    let stage = Stage::secure().await;
    let (_, link) = stage.put("a", 100).await;
    assert!(link.reveal().starts_with("https://"));
    assert_eq!(stage.get(link.reveal(), &[]).await.1.len(), 100);
    let plain = link.reveal().replace(&stage.url(), &stage.plain());
    assert_eq!(stage.get(&plain, &[]).await.1.len(), 100);
    let url = format!("{}/images/a", stage.plain());
    let response = stage.ask("DELETE", &url, &[("authorization", &basic())]).await;
    assert_eq!(response.status(), 403);
    assert!(String::from_utf8_lossy(response.body()).contains("published over https"));
}

#[tokio::test]
async fn a_handshake_that_dawdles_stops_nobody() {
    let stage = Stage::secure().await;
    let address = stage.running.tls().unwrap();
    let _silent = tokio::net::TcpStream::connect(address).await.unwrap();
    assert_eq!(stage.get(&format!("{}/healthz", stage.url()), &[]).await.0, 200);
}

/// The name by which clouds reach the server is not the one by which it is published.
#[tokio::test]
async fn links_begin_with_the_public_url() {
    let stage = Stage::of(|settings| {
        settings.public_url = Some("https://images.example.com/".into());
    })
    .await;
    let (published, link) = stage.put("a", 10).await;
    assert_eq!(link.reveal(), format!("https://images.example.com{}", published.path));
}

/// A stop lets a transfer end, and a restart knows the links that were made before.
#[tokio::test]
async fn a_stop_is_graceful_and_a_restart_forgets_nothing() {
    let stage = Stage::new().await;
    let (published, link) = stage.put("a", 5_000_000).await;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(stage.running.plain().unwrap()).await.unwrap();
    let request = format!("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", published.path);
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut begun = [0; 1000];
    stream.read_exact(&mut begun).await.unwrap();
    let Stage { folder, running, .. } = stage;
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
        (Settings { listen: None, ..good.clone() }, "listen: nowhere"),
        (Settings { user: "a:b".into(), ..good.clone() }, "user:"),
        (Settings { password: "short".into(), ..good.clone() }, "password: shorter"),
        (Settings { public_url: Some("images.example.com".into()), ..good.clone() }, "public-url:"),
        (Settings { folder: folder.path().join("file"), ..good.clone() }, "file"),
        (tls("none.pem", "key.pem"), "none.pem: No such file"),
        (tls("key.pem", "key.pem"), "key.pem: holds no PEM certificate"),
        (tls("cert.pem", "cert.pem"), "cert.pem: holds no PEM key"),
    ] {
        let error = refused(settings);
        assert!(error.contains(said), "{said}: {error}");
    }
    let _one = Server::new(good.clone()).unwrap();
    let error = Server::new(good).err().unwrap();
    assert!(matches!(&error, ServeError::InUse(_)), "{error}");
}
