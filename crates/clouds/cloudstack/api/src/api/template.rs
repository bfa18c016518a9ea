//! Templates: what BOSH calls stemcells.

use super::{Other, Tag};
use serde::{Deserialize, Serialize};

/// Finds templates, a row per template and zone.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListTemplates {
    /// `executable`: every ready one that the caller may use; `self`, `all` (admin) …
    pub templatefilter: String,
    /// By id.
    pub id: Option<String>,
    /// By exact name.
    pub name: Option<String>,
    /// In this zone.
    pub zoneid: Option<String>,
}

/// Deletes a template, in every zone unless one is named.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DeleteTemplate {
    /// The template.
    pub id: String,
    /// In this zone only.
    pub zoneid: Option<String>,
}

/// Makes a template of an image that CloudStack fetches by itself. The answer has a row for each
/// zone.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RegisterTemplate {
    /// Where it lies, at most 2048 characters; the file's extension must fit the format.
    pub url: String,
    /// In these zones.
    pub zoneids: Vec<String>,
    /// What it is to be.
    #[serde(flatten)]
    pub new: NewTemplate,
}

/// Asks where to send an image, and makes a template that waits for it: in one zone only.
#[derive(Debug, Clone, Default, Serialize)]
pub struct GetUploadParamsForTemplate {
    /// In this zone.
    pub zoneid: String,
    /// `USER`: from a template without a type no VM can be made.
    pub templatetype: &'static str,
    /// What it is to be.
    #[serde(flatten)]
    pub new: NewTemplate,
}

/// What a template is to be, wherever its image comes from.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewTemplate {
    /// Its name; not unique.
    pub name: String,
    /// What people see.
    pub displaytext: String,
    /// `QCOW2`, `RAW`, `VHD`, `OVA`.
    pub format: String,
    /// `KVM`, `XenServer`, `VMware`, `Simulator`.
    pub hypervisor: String,
    /// Its OS type.
    pub ostypeid: String,
    /// Whether every account sees it.
    pub ispublic: bool,
    /// Whether it is put forward; for admins.
    pub isfeatured: Option<bool>,
    /// Whether it needs hardware virtualisation.
    pub requireshvm: bool,
    /// `{SHA-256}` and the sum of the file in hexadecimal digits; a bare sum is an MD5.
    pub checksum: Option<String>,
    /// `x86_64` or `aarch64`; since 4.20.
    pub arch: Option<String>,
}

/// Makes a template of a volume that nothing uses, or of a snapshot that is backed up.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CreateTemplate {
    /// Of this volume: detached, or its VM stopped.
    pub volumeid: Option<String>,
    /// Of this snapshot.
    pub snapshotid: Option<String>,
    /// Its name; not unique.
    pub name: String,
    /// What people see.
    pub displaytext: String,
    /// Its OS type.
    pub ostypeid: String,
    /// Whether every account sees it.
    pub ispublic: bool,
    /// Whether it is put forward; for admins.
    pub isfeatured: Option<bool>,
    /// Whether it needs hardware virtualisation.
    pub requireshvm: bool,
    /// `x86_64` or `aarch64`; since 4.20.2.
    pub arch: Option<String>,
}

/// Where to send an image, and the headers that let it in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[allow(non_snake_case)] // CloudStack's own spelling
pub struct UploadParams {
    /// The template that waits for it.
    pub id: String,
    /// Where to, on the secondary-storage VM.
    pub postURL: String,
    /// For `X-metadata`.
    pub metadata: String,
    /// For `X-expires`: `2025-10-30T14:51:39.000Z`.
    pub expires: String,
    /// For `X-signature`.
    pub signature: String,
}

/// Copies a template to more zones.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CopyTemplate {
    /// The template.
    pub id: String,
    /// From this zone.
    pub sourcezoneid: String,
    /// To these.
    pub destzoneids: Vec<String>,
}

/// Finds OS types.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListOsTypes {
    /// By exact description.
    pub description: Option<String>,
    /// By a part of the description.
    pub keyword: Option<String>,
}

/// An OS type: how a hypervisor drives a guest's disks and NICs.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct OsType {
    /// Its id.
    pub id: String,
    /// `Ubuntu 22.04 LTS`.
    pub description: String,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}

/// Finds the hypervisors of a zone.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListHypervisors {
    /// In this zone.
    pub zoneid: Option<String>,
}

/// A hypervisor.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Hypervisor {
    /// `KVM`, `XenServer`, `VMware`, `Simulator`.
    pub name: String,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}

/// A template in a zone.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Template {
    /// Its id, the same in every zone.
    pub id: String,
    /// Its name; not unique.
    pub name: String,
    /// `QCOW2`, `VHD`, `RAW`, `OVA`.
    #[serde(default)]
    pub format: String,
    /// `KVM`, `XenServer`, `VMware`, `Simulator`.
    #[serde(default)]
    pub hypervisor: String,
    /// Whether a VM can be made from it now.
    #[serde(default)]
    pub isready: bool,
    /// Whether every account sees it.
    #[serde(default)]
    pub ispublic: bool,
    /// Progress or failure, for its owner and admins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Its virtual size in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// The zone of this row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zoneid: Option<String>,
    /// That zone's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zonename: Option<String>,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}
