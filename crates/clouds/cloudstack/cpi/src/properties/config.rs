//! The plugin's own properties: `cloud.properties.cloudstack` of the config, and over them
//! those of a cpi-config. Names are those of the Go CPI's job; names of the Java and Ruby
//! releases are taken too, where they differ.

use super::examples;
use super::names::Names;
use super::security_groups::SecurityRule;
use super::stemcells::StemcellDefaults;
use super::timeouts::{StateTimeouts, Timeouts, Wait};
use bosh_cpi::config::LogLevel;
use bosh_cpi::{CpiError, Result};
use cloud_http::{Deadline, Secret};
use cpi_kit::properties::{Debugging, Ignored, LedgerProperties, given};
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Where these properties stand in a config, for messages.
pub(crate) const PATH: &str = "cloud.properties.cloudstack";

/// How to reach a CloudStack, and what to use in it where `cloud_properties` do not say.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(transform = examples::of(examples::CONFIG))]
pub struct CloudStackProperties {
    /// The API's URL, such as `https://cloud.example.com/client/api`. Required.
    pub endpoint: Option<String>,
    /// The API key. Required.
    #[schemars(with = "Option<String>", extend("default" = null))]
    pub api_key: Option<Secret>,
    /// The secret key that goes with it. Required.
    #[schemars(with = "Option<String>", extend("default" = null))]
    pub secret_access_key: Option<Secret>,
    /// The zone, by name or id, where no `cloud_properties` name one.
    pub default_zone: Option<String>,
    /// The project, by name or id, in which everything is made and found. The account of the
    /// keys must be in it. A name is looked up once, then remembered.
    #[serde(alias = "project_id")]
    pub project: Option<String>,
    /// The domain, by id, name or path (`ROOT/customers/acme`): that of `account`, or that of
    /// `project` where several domains have one of that name. Names need the keys of an admin.
    #[serde(alias = "domain_id")]
    pub domain: Option<String>,
    /// The account for which an admin's keys make and find everything. Needs `domain`; does not
    /// go with `project`.
    pub account: Option<String>,
    /// Take any TLS certificate. For test clouds only.
    pub skip_verify_ssl: bool,
    /// PEM certificates to trust beside those of the system.
    pub ca_cert: Option<String>,
    /// The HTTP proxy between the CPI and the API, such as `http://proxy:3128`; a user and a
    /// password may stand in it.
    #[schemars(with = "Option<String>", extend("default" = null))]
    pub proxy: Option<Secret>,
    /// Hosts that are reached without the proxy, comma-separated.
    pub no_proxy: Option<String>,
    /// Who must give the agent its settings: `virtual_router` over HTTP, `config_drive` on a
    /// disk, or `auto`, which takes whichever the VM's default network has. Say which one the
    /// stemcell's agent reads, if it reads one only: another network is refused then.
    pub user_data: UserDataSource,
    /// The longest user-data, in characters of its base64 text. Default: 32768, CloudStack's own
    /// default; where that is not enough, the cloud's `vm.userdata.max.length`, which only a
    /// root admin's keys can read.
    pub userdata_max: Option<usize>,
    /// Expunge deleted VMs, so that name and address are free at once. An account without the
    /// permission falls back to destroying, and says so in the log.
    pub expunge_vm: bool,
    /// The SSH key pair of VMs whose `cloud_properties` name none.
    #[serde(alias = "default_keypair")]
    pub default_key_name: Option<String>,
    /// The public key, as in `authorized_keys`, to register under `default_key_name` where that
    /// name is not registered yet; without one, under a name that is made of the key.
    pub default_public_key: Option<String>,
    /// Security groups, by name or id, of VMs whose `cloud_properties` name none.
    pub default_security_groups: Names,
    /// Make security groups that are not there yet, with the rules of `security_group_rules`.
    pub security_groups_create: bool,
    /// The rules of security groups that are made, by the groups' names.
    pub security_group_rules: BTreeMap<String, Vec<SecurityRule>>,
    /// Answer a snapshot once it stands on primary storage, and let CloudStack copy it to
    /// secondary storage afterwards.
    pub snapshot_async_backup: bool,
    /// How long to wait for what.
    pub timeout: Timeouts,
    /// Disk offerings where `cloud_properties` name none.
    pub default_offer: DefaultOffers,
    /// How stemcells come in, and what their templates are made as.
    pub stemcell: StemcellDefaults,
    /// Which offerings `calculate_vm_cloud_properties` may choose from.
    pub calculate: Calculate,
    /// Keep the VMs of an instance group apart: each is put in an affinity group of the name of
    /// `env.bosh.group`, which is made with the first of them. Not those that compile.
    pub enable_auto_anti_affinity: bool,
    /// The type of affinity groups that are made. Default: `non-strict host anti-affinity`
    /// where the cloud has it, else `host anti-affinity`.
    pub auto_anti_affinity_type: Option<String>,
    /// An unknown property is an error instead of a warning in the log.
    pub strict: bool,
    /// How much stands in the log, where a cpi-config is to say so.
    #[schemars(extend("default" = null))]
    pub log_level: Option<LogLevel>,
    /// The journal of what calls are about to change.
    pub ledger: LedgerProperties,
    /// The highest CPI API version to report: 2 for directors 282.0.7 to 282.1.0, which
    /// mistake version 3. Default: 3.
    pub api_version: Option<u8>,
    /// Where other CPIs have `debug.cpi.api_version`.
    pub debug: Debugging,

    /// Java release: the same as `default_offer.disk`.
    pub default_disk_offering: Option<String>,
    /// Java release: the same as `default_offer.ephemeral_disk`.
    pub default_ephemeral_disk_offering: Option<String>,
    /// Java and Ruby releases: the timeout of calls on VMs, in seconds.
    pub state_timeout: Option<u64>,
    /// Java and Ruby releases: the timeout of calls on volumes, in seconds.
    pub state_timeout_volume: Option<u64>,
    /// Java release: the proxy's host, instead of `proxy`.
    pub proxy_host: Option<String>,
    /// Java release: the proxy's port. Default: 8080.
    pub proxy_port: Option<u16>,
    /// Java release: the proxy's user.
    pub proxy_user: Option<String>,
    /// Java release: the proxy's password.
    #[schemars(with = "Option<String>", extend("default" = null))]
    pub proxy_password: Option<Secret>,
    /// Java release: the same as `stemcell.public_visibility`.
    pub stemcell_public_visibility: Option<bool>,
    /// Java release: the same as `stemcell.requires_hvm`.
    pub stemcell_requires_hvm: Option<bool>,
    /// Java release: the same as `stemcell.os_type`.
    pub stemcell_os_type: Option<String>,

    /// Older releases: accepted, never used.
    #[schemars(with = "Option<String>", extend("deprecated" = true, "default" = null))]
    pub private_key: Ignored,
    /// Older releases: there is no registry any more.
    #[schemars(with = "serde_json::Value", extend("deprecated" = true, "default" = null))]
    pub registry: Ignored,
    /// Go release: nothing is left to clean.
    #[schemars(with = "serde_json::Value", extend("deprecated" = true, "default" = null))]
    pub clean_disk: Ignored,
    /// Go release: nothing is left to clean.
    #[schemars(with = "serde_json::Value", extend("deprecated" = true, "default" = null))]
    pub interval_clean_disk: Ignored,
    /// Go release: the name of a director whose disks were to be cleaned.
    #[schemars(with = "serde_json::Value", extend("deprecated" = true, "default" = null))]
    pub director: Ignored,
    /// Java release: the wait for a published template.
    #[schemars(with = "serde_json::Value", extend("deprecated" = true, "default" = null))]
    pub stemcell_publish_timeout: Ignored,
    /// Java release: no wait is needed after making a VM.
    #[schemars(with = "serde_json::Value", extend("deprecated" = true, "default" = null))]
    pub vm_create_delay: Ignored,
    /// Java release: no wait is needed after deleting a VM.
    #[schemars(with = "serde_json::Value", extend("deprecated" = true, "default" = null))]
    pub vm_expunge_delay: Ignored,
    /// Ruby release: polls adapt to the job.
    #[schemars(with = "serde_json::Value", extend("deprecated" = true, "default" = null))]
    pub wait_resource_poll_interval: Ignored,
    /// Ruby release: options of its HTTP library.
    #[schemars(with = "serde_json::Value", extend("deprecated" = true, "default" = null))]
    pub connection_options: Ignored,
    /// Ruby release: the address of a metadata server.
    #[schemars(with = "serde_json::Value", extend("deprecated" = true, "default" = null))]
    pub metadata_server: Ignored,
}

/// Who gives agents their settings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserDataSource {
    /// Whichever the network has.
    #[default]
    Auto,
    /// A virtual router.
    VirtualRouter,
    /// A config drive.
    ConfigDrive,
}

/// Disk offerings, by name or id, where `cloud_properties` name none.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DefaultOffers {
    /// Of persistent disks.
    pub disk: Option<String>,
    /// Of ephemeral disks. A custom one is used where the VM has a `disk` size.
    pub ephemeral_disk: Option<String>,
    /// The custom-sized one that is used where a size is given and nothing names an offering.
    pub custom_disk: Option<String>,
}

impl Default for DefaultOffers {
    fn default() -> Self {
        Self { disk: None, ephemeral_disk: None, custom_disk: Some("shared.custom".into()) }
    }
}

/// Which offerings `calculate_vm_cloud_properties` may choose from, by their tags.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Calculate {
    /// Storage tags that a disk offering must have, all of them.
    pub disk_tags: Vec<String>,
    /// Storage tags that a disk offering must not have.
    pub not_disk_tags: Vec<String>,
    /// Host tags that a service offering must have, all of them.
    pub compute_tags: Vec<String>,
    /// Host tags that a service offering must not have.
    pub not_compute_tags: Vec<String>,
}

/// As the Go CPI's job has them: VMs are expunged, and most else is off.
impl Default for CloudStackProperties {
    fn default() -> Self {
        Self {
            endpoint: Default::default(),
            api_key: Default::default(),
            secret_access_key: Default::default(),
            default_zone: Default::default(),
            project: Default::default(),
            domain: Default::default(),
            account: Default::default(),
            skip_verify_ssl: Default::default(),
            ca_cert: Default::default(),
            proxy: Default::default(),
            no_proxy: Default::default(),
            user_data: Default::default(),
            userdata_max: Default::default(),
            expunge_vm: true,
            default_key_name: Default::default(),
            default_public_key: Default::default(),
            security_groups_create: Default::default(),
            security_group_rules: Default::default(),
            snapshot_async_backup: Default::default(),
            timeout: Default::default(),
            default_offer: Default::default(),
            stemcell: Default::default(),
            calculate: Default::default(),
            enable_auto_anti_affinity: Default::default(),
            auto_anti_affinity_type: Default::default(),
            strict: Default::default(),
            log_level: Default::default(),
            ledger: Default::default(),
            api_version: Default::default(),
            debug: Default::default(),
            default_disk_offering: Default::default(),
            default_ephemeral_disk_offering: Default::default(),
            state_timeout: Default::default(),
            state_timeout_volume: Default::default(),
            proxy_host: Default::default(),
            proxy_port: Default::default(),
            proxy_user: Default::default(),
            proxy_password: Default::default(),
            stemcell_public_visibility: Default::default(),
            stemcell_requires_hvm: Default::default(),
            stemcell_os_type: Default::default(),
            private_key: Default::default(),
            registry: Default::default(),
            clean_disk: Default::default(),
            interval_clean_disk: Default::default(),
            director: Default::default(),
            stemcell_publish_timeout: Default::default(),
            vm_create_delay: Default::default(),
            vm_expunge_delay: Default::default(),
            wait_resource_poll_interval: Default::default(),
            connection_options: Default::default(),
            metadata_server: Default::default(),
            default_security_groups: Default::default(),
        }
    }
}

impl CloudStackProperties {
    /// Whether a cloud can be reached with these: names everything that is missing. `info`
    /// needs none of it.
    pub fn validate(&self) -> Result<()> {
        let secret = |secret: &Option<Secret>| {
            secret.as_ref().is_some_and(|secret| !secret.expose_secret().trim().is_empty())
        };
        let missing: Vec<_> = [
            ("endpoint", given(&self.endpoint).is_some()),
            ("api_key", secret(&self.api_key)),
            ("secret_access_key", secret(&self.secret_access_key)),
        ]
        .into_iter()
        .filter(|(_, given)| !given)
        .map(|(name, _)| format!("{PATH}.{name}"))
        .collect();
        if missing.is_empty() {
            self.validate_scope()?;
            return self.validate_endpoint();
        }
        let what = missing.join(", ");
        Err(CpiError::cpi(format!("missing required settings: {what}")))
    }

    /// CloudStack wants an account with its domain, and takes neither with a project.
    fn validate_scope(&self) -> Result<()> {
        let [project, domain, account] = [&self.project, &self.domain, &self.account].map(given);
        match (project, domain, account) {
            (Some(_), _, Some(_)) => Err(CpiError::cpi(format!(
                "{PATH}.account: does not go with {PATH}.project: things belong to one of them"
            ))),
            (None, None, Some(account)) => Err(CpiError::cpi(format!(
                "{PATH}.domain is required with {PATH}.account: which domain is '{account}' in?"
            ))),
            (None, Some(_), None) => Err(CpiError::cpi(format!(
                "{PATH}.domain: needs {PATH}.account or {PATH}.project beside it"
            ))),
            _ => Ok(()),
        }
    }

    /// Whose things are made and found, as the operator wrote it; empty for the keys' own. It
    /// stands in the journal and in the cache's key.
    pub(crate) fn scope_text(&self) -> String {
        let [project, domain, account] = [&self.project, &self.domain, &self.account].map(given);
        [("project", project), ("domain", domain), ("account", account)]
            .into_iter()
            .filter_map(|(what, text)| Some(format!("{what} {}", text?)))
            .collect::<Vec<_>>()
            .join(", ")
    }

    fn validate_endpoint(&self) -> Result<()> {
        let endpoint = self.endpoint();
        if endpoint.starts_with("http://") || endpoint.starts_with("https://") {
            return Ok(());
        }
        Err(CpiError::cpi(format!(
            "{PATH}.endpoint: invalid URL '{endpoint}'; must be something like \
             https://cloud.example.com/client/api"
        )))
    }

    /// The API's URL; empty where none is given.
    pub fn endpoint(&self) -> &str {
        given(&self.endpoint).unwrap_or_default()
    }

    /// The zone where nothing else names one.
    pub fn default_zone(&self) -> Option<&str> {
        given(&self.default_zone)
    }

    /// The offering of persistent disks that name none.
    pub(crate) fn disk_offering(&self) -> Option<(&str, &'static str)> {
        first([
            (&self.default_offer.disk, "default_offer.disk"),
            (&self.default_disk_offering, "default_disk_offering"),
        ])
    }

    /// The offering of ephemeral disks of VMs that name none.
    pub(crate) fn ephemeral_offering(&self) -> Option<(&str, &'static str)> {
        first([
            (&self.default_offer.ephemeral_disk, "default_offer.ephemeral_disk"),
            (&self.default_ephemeral_disk_offering, "default_ephemeral_disk_offering"),
        ])
    }

    /// The custom-sized offering for a size that nothing names an offering for.
    pub(crate) fn custom_offering(&self) -> Option<(&str, &'static str)> {
        first([(&self.default_offer.custom_disk, "default_offer.custom_disk")])
    }

    /// The highest CPI API version to report.
    pub(crate) fn highest_api_version(&self) -> Option<u8> {
        self.api_version.or(self.debug.cpi.api_version)
    }

    /// Whether every account may use the templates of stemcells.
    pub(crate) fn stemcell_is_public(&self) -> bool {
        self.stemcell_public_visibility.unwrap_or(self.stemcell.public_visibility)
    }

    pub(crate) fn stemcell_requires_hvm(&self) -> bool {
        self.stemcell_requires_hvm.unwrap_or(self.stemcell.requires_hvm)
    }

    /// The OS type that the operator wants, and where that stands.
    pub(crate) fn stemcell_os_type(&self) -> Option<(&str, &'static str)> {
        let own = given(&self.stemcell.os_type).map(|text| (text, "stemcell.os_type"));
        own.or_else(|| Some((given(&self.stemcell_os_type)?, "stemcell_os_type")))
    }

    /// When waiting for `wait`, begun now, must end.
    pub(crate) fn deadline(&self, wait: Wait) -> Deadline {
        let older = StateTimeouts { all: self.state_timeout, volumes: self.state_timeout_volume };
        Deadline::after(self.timeout.of(wait, older))
    }
}

fn first<'a, const N: usize>(
    candidates: [(&'a Option<String>, &'static str); N],
) -> Option<(&'a str, &'static str)> {
    candidates.into_iter().find_map(|(text, name)| Some((given(text)?, name)))
}
