//! What tests of heavy stemcells are played on.

use crate::bench::*;
use serde_json::{Value, json};
use simulator_cloudstack::World;
use std::path::{Path, PathBuf};
use std::process::Command;

pub const BASIC: &str = "7f04f6fa-dfa0-4935-95a8-822048a583e8";

/// A cloud, a folder for images, and the CPI pointed at it with the CA of its storage VM.
pub struct Stage {
    pub bench: Bench,
    pub folder: tempfile::TempDir,
}

impl Stage {
    pub async fn new() -> Self {
        Self::of(|_| {}).await
    }

    pub async fn of(change: impl FnOnce(&mut World)) -> Self {
        let mut world = World::builtin().instant();
        change(&mut world);
        let bench = Bench::of(world, "admin").await;
        Self { bench, folder: tempfile::tempdir().unwrap() }
    }

    /// A qcow2 header of a disk of 3 GiB, and some content.
    pub fn image(&self) -> PathBuf {
        let mut bytes = b"QFI\xfb\0\0\0\x02".to_vec();
        bytes.resize(24, 0);
        bytes.extend((3_u64 << 30).to_be_bytes());
        bytes.resize(700_000, 9);
        self.file("image", &bytes)
    }

    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub fn run(&self, program: &str, arguments: &[&str]) {
        let done = Command::new(program).args(arguments).current_dir(self.folder.path()).status();
        assert!(done.unwrap().success(), "{program} {arguments:?}");
    }

    /// create_stemcell with these plugin properties and cloud_properties.
    pub async fn create(
        &self,
        image: &Path,
        plugin: Value,
        stemcell: Value,
    ) -> Result<String, bosh_cpi::CpiError> {
        let mut properties = json!({"ca_cert": self.bench.simulator.storage_ca_cert()});
        for (key, value) in plugin.as_object().unwrap() {
            properties[key] = value.clone();
        }
        let cloud = self.bench.cloud_with(properties);
        let mut about = json!({"name": "bosh-openstack-kvm-ubuntu-jammy-go_agent", "version": "1.2",
                               "hypervisor": "kvm", "disk": 5120, "architecture": "x86_64"});
        for (key, value) in stemcell.as_object().unwrap() {
            about[key] = value.clone();
        }
        let arguments = json!([image, about, {"tags": {"deployment": "cf", "empty": ""}}]);
        let cid = ask(&cloud, "create_stemcell", arguments).await?;
        Ok(cid.as_str().unwrap().to_owned())
    }

    /// The rows of our templates, one a zone.
    pub fn templates(&self) -> Vec<Value> {
        self.bench.rows("listTemplates", "template", &[("templatefilter", "self")])
    }

    /// Nothing that an import makes is there, nor was any of it left beside the image.
    pub fn assert_empty(&self, what: &str) {
        assert_eq!(self.templates(), Vec::<Value>::new(), "{what}: templates");
        let is_import = |it: &String| it.starts_with("volume disk-") || it.starts_with("snapshot");
        let left: Vec<_> = self.bench.inventory().into_iter().filter(is_import).collect();
        assert!(left.is_empty(), "{what}: {left:?}");
        assert!(self.left().is_empty(), "{what}: scratch files {:?}", self.left());
    }

    /// The SHA-256 of what the cloud has got.
    pub fn arrived(&self, id: &str) -> String {
        let cloud = self.bench.simulator.cloud();
        cloud.templates.get(id).unwrap().copies[0].sha256.clone().unwrap()
    }

    pub fn left(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with('.')).collect()
    }
}

pub fn sha256(path: &Path) -> String {
    let (_, sums) = stemcell::Checksums::of(std::fs::File::open(path).unwrap()).unwrap();
    sums.sha256
}

/// An HTTP server on a loopback port that has these bytes as `/images/…`.
pub async fn serve(bytes: Vec<u8>) -> u16 {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let bytes = bytes.clone();
            tokio::spawn(async move {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    match stream.read_u8().await {
                        Ok(byte) => request.push(byte),
                        Err(_) => return,
                    }
                }
                let there = request.starts_with(b"GET /images/");
                let (status, body) = if there { (200, &bytes[..]) } else { (404, &b"no"[..]) };
                let head = format!(
                    "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                stream.write_all(head.as_bytes()).await.unwrap();
                stream.write_all(body).await.unwrap();
            });
        }
    });
    port
}

pub fn at(port: u16) -> impl FnOnce(&mut World) {
    move |world| {
        world.secondary_storage.hosts.insert("images.example".into(), port);
    }
}
