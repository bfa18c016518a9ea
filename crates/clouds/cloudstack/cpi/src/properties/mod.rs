//! Every property that an operator can set: the plugin's own, and the `cloud_properties` of
//! VMs, disks, networks and stemcells. Schema and reference pages are generated from here.

mod config;
mod disk;
mod examples;
mod guard;
mod names;
mod network;
mod reach;
mod stemcell;
mod stemcells;
mod timeouts;
mod vm;

pub(crate) use config::PATH;
pub use config::{Calculate, CloudStackProperties, DefaultOffers, UserDataSource};
pub use disk::DiskProperties;
pub use guard::{Direction, Ports, Protocol, SecurityRule};
pub use names::{Details, Names};
pub use network::NetworkProperties;
pub use reach::{FirewallRule, LoadBalancer, Route};
pub use stemcell::StemcellProperties;
pub use stemcells::{StemcellDefaults, StemcellRoute};
pub use timeouts::Timeouts;
pub(crate) use timeouts::Wait;
pub use vm::VmProperties;

pub(crate) use cpi_kit::properties::{Ignored, RejectUnsupported, Unsupported, given, read};

/// Why no `cloud_properties` name a project.
const ONE_PROJECT: &str = "a VM, its disks and its networks are in one project, which is that of \
                           the CPI's config (cloud.properties.cloudstack.project); for several \
                           projects give each an entry in the cpi-config and name that in the AZ";

#[cfg(test)]
mod tests;
