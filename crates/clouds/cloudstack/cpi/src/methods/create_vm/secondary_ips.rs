//! Further IPv4 addresses of a NIC that several networks share (`nic_group`). They go with it.

use super::created::CreatedVm;
use crate::api::change;
use crate::errors::CloudResult;
use crate::intent::Intent;
use crate::properties::Wait;
use crate::resources::vm;
use crate::session::CloudStack;
use cloudstack::api::{AddIpToNic, Nic};
use journal::Operation;
use std::net::Ipv4Addr;

/// Gives the NICs what the deploy call has no room for. Costs a call for each address.
pub(super) async fn assign(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    created: &CreatedVm<'_>,
) -> CloudResult<()> {
    for nic in &created.nics {
        for address in &nic.resolved.spec.more {
            add(cloud, operation, &created.vm.id, nic.row, *address).await?;
        }
    }
    Ok(())
}

async fn add(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    vm: &str,
    nic: &Nic,
    address: Ipv4Addr,
) -> CloudResult<()> {
    let address = address.to_string();
    let call = AddIpToNic { nicid: nic.id.clone(), ipaddress: Some(address.clone()) };
    let until = cloud.deadline(Wait::CreateVm);
    let send = async || cloud.run_job(&call, until).await.map(drop);
    let probe = async || {
        let Some(vm) = vm::by_id(cloud, vm).await? else { return Ok(None) };
        let there = vm.nic.iter().find(|row| row.id == nic.id);
        Ok(there.filter(|row| has(row, &address)).map(drop))
    };
    change(operation, Intent::change("address", &nic.id), send, probe).await
}

fn has(nic: &Nic, address: &str) -> bool {
    let rows = nic.other.get("secondaryip").and_then(|rows| rows.as_array());
    let is = |row: &serde_json::Value| row["ipaddress"].as_str() == Some(address);
    rows.is_some_and(|rows| rows.iter().any(is))
}
