//! Every property that an operator can set: the plugin's own, and the `cloud_properties` of
//! VMs, disks, networks and stemcells. Schema and reference pages are generated from here.

mod accepted;
mod config;
mod disk;
mod guard;
mod names;
mod network;
mod reach;
mod stemcell;
mod stemcells;
mod timeouts;
mod vm;

pub use accepted::{Ignored, Later};
pub(crate) use config::PATH;
pub use config::{
    Calculate, CloudStackProperties, CpiDebugging, Debugging, DefaultOffers, LedgerProperties,
    UserDataSource,
};
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

use bosh_cpi::{CloudProperties, CpiError, Result};
use serde::de::DeserializeOwned;

/// Cloud properties that know which of theirs must wait for a later release.
pub(crate) trait Refusing {
    /// Names of properties that are set, but that this release cannot honour.
    fn later(&self) -> Vec<&'static str>;
}

/// Decodes `cloud_properties`, and refuses what would otherwise be silently left undone.
pub(crate) fn read<T>(properties: &CloudProperties, strict: bool) -> Result<T>
where
    T: DeserializeOwned + Refusing,
{
    let decoded: T = properties.decode()?.accept(strict)?;
    refuse_later(properties.path(), &decoded)?;
    Ok(decoded)
}

/// An error that names every property set at `path` that must wait for a later release.
pub(crate) fn refuse_later(path: &str, properties: &impl Refusing) -> Result<()> {
    let paths: Vec<_> =
        properties.later().into_iter().map(|name| format!("{path}.{name}")).collect();
    if paths.is_empty() {
        return Ok(());
    }
    Err(CpiError::not_supported(format!(
        "{}: this release of the CPI does not do that yet; leave it out",
        paths.join(", ")
    )))
}

/// An empty text means the same as none: job templates render unset properties as `""`.
pub(crate) fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
