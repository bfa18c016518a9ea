//! Whether the agent will find its settings: checked before anything is made, since a VM whose
//! agent finds none runs, and answers nobody.

use super::request::DeployRequest;
use super::resolve::ResolvedVm;
use crate::properties::PATH;
use crate::session::CloudStack;
use bosh_cpi::{CpiError, ErrorKind, Result};
use cloud_http::reveal;
use cloudstack::api::ListConfigurations;

/// CloudStack's default for `vm.userdata.max.length`, in characters of the base64 text.
const USUAL: usize = 32_768;

/// The setting that says how long user-data may be.
const SETTING: &str = "vm.userdata.max.length";

/// Whether the default network gives VMs their user-data, in the way that is wanted, and takes
/// as much of it.
pub(super) async fn check(
    cloud: &CloudStack,
    resolved: &ResolvedVm<'_>,
    request: &DeployRequest,
) -> Result<()> {
    check_network(cloud, resolved)?;
    let length = request.call.userdata.as_ref().map_or(0, |text| reveal(text).len());
    let most = max_length(cloud, length).await;
    if length <= most {
        return Ok(());
    }
    Err(failed(format!(
        "the agent's settings make {length} characters of user-data (base64), CloudStack takes \
         {most}: shorten env (arguments[5]) or the agent's properties; where the cloud's {SETTING} \
         is more, set {PATH}.userdata_max to it"
    )))
}

/// CloudStack looks at the default network alone, which is that of the first NIC. One that was
/// named by its id is not known here; CloudStack itself refuses it then, before it makes
/// anything. A basic zone has a virtual router.
fn check_network(cloud: &CloudStack, resolved: &ResolvedVm<'_>) -> Result<()> {
    let Some(nic) = resolved.nics.first() else { return Ok(()) };
    let Some(provider) = nic.network.as_ref().and_then(|network| network.user_data.as_ref()) else {
        return Ok(());
    };
    let Some(why) = provider.mismatch(cloud.properties.user_data) else { return Ok(()) };
    let network = &nic.spec.network.network;
    Err(failed(format!(
        "{}: network '{}' {why}; the first network of a VM, which is its default one, gives the \
         agent its settings",
        network.path, network.text
    )))
}

/// How long user-data may be. The cloud is asked only where its usual limit would be exceeded,
/// so that no other VM pays for that; keys that may not ask are told the usual limit.
async fn max_length(cloud: &CloudStack, length: usize) -> usize {
    if let Some(most) = cloud.properties.userdata_max {
        return most;
    }
    if length <= USUAL {
        return USUAL;
    }
    let of = ListConfigurations { name: Some(SETTING.to_owned()) };
    let rows = cloud.list(of).await.unwrap_or_default();
    let row = rows.into_iter().find(|row| row.name == SETTING);
    row.and_then(|row| row.value?.trim().parse().ok()).unwrap_or(USUAL)
}

fn failed(message: String) -> CpiError {
    CpiError::new(ErrorKind::VmCreationFailed, message)
}
