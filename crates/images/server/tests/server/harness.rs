//! A server of a test's own, and how it is talked to.

use bytes::Bytes;
use cloud_http::{Deadline, Secret, Tls, Transport, TransportSettings};
use http::{Method, Request, Response};
use image_hosting::{ImageFile, ImageServer, ImageServerSettings, Link, Published};
use image_server::{Limits, Running, Server, Settings, TlsSettings};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

pub const PASSWORD: &str = "correct horse battery";
pub const LIFETIME: Duration = Duration::from_secs(600);

pub fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(60))
}

pub struct Harness {
    pub folder: TempDir,
    /// Not in the folder: images to publish.
    pub images: TempDir,
    pub running: Running,
    pub ca: Option<String>,
}

pub fn settings(folder: &Path) -> Settings {
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

impl Harness {
    pub async fn new() -> Self {
        Self::of(|_| {}).await
    }

    pub async fn of(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = settings(folder.path());
        change(&mut settings);
        let running = Server::new(settings).unwrap().start().await.unwrap();
        Self { folder, images: tempfile::tempdir().unwrap(), running, ca: None }
    }

    /// With a certificate of a CA of its own.
    pub async fn secure() -> Self {
        let (folder, ca) = certificate();
        let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        let mut settings = settings(folder.path());
        let listen = ([127, 0, 0, 1], 0).into();
        settings.tls = Some(TlsSettings { listen, certificate, key });
        let running = Server::new(settings).unwrap().start().await.unwrap();
        Self { folder, images: tempfile::tempdir().unwrap(), running, ca: Some(ca) }
    }

    pub fn plain(&self) -> String {
        format!("http://{}", self.running.plain().unwrap())
    }

    pub fn url(&self) -> String {
        match self.running.tls() {
            Some(address) => format!("https://{address}"),
            None => self.plain(),
        }
    }

    pub fn transport(&self) -> TransportSettings {
        let tls = Tls { ca_cert: self.ca.clone(), skip_verify: false };
        TransportSettings { tls, ..TransportSettings::default() }
    }

    pub fn client(&self) -> ImageServer {
        self.client_with(PASSWORD)
    }

    pub fn client_with(&self, password: &str) -> ImageServer {
        let settings = ImageServerSettings {
            url: self.url(),
            user: "bosh".into(),
            password: Secret::from(password),
            transport: self.transport(),
        };
        ImageServer::new(settings).unwrap()
    }

    pub fn image(&self, bytes: usize) -> (PathBuf, Vec<u8>) {
        let content: Vec<u8> = (0..bytes).map(|at| (at % 251) as u8).collect();
        let path = self.images.path().join("image");
        std::fs::write(&path, &content).unwrap();
        (path, content)
    }

    pub async fn put(&self, name: &str, bytes: usize) -> (Published, Link) {
        let (path, _) = self.image(bytes);
        let file = ImageFile::new(&path, None).unwrap();
        self.client().put(name, &file, LIFETIME, &mut |_| {}, soon()).await.unwrap()
    }

    pub async fn ask(&self, method: &str, url: &str, headers: &[(&str, &str)]) -> Response<Bytes> {
        let method: Method = method.parse().unwrap();
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let transport = Transport::new(self.transport()).unwrap();
        transport.send(request.body(Bytes::new()).unwrap(), soon()).await.unwrap()
    }

    pub async fn get(&self, url: &str, headers: &[(&str, &str)]) -> (u16, Bytes) {
        let response = self.ask("GET", url, headers).await;
        (response.status().as_u16(), response.into_body())
    }

    /// Whatever lies in the folder that is neither a file nor the server's own.
    pub fn left(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path().join("images")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with(".upload")).collect()
    }
}

pub fn certificate() -> (TempDir, String) {
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
pub fn basic() -> String {
    use base64::Engine as _;
    let pair = format!("bosh:{PASSWORD}");
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
}
