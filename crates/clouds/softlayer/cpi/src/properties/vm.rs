//! `cloud_properties` of VMs: vm_types, vm_extensions.

use super::{Ignored, RejectUnsupported, id_or_name, legacy_names};
use bosh_cpi::{CloudProperties, Result};
use cloud_http::Secret;
use schemars::JsonSchema;
use serde::Deserialize;

/// What a VM is made of.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "SoftLayerVm")]
pub struct VmProperties {
    /// The data center, such as `dal13`. Default: `default_datacenter`.
    #[schemars(example = &"dal13")]
    pub datacenter: Option<String>,
    /// The domain of its host name. Default: `default_domain`.
    pub domain: Option<String>,
    /// What its host name begins with. The rest makes it unique, and tells whose it is.
    pub hostname_prefix: Option<String>,
    /// A flavor, such as `B1_4X8X100`: CPUs, memory and disks at one price. It excludes `cpu`,
    /// `memory` and dedicated hosts.
    #[schemars(example = &"B1_4X8X100")]
    pub flavor_key_name: Option<String>,
    /// CPUs. Default: 4.
    pub cpu: Option<u64>,
    /// Memory in MiB. Default: 8192.
    pub memory: Option<u64>,
    /// The size of the ephemeral disk in GB; none if 0.
    pub ephemeral_disk_size: u64,
    /// Bill it by the hour. Default: `hourly_billing`.
    pub hourly_billing_flag: Option<bool>,
    /// Put its disks onto the host, not into the SAN.
    pub local_disk_flag: Option<bool>,
    /// The speed of its NICs in Mbit/s.
    pub max_network_speed: u64,
    /// Leave out the public NIC. Default: unless a network needs one.
    pub private_network_only: Option<bool>,
    /// Only on hosts without guests of other accounts.
    pub dedicated_account_host_only_flag: bool,
    /// On this dedicated host, by id.
    pub dedicated_host_id: Option<u64>,
    /// In this placement group, by name or id: its VMs are kept on different hosts.
    #[serde(deserialize_with = "id_or_name::one")]
    #[schemars(with = "Option<String>")]
    pub placement_group: Option<String>,
    /// Security groups of all of its NICs, by name or id.
    #[serde(deserialize_with = "id_or_name::list")]
    #[schemars(with = "Vec<String>")]
    pub security_groups: Vec<String>,
    /// Cheap, and gone whenever SoftLayer wants the place. Billed by the hour only.
    pub transient: bool,
    /// Registered public keys, by id.
    #[serde(deserialize_with = "id_or_name::ids")]
    #[schemars(with = "Vec<u64>")]
    pub ssh_key: Vec<u64>,
    /// A public key, as in `authorized_keys`, which is registered where it is not. Default:
    /// `ssh_public_key`.
    pub public_key: Option<String>,
    /// The URL of a script that is run after the first boot. May hold a token.
    #[schemars(with = "Option<String>", extend("default" = null))]
    pub post_install_script_uri: Option<Secret>,
    /// How it boots: `HVM` or `PV`.
    pub boot_mode: String,
    /// Leave the NICs as SoftLayer configured them; the agent writes DNS only. Not with manual
    /// networks.
    pub preconfigured: bool,
    /// Make it a bare metal server: SoftLayer installs `bare_metal_os`, not the stemcell.
    #[serde(alias = "baremetal")]
    pub bare_metal: bool,
    /// Bare metal: the preset to order, by its key name.
    #[schemars(example = &"S1270_32GB_2X1TBSATA_NORAID")]
    pub bare_metal_preset: Option<String>,
    /// Bare metal: the operating system's item, by its key name.
    #[schemars(example = &"OS_UBUNTU_22_04_LTS_JAMMY_JELLYFISH_64_BIT")]
    pub bare_metal_os: Option<String>,
    /// Bare metal: more items to order, by their key names, in place of the least that every
    /// server needs: bandwidth, say.
    pub bare_metal_items: Vec<String>,

    /// Older releases: a public VLAN of the VM's own.
    #[schemars(skip)]
    pub public_vlan_id: Option<u64>,
    /// Older releases: a private VLAN of the VM's own.
    #[schemars(skip)]
    pub private_vlan_id: Option<u64>,
    /// Go release: computed.
    #[schemars(skip)]
    pub hostname: Ignored,
    /// Go release: no file of the CPI's machine is edited.
    #[schemars(skip)]
    pub deployed_by_boshcli: Ignored,
    /// As `deployed_by_boshcli`.
    #[schemars(skip)]
    pub bosh_ip: Ignored,
    /// Go release: VMs are never reused.
    #[schemars(skip)]
    pub disable_os_reload: Ignored,
    /// Older releases: the root disk is the image's.
    #[schemars(skip)]
    pub root_disk_size: Ignored,
    /// Older releases: there is no provisioning server of one's own.
    #[schemars(skip)]
    pub bm_stemcell: Ignored,
    /// As `bm_stemcell`.
    #[schemars(skip)]
    pub bm_netboot_image: Ignored,
}

impl Default for VmProperties {
    fn default() -> Self {
        Self {
            datacenter: None,
            domain: None,
            hostname_prefix: None,
            flavor_key_name: None,
            cpu: None,
            memory: None,
            ephemeral_disk_size: 0,
            hourly_billing_flag: None,
            local_disk_flag: None,
            max_network_speed: 1000,
            private_network_only: None,
            dedicated_account_host_only_flag: false,
            dedicated_host_id: None,
            placement_group: None,
            security_groups: Vec::new(),
            transient: false,
            ssh_key: Vec::new(),
            public_key: None,
            post_install_script_uri: None,
            boot_mode: "HVM".to_owned(),
            preconfigured: false,
            bare_metal: false,
            bare_metal_preset: None,
            bare_metal_os: None,
            bare_metal_items: Vec::new(),
            public_vlan_id: None,
            private_vlan_id: None,
            hostname: Ignored,
            deployed_by_boshcli: Ignored,
            bosh_ip: Ignored,
            disable_os_reload: Ignored,
            root_disk_size: Ignored,
            bm_stemcell: Ignored,
            bm_netboot_image: Ignored,
        }
    }
}

impl VmProperties {
    /// Reads them, also by the names of older releases.
    pub(crate) fn read(properties: &CloudProperties, strict: bool) -> Result<Self> {
        super::read(&legacy_names::vm_properties(properties), strict)
    }
}

impl RejectUnsupported for VmProperties {
    fn later(&self) -> Vec<&'static str> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(value: Value) -> Result<VmProperties> {
        let map = value.as_object().unwrap().clone();
        VmProperties::read(&CloudProperties::new("arguments[2]", map), true)
    }

    /// The resource pools of the Go release's manifests (its README), strictly.
    #[test]
    fn names_of_the_go_release_are_understood() {
        let vm = read(json!({
            "hostname_prefix": "bosh", "domain": "example.com", "datacenter": "lon02", "cpu": 4,
            "memory": 8192, "ephemeral_disk_size": 100, "hourly_billing_flag": true,
            "local_disk_flag": false, "max_network_speed": 100, "ssh_key": 1234,
            "deployed_by_boshcli": true, "dedicated_account_host_only_flag": true,
            "dedicated_host_id": 9,
        }))
        .unwrap();
        assert_eq!((vm.cpu, vm.memory, vm.ephemeral_disk_size), (Some(4), Some(8192), 100));
        assert_eq!((vm.ssh_key, vm.dedicated_host_id), (vec![1234], Some(9)));
        let vm = read(json!({})).unwrap();
        assert_eq!((vm.max_network_speed, vm.boot_mode.as_str()), (1000, "HVM"));
    }

    /// Those of 2015, which manifests still have.
    #[test]
    fn names_of_older_releases_are_understood() {
        let vm = read(json!({
            "vmNamePrefix": "bosh", "Domain": "example.com", "Datacenter": {"Name": "lon02"},
            "startCpus": 2, "maxMemory": 4096, "ephemeralDiskSize": 25, "hourlyBillingFlag": true,
            "localDiskFlag": true, "NetworkComponents": [{"MaxSpeed": 100}],
            "PrimaryNetworkComponent": {"NetworkVlan": {"Id": 11}},
            "PrimaryBackendNetworkComponent": {"NetworkVlan": {"Id": 22}},
            "privateNetworkOnlyFlag": false, "sshKeys": [{"id": 7}], "baremetal": false,
            "postInstallScriptUri": "https://x", "rootDiskSize": 25, "bosh_ip": "10.0.0.2",
            "deployedByBoshcli": true, "disableOsReload": true,
        }))
        .unwrap();
        assert_eq!((vm.cpu, vm.memory, vm.ephemeral_disk_size), (Some(2), Some(4096), 25));
        assert_eq!(vm.datacenter.as_deref(), Some("lon02"));
        assert_eq!((vm.public_vlan_id, vm.private_vlan_id), (Some(11), Some(22)));
        assert_eq!((vm.max_network_speed, vm.ssh_key), (100, vec![7]));
        assert_eq!(vm.private_network_only, Some(false));
    }

    /// Camel-cased ones of 2016, and v51's with a datacenter as SoftLayer's API has it.
    #[test]
    fn camel_case_is_understood() {
        let vm = read(json!({
            "vmNamePrefix": "bosh", "domain": "example.com", "datacenter": {"name": "lon02"},
            "startCpus": 2, "maxMemory": 4096, "ephemeralDiskSize": 25, "useHourlyPricing": false,
            "networkComponents": [{"maxSpeed": 10}],
            "primaryNetworkComponent": {"networkVlan": {"id": 11}},
            "primaryBackendNetworkComponent": {"networkVlan": {"id": 22}},
        }))
        .unwrap();
        assert_eq!((vm.datacenter.as_deref(), vm.cpu), (Some("lon02"), Some(2)));
        assert_eq!((vm.max_network_speed, vm.hourly_billing_flag), (10, Some(false)));
        assert_eq!((vm.public_vlan_id, vm.private_vlan_id), (Some(11), Some(22)));
    }

    /// A new name beside an old one wins: the old one may be left over.
    #[test]
    fn a_new_name_wins_over_an_old_one() {
        assert_eq!(read(json!({"startCpus": 2, "cpu": 8})).unwrap().cpu, Some(8));
    }

    #[test]
    fn a_culprit_is_named_by_its_path() {
        let error = read(json!({"placement_group": {}})).unwrap_err().message;
        assert!(error.starts_with("arguments[2].placement_group: "), "{error}");
        let error = read(json!({"ssh_key": "x"})).unwrap_err().message;
        assert!(error.starts_with("arguments[2].ssh_key"), "{error}");
    }
}
