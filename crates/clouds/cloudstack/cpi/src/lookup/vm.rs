//! Where VMs are, as earlier calls have met them: for the disks that are made for them.

use crate::disk_bus::DiskBus;
use crate::name_ref::{Found, NameRef};
use crate::session::CloudStack;
use cloudstack::api::VirtualMachine;
use cpi_kit::Cacheable;
use serde::{Deserialize, Serialize};

/// Where a VM is, and what runs it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct VmFacts {
    /// The zone's id.
    pub zone: String,
    pub zone_name: String,
    /// `KVM`, `XenServer`, `VMware` …
    pub hypervisor: String,
    /// How its disks are connected, on KVM.
    #[serde(default)]
    pub disk_bus: DiskBus,
}

impl Cacheable for VmFacts {
    const NOUN: &'static str = "VM";
}

impl From<&VirtualMachine> for VmFacts {
    fn from(vm: &VirtualMachine) -> Self {
        Self {
            zone: vm.zoneid.clone(),
            zone_name: vm.zonename.clone(),
            hypervisor: vm.hypervisor.clone(),
            // Whoever makes a VM is told where its disks cannot be found.
            disk_bus: disk_bus(vm).unwrap_or_default(),
        }
    }
}

/// How the VM's disks are connected. `Err` with the reason where the agent would not find them.
pub(crate) fn disk_bus(vm: &VirtualMachine) -> Result<DiskBus, String> {
    if vm.hypervisor != "KVM" {
        return Ok(DiskBus::default());
    }
    let os_type = vm.other.get("osdisplayname").and_then(|name| name.as_str());
    let details = vm.other.get("details");
    DiskBus::of(os_type, |name| details?.get(name)?.as_str())
}

/// Where a VM is, if an earlier call has met it.
pub(crate) fn known(cloud: &CloudStack, id: &str) -> Option<Found<VmFacts>> {
    cloud.cached(&NameRef::new(id, ""), "")
}

/// Remembers where a VM is.
pub(crate) fn remember(cloud: &CloudStack, vm: &VirtualMachine) -> Found<VmFacts> {
    cloud.remember(&NameRef::new(&vm.id, ""), "", VmFacts::from(vm))
}

/// Forgets a VM that is gone.
pub(crate) fn forget(cloud: &CloudStack, id: &str) {
    cloud.forget::<VmFacts>(&NameRef::new(id, ""), "");
}
