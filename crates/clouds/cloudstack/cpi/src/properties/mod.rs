//! Every property that an operator can set: the plugin's own, and the `cloud_properties` of
//! VMs, disks, networks and stemcells. Schema and reference pages are generated from here.

mod config;
mod disk;
mod examples;
mod exposure;
mod names;
mod network;
pub(crate) mod older_releases;
mod security_groups;
mod stemcell;
mod stemcells;
mod timeouts;
mod vm;

pub(crate) use config::PATH;
pub use config::{Calculate, CloudStackProperties, DefaultOffers, UserDataSource};
pub use disk::DiskProperties;
pub use exposure::{FirewallRule, LoadBalancer, Route};
pub use names::{Details, Names};
pub use network::NetworkProperties;
pub use security_groups::{Direction, Ports, Protocol, SecurityRule};
pub use stemcell::StemcellProperties;
pub use stemcells::{StemcellDefaults, StemcellRoute};
pub use timeouts::Timeouts;
pub(crate) use timeouts::Wait;
pub use vm::VmProperties;

pub(crate) use cpi_kit::properties::{given, read};

#[cfg(test)]
mod tests;
