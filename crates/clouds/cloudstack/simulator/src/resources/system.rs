//! What the cloud runs and is set to by itself: its own VMs, its global settings.

use crate::engine::{Answer, Call, Command, Refusal};
use crate::state::clock::stamp;
use crate::state::{Cloud, Zone};
use serde_json::{Value, json};

/// The commands of this resource.
pub const COMMANDS: &[Command] = &[
    Command::sync("listConfigurations", list_configurations),
    Command::sync("listSystemVms", list_system_vms),
    Command::sync("listHosts", list_hosts),
];

/// The settings that a client may ask for, under CloudStack's names.
fn list_configurations(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let settings = &cloud.world.settings;
    let all = [
        ("allow.user.expunge.recover.vm", settings.allow_user_expunge_recover_vm.to_string()),
        ("allow.user.view.destroyed.vm", settings.allow_user_view_destroyed_vm.to_string()),
        ("api.throttling.enabled", settings.api_throttling.to_string()),
        ("api.throttling.max", settings.api_throttling_max.to_string()),
        ("custom.diskoffering.size.max", settings.max_custom_disk_gib.to_string()),
        ("expunge.delay", settings.expunge_delay.to_string()),
        ("storage.max.volume.size", settings.max_volume_gib.to_string()),
        ("vm.userdata.max.length", settings.vm_userdata_max_length.to_string()),
    ];
    let wanted = call.params.text("name");
    let rows: Vec<Value> = all
        .iter()
        .filter(|(name, _)| wanted.is_none_or(|wanted| name.contains(wanted)))
        .map(|(name, value)| {
            json!({
                "category": "Advanced",
                "name": name,
                "value": value,
                "description": name,
                "isdynamic": true,
            })
        })
        .collect();
    Ok(Answer::list("configuration", rows))
}

/// Each zone has a VM that carries images, unless its world says otherwise.
fn list_system_vms(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let zone = call.params.id("zoneid", &cloud.zones)?;
    let kind = call.params.text("systemvmtype");
    let rows: Vec<Value> = (1..)
        .zip(cloud.zones.iter())
        .filter(|(_, it)| zone.is_none_or(|zone| it.id == zone))
        .filter(|_| kind.is_none_or(|kind| kind.eq_ignore_ascii_case("secondarystoragevm")))
        .filter_map(|(number, zone)| secondary_storage_vm(cloud, number, zone))
        .collect();
    Ok(Answer::list("systemvm", rows))
}

fn secondary_storage_vm(cloud: &Cloud, number: u64, zone: &Zone) -> Option<Value> {
    let agent = zone.spec.secondary_storage_vm.as_ref()?;
    Some(json!({
        "id": uuid::Uuid::from_u128(u128::from(number) << 64).to_string(),
        "systemvmtype": "secondarystoragevm",
        "zoneid": zone.id,
        "zonename": zone.name(),
        "name": format!("s-{number}-VM"),
        "hypervisor": zone.spec.hypervisor,
        "state": "Running",
        "agentstate": agent,
        "created": stamp(cloud.since),
    }))
}

/// The hosts that run VMs; others are not simulated.
fn list_hosts(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let params = call.params;
    let id = params.id("id", &cloud.hosts)?;
    let zone = params.id("zoneid", &cloud.zones)?;
    let (name, kind) = (params.text("name"), params.text("type"));
    let rows: Vec<Value> = cloud
        .hosts
        .iter()
        .filter(|host| id.is_none_or(|id| host.id == id))
        .filter(|host| zone.is_none_or(|zone| host.zone == zone))
        .filter(|host| name.is_none_or(|name| host.name == name))
        .filter(|_| kind.is_none_or(|kind| kind.eq_ignore_ascii_case("Routing")))
        .map(|host| {
            json!({
                "id": host.id,
                "name": host.name,
                "state": "Up",
                "type": "Routing",
                "zoneid": host.zone,
                "zonename": cloud.zone_name(&host.zone),
                "clusterid": host.pool.cluster,
                "clustername": host.pool.cluster_name,
                "resourcestate": "Enabled",
                "created": stamp(cloud.since),
            })
        })
        .collect();
    Ok(Answer::list("host", rows))
}
