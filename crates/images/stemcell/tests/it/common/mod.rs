//! Images made with the tools of a Debian: e2fsprogs, fdisk, qemu-utils.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// Where Debian has its tools, also for users whose PATH lacks `sbin`.
const PATHS: [&str; 4] = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];

/// Says which tool a test misses, and that it skips itself.
pub fn missing(tools: &[&str]) -> bool {
    let absent = tools.iter().find(|tool| find(tool).is_none());
    if let Some(tool) = absent {
        test_support::skip(format!("{tool} is not installed"));
    }
    absent.is_some()
}

fn find(tool: &str) -> Option<PathBuf> {
    let paths = PATHS.iter().map(|path| Path::new(path).join(tool));
    paths.into_iter().find(|path| path.is_file())
}

/// Runs a tool.
pub fn try_run(tool: &str, arguments: &[&str]) -> Output {
    let program = find(tool).unwrap_or_else(|| PathBuf::from(tool));
    let output = Command::new(program).args(arguments).output();
    output.unwrap_or_else(|error| panic!("{tool}: {error}"))
}

/// Runs a tool that must succeed; its standard output.
pub fn run(tool: &str, arguments: &[&str]) -> String {
    let output = try_run(tool, arguments);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{tool} {arguments:?}: {told}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().expect("a path that is text")
}

pub const AGENT_JSON: &str = "/var/vcap/bosh/agent.json";

/// What the openstack-kvm stemcells have there: nothing of it works on CloudStack.
pub const OPENSTACK: &str = r#"{
  "Platform": {
    "Linux": {
      "PartitionerType": "parted",
      "CreatePartitionIfNoEphemeralDisk": true,
      "DevicePathResolutionType": "virtio"
    }
  },
  "Infrastructure": {
    "Settings": {
      "Sources": [
        {"Type": "File", "SettingsPath": "/var/vcap/bosh/agent-bootstrap-env.json"},
        {
          "Type": "ConfigDrive",
          "DiskPaths": ["/dev/disk/by-label/CONFIG-2", "/dev/disk/by-label/config-2"],
          "MetaDataPath": "ec2/latest/meta-data.json",
          "UserDataPath": "ec2/latest/user-data"
        },
        {
          "Type": "HTTP",
          "URI": "http://169.254.169.254",
          "UserDataPath": "/latest/user-data",
          "InstanceIDPath": "/latest/meta-data/instance-id",
          "SSHKeysPath": "/latest/meta-data/public-keys/0/openssh-key"
        }
      ],
      "UseServerName": true,
      "UseRegistry": true
    }
  }
}
"#;

/// A disk as a builder of stemcells would make it.
pub struct Builder {
    /// Bytes of the whole disk.
    pub size: u64,
    /// What `sfdisk` is told; nothing for a filesystem on the whole disk.
    pub table: &'static str,
    /// First sector and number of sectors of the root partition.
    pub root: (u64, u64),
    /// Further arguments of `mke2fs`.
    pub mke2fs: &'static [&'static str],
    /// Whether agent.json is there.
    pub agent_json: bool,
    /// Whether systemd is there.
    pub systemd: bool,
}

impl Default for Builder {
    /// Small, with one partition.
    fn default() -> Self {
        Self {
            size: 32 << 20,
            table: "label: dos\nstart=2048, size=63488, type=83, bootable\n",
            root: (2048, 63488),
            mke2fs: &[],
            agent_json: true,
            systemd: true,
        }
    }
}

impl Builder {
    /// As the official openstack-kvm stemcells: 5 GiB, one partition at sector 63.
    pub fn official() -> Self {
        let sectors = (5 << 30) / 512 - 63;
        Self {
            size: 5 << 30,
            table: "label: dos\nunit: sectors\nstart=63, type=83, bootable\n",
            root: (63, sectors),
            ..Self::default()
        }
    }

    /// Makes the raw image `disk.raw` in `directory`.
    pub fn build(&self, directory: &Path) -> PathBuf {
        let image = directory.join("disk.raw");
        let file = File::create(&image).expect("create");
        file.set_len(self.size).expect("size");
        drop(file);
        if !self.table.is_empty() {
            let script = directory.join("table");
            fs::write(&script, self.table).expect("table");
            let command = format!(
                "PATH=/usr/sbin:/sbin:$PATH sfdisk --quiet --no-reread {} < {}",
                text(&image),
                text(&script)
            );
            run("sh", &["-c", &command]);
        }
        let tree = directory.join("tree");
        plant(&tree, self);
        let offset = format!("offset={}", self.root.0 * 512);
        let blocks = format!("{}k", self.root.1 / 2);
        let mut arguments = vec!["-q", "-t", "ext4", "-d", text(&tree), "-E", &offset];
        arguments.extend(self.mke2fs);
        arguments.extend([text(&image), &blocks]);
        run("mke2fs", &arguments);
        image
    }
}

/// Some hundred files, long names, links, a directory with an index, a large file.
fn plant(tree: &Path, builder: &Builder) {
    let write = |path: &str, content: &[u8]| {
        let path = tree.join(path);
        fs::create_dir_all(path.parent().expect("parent")).expect("directory");
        fs::write(path, content).expect("file");
    };
    for index in 0..300 {
        let content = format!("content of {index}\n").repeat(index + 1);
        write(&format!("usr/share/doc/package-{index:04}"), content.as_bytes());
    }
    let noise: Vec<u8> =
        (0_u32..200_000).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    write("usr/lib/large", &noise);
    write("var/vcap/bosh/bin/bosh-agent", b"\x7fELF");
    write("var/vcap/bosh/etc/stemcell_version", b"1.484");
    write("etc/hostname", b"bosh-stemcell\n");
    if builder.systemd {
        write("etc/systemd/system/sysstat.service", b"[Unit]\n");
    }
    if builder.agent_json {
        write("var/vcap/bosh/agent.json", OPENSTACK.as_bytes());
    }
    symlink("usr/lib", tree.join("lib")).expect("link");
    fs::hard_link(tree.join("etc/hostname"), tree.join("etc/also")).expect("hard link");
}

/// A directory for one test; in memory where that is possible, since images are synced a lot.
pub fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = match memory.is_dir() {
        true => tempfile::tempdir_in(memory),
        false => tempfile::tempdir(),
    };
    made.or_else(|_| tempfile::tempdir()).expect("temporary directory")
}

/// `qemu-img convert`.
pub fn qemu_convert(from: &Path, to: &Path, options: &[&str]) {
    let mut arguments = vec!["convert"];
    arguments.extend(options);
    arguments.extend([text(from), text(to)]);
    run("qemu-img", &arguments);
}

/// The root partition of an image as the tools of ext4 name it: a raw image and an offset.
pub fn root_partition(image: &Path, root: (u64, u64), directory: &Path) -> PathBuf {
    let offset = root.0 * 512;
    if image.extension().is_some_and(|extension| extension == "raw") {
        return PathBuf::from(format!("{}?offset={offset}", text(image)));
    }
    let raw = directory.join("check.raw");
    let _ = fs::remove_file(&raw);
    qemu_convert(image, &raw, &["-f", "qcow2", "-O", "raw"]);
    PathBuf::from(format!("{}?offset={offset}", text(&raw)))
}

/// Everything on a filesystem as `debugfs` sees it: path, mode and content.
pub fn listing(partition: &Path, directory: &Path) -> Vec<(String, String)> {
    let dump = directory.join("dump");
    let _ = fs::remove_dir_all(&dump);
    fs::create_dir(&dump).expect("dump");
    let request = format!("rdump / {}", text(&dump));
    run("debugfs", &["-R", &request, text(partition)]);
    let mut found = Vec::new();
    let mut todo = vec![dump.clone()];
    while let Some(next) = todo.pop() {
        for entry in fs::read_dir(&next).expect("directory") {
            let path = entry.expect("entry").path();
            let name = format!("/{}", text(path.strip_prefix(&dump).expect("below")));
            let metadata = fs::symlink_metadata(&path).expect("metadata");
            let content = match metadata.file_type() {
                kind if kind.is_dir() => {
                    todo.push(path.clone());
                    "directory".to_owned()
                }
                kind if kind.is_symlink() => text(&fs::read_link(&path).expect("link")).to_owned(),
                _ => {
                    let mut hasher = DefaultHasher::new();
                    fs::read(&path).expect("file").hash(&mut hasher);
                    format!("{} bytes, {:x}", metadata.len(), hasher.finish())
                }
            };
            let content = format!("{:o} {content}", metadata.mode());
            found.push((name, content));
        }
    }
    found.sort();
    found
}
