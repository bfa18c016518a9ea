//! Global settings, under the names that CloudStack's own have.

use schemars::JsonSchema;
use serde::Deserialize;

/// The global settings that change what a client meets.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// `allow.user.expunge.recover.vm`: whether a plain user may expunge and recover VMs.
    pub allow_user_expunge_recover_vm: bool,
    /// `allow.user.view.destroyed.vm`: whether a plain user sees destroyed VMs.
    pub allow_user_view_destroyed_vm: bool,
    /// `allow.user.expunge.recover.volume`: whether a plain user may expunge volumes.
    pub allow_user_expunge_recover_volume: bool,
    /// `expunge.delay` in seconds: how long a destroyed VM keeps its address and name.
    pub expunge_delay: u64,
    /// How many data disks a VM takes.
    pub max_data_disks: u64,
    /// `vm.userdata.max.length`: of the base64 text.
    pub vm_userdata_max_length: usize,
    /// `enforce.post.requests.and.timestamps`: whether calls that change something need POST,
    /// signature version 3 and an expiry within 15 minutes.
    pub enforce_post: bool,
    /// `api.throttling.enabled`: whether calls are counted. An admin's never are.
    pub api_throttling: bool,
    /// `api.throttling.interval`, in seconds.
    pub api_throttling_interval: u64,
    /// `api.throttling.max`: calls in that interval.
    pub api_throttling_max: u64,
    /// `cloud.kubernetes.service.enabled`.
    pub cloud_kubernetes_service_enabled: bool,
    /// Whether the hosts can move the storage of a VM that runs (`hypervisor_capabilities`).
    pub storage_motion: bool,
    /// `storage.max.volume.size` in GiB.
    pub max_volume_gib: u64,
    /// `custom.diskoffering.size.max` in GiB.
    pub max_custom_disk_gib: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            allow_user_expunge_recover_vm: false,
            allow_user_view_destroyed_vm: false,
            allow_user_expunge_recover_volume: true,
            expunge_delay: 86400,
            max_data_disks: 6,
            vm_userdata_max_length: 32768,
            enforce_post: false,
            api_throttling: false,
            api_throttling_interval: 1,
            api_throttling_max: 25,
            cloud_kubernetes_service_enabled: true,
            storage_motion: false,
            max_volume_gib: 2000,
            max_custom_disk_gib: 1024,
        }
    }
}
