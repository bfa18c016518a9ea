//! Network offerings.

use super::service;
use crate::engine::{Answer, Call, Command, Refusal, fields};
use crate::state::clock::stamp;
use crate::state::{Cloud, NetworkOffering};
use serde_json::{Value, json};

/// The commands of this resource.
pub const COMMANDS: &[Command] = &[Command::sync("listNetworkOfferings", list)];

fn list(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let params = call.params;
    let id = params.id("id", &cloud.routing.offerings)?;
    let name = params.text("name");
    let kind = params.text("guestiptype");
    let for_vpc = params.flag("forvpc");
    let wanted = params.list("supportedservices");
    let zone = params.id("zoneid", &cloud.zones)?.and_then(|id| cloud.zones.get(id));
    let rows: Vec<Value> = cloud
        .routing
        .offerings
        .iter()
        .filter(|it| zone.is_none_or(|zone| it.is_for_zone(zone.has_security_groups())))
        .filter(|offering| id.is_none_or(|id| offering.id == id))
        .filter(|offering| name.is_none_or(|name| offering.spec.name == name))
        .filter(|offering| kind.is_none_or(|kind| offering.spec.kind.eq_ignore_ascii_case(kind)))
        .filter(|offering| for_vpc.is_none_or(|for_vpc| offering.is_for_vpc() == for_vpc))
        .filter(|offering| wanted.iter().all(|service| offering.offers(service)))
        .map(|offering| view(cloud, offering))
        .collect();
    Ok(Answer::list("networkoffering", rows))
}

fn view(cloud: &Cloud, offering: &NetworkOffering) -> Value {
    let spec = &offering.spec;
    let row = fields(json!({
        "id": offering.id,
        "name": spec.name,
        "displaytext": spec.display_text.as_ref().unwrap_or(&spec.name),
        "created": stamp(offering.created),
        "traffictype": "Guest",
        "isdefault": offering.builtin,
        "specifyvlan": spec.has("specifyvlan"),
        "conservemode": spec.has("conservemode"),
        "specifyipranges": spec.has("specifyipranges"),
        "availability": spec.availability,
        "networkrate": 200,
        "state": "Enabled",
        "guestiptype": spec.kind,
        // The service offering of its routers: one for all.
        "serviceofferingid": cloud.routing.router_offering,
        "service": service::of_offering(offering),
        "forvpc": spec.has("forvpc"),
        "fornsx": spec.has("fornsx"),
        "fortungsten": spec.has("fortungsten"),
        "networkmode": spec.networkmode,
        "ispersistent": false,
        "egressdefaultpolicy": spec.has("egressdefaultpolicy"),
        "supportsstrechedl2subnet": false,
        "supportspublicaccess": false,
        "supportsinternallb": spec.has("supportsinternallb"),
        "internetprotocol": "IPv4",
        "specifyasnumber": false,
        "hasannotations": false,
    }));
    row.into()
}
