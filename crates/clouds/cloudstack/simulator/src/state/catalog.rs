//! What the cloud offers: offerings, OS types, templates.

use super::{Cloud, Entity};
use crate::world::{DiskOfferingSpec, OsTypeSpec, ServiceOfferingSpec, World};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The architecture where nobody says another.
pub const X86: &str = "x86_64";

/// A service offering.
#[derive(Debug, Clone)]
pub struct ServiceOffering {
    /// Its id.
    pub id: String,
    /// The id of the disk offering behind it.
    pub disk_offering: String,
    /// What the world says of it.
    pub spec: ServiceOfferingSpec,
    /// When it was made.
    pub created: Timestamp,
}

/// A disk offering.
#[derive(Debug, Clone)]
pub struct DiskOffering {
    /// Its id.
    pub id: String,
    /// What the world says of it.
    pub spec: DiskOfferingSpec,
    /// When it was made.
    pub created: Timestamp,
}

impl DiskOffering {
    /// What it is for.
    pub fn display_text(&self) -> &str {
        self.spec.display_text.as_deref().unwrap_or(&self.spec.name)
    }
}

/// An OS type.
#[derive(Debug, Clone)]
pub struct OsType {
    /// Its id.
    pub id: String,
    /// Its category's id.
    pub category: String,
    /// What the world says of it.
    pub spec: OsTypeSpec,
}

/// A template.
#[derive(Debug, Clone)]
pub struct Template {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What people see.
    pub display_text: String,
    /// The account that owns it; None for the built-in ones.
    pub owner: Option<String>,
    /// Whether every account sees it.
    pub public: bool,
    /// Whether it is put forward.
    pub featured: bool,
    /// Whether everybody may download it.
    pub extractable: bool,
    /// Its OS type.
    pub os_type: String,
    /// `QCOW2`, `VHD`, `RAW`, `OVA`.
    pub format: String,
    /// `KVM`, `XenServer`, `VMware`, `Simulator`.
    pub hypervisor: String,
    /// Whether it is one that CloudStack brought.
    pub builtin: bool,
    /// The bytes that its owner's share of secondary storage is counted by.
    pub counted_bytes: u64,
    /// `USER`, `BUILTIN` …; None of an upload that did not say: no VM can be made from it.
    pub kind: Option<String>,
    /// Where it came from.
    pub url: Option<String>,
    /// The template that its volume was made from.
    pub source: Option<String>,
    /// Settings for its VMs.
    pub details: BTreeMap<String, String>,
    /// Accounts that may use it, though it is not public.
    pub shared_with: Vec<String>,
    /// Whether it is cleaner to run it in a HVM.
    pub requires_hvm: bool,
    /// The sum that its image must have, as it was given.
    pub checksum: Option<String>,
    /// `x86_64` or `aarch64`.
    pub arch: String,
    /// When it was made.
    pub created: Timestamp,
    /// Its copies, one a zone.
    pub copies: Vec<TemplateCopy>,
}

/// A template's copy in a zone.
#[derive(Debug, Clone)]
pub struct TemplateCopy {
    /// The zone.
    pub zone: String,
    /// How far it is.
    pub state: CopyState,
    /// Its virtual size in bytes, once that is known.
    pub size: Option<u64>,
    /// The bytes that it takes, once that is known.
    pub physical: Option<u64>,
    /// The SHA-256 of the file that came in; None of what did not come as a file.
    pub sha256: Option<String>,
    /// When it was made.
    pub created: Timestamp,
}

/// How far a template's copy is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopyState {
    /// It can be used.
    Ready,
    /// It waits for an upload.
    NotUploaded,
    /// Its upload goes on, or the management server has not noticed its end.
    UploadInProgress,
    /// It waits for its download.
    Waiting,
    /// So many percent of it are fetched.
    Downloading(u8),
    /// It will never be ready: why, in the cloud's words.
    Failed(String),
    /// It is being made from a volume or a snapshot.
    Creating,
}

impl Entity for ServiceOffering {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Entity for DiskOffering {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Entity for OsType {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Entity for Template {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Template {
    /// Its copy in a zone.
    pub fn copy_in(&self, zone: &str) -> Option<&TemplateCopy> {
        self.copies.iter().find(|copy| copy.zone == zone)
    }

    /// Its copy in a zone, if that can be used.
    pub fn ready_in(&self, zone: &str) -> Option<&TemplateCopy> {
        self.copy_in(zone).filter(|copy| copy.state == CopyState::Ready)
    }
}

impl Cloud {
    pub(super) fn add_catalog(&mut self, world: &World) {
        let created = self.now();
        for spec in &world.os_types {
            let id = self.id_or_new(spec.id.as_ref());
            let category = self.id_or_new(spec.category_id.as_ref());
            self.os_types.insert(OsType { id, category, spec: spec.clone() });
        }
        for spec in &world.service_offerings {
            self.add_service_offering(spec);
        }
        for spec in &world.disk_offerings {
            self.add_disk_offering(spec);
        }
        let zones: Vec<String> = self.zones.iter().map(|zone| zone.id.clone()).collect();
        for spec in &world.templates {
            let os_type = self.os_types.iter().find(|os| os.spec.name == spec.os_type);
            let os_type = os_type.map(|os| os.id.clone()).unwrap_or_default();
            let bytes = Some(spec.size << 30);
            let copy = |zone: &String| TemplateCopy {
                zone: zone.clone(),
                state: CopyState::Ready,
                size: bytes,
                physical: bytes,
                sha256: None,
                created,
            };
            let template = Template {
                id: self.id_or_new(spec.id.as_ref()),
                name: spec.name.clone(),
                display_text: spec.name.clone(),
                owner: None,
                public: true,
                featured: true,
                extractable: false,
                os_type,
                format: spec.format.clone(),
                hypervisor: spec.hypervisor.clone(),
                builtin: true,
                kind: Some("BUILTIN".into()),
                counted_bytes: 0,
                url: spec.url.clone(),
                source: None,
                details: BTreeMap::new(),
                shared_with: Vec::new(),
                requires_hvm: false,
                checksum: None,
                arch: X86.into(),
                created,
                copies: zones
                    .iter()
                    .filter(|id| self.zones.get(id).is_some_and(|zone| zone.spec.enabled))
                    .map(copy)
                    .collect(),
            };
            self.templates.insert(template);
        }
    }

    /// Adds a service offering, as an admin would.
    pub fn add_service_offering(&mut self, spec: &ServiceOfferingSpec) {
        let (id, created) = (self.id_or_new(spec.id.as_ref()), self.now());
        let disk_offering = self.new_id();
        let spec = spec.clone();
        self.service_offerings.insert(ServiceOffering { id, disk_offering, spec, created });
    }

    /// Adds a disk offering, as an admin would.
    pub fn add_disk_offering(&mut self, spec: &DiskOfferingSpec) {
        let (id, created) = (self.id_or_new(spec.id.as_ref()), self.now());
        self.disk_offerings.insert(DiskOffering { id, spec: spec.clone(), created });
    }
}
