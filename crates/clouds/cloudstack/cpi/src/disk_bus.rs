//! How KVM connects a VM's disks, which decides under which name the guest sees them.
//!
//! From `LibvirtComputingResource` (`getGuestDiskModel`, `getDiskModelFromVMDetail`,
//! `getDataDiskModelFromVMDetail`) and `KVMStorageProcessor.attachOrDetachDisk`: the OS type or the
//! detail `rootDiskController` decide about the root disk, and about disks that are attached later;
//! `dataDiskController` about data disks when the VM is started.

use serde::{Deserialize, Serialize};

/// What the descriptions of OS types begin with whose root disk is a virtio one.
const VIRTIO: &[&str] = &[
    "Ubuntu",
    "CentOS",
    "Red Hat",
    "RHEL",
    "Debian",
    "Fedora",
    "FreeBSD",
    "Oracle",
    "Rocky",
    "Alma",
    "Other PV (",
];
/// The one whose disks are on a virtio-scsi controller.
const SCSI: &str = "Other PV Virtio-SCSI";

/// The details that choose a controller.
pub(crate) const ROOT: &str = "rootDiskController";
pub(crate) const DATA: &str = "dataDiskController";

/// How disks are connected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum DiskBus {
    /// `/dev/disk/by-id/virtio-…`
    #[default]
    Virtio,
    /// `/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_…`
    Scsi,
}

impl DiskBus {
    /// The bus of a VM's disks by its OS type and its details. `Err` with the reason where the
    /// agent would not find them.
    pub(crate) fn of<'a>(
        os_type: Option<&str>,
        detail: impl Fn(&str) -> Option<&'a str>,
    ) -> Result<Self, String> {
        let root = match detail(ROOT).and_then(chosen) {
            Some(Some(bus)) => bus,
            Some(None) => return Err(unusable(ROOT, detail(ROOT))),
            None => of_os_type(os_type)?,
        };
        match detail(DATA).and_then(chosen) {
            Some(Some(data)) if data != root => Err(format!(
                "{DATA} and {ROOT} choose different controllers: a disk that is attached to a \
                 running VM would have another name after a restart; set both to the same"
            )),
            Some(None) => Err(unusable(DATA, detail(DATA))),
            _ => Ok(root),
        }
    }

    /// The name that udev gives to a disk with that serial number.
    pub(crate) fn path(self, serial: &str) -> String {
        match self {
            Self::Virtio => format!("/dev/disk/by-id/virtio-{serial}"),
            Self::Scsi => format!("/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_{serial}"),
        }
    }
}

/// The bus that a detail chooses: `None` where it leaves that to the OS type, `Some(None)` for one
/// on which the agent finds nothing.
fn chosen(detail: &str) -> Option<Option<DiskBus>> {
    match detail.to_ascii_lowercase().as_str() {
        "" | "osdefault" => None,
        "virtio" | "virtio-blk" => Some(Some(DiskBus::Virtio)),
        "scsi" | "virtio-scsi" => Some(Some(DiskBus::Scsi)),
        _ => Some(None),
    }
}

/// What is not told is taken for one of ours.
fn of_os_type(os_type: Option<&str>) -> Result<DiskBus, String> {
    match os_type {
        None | Some("") => Ok(DiskBus::Virtio),
        Some(name) if name.starts_with(SCSI) => Ok(DiskBus::Scsi),
        Some(name) if VIRTIO.iter().any(|family| name.starts_with(family)) => Ok(DiskBus::Virtio),
        Some(name) => Err(format!(
            "OS type '{name}' gives the VM an IDE disk on KVM, which the agent does not find: use \
             one such as 'Ubuntu 22.04 LTS', 'Other PV (64-bit)' or 'Other PV Virtio-SCSI (64-bit)', \
             or set the detail {ROOT} to virtio or scsi"
        )),
    }
}

fn unusable(name: &str, value: Option<&str>) -> String {
    format!(
        "{name}: '{}' gives the VM disks on KVM that the agent does not find: use virtio or scsi",
        value.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(os_type: &str, root: &str, data: &str) -> Result<DiskBus, String> {
        DiskBus::of(Some(os_type), |name| Some(if name == ROOT { root } else { data }))
    }

    /// The OS type decides, the details over it, and both disks must be found after a restart.
    #[test]
    fn disks_are_connected_as_cloudstack_does_it() {
        use DiskBus::{Scsi, Virtio};
        let ubuntu = "Ubuntu 22.04 LTS";
        assert_eq!(of(ubuntu, "", ""), Ok(Virtio));
        assert_eq!(of("Other PV (64-bit)", "osdefault", ""), Ok(Virtio));
        assert_eq!(of("Other PV Virtio-SCSI (64-bit)", "", ""), Ok(Scsi));
        assert_eq!(of(ubuntu, "scsi", ""), Ok(Scsi));
        assert_eq!(of("Other Linux (64-bit)", "virtio", "virtio"), Ok(Virtio));
        assert_eq!(of(ubuntu, "SCSI", "virtio-scsi"), Ok(Scsi));
        assert_eq!(DiskBus::of(None, |_| None), Ok(Virtio));
        for (os_type, root, data, said) in [
            ("Other Linux (64-bit)", "", "", "IDE"),
            (ubuntu, "ide", "", "rootDiskController: 'ide'"),
            (ubuntu, "", "sata", "dataDiskController: 'sata'"),
            (ubuntu, "", "scsi", "different controllers"),
        ] {
            let reason = of(os_type, root, data).unwrap_err();
            assert!(reason.contains(said), "{reason}");
        }
    }
}
