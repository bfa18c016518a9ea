//! Guests and servers of ours: what is billed most.

use crate::cids::Machine;
use crate::errors::CloudResult;
use crate::intent::Intent;
use crate::naming::name_within;
use crate::resources::machine_view::MachineView;
use crate::session::SoftLayer;
use cpi_kit::{OwnedResource, RUNNING_VM, ResourceRole, SERVER};
use softlayer::Filter;
use softlayer::api::{Hardware, VirtualGuest, account};

pub(super) async fn owned_resources(cloud: &SoftLayer) -> CloudResult<Vec<OwnedResource<Intent>>> {
    let all = Filter::everything();
    let guests: Vec<VirtualGuest> = cloud.list(&account::GetVirtualGuests {}, &all).await?;
    let servers: Vec<Hardware> = cloud.list(&account::GetHardware {}, &all).await?;
    let seen =
        guests.into_iter().map(MachineView::from).chain(servers.into_iter().map(MachineView::from));
    Ok(seen.filter(|seen| !seen.is_gone()).filter_map(|seen| of_machine(cloud, seen)).collect())
}

fn of_machine(cloud: &SoftLayer, seen: MachineView) -> Option<OwnedResource<Intent>> {
    let name = seen.hostname?;
    let ours = cloud.names.parse(name_within(&cloud.names, &name)?)?;
    let kind = match seen.machine {
        Machine::Guest(_) if seen.power.as_deref() == Some("RUNNING") => RUNNING_VM,
        Machine::Guest(_) => "VM",
        Machine::Server(_) => SERVER,
    };
    // By its id: a twin of the same name may be in use.
    let target = Intent::Vm { vm: seen.machine.to_string(), name: name.clone() };
    Some(OwnedResource {
        kind,
        cid: seen.machine.to_string(),
        name,
        ours: Some(ours),
        // Those of operators say nothing; a director's have keys.
        purpose: ResourceRole::Cid {
            tagged: seen.tags.iter().any(|tag| tag.contains(':')),
            persistent: false,
        },
        used: None,
        target,
    })
}
