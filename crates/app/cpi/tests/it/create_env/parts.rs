//! What a create-env is made of: our release, a release with a job to run, a stemcell, a
//! manifest, and the command that boots a VM's agent.

use serde_json::json;
use simulator_cloudstack::Credentials;
use std::path::{Path, PathBuf};
use xtask::archive::{self, File, Files, Mode, plain};
use xtask::release::Release;

/// The version of both releases.
const VERSION: &str = "0.0.0+test";

/// The message bus's port and the folder of everything.
pub struct Place<'a> {
    pub folder: &'a Path,
    pub port: u16,
}

impl Place<'_> {
    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Our release, with `binary` as it is in this build.
    pub fn cpi_release(&self, binary: &Path) {
        let release = Release::read(&xtask::root(), binary, VERSION).unwrap();
        self.write("cpi.tgz", release.tarball().unwrap());
    }

    /// A release with a package that has to be compiled, and a job that finds it.
    pub fn probe_release(&self) {
        let package = Files::from([
            ("packaging".into(), plain("set -e\ncp said \"$BOSH_INSTALL_TARGET/said\"\n")),
            ("said".into(), plain("compiled on the VM\n")),
        ]);
        let spec = "name: probe\ntemplates:\n  pre-start.erb: bin/pre-start\n  \
                    post-start.erb: bin/post-start\npackages: [probe]\nproperties: {}\n";
        let script = |name: &str| {
            plain(format!(
                "#!/bin/sh\necho {name}: $(cat \"$(dirname \"$0\")/../../../packages/probe/said\")\n"
            ))
        };
        let job = Files::from([
            ("job.MF".into(), plain(spec)),
            ("monit".into(), plain("")),
            ("templates/pre-start.erb".into(), script("pre-start")),
            ("templates/post-start.erb".into(), script("post-start")),
        ]);
        let part = |kind: &str, files: &Files, needs: &str| {
            let packed = archive::pack(files).unwrap();
            let print = archive::fingerprint(files);
            let digest = archive::digest(&packed);
            let text = format!(
                "{kind}:\n- name: probe\n  version: \"{print}\"\n  fingerprint: \"{print}\"\n  \
                 sha1: \"{digest}\"\n  {needs}\n"
            );
            (text, File { bytes: packed, mode: Mode::Plain })
        };
        let (jobs, packed_job) = part("jobs", &job, "packages: [probe]");
        let (packages, packed_package) = part("packages", &package, "dependencies: []");
        let manifest = format!(
            "---\nname: probe\nversion: {VERSION}\ncommit_hash: none\n\
             uncommitted_changes: false\n{jobs}{packages}"
        );
        let release = Files::from([
            ("release.MF".into(), plain(manifest)),
            ("jobs/probe.tgz".into(), packed_job),
            ("packages/probe.tgz".into(), packed_package),
        ]);
        self.write("probe.tgz", archive::pack(&release).unwrap());
    }

    /// A light stemcell: a template that the embedded cloud has.
    pub fn stemcell(&self) {
        // The digest is that of nothing.
        let manifest = "---\nname: bosh-cloudstack-kvm-ubuntu-noble\nversion: '1.1'\n\
            api_version: 3\nbosh_protocol: 1\nsha1: da39a3ee5e6b4b0d3255bfef95601890afd80709\n\
            operating_system: ubuntu-noble\nstemcell_formats: [cloudstack-light]\n\
            cloud_properties: {template: CentOS 5.6 (64-bit) no GUI (Simulator)}\n";
        let files =
            Files::from([("stemcell.MF".into(), plain(manifest)), ("image".into(), plain(""))]);
        self.write("stemcell.tgz", archive::pack(&files).unwrap());
    }

    /// What boots in a VM: an agent whose settings are those of the VM's metadata service.
    pub fn agent(&self, agent: &Path) -> String {
        let log = self.folder.join("agent.log");
        let source = json!({"Platform": {"Linux": {}}, "Infrastructure": {"Settings": {
            "Sources": [{"Type": "HTTP", "URI": "@METADATA@", "UserDataPath": "/latest/user-data",
                "SSHKeysPath": ""}], "UseRegistry": false}}});
        let script = format!(
            "#!/bin/sh\nset -e\nmkdir -p \"$CPI_SIM_DIR/vcap/bosh\"\n\
             cat > \"$CPI_SIM_DIR/agent.json\" <<END\n{}\nEND\n\
             exec '{}' -P dummy -M dummy -b \"$CPI_SIM_DIR/vcap\" -C \"$CPI_SIM_DIR/agent.json\" \
             >> '{}' 2>&1\n",
            source.to_string().replace("@METADATA@", "$CPI_SIM_METADATA"),
            agent.display(),
            log.display(),
        );
        format!("exec sh '{}'", self.write("agent.sh", script).display())
    }

    /// The manifest, with a persistent disk of `disk` MiB.
    pub fn manifest(&self, endpoint: &str, keys: &Credentials, disk: u32) {
        let Self { folder, port } = self;
        let file = |name: &str| format!("file://{}", folder.join(name).display());
        let release = |name: &str, tarball: &str| json!({"name": name, "version": VERSION, "url": file(tarball)});
        let manifest = json!({
            "name": "rehearsal",
            "releases": [release(xtask::release::NAME, "cpi.tgz"), release("probe", "probe.tgz")],
            "networks": [{"name": "default", "type": "manual", "subnets": [{
                "range": "10.50.0.0/24", "gateway": "10.50.0.1", "dns": ["8.8.8.8"],
                "cloud_properties": {"name": "bosh-net"}}]}],
            "resource_pools": [{
                "name": "vms", "network": "default", "stemcell": {"url": file("stemcell.tgz")},
                "cloud_properties": {"compute_offering": "Small Instance", "disk": 4096,
                    "ephemeral_disk_offering": "Custom"},
                "env": {"bosh": {"password": "*", "mbus": {"cert": "((mbus_bootstrap_ssl))"}}}}],
            "disk_pools": [{"name": "disks", "disk_size": disk,
                "cloud_properties": {"disk_offering": "Custom"}}],
            "instance_groups": [{
                "name": "probe", "instances": 1, "jobs": [{"name": "probe", "release": "probe"}],
                "resource_pool": "vms", "persistent_disk_pool": "disks", "properties": {},
                "networks": [{"name": "default", "static_ips": ["10.50.0.6"]}]}],
            "cloud_provider": {
                "template": {"name": xtask::cloud_job::CLOUDSTACK.name, "release": xtask::release::NAME},
                // The VM has an address of its own, but its agent is a process on this machine.
                "mbus": format!("https://mbus:((mbus_bootstrap_password))@127.0.0.1:{port}"),
                "cert": "((mbus_bootstrap_ssl))",
                "properties": {
                    "agent": {"mbus": format!("https://mbus:((mbus_bootstrap_password))@127.0.0.1:{port}")},
                    "ntp": ["0.pool.ntp.org"],
                    "blobstore": {"provider": "local", "path": "/var/vcap/micro_bosh/data/cache"},
                    "state_dir": folder.join("cpi-state"),
                    "cloudstack": {"endpoint": endpoint, "api_key": keys.api_key,
                        "secret_access_key": keys.secret_key, "default_zone": "adv",
                        "strict": true}}},
            "variables": [
                {"name": "mbus_bootstrap_password", "type": "password"},
                {"name": "default_ca", "type": "certificate",
                    "options": {"is_ca": true, "common_name": "ca"}},
                {"name": "mbus_bootstrap_ssl", "type": "certificate", "options": {
                    "ca": "default_ca", "common_name": "127.0.0.1",
                    "alternative_names": ["127.0.0.1"]}}],
        });
        self.write("manifest.json", manifest.to_string());
    }
}
