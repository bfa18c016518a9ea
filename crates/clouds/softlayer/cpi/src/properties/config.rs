//! The plugin's own properties: `cloud.properties.softlayer` of the config, and over them those
//! of a cpi-config. Names are those of the last Go CPI's job where it had them.

use super::{Ignored, SlowLedger, StemcellDefaults, Timeouts, given};
use bosh_cpi::config::LogLevel;
use bosh_cpi::{CpiError, Result};
use cloud_http::Secret;
use cpi_kit::naming::fingerprint;
use cpi_kit::properties::Debugging;
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::Deserialize;

/// Where these properties stand in a config, for messages.
pub(crate) const PATH: &str = "cloud.properties.softlayer";

/// How to reach SoftLayer, and what to use in it where `cloud_properties` do not say.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SoftLayerProperties {
    /// The user, such as `1234_cpi@example.com`, or `apikey` for an IAM API key. Required. Give
    /// each director a user of its own: an order whose answer was lost is looked for among that
    /// user's orders only.
    #[schemars(example = &"apikey")]
    pub username: Option<String>,
    /// The API key. Required.
    #[serde(alias = "apiKey")]
    #[schemars(with = "Option<String>", extend("default" = null))]
    pub api_key: Option<Secret>,
    /// The API's URL: `public` (default), `private` from within SoftLayer's private network, or
    /// a URL such as `https://api.softlayer.com/rest/v3.1`.
    #[serde(alias = "endpoint", alias = "apiEndpoint")]
    #[schemars(example = &"private")]
    pub api_endpoint: Option<String>,
    /// The data center of VMs and disks that name none, such as `dal13`.
    #[schemars(example = &"dal13")]
    pub default_datacenter: Option<String>,
    /// The domain of VMs that name none. Default: `softlayer.com`.
    pub default_domain: Option<String>,
    /// Bill VMs that do not say by the hour, not by the month.
    pub hourly_billing: bool,
    /// The public key, as in `authorized_keys`, to put onto every VM. Registered once.
    pub ssh_public_key: Option<String>,
    /// Take any TLS certificate. For tests only.
    pub skip_verify_ssl: bool,
    /// PEM certificates to trust beside those of the system.
    pub ca_cert: Option<String>,
    /// The HTTP proxy between the CPI and the API, such as `http://proxy:3128`; a user and a
    /// password may stand in it.
    #[schemars(with = "Option<String>", extend("default" = null))]
    pub proxy: Option<Secret>,
    /// Hosts that are reached without the proxy, comma-separated.
    pub no_proxy: Option<String>,
    /// Ranges that VMs with a public NIC reach by their private one: SoftLayer's own services, and
    /// whatever else is on its private network.
    pub private_routes: Vec<String>,
    /// The longest user metadata that SoftLayer takes, in characters.
    pub userdata_max: usize,
    /// Persistent disks.
    pub storage: StorageProperties,
    /// How heavy stemcells come in.
    pub stemcell: StemcellDefaults,
    /// How long to wait for what.
    pub timeout: Timeouts,
    /// An unknown property is an error instead of a warning in the log.
    pub strict: bool,
    /// How much stands in the log, where a cpi-config is to say so.
    #[schemars(extend("default" = null))]
    pub log_level: Option<LogLevel>,
    /// The journal of what calls are about to change.
    pub ledger: SlowLedger,
    /// The highest CPI API version to report: 2 for directors 282.0.7 to 282.1.0, which
    /// mistake version 3. Default: 3.
    pub api_version: Option<u8>,
    /// Where other CPIs have `debug.cpi.api_version`.
    pub debug: Debugging,

    /// Go release: the fingerprint is computed.
    #[schemars(with = "serde_json::Value", extend("deprecated" = true, "default" = null))]
    pub ssh_public_key_fingerprint: Ignored,
    /// Go release: the log has levels.
    #[schemars(with = "serde_json::Value", extend("deprecated" = true, "default" = null))]
    pub trace: Ignored,
    /// Go release: VMs are never reused by reloading their operating system.
    #[schemars(with = "serde_json::Value", extend("deprecated" = true, "default" = null))]
    pub disable_os_reload: Ignored,
    /// Go release: there is no pool of VMs.
    #[schemars(with = "serde_json::Value", extend("deprecated" = true, "default" = null))]
    pub enable_vps: Ignored,
    /// As `enable_vps`.
    #[schemars(with = "serde_json::Value", extend("deprecated" = true, "default" = null))]
    pub vps_host: Ignored,
    /// As `enable_vps`.
    #[schemars(with = "serde_json::Value", extend("deprecated" = true, "default" = null))]
    pub vps_port: Ignored,
    /// As `enable_vps`.
    #[schemars(with = "serde_json::Value", extend("deprecated" = true, "default" = null))]
    pub vps_use_ssl: Ignored,
    /// Go release: SoftLayer's Swift is gone; see `stemcell`.
    #[schemars(with = "serde_json::Value", extend("deprecated" = true, "default" = null))]
    pub swift_username: Ignored,
    /// As `swift_username`.
    #[schemars(with = "serde_json::Value", extend("deprecated" = true, "default" = null))]
    pub swift_endpoint: Ignored,
}

/// How persistent disks are made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default)]
pub struct StorageProperties {
    /// Bill disks by the hour: they can be cancelled at once. By the month a cancelled disk is
    /// paid until the month ends.
    pub hourly_billing: bool,
    /// The space for snapshots that a disk without any gets with its first snapshot, in percent
    /// of its size.
    #[schemars(range(min = 1, max = 1000))]
    pub snapshot_space_percent: u32,
}

impl Default for StorageProperties {
    fn default() -> Self {
        Self { hourly_billing: true, snapshot_space_percent: 20 }
    }
}

impl Default for SoftLayerProperties {
    fn default() -> Self {
        Self {
            username: None,
            api_key: None,
            api_endpoint: None,
            default_datacenter: None,
            default_domain: None,
            hourly_billing: true,
            ssh_public_key: None,
            skip_verify_ssl: false,
            ca_cert: None,
            proxy: None,
            no_proxy: None,
            private_routes: ["10.0.0.0/8", "161.26.0.0/16", "166.8.0.0/14"]
                .map(str::to_owned)
                .to_vec(),
            userdata_max: 16_384,
            storage: StorageProperties::default(),
            stemcell: StemcellDefaults::default(),
            timeout: Timeouts::default(),
            strict: false,
            log_level: None,
            ledger: SlowLedger::default(),
            api_version: None,
            debug: Debugging::default(),
            ssh_public_key_fingerprint: Ignored,
            trace: Ignored,
            disable_os_reload: Ignored,
            enable_vps: Ignored,
            vps_host: Ignored,
            vps_port: Ignored,
            vps_use_ssl: Ignored,
            swift_username: Ignored,
            swift_endpoint: Ignored,
        }
    }
}

impl SoftLayerProperties {
    /// Whether SoftLayer can be reached with these: names everything that is missing. `info`
    /// needs none of it.
    pub fn validate(&self) -> Result<()> {
        let key = self.api_key.as_ref().is_some_and(|key| !key.expose_secret().trim().is_empty());
        let missing: Vec<_> = [("username", !self.username().is_empty()), ("api_key", key)]
            .into_iter()
            .filter(|(_, given)| !given)
            .map(|(name, _)| format!("{PATH}.{name}"))
            .collect();
        if !missing.is_empty() {
            let what = missing.join(", ");
            return Err(CpiError::cpi(format!("{what}: missing from the config, and required")));
        }
        let endpoint = self.endpoint();
        if endpoint.starts_with("http://") || endpoint.starts_with("https://") {
            return Ok(());
        }
        Err(CpiError::cpi(format!(
            "{PATH}.api_endpoint: '{endpoint}' is neither public nor private, nor a URL such as {}",
            softlayer::PUBLIC_ENDPOINT
        )))
    }

    /// The user; empty where none is given.
    pub fn username(&self) -> &str {
        given(&self.username).unwrap_or_default()
    }

    /// The API's URL.
    pub fn endpoint(&self) -> &str {
        match given(&self.api_endpoint) {
            None | Some("public") => softlayer::PUBLIC_ENDPOINT,
            Some("private") => softlayer::PRIVATE_ENDPOINT,
            Some(url) => url,
        }
    }

    /// The cloud behind the endpoint, however it is spelt: SoftLayer's public, private and versioned
    /// endpoints are one cloud. What one of them began, a call over another finishes.
    pub(crate) fn cloud_identity(&self) -> String {
        let endpoint = self.endpoint().trim().trim_end_matches('/');
        let (scheme, rest) = endpoint.split_once("://").unwrap_or(("", endpoint));
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (scheme, host) = (scheme.to_lowercase(), host.to_lowercase());
        let port = if scheme == "http" { ":80" } else { ":443" };
        let host = host.strip_suffix(port).unwrap_or(&host);
        let host = match host {
            "localhost" => "127.0.0.1".to_owned(),
            host => host.replacen("localhost:", "127.0.0.1:", 1),
        };
        match host.as_str() {
            "api.softlayer.com" | "api.service.softlayer.com" => {
                softlayer::PUBLIC_ENDPOINT.to_owned()
            }
            host => format!("{scheme}://{host}/{path}"),
        }
    }

    /// What stands for the account, whose name nobody tells: the user, and for an IAM key, whose
    /// user is always `apikey`, a fingerprint of the key, which is no secret by itself.
    pub(crate) fn account(&self) -> String {
        let key = self.api_key.as_ref().map(ExposeSecret::expose_secret).unwrap_or_default();
        match self.username() {
            user @ "apikey" => format!("{user} {}", &fingerprint(&[key])[..16]),
            user => user.to_owned(),
        }
    }

    /// The data center where nothing else names one.
    pub fn default_datacenter(&self) -> Option<&str> {
        given(&self.default_datacenter)
    }

    /// The domain of VMs that name none.
    pub fn default_domain(&self) -> &str {
        given(&self.default_domain).unwrap_or("softlayer.com")
    }

    /// The highest CPI API version to report.
    pub(crate) fn highest_api_version(&self) -> Option<u8> {
        self.api_version.or(self.debug.cpi.api_version)
    }
}
