//! Whether the agent will find its settings: checked before anything is made, since a VM whose
//! agent finds none runs, and answers nobody.

use super::find::Ids;
use super::plan::Plan;
use super::wishes::Wishes;
use crate::CloudStack;
use crate::lookup::UserDataBy;
use crate::properties::{PATH, UserDataSource};
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
    wishes: &Wishes,
    ids: &Ids,
    plan: &Plan,
) -> Result<()> {
    check_network(cloud, wishes, ids)?;
    let length = plan.call.userdata.as_ref().map_or(0, |text| reveal(text).len());
    let most = longest(cloud, length).await;
    if length <= most {
        return Ok(());
    }
    Err(failed(format!(
        "the agent's settings make {length} characters of user-data (base64), CloudStack takes \
         {most}: shorten env (arguments[5]) or the agent's properties; where the cloud's {SETTING} \
         is more, say so in {PATH}.userdata_max"
    )))
}

/// CloudStack looks at the default network alone, which is that of the first NIC. One that was
/// named by its id is not known here; CloudStack itself refuses it then, before it makes
/// anything. A basic zone has a virtual router.
fn check_network(cloud: &CloudStack, wishes: &Wishes, ids: &Ids) -> Result<()> {
    let (Some(nic), Some(network)) = (wishes.nics.first(), ids.networks.first()) else {
        return Ok(());
    };
    let wanted = cloud.properties.user_data;
    let Some(by) = &network.user_data else { return Ok(()) };
    let Some(why) = mismatch(wanted, by) else { return Ok(()) };
    let network = &nic.network.network;
    Err(failed(format!(
        "{}: network '{}' {why}; the first network of a VM, which is its default one, gives the \
         agent its settings",
        network.path, network.text
    )))
}

/// Why a network will not do; None if it will.
pub(crate) fn mismatch(wanted: UserDataSource, by: &UserDataBy) -> Option<String> {
    use UserDataSource::*;
    let wants = |what: &str, has: &str| {
        Some(format!("has user-data from {has}, but {PATH}.user_data says {what}"))
    };
    match (wanted, by) {
        (_, UserDataBy::Nobody) => Some(
            "gives no user-data: its offering has the service UserData from neither a virtual \
             router nor a config drive"
                .to_owned(),
        ),
        (Auto, _) => None,
        (VirtualRouter, UserDataBy::Router) | (ConfigDrive, UserDataBy::ConfigDrive) => None,
        (VirtualRouter, UserDataBy::ConfigDrive) => wants("virtual_router", "a config drive"),
        (VirtualRouter, UserDataBy::Other(other)) => wants("virtual_router", other),
        (ConfigDrive, UserDataBy::Router) => wants("config_drive", "a virtual router"),
        (ConfigDrive, UserDataBy::Other(other)) => wants("config_drive", other),
    }
}

/// How long user-data may be. The cloud is asked only where its usual limit would be exceeded,
/// so that no other VM pays for that; keys that may not ask are told the usual limit.
async fn longest(cloud: &CloudStack, length: usize) -> usize {
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
