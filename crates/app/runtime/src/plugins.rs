//! Which clouds there are. A cloud is one line here; all else stands in its own folder.

use crate::StateDir;
use bosh_cpi::config::Config;
use bosh_cpi::{CpiError, Request, Result};
use cpi_kit::{CloudPlugin, DynProvider};

/// The clouds that `cloud.plugin` can name.
pub const PLUGINS: &[&dyn CloudPlugin] = &[&cpi_cloudstack::Plugin, &cpi_softlayer::Plugin];

/// Their names.
pub fn plugin_names() -> Vec<&'static str> {
    PLUGINS.iter().map(|plugin| plugin.name()).collect()
}

/// The provider of the cloud that `config` names, with its properties for this request. Touches
/// nothing.
///
/// # Errors
/// An unknown plugin, and properties that are missing or invalid.
pub fn provider(
    request: &Request,
    config: &Config,
    state_dir: StateDir,
) -> Result<Box<dyn DynProvider>> {
    let state_dir = cpi_kit::StateDir::lazy(move || state_dir.open());
    plugin(config)?.provider(request, config, state_dir)
}

fn plugin(config: &Config) -> Result<&'static dyn CloudPlugin> {
    let named = config.plugin();
    let found = PLUGINS.iter().find(|plugin| plugin.name() == named);
    found.copied().ok_or_else(|| {
        let known = plugin_names().join(", ");
        CpiError::cpi(format!("cloud.plugin: unknown plugin '{named}'; known are: {known}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two of one name would hide one of them.
    #[test]
    fn every_plugin_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<_> = plugin_names().into_iter().collect();
        assert_eq!(names.len(), PLUGINS.len());
    }
}
