//! The agent's own configuration, `/var/vcap/bosh/agent.json`: where a stemcell's agent looks
//! for its settings, and where it must look on CloudStack.

use crate::config_drive;
use crate::error::StemcellError;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::fmt;

/// Where the agent keeps its files.
pub const DIRECTORY: &str = "/var/vcap/bosh";
/// The agent's configuration within [`DIRECTORY`].
pub const FILE: &str = "agent.json";
/// The agent's program within [`DIRECTORY`].
pub(crate) const PROGRAM: &str = "/var/vcap/bosh/bin/bosh-agent";

/// Labels under which Linux may find the config drive.
const DRIVE_LABELS: [&str; 2] = ["/dev/disk/by-label/CONFIG-2", "/dev/disk/by-label/config-2"];
/// The name by which a virtual router's DNS knows itself.
const VIRTUAL_ROUTER: &str = "http://data-server";
const USER_DATA: &str = "/latest/user-data";

/// What is to be written as agent.json.
#[derive(Debug, Clone, Default)]
pub enum AgentSettings {
    /// What CloudStack needs, with everything else as it was.
    #[default]
    CloudStack,
    /// The caller's own.
    Own(Value),
}

impl AgentSettings {
    /// An agent.json of one's own.
    ///
    /// # Errors
    /// `Malformed` where it is not JSON, or has no settings source.
    pub fn own(text: &str) -> Result<Self, StemcellError> {
        let value = parse(text.as_bytes())?;
        if sources(&value).is_empty() {
            return Err(malformed(
                "it has no Infrastructure.Settings.Sources; the agent would find no settings",
            ));
        }
        Ok(Self::Own(value))
    }

    /// The content to write where `old` is there now.
    ///
    /// # Errors
    /// `Malformed` where the old one is not JSON.
    pub(crate) fn content(&self, old: Option<&[u8]>) -> Result<Vec<u8>, StemcellError> {
        let value = match self {
            Self::CloudStack => for_cloudstack(old)?,
            Self::Own(value) => value.clone(),
        };
        let mut text =
            serde_json::to_vec_pretty(&value).map_err(|error| malformed(&error.to_string()))?;
        text.push(b'\n');
        Ok(text)
    }
}

/// Replaces the sources in the old agent.json, and how paths of disks are understood; everything
/// else stays. Where there is none, what
/// the openstack-kvm stemcells have in theirs.
fn for_cloudstack(old: Option<&[u8]>) -> Result<Value, StemcellError> {
    let mut value = match old {
        Some(bytes) => parse(bytes)?,
        None => json!({"Platform": {"Linux": {
            "PartitionerType": "parted",
            "CreatePartitionIfNoEphemeralDisk": true,
            "DevicePathResolutionType": "virtio",
        }}}),
    };
    let root = object(&mut value, "agent.json")?;
    let infrastructure = root.entry("Infrastructure").or_insert_with(|| json!({}));
    let infrastructure = object(infrastructure, "Infrastructure")?;
    let settings = infrastructure.entry("Settings").or_insert_with(|| json!({}));
    let settings = object(settings, "Infrastructure.Settings")?;
    settings.insert("Sources".to_owned(), cloudstack_sources());
    // A CPI for CloudStack answers paths; agents for vSphere would look for SCSI targets.
    let linux = value.pointer_mut("/Platform/Linux").and_then(Value::as_object_mut);
    if let Some(resolution) = linux.and_then(|linux| linux.get_mut("DevicePathResolutionType")) {
        *resolution = json!("virtio");
    }
    Ok(value)
}

/// The config drive first: it is there on networks without a virtual router. The metadata file
/// must exist there, or the source fails; it is read for an SSH key, and has none under the
/// name that the agent looks for, which is fine. From the virtual router no key is fetched: a
/// key that is not there costs ten tries, and in the end the agent.
fn cloudstack_sources() -> Value {
    json!([
        {
            "Type": "ConfigDrive",
            "DiskPaths": DRIVE_LABELS,
            "MetaDataPath": config_drive::META_DATA,
            "UserDataPath": config_drive::USER_DATA,
        },
        {
            "Type": "HTTP",
            "URI": VIRTUAL_ROUTER,
            "UserDataPath": USER_DATA,
            "InstanceIDPath": "/latest/meta-data/instance-id",
            "SSHKeysPath": "",
        },
    ])
}

fn object<'a>(
    value: &'a mut Value,
    path: &str,
) -> Result<&'a mut Map<String, Value>, StemcellError> {
    value.as_object_mut().ok_or_else(|| malformed(&format!("{path} must be an object")))
}

/// agent.json as JSON.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, StemcellError> {
    serde_json::from_slice(bytes).map_err(|error| malformed(&error.to_string()))
}

fn malformed(reason: &str) -> StemcellError {
    StemcellError::Malformed { what: "agent.json", reason: reason.to_owned() }
}

/// One place where the agent looks for its settings, and what becomes of it on CloudStack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Source {
    /// Its type and place, as a person would say it.
    pub place: String,
    /// What the agent finds there on CloudStack.
    pub on_cloudstack: Finding,
}

/// What an agent finds in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// Its settings, where the network offers a config drive.
    ConfigDrive,
    /// Its settings, where the network has a virtual router.
    VirtualRouter,
    /// Its settings, if something that the operator runs answers there.
    NeedsHelp,
    /// Nothing.
    Nothing,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let finding = match self.on_cloudstack {
            Finding::ConfigDrive => "works with a config drive",
            Finding::VirtualRouter => "works with a virtual router",
            Finding::NeedsHelp => "works if something of the operator's answers there",
            Finding::Nothing => "nothing is there on CloudStack",
        };
        write!(f, "{}: {finding}", self.place)
    }
}

/// The sources of an agent.json, in the order in which the agent asks them.
pub(crate) fn sources(agent: &Value) -> Vec<Source> {
    let list = agent.pointer("/Infrastructure/Settings/Sources");
    let list = list.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    list.iter().map(source).collect()
}

fn source(entry: &Value) -> Source {
    let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
    match text("Type") {
        "ConfigDrive" => config_drive_source(entry, text("UserDataPath"), text("MetaDataPath")),
        "HTTP" => Source {
            place: format!("HTTP {}{}", text("URI"), text("UserDataPath")),
            on_cloudstack: http_finding(text("URI"), text("UserDataPath"), text("SSHKeysPath")),
        },
        "File" => Source {
            place: format!("file {}", text("SettingsPath")),
            on_cloudstack: Finding::Nothing,
        },
        "CDROM" => Source {
            place: format!("CD-ROM, file {}", text("FileName")),
            on_cloudstack: Finding::Nothing,
        },
        other => Source {
            place: if other.is_empty() { "no type" } else { other }.to_owned(),
            on_cloudstack: Finding::Nothing,
        },
    }
}

fn config_drive_source(entry: &Value, user_data: &str, meta_data: &str) -> Source {
    let paths = entry.get("DiskPaths").and_then(Value::as_array);
    let paths = paths.map_or(&[][..], Vec::as_slice);
    // CloudStack's label is in lower case, and udev keeps it so.
    let found = paths.iter().any(|path| path == DRIVE_LABELS[1])
        && user_data.trim_start_matches('/') == config_drive::USER_DATA
        && config_drive::is_there(meta_data.trim_start_matches('/'));
    Source {
        place: format!("config drive, file {user_data}"),
        on_cloudstack: match found {
            true => Finding::ConfigDrive,
            false => Finding::Nothing,
        },
    }
}

fn http_finding(uri: &str, user_data: &str, ssh_keys: &str) -> Finding {
    let host = uri.strip_prefix("http://").unwrap_or(uri);
    let host = host.trim_end_matches('/');
    let data_server = host == "data-server" || host == "data-server:80";
    let path = user_data.trim_start_matches('/');
    match path == "latest/user-data" {
        true if data_server && ssh_keys.is_empty() => Finding::VirtualRouter,
        true if host.starts_with("169.254.169.254") => Finding::NeedsHelp,
        _ => Finding::Nothing,
    }
}
