//! Guest networks and their offerings.

mod create;
pub mod offering;
mod service;
mod view;

pub use view::view;

use super::tag;
use crate::engine::{Answer, Call, Command, Job, Refusal, gone, live_id, value};
use crate::state::{Cloud, Network};
use serde_json::json;

/// What a network is called where it is gone.
const KIND: &str = "Network";

/// The commands of this resource.
pub const COMMANDS: &[Command] = &[
    Command::sync("listNetworks", list),
    Command::sync("createNetwork", create::create),
    Command::job("updateNetwork", "user.network.UpdateNetworkCmd", update).by_admin().on("Network"),
    Command::job("restartNetwork", "user.network.RestartNetworkCmd", restart).on("Network"),
    Command::job("deleteNetwork", "user.network.DeleteNetworkCmd", delete).on("Network"),
];

fn list(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let params = call.params;
    let scope = cloud.scope(call)?;
    let id = params.id("id", &cloud.networks)?;
    let zone = params.id("zoneid", &cloud.zones)?;
    let vpc = params.id("vpcid", &cloud.routing.vpcs)?;
    let (name, keyword) = (params.text("name"), params.text("keyword"));
    let kind = params.text("type").filter(|kind| !kind.eq_ignore_ascii_case("all"));
    let services = params.list("supportedservices");
    let tags = tag::wanted(params);
    let cloud = &*cloud;
    let word = keyword.map(str::to_lowercase);
    let rows = cloud
        .networks
        .iter()
        .rev()
        .filter(|n| n.owner.as_ref().is_none_or(|owner| cloud.shows(&scope, owner)))
        .filter(|n| id.is_none_or(|id| n.id == id) && zone.is_none_or(|zone| n.zone == zone))
        .filter(|n| vpc.is_none_or(|vpc| n.vpc.as_deref() == Some(vpc)))
        .filter(|n| name.is_none_or(|name| n.name.eq_ignore_ascii_case(name)))
        .filter(|n| {
            word.as_ref().is_none_or(|word| n.name.to_lowercase().contains(word) || n.id == *word)
        })
        .filter(|n| kind.is_none_or(|kind| n.kind.name().eq_ignore_ascii_case(kind)))
        .filter(|n| services.iter().all(|service| cloud.network_offers(&n.id, service)))
        .filter(|n| cloud.has_any_tag(&n.id, &tags));
    Answer::page_of(call, "network", rows, |network| value(view(cloud, call, network)))
}

/// The network that a call is about, if its caller may touch it.
fn find<'c>(cloud: &'c Cloud, call: &Call<'_>) -> Result<&'c Network, Refusal> {
    let id = live_id(call, "id", KIND, &cloud.networks)?;
    let network = cloud.networks.get(&id).ok_or_else(|| gone(KIND, cloud.networks.number(&id)))?;
    match &network.owner {
        Some(owner) => cloud.check_owner(call.caller, owner)?,
        None if call.caller.is_admin() => {}
        None => return Err(Refusal::denied(format!("{} belongs to an admin", network.name))),
    }
    Ok(network)
}

fn update(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = find(cloud, call)?.id.clone();
    let own = |name: &str| call.params.text(name).map(str::to_owned);
    let (name, text) = (own("name"), own("displaytext"));
    let viewer = call.caller.clone();
    Ok(Job::new({
        let id = id.clone();
        move |cloud| {
            if let Some(network) = cloud.networks.get_mut(&id) {
                network.name = name.unwrap_or_else(|| network.name.clone());
                network.display_text = text.unwrap_or_else(|| network.display_text.clone());
            }
            let network = cloud.networks.get(&id);
            let network = network.ok_or_else(|| gone(KIND, cloud.networks.number(&id)))?;
            let params = Default::default();
            let call = Call { caller: &viewer, params: &params };
            Ok(json!({"network": view(cloud, &call, network)}))
        }
    })
    .on(id))
}

fn restart(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = find(cloud, call)?.id.clone();
    Ok(Job::new(|_| Ok(json!({"success": true}))).on(id.clone()).queued(Some(id)))
}

/// A network goes only when no VM has a NIC in it, destroyed ones that are not expunged among them.
fn delete(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = find(cloud, call)?.id.clone();
    let queue = id.clone();
    // Recorded: this job names no instance, since that is gone when it is asked.
    Ok(Job::new(move |cloud| {
        if cloud.vms.iter().flat_map(|vm| &vm.nics).any(|nic| nic.network == id) {
            return Err(Refusal::internal("Failed to delete network"));
        }
        cloud.remove_network(&id);
        Ok(json!({"success": true}))
    })
    .queued(Some(queue)))
}
