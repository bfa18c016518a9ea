//! An agent's settings, read where a VM reads them.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::Url;
use serde::Deserialize;
use serde_json::Value;
use std::net::SocketAddr;

/// Where settings may stand: at CloudStack's router, on its config drive in either layout, at
/// SoftLayer's metadata service.
const SOURCES: &[&str] = &[
    "latest/user-data",
    "config-drive/openstack/latest/user_data",
    "config-drive/cloudstack/userdata/user_data.txt",
    "rest/v3.1/SoftLayer_Resource_Metadata/getUserMetadata.json",
];

/// The part of the settings that an agent without a machine needs. They hold secrets, so they
/// are not shown.
#[derive(Clone, Default, Deserialize)]
pub struct Settings {
    /// Who it is.
    #[serde(default)]
    pub agent_id: String,
    #[serde(default)]
    mbus: String,
    /// Its networks, as they were given.
    #[serde(default)]
    pub networks: Value,
    #[serde(default)]
    disks: Disks,
    #[serde(default)]
    env: Value,
}

#[derive(Clone, Default, Deserialize)]
struct Disks {
    #[serde(default)]
    ephemeral: Value,
}

/// A message bus over HTTPS.
pub struct Bus {
    /// The port.
    pub port: u16,
    /// What a caller's `Authorization` has to be.
    pub authorization: String,
    /// Certificate and key, as PEM, where the settings give them.
    pub identity: Option<(String, String)>,
}

/// Reads the settings of the VM whose metadata service is at `door`.
pub async fn read(door: SocketAddr) -> Result<Settings, String> {
    let client = reqwest::Client::builder().no_proxy().build().map_err(|e| e.to_string())?;
    for source in SOURCES {
        let answer = client.get(format!("http://{door}/{source}")).send().await;
        let answer = answer.map_err(|e| format!("the metadata service does not answer: {e}"))?;
        if !answer.status().is_success() {
            continue;
        }
        let body = answer.bytes().await.map_err(|e| e.to_string())?;
        // The reader's error could quote what it read.
        let settings: Settings = serde_json::from_slice(&plain(&body))
            .map_err(|e| format!("the user data is no settings (line {})", e.line()))?;
        if settings.agent_id.is_empty() {
            return Err("Metadata does not provide settings: agent_id is missing".to_owned());
        }
        return Ok(settings);
    }
    Err("the VM has no user data".to_owned())
}

impl Settings {
    /// The path of the ephemeral disk, if one is promised.
    pub fn ephemeral(&self) -> Option<String> {
        path_of(&self.disks.ephemeral)
    }

    /// The message bus. Settings in `env` win over the config's.
    pub fn bus(&self) -> Result<Bus, String> {
        let urls = self.env.pointer("/bosh/mbus/urls").and_then(Value::as_array);
        let first = urls.and_then(|urls| urls.first()?.as_str()).unwrap_or(&self.mbus);
        let url = Url::parse(first).map_err(|e| format!("mbus is no URL: {e}"))?;
        if url.scheme() != "https" {
            return Err(format!("mbus is {}://…, and only https is played", url.scheme()));
        }
        let decoded = |text| percent_encoding::percent_decode_str(text).decode_utf8_lossy();
        let password = decoded(url.password().unwrap_or_default());
        let pair = format!("{}:{password}", decoded(url.username()));
        let part = |name: &str| {
            let text = self.env.pointer("/bosh/mbus/cert")?.get(name)?.as_str()?;
            (!text.trim().is_empty()).then(|| text.to_owned())
        };
        Ok(Bus {
            // A URL keeps no port that is the scheme's own.
            port: url.port().unwrap_or(443),
            authorization: format!("Basic {}", STANDARD.encode(pair)),
            identity: part("certificate").zip(part("private_key")),
        })
    }
}

/// What is not settings itself may be a JSON text of them, or of their base64 without padding, as
/// agents read SoftLayer's user data.
fn plain(body: &[u8]) -> Vec<u8> {
    match serde_json::from_slice::<String>(body) {
        Ok(text) => URL_SAFE_NO_PAD.decode(&text).unwrap_or_else(|_| text.into_bytes()),
        Err(_) => body.to_vec(),
    }
}

/// The path in a hint: a text, or a hash that holds it; for a volume of an iSCSI target, what is
/// needed to log in there.
pub fn path_of(hint: &Value) -> Option<String> {
    if let Some(iscsi) = hint.get("iscsi_settings") {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let names = ["target", "initiator_name", "username", "password"];
        let login = names.map(|name| text(&iscsi[name])).join(" ");
        return Some(format!("iscsi {} {login}", text(&hint["id"])));
    }
    let path = hint.get("path").unwrap_or(hint).as_str()?;
    (!path.is_empty()).then(|| path.to_owned())
}
