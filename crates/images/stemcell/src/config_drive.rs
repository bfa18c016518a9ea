//! The config drive as CloudStack lays it out: an ISO with what a VM should know of itself.
//!
//! There is no `ec2/` tree in it, which is where an unpatched openstack stemcell looks.

use crate::error::StemcellError;
use crate::iso;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::Write;

/// The label of its filesystem, unless the operator changed `vm.configdrive.label`.
pub const LABEL: &str = "config-2";
/// The user-data as the VM was given it, decoded.
pub const USER_DATA: &str = "openstack/latest/user_data";
/// Always there.
pub const META_DATA: &str = "openstack/latest/meta_data.json";
const VENDOR_DATA: &str = "openstack/latest/vendor_data.json";
const NETWORK_DATA: &str = "openstack/latest/network_data.json";

/// Whether CloudStack writes a file of this name on every config drive.
pub(crate) fn is_there(path: &str) -> bool {
    [META_DATA, VENDOR_DATA, NETWORK_DATA].contains(&path)
}

/// What CloudStack would put on a VM's config drive.
#[derive(Debug, Clone, Default)]
pub struct ConfigDrive {
    /// The user-data, decoded; for a BOSH VM the agent's settings. Left out where it is empty.
    pub user_data: Vec<u8>,
    /// By CloudStack's names: `instance-id`, `local-hostname`, `local-ipv4`,
    /// `availability-zone`, `service-offering`, `public-keys`… Empty ones are left out.
    pub metadata: BTreeMap<String, String>,
    /// `links`, `networks` and `services`; CloudStack writes `{}` where no network of the VM
    /// offers DHCP or DNS.
    pub network_data: Option<Value>,
}

impl ConfigDrive {
    /// Path and content of each file.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut put = |path: &str, content: Vec<u8>| files.insert(path.to_owned(), content);
        if !self.user_data.is_empty() {
            put("cloudstack/userdata/user_data.txt", self.user_data.clone());
            put(USER_DATA, self.user_data.clone());
        }
        for (name, value) in self.metadata.iter().filter(|(_, value)| !value.is_empty()) {
            let path = format!("cloudstack/metadata/{name}.txt");
            put(&path, value.clone().into_bytes());
        }
        put(META_DATA, self.meta_data().to_string().into_bytes());
        put(VENDOR_DATA, b"{}".to_vec());
        let network = self.network_data.clone().unwrap_or_else(|| json!({}));
        put(NETWORK_DATA, network.to_string().into_bytes());
        files
    }

    /// Writes the ISO. The same content makes the same bytes.
    ///
    /// # Errors
    /// `Malformed` where the name of a metadata value is no file name; `Output`.
    pub fn write(&self, output: impl Write) -> Result<(), StemcellError> {
        for name in self.metadata.keys() {
            let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            if name.is_empty() || name.len() > 64 || !name.bytes().all(known) {
                return Err(StemcellError::Malformed {
                    what: "config drive",
                    reason: format!("invalid name of a metadata value: \"{name}\""),
                });
            }
        }
        iso::write(LABEL, &self.files(), output).map_err(StemcellError::Output)
    }

    fn meta_data(&self) -> Value {
        // CloudStack's names on the left, OpenStack's on the right.
        const NAMES: [(&str, &str); 4] = [
            ("availability-zone", "availability_zone"),
            ("local-hostname", "hostname"),
            ("instance-id", "uuid"),
            ("public-hostname", "name"),
        ];
        let mut document = Map::new();
        let there = |name: &str| self.metadata.get(name).filter(|value| !value.is_empty());
        for (ours, theirs) in NAMES {
            if let Some(value) = there(ours) {
                document.insert(theirs.to_owned(), json!(value));
            }
        }
        if let Some(key) = there("public-keys") {
            // The comment of the key is its name; without one, the key is.
            let name = key.split_whitespace().nth(2).unwrap_or(key);
            document.insert("keys".to_owned(), json!([{"type": "ssh", "data": key, "name": name}]));
            document.insert("public_keys".to_owned(), json!({name: key}));
        }
        Value::Object(document)
    }
}
