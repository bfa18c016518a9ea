//! What a stemcell is, whether it would boot, and how its agent would get its settings.

use crate::agent::{self, Source};
use crate::checksum::Checksums;
use crate::disk::{self, Access, Disk};
use crate::error::StemcellError;
use crate::ext4::Reader;
use crate::format::ImageFormat;
use crate::layout;
use crate::manifest::Manifest;
use crate::partition::PartitionTable;
use crate::unpack::{self, Layer, UnpackOptions};
use serde::Serialize;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// A hypervisor, by the name that CloudStack gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Hypervisor {
    /// KVM.
    #[serde(rename = "KVM")]
    Kvm,
    /// XenServer and XCP-ng.
    XenServer,
    /// VMware vSphere.
    #[serde(rename = "VMware")]
    Vmware,
    /// Hyper-V.
    #[serde(rename = "Hyperv")]
    HyperV,
}

impl FromStr for Hypervisor {
    type Err = String;

    /// In any case of letters, as CloudStack takes them.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "kvm" => Ok(Self::Kvm),
            "xenserver" => Ok(Self::XenServer),
            "vmware" => Ok(Self::Vmware),
            "hyperv" => Ok(Self::HyperV),
            _ => Err(format!(
                "unknown hypervisor \"{text}\": expected KVM, XenServer, VMware or Hyperv"
            )),
        }
    }
}

impl fmt::Display for Hypervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kvm => "KVM",
            Self::XenServer => "XenServer",
            Self::Vmware => "VMware",
            Self::HyperV => "Hyperv",
        })
    }
}

/// Whether an image would boot somewhere, as far as its format says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Boot {
    /// As it is.
    Yes,
    /// Once it is converted to this format, which [`convert`](crate::convert()) does.
    Converted(ImageFormat),
    /// Not at all, with the reason.
    No(String),
}

/// What was found out.
#[derive(Debug, Clone, Serialize)]
pub struct Inspection {
    /// What the image was wrapped in, outermost first.
    pub layers: Vec<Layer>,
    /// The manifest, where it is a whole stemcell.
    pub manifest: Option<Manifest>,
    /// The size of the file in bytes.
    pub input_size: u64,
    /// Its checksums.
    pub input: Checksums,
    /// The image; `None` in a light stemcell.
    pub image: Option<ImageReport>,
}

/// What is known of an image.
#[derive(Debug, Clone, Serialize)]
pub struct ImageReport {
    /// Its format.
    pub format: ImageFormat,
    /// The size of the image file in bytes.
    pub size: u64,
    /// The checksums of the image file.
    pub checksums: Checksums,
    /// What is on the disk; or why that is not known.
    pub disk: Result<DiskReport, String>,
}

/// What is on a disk.
#[derive(Debug, Clone, Serialize)]
pub struct DiskReport {
    /// The size that a guest sees, in bytes.
    pub size: u64,
    /// Its partitions.
    pub table: PartitionTable,
    /// The agent on it; or why there is none.
    pub agent: Result<Agent, String>,
}

/// What is known of the agent in an image.
#[derive(Debug, Clone, Serialize)]
pub struct Agent {
    /// The partition, as Linux numbers it; 0 for the whole disk.
    pub partition: u32,
    /// Whether its program is there too.
    pub program: bool,
    /// Where it looks for its settings, in order. Empty where agent.json is missing.
    pub sources: Vec<Source>,
}

/// Looks at a stemcell, an image, or either in whatever wrapping. An image that is wrapped is
/// unpacked to `scratch`, and removed again. `progress` is told how many bytes are read.
///
/// # Errors
/// As [`unpack`](crate::unpack()).
pub fn inspect(
    path: &Path,
    scratch: &Path,
    options: &UnpackOptions,
    progress: &mut dyn FnMut(u64),
) -> Result<Inspection, StemcellError> {
    let file = unpack::open(path)?;
    let (contents, input_size, input) = unpack::look_through(file, scratch, options, progress)?;
    let image = contents.image.as_ref().map(|found| ImageReport {
        format: found.format,
        size: found.size,
        checksums: found.checksums.clone(),
        disk: look_into(&found.path).map_err(|error| error.to_string()),
    });
    if image.is_none() && !contents.manifest.as_ref().is_some_and(Manifest::is_light) {
        return Err(contents.not_an_image());
    }
    Ok(Inspection {
        layers: contents.image.map_or_else(Vec::new, |found| found.layers),
        manifest: contents.manifest,
        input_size,
        input,
        image,
    })
}

fn look_into(path: &Path) -> Result<DiskReport, StemcellError> {
    let mut disk = Disk::open(path, Access::ReadOnly)?;
    let size = disk.size();
    let table = layout::table(&mut disk, path)?;
    drop(disk);
    let agent = layout::root(&table, || Disk::open(path, Access::ReadOnly))
        .map_err(|error| error.to_string())
        .and_then(|root| {
            let reader = Reader::open(&root.overlay)?;
            let named = format!("{}/{}", agent::DIRECTORY, agent::FILE);
            let sources = match reader.file(&named)? {
                Some(seen) => {
                    let value = agent::parse(&seen.content).map_err(|e| e.to_string())?;
                    agent::sources(&value)
                }
                None => Vec::new(),
            };
            Ok(Agent {
                partition: root.partition.number,
                program: reader.has_file(agent::PROGRAM),
                sources,
            })
        });
    Ok(DiskReport { size, table, agent })
}

/// The format of the image in a file that is not wrapped.
///
/// # Errors
/// `NotAnImage`, with what it is instead.
pub fn format_of(path: &Path) -> Result<ImageFormat, StemcellError> {
    disk::format_of(path)
}

impl ImageFormat {
    /// Whether a template of this format would boot on a hypervisor.
    pub fn boots_on(self, hypervisor: Hypervisor) -> Boot {
        match (hypervisor, self) {
            (Hypervisor::Kvm, Self::Qcow2 | Self::Raw) => Boot::Yes,
            (Hypervisor::XenServer, Self::VhdDynamic | Self::VhdFixed) => Boot::Yes,
            (Hypervisor::HyperV, Self::Vhdx | Self::VhdDynamic | Self::VhdFixed) => Boot::Yes,
            (Hypervisor::Vmware, Self::Ova) => Boot::Yes,
            _ if !self.is_read() => Boot::No(format!(
                "{hypervisor} does not take a {self}, and this format is not converted; convert \
                 it with `qemu-img convert` first"
            )),
            (Hypervisor::Kvm, _) => Boot::Converted(Self::Qcow2),
            (Hypervisor::XenServer | Hypervisor::HyperV, _) => Boot::Converted(Self::VhdDynamic),
            (Hypervisor::Vmware, _) => Boot::Converted(Self::Ova),
        }
    }
}
