//! Stemcells as files: what they are, what is in them, and how to make them fit CloudStack.
//!
//! ```text
//!   tgz, tar, gzip, bzip2, xz, zstd          qcow2, raw, VHD, VHDX, VMDK, OVA
//!  ────────────────────────────────► unpack ──────────────────────────────► inspect, convert
//!   one pass, bounded memory, checksums                    │
//!                                                          ▼ qcow2 and raw
//!                                    patch: agent.json on the root partition's ext4
//! ```
//!
//! An official stemcell for OpenStack becomes one for CloudStack on XenServer:
//!
//! ```no_run
//! use std::path::Path;
//! use stemcell::{AgentSettings, Target, UnpackOptions};
//!
//! # fn main() -> Result<(), stemcell::StemcellError> {
//! let source = stemcell::open(Path::new("bosh-stemcell-1.1-openstack-kvm.tgz"))?;
//! let scratch = Path::new("/var/tmp");
//! let unpacked = stemcell::unpack(source, scratch, &UnpackOptions::default(), &mut |_| ())?;
//! let patched = stemcell::patch(&unpacked.image, &AgentSettings::CloudStack)?;
//! println!("{} on partition {}", patched.file, patched.partition);
//! let vhd = Path::new("stemcell.vhd");
//! stemcell::convert(&unpacked.image, vhd, Target::VhdDynamic, &mut |_| ())?;
//! # Ok(())
//! # }
//! ```
//!
//! Everything is recognised by content, never by name. Nothing here needs root, a mount or a
//! loop device; what is given is never trusted: its size, its depth and what it takes of memory
//! and disk are bounded, and it opens no other file. Nothing here knows BOSH's methods or CloudStack's API; it knows the format of
//! stemcells, and the layout of CloudStack's config drive.

pub mod agent;
mod checksum;
mod compression;
pub mod config_drive;
mod convert;
mod data_server;
mod device;
mod disk;
mod error;
mod ext4;
mod filesystem;
mod format;
mod inspect;
mod iso;
mod layout;
mod light;
mod manifest;
pub mod output;
mod ova;
mod overlay;
mod partition;
mod patch;
mod regular_file;
mod sparse;
mod tarball;
mod unpack;

pub use agent::AgentSettings;
pub use checksum::{Checksum, Checksums};
pub use compression::{Compression, decompress};
pub use convert::{Target, convert};
pub use device::{disk_size, write_onto};
pub use error::StemcellError;
pub use filesystem::Filesystem;
pub use format::ImageFormat;
pub use inspect::{
    Agent, Boot, DiskReport, Hypervisor, ImageReport, Inspection, format_of, inspect,
};
pub use light::lighten;
pub use manifest::Manifest;
pub use partition::{Label, Partition, PartitionTable};
pub use patch::{Patched, patch};
pub use unpack::{Layer, UnpackOptions, Unpacked, open, unpack};
