//! Zones.

use crate::engine::{Answer, Call, Command, Refusal, fields};
use crate::state::{Caller, Cloud, Zone};
use cloudstack::api;
use serde_json::json;

/// The commands of this resource.
pub const COMMANDS: &[Command] = &[Command::sync("listZones", list)];

fn list(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let id = call.params.id("id", &cloud.zones)?;
    let name = call.params.text("name");
    let rows = cloud
        .zones
        .iter()
        .filter(|zone| id.is_none_or(|id| zone.id == id))
        .filter(|zone| name.is_none_or(|name| zone.name() == name))
        .filter(|zone| call.caller.is_admin() || zone.spec.enabled)
        .map(|zone| view(call.caller, zone));
    Ok(Answer::list("zone", rows))
}

/// A zone. Only an admin is told its servers and its range.
fn view(caller: &Caller, zone: &Zone) -> api::Zone {
    let spec = Some(&zone.spec).filter(|_| caller.is_admin());
    let network_type = if zone.is_basic() { "Basic" } else { "Advanced" };
    api::Zone {
        id: zone.id.clone(),
        name: zone.spec.name.clone(),
        networktype: network_type.into(),
        securitygroupsenabled: zone.has_security_groups(),
        localstorageenabled: zone.spec.local_storage,
        allocationstate: if zone.spec.enabled { "Enabled" } else { "Disabled" }.into(),
        other: fields(json!({
            "dns1": spec.map(|spec| &spec.dns1),
            "internaldns1": spec.map(|spec| &spec.internal_dns1),
            "guestcidraddress": spec.and_then(|spec| spec.guest_cidr.as_ref()),
            "gputotal": zone.spec.gpus,
            "gpuused": 0,
            "zonetoken": zone.id,
            "dhcpprovider": "VirtualRouter",
            "tags": [],
            "allowuserspecifyvrmtu": false,
            "routerprivateinterfacemaxmtu": 1500,
            "routerpublicinterfacemaxmtu": 1500,
            "type": if zone.spec.edge { "Edge" } else { "Core" },
            "isnsxenabled": false,
            "ismultiarch": false,
            "asnrange": "",
            "routedmodeenabled": true,
            "hasannotations": false,
        })),
    }
}
