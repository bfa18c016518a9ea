//! Further IPv4 addresses of a NIC that several networks share (`nic_group`). They go with it.

use super::Made;
use crate::CloudStack;
use crate::errors::Failure;
use crate::properties::Wait;
use crate::steps::{Intent, ended};
use bosh_cpi::CpiError;
use cloudstack::api::{AddIpToNic, Nic};
use journal::Operation;
use std::net::Ipv4Addr;

type Answer<T> = std::result::Result<T, Failure>;

/// Gives the NICs what the deploy call has no room for. Costs a call for each address.
pub(super) async fn give(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    made: &Made<'_>,
) -> Answer<()> {
    for (at, wish) in made.wishes.nics.iter().enumerate() {
        for address in &wish.more {
            let nic = nic(made, at).ok_or_else(|| {
                let names = wish.names.join(", ");
                CpiError::cloud(format!("VM {} has no NIC for {names}", made.vm.name))
            })?;
            add(cloud, operation, made, nic, *address).await?;
        }
    }
    Ok(())
}

/// In a basic zone a VM has one.
fn nic<'a>(made: &'a Made<'_>, at: usize) -> Option<&'a Nic> {
    let nics = &made.vm.nic;
    match made.ids.networks.get(at) {
        Some(network) => nics.iter().find(|nic| nic.networkid == network.id),
        None => nics.first(),
    }
}

async fn add(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    made: &Made<'_>,
    nic: &Nic,
    address: Ipv4Addr,
) -> Answer<()> {
    let address = address.to_string();
    let call = AddIpToNic { nicid: nic.id.clone(), ipaddress: Some(address.clone()) };
    let until = cloud.deadline(Wait::CreateVm);
    operation
        .step(
            Intent::change("address", &nic.id),
            async || ended(cloud.run(&call, until).await.map(drop)),
            async || {
                let Some(vm) = cloud.vm_by_id(&made.vm.id).await? else { return Ok(None) };
                let there = vm.nic.iter().find(|row| row.id == nic.id);
                Ok(there.filter(|row| has(row, &address)).map(drop))
            },
        )
        .await
}

fn has(nic: &Nic, address: &str) -> bool {
    let rows = nic.other.get("secondaryip").and_then(|rows| rows.as_array());
    let is = |row: &serde_json::Value| row["ipaddress"].as_str() == Some(address);
    rows.is_some_and(|rows| rows.iter().any(is))
}
