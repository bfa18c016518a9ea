//! Every property that an operator can set: the plugin's own, and the `cloud_properties` of
//! VMs, disks, networks and stemcells. Schema and reference pages are generated from here.

mod config;
mod disk;
mod id_or_name;
mod ledger;
mod legacy_names;
mod network;
mod stemcell;
mod timeouts;
mod vm;

pub use self::ledger::SlowLedger;
pub(crate) use config::PATH;
pub use config::{SoftLayerProperties, StorageProperties};
pub(crate) use disk::Speed;
pub use disk::{DiskProperties, Tier};
pub use network::NetworkProperties;
pub use stemcell::{StemcellDefaults, StemcellProperties};
pub use timeouts::Timeouts;
pub(crate) use timeouts::Wait;
pub use vm::VmProperties;

pub(crate) use cpi_kit::properties::{Ignored, RejectUnsupported, given, read};

#[cfg(test)]
mod tests;
