//! Guests and servers of ours: what is billed most.

use crate::SoftLayer;
use crate::cids::Machine;
use crate::connect::Answer;
use crate::machine::Seen;
use crate::methods::create_vm::name_within;
use crate::steps::Target;
use cpi_kit::{Purpose, Thing};
use softlayer::Filter;
use softlayer::api::{Hardware, VirtualGuest, account};

pub(super) async fn things(cloud: &SoftLayer) -> Answer<Vec<Thing<Target>>> {
    let all = Filter::everything();
    let guests: Vec<VirtualGuest> = cloud.list(&account::GetVirtualGuests {}, &all).await?;
    let servers: Vec<Hardware> = cloud.list(&account::GetHardware {}, &all).await?;
    let seen = guests.into_iter().map(Seen::from).chain(servers.into_iter().map(Seen::from));
    Ok(seen.filter(|seen| !seen.is_gone()).filter_map(|seen| of_machine(cloud, seen)).collect())
}

fn of_machine(cloud: &SoftLayer, seen: Seen) -> Option<Thing<Target>> {
    let name = seen.hostname?;
    let ours = cloud.names.parse(name_within(cloud, &name)?)?;
    let (kind, target) = match seen.machine {
        Machine::Guest(_) => ("VM", Target::Guest { name: name.clone() }),
        Machine::Server(_) => ("bare metal server", Target::Server { name: name.clone() }),
    };
    Some(Thing {
        kind,
        cid: seen.machine.to_string(),
        name,
        ours: Some(ours),
        // Those of operators say nothing; a director's have keys.
        purpose: Purpose::Cid {
            tagged: seen.tags.iter().any(|tag| tag.contains(':')),
            persistent: false,
        },
        used: None,
        target,
    })
}
