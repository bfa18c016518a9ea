//! What a create-env is made of: releases, a stemcell, certificates and a manifest.

use bosh_release::archive::{self, Files, plain};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::json;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

/// What a manifest asks for, as far as tests change it.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// MiB; 0 for none.
    pub disk: u64,
    /// Cloud properties of the disk.
    pub disk_type: &'static str,
    /// Cloud properties of the VM.
    pub vm_type: &'static str,
    /// A property of the job.
    pub text: &'static str,
    /// The stemcell's version.
    pub stemcell: &'static str,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { disk: 1024, disk_type: "fast", vm_type: "m1", text: "hello", stemcell: "1.1" }
    }
}

/// A folder with everything that a manifest names.
pub struct Parts {
    folder: PathBuf,
    port: u16,
    ca: String,
    certificate: String,
    key: String,
}

impl Parts {
    /// Makes releases, certificates and stemcells in `folder`.
    pub fn make(folder: &Path) -> Self {
        let (ca, certificate, key) = certificates();
        // Nobody else takes it in the moment until the agent does, or the test says so.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let parts = Self { folder: folder.to_owned(), port, ca, certificate, key };
        parts.web_release("1");
        parts.cpi_release();
        for version in ["1.1", "1.2"] {
            parts.write_stemcell(version);
        }
        parts
    }

    /// A release with a job to run, and packages of which one needs the other.
    pub fn web_release(&self, version: &str) {
        let spec = "name: web\ntemplates: {config.erb: config/web.yml}\npackages: [app]\n\
            properties:\n  text: {default: none}\n  secret: {description: not given}\n";
        let template = "text: <%= p('text') %>\nat: <%= spec.address %>\n";
        let job = Files::from([
            ("job.MF".into(), plain(spec)),
            ("monit".into(), plain("")),
            ("templates/config.erb".into(), plain(template)),
        ]);
        let package = |name: &str| {
            Files::from([
                ("packaging".into(), plain("cp it \"$BOSH_INSTALL_TARGET\"")),
                ("it".into(), plain(name)),
            ])
        };
        let release = ReleaseTarball::new("web", version)
            .with("jobs", "web", &job, "packages: [app]")
            .with("packages", "lib", &package("lib"), "dependencies: []")
            .with("packages", "app", &package("app"), "dependencies: [lib]");
        self.write("web.tgz", release.pack());
    }

    /// The toy CPI as a release: a package to be compiled and a job to be rendered.
    fn cpi_release(&self) {
        let package = Files::from([
            ("packaging".into(), plain("set -e\ncp cpi.rb \"$BOSH_INSTALL_TARGET/cpi.rb\"\n")),
            ("cpi.rb".into(), plain(fs::read(super::script()).unwrap())),
        ]);
        let spec = "name: toy_cpi\ntemplates: {cpi.erb: bin/cpi, cpi.json.erb: config/cpi.json}\n\
            packages: [toy_cpi]\nproperties:\n  agent.mbus: {}\n  toy.folder: {}\n";
        let program = "#!/bin/sh\nexec ruby --disable-gems \"$BOSH_PACKAGES_DIR/toy_cpi/cpi.rb\" \
            \"$BOSH_JOBS_DIR/toy_cpi/config/cpi.json\"\n";
        let config = "<%= JSON.dump('cloud' => {'properties' => {'agent' => {'mbus' => \
            p('agent.mbus')}, 'toy' => {'folder' => p('toy.folder')}}}) %>";
        let job = Files::from([
            ("job.MF".into(), plain(spec)),
            ("monit".into(), plain("")),
            ("templates/cpi.erb".into(), plain(program)),
            ("templates/cpi.json.erb".into(), plain(config)),
        ]);
        let release = ReleaseTarball::new("toy-cpi", "1")
            .with("jobs", "toy_cpi", &job, "packages: [toy_cpi]")
            .with("packages", "toy_cpi", &package, "dependencies: []");
        self.write("toy-cpi.tgz", release.pack());
    }

    fn write_stemcell(&self, version: &str) {
        let manifest = format!(
            "name: toy-stemcell\nversion: '{version}'\napi_version: 3\n\
             sha1: da39a3ee5e6b4b0d3255bfef95601890afd80709\noperating_system: toy-os\n\
             stemcell_formats: [toy]\ncloud_properties: {{}}\n"
        );
        let files =
            Files::from([("stemcell.MF".into(), plain(manifest)), ("image".into(), plain(""))]);
        self.write(&format!("stemcell-{version}.tgz"), archive::pack(&files).unwrap());
    }

    /// Writes the manifest.
    pub fn manifest(&self, wanted: &Wanted) {
        let cert = json!({"certificate": self.certificate, "private_key": self.key});
        let mbus = format!("https://mbus:pass@127.0.0.1:{}", self.port);
        let mut group = json!({
            "name": "bosh", "instances": 1, "jobs": [{"name": "web", "release": "web"}],
            "resource_pool": "vms", "properties": {"text": wanted.text},
            "networks": [{"name": "default", "static_ips": ["10.0.0.6"]}]});
        if wanted.disk > 0 {
            group["persistent_disk_pool"] = json!("disks");
        }
        let manifest = json!({
            "name": "toy",
            "releases": [{"name": "toy-cpi", "url": "file://toy-cpi.tgz"},
                {"name": "web", "url": "file://web.tgz"}],
            "networks": [{"name": "default", "type": "manual", "subnets": [{
                "range": "10.0.0.0/24", "gateway": "10.0.0.1", "dns": ["10.0.0.2"],
                "cloud_properties": {"name": "net1"}}]}],
            "resource_pools": [{"name": "vms", "network": "default",
                "stemcell": {"url": format!("file://stemcell-{}.tgz", wanted.stemcell)},
                "cloud_properties": {"size": wanted.vm_type},
                "env": {"bosh": {"mbus": {"cert": cert}}}}],
            "disk_pools": [{"name": "disks", "disk_size": wanted.disk.max(1),
                "cloud_properties": {"type": wanted.disk_type}}],
            "instance_groups": [group],
            "tags": {"owner": "me"},
            "cloud_provider": {
                "template": {"name": "toy_cpi", "release": "toy-cpi"},
                "mbus": mbus, "cert": {"ca": self.ca},
                "properties": {"agent": {"mbus": mbus},
                    "toy": {"folder": self.folder.join("cloud")}}},
        });
        self.write("manifest.yml", manifest.to_string());
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.folder.join(name), bytes).unwrap();
    }
}

struct ReleaseTarball {
    manifest: String,
    files: Files,
}

impl ReleaseTarball {
    fn new(name: &str, version: &str) -> Self {
        let manifest = format!(
            "name: {name}\nversion: '{version}'\ncommit_hash: c\nuncommitted_changes: false\n"
        );
        Self { manifest, files: Files::new() }
    }

    fn with(mut self, kind: &str, name: &str, files: &Files, needs: &str) -> Self {
        let packed = archive::pack(files).unwrap();
        if !self.manifest.contains(&format!("\n{kind}:")) {
            self.manifest += &format!("{kind}:\n");
        }
        self.manifest += &format!(
            "- {{name: {name}, fingerprint: {}, sha1: '{}', {needs}}}\n",
            archive::fingerprint(files),
            archive::digest(&packed)
        );
        self.files.insert(format!("{kind}/{name}.tgz"), plain(packed));
        self
    }

    fn pack(mut self) -> Vec<u8> {
        self.files.insert("release.MF".into(), plain(self.manifest));
        archive::pack(&self.files).unwrap()
    }
}

/// A CA, and a certificate with its key for this machine.
fn certificates() -> (String, String, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    (ca, certificate.pem(), key.serialize_pem())
}
