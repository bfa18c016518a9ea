//! Volumes: what BOSH calls disks.

use super::{Other, Tag, Time};
use serde::{Deserialize, Serialize};

/// Finds volumes.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListVolumes {
    /// By id. An unknown id is refused with 431, an expunged one gives an empty list.
    pub id: Option<String>,
    /// By exact name.
    pub name: Option<String>,
    /// Those attached to this VM.
    pub virtualmachineid: Option<String>,
    /// `ROOT` or `DATADISK`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Everything the caller may see, not only its own.
    pub listall: Option<bool>,
}

/// Makes a volume. It takes no storage until it is first attached.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CreateVolume {
    /// Its name; not unique.
    pub name: String,
    /// In this zone.
    pub zoneid: String,
    /// Of this offering.
    pub diskofferingid: String,
    /// Its size in GiB, for a custom offering; refused for a fixed one.
    pub size: Option<u64>,
    /// The least IOPS, for an offering that lets the caller choose.
    pub miniops: Option<u64>,
    /// The most IOPS, likewise.
    pub maxiops: Option<u64>,
}

/// Attaches a volume.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AttachVolume {
    /// The volume.
    pub id: String,
    /// To this VM, running or stopped.
    pub virtualmachineid: String,
    /// As this device id; 0 is the root disk, 3 the CD-ROM.
    pub deviceid: Option<u64>,
}

/// Detaches a volume.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DetachVolume {
    /// The volume.
    pub id: String,
}

/// Lets a volume grow.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ResizeVolume {
    /// The volume.
    pub id: String,
    /// The new size in GiB, for a custom offering.
    pub size: Option<u64>,
    /// The new offering.
    pub diskofferingid: Option<String>,
    /// The least IOPS, for an offering that lets the caller choose.
    pub miniops: Option<u64>,
    /// The most IOPS, likewise.
    pub maxiops: Option<u64>,
}

/// Gives a volume another offering, and another size with it. Since 4.17; the answer shows the
/// offering that it had.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ChangeOfferingForVolume {
    /// The volume.
    pub id: String,
    /// The new offering.
    pub diskofferingid: String,
    /// The new size in GiB, for a custom offering.
    pub size: Option<u64>,
    /// The least IOPS, for an offering that lets the caller choose.
    pub miniops: Option<u64>,
    /// The most IOPS, likewise.
    pub maxiops: Option<u64>,
    /// Whether it may be moved to storage that the offering allows.
    pub automigrate: Option<bool>,
}

/// Deletes a detached volume, within the call.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DeleteVolume {
    /// The volume.
    pub id: String,
}

/// A volume.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Volume {
    /// Its id.
    pub id: String,
    /// Its name; not unique.
    #[serde(default)]
    pub name: String,
    /// `ROOT` or `DATADISK`.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// `Allocated`, `Ready`, `Attaching`, `Destroy`, `Expunged` …
    #[serde(default)]
    pub state: String,
    /// Its size in bytes.
    #[serde(default)]
    pub size: u64,
    /// Its zone.
    #[serde(default)]
    pub zoneid: String,
    /// That zone's name.
    #[serde(default)]
    pub zonename: String,
    /// `KVM`, `XenServer`, `VMware`, `Simulator`; `None` while never attached. A plain user is
    /// not told it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hypervisor: String,
    /// Its offering.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diskofferingid: Option<String>,
    /// The VM it is attached to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub virtualmachineid: Option<String>,
    /// Its place on that VM: 0 is the root disk, 3 is never used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deviceid: Option<u64>,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Time>,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}
