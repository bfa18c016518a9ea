//! Where the agent finds a disk.

use crate::disk_bus::DiskBus;
use bosh_cpi::DiskHint;
use cloudstack::api::Volume;

/// The device id of the CD-ROM, which no disk has.
const CD_ROM: u64 = 3;

/// The hint for an attached volume. None where CloudStack does not tell the device id.
///
/// KVM gives a disk the first 20 hexadecimal digits of its volume's id as serial number
/// (`LibvirtComputingResource.diskUuidToSerial`), which udev shows under `/dev/disk/by-id`, with a
/// prefix that depends on the bus.
/// XenServer names a disk by its device id, 0 being the root disk. VMware's disks are on a
/// controller of their own: the CD-ROM is not among them, and leaves no gap.
pub(crate) fn disk_hint(volume: &Volume, hypervisor: &str, bus: DiskBus) -> Option<DiskHint> {
    let device = volume.deviceid?;
    let path = match hypervisor {
        "KVM" | "Simulator" => bus.path(&serial(&volume.id)),
        "VMware" if device > CD_ROM => format!("/dev/sd{}", letter(device - 1)?),
        _ => format!("/dev/sd{}", letter(device)?),
    };
    Some(DiskHint::Fields(vec![("path", path), ("volume_id", device.to_string())]))
}

fn serial(id: &str) -> String {
    id.chars().filter(|c| *c != '-').take(20).collect()
}

/// More than 26 disks are beyond every hypervisor that is counted by letters.
fn letter(device: u64) -> Option<char> {
    let offset = u8::try_from(device).ok().filter(|device| *device < 26)?;
    Some(char::from(b'a' + offset))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bosh_cpi::ApiVersion;
    use bosh_cpi::IntoResult;
    use serde_json::json;

    fn answer(hypervisor: &str, device: u64) -> serde_json::Value {
        let volume = Volume {
            id: "61e11070-c833-4b10-b5ef-293a668263f0".into(),
            deviceid: Some(device),
            ..Volume::default()
        };
        disk_hint(&volume, hypervisor, DiskBus::Virtio).unwrap().into_result(ApiVersion::LATEST)
    }

    /// A guest enumerates virtio disks as it likes: only the serial number is reliable. Every
    /// value is a string, since the agent dies of a number.
    #[test]
    fn kvm_disks_are_found_by_serial_number() {
        let path = "/dev/disk/by-id/virtio-61e11070c8334b10b5ef";
        assert_eq!(answer("KVM", 2), json!({"path": path, "volume_id": "2"}));
        assert_eq!(answer("Simulator", 4)["path"], path);
    }

    #[test]
    fn other_disks_are_found_by_letter() {
        assert_eq!(answer("XenServer", 1), json!({"path": "/dev/sdb", "volume_id": "1"}));
        assert_eq!(answer("VMware", 1)["path"], "/dev/sdb");
    }

    /// Device id 3 is the CD-ROM's. On XenServer it keeps its letter, on VMware it has none.
    #[test]
    fn the_reserved_device_id_is_skipped() {
        assert_eq!(answer("XenServer", 4)["path"], "/dev/sde");
        assert_eq!(answer("VMware", 2)["path"], "/dev/sdc");
        assert_eq!(answer("VMware", 4)["path"], "/dev/sdd");
        assert_eq!(answer("VMware", 4)["volume_id"], "4");
    }

    #[test]
    fn a_volume_that_is_not_attached_has_no_hint() {
        assert_eq!(disk_hint(&Volume::default(), "KVM", DiskBus::Virtio), None);
    }
}
