//! What a create-env is made of: releases, a stemcell, certificates and a manifest.

use bosh_release::archive::{self, Files, plain};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

/// What is of one cloud in a manifest.
pub struct Site {
    /// The address of the VM, in the network whose first three numbers it has.
    pub ip: &'static str,
    /// Cloud properties of the network.
    pub network: Value,
    /// Cloud properties of a VM of this type.
    pub vm: fn(&str) -> Value,
    /// Cloud properties of a disk of this type.
    pub disk: fn(&str) -> Value,
    /// Cloud properties of the stemcell.
    pub stemcell: Value,
    /// Properties of the CPI beside the agent's.
    pub properties: Value,
    /// The CPI's job.
    pub job: &'static str,
}

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
        Self { disk: 5120, disk_type: "fast", vm_type: "m1", text: "hello", stemcell: "1.1" }
    }
}

/// A folder with everything that a manifest names.
pub struct Parts {
    folder: PathBuf,
    site: Site,
    port: u16,
    ca: String,
    certificate: String,
    key: String,
}

impl Parts {
    /// Makes releases, certificates and stemcells in `folder`.
    pub fn make(folder: &Path, site: Site) -> Self {
        let (ca, certificate, key) = certificates();
        // Nobody else takes it in the moment until the agent does, or the test says so.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let parts = Self { folder: folder.to_owned(), site, port, ca, certificate, key };
        parts.web_release("1");
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

    fn write_stemcell(&self, version: &str) {
        let manifest = format!(
            "name: toy-stemcell\nversion: '{version}'\napi_version: 3\n\
             sha1: da39a3ee5e6b4b0d3255bfef95601890afd80709\noperating_system: toy-os\n\
             stemcell_formats: [toy]\ncloud_properties: {}\n",
            self.site.stemcell
        );
        let files =
            Files::from([("stemcell.MF".into(), plain(manifest)), ("image".into(), plain(""))]);
        self.write(&format!("stemcell-{version}.tgz"), archive::pack(&files).unwrap());
    }

    /// Writes the manifest.
    pub fn manifest(&self, wanted: &Wanted) {
        let Site { ip, network, vm, disk, job, properties, .. } = &self.site;
        let cert = json!({"certificate": self.certificate, "private_key": self.key});
        let mbus = format!("https://mbus:pass@127.0.0.1:{}", self.port);
        let net = ip.rsplit_once('.').unwrap().0;
        let mut group = json!({
            "name": "bosh", "instances": 1, "jobs": [{"name": "web", "release": "web"}],
            "resource_pool": "vms", "properties": {"text": wanted.text},
            "networks": [{"name": "default", "static_ips": [ip]}]});
        if wanted.disk > 0 {
            group["persistent_disk_pool"] = json!("disks");
        }
        let mut properties = properties.clone();
        properties["agent"] = json!({"mbus": mbus});
        let mut releases = vec![json!({"name": "web", "url": "file://web.tgz"})];
        if self.folder.join("cpi.tgz").exists() {
            releases.push(json!({"name": "cpi", "url": "file://cpi.tgz"}));
        }
        let manifest = json!({
            "name": "toy",
            "releases": releases,
            "networks": [{"name": "default", "type": "manual", "subnets": [{
                "range": format!("{net}.0/24"), "gateway": format!("{net}.1"),
                "dns": ["8.8.8.8"], "cloud_properties": network}]}],
            "resource_pools": [{"name": "vms", "network": "default",
                "stemcell": {"url": format!("file://stemcell-{}.tgz", wanted.stemcell)},
                "cloud_properties": vm(wanted.vm_type),
                "env": {"bosh": {"mbus": {"cert": cert}}}}],
            "disk_pools": [{"name": "disks", "disk_size": wanted.disk.max(1),
                "cloud_properties": disk(wanted.disk_type)}],
            "instance_groups": [group],
            "tags": {"owner": "me"},
            "cloud_provider": {
                "template": {"name": job, "release": "cpi"},
                "mbus": mbus, "cert": {"ca": self.ca}, "properties": properties},
        });
        self.write("manifest.yml", manifest.to_string());
    }

    /// Writes a file beside the manifest.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.folder.join(name), bytes).unwrap();
    }
}

/// A release on its way into a tarball.
pub struct ReleaseTarball {
    manifest: String,
    files: Files,
}

impl ReleaseTarball {
    /// One without jobs and packages.
    pub fn new(name: &str, version: &str) -> Self {
        let manifest = format!(
            "name: {name}\nversion: '{version}'\ncommit_hash: c\nuncommitted_changes: false\n"
        );
        Self { manifest, files: Files::new() }
    }

    /// The same with a job or a package.
    pub fn with(mut self, kind: &str, name: &str, files: &Files, needs: &str) -> Self {
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

    /// The tarball.
    pub fn pack(mut self) -> Vec<u8> {
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
