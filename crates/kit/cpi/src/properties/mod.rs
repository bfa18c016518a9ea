//! What every cloud's properties have: those of the journal, those that are taken and do
//! nothing, those that must wait.

mod debug;
mod ledger;
mod publishing;
mod transport;
mod unsupported;

pub use self::ledger::LedgerProperties;
pub use debug::{CpiDebugging, Debugging};
pub use publishing::{ImageServerProperties, S3Properties};
pub use transport::{proxy, tls};
pub use unsupported::{Ignored, Unsupported};

use bosh_cpi::{CloudProperties, CpiError, Result};
use serde::de::DeserializeOwned;

/// Cloud properties that know which of theirs cannot be honoured.
pub trait RejectUnsupported {
    /// Names of properties that are set, but that this release cannot honour.
    fn later(&self) -> Vec<&'static str>;

    /// Why not, and what to do instead.
    fn why(&self) -> &'static str {
        "this release of the CPI does not do that yet; leave it out"
    }
}

/// Decodes `cloud_properties`, and refuses what would otherwise be silently left undone.
pub fn read<T>(properties: &CloudProperties, strict: bool) -> Result<T>
where
    T: DeserializeOwned + RejectUnsupported,
{
    let decoded: T = properties.decode()?.accept(strict)?;
    refuse_later(properties.path(), &decoded)?;
    Ok(decoded)
}

/// An error that names every property set at `path` that cannot be honoured.
pub fn refuse_later(path: &str, properties: &impl RejectUnsupported) -> Result<()> {
    let paths: Vec<_> =
        properties.later().into_iter().map(|name| format!("{path}.{name}")).collect();
    if paths.is_empty() {
        return Ok(());
    }
    Err(CpiError::not_supported(format!("{}: {}", paths.join(", "), properties.why())))
}

/// An empty text means the same as none: job templates render unset properties as `""`.
pub fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}
